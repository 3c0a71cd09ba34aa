package protobuf

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/compat/enginetest"
)

// A fixture in testdata/confluent holds two versions; want is what the registry
// refuses of them in the direction BACKWARD: rule, place in the new and in the
// old version, and message.
func TestRefusals(t *testing.T) {
	e := newEngine(t, "")
	for _, f := range enginetest.ReadFixtures(t, "testdata/confluent", order) {
		t.Run(f.Name, func(t *testing.T) {
			old, next := mustParse(t, e, f.Old), mustParse(t, e, f.New)
			refusals, known := e.Refusals("confluent", old, next)
			if !known {
				t.Fatal("the registry is not known")
			}
			var b strings.Builder
			for _, r := range refusals {
				fmt.Fprintf(&b, "%s  %s\n  %s\n", r.Rule, placeOf(next.Locate(r.Pointer)), r.Message)
			}
			if len(refusals) == 0 {
				b.WriteString("accepted\n")
			}
			enginetest.Want(t, f.File, b.String())
		})
	}
}

func TestRefusalExcerptsFireTheirRule(t *testing.T) {
	e := newEngine(t, "")
	for _, r := range e.Rules() {
		family, _, _ := strings.Cut(r.ID, "/")
		if family == "proto" {
			continue
		}
		t.Run(r.ID, func(t *testing.T) {
			refusals, _ := e.Refusals(family, parseText(t, e, r.Before), parseText(t, e, r.After))
			var fired []string
			for _, x := range refusals {
				fired = append(fired, x.Rule)
			}
			if !slices.Equal(fired, []string{r.ID}) {
				t.Errorf("the excerpts fire %v, want %s alone", fired, r.ID)
			}
		})
	}
}

func TestUnknownRegistryIsNotEmulated(t *testing.T) {
	e := newEngine(t, "")
	p := parseText(t, e, "syntax = \"proto3\";")
	if _, known := e.Refusals("apicurio", p, p); known {
		t.Error("a registry that nobody described is emulated")
	}
}
