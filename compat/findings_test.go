package compat

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// fake is a schema whose text says nothing: the comparison is given.
type fake struct {
	source   schema.Schema
	declared string
}

func (f fake) Schema() schema.Schema { return f.source }
func (f fake) Locate(pointer string) report.Location {
	return report.Location{File: f.source.File, Line: 1 + len(pointer), Column: 1, Pointer: pointer}
}
func (f fake) Validator() (schema.Validator, error) { return nil, errors.New("none") }
func (f fake) DeclaredVersion() string              { return f.declared }

// given is an Engine that finds what it was told to find.
type given struct{ comparisons []Comparison }

func (g *given) Format() schema.Format                         { return "given" }
func (g *given) Rules() []report.Rule                          { return nil }
func (g *given) Parse(s schema.Schema) (Parsed, error)         { return fake{source: s}, nil }
func (g *given) Fixes(Parsed, Parsed, Change, Direction) []Fix { return nil }
func (g *given) Compare(context.Context, Parsed, Parsed, []Direction) (*Comparison, error) {
	c := g.comparisons[0]
	if len(g.comparisons) > 1 {
		g.comparisons = g.comparisons[1:]
	}
	return &c, nil
}

var (
	sound      = Truth{Verdict: Compatible, Proof: ByContainment}
	theWitness = &report.Witness{Text: `{}`, Old: "accepts", New: "rejects: why"}
	broken     = Truth{Verdict: Breaking, Proof: ByWitness, Witness: theWitness}
	doubtful   = Truth{Verdict: Undecided, Reason: "a pattern cannot be compiled"}
)

func required() Change {
	return Change{
		Rule: "json/made-required", Kind: MadeRequired, Pointer: "/required/0", NewPointer: "/required/0", OldPointer: "",
		Message: `field "id" became required`, Backward: Effect{Breaks: true, Proof: ByWitness, Witness: theWitness},
	}
}

func openAddition() Change {
	return Change{
		Rule: "json/field-added", Kind: FieldAdded, Pointer: "/properties/a", NewPointer: "/properties/a", Message: `field "a" was added`,
		Field:    &Field{Name: "a", Default: true, Open: true},
		Backward: Effect{Breaks: true, Proof: ByWitness, Witness: theWitness},
	}
}

func removal() Change {
	return Change{Rule: "json/field-removed", Kind: FieldRemoved, Pointer: "/properties/a", OldPointer: "/properties/a", Message: `field "a" was removed`, Field: &Field{Name: "a"}}
}

func check(t *testing.T, o Options, comparisons ...Comparison) *Result {
	t.Helper()
	if o.Level == "" {
		o.Level = Backward
	}
	if o.Profile.Name == "" {
		o.Profile = Profile{Name: "blueprint", Switches: DefaultSwitches, Severities: o.Profile.Severities}
	}
	var previous []Parsed
	for i := range comparisons {
		version := string(rune('1' + i))
		previous = append(previous, fake{source: schema.Schema{Subject: "s", Version: version, File: "old/" + version, Revision: "abc"}})
	}
	next := fake{source: schema.Schema{Subject: "s", Version: "9", File: "new/9", Text: []byte("new")}}
	result, err := Check(t.Context(), &given{comparisons}, o, previous, next)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestFindings(t *testing.T) {
	type brief struct {
		Rule     string
		Severity report.Severity
		Line     int
		Side     string
		Old      string
	}
	tests := []struct {
		name       string
		options    Options
		comparison Comparison
		verdict    Verdict
		proof      Proof
		want       []brief
		message    string // of the first
	}{
		{
			name:       "nothing",
			comparison: Comparison{Backward: sound, Forward: sound},
			verdict:    Compatible, proof: ByContainment,
		},
		{
			name:       "a break with its place on both sides",
			comparison: Comparison{Backward: broken, Forward: sound, Changes: []Change{required()}},
			verdict:    Breaking, proof: ByWitness,
			want:    []brief{{"json/made-required", report.Error, 12, "new", "old/1"}},
			message: `field "id" became required`,
		},
		{
			name:       "an open addition is a warning that explains itself",
			comparison: Comparison{Backward: broken, Forward: sound, Changes: []Change{openAddition()}},
			verdict:    Compatible, proof: ByPolicy,
			want:    []brief{{RuleOpenAddition, report.Warning, 14, "new", "old/1"}},
			message: "the object was open",
		},
		{
			name:       "and an error for a team that says so",
			options:    Options{Profile: Profile{Severities: map[string]report.Severity{RuleOpenAddition: report.Error}}},
			comparison: Comparison{Backward: broken, Forward: sound, Changes: []Change{openAddition()}},
			verdict:    Breaking, proof: ByWitness,
			want: []brief{{RuleOpenAddition, report.Error, 14, "new", "old/1"}},
		},
		{
			name:       "a removal breaks the policy alone",
			comparison: Comparison{Backward: sound, Forward: sound, Changes: []Change{removal()}},
			verdict:    Breaking, proof: ByPolicy,
			want:    []brief{{RuleFieldRemoved, report.Error, 1, "new", "old/1"}},
			message: "a field is never removed",
		},
		{
			name:       "which a team may lower",
			options:    Options{Profile: Profile{Severities: map[string]report.Severity{RuleFieldRemoved: report.Note}}},
			comparison: Comparison{Backward: sound, Forward: sound, Changes: []Change{removal()}},
			verdict:    Compatible, proof: ByPolicy,
			want: []brief{{RuleFieldRemoved, report.Note, 1, "new", "old/1"}},
		},
		{
			name:       "or switch off",
			options:    Options{Profile: Profile{Severities: map[string]report.Severity{RuleFieldRemoved: Off}}},
			comparison: Comparison{Backward: sound, Forward: sound, Changes: []Change{removal()}},
			verdict:    Compatible, proof: ByPolicy,
		},
		{
			name:       "a break that no change explains is still an error",
			comparison: Comparison{Backward: broken, Forward: sound},
			verdict:    Breaking, proof: ByWitness,
			want: []brief{{RuleUnexplained, report.Error, 1, "new", "old/1"}},
		},
		{
			name:       "a bump that is too small",
			options:    Options{DeclaredBump: Minor},
			comparison: Comparison{Backward: broken, Forward: sound, Changes: []Change{required()}},
			verdict:    Breaking, proof: ByWitness,
			want: []brief{{"json/made-required", report.Error, 12, "new", "old/1"}, {RuleBumpTooSmall, report.Error, 1, "new", ""}},
		},
		{
			name:       "a doubt",
			comparison: Comparison{Backward: doubtful, Forward: sound},
			verdict:    Undecided,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := check(t, test.options, test.comparison)
			if r.Verdict != test.verdict || r.Proof != test.proof {
				t.Errorf("verdict %s by %s, want %s by %s", r.Verdict, r.Proof, test.verdict, test.proof)
			}
			findings := r.Findings()
			var got []brief
			for _, f := range findings {
				b := brief{f.Rule, f.Severity, f.Location.Line, f.Location.Side, ""}
				if len(f.Related) > 0 {
					b.Old = f.Related[0].File
				}
				got = append(got, b)
				if f.Subject != "s" || len(f.Fingerprint) != 32 {
					t.Errorf("finding %s: subject %q, fingerprint %q", f.Rule, f.Subject, f.Fingerprint)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("findings differ (-want +got):\n%s", diff)
			}
			if test.message != "" && !strings.Contains(findings[0].Message, test.message) {
				t.Errorf("message %q does not say %q", findings[0].Message, test.message)
			}
		})
	}
}

func TestTransitiveFindingNamesTheOldestVersion(t *testing.T) {
	good, bad := Comparison{Backward: sound, Forward: sound}, Comparison{Backward: broken, Forward: sound, Changes: []Change{required()}}
	r := check(t, Options{Level: BackwardTransitive}, good, bad, good)
	findings := r.Findings()
	if len(findings) != 1 || !strings.Contains(findings[0].Message, "the oldest version that it breaks is 2") {
		t.Errorf("findings: %+v", findings)
	}
	if r.Oldest == nil || r.Oldest.Schema().Version != "2" {
		t.Errorf("oldest is %v", r.Oldest)
	}
}

func TestDoubt(t *testing.T) {
	r := check(t, Options{}, Comparison{Backward: doubtful, Forward: sound})
	p := r.Problem()
	if p.Code != "undecided" || !strings.Contains(p.Message, "a pattern cannot be compiled") || *p.Subject != "s" {
		t.Errorf("problem %+v", p)
	}
	if f := r.DoubtFinding(); f.Rule != RuleUndecided || f.Severity != report.Warning || f.Message != p.Message {
		t.Errorf("finding %+v", f)
	}
}

// Neither a break beside it nor a lowered severity lifts a doubt.
func TestDoubtStays(t *testing.T) {
	removed := Change{Rule: "json/field-removed", Kind: FieldRemoved, Field: &Field{Name: "b"}, Message: "field b was removed"}
	unclear := Comparison{Backward: doubtful, Forward: sound, Changes: []Change{removed}}
	r := check(t, Options{}, unclear)
	if r.Verdict != Breaking || r.Doubt == nil || r.Problem().Code != "undecided" {
		t.Errorf("beside a break: %s, doubt %v", r.Verdict, r.Doubt)
	}
	lowered := DefaultSwitches
	r = check(t, Options{Profile: Profile{Name: "blueprint", Switches: lowered, Severities: map[string]report.Severity{RuleFieldRemoved: report.Note}}}, unclear)
	if r.Verdict != Undecided || r.Doubt == nil {
		t.Errorf("with the rule lowered: %s, doubt %v", r.Verdict, r.Doubt)
	}
}

func TestChecks(t *testing.T) {
	finding := report.Finding{Rule: "json/made-required", Severity: report.Error}
	waived := finding
	waived.Waiver = &report.Waiver{Owner: "o"}
	warning := report.Finding{Rule: RuleOpenAddition, Severity: report.Warning}
	note := report.Finding{Rule: RuleSubjectAdded, Severity: report.Note}
	tests := []struct {
		name     string
		verdicts []Verdict
		findings []report.Finding
		want     string
	}{
		{"a pass", []Verdict{Compatible}, nil, "registry/compatible pass"},
		{"a new subject", nil, []report.Finding{note}, "registry/compatible not_applicable"},
		{"a break", []Verdict{Breaking}, []report.Finding{finding, finding}, "json/made-required fail"},
		{"a waived break", []Verdict{Breaking}, []report.Finding{waived}, "json/made-required waived"},
		{"half waived", []Verdict{Breaking}, []report.Finding{waived, finding}, "json/made-required fail"},
		{"a warning", []Verdict{Compatible}, []report.Finding{warning}, "blueprint/open-addition fail, registry/compatible pass"},
		{"a break without findings", []Verdict{Breaking}, nil, "registry/compatible fail"},
		{"a doubt after a pass", []Verdict{Compatible, Undecided}, nil, "registry/compatible undecided"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, c := range Checks("s", test.verdicts, test.findings, report.Location{}) {
				got = append(got, c.Rule+" "+string(c.Result))
			}
			if strings.Join(got, ", ") != test.want {
				t.Errorf("checks %q, want %q", strings.Join(got, ", "), test.want)
			}
		})
	}
}

func TestData(t *testing.T) {
	both := required()
	both.Forward.Breaks = true
	r := check(t, Options{}, Comparison{Backward: broken, Forward: broken, Changes: []Change{required(), both, removal()}})
	data := r.Data("s", "git:main")
	var directions []string
	for _, c := range data.Changes {
		if c.Direction == nil {
			directions = append(directions, "none")
		} else {
			directions = append(directions, *c.Direction)
		}
	}
	if diff := cmp.Diff([]string{"backward", "both", "none"}, directions); diff != "" {
		t.Errorf("directions differ (-want +got):\n%s", diff)
	}
	if data.Against != "git:main" || data.Verdict != Breaking || data.Truth.Verdict != Breaking || data.Profile.Name != "blueprint" {
		t.Errorf("data %+v", data)
	}
	if row := data.Row(); len(row) != len(Columns) {
		t.Errorf("a row of %d cells under %d columns", len(row), len(Columns))
	}
}

func TestAdjustFindings(t *testing.T) {
	findings := []report.Finding{{Rule: RuleSubjectDeleted, Severity: report.Error}, {Rule: RuleSubjectAdded, Severity: report.Note}, {Rule: "json/x", Severity: report.Error}}
	p := Profile{Severities: map[string]report.Severity{RuleSubjectDeleted: report.Warning, RuleSubjectAdded: Off}}
	want := []report.Finding{{Rule: RuleSubjectDeleted, Severity: report.Warning}, {Rule: "json/x", Severity: report.Error}}
	if diff := cmp.Diff(want, p.Adjust(findings)); diff != "" {
		t.Errorf("findings differ (-want +got):\n%s", diff)
	}
}

func TestSubjectFindings(t *testing.T) {
	old := schema.Schema{Subject: "a", Format: schema.Avro, File: "old/a.avsc", Revision: "abc"}
	next := schema.Schema{Subject: "b", Format: schema.JSON, File: "new/b.json"}
	for _, f := range []report.Finding{SubjectAdded(next), SubjectDeleted(old, "old"), SubjectRenamed(old, next), FormatChanged(old, next), GateChanged("nexus.yaml", "git:main", "x", "y")} {
		if f.Severity != RuleSeverity(f.Rule) {
			t.Errorf("%s has severity %s, its rule %s", f.Rule, f.Severity, RuleSeverity(f.Rule))
		}
		if f.Location.Line == 0 || f.Location.File == "" || f.Fingerprint == "" || f.Message == "" {
			t.Errorf("%s is incomplete: %+v", f.Rule, f)
		}
	}
	if f := SubjectDeleted(old, "old"); *f.Related[0].Revision != "abc" || f.Related[0].Side != "old" {
		t.Errorf("the old place is %+v", f.Related[0])
	}
}

func TestOldSide(t *testing.T) {
	input := &InputError{Code: "malformed-schema", Message: "no", Location: report.Location{File: "a", Line: 3}}
	var got *InputError
	if err := OldSide(input, schema.Schema{Revision: "abc"}); !errors.As(err, &got) || got.Location.Side != "old" || *got.Location.Revision != "abc" || input.Location.Side != "" {
		t.Errorf("got %+v", got)
	}
	if err := OldSide(errors.New("disk"), schema.Schema{}); err.Error() != "the old version: disk" {
		t.Errorf("got %v", err)
	}
}

func TestRulesAreDocumented(t *testing.T) {
	severities := []report.Severity{report.Error, report.Warning, report.Note}
	seen := map[string]bool{}
	for _, r := range Rules() {
		if seen[r.ID] {
			t.Errorf("%s is documented twice", r.ID)
		}
		seen[r.ID] = true
		if r.Title == "" || r.Why == "" || r.Before == "" || r.After == "" || r.Fix == "" || !slices.Contains(severities, r.Severity) {
			t.Errorf("%s is not fully documented", r.ID)
		}
	}
	for _, id := range []string{
		RuleCompatible, RuleUnexplained, RuleOpenAddition, RuleFieldAdded, RuleFieldRemoved, RuleTypeChanged, RuleDefaultMissing, RuleDefaultRemoved, RuleBumpTooSmall,
		RuleSubjectAdded, RuleSubjectDeleted, RuleSubjectRenamed, RuleFormatChanged, RuleGateChanged, RuleUndecided, RuleDisagreement,
		"confluent/missed-break", "confluent/false-alarm", "glue/missed-break", "glue/false-alarm",
	} {
		if !seen[id] {
			t.Errorf("%s is not documented", id)
		}
	}
}
