package app

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/domain"
	"github.com/nexus-blueprint/nexus/skeleton/projection"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

type (
	counter struct {
		Count int    `json:"count"`
		Last  string `json:"last"`
	}
	counted struct {
		By   int    `json:"by"`
		Note string `json:"note"`
	}
)

func (counted) EventType() string { return "Counted" }

// counters are a model in which nearly every event changes what one can select by.
func counters() Model {
	a := domain.Aggregate[counter]{
		Name: "Counter", Category: "counter", ID: "counterId", Events: []domain.EventType{domain.Recorded[counted]()},
		Evolve: func(c counter, e domain.Event) counter {
			event := e.(counted)
			return counter{Count: c.Count*7%100 + event.By, Last: event.Note}
		},
	}
	return Rows(a, RowsOptions{Name: "Counters", Filters: []string{"last"}}, func(c counter) counter { return c })
}

// TestRowsInFileAndMemory: whatever the events, and however they are handed over, a
// table in a file and one in memory have the same rows: those of the events one by one.
func TestRowsInFileAndMemory(t *testing.T) {
	var tables [2]table
	for i, dir := range []string{"", t.TempDir()} {
		var err error
		if tables[i], err = counters().open(t.Context(), dir, nil); err != nil {
			t.Fatal(err)
		}
		defer tables[i].Close()
	}
	memory, file := tables[0], tables[1]
	run, position := 0, int64(0)
	rapid.Check(t, func(rt *rapid.T) {
		run++
		tenant, versions := fmt.Sprint("tenant", run), map[string]int64{}
		for range rapid.IntRange(1, 4).Draw(rt, "batches") {
			var batch []store.Event
			for range rapid.IntRange(1, 12).Draw(rt, "batch") {
				position++
				batch = append(batch, drawCounted(rt, tenant, position, versions))
			}
			for i, event := range batch {
				if err := memory.Apply(t.Context(), batch[i:i+1], projection.After(event)); err != nil {
					rt.Fatal(err)
				}
			}
			if err := file.Apply(t.Context(), batch, projection.After(batch[len(batch)-1])); err != nil {
				rt.Fatal(err)
			}
		}
		for _, s := range []selection{
			{tenant: tenant, limit: 100}, {tenant: tenant, limit: 2, from: "1"}, {tenant: tenant, limit: 100, values: map[int]string{0: "b"}},
		} {
			if diff := cmp.Diff(seen(t.Context(), rt, memory, s), seen(t.Context(), rt, file, s)); diff != "" {
				rt.Fatalf("%+v (-memory +file):\n%s", s, diff)
			}
		}
	})
}

// drawCounted is the next event of one of a few streams, some of another kind.
func drawCounted(rt *rapid.T, tenant string, position int64, versions map[string]int64) store.Event {
	stream := tenant + "/" + rapid.SampledFrom([]string{"counter-1", "counter-2", "counter-3", "other-1"}).Draw(rt, "stream")
	data, err := json.Marshal(counted{By: rapid.IntRange(0, 9).Draw(rt, "by"), Note: rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "note")})
	if err != nil {
		rt.Fatal(err)
	}
	versions[stream]++
	return store.Event{
		ID: fmt.Sprint(position), Type: "Counted", Tenant: tenant, Stream: stream, Version: versions[stream], Position: position, Data: data,
	}
}

type rowsAt struct {
	Rows []string
	At   int64
}

// seen are the rows that are selected, and where the table is.
func seen(ctx context.Context, rt *rapid.T, in table, s selection) rowsAt {
	rt.Helper()
	list, at, err := in.rows(ctx, s)
	if err != nil {
		rt.Fatal(err)
	}
	found := rowsAt{At: at.Position}
	for _, row := range list {
		found.Rows = append(found.Rows, fmt.Sprintf("%s at %d: %s", row.ID, row.Version, row.Data))
	}
	return found
}
