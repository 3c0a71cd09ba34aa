package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

// TestLock: one holds a file at a time, whoever has patience gets it next, and nobody
// else may read it.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.lock")
	release, err := Lock(t.Context(), path, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(t.Context(), path, 0); !errors.Is(err, ErrLocked) {
		t.Errorf("a file that is held is locked again: %v", err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v (%v), want the mode 0600", info, err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	var held, most int
	var mu sync.Mutex
	enter := func(by int) {
		mu.Lock()
		defer mu.Unlock()
		held += by
		most = max(most, held)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			release, err := Lock(t.Context(), path, time.Minute)
			if err != nil {
				t.Error(err)
				return
			}
			enter(1)
			runtime.Gosched()
			enter(-1)
			if err := release(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if most != 1 {
		t.Errorf("%d held the file at the same time", most)
	}
	if _, err := Lock(t.Context(), filepath.Join(path, "none"), 0); err == nil || errors.Is(err, ErrLocked) {
		t.Errorf("a file that cannot be made is locked: %v", err)
	}
}
