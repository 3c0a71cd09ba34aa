package projection_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"

	"github.com/nexus-blueprint/nexus/skeleton/projection"
	modelmemory "github.com/nexus-blueprint/nexus/skeleton/projection/memory"
	modelsqlite "github.com/nexus-blueprint/nexus/skeleton/projection/sqlite"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/memory"
)

// totals is what the read model of these tests is: a sum for each stream, to
// which an event that counts twice would add twice.
type totals map[string]int64

func amount(e store.Event) (int64, error) {
	var data struct{ Amount int64 }
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return 0, err
	}
	switch e.Type {
	case "Broken":
		return 0, errors.New("no such account")
	case "Panics":
		panic("index out of range")
	}
	return data.Amount, nil
}

// sum is the model after events.
func sum(events []store.Event) totals {
	t := totals{}
	for _, e := range events {
		if e.Type == "Added" {
			n, _ := amount(e)
			t[e.Stream] += n
		}
	}
	return t
}

// a subject is a model that can be read.
type subject struct {
	projection.Model
	read func(t testing.TB) (totals, projection.Checkpoint)
}

func inMemory() subject {
	m := modelmemory.New(modelmemory.Definition[totals]{
		New: func() totals { return totals{} },
		Handle: func(s totals, e store.Event) error {
			n, err := amount(e)
			if err == nil {
				s[e.Stream] += n
			}
			return err
		},
	})
	return subject{m, func(testing.TB) (seen totals, at projection.Checkpoint) {
		m.View(func(s totals, a projection.Checkpoint) { seen, at = maps.Clone(s), a })
		return seen, at
	}}
}

func definition() modelsqlite.Definition {
	return modelsqlite.Definition{
		Name: "totals", Version: "1",
		Tables: `CREATE TABLE totals (stream TEXT PRIMARY KEY, total INTEGER NOT NULL) STRICT`,
		Handle: func(ctx context.Context, tx *modelsqlite.Tx, e store.Event) error {
			n, err := amount(e)
			if err != nil {
				return err
			}
			return add(ctx, tx, e.Stream, n)
		},
	}
}

func add(ctx context.Context, tx *modelsqlite.Tx, stream string, n int64) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO totals VALUES (?, ?) ON CONFLICT DO UPDATE SET total = total + excluded.total`, stream, n)
	return err
}

// atOnce is the definition of a model that writes each total once in a transaction.
func atOnce() modelsqlite.Definition {
	d := definition()
	d.Handle = nil
	d.Begin = func(tx *modelsqlite.Tx) modelsqlite.Batch {
		changes := totals{}
		return modelsqlite.Batch{
			Handle: func(_ context.Context, e store.Event) error {
				n, err := amount(e)
				if err == nil {
					changes[e.Stream] += n
				}
				return err
			},
			Flush: func(ctx context.Context) error {
				for stream, n := range changes {
					if err := add(ctx, tx, stream, n); err != nil {
						return err
					}
				}
				return nil
			},
		}
	}
	return d
}

func inFile(t testing.TB, dir string, d modelsqlite.Definition) (subject, *modelsqlite.Model) {
	t.Helper()
	m, err := modelsqlite.Open(t.Context(), dir, d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return subject{m, func(t testing.TB) (totals, projection.Checkpoint) {
		t.Helper()
		seen, at, err := readFile(t.Context(), m)
		if err != nil {
			t.Error(err)
		}
		return seen, at
	}}, m
}

func readFile(ctx context.Context, m *modelsqlite.Model) (seen totals, at projection.Checkpoint, err error) {
	seen = totals{}
	err = m.View(ctx, func(tx *sql.Tx, a projection.Checkpoint) error {
		at = a
		rows, err := tx.QueryContext(ctx, `SELECT stream, total FROM totals`)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var stream string
			var total int64
			if err := rows.Scan(&stream, &total); err != nil {
				return err
			}
			seen[stream] = total
		}
		return rows.Err()
	})
	return seen, at, err
}

// subjects are the models, each empty.
func subjects(t *testing.T) map[string]subject {
	t.Helper()
	file, _ := inFile(t, t.TempDir(), definition())
	batched, _ := inFile(t, t.TempDir(), atOnce())
	return map[string]subject{"memory": inMemory(), "sqlite": file, "sqlite at once": batched}
}

// fill appends n events to a few streams and returns the last position.
func fill(t testing.TB, events store.Store, n int) int64 {
	t.Helper()
	last := end(t, events)
	for range n {
		last = appendEvent(t, events, "Added", fmt.Sprintf("e%d", last+1), fmt.Sprintf("s%d", last%3), last*last%101)
	}
	return last
}

func appendEvent(t testing.TB, events store.Store, kind, id, stream string, amount int64) int64 {
	t.Helper()
	event := store.Event{ID: id, Type: kind, Data: json.RawMessage(fmt.Sprintf(`{"amount":%d}`, amount))}
	appended, err := events.Append(t.Context(), stream, store.Any, []store.Event{event})
	if err != nil {
		t.Fatal(err)
	}
	return appended.Position
}

func end(t testing.TB, events store.Store) int64 {
	t.Helper()
	last, err := events.WaitPosition(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return last
}

func all(t testing.TB, events store.Store) []store.Event {
	t.Helper()
	var list []store.Event
	for event, err := range events.ReadAll(t.Context(), 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, event)
	}
	return list
}

func newEvents() store.Store { return memory.New(store.Options{}) }

// start runs a projection until stop is called, which returns what Run did.
func start(t testing.TB, p *projection.Projection) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { _ = stop() })
	return stop
}

// await waits for the position for as long as it takes.
func await(t testing.TB, p *projection.Projection, position int64) {
	t.Helper()
	if _, err := p.WaitForVersion(t.Context(), position, projection.Wait{Timeout: 1 << 40}); err != nil {
		t.Fatal(err)
	}
}

func status(t testing.TB, p *projection.Projection) projection.Status {
	t.Helper()
	s, err := p.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}
