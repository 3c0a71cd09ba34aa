package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// renderJSON writes the stable machine contract. Its keys are documented, so each
// is written whether or not the report has something to say under it.
//
// A report may hold a check of every rule on every subject, half a million of
// them, so the text is written piece by piece and is never in memory as a whole.
func renderJSON(w io.Writer, r *Report) error {
	d := newDocument(w)
	d.member("schema_version", SchemaVersion)
	d.member("tool", r.Tool)
	d.member("command", r.Command)
	d.member("outcome", r.Outcome())
	d.member("exit_code", r.ExitCode())
	d.member("fail_on", r.FailOn)
	d.member("as_of", r.AsOf)
	d.member("checked", r.Checked)
	d.member("summary", r.Summary())
	members(d, "inputs", r.Inputs, nil)
	d.checks(r.Checks)
	members(d, "findings", r.Findings, fillFinding)
	members(d, "errors", r.Errors, fillProblem)
	members(d, "rules", r.Rules, fillRule)
	members(d, "tables", slices.DeleteFunc(slices.Clone(r.Tables), func(t Table) bool { return t.InData }), fillTable)
	members(d, "charts", r.Charts, fillChart)
	switch data := r.Data.(type) {
	case nil:
		d.member("data", struct{}{})
	case Series:
		d.series("data", data)
	default:
		d.member("data", data)
	}
	if err := d.end(); err != nil {
		return fmt.Errorf("writing the json report: %w", err)
	}
	return nil
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
