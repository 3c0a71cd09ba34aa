package cost

import "math"

// A tally keeps the loads of an assignment, to tell what a change of one type
// would do to what the whole costs.
type tally struct {
	problem *Problem
	pool    []int // of every path, or separate
	load    [][]float64
	used    []int
}

func newTally(p *Problem, path []int) *tally {
	t := &tally{problem: p, load: make([][]float64, len(p.Pools)), used: make([]int, len(p.Pools))}
	if len(p.Variable) > 0 {
		t.pool = make([]int, len(p.Variable[0]))
	}
	for at := range t.pool {
		t.pool[at] = separate
	}
	for k := range p.Pools {
		t.pool[p.Pools[k].Path] = k
		t.load[k], t.used[k] = p.Pools[k].loads(path)
	}
	return t
}

// steps is how many steps pool k has now.
func (t *tally) steps(k int) int {
	if t.used[k] == 0 {
		return 0
	}
	return t.problem.Pools[k].steps(t.load[k])
}

// stepsWith is how many steps pool k needs when type i joins it (+1) or leaves
// it (-1).
func (t *tally) stepsWith(k, i, change int) int {
	if t.used[k]+change == 0 {
		return 0
	}
	pool := &t.problem.Pools[k]
	n := pool.fewest()
	for d, l := range t.load[k] {
		l = max(0, l+float64(change)*pool.share(i, d))
		n = max(n, wholeSteps(l))
	}
	return n
}

// joined is what the whole costs more when type i, which is on no path, takes
// one: +Inf when the path cannot take it.
func (t *tally) joined(i, to int) float64 {
	cost := t.problem.Variable[i][to]
	k := t.pool[to]
	if k == separate || math.IsInf(cost, 1) {
		return cost
	}
	pool := &t.problem.Pools[k]
	steps := t.stepsWith(k, i, 1)
	if pool.Max > 0 && steps > pool.Max {
		return math.Inf(1)
	}
	return cost + pool.price(steps) - pool.price(t.steps(k))
}

// left is what the whole costs less when type i leaves its path.
func (t *tally) left(i, from int) float64 {
	cost := t.problem.Variable[i][from]
	k := t.pool[from]
	if k == separate {
		return cost
	}
	pool := &t.problem.Pools[k]
	return cost + pool.price(t.steps(k)) - pool.price(t.stepsWith(k, i, -1))
}

// moved is what the whole costs more when type i moves.
func (t *tally) moved(i, from, to int) float64 { return t.joined(i, to) - t.left(i, from) }

func (t *tally) move(i, from, to int) {
	t.change(i, from, -1)
	t.change(i, to, 1)
}

func (t *tally) change(i, path, change int) {
	k := t.pool[path]
	if k == separate {
		return
	}
	pool := &t.problem.Pools[k]
	t.used[k] += change
	for d := range t.load[k] {
		t.load[k][d] = max(0, t.load[k][d]+float64(change)*pool.share(i, d))
	}
}
