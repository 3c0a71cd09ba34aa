// Package store keeps events: it appends them to streams, reads them back, and
// tells when there are new ones. It says what a store promises; the packages
// memory and sqlite keep the promise, and storetest proves that they do.
//
//	appended, err := events.Append(ctx, "account-7", store.Exact(3), []store.Event{{
//		ID: "01J…", Type: "Deposited", Data: json.RawMessage(`{"amount": 5}`),
//	}})
//	switch conflict := (*store.ConflictError)(nil); {
//	case errors.As(err, &conflict): // somebody was faster; conflict.Actual is where the stream is
//	case err != nil:
//	}
//	for event, err := range events.Read(ctx, "account-7", store.ReadOptions{}) { … }
//
// # What is promised
//
// The events of one append are stored together or not at all. When Append
// returns without an error they are durable, as far as the store is. The events
// of a stream have the versions 1, 2, 3, …, and all events of the store the
// positions 1, 2, 3, … in the order in which they were committed: whoever has
// read up to a position has missed nothing before it. Recorded never decreases
// from one position to the next, so that what was stored until a moment is a
// beginning of each stream, and stays the same for ever.
//
// An event is known by its ID, over all streams. To append an event again, at
// the place where it is, answers what the first time answered: a caller that
// never got its answer asks again.
//
// Every event carries the hash of itself and of the event before it in its
// stream, so that whoever keeps the last hash can tell that nothing before it
// was changed. Hashes prove nothing about events that are cut off at the end.
package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"
)

// Store is where events are kept. Any number of goroutines may use one.
type Store interface {
	// Append adds events to the end of a stream, if the stream is where expected
	// says. Of each event it takes what Event lists as given by the caller, and
	// sets the rest. The error is ErrConflict, ErrDuplicateID, ErrInvalid or
	// ErrClosed, or says what is wrong with the store. The context is obeyed until
	// the events are being written; after that the outcome is awaited, so that
	// nobody is left in doubt about it.
	Append(ctx context.Context, stream string, expected Expected, events []Event) (Appended, error)
	// Read yields the events of a stream by version. A stream without events is
	// empty, not an error. After an error nothing follows.
	Read(ctx context.Context, stream string, o ReadOptions) iter.Seq2[Event, error]
	// ReadAll yields the events of all streams after a position, by position, at
	// most limit of them; a limit of 0 is none. It ends where the store ends:
	// WaitPosition tells when to go on.
	ReadAll(ctx context.Context, after int64, limit int) iter.Seq2[Event, error]
	// WaitPosition returns when the event at position is committed, at once if it
	// is already, and says which position is the last by then.
	WaitPosition(ctx context.Context, position int64) (last int64, err error)
	// Close waits for the appends that have begun, then ends the store. What is
	// called later, and whoever waits for a position, gets ErrClosed.
	Close() error
}

// Options are what all stores of this module have in common.
type Options struct {
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Channels names what an event has to be delivered to. The deliveries are
	// stored together with the event; see Outbox. It is called before the event is
	// written and by many goroutines. Nil means that nothing is delivered.
	Channels func(Event) []string
}

// Appended says where the last event of an append is.
type Appended struct {
	Version  int64 // in its stream
	Position int64 // in the store
}

// ReadOptions say which events of a stream to read. The zero value is all of them.
type ReadOptions struct {
	From         int64     // the first version; 0 is the beginning
	UntilVersion int64     // the last version; 0 is no bound
	UntilTime    time.Time // the last moment at which an event was recorded; zero is no bound
}

// Expected is what the caller of Append has seen of a stream: the version of its
// last event. The zero value is NoStream.
type Expected int64

const (
	// Any appends whatever the stream holds.
	Any Expected = -1
	// NoStream expects that the stream has no event yet.
	NoStream Expected = 0
)

// Exact expects that the last event of the stream has this version.
func Exact(version int64) Expected { return Expected(version) }

// Holds reports whether a stream whose last version is actual is as expected.
func (e Expected) Holds(actual int64) bool { return e == Any || int64(e) == actual }

// String is the expectation in words.
func (e Expected) String() string {
	switch e {
	case Any:
		return "any version"
	case NoStream:
		return "no stream"
	}
	return "version " + strconv.FormatInt(int64(e), 10)
}

var (
	// ErrConflict is what a *ConflictError is.
	ErrConflict = errors.New("the stream is not where it was expected")
	// ErrDuplicateID is what a *DuplicateIDError is.
	ErrDuplicateID = errors.New("the event id is taken")
	// ErrInvalid is an append that no store takes.
	ErrInvalid = errors.New("invalid append")
	// ErrClosed is a store that was closed.
	ErrClosed = errors.New("the event store is closed")
)

// ConflictError is an append to a stream that is not where its caller expected.
type ConflictError struct {
	Stream   string
	Expected Expected
	Actual   int64 // the version of the stream's last event; 0 if it has none
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("appending to stream %q: expected %s, but it is at version %d: read it again and decide anew", e.Stream, e.Expected, e.Actual)
}

// Is makes errors.Is(err, ErrConflict) true.
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// DuplicateIDError is an append of an event whose ID another event has, or the
// same event at another place.
type DuplicateIDError struct {
	Stream string // that was appended to
	ID     string
	// Holder is where the ID is stored. The message leaves it out, since it may be
	// in the stream of somebody else. It is zero when the append had the ID twice.
	Holder Place
}

// Place is where an event is.
type Place struct {
	Stream   string
	Version  int64
	Position int64
}

func (e *DuplicateIDError) Error() string {
	if e.Holder == (Place{}) {
		return fmt.Sprintf("appending to stream %q: two events have the id %q: give each its own", e.Stream, e.ID)
	}
	return fmt.Sprintf("appending to stream %q: the id %q is stored already, as another event or at another place: give each event an id of its own, and repeat an append as it was", e.Stream, e.ID)
}

// Is makes errors.Is(err, ErrDuplicateID) true.
func (e *DuplicateIDError) Is(target error) bool { return target == ErrDuplicateID }
