package policy

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An app that carries what Declared says sees its events as `nexus policy check` does
// when it has nothing but the catalog.
func TestDeclaredIsWhatACheckSees(t *testing.T) {
	c := orders(t)
	events, data := Declared(c)
	if len(events) < 5 {
		t.Fatalf("only %d events are declared", len(events))
	}
	r, err := Check(t.Context(), Options{Library: library, Selection: allPacks(), Catalog: c, AsOf: asOf})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for e, input := range r.Inputs() {
		seen[e.ID] = true
		if diff := cmp.Diff(input["event"], any(events[e.ID])); diff != "" {
			t.Errorf("%s is declared as another event (-check +declared):\n%s", e.ID, diff)
		}
	}
	if !slices.Equal(slices.Sorted(maps.Keys(seen)), slices.Sorted(maps.Keys(events))) {
		t.Errorf("declared are %v, checked %v", slices.Sorted(maps.Keys(events)), slices.Sorted(maps.Keys(seen)))
	}
	if diff := cmp.Diff(r.inputs.data(c), data); diff != "" {
		t.Errorf("the catalog differs (-check +declared):\n%s", diff)
	}
}
