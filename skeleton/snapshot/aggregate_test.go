package snapshot_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/snapshot"
	"github.com/nexus-blueprint/nexus/skeleton/snapshot/memory"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/upcast"
)

func TestSnapshotsOfOtherCode(t *testing.T) {
	chain, err := upcast.Parse([]any{map[string]any{
		"type": "tally", "from": json.Number("1"), "to": json.Number("2"),
		"do": []any{map[string]any{"rename": "sum", "to": "total"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	type second struct {
		Total int `json:"total"`
	}
	next := snapshot.Aggregate[second]{
		Name: "tally", Schema: 2, Reducer: "r2", New: func() second { return second{} },
		Apply: func(s second, e store.Event) (second, error) { return s, nil },
	}
	upcasting := next
	upcasting.Upcasters = chain
	far := upcasting
	far.Schema = 3
	for name, test := range map[string]struct {
		aggregate snapshot.Aggregate[second]
		want      snapshot.Loaded[second]
		reason    string
	}{
		"no upcaster":                {next, snapshot.Loaded[second]{Folded: 40}, `discarding a snapshot of "s": no upcaster leads from its schema to the present one`},
		"an upcaster":                {upcasting, snapshot.Loaded[second]{Snapshot: 40, State: second{Total: 1}}, ""},
		"an upcaster not far enough": {far, snapshot.Loaded[second]{Folded: 40}, `discarding a snapshot of "s": no upcaster leads from its schema to the present one`},
	} {
		t.Run(name, func(t *testing.T) {
			events, snapshots := newEvents(), memory.New()
			fill(t, events, "s", 40)
			end := replay(t, tallies(), events, "s", snapshot.Until{})
			old := snapshot.Snapshot{Stream: "s", Version: 40, Hash: end.Hash, Recorded: end.Recorded, Schema: 1, Reducer: "r1", State: json.RawMessage(`{"sum":1}`)}
			if err := snapshots.Save(t.Context(), old, 1); err != nil {
				t.Fatal(err)
			}
			l := newLoader(t, test.aggregate, events, snapshots, snapshot.Options{Policy: snapshot.Never})
			got, err := l.Load(t.Context(), "s", snapshot.Until{})
			if err != nil {
				t.Fatal(err)
			}
			test.want.Version, test.want.Hash, test.want.Recorded = end.Version, end.Hash, end.Recorded
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("loaded (-want +got):\n%s", diff)
			}
			if stats := l.Stats(); stats.LastError != test.reason {
				t.Errorf("last error %q, want %q", stats.LastError, test.reason)
			}
			_, kept, err := snapshots.Newest(t.Context(), "s", snapshot.Until{})
			if err != nil || kept != (test.reason == "") {
				t.Errorf("the snapshot is kept: %v (%v)", kept, err)
			}
		})
	}
}

func TestCheckCuts(t *testing.T) {
	events := newEvents()
	fill(t, events, "s", 12)
	var list []store.Event
	for event, err := range events.Read(t.Context(), "s", store.ReadOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, event)
	}
	if err := tallies().CheckCuts(list); err != nil {
		t.Error(err)
	}
	type secretive struct {
		Seen  int
		count int
	}
	forgets := snapshot.Aggregate[secretive]{
		Name: "secretive", Schema: 1, Reducer: "r", New: func() secretive { return secretive{} },
		Apply: func(s secretive, _ store.Event) (secretive, error) {
			s.count++
			s.Seen = s.count
			return s, nil
		},
	}
	err := forgets.CheckCuts(list)
	if want := "fields that JSON leaves out"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want one with %q", err, want)
	}
}
