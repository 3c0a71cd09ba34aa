package cost

import (
	"fmt"
	"math"
)

// Limits of what is searched. The steps are far above what anybody can buy, and
// far below where they stop being exact numbers.
const (
	mostPools = 31
	mostSteps = 1 << 40
)

// check refuses what has no meaning, so that the search need not look again.
func (p *Problem) check() error {
	for i, costs := range p.Variable {
		if err := p.checkType(i, costs); err != nil {
			return err
		}
	}
	if len(p.Pools) > mostPools {
		return fmt.Errorf("%d pools, and at most %d are searched together; leave out those that are never cheapest", len(p.Pools), mostPools)
	}
	owner := map[int]int{}
	for k := range p.Pools {
		pool := &p.Pools[k]
		if before, taken := owner[pool.Path]; taken {
			return fmt.Errorf("pools %d and %d are both for path %d; a path has one", before, k, pool.Path)
		}
		owner[pool.Path] = k
		if err := p.checkPool(pool); err != nil {
			return fmt.Errorf("pool %d: %w", k, err)
		}
	}
	return nil
}

func (p *Problem) checkType(i int, costs []float64) error {
	if len(costs) != len(p.Variable[0]) {
		return fmt.Errorf("type %d has costs for %d paths and type 0 for %d", i, len(costs), len(p.Variable[0]))
	}
	open := false
	for at, cost := range costs {
		if math.IsNaN(cost) || cost < 0 {
			return fmt.Errorf("type %d costs %v on path %d; want 0 or more, or +Inf where the path refuses it", i, cost, at)
		}
		open = open || !math.IsInf(cost, 1)
	}
	if !open {
		return &NoPathError{Type: i}
	}
	return nil
}

// NoPathError says that no path takes a type.
type NoPathError struct{ Type int }

func (e *NoPathError) Error() string {
	return fmt.Sprintf("no path takes type %d; leave it out and report it, or relax what it demands", e.Type)
}

func (p *Problem) checkPool(pool *Pool) error {
	if len(p.Variable) > 0 && (pool.Path < 0 || pool.Path >= len(p.Variable[0])) {
		return fmt.Errorf("path %d does not exist; there are %d", pool.Path, len(p.Variable[0]))
	}
	if !finite(pool.Step) || !finite(pool.Base) {
		return fmt.Errorf("a step costs %v and the pool itself %v; want 0 or more", pool.Step, pool.Base)
	}
	if pool.Min < 0 || pool.Max < 0 || pool.Max > 0 && pool.Max < pool.Min || pool.Min > mostSteps {
		return fmt.Errorf("between %d and %d steps; want 0 <= Min <= Max, or a Max of 0 for no limit", pool.Min, pool.Max)
	}
	for d, c := range pool.Caps {
		if math.IsNaN(c) || c < 0 {
			return fmt.Errorf("a step carries %v in dimension %d; want more than 0, or 0 for no limit", c, d)
		}
	}
	if len(pool.Loads) != len(p.Variable) {
		return fmt.Errorf("loads of %d types, and there are %d", len(pool.Loads), len(p.Variable))
	}
	return p.checkLoads(pool)
}

func (p *Problem) checkLoads(pool *Pool) error {
	total := make([]float64, len(pool.Caps))
	for i, load := range pool.Loads {
		if math.IsInf(p.Variable[i][pool.Path], 1) {
			continue // a refused type has no load
		}
		if len(load) != len(pool.Caps) {
			return fmt.Errorf("type %d has %d loads for %d dimensions", i, len(load), len(pool.Caps))
		}
		for d, l := range load {
			if !finite(l) {
				return fmt.Errorf("type %d has a load of %v in dimension %d; want 0 or more", i, l, d)
			}
			total[d] += pool.share(i, d)
			if total[d] > mostSteps {
				return fmt.Errorf("the loads up to type %d need more than %d steps in dimension %d; look at its unit", i, mostSteps, d)
			}
		}
	}
	return nil
}

// finite reports whether v is an amount: neither negative nor infinite nor NaN.
func finite(v float64) bool { return v >= 0 && !math.IsInf(v, 1) }
