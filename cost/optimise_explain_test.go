package cost

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// smallFleet has one pay-per-use path and one pool of steps of 10 dollars that
// carry 100 bytes and 10 records each.
func smallFleet() *Problem {
	return &Problem{
		Variable: [][]float64{
			{30, 1}, // rents 0.6 of a step for its bytes
			{9, 2},  // rents 0.3 for its records
			{1, 4},  // cheaper without the pool
			{math.Inf(1), 0.5},
		},
		Pools: []Pool{{
			Path: 1, Step: 10, Base: 2, Caps: []float64{100, 10},
			Loads: [][]float64{{60, 1}, {10, 3}, {10, 1}, {5, 0.5}},
		}},
	}
}

func TestExplain(t *testing.T) {
	p := smallFleet()
	s, err := Optimise(context.Background(), p, OptimiseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{1, 1, 0, 1}, s.Path); diff != "" || s.Cost != 1+2+1+0.5+12 || !s.Exact {
		t.Fatalf("cost %v, exact %v, paths (-want +got):\n%s", s.Cost, s.Exact, diff)
	}
	want := []Explanation{
		// The pool costs 12, and its types fill 0.6 + 0.3 + 0.05 of a step alone.
		// Three more steps cost 30, more than the 29. The fourth is needed when the
		// bytes are above 300, of which the others take 15.
		{Path: 1, Variable: 1, Share: 12 * 0.6 / 0.95, Dimension: 0, SavedIfRemoved: 1,
			RunnerUp: 0, Extra: 29, Switch: Switch{Variable: 29, Load: 285.0 / 60, Pool: 0}},
		// One more step is more than the 7. The others take 1.5 of 10 records.
		{Path: 1, Variable: 2, Share: 12 * 0.3 / 0.95, Dimension: 1, SavedIfRemoved: 2,
			RunnerUp: 0, Extra: 7, Switch: Switch{Variable: 7, Load: 8.5 / 3, Pool: 0}},
		{Path: 0, Variable: 1, Dimension: -1, SavedIfRemoved: 1,
			RunnerUp: 1, Extra: 3, Switch: Switch{Variable: 3, Pool: -1}},
		{Path: 1, Variable: 0.5, Share: 12 * 0.05 / 0.95, Dimension: 0, SavedIfRemoved: 0.5,
			RunnerUp: -1, Switch: Switch{Pool: -1}},
	}
	opts := []cmp.Option{cmpopts.EquateApprox(0, 1e-6), cmpopts.IgnoreFields(Explanation{}, "Rent")}
	if diff := cmp.Diff(want, p.Explain(s), opts...); diff != "" {
		t.Errorf("explanations (-want +got):\n%s", diff)
	}
}

// A type that overflows a step by itself would come back with less load.
func TestExplainWhatWouldBringATypeToThePool(t *testing.T) {
	p := smallFleet()
	p.Variable[2] = []float64{5, 1}
	p.Pools[0].Loads[2] = []float64{50, 1}
	s, err := Optimise(context.Background(), p, OptimiseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := p.Explain(s)[2]
	// The pool has 75 of 100 bytes taken: half of the 50 fit without another step.
	want := Switch{Variable: 6, Load: 0.5, Pool: 0}
	if diff := cmp.Diff(want, got.Switch, cmpopts.EquateApprox(0, 1e-6)); diff != "" || got.Path != 0 {
		t.Errorf("path %d, switch (-want +got):\n%s", got.Path, diff)
	}
}

// Whatever the solution, every explanation agrees with pricing the assignment
// anew, and no single move is a saving.
func TestExplanationsAgreeWithEvaluate(t *testing.T) {
	for seed := range uint64(60) {
		p := drawProblem(rand.New(rand.NewPCG(seed, 6)))
		s, err := Optimise(context.Background(), p, OptimiseOptions{})
		if errors.Is(err, ErrNoAssignment) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range p.Explain(s) {
			least := math.Inf(1)
			for to := range p.Variable[i] {
				path := slices.Clone(s.Path)
				path[i] = to
				if cost, _, ok := p.Evaluate(path); ok && to != e.Path {
					least = min(least, cost-s.Cost)
				}
			}
			if e.RunnerUp < 0 && !math.IsInf(least, 1) || e.RunnerUp >= 0 && math.Abs(least-e.Extra) > 1e-6 {
				t.Errorf("seed %d, type %d: runner-up %d for %v; moving it costs %v", seed, i, e.RunnerUp, e.Extra, least)
			}
			if least < -1e-6 {
				t.Errorf("seed %d: moving type %d saves %v", seed, i, -least)
			}
			if alone := without(p, s.Path, i); math.Abs(s.Cost-alone-e.SavedIfRemoved) > 1e-6 {
				t.Errorf("seed %d: removing type %d saves %v and not %v", seed, i, s.Cost-alone, e.SavedIfRemoved)
			}
		}
	}
}

// without prices an assignment as if type i did not exist.
func without(p *Problem, path []int, i int) float64 {
	less := &Problem{Variable: slices.Delete(slices.Clone(p.Variable), i, i+1)}
	for _, pool := range p.Pools {
		pool.Loads = slices.Delete(slices.Clone(pool.Loads), i, i+1)
		less.Pools = append(less.Pools, pool)
	}
	cost, _, _ := less.Evaluate(slices.Delete(slices.Clone(path), i, i+1))
	return cost
}

func TestOptimiseRefuses(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Problem)
		want   string
	}{
		{"a type without a path", func(p *Problem) { p.Variable[2] = []float64{math.Inf(1), math.Inf(1)} }, "no path takes type 2"},
		{"ragged costs", func(p *Problem) { p.Variable[1] = []float64{1} }, "type 1 has costs for 1 paths and type 0 for 2"},
		{"a negative cost", func(p *Problem) { p.Variable[1][0] = -1 }, "type 1 costs -1 on path 0"},
		{"a cost that is no number", func(p *Problem) { p.Variable[3][1] = math.NaN() }, "type 3 costs NaN on path 1"},
		{"a pool of no path", func(p *Problem) { p.Pools[0].Path = 2 }, "pool 0: path 2 does not exist"},
		{"two pools of a path", func(p *Problem) { p.Pools = append(p.Pools, p.Pools[0]) }, "pools 0 and 1 are both for path 1"},
		{"a step that earns", func(p *Problem) { p.Pools[0].Step = -1 }, "pool 0: a step costs -1"},
		{"limits the wrong way round", func(p *Problem) { p.Pools[0].Min, p.Pools[0].Max = 3, 2 }, "between 3 and 2 steps"},
		{"a negative capacity", func(p *Problem) { p.Pools[0].Caps[1] = -5 }, "a step carries -5 in dimension 1"},
		{"loads missing", func(p *Problem) { p.Pools[0].Loads = p.Pools[0].Loads[:2] }, "loads of 2 types, and there are 4"},
		{"a dimension missing", func(p *Problem) { p.Pools[0].Loads[1] = []float64{1} }, "type 1 has 1 loads for 2 dimensions"},
		{"an infinite load", func(p *Problem) { p.Pools[0].Loads[1][0] = math.Inf(1) }, "type 1 has a load of +Inf in dimension 0"},
		{"a load in the wrong unit", func(p *Problem) { p.Pools[0].Loads[1][0] = 1e300 }, "look at its unit"},
		{"too few steps", func(p *Problem) { p.Pools[0].Max, p.Pools[0].Loads[3][0] = 1, 101 }, "no assignment of types to paths fits"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := smallFleet()
			test.change(p)
			s, err := Optimise(context.Background(), p, OptimiseOptions{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %+v, %v; want an error with %q", s, err, test.want)
			}
		})
	}
}

func TestOptimiseNames(t *testing.T) {
	p := smallFleet()
	p.Variable[2] = []float64{math.Inf(1), math.Inf(1)}
	_, err := Optimise(context.Background(), p, OptimiseOptions{})
	if noPath, ok := errors.AsType[*NoPathError](err); !ok || noPath.Type != 2 {
		t.Errorf("got %v; want a NoPathError of type 2", err)
	}
}

func TestOptimiseStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Optimise(ctx, drawFleet(3, 100, 1), OptimiseOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled search returned %v", err)
	}
}

// A search that may do next to nothing still returns an assignment and a bound
// that holds.
func TestOptimiseWithinLittleWork(t *testing.T) {
	p := drawFleet(2, 200, 5)
	hasty, err := Optimise(context.Background(), p, OptimiseOptions{Work: 1})
	if err != nil {
		t.Fatal(err)
	}
	best, err := Optimise(context.Background(), p, OptimiseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if hasty.Bound > best.Cost+1e-6 || hasty.Cost < best.Bound-1e-6 {
		t.Errorf("in haste between %v and %v; the cheapest costs %v to %v", hasty.Bound, hasty.Cost, best.Bound, best.Cost)
	}
}

func TestOptimiseNothing(t *testing.T) {
	s, err := Optimise(context.Background(), &Problem{}, OptimiseOptions{})
	if err != nil || s.Cost != 0 || !s.Exact {
		t.Errorf("nothing costs %+v, %v", s, err)
	}
}
