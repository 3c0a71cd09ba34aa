package cmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/report"
)

func (a *app) replayBlameCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "blame LOG STREAM PATH",
		Short: "Say which event wrote a value, by which rule, and who wrote it before",
		Example: `  nexus replay blame log.ndjson order-17 .balance
  nexus replay blame log.ndjson order-17 .items[0].sku --at 4`,
		Args: takes("LOG", "STREAM", "PATH"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := a.newReplay(cmd, "replay blame")
			if err != nil {
				return err
			}
			path, err := replay.ParsePath(args[2])
			if err != nil {
				return usage(fmt.Errorf("reading PATH: %w", err))
			}
			at, err := point("at", flagText(cmd.Flags(), "at"))
			if err != nil {
				return err
			}
			return r.answer(cmd.Context(), args[:1], func(ctx context.Context) error { return r.blame(ctx, args[1], path, at) })
		},
	}
	a.bindGate(c)
	a.bindReplay(c)
	c.Flags().String("at", "", "as of this `POINT` (default: the end)")
	return c
}

func (r *replayRun) blame(ctx context.Context, id string, path replay.Path, at replay.Point) error {
	stream, err := r.stream(ctx, id)
	if err != nil {
		return err
	}
	reducer, err := r.reducer(ctx, id)
	if err != nil {
		return err
	}
	found, err := replay.Blame(reducer, stream, path, replay.Options{At: at})
	if err != nil {
		return r.unanswered(err)
	}
	r.notApplied(found.Failed)
	written := len(found.Writes)
	if found.Writes[written-1].Event == nil {
		written-- // the state began with a value
	}
	r.bothViews(func(to *report.Report, v view) {
		to.Checked, to.Data = written, found.Data(v.show)
		to.Tables = []report.Table{v.noted(found.Table(v.show))}
		to.Headline = fmt.Sprintf("%s of %s was written %s", path, id, times(written))
	})
	return nil
}

func times(n int) string {
	switch n {
	case 0:
		return "by no event"
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

func (a *app) replayBisectCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "bisect LOG STREAM --expr E",
		Short: "Find the first event that makes an expression about the state true",
		Long: `Replays the stream and judges the expression behind every event, so that the answer is
right also when the expression turns false again, and says so. An expression that is
true of no state is exit 1.`,
		Example: `  nexus replay bisect log.ndjson order-17 --expr 'state.balance < 0'`,
		Args:    takes("LOG", "STREAM"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := a.newReplay(cmd, "replay bisect")
			if err != nil {
				return err
			}
			expression, err := expressionFlag(cmd)
			if err != nil {
				return err
			}
			return r.answer(cmd.Context(), args[:1], func(ctx context.Context) error { return r.bisect(ctx, args[1], expression) })
		},
	}
	a.bindGate(c)
	a.bindReplay(c)
	c.Flags().String("expr", "", "an `EXPRESSION` about state, previous and event")
	return c
}

// expressionFlag reads --expr, which must be there.
func expressionFlag(cmd *cobra.Command) (*replay.Expr, error) {
	text := flagText(cmd.Flags(), "expr")
	if text == "" {
		return nil, usagef("%s: --expr is missing", cmd.CommandPath()).hint("for example --expr 'state.balance < 0'")
	}
	expression, err := replay.ParseExpr(text)
	if err != nil {
		return nil, usage(fmt.Errorf("reading --expr: %w", err))
	}
	return expression, nil
}

func (r *replayRun) bisect(ctx context.Context, id string, expression *replay.Expr) error {
	stream, err := r.stream(ctx, id)
	if err != nil {
		return err
	}
	reducer, err := r.reducer(ctx, id)
	if err != nil {
		return err
	}
	found, err := replay.Bisect(reducer, stream, expression, replay.Options{})
	if never, ok := errors.AsType[*replay.NeverError](err); ok {
		r.report.Findings = append(r.report.Findings, never.Finding())
		r.report.Checked, r.report.Headline = never.Events, never.Error()
		r.report.Data = replay.BisectionData{
			Stream: id, Expr: expression.String(), Events: never.Events, Flips: []replay.FlipData{}, Changes: []replay.ChangeData{},
		}
		return nil
	}
	if err != nil {
		return r.unanswered(err)
	}
	r.notApplied(found.Failed)
	r.bothViews(func(to *report.Report, v view) {
		to.Checked, to.Data, to.Headline = found.Events, found.Data(v.show), found.Headline()
		to.Tables = v.notedLast(found.Tables(v.show))
	})
	return nil
}
