package snapshot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/snapshot"
	"github.com/nexus-blueprint/nexus/skeleton/snapshot/memory"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// replay is the state by folding everything.
func replay(t testing.TB, a snapshot.Aggregate[tally], events store.Store, stream string, until snapshot.Until) snapshot.Loaded[tally] {
	t.Helper()
	want := snapshot.Loaded[tally]{State: a.New()}
	for event, err := range events.Read(t.Context(), stream, store.ReadOptions{UntilVersion: until.Version, UntilTime: until.Time}) {
		if err != nil {
			t.Fatal(err)
		}
		if want.State, err = a.Apply(want.State, event); err != nil {
			t.Fatal(err)
		}
		want.Version, want.Hash, want.Recorded = event.Version, event.Hash, event.Recorded
	}
	return want
}

// A load is the full replay, at every cut, by version and by time, whatever
// snapshots there are: good ones, ones of other code, of other events, damaged.
func TestSnapshotAndTailIsTheFullReplay(t *testing.T) {
	stores := adapters(t)
	stores["broken"] = broken{}
	for name, snapshots := range stores {
		t.Run(name, func(t *testing.T) {
			events := newEvents()
			run := 0
			rapid.Check(t, func(rt *rapid.T) {
				run++
				stream := fmt.Sprint("stream-", run)
				o := snapshot.Options{
					Policy: rapid.SampledFrom([]snapshot.Policy{snapshot.Measured, snapshot.Blueprint, snapshot.Never}).Draw(rt, "policy"),
					Keep:   rapid.IntRange(1, 5).Draw(rt, "keep"), Now: tick(),
				}
				a := tallies()
				l := newLoader(t, a, events, snapshots, o)
				for range rapid.IntRange(1, 8).Draw(rt, "steps") {
					fill(t, events, stream, rapid.IntRange(0, 30).Draw(rt, "events"))
					if rapid.IntRange(0, 3).Draw(rt, "spoil") == 0 {
						spoil(rt, t, snapshots, stream)
					}
					end := replay(t, a, events, stream, snapshot.Until{})
					until := snapshot.Until{}
					switch rapid.IntRange(0, 3).Draw(rt, "until") {
					case 0:
						until.Version = rapid.Int64Range(0, end.Version+2).Draw(rt, "version")
					case 1:
						if cut := rapid.Int64Range(0, end.Version).Draw(rt, "cut"); cut > 0 {
							until.Time = replay(t, a, events, stream, snapshot.Until{Version: cut}).Recorded
						}
					}
					got, err := l.Load(t.Context(), stream, until)
					if err != nil {
						rt.Fatal(err)
					}
					want := replay(t, a, events, stream, until)
					if int64(got.Folded)+got.Snapshot != got.Version {
						rt.Fatalf("folded %d events from version %d to %d", got.Folded, got.Snapshot, got.Version)
					}
					got.Folded, got.Snapshot = 0, 0
					if diff := cmp.Diff(want, got); diff != "" {
						rt.Fatalf("until %+v (-replay +loaded):\n%s", until, diff)
					}
				}
			})
		})
	}
}

// spoil saves a snapshot that must not be believed.
func spoil(rt *rapid.T, t *testing.T, s snapshot.Store, stream string) {
	bad := snapshot.Snapshot{Stream: stream, Version: rapid.Int64Range(1, 200).Draw(rt, "version"), Schema: 1, Reducer: "r1", State: json.RawMessage(`{"sum":-1}`)}
	if old, ok, _ := s.Newest(t.Context(), stream, snapshot.Until{}); ok {
		bad.Version, bad.Hash, bad.Recorded = old.Version, old.Hash, old.Recorded
		switch rapid.IntRange(0, 3).Draw(rt, "how") {
		case 0:
			bad.Reducer = "r0"
		case 1:
			bad.Schema = rapid.SampledFrom([]int{0, 2}).Draw(rt, "schema")
		case 2:
			bad.State = json.RawMessage(`{"sum":"-1"}`)
		case 3:
			bad.Hash[0]++
		}
	}
	if err := s.Save(t.Context(), bad, 3); err != nil && !errors.Is(err, errBroken) {
		rt.Fatal(err)
	}
}

func TestLoadUsesAndTakesSnapshots(t *testing.T) {
	events, snapshots := newEvents(), memory.New()
	fill(t, events, "s", 250)
	l := newLoader(t, tallies(), events, snapshots, snapshot.Options{Policy: snapshot.Blueprint, Now: still})
	var got []string
	load := func(until snapshot.Until) {
		loaded, err := l.Load(t.Context(), "s", until)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("version %d from %d folded %d", loaded.Version, loaded.Snapshot, loaded.Folded))
	}
	load(snapshot.Until{})
	load(snapshot.Until{})
	load(snapshot.Until{Version: 249})
	fill(t, events, "s", 99)
	load(snapshot.Until{})
	fill(t, events, "s", 1)
	load(snapshot.Until{})
	load(snapshot.Until{})
	load(snapshot.Until{Version: 260})
	want := []string{
		"version 250 from 0 folded 250", // and takes one
		"version 250 from 250 folded 0",
		"version 249 from 0 folded 249", // the past takes none
		"version 349 from 250 folded 99",
		"version 350 from 349 folded 1", // remembers the last load, and takes one: the store's is 100 events old
		"version 350 from 350 folded 0",
		"version 260 from 250 folded 10",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("loads (-want +got):\n%s", diff)
	}
	stats := l.Stats()
	stats.Costs = snapshot.Costs{}
	if diff := cmp.Diff(snapshot.Stats{Loads: 7, Hits: 5, Events: 2058, Folded: 609, Taken: 2}, stats); diff != "" {
		t.Errorf("stats (-want +got):\n%s", diff)
	}
}

// Reading a long stream after each write folds at least 98 % fewer events.
func TestLongStreamsFoldLittle(t *testing.T) {
	for _, policy := range []snapshot.Policy{snapshot.Blueprint, snapshot.Measured} {
		events := newEvents()
		fill(t, events, "s", 10_000)
		l := newLoader(t, tallies(), events, memory.New(), snapshot.Options{Policy: policy, Now: tick()})
		for i := range 201 {
			loaded, err := l.Load(t.Context(), "s", snapshot.Until{})
			if err != nil {
				t.Fatal(err)
			}
			if i > 0 && int64(loaded.Folded)*50 > loaded.Version {
				t.Errorf("%s: folded %d of %d events", policy, loaded.Folded, loaded.Version)
			}
			fill(t, events, "s", 1)
			l.Wrote(1)
		}
	}
}

// A store of snapshots that fails is only slow, and says so in the counts.
func TestSnapshotsThatFail(t *testing.T) {
	events := newEvents()
	fill(t, events, "s", 200)
	l := newLoader(t, tallies(), events, broken{}, snapshot.Options{Policy: snapshot.Blueprint})
	if _, err := l.Load(t.Context(), "s", snapshot.Until{}); err != nil {
		t.Fatal(err)
	}
	stats := l.Stats()
	if stats.Failed != 2 || stats.LastError != `saving a snapshot of "s": the disk fell off` {
		t.Errorf("failed %d, %q", stats.Failed, stats.LastError)
	}
}

func TestLoadFails(t *testing.T) {
	events := newEvents()
	fill(t, events, "s", 2)
	if _, err := events.Append(t.Context(), "s", store.Any, []store.Event{{ID: "x", Type: "Broken", Data: json.RawMessage(`{}`)}}); err != nil {
		t.Fatal(err)
	}
	l := newLoader(t, tallies(), events, memory.New(), snapshot.Options{})
	_, err := l.Load(t.Context(), "s", snapshot.Until{})
	if want := `folding tally "s": version 3, Broken: no reducer understands it`; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Load(done, "s", snapshot.Until{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that is done: %v", err)
	}
}

func TestNewLoaderRefuses(t *testing.T) {
	for want, spoil := range map[string]func(*snapshot.Aggregate[tally]){
		"lacks New or Apply":         func(a *snapshot.Aggregate[tally]) { a.Apply = nil },
		"the schema of the state":    func(a *snapshot.Aggregate[tally]) { a.Schema = 0 },
		"reducer has no name":        func(a *snapshot.Aggregate[tally]) { a.Reducer = "" },
		`"tally" with snapshots: th`: func(a *snapshot.Aggregate[tally]) { a.New = nil },
	} {
		a := tallies()
		spoil(&a)
		if _, err := snapshot.NewLoader(a, newEvents(), memory.New(), snapshot.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
}

// Many load while some write, for the race detector; each sees a state that there was.
func TestLoadByMany(t *testing.T) {
	for name, snapshots := range adapters(t) {
		t.Run(name, func(t *testing.T) {
			events := newEvents()
			l := newLoader(t, tallies(), events, snapshots, snapshot.Options{})
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					for range 40 {
						loaded, err := l.Load(t.Context(), "s", snapshot.Until{})
						if err != nil {
							t.Error(err)
							return
						}
						event := store.Event{ID: fmt.Sprintf("%p-%d", &loaded, loaded.Version), Type: "Added", Data: json.RawMessage(`{"amount":1}`)}
						if _, err := events.Append(t.Context(), "s", store.Exact(loaded.Version), []store.Event{event}); err == nil {
							l.Wrote(1)
						} else if !errors.Is(err, store.ErrConflict) {
							t.Error(err)
						}
						past := replay(t, tallies(), events, "s", snapshot.Until{Version: max(1, loaded.Version)})
						if loaded.Version > 0 && !cmp.Equal(past.State, loaded.State) {
							t.Errorf("at version %d: %+v, want %+v", loaded.Version, loaded.State, past.State)
						}
					}
				})
			}
			all.Wait()
			if l.Stats().Taken == 0 {
				t.Error("no snapshot was taken")
			}
		})
	}
}
