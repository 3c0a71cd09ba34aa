package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// wantFault checks an error that a person has to understand: it is of a kind, and
// names the file once.
func wantFault(t *testing.T, err, want error, path string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
	if n := strings.Count(err.Error(), path); n != 1 {
		t.Errorf("the error names the file %d times: %v", n, err)
	}
}

func TestDiskFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	var full atomic.Bool
	d := &disk{write: func(string) int32 {
		if full.Load() {
			return sqlite3.SQLITE_FULL
		}
		return 0
	}}
	s := openAt(t, path, Options{}, d.use(t, path))
	if _, err := s.Append(t.Context(), "stream", store.NoStream, event("a")); err != nil {
		t.Fatal(err)
	}
	full.Store(true)
	for range 3 {
		_, err := s.Append(t.Context(), "stream", store.Exact(1), event("b"))
		wantFault(t, err, ErrFull, path)
	}
	if n := count(t, s); n != 1 {
		t.Errorf("%d events are stored, want 1", n)
	}
	full.Store(false)
	appended, err := s.Append(t.Context(), "stream", store.Exact(1), event("b"))
	if want := (store.Appended{Version: 2, Position: 2}); err != nil || appended != want {
		t.Errorf("with space again: got %+v, %v, want %+v", appended, err, want)
	}
	if n := count(t, s); n != 2 {
		t.Errorf("with space again %d events are stored, want 2", n)
	}
}

func TestDiskFullWhenOpening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	d := &disk{write: func(string) int32 { return sqlite3.SQLITE_FULL }}
	_, err := open(t.Context(), path, Options{}, d.use(t, path))
	wantFault(t, err, ErrFull, path)
}

func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "events.db")
	openAt(t, path, Options{}, nil)
	d := &disk{open: func(_ string, flags int32) int32 {
		return flags&^(sqlite3.SQLITE_OPEN_READWRITE|sqlite3.SQLITE_OPEN_CREATE) | sqlite3.SQLITE_OPEN_READONLY
	}}
	_, err := open(t.Context(), path, Options{}, d.use(t, path))
	wantFault(t, err, ErrReadOnly, path)
}

func TestReadOnlyFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "locked")
	if err := os.Mkdir(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Create(filepath.Join(dir, "probe")); err == nil {
		_ = f.Close()
		t.Skip("whoever runs this test may write everywhere; TestReadOnly stands in")
	}
	path := filepath.Join(dir, "events.db")
	_, err := Open(t.Context(), path, Options{})
	wantFault(t, err, ErrNoFile, path)
}

func TestNoSuchFolder(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{filepath.Join(dir, "missing", "events.db"), dir} {
		_, err := Open(t.Context(), path, Options{})
		wantFault(t, err, ErrNoFile, path)
	}
}

func TestLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	s := openAt(t, path, Options{BusyTimeout: time.Millisecond}, nil)
	other, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	tx, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Append(t.Context(), "stream", store.NoStream, event("a"))
	wantFault(t, err, ErrLocked, path)
	_, err = Open(t.Context(), path, Options{BusyTimeout: time.Millisecond})
	wantFault(t, err, ErrLocked, path)
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if _, err = s.Append(t.Context(), "stream", store.NoStream, event("a")); err != nil {
		t.Errorf("after the other process has ended: %v", err)
	}
}

// TestOtherWriter shows that another process that writes does no harm.
func TestOtherWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	one, two := openAt(t, path, Options{}, nil), openAt(t, path, Options{}, nil)
	for i := range 10 {
		for j, s := range []*Store{one, two} {
			if _, err := s.Append(t.Context(), "stream", store.Exact(int64(2*i+j)), event(fmt.Sprint(i, "-", j))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := count(t, one); n != 20 {
		t.Errorf("%d events are stored, want 20", n)
	}
}

// written is a closed file with many pages of events.
func written(t *testing.T) (path string, events int) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "events.db")
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		var batch []store.Event
		for j := range 20 {
			batch = append(batch, event(fmt.Sprintf("marker-%d-%d", i, j))...)
		}
		if _, err := s.Append(t.Context(), fmt.Sprint("stream ", i), store.NoStream, batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path, 400
}

func TestDamagedPage(t *testing.T) {
	path, events := written(t)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	var page, size int64
	row := db.QueryRowContext(t.Context(), `SELECT pageno, pgsize FROM dbstat WHERE name = 'events' AND pagetype = 'leaf' ORDER BY pageno LIMIT 1 OFFSET 3`)
	if err := errors.Join(row.Scan(&page, &size), db.Close()); err != nil {
		t.Fatal(err)
	}
	change(t, path, func(text []byte) {
		copy(text[(page-1)*size:], bytes.Repeat([]byte{0xa5}, int(size)))
	})
	s := openAt(t, path, Options{}, nil)
	n, err := store.VerifyChain(s.ReadAll(t.Context(), 0, 0))
	wantFault(t, err, ErrDamaged, path)
	if n >= events {
		t.Errorf("%d events were read although some are damaged", n)
	}
}

func TestChangedByte(t *testing.T) {
	path, _ := written(t)
	change(t, path, func(text []byte) {
		text[bytes.Index(text, []byte(`{"text":"marker-7-7"}`))+2] = 'T'
	})
	s := openAt(t, path, Options{}, nil)
	_, err := store.VerifyChain(s.ReadAll(t.Context(), 0, 0))
	var broken *store.ChainError
	if !errors.As(err, &broken) || broken.Stream != "stream 7" || broken.Version != 8 {
		t.Errorf("got error %v, want version 8 of stream 7", err)
	}
}

func change(t *testing.T, path string, change func(text []byte)) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	change(text)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestNotAStore(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, statements ...string) string {
		path := filepath.Join(dir, name)
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range statements {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database\n", 999)), 0o600); err != nil {
		t.Fatal(err)
	}
	newer := fmt.Sprintf("PRAGMA application_id = %d", applicationID)
	for path, want := range map[string]string{
		text:                                  ErrDamaged.Error(),
		file("foreign", "CREATE TABLE a (b)"): "database of something else",
		file("newer", newer, "PRAGMA user_version = 99", "CREATE TABLE a (b)"): "the file has version 99",
	} {
		before, _ := os.ReadFile(path)
		_, err := Open(t.Context(), path, Options{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), path) != 1 {
			t.Errorf("%s: got error %v, want one with %q", path, err, want)
		}
		if after, _ := os.ReadFile(path); path == text && !bytes.Equal(before, after) {
			t.Errorf("%s was changed", path)
		}
	}
}

func TestMigrate(t *testing.T) {
	ctx := context.Background()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "events.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	conn, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	version := func() (version, rows int) {
		t.Helper()
		err := conn.QueryRowContext(ctx, `SELECT user_version, (SELECT count(*) FROM a) FROM pragma_user_version`).Scan(&version, &rows)
		if err != nil {
			t.Fatal(err)
		}
		return version, rows
	}
	steps := []string{`CREATE TABLE a (b); INSERT INTO a VALUES (1)`, `INSERT INTO a VALUES (2)`, `INSERT INTO a VALUES (3); INSERT INTO nowhere VALUES (1)`}
	for _, test := range []struct {
		steps         []string
		fails         bool
		version, rows int
	}{
		{steps[:1], false, 1, 1},
		{steps[:1], false, 1, 1},
		{steps[:2], false, 2, 2},
		{steps[:3], true, 2, 2}, // a step that fails leaves nothing behind
		{steps[:1], true, 2, 2}, // an older program
	} {
		err := migrate(ctx, conn, test.steps)
		if v, rows := version(); (err != nil) != test.fails || v != test.version || rows != test.rows {
			t.Errorf("%d steps: version %d, %d rows, error %v, want version %d, %d rows", len(test.steps), v, rows, err, test.version, test.rows)
		}
	}
}
