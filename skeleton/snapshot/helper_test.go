package snapshot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/snapshot"
	snapmemory "github.com/nexus-blueprint/nexus/skeleton/snapshot/memory"
	snapsqlite "github.com/nexus-blueprint/nexus/skeleton/snapshot/sqlite"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/memory"
)

// tally is a state with a map and a list, so that sharing memory would show.
type tally struct {
	Sum    int            `json:"sum"`
	Counts map[string]int `json:"counts"`
	Last   []string       `json:"last,omitempty"`
}

func tallies() snapshot.Aggregate[tally] {
	return snapshot.Aggregate[tally]{
		Name: "tally", Schema: 1, Reducer: "r1",
		New: func() tally { return tally{Counts: map[string]int{}} },
		Apply: func(t tally, e store.Event) (tally, error) {
			var data struct{ Amount int }
			if err := json.Unmarshal(e.Data, &data); err != nil {
				return t, err
			}
			if e.Type == "Broken" {
				return t, errors.New("no reducer understands it")
			}
			// Not associative, so that an event left out, twice, or elsewhere shows.
			t.Sum = (t.Sum*31 + data.Amount + int(e.Version)) % 1_000_003
			t.Counts[e.Type]++
			t.Last = append(t.Last, e.ID)
			t.Last = t.Last[max(0, len(t.Last)-3):]
			return t, nil
		},
	}
}

// tick is a clock that moves a second at each look at it.
func tick() func() time.Time {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	return func() time.Time {
		now = now.Add(time.Second)
		return now
	}
}

func newEvents() store.Store { return memory.New(store.Options{Now: tick()}) }

// fill appends events to the end of a stream, one a commit.
func fill(t testing.TB, events store.Store, stream string, n int) {
	t.Helper()
	last, err := events.WaitPosition(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if _, err := events.Append(t.Context(), stream, store.Any, []store.Event{newEvent(last+int64(i)+1, i)}); err != nil {
			t.Fatal(err)
		}
	}
}

func newEvent(id int64, i int) store.Event {
	return store.Event{
		ID: fmt.Sprintf("e%d", id), Type: []string{"Added", "Taken"}[i%2],
		Data: json.RawMessage(fmt.Sprintf(`{"amount":%d}`, i*i%17)),
	}
}

// adapters are the stores of snapshots, each empty.
func adapters(t testing.TB) map[string]snapshot.Store {
	t.Helper()
	file, err := snapsqlite.Open(t.Context(), filepath.Join(t.TempDir(), "snapshots.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	return map[string]snapshot.Store{"memory": snapmemory.New(), "sqlite": file}
}

func newLoader[S any](t testing.TB, a snapshot.Aggregate[S], events store.Store, snapshots snapshot.Store, o snapshot.Options) *snapshot.Loader[S] {
	t.Helper()
	l, err := snapshot.NewLoader(a, events, snapshots, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// broken is a store of snapshots of which nothing works.
type broken struct{}

var errBroken = errors.New("the disk fell off")

func (broken) Newest(context.Context, string, snapshot.Until) (snapshot.Snapshot, bool, error) {
	return snapshot.Snapshot{}, false, errBroken
}
func (broken) Save(context.Context, snapshot.Snapshot, int) error { return errBroken }
func (broken) Discard(context.Context, string) error              { return errBroken }
