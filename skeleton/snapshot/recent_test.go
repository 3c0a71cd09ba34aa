package snapshot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/snapshot"
	"github.com/nexus-blueprint/nexus/skeleton/snapshot/memory"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// counting counts how often the newest snapshot is asked for.
type counting struct {
	snapshot.Store
	asked int
}

func (c *counting) Newest(ctx context.Context, stream string, until snapshot.Until) (snapshot.Snapshot, bool, error) {
	c.asked++
	return c.Store.Newest(ctx, stream, until)
}

// restored is a store that can be put back to an older one.
type restored struct{ store.Store }

// A stream that was loaded goes on from where it was, without the store of
// snapshots, and what a caller does to a state does not reach the next one.
func TestTheLastLoadIsRemembered(t *testing.T) {
	events, snapshots := newEvents(), &counting{Store: memory.New()}
	l := newLoader(t, tallies(), events, snapshots, snapshot.Options{Policy: snapshot.Blueprint})
	for version := range int64(30) {
		loaded, err := l.Load(t.Context(), "s", snapshot.Until{})
		if err != nil {
			t.Fatal(err)
		}
		want := replay(t, tallies(), events, "s", snapshot.Until{})
		if loaded.Version != version || loaded.Folded > 1 || !cmp.Equal(want.State, loaded.State) {
			t.Fatalf("version %d: %+v, want the state %+v and one event folded", version, loaded, want.State)
		}
		loaded.State.Counts["Spoilt"] = 1
		fill(t, events, "s", 1)
	}
	if snapshots.asked != 1 {
		t.Errorf("the store of snapshots was asked %d times, want once", snapshots.asked)
	}
	never := newLoader(t, tallies(), events, &counting{Store: memory.New()}, snapshot.Options{Policy: snapshot.Never})
	for range 2 {
		if loaded, err := never.Load(t.Context(), "s", snapshot.Until{}); err != nil || loaded.Folded != 30 {
			t.Errorf("the policy never folds %d events, %v", loaded.Folded, err)
		}
	}
}

// What is remembered of events that are not stored any more is not believed.
func TestAMemoryOfOtherEventsIsForgotten(t *testing.T) {
	source := &restored{newEvents()}
	fill(t, source.Store, "s", 20)
	l := newLoader(t, tallies(), source, memory.New(), snapshot.Options{})
	for _, events := range []int{20, 25, 15} {
		if events != 20 {
			source.Store = newEvents()
			for i := range events {
				if _, err := source.Append(t.Context(), "s", store.Any, []store.Event{newEvent(int64(i), i+events)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		loaded, err := l.Load(t.Context(), "s", snapshot.Until{})
		if err != nil {
			t.Fatal(err)
		}
		want := replay(t, tallies(), source.Store, "s", snapshot.Until{})
		if diff := cmp.Diff(want.State, loaded.State); diff != "" || loaded.Version != int64(events) {
			t.Errorf("after %d other events, version %d (-replay +loaded):\n%s", events, loaded.Version, diff)
		}
	}
}

func (r *restored) sized(t *testing.T, stream string, size int) {
	t.Helper()
	event := store.Event{ID: stream, Type: strings.Repeat("x", size), Data: json.RawMessage(`{"amount":1}`)}
	if _, err := r.Append(t.Context(), stream, store.Any, []store.Event{event}); err != nil {
		t.Fatal(err)
	}
}

// However many streams are loaded, only those of late are remembered.
func TestFewAreRemembered(t *testing.T) {
	source := &restored{newEvents()}
	source.sized(t, "first", 1)
	snapshots := &counting{Store: memory.New()}
	l := newLoader(t, tallies(), source, snapshots, snapshot.Options{})
	load := func(stream string) (asked int) {
		before := snapshots.asked
		if _, err := l.Load(t.Context(), stream, snapshot.Until{}); err != nil {
			t.Fatal(err)
		}
		return snapshots.asked - before
	}
	load("first")
	if load("first") != 0 {
		t.Error("a stream that was just loaded is not remembered")
	}
	for i := range 3000 {
		load(fmt.Sprint("empty-", i))
	}
	if load("empty-2999") != 0 || load("first") != 1 {
		t.Error("the last of 3,001 streams has to be remembered, and the first forgotten")
	}
}
