package projection_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/projection"
	modelsqlite "github.com/nexus-blueprint/nexus/skeleton/projection/sqlite"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// apply hands a model the events after its checkpoint.
func apply(t *testing.T, m projection.Model, list []store.Event) error {
	t.Helper()
	return m.Apply(t.Context(), list, projection.After(list[len(list)-1]))
}

// What can not be written at the end of a transaction leaves nothing of it.
func TestFlushFails(t *testing.T) {
	d := atOnce()
	begin, full := d.Begin, false
	d.Begin = func(tx *modelsqlite.Tx) modelsqlite.Batch {
		batch := begin(tx)
		flush := batch.Flush
		batch.Flush = func(ctx context.Context) error {
			if err := flush(ctx); err != nil || !full {
				return err
			}
			return errors.New("the disk is full")
		}
		return batch
	}
	subject, m := inFile(t, t.TempDir(), d)
	events := newEvents()
	fill(t, events, 30)
	list := all(t, events)
	for i, end := range []int{10, 20, 20, 30} { // statements are new, then known
		full = i == 1
		err := apply(t, m, list[:end])
		if full != (err != nil && strings.HasSuffix(err.Error(), "the disk is full")) {
			t.Errorf("up to %d: %v", end, err)
		}
		if full {
			end = 10
		}
		if seen, at := subject.read(t); at != projection.After(list[end-1]) || !cmp.Equal(seen, sum(list[:end])) {
			t.Errorf("up to %d: %v at %d, want %v", end, seen, at.Position, sum(list[:end]))
		}
	}
}

// A statement that is wrong says so, each time, and what comes after it works.
func TestStatementIsWrong(t *testing.T) {
	d := definition()
	handle := d.Handle
	query := `SELECT total FROM nowhere WHERE stream = ?`
	d.Handle = func(ctx context.Context, tx *modelsqlite.Tx, e store.Event) error {
		if e.ID != "e2" || query == "" {
			return handle(ctx, tx, e)
		}
		if _, err := tx.ExecContext(ctx, query, e.Stream); err == nil || !strings.Contains(err.Error(), "no such table: nowhere") {
			t.Errorf("got error %v", err)
		}
		var total int64
		return tx.QueryRowContext(ctx, query, e.Stream).Scan(&total)
	}
	subject, m := inFile(t, t.TempDir(), d)
	events := newEvents()
	fill(t, events, 3)
	list := all(t, events)
	for range 2 {
		if err := apply(t, m, list); err == nil || !strings.Contains(err.Error(), "no such table: nowhere") {
			t.Errorf("got error %v", err)
		}
	}
	query = ""
	if err := apply(t, m, list); err != nil {
		t.Error(err)
	}
	if seen, _ := subject.read(t); !cmp.Equal(seen, sum(list)) {
		t.Errorf("readers see %v, want %v", seen, sum(list))
	}
}
