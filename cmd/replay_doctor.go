package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/event/index"
	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/report"
)

func (a *app) replayDoctorCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "doctor LOG...",
		Short: "Find what is wrong with a log: gaps, duplicates, disorder, broken causation, invalid events",
		Long: `Reads the log once and reports gaps, duplicates, events out of order, time that runs
back, causes that are missing, and records that cannot be read. With --catalog, or with
--against a registry, every event is also judged by its schema.`,
		Example: `  nexus replay doctor log.ndjson
  nexus replay doctor log.ndjson --catalog catalog --report junit=doctor.xml
  nexus replay doctor log.ndjson --against confluent:central`,
		Args: takes("LOG..."),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := a.newReplay(cmd, "replay doctor")
			if err != nil {
				return err
			}
			return r.answer(cmd.Context(), args, r.doctor)
		},
	}
	a.bindGate(c)
	a.bindReplay(c)
	a.bindEventSchemas(c)
	return c
}

func (r *replayRun) doctor(ctx context.Context) error {
	schemas, err := r.eventSchemas(ctx)
	if err != nil {
		return err
	}
	o := replay.DoctorOptions{}
	if schemas != nil {
		o.Validate = schemas.judge
	}
	found, err := replay.Doctor(ctx, r.log, o)
	if err != nil {
		return unchecked(err)
	}
	if schemas != nil {
		found.LeaveUndecided(replay.RuleInvalid, schemas.unjudged...)
	}
	to := r.report
	to.Checked, to.Findings, to.Checks, to.Tables, to.Data = int(found.Events), found.Findings, found.Checks, found.Tables(), found
	to.Errors = append(to.Errors, found.Problems...)
	if schemas != nil {
		schemas.conclude(r)
	}
	if found.Streams == 0 && found.Events > 0 && to.Command == "replay doctor" { // --validate judges events, of streams or not
		to.Errors = append(to.Errors, r.noStreams(found.Events))
	}
	to.Headline = fmt.Sprintf("%s of %s examined", report.Count(int(found.Events), "event"), report.Count(found.Streams, "stream"))
	if summary := to.Summary().String(); summary != "" {
		to.Headline += ": " + summary
	} else {
		to.Headline += ": nothing wrong"
	}
	return nil
}

func (a *app) replayTraceCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "trace LOG ID",
		Short: "Draw what caused what, across streams, with the time between cause and effect",
		Long:  `ID is a correlation id or the id of an event; of an event, all that shares its correlation is shown.`,
		Example: `  nexus replay trace log.ndjson c9
  nexus replay trace log.ndjson e17 --format json`,
		Args: takes("LOG", "ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := a.newReplay(cmd, "replay trace")
			if err != nil {
				return err
			}
			return r.answer(cmd.Context(), args[:1], func(ctx context.Context) error { return r.trace(ctx, args[1]) })
		},
	}
	a.bindGate(c)
	a.bindReplay(c)
	return c
}

func (r *replayRun) trace(ctx context.Context, id string) error {
	var reader *index.Reader
	x, err := r.freshIndex()
	if err != nil {
		return err
	}
	if x != nil {
		defer x.Close()
		reader = x.Reader(r.log)
		defer reader.Close()
	}
	tree, err := replay.Trace(ctx, r.log, reader, id)
	switch {
	case errors.Is(err, replay.ErrNoEvent):
		return usage(err)
	case err != nil:
		return unchecked(err)
	}
	r.stats = &replay.Stats{BrokenCount: int64(tree.Unreadable)}
	table := report.Table{Title: "Trace of " + id, Columns: []string{"Event"}}
	for _, line := range tree.Lines() {
		// A table swallows other spaces than those that may not be broken at.
		branch := strings.TrimSuffix(line.Branch, " ")
		indent := strings.ReplaceAll(branch, " ", "\u00a0")
		table.Rows = append(table.Rows, []string{indent + strings.TrimPrefix(line.String(), branch)})
	}
	to := r.report
	to.Checked, to.Tables, to.Data = len(table.Rows), []report.Table{table}, tree
	to.Headline = report.Count(len(table.Rows), "event") + " traced"
	if tree.Correlation != "" {
		to.Headline += ", correlation " + tree.Correlation
	}
	return nil
}

func (a *app) replaySnapshotsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "snapshots LOG",
		Short: "Measure what snapshots of the streams would save, and what they would cost",
		Args:  takes("LOG"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := a.newReplay(cmd, "replay snapshots")
			if err != nil {
				return err
			}
			perRead, _ := cmd.Flags().GetFloat64("writes-per-read")
			if perRead <= 0 {
				return usagef("reading --writes-per-read: %g is not above 0", perRead)
			}
			return r.answer(cmd.Context(), args, func(ctx context.Context) error { return r.snapshots(ctx, perRead) })
		},
	}
	a.bindGate(c)
	a.bindReplay(c)
	c.Flags().Float64("writes-per-read", 1, "how many events are appended for one read of a stream")
	return c
}

func (r *replayRun) snapshots(ctx context.Context, perRead float64) error {
	reducer, err := r.reducer(ctx, "")
	if err != nil {
		return err
	}
	advice, err := replay.Snapshots(ctx, r.log, reducer, replay.SnapshotOptions{WritesPerRead: perRead})
	if err != nil {
		return r.unfolded(err)
	}
	r.stats = &advice.Stats
	to := r.report
	to.Checked, to.Tables, to.Data, to.Headline = advice.Streams, advice.Tables(), advice.Data(), strings.TrimSpace(advice.Headline())
	to.Charts = []report.Chart{advice.Chart()}
	return nil
}
