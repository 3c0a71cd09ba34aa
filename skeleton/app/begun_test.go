package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/skeleton/app"
	"github.com/nexus-blueprint/nexus/skeleton/serve"
)

const (
	box1 = "5b4e1c6e-6a0a-4b0f-9a3c-3c7f0d2f9a11"
	box2 = "5b4e1c6e-6a0a-4b0f-9a3c-3c7f0d2f9a22"
)

// begun is an app that runs, with the keys of two tenants.
type begun struct {
	*app.App
	t           testing.TB
	north, tide string
}

// begin runs an app until the test ends. Its clock goes on by a second at each look.
func begin(t testing.TB, d app.Definition, o app.Options) *begun {
	t.Helper()
	b := &begun{t: t}
	var keys []serve.Key
	for _, of := range []struct {
		name  string
		token *string
	}{{"north", &b.north}, {"tide", &b.tide}} {
		key, token, err := serve.NewKey(of.name, of.name, "ann")
		if err != nil {
			t.Fatal(err)
		}
		*of.token = token
		keys = append(keys, key)
	}
	var err error
	if o.Keys, err = serve.NewKeys(keys...); err != nil {
		t.Fatal(err)
	}
	if b.App, err = app.Open(t.Context(), d, o); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx, nil) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, b.Close()); err != nil {
			t.Error(err)
		}
	})
	return b
}

// answer is what a request was answered with.
type answer struct {
	status int
	header http.Header
	body   string
}

// send sends a request; headers are "Name: value".
func (b *begun) send(token, method, target, body string, headers ...string) answer {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, r)
	return answer{w.Code, w.Header(), strings.TrimSpace(w.Body.String())}
}

// problem is the problem that was answered.
func (a answer) problem(t testing.TB) serve.Problem {
	t.Helper()
	var p serve.Problem
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatalf("the answer %s is no problem: %v", a.body, err)
	}
	return p
}

// must is send for what has to succeed.
func (b *begun) must(token, method, target, body string, headers ...string) answer {
	b.t.Helper()
	a := b.send(token, method, target, body, headers...)
	if a.status != http.StatusOK {
		b.t.Fatalf("%s %s: %d %s", method, target, a.status, a.body)
	}
	return a
}

// filled is an app with one box of three things.
func filled(t testing.TB, o app.Options) *begun {
	t.Helper()
	b := begin(t, boxesApp(t), o)
	b.must(b.north, "POST", "/box/"+box1+"/open-box", `{"label": "attic"}`, "Idempotency-Key: first")
	b.must(b.north, "POST", "/box/"+box1+"/fill-box", `{"boxId": "`+box1+`", "item": "a lamp"}`)
	return b
}

// eachStore runs a test over an app in memory and one in files.
func eachStore(t *testing.T, test func(t *testing.T, o app.Options)) {
	t.Run("memory", func(t *testing.T) { test(t, app.Options{}) })
	t.Run("files", func(t *testing.T) { test(t, app.Options{Dir: t.TempDir()}) })
}
