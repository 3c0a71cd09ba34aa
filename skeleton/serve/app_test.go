package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/serve"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/memory"
)

// An app keeps notes: a command writes one, a query reads how many there are.
type app struct {
	*serve.Server
	events      *memory.Store
	live        *serve.Live
	log         *syncBuffer
	north, tide string // tokens of two tenants
}

type syncBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *syncBuffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

func newApp(t testing.TB, change ...func(*serve.Options)) *app {
	t.Helper()
	a := &app{log: &syncBuffer{}, live: serve.NewLive(serve.LiveOptions{Title: "notes"})}
	clock := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	a.events = memory.New(store.Options{Now: func() time.Time { clock = clock.Add(time.Hour); return clock }})
	var keys []serve.Key
	for _, of := range []struct {
		id    string
		token *string
	}{{"north", &a.north}, {"tide", &a.tide}} {
		key, token, err := serve.NewKey(of.id, of.id+" ltd", "robot")
		if err != nil {
			t.Fatal(err)
		}
		*of.token = token
		keys = append(keys, key)
	}
	known, err := serve.NewKeys(keys...)
	if err != nil {
		t.Fatal(err)
	}
	options := serve.Options{
		Title: "notes", Version: "1.2.0", Keys: func() *serve.Keys { return known }, Live: a.live, Log: slog.New(slog.NewTextHandler(a.log, nil)),
		Limits: serve.Limits{Body: 1000},
		Commands: []serve.Command{{
			Name: "WriteNote", Summary: "Writes a note.", Path: "/notes/{id}/write",
			Body: json.RawMessage(`{"type":"object"}`), Handle: a.write,
		}},
		Queries: []serve.Query{
			{
				Name: "Notes", Summary: "How many notes there are.", Path: "/notes/{id}", Temporal: true, Fresh: true,
				Params: []serve.Param{{Name: "word", Summary: "that they contain"}}, Result: json.RawMessage(`{"type":"integer"}`), Handle: a.count,
			},
			serve.Trail(a.events),
		},
	}
	for _, f := range change {
		f(&options)
	}
	if a.Server, err = serve.New(options); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *app) write(ctx context.Context, r serve.Request) (serve.Done, error) {
	if bytes.Contains(r.Body, []byte("panic")) {
		panic("secret of the handler")
	}
	if bytes.Contains(r.Body, []byte("broken")) {
		return serve.Done{}, errors.New("the disk is on fire")
	}
	appended, err := a.events.Append(ctx, serve.StreamOf(r.Caller.Tenant, r.Path["id"]), r.Expected, []store.Event{{
		ID: r.CommandID, Type: "Written", Tenant: r.Caller.Tenant, Actor: r.Caller.Actor,
		CorrelationID: r.CorrelationID, CausationID: r.CausationID, Data: r.Body,
	}})
	return serve.Done{Stream: r.Path["id"], Version: appended.Version, Position: appended.Position}, err
}

func (a *app) count(ctx context.Context, r serve.Request) (serve.Answer, error) {
	answer := serve.Answer{}
	notes := 0
	for event, err := range a.events.Read(ctx, serve.StreamOf(r.Caller.Tenant, r.Path["id"]), store.ReadOptions{UntilVersion: r.Version, UntilTime: r.At}) {
		if err != nil {
			return serve.Answer{}, err
		}
		if strings.Contains(string(event.Data), r.Params["word"]) {
			notes++
		}
		answer.Version, answer.Position = event.Version, event.Position
	}
	if answer.Version == 0 {
		return serve.Answer{}, serve.ErrNotFound
	}
	if answer.Position < r.After {
		if !r.StaleOK {
			return serve.Answer{}, context.DeadlineExceeded
		}
		answer.Stale = true
	}
	answer.Value = notes
	return answer, nil
}

// request makes a request; headers are "Name: value".
func request(method, target, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		if value == "" {
			r.Header.Del(name)
			continue
		}
		r.Header.Add(name, value)
	}
	return r
}

func (a *app) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

// as is do with the key of a token.
func (a *app) as(token, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	return a.do(request(method, target, body, append(headers, "Authorization: Bearer "+token)...))
}

// filled is an app in which north wrote two notes at 13:00 and 14:00.
func filled(t testing.TB, change ...func(*serve.Options)) *app {
	t.Helper()
	a := newApp(t, change...)
	for i, header := range []string{"If-None-Match: *", `If-Match: "1"`} {
		w := a.as(a.north, "POST", "/notes/plans/write", `{"text": "<b>one</b>"}`, header, "Idempotency-Key: c"+string(rune('1'+i)), "Nexus-Correlation-Id: affair")
		if w.Code != http.StatusOK {
			t.Fatalf("writing a note: %d %s", w.Code, w.Body)
		}
	}
	return a
}

// pipes is a listener whose connections are in memory, so that they keep the
// time of a test.
type pipes struct {
	connections chan net.Conn
	closed      chan struct{}
	once        sync.Once
}

func newPipes() *pipes { return &pipes{connections: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.connections:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	mine, theirs := net.Pipe()
	select {
	case p.connections <- theirs:
		return mine, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func body(t testing.TB, r io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
