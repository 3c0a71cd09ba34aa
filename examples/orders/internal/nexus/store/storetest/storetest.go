// Package storetest proves that an event store keeps what package store promises.
// Whoever writes a store calls it from a test:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, storetest.Adapter{Open: func(ctx context.Context, dir string, o store.Options) (store.Store, error) {
//			return mystore.Open(ctx, filepath.Join(dir, "events"), o)
//		}})
//	}
//
// A store that outlives its process also calls Crash, from a test of its own.
package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/orders/internal/nexus/store"
)

// Adapter is the store to be tested.
type Adapter struct {
	// Open opens the store that lives in dir, and makes it if dir is empty.
	Open func(ctx context.Context, dir string, o store.Options) (store.Store, error)
	// Volatile is a store that forgets everything when it is closed.
	Volatile bool
}

// Run tests everything but what happens when the process is killed.
func Run(t *testing.T, a Adapter) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Adapter)
	}{
		{"what is read is what was appended", testRoundTrip},
		{"memory is not shared", testNoSharedMemory},
		{"expected versions", testExpected},
		{"an append is stored whole or not at all", testAtomic},
		{"an append that is repeated is answered as the first", testRepeated},
		{"an id is given once", testDuplicateIDs},
		{"one append repeated by many", testRepeatedConcurrently},
		{"invalid appends", testInvalid},
		{"read a part of a stream", testReadPart},
		{"read all after a position", testReadAll},
		{"recorded never decreases", testRecorded},
		{"a context that is done", testContext},
		{"the chain of hashes", testChain},
		{"16 writers conflict", testConflicts},
		{"no gap is ever read while 16 write", testNoGaps},
		{"wait for a position", testWaitPosition},
		{"concurrent appends linearise", testLinearises},
		{"close waits for appends", testClose},
		{"reopen", testReopen},
		{"outbox", testOutbox},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, a) })
	}
}

// open opens the store in a folder of its own until the test ends.
func (a Adapter) open(t *testing.T, o store.Options) store.Store {
	t.Helper()
	return a.openIn(t, t.TempDir(), o)
}

func (a Adapter) openIn(t *testing.T, dir string, o store.Options) store.Store {
	t.Helper()
	s, err := a.Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	return s
}

// events are as many as there are ids.
func events(ids ...string) []store.Event {
	var made []store.Event
	for _, id := range ids {
		made = append(made, store.Event{ID: id, Type: "Happened", Data: json.RawMessage(fmt.Sprintf(`{"id":%q}`, id))})
	}
	return made
}

// mustAppend appends events of those ids.
func mustAppend(t testing.TB, s store.Store, stream string, expected store.Expected, ids ...string) store.Appended {
	t.Helper()
	appended, err := s.Append(t.Context(), stream, expected, events(ids...))
	if err != nil {
		t.Fatal(err)
	}
	return appended
}

// collect reads to the end.
func collect[T any](t testing.TB, items iter.Seq2[T, error]) []T {
	t.Helper()
	var read []T
	for item, err := range items {
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, item)
	}
	return read
}

// ids are those of events.
func ids(events []store.Event) []string {
	list := []string{}
	for _, e := range events {
		list = append(list, e.ID)
	}
	return list
}

// failure is the error of a sequence that must end with one.
func failure[T any](items iter.Seq2[T, error]) error {
	var last error
	for _, err := range items {
		if last != nil {
			return fmt.Errorf("something follows the error %w", last)
		}
		last = err
	}
	return last
}

func wantIs(t testing.TB, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s: got error %v, want %v", what, err, target)
	}
}

func wantEqual[T any](t testing.TB, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// A clock is set by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2030, 1, 2, 3, 4, 5, 6, time.UTC)} }

// Now is the time that was set.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// move sets the clock forward, or back.
func (c *clock) move(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}
