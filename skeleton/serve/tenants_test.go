package serve_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNothingIsAnsweredWithoutAKeyButHealth(t *testing.T) {
	a := filled(t)
	for _, target := range []string{
		"POST /notes/plans/write", "GET /notes/plans", "GET /streams/plans/events", "GET /openapi.json", "GET /ui", "GET /ui/live.js",
		"GET /ui/live.css", "GET /ui/board", "GET /ui/events", "GET /", "GET /nothing", "OPTIONS /notes/plans", "GET //healthz", "POST /healthz", "DELETE /readyz", "GET /healthz/",
	} {
		method, path, _ := strings.Cut(target, " ")
		w := a.do(request(method, path, "{}"))
		if w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s without a key: %d %s", target, w.Code, w.Body)
		}
		basic := strings.Contains(strings.Join(w.Header().Values("WWW-Authenticate"), " "), "Basic")
		if page := strings.HasPrefix(path, "/ui") || path == "/"; basic != page {
			t.Errorf("%s without a key: asks browsers for a key %v", target, basic)
		}
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if w := a.do(request("GET", path, "")); w.Code != http.StatusOK {
			t.Errorf("%s without a key: %d %s", path, w.Code, w.Body)
		}
	}
}

// Two tenants use the same name for streams of their own.
func TestTenantsDoNotHitEachOther(t *testing.T) {
	a := filled(t)
	w := a.as(a.tide, "POST", "/notes/plans/write", `{"text": "mine"}`, "If-None-Match: *", "Idempotency-Key: t1")
	if got := brief(t, w); got != `200 {"stream":"plans","version":1,"position":3}` {
		t.Errorf("tide begins a stream that north has too: %s", got)
	}
	for token, want := range map[string]string{a.north: "200 2", a.tide: "200 1"} {
		if got := brief(t, a.as(token, "GET", "/notes/plans", "")); got != want {
			t.Errorf("there are %s notes, want %s", got, want)
		}
	}
	if got := brief(t, a.as(a.tide, "GET", "/streams/north%20ltd%2Fplans/events", "")); got != "404 not-found" {
		t.Errorf("tide asks for the stream of north by its name in the store: %s", got)
	}
}

// What belongs to another tenant and what does not exist answer the same bytes.
func TestAnotherTenantsStreamDoesNotExist(t *testing.T) {
	a := filled(t)
	for _, target := range []string{"GET /notes/%s", "GET /notes/%s?version=1", "GET /streams/%s/events", "GET /streams/%s/events?from=9"} {
		method, path, _ := strings.Cut(target, " ")
		theirs := a.as(a.tide, method, fmt.Sprintf(path, "plans"), "{}", "Idempotency-Key: x")
		nobodys := a.as(a.tide, method, fmt.Sprintf(path, "nothing"), "{}", "Idempotency-Key: x")
		if theirs.Code != http.StatusNotFound || theirs.Body.String() != nobodys.Body.String() {
			t.Errorf("%s: %d %s, and %s of what does not exist", target, theirs.Code, theirs.Body, nobodys.Body)
		}
		if diff := cmp.Diff(nobodys.Header(), theirs.Header()); diff != "" {
			t.Errorf("%s: headers tell streams of others (-none +other's):\n%s", target, diff)
		}
	}
}
