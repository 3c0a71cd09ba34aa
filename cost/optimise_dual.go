package cost

import "math"

// An evaluation is the Lagrangian relaxation at one set of prices: every type
// takes the option that is cheapest when it pays for its load.
type evaluation struct {
	bound float64 // no assignment within the node's limits costs less
	cost  float64 // what the choice of the types costs without the pools
	load  []float64
	used  []int32   // types on each pool
	slope []float64 // of the bound along each price: load less capacity
	pick  []int32   // the option of every type of the node's core
}

func newEvaluation(m *assignmentModel, core int) *evaluation {
	return &evaluation{
		load:  make([]float64, m.dims),
		used:  make([]int32, len(m.pools)),
		slope: make([]float64, m.dims),
		pick:  make([]int32, core),
	}
}

// evaluate prices a node: what is decided, what the open types choose, and the
// number of steps of each pool that is cheapest when its capacity is sold at
// the prices. It returns the number of options that were priced.
func (m *assignmentModel) evaluate(n *searchNode, prices []float64, e *evaluation) (work int) {
	e.cost = n.cost
	copy(e.load, n.load)
	copy(e.used, n.used)
	e.bound = n.cost
	for d, l := range n.load {
		e.bound += prices[d] * l
	}
	for c, i := range n.core {
		best, reduced := int32(-1), math.Inf(1)
		from, to := m.first[i], m.first[i+1]
		for o := from; o < to; o++ {
			if n.allowed[c]>>(o-from)&1 == 0 {
				continue
			}
			if r := m.reduced(&m.options[o], prices); r < reduced {
				best, reduced = o, r
			}
			work++
		}
		e.pick[c] = best
		e.bound += reduced
		m.take(&m.options[best], e)
	}
	for k := range m.pools {
		m.sell(n, k, prices, e)
	}
	return work
}

// reduced is the cost of an option when its load is paid for.
func (m *assignmentModel) reduced(o *pathOption, prices []float64) float64 {
	r := o.cost
	if o.pool == separate {
		return r
	}
	pool := &m.pools[o.pool]
	weights := m.weights[o.at : int(o.at)+pool.dims]
	for d, price := range prices[pool.at : pool.at+pool.dims] {
		r += price * weights[d]
	}
	return r
}

func (m *assignmentModel) take(o *pathOption, e *evaluation) {
	e.cost += o.cost
	if o.pool == separate {
		return
	}
	pool := &m.pools[o.pool]
	e.used[o.pool]++
	weights := m.weights[o.at : int(o.at)+pool.dims]
	load := e.load[pool.at : pool.at+pool.dims]
	for d, w := range weights {
		load[d] += w
	}
}

// sell finds the steps of pool k that cost least after their capacity is sold.
// That cost is linear in the steps of a pool that is used, so the fewest, the
// most, or none at all are the cheapest.
func (m *assignmentModel) sell(n *searchNode, k int, prices []float64, e *evaluation) {
	pool := &m.pools[k]
	revenue := 0.0
	for _, price := range prices[pool.at : pool.at+pool.dims] {
		revenue += price
	}
	best, steps := math.Inf(1), 0
	for _, s := range n.steps[k].ends(pool) {
		if c := pool.price(s) - revenue*room(s); s > 0 && c < best {
			best, steps = c, s
		}
	}
	if n.steps[k].lo == 0 && best >= 0 {
		best, steps = 0, 0
	}
	e.bound += best
	for d := pool.at; d < pool.at+pool.dims; d++ {
		e.slope[d] = e.load[d] - room(steps)
	}
}

// A stepRange is how many steps a pool may have in a part of the search. A lo of
// 0 includes not using it.
type stepRange struct {
	lo, hi int
}

// ends are the fewest and the most steps of a pool that is used.
func (r stepRange) ends(p *sharedPool) [2]int {
	if r.hi == 0 {
		return [2]int{}
	}
	return [2]int{max(r.lo, p.fewest()), r.hi}
}
