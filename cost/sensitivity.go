package cost

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Sensitivity is the estimate of a strategy with one assumption changed.
type Sensitivity struct {
	Change   string // as --what-if writes it: batch=1; or volume=low
	Title    string
	Baseline Money
	Total    Money
	Saving   float64 // over the baseline with the same change; NaN where nothing can be compared
}

// switches are the changes that are tried, one at a time. Together the changes of
// a key are the two ends of a bar in a tornado chart.
var switches = []struct{ change, title string }{
	{"batch=1", "nothing is batched"},
	{"batch=10,window=1s", "producers wait a second for their batches"},
	{"peak=1.5", "the busiest second is 1.5 times the mean"},
	{"peak=10", "the busiest second is 10 times the mean"},
	{"kinesis=on-demand", "Kinesis on demand"},
	{"kinesis=provisioned", "Kinesis provisioned"},
	{"streams=shared", "one stream for all"},
	{"streams=shared,kinesis=provisioned", "one stream for all, of rented shards"},
	{"streams=domain", "a stream for each domain"},
	{"streams=type", "a stream for each type"},
	{"consumers=1", "one consumer a type"},
	{"consumers=3", "three consumers a type"},
	{"efo=all", "enhanced fan-out for all consumers"},
	{"efo=none", "no enhanced fan-out"},
	{"aggregate=20", "20 events in a Kinesis record"},
	{"sqs-send=high", "SQS bills what SNS delivers"},
	{"free-tiers=on", "free allowances count"},
	{"empty-polls=off", "no empty receives"},
}

// Sensitivities estimates a strategy again with each assumption changed, and at
// both ends of the volume's interval, the largest change first. Changes that are
// in force already are left out.
func (e *Estimate) Sensitivities(ctx context.Context, o *Outcome) ([]Sensitivity, error) {
	var list []Sensitivity
	low, high := volumeEnds(e.volumes)
	for _, end := range []struct {
		change, title string
		volume        float64
	}{{"volume=low", "fewer events", low}, {"volume=high", "more events", high}} {
		base, other := e.alike(o)
		saving := math.NaN()
		if e.Comparable(o) {
			saving = saved(base.ledger.total(end.volume).Dollars(), other.ledger.total(end.volume).Dollars())
		}
		list = append(list, Sensitivity{end.change, end.title, e.Baseline().ledger.total(end.volume), o.ledger.total(end.volume), saving})
	}
	changes, err := e.changes()
	if err != nil {
		return nil, err
	}
	if err := e.tryAll(ctx, changes, o.Strategy); err != nil {
		return nil, err
	}
	for _, c := range changes {
		if c.result != nil {
			list = append(list, *c.result)
		}
	}
	effect := func(s Sensitivity) float64 { return math.Abs((s.Total - o.Total).Dollars()) }
	slices.SortStableFunc(list, func(a, b Sensitivity) int { return cmp.Compare(effect(b), effect(a)) })
	return list, nil
}

// A changed is one of the switches, and what it leads to.
type changed struct {
	change, title string
	assumptions   Assumptions
	result        *Sensitivity // nil where it cannot be compared
	err           error
}

// changes are the switches that change something, each outcome once.
func (e *Estimate) changes() ([]changed, error) {
	var list []changed
	seen := map[Assumptions]bool{e.Assumptions: true}
	for _, s := range switches {
		a, err := e.Assumptions.WhatIf(s.change)
		if err != nil {
			return nil, err
		}
		if !seen[a] {
			seen[a] = true
			list = append(list, changed{change: s.change, title: s.title, assumptions: a})
		}
	}
	return list, nil
}

// tryAll estimates the strategy under every change, as many at once as there are
// processors: each quotes every type anew. Once ctx ends, none is begun.
func (e *Estimate) tryAll(ctx context.Context, list []changed, strategy string) error {
	var workers sync.WaitGroup
	var next atomic.Int64
	for range min(runtime.GOMAXPROCS(0), len(list)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(list)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				c := &list[i]
				if c.result, c.err = e.again(ctx, c.assumptions, strategy); c.result != nil {
					c.result.Change, c.result.Title = c.change, c.title
				}
			}
		})
	}
	workers.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, c := range list {
		if c.err != nil {
			return c.err
		}
	}
	return nil
}

// again is the baseline and the strategy under other assumptions; nil when either
// no longer places the same types, or costs more than can be counted.
func (e *Estimate) again(ctx context.Context, a Assumptions, strategy string) (*Sensitivity, error) {
	m, err := newPricer(e.Workload, e.book, a)
	if err != nil {
		return nil, err
	}
	o := e.options
	o.Assumptions = a
	var plans [2]*plan
	for i, name := range []string{AllKinesis, strategy} {
		p, err := e.planAgain(ctx, m, name, &o)
		if err != nil || p == nil {
			return nil, err
		}
		if len(p.left) != len(e.Outcome(name).Left) {
			return nil, nil
		}
		plans[i] = p
	}
	base, other := m.ledger(*plans[0]), m.ledger(*plans[1])
	s := &Sensitivity{Baseline: base.total(1), Total: other.total(1)}
	if max(s.Baseline, s.Total) == mostMoney {
		return nil, nil
	}
	if !e.Comparable(e.Outcome(strategy)) {
		s.Saving = math.NaN()
		return s, nil
	}
	if left := leftBy(plans[0].left, plans[1].left); len(left) > 0 {
		base, other = m.ledger(m.without(base.parts, left)), m.ledger(m.without(other.parts, left))
	}
	s.Saving = saved(base.total(1).Dollars(), other.total(1).Dollars())
	return s, nil
}

// planAgain is the strategy's plan under other assumptions. The optimum keeps its
// paths: what changes is what they cost, which is what a team that runs them asks,
// and an optimum for each assumption would take longer than all the rest.
func (e *Estimate) planAgain(ctx context.Context, m *pricer, strategy string, o *Options) (*plan, error) {
	if strategy != Optimal {
		p, _, err := m.plan(ctx, strategy, o)
		return p, err
	}
	p := &plan{left: slices.Clone(e.Outcome(Optimal).Left)}
	for _, one := range e.Outcome(Optimal).ledger.parts {
		if one.own != nil {
			one.own = &ownEvents{traffic: one.own.traffic, quote: m.paths[one.path].Quote(&one.own.traffic)}
		}
		m.addPart(p, one)
	}
	return p, nil
}
