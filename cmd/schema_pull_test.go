package cmd_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// nexus is the program as a process of its own: the test binary under that name.
func nexus(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &exec.Cmd{Path: self, Args: append([]string{"nexus"}, args...), Dir: t.TempDir()}
}

// A pull that is killed goes on where it was: nothing that is whole is taken
// again, and nothing that is half is ever under its final name.
func TestKilledPullGoesOn(t *testing.T) {
	const subjects, killAt = 200, 300 // a subject takes three requests
	shelf := shelf{Level: "BACKWARD", Subjects: map[string][]version{}}
	for i := range subjects {
		shelf.Subjects[fmt.Sprintf("subject-%03d", i)] = []version{{Schema: fmt.Sprintf(`{"type": "fixed", "name": "F", "size": %d}`, i+1)}}
	}
	fake := &fakeRegistry{shelf: shelf, log: filepath.Join(t.TempDir(), "log")}
	var requests, texts atomic.Int64
	var victim atomic.Pointer[os.Process]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/versions/") {
			texts.Add(1)
		}
		if process := victim.Load(); requests.Add(1) == killAt && process != nil {
			_ = process.Kill()
		}
		fake.ServeHTTP(w, r)
	}))
	defer server.Close()

	folder := filepath.Join(t.TempDir(), "copy")
	first := nexus(t, "schema", "pull", "confluent:"+server.URL, folder)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	victim.Store(first.Process)
	if err := first.Wait(); err == nil {
		t.Fatal("the pull was not killed")
	}
	victim.Store(nil)
	if _, err := os.Stat(filepath.Join(folder, "nexus.lock")); err == nil {
		t.Fatal("a killed pull left a lock")
	}
	whole, err := filepath.Glob(filepath.Join(folder, "*", "*.avsc"))
	if err != nil || len(whole) == 0 || len(whole) == subjects {
		t.Fatalf("%d files after the kill, %v: want some and not all", len(whole), err)
	}
	texts.Store(0)
	if out, err := nexus(t, "schema", "pull", "confluent:"+server.URL, folder).CombinedOutput(); err != nil {
		t.Fatalf("going on: %v\n%s", err, out)
	}
	// A worker may have been killed between a file and its note in the journal.
	if again := int(texts.Load()); again < subjects-len(whole) || again > subjects-len(whole)+16 {
		t.Errorf("%d texts were taken with %d of %d there", again, len(whole), subjects)
	}
	out, err := nexus(t, "schema", "list", "dir:"+folder).Output()
	if err != nil || strings.Count(string(out), "BACKWARD") != subjects {
		t.Errorf("the copy holds %d subjects, %v", strings.Count(string(out), "BACKWARD"), err)
	}
}
