package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/report"
)

func (a *app) replayDiffCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "diff LOG STREAM [STREAM2]",
		Short: "Show what differs between two points of a stream, or between two streams",
		Example: `  nexus replay diff log.ndjson order-17 --from 2 --to 5
  nexus replay diff log.ndjson order-17 order-18 --at 2026-01-31T10:00:00Z`,
		Args: takes("LOG", "STREAM", "[STREAM2]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := a.newReplay(cmd, "replay diff")
			if err != nil {
				return err
			}
			d := &stateDiff{replayRun: r, streams: args[1:]}
			if err := d.parse(); err != nil {
				return err
			}
			if err := r.answer(cmd.Context(), args[:1], d.run); err != nil {
				return err
			}
			if exit, _ := cmd.Flags().GetBool("exit-code"); exit && d.differs {
				return &exitError{code: exitFindings}
			}
			return nil
		},
	}
	a.bindGate(c)
	a.bindReplay(c)
	f := c.Flags()
	f.String("from", "", "the earlier `POINT` of one stream")
	f.String("to", "", "the later `POINT` of one stream (default: its end)")
	f.String("at", "", "the `POINT` at which two streams are compared (default: their ends)")
	f.Bool("exit-code", false, "exit 1 when there is a difference, as git does")
	return c
}

// stateDiff is one run of the command.
type stateDiff struct {
	*replayRun
	streams  []string
	from, to replay.Point
	differs  bool
}

func (d *stateDiff) parse() error {
	flags := d.options.flags
	one := len(d.streams) == 1
	switch {
	case one && flagText(flags, "from") == "":
		return usagef("nexus replay diff: --from is missing").hint("name a point of %s, such as --from 1", d.streams[0])
	case one && flagText(flags, "at") != "", !one && flagText(flags, "from")+flagText(flags, "to") != "":
		return usagef("nexus replay diff: --at is for two streams, --from and --to are for one")
	}
	fromName, toName := "from", "to"
	if !one {
		fromName, toName = "at", "at"
	}
	var err error
	if d.from, err = point(fromName, flagText(flags, fromName)); err != nil {
		return err
	}
	d.to, err = point(toName, flagText(flags, toName))
	return err
}

func (d *stateDiff) run(ctx context.Context) error {
	reducer, err := d.reducer(ctx, d.streams[0])
	if err != nil {
		return err
	}
	difference, err := d.sought(ctx, reducer)
	if err == nil && difference == nil {
		difference, err = d.folded(ctx, reducer)
	}
	if err != nil {
		return err
	}
	d.differs = len(difference.Changes) > 0
	d.notApplied(difference.Failed)
	d.bothViews(func(to *report.Report, v view) {
		to.Checked, to.Data = len(difference.Changes), difference.Data(v.show)
		to.Tables = []report.Table{v.noted(difference.Table(v.show))}
		to.Headline = report.Count(len(difference.Changes), "difference")
	})
	return nil
}

// folded is the difference between two states that are folded from their start.
func (d *stateDiff) folded(ctx context.Context, reducer *replay.Reducer) (*replay.Difference, error) {
	first, err := d.stream(ctx, d.streams[0])
	if err != nil {
		return nil, err
	}
	var difference *replay.Difference
	if len(d.streams) == 1 {
		difference, err = replay.DiffPoints(reducer, first, d.from, d.to)
	} else {
		second, failed := d.stream(ctx, d.streams[1])
		if failed != nil {
			return nil, failed
		}
		difference, err = replay.DiffStreams(reducer, first, second, d.to)
	}
	if err != nil {
		return nil, d.unanswered(err)
	}
	return difference, nil
}
