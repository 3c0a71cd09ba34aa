package cmd

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/waiver"
)

// replayRun is what the commands of replay share: a log, a reducer, and the
// report in which they answer.
type replayRun struct {
	*gate
	log     *event.Log
	report  *report.Report
	command *replay.Command // that --reducer-cmd names; nil without one
	process *replay.Reducer // which runs it
	stats   *replay.Stats   // of what was loaded
	remarks []string        // below the last table
}

// bindReplay gives a command the flags of all of replay.
func (a *app) bindReplay(c *cobra.Command) {
	f := c.Flags()
	f.String("log-format", "", "form of the log (default: found out): "+strings.Join(logFormats(a), ", "))
	f.StringArray("map", nil, "where the log keeps an attribute, as `ATTRIBUTE=PATH`; repeatable")
	f.String("reducer", "", "the reducer of nexus.yaml to use, by `NAME`")
	f.String("reducer-cmd", "", "your own reducer: a `COMMAND` that reads events and answers states, a line each")
	f.StringArray("catalog", nil, "event `CATALOG` that describes the events; repeatable, merged")
	f.String("index", "", "the index `FILE` of the log (default: LOG.nxi)")
	f.Bool("no-index", false, "read the log even where it has an index")
	f.Bool("show-data", false, "show recorded values in every output, not on the terminal alone")
	a.complete(c, "log.format")
}

// idleFlags are the flags of all of replay that a question has no use for, by its
// command. Those of nexus replay itself depend on what it is asked.
var idleFlags = map[string][]string{
	"replay diff":      {"catalog"},
	"replay blame":     {"catalog"},
	"replay bisect":    {"catalog"},
	"replay whatif":    {"catalog"},
	"replay minimise":  {"catalog"},
	"replay index":     {"catalog"},
	"replay compare":   {"catalog", "index", "reducer"},
	"replay verify":    {"catalog", "index"},
	"replay snapshots": {"catalog", "index"},
	"replay doctor":    {"index", "reducer", "reducer-cmd"},
	"replay trace":     {"catalog", "reducer", "reducer-cmd"},
	"replay export":    {"catalog"},
}

// refuse refuses flags of all of replay that this question has no use for: one that
// was passed over would seem to have been followed.
func (r *replayRun) refuse(names ...string) error {
	for _, name := range names {
		if r.options.flags.Changed(name) {
			return usagef("nexus %s: --%s says %s, which plays no part here", r.report.Command, name, flagSays[name]).hint("leave it out")
		}
	}
	return nil
}

// flagSays is what a flag decides.
var flagSays = map[string]string{
	"catalog":     "by which schemas events are judged",
	"index":       "how one stream is found",
	"reducer":     "how events are folded",
	"reducer-cmd": "how events are folded",
}

// newReplay reads what every command of replay is told.
func (a *app) newReplay(cmd *cobra.Command, name string) (*replayRun, error) {
	o, err := a.options(cmd)
	if err != nil {
		return nil, err
	}
	g, err := a.newGate(o, "policy.fail_on")
	if err != nil {
		return nil, err
	}
	r := &replayRun{gate: g, report: g.newReport(name)}
	if err := r.refuse(idleFlags[name]...); err != nil {
		return nil, err
	}
	r.command, err = o.reducerCommand()
	return r, err
}

// answer runs a command and gives its report: what it could not read makes the
// run unchecked, in every format.
func (r *replayRun) answer(ctx context.Context, logs []string, work func(context.Context) error) error {
	return r.conclude(ctx, func(ctx context.Context) error {
		var err error
		if r.log, err = r.options.openLogs(ctx, logs); err != nil {
			return err
		}
		return work(ctx)
	})
}

// conclude does the work and gives its report.
func (r *replayRun) conclude(ctx context.Context, work func(context.Context) error) error {
	err := work(ctx)
	if broken := r.endReducer(); broken != nil && err == nil {
		r.withdraw()
		err = broken
	}
	if err != nil {
		if err := r.fail(r.report, err); err != nil {
			return err
		}
	}
	if r.log != nil {
		r.report.Inputs = append(r.report.Inputs, logInput(r.log))
		r.leftOut(err == nil)
	}
	remark(r.report.Tables, r.remarks)
	remark(r.report.TerminalTables, r.remarks)
	if r.stats != nil {
		r.report.Errors = append(r.report.Errors, unreadable(r.stats)...)
	}
	if err := r.waive(); err != nil {
		return err
	}
	r.report.Normalize()
	r.document(r.report)
	return r.finish(ctx, r.report)
}

// waive applies waivers and baseline to what was found. A question that finds
// nothing reads neither file, unless it was told to.
func (r *replayRun) waive() error {
	flags := r.options.flags
	if len(r.report.Findings) == 0 && !flags.Changed("waivers") && !flags.Changed("baseline") {
		return nil
	}
	return r.applyWaivers(r.report, nil, waiver.Scope{}) // of other logs' waivers nothing was learnt
}

// remark puts remarks below the last table.
func remark(tables []report.Table, remarks []string) {
	if n := len(tables); n > 0 {
		tables[n-1].Notes = append(tables[n-1].Notes, remarks...)
	}
}

// reducers reads the reducers of nexus.yaml, by name, and makes the one that merges
// all data. The upcasters of nexus.yaml go before each.
func (o *options) reducers() (named map[string]*replay.Reducer, merge *replay.Reducer, err error) {
	if o.config.doc == nil {
		return nil, replay.MergeReducer(nil), nil
	}
	chain, err := o.upcasters()
	if err != nil {
		return nil, nil, err
	}
	file, _ := o.config.doc.Value().(map[string]any)
	merge = replay.MergeReducer(chain)
	if file["reducers"] == nil {
		return nil, merge, nil
	}
	specs, err := replay.ParseReducers(o.config.doc, "/reducers")
	if err != nil {
		return nil, nil, usage(err)
	}
	named = map[string]*replay.Reducer{}
	for name, spec := range specs {
		if named[name], err = spec.Compile(chain); err != nil {
			return nil, nil, usage(fmt.Errorf("%s: reducer %s: %w", o.config.file, name, err))
		}
	}
	return named, merge, nil
}

// reducer is the one that --reducer names, else the only one that is for the
// stream, else the merge of all data.
func (o *options) reducer(stream string) (*replay.Reducer, error) {
	all, merge, err := o.reducers()
	if err != nil {
		return nil, err
	}
	if name := flagText(o.flags, "reducer"); name != "" {
		return namedReducer(all, name)
	}
	var fitting []string
	for name, r := range all {
		if stream == "" || r.Handles(stream) {
			fitting = append(fitting, name)
		}
	}
	slices.Sort(fitting)
	switch len(fitting) {
	case 0:
		return merge, nil
	case 1:
		return all[fitting[0]], nil
	}
	return nil, usagef("choosing a reducer: %s would do", strings.Join(fitting, " and ")).hint("name one: --reducer %s", fitting[0])
}

// namedReducer finds a reducer by its name.
func namedReducer(all map[string]*replay.Reducer, name string) (*replay.Reducer, error) {
	if r := all[name]; r != nil {
		return r, nil
	}
	var names []string
	for known := range all {
		names = append(names, known)
	}
	slices.Sort(names)
	if len(names) == 0 {
		return nil, usagef("unknown reducer %q", name).hint("nexus.yaml has no reducers; docs/replay.md shows how they are written")
	}
	return nil, unknown("reducer", name, names)
}

// unreadable are the records that could not be read, as the report shows them.
func unreadable(stats *replay.Stats) []report.Problem {
	var problems []report.Problem
	for _, broken := range stats.Broken[:min(len(stats.Broken), maxUnreadable)] {
		problems = append(problems, recordProblem(broken))
	}
	if left := stats.BrokenCount - int64(len(problems)); left > 0 {
		problems = append(problems, report.Problem{Code: "unreadable-record", Message: report.Count(int(left), "further record") + " could not be read"})
	}
	return problems
}

// point reads a point of the command line; an empty text is the end.
func point(flag, text string) (replay.Point, error) {
	if text == "" {
		return replay.Point{}, nil
	}
	p, err := replay.ParsePoint(text)
	if err != nil {
		return p, usage(fmt.Errorf("reading --%s: %w", flag, err))
	}
	return p, nil
}

// instant reads a time of the command line.
func instant(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return at, usagef("reading --%s: %q is no time in RFC 3339", flag, text).hint("write it as 2026-01-31T10:00:00Z")
	}
	return at.UTC(), nil
}

// bothViews builds the answer twice: as everybody may see it, and as the person
// at the terminal does.
func (r *replayRun) bothViews(build func(to *report.Report, v view)) {
	if r.showData() {
		build(r.report, view{})
		return
	}
	build(r.report, view{show: func(_ replay.Path, value any) any { return redactor{}.value("", value) }})
	whole := *r.report
	build(&whole, view{})
	r.report.TerminalTables = whole.Tables
}

// view shows recorded values, or what stands for them.
type view struct {
	show replay.Redactor // nil shows all
}

// value is a recorded value as it may be shown.
func (v view) value(value any) any {
	if v.show == nil {
		return value
	}
	return v.show(nil, value)
}

// text is a recorded value as JSON.
func (v view) text(value any, missing bool) string {
	if missing {
		return "-"
	}
	shown := v.value(value)
	if text, ok := shown.(string); ok && v.show != nil {
		return text // it stands for a value and is none
	}
	return spaced(document.Encode(shown))
}

// spaced is JSON text with spaces between its members and elements, where a line
// may be broken.
func spaced(text string) string {
	var b strings.Builder
	quoted, escaped := false, false
	for _, c := range text {
		b.WriteRune(c)
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == ':'):
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// members are the names of a state's members, where its values may not be shown.
func (v view) members(state *replay.State) string {
	object, ok := state.Value().(map[string]any)
	if v.show == nil || !ok {
		return v.text(state.Value(), false)
	}
	return strings.Join(slices.Sorted(maps.Keys(object)), ", ")
}

// notes say that recorded values are hidden, where they are.
func (v view) notes() []string {
	if v.show == nil {
		return nil
	}
	return []string{"recorded values are hidden here; --show-data shows them"}
}

// noted is a table that says when its values are hidden.
func (v view) noted(t report.Table) report.Table {
	t.Notes = append(t.Notes, v.notes()...)
	return t
}

// notedLast is tables whose last one, if any, says when values are hidden.
func (v view) notedLast(tables []report.Table) []report.Table {
	remark(tables, v.notes())
	return tables
}

// notApplied reports the events that a reducer could not apply: a state that lacks
// them must not pass for the right one.
func (r *replayRun) notApplied(failed []*replay.ApplyError) {
	for _, f := range failed[:min(len(failed), maxUnreadable)] {
		line := int(max(f.Line, 1))
		r.report.Errors = append(r.report.Errors, report.Problem{Code: "not-applied", Message: f.Error(), Location: &report.Location{
			File: f.File, Line: line, Column: 1, EndLine: line, EndColumn: 1, Side: "new", Offset: &f.Offset,
		}})
	}
	if left := len(failed) - maxUnreadable; left > 0 {
		r.report.Errors = append(r.report.Errors, report.Problem{Code: "not-applied", Message: report.Count(left, "further event") + " could not be applied"})
	}
}

// timeText is a time as reports show it, or a dash.
func timeText(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// timeData is a time as the data of a report has it; nil when it is not known.
func timeData(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := timeText(t)
	return &text
}

// sequenceText is an event's place in its stream, or a dash.
func sequenceText(e *event.Event) string {
	if !e.HasSequence {
		return "-"
	}
	return fmt.Sprint(e.Sequence)
}

// changesText sums changes up on a line: status "placed" -> "paid".
func (v view) changesText(changes []replay.Change) string {
	parts := make([]string, len(changes))
	for i, c := range changes {
		switch after := v.text(c.After, c.Removed); {
		case c.Added && v.show != nil:
			parts[i] = c.Path.String() + " set"
		case c.Added:
			parts[i] = c.Path.String() + " = " + after
		case c.Removed:
			parts[i] = c.Path.String() + " removed"
		case v.show != nil:
			parts[i] = c.Path.String() + " changed"
		default:
			parts[i] = c.Path.String() + " " + v.text(c.Before, false) + " -> " + after
		}
	}
	return cmp.Or(strings.Join(parts, ", "), "nothing")
}
