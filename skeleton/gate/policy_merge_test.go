package gate_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	oparego "github.com/open-policy-agent/opa/v1/rego"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// TestMergedRulesSayWhatTheySayAlone compares decisions with what OPA gives for
// each rule's own deny and applies. Deciding merges the rules and inlines their
// constants; neither may change what they say.
func TestMergedRulesSayWhatTheySayAlone(t *testing.T) {
	modules := pack(len(realistic))
	decider := prepare(t, modules...)
	options := []func(*oparego.Rego){oparego.Query("data.nexus.rules.bench")}
	var scoped []bool // by rule
	for _, m := range modules {
		if strings.HasPrefix(m.File, "r") {
			scoped = append(scoped, strings.Contains(m.Text, "\napplies "))
		}
		options = append(options, oparego.Module(m.File, m.Text))
	}
	// A rule reads data.catalog only to look owners up.
	catalog := oparego.Module("catalog.rego", "package catalog\nowners := {\"checkout\": {\"id\": \"checkout\"}}")
	plain, err := oparego.New(append(options, catalog)...).PrepareForEval(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		input := randomEvent(t)
		decisions, err := decider.Decide(context.Background(), input)
		if err != nil {
			t.Fatal(err)
		}
		results, err := plain.Eval(context.Background(), oparego.EvalInput(input))
		if err != nil {
			t.Fatal(err)
		}
		rules := results[0].Expressions[0].Value.(map[string]any)
		for i, d := range decisions {
			said := rules[fmt.Sprintf("r%02d", i)].(map[string]any)
			if diff := cmp.Diff(outcome(said, scoped[i]), d.Outcome); diff != "" {
				t.Errorf("%s (-alone +merged):\n%s", d.Rule, diff)
			}
			if denials := said["deny"].([]any); d.Outcome == gate.Fail && len(denials) != len(d.Denials) {
				t.Errorf("%s: alone it denies %v, merged %v", d.Rule, denials, d.Denials)
			}
		}
	})
}

// outcome follows from the values of a rule's package; scoped is true when the
// rule defines applies.
func outcome(said map[string]any, scoped bool) gate.Outcome {
	missing, _ := said["undeclared"].([]any)
	switch {
	case scoped && said["applies"] != true:
		return gate.NotApplicable
	case len(said["deny"].([]any)) > 0:
		return gate.Fail
	case len(missing) > 0:
		return gate.Undeclared
	}
	return gate.Pass
}

// TestConstantsStayReplaceable: a policy that replaces a constant, with the keyword
// with, reads what it put in its place.
func TestConstantsStayReplaceable(t *testing.T) {
	const limit = "limit := 1000\nlarge if input.event.payload_bytes > limit\n"
	for body, want := range map[string]gate.Outcome{
		limit + `deny contains {"message": "large"} if large`:                                             gate.Fail,
		limit + `deny contains {"message": "large"} if large with data.nexus.rules.bench.r.limit as 5000`: gate.Pass,
	} {
		got, err := decide(t, rego("r", body))
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Outcome != want {
			t.Errorf("%s\ngot %s, want %s", body, got[0].Outcome, want)
		}
	}
}
