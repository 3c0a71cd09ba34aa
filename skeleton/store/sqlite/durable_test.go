package sqlite

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// openAt opens the store at path until the test ends.
func openAt(t *testing.T, path string, o Options, parameters url.Values) *Store {
	t.Helper()
	s, err := open(t.Context(), path, o, parameters)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return s
}

func event(id string) []store.Event {
	return []store.Event{{ID: id, Type: "Happened", Data: json.RawMessage(`{"text":"` + id + `"}`)}}
}

// count reads all events.
func count(t *testing.T, s store.Store) int {
	t.Helper()
	n, err := store.VerifyChain(s.ReadAll(t.Context(), 0, 0))
	if err != nil {
		t.Error(err)
	}
	return n
}

// logState is what a disk has seen of the log.
type logState struct {
	mu     sync.Mutex
	writes int // not synced yet
	syncs  int
}

func (l *logState) disk() *disk {
	return &disk{
		write: func(name string) int32 {
			l.mu.Lock()
			defer l.mu.Unlock()
			if name == "wal" {
				l.writes++
			}
			return 0
		},
		synced: func(name string) {
			l.mu.Lock()
			defer l.mu.Unlock()
			if name == "wal" {
				l.writes = 0
				l.syncs++
			}
		},
	}
}

func (l *logState) read() (unsynced, syncs int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.writes, l.syncs
}

func TestNoAnswerBeforeTheSync(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	var log logState
	s := openAt(t, path, Options{}, log.disk().use(t, path))
	for i := range 50 {
		_, before := log.read()
		if _, err := s.Append(t.Context(), "stream", store.Exact(int64(i)), event(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		if unsynced, after := log.read(); unsynced > 0 || after == before {
			t.Fatalf("append %d was answered with %d writes to the log unsynced, after %d syncs", i, unsynced, after-before)
		}
	}
}

// TestNoAnswerDuringTheSync holds the sync of a commit and looks whether anybody
// learns of the event.
func TestNoAnswerDuringTheSync(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	var hold atomic.Bool
	syncing, release := make(chan bool), make(chan bool)
	d := &disk{sync: func(name string) int32 {
		if name == "wal" && hold.CompareAndSwap(true, false) {
			syncing <- true
			<-release
		}
		return 0
	}}
	s := openAt(t, path, Options{}, d.use(t, path))
	hold.Store(true)
	answered := make(chan error, 1)
	go func() {
		_, err := s.Append(t.Context(), "stream", store.NoStream, event("a"))
		answered <- err
	}()
	<-syncing
	select {
	case err := <-answered:
		t.Errorf("the append was answered while the log was being synced: %v", err)
	default:
	}
	if n := count(t, s); n != 0 {
		t.Errorf("a reader sees %d events that are not durable yet", n)
	}
	if last, err := s.WaitPosition(t.Context(), 0); last != 0 || err != nil {
		t.Errorf("the last position is %d, %v, before the event is durable", last, err)
	}
	release <- true
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if n := count(t, s); n != 1 {
		t.Errorf("after the answer a reader sees %d events, want 1", n)
	}
}

// TestGroup commits a group with a conflict and a cancelled request in it.
func TestGroup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	var log logState
	s := openAt(t, path, Options{}, log.disk().use(t, path))
	w := s.writer
	var group []*request
	appends := []*appending{
		{stream: "x", expected: store.NoStream, events: event("a")},
		{stream: "x", expected: store.NoStream, events: append(event("b"), event("c")...)}, // conflicts with the one before
		{stream: "y", expected: store.NoStream, events: append(event("d"), event("a")...)}, // fails at its second event
		{stream: "x", expected: store.Exact(1), events: event("e")},
		{stream: "x", expected: store.NoStream, events: event("a")}, // repeats the first
	}
	for _, a := range appends {
		prepared, err := store.Prepare(a.stream, a.expected, a.events)
		if err != nil {
			t.Fatal(err)
		}
		a.events, a.channels = prepared, make([][]string, len(prepared))
		group = append(group, &request{ctx: t.Context(), write: a.write})
	}
	_, before := log.read()
	errs, err := w.commit(group)
	if err != nil {
		t.Fatal(err)
	}
	if _, after := log.read(); after-before != 1 {
		t.Errorf("the group took %d syncs, want 1", after-before)
	}
	for i, want := range []error{nil, store.ErrConflict, store.ErrDuplicateID, nil, nil} {
		if !errors.Is(errs[i], want) {
			t.Errorf("append %d: got %v, want %v", i, errs[i], want)
		}
	}
	var answers []store.Appended
	for _, a := range appends {
		answers = append(answers, a.appended)
	}
	want := []store.Appended{{Version: 1, Position: 1}, {}, {}, {Version: 2, Position: 2}, {Version: 1, Position: 1}}
	if diff := cmp.Diff(want, answers); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if n := count(t, s); n != 2 {
		t.Errorf("%d events are stored, want 2", n)
	}
}

func TestEveryConnectionIsDurable(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "events.db"), Options{}, nil)
	connections := map[string]*sql.Conn{"writer": s.writer.conn}
	for i := range s.readers.Stats().MaxOpenConnections {
		conn, err := s.readers.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		connections[fmt.Sprint("reader ", i)] = conn
	}
	if len(connections) < 5 {
		t.Fatalf("there are only %d connections", len(connections))
	}
	type settings struct {
		Synchronous, BusyTimeout, QueryOnly int
		JournalMode                         string
	}
	for name, conn := range connections {
		want := settings{Synchronous: 2, BusyTimeout: 5000, JournalMode: "wal"}
		if name != "writer" {
			want.QueryOnly = 1
		}
		var got settings
		err := conn.QueryRowContext(t.Context(), `SELECT synchronous, timeout, query_only, journal_mode
			FROM pragma_synchronous, pragma_busy_timeout, pragma_query_only, pragma_journal_mode`).Scan(&got.Synchronous, &got.BusyTimeout, &got.QueryOnly, &got.JournalMode)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if _, err := connections["reader 0"].ExecContext(t.Context(), "DELETE FROM events"); !errors.Is(explain(err), ErrReadOnly) {
		t.Errorf("a reader may write: %v", err)
	}
}

func TestSyncFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	var fail atomic.Bool
	d := &disk{sync: func(name string) int32 {
		if name == "wal" && fail.Load() {
			return sqlite3.SQLITE_IOERR_FSYNC
		}
		return 0
	}}
	s := openAt(t, path, Options{}, d.use(t, path))
	if _, err := s.Append(t.Context(), "stream", store.NoStream, event("a")); err != nil {
		t.Fatal(err)
	}
	fail.Store(true)
	_, err := s.Append(t.Context(), "stream", store.Any, event("b"))
	wantFault(t, err, ErrDisk, path)
	fail.Store(false)
	_, err = s.Append(t.Context(), "stream", store.Any, event("c"))
	wantFault(t, err, ErrDisk, path) // whoever syncs again may be told that all is well
	if n := count(t, s); n != 1 {
		t.Errorf("%d events are to be read, want the 1 that was acknowledged", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path, Options{}, nil)
	if _, err := s.Append(t.Context(), "stream", store.Any, event("b")); err != nil {
		t.Errorf("after reopening: %v", err)
	}
	if n := count(t, s); n != 2 {
		t.Errorf("after reopening %d events are stored, want 2", n)
	}
}

// TestCloseLeavesOneFile fails when a statement or a connection stays open: then
// the log is not taken over.
func TestCloseLeavesOneFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "events.db")
	s := openAt(t, path, Options{}, nil)
	if _, err := s.Append(t.Context(), "stream", store.NoStream, event("a")); err != nil {
		t.Fatal(err)
	}
	count(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if diff := cmp.Diff([]string{path}, left); diff != "" || err != nil {
		t.Errorf("files after closing (-want +got), %v:\n%s", err, diff)
	}
}
