package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/policy"
	"github.com/nexus-blueprint/nexus/registry/git"
)

func (a *app) policyReportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "report [CATALOG] -o DIR",
		Short: "Check, and write the folder of evidence that an auditor asks for",
		Long: `Runs policy check and writes a bundle: evidence.json, a report.html to read and
print, OSCAL assessment results, SARIF, a line a check for a SIEM, the waivers, and
SHA256SUMS. With --ledger the run is added to a hash-chained file, which proves later
that the checks were made all along. The exit code is that of policy check.`,
		Example: `  nexus policy report --pack gdpr --pack soc2 -o evidence --ledger evidence-ledger.ndjson
  nexus policy ledger verify evidence-ledger.ndjson`,
		Args: takes("[CATALOG]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			out, ledger := flagText(cmd.Flags(), "output"), flagText(cmd.Flags(), "ledger")
			if out == "" {
				return usagef("%s: --output is missing", cmd.CommandPath()).hint("name a folder: -o evidence")
			}
			p, err := a.newPolicyCheck(cmd.Flags(), firstArgument(args), "policy report")
			if err != nil {
				return err
			}
			return (&policyReport{p, out, ledger}).run(cmd.Context())
		},
	}
	a.bindGate(c)
	a.bindPolicyCheck(c)
	a.bindTrust(c)
	c.Flags().StringP("output", "o", "", "the `DIR` to write; missing, empty, or an earlier bundle")
	c.Flags().String("ledger", "", "append a line about the run to `FILE`, which is made when it is missing")
	return c
}

// policyReport is one run of the command.
type policyReport struct {
	*policyCheck
	out, ledger string
}

func (p *policyReport) run(ctx context.Context) error {
	if err := p.examine(ctx); err != nil {
		if err := p.fail(p.report, err); err != nil {
			return err
		}
	}
	p.report.Normalize()
	if p.result != nil {
		if err := p.write(ctx); err != nil {
			return err
		}
	}
	return p.finish(ctx, p.report)
}

// write writes the bundle and the line of the ledger, and says so.
func (p *policyReport) write(ctx context.Context) error {
	evidence := policy.Evidence{Report: p.report, Result: p.result, Commit: p.commit(ctx), Waivers: p.policies.Waivers}
	bundle, err := policy.WriteEvidence(p.app.abs(p.out), evidence)
	if err != nil {
		return p.writeFailure(err)
	}
	said := fmt.Sprintf("%d files written to %s", len(bundle.Files), p.out)
	if p.ledger != "" {
		entry, err := policy.AppendLedger(p.app.abs(p.ledger), evidence.LedgerEntry(bundle))
		if err != nil {
			return p.writeFailure(err)
		}
		said += fmt.Sprintf("; line %d of %s has the hash %s", entry.Sequence, p.ledger, entry.Hash)
	}
	p.report.Tables[len(p.report.Tables)-1].Notes = append(p.report.Tables[len(p.report.Tables)-1].Notes, said)
	return nil
}

// commit is the revision that the catalog was read from, empty outside of git.
func (p *policyReport) commit(ctx context.Context) string {
	if !p.app.inRepository() {
		return ""
	}
	commit, err := git.Resolve(ctx, p.app.base(), "HEAD")
	if err != nil {
		return ""
	}
	return commit
}

// writeFailure is a file or folder that cannot be written, under the name that
// the user gave it.
func (p *policyReport) writeFailure(err error) error {
	text := err.Error()
	for _, name := range []string{p.out, p.ledger} {
		if name != "" {
			text = strings.ReplaceAll(text, p.app.abs(name), name)
		}
	}
	if known, ok := errors.AsType[*policy.Error](err); ok {
		return usage(errors.New(text), known.Hints...)
	}
	return usage(errors.New(text))
}
