package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// Run delivers until the context is done, which is no error: what is delivered by
// then is noted, and the rest stays owed. It returns the store's error if there is
// no Report, and always when the store is closed.
func (r *Relay) Run(ctx context.Context) error {
	failures := 0
	for {
		err := r.round(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			failures = 0
			continue
		case r.options.Report == nil, errors.Is(err, store.ErrClosed):
			return err
		}
		r.options.Report(err)
		failures++
		select {
		case <-ctx.Done():
			return nil
		case <-r.options.Wait(r.backoff(failures)):
		}
	}
}

// round delivers what is due, then waits for the next event or the next attempt.
func (r *Relay) round(ctx context.Context) error {
	// Read before the pass: an event that comes during it ends the waiting at once.
	seen, err := r.options.Store.WaitPosition(ctx, 0)
	if err != nil {
		return err
	}
	progress, err := r.Pass(ctx)
	if err != nil {
		return err
	}
	if progress.Delivered > 0 {
		r.gather(ctx)
	}
	return r.await(ctx, seen, progress.Next)
}

// gather lets events come together. It goes by the real clock: nothing but the cost
// of what follows hangs on it.
func (r *Relay) gather(ctx context.Context) {
	if r.options.Gather < 0 {
		return
	}
	select {
	case <-time.After(r.options.Gather):
	case <-ctx.Done():
	}
}

// await returns when there is an event after a position, when dead letters are owed
// again, or at a time; zero is never.
func (r *Relay) await(ctx context.Context, seen int64, next time.Time) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var due <-chan time.Time
	if !next.IsZero() {
		due = r.options.Wait(next.Sub(r.options.Now()))
	}
	appended := make(chan error, 1)
	go func() {
		_, err := r.options.Store.WaitPosition(ctx, seen+1)
		appended <- err
	}()
	select {
	case err := <-appended:
		return err
	case <-due:
	case <-r.wake:
	}
	cancel()
	<-appended
	return nil
}

// Drain delivers until nothing is owed but dead letters, or the context is done.
func (r *Relay) Drain(ctx context.Context) error {
	for {
		progress, err := r.Pass(ctx)
		if err != nil {
			return err
		}
		if progress.Next.IsZero() {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("draining the outbox: events are left that could not be delivered yet: %w", ctx.Err())
		case <-r.options.Wait(progress.Next.Sub(r.options.Now())):
		}
	}
}
