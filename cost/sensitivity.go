package cost

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// Sensitivity is the estimate of a strategy with one assumption changed.
type Sensitivity struct {
	Change   string // as --what-if writes it: batch=1; or volume=low
	Title    string
	Baseline Money
	Total    Money
	Saving   float64 // over the baseline with the same change
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
	low, high := Interval(e.volumes, Level)
	for _, end := range []struct {
		change, title string
		volume        float64
	}{{"volume=low", "fewer events", low}, {"volume=high", "more events", high}} {
		list = append(list, sensitivity(end.change, end.title, e.Baseline().ledger.total(end.volume), o.ledger.total(end.volume)))
	}
	seen := map[Assumptions]bool{e.Assumptions: true}
	for _, s := range switches {
		a, err := e.Assumptions.WhatIf(s.change)
		if err != nil {
			return nil, err
		}
		if seen[a] {
			continue
		}
		seen[a] = true
		changed, err := e.again(ctx, a, o.Strategy)
		if err != nil {
			return nil, err
		}
		if changed != nil {
			list = append(list, sensitivity(s.change, s.title, changed[0], changed[1]))
		}
	}
	effect := func(s Sensitivity) float64 { return math.Abs((s.Total - o.Total).Dollars()) }
	slices.SortStableFunc(list, func(a, b Sensitivity) int { return cmp.Compare(effect(b), effect(a)) })
	return list, nil
}

func sensitivity(change, title string, baseline, total Money) Sensitivity {
	return Sensitivity{Change: change, Title: title, Baseline: baseline, Total: total, Saving: saved(baseline.Dollars(), total.Dollars())}
}

// again is the baseline and the strategy under other assumptions; nil when either
// no longer places the same types.
func (e *Estimate) again(ctx context.Context, a Assumptions, strategy string) ([]Money, error) {
	book := e.book
	m, err := newPricer(e.Workload, book, a)
	if err != nil {
		return nil, err
	}
	o := e.options
	o.Assumptions = a
	var totals []Money
	for _, name := range []string{AllKinesis, strategy} {
		p, _, err := m.plan(ctx, name, &o)
		if err != nil || p == nil {
			return nil, err
		}
		if len(p.left) != len(e.Outcome(name).Left) {
			return nil, nil
		}
		totals = append(totals, m.ledger(*p).total(1))
	}
	return totals, nil
}
