package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
)

const ownerFile = "owner.db"

// own takes the data folder for this process until the app is closed: two apps on
// one folder would deliver everything twice. The lock is one of the operating
// system, held through SQLite, so it ends with the process however that ends.
func (a *App) own(ctx context.Context) error {
	path, err := filepath.Abs(a.path(ownerFile))
	if err != nil {
		return err
	}
	address := &url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: "_pragma=busy_timeout(0)&_pragma=locking_mode(EXCLUSIVE)"}
	db, err := sql.Open("sqlite", address.String()) // the driver is that of the store
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS owner (id INTEGER); BEGIN EXCLUSIVE")
	if err == nil {
		a.closeLater("the data folder", db.Close)
		return nil
	}
	err = fmt.Errorf("taking the data folder %s: %w", a.options.Dir, err)
	if coded, ok := errors.AsType[interface {
		error
		Code() int
	}](err); ok && coded.Code()&0xff == busyCode {
		err = fmt.Errorf("%w: another process of the app has it: stop that one, or give each a folder of its own with -data", err)
	}
	return errors.Join(err, db.Close())
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

// busyCode is SQLITE_BUSY.
const busyCode = 5
