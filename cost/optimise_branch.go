package cost

import "math"

// branch splits a node into parts that together hold all its assignments.
func (s *search) branch(n *searchNode) {
	e := newEvaluation(s.model, len(n.core))
	s.work += s.model.evaluate(n, n.prices, e)
	if k := s.unsettled(n, e); k >= 0 {
		s.branchSteps(n, k, e)
	} else {
		s.branchType(n, e)
	}
	n.core, n.allowed = nil, nil // the children have their own
}

// unsettled is the pool whose number of steps is open and whose steps cost most
// above what the relaxation pays for their capacity; -1 when all are settled.
func (s *search) unsettled(n *searchNode, e *evaluation) int {
	worst, most := -1, math.Inf(-1)
	for k := range s.model.pools {
		pool := &s.model.pools[k]
		if n.steps[k].lo == n.steps[k].hi {
			continue
		}
		unpaid := pool.price(s.aim(n, k, e))
		for d := pool.at; d < pool.at+pool.dims; d++ {
			unpaid -= n.prices[d] * e.load[d]
		}
		if unpaid > most {
			worst, most = k, unpaid
		}
	}
	return worst
}

// aim is the number of steps in the range that is nearest to what the relaxation
// would use.
func (s *search) aim(n *searchNode, k int, e *evaluation) int {
	pool := &s.model.pools[k]
	if e.used[k] == 0 {
		return n.steps[k].lo
	}
	return min(max(pool.steps(e.load[pool.at:pool.at+pool.dims]), n.steps[k].lo), n.steps[k].hi)
}

// branchSteps decides whether a pool is used, and then how many steps it has:
// those that the relaxation aims at, fewer, or more.
func (s *search) branchSteps(n *searchNode, k int, e *evaluation) {
	pool, r := &s.model.pools[k], n.steps[k]
	if r.lo == 0 {
		s.branchRange(n, k, stepRange{lo: min(pool.fewest(), r.hi), hi: r.hi})
		s.branchRange(n, k, stepRange{})
		return
	}
	aim := s.aim(n, k, e)
	s.branchRange(n, k, stepRange{lo: aim, hi: aim})
	if aim > r.lo {
		s.branchRange(n, k, stepRange{lo: r.lo, hi: aim - 1})
	}
	if aim < r.hi {
		s.branchRange(n, k, stepRange{lo: aim + 1, hi: r.hi})
	}
}

func (s *search) branchRange(n *searchNode, k int, r stepRange) {
	child := n.child()
	child.steps[k] = r
	s.settle(child, stepRounds, stepStride)
	s.keep(child)
}

// branchType decides the type that is nearest to changing its option at the
// prices, measured by its load: that is the one which the relaxation splits.
func (s *search) branchType(n *searchNode, e *evaluation) {
	m := s.model
	chosen, least := -1, math.Inf(1)
	for c := range n.core {
		regret, size := s.regret(n, c, e.pick[c])
		if score := regret / size; score < least {
			chosen, least = c, score
		}
	}
	if chosen < 0 {
		return
	}
	i, left := n.core[chosen], n.allowed[chosen]
	cheapest := m.reduced(&m.options[e.pick[chosen]], n.prices)
	for o := m.first[i]; o < m.first[i+1]; o++ {
		if left>>(o-m.first[i])&1 == 0 {
			continue
		}
		bound := e.bound + m.reduced(&m.options[o], n.prices) - cheapest
		if s.closed(bound) {
			continue
		}
		child := n.child()
		child.core = append(child.core[:chosen], child.core[chosen+1:]...)
		child.allowed = append(child.allowed[:chosen], child.allowed[chosen+1:]...)
		child.bound = max(n.bound, bound)
		s.decide(child, i, o)
		s.settle(child, typeRounds, typeStride)
		s.keep(child)
	}
}

// regret is what the second best option of an open type costs more than its
// best, and the greatest load that its options have.
func (s *search) regret(n *searchNode, c int, pick int32) (regret, size float64) {
	m, i := s.model, n.core[c]
	least := m.reduced(&m.options[pick], n.prices)
	regret, size = math.Inf(1), 1e-12
	for o := m.first[i]; o < m.first[i+1]; o++ {
		if n.allowed[c]>>(o-m.first[i])&1 == 0 {
			continue
		}
		for _, w := range m.weightsOf(&m.options[o]) {
			size = max(size, w)
		}
		if o != pick {
			regret = min(regret, m.reduced(&m.options[o], n.prices)-least)
		}
	}
	return regret, size
}
