package sqlite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const numbers = `CREATE TABLE numbers (n INTEGER) STRICT`

func openNumbers(t *testing.T, path, tables string) *Derived {
	t.Helper()
	d, err := OpenDerived(t.Context(), path, tables)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func countNumbers(t *testing.T, d *Derived) (n int) {
	t.Helper()
	if err := d.Read.QueryRowContext(t.Context(), `SELECT count(*) FROM numbers`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDerivedKeepsWhatItHasUntilItsTablesChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "derived #1?.db")
	d := openNumbers(t, path, numbers)
	if _, err := d.Write.ExecContext(t.Context(), `INSERT INTO numbers VALUES (1), (2)`); err != nil {
		t.Fatal(err)
	}
	if err := d.Sync(t.Context()); err != nil {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	same := openNumbers(t, path, numbers)
	if n := countNumbers(t, same); n != 2 {
		t.Errorf("%d rows after reopening, want 2", n)
	}
	if err := same.Close(); err != nil {
		t.Fatal(err)
	}
	if n := countNumbers(t, openNumbers(t, path, numbers+`; CREATE TABLE more (n INTEGER) STRICT`)); n != 0 {
		t.Errorf("%d rows with other tables, want 0", n)
	}
}

func TestDerivedReadersCanNotWrite(t *testing.T) {
	d := openNumbers(t, filepath.Join(t.TempDir(), "derived.db"), numbers)
	_, err := d.Read.ExecContext(t.Context(), `INSERT INTO numbers VALUES (1)`)
	if err == nil || !strings.Contains(err.Error(), "readonly") {
		t.Errorf("a reader writes: %v", err)
	}
}

// What is not ours is not removed, whatever is in it.
func TestDerivedLeavesOtherFiles(t *testing.T) {
	dir := t.TempDir()
	events := filepath.Join(dir, "events.db")
	s, err := Open(t.Context(), events, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	letter := filepath.Join(dir, "letter.txt")
	if err := os.WriteFile(letter, []byte(strings.Repeat("Dear reader, ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{events: "a database of something else", letter: "damaged"} {
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := OpenDerived(t.Context(), path, numbers); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want one with %q", filepath.Base(path), err, want)
		}
		after, err := os.ReadFile(path)
		if err != nil || string(after) != string(before) {
			t.Errorf("%s was changed (%v)", filepath.Base(path), err)
		}
	}
}

func TestDerivedRefusesTablesThatAreNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "derived.db")
	if _, err := OpenDerived(t.Context(), path, `CREATE TABEL`); err == nil || !strings.Contains(err.Error(), "making the tables") {
		t.Errorf("got error %v", err)
	}
	openNumbers(t, path, numbers) // nothing of the attempt is left
}
