package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"

	"example.com/iot/internal/nexus/store"
)

// Reader reads the events of a file that somebody else may be writing, or that
// nobody can write, such as one on a disk that is mounted for reading.
type Reader struct{ store *Store }

// OpenReader opens the file at path, which has to be there.
func OpenReader(ctx context.Context, path string) (*Reader, error) {
	s, err := openReader(ctx, path, "mode", "ro")
	if err == nil {
		return &Reader{s}, nil
	}
	// To read a log of recent writes, SQLite makes an index beside it. Where that
	// cannot be and there is no log, the file alone is all there is.
	if _, missing := os.Stat(path + "-wal"); errors.Is(err, ErrNoFile) && errors.Is(missing, fs.ErrNotExist) {
		if s, again := openReader(ctx, path, "immutable", "1"); again == nil {
			return &Reader{s}, nil
		}
	}
	return nil, err
}

// openReader opens the file with one more parameter, and looks whether it can be read.
func openReader(ctx context.Context, path, name, value string) (_ *Store, err error) {
	s := &Store{path: path}
	defer func() {
		if err != nil {
			err = fmt.Errorf("opening the event store %s: %w", path, explain(err))
			err = errors.Join(err, s.release())
		}
	}()
	address, err := newAddress(path, defaultBusyTimeout, nil)
	if err != nil {
		return nil, err
	}
	address.parameters.Set(name, value)
	if s.readers, err = sql.Open("sqlite", address.reading()); err != nil {
		return nil, err
	}
	s.read, err = prepareQueries(ctx, s.readers)
	return s, err
}

// Read yields the events of a stream by version; see store.Store.
func (r *Reader) Read(ctx context.Context, stream string, o store.ReadOptions) iter.Seq2[store.Event, error] {
	return r.store.Read(ctx, stream, o)
}

// ReadAll yields the events of all streams by position; see store.Store.
func (r *Reader) ReadAll(ctx context.Context, after int64, limit int) iter.Seq2[store.Event, error] {
	return r.store.ReadAll(ctx, after, limit)
}

// Close closes the file.
func (r *Reader) Close() error {
	if err := r.store.release(); err != nil {
		return fmt.Errorf("closing the event store %s: %w", r.store.path, explain(err))
	}
	return nil
}
