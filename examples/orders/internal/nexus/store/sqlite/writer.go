package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"example.com/orders/internal/nexus/store"
)

// A request is something to write. It is answered when the transaction that it
// is part of is committed.
type request struct {
	ctx    context.Context // until it is being written
	write  func(w *writer) error
	answer chan error
}

// A head is where the store ends.
type head struct {
	position int64
	recorded time.Time
}

// A writer owns the one connection that writes. Its fields belong to the
// goroutine of run.
type writer struct {
	db       *sql.DB
	conn     *sql.Conn
	do       commands
	requests chan *request
	ended    chan struct{}
	limit    int
	company  int           // how many requests come at the same time, by the last groups
	took     time.Duration // by the last commit
	now      func() time.Time
	last     head // as seen by the transaction
	broken   error
}

func openWriter(ctx context.Context, address string, o Options) (_ *writer, err error) {
	db, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, err
	}
	w := &writer{db: db, requests: make(chan *request), ended: make(chan struct{}), limit: o.GroupLimit, now: o.Now}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.conn, err = db.Conn(ctx); err != nil {
		return nil, err
	}
	if err := migrate(ctx, w.conn, migrations); err != nil {
		return nil, err
	}
	if w.do, err = prepareCommands(ctx, w.conn); err != nil {
		return nil, err
	}
	if w.last, err = w.readHead(); err != nil {
		return nil, err
	}
	return w, nil
}

// submit hands over a write and waits for its answer.
func (w *writer) submit(ctx context.Context, write func(w *writer) error) error {
	r := &request{ctx: ctx, write: write, answer: make(chan error, 1)}
	select {
	case w.requests <- r:
		return <-r.answer
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run commits what waits, as one group, until stop.
func (w *writer) run(tail *store.Tail) {
	defer close(w.ended)
	var group []*request
	for first := range w.requests {
		group = w.gather(append(group[:0], first))
		begun := time.Now()
		errs, err := w.commit(group)
		w.company, w.took = max(len(group), w.company-1), time.Since(begun)
		if err == nil {
			tail.Advance(w.last.position)
		}
		for i, r := range group {
			if err != nil {
				r.answer <- err
			} else {
				r.answer <- errs[i]
			}
		}
	}
}

// maxPatience bounds how long a group waits for more.
const maxPatience = 2 * time.Millisecond

// gather adds to group what waits already. If as many came at the same time before,
// it waits for the others: they were answered just now, and are about to come again.
// It does so for as long as the last commit took at most, since a commit is what they
// share. Whoever writes alone is never made to wait.
func (w *writer) gather(group []*request) []*request {
	group = w.takeWaiting(group)
	expected := min(w.company, w.limit)
	if len(group) >= expected {
		return group
	}
	patience := time.NewTimer(min(w.took, maxPatience))
	defer patience.Stop()
	for len(group) < expected {
		select {
		case r, ok := <-w.requests:
			if !ok {
				return group
			}
			group = append(group, r)
		case <-patience.C:
			return group
		}
	}
	return w.takeWaiting(group)
}

// takeWaiting adds to group what waits already.
func (w *writer) takeWaiting(group []*request) []*request {
	for len(group) < w.limit {
		select {
		case r, ok := <-w.requests:
			if !ok {
				return group
			}
			group = append(group, r)
		default:
			return group
		}
	}
	return group
}

// commit writes a group in one transaction and returns the answer to each
// request, or why the transaction failed: then nothing of it is stored.
func (w *writer) commit(group []*request) ([]error, error) {
	if w.broken != nil {
		return nil, fmt.Errorf("the store stopped after an earlier failure: %w", w.broken)
	}
	errs, err := w.transact(group)
	if err == nil {
		return errs, nil
	}
	// SQLite may have ended the transaction itself, then there is nothing to undo.
	_ = run(w.do.rollback)
	err = explain(err)
	if lasting(err) {
		w.broken = err
	}
	return nil, err
}

func (w *writer) transact(group []*request) ([]error, error) {
	if err := run(w.do.begin); err != nil {
		return nil, err
	}
	var err error
	if w.last, err = w.readHead(); err != nil {
		return nil, err
	}
	errs := make([]error, len(group))
	for i, r := range group {
		if errs[i] = r.ctx.Err(); errs[i] != nil {
			continue
		}
		if errs[i], err = w.attempt(r.write); err != nil {
			return nil, err
		}
	}
	return errs, run(w.do.commit)
}

// attempt writes one request in a savepoint. A refusal undoes only that; any
// other error is the end of the transaction.
func (w *writer) attempt(write func(w *writer) error) (refusal, err error) {
	before := w.last
	if err := run(w.do.savepoint); err != nil {
		return nil, err
	}
	err = write(w)
	switch {
	case err == nil:
		return nil, run(w.do.release)
	case !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrDuplicateID):
		return nil, err
	}
	w.last = before
	if undone := run(w.do.undo); undone != nil {
		return nil, undone
	}
	return err, run(w.do.release)
}

// readHead reads where the store ends, since another process may have written.
func (w *writer) readHead() (head, error) {
	var position, recorded int64
	err := w.do.head.QueryRowContext(context.Background()).Scan(&position, &recorded)
	if errors.Is(err, sql.ErrNoRows) {
		return head{}, nil
	}
	return head{position: position, recorded: fromNanos(recorded)}, err
}

// stop ends run. Nobody may submit any more.
func (w *writer) stop() {
	close(w.requests)
	<-w.ended
}

func (w *writer) close() error {
	errs := []error{w.do.close()}
	if w.conn != nil {
		errs = append(errs, w.conn.Close())
	}
	return errors.Join(append(errs, w.db.Close())...)
}
