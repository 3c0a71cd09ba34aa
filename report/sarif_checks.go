package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"iter"
)

// sarifKinds are the kinds of results for checks without a finding. Open is the
// standard's word for what cannot be decided for want of information.
var sarifKinds = map[ResultKind]string{
	Pass: "pass", Fail: "fail", Waived: "fail", NotApplicable: "notApplicable",
	Undeclared: "open", Undecided: "open", Errored: "open",
}

// RenderSARIFWithChecks writes SARIF that lists, besides every finding, every
// check that has none: what passed, what does not apply and what could not be
// judged. It is for evidence; code scanning services would raise an alert for
// each of them, so the sarif format leaves them out. There may be a great many,
// so a result is a line, and never more than one is held as text.
func RenderSARIFWithChecks(w io.Writer, r *Report) error {
	run := sarifRunOf(r)
	run.addRules(r)
	results := run.Results
	run.Results = []sarifResult{}
	text, err := json.Marshal(sarifLogOf(run))
	if err != nil {
		return fmt.Errorf("writing the sarif report: %w", err)
	}
	// Inside a JSON text the quotes would be escaped, so this is the member itself.
	before, after, _ := bytes.Cut(text, []byte(`"results":[]`))
	out := sarifWriter{w: w}
	out.write(before)
	out.write([]byte(`"results":[`))
	for _, result := range results {
		out.result(result)
	}
	for result := range run.checks(r) {
		out.result(result)
	}
	out.write([]byte("\n]"))
	out.write(after)
	out.write([]byte("\n"))
	if out.err != nil {
		return fmt.Errorf("writing the sarif report: %w", out.err)
	}
	return nil
}

// addRules lists the rules that only a check names.
func (run *sarifRun) addRules(r *Report) {
	listed := run.positions()
	for _, c := range r.Checks {
		if _, known := listed[c.Rule]; !known {
			listed[c.Rule] = len(run.Tool.Driver.Rules)
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(r.Rule(c.Rule)))
		}
	}
}

// positions is where each rule is listed.
func (run *sarifRun) positions() map[string]int {
	at := map[string]int{}
	for i, rule := range run.Tool.Driver.Rules {
		at[rule.ID] = i
	}
	return at
}

// checks yields a result for every check without a finding.
func (run *sarifRun) checks(r *Report) iter.Seq[sarifResult] {
	type about struct{ subject, rule string }
	found := map[about]bool{}
	for _, f := range r.Findings {
		found[about{f.Subject, f.Rule}] = true
	}
	position := run.positions()
	return func(yield func(sarifResult) bool) {
		for _, c := range r.Checks {
			if !found[about{c.Subject, c.Rule}] && !yield(sarifCheck(c, r.Rule(c.Rule), position[c.Rule])) {
				return
			}
		}
	}
}

// sarifWriter writes results one by one, up to the first error.
type sarifWriter struct {
	w     io.Writer
	wrote bool // a result
	err   error
}

func (s *sarifWriter) write(text []byte) {
	if s.err == nil {
		_, s.err = s.w.Write(text)
	}
}

func (s *sarifWriter) result(result sarifResult) {
	if s.err != nil {
		return
	}
	separator := ",\n"
	if !s.wrote {
		separator = "\n"
	}
	s.wrote = true
	s.write([]byte(separator))
	text, err := json.Marshal(result)
	s.write(text)
	s.err = cmp.Or(s.err, err)
}

// sarifCheck is the result of a check without a finding. The standard lets only
// a failed one carry a level.
func sarifCheck(c Check, rule Rule, position int) sarifResult {
	kind, level := cmp.Or(sarifKinds[c.Result], "open"), "none"
	if kind == "fail" {
		level = sarifLevel(rule.Severity)
	}
	return sarifResult{
		RuleID: c.Rule, RuleIndex: position, Kind: kind, Level: level,
		Message:    sarifMessage{Text: string(c.Result) + ": " + cmp.Or(rule.Title, rule.ID) + " (" + c.Subject + ")"},
		Locations:  sarifLocations(c.Location),
		Properties: map[string]any{"subject": c.Subject, "result": c.Result},
	}
}
