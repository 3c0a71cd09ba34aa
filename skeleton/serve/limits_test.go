package serve_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/serve"
)

// A key that is wrong too often is not heard for a while, not even if it becomes
// right; other keys and other addresses are.
func TestWrongKeysAreLimited(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	a := newApp(t, func(o *serve.Options) { o.Now = func() time.Time { return now } })
	ask := func(token, from string) *httptest.ResponseRecorder {
		r := request("GET", "/openapi.json", "", "X-API-Key: "+token)
		r.RemoteAddr = from
		return a.do(r)
	}
	const here, there = "192.0.2.7:1", "192.0.2.8:1"
	for i := range 10 {
		if w := ask("north.wrong", here); w.Code != http.StatusUnauthorized {
			t.Fatalf("wrong key %d is answered with %d", i+1, w.Code)
		}
	}
	w := ask(a.north, here)
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "60" || !strings.Contains(w.Body.String(), `"code":"too-many-attempts"`) {
		t.Errorf("after ten wrong keys: %d, Retry-After %q, %s", w.Code, w.Header().Get("Retry-After"), w.Body)
	}
	for name, w := range map[string]*httptest.ResponseRecorder{"another key": ask(a.tide, here), "another address": ask(a.north, there)} {
		if w.Code != http.StatusOK {
			t.Errorf("%s is answered with %d", name, w.Code)
		}
	}
	if w := a.do(request("GET", "/openapi.json", "", "X-API-Key: ")); w.Code != http.StatusUnauthorized {
		t.Errorf("no key at all is answered with %d", w.Code)
	}
	now = now.Add(time.Minute)
	if w := ask(a.north, here); w.Code != http.StatusOK {
		t.Errorf("a minute later the right key is answered with %d", w.Code)
	}
}
