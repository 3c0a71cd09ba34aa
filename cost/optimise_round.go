package cost

import (
	"cmp"
	"math"
	"slices"
)

// round turns the relaxation of a node into assignments that use the capacity
// they pay for: with as many steps as the relaxation needs, and with one less.
func (s *search) round(n *searchNode) {
	e := newEvaluation(s.model, len(n.core))
	s.work += s.model.evaluate(n, n.prices, e)
	s.offer(n, e)
	target := make([]int, len(s.model.pools))
	open := false
	for k := range target {
		target[k] = s.aim(n, k, e)
		open = open || n.steps[k].lo < n.steps[k].hi
	}
	s.fit(n, e, target)
	if !open {
		return
	}
	for k := range target {
		if target[k] > max(n.steps[k].lo, 1) {
			target[k]--
		}
	}
	s.work += s.model.evaluate(n, n.prices, e)
	s.fit(n, e, target)
}

// fit moves the open types of an evaluation until the pools have the target's
// steps: first away from pools that are too full, then into what is free.
func (s *search) fit(n *searchNode, e *evaluation, target []int) {
	for k := range s.model.pools {
		s.relieve(n, e, target, k)
	}
	s.fill(n, e, target)
	s.exchange(n, e, target)
	s.offer(n, e)
}

// A move puts an open type, by its place in the core, on another option.
type move struct {
	at     int
	option int32
	worth  float64
}

func sortMoves(moves []move) {
	slices.SortFunc(moves, func(a, b move) int {
		return cmp.Or(cmp.Compare(b.worth, a.worth), cmp.Compare(a.at, b.at), cmp.Compare(a.option, b.option))
	})
}

// relieve moves the types that lose least for what they free.
func (s *search) relieve(n *searchNode, e *evaluation, target []int, k int) {
	pool := &s.model.pools[k]
	over := func() bool {
		for d := pool.at; d < pool.at+pool.dims; d++ {
			if e.load[d] > room(target[k]) {
				return true
			}
		}
		return false
	}
	if !over() {
		return
	}
	var moves []move
	for c := range n.core {
		o := &s.model.options[e.pick[c]]
		if int(o.pool) != k {
			continue
		}
		freed := 0.0
		for d, w := range s.model.weightsOf(o) {
			if e.load[pool.at+d] > room(target[k]) {
				freed += w
			}
		}
		if to, loss := s.second(n, c, e.pick[c]); to >= 0 && freed > 0 {
			moves = append(moves, move{c, to, -loss / freed})
		}
	}
	s.work += 10 * len(moves)
	sortMoves(moves)
	for _, v := range moves {
		if !over() {
			return
		}
		if s.fits(e, &s.model.options[v.option], target) {
			s.move(e, v)
		}
	}
}

// second is the next best option of an open type at the node's prices.
func (s *search) second(n *searchNode, c int, pick int32) (option int32, loss float64) {
	m, i := s.model, n.core[c]
	least := m.reduced(&m.options[pick], n.prices)
	option, loss = -1, math.Inf(1)
	for o := m.first[i]; o < m.first[i+1]; o++ {
		if o == pick || n.allowed[c]>>(o-m.first[i])&1 == 0 {
			continue
		}
		if l := m.reduced(&m.options[o], n.prices) - least; l < loss {
			option, loss = o, l
		}
	}
	return option, loss
}

// fill takes what is saved by options that fit into the capacity that is left,
// the most for its load first.
func (s *search) fill(n *searchNode, e *evaluation, target []int) {
	m := s.model
	var moves []move
	for c, i := range n.core {
		now := m.options[e.pick[c]].cost
		for o := m.first[i]; o < m.first[i+1]; o++ {
			option := &m.options[o]
			if n.allowed[c]>>(o-m.first[i])&1 == 0 || option.cost >= now || !s.fits(e, option, target) {
				continue
			}
			load := m.reduced(option, n.prices) - option.cost
			moves = append(moves, move{c, o, (now - option.cost) / (load + 1e-9)})
		}
	}
	s.work += 10 * len(moves)
	sortMoves(moves)
	for _, v := range moves {
		option := &m.options[v.option]
		if option.cost < m.options[e.pick[v.at]].cost && s.fits(e, option, target) {
			s.move(e, v)
		}
	}
}

// fits reports whether an option's load finds room in the target's steps.
func (s *search) fits(e *evaluation, o *pathOption, target []int) bool {
	if o.pool == separate {
		return true
	}
	pool := &s.model.pools[o.pool]
	if target[o.pool] == 0 {
		return false
	}
	for d, w := range s.model.weightsOf(o) {
		if w > 0 && e.load[pool.at+d]+w > room(target[o.pool]) {
			return false
		}
	}
	return true
}

func (s *search) move(e *evaluation, v move) {
	m := s.model
	from := &m.options[e.pick[v.at]]
	e.cost -= from.cost
	if from.pool != separate {
		e.used[from.pool]--
		at := m.pools[from.pool].at
		for d, w := range m.weightsOf(from) {
			e.load[at+d] -= w
		}
	}
	m.take(&m.options[v.option], e)
	e.pick[v.at] = v.option
}

// contested is how many open types exchange looks at: those whose options cost
// nearly the same at the prices, and between which the rest of the gap lies.
const contested = 150

// exchange swaps pairs of contested types while that is cheaper: one makes room
// for the other.
func (s *search) exchange(n *searchNode, e *evaluation, target []int) {
	moves := s.contestedMoves(n, e)
	for again, passes := true, 0; again && passes < 4; passes++ {
		again = false
		for a := range moves {
			for b := range moves {
				if moves[a].at != moves[b].at && s.swap(e, &moves[a], &moves[b], target) {
					again = true
				}
			}
		}
		s.work += len(moves) * len(moves)
	}
}

// contestedMoves lists the moves that cost least at the prices.
func (s *search) contestedMoves(n *searchNode, e *evaluation) []move {
	moves := make([]move, 0, len(n.core))
	for c := range n.core {
		if to, loss := s.second(n, c, e.pick[c]); to >= 0 {
			moves = append(moves, move{c, to, -math.Abs(loss)})
		}
	}
	s.work += 10 * len(moves)
	sortMoves(moves)
	return moves[:min(len(moves), contested)]
}

// swap makes two moves if they fit and are cheaper together, and turns them
// round, so that they can be undone.
func (s *search) swap(e *evaluation, a, b *move, target []int) bool {
	m := s.model
	fromA, fromB := e.pick[a.at], e.pick[b.at]
	gain := m.options[fromA].cost - m.options[a.option].cost + m.options[fromB].cost - m.options[b.option].cost
	if gain <= roundOff*(1+e.cost) {
		return false
	}
	s.move(e, *a)
	if s.fits(e, &m.options[b.option], target) {
		s.move(e, *b)
		if s.within(e, target) {
			a.option, b.option = fromA, fromB
			return true
		}
		s.move(e, move{at: b.at, option: fromB})
	}
	s.move(e, move{at: a.at, option: fromA})
	return false
}

// within reports whether all loads find room in the target's steps.
func (s *search) within(e *evaluation, target []int) bool {
	for k := range s.model.pools {
		pool := &s.model.pools[k]
		for d := pool.at; d < pool.at+pool.dims; d++ {
			if e.load[d] > room(target[k]) {
				return false
			}
		}
	}
	return true
}
