package app

import (
	"context"
	"fmt"

	"example.com/iot/internal/nexus/projection"
)

// ready says why the app cannot answer, or nil.
func (a *App) ready(ctx context.Context) error {
	if _, err := a.store.WaitPosition(ctx, 0); err != nil {
		return err
	}
	if err := a.kept(); err != nil {
		return err
	}
	return a.following(ctx)
}

// following is nil while all projections follow the events. One that stopped at an
// event that this app does not know stands for an app and a data folder that do not
// fit: whoever rolls it out wants to be told before callers are.
func (a *App) following(ctx context.Context) error {
	projections := a.Projections()
	for _, name := range sorted(projections) {
		status, err := projections[name].Status(ctx)
		if err != nil {
			return err
		}
		if status.State == projection.Stopped {
			return fmt.Errorf("the projection %s stopped at position %d of %d: %s", name, status.Position, status.Last, status.Error)
		}
	}
	return nil
}
