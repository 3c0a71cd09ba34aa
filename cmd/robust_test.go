package cmd

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// nexus runs the real program over files in a folder of its own.
func nexus(t *testing.T, files map[string]string, args ...string) (stdout string, code int) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	a := newApp(strings.NewReader(""), &out, &errs)
	a.dir, a.env = dir, func(string) string { return "" }
	a.now = func() time.Time { return time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC) }
	code = a.run(t.Context(), args)
	return out.String() + errs.String(), code
}

// The same bytes on every run, whatever the number of processors.
func TestOutputIsDeterministic(t *testing.T) {
	files := map[string]string{}
	for i := range 40 {
		name := fmt.Sprintf("s%02d.schema.json", i)
		files["old/"+name] = `{"type": "object", "properties": {"id": {"type": "string"}, "pay": {"enum": ["card", "cash", "cheque"]}}}`
		files["new/"+name] = `{"type": "object", "properties": {"id": {"type": "integer"}, "pay": {"enum": ["card"]}}, "required": ["id", "pay"]}`
	}
	files["new/s07.schema.json"] = `{"type": `
	files["new/extra.schema.json"] = `{"type": "null"}`
	delete(files, "new/s09.schema.json")
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, format := range formatNames() {
		first, runs := "", 4
		if format == "json" { // the others show what this one holds
			runs = 20
		}
		for run := range shortened(runs) {
			runtime.GOMAXPROCS(1 + run%4)
			out, code := nexus(t, files, "schema", "check", "--against", "dir:old", "new", "--format", format)
			if code != exitUnchecked {
				t.Fatalf("exit code %d, want %d:\n%s", code, exitUnchecked, out)
			}
			if first == "" {
				first = out
			} else if out != first {
				t.Fatalf("format %s: run %d printed other bytes than the first", format, run+1)
			}
		}
	}
}

// shortened is how often a repeating test repeats itself: under -short, which is
// for the race detector, once on each number of processors.
func shortened(runs int) int {
	if testing.Short() {
		return min(runs, 3)
	}
	return runs
}

// Hostile sizes cost one subject its verdict, and one clear line.
func TestHostileInputIsBounded(t *testing.T) {
	sound := `{"type": "object"}`
	tests := []struct {
		name, text, want string
	}{
		{"deep", strings.Repeat(`{"not": `, 10_000) + "true" + strings.Repeat("}", 10_000), "deep"},
		{"large", `{"description": "` + strings.Repeat("x", 50<<20) + `"}`, "larger than 16 MiB"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out, code := nexus(t, map[string]string{
				"old/a.schema.json": sound, "new/a.schema.json": test.text,
				"old/b.schema.json": sound, "new/b.schema.json": `{"type": "object", "description": "b"}`,
			}, "schema", "check", "--against", "dir:old", "new")
			if code != exitUnchecked {
				t.Errorf("exit code %d, want %d", code, exitUnchecked)
			}
			for _, want := range []string{test.want, "new/a.schema.json:1:", "1 compatible, 1 unchecked"} {
				if !strings.Contains(out, want) {
					t.Errorf("the output does not say %q:\n%.2000s", want, out)
				}
			}
		})
	}
}

// A remote reference is fetched from a host that was allowed, and from no other.
func TestRemoteReferences(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.Path == "/moved.json" {
			http.Redirect(w, r, "/id.json", http.StatusFound)
			return
		}
		fmt.Fprint(w, `{"type": "string"}`)
	}))
	defer server.Close()
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	referring := func(path string) map[string]string {
		return map[string]string{
			"old/a.schema.json": `{"properties": {"id": {"$ref": "` + server.URL + path + `"}}}`,
			"new/a.schema.json": `{"properties": {"id": {"$ref": "` + server.URL + path + `"}}, "required": ["id"]}`,
		}
	}
	args := []string{"schema", "check", "--against", "dir:old", "new"}

	out, code := nexus(t, referring("/id.json"), args...)
	if code != exitUnchecked || asked != 0 {
		t.Errorf("without leave: exit code %d, %d requests:\n%s", code, asked, out)
	}
	out, code = nexus(t, referring("/id.json"), append(args, "--allow-remote", address.Host)...)
	if code != exitFindings || asked == 0 {
		t.Errorf("with leave: exit code %d, %d requests:\n%s", code, asked, out)
	}
	out, code = nexus(t, referring("/moved.json"), append(args, "--allow-remote", address.Host)...)
	if code != exitUnchecked {
		t.Errorf("a redirect was followed: exit code %d\n%s", code, out)
	}
}
