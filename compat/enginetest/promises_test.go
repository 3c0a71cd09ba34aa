package enginetest

import (
	"context"
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// scripted is an engine that answers what a test has written down.
type scripted struct {
	same    compat.Comparison   // of a version with itself
	answers []compat.Comparison // of the two versions, one after the other
	fix     *compat.Fix
}

func (*scripted) Format() schema.Format { return "scripted" }

func (*scripted) Rules() []report.Rule { return []report.Rule{{ID: "scripted/known"}} }

func (*scripted) Parse(s schema.Schema) (compat.Parsed, error) { return text{s}, nil }

func (e *scripted) Compare(_ context.Context, previous, next compat.Parsed, _ []compat.Direction) (*compat.Comparison, error) {
	if string(previous.Schema().Text) == string(next.Schema().Text) {
		return &e.same, nil
	}
	answer := e.answers[0]
	if len(e.answers) > 1 {
		e.answers = e.answers[1:]
	}
	return &answer, nil
}

func (e *scripted) Fixes(compat.Parsed, compat.Parsed, compat.Change, compat.Direction) []compat.Fix {
	if e.fix == nil {
		return nil
	}
	return []compat.Fix{*e.fix}
}

// text is a version whose only place is the pointer "/place".
type text struct{ schema schema.Schema }

func (t text) Schema() schema.Schema { return t.schema }

func (t text) Locate(pointer string) report.Location {
	if pointer != "/place" {
		return report.Location{}
	}
	return report.Location{File: t.schema.File, Line: 1, Column: 1}
}

func (t text) Validator() (schema.Validator, error) { return t, nil }

func (t text) DeclaredVersion() string { return "" }

func (t text) Validate(document any) error {
	if document != string(t.schema.Text) {
		return &schema.Invalid{Reasons: []schema.Reason{{Message: "another text"}}}
	}
	return nil
}

// kept is an engine that keeps every promise, and what it found.
func kept() (*scripted, *compat.Comparison) {
	compatible := compat.Truth{Verdict: compat.Compatible, Proof: compat.ByContainment}
	witness := &report.Witness{Document: "old", Text: "old", Old: "accepts", New: "rejects: another text"}
	e := &scripted{
		same: compat.Comparison{Backward: compatible, Forward: compatible},
		answers: []compat.Comparison{{
			Backward: compat.Truth{Verdict: compat.Breaking, Proof: compat.ByWitness, Witness: witness},
			Forward:  compatible,
			Changes: []compat.Change{{
				Rule: "scripted/known", OldPointer: "/place", NewPointer: "/place", Message: "the text changed",
				Backward: compat.Effect{Breaks: true, Proof: compat.ByWitness, Witness: witness},
			}},
		}},
	}
	return e, &e.answers[0]
}

func TestProblems(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(e *scripted, c *compat.Comparison)
		want  string // in one of the problems; none where it is empty
	}{
		{"all kept", func(*scripted, *compat.Comparison) {}, ""},
		{"itself breaks", func(e *scripted, _ *compat.Comparison) { e.same.Forward.Verdict = compat.Breaking }, "not compatible with itself"},
		{"itself changed", func(e *scripted, c *compat.Comparison) { e.same.Changes = c.Changes }, "not compatible with itself"},
		{"two answers", func(e *scripted, c *compat.Comparison) {
			other := *c
			other.Backward.Reason = "another day"
			e.answers = append(e.answers, other)
		}, "came out differently"},
		{"a break without a verdict", func(_ *scripted, c *compat.Comparison) { c.Backward = c.Forward }, "backward is compatible, but scripted/known breaks"},
		{"a proof without its witness", func(_ *scripted, c *compat.Comparison) { c.Backward.Witness = nil }, "has the witness <nil>"},
		{"a witness without its proof", func(_ *scripted, c *compat.Comparison) { c.Changes[0].Backward.Proof = compat.ByRule }, `by "rule" has the witness`},
		{"a witness of the other direction", func(_ *scripted, c *compat.Comparison) {
			c.Changes[0].Backward.Witness.Old, c.Changes[0].Backward.Witness.New = "rejects: it", "accepts"
		}, `has the verdicts old "rejects: it"`},
		{"an unknown rule", func(_ *scripted, c *compat.Comparison) { c.Changes[0].Rule = "scripted/secret" }, "scripted/secret is no documented rule"},
		{"no message", func(_ *scripted, c *compat.Comparison) { c.Changes[0].Message = "" }, `has the message ""`},
		{"no place", func(_ *scripted, c *compat.Comparison) { c.Changes[0].OldPointer = "/gone" }, "has no place"},
		{"edits of another text", func(e *scripted, _ *compat.Comparison) {
			e.fix = &compat.Fix{Title: "say old", Text: []byte("old"), Edits: []report.Edit{{File: "a", StartLine: 1, StartColumn: 1, EndLine: 1, EndColumn: 2, Text: "old"}}}
		}, "the edits give another text"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, c := kept()
			test.spoil(e, c)
			old, next := text{schema.Schema{File: "a", Text: []byte("old")}}, text{schema.Schema{File: "a", Text: []byte("new")}}
			found := strings.Join(Problems(e, old, next), "\n")
			if test.want == "" && found != "" || !strings.Contains(found, test.want) {
				t.Errorf("found %q, want %q", found, test.want)
			}
		})
	}
}

func TestByValidators(t *testing.T) {
	old, next := text{schema.Schema{Text: []byte("old")}}, text{schema.Schema{Text: []byte("new")}}
	tests := []struct {
		name     string
		old, new compat.Parsed
		document string
		d        compat.Direction
		want     string
	}{
		{"backward", old, next, "old", compat.BackwardDirection, ""},
		{"forward", old, next, "new", compat.ForwardDirection, ""},
		{"the wrong way", old, next, "new", compat.BackwardDirection, "not valid under its own version"},
		{"both accept", old, old, "old", compat.BackwardDirection, "valid under the other version too"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := &report.Witness{Document: test.document}
			c := compat.Change{Backward: compat.Effect{Witness: w}, Forward: compat.Effect{Witness: w}}
			err := byValidators(test.old, test.new, c, test.d)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestEdit(t *testing.T) {
	edits := []report.Edit{
		{File: "a", StartLine: 2, StartColumn: 1, EndLine: 2, EndColumn: 1, Text: "next "},
		{File: "other", StartLine: 1, StartColumn: 1, EndLine: 9, EndColumn: 9, Text: "gone"},
		{File: "a", StartLine: 1, StartColumn: 2, EndLine: 1, EndColumn: 3, Text: "é"},
	}
	if got, want := edit("a", "äöü\nline\n", edits), "äéü\nnext line\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
