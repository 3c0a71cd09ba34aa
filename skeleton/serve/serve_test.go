package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/serve"
)

func TestAnswers(t *testing.T) {
	long := strings.Repeat("x", 3000)
	tests := []struct {
		name, method, target, body string
		headers                    []string
		want                       string // status, then the code of the problem or the body
	}{
		{"a command", "POST", "/notes/plans/write", `{}`, []string{`If-Match: "2"`, "Idempotency-Key: c3"}, `200 {"stream":"plans","version":3,"position":3}`},
		{"a command again", "POST", "/notes/plans/write", `{"text": "<b>one</b>"}`, []string{`If-Match: "1"`, "Idempotency-Key: c2"}, `200 {"stream":"plans","version":2,"position":2}`},
		{"an id that is taken", "POST", "/notes/plans/write", `{}`, []string{"Idempotency-Key: c2"}, "409 duplicate-id"},
		{"a conflict", "POST", "/notes/plans/write", `{}`, []string{`If-Match: "1"`, "Idempotency-Key: c3"}, "409 conflict"},
		{"a stream that is there already", "POST", "/notes/plans/write", `{}`, []string{"If-None-Match: *", "Idempotency-Key: c3"}, "409 conflict"},
		{"no store takes it", "POST", "/notes/plans/write", `{}`, nil, "422 invalid"},
		{"another type of body", "POST", "/notes/plans/write", `{}`, []string{"Content-Type: ", "Content-Type: text/plain"}, "415 not-json"},
		{"no type of body", "POST", "/notes/plans/write", `{}`, []string{"Content-Type: "}, "415 not-json"},
		{"no JSON", "POST", "/notes/plans/write", `{`, nil, "400 malformed-body"},
		{"no body", "POST", "/notes/plans/write", ``, nil, "400 malformed-body"},
		{"a long body", "POST", "/notes/plans/write", `"` + long + `"`, nil, "413 body-too-large"},
		{"a weak version", "POST", "/notes/plans/write", `{}`, []string{`If-Match: W/"1"`}, "400 malformed-precondition"},
		{"two versions", "POST", "/notes/plans/write", `{}`, []string{`If-Match: "1"`, `If-Match: "2"`}, "400 malformed-precondition"},
		{"a huge version", "POST", "/notes/plans/write", `{}`, []string{`If-Match: "9999999999999999999"`}, "400 malformed-precondition"},
		{"a long id", "POST", "/notes/plans/write", `{}`, []string{"Idempotency-Key: " + long}, "400 malformed-header"},
		{"a parameter of a command", "POST", "/notes/plans/write?x=1", `{}`, nil, "400 unknown-parameter"},
		{"a handler that panics", "POST", "/notes/plans/write", `"panic"`, nil, "500 internal"},
		{"a handler that fails", "POST", "/notes/plans/write", `"broken"`, nil, "500 internal"},

		{"a query", "GET", "/notes/plans", "", nil, "200 2"},
		{"of a version", "GET", "/notes/plans?version=1", "", nil, "200 1"},
		{"of a moment", "GET", "/notes/plans?at=2026-05-01T13:59:59Z", "", nil, "200 1"},
		{"of a moment in another zone", "GET", "/notes/plans?at=2026-05-01T16:00:00%2B02:00", "", nil, "200 2"},
		{"of a moment that nobody can read", "GET", "/notes/plans?at=yesterday", "", nil, "400 malformed-at"},
		{"of the year 0", "GET", "/notes/plans?at=0000-01-01T00:00:00Z", "", nil, "400 malformed-at"},
		{"of nothing", "GET", "/notes/plans?at=", "", nil, "400 malformed-at"},
		{"of version 0", "GET", "/notes/plans?version=0", "", nil, "400 malformed-version"},
		{"of version +1", "GET", "/notes/plans?version=%2B1", "", nil, "400 malformed-version"},
		{"of two points", "GET", "/notes/plans?version=1&at=2026-05-01T13:59:59Z", "", nil, "400 two-points"},
		{"with its own parameter", "GET", "/notes/plans?word=two", "", nil, "200 0"},
		{"with a misspelt parameter", "GET", "/notes/plans?vesion=1", "", nil, "400 unknown-parameter"},
		{"with a repeated parameter", "GET", "/notes/plans?version=1&version=2", "", nil, "400 repeated-parameter"},
		{"with a broken query string", "GET", "/notes/plans?version=%zz", "", nil, "400 malformed-query"},
		{"with a semicolon", "GET", "/notes/plans?version=1;at=2", "", nil, "400 malformed-query"},
		{"with control characters", "GET", "/notes/plans?word=%00", "", nil, "400 malformed-query"},
		{"that is not fresh", "GET", "/notes/plans?after=3", "", nil, "504 timeout"},
		{"that may be stale", "GET", "/notes/plans?after=3&ontimeout=stale&timeout=0s", "", nil, "200 2"},
		{"after nothing", "GET", "/notes/plans?after=-1", "", nil, "400 malformed-after"},
		{"that waits too long", "GET", "/notes/plans?timeout=1h", "", nil, "400 malformed-timeout"},
		{"with another choice", "GET", "/notes/plans?ontimeout=", "", nil, "400 malformed-ontimeout"},
		{"a long query string", "GET", "/notes/plans?word=" + long, "", nil, "414 url-too-long"},
		{"a long path", "GET", "/notes/" + long, "", nil, "414 url-too-long"},
		{"a path with a NUL", "GET", "/notes/a%00b", "", nil, "404 not-found"},
		{"what is not there", "GET", "/notes/nothing", "", nil, "404 not-found"},
		{"no route", "GET", "/nothing", "", nil, "404 not-found"},
		{"the other method", "GET", "/notes/plans/write", "", nil, "405 method-not-allowed"},
		{"a browser elsewhere", "POST", "/notes/plans/write", `{}`, []string{"Sec-Fetch-Site: cross-site"}, "403 foreign-origin"},
		{"health", "GET", "/healthz", "", nil, `200 {"status":"ok"}`},
		{"ready", "GET", "/readyz", "", nil, `200 {"status":"ready"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := filled(t)
			w := a.as(a.north, test.method, test.target, test.body, test.headers...)
			if got := brief(t, w); got != test.want {
				t.Errorf("%s %.80s: %s\nwant %s", test.method, test.target, got, test.want)
			}
			if log := a.log.text(); strings.Contains(log, a.north) || strings.Contains(log, "vesion") || strings.Contains(log, "affair") {
				t.Errorf("the log tells a secret:\n%s", log)
			}
		})
	}
}

// brief is the status of an answer, and the code of its problem or its body.
func brief(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	text := strings.TrimSpace(w.Body.String())
	if w.Header().Get("Content-Type") == "application/problem+json" {
		var p serve.Problem
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			t.Fatal(err)
		}
		if p.Status != w.Code || p.Title == "" || p.Detail == "" {
			t.Errorf("the problem of a %d is %s", w.Code, text)
		}
		text = p.Code
	}
	return fmt.Sprintf("%d %s", w.Code, text)
}

func TestAnswersSayWhereTheyAre(t *testing.T) {
	a := filled(t)
	w := a.as(a.north, "GET", "/notes/plans?after=3&ontimeout=stale", "")
	got := []string{w.Header().Get("ETag"), w.Header().Get("Nexus-Version"), w.Header().Get("Nexus-Position"), w.Header().Get("Nexus-Stale")}
	if diff := cmp.Diff([]string{`"2"`, "2", "2", "true"}, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	w = a.as(a.north, "POST", "/notes/plans/write", "{}", `If-Match: "1"`, "Idempotency-Key: c3")
	var p serve.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Version == nil || *p.Version != 2 {
		t.Errorf("a conflict does not say where the stream is: %s", w.Body)
	}
}

func TestAppsSayWhatTheirErrorsMean(t *testing.T) {
	a := filled(t, func(o *serve.Options) {
		o.Problem = func(err error) *serve.Problem {
			if strings.Contains(err.Error(), "fire") {
				return &serve.Problem{Status: 422, Code: "rejected", Detail: "two rules speak against it", Reasons: []serve.Reason{{Rule: "limit", Pointer: "/text", Detail: "too hot"}, {Detail: "no"}}}
			}
			return nil
		}
	})
	w := a.as(a.north, "POST", "/notes/plans/write", `"broken"`)
	want := `{"status":422,"title":"Unprocessable Entity","code":"rejected","detail":"two rules speak against it","reasons":[{"rule":"limit","pointer":"/text","detail":"too hot"},{"detail":"no"}]}` + "\n"
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Errorf("problem (-want +got):\n%s", diff)
	}
}

func TestFailuresAreLoggedAndNotTold(t *testing.T) {
	for body, secret := range map[string]string{`"panic"`: "secret of the handler", `"broken"`: "the disk is on fire"} {
		a := filled(t)
		w := a.as(a.north, "POST", "/notes/plans/write", body)
		if strings.Contains(w.Body.String(), secret) || !strings.Contains(a.log.text(), secret) {
			t.Errorf("%s: told %s\nlogged %s", body, w.Body, a.log.text())
		}
	}
}

// TestAnswerThatIsNoJSON: a state may hold what JSON has no word for.
func TestAnswerThatIsNoJSON(t *testing.T) {
	a := newApp(t, func(o *serve.Options) {
		o.Queries = append(o.Queries, serve.Query{Name: "Infinite", Path: "/infinite", Handle: func(context.Context, serve.Request) (serve.Answer, error) {
			return serve.Answer{Value: math.Inf(1), Version: 1}, nil
		}})
	})
	w := a.as(a.north, "GET", "/infinite", "")
	if got := brief(t, w); got != "500 internal" || w.Header().Get("ETag") != "" {
		t.Errorf("answered %s with the version %q", got, w.Header().Get("ETag"))
	}
	if !strings.Contains(a.log.text(), "writing the answer as JSON") {
		t.Errorf("the log does not say why: %s", a.log.text())
	}
}

func TestReadySaysWhenNotTo(t *testing.T) {
	a := newApp(t, func(o *serve.Options) {
		o.Ready = func(context.Context) error { return errors.New("the projection is rebuilt") }
	})
	w := a.do(request("GET", "/readyz", ""))
	if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "projection") || !strings.Contains(a.log.text(), "the projection is rebuilt") {
		t.Errorf("%d %s, logged %s", w.Code, w.Body, a.log.text())
	}
	if w := a.do(request("GET", "/healthz", "")); w.Code != http.StatusOK {
		t.Errorf("the process runs, but /healthz answers %d", w.Code)
	}
}

// A body of unknown length is bounded while it is read.
func TestBodyOfUnknownLengthIsBounded(t *testing.T) {
	a := filled(t)
	endless := struct{ io.Reader }{io.MultiReader(strings.NewReader(`"`), strings.NewReader(strings.Repeat("x", 1<<20)))}
	r := httptest.NewRequest("POST", "/notes/plans/write", endless)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-API-Key", a.north)
	r.ContentLength = -1
	if w := a.do(r); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func BenchmarkCommand(b *testing.B) {
	a := newApp(b, func(o *serve.Options) {
		o.Commands[0].Handle = func(_ context.Context, r serve.Request) (serve.Done, error) {
			return serve.Done{Stream: r.Path["id"], Version: 1, Position: 1}, nil
		}
		o.Log = nil
	})
	b.ReportAllocs()
	for b.Loop() {
		if w := a.as(a.north, "POST", "/notes/plans/write", `{"text": "one"}`); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}

// TestRequestsAreLoggedWithTheirTime: in words, which say their unit.
func TestRequestsAreLoggedWithTheirTime(t *testing.T) {
	var log bytes.Buffer
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	a := newApp(t, func(o *serve.Options) {
		o.Now = func() time.Time { now = now.Add(1500*time.Microsecond + 1); return now }
		o.Log = slog.New(slog.NewJSONHandler(&log, nil))
	})
	a.do(request("GET", "/healthz", ""))
	var line struct{ Msg, Took string }
	if err := json.Unmarshal(log.Bytes(), &line); err != nil || line.Msg != "request" || line.Took != "1.5ms" {
		t.Errorf("logged %s (%v), want took of 1.5ms", &log, err)
	}
}
