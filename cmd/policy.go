package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/policy"
	"github.com/nexus-blueprint/nexus/report"
)

func (a *app) policyCommand() *cobra.Command {
	return group("policy", "Check the event catalog against rules: governance as code",
		a.policyCheckCommand(),
		a.policyImpactCommand(),
		a.policyReportCommand(),
		a.policyTestCommand(),
		a.policyListCommand(),
		a.policyInitCommand(),
		a.policyBenchCommand(),
		a.policyLedgerCommand(),
	)
}

// bindPolicies gives a command the flags that choose rules.
func (a *app) bindPolicies(c *cobra.Command) {
	f := c.Flags()
	f.StringArray("pack", nil, "rule `PACK` in force: "+strings.Join(packNames(a), ", ")+"; repeatable (default: blueprint)")
	f.StringArray("policy", nil, "`FOLDER` with rules of your own; repeatable")
	a.complete(c, "policy.packs")
}

// selection is the rules of a library that were chosen.
func (o *options) selection(l *policy.Library) (policy.Selection, error) {
	packs, err := o.get("policy.packs")
	if err != nil {
		return policy.Selection{}, err
	}
	chosen := policy.Selection{Packs: packs.texts, Severities: map[string]report.Severity{}}
	for _, r := range o.config.table("policy.rules") {
		_, known := l.Rule(r.name)
		switch {
		case known || r.name == policy.RuleUndeclared:
			chosen.Severities[r.name] = report.Severity(r.text)
		case !isCatalogRule(r.name): // those are of nexus catalog check
			err := unknownRule(r.name, policyRuleNames(l))
			return chosen, usage(fmt.Errorf("%s: policy.rules: %w", r.place, err), err.hints...)
		}
	}
	return chosen, nil
}

// policyRuleNames are the names that policy.rules may hold.
func policyRuleNames(l *policy.Library) []string {
	names := append(namesOf(catalog.Rules()), policy.RuleUndeclared)
	for _, r := range l.Rules() {
		names = append(names, r.ID)
		if r.Code != "" {
			names = append(names, r.Code)
		}
	}
	return names
}

// policyTimeout is how long the rules may run.
func (o *options) policyTimeout() (time.Duration, error) {
	v, err := o.get("policy.timeout")
	if err != nil {
		return 0, err
	}
	d, err := time.ParseDuration(v.text())
	if err != nil || d <= 0 {
		return 0, usagef("reading %s: %q is no length of time", strings.TrimPrefix(v.origin, "flag "), v.text()).hint("write it as 10s or 2m")
	}
	return d, nil
}

// erased reads the file that lists whose personal data was erased.
func (o *options) erased() ([]string, error) {
	names, err := o.paths("policy.erased")
	if err != nil || len(names) == 0 || names[0] == "" {
		return nil, err
	}
	text, err := os.ReadFile(o.app.abs(names[0]))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, o.app.missingFor("reading the erased subjects", names[0])
	}
	if err != nil {
		return nil, usage(fmt.Errorf("reading the erased subjects: %s: %w", names[0], reason(err)))
	}
	return strings.Fields(string(text)), nil
}

// policyFailure is why policies were not judged, with its exit code.
func policyFailure(err error) error {
	if errors.Is(err, context.Canceled) {
		failure := unchecked(errors.New("interrupted before every event was judged"))
		failure.problem = "interrupted"
		return failure
	}
	known, ok := errors.AsType[*policy.Error](err)
	if !ok {
		return err
	}
	failure := unchecked(known, known.Hints...)
	if known.Usage {
		failure = usage(known, known.Hints...)
	}
	failure.problem = known.Code
	return failure
}

// observe reads the log, if one is named, and keeps what rules ask of it.
func (p *policyRun) observe(ctx context.Context) error {
	log, err := p.options.openLog(ctx)
	if err != nil {
		return err
	}
	if log == nil {
		if p.options.flags.Changed("erased") {
			return usagef("reading --erased: there is no log in which the subjects could be looked for").hint("pass --log")
		}
		return nil
	}
	erased, err := p.options.erased()
	if err != nil {
		return err
	}
	p.inputs = append(p.inputs, logInput(log))
	p.policies.Observations, err = policy.Observe(ctx, log.Events(ctx), policy.ObserveOptions{Catalog: p.policies.Catalog, Erased: erased})
	if err != nil {
		return unchecked(err)
	}
	p.problems = append(p.problems, p.policies.Observations.Problems...)
	p.noteForeignLog()
	return nil
}

// noteForeignLog reports a log that has nothing to do with the catalog: the rules
// that read it would pass over every event, as if all were well.
func (p *policyRun) noteForeignLog() {
	seen := p.policies.Observations
	for e := range p.policies.Catalog.Current() {
		if seen.Count(e.ID) > 0 {
			return
		}
	}
	p.problems = append(p.problems, report.Problem{
		Code:    "foreign-log",
		Message: fmt.Sprintf("the log holds %s, and none of a type that the catalog has", report.Count(seen.Events, "event")),
		Hints:   []string{"a type in the log is the id or the name of the catalog's event, or ends with it: com.shop.OrderPlaced"},
	})
}

// policyRun is what the commands share that judge a catalog: what was read.
type policyRun struct {
	*gate
	argument string // the catalog of the command line
	policies policy.Options
	inputs   []report.Input
	problems []report.Problem
}

// load reads the rules, the catalog and the log.
func (p *policyRun) load(ctx context.Context) error {
	var err error
	if p.policies.Library, err = p.options.library(); err != nil {
		return err
	}
	if p.policies.Selection, err = p.options.selection(p.policies.Library); err != nil {
		return err
	}
	return p.loadEvents(ctx)
}

// loadEvents reads what the rules judge: the catalog and the log.
func (p *policyRun) loadEvents(ctx context.Context) error {
	var err error
	if p.policies.Timeout, err = p.options.policyTimeout(); err != nil {
		return err
	}
	p.policies.AsOf = p.asOf
	if p.policies.Catalog, err = p.options.needCatalog(ctx, p.argument); err != nil {
		return err
	}
	engines, err := p.app.newEngines(p.options)
	if err != nil {
		return err
	}
	p.app.addFields(ctx, p.policies.Catalog, engines)
	p.inputs = append(p.inputs, catalogInput(p.policies.Catalog))
	p.problems = append(p.problems, p.policies.Catalog.Problems...)
	return p.observe(ctx)
}
