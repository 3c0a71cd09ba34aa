package compat_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
)

func TestDisagreement(t *testing.T) {
	chain := versions("v1", "v2")
	accepts := compat.Answer{Registry: "R", Accepts: true}
	refuses := compat.Answer{Registry: "R", Reasons: []string{"one", "two"}}
	for _, row := range []struct {
		name     string
		level    compat.Level
		verdict  compat.Verdict
		truth    compat.Truth
		answer   compat.Answer
		predicts bool
		want     string
		witness  *report.Witness
	}{
		{"all accept", compat.Backward, compat.Compatible, holds, accepts, true, "", nil},
		{"all refuse", compat.Backward, compat.Breaking, breaks, refuses, true, "", nil},
		{"a profile that predicts nothing is no measure", compat.Backward, compat.Breaking, holds, accepts, false, "", nil},
		{"a doubt contradicts nobody", compat.Backward, compat.Undecided, unknown, refuses, true, "", nil},
		{"at NONE a registry has no opinion", compat.None, compat.Compatible, breaks, accepts, false, "", nil},
		{"a break is accepted", compat.Backward, compat.Breaking, breaks, accepts, false, "R accepts the change, but in truth it is not BACKWARD compatible (json/x: it narrows)", breaks.Witness},
		{"a safe change is refused", compat.Backward, compat.Compatible, holds, refuses, false, "R refuses the change (one; two), but in truth it is BACKWARD compatible: it breaks no document", nil},
		{"refused without a word", compat.Backward, compat.Compatible, holds, compat.Answer{Registry: "R"}, false, "R refuses the change and gives no reason, but in truth it is BACKWARD compatible: it breaks no document", nil},
		{"only the prediction is wrong", compat.Backward, compat.Breaking, holds, accepts, true, "R accepts the change, but the profile confluent expects that it is refused (confluent/y: it is forbidden)", nil},
		{"both are contradicted", compat.Backward, compat.Compatible, holds, refuses, true, "R refuses the change (one; two), but the profile confluent expects that it is accepted, and in truth it is BACKWARD compatible: it breaks no document", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := &compat.Result{
				Previous: chain[0], Next: chain[1], Level: row.level, Profile: "confluent", Verdict: row.verdict, Truth: row.truth,
				Changes: []compat.Change{{Rule: "json/x", Message: "it narrows", Backward: compat.Effect{Breaks: true}}},
				Breaks:  []compat.Break{{Rule: "confluent/y", Severity: report.Error, Change: &compat.Change{Message: "it is forbidden"}}},
			}
			f := r.Disagreement(row.answer, row.predicts)
			if f == nil {
				f = &report.Finding{}
			}
			if diff := cmp.Diff(row.want, f.Message); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
			if f.Witness != row.witness {
				t.Errorf("witness %v, want %v", f.Witness, row.witness)
			}
		})
	}
}

// linting is an Engine that finds every version odd.
type linting struct{ scripted }

func (linting) Lint(previous, next compat.Parsed) []report.Finding {
	return []report.Finding{{Rule: "scripted/odd", Severity: report.Warning, Message: pairOf(previous, next)}}
}

// What an engine finds odd is reported beside the breaks, and changes no verdict.
func TestLints(t *testing.T) {
	chain := versions("v1", "v2", "v3")
	for _, o := range []compat.Options{{Level: compat.BackwardTransitive}, {Level: compat.BackwardTransitive, Unproved: true}} {
		o.Profile = compat.Profile{Name: "containment"}
		r, err := compat.Check(t.Context(), &linting{}, o, chain[:2], chain[2])
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range r.Findings() {
			got = append(got, f.Message)
		}
		var want []string
		if !o.Unproved {
			want = []string{"v2>v3"}
		}
		if diff := cmp.Diff(want, got); diff != "" || r.Verdict != compat.Compatible {
			t.Errorf("unproved %t: verdict %s, findings (-want +got):\n%s", o.Unproved, r.Verdict, diff)
		}
	}
}
