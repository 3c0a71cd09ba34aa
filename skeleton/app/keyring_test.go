package app

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/serve"
)

// TestKeyring: a change of the file counts a second later, and one that nothing can
// be learnt from is logged once and changes nothing.
func TestKeyring(t *testing.T) {
	name := filepath.Join(t.TempDir(), "keys.json")
	tokens := map[string]string{}
	file := func(ids ...string) string {
		var keys []serve.Key
		var text bytes.Buffer
		for _, id := range ids {
			key, token, err := serve.NewKey(id, "north", id)
			if err != nil {
				t.Fatal(err)
			}
			tokens[id] = token
			keys = append(keys, key)
		}
		if err := serve.WriteKeys(&text, keys...); err != nil {
			t.Fatal(err)
		}
		return text.String()
	}
	one, two := file("ann"), file("bob", "eve")
	if err := os.WriteFile(name, []byte(one), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	ring, err := openKeyring(name, func() time.Time { return now }, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		change func() error
		wait   time.Duration
		known  string
		logged string
	}{
		{"at first", func() error { return nil }, 0, "ann", ""},
		{"other keys, too early", func() error { return replaceFile(name, []byte(two)) }, lookAgain - 1, "ann", ""},
		{"other keys", func() error { return nil }, 1, "bob eve", "read anew"},
		{"as it was", func() error { return nil }, lookAgain, "bob eve", ""},
		{"cut short", func() error { return os.Truncate(name, 20) }, lookAgain, "bob eve", "the keys stay as they were"},
		{"still cut short", func() error { return nil }, lookAgain, "bob eve", ""},
		{"nothing in it", func() error { return os.Truncate(name, 0) }, lookAgain, "bob eve", "go run . key NAME"},
		{"gone", func() error { return os.Remove(name) }, lookAgain, "bob eve", "the keys stay as they were"},
		{"still gone", func() error { return nil }, lookAgain, "bob eve", ""},
		{"there again", func() error { return replaceFile(name, []byte(one)) }, lookAgain, "ann", "read anew"},
		{"all are revoked", func() error { return replaceFile(name, []byte(`{"keys": []}`)) }, lookAgain, "", "go run . key NAME"},
		{"one is made, and the clock was set back", func() error { return replaceFile(name, []byte(one)) }, -time.Hour, "ann", "read anew"},
	} {
		if err := test.change(); err != nil {
			t.Fatal(err)
		}
		now = now.Add(test.wait)
		log.Reset()
		var known []string
		for _, id := range []string{"ann", "bob", "eve"} {
			if answers(t, ring, tokens[id]) {
				known = append(known, id)
			}
		}
		if got := strings.Join(known, " "); got != test.known {
			t.Errorf("%s: the keys of %q are known, want %q", test.name, got, test.known)
		}
		if lines := strings.Count(log.String(), "\n"); !strings.Contains(log.String(), test.logged) || lines > 1 || test.logged == "" && lines > 0 {
			t.Errorf("%s: logged %q, want one line with %q", test.name, log.String(), test.logged)
		}
	}
}

// answers reports whether a server with the keys hears a token.
func answers(t *testing.T, ring *keyring, token string) bool {
	t.Helper()
	server, err := serve.New(serve.Options{Keys: ring.current})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/openapi.json", http.NoBody)
	r.Header.Set("X-Api-Key", token)
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	return w.Code == http.StatusOK
}
