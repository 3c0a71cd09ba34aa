// Package sqlite keeps snapshots in one SQLite file beside the events.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"time"

	"example.com/orders/internal/nexus/snapshot"
	"example.com/orders/internal/nexus/store/sqlite"
)

const tables = `CREATE TABLE snapshots (
	stream   TEXT NOT NULL,
	version  INTEGER NOT NULL,
	hash     BLOB NOT NULL,
	recorded INTEGER NOT NULL, -- nanoseconds since 1970
	schema   INTEGER NOT NULL,
	reducer  TEXT NOT NULL,
	state    TEXT NOT NULL, -- JSON
	UNIQUE (stream, version)
) STRICT`

// Store is a snapshot.Store in a file.
type Store struct {
	db           *sqlite.Derived
	newest       *sql.Stmt
	save, shrink *sql.Stmt
}

// Open opens the file at path, and makes it if there is none.
func Open(ctx context.Context, path string) (_ *Store, err error) {
	s := &Store{}
	if s.db, err = sqlite.OpenDerived(ctx, path, tables); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.db.Close())
		}
	}()
	if s.newest, err = s.db.Read.PrepareContext(ctx, `SELECT version, hash, recorded, schema, reducer, state FROM snapshots
		WHERE stream = ? AND version <= ? AND recorded <= ? ORDER BY version DESC LIMIT 1`); err != nil {
		return nil, err
	}
	if s.save, err = s.db.Write.PrepareContext(ctx, `INSERT OR REPLACE INTO snapshots
		(stream, version, hash, recorded, schema, reducer, state) VALUES (?,?,?,?,?,?,?)`); err != nil {
		return nil, err
	}
	s.shrink, err = s.db.Write.PrepareContext(ctx, `DELETE FROM snapshots WHERE stream = ? AND version <=
		(SELECT version FROM snapshots WHERE stream = ? ORDER BY version DESC LIMIT 1 OFFSET ?)`)
	return s, err
}

// Newest is the newest snapshot of a stream; see snapshot.Store.
func (s *Store) Newest(ctx context.Context, stream string, until snapshot.Until) (snapshot.Snapshot, bool, error) {
	version, recorded := int64(math.MaxInt64), int64(math.MaxInt64)
	if until.Version != 0 {
		version = until.Version
	}
	if !until.Time.IsZero() {
		recorded = until.Time.UnixNano()
	}
	found := snapshot.Snapshot{Stream: stream}
	var hash []byte
	var nanos int64
	err := s.newest.QueryRowContext(ctx, stream, version, recorded).
		Scan(&found.Version, &hash, &nanos, &found.Schema, &found.Reducer, (*[]byte)(&found.State))
	if errors.Is(err, sql.ErrNoRows) {
		return snapshot.Snapshot{}, false, nil
	}
	copy(found.Hash[:], hash)
	found.Recorded = time.Unix(0, nanos).UTC()
	return found, err == nil, err
}

// Save stores a snapshot; see snapshot.Store.
func (s *Store) Save(ctx context.Context, saved snapshot.Snapshot, keep int) error {
	transaction, err := s.db.Write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = transaction.Rollback() }() // nothing after a commit
	if _, err := transaction.StmtContext(ctx, s.save).ExecContext(ctx, saved.Stream, saved.Version, saved.Hash[:],
		saved.Recorded.UnixNano(), saved.Schema, saved.Reducer, string(saved.State)); err != nil {
		return err
	}
	if _, err := transaction.StmtContext(ctx, s.shrink).ExecContext(ctx, saved.Stream, saved.Stream, keep); err != nil {
		return err
	}
	return transaction.Commit()
}

// Discard removes the snapshots of a stream; see snapshot.Store.
func (s *Store) Discard(ctx context.Context, stream string) error {
	_, err := s.db.Write.ExecContext(ctx, `DELETE FROM snapshots WHERE stream = ?`, stream)
	return err
}

// Close closes the file.
func (s *Store) Close() error { return s.db.Close() }
