package serve_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/serve"
	"github.com/nexus-blueprint/nexus/skeleton/telemetry"
)

// The page is told what happens, every second, for longer than any request may
// take, until the app stops.
func TestPageIsToldEverySecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t)
		ctx, cancel := context.WithCancel(t.Context())
		ticking := make(chan error, 1)
		go func() { ticking <- r.live.Run(ctx) }()
		answer := r.get(t, "/ui/events")
		defer answer.Body.Close()
		if kind := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || kind != "text/event-stream" {
			t.Fatalf("%s, %s", answer.Status, kind)
		}
		lines := bufio.NewScanner(answer.Body)
		next := func() (accepted int64) {
			for lines.Scan() {
				if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
					var board struct{ Totals map[string]int64 }
					if err := json.Unmarshal([]byte(data), &board); err != nil {
						t.Fatal(err)
					}
					return board.Totals["accepted"]
				}
			}
			return -1
		}
		if got := next(); got != 0 {
			t.Fatalf("at first %d appends were accepted", got)
		}
		for second := range int64(120) {
			r.live.Observe(telemetry.Attempt{Tenant: "north ltd", Outcome: telemetry.Accepted})
			r.live.Observe(telemetry.Attempt{Tenant: "tide ltd", Outcome: telemetry.Accepted})
			if got := next(); got != second+1 {
				t.Fatalf("in second %d the page is told of %d appends", second+1, got)
			}
		}
		if err := r.stop(); err != nil {
			t.Errorf("stopping with a page that looks on: %v", err)
		}
		if got := next(); got != -1 {
			t.Error("the page is told more when the app has stopped")
		}
		cancel()
		if err := <-ticking; err != nil {
			t.Error(err)
		}
	})
}

// A page whose key expires or is revoked is told nothing more.
func TestPageEndsWithItsKey(t *testing.T) {
	for _, test := range []struct {
		name   string
		end    func(key *serve.Key, current *atomic.Pointer[serve.Keys], at time.Time)
		status int // for who opens the page again
	}{
		{"expired", func(key *serve.Key, _ *atomic.Pointer[serve.Keys], at time.Time) { key.Expires = at }, http.StatusUnauthorized},
		{"revoked", func(_ *serve.Key, current *atomic.Pointer[serve.Keys], at time.Time) {
			time.AfterFunc(time.Until(at), func() { current.Store(&serve.Keys{}) })
		}, http.StatusUnauthorized},
		{"given to another tenant", func(key *serve.Key, current *atomic.Pointer[serve.Keys], at time.Time) {
			other := *key
			other.Tenant = "tide ltd"
			time.AfterFunc(time.Until(at), func() { current.Store(keysOf(other)) })
		}, http.StatusOK},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				key, token, err := serve.NewKey("guest", "north ltd", "guest")
				if err != nil {
					t.Fatal(err)
				}
				begin := time.Now()
				var current atomic.Pointer[serve.Keys]
				test.end(&key, &current, begin.Add(time.Minute-time.Millisecond))
				current.Store(keysOf(key))
				r := run(t, func(o *serve.Options) { o.Keys = current.Load })
				r.north = token
				ctx, cancel := context.WithCancel(t.Context())
				ticking := make(chan error, 1)
				go func() { ticking <- r.live.Run(ctx) }()
				answer := r.get(t, "/ui/events")
				defer answer.Body.Close()
				if text := body(t, answer.Body); answer.StatusCode != http.StatusOK || !strings.HasPrefix(text, "event: board") {
					t.Errorf("%s %s", answer.Status, text)
				}
				if took := time.Since(begin); took != time.Minute {
					t.Errorf("it ended after %v, want a minute", took)
				}
				again := r.get(t, "/ui/events")
				defer again.Body.Close()
				if again.StatusCode != test.status {
					t.Errorf("opened again, it is answered %s, want %d", again.Status, test.status)
				}
				cancel()
				if err := errors.Join(<-ticking, r.stop()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// keysOf are the keys of an app, which are right.
func keysOf(keys ...serve.Key) *serve.Keys {
	known, err := serve.NewKeys(keys...)
	if err != nil {
		panic(err)
	}
	return known
}

// A page that takes nothing is left; nobody waits for it.
func TestSlowPageIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t)
		connection, err := r.pipes.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		if _, err := io.WriteString(connection, "GET /ui/events HTTP/1.1\r\nHost: app\r\nX-API-Key: "+r.north+"\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the app writes, and nobody reads
		begin := time.Now()
		for range 100 {
			r.live.Observe(telemetry.Attempt{Tenant: "north ltd", Outcome: telemetry.Accepted})
			if err := r.live.Tick(); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begin); took != 0 || r.live.Dropped() != 1 {
			t.Errorf("appends waited %v for a page that is slow; %d pages were dropped", took, r.live.Dropped())
		}
		time.Sleep(6 * time.Second) // as long as a write may take
		if err := r.stop(); err != nil {
			t.Errorf("stopping with a page that is stuck: %v", err)
		}
	})
}
