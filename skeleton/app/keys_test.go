package app_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/app"
	"github.com/nexus-blueprint/nexus/skeleton/serve"
)

// privateFiles are the files of a data folder, which nobody but their owner may read.
func privateFiles(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %v, and others may read it", name, info.Mode())
		}
		names = append(names, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestFirstKey: whoever else may use the machine cannot read the token, also where a
// file of its name was left lying about, and a start that was cut short between the
// token and the key leaves no key that nobody has.
func TestFirstKey(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "dev.key")
	if err := os.WriteFile(name, []byte("dev.old\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	a := start(t, boxesApp(t), dir, nil)
	token := readFile(t, name)
	if status := a.post(t, token, "/box/"+box1+"/open-box", `{"label": "attic"}`); status != http.StatusOK {
		t.Errorf("a command with the token is answered %d", status)
	}
	seen := privateFiles(t, dir)
	for _, file := range []string{"dev.key", "keys.json", "events.db", "events.db-wal", "owner.db", "keys.lock", "snapshots.db", "models/why/audit.1.db"} {
		if !slices.Contains(seen, file) {
			t.Errorf("there is no %s among %q", file, seen)
		}
	}
	blocked := t.TempDir() // where no token can be written
	if err := os.MkdirAll(filepath.Join(blocked, "dev.key", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if code, _, log := run(t, boxesApp(t), "-addr", "127.0.0.1:0", "-data", blocked); code != 3 || !strings.Contains(log, "dev.key") {
		t.Errorf("it ended with %d: %s", code, log)
	}
	if _, err := os.Stat(filepath.Join(blocked, "keys.json")); err == nil {
		t.Error("there is a key whose token nobody has")
	}
}

// TestKeysWhileTheAppRuns: a key that is made beside a running app is heard, and one
// that is revoked is not, without a restart.
func TestKeysWhileTheAppRuns(t *testing.T) {
	dir := t.TempDir()
	d := boxesApp(t)
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	a, err := app.Open(t.Context(), d, app.Options{Dir: dir, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	status := func(token string) int {
		now = now.Add(time.Second)
		return (&begun{App: a, t: t}).send(strings.TrimSpace(token), "GET", "/models/boxes?timeout=0s", "").status
	}
	dev := readFile(t, filepath.Join(dir, "dev.key"))
	before, err := os.ReadFile(filepath.Join(dir, "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	code, ann, log := run(t, d, "key", "ann", "-data", dir)
	if code != 0 {
		t.Fatalf("key ended with %d: %s", code, log)
	}
	if got := status(ann); got == http.StatusUnauthorized {
		t.Error("a key that was made while the app runs is not heard")
	}
	if err := os.WriteFile(filepath.Join(dir, "keys.json"), before, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := status(ann); got != http.StatusUnauthorized {
		t.Errorf("a key that was revoked while the app runs is answered %d", got)
	}
	if got := status(dev); got == http.StatusUnauthorized {
		t.Error("the other key is not heard any more")
	}
}

// TestKeysAtTheSameMoment: of keys that are made at once none is lost.
func TestKeysAtTheSameMoment(t *testing.T) {
	dir := t.TempDir()
	d := boxesApp(t)
	var want []string
	var wait sync.WaitGroup
	for i := range 8 {
		name := fmt.Sprintf("key-%d", i)
		want = append(want, name)
		wait.Go(func() {
			if code, out, log := run(t, d, "key", name, "-data", dir); code != 0 || !strings.HasPrefix(out, name+".") {
				t.Errorf("key %s ended with %d: %s%s", name, code, out, log)
			}
		})
	}
	wait.Wait()
	keys, err := serve.ListKeys([]byte(readFile(t, filepath.Join(dir, "keys.json"))))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, key := range keys {
		got = append(got, key.ID)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("the keys are %q, want %q", got, want)
	}
	privateFiles(t, dir)
}

// TestKeysAreMended: a file of keys that has none says how to make one, and that
// makes it.
func TestKeysAreMended(t *testing.T) {
	d := boxesApp(t)
	for _, text := range []string{"", "\n", "{}", `{"keys": []}`} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "keys.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, _, log := run(t, d, "-addr", "127.0.0.1:0", "-data", dir); code != 3 || !strings.Contains(log, "make one with go run . key NAME -data "+dir) {
			t.Errorf("with the keys %q it ended with %d: %s", text, code, log)
		}
		if code, _, log := run(t, d, "key", "ann", "-data", dir); code != 0 {
			t.Errorf("with the keys %q, key ended with %d: %s", text, code, log)
		}
		if keys, err := serve.ListKeys([]byte(readFile(t, filepath.Join(dir, "keys.json")))); err != nil || len(keys) != 1 {
			t.Errorf("from %q there are now %d keys (%v), want one", text, len(keys), err)
		}
		if code, _, log := run(t, d, "key", "ann", "-data", dir); code != 3 || !strings.Contains(log, "has a key ann already") {
			t.Errorf("the same key again ended with %d: %s", code, log)
		}
	}
}
