package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/ui"
)

func (a *app) replayCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "replay LOG",
		Short: "Travel through an exported event log: what happened, when, and because of which event",
		Long: `Without a flag it sums the log up: streams, types, span, and how the log was
understood. With --stream it replays one stream step by step, with --all the state of
every stream. The log is a file, a folder, a quoted glob, or - for standard input;
its form is found out.`,
		Example: `  nexus replay log.ndjson
  nexus replay log.ndjson --stream order-17 --at 3
  nexus replay log.ndjson --stream order-17 --known-at 2026-01-31T10:00:00Z
  nexus replay log.ndjson --all --at 2026-01-31T10:00:00Z --format json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("nexus replay: LOG is missing").hint("usage: nexus replay LOG; nexus replay --help lists the commands")
			}
			if err := a.isLog(cmd, args[0]); err != nil {
				return err
			}
			return takes("LOG")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := a.newReplay(cmd, "replay")
			if err != nil {
				return err
			}
			t := &timeline{replayRun: r}
			if err := t.parse(); err != nil {
				return err
			}
			return r.answer(cmd.Context(), args, t.run)
		},
	}
	a.bindGate(c)
	a.bindReplay(c)
	f := c.Flags()
	f.String("stream", "", "replay the stream with this `ID`")
	f.Bool("all", false, "the state of every stream")
	f.String("at", "", "up to this `POINT`: a sequence, a time in RFC 3339, or an event's id; seq:, time: and id: force it")
	f.String("known-at", "", "as it was known at this `TIME`: leave out what was recorded later")
	f.Bool("validate", false, "judge every event by its schema in the catalog or the registry, as nexus replay doctor does")
	a.bindEventSchemas(c)
	f.BoolP("interactive", "i", false, "step through the stream on the terminal")
	f.String("where", "", "only events for which this `EXPRESSION` is true, such as 'event.type == \"OrderPlaced\"'")
	c.AddCommand(
		a.replayDiffCommand(), a.replayBlameCommand(), a.replayBisectCommand(), a.replayWhatIfCommand(),
		a.replayCompareCommand(), a.replayMinimiseCommand(), a.replayVerifyCommand(), a.replayIndexCommand(),
		a.replayDoctorCommand(), a.replayTraceCommand(), a.replaySnapshotsCommand(), a.replayExportCommand(),
		a.replayGenerateCommand(),
	)
	return c
}

// isLog refuses a name that no file has; one near to a sub-command was meant for it.
func (a *app) isLog(cmd *cobra.Command, name string) error {
	if name == "-" || strings.ContainsAny(name, "*?[") {
		return nil
	}
	if _, err := os.Stat(a.abs(name)); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if near := report.Nearest("nexus replay "+name, commandPaths(cmd)); near != "" && !strings.ContainsAny(name, "./\\") {
		return usagef("unknown command %q", "nexus replay "+name).hint("did you mean %q?", near).hint("./%s reads a log of that name", name)
	}
	return a.missingFor("reading the log", name)
}

// timeline is one run of nexus replay.
type timeline struct {
	*replayRun
	id      string
	all     bool
	at      replay.Point
	knownAt time.Time
	where   *replay.Expr
}

func (t *timeline) parse() error {
	flags := t.options.flags
	t.id, t.all = flagText(flags, "stream"), flagText(flags, "all") == "true"
	var err error
	if t.at, err = point("at", flagText(flags, "at")); err != nil {
		return err
	}
	if t.knownAt, err = instant("known-at", flagText(flags, "known-at")); err != nil {
		return err
	}
	if text := flagText(flags, "where"); text != "" {
		if t.where, err = replay.ParseExpr(text); err != nil {
			return usage(fmt.Errorf("reading --where: %w", err))
		}
	}
	return t.contradiction()
}

// contradiction refuses flags that do not go together: one that were passed over
// would answer another question than was asked.
func (t *timeline) contradiction() error {
	flags := t.options.flags
	interactive, validate := flagText(flags, "interactive") == "true", flagText(flags, "validate") == "true"
	switch {
	case validate && (t.id != "" || t.all || t.where != nil || interactive || flagText(flags, "at")+flagText(flags, "known-at") != ""):
		return usagef("nexus replay --validate: it judges the whole log").hint("leave the other flags out")
	case t.all && t.where != nil:
		return usagef("nexus replay: --all and --where cannot be combined").hint("name a stream with --stream")
	case interactive && t.id == "":
		return usagef("nexus replay -i: it steps through one stream").hint("name it with --stream")
	case interactive && !ui.NewTerminal(t.app.stdout, t.app.env, "auto").Interactive:
		return usagef("nexus replay -i: standard output is no terminal").hint("without -i the timeline is printed")
	case !validate && flags.Changed("against"):
		return usagef("nexus replay --against: it says by which schemas events are judged").hint("add --validate")
	case t.all && t.id != "":
		return usagef("nexus replay: --all and --stream contradict each other")
	case t.at.NeedsStream() && t.id == "":
		return usagef("reading --at: %s is a point of one stream", t.at).hint("name it with --stream, or give a time")
	case t.id == "" && !t.all && flagText(flags, "at")+flagText(flags, "known-at") != "":
		return usagef("nexus replay: --at and --known-at need a stream, or all").hint("add --stream ID or --all")
	}
	return t.refuse(t.idle(validate)...)
}

// idle are the flags that play no part in what is asked.
func (t *timeline) idle(validate bool) []string {
	switch {
	case validate:
		return []string{"index", "reducer", "reducer-cmd"}
	case t.id != "":
		return []string{"catalog"}
	case t.all:
		return []string{"catalog", "index"}
	}
	return []string{"catalog", "index", "reducer", "reducer-cmd"}
}

func (t *timeline) run(ctx context.Context) error {
	switch {
	case flagText(t.options.flags, "validate") == "true":
		return t.doctor(ctx)
	case t.id != "" && t.wantsState():
		return t.state(ctx)
	case t.id != "":
		return t.one(ctx)
	case t.all:
		return t.every(ctx)
	}
	return t.summary(ctx)
}

// stepData is one step in the report's data.
type stepData struct {
	Sequence    *int64       `json:"sequence"` // null when the log has none
	Time        *string      `json:"time"`
	ID          string       `json:"id"`
	Type        string       `json:"type"`
	Correlation string       `json:"correlation"`
	Changes     []changeData `json:"changes"`
	Error       *string      `json:"error"` // why the event could not be applied
}

// changeData is one changed value.
type changeData struct {
	Path    string `json:"path"`
	Before  any    `json:"before"` // null where there was nothing
	After   any    `json:"after"`
	Added   bool   `json:"added"`
	Removed bool   `json:"removed"`
	Rule    string `json:"rule"`
}

// timelineData is the payload of nexus replay for one stream.
type timelineData struct {
	Stream     string     `json:"stream"`
	Reducer    string     `json:"reducer"`
	Duplicates int        `json:"duplicates"`
	Earlier    int        `json:"earlier"` // events folded into the state before the steps
	Steps      []stepData `json:"steps"`
	State      any        `json:"state"`
}

// one replays a stream.
func (t *timeline) one(ctx context.Context) error {
	stream, err := t.stream(ctx, t.id)
	if err != nil {
		return err
	}
	reducer, err := t.reducer(ctx, t.id)
	if err != nil {
		return err
	}
	if t.where != nil {
		if stream.Events, err = chosen(stream.Events, t.where); err != nil {
			return err
		}
	}
	var steps []replay.Step
	var failed []*replay.ApplyError
	state := reducer.Init()
	for step, err := range replay.Timeline(reducer, stream, replay.Options{At: t.at, KnownAt: t.knownAt}) {
		if err != nil {
			return t.unanswered(err)
		}
		steps, state = append(steps, step), step.After
		if step.Err != nil {
			failed = append(failed, step.Err)
		}
	}
	if flagText(t.options.flags, "interactive") == "true" {
		if err := t.interact(ctx, stream, reducer, steps); err != nil {
			return err
		}
		t.shown = true
	}
	t.notApplied(failed)
	t.bothViews(func(to *report.Report, v view) { t.show(to, v, stream, reducer, steps, state, 0) })
	return nil
}

// chosen keeps the events for which an expression is true.
func chosen(events []*event.Event, where *replay.Expr) ([]*event.Event, error) {
	var kept []*event.Event
	for _, e := range events {
		wanted, err := where.Bool(replay.Scope{Event: e})
		if err != nil {
			return nil, usage(fmt.Errorf("%s:%d: %w", e.File, e.Line, err))
		}
		if wanted {
			kept = append(kept, e)
		}
	}
	return kept, nil
}

// show fills a report with the steps and the state behind them and behind a
// number of earlier ones.
func (t *timeline) show(to *report.Report, v view, s replay.Stream, reducer *replay.Reducer, steps []replay.Step, state *replay.State, earlier int) {
	table := report.Table{Title: s.ID, Columns: []string{"Sequence", "Time", "Event", "What changed"}}
	data := timelineData{Stream: s.ID, Reducer: reducer.Name(), Duplicates: s.Duplicates, Earlier: earlier, Steps: []stepData{}, State: v.value(state.Value())}
	for _, step := range steps {
		changed := v.changesText(step.Changed)
		if step.Err != nil {
			changed = "not applied: " + step.Err.Error()
		}
		table.Rows = append(table.Rows, []string{sequenceText(step.Event), timeText(step.Event.Time), step.Event.Type, changed})
		data.Steps = append(data.Steps, v.step(step))
	}
	if t.where != nil {
		table.Notes = append(table.Notes, "only the events for which "+t.where.String()+" are folded, so that the state is theirs alone")
	}
	if s.Duplicates > 0 {
		table.Notes = append(table.Notes, report.Count(s.Duplicates, "event")+" delivered again changed nothing")
	}
	if earlier > 0 {
		table.Notes = append(table.Notes, report.Count(earlier, "earlier event")+" folded into the state and not listed; without --at all are")
	}
	to.Checked = earlier + len(steps)
	to.Tables = []report.Table{table, v.stateTable("State", state)}
	to.Data = data
	to.Headline = fmt.Sprintf("%s of %s replayed by %s", report.Count(to.Checked, "event"), s.ID, reducer)
}

func (v view) step(step replay.Step) stepData {
	e := step.Event
	d := stepData{Time: timeData(e.Time), ID: string(e.ID), Type: e.Type, Correlation: string(e.CorrelationID), Changes: []changeData{}}
	if e.HasSequence {
		d.Sequence = &e.Sequence
	}
	for _, c := range step.Changed {
		d.Changes = append(d.Changes, v.change(c))
	}
	if step.Err != nil {
		text := step.Err.Error()
		d.Error = &text
	}
	return d
}

func (v view) change(c replay.Change) changeData {
	return changeData{c.Path.String(), v.value(c.Before), v.value(c.After), c.Added, c.Removed, c.Rule}
}

// stateTable lists the values of a state by their paths.
func (v view) stateTable(title string, s *replay.State) report.Table {
	table := report.Table{Title: title, Columns: []string{"Path", "Value"}, Notes: v.notes()}
	for _, c := range replay.Diff(replay.NewState(map[string]any{}), s) {
		table.Rows = append(table.Rows, []string{c.Path.String(), v.text(c.After, c.Removed)})
	}
	return table
}

// summaryData is the payload of nexus replay without a flag.
type summaryData struct {
	Events  int64          `json:"events"`
	Streams int            `json:"streams"`
	First   *string        `json:"first"` // null when no event says when it happened
	Last    *string        `json:"last"`
	Types   map[string]int `json:"types"`
	Mapping string         `json:"mapping"`
}

// summary counts what the log holds.
func (t *timeline) summary(ctx context.Context) error {
	data := summaryData{Types: map[string]int{}, Mapping: t.log.Mapping().String()}
	streams := map[string]struct{}{}
	var first, last time.Time
	t.stats = &replay.Stats{}
	for e, err := range t.log.Events(ctx) {
		if broken, ok := errors.AsType[*event.RecordError](err); ok {
			t.stats.Broken, t.stats.BrokenCount = append(t.stats.Broken, broken), t.stats.BrokenCount+1
			continue
		}
		if err != nil {
			return unchecked(err)
		}
		if t.where != nil {
			if wanted, err := t.where.Bool(replay.Scope{Event: e}); err != nil {
				return usage(fmt.Errorf("%s:%d: %w", e.File, e.Line, err))
			} else if !wanted {
				continue
			}
		}
		data.Events++
		data.Types[e.Type]++
		if e.Stream != nil {
			if _, known := streams[string(e.Stream)]; !known {
				streams[string(e.Stream)] = struct{}{}
			}
		}
		if !e.Time.IsZero() && (first.IsZero() || e.Time.Before(first)) {
			first = e.Time
		}
		if e.Time.After(last) {
			last = e.Time
		}
	}
	data.Streams, data.First, data.Last = len(streams), timeData(first), timeData(last)
	table := report.Table{Title: "Types", Columns: []string{"Type", "Events"}, Notes: []string{"Read as " + data.Mapping}}
	names := make([]string, 0, len(data.Types))
	for name := range data.Types {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		table.Rows = append(table.Rows, []string{name, fmt.Sprint(data.Types[name])})
	}
	r := t.report
	r.Checked, r.Tables, r.Data = int(data.Events), []report.Table{table}, data
	r.Headline = fmt.Sprintf("%s of %s in %s", report.Count(int(data.Events), "event"),
		report.Count(len(names), "type"), report.Count(data.Streams, "stream"))
	if data.First != nil {
		r.Headline += fmt.Sprintf(", from %s to %s", *data.First, *data.Last)
	}
	return nil
}

// interact steps through a stream on the terminal. An event that is turned off is
// left out, and the stream is folded anew without it.
func (t *timeline) interact(ctx context.Context, s replay.Stream, reducer *replay.Reducer, steps []replay.Step) error {
	show := func(steps []replay.Step, off map[int]bool) []ui.TimelineStep {
		shown, next := make([]ui.TimelineStep, len(s.Events)), 0
		state := reducer.Init()
		for i, e := range s.Events {
			step := replay.Step{Event: e, Before: state, After: state}
			if !off[i] && next < len(steps) && steps[next].Event == e {
				step, next = steps[next], next+1
			}
			state = step.After
			shown[i] = timelineStep(step)
		}
		return shown
	}
	var broken error // of the team's own reducer, which ends all answers
	err := ui.RunTimeline(ctx, ui.NewTerminal(t.app.stdout, t.app.env, t.color), t.app.stdin, t.app.stdout, ui.TimelineModel{
		Title: s.ID, Steps: show(steps, nil),
		Toggle: func(off map[int]bool) []ui.TimelineStep {
			rest := replay.Stream{ID: s.ID}
			for i, e := range s.Events {
				if !off[i] {
					rest.Events = append(rest.Events, e)
				}
			}
			var again []replay.Step
			for step, err := range replay.Timeline(reducer, rest, replay.Options{At: t.at, KnownAt: t.knownAt}) {
				if failed, ok := errors.AsType[*replay.CommandError](err); ok {
					broken = failed
					return nil
				}
				if err != nil {
					break // a point was asked for that went with its event
				}
				again = append(again, step)
			}
			return show(again, off)
		},
	})
	if broken != nil {
		return t.unanswered(broken)
	}
	return err
}

// timelineStep is a step as the terminal shows it: whole, since a person is there.
func timelineStep(step replay.Step) ui.TimelineStep {
	var v view
	changed := v.changesText(step.Changed)
	if step.Err != nil {
		changed = "not applied: " + step.Err.Error()
	}
	var lines []string
	for _, c := range step.Changed {
		lines = append(lines, v.changesText([]replay.Change{c}))
	}
	state := step.After
	return ui.TimelineStep{
		Label: sequenceText(step.Event), Time: timeText(step.Event.Time), Type: step.Event.Type, Summary: changed, Changes: lines,
		State: func() string {
			text, err := json.MarshalIndent(state, "", "  ")
			if err != nil {
				return err.Error()
			}
			return string(text)
		},
	}
}
