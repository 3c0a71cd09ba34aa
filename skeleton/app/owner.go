package app

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/nexus-blueprint/nexus/skeleton/store/sqlite"
)

const ownerFile = "owner.db"

// own takes the data folder for this process until the app is closed: two apps on
// one folder would deliver everything twice.
func (a *App) own(ctx context.Context) error {
	release, err := sqlite.Lock(ctx, a.path(ownerFile), 0)
	switch {
	case errors.Is(err, sqlite.ErrLocked):
		return fmt.Errorf("taking the data folder %s: another process of the app has it: stop that one, or give each a folder of its own with -data", a.options.Dir)
	case err != nil:
		return fmt.Errorf("taking the data folder %s: %w", a.options.Dir, err)
	}
	a.closeLater("the data folder", release)
	return nil
}

// kept is nil while the file of the events is the one that was opened. Of a file
// that was removed or replaced the system lets one write on, and forgets it all when
// the program ends: nothing of that may be answered as stored.
func (a *App) kept() error {
	if a.opened == nil {
		return nil // in memory
	}
	name := a.path(eventsFile)
	now, err := os.Stat(name)
	if err == nil && os.SameFile(now, a.opened) {
		return nil
	}
	return fmt.Errorf("the events are lost: %s was removed or replaced while the app runs: put it back, or restore a backup, and start the app again", name)
}
