package app_test

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nexus-blueprint/nexus/skeleton/app"
)

// TestUngoverned: an app without a rule does not start by accident.
func TestUngoverned(t *testing.T) {
	for _, test := range []struct {
		name   string
		policy map[string]string
	}{
		{"no folder", nil},
		{"nothing but cases", map[string]string{"policy/forbidden.cases.yaml": "cases: []"}},
		{"a file without a rule", map[string]string{"policy/names.rego": "package nexus.lib.names\n\nforbidden := {\"forbidden\"}\n"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := boxesApp(t)
			files := maps.Clone(d.Files.(fstest.MapFS))
			delete(files, "policy/forbidden.rego")
			for name, text := range test.policy {
				files[name] = &fstest.MapFile{Data: []byte(text)}
			}
			d.Files = files
			if a, err := app.Open(t.Context(), d, app.Options{}); !errors.Is(err, app.ErrUngoverned) {
				t.Fatalf("the app starts (%v): %v", a != nil, err)
			}
			if code, _, log := run(t, d, "-addr", "127.0.0.1:0", "-data", t.TempDir()); code != 3 || !strings.Contains(log, "nexus policy init") {
				t.Errorf("the program ends with %d: %s", code, log)
			}
			d.Ungoverned = true
			b := begin(t, d, app.Options{})
			b.must(b.north, "POST", "/box/"+box1+"/open-box", `{"label": "attic"}`)
		})
	}
	d := boxesApp(t)
	d.Ungoverned = true
	b := begin(t, d, app.Options{})
	b.must(b.north, "POST", "/box/"+box1+"/open-box", `{"label": "attic"}`)
	if got := b.send(b.north, "POST", "/box/"+box1+"/fill-box", `{"item": "forbidden"}`); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a rule that is there is not asked: %d", got.status)
	}
}

// TestBehindProxy: behind a proxy, who is wrong about a key locks out himself, and not
// whoever else the proxy speaks for.
func TestBehindProxy(t *testing.T) {
	for _, test := range []struct {
		name  string
		args  []string
		other int
	}{
		{"told", []string{"-proxy"}, http.StatusOK},
		{"not told", nil, http.StatusTooManyRequests},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			p := startWith(t, boxesApp(t), dir, nil, test.args...)
			token := readFile(t, dir+"/dev.key")
			from := func(address, token string) int {
				t.Helper()
				// What the caller itself has sent comes before what the proxy adds.
				return p.get(t, "/openapi.json", "Authorization: Bearer "+token, "X-Forwarded-For: 203.0.113.77, "+address)
			}
			for range 10 {
				if status := from("203.0.113.5", "dev.wrong"); status != http.StatusUnauthorized {
					t.Fatalf("a wrong secret is answered %d", status)
				}
			}
			if status := from("203.0.113.5", token); status != http.StatusTooManyRequests {
				t.Errorf("the address that was wrong is answered %d", status)
			}
			if status := from("203.0.113.6", token); status != test.other {
				t.Errorf("another address is answered %d, want %d", status, test.other)
			}
		})
	}
}
