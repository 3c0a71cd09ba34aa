package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/sqlite"
)

// TestReader reads a file beside its writer, after it, and where nothing can be
// written beside it.
func TestReader(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "events.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append(t.Context(), "a-1", store.NoStream, []store.Event{{ID: "1", Type: "Made"}, {ID: "2", Type: "Made"}}); err != nil {
		t.Fatal(err)
	}
	count := func(when string) {
		t.Helper()
		r, err := sqlite.OpenReader(t.Context(), path)
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		defer r.Close()
		all, own := 0, 0
		for _, err := range r.ReadAll(t.Context(), 0, 0) {
			if err != nil {
				t.Fatalf("%s: %v", when, err)
			}
			all++
		}
		for _, err := range r.Read(t.Context(), "a-1", store.ReadOptions{From: 2}) {
			if err != nil {
				t.Fatalf("%s: %v", when, err)
			}
			own++
		}
		if all != 2 || own != 1 {
			t.Errorf("%s: there are %d events, and %d from version 2 on, want 2 and 1", when, all, own)
		}
	}
	count("beside the writer")
	if _, err := s.Append(t.Context(), "b-1", store.Any, nil); err == nil {
		t.Error("an empty append is taken")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	count("after the writer")
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	count("in a folder for reading")
	if err := os.Chmod(dir, 0o700); err != nil { // so that the test can remove it
		t.Fatal(err)
	}
}

func TestReaderNeedsAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	if _, err := sqlite.OpenReader(t.Context(), path); !errors.Is(err, sqlite.ErrNoFile) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file was made")
	}
	if err := os.WriteFile(path, []byte("this is no database, and it is long enough to be told from one that is empty"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.OpenReader(t.Context(), path); !errors.Is(err, sqlite.ErrDamaged) {
		t.Errorf("a file that is no database: %v", err)
	}
}
