package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
	"github.com/nexus-blueprint/nexus/waiver"
)

func (a *app) schemaDiffCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Judge the change from one schema file to another, with every difference listed",
		Example: `  nexus schema diff OrderPlaced.v1.json OrderPlaced.v2.json
  nexus schema diff old.json new.json --level FULL --profile containment`,
		Args: takes("OLD", "NEW"),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := a.newSchemaDiff(cmd, args[0], args[1])
			if err != nil {
				return err
			}
			return d.run(cmd.Context())
		},
	}
	a.bindGate(c)
	a.bindJudge(c)
	return c
}

// schemaDiff is one run of the command.
type schemaDiff struct {
	*gate
	judge    *judge
	old, new string
	report   *report.Report
}

func (a *app) newSchemaDiff(cmd *cobra.Command, old, next string) (*schemaDiff, error) {
	o, err := a.options(cmd)
	if err != nil {
		return nil, err
	}
	d := &schemaDiff{old: old, new: next}
	if d.gate, err = a.newGate(o, "schema.fail_on"); err != nil {
		return nil, err
	}
	if d.judge, err = a.newJudge(d.options); err != nil {
		return nil, err
	}
	d.report = d.newReport("schema diff")
	return d, nil
}

// run is the road: load, check, waive, report, exit.
func (d *schemaDiff) run(ctx context.Context) error {
	if err := d.examine(ctx); err != nil {
		if err := d.fail(d.report, err); err != nil {
			return err
		}
	}
	d.report.Normalize()
	d.document(d.report)
	return d.finish(ctx, d.report)
}

func (d *schemaDiff) examine(ctx context.Context) error {
	d.report.Data = map[string]any{"subjects": []compat.SubjectData{}}
	old, err := d.app.readSchema(ctx, d.old)
	if err != nil {
		return err
	}
	next, err := d.app.readSchema(ctx, d.new)
	if err != nil {
		return err
	}
	d.report.Inputs = []report.Input{
		{Role: "checked", Ref: d.new, Resolved: next.File, Digest: next.Digest()},
		{Role: "baseline", Ref: d.old, Resolved: old.File, Digest: old.Digest()},
	}
	old.Subject = next.Subject
	verdict := string(refused)
	var verdicts []compat.Verdict
	if old.Format != next.Format {
		d.report.Findings = []report.Finding{compat.FormatChanged(old, next)}
	} else {
		level, origin := d.judge.levelFor("")
		result, err := d.judge.compare(ctx, []schema.Schema{old}, next, level)
		if err != nil {
			d.report.Errors = append(d.report.Errors, problem(next.Subject, err))
			d.report.Headline = "not compared: " + err.Error()
			return nil
		}
		verdict, verdicts = string(result.Verdict), []compat.Verdict{result.Verdict}
		d.show(result, next.Subject, old.File, origin)
	}
	d.report.Findings = d.judge.profile.Adjust(d.report.Findings)
	if err := d.applyWaivers(d.report, nil, waiver.Scope{Subjects: []string{next.Subject}}); err != nil {
		return err
	}
	d.report.Checks = compat.Checks(next.Subject, verdicts, d.report.Findings, compat.Start(next, "new"))
	d.report.Headline = d.headline(next.Subject, verdict)
	return nil
}

// show puts the one comparison into the report.
func (d *schemaDiff) show(r *compat.Result, subject, against, origin string) {
	var o outcome
	o.add(r, d.judge.undecided)
	d.report.Checked = 1
	d.report.Findings, d.report.Errors = o.findings, o.problems
	data := r.Data(subject, against)
	d.report.Data = map[string]any{"subjects": []compat.SubjectData{data}}
	d.report.Tables = []report.Table{{
		Title: "Subjects", Columns: compat.Columns,
		Rows:  [][]string{data.Row()},
		Notes: []string{fmt.Sprintf("profile %s; level %s: %s", r.Profile, r.Level, origin)},
	}, changesTable(data.Changes)}
}

// changesTable lists every difference, breaking or not: the answer to "what changed".
func changesTable(changes []compat.ChangeData) report.Table {
	t := report.Table{Title: "Changes", Columns: []string{"Rule", "Place", "Breaks", "Change"}}
	for _, c := range changes {
		breaks := "-"
		if c.Direction != nil {
			breaks = *c.Direction
		}
		place := c.Pointer
		if place == "" {
			place = "/"
		}
		t.Rows = append(t.Rows, []string{c.Rule, place, breaks, c.Message})
	}
	if len(t.Rows) == 0 {
		t.Notes = []string{"nothing that documents could notice"}
	}
	return t
}

func (d *schemaDiff) headline(subject, verdict string) string {
	text := subject + ": " + verdict
	if found := d.report.Summary().String(); found != "" {
		text += " (" + found + ")"
	}
	return text
}
