package serve_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/audit"
	"github.com/nexus-blueprint/nexus/skeleton/serve"
)

// links is an index of a few events.
type links []audit.Link

func (l links) Link(_ context.Context, id string) (audit.Link, bool, error) {
	found := l.all(audit.Scope{}, func(link audit.Link) bool { return link.ID == id })
	if len(found) == 0 {
		return audit.Link{}, false, nil
	}
	return found[0], true, nil
}

func (l links) Caused(_ context.Context, id string, scope audit.Scope) ([]audit.Link, error) {
	return l.all(scope, func(link audit.Link) bool { return link.CausationID == id }), nil
}

func (l links) Correlated(_ context.Context, id string, scope audit.Scope) ([]audit.Link, error) {
	return l.all(scope, func(link audit.Link) bool { return link.CorrelationID == id }), nil
}

func (l links) all(scope audit.Scope, wanted func(audit.Link) bool) (found []audit.Link) {
	for _, link := range l {
		if scope.Sees(link) && wanted(link) && len(found) < scope.Most() {
			found = append(found, link)
		}
	}
	return found
}

func TestWhyShowsWhatBelongsToTheTenant(t *testing.T) {
	index := links{
		{ID: "a", Type: "Written", Stream: serve.StreamOf("north ltd", "plans"), Tenant: "north ltd", CausationID: "command-1"},
		{ID: "b", Type: "Sent", Stream: serve.StreamOf("north ltd", "mail"), Tenant: "north ltd", CausationID: "a"},
		{ID: "c", Type: "Read", Stream: serve.StreamOf("tide ltd", "mail"), Tenant: "tide ltd", CausationID: "b"},
	}
	a := newApp(t, func(o *serve.Options) { o.Queries = append(o.Queries, serve.Why(index)) })
	w := a.as(a.north, "GET", "/events/b/why", "")
	link := func(id, kind, stream, cause string) string {
		return `"id":"` + id + `","type":"` + kind + `","stream":"` + stream + `","version":0,"position":0,"recorded":"0001-01-01T00:00:00Z","causationId":"` + cause + `","tenant":"north ltd"`
	}
	want := `{"event":{` + link("b", "Sent", "mail", "a") + `},"causes":[{` + link("a", "Written", "plans", "command-1") + `}],"origin":"command-1","effects":[]}`
	if diff := cmp.Diff(want, strings.TrimSpace(w.Body.String())); diff != "" || w.Code != http.StatusOK {
		t.Errorf("%d: why b happened (-want +got):\n%s", w.Code, diff)
	}
	theirs, nobodys := a.as(a.tide, "GET", "/events/b/why", ""), a.as(a.tide, "GET", "/events/none/why", "")
	if theirs.Code != http.StatusNotFound || theirs.Body.String() != nobodys.Body.String() {
		t.Errorf("tide asks for an event of north: %d %s", theirs.Code, theirs.Body)
	}
	if w := a.as(a.north, "GET", "/events/a/why", ""); !strings.Contains(w.Body.String(), `"effects":[{"id":"b"`) || strings.Contains(w.Body.String(), "tide") {
		t.Errorf("what came of a: %s", w.Body)
	}
}
