package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// observed is what the recorded events of one subject say about its new schema.
type observed struct {
	subject   string
	validator schema.Validator
	redactor  redactor
	events    int
	rejected  int
	first     *report.Finding // the first event that would be rejected
}

// runLog runs recorded events through the new schemas. What really happened
// outranks a document that was thought up: a rejected event is a finding of its
// own, and the witness of the subject's verdict.
func (c *schemaCheck) runLog(ctx context.Context) error {
	log, err := c.options.openLog(ctx)
	if err != nil || log == nil {
		return err
	}
	c.report.Inputs = append(c.report.Inputs, logInput(log))
	byType, err := c.observedSubjects(ctx)
	if err != nil {
		return err
	}
	met := map[string]*observed{} // by type as the log writes it
	unreadable := 0
	for e, err := range log.Events(ctx) {
		broken, oneRecord := errors.AsType[*event.RecordError](err)
		switch {
		case oneRecord:
			if unreadable++; unreadable <= maxUnreadable {
				c.report.Errors = append(c.report.Errors, recordProblem(broken))
			}
			continue
		case err != nil:
			return unchecked(err)
		}
		o, known := met[e.Type]
		if !known {
			o = byType[e.Type]
			if o == nil {
				o = byType[event.ShortType(e.Type)]
			}
			met[e.Type] = o
		}
		if o != nil {
			o.judge(e)
		}
	}
	c.concludeLog(byType)
	return nil
}

// maxUnreadable is how many unreadable records of a log are told one by one.
const maxUnreadable = 20

func recordProblem(err *event.RecordError) report.Problem {
	return report.Problem{Code: "unreadable-record", Message: err.Error(), Location: &report.Location{
		File: err.File, Line: int(max(err.Line, 1)), Column: 1, EndLine: int(max(err.Line, 1)), EndColumn: 1, Side: "new", Offset: &err.Offset,
	}}
}

// observedSubjects makes the validator of every checked subject, by the names
// that its events may have: the subject's own, and its last part where that is
// one subject's alone.
func (c *schemaCheck) observedSubjects(ctx context.Context) (map[string]*observed, error) {
	byType := map[string]*observed{}
	shared := map[string]bool{}
	for i, p := range c.pairs {
		if p.subject == "" || c.outcomes[i].status == uncheckable {
			continue
		}
		o, err := c.observe(ctx, p.subject)
		if err != nil {
			c.report.Errors = append(c.report.Errors, problem(p.subject, err))
			continue
		}
		byType[p.subject] = o
		if short := event.ShortType(path.Base(p.subject)); short != p.subject {
			shared[short] = shared[short] || byType[short] != nil
			byType[short] = o
		}
	}
	for short := range shared {
		if shared[short] {
			delete(byType, short) // it could be either's
		}
	}
	return byType, ctx.Err()
}

func (c *schemaCheck) observe(ctx context.Context, subject string) (*observed, error) {
	versions, err := c.checked.versions(ctx, subject)
	if err != nil {
		return nil, err
	}
	parsed, err := c.judge.parse(versions[len(versions)-1])
	if err != nil {
		return nil, err
	}
	validator, err := parsed.Validator()
	if err != nil {
		return nil, err
	}
	o := &observed{subject: subject, validator: validator}
	if c.catalog != nil {
		e := c.catalog.Event(subject, "")
		if e != nil {
			_ = c.app.listFields(e, c.judge.engines, c.catalog.Base) // without its fields every value is hidden
		}
		o.redactor = newRedactor(e, c.showData())
		return o, nil
	}
	o.redactor = newRedactor(nil, c.showData())
	return o, nil
}

// showData reports whether recorded values may be shown in every output.
func (g *gate) showData() bool { return flagText(g.options.flags, "show-data") == "true" }

// judge validates one event. Of those that are rejected the first is kept.
func (o *observed) judge(e *event.Event) {
	o.events++
	doc, err := document.Parse("event.json", e.Data)
	if err == nil {
		err = o.validator.Validate(doc.Value())
	}
	if err == nil {
		return
	}
	if o.rejected++; o.first == nil {
		o.first = o.finding(e, err)
	}
}

// finding is the first event that the new schema would reject. Its message names
// places and keywords, and no value: recorded events hold personal data.
func (o *observed) finding(e *event.Event, err error) *report.Finding {
	var faults []string
	for _, reason := range schema.Reasons(err) {
		fault := strings.TrimSpace(reason.Pointer + " " + reason.Keyword)
		if fault != "" && !slices.Contains(faults, fault) {
			faults = append(faults, fault)
		}
	}
	why := strings.Join(faults, ", ")
	if why == "" {
		why = "it is no document of this schema"
	}
	proof, offset, line := "log", e.Offset, int(max(e.Line, 1))
	f := &report.Finding{
		Rule: ruleRejected.ID, Severity: ruleRejected.Severity, Subject: o.subject, Proof: &proof,
		Message: why, Hint: ruleRejected.Fix,
		Location:    report.Location{File: e.File, Line: line, Column: 1, EndLine: line, EndColumn: 1, Side: "new", Offset: &offset},
		Fingerprint: report.Fingerprint(ruleRejected.ID, o.subject, "backward", "", nil, nil),
		Witness: &report.Witness{
			Encoding: "json", Origin: "log", Old: "recorded", New: "rejects: " + why, DependsOn: []string{},
		},
	}
	o.show(f.Witness, e.Data)
	return f
}

// show puts the recorded document into the witness: whole for the terminal, and
// redacted for every other output.
func (o *observed) show(w *report.Witness, data []byte) {
	w.Recorded = string(data)
	doc, err := document.Parse("event.json", data)
	if err != nil {
		return
	}
	w.Document = o.redactor.value("", doc.Value())
	if text, err := json.Marshal(w.Document); err == nil {
		w.Text = string(text)
	}
}

// concludeLog adds what the log says about every subject that it holds events of.
func (c *schemaCheck) concludeLog(byType map[string]*observed) {
	table := report.Table{Title: "Recorded events", Columns: []string{"Subject", "Events", "Would be rejected"}}
	for i, p := range c.pairs {
		o := byType[p.subject]
		if o == nil || o.events == 0 {
			continue
		}
		table.Rows = append(table.Rows, []string{p.subject, fmt.Sprint(o.events), fmt.Sprint(o.rejected)})
		if o.first == nil {
			continue
		}
		o.first.Message = fmt.Sprintf("%d of %s would be rejected; the first breaks %s",
			o.rejected, report.Count(o.events, "recorded event"), o.first.Message)
		c.outcomes[i].findings = append(c.outcomes[i].findings, *o.first)
		c.outcomes[i].witnessed(o.first.Witness)
	}
	if len(table.Rows) == 0 {
		table.Notes = []string{"the log holds no event of a checked subject"}
	}
	c.report.Tables = append(c.report.Tables, table)
}

// witnessed makes a recorded event the witness of the latest verdict.
func (o *outcome) witnessed(w *report.Witness) {
	if n := len(o.results); n > 0 && o.results[n-1].data.Verdict == compat.Breaking {
		o.results[n-1].data.Witness = w
	}
}

// ruleRejected is the rule that a schema breaks which rejects what was recorded.
var ruleRejected = report.Rule{
	ID: "log/rejected", Title: "Recorded events would be rejected", Severity: report.Error,
	Why: "These events happened. Whoever reads them again, a new consumer, a rebuilt projection or a replay, would refuse " +
		"them under the new schema, whatever the rules say about the change.",
	Fix: "Accept what was recorded, or lift it with an upcaster and give the new form a new event type.",
}
