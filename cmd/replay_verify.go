package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/report"
)

func (a *app) replayVerifyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "verify LOG...",
		Short: "Seal every stream's state with SHA-256, and all of them with one root",
		Long: `Folds the whole log and prints the SHA-256 of every stream's canonical state and one
root over them. The root is the same on any number of cores, in any order of the
files, and in any format of the same log.`,
		Example: `  nexus replay verify log.ndjson
  nexus replay verify export --expect sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b`,
		Args: takes("LOG..."),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := a.newReplay(cmd, "replay verify")
			if err != nil {
				return err
			}
			expected := flagText(cmd.Flags(), "expect")
			if expected != "" {
				if expected, err = replay.ParseRoot(expected); err != nil {
					return usage(err)
				}
			}
			return r.answer(cmd.Context(), args, func(ctx context.Context) error { return r.verify(ctx, expected) })
		},
	}
	a.bindGate(c)
	a.bindReplay(c)
	c.Flags().String("expect", "", "the `ROOT` that the log must have")
	return c
}

func (r *replayRun) verify(ctx context.Context, expected string) error {
	reducer, err := r.reducer(ctx, "")
	if err != nil {
		return err
	}
	v, err := replay.Verify(ctx, r.log, reducer, replay.FoldOptions{})
	if err != nil {
		return r.unfolded(err)
	}
	r.stats = &v.Stats
	to := r.report
	to.Checked, to.Data, to.Tables, to.Headline = len(v.Streams), v.Data(), []report.Table{v.Table()}, v.Headline()
	if expected != "" {
		to.Findings = v.Expect(expected)
	}
	failed := 0
	for _, s := range v.Streams {
		failed += s.Failed
	}
	if failed > 0 {
		to.Errors = append(to.Errors, report.Problem{Code: "not-applied", Message: report.Count(failed, "event") + " could not be applied, so that the states lack them",
			Hints: []string{"nexus replay LOG --stream ID shows which, and why"}})
	}
	return nil
}
