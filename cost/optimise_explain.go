package cost

import (
	"math"
)

// Explanation is why a type is where a solution puts it, in dollars a month.
// Everything is seen from the solution: the other types stay where they are.
type Explanation struct {
	Path     int
	Variable float64
	// Share is the type's part of what its pool costs: in proportion to the
	// steps that it would fill alone, in the dimension where it fills most.
	Share     float64
	Dimension int // that dimension, -1 on a path without a pool
	// Rent is the type's load at the shadow prices.
	Rent float64
	// SavedIfRemoved is what the whole would cost less without the type. It is
	// rarely Variable plus Share, for capacity goes in steps.
	SavedIfRemoved float64
	// RunnerUp is the path that is cheapest for the whole after this one, -1 when
	// no other takes the type. It would cost Extra more.
	RunnerUp int
	Extra    float64
	Switch   Switch
}

// Switch is what would have to change for the runner-up to be no dearer; either
// change suffices alone.
type Switch struct {
	// Variable is by how much the type's own cost would have to rise on its path,
	// or to fall on the runner-up.
	Variable float64
	// Load is the factor on the type's load, and Pool the pool that it loads: above
	// 1 on its own pool, below 1 on the runner-up's. Both costs of its own stay. Load
	// is 0 where no factor does it, and Pool then -1.
	Load float64
	Pool int
}

// Explain explains every type of a solution.
func (p *Problem) Explain(s *Solution) []Explanation {
	t := newTally(p, s.Path)
	out := make([]Explanation, len(s.Path))
	rented := make([]float64, len(p.Pools))
	for i, at := range s.Path {
		e := Explanation{Path: at, Variable: p.Variable[i][at], Dimension: -1, SavedIfRemoved: t.left(i, at)}
		if k := t.pool[at]; k != separate {
			e.Share, e.Dimension = p.Pools[k].dominant(i)
			rented[k] += e.Share
			for d, price := range s.Prices[k] {
				e.Rent += price * p.Pools[k].Loads[i][d]
			}
		}
		e.RunnerUp, e.Extra = t.runnerUp(i, at)
		e.Switch = t.switching(i, at, e.RunnerUp, e.Extra)
		out[i] = e
	}
	for i := range out {
		k := t.pool[out[i].Path]
		if k == separate {
			continue
		}
		price := p.Pools[k].price(t.steps(k))
		if rented[k] > 0 {
			out[i].Share *= price / rented[k]
		} else {
			out[i].Share = price / float64(t.used[k])
		}
	}
	return out
}

// dominant is the load of a type in the dimension where it fills most of a step.
func (p *Pool) dominant(i int) (share float64, dimension int) {
	for d := range p.Caps {
		if w := p.share(i, d); w > share {
			share, dimension = w, d
		}
	}
	return share, dimension
}

// runnerUp is the cheapest other path for type i, as the whole costs.
func (t *tally) runnerUp(i, from int) (path int, extra float64) {
	path = -1
	for to := range t.pool {
		if to == from {
			continue
		}
		if more := t.moved(i, from, to); !math.IsInf(more, 1) && (path < 0 || more < extra) {
			path, extra = to, more
		}
	}
	return path, extra
}

// switching finds what would make the runner-up as cheap.
func (t *tally) switching(i, from, to int, extra float64) Switch {
	out := Switch{Pool: -1}
	if to < 0 {
		return out
	}
	out.Variable = extra
	pool, factor := t.pool[from], 0.0
	if pool != separate {
		factor = t.growth(pool, i, extra)
	} else if pool = t.pool[to]; pool != separate {
		factor = t.shrinkage(pool, i, extra)
	}
	if factor > 0 {
		out.Load, out.Pool = factor, pool
	}
	return out
}

// growth is the factor on the load of type i on its own pool k beyond which the
// pool costs at least so much more, or may not grow any further.
func (t *tally) growth(k, i int, extra float64) float64 {
	pool := &t.problem.Pools[k]
	steps := math.Inf(1)
	if pool.Step > 0 {
		steps = float64(t.steps(k)) + math.Ceil(extra/pool.Step-roundOff) - 1
	}
	if pool.Max > 0 {
		steps = min(steps, float64(pool.Max))
	}
	if steps > mostSteps {
		return 0
	}
	return t.factor(k, i, max(int(steps), t.steps(k)), -1)
}

// shrinkage is the factor on the load that type i would bring to pool k at which
// the pool would cost so much less than it would with the whole load.
func (t *tally) shrinkage(k, i int, extra float64) float64 {
	pool := &t.problem.Pools[k]
	now, then := t.steps(k), t.stepsWith(k, i, 1)
	if extra <= 0 {
		return 1
	}
	if pool.Step == 0 {
		return 0
	}
	then -= int(min(math.Ceil(extra/pool.Step-roundOff), mostSteps))
	if then < max(now, pool.fewest()) {
		return 0
	}
	return t.factor(k, i, then, 0)
}

// factor is how many times the load of type i the pool k takes with so many
// steps, beside the others; 0 when the type has no load there. mine is -1 when
// the load is among those of the pool already, and 0 when not.
func (t *tally) factor(k, i, steps, mine int) float64 {
	pool := &t.problem.Pools[k]
	least := math.Inf(1)
	for d, l := range t.load[k] {
		w := pool.share(i, d)
		if w > 0 {
			rest := max(0, l+float64(mine)*w)
			least = min(least, (room(steps)-rest)/w)
		}
	}
	if math.IsInf(least, 1) {
		return 0
	}
	return max(0, least)
}
