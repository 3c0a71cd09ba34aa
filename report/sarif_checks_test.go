package report_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/report"
)

// Every check is in the file: as its findings, or as a result of its own kind.
func TestRenderSARIFWithChecks(t *testing.T) {
	r := golden()
	r.Checks = append(r.Checks,
		report.Check{Subject: "Zebra", Rule: "late/rule", Result: report.Pass},
		report.Check{Subject: "Zebra", Rule: "late/broken", Result: report.Fail},
		report.Check{Subject: "Zebra", Rule: "late/open", Result: report.Undeclared, Location: report.Location{File: "z.yaml", Line: 3, Column: 1, EndLine: 3, EndColumn: 1}},
		report.Check{Subject: "Zebra", Rule: "late/beside", Result: report.NotApplicable},
	)
	r.Rules = append(r.Rules, report.Rule{ID: "late/rule", Title: `A title with "results":[] in it`, Severity: report.Error})
	var text strings.Builder
	if err := report.RenderSARIFWithChecks(&text, r); err != nil {
		t.Fatal(err)
	}
	if err := validSARIF(text.String()); err != nil {
		t.Error(err)
	}
	var log struct {
		Runs []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID, Kind, Level string
				RuleIndex           int
				Properties          struct{ Subject string }
			}
		}
	}
	if err := json.Unmarshal([]byte(text.String()), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	var got []string
	for i, result := range run.Results {
		if id := run.Tool.Driver.Rules[result.RuleIndex].ID; id != result.RuleID {
			t.Errorf("result %d is of %s, its index names %s", i, result.RuleID, id)
		}
		if i < len(r.Findings) && result.RuleID != r.Findings[i].Rule {
			t.Errorf("result %d is no longer finding %d", i, i)
		}
		if result.Properties.Subject == "Zebra" {
			got = append(got, strings.Join([]string{result.RuleID, result.Kind, result.Level}, " "))
		}
	}
	slices.Sort(got)
	want := []string{"late/beside notApplicable none", "late/broken fail warning", "late/open open none", "late/rule pass none"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	failed := errors.New("disk full")
	if err := report.RenderSARIFWithChecks(failing{failed}, r); !errors.Is(err, failed) {
		t.Errorf("the error is %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
