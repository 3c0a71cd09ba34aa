package cmd

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/policy"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/waiver"
)

func (a *app) policyCheckCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "check [CATALOG]",
		Short: "Check every event of the catalog against the rules in force",
		Long: `Asks every rule of the chosen packs about every event of the catalog. A rule is
satisfied, broken, not applicable, or undeclared: the catalog does not say enough
to judge by. With --log the rules also see what was recorded, with --against what
changed in the schemas.`,
		Example: `  nexus policy check examples/orders/catalog --pack gdpr --pack soc2
  nexus policy check --log events.ndjson --report sarif=policy.sarif
  nexus policy check --against git:main --trust base`,
		Args: takes("[CATALOG]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := a.newPolicyCheck(cmd.Flags(), firstArgument(args), "policy check")
			if err != nil {
				return err
			}
			return p.run(cmd.Context())
		},
	}
	a.bindGate(c)
	a.bindPolicyCheck(c)
	a.bindTrust(c)
	return c
}

// bindPolicyCheck gives a command the flags that say what is judged, and by which rules.
func (a *app) bindPolicyCheck(c *cobra.Command) {
	a.bindCatalog(c)
	a.bindPolicies(c)
	a.bindLog(c)
	f := c.Flags()
	f.String("erased", "", "`FILE` with the subjects whose personal data was erased, one a line; the log must not hold them any more")
	f.String("against", "", "judge the changes of the schemas since a baseline, too: `KIND:REF`; see nexus help against")
	f.String("policy-timeout", "10s", "how long the rules may run before the run counts as unchecked")
	_ = c.RegisterFlagCompletionFunc("against", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return a.baselineKinds(":"), cobra.ShellCompDirectiveNoSpace
	})
}

// bindTrust gives a command the flag that says whose rules are in force.
func (a *app) bindTrust(c *cobra.Command) {
	c.Flags().String("trust", "head", "read nexus.yaml, waivers and policies from the work tree (head) or from the baseline (base)")
	a.complete(c, "schema.trust")
}

// policyCheck is one run of the command.
type policyCheck struct {
	policyRun
	changes *schemaCheck // of the schemas since --against, and whose gate is trusted
	result  *policy.Result
	report  *report.Report
}

func (a *app) newPolicyCheck(flags *pflag.FlagSet, argument, command string) (*policyCheck, error) {
	changes, err := a.newSchemaCheck(flags, nil)
	if err != nil {
		return nil, err
	}
	p := &policyCheck{policyRun: policyRun{gate: changes.gate, argument: argument}, changes: changes}
	p.threshold, p.options.catalog = "policy.fail_on", argument
	if err := p.settle(); err != nil {
		return nil, err
	}
	p.report = p.newReport(command)
	p.report.ByOwner, p.report.Data = true, policyData{}
	return p, nil
}

// run is the road: load, check, waive, report, exit.
func (p *policyCheck) run(ctx context.Context) error {
	if err := p.examine(ctx); err != nil {
		if err := p.fail(p.report, err); err != nil {
			return err
		}
	}
	p.report.Normalize()
	return p.finish(ctx, p.report)
}

// examine fills the report. An error means that nothing could be checked.
func (p *policyCheck) examine(ctx context.Context) error {
	if err := p.changes.settleTrust(ctx); err != nil {
		return err
	}
	p.report.FailOn = p.failOn
	if err := p.load(ctx); err != nil {
		return err
	}
	if err := p.compare(ctx); err != nil {
		return err
	}
	var err error
	if _, p.policies.Waivers, err = p.loadWaivers(p.changes.trusted); err != nil {
		return err
	}
	if p.result, err = policy.Check(ctx, p.policies); err != nil {
		return policyFailure(err)
	}
	return p.collect(ctx)
}

// collect puts the result into the report.
func (p *policyCheck) collect(ctx context.Context) error {
	r := p.report
	r.Findings, r.Inputs, r.Errors = p.result.Findings(), p.inputs, p.problems
	r.Rules = append(p.result.Documents(), waiver.Rules()...)
	for _, pack := range p.result.Packs {
		r.Inputs = append(r.Inputs, report.Input{Role: "policy", Ref: pack.Name, Resolved: strings.TrimSpace(pack.Name + " " + pack.Version), Digest: pack.Digest})
	}
	if p.changes.trusted != nil {
		if err := errors.Join(p.changes.noteWaivers(), p.changes.notePolicies()); err != nil {
			return err
		}
	}
	if err := p.applyWaivers(r, p.changes.trusted, p.scope()); err != nil {
		return err
	}
	if len(p.changes.gateFindings) > 0 {
		r.Findings = append(r.Findings, p.changes.gateFindings...)
		r.Rules = append(r.Rules, slices.DeleteFunc(compat.Rules(), func(rule report.Rule) bool { return rule.ID != compat.RuleGateChanged })...)
	}
	r.Checks = p.result.Checks(r.Findings)
	scores := p.result.Scores(r.Findings)
	r.Checked, r.Tables = len(p.result.Events), scores.Tables()
	if o := p.policies.Observations; o != nil {
		r.Tables[0].Notes = append(r.Tables[0].Notes, o.Notes...)
	}
	r.Data = policyData{Packs: p.result.Packs, Scores: &scores, Rules: ruleScores(p.result, r.Findings)}
	r.Headline = scores.Headline()
	if found := r.Summary().String(); found != "" {
		r.Headline += ": " + found
	}
	return ctx.Err()
}

// scope is how far the run has looked: at every event, by the chosen rules.
func (p *policyCheck) scope() waiver.Scope {
	return waiver.Scope{Complete: len(p.problems) == 0, Rules: func(id string) bool {
		return slices.ContainsFunc(p.result.Documents(), func(r report.Rule) bool { return r.ID == id })
	}}
}

// policyData is the payload of the command.
type policyData struct {
	Packs  []policy.Pack  `json:"packs"`
	Scores *policy.Scores `json:"scores"` // null when nothing was judged
	Rules  []policy.Score `json:"rules"`  // counts by rule
}

// ruleScores counts the results of every rule, by id.
func ruleScores(result *policy.Result, findings []report.Finding) []policy.Score {
	counts := result.Counts(findings)
	list := make([]policy.Score, 0, len(counts))
	for _, rule := range result.Rules {
		list = append(list, counts[rule.ID])
	}
	return list
}

// compare runs the schema check over the catalog's schemas, when a baseline is
// named, so that rules can judge what changed.
func (p *policyCheck) compare(ctx context.Context) error {
	if flagText(p.options.flags, "against") == "" {
		return nil
	}
	p.changes.named = schemaFolders(p.policies.Catalog.Roots, p.schemaFiles())
	if err := p.changes.examine(ctx); err != nil {
		return err
	}
	p.problems = append(p.problems, p.changes.report.Errors...)
	p.inputs = append(p.inputs, slices.DeleteFunc(p.changes.report.Inputs, func(in report.Input) bool { return in.Role != "baseline" })...)
	p.policies.Changes = p.changes.bySubject()
	return nil
}

// schemaFiles lists the files of the current events' schemas.
func (p *policyCheck) schemaFiles() []string {
	var files []string
	for e := range p.policies.Catalog.Current() {
		if e.Schema.Known() {
			files = append(files, e.Schema.Get.File)
		}
	}
	return files
}

// schemaFolders are the folders that hold all of some files: the catalog's own,
// and those of files that lie elsewhere.
func schemaFolders(roots, files []string) []string {
	var folders []string
	for _, file := range files {
		folder := path.Dir(file)
		for _, root := range roots {
			if strings.HasPrefix(file, path.Clean(root)+"/") {
				folder = path.Clean(root)
			}
		}
		if !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
	}
	return folders
}

// bySubject is what the run found, as policies read it. What it could not compare is
// undecided, and not unchanged.
func (c *schemaCheck) bySubject() map[string]policy.Change {
	found := map[string][]report.Finding{}
	for _, f := range c.report.Findings {
		found[f.Subject] = append(found[f.Subject], f)
	}
	changes := map[string]policy.Change{}
	for e := range c.catalog.Current() {
		if e.Schema.Known() && (!c.app.unsupported(e.Schema.Get) || !c.sameFile(e)) {
			changes[e.ID] = policy.Change{Verdict: compat.Undecided}
		}
	}
	unlooked := map[string]bool{}
	for _, p := range c.report.Errors {
		if p.Code == notCompared && p.Subject != nil {
			unlooked[*p.Subject] = true
		}
	}
	for i, o := range c.outcomes {
		subject := c.pairs[i].name()
		if unlooked[subject] {
			continue
		}
		if o.status == added {
			changes[subject] = policy.Change{Verdict: policy.NewEvent}
		}
		for _, j := range o.results {
			changes[subject] = policy.NewChange(j.data, found[subject])
		}
	}
	return changes
}
