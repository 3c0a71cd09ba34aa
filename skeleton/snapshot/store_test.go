package snapshot_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/snapshot"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

func at(stream string, version int64) snapshot.Snapshot {
	return snapshot.Snapshot{
		Stream: stream, Version: version, Hash: store.Hash{byte(version), 1}, Schema: 3, Reducer: "r",
		Recorded: time.Date(2030, 1, 1, 0, 0, int(version), 7, time.UTC), State: json.RawMessage(fmt.Sprintf(`{"v":%d,"t":"ü\u0000"}`, version)),
	}
}

// Each store answers as a list of all that was saved would.
func TestStoresKeepTheNewest(t *testing.T) {
	for name, s := range adapters(t) {
		t.Run(name, func(t *testing.T) {
			run := 0
			rapid.Check(t, func(rt *rapid.T) {
				run++
				model := map[string][]snapshot.Snapshot{}
				streams := []string{fmt.Sprint("a", run), fmt.Sprint("b", run)}
				for range rapid.IntRange(1, 20).Draw(rt, "steps") {
					stream := rapid.SampledFrom(streams).Draw(rt, "stream")
					version := rapid.Int64Range(1, 12).Draw(rt, "version")
					switch rapid.IntRange(0, 5).Draw(rt, "step") {
					case 0:
						if err := s.Discard(t.Context(), stream); err != nil {
							rt.Fatal(err)
						}
						delete(model, stream)
					case 1, 2, 3:
						keep := rapid.IntRange(1, 4).Draw(rt, "keep")
						if err := s.Save(t.Context(), at(stream, version), keep); err != nil {
							rt.Fatal(err)
						}
						model[stream] = save(model[stream], at(stream, version), keep)
					case 4:
						checkNewest(rt, t, s, model[stream], stream, snapshot.Until{Version: version})
					case 5:
						checkNewest(rt, t, s, model[stream], stream, snapshot.Until{Time: at("", version).Recorded})
					}
				}
				for _, stream := range streams {
					checkNewest(rt, t, s, model[stream], stream, snapshot.Until{})
				}
			})
		})
	}
}

// save is what a store has to do, on a list by version.
func save(list []snapshot.Snapshot, s snapshot.Snapshot, keep int) []snapshot.Snapshot {
	list = slices.DeleteFunc(slices.Clone(list), func(old snapshot.Snapshot) bool { return old.Version == s.Version })
	list = append(list, s)
	slices.SortFunc(list, func(a, b snapshot.Snapshot) int { return int(a.Version - b.Version) })
	return list[max(0, len(list)-keep):]
}

func checkNewest(rt *rapid.T, t *testing.T, s snapshot.Store, model []snapshot.Snapshot, stream string, until snapshot.Until) {
	var want snapshot.Snapshot
	for _, m := range model {
		if until.Allows(m.Version, m.Recorded) {
			want = m
		}
	}
	got, ok, err := s.Newest(t.Context(), stream, until)
	if err != nil {
		rt.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" || ok != (want.Version > 0) {
		rt.Fatalf("newest of %s until %+v, found %v (-want +got):\n%s", stream, until, ok, diff)
	}
}

func TestStoresShareNoMemory(t *testing.T) {
	for name, s := range adapters(t) {
		t.Run(name, func(t *testing.T) {
			given := at("a", 1)
			if err := s.Save(t.Context(), given, 1); err != nil {
				t.Fatal(err)
			}
			clear(given.State)
			for range 2 {
				got, _, err := s.Newest(t.Context(), "a", snapshot.Until{})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(at("a", 1), got); diff != "" {
					t.Fatalf("-want +got:\n%s", diff)
				}
				clear(got.State)
			}
		})
	}
}
