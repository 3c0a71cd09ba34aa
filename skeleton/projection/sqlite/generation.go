package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/projection"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/sqlite"
)

// checkpointTable has one row. A generation is finished when readers may see it.
const checkpointTable = `CREATE TABLE projection_checkpoint (
	one      INTEGER PRIMARY KEY CHECK (one = 1),
	position INTEGER NOT NULL,
	hash     BLOB NOT NULL,    -- of the event at the position
	recorded INTEGER NOT NULL, -- nanoseconds since 1970
	version  TEXT NOT NULL,    -- of the code
	finished INTEGER NOT NULL
) STRICT;
INSERT INTO projection_checkpoint VALUES (1, 0, x'', 0, '', 0);
`

// A generation is one file.
type generation struct {
	path    string
	db      *sqlite.Derived
	version string
	begin   func(*Tx) Batch
	readers sync.WaitGroup

	writing sync.Mutex // held by whoever writes
	known   statements
}

func openGeneration(ctx context.Context, path string, d Definition) (*generation, error) {
	db, err := sqlite.OpenDerived(ctx, path, checkpointTable+d.Tables)
	if err != nil {
		return nil, err
	}
	g := &generation{path: path, db: db, version: d.Version, begin: d.begin(), known: statements{}}
	// Without events in it, it is of any version.
	if _, err := db.Write.ExecContext(ctx, `UPDATE projection_checkpoint SET version = ? WHERE position = 0`, d.Version); err != nil {
		return nil, errors.Join(err, g.close())
	}
	return g, nil
}

// begin is Begin, also of a definition that has Handle.
func (d Definition) begin() func(*Tx) Batch {
	if d.Begin != nil {
		return d.Begin
	}
	return func(tx *Tx) Batch {
		return Batch{Handle: func(ctx context.Context, event store.Event) error { return d.Handle(ctx, tx, event) }}
	}
}

// reveal marks a generation as finished, on the disk.
func (g *generation) reveal(ctx context.Context) error {
	if _, err := g.db.Write.ExecContext(ctx, `UPDATE projection_checkpoint SET finished = 1`); err != nil {
		return err
	}
	return g.db.Sync(ctx)
}

func (g *generation) finished(ctx context.Context) (finished bool, err error) {
	err = g.db.Read.QueryRowContext(ctx, `SELECT finished FROM projection_checkpoint`).Scan(&finished)
	return finished, err
}

// Checkpoint says how far the generation has come.
func (g *generation) Checkpoint(ctx context.Context) (projection.Checkpoint, error) {
	return g.checkpoint(ctx, g.db.Read)
}

func (g *generation) checkpoint(ctx context.Context, in interface {
	QueryRowContext(ctx context.Context, query string, arguments ...any) *sql.Row
}) (projection.Checkpoint, error) {
	var at projection.Checkpoint
	var nanos int64
	var version string
	var hash []byte
	err := in.QueryRowContext(ctx, `SELECT position, hash, recorded, version FROM projection_checkpoint`).Scan(&at.Position, &hash, &nanos, &version)
	if err != nil {
		return projection.Checkpoint{}, fmt.Errorf("reading the checkpoint of %s: %w", g.path, err)
	}
	if at.Position > 0 {
		at.Recorded = time.Unix(0, nanos).UTC()
	}
	copy(at.Hash[:], hash)
	at.Outdated = version != g.version
	return at, nil
}

// Apply handles events; see projection.Generation. It writes one transaction, or,
// when an event can not be handled, one of those before it.
func (g *generation) Apply(ctx context.Context, events []store.Event, to projection.Checkpoint) error {
	handled, err := g.write(ctx, events, to)
	if _, bad := errors.AsType[*projection.EventError](err); !bad || handled == 0 {
		return err
	}
	if _, again := g.write(ctx, events[:handled], projection.After(events[handled-1])); again != nil {
		return again
	}
	return err
}

// write handles events in one transaction and says how many could be handled.
func (g *generation) write(ctx context.Context, events []store.Event, to projection.Checkpoint) (handled int, err error) {
	g.writing.Lock()
	defer g.writing.Unlock()
	if err := g.known.prepare(ctx, g.db.Write); err != nil {
		return 0, fmt.Errorf("writing %s: %w", g.path, err)
	}
	// The context is looked at between the events. To be able to interrupt each
	// statement costs a goroutine, more than most statements.
	statements := context.WithoutCancel(ctx)
	tx, err := g.db.Write.BeginTx(statements, nil)
	if err != nil {
		return 0, fmt.Errorf("writing %s: %w", g.path, err)
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	within := &Tx{within: tx, known: g.known, bound: map[string]*sql.Stmt{}}
	at, err := g.checkpoint(statements, within)
	if err != nil || to.Position <= at.Position {
		return 0, err
	}
	batch := g.begin(within)
	for i, event := range events {
		if event.Position <= at.Position {
			continue
		}
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err := projection.Handle(ctx, event, func() error { return batch.Handle(statements, event) }); err != nil {
			return i, err
		}
	}
	if batch.Flush != nil {
		if err := batch.Flush(statements); err != nil {
			return 0, fmt.Errorf("writing %s: %w", g.path, err)
		}
	}
	if _, err := within.ExecContext(statements, `UPDATE projection_checkpoint SET position = ?, hash = ?, recorded = ?`, to.Position, to.Hash[:], to.Recorded.UnixNano()); err != nil {
		return 0, fmt.Errorf("writing the checkpoint of %s: %w", g.path, err)
	}
	if err := tx.Commit(); err != nil {
		return 0, fmt.Errorf("writing %s: %w", g.path, err)
	}
	return len(events), nil
}

func (g *generation) close() error { return errors.Join(g.known.close(), g.db.Close()) }

// remove closes the generation and removes its file.
func (g *generation) remove() error {
	return errors.Join(g.close(), sqlite.RemoveDerived(g.path))
}
