// Package apptest examines an app from outside, over HTTP: whatever the app is
// about, its doors are closed, what it accepts is there, and its past can be read.
//
//	func TestApp(t *testing.T) { apptest.Run(t, definition()) }
//
// It sends the story of each kind, so every kind needs one, with a body for each of
// its commands. What the domain decides is for the tests of the domain.
package apptest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/iot/internal/nexus/app"
	"example.com/iot/internal/nexus/serve"
)

// Run examines an app in memory, and in files of a folder that goes away.
func Run(t *testing.T, d app.Definition) {
	t.Run("catalog", func(t *testing.T) { examineCatalog(t, d) })
	t.Run("policies", func(t *testing.T) { examinePolicies(t, d) })
	for _, place := range []struct {
		name string
		dir  string
	}{{"memory", ""}, {"files", t.TempDir()}} {
		t.Run(place.name, func(t *testing.T) {
			x := begin(t, d, place.dir)
			stories := x.tellStories(t)
			t.Run("closed", func(t *testing.T) { x.examineDoors(t, stories) })
			t.Run("tenants", func(t *testing.T) { x.examineTenants(t, stories) })
			t.Run("rejected", func(t *testing.T) { x.examineRejections(t, stories) })
			t.Run("repeated", func(t *testing.T) { x.examineRepeats(t, stories) })
			t.Run("models", func(t *testing.T) { x.examineModels(t, stories) })
			t.Run("filters", func(t *testing.T) { x.examineFilters(t) })
			t.Run("time", func(t *testing.T) { x.examinePast(t, stories) })
			t.Run("trail", func(t *testing.T) { x.examineTrail(t, stories) })
			t.Run("export", func(t *testing.T) { x.examineExport(t) })
		})
	}
}

// exam is an app that runs, and the tokens of two tenants.
type exam struct {
	*app.App
	own, other string
	paths      map[string]string // by the name that the description of the interface has for them
}

// begin runs an app until the test ends. Its clock goes on at each look, so that no
// two events are recorded at the same time.
func begin(t *testing.T, d app.Definition, dir string) *exam {
	t.Helper()
	x := &exam{}
	var keys []serve.Key
	for _, of := range []struct {
		tenant string
		token  *string
	}{{"own", &x.own}, {"other", &x.other}} {
		key, token, err := serve.NewKey(of.tenant, of.tenant, "examiner")
		if err != nil {
			t.Fatal(err)
		}
		*of.token, keys = token, append(keys, key)
	}
	known, err := serve.NewKeys(keys...)
	if err != nil {
		t.Fatal(err)
	}
	if x.App, err = app.Open(t.Context(), d, app.Options{Dir: dir, Keys: known, Now: clock()}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- x.Run(ctx, nil) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, x.Close()); err != nil {
			t.Errorf("ending the app: %v", err)
		}
	})
	x.paths = x.described(t)
	return x
}

func clock() func() time.Time {
	var mu sync.Mutex
	now := time.Now().UTC().Truncate(time.Second)
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Millisecond)
		return now
	}
}

// described are the paths of all commands and queries, by name, as OpenAPI has them.
func (x *exam) described(t *testing.T) map[string]string {
	t.Helper()
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		} `json:"paths"`
	}
	x.get(t, x.own, "/openapi.json").into(t, &document)
	paths := map[string]string{}
	for path, methods := range document.Paths {
		for _, operation := range methods {
			paths[operation.OperationID] = path
		}
	}
	return paths
}

// answer is what a request was answered with.
type answer struct {
	request string
	status  int
	header  http.Header
	body    string
}

// send sends a request; headers are "Name: value". A path is that of the
// description, with {id} in it.
func (x *exam) send(token, method, target, body string, headers ...string) answer {
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
	x.Handler().ServeHTTP(w, r)
	return answer{method + " " + target, w.Code, w.Header(), w.Body.String()}
}

// get is send for a query that has to be answered.
func (x *exam) get(t *testing.T, token, target string) answer {
	t.Helper()
	return x.send(token, http.MethodGet, target, "").is(t, http.StatusOK)
}

// is checks the status.
func (a answer) is(t *testing.T, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("%s is answered with %d, want %d: %s", a.request, a.status, status, a.body)
	}
	return a
}

// into reads the body.
func (a answer) into(t *testing.T, value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), value); err != nil {
		t.Fatalf("%s is answered with what is not the expected JSON: %v: %s", a.request, err, a.body)
	}
}
