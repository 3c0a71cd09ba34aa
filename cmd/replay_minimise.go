package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/report"
)

func (a *app) replayMinimiseCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "minimise LOG STREAM --expr E -o FILE",
		Short: "Write the smallest part of a stream that still makes an expression true",
		Example: `  nexus replay minimise log.ndjson order-17 --expr 'state.balance < 0' -o debt.ndjson
  nexus replay debt.ndjson --stream order-17`,
		Args: takes("LOG", "STREAM"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := a.newReplay(cmd, "replay minimise")
			if err != nil {
				return err
			}
			expression, err := expressionFlag(cmd)
			if err != nil {
				return err
			}
			out, err := a.newOutput(cmd)
			if err != nil {
				return err
			}
			return r.answer(cmd.Context(), args[:1], func(ctx context.Context) error { return r.minimise(ctx, args[1], expression, out) })
		},
	}
	a.bindGate(c)
	a.bindReplay(c)
	c.Flags().String("expr", "", "an `EXPRESSION` about state, previous and event")
	c.Flags().StringP("output", "o", "", "the `FILE` to write; it must not be there")
	return c
}

// newOutput is the file that --output names, which is never overwritten.
func (a *app) newOutput(cmd *cobra.Command) (string, error) {
	name := flagText(cmd.Flags(), "output")
	if name == "" {
		return "", usagef("%s: --output is missing", cmd.CommandPath()).hint("name a file: -o FILE")
	}
	if _, err := os.Lstat(a.abs(name)); !errors.Is(err, fs.ErrNotExist) {
		return "", usagef("writing %s: it is there already", name).hint("nexus never overwrites it; move it away first")
	}
	return name, nil
}

func (r *replayRun) minimise(ctx context.Context, id string, expression *replay.Expr, out string) error {
	stream, err := r.stream(ctx, id)
	if err != nil {
		return err
	}
	reducer, err := r.reducer(ctx, id)
	if err != nil {
		return err
	}
	found, err := replay.Minimise(ctx, reducer, stream, expression, replay.MinimiseOptions{})
	if never, ok := errors.AsType[*replay.NeverError](err); ok {
		r.report.Findings = append(r.report.Findings, never.Finding())
		r.report.Checked, r.report.Headline = never.Events, never.Error()
		r.report.Data = replay.MinimumData{
			Stream: id, Expr: expression.String(), Reducer: reducer.Name(), Version: reducer.Version(), Hash: reducer.Hash(),
			Of: never.Events, Events: []*replay.EventData{}, Minimal: true,
		}
		return nil
	}
	if err != nil {
		return r.unanswered(err)
	}
	if !r.showData() {
		found, err = found.Neutral(ctx, replay.MinimiseOptions{})
		if errors.Is(err, replay.ErrNotNeutral) {
			return unchecked(err, "nothing was written; --show-data writes the events as they were recorded")
		}
		if err != nil {
			return r.unfolded(err)
		}
	}
	if err := r.endReducer(); err != nil {
		return err
	}
	if err := os.WriteFile(r.app.abs(out), found.Fixture(), 0o644); err != nil {
		return usage(fmt.Errorf("writing %s: %w", out, reason(err)))
	}
	r.note("Written to " + out + ".")
	r.bothViews(func(to *report.Report, v view) {
		to.Checked, to.Data, to.Headline = found.Of, found.Data(v.show), found.Headline()
		to.Tables = []report.Table{v.noted(found.Table(v.show))}
	})
	return nil
}
