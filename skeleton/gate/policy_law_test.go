package gate_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// randomEvent changes what the rules of pack look at.
func randomEvent(t *rapid.T) map[string]any {
	input := order()
	event := input["event"].(map[string]any)
	one := func(label string, values ...any) any { return rapid.SampledFrom(values).Draw(t, label) }
	event["category"] = one("category", nil, "personal", "payment")
	event["classification"] = one("classification", nil, "public", "restricted")
	event["criticality"] = one("criticality", nil, "low", "critical")
	event["retention_days"] = one("retention_days", nil, -1, 5, 365)
	event["lawful_basis"] = one("lawful_basis", nil, "contract", "habit")
	event["path"] = one("path", nil, "kinesis", "sns-sqs")
	event["regulations"] = one("regulations", []any{}, []any{"hipaa"}, []any{"gdpr", "pci-dss"})
	for _, f := range event["fields"].([]any) {
		field := f.(map[string]any)
		field["pii"] = one("pii", nil, true, false)
		field["category"] = one("category", nil, "payment")
		field["purpose"] = one("purpose", nil, "fulfilment")
	}
	return input
}

// TestOrderDoesNotMatter: any order of modules and any number of processors give
// the same decisions, with and without rule indexing.
func TestOrderDoesNotMatter(t *testing.T) {
	modules := pack(len(realistic))
	decider := prepare(t, modules...)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	rapid.Check(t, func(t *rapid.T) {
		input := randomEvent(t)
		want, err := decider.Decide(context.Background(), input)
		if err != nil {
			t.Fatal(err)
		}
		runtime.GOMAXPROCS(rapid.IntRange(1, 8).Draw(t, "processors"))
		policies, err := gate.CompilePolicies(rapid.Permutation(modules).Draw(t, "modules"), gate.PolicyOptions{WithoutIndexing: rapid.Bool().Draw(t, "without indexing")})
		if err != nil {
			t.Fatal(err)
		}
		other, err := policies.Prepare(context.Background(), catalog(), rapid.Permutation(ids(policies)).Draw(t, "ids"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := other.Decide(context.Background(), input)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("decisions differ (-want +got):\n%s", diff)
		}
	})
}

// TestRulesAreDecidedAlone: a rule decides the same whatever else is chosen. The
// query shares work between rules, and must not share answers.
func TestRulesAreDecidedAlone(t *testing.T) {
	policies, err := gate.CompilePolicies(pack(2*len(realistic)), strict())
	if err != nil {
		t.Fatal(err)
	}
	all, err := policies.Prepare(context.Background(), catalog(), ids(policies))
	if err != nil {
		t.Fatal(err)
	}
	var alone []*gate.Decider
	for _, id := range ids(policies) {
		decider, err := policies.Prepare(context.Background(), catalog(), []string{id})
		if err != nil {
			t.Fatal(err)
		}
		alone = append(alone, decider)
	}
	rapid.Check(t, func(t *rapid.T) {
		input := randomEvent(t)
		got, err := all.Decide(context.Background(), input)
		if err != nil {
			t.Fatal(err)
		}
		for i, decider := range alone {
			want, err := decider.Decide(context.Background(), input)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want[0], got[i]); diff != "" {
				t.Errorf("with the others the decision differs (-alone +together):\n%s", diff)
			}
		}
	})
}

// TestPoliciesAreShared prepares the same policies in several goroutines, and
// runs one Decider in all of them; the race detector watches.
func TestPoliciesAreShared(t *testing.T) {
	policies, err := gate.CompilePolicies(pack(len(realistic)), strict())
	if err != nil {
		t.Fatal(err)
	}
	prepare := func() *gate.Decider {
		decider, err := policies.Prepare(context.Background(), catalog(), ids(policies))
		if err != nil {
			t.Error(err)
		}
		return decider
	}
	shared := prepare()
	want, err := shared.Decide(context.Background(), order())
	if err != nil {
		t.Fatal(err)
	}
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for _, decider := range []*gate.Decider{shared, prepare(), shared} {
				got, err := decider.Decide(context.Background(), order())
				if diff := cmp.Diff(want, got); err != nil || diff != "" {
					t.Errorf("decisions differ (%v) (-want +got):\n%s", err, diff)
				}
			}
		})
	}
	workers.Wait()
}

// FuzzCompilePolicies: any text compiles or has problems with a place, and never
// makes the compiler panic.
func FuzzCompilePolicies(f *testing.F) {
	options := strict()
	files, err := filepath.Glob("testdata/strict/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range txtar.Parse(text).Files {
			if part.Name != "error" {
				f.Add(string(part.Data))
			}
		}
	}
	for _, m := range pack(len(realistic)) {
		f.Add(m.Text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		modules := []gate.Module{{File: "lib.rego", Text: personal}, {File: "fuzz.rego", Text: text}}
		_, err := gate.CompilePolicies(modules, options)
		if err == nil {
			return
		}
		failure, ok := errors.AsType[*gate.PolicyError](err)
		if !ok {
			t.Fatalf("got %v, want a *PolicyError", err)
		}
		for _, p := range failure.Problems {
			if p.File == "" || p.Line < 1 || p.Column < 1 || p.Line > 2+strings.Count(text, "\n")+strings.Count(personal, "\n") {
				t.Errorf("%+v has no place in the text", p)
			}
		}
	})
}
