package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"example.com/orders/internal/nexus/store"
)

// commands are what the writer prepares once.
type commands struct {
	begin, commit, rollback, savepoint, release, undo *sql.Stmt

	head, stream, byID, insert, owe, settle, change *sql.Stmt

	prepared []*sql.Stmt // all of them
}

// close closes the commands, without which SQLite would keep the file open.
func (c *commands) close() error {
	var errs []error
	for _, command := range c.prepared {
		errs = append(errs, command.Close())
	}
	return errors.Join(errs...)
}

// run executes a command of the writer. It takes no context: to interrupt one
// command would end the transaction of all.
func run(command *sql.Stmt, arguments ...any) error {
	_, err := command.ExecContext(context.Background(), arguments...)
	return err
}

func prepareCommands(ctx context.Context, conn *sql.Conn) (commands, error) {
	var c commands
	for _, command := range []struct {
		prepared **sql.Stmt
		text     string
	}{
		{&c.begin, `BEGIN IMMEDIATE`},
		{&c.commit, `COMMIT`},
		{&c.rollback, `ROLLBACK`},
		{&c.savepoint, `SAVEPOINT request`},
		{&c.release, `RELEASE request`},
		{&c.undo, `ROLLBACK TO request`},
		{&c.head, `SELECT position, recorded FROM events ORDER BY position DESC LIMIT 1`},
		{&c.stream, `SELECT version, hash FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1`},
		{&c.byID, `SELECT ` + columns + ` FROM events WHERE id = ?`},
		{&c.insert, `INSERT INTO events (` + columns + `) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`},
		{&c.owe, `INSERT INTO outbox (position, channel) VALUES (?,?)`},
		{&c.settle, `DELETE FROM outbox WHERE delivery = ?`},
		{&c.change, `UPDATE outbox SET channel = ?, attempts = ?, due = ?, last_error = ?, dead = ? WHERE delivery = ?`},
	} {
		var err error
		if *command.prepared, err = conn.PrepareContext(ctx, command.text); err != nil {
			return c, err
		}
		c.prepared = append(c.prepared, *command.prepared)
	}
	return c, nil
}

// Append adds events to the end of a stream; see store.Store.
func (s *Store) Append(ctx context.Context, stream string, expected store.Expected, events []store.Event) (store.Appended, error) {
	prepared, err := store.Prepare(stream, expected, events)
	if err != nil {
		return store.Appended{}, err
	}
	a := appending{stream: stream, expected: expected, events: prepared, channels: make([][]string, len(prepared))}
	if s.channels != nil {
		for i, event := range prepared {
			a.channels[i] = s.channels(event.Clone())
		}
	}
	done, err := s.use()
	if err == nil {
		err = s.writer.submit(ctx, a.write)
		done()
	}
	switch {
	case err == nil:
		return a.appended, nil
	case errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrDuplicateID):
		return store.Appended{}, err
	case errors.Is(err, store.ErrClosed), ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return store.Appended{}, fmt.Errorf("appending to stream %q: %w", stream, err)
	}
	return store.Appended{}, fmt.Errorf("appending to stream %q of %s: %w", stream, s.path, err)
}

// An appending is one append on its way through the writer.
type appending struct {
	stream   string
	expected store.Expected
	events   []store.Event
	channels [][]string // of each event
	appended store.Appended
}

func (a *appending) write(w *writer) error {
	version, hash, err := w.readStream(a.stream)
	if err != nil {
		return err
	}
	if !a.expected.Holds(version) {
		return a.repeatOr(w, &store.ConflictError{Stream: a.stream, Expected: a.expected, Actual: version})
	}
	recorded := w.now()
	if recorded.Before(w.last.recorded) {
		recorded = w.last.recorded
	}
	for i := range a.events {
		event := &a.events[i]
		event.Commit(version, hash, w.last.position+1, recorded)
		if err := w.insert(event, a.channels[i]); err != nil {
			return a.repeatOr(w, err)
		}
		version, hash = event.Version, event.Hash
		w.last = head{position: event.Position, recorded: event.Recorded}
	}
	a.appended = store.Appended{Version: version, Position: w.last.position}
	return nil
}

// repeatOr answers an append that can not go on because of err, unless it was
// made before.
func (a *appending) repeatOr(w *writer, err error) error {
	if !errors.Is(err, store.ErrConflict) && !isConstraint(err) {
		return err
	}
	// What this append itself has inserted must not be found.
	if undone := run(w.do.undo); undone != nil {
		return undone
	}
	first, repeated, fault := store.Repeated(a.stream, a.expected, a.events, w.find)
	switch {
	case fault != nil:
		return fault
	case !repeated:
		return err
	}
	a.appended = first
	return nil
}

func (w *writer) readStream(stream string) (version int64, hash store.Hash, err error) {
	var sum []byte
	err = w.do.stream.QueryRowContext(context.Background(), stream).Scan(&version, &sum)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, store.Hash{}, nil
	}
	copy(hash[:], sum)
	return version, hash, err
}

func (w *writer) find(id string) (store.Event, bool, error) {
	event, err := scanEvent(w.do.byID.QueryRowContext(context.Background(), id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return store.Event{}, false, nil
	}
	return event, err == nil, err
}

func (w *writer) insert(e *store.Event, channels []string) error {
	err := run(w.do.insert, e.Position, e.Stream, e.Version, e.ID, e.Type, e.SchemaVersion,
		e.Time.UnixNano(), e.Recorded.UnixNano(), e.CorrelationID, e.CausationID, e.Actor, e.Tenant,
		text(e.Data), text(e.Metadata), text(e.Decision), e.Hash[:], e.PrevHash[:])
	if err != nil {
		return err
	}
	for _, channel := range channels {
		if err := run(w.do.owe, e.Position, channel); err != nil {
			return err
		}
	}
	return nil
}

// text is JSON as the tables have it: readable, and NULL for none.
func text(json []byte) sql.NullString {
	return sql.NullString{String: string(json), Valid: len(json) > 0}
}

func fromNanos(nanos int64) time.Time { return time.Unix(0, nanos).UTC() }
