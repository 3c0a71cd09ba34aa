package audit_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/audit"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// affair stores events by their ids, each with the id of its cause, a tenant
// behind a slash: "c<b/t".
func affair(t testing.TB, texts ...string) list {
	t.Helper()
	events := newEvents()
	for _, text := range texts {
		text, tenant, _ := strings.Cut(text, "/")
		id, cause, _ := strings.Cut(text, "<")
		add(t, events, "stream of "+id, store.Event{ID: id, Type: "Happened", CorrelationID: "affair", CausationID: cause, Tenant: tenant})
	}
	return all(t, events)
}

// short is an explanation in a line: event, causes and origin, effects by depth.
func short(w audit.Why) string {
	var b strings.Builder
	b.WriteString(w.Event.ID)
	for _, cause := range w.Causes {
		b.WriteString(" < " + cause.ID)
	}
	b.WriteString(" <<" + w.Origin)
	for _, effect := range w.Effects {
		b.WriteString(" " + strings.Repeat(">", effect.Depth) + effect.ID)
	}
	if w.More {
		b.WriteString(" …")
	}
	return b.String()
}

func TestExplain(t *testing.T) {
	tree := []string{"a<command", "b<a", "c<b", "d<a", "e<c", "other<command", "f<c"}
	for _, test := range []struct {
		name, id, want string
		scope          audit.Scope
		events         []string
	}{
		{name: "the first", id: "a", want: "a <<command >b >>c >>>e >>>f >d", events: tree},
		{name: "in the middle", id: "c", want: "c < b < a <<command >e >f", events: tree},
		{name: "a leaf", id: "f", want: "f < c < b < a <<command", events: tree},
		{name: "no cause", id: "x", want: "x <<", events: []string{"x"}},
		{name: "some of many", id: "a", want: "a <<command >b >d …", events: tree, scope: audit.Scope{Limit: 2}},
		{name: "just enough", id: "c", want: "c < b < a <<command >e >f", events: tree, scope: audit.Scope{Limit: 2}},
		{name: "some causes of many", id: "f", want: "f < c << …", events: tree, scope: audit.Scope{Limit: 1}},
		{name: "its own cause", id: "x", want: "x <<", events: []string{"x<x"}},
		{name: "a circle", id: "x", want: "x < z < y <<", events: []string{"x<z", "y<x", "z<y"}},
		{name: "a circle from outside", id: "v", want: "v < x < z < y <<", events: []string{"x<z", "y<x", "z<y", "v<x"}},
		{name: "an effect of another tenant", id: "x", want: "x <<command >z", events: []string{"x<command/t", "y<x/u", "z<x/t", "yy<y/t"}, scope: audit.Scope{Tenants: []string{"t"}}},
		{name: "a cause of another tenant", id: "y", want: "y <<x", events: []string{"x<command/u", "y<x/t"}, scope: audit.Scope{Tenants: []string{"t"}}},
		{name: "strangers do not crowd out", id: "x", want: "x << >z", events: []string{"x/t", "1<x/u", "2<x/u", "3<x/u", "z<x/t"}, scope: audit.Scope{Tenants: []string{"t", "v"}, Limit: 1}},
	} {
		for name, index := range indexes(t) {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				follow(t, index, affair(t, test.events...))
				why, err := audit.Explain(t.Context(), index, test.id, test.scope)
				if err != nil {
					t.Fatal(err)
				}
				if got := short(why); got != test.want {
					t.Errorf("got  %s\nwant %s", got, test.want)
				}
			})
		}
	}
}

func TestExplainFindsNothing(t *testing.T) {
	for name, index := range indexes(t) {
		follow(t, index, affair(t, "x/t"))
		for _, id := range []string{"y", "x"} {
			if _, err := audit.Explain(t.Context(), index, id, audit.Scope{Tenants: []string{"u"}}); !errors.Is(err, audit.ErrNotFound) {
				t.Errorf("%s: %s: %v", name, id, err)
			}
		}
	}
}

// Both indexes answer as looking through all events does.
func TestIndexes(t *testing.T) {
	var texts []string
	for i := range 60 {
		texts = append(texts, fmt.Sprintf("e%d<e%d/t%d", i, i*7%11, i%3))
	}
	events := affair(t, texts...)
	both := indexes(t)
	for _, index := range both {
		follow(t, index, events)
		follow(t, index, events) // what comes again counts once
	}
	rapid.Check(t, func(rt *rapid.T) {
		id := rapid.SampledFrom([]string{"e0", "e3", "e10", "e59", "affair", "", "nobody"}).Draw(rt, "id")
		scope := audit.Scope{
			Tenants: rapid.SliceOfN(rapid.SampledFrom([]string{"t0", "t1", `t"`}), 0, 2).Draw(rt, "tenants"),
			Limit:   rapid.IntRange(0, 5).Draw(rt, "limit"),
		}
		var caused, correlated []audit.Link
		for _, e := range events {
			if l := audit.LinkOf(e); scope.Sees(l) && id != "" {
				if e.CausationID == id {
					caused = append(caused, l)
				}
				if e.CorrelationID == id {
					correlated = append(correlated, l)
				}
			}
		}
		at := slices.IndexFunc(events, func(e store.Event) bool { return e.ID == id })
		for name, index := range both {
			found, ok, err := index.Link(t.Context(), id)
			if err != nil || ok != (at >= 0) || ok && found != audit.LinkOf(events[at]) {
				rt.Fatalf("%s: event %q: %+v, %v, %v", name, id, found, ok, err)
			}
			gotCaused, err := index.Caused(t.Context(), id, scope)
			if err != nil {
				rt.Fatal(err)
			}
			gotCorrelated, err := index.Correlated(t.Context(), id, scope)
			if err != nil {
				rt.Fatal(err)
			}
			want := [][]audit.Link{first(caused, scope.Most()), first(correlated, scope.Most())}
			if diff := cmp.Diff(want, [][]audit.Link{gotCaused, gotCorrelated}); diff != "" {
				rt.Fatalf("%s: %q in %+v (-want +got):\n%s", name, id, scope, diff)
			}
		}
	})
}

func first(links []audit.Link, n int) []audit.Link {
	return append([]audit.Link{}, links[:min(n, len(links))]...)
}

func TestFollow(t *testing.T) {
	for _, test := range []struct{ cause, correlation, want string }{{"a", "c", "c a"}, {"a", "", "a a"}} {
		correlation, causation := audit.Follow(store.Event{ID: test.cause, CorrelationID: test.correlation})
		if got := correlation + " " + causation; got != test.want {
			t.Errorf("after %+v: %s", test, got)
		}
	}
}
