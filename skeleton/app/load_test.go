package app_test

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/app"
	"github.com/nexus-blueprint/nexus/skeleton/serve"
)

// runLoad runs the load command with its temporary folders in a folder of its own,
// and checks that it leaves none of them.
func runLoad(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	var out, errs bytes.Buffer
	code = app.Main(t.Context(), append([]string{"load", "-dir", dir}, args...), app.Env{Stdout: &out, Stderr: &errs}, boxesApp(t))
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("load left %v, %v", left, err)
	}
	return code, out.String(), errs.String()
}

// measured are figures, which differ from run to run.
var measured = regexp.MustCompile(`[0-9]+(\.[0-9]+)?(µs|ms|s)?`)

func TestLoadSaysHowTheAppHeld(t *testing.T) {
	for _, way := range []string{"-writers=4", "-direct"} {
		code, stdout, stderr := runLoad(t, "-calls", "100", way)
		if code != 0 || stderr != "" {
			t.Fatalf("%s: exit %d: %s%s", way, code, stdout, stderr)
		}
		for _, line := range []string{"disk: ", "calls       100, of which 0 failed", "events/min  ", "p99  ", "behind      "} {
			if !strings.Contains(stdout, line) {
				t.Errorf("%s: %q is missing:\n%s", way, line, stdout)
			}
		}
	}
}

func TestLoadSaysWhatEachPartCosts(t *testing.T) {
	code, stdout, stderr := runLoad(t, "-calls", "40", "-features")
	if code != 0 || stderr != "" {
		t.Fatalf("exit %d: %s%s", code, stdout, stderr)
	}
	var rows []string
	for line := range strings.Lines(stdout) {
		name, _, _ := strings.Cut(line, "  ")
		rows = append(rows, measured.ReplaceAllString(strings.TrimSpace(name), "N"))
	}
	want := []string{
		"disk: to append a page to a file and sync it takes one writer N, pN N", "", "run",
		"store alone", "store, one transaction an append", "+ schema", "+ policy", "+ route and outbox", "+ projections", "+ telemetry", "+ load and decide", "+ HTTP",
		"", "group commit: N times the rate of one transaction an append", "behind",
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestLoadMissesABar(t *testing.T) {
	code, _, stderr := runLoad(t, "-calls", "20", "-direct", "-min", "1e12", "-p99", "1ns")
	if code != 1 || !strings.Contains(stderr, "at least 1000000000000 were asked") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

// An app that runs elsewhere is called with a key, and takes what it is sent.
func TestLoadOfAnAppThatRuns(t *testing.T) {
	key, token, err := serve.NewKey("ann", "north", "ann")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := serve.NewKeys(key)
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), boxesApp(t), app.Options{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	server := httptest.NewServer(a.Handler())
	defer server.Close()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := runLoad(t, "-calls", "60", "-writers", "3", "-url", server.URL, "-key-file", file)
	if code != 0 {
		t.Fatalf("exit %d: %s%s", code, stdout, stderr)
	}
	seen := map[string]int{}
	for _, e := range allEvents(t, a.Store()) {
		seen[e.Type]++
		if e.Tenant != "north" || e.Actor != "ann" {
			t.Fatalf("an event of %s by %s", e.Tenant, e.Actor)
		}
	}
	if seen["BoxOpened"] == 0 || seen["BoxFilled"] == 0 || seen["BoxClosed"] == 0 {
		t.Errorf("the story was not gone through: %v", seen)
	}
	if err := os.WriteFile(file, []byte("ann.wrong\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr = runLoad(t, "-calls", "10", "-url", server.URL, "-key-file", file)
	if code != 1 || !strings.Contains(stderr, "calls failed, at most 0 may: the first kind is answered with 4") {
		t.Errorf("with a wrong key: exit %d: %s%s", code, stdout, stderr)
	}
}

func TestLoadRefusesWhatItCannotDo(t *testing.T) {
	for args, want := range map[string]string{
		"-writers 0":                 "more than 0",
		"-calls -1":                  "less than 0",
		"-url http://127.0.0.1:1":    "-key-file",
		"-url x -key-file y -direct": "leave one out",
		"-direct -features":          "leave one out",
		"twice":                      `"twice"`,
		"-duration soon":             "soon",
	} {
		if code, _, stderr := runLoad(t, strings.Fields(args)...); code != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d: %s; want 2 and %q", args, code, stderr, want)
		}
	}
	for args, want := range map[string]string{
		"-url ftp://x -key-file /dev/null": "is not an address",
		"-url http://x -key-file /missing": "reading -key-file",
	} {
		if code, _, stderr := runLoad(t, strings.Fields(args)...); code != 3 || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d: %s; want 3 and %q", args, code, stderr, want)
		}
	}
}
