package projection

import (
	"context"
	"fmt"
	"time"

	"example.com/orders/internal/nexus/store"
)

// Checkpoint says how far a projection has come.
type Checkpoint struct {
	Position int64      // of the last event; 0 is the beginning
	Hash     store.Hash // of that event
	Recorded time.Time  // when that event was recorded
	// Outdated says that other code made it. A Model that has it reads like any
	// other, and Run rebuilds it.
	Outdated bool
}

// After is the checkpoint of who has come to an event.
func After(e store.Event) Checkpoint {
	return Checkpoint{Position: e.Position, Hash: e.Hash, Recorded: e.Recorded}
}

// Generation is what was made of the events up to its checkpoint.
type Generation interface {
	Checkpoint(ctx context.Context) (Checkpoint, error)
	// Apply handles events and stores what changes together with the new
	// checkpoint, all or nothing. It passes over events that its checkpoint has
	// behind it, so that an event that comes twice counts once. If one can not be
	// handled, those before it are stored, and the error is a *EventError.
	Apply(ctx context.Context, events []store.Event, to Checkpoint) error
}

// Model is where a projection keeps what it makes. As a Generation it is the one
// that readers see.
type Model interface {
	Generation
	// Fresh makes an empty generation that nobody reads.
	Fresh(ctx context.Context) (Generation, error)
	// Swap lets readers see a fresh generation instead of the old one.
	Swap(ctx context.Context, fresh Generation) (old Generation, err error)
	// Discard ends a generation that is not seen any more, when those who still
	// read it are done.
	Discard(g Generation) error
}

// EventError is an event that a projection can not handle. It stops there, since
// what comes later may build on it.
type EventError struct {
	Place store.Place
	ID    string
	Type  string
	Err   error
}

func (e *EventError) Error() string {
	return fmt.Sprintf("event %q (%s, stream %q, version %d, position %d): %v: correct the code that handles it, or skip its id to go on without it",
		e.ID, e.Type, e.Place.Stream, e.Place.Version, e.Place.Position, e.Err)
}

// Unwrap is why.
func (e *EventError) Unwrap() error { return e.Err }

// Handle calls what handles an event, for a Model. An error, and a panic too, is
// an *EventError; if the context is done, the event is not to blame.
func Handle(ctx context.Context, event store.Event, handle func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
		switch {
		case err != nil && ctx.Err() != nil:
			err = ctx.Err()
		case err != nil:
			err = &EventError{Place: event.Place(), ID: event.ID, Type: event.Type, Err: err}
		}
	}()
	return handle()
}
