package jsonschema

import (
	"context"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/compat/enginetest"
	"github.com/nexus-blueprint/nexus/schema"
)

func TestRules(t *testing.T) {
	enginetest.Run(t, enginetest.Config{
		Family: "json/",
		New:    func(t testing.TB, _ string) compat.Engine { return newEngine(t, Options{}) },
		Like:   named("OrderPlaced.schema.json", nil),
	})
}

func newEngine(t testing.TB, o Options) *Engine {
	t.Helper()
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func mustParse(t testing.TB, e *Engine, s schema.Schema) compat.Parsed {
	t.Helper()
	p, err := e.Parse(s)
	if err != nil {
		t.Fatalf("parsing %s: %v", s.File, err)
	}
	return p
}

func parseText(t testing.TB, e *Engine, text string) compat.Parsed {
	t.Helper()
	return mustParse(t, e, named("OrderPlaced.schema.json", []byte(text)))
}

func mustCompare(t rapid.TB, e *Engine, old, next compat.Parsed) *compat.Comparison {
	t.Helper()
	c, err := e.Compare(context.Background(), old, next, compat.Full.Directions())
	if err != nil {
		t.Fatalf("comparing: %v", err)
	}
	return c
}

// The excerpts of the rules about how an event may evolve are JSON Schemas too.
func TestBlueprintExcerptsFireTheirRule(t *testing.T) {
	e := newEngine(t, Options{})
	for _, r := range compat.Rules() {
		if !strings.HasPrefix(r.ID, "blueprint/") && r.ID != compat.RuleUnexplained {
			continue
		}
		t.Run(r.ID, func(t *testing.T) {
			profile, err := compat.ParseProfile("blueprint")
			if err != nil {
				t.Fatal(err)
			}
			profile.Switches.AllowNewFields = r.ID != compat.RuleFieldAdded
			result, err := compat.Check(context.Background(), e, compat.Options{Level: compat.Backward, Profile: profile},
				[]compat.Parsed{parseText(t, e, r.Before)}, parseText(t, e, r.After))
			if err != nil {
				t.Fatal(err)
			}
			var fired []string
			for _, b := range result.Breaks {
				fired = append(fired, b.Rule)
			}
			if !slices.Contains(fired, r.ID) {
				t.Errorf("the excerpts fire %v, want %s", fired, r.ID)
			}
		})
	}
}
