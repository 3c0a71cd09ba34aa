package cost

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/skeleton/route"
)

// Options say what to estimate.
type Options struct {
	Assumptions Assumptions
	// Strategies are the ones to compare; nil: all that have something to go by.
	Strategies []string
	// Catalog describes types to the router; it may be nil.
	Catalog *catalog.Catalog
	Router  *route.Scorer // nil: the default weights
	// Critical and Standard are the router's paths; empty: kinesis and sns-sqs.
	Critical, Standard string
	// Providers are whose paths the optimum may use; nil: aws.
	Providers []string
	Seed      uint64 // of the draws of volumes
	Draws     int    // 0: DefaultDraws
}

// DefaultDraws settles the ends of a 90 % interval to about 2 % of its width.
const DefaultDraws = 2000

// Level is the share of outcomes that an interval is meant to cover.
const Level = 0.9

func (o *Options) providers() []string {
	if o.Providers == nil {
		return []string{"aws"}
	}
	return o.Providers
}

// Estimate is what a workload costs a month, by every strategy.
type Estimate struct {
	Workload    *Workload
	Assumptions Assumptions
	// Outcomes are by strategy. The baseline, AllKinesis, is always the first.
	Outcomes []*Outcome
	// Certificate is the optimum's; nil when it was not asked for.
	Certificate *Certificate
	// Passed are strategies that had nothing to go by, and why.
	Passed []Left

	pricer  *pricer
	options Options
	book    *Book
	volumes []float64
	onePath []*Outcome
}

// Outcome is what one strategy costs a month.
type Outcome struct {
	Strategy string // or the path that all types were put on
	Total    Money
	Interval Range
	Lines    []Line
	Types    []TypeOutcome // by place in the workload
	// Left are the types that are not in the total, and Overfull the paths that
	// would need more capacity than can be had.
	Left     []Left
	Overfull []string

	ledger *ledger
	draws  []float64 // dollars by draw of the volume
	saving *Saving   // over the baseline, once somebody asked
}

// Range is an interval of amounts that covers Level of what may come.
type Range struct{ Low, High Money }

// TypeOutcome is one type under a strategy.
type TypeOutcome struct {
	Paths   []string      // that its events take; none when it was left
	Cost    Money         // its share of the total
	Latency time.Duration // 99th percentile on its slowest path
	Unknown bool          // the latency of a path is
	Missed  []Refusal     // what it asks for and does not get
}

// Lacking names the types that are not in the total, each once.
func (e *Estimate) Lacking(o *Outcome) []string {
	var names []string
	for _, m := range e.Workload.Missing {
		names = append(names, m.Type)
	}
	for _, l := range o.Left {
		names = append(names, l.Type)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Complete reports whether all types of the workload are in the total, and fit.
func (o *Outcome) Complete() bool { return len(o.Left) == 0 && len(o.Overfull) == 0 }

// Make estimates a workload. The error is about the book, the region or an option, a
// *TooLargeError, or ctx's.
func Make(ctx context.Context, work *Workload, book *Book, o Options) (*Estimate, error) {
	m, err := newPricer(work, book, o.Assumptions)
	if err != nil {
		return nil, err
	}
	e := &Estimate{Workload: work, Assumptions: o.Assumptions, pricer: m, options: o, book: book}
	e.volumes = work.Volumes(o.Seed, cmp.Or(o.Draws, DefaultDraws))
	for _, strategy := range e.strategies() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p, certificate, err := m.plan(ctx, strategy, &o)
		if err != nil {
			return nil, fmt.Errorf("strategy %s: %w", strategy, err)
		}
		if p == nil {
			e.Passed = append(e.Passed, Left{strategy, nothingToGoBy[strategy]})
			continue
		}
		if certificate != nil {
			if certificate.Explained, err = m.explain(ctx, *p, &o); err != nil {
				return nil, err
			}
			e.Certificate = certificate
		}
		o := e.outcome(strategy, *p)
		if o.Total == mostMoney {
			return nil, &TooLargeError{strategy, o.ledger.dearest()}
		}
		e.Outcomes = append(e.Outcomes, o)
	}
	return e, nil
}

// OnePath is what all types would cost on one path, by path. Paths that the book
// lacks a price for, and amounts that are too large to be counted, are left out.
func (e *Estimate) OnePath() []*Outcome {
	if e.onePath != nil {
		return e.onePath
	}
	for i, path := range e.pricer.paths {
		if e.pricer.unpriced(i) {
			continue
		}
		if o := e.outcome(path.Name, *e.pricer.planOn(i)); o.Total < mostMoney {
			e.onePath = append(e.onePath, o)
		}
	}
	return e.onePath
}

var nothingToGoBy = map[string]string{
	Declared: "the catalog declares no path",
	Recorded: "no decision was recorded with the events",
}

// strategies are those to compare, the baseline first.
func (e *Estimate) strategies() []string {
	if e.options.Strategies == nil {
		return Strategies()
	}
	chosen := []string{AllKinesis}
	for _, s := range e.options.Strategies {
		if !slices.Contains(chosen, s) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

// outcome prices a plan.
func (e *Estimate) outcome(strategy string, p plan) *Outcome {
	l := e.pricer.ledger(p)
	o := &Outcome{Strategy: strategy, Left: p.left, Overfull: l.overfull(), Lines: l.lines(), ledger: l}
	o.Total = l.total(1)
	o.draws = make([]float64, len(e.volumes))
	for i, volume := range e.volumes {
		o.draws[i] = l.total(volume).Dollars()
	}
	low, high := Interval(o.draws, Level)
	o.Interval = Range{Dollars(low), Dollars(high)}.holding(o.Total)
	o.Types = e.pricer.types(p, o.Lines)
	return o
}

// types says what each type gets and costs under a plan.
func (m *pricer) types(p plan, lines []Line) []TypeOutcome {
	costs := map[string]Money{}
	for _, line := range lines {
		costs[line.Type] += line.Cost
	}
	list := make([]TypeOutcome, len(m.work.Types))
	for i := range list {
		list[i].Cost = costs[m.work.Types[i].Type]
	}
	for _, part := range p.parts {
		t := &list[part.kind]
		q, _ := m.asks(part)
		name := m.paths[part.path].Name
		if !slices.Contains(t.Paths, name) { // both decisions of the router may name one path
			t.Paths = append(t.Paths, name)
		}
		t.Latency = max(t.Latency, q.Latency)
		t.Unknown = t.Unknown || q.Latency == 0
		t.Missed = append(t.Missed, q.Refused...)
	}
	return list
}

// misses counts the types of an outcome by what they miss.
func (o *Outcome) misses() (late, unknown, disordered int) {
	for _, t := range o.Types {
		for _, need := range []struct {
			rule  string
			count *int
		}{{RuleLatencyMissed, &late}, {RuleLatencyUnknown, &unknown}, {RuleOrderingLost, &disordered}} {
			if slices.ContainsFunc(t.Missed, func(r Refusal) bool { return ruleOf[r.Need] == need.rule }) {
				*need.count++
			}
		}
	}
	return late, unknown, disordered
}

// moved counts the types that an outcome puts elsewhere than the baseline.
func (e *Estimate) moved(o *Outcome) int {
	n := 0
	for i, base := range e.Baseline().Types {
		if is := o.Types[i]; len(is.Paths) > 0 && len(base.Paths) > 0 && !slices.Equal(is.Paths, base.Paths) {
			n++
		}
	}
	return n
}

// Outcome is that of a strategy, nil when there is none.
func (e *Estimate) Outcome(strategy string) *Outcome {
	for _, o := range e.Outcomes {
		if o.Strategy == strategy {
			return o
		}
	}
	return nil
}

// Baseline is what savings are measured from.
func (e *Estimate) Baseline() *Outcome { return e.Outcomes[0] }

// Hybrid is the strategy that a team follows: what was recorded, else what the
// catalog declares, else the router's.
func (e *Estimate) Hybrid() *Outcome {
	for _, strategy := range []string{Recorded, Declared, Router} {
		if o := e.Outcome(strategy); o != nil {
			return o
		}
	}
	return nil
}

// MaxPriceAge is from which age on --strict refuses a price.
const MaxPriceAge = 2 * 365 * 24 * time.Hour

// Weak lists the figures behind an outcome that should not be relied on.
func (e *Estimate) Weak(o *Outcome, asOf time.Time) []error {
	uses := slices.Clone(o.ledger.sums)
	for i := range o.ledger.rents {
		r := &o.ledger.rents[i]
		uses = append(uses, e.pricer.paths[r.path].Capacity.Rent(1, r.fanOut)...)
	}
	return Strict(uses, asOf, MaxPriceAge)
}
