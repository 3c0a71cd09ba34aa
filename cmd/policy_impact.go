package cmd

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/policy"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/waiver"
)

func (a *app) policyImpactCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "impact [CATALOG] --pack P",
		Short: "Say what would change if another pack, or an edited rule, were turned on",
		Long: `Judges the catalog twice: by the rules that nexus.yaml puts in force, and by those
together with the packs and folders of the command line. What is found only the
second time is new. A folder that has the name of one in nexus.yaml takes its place,
so that an edited copy of your rules can be tried. Nothing fails unless --fail-on is
given.`,
		Example: `  nexus policy impact --pack gdpr
  nexus policy impact --policy edited/policies --log events.ndjson --fail-on error`,
		Args: takes("[CATALOG]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := a.newPolicyCheck(cmd.Flags(), firstArgument(args), "policy impact")
			if err != nil {
				return err
			}
			return (&policyImpact{policyCheck: p}).run(cmd.Context())
		},
	}
	a.bindGate(c)
	c.Flags().Lookup("fail-on").DefValue = string(report.Never)
	a.bindPolicyCheck(c)
	return c
}

// policyImpact is one run of the command.
type policyImpact struct{ *policyCheck }

func (p *policyImpact) run(ctx context.Context) error {
	if !p.options.flags.Changed("fail-on") {
		p.report.FailOn = report.Never
	}
	p.report.Data = policy.Impact{Findings: []policy.ImpactFinding{}, Rates: "none"}
	if err := p.examine(ctx); err != nil {
		if err := p.fail(p.report, err); err != nil {
			return err
		}
	}
	p.report.Normalize()
	return p.finish(ctx, p.report)
}

// examine judges twice and keeps the difference.
func (p *policyImpact) examine(ctx context.Context) error {
	if !p.options.flags.Changed("pack") && !p.options.flags.Changed("policy") {
		return usagef("nexus policy impact: neither --pack nor --policy is given, so that nothing would change").
			hint("for example nexus policy impact --pack gdpr")
	}
	now, next, err := p.bothRuleBooks()
	if err != nil {
		return err
	}
	if err := p.loadEvents(ctx); err != nil {
		return err
	}
	if err := p.compare(ctx); err != nil {
		return err
	}
	if _, p.policies.Waivers, err = p.loadWaivers(nil); err != nil {
		return err
	}
	before, err := policy.Check(ctx, now.over(p.policies))
	if err != nil {
		return policyFailure(err)
	}
	after, err := policy.Check(ctx, next.over(p.policies))
	if err != nil {
		return policyFailure(err)
	}
	return p.conclude(policy.Compare(before, after), after)
}

// ruleBook is a set of rules that may be in force.
type ruleBook struct {
	library   *policy.Library
	selection policy.Selection
}

// over judges by these rules what the options hold.
func (b ruleBook) over(o policy.Options) policy.Options {
	o.Library, o.Selection = b.library, b.selection
	return o
}

// bothRuleBooks are the rules in force, and those together with what the command
// line names.
func (p *policyImpact) bothRuleBooks() (now, next ruleBook, err error) {
	own := &options{app: p.app, flags: nil, config: p.options.config}
	folders, err := own.policyFolders()
	if err != nil {
		return now, next, err
	}
	if now.library, err = own.openLibrary(folders); err != nil {
		return now, next, err
	}
	if now.selection, err = own.selection(now.library); err != nil {
		return now, next, err
	}
	if next.library, err = p.nextLibrary(folders); err != nil {
		return now, next, err
	}
	next.selection, err = p.options.selection(next.library)
	next.selection.Packs = append(slices.Clone(now.selection.Packs), next.selection.Packs...)
	return now, next, err
}

// nextLibrary compiles the folders in force together with those of the command
// line, each of which takes the place of one that has its name.
func (p *policyImpact) nextLibrary(inForce []string) (*policy.Library, error) {
	if !p.options.flags.Changed("policy") {
		return p.options.openLibrary(inForce)
	}
	folders, err := p.options.policyFolders()
	if err != nil {
		return nil, err
	}
	var taken []string
	for _, folder := range folders {
		name, err := p.options.packName(folder)
		if err != nil {
			return nil, err
		}
		taken = append(taken, name)
	}
	for _, folder := range inForce {
		name, err := p.options.packName(folder)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(taken, name) {
			folders = append(folders, folder)
		}
	}
	library, err := p.options.openLibrary(folders)
	if known, ok := errors.AsType[*exitError](err); ok && known.problem == policy.CodeBadPolicy && len(folders) > len(taken) {
		err = known.hint("an edited copy takes the place of a folder in nexus.yaml when it has that folder's name, or the name in its pack.yaml")
	}
	return library, err
}

// conclude reports the new findings, with the counts of all.
func (p *policyImpact) conclude(impact policy.Impact, after *policy.Result) error {
	r := p.report
	fresh := map[string]bool{}
	for _, f := range impact.Findings {
		if f.Fate == policy.NewFinding {
			fresh[f.Event+" "+f.Rule+" "+f.Message] = true
		}
	}
	r.Findings = slices.DeleteFunc(after.Findings(), func(f report.Finding) bool { return !fresh[f.Subject+" "+f.Rule+" "+f.Message] })
	r.Inputs, r.Errors, r.Rules = p.inputs, p.problems, after.Documents()
	r.Checked, r.Tables, r.Data, r.Headline = len(after.Events), impact.Tables(), impact, impact.Headline()
	return p.applyWaivers(r, nil, waiver.Scope{}) // the new findings say nothing about waivers of others
}
