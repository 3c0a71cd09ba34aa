package cost

import (
	"math"
	"sort"
)

// shut removes the options whose pool may not be used; false when a type has
// none left.
func (s *search) shut(n *searchNode) bool {
	for c, i := range n.core {
		for o := s.model.first[i]; o < s.model.first[i+1]; o++ {
			if pool := s.model.options[o].pool; pool != separate && n.steps[pool].hi == 0 {
				n.allowed[c] &^= 1 << (o - s.model.first[i])
			}
		}
		if n.allowed[c] == 0 {
			return false
		}
	}
	return true
}

// filter compares what a node leaves open with the best assignment: an option or
// a number of steps whose bound is no lower goes. It decides the types that have
// one option left, and reports false when nothing fits any more.
func (s *search) filter(n *searchNode) bool {
	e := newEvaluation(s.model, len(n.core))
	s.work += s.model.evaluate(n, n.prices, e)
	n.bound = max(n.bound, e.bound)
	s.filterOptions(n, e)
	for k := range s.model.pools {
		if !s.filterSteps(n, k, e.bound) {
			return false
		}
	}
	return s.shut(n)
}

func (s *search) filterOptions(n *searchNode, e *evaluation) {
	margin := s.best - s.slack() - e.bound
	core, allowed := n.core[:0], n.allowed[:0]
	for c, i := range n.core {
		left := n.allowed[c]
		least := s.model.reduced(&s.model.options[e.pick[c]], n.prices)
		count := 0
		for o := s.model.first[i]; o < s.model.first[i+1]; o++ {
			bit := uint32(1) << (o - s.model.first[i])
			if left&bit == 0 {
				continue
			}
			if o != e.pick[c] && s.model.reduced(&s.model.options[o], n.prices)-least >= margin {
				left &^= bit
				continue
			}
			count++
		}
		if count == 1 {
			s.decide(n, i, e.pick[c])
			continue
		}
		core, allowed = append(core, i), append(allowed, left)
	}
	n.core, n.allowed = core, allowed
}

// filterSteps narrows the range of a pool: to what the decided types need, and to
// the numbers whose bound is below the best. The bound is linear in the steps.
func (s *search) filterSteps(n *searchNode, k int, bound float64) bool {
	pool, r := &s.model.pools[k], &n.steps[k]
	if n.used[k] > 0 {
		r.lo = max(r.lo, pool.steps(n.load[pool.at:pool.at+pool.dims]))
	}
	if r.lo > r.hi {
		return false
	}
	if r.lo == r.hi || math.IsInf(s.best, 1) {
		return true
	}
	revenue := 0.0
	for _, price := range n.prices[pool.at : pool.at+pool.dims] {
		revenue += price
	}
	ends := r.ends(pool)
	worth := func(steps int) float64 { return pool.price(steps) - revenue*room(steps) }
	sold := min(worth(ends[0]), worth(ends[1]))
	if r.lo == 0 {
		sold = min(sold, 0)
	}
	fits := func(steps int) bool { return !s.closed(bound - sold + worth(steps)) }
	r.narrow(ends, fits)
	return r.lo <= r.hi
}

// narrow keeps the numbers of steps that fit, which are the first ones of the
// range, the last ones, or none; and not using the pool, if that fits.
func (r *stepRange) narrow(ends [2]int, fits func(int) bool) {
	lo, hi := ends[0], ends[1]
	count := hi - lo + 1
	unused := r.lo == 0 && fits(0)
	switch {
	case fits(lo):
		hi = lo + sort.Search(count, func(j int) bool { return !fits(lo + j) }) - 1
	case fits(hi):
		lo += sort.Search(count, func(j int) bool { return fits(lo + j) })
	default:
		lo, hi = 1, 0 // nothing is between
	}
	if unused {
		lo = 0
	}
	r.lo, r.hi = lo, hi
}
