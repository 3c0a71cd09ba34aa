package cmd

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/report"
)

func (a *app) schemaPushCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "push PATH...",
		Short: "Check schemas against a registry, then register what is new or changed",
		Long: `Checks every subject under PATH against the registry, as nexus schema check does.
When nothing stands against it, registers what the registry does not hold, what is
referred to before what refers to it. A push that is repeated registers nothing.
An incompatible change is refused, and then nothing is registered at all, unless
a waiver covers it.`,
		Example: `  nexus schema push schemas --to confluent:https://registry.example.com:8081 --dry-run
  nexus schema push schemas --to glue:orders --set-level FULL`,
		Args: takes("PATH..."),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := a.newPush(cmd, args)
			if err != nil {
				return err
			}
			return p.run(cmd.Context())
		},
	}
	a.bindGate(c)
	a.bindJudge(c)
	a.bindEndpoint(c)
	f := c.Flags()
	f.String("to", "", "the registry, as `KIND:REF`")
	f.Bool("dry-run", false, "say what would be registered, and register nothing")
	f.String("set-level", "", "make the registry demand `LEVEL` of every subject under PATH")
	_ = c.RegisterFlagCompletionFunc("to", a.completeKinds)
	_ = c.RegisterFlagCompletionFunc("set-level", cobra.FixedCompletions(levelNames(a), cobra.ShellCompDirectiveNoFileComp))
	return c
}

// push is one run of the command: a check, and then a registration.
type push struct {
	*schemaCheck
	dryRun bool
	level  compat.Level // to set, empty to leave it
	writer registry.Writer
	pushed []pushed
}

// pushed is one version in the report's data.
type pushed struct {
	Subject string `json:"subject"`
	File    string `json:"file"`
	Version string `json:"version"` // as the registry calls it; empty when it does not hold it
	State   state  `json:"state"`
}

// state is what became of a version.
type state string

const (
	registered    state = "registered"
	wouldRegister state = "would be registered"
	held          state = "held already"
	turnedDown    state = "refused"
	left          state = "not registered"
)

func (a *app) newPush(cmd *cobra.Command, paths []string) (*push, error) {
	flags := cmd.Flags()
	to := flagText(flags, "to")
	if to == "" {
		return nil, usagef("pushing: --to is missing").hint("name the registry: --to confluent:https://registry.example.com:8081 or --to glue:orders")
	}
	if err := a.checkKind("--to", to); err != nil {
		return nil, err
	}
	c, err := a.newSchemaCheck(flags, paths)
	if err != nil {
		return nil, err
	}
	c.to = to
	p := &push{schemaCheck: c, pushed: []pushed{}}
	p.dryRun, _ = flags.GetBool("dry-run")
	if text := flagText(flags, "set-level"); text != "" {
		if p.level, err = compat.ParseLevel(text); err != nil {
			return nil, unknown("level in --set-level", text, levelNames(a))
		}
	}
	p.report.Command = "schema push"
	return p, nil
}

// run is the road of a check, with the registration before the report.
func (p *push) run(ctx context.Context) error {
	err := p.examine(ctx)
	if err == nil {
		err = p.register(ctx)
	}
	if err != nil {
		if err := p.fail(p.report, err); err != nil {
			return err
		}
	}
	p.tell()
	p.document(p.report)
	return p.finish(ctx, p.report)
}

// examine checks by the level that the registry will demand.
func (p *push) examine(ctx context.Context) error {
	if err := p.parse(ctx); err != nil {
		return err
	}
	if p.level != "" && p.judge.level.text() == "" {
		p.judge.level = value{[]string{string(p.level)}, "flag --set-level"}
	}
	if err := p.load(ctx); err != nil {
		return err
	}
	var ok bool
	if p.writer, ok = p.baseline.Registry.(registry.Writer); !ok {
		return usagef("pushing to %s: it takes no new versions", p.baseline.ref).hint("only confluent: and glue: do")
	}
	p.check(ctx)
	p.collect()
	if err := p.waive(ctx); err != nil {
		return err
	}
	p.conclude()
	return nil
}

// register adds what the registry lacks, unless something stands against it: one
// incompatible subject keeps all of them out, since they are released together.
func (p *push) register(ctx context.Context) error {
	plan, err := p.plan(ctx)
	if err != nil {
		return err
	}
	defer func() { p.pushed = plan.results() }()
	switch {
	case p.report.Outcome() != report.Clean || ctx.Err() != nil:
		return nil
	case p.dryRun:
		plan.foresee()
		return nil
	}
	return p.carryOut(ctx, plan)
}

// carryOut registers in rounds: in each, what refers only to what is there.
func (p *push) carryOut(ctx context.Context, plan plan) error {
	for ctx.Err() == nil {
		ready := plan.ready()
		if len(ready) == 0 {
			break
		}
		names := make([]string, len(ready))
		for i, n := range ready {
			names[i] = n.subject
		}
		errs := p.app.eachSubject(ctx, names, "registering", func(ctx context.Context, i int) error {
			return p.one(ctx, ready[i])
		})
		for i, n := range ready {
			n.done = true
			p.note(n, errs[i])
		}
		if slices.ContainsFunc(errs, isFatal) {
			break
		}
	}
	p.report.Normalize()
	return nil
}

// one registers the versions of one subject that the registry lacks. The level is
// set before them, since it decides what the registry takes; a new subject gets
// it after its first version, before which there is nothing to set it on.
func (p *push) one(ctx context.Context, n *node) error {
	if p.level != "" && !n.isNew {
		if err := p.writer.SetCompatibility(ctx, n.subject, p.level); err != nil {
			return err
		}
	}
	for i := range n.versions {
		v := &n.versions[i]
		if v.settled() {
			continue
		}
		v.schema.References = v.references()
		version, err := p.writer.Register(ctx, v.schema)
		if err != nil {
			n.failed = v
			return err
		}
		v.result.Version, v.result.State = version, registered
		if slices.Contains(n.known, version) {
			v.result.State = held
		}
	}
	if p.level != "" && n.isNew {
		return p.writer.SetCompatibility(ctx, n.subject, p.level)
	}
	return nil
}

// note turns an error about one subject into the report's form. A refusal of the
// registry is a finding: it was asked, and it said no.
func (p *push) note(n *node, err error) {
	known := sourceFailureOf(err)
	switch {
	case err == nil:
	case known != nil && known.Code == registry.CodeConflict && n.failed != nil:
		n.failed.result.State = turnedDown
		f := compat.PushRefused(n.failed.schema, known.Message, known.Hints)
		p.report.Findings = append(p.report.Findings, p.judge.profile.Adjust([]report.Finding{f})...)
		p.report.Checks = append(p.report.Checks, report.Check{Subject: n.subject, Rule: f.Rule, Result: report.Fail, Location: f.Location})
	case known != nil:
		p.report.Errors = append(p.report.Errors, registryProblem(n.subject, known))
	default:
		p.report.Errors = append(p.report.Errors, problem(n.subject, err))
	}
}

// tell adds the registration to the report: a table, the data and the headline.
func (p *push) tell() {
	data, _ := p.report.Data.(map[string]any)
	data = maps.Clone(data)
	data["dry_run"], data["pushed"] = p.dryRun, p.pushed
	p.report.Data = data
	counts := map[state]int{}
	t := report.Table{Title: "Registration", Columns: []string{"Subject", "Version", "State"}}
	for _, v := range p.pushed {
		counts[v.State]++
		if v.State != held {
			t.Rows = append(t.Rows, []string{v.Subject, dash(v.Version), string(v.State)})
		}
	}
	if counts[held] > 0 {
		t.Notes = append(t.Notes, report.Count(counts[held], "version")+" held already")
	}
	if p.level != "" && counts[left] == 0 {
		t.Notes = append(t.Notes, map[bool]string{false: "level set: ", true: "level that would be set: "}[p.dryRun]+string(p.level))
	}
	if len(p.pushed) > 0 {
		p.report.Tables = append(p.report.Tables, t)
	}
	var parts []string
	for _, s := range []state{registered, wouldRegister, turnedDown, left} {
		if counts[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[s], s))
		}
	}
	switch {
	case len(parts) > 0:
	case p.report.Outcome() == report.Clean:
		parts = []string{"nothing to register"}
	default:
		parts = []string{"nothing was registered"}
	}
	p.report.Headline += "; " + strings.Join(parts, ", ")
}

// dash stands where there is no text.
func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
