package cost

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// cheapestOfAll tries every assignment.
func cheapestOfAll(p *Problem) float64 {
	path := make([]int, len(p.Variable))
	best := math.Inf(1)
	for {
		if cost, _, ok := p.Evaluate(path); ok {
			best = min(best, cost)
		}
		i := 0
		for ; i < len(path); i++ {
			if path[i]++; path[i] < len(p.Variable[i]) {
				break
			}
			path[i] = 0
		}
		if i == len(path) {
			return best
		}
	}
}

// drawProblem draws a small problem with everything that can go wrong in it:
// refusals, types without load, limits of steps, free pools and free steps.
func drawProblem(r *rand.Rand) *Problem {
	pools := r.IntN(4)
	paths := pools + r.IntN(3)
	if paths == 0 {
		paths = 1
	}
	types := 1 + r.IntN(12)
	for math.Pow(float64(paths), float64(types)) > 300_000 {
		types--
	}
	p := &Problem{Variable: make([][]float64, types)}
	for i := range p.Variable {
		p.Variable[i] = make([]float64, paths)
		for at := range paths {
			p.Variable[i][at] = math.Round(math.Exp(r.NormFloat64()*1.5+1)*100) / 100
		}
		refuse(r, p.Variable[i])
	}
	for k, path := range r.Perm(paths)[:pools] {
		p.Pools = append(p.Pools, drawPool(r, types, path, k))
	}
	return p
}

// refuse takes paths from a type: none, some, or all but one.
func refuse(r *rand.Rand, costs []float64) {
	keep := r.IntN(len(costs))
	share := []float64{0, 0, 0.3, 1}[r.IntN(4)]
	for at := range costs {
		if at != keep && r.Float64() < share {
			costs[at] = math.Inf(1)
		}
	}
}

func drawPool(r *rand.Rand, types, path, k int) Pool {
	pool := Pool{
		Path: path,
		Step: []float64{0, 1, 4, 10.95, 22}[r.IntN(5)],
		Base: []float64{0, 0, 3, 30}[r.IntN(4)],
		Min:  r.IntN(3),
		Caps: []float64{1 << 20, 1000, 0, 2 << 20}[:1+r.IntN(4)],
	}
	if r.IntN(2) == 0 {
		pool.Max = pool.Min + 1 + r.IntN(3)
	}
	for range types {
		load := make([]float64, len(pool.Caps))
		if r.IntN(6) > 0 {
			for d := range load {
				load[d] = []float64{0.1, 0.25, 0.5, math.Exp(r.NormFloat64() - 2)}[r.IntN(4)] * max(1, pool.Caps[d])
			}
		}
		pool.Loads = append(pool.Loads, load)
	}
	return pool
}

func TestOptimiseAgreesWithBruteForce(t *testing.T) {
	impossible := 0
	for seed := range uint64(300) {
		p := drawProblem(rand.New(rand.NewPCG(seed, 5)))
		want := cheapestOfAll(p)
		got, err := Optimise(context.Background(), p, OptimiseOptions{})
		if math.IsInf(want, 1) {
			impossible++
			if !errors.Is(err, ErrNoAssignment) {
				t.Errorf("seed %d: no assignment fits, and Optimise returned %+v, %v", seed, got, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if math.Abs(got.Cost-want) > 1e-6 || !got.Exact {
			t.Errorf("seed %d (%d types): cost %v, bound %v, exact %v; the cheapest costs %v", seed, len(p.Variable), got.Cost, got.Bound, got.Exact, want)
		}
		if cost, steps, _ := p.Evaluate(got.Path); cost != got.Cost || !slices.Equal(steps, got.Steps) {
			t.Errorf("seed %d: says %v with %v steps; its assignment costs %v with %v", seed, got.Cost, got.Steps, cost, steps)
		}
	}
	if impossible > 100 {
		t.Errorf("%d of 300 problems have no assignment; the test draws too few that have", impossible)
	}
}

// drawFleet draws a problem of the size and shape of a real fleet: rates and
// sizes that spread over orders of magnitude, a pay-per-use path, and pools of
// which each charges a little for volume; a type in twenty may only use pools.
func drawFleet(seed uint64, types, pools int) *Problem {
	r := rand.New(rand.NewPCG(seed, 8))
	p := &Problem{Pools: make([]Pool, pools)}
	kinds := []Pool{
		{Step: 10.95, Caps: []float64{1 << 20, 1000, 2 << 20}},
		{Step: 21.9, Caps: []float64{1e6, 1000, 2e6}},
		{Step: 147.17, Base: 300, Min: 1, Caps: []float64{8e6, 50_000, 16e6}},
		{Step: 10.95, Base: 29.2, Caps: []float64{1 << 20, 1000, 2 << 20}},
		{Step: 850, Caps: []float64{8e6, 40_000, 16e6}},
		{Step: 61.3, Base: 90, Min: 3, Caps: []float64{3e6, 20_000, 6e6}},
		{Step: 36.5, Caps: []float64{4e6, 2500, 4e6}},
		{Step: 5.5, Base: 55, Max: 20, Caps: []float64{5e5, 500, 1e6}},
	}
	for k := range p.Pools {
		p.Pools[k] = kinds[k]
		p.Pools[k].Path = k + 1
	}
	for range types {
		rate := math.Exp(r.NormFloat64()*2 - 0.5)
		size := math.Exp(r.NormFloat64()*0.9 + 7)
		consumers := float64(1 + r.IntN(4))
		peak := 2 + 6*r.Float64()
		millions := rate * MonthSeconds / 1e6
		costs := []float64{millions * (0.05 + 0.14*consumers*math.Ceil(size/65536))}
		if r.IntN(20) == 0 {
			costs[0] = math.Inf(1)
		}
		for k := range p.Pools {
			unit := []float64{0.014, 0.028, 0, 0.012, 0, 0.001, 0.02, 0.015}[k]
			costs = append(costs, millions*unit*math.Ceil(size/25600))
			p.Pools[k].Loads = append(p.Pools[k].Loads, []float64{rate * peak * size, rate * peak, rate * peak * size * consumers})
		}
		p.Variable = append(p.Variable, costs)
	}
	return p
}

func TestOptimiseCertifiesFleets(t *testing.T) {
	for _, types := range []int{20, 100, 500} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%d types, %d", types, seed), func(t *testing.T) {
				got, err := Optimise(context.Background(), drawFleet(seed, types, 1), OptimiseOptions{Gap: 0.01})
				if err != nil {
					t.Fatal(err)
				}
				if gap := got.Cost - got.Bound; gap > max(0.01, got.Cost/10_000) {
					t.Errorf("the cost of %v is certified to within %v only", got.Cost, gap)
				}
			})
		}
	}
}

func TestOptimiseCertifiesALargeFleet(t *testing.T) {
	got, err := Optimise(context.Background(), drawFleet(0, 10_000, 1), OptimiseOptions{Gap: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	if gap := got.Cost - got.Bound; gap > got.Cost/10_000 {
		t.Errorf("the cost of %v is certified to within %v only", got.Cost, gap)
	}
}

func BenchmarkOptimise(b *testing.B) {
	for _, pools := range []int{1, 3, 8} {
		for _, types := range []int{100, 1000, 10_000} {
			b.Run(fmt.Sprintf("pools=%d/types=%d", pools, types), func(b *testing.B) {
				p := drawFleet(0, types, pools)
				for b.Loop() {
					s, err := Optimise(context.Background(), p, OptimiseOptions{Gap: 0.01})
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(100*(s.Cost-s.Bound)/s.Cost, "%gap")
				}
			})
		}
	}
}
