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

	"github.com/nexus-blueprint/nexus/skeleton/route"
)

// declaredWork is a declared workload of types, sorted by their names.
func declaredWork(types ...Traffic) *Workload {
	w := &Workload{Basis: DeclaredTraffic, volume: declaredVolume(), peakToMean: DefaultPeakToMean}
	for _, t := range types {
		if t.Peak == (Peak{}) {
			t.Peak = Peak{Records: 3 * t.Rate, Bytes: 3 * t.Rate * t.MeanBytes()}
		}
		w.Types = append(w.Types, t)
	}
	return w
}

func typed(name string, rate float64, bytes int) Traffic {
	return Traffic{
		Type: name, Rate: rate, Sizes: []Size{{Bytes: bytes, Share: 1}}, Ordering: Unordered,
		Owners: []string{"team-" + name}, Domain: "shop", Consumers: []Consumer{{Name: "billing", Kind: Polling}},
	}
}

func with(t Traffic, change func(*Traffic)) Traffic {
	change(&t)
	return t
}

func onPath(t Traffic, path string) Traffic {
	t.Declared = path
	return t
}

func estimate(t testing.TB, w *Workload, whatIf string, strategies ...string) *Estimate {
	t.Helper()
	a := DefaultAssumptions()
	if whatIf != "" {
		var err error
		if a, err = a.WhatIf(whatIf); err != nil {
			t.Fatal(err)
		}
	}
	return estimateWith(t, w, Options{Assumptions: a, Strategies: strategies, Seed: 1, Draws: 50})
}

func estimateWith(t testing.TB, w *Workload, o Options) *Estimate {
	t.Helper()
	book, err := DefaultBook()
	if err != nil {
		t.Fatal(err)
	}
	e, err := Make(context.Background(), w, book, o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// drawWork is a random workload: some types ordered, some in a hurry, some with
// recorded decisions, some on paths that nobody knows.
func drawWork(t *rapid.T) *Workload {
	var types []Traffic
	for i := range rapid.IntRange(1, 6).Draw(t, "types") {
		label := func(what string) string { return fmt.Sprintf("%s of type %d", what, i) }
		kind := typed(fmt.Sprintf("Type%d", i), rapid.Float64Range(0, 2000).Draw(t, label("rate")), rapid.IntRange(1, 300_000).Draw(t, label("bytes")))
		if rapid.Bool().Draw(t, label("two sizes")) {
			share := rapid.Float64Range(0, 1).Draw(t, label("share"))
			kind.Sizes = []Size{{rapid.IntRange(1, 5000).Draw(t, label("small")), share}, {kind.Sizes[0].Bytes, 1 - share}}
		}
		kind.Ordering = rapid.SampledFrom([]Ordering{Unordered, PerKey}).Draw(t, label("ordering"))
		kind.MaxLatency = rapid.SampledFrom([]time.Duration{0, 100 * time.Millisecond, 2 * time.Second}).Draw(t, label("latency"))
		kind.Declared = rapid.SampledFrom([]string{"kinesis", "kinesis-provisioned", "kinesis-advantage", "sns-sqs", "sqs-fifo", "msk", "event-hubs", "", "carrier-pigeon"}).Draw(t, label("path"))
		kind.Domain = rapid.SampledFrom([]string{"", "shop", "billing"}).Draw(t, label("domain"))
		kind.Owners = rapid.SampledFrom([][]string{nil, {"a"}, {"a", "b"}, {"a", "b", "c"}}).Draw(t, label("owners"))
		for n := range rapid.IntRange(0, 3).Draw(t, label("consumers")) {
			kind.Consumers = append(kind.Consumers, Consumer{fmt.Sprint("reader", n), rapid.SampledFrom([]ConsumerKind{Polling, FanOut, Lambda}).Draw(t, label("kind"))})
		}
		if rapid.Bool().Draw(t, label("recorded")) {
			kind.Recorded = map[string]float64{"critical": 0.3, "standard": 0.2, "sqs": 0.1}
		}
		types = append(types, kind)
	}
	return declaredWork(types...)
}

func drawWhatIf(t *rapid.T) string {
	list := []string{"streams=" + rapid.SampledFrom([]string{"shared", "domain", "type"}).Draw(t, "streams")}
	for _, key := range []string{
		"batch=1", "peak=20", "headroom=30%", "consumers=4", "efo=all",
		"free-tiers=on", "sqs-send=high", "raw=off", "aggregate=20", "window=0s", "empty-polls=off",
	} {
		if rapid.IntRange(0, 3).Draw(t, key) == 0 {
			list = append(list, key)
		}
	}
	list = append(list,
		"kinesis="+rapid.SampledFrom([]string{"on-demand", "provisioned", "advantage"}).Draw(t, "kinesis"),
		"retention="+rapid.SampledFrom([]string{"24h", "3d", "30d"}).Draw(t, "retention"))
	return strings.Join(list, ",")
}

// Whatever the workload and the assumptions: lines, types and groups add up to the
// total to the nano-dollar, and the saving to its parts.
func TestAmountsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, err := DefaultAssumptions().WhatIf(drawWhatIf(t))
		if err != nil {
			t.Fatal(err)
		}
		book, _ := DefaultBook()
		e, err := Make(context.Background(), drawWork(t), book, Options{Assumptions: a, Draws: 3})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range slices.Concat(e.Outcomes, e.OnePath()) {
			lines, account := Money(0), Money(0)
			for _, line := range o.Lines {
				lines += line.Cost
				if line.Type == "" {
					account += line.Cost
				}
				if line.Cost < 0 || line.Quantity < 0 {
					t.Errorf("%s has a line below 0: %+v", o.Strategy, line)
				}
			}
			if lines != o.Total {
				t.Errorf("%s: the lines are %d nano-dollars, the total %d", o.Strategy, lines, o.Total)
			}
			types := account
			for _, is := range o.Types {
				types += is.Cost
			}
			if types != o.Total {
				t.Errorf("%s: the types are %d nano-dollars, the total %d", o.Strategy, types, o.Total)
			}
			for _, key := range Keys() {
				sum := Money(0)
				for _, g := range e.By(o, key) {
					sum += g.Cost
				}
				if sum != o.Total {
					t.Errorf("%s by %s: %d nano-dollars, the total is %d", o.Strategy, key, sum, o.Total)
				}
			}
			s := e.Saving(o)
			if parts := s.Moved*(1-s.Ratio) - s.Stayed; math.Abs(parts-s.Saving.Point) > 1e-6*(1+math.Abs(parts)) {
				t.Errorf("%s saves %g; its parts come to %g: %+v", o.Strategy, s.Saving.Point, parts, s)
			}
		}
	})
}

// paths says where a strategy puts each type, and what it leaves.
func where(e *Estimate, strategy string) string {
	o := e.Outcome(strategy)
	if o == nil {
		return "nothing to go by"
	}
	var list []string
	for i, is := range o.Types {
		list = append(list, e.Workload.Types[i].Type+": "+strings.Join(is.Paths, "+"))
	}
	for _, l := range o.Left {
		list = append(list, "left "+l.Type+": "+l.Why)
	}
	return strings.Join(list, "\n")
}

func TestStrategies(t *testing.T) {
	recorded := func(t Traffic, shares map[string]float64) Traffic { t.Recorded = shares; return t }
	tests := []struct {
		name, strategy, want string
		types                []Traffic
		whatIf               string
	}{
		{name: "declared, by an alias", strategy: Declared, types: []Traffic{onPath(typed("A", 1, 900), "SNS->SQS")}, want: "A: sns-sqs"},
		{name: "declared, by the router's words", strategy: Declared, types: []Traffic{onPath(typed("A", 1, 900), "standard"), onPath(typed("B", 1, 900), "critical")}, want: "A: sns-sqs\nB: kinesis-on-demand"},
		{name: "declared, the mode of kinesis", strategy: Declared, whatIf: "kinesis=provisioned", types: []Traffic{onPath(typed("A", 1, 900), "kinesis")}, want: "A: kinesis-provisioned"},
		{
			name: "declared, misspelt and missing", strategy: Declared,
			types: []Traffic{onPath(typed("A", 1, 900), "sqs"), onPath(typed("B", 1, 900), "kinesiss"), typed("C", 1, 900)},
			want:  "A: sqs\nB: \nC: \nleft B: no path is called \"kinesiss\"; did you mean kinesis?\nleft C: the catalog declares no path",
		},
		{name: "declared by nobody", strategy: Declared, types: []Traffic{typed("A", 1, 900)}, want: "nothing to go by"},
		{
			name: "recorded decisions and names, and shares without any", strategy: Recorded,
			types: []Traffic{recorded(typed("A", 1, 900), map[string]float64{"critical": 0.2, "standard": 0.2}), recorded(typed("B", 1, 900), map[string]float64{"sqs": 1})},
			want:  "A: kinesis-on-demand+sns-sqs\nB: sqs",
		},
		{
			name: "recorded, a share on a path that nobody knows", strategy: Recorded,
			types: []Traffic{recorded(typed("A", 1, 900), map[string]float64{"owl": 0.5, "pigeon": 0.1, "sqs": 0.4})},
			want:  "A: sqs\nleft A: no path is called \"owl\"; the paths are kinesis-provisioned, kinesis-on-demand, kinesis-advantage, sns-sqs, sns-sqs-fifo, sqs, sqs-fifo, eventbridge-sqs, pubsub, event-hubs-basic, event-hubs-standard, event-hubs-premium, msk, kafka; no path is called \"pigeon\"; the paths are kinesis-provisioned, kinesis-on-demand, kinesis-advantage, sns-sqs, sns-sqs-fifo, sqs, sqs-fifo, eventbridge-sqs, pubsub, event-hubs-basic, event-hubs-standard, event-hubs-premium, msk, kafka",
		},
		{name: "recorded by nobody", strategy: Recorded, types: []Traffic{typed("A", 1, 900)}, want: "nothing to go by"},
		{
			name: "router", strategy: Router,
			types: []Traffic{with(typed("A", 1, 900), func(t *Traffic) { t.Criticality, t.Ordering = "critical", PerKey }), typed("B", 1, 900)},
			want:  "A: kinesis-on-demand\nB: sns-sqs",
		},
		{
			name: "an event that no path takes", strategy: Optimal,
			types: []Traffic{typed("A", 1, 900<<20)},
			want:  "A: \nleft A: no path meets what it asks for; the first: Kinesis provisioned takes events of at most 10485760 bytes, and A has one of 943718400",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := where(estimate(t, declaredWork(test.types...), test.whatIf, test.strategy), test.strategy)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A scorer that weighs the size decides event by event.
func TestRouterSplitsATypeBySize(t *testing.T) {
	scorer, err := route.New(route.Weights{Scorer: "logistic", Weights: map[string]float64{"payload": 8}, Bias: -4, Threshold: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	kind := typed("A", 10, 1)
	kind.Sizes = []Size{{Bytes: 100, Share: 0.75}, {Bytes: 900_000, Share: 0.25}}
	e := estimateWith(t, declaredWork(kind), Options{Assumptions: DefaultAssumptions(), Router: scorer, Strategies: []string{Router}, Draws: 3})
	shares := map[string]float64{}
	for _, part := range e.Outcome(Router).ledger.parts {
		shares[e.pricer.paths[part.path].Name] += part.share
	}
	if diff := cmp.Diff(map[string]float64{"kinesis-on-demand": 0.25, "sns-sqs": 0.75}, shares); diff != "" {
		t.Error(diff)
	}
}

// The optimum is the cheapest of all assignments, priced as ledgers price them.
func TestOptimumAgainstBruteForce(t *testing.T) {
	book, err := DefaultBook()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		var types []Traffic
		for i := range rapid.IntRange(1, 3).Draw(t, "types") {
			kind := typed(fmt.Sprintf("Type%d", i), rapid.Float64Range(0.01, 500).Draw(t, "rate"), rapid.IntRange(100, 60_000).Draw(t, "bytes"))
			kind.Ordering = rapid.SampledFrom([]Ordering{Unordered, PerKey}).Draw(t, "ordering")
			kind.MaxLatency = rapid.SampledFrom([]time.Duration{0, time.Second, 3 * time.Second}).Draw(t, "latency")
			types = append(types, kind)
		}
		w := declaredWork(types...)
		e, err := Make(context.Background(), w, book, Options{Assumptions: DefaultAssumptions(), Strategies: []string{Optimal}, Draws: 1})
		if err != nil {
			t.Fatal(err)
		}
		o := e.Outcome(Optimal)
		if len(o.Left) > 0 {
			return
		}
		best := Money(math.MaxInt64)
		columns := e.pricer.columns(&e.options)
		var try func(kind int, p plan)
		try = func(kind int, p plan) {
			if kind == len(w.Types) {
				best = min(best, e.pricer.ledger(p).total(1))
				return
			}
			for _, path := range columns {
				if len(e.pricer.quote(kind, path).Refused) == 0 {
					try(kind+1, plan{parts: append(slices.Clone(p.parts), part{kind: kind, path: path, share: 1})})
				}
			}
		}
		try(0, plan{})
		if gap := Dollars(optimumGap); o.Total > best+gap+1000 {
			t.Errorf("the optimum is %d nano-dollars, and %d can be had", o.Total, best)
		}
	})
}

// What a strategy leaves out must not look as if it were saved.
func TestSavingLeavesOutWhatIsNotPlaced(t *testing.T) {
	large := typed("Large", 500, 4000)
	e := estimate(t, declaredWork(onPath(typed("A", 5, 900), "kinesis"), onPath(large, "pigeon")), "", Declared)
	if s := e.Saving(e.Outcome(Declared)); s.Saving.Point != 0 || s.Moved != 0 {
		t.Errorf("nothing moves, and the saving is %+v", s)
	}
}

func TestClaims(t *testing.T) {
	// One on-demand stream of large events, nearly all of which move.
	idle := declaredWork(onPath(typed("A", 500, 32_000), "sns-sqs"), onPath(typed("B", 10, 900), "kinesis"))
	tests := []struct {
		name    string
		work    *Workload
		claimed float64
		holds   bool
		verdict string
	}{
		{"holds", idle, 0.5, true, "the claim of 50 % holds: declared saves "},
		{"fails by the price", idle, 0.95, false, " of the cost, to paths that cost "},
		{"fails by the ceiling", declaredWork(onPath(typed("A", 500, 4000), "kinesis"), onPath(typed("B", 10, 900), "sqs")), 0.73, false, "no price of the other paths can save more than that"},
		{"costs more", declaredWork(onPath(typed("A", 1000, 500), "eventbridge")), 0.73, false, "more than the baseline"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := estimate(t, test.work, "", Declared)
			o := e.Outcome(Declared)
			list, err := e.Sensitivities(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			c := e.Claim(test.claimed, o, list)
			if c.Holds != test.holds || !strings.Contains(c.Verdict(), test.verdict) {
				t.Errorf("holds: %v: %s", c.Holds, c.Verdict())
			}
			if c.Deciding == nil {
				t.Error("no assumption decides")
			}
			if c.Holds != (c.Likely >= 0.5) {
				t.Errorf("holds: %v, in %g of the draws", c.Holds, c.Likely)
			}
			for _, s := range c.Otherwise {
				if (s.Saving >= test.claimed) == c.Holds {
					t.Errorf("%s does not turn the verdict", s.Change)
				}
			}
		})
	}
}

// Sensitivities are the estimates that --what-if gives.
func TestSensitivitiesAreWhatIfs(t *testing.T) {
	w := declaredWork(onPath(typed("A", 50, 4000), "sns-sqs"), onPath(typed("B", 10, 900), "kinesis"))
	e := estimate(t, w, "", Declared)
	list, err := e.Sensitivities(context.Background(), e.Outcome(Declared))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, s := range list {
		if strings.HasPrefix(s.Change, "volume=") {
			continue
		}
		seen++
		if want := estimate(t, w, s.Change, Declared).Outcome(Declared).Total; s.Total != want {
			t.Errorf("%s: %s, and --what-if gives %s", s.Change, s.Total, want)
		}
	}
	if seen < 10 {
		t.Errorf("%d changes were tried", seen)
	}
}

// Shares add up, whatever is shared.
func TestSplit(t *testing.T) {
	if diff := cmp.Diff([]Money{33, 34, 33}, Money(100).split([]float64{0, 0, 0})); diff != "" {
		t.Error(diff)
	}
	rapid.Check(t, func(t *rapid.T) {
		total := Money(rapid.Int64Min(0).Draw(t, "total"))
		sum := Money(0)
		for i, share := range total.split(rapid.SliceOfN(rapid.Float64Range(0, 1e9), 1, 8).Draw(t, "weights")) {
			if share < 0 {
				t.Errorf("share %d is %d", i, share)
			}
			sum += share
		}
		if sum != total {
			t.Errorf("the shares are %d of %d", sum, total)
		}
	})
}
