// Package sqlite keeps read models in SQLite files, one for each generation of
// each model, so that no two of them wait for each other.
//
//	accounts, err := sqlite.Open(ctx, "models", sqlite.Definition{
//		Name: "accounts", Version: "1",
//		Tables: `CREATE TABLE accounts (id TEXT PRIMARY KEY, balance INTEGER NOT NULL) STRICT`,
//		Handle: func(ctx context.Context, tx *sqlite.Tx, e store.Event) error {
//			_, err := tx.ExecContext(ctx, `INSERT INTO accounts …`)
//			return err
//		},
//	})
//
// The checkpoint is a row of the same file, written in the same transaction. A
// power cut may take the last transactions; the events in them come again.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/nexus-blueprint/nexus/skeleton/projection"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// Definition says what a model is and how events change it.
type Definition struct {
	// Name is the beginning of the names of its files: lower case letters, digits,
	// hyphens and underscores.
	Name string
	// Version is that of Handle. A model that another one has made is read until it
	// is rebuilt.
	Version string
	// Tables are the statements that make the tables. A model of other tables is
	// not read: it is removed, and made from the first event on.
	Tables string
	// Handle writes what an event changes.
	Handle func(ctx context.Context, tx *Tx, event store.Event) error
	// Begin, for a model whose events often change the same rows, takes the place of
	// Handle: it begins each transaction.
	Begin func(tx *Tx) Batch
}

// Batch handles the events of one transaction.
type Batch struct {
	Handle func(ctx context.Context, event store.Event) error
	// Flush, after the last event, writes what Handle has kept back. An event that can
	// not be handled has to fail in Handle. Nil is nothing.
	Flush func(ctx context.Context) error
}

// nameForm is the form of a name. It becomes that of files, so capital letters, which
// not every file system tells from small ones, are not in it.
var nameForm = regexp.MustCompile(`^[\pL\pN][\pL\pM\pN_-]*$`)

// Model is a projection.Model in files.
type Model struct {
	definition Definition
	dir        string

	mu     sync.Mutex
	live   *generation // nil when closed
	number int         // of the last generation
}

// ErrClosed is a model that was closed.
var ErrClosed = errors.New("the read model is closed")

// Open opens the model in a folder, and makes both if they are not there.
func Open(ctx context.Context, dir string, d Definition) (_ *Model, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("opening read model %q: %w", d.Name, err)
		}
	}()
	if !nameForm.MatchString(d.Name) || strings.ToLower(d.Name) != d.Name {
		return nil, errors.New("it has no good name: lower case letters, digits, - and _ were expected")
	}
	if (d.Handle == nil) == (d.Begin == nil) {
		return nil, errors.New("it does not say how to handle an event: give it Handle, or Begin")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	m := &Model{definition: d, dir: dir}
	numbers, err := m.generations()
	if err != nil {
		return nil, err
	}
	for _, number := range slices.Backward(numbers) {
		m.number = max(m.number, number)
		if err := m.openOld(ctx, number); err != nil {
			return nil, errors.Join(err, m.Close())
		}
	}
	if m.live != nil {
		return m, nil
	}
	if m.live, err = m.next(ctx); err != nil {
		return nil, err
	}
	if err := m.live.reveal(ctx); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// generations lists the numbers of the files, in order.
func (m *Model) generations() ([]int, error) {
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		return nil, err
	}
	var numbers []int
	for _, entry := range entries {
		name, isModel := strings.CutSuffix(entry.Name(), ".db")
		text, ours := strings.CutPrefix(name, m.definition.Name+".")
		if number, err := strconv.Atoi(text); isModel && ours && err == nil {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

func (m *Model) path(number int) string {
	return filepath.Join(m.dir, fmt.Sprintf("%s.%d.db", m.definition.Name, number))
}

// openOld opens a file that was there. It becomes the one that is read if it is
// the newest that was finished; else it is what a crash left, and removed.
func (m *Model) openOld(ctx context.Context, number int) error {
	g, err := openGeneration(ctx, m.path(number), m.definition)
	if err != nil {
		return err
	}
	finished, err := g.finished(ctx)
	switch {
	case err != nil:
		return errors.Join(err, g.close())
	case finished && m.live == nil:
		m.live = g
		return nil
	}
	return g.remove()
}

// next makes an empty generation.
func (m *Model) next(ctx context.Context) (*generation, error) {
	m.mu.Lock()
	m.number++
	path := m.path(m.number)
	m.mu.Unlock()
	return openGeneration(ctx, path, m.definition)
}

// seen is the generation that is read, until done is called.
func (m *Model) seen() (g *generation, done func(), err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.live == nil {
		return nil, nil, ErrClosed
	}
	m.live.readers.Add(1)
	return m.live, m.live.readers.Done, nil
}

// View reads the model in one transaction, which sees it as it was after the
// event at the checkpoint, whatever is written meanwhile.
func (m *Model) View(ctx context.Context, read func(tx *sql.Tx, at projection.Checkpoint) error) error {
	g, done, err := m.seen()
	if err != nil {
		return fmt.Errorf("reading model %q: %w", m.definition.Name, err)
	}
	defer done()
	tx, err := g.db.Read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("reading model %q: %w", m.definition.Name, err)
	}
	defer func() { _ = tx.Rollback() }() // there is nothing to commit
	at, err := g.checkpoint(ctx, tx)
	if err != nil {
		return fmt.Errorf("reading model %q: %w", m.definition.Name, err)
	}
	return read(tx, at)
}

// Checkpoint says how far the model has come.
func (m *Model) Checkpoint(ctx context.Context) (projection.Checkpoint, error) {
	g, done, err := m.seen()
	if err != nil {
		return projection.Checkpoint{}, err
	}
	defer done()
	return g.Checkpoint(ctx)
}

// Apply handles events; see projection.Generation.
func (m *Model) Apply(ctx context.Context, events []store.Event, to projection.Checkpoint) error {
	g, done, err := m.seen()
	if err != nil {
		return err
	}
	defer done()
	return g.Apply(ctx, events, to)
}

// Fresh makes an empty generation; see projection.Model.
func (m *Model) Fresh(ctx context.Context) (projection.Generation, error) {
	g, err := m.next(ctx)
	if err != nil {
		return nil, err
	}
	return g, nil
}

// Swap lets readers see another generation; see projection.Model. When it returns,
// a crash does not undo it.
func (m *Model) Swap(ctx context.Context, fresh projection.Generation) (projection.Generation, error) {
	g, ok := fresh.(*generation)
	if !ok {
		return nil, errors.New("swapping a generation of another model")
	}
	if err := g.reveal(ctx); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.live == nil {
		return nil, ErrClosed
	}
	old := m.live
	m.live = g
	return old, nil
}

// Discard waits for readers of a generation and removes it; see projection.Model.
func (m *Model) Discard(retired projection.Generation) error {
	g, ok := retired.(*generation)
	if !ok {
		return errors.New("discarding a generation of another model")
	}
	g.readers.Wait()
	return g.remove()
}

// Close closes the model when those who read it are done.
func (m *Model) Close() error {
	m.mu.Lock()
	g := m.live
	m.live = nil
	m.mu.Unlock()
	if g == nil {
		return nil
	}
	g.readers.Wait()
	return g.close()
}
