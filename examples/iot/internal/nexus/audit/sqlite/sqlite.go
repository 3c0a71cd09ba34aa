// Package sqlite keeps the index of an audit in a file.
package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"example.com/iot/internal/nexus/audit"
	"example.com/iot/internal/nexus/projection"
	"example.com/iot/internal/nexus/projection/sqlite"
	"example.com/iot/internal/nexus/store"
)

// The first events of an affair have its correlation id as their cause, too: they
// are found by that, and an index less is written for every command.
const tables = `CREATE TABLE links (
	position    INTEGER PRIMARY KEY,
	id          TEXT NOT NULL UNIQUE,
	type        TEXT NOT NULL,
	stream      TEXT NOT NULL,
	version     INTEGER NOT NULL,
	recorded    INTEGER NOT NULL, -- nanoseconds since 1970
	correlation TEXT NOT NULL,
	cause       TEXT NOT NULL,
	actor       TEXT NOT NULL,
	tenant      TEXT NOT NULL
) STRICT;
CREATE INDEX links_by_cause ON links (cause) WHERE cause <> '';
CREATE INDEX links_by_correlation ON links (correlation) WHERE correlation <> cause AND correlation <> ''`

const columns = `position, id, type, stream, version, recorded, correlation, cause, actor, tenant`

// Index is an audit.Index, and a projection.Model that makes it from the events.
type Index struct {
	*sqlite.Model
}

// Open opens the index in a folder, and makes both if they are not there.
func Open(ctx context.Context, dir string) (*Index, error) {
	model, err := sqlite.Open(ctx, dir, sqlite.Definition{Name: "audit", Version: "1", Tables: tables, Handle: insert})
	if err != nil {
		return nil, err
	}
	return &Index{model}, nil
}

func insert(ctx context.Context, tx *sqlite.Tx, e store.Event) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO links (`+columns+`) VALUES (?,?,?,?,?,?,?,?,?,?)`,
		e.Position, e.ID, e.Type, e.Stream, e.Version, e.Recorded.UnixNano(), e.CorrelationID, e.CausationID, e.Actor, e.Tenant)
	return err
}

// Link is the event with an id; see audit.Index.
func (i *Index) Link(ctx context.Context, id string) (found audit.Link, ok bool, err error) {
	err = i.View(ctx, func(tx *sql.Tx, _ projection.Checkpoint) error {
		found, err = scan(tx.QueryRowContext(ctx, `SELECT `+columns+` FROM links WHERE id = ?`, id).Scan)
		return err
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return audit.Link{}, false, nil
	case err != nil:
		return audit.Link{}, false, fmt.Errorf("looking up event %.100q: %w", id, err)
	}
	return found, true, nil
}

// Caused are the events with a cause; see audit.Index.
func (i *Index) Caused(ctx context.Context, id string, scope audit.Scope) ([]audit.Link, error) {
	return i.list(ctx, `SELECT * FROM links WHERE cause = ?1 AND cause <> ''`, id, scope)
}

// Correlated are the events with a correlation id; see audit.Index.
func (i *Index) Correlated(ctx context.Context, id string, scope audit.Scope) ([]audit.Link, error) {
	return i.list(ctx, `SELECT * FROM links WHERE correlation = ?1 AND correlation <> cause AND correlation <> ''
		UNION ALL SELECT * FROM links WHERE cause = ?1 AND cause <> '' AND correlation = cause`, id, scope)
}

func (i *Index) list(ctx context.Context, all, id string, scope audit.Scope) ([]audit.Link, error) {
	tenants, err := json.Marshal(scope.Tenants)
	if err != nil {
		return nil, err
	}
	found := []audit.Link{}
	err = i.View(ctx, func(tx *sql.Tx, _ projection.Checkpoint) error {
		rows, err := tx.QueryContext(ctx, `SELECT `+columns+` FROM (`+all+`)
			WHERE (?2 OR tenant IN (SELECT value FROM json_each(?3))) ORDER BY position LIMIT ?4`,
			id, len(scope.Tenants) == 0, string(tenants), scope.Most())
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // Err says what went wrong
		for rows.Next() {
			link, err := scan(rows.Scan)
			if err != nil {
				return err
			}
			found = append(found, link)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("looking up the events of %.100q: %w", id, err)
	}
	return found, nil
}

func scan(scan func(...any) error) (audit.Link, error) {
	var l audit.Link
	var nanos int64
	err := scan(&l.Position, &l.ID, &l.Type, &l.Stream, &l.Version, &nanos, &l.CorrelationID, &l.CausationID, &l.Actor, &l.Tenant)
	l.Recorded = time.Unix(0, nanos).UTC()
	return l, err
}
