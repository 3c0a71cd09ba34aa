package cost

import "math"

// An assignmentModel is a Problem laid out for pricing it many times: every type
// has its options in one run of a slice, the cheapest path without a pool first.
type assignmentModel struct {
	problem *Problem
	pools   []sharedPool
	dims    int     // of all pools together
	first   []int32 // options of type i are first[i] to first[i+1]
	options []pathOption
	weights []float64 // loads of the options, in steps
}

// A sharedPool is a Pool with its place among the dimensions of all pools.
type sharedPool struct {
	*Pool
	at, dims int
	most     int // the most steps that can make sense
}

// A pathOption is a path that a type may take.
type pathOption struct {
	cost float64
	pool int32 // or separate
	path int32
	at   int32 // the first of its loads in weights
}

// separate is the pool of a path that has none.
const separate = -1

func newAssignmentModel(p *Problem) *assignmentModel {
	m := &assignmentModel{problem: p, first: make([]int32, 1, len(p.Variable)+1)}
	pooled := map[int]bool{}
	for k := range p.Pools {
		pool := &p.Pools[k]
		pooled[pool.Path] = true
		m.pools = append(m.pools, sharedPool{Pool: pool, at: m.dims, dims: len(pool.Caps)})
		m.dims += len(pool.Caps)
	}
	for i := range p.Variable {
		m.addType(i, pooled)
	}
	for k := range m.pools {
		m.limit(k)
	}
	return m
}

// addType collects the options of a type. A pool that is no cheaper than the
// cheapest path without one, before the pool itself is paid, is never chosen.
func (m *assignmentModel) addType(i int, pooled map[int]bool) {
	costs := m.problem.Variable[i]
	cheapest := math.Inf(1)
	path := -1
	for at, cost := range costs {
		if !pooled[at] && cost < cheapest {
			cheapest, path = cost, at
		}
	}
	if path >= 0 {
		m.options = append(m.options, pathOption{cost: cheapest, pool: separate, path: int32(path)})
	}
	for k := range m.pools {
		pool := &m.pools[k]
		cost := costs[pool.Path]
		if cost >= cheapest {
			continue
		}
		m.options = append(m.options, pathOption{cost: cost, pool: int32(k), path: int32(pool.Path), at: int32(len(m.weights))})
		for d := range pool.dims {
			m.weights = append(m.weights, pool.share(i, d))
		}
	}
	m.first = append(m.first, int32(len(m.options)))
}

// limit finds the most steps that a pool needs: those for all its types.
func (m *assignmentModel) limit(k int) {
	pool := &m.pools[k]
	load := make([]float64, pool.dims)
	used := false
	for _, o := range m.options {
		if int(o.pool) != k {
			continue
		}
		used = true
		for d, w := range m.weightsOf(&o) {
			load[d] += w
		}
	}
	if !used {
		return // most stays 0: the pool is never bought
	}
	pool.most = pool.steps(load)
	if pool.Max > 0 && pool.Max < pool.most {
		pool.most = pool.Max
	}
}

// weightsOf is the load of an option in steps, dimension by dimension.
func (m *assignmentModel) weightsOf(o *pathOption) []float64 {
	if o.pool == separate {
		return nil
	}
	return m.weights[o.at : int(o.at)+m.pools[o.pool].dims]
}

// room is the load that so many steps carry, with what rounding may add to it.
func room(steps int) float64 {
	if steps == 0 {
		return 0
	}
	s := float64(steps)
	return s + roundOff*max(1, s)
}

// needed is how many steps the pool needs for a load, -1 when it may not have them.
func (p *sharedPool) needed(load []float64, used int32) int {
	if used == 0 {
		return 0
	}
	n := p.steps(load[p.at : p.at+p.dims])
	if p.Max > 0 && n > p.Max {
		return -1
	}
	return n
}
