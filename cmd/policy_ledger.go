package cmd

import (
	"fmt"
	"math"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/policy"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/waiver"
)

func (a *app) policyLedgerCommand() *cobra.Command {
	return group("ledger", "Prove that a ledger of earlier runs was not altered", a.policyLedgerVerifyCommand())
}

func (a *app) policyLedgerVerifyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "verify FILE",
		Short: "Check the hash chain of a ledger, and that no day is missing",
		Example: `  nexus policy ledger verify evidence-ledger.ndjson
  nexus policy ledger verify evidence-ledger.ndjson --from 2026-01-01 --to 2026-06-30 --every 7`,
		Args: takes("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := a.options(cmd)
			if err != nil {
				return err
			}
			g, err := a.newGate(o, "policy.fail_on")
			if err != nil {
				return err
			}
			return g.verifyLedger(cmd, args[0])
		},
	}
	a.bindGate(c)
	f := c.Flags()
	f.String("from", "", "the first `DATE` that must be covered, YYYY-MM-DD")
	f.String("to", "", "the last `DATE` that must be covered, YYYY-MM-DD")
	f.Int("every", 0, "the most `DAYS` from one run to the next (default: 1 with --from or --to, else any number)")
	f.String("head", "", "the `HASH` that the last line is known to have")
	return c
}

func (g *gate) verifyLedger(cmd *cobra.Command, name string) error {
	r := g.newReport("policy ledger verify")
	o, err := g.ledgerOptions(cmd)
	if err != nil {
		return err
	}
	file, err := os.Open(g.app.abs(name))
	if err != nil {
		return g.app.missingFor("reading the ledger", name)
	}
	defer file.Close()
	verified, err := policy.VerifyLedger(g.app.display(name), file, o)
	if err != nil {
		return unchecked(err)
	}
	r.Data, r.Checked, r.Findings, r.Rules = newLedgerData(verified), len(verified.Entries), verified.Findings(), policy.LedgerRules()
	r.Headline = fmt.Sprintf("%s of %s verified", report.Count(len(verified.Entries), "line"), name)
	if verified.Fault == nil && verified.Head != "" {
		r.Headline += "; keep the head of the chain elsewhere: " + verified.Head
	}
	if err := g.applyWaivers(r, nil, waiver.Scope{}); err != nil {
		return err
	}
	r.Normalize()
	return g.finish(cmd.Context(), r)
}

// ledgerOptions reads what of a ledger is verified besides its chain.
func (g *gate) ledgerOptions(cmd *cobra.Command) (policy.LedgerOptions, error) {
	o := policy.LedgerOptions{Head: flagText(cmd.Flags(), "head")}
	for name, day := range map[string]*time.Time{"from": &o.From, "to": &o.To} {
		text := flagText(cmd.Flags(), name)
		if text == "" {
			continue
		}
		parsed, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return o, usagef("reading --%s: %q is not a date", name, text).hint("write it as 2026-01-31")
		}
		*day = parsed
	}
	o.Every, _ = cmd.Flags().GetInt("every")
	switch {
	case o.Every < 0:
		return o, usagef("reading --every: %d is no number of days", o.Every)
	case o.Every == 0 && o.From.IsZero() && o.To.IsZero():
		o.Every = math.MaxInt // nobody asked for gaps
	}
	return o, nil
}

// ledgerData is the payload of the command.
type ledgerData struct {
	Lines int         `json:"lines"` // before the first fault
	Head  string      `json:"head"`  // hash of the last of them, empty without any
	First string      `json:"first"` // day of the first run, empty without any
	Last  string      `json:"last"`
	Whole bool        `json:"whole"` // the chain has no fault
	Gaps  []ledgerGap `json:"gaps"`
}

type ledgerGap struct {
	From string `json:"from"`
	To   string `json:"to"`
	Days int    `json:"days"`
}

func newLedgerData(l *policy.LedgerReport) ledgerData {
	data := ledgerData{Lines: len(l.Entries), Head: l.Head, Whole: l.Fault == nil, Gaps: []ledgerGap{}}
	if n := len(l.Entries); n > 0 {
		data.First, data.Last = l.Entries[0].AsOf, l.Entries[n-1].AsOf
	}
	for _, gap := range l.Gaps {
		data.Gaps = append(data.Gaps, ledgerGap{gap.From, gap.To, gap.Days})
	}
	return data
}
