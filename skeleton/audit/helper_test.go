package audit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/audit"
	auditmemory "github.com/nexus-blueprint/nexus/skeleton/audit/memory"
	auditsqlite "github.com/nexus-blueprint/nexus/skeleton/audit/sqlite"
	"github.com/nexus-blueprint/nexus/skeleton/projection"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/memory"
)

// list is a source of events as they are, true or not.
type list []store.Event

func (l list) ReadAll(_ context.Context, after int64, _ int) iter.Seq2[store.Event, error] {
	return func(yield func(store.Event, error) bool) {
		for _, event := range l {
			if event.Position > after && !yield(event, nil) {
				return
			}
		}
	}
}

// newEvents is a store whose clock moves a second with each append.
func newEvents() store.Store {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	return memory.New(store.Options{Now: func() time.Time {
		now = now.Add(time.Second)
		return now
	}})
}

func add(t testing.TB, events store.Store, stream string, e store.Event) store.Event {
	t.Helper()
	appended, err := events.Append(t.Context(), stream, store.Any, []store.Event{e})
	if err != nil {
		t.Fatal(err)
	}
	for event, err := range events.ReadAll(t.Context(), appended.Position-1, 1) {
		if err != nil {
			t.Fatal(err)
		}
		return event
	}
	return store.Event{}
}

// fill appends n linked events to three streams.
func fill(t testing.TB, events store.Store, n int) list {
	t.Helper()
	for i := range n {
		add(t, events, fmt.Sprint("s", i%3), store.Event{
			ID: fmt.Sprint("e", i), Type: "Added", SchemaVersion: "1", CorrelationID: "c", CausationID: "command", Actor: "ann", Tenant: "t",
			Data: json.RawMessage(fmt.Sprintf(`{"amount":%d}`, i)), Metadata: json.RawMessage(`{"m":1}`), Decision: json.RawMessage(`{"d":1}`),
		})
	}
	return all(t, events)
}

func all(t testing.TB, events audit.Source) list {
	t.Helper()
	var l list
	for event, err := range events.ReadAll(t.Context(), 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		l = append(l, event)
	}
	return l
}

// indexed is an index with its model.
type indexed interface {
	audit.Index
	projection.Model
}

// indexes are both of them, each empty.
func indexes(t testing.TB) map[string]indexed {
	t.Helper()
	file, err := auditsqlite.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	return map[string]indexed{"memory": auditmemory.New(), "sqlite": file}
}

// follow lets an index take in all events that it has not had.
func follow(t testing.TB, index projection.Model, events list) {
	t.Helper()
	if err := index.Apply(t.Context(), events, projection.After(events[len(events)-1])); err != nil {
		t.Fatal(err)
	}
}
