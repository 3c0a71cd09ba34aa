package cmd

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/policy"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/waiver"
)

func (a *app) policyTestCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "test [DIR...]",
		Short: "Run the tests of rules: their cases, and tests written in Rego",
		Long: `Runs the *.cases.yaml files beside the rules and the *_test.rego files of each DIR
(default: policy.paths of nexus.yaml, else the packs that nexus brings along).
Nothing to run is a failure.`,
		Example: `  nexus policy test policies --coverage 90
  nexus policy test --paranoid`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := a.options(cmd)
			if err != nil {
				return err
			}
			t := &policyTest{folders: args}
			if t.gate, err = a.newGate(o, "policy.fail_on"); err != nil {
				return err
			}
			if t.coverage, err = percentage(flagText(cmd.Flags(), "coverage")); err != nil {
				return err
			}
			t.paranoid, _ = cmd.Flags().GetBool("paranoid")
			return t.run(cmd.Context())
		},
	}
	a.bindGate(c)
	f := c.Flags()
	f.String("coverage", "0", "the least `PERCENT` of the rules' lines that tests must reach")
	f.Bool("paranoid", false, "decide every case again without OPA's rule index, and fail on a difference")
	return c
}

func percentage(text string) (float64, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < 0 || n > 100 {
		return 0, usagef("reading --coverage: %q is no percentage", text).hint("write a number from 0 to 100")
	}
	return n, nil
}

// policyTest is one run of the command.
type policyTest struct {
	*gate
	folders  []string
	coverage float64
	paranoid bool
}

// policyTestData is the payload of the command.
type policyTestData struct {
	Cases    int             `json:"cases"`
	Tests    int             `json:"tests"`
	Paranoid bool            `json:"paranoid"`
	Coverage policy.Coverage `json:"coverage"`
}

func (t *policyTest) run(ctx context.Context) error {
	r := t.newReport("policy test")
	r.Data = policyTestData{}
	if err := t.examine(ctx, r); err != nil {
		if err := t.fail(r, err); err != nil {
			return err
		}
	}
	r.Normalize()
	t.document(r)
	return t.finish(ctx, r)
}

func (t *policyTest) examine(ctx context.Context, r *report.Report) error {
	folders := t.folders
	if len(folders) == 0 {
		var err error
		if folders, err = t.options.policyFolders(); err != nil {
			return err
		}
	}
	base, below, err := t.app.rootOf("reading the policies", folders)
	if err != nil {
		return err
	}
	result, err := policy.Test(ctx, policy.TestOptions{FS: os.DirFS(base), Folders: below, Coverage: t.coverage, Paranoid: t.paranoid})
	if err != nil {
		return policyFailure(err)
	}
	r.Checked = result.Cases + result.Tests
	r.Findings, r.Checks = result.Findings, result.Checks
	if err := t.applyWaivers(r, nil, waiver.Scope{}); err != nil {
		return err
	}
	r.Tables = []report.Table{result.Coverage.Table()}
	r.Data = policyTestData{result.Cases, result.Tests, t.paranoid, result.Coverage}
	r.Headline = fmt.Sprintf("%s and %s run", report.Count(result.Cases, "case"), report.Count(result.Tests, "test"))
	if t.paranoid {
		r.Headline += ", each also without the rule index"
	}
	if found := r.Summary().String(); found != "" {
		r.Headline += ": " + found
	} else {
		r.Headline += ": all pass"
	}
	return nil
}
