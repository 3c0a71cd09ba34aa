package policy

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nexus-blueprint/nexus/report"
)

const scoredCatalog = `
events:
  A: {version: 1.0.0, domain: sales, owners: [ann, bob], business-impact: a sale, rate-per-min: 10}
  B: {version: 1.0.0, domain: sales, owners: [ann], business-impact: none, rate-per-min: 1}
  C: {version: 1.0.0, business-impact: none}
  D: {version: 1.0.0, domain: sales, owners: [bob], rate-per-min: 1}
  E: {version: 1.0.0, domain: sales, owners: [ann], kind: command}
`

func scored(t *testing.T) *Result {
	t.Helper()
	l, err := openOwn(t, ownRule)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Check(context.Background(), Options{Library: l, Catalog: plain(t, scoredCatalog), AsOf: asOf})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestScores(t *testing.T) {
	r := scored(t)
	findings := r.Findings()
	for i, f := range findings {
		if f.Subject == "C" {
			findings[i].Waiver = &report.Waiver{Owner: "carl"}
		}
	}
	s := r.Scores(findings)
	want := []report.Table{
		{
			Title:   "Checks satisfied by owner",
			Columns: []string{"Owner", "Events", "Satisfied", "Pass", "Fail", "Waived", "Undeclared", "Not applicable"},
			Rows: [][]string{
				{"(nobody)", "1", "0%", "0", "0", "1", "0", "0"},
				{"ann", "3", "50%", "1", "1", "0", "0", "1"},
				{"bob", "2", "100%", "1", "0", "0", "1", "0"},
				{"all", "5", "33%", "1", "1", "1", "1", "1"},
			},
		},
		{
			Title:   "Checks satisfied by domain",
			Columns: []string{"Domain", "Events", "Satisfied", "Pass", "Fail", "Waived", "Undeclared", "Not applicable"},
			Rows: [][]string{
				{"(none)", "1", "0%", "0", "0", "1", "0", "0"},
				{"sales", "4", "50%", "1", "1", "0", "1", "1"},
				{"all", "5", "33%", "1", "1", "1", "1", "1"},
			},
		},
	}
	if diff := cmp.Diff(want, s.Tables()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got, want := s.Headline(), "1 of 3 applicable checks satisfied in 5 events; 1 undeclared"; got != want {
		t.Errorf("the headline is %q, want %q", got, want)
	}
	if diff := cmp.Diff(Score{Name: "own/impact-stated", Events: 4, Pass: 1, Fail: 1, Waived: 1, Undeclared: 1, NotApplicable: 1}, r.Counts(findings)["own/impact-stated"]); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// TestSatisfiedIsRoundedDown: one failure in a thousand is not 100%.
func TestSatisfiedIsRoundedDown(t *testing.T) {
	for want, s := range map[string]Score{
		"99%": {Pass: 999, Fail: 1}, "100%": {Pass: 3, Undeclared: 9}, "0%": {Waived: 1}, "-": {Undeclared: 4, NotApplicable: 2},
	} {
		if got := s.Satisfied(); got != want {
			t.Errorf("%+v is %s, want %s", s, got, want)
		}
	}
}

// TestRulesThatReadALogAreNeverSatisfiedWithoutOne, and the score says how many there are.
func TestRulesThatReadALogAreNeverSatisfiedWithoutOne(t *testing.T) {
	o := Options{Library: library, Selection: Selection{Packs: []string{"pci-dss"}}, Catalog: plain(t, scoredCatalog), AsOf: asOf}
	r, err := Check(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	logged := 0
	for j := range r.Judgements() {
		if j.Rule.ReadsLog() {
			logged++
			if j.Outcome != "undeclared" {
				t.Errorf("%s is %s without a log", j.Rule.ID, j.Outcome)
			}
		}
	}
	if logged == 0 {
		t.Error("the pack has no rule that reads a log")
	}
	if notes := r.Scores(nil).Tables()[0].Notes; len(notes) != 1 {
		t.Errorf("notes %q", notes)
	}
}
