package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/report"
)

func (a *app) replayCompareCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "compare LOG REDUCER_OLD REDUCER_NEW",
		Short: "Find every stream whose end state differs between two reducers, and why",
		Long: `Folds the log by both reducers of nexus.yaml and reports the streams whose end states
differ, grouped by the first event behind which they do. It is the gate for a change
of a reducer or an upcaster.`,
		Example: `  nexus replay compare log.ndjson order order-next --report junit=replay.xml`,
		Args:    takes("LOG", "REDUCER_OLD", "REDUCER_NEW"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := a.newReplay(cmd, "replay compare")
			if err != nil {
				return err
			}
			if r.command != nil {
				return usagef("nexus replay compare: it compares reducers of nexus.yaml, by name").hint("leave --reducer-cmd out; nexus replay verify --reducer-cmd gives a root to compare")
			}
			all, _, err := r.options.reducers()
			if err != nil {
				return err
			}
			old, err := namedReducer(all, args[1])
			if err != nil {
				return err
			}
			next, err := namedReducer(all, args[2])
			if err != nil {
				return err
			}
			return r.answer(cmd.Context(), args[:1], func(ctx context.Context) error { return r.compare(ctx, old, next) })
		},
	}
	a.bindGate(c)
	a.bindReplay(c)
	return c
}

func (r *replayRun) compare(ctx context.Context, old, next *replay.Reducer) error {
	found, err := replay.Compare(ctx, r.log, old, next, replay.CompareOptions{})
	if err != nil {
		return unchecked(err)
	}
	r.stats = &found.Stats
	r.bothViews(func(to *report.Report, v view) {
		to.Checked, to.Data, to.Findings, to.Headline = found.Streams, found.Data(v.show), found.Findings(), found.Headline()
		to.Tables = v.notedLast(found.Tables(v.show))
	})
	if n := found.FailedOld + found.FailedNew; n > 0 {
		r.report.Errors = append(r.report.Errors, report.Problem{Code: "not-applied",
			Message: report.Count(n, "event") + " could not be applied by one of the reducers, so that the states lack them"})
	}
	return nil
}
