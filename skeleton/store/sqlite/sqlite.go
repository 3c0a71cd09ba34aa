// Package sqlite keeps events in one SQLite file, in pure Go.
//
//	events, err := sqlite.Open(ctx, "events.db", sqlite.Options{})
//	defer events.Close()
//
// # Durability and group commit
//
// The file has a write-ahead log and every connection has synchronous=FULL: an
// append is answered when the log is synced to the disk, and a power cut loses
// nothing that was answered. One goroutine writes. It takes all appends that wait,
// writes them in one transaction, each in its own savepoint, so that a conflict
// of one leaves the others, and waits for one sync. The more writers there are, the
// more appends share it: where several wrote at the same time before, a transaction
// waits for them, no longer than the last one took.
//
// Readers have connections of their own, which can not write. They read pages
// and hold nothing in between, so a slow reader never holds up an append.
//
// # Limits
//
// One process writes. Others may read the file while it does, or copy it with
// the backup of the sqlite3 program. WaitPosition knows only of the appends of its own
// process.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver called sqlite

	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// Options change how a file is used. The zero value is good.
type Options struct {
	store.Options
	// GroupLimit is how many appends share a transaction at most; 0 is 256, and 1
	// gives each its own.
	GroupLimit int
	// BusyTimeout is how long to wait for another process that writes; 0 is five
	// seconds.
	BusyTimeout time.Duration
}

const (
	defaultGroupLimit  = 256
	defaultBusyTimeout = 5 * time.Second
)

// Store is a store.Store and a store.Outbox in a file.
type Store struct {
	path     string
	channels func(store.Event) []string
	readers  *sql.DB
	read     queries
	writer   *writer
	tail     *store.Tail

	mu     sync.RWMutex
	closed bool
	active sync.WaitGroup // calls that use the file
	ended  func() error   // closes once
}

// Open opens the file at path, makes it if there is none, and brings its tables
// up to date.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	return open(ctx, path, o, nil)
}

// open is Open with more parameters for the driver.
func open(ctx context.Context, path string, o Options, parameters url.Values) (_ *Store, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.GroupLimit <= 0 {
		o.GroupLimit = defaultGroupLimit
	}
	if o.BusyTimeout <= 0 {
		o.BusyTimeout = defaultBusyTimeout
	}
	s := &Store{path: path, channels: o.Channels}
	defer func() {
		if err != nil {
			err = fmt.Errorf("opening the event store %s: %w", path, explain(err))
			err = errors.Join(err, s.release())
		}
	}()
	address, err := newAddress(path, o.BusyTimeout, parameters)
	if err != nil {
		return nil, err
	}
	makePrivate(path)
	if s.writer, err = openWriter(ctx, address.writing(), o); err != nil {
		return nil, err
	}
	if s.readers, err = sql.Open("sqlite", address.reading()); err != nil {
		return nil, err
	}
	s.readers.SetMaxOpenConns(max(4, 2*runtime.GOMAXPROCS(0)))
	s.readers.SetMaxIdleConns(max(4, 2*runtime.GOMAXPROCS(0)))
	if s.read, err = prepareQueries(ctx, s.readers); err != nil {
		return nil, err
	}
	s.tail = store.NewTail(s.writer.last.position)
	s.ended = sync.OnceValue(s.end)
	go s.writer.run(s.tail)
	return s, nil
}

// An address is a file as the driver wants it named.
type address struct {
	path       string // absolute
	parameters url.Values
}

func newAddress(path string, busy time.Duration, parameters url.Values) (address, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return address{}, err
	}
	a := address{path: "/" + strings.TrimPrefix(filepath.ToSlash(absolute), "/"), parameters: url.Values{}}
	maps.Copy(a.parameters, parameters)
	a.parameters.Set("_defensive", "1")
	a.parameters.Set("_dqs", "0")
	a.parameters.Set("_error_rc", "1") // a message about this error, not about the last one
	a.parameters.Set("_busy_timeout", strconv.FormatInt(busy.Milliseconds(), 10))
	a.parameters.Set("_synchronous", "FULL")
	a.parameters.Add("_pragma", "cell_size_check(1)") // finds damaged pages early
	return a, nil
}

func (a address) writing() string {
	return a.with("_journal_mode", "WAL")
}

func (a address) reading() string {
	return a.with("_query_only", "1")
}

// with is the address as a URI, in which nothing of the path can be taken for a
// parameter.
func (a address) with(name, value string) string {
	parameters := url.Values{name: {value}}
	maps.Copy(parameters, a.parameters)
	return (&url.URL{Scheme: "file", OmitHost: true, Path: a.path, RawQuery: parameters.Encode()}).String()
}

// use keeps the file open until the returned function is called.
func (s *Store) use() (done func(), err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, store.ErrClosed
	}
	s.active.Add(1)
	return s.active.Done, nil
}

// WaitPosition waits for an event; see store.Store.
func (s *Store) WaitPosition(ctx context.Context, position int64) (int64, error) {
	return s.tail.Wait(ctx, position)
}

// Close waits for the appends that have begun and closes the file, which is then
// one file again, without its log. It may be called more than once.
func (s *Store) Close() error { return s.ended() }

func (s *Store) end() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.tail.Close()
	s.active.Wait()
	s.writer.stop()
	if err := s.release(); err != nil {
		return fmt.Errorf("closing the event store %s: %w", s.path, explain(err))
	}
	return nil
}

// release closes what is open. The writer goes last, to take over the log.
func (s *Store) release() error {
	var errs []error
	if s.readers != nil {
		errs = append(errs, s.readers.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	return errors.Join(errs...)
}
