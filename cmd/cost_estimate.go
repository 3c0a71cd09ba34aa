package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/cost"
	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/event/index"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/waiver"
)

func (a *app) costEstimateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "estimate",
		Short: "Estimate a month of routing, by every strategy and on every path",
		Long: `Takes the rates and sizes that the catalog declares, or with --log what really happened:
each event is rounded as it would be billed, and capacity is sized by the busiest second.
Strategies are compared with putting everything on Kinesis. Every amount has an interval
that nine of ten months should lie in, and gates ask for its upper end.`,
		Example: `  nexus cost estimate --catalog examples/orders/catalog
  nexus cost estimate --log log.ndjson --claim 73%
  nexus cost estimate --against git:main --max-increase 10% --report markdown=cost.md
  nexus cost estimate --what-if batch=5,peak=10 --by owner`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := a.options(cmd)
			if err != nil {
				return err
			}
			g, err := a.newGate(o, "cost.fail_on")
			if err != nil {
				return err
			}
			r := &costRun{gate: g, report: g.newReport("cost estimate")}
			if err := r.parse(); err != nil {
				return err
			}
			return r.run(cmd.Context())
		},
	}
	a.bindGate(c)
	a.bindCatalog(c)
	a.bindLog(c)
	a.bindPrices(c)
	a.bindWeights(c)
	f := c.Flags()
	f.String("strategy", "compare", "who chooses the paths: all-kinesis, declared, recorded, router, optimal, or compare (all)")
	f.Bool("strict", false, "refuse prices that are unverified or old")
	f.String("claim", "", "a saving that was promised, as `PERCENT`: does it hold?")
	f.String("budget", "", "what a month may cost: dollars, or a `FILE` with limits by type, owner, domain, consumer or path")
	f.String("max-increase", "", "by how many `PERCENT` the change since --against may raise the cost")
	f.String("against", "", "compare with the catalog of a revision: `git:REV`")
	f.StringArray("what-if", nil, "change assumptions, as `KEY=VALUE,…`; nexus help cost estimate lists none of them, the report all; repeatable")
	f.StringArray("by", nil, "also add up by `KEY`: type, owner, domain, consumer or path; repeatable")
	f.Bool("allow-partial", false, "let gates judge an estimate that lacks types")
	f.String("emit", "", "also write `infracost-usage=FILE`, for Infracost")
	_ = c.RegisterFlagCompletionFunc("strategy", cobra.FixedCompletions(append(cost.Strategies(), "compare"), cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("by", cobra.FixedCompletions(cost.Keys(), cobra.ShellCompDirectiveNoFileComp))
	return c
}

// costRun is one run of the command.
type costRun struct {
	*gate
	report  *report.Report
	book    *cost.Book
	catalog *catalog.Catalog
	options cost.Options
	asked   costQuestions

	work     *cost.Workload
	estimate *cost.Estimate
	chosen   *cost.Outcome
}

func (r *costRun) run(ctx context.Context) error {
	if err := r.make(ctx); err != nil {
		return r.fail(r.report, err)
	}
	if err := r.judge(ctx); err != nil {
		return r.fail(r.report, err)
	}
	r.show()
	if err := r.applyWaivers(r.report, nil, waiver.Scope{}); err != nil {
		return err
	}
	if err := r.emit(); err != nil {
		return err
	}
	r.report.Normalize()
	r.document(r.report)
	return r.finish(ctx, r.report)
}

// make reads everything and estimates it.
func (r *costRun) make(ctx context.Context) error {
	o := r.gate.options
	var err error
	if r.catalog, err = o.optionalCatalog(ctx); err != nil {
		return err
	}
	log, err := o.openLog(ctx)
	if err != nil {
		return err
	}
	switch {
	case log != nil:
		r.report.Inputs = append(r.report.Inputs, logInput(log))
		if r.work, err = r.observed(ctx, log); err != nil {
			return err
		}
		if r.work.Faults > 0 {
			r.report.Errors = append(r.report.Errors, report.Problem{Code: "unreadable-record",
				Message: report.Count(int(r.work.Faults), "record") + " of the log could not be read, and are not in the estimate",
				Hints:   []string{"nexus replay doctor names them"}})
		}
	case r.catalog != nil:
		r.work = cost.FromCatalog(r.catalog, r.trafficOptions())
	default:
		return usagef("estimating: there is neither a catalog nor a log").
			hint("name one with --catalog or --log").hint("or set it in nexus.yaml: catalog: {paths: [catalog]}")
	}
	if len(r.work.Types) == 0 {
		return unchecked(fmt.Errorf("estimating: %s can be estimated", report.Count(0, "type"))).
			hint("declare x-rate-per-min and x-payload-bytes in the catalog, or give a log")
	}
	r.options.Catalog = r.catalog
	if r.estimate, err = cost.Make(ctx, r.work, r.book, r.options); err != nil {
		return costFailure(err)
	}
	r.choose()
	return nil
}

// choose picks the outcome that is judged and shown: the strategy that was named,
// else what the team does.
func (r *costRun) choose() {
	r.chosen = r.estimate.Hybrid()
	if r.asked.strategy != "compare" {
		r.chosen = r.estimate.Outcome(r.asked.strategy)
	}
	if r.chosen == nil {
		r.chosen = r.estimate.Baseline()
	}
}

func (r *costRun) trafficOptions() cost.TrafficOptions {
	return cost.TrafficOptions{PeakToMean: r.options.Assumptions.Peak}
}

// observed is the traffic of a log, by its index where that is fresh.
func (r *costRun) observed(ctx context.Context, log *event.Log) (*cost.Workload, error) {
	if files := log.Files(); len(files) == 1 && files[0] != "-" {
		x, err := index.Open(r.app.abs(files[0] + ".nxi"))
		if err == nil {
			defer x.Close()
			if fresh, _ := x.Fresh(log); fresh {
				return cost.FromIndex(x, r.catalog, r.trafficOptions())
			}
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, unchecked(err, "nexus replay index writes it anew; remove it to do without")
		}
	}
	work, err := cost.FromLog(ctx, log, r.catalog, r.trafficOptions())
	if err != nil {
		return nil, unchecked(err)
	}
	return work, nil
}

// judge makes the findings: what the chosen outcome misses, and what the gates say.
func (r *costRun) judge(ctx context.Context) error {
	at := r.fallback()
	add := func(findings []report.Finding, checks []report.Check) {
		r.report.Findings = append(r.report.Findings, findings...)
		r.report.Checks = append(r.report.Checks, checks...)
	}
	add(r.estimate.Findings(r.chosen, r.catalog, at))
	var err error
	if r.asked.extras.Sensitivities, err = r.estimate.Sensitivities(ctx, r.chosen); err != nil {
		return costFailure(err)
	}
	if len(r.asked.budget) > 0 {
		add(r.estimate.Budget(r.chosen, r.asked.budget, func(l cost.Limit) report.Location { return r.asked.limitPlace(l, at) }))
	}
	if r.asked.claimed != nil {
		claim := r.estimate.Claim(*r.asked.claimed, r.chosen, r.asked.extras.Sensitivities)
		r.asked.extras.Claim = &claim
		add(claim.Findings(at))
	}
	if r.asked.against != "" {
		if r.asked.extras.Increase, err = r.increase(ctx); err != nil {
			return err
		}
		if r.asked.allowed != nil {
			add(r.asked.extras.Increase.Exceeds(*r.asked.allowed, at))
		}
	}
	r.partial()
	if r.asked.strict {
		for _, weak := range r.estimate.Weak(r.chosen, r.asOf) {
			r.report.Errors = append(r.report.Errors, report.Problem{Code: "weak-price", Message: weak.Error()})
		}
	}
	return nil
}

// partial makes a gated run unchecked when the estimate lacks types.
func (r *costRun) partial() {
	gated := len(r.asked.budget) > 0 || r.asked.claimed != nil || r.asked.allowed != nil
	lacking := len(r.work.Missing) + len(r.chosen.Left) + len(r.chosen.Overfull)
	if !gated || r.asked.allowPartial || lacking == 0 {
		return
	}
	r.report.Errors = append(r.report.Errors, report.Problem{Code: "partial-estimate",
		Message: fmt.Sprintf("%s not in the estimate that the gate judges", isOrAre(lacking, "type")),
		Hints:   []string{"declare their rate and size, or a path that carries them", "--allow-partial lets the gate judge what is there"}})
}

// fallback is a place to look at for what stands in no event of the catalog.
func (r *costRun) fallback() report.Location {
	at := report.Location{Line: 1, Column: 1}
	if r.catalog != nil && len(r.catalog.Events) > 0 {
		return r.catalog.Events[0].Place.Location()
	}
	for _, input := range r.report.Inputs {
		if input.Role == "log" {
			at.File = input.Ref
		}
	}
	return at
}

// show fills the report's tables, charts and data.
func (r *costRun) show() {
	e, o, x := r.estimate, r.chosen, r.asked.extras
	rep := r.report
	rep.Checked = len(r.work.Types)
	rep.Headline = r.headline()
	summary := e.Summary()
	summary.Notes = append(summary.Notes, r.work.Notes...)
	for _, a := range e.Advise(o, x.Sensitivities) {
		summary.Notes = append(summary.Notes, a.Text+" (--what-if "+a.Change+")")
	}
	rep.Tables = append(rep.Tables, summary, e.TypesTable(o))
	for _, key := range x.By {
		rep.Tables = append(rep.Tables, e.ByTable(o, key))
	}
	if x.Increase != nil {
		rep.Tables = append(rep.Tables, x.Increase.Table())
	}
	if r.format != "text" || o.Strategy == cost.Optimal {
		rep.Tables = append(rep.Tables, e.ExplainTable())
	}
	rep.Tables = append(rep.Tables, e.PathsTable(), cost.SensitivityTable(o, x.Sensitivities))
	if r.format != "text" {
		rep.Tables = append(rep.Tables, cost.BreakEvenTable(e.BreakEvens()), cost.LinesTable(o), e.StoresTable(), cost.AssumptionsTable(e.Assumptions))
	}
	rep.Charts = append(rep.Charts, e.StrategyChart(), cost.TornadoChart(o, x.Sensitivities))
	rep.Data = e.Data(o, x)
}

func (r *costRun) headline() string {
	o := r.chosen
	text := fmt.Sprintf("%s: %s a month (%s to %s)", o.Strategy, o.Total, o.Interval.Low, o.Interval.High)
	if o != r.estimate.Baseline() {
		text += fmt.Sprintf(", all-kinesis: %s", r.estimate.Baseline().Total)
	}
	if best := r.estimate.Outcome(cost.Optimal); best != nil && best != o {
		text += fmt.Sprintf(", optimal: %s", best.Total)
	}
	if claim := r.asked.extras.Claim; claim != nil {
		text += "; " + claim.Verdict()
	}
	return text + "; " + report.Count(len(r.work.Types), "type")
}

// strategies is nil for compare: all of them.
func (q *costQuestions) strategies() []string {
	if q.strategy == "compare" {
		return nil
	}
	return slices.Compact([]string{cost.AllKinesis, q.strategy})
}
