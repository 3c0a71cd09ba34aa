package cost

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Problem asks for the cheapest path of every event type, in numbers alone. The
// cost of an assignment is what each type costs on its path, and what the pools
// cost that are used: capacity which types share and which is bought in steps.
type Problem struct {
	// Variable is what a type costs on a path, type by path, in dollars a month:
	// nothing below 0, and +Inf where the path refuses the type.
	Variable [][]float64
	Pools    []Pool
}

// Pool is the shared capacity of one path. Nobody pays for a pool that no type
// travels; one that is used has at least one step.
type Pool struct {
	Path       int
	Step, Base float64 // what a step costs, and the pool once, in dollars a month
	// Caps is what one step carries in every dimension; 0 or +Inf is no limit.
	Caps []float64
	// Loads is what a type puts on the pool, type by dimension.
	Loads    [][]float64
	Min, Max int // steps of a pool that is used; a Max of 0 is no limit
}

// OptimiseOptions say how far to search. Both are counts or amounts, never a
// time, so that the same problem has the same solution on every machine.
type OptimiseOptions struct {
	// Gap is the difference between Cost and Bound, in dollars a month, at which
	// the search may stop; 0 goes on until there is none.
	Gap float64
	// Work is how many times a type may be priced on a path; 0 is DefaultWork.
	Work int
}

// DefaultWork is about one and a half seconds of one processor, where it is spent
// at all.
const DefaultWork = 120_000_000

// Solution is an assignment with its certificate: no assignment costs less than
// Bound, so this one is at most Cost-Bound above the cheapest.
type Solution struct {
	Path  []int // of every type
	Cost  float64
	Bound float64
	Steps []int // of every pool; 0 where it is not used
	// Prices are the shadow prices where the assignment was found: about what a unit
	// of load is worth, pool by dimension, in dollars a month.
	Prices [][]float64
	// Exact is set when the search left nothing open: Cost equals Bound.
	Exact bool
}

// ErrNoAssignment is returned when every type has a path that takes it, and yet
// the pools cannot be bought large enough to take them together.
var ErrNoAssignment = errors.New("no assignment of types to paths fits into the most steps that the pools may have")

// roundOff is the share of a step by which a load may exceed it unpunished, for
// sums of loads depend on their order in the last digits. Differences of cost
// below the same share are none.
const roundOff = 1e-9

// Optimise finds the cheapest assignment, or the cheapest that it can find
// within the work allowed, and proves how far it is from the cheapest at most.
//
// Types that no pool tempts take their cheapest path. The rest is branch and
// bound: on the steps of each pool first, then on single types. Bounds come from
// the Lagrangian dual that puts a price on every dimension of every pool.
func Optimise(ctx context.Context, p *Problem, o OptimiseOptions) (*Solution, error) {
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("optimising the paths: %w", err)
	}
	s := newSearch(newAssignmentModel(p), o)
	if err := s.run(ctx); err != nil {
		return nil, fmt.Errorf("optimising the paths of %d types: %w", len(p.Variable), err)
	}
	return s.solution(), nil
}

// Evaluate prices an assignment. It reports false when a type is on a path that
// refuses it, or a pool would need more steps than it may have.
func (p *Problem) Evaluate(path []int) (cost float64, steps []int, ok bool) {
	for i, at := range path {
		cost += p.Variable[i][at]
	}
	steps = make([]int, len(p.Pools))
	for k := range p.Pools {
		pool := &p.Pools[k]
		load, used := pool.loads(path)
		if used == 0 {
			continue
		}
		steps[k] = pool.steps(load)
		if pool.Max > 0 && steps[k] > pool.Max {
			return math.Inf(1), nil, false
		}
		cost += pool.price(steps[k])
	}
	return cost, steps, !math.IsInf(cost, 1)
}

// loads adds up what the types on the pool put on it, in steps, and counts them.
func (p *Pool) loads(path []int) (load []float64, used int) {
	load = make([]float64, len(p.Caps))
	for i, at := range path {
		if at != p.Path {
			continue
		}
		used++
		for d := range load {
			load[d] += p.share(i, d)
		}
	}
	return load, used
}

// share is the load of a type in one dimension as a share of one step.
func (p *Pool) share(i, d int) float64 {
	if p.Caps[d] == 0 {
		return 0
	}
	return p.Loads[i][d] / p.Caps[d] // nothing when the capacity is infinite
}

// steps is how many steps a used pool needs for a load that is given in steps.
func (p *Pool) steps(load []float64) int {
	n := p.fewest()
	for _, l := range load {
		n = max(n, wholeSteps(l))
	}
	return n
}

func wholeSteps(load float64) int { return int(math.Ceil(load - roundOff*max(1, load))) }

func (p *Pool) fewest() int { return max(1, p.Min) }

// price is what so many steps cost with the pool itself.
func (p *Pool) price(steps int) float64 {
	if steps == 0 {
		return 0
	}
	return p.Base + p.Step*float64(steps)
}
