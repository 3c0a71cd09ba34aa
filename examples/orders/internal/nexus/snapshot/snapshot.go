// Package snapshot reads the state of a stream without folding all of it: it
// keeps states beside the events, loads the newest one, and folds what came after.
//
//	accounts := snapshot.Aggregate[Account]{
//		Name: "account", Schema: 1, Reducer: "8f3c…",
//		New:   func() Account { return Account{} },
//		Apply: func(a Account, e store.Event) (Account, error) { … },
//	}
//	loader, err := snapshot.NewLoader(accounts, events, snapshots, snapshot.Options{})
//	loaded, err := loader.Load(ctx, "account-7", snapshot.Until{})
//	// loaded.State, loaded.Version
//
// # A snapshot is a cache
//
// It never decides what a state is. One that was made by other code, that does
// not fit the events, or that cannot be read is discarded, and all events are
// folded; a store of snapshots that fails makes loading slower and nothing else.
// So they need not be durable, and may be deleted at any time.
//
// A snapshot is trusted if its reducer is the present one and the event at its
// version still has the hash that it had. If only the state's schema is older, and
// an upcaster leads from it to the present one, the state is upcast: to declare the
// upcaster is to say that the older code came to an equivalent state.
//
// A loader also remembers the states of the streams that it loaded last, and trusts
// them on the same terms: it reads the event at their version, and what follows.
//
// # When one is taken
//
// After a load that folded many events. How many is chosen by a Policy: see
// Measured, the default, and Blueprint. The cost of a load does not become
// constant: it still folds up to that many events, and reads the state, which may
// grow with its stream.
package snapshot

import (
	"context"
	"encoding/json"
	"time"

	"example.com/orders/internal/nexus/store"
)

// Snapshot is the state of a stream after one of its events.
type Snapshot struct {
	Stream   string
	Version  int64      // of the event
	Hash     store.Hash // of the event
	Recorded time.Time  // of the event
	Schema   int        // of the state
	Reducer  string     // what folded the events
	State    json.RawMessage
}

// Store keeps snapshots, a few of each stream.
type Store interface {
	// Newest is the newest snapshot of a stream that is not after until; ok is
	// false if there is none.
	Newest(ctx context.Context, stream string, until Until) (s Snapshot, ok bool, err error)
	// Save stores a snapshot, in place of one of the same version, and removes all
	// but the newest few of its stream.
	Save(ctx context.Context, s Snapshot, keep int) error
	// Discard removes the snapshots of a stream.
	Discard(ctx context.Context, stream string) error
}

// Until is a point in the life of a stream. The zero value is its end.
type Until struct {
	Version int64     // the last version; 0 is no bound
	Time    time.Time // the last moment at which an event was recorded; zero is no bound
}

// Allows reports whether what was recorded then, as that version, is not after u.
func (u Until) Allows(version int64, recorded time.Time) bool {
	return (u.Version == 0 || version <= u.Version) && (u.Time.IsZero() || !recorded.After(u.Time))
}

// Open reports whether u is the end of the stream, wherever that is.
func (u Until) Open() bool { return u.Version == 0 && u.Time.IsZero() }
