package cost

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// readBy gives a type polling consumers of these names.
func readBy(t Traffic, names ...string) Traffic {
	t.Consumers = nil
	for _, name := range names {
		t.Consumers = append(t.Consumers, Consumer{name, Polling})
	}
	return t
}

// named is so many names.
func named(prefix string, n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprint(prefix, i))
	}
	return list
}

// cheapestPlan tries every assignment of whole types to the paths of AWS.
func cheapestPlan(e *Estimate) Money {
	var paths []int
	for i, p := range e.pricer.paths {
		if p.Provider == "aws" {
			paths = append(paths, i)
		}
	}
	best := Money(math.MaxInt64)
	var try func(kind int, parts []part)
	try = func(kind int, parts []part) {
		if kind == len(e.Workload.Types) {
			if l := e.pricer.ledger(plan{parts: parts}); len(l.overfull()) == 0 {
				best = min(best, l.total(1))
			}
			return
		}
		for _, path := range paths {
			if len(e.pricer.quote(kind, path).Refused) == 0 {
				try(kind+1, append(slices.Clone(parts), part{kind: kind, path: path, share: 1}))
			}
		}
	}
	try(0, nil)
	return best
}

// fanOutFleet is a rare type of many consumers and a frequent one of few: on one
// stream of shards the frequent one pays for all of them.
func fanOutFleet() *Workload {
	return declaredWork(
		onPath(readBy(typed("A", 0.1, 500), named("a", 10)...), "sqs"),
		onPath(readBy(typed("B", 1000, 2000), "b"), "kinesis-provisioned"),
	)
}

func TestOptimumIsTheCheapestPlan(t *testing.T) {
	tests := []struct {
		name, whatIf string
		work         *Workload
		exact        bool
	}{
		{"fan-out consumers of another type", "efo=all", fanOutFleet(), true},
		{"a free allowance for each service", "free-tiers=on", declaredWork(typed("A", 0.2, 500), typed("B", 4, 500)), false},
		{"tiers", "window=10s", declaredWork(typed("A", 200_000, 60_000), typed("B", 200_000, 60_000)), false},
		{"one stream a type", "streams=type", declaredWork(typed("A", 900, 500), typed("B", 10, 500), typed("C", 400, 4000)), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := estimate(t, test.work, test.whatIf, Optimal)
			c, want := e.Certificate, cheapestPlan(e)
			if total := e.Outcome(Optimal).Total; total != want || c.Cost != total {
				t.Errorf("the optimum is %s, certified as %s; %s can be had", total, c.Cost, want)
			}
			if c.Bound > want {
				t.Errorf("the bound is %s, and %s can be had", c.Bound, want)
			}
			if c.Exact != test.exact {
				t.Errorf("exact: %v, with a bound of %s for %s", c.Exact, c.Bound, c.Cost)
			}
		})
	}
}

// No bound is above what can be had, under any assumption.
func TestNoAssignmentUndercutsTheBound(t *testing.T) {
	book, err := DefaultBook()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		var types []Traffic
		for i := range rapid.IntRange(1, 3).Draw(t, "types") {
			rate := math.Exp(rapid.Float64Range(-4, 12).Draw(t, "log rate"))
			kind := typed(fmt.Sprintf("Type%d", i), rate, rapid.IntRange(100, 60_000).Draw(t, "bytes"))
			kind.Ordering = rapid.SampledFrom([]Ordering{Unordered, PerKey}).Draw(t, "ordering")
			kind.MaxLatency = rapid.SampledFrom([]time.Duration{0, time.Second}).Draw(t, "latency")
			kind.Domain = rapid.SampledFrom([]string{"shop", "billing"}).Draw(t, "domain")
			names := rapid.SampledFrom([][]string{{"x"}, {"x", "y"}, named(kind.Type, 3)}).Draw(t, "consumers")
			types = append(types, readBy(kind, names...))
		}
		a := DefaultAssumptions()
		for _, changes := range [][]string{{"efo=none", "efo=all"}, {"free-tiers=off", "free-tiers=on"}, {"streams=shared", "streams=domain", "streams=type"}} {
			if a, err = a.WhatIf(rapid.SampledFrom(changes).Draw(t, "what if")); err != nil {
				t.Fatal(err)
			}
		}
		e, err := Make(context.Background(), declaredWork(types...), book, Options{Assumptions: a, Strategies: []string{Optimal}, Draws: 1})
		if err != nil {
			t.Fatal(err)
		}
		o, c := e.Outcome(Optimal), e.Certificate
		if !o.Complete() {
			return
		}
		best := cheapestPlan(e)
		if c.Bound > best+cent || o.Total != c.Cost || c.Bound > c.Cost {
			t.Errorf("bound %s, cost %s, total %s; the cheapest is %s", c.Bound, c.Cost, o.Total, best)
		}
		if c.Exact && o.Total > best+cent {
			t.Errorf("exact, and %s can be had for %s", best, o.Total)
		}
	})
}

// Kinesis Advantage has a floor for the whole account: some types may be on it while
// the largest is on shards.
func TestOptimumMixesAdvantage(t *testing.T) {
	hurry := func(t *Traffic) { t.Ordering, t.MaxLatency = PerKey, 150*time.Millisecond }
	var types []Traffic
	for _, name := range named("Small", 300) {
		types = append(types, onPath(with(typed(name, 1.0/60, 500), hurry), "kinesis-advantage"))
	}
	types = append(types, onPath(with(typed("Big", 20_000, 25_000), hurry), "kinesis-provisioned"))
	e := estimate(t, declaredWork(types...), "streams=type,efo=all", Declared, Optimal)
	o, declared, c := e.Outcome(Optimal), e.Outcome(Declared), e.Certificate
	if o.Total > declared.Total {
		t.Errorf("the optimum is %s, and declared is %s", o.Total, declared.Total)
	}
	if c.Bound > o.Total || c.Cost != o.Total || len(e.Lacking(o))+len(o.Overfull) > 0 {
		t.Errorf("bound %s, cost %s, total %s", c.Bound, c.Cost, o.Total)
	}
}

// The optimum does not depend on what else is compared.
func TestOptimumIsTheSameUnderEveryStrategy(t *testing.T) {
	alone := estimate(t, fanOutFleet(), "efo=all", Optimal)
	compared := estimate(t, fanOutFleet(), "efo=all")
	if diff := cmp.Diff(alone.Outcome(Optimal).Types, compared.Outcome(Optimal).Types); diff != "" {
		t.Errorf("types (-alone +compared):\n%s", diff)
	}
	if diff := cmp.Diff(alone.Certificate, compared.Certificate); diff != "" {
		t.Errorf("certificates (-alone +compared):\n%s", diff)
	}
	for i, is := range alone.Outcome(Optimal).Types {
		if x := alone.Certificate.Explained[i]; !slices.Equal(is.Paths, []string{x.Path}) || x.Extra < 0 || !x.Billed {
			t.Errorf("%s is on %v and explained as %+v", alone.Workload.Types[i].Type, is.Paths, x)
		}
	}
}

func TestOptimumKeepsToTheProviders(t *testing.T) {
	e := estimate(t, declaredWork(onPath(typed("A", 100, 500), "pubsub")), "", Declared, Optimal)
	if paths := e.Outcome(Optimal).Types[0].Paths; slices.Contains(paths, "pubsub") {
		t.Errorf("the paths of AWS are allowed, and the optimum takes %v", paths)
	}
	a := DefaultAssumptions()
	e = estimateWith(t, e.Workload, Options{Assumptions: a, Strategies: []string{Optimal}, Providers: []string{"aws", "gcp"}, Draws: 1})
	if diff := cmp.Diff([]string{"pubsub"}, e.Outcome(Optimal).Types[0].Paths); diff != "" {
		t.Errorf("Pub/Sub is cheaper and allowed (-want +got):\n%s", diff)
	}
}

func TestCertificateSentence(t *testing.T) {
	tests := []struct {
		c    Certificate
		want string
	}{
		{Certificate{Cost: 10 * Dollar, Bound: 10 * Dollar, Exact: true}, "no other assignment costs less: the bound is met"},
		{Certificate{Cost: 10 * Dollar, Bound: 8 * Dollar}, "no other assignment costs more than $2.00 less"},
		{Certificate{Cost: 10 * Dollar, Bound: 10 * Dollar, Split: true}, "no assignment of whole types costs less; types are split here"},
		{Certificate{Cost: 10 * Dollar, Bound: 8 * Dollar, Joint: true}, "no other assignment costs more than $2.00 less; the bound holds for peaks that add up as in the whole log"},
	}
	for _, test := range tests {
		if got := test.c.sentence(); got != test.want {
			t.Errorf("%+v: %s", test.c, got)
		}
	}
	one := estimate(t, declaredWork(typed("A", 0.1, 500)), "", Optimal)
	if got := one.Certificate.sentence(); !one.Certificate.Exact || strings.Contains(got, "add up") {
		t.Errorf("one type: %s", got)
	}
}

// Quotas of a stream or an account are those of all types together.
func TestSharedQuotas(t *testing.T) {
	readers := func(name string, n int) Traffic { return readBy(typed(name, 10, 500), named(name, n)...) }
	rate := func(rate float64) func(*Traffic) { return func(t *Traffic) { t.Rate = rate } }
	tests := []struct {
		name, path, whatIf string
		types              []Traffic
		want               []string
	}{
		{"two types of one stream", "kinesis-provisioned", "efo=all", []Traffic{readers("A", 15), readers("B", 15)},
			[]string{"Kinesis provisioned: a stream has 30 enhanced fan-out consumers, and can have at most 20"}},
		{"on demand", "kinesis-on-demand", "efo=all", []Traffic{readers("A", 11), readers("B", 10)},
			[]string{"Kinesis on-demand: a stream has 21 enhanced fan-out consumers, and can have at most 20"}},
		{"the same consumers", "kinesis-provisioned", "efo=all", []Traffic{readers("A", 15), readBy(typed("B", 10, 500), named("A", 15)...)}, nil},
		{"a stream each", "kinesis-provisioned", "efo=all,streams=type", []Traffic{readers("A", 15), readers("B", 15)}, nil},
		{"polled", "kinesis-provisioned", "", []Traffic{readers("A", 15), readers("B", 15)}, nil},
		{"Advantage", "kinesis-advantage", "efo=all", []Traffic{readers("A", 15), readers("B", 15)}, nil},
		{"Advantage, more", "kinesis-advantage", "efo=all", []Traffic{readers("A", 30), readers("B", 21)},
			[]string{"Kinesis advantage: a stream has 51 enhanced fan-out consumers, and can have at most 50"}},
		{"EventBridge", "eventbridge", "", []Traffic{typed("A", 3000, 500), typed("B", 3000, 500)},
			[]string{"EventBridge to SQS takes 10,000 events a second in us-east-1 by default, and its types peak at 18,000 together"}},
		{"EventBridge, within", "eventbridge", "", []Traffic{typed("A", 1600, 500), typed("B", 1600, 500)}, nil},
		{"EventBridge, deliveries", "eventbridge", "", []Traffic{with(readers("A", 1), rate(100)), with(readers("B", 3), rate(2060))},
			[]string{"EventBridge to SQS delivers 18,750 events a second in us-east-1 by default, and its types peak at 18,840 together"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var types []Traffic
			for _, kind := range test.types {
				types = append(types, onPath(kind, test.path))
			}
			e := estimate(t, declaredWork(types...), test.whatIf, Declared, Optimal)
			o := e.Outcome(Declared)
			if diff := cmp.Diff(test.want, o.Overfull); diff != "" || len(o.Left) > 0 {
				t.Errorf("left %v, overfull (-want +got):\n%s", o.Left, diff)
			}
			if optimum := e.Outcome(Optimal); !optimum.Complete() {
				t.Errorf("the optimum is overfull: %v, left: %v", optimum.Overfull, optimum.Left)
			}
		})
	}
}

// Types that peak at different seconds peak lower together than in the model of the
// bound, or higher; the certificate says so and claims no more than it knows.
func TestCertificateOfALog(t *testing.T) {
	a, b := typed("A", 400, 500), typed("B", 400, 500)
	a.Peak, b.Peak = Peak{Records: 900, Bytes: 450_000}, Peak{Records: 900, Bytes: 450_000}
	w := declaredWork(a, b)
	w.Basis, w.Days = ObservedTraffic, 2
	for second := range int64(2) {
		w.seconds = append(w.seconds, series{}.append(moment{second: second, events: 900, bytes: 450_000}, 0))
	}
	e := estimate(t, w, "", Optimal)
	c := e.Certificate
	if !c.Joint || c.Cost != e.Outcome(Optimal).Total || c.Bound > c.Cost {
		t.Errorf("total %s, certificate %+v", e.Outcome(Optimal).Total, c)
	}
	if got := c.sentence(); !strings.HasSuffix(got, "; the bound holds for peaks that add up as in the whole log") {
		t.Error(got)
	}
}

// A rival plan keeps what every type asks for, on paths that are allowed.
func TestRivalsOfTheOptimum(t *testing.T) {
	calm, ordered := typed("A", 10, 500), with(typed("B", 10, 500), func(t *Traffic) { t.Ordering = PerKey })
	split := with(onPath(calm, ""), func(t *Traffic) { t.Recorded = map[string]float64{"sqs": 0.5, "sns-sqs": 0.5} })
	declared := func(m *pricer) *plan { return m.planDeclared(&Options{}) }
	tests := []struct {
		name string
		work *Workload
		plan func(*pricer) *plan
		took bool
	}{
		{"kept", declaredWork(onPath(calm, "sqs"), onPath(ordered, "sqs-fifo")), declared, true},
		{"disordered", declaredWork(onPath(calm, "sqs"), onPath(ordered, "sqs")), declared, false},
		{"of another provider", declaredWork(onPath(calm, "pubsub")), declared, false},
		{"without a type", declaredWork(onPath(calm, "sqs"), ordered), declared, false},
		{"split", declaredWork(split), func(m *pricer) *plan {
			p, err := m.planRecorded(&Options{})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := estimate(t, test.work, "", Optimal).pricer
			s := m.optimum(&Options{})
			s.offerWhole(test.plan(m))
			if took := s.best != nil; took != test.took {
				t.Fatalf("taken: %v", took)
			}
			if s.best != nil && s.split() != (test.name == "split") {
				t.Errorf("split: %v", s.split())
			}
		})
	}
}
