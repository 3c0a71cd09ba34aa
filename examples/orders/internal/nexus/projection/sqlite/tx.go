package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Tx is the transaction in which events are handled. Handlers use the same few
// statements for every event, so these are prepared once.
type Tx struct {
	within *sql.Tx
	known  statements
	bound  map[string]*sql.Stmt // those that this transaction has used
}

// ExecContext executes a statement.
func (t *Tx) ExecContext(ctx context.Context, text string, arguments ...any) (sql.Result, error) {
	statement, err := t.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	return statement.ExecContext(ctx, arguments...)
}

// QueryRowContext executes a query that yields at most one row. Any error waits
// for the row's Scan.
func (t *Tx) QueryRowContext(ctx context.Context, text string, arguments ...any) *sql.Row {
	statement, err := t.statement(ctx, text)
	if err != nil {
		return t.within.QueryRowContext(ctx, text, arguments...) // it fails as well, and says so
	}
	return statement.QueryRowContext(ctx, arguments...)
}

func (t *Tx) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	if statement := t.bound[text]; statement != nil {
		return statement, nil
	}
	statement, err := t.known.in(ctx, t.within, text)
	if err != nil {
		return nil, fmt.Errorf("preparing %q: %w", text, err)
	}
	t.bound[text] = statement
	return statement, nil
}

// statements are those of a generation by their text. One that was first used in
// the last transaction is nil: only between two of them can it be prepared for all
// that follow.
type statements map[string]*sql.Stmt

// prepare prepares what is new.
func (s statements) prepare(ctx context.Context, db *sql.DB) error {
	for text, statement := range s {
		if statement != nil {
			continue
		}
		var err error
		if s[text], err = db.PrepareContext(ctx, text); err != nil {
			return fmt.Errorf("preparing %q: %w", text, err)
		}
	}
	return nil
}

// in is a statement for a transaction.
func (s statements) in(ctx context.Context, tx *sql.Tx, text string) (*sql.Stmt, error) {
	if statement := s[text]; statement != nil {
		return tx.StmtContext(ctx, statement), nil
	}
	statement, err := tx.PrepareContext(ctx, text)
	if err == nil {
		s[text] = nil
	}
	return statement, err
}

func (s statements) close() error {
	var errs []error
	for _, statement := range s {
		if statement != nil {
			errs = append(errs, statement.Close())
		}
	}
	return errors.Join(errs...)
}
