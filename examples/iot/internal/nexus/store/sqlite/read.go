package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"math"

	"example.com/iot/internal/nexus/store"
)

// pageSize is how many rows a reader takes at a time.
const pageSize = 256

// columns are those of events, in the order in which insert and scan have them.
const columns = `position, stream, version, id, type, schema_version, time, recorded,
	correlation_id, causation_id, actor, tenant, data, metadata, decision, hash, prev_hash`

// queries are what readers prepare once.
type queries struct {
	stream, all, deliveries, owed *sql.Stmt
}

func prepareQueries(ctx context.Context, db *sql.DB) (q queries, err error) {
	if q.stream, err = db.PrepareContext(ctx, `SELECT `+columns+` FROM events
		WHERE stream = ? AND version > ? AND version <= ? ORDER BY version LIMIT ?`); err != nil {
		return queries{}, err
	}
	if q.all, err = db.PrepareContext(ctx, `SELECT `+columns+` FROM events
		WHERE position > ? AND position <= ? ORDER BY position LIMIT ?`); err != nil {
		return queries{}, err
	}
	if q.owed, err = db.PrepareContext(ctx, `SELECT channel, dead, count(*) FROM outbox GROUP BY dead, channel`); err != nil {
		return queries{}, err
	}
	q.deliveries, err = db.PrepareContext(ctx, `SELECT delivery, channel, attempts, due, last_error, dead, `+columns+`
		FROM outbox JOIN events USING (position)
		WHERE dead = ? AND (? = '' OR channel = ?) AND delivery > ? ORDER BY delivery LIMIT ?`)
	return q, err
}

// Read yields the events of a stream by version; see store.Store.
func (s *Store) Read(ctx context.Context, stream string, o store.ReadOptions) iter.Seq2[store.Event, error] {
	until := int64(math.MaxInt64)
	if o.UntilVersion != 0 {
		until = o.UntilVersion
	}
	events := store.Pages(max(o.From-1, 0), pageSize, func(after int64) ([]store.Event, error) {
		events, err := page(ctx, s, s.read.stream, scanEvent, stream, after, until, pageSize)
		if err != nil {
			err = fmt.Errorf("reading stream %q of %s: %w", stream, s.path, err)
		}
		return events, err
	}, func(e store.Event) int64 { return e.Version })
	if o.UntilTime.IsZero() {
		return events
	}
	return func(yield func(store.Event, error) bool) {
		for event, err := range events {
			if event.Recorded.After(o.UntilTime) || !yield(event, err) {
				return // what follows was recorded later still
			}
		}
	}
}

// ReadAll yields the events of all streams by position; see store.Store.
func (s *Store) ReadAll(ctx context.Context, after int64, limit int) iter.Seq2[store.Event, error] {
	after = max(after, 0)
	until := int64(math.MaxInt64)
	if limit > 0 {
		until = after + int64(limit)
	}
	return store.Pages(after, pageSize, func(after int64) ([]store.Event, error) {
		events, err := page(ctx, s, s.read.all, scanEvent, after, until, pageSize)
		if err != nil {
			err = fmt.Errorf("reading %s after position %d: %w", s.path, after, err)
		}
		return events, err
	}, func(e store.Event) int64 { return e.Position })
}

// page runs a query to its end, so that its snapshot is not held while somebody
// looks at the rows. Rows that come before an error are returned with it.
func page[T any](ctx context.Context, s *Store, query *sql.Stmt, scan func(func(...any) error) (T, error), arguments ...any) (_ []T, err error) {
	done, err := s.use()
	if err != nil {
		return nil, err
	}
	defer done()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// A page is short. To be able to interrupt one costs two goroutines, more than
	// many a page itself.
	rows, err := query.QueryContext(context.WithoutCancel(ctx), arguments...)
	if err != nil {
		return nil, explain(err)
	}
	defer func() { _ = rows.Close() }() // Err says what went wrong
	var items []T
	for rows.Next() {
		item, err := scan(rows.Scan)
		if err != nil {
			return items, explain(err)
		}
		items = append(items, item)
	}
	return items, explain(rows.Err())
}

// A row is an event as its columns have it.
type row struct {
	event          store.Event
	time, recorded int64
	hash, prevHash []byte
}

// targets are where to scan the columns to.
func (r *row) targets() []any {
	e := &r.event
	return []any{&e.Position, &e.Stream, &e.Version, &e.ID, &e.Type, &e.SchemaVersion, &r.time, &r.recorded,
		&e.CorrelationID, &e.CausationID, &e.Actor, &e.Tenant,
		(*[]byte)(&e.Data), (*[]byte)(&e.Metadata), (*[]byte)(&e.Decision), &r.hash, &r.prevHash}
}

func (r *row) value() store.Event {
	r.event.Time, r.event.Recorded = fromNanos(r.time), fromNanos(r.recorded)
	copy(r.event.Hash[:], r.hash)
	copy(r.event.PrevHash[:], r.prevHash)
	return r.event
}

func scanEvent(scan func(...any) error) (store.Event, error) {
	var r row
	err := scan(r.targets()...)
	return r.value(), err
}
