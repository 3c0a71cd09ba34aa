package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

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

	indexed  bool // the traffic is an index's
	work     *cost.Workload
	estimate *cost.Estimate
	chosen   *cost.Outcome
}

func (r *costRun) run(ctx context.Context) error {
	err := r.make(ctx)
	if err == nil {
		err = r.judge(ctx)
	}
	if ctx.Err() != nil {
		interrupted := unchecked(errors.New("interrupted before the estimate was made"))
		interrupted.problem = "interrupted"
		err = interrupted
	}
	if err != nil {
		if err := r.fail(r.report, err); err != nil {
			return err
		}
	}
	if r.chosen != nil && ctx.Err() == nil { // what could be estimated is shown, whatever else failed
		r.show()
	}
	if err := r.applyWaivers(r.report, nil, waiver.Scope{}); err != nil {
		return err
	}
	if err == nil {
		if err := r.emit(); err != nil {
			return err
		}
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
	if lacking := r.work.Missing; len(r.work.Types) == 0 && r.work.Basis == cost.ObservedTraffic && len(lacking) > 0 {
		return unchecked(fmt.Errorf("estimating: no type of the log can be estimated: %s", lacking[0].Text))
	}
	if len(r.work.Types) == 0 {
		return unchecked(fmt.Errorf("estimating: %s can be estimated", report.Count(0, "type"))).
			hint("declare x-rate-per-min and x-payload-bytes in the catalog, or give a log")
	}
	r.options.Catalog = r.catalog
	if r.estimate, err = cost.Make(ctx, r.work, r.book, r.options); err != nil {
		return costFailure(err)
	}
	for i := range r.estimate.Passed {
		if passed := &r.estimate.Passed[i]; r.indexed && passed.Type == cost.Recorded {
			passed.Why = "an index holds no decisions; --strategy recorded reads the log"
		}
	}
	return r.choose()
}

// choose picks the outcome that is judged and shown: the strategy that was named,
// else what the team does.
func (r *costRun) choose() error {
	if r.asked.strategy == "compare" {
		r.chosen = r.estimate.Hybrid()
		return nil
	}
	if r.chosen = r.estimate.Outcome(r.asked.strategy); r.chosen == nil {
		return unchecked(fmt.Errorf("estimating the strategy %s: %s", r.asked.strategy, r.estimate.Passed[0].Why)).
			hint("without --strategy all are compared that have something to go by")
	}
	return nil
}

func (r *costRun) trafficOptions() cost.TrafficOptions {
	return cost.TrafficOptions{PeakToMean: r.options.Assumptions.Peak}
}

// observed is the traffic of a log, by its index where that is fresh.
func (r *costRun) observed(ctx context.Context, log *event.Log) (*cost.Workload, error) {
	// An index holds no recorded decisions.
	if files := log.Files(); len(files) == 1 && files[0] != "-" && r.asked.strategy != cost.Recorded {
		x, err := index.Open(r.app.abs(files[0] + ".nxi"))
		if err == nil {
			defer x.Close()
			if fresh, _ := x.Fresh(log); fresh {
				r.indexed = true
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
	if err := r.estimate.CheckLimits(r.asked.budget, r.catalog); err != nil {
		return usage(fmt.Errorf("reading the budget: %w", r.inBudget(err)))
	}
	if r.chosen.Unpriced() {
		return unchecked(fmt.Errorf("estimating the strategy %s: none of %s could be priced", r.chosen.Strategy, report.Count(len(r.work.Types), "type"))).
			hint("the findings say why; choose another path or region, or state with --prices what is missing")
	}
	if r.asked.claimed != nil && !r.estimate.Comparable(r.chosen) {
		return unchecked(fmt.Errorf("judging the claim: %s and %s price no type in common", r.estimate.Baseline().Strategy, r.chosen.Strategy)).
			hint("savings are measured from all types on Kinesis; state with --prices what is missing")
	}
	var err error
	if r.asked.extras.Sides, err = r.sides(ctx); err != nil {
		return err
	}
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
	if !gated || r.asked.allowPartial {
		return
	}
	for _, text := range r.chosen.Overfull {
		r.report.Errors = append(r.report.Errors, report.Problem{Code: "partial-estimate",
			Message: "the gate judges capacity that cannot be had: " + text,
			Hints:   []string{"choose another path for some of the types", "--allow-partial lets the gate judge what is there"}})
	}
	lacking := r.estimate.Lacking(r.chosen)
	if len(lacking) == 0 {
		return
	}
	const most = 5
	named := strings.Join(lacking[:min(most, len(lacking))], ", ")
	if len(lacking) > most {
		named += ", …"
	}
	r.report.Errors = append(r.report.Errors, report.Problem{Code: "partial-estimate",
		Message: fmt.Sprintf("%s not in the estimate that the gate judges: %s", isOrAre(len(lacking), "type"), named),
		Hints:   []string{"declare their rate and size, or a path that carries them", "--allow-partial lets the gate judge what is there"}})
}

// fallback is a place to look at for what stands in no event of the catalog.
func (r *costRun) fallback() report.Location {
	at := report.Location{Line: 1, Column: 1}
	if place, ok := r.estimate.Dearest(r.chosen, r.catalog); ok {
		return place
	}
	for _, input := range r.report.Inputs {
		if input.Role == "log" {
			at.File = input.Ref
		}
	}
	return at
}

// sides is the chosen strategy from declared traffic, beside that of the log.
func (r *costRun) sides(ctx context.Context) (*cost.Sides, error) {
	if r.work.Basis != cost.ObservedTraffic || r.catalog == nil {
		return nil, nil
	}
	declared, err := r.declared(ctx, r.catalog, r.chosen.Strategy)
	if err != nil || declared == nil {
		return nil, err
	}
	return r.estimate.BothSides(r.chosen, declared, r.catalog), nil
}

// declared estimates a strategy from what a catalog declares; nil when it declares
// nothing.
func (r *costRun) declared(ctx context.Context, c *catalog.Catalog, strategy string) (*cost.Estimate, error) {
	work := cost.FromCatalog(c, r.trafficOptions())
	if len(work.Types) == 0 {
		return nil, nil
	}
	o := r.options
	o.Catalog, o.Strategies = c, []string{strategy}
	e, err := cost.Make(ctx, work, r.book, o)
	if err != nil {
		return nil, costFailure(err)
	}
	return e, nil
}

// strategies is nil for compare: all of them.
func (q *costQuestions) strategies() []string {
	if q.strategy == "compare" {
		return nil
	}
	return slices.Compact([]string{cost.AllKinesis, q.strategy})
}
