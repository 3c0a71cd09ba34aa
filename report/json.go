package report

import (
	"encoding/json"
	"fmt"
	"io"
)

// document is the JSON contract. Its keys are documented, so each is written
// whether or not the report has something to say under it.
type document struct {
	SchemaVersion int       `json:"schema_version"`
	Tool          Tool      `json:"tool"`
	Command       string    `json:"command"`
	Outcome       Outcome   `json:"outcome"`
	ExitCode      int       `json:"exit_code"`
	FailOn        Severity  `json:"fail_on"`
	AsOf          string    `json:"as_of"`
	Checked       int       `json:"checked"`
	Summary       Summary   `json:"summary"`
	Inputs        []Input   `json:"inputs"`
	Checks        []Check   `json:"checks"`
	Findings      []Finding `json:"findings"`
	Errors        []Problem `json:"errors"`
	Rules         []Rule    `json:"rules"`
	Tables        []Table   `json:"tables"`
	Charts        []Chart   `json:"charts"`
	Data          any       `json:"data"`
}

// renderJSON writes the stable machine contract.
func renderJSON(w io.Writer, r *Report) error {
	doc := document{
		SchemaVersion: SchemaVersion,
		Tool:          r.Tool,
		Command:       r.Command,
		Outcome:       r.Outcome(),
		ExitCode:      r.ExitCode(),
		FailOn:        r.FailOn,
		AsOf:          r.AsOf,
		Checked:       r.Checked,
		Summary:       r.Summary(),
		Inputs:        filled(r.Inputs, nil),
		Checks:        filled(r.Checks, nil),
		Findings:      filled(r.Findings, fillFinding),
		Errors:        filled(r.Errors, fillProblem),
		Rules:         filled(r.Rules, fillRule),
		Tables:        filled(r.Tables, fillTable),
		Charts:        filled(r.Charts, fillChart),
		Data:          r.Data,
	}
	if doc.Data == nil {
		doc.Data = struct{}{}
	}
	return writeJSON(w, "json", doc)
}

// writeJSON encodes v the way every JSON format of this package does: indented
// by two, without HTML escapes, with a newline at the end.
func writeJSON(w io.Writer, format string, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("writing the %s report: %w", format, err)
	}
	return nil
}

// filled copies list, so that the report stays as it is, and passes each copy
// to fill, which replaces nil slices: the contract says [] where Go says nil.
func filled[T any](list []T, fill func(*T)) []T {
	out := make([]T, len(list))
	copy(out, list)
	if fill != nil {
		for i := range out {
			fill(&out[i])
		}
	}
	return out
}

func fillFinding(f *Finding) {
	f.Owners = filled(f.Owners, nil)
	f.Affects = filled(f.Affects, nil)
	f.Related = filled(f.Related, nil)
	f.Fixes = filled(f.Fixes, func(fix *Fix) { fix.Edits = filled(fix.Edits, nil) })
	f.Witness = fillWitness(f.Witness)
}

func fillWitness(w *Witness) *Witness {
	if w == nil {
		return nil
	}
	out := *w
	out.DependsOn = filled(w.DependsOn, nil)
	return &out
}

func fillProblem(p *Problem) { p.Hints = filled(p.Hints, nil) }

func fillRule(r *Rule) { r.Controls = filled(r.Controls, nil) }

func fillTable(t *Table) {
	t.Columns = filled(t.Columns, nil)
	t.Rows = filled(t.Rows, func(row *[]string) { *row = filled(*row, nil) })
	t.Notes = filled(t.Notes, nil)
}

func fillChart(c *Chart) {
	c.Labels = filled(c.Labels, nil)
	c.Values = filled(c.Values, nil)
}
