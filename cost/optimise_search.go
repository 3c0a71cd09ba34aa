package cost

import (
	"container/heap"
	"context"
	"errors"
	"math"
	"slices"
)

// A searchNode is a part of all assignments: the steps of the pools are within
// ranges, and some types are decided.
type searchNode struct {
	steps []stepRange
	// core are the types that are not decided yet, and allowed is the set of
	// options that each of them still has, one bit an option.
	core    []int32
	allowed []uint32
	// What the decided types cost and put on the pools.
	cost float64
	load []float64
	used []int32

	parent  *searchNode
	decided []decision // the types that this node decided, its ancestors' apart

	prices []float64
	bound  float64
	order  int // of creation, which decides between equal bounds
}

// A decision puts a type on one of its options.
type decision struct{ item, option int32 }

// A search is one run of branch and bound.
type search struct {
	model *assignmentModel
	gap   float64
	limit int
	work  int

	best   float64   // cost of plan, +Inf before there is one
	plan   []int32   // the option of every type
	bound  float64   // no assignment costs less
	prices []float64 // of the node where plan was found
	open   nodeHeap
	order  int
	kept   int // types in the cores of the open nodes
	proven bool
}

// mostKept bounds the memory of the open nodes: so many undecided types take
// about 150 MB.
const mostKept = 20_000_000

// Rounds of ascend: at the root, after a decision on steps and after one on a type.
const (
	rootRounds = 600
	stepRounds = 200
	typeRounds = 100
)

func newSearch(m *assignmentModel, o OptimiseOptions) *search {
	limit := o.Work
	if limit == 0 {
		limit = DefaultWork
	}
	return &search{model: m, gap: max(0, o.Gap), limit: limit, best: math.Inf(1), bound: math.Inf(-1)}
}

// root is the node that holds every assignment. Its bound of 0 holds, for no cost
// is negative.
func (m *assignmentModel) root() *searchNode {
	n := &searchNode{
		steps:  make([]stepRange, len(m.pools)),
		load:   make([]float64, m.dims),
		used:   make([]int32, len(m.pools)),
		prices: make([]float64, m.dims),
	}
	for k := range m.pools {
		pool := &m.pools[k]
		n.steps[k] = stepRange{hi: pool.most}
		for d := range pool.dims {
			n.prices[pool.at+d] = pool.Step / float64(pool.dims)
		}
	}
	for i := range m.problem.Variable {
		n.core = append(n.core, int32(i))
		n.allowed = append(n.allowed, 1<<(m.first[i+1]-m.first[i])-1)
	}
	return n
}

// closed reports whether nothing at or above the bound is worth looking at.
func (s *search) closed(bound float64) bool {
	return bound >= s.best-s.slack()
}

func (s *search) slack() float64 {
	if math.IsInf(s.best, 1) {
		return 0
	}
	return roundOff * (1 + s.best)
}

// run searches until nothing is open, the gap is small enough, or the work is
// done. Nodes with the lowest bound come first, for they hold the bound back.
func (s *search) run(ctx context.Context) error {
	root := s.model.root()
	s.settle(root, rootRounds, rootStride)
	s.keep(root)
	for s.open.Len() > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := s.open.nodes[0]
		if s.closed(n.bound) {
			break
		}
		if s.best-n.bound <= s.gap || s.work >= s.limit || s.kept > mostKept {
			return s.stop(n.bound)
		}
		heap.Pop(&s.open)
		s.kept -= len(n.core)
		s.branch(n)
	}
	s.proven = true
	return s.stop(s.best)
}

// stop ends the search with a bound.
func (s *search) stop(bound float64) error {
	if s.plan == nil && s.proven {
		return ErrNoAssignment
	}
	if s.plan == nil {
		return errUndecided
	}
	s.bound = bound
	s.descend()
	return nil
}

// settle bounds a node, drops the options that cannot be part of a cheaper
// assignment than the best known, and looks for a better one nearby.
func (s *search) settle(n *searchNode, rounds int, stride float64) {
	if !s.shut(n) || !s.filter(n) {
		n.bound = math.Inf(1)
		return
	}
	s.ascend(n, rounds, stride)
	if s.closed(n.bound) {
		return
	}
	if !s.filter(n) {
		n.bound = math.Inf(1)
		return
	}
	s.round(n)
	if len(n.core) == 0 {
		n.bound = math.Inf(1) // one assignment is left, and it was looked at
	}
}

// keep puts a node aside until its turn comes.
func (s *search) keep(n *searchNode) {
	if s.closed(n.bound) {
		return
	}
	s.order++
	n.order = s.order
	s.kept += len(n.core)
	heap.Push(&s.open, n)
}

// decide takes a type out of what is open.
func (s *search) decide(n *searchNode, item, option int32) {
	n.decided = append(n.decided, decision{item, option})
	o := &s.model.options[option]
	n.cost += o.cost
	if o.pool == separate {
		return
	}
	n.used[o.pool]++
	at := s.model.pools[o.pool].at
	for d, w := range s.model.weightsOf(o) {
		n.load[at+d] += w
	}
}

// child copies a node so that a decision can be made in it.
func (n *searchNode) child() *searchNode {
	return &searchNode{
		steps:   slices.Clone(n.steps),
		core:    slices.Clone(n.core),
		allowed: slices.Clone(n.allowed),
		cost:    n.cost,
		load:    slices.Clone(n.load),
		used:    slices.Clone(n.used),
		parent:  n,
		prices:  slices.Clone(n.prices),
		bound:   n.bound,
	}
}

// offer keeps the assignment of an evaluation if it is the cheapest so far.
func (s *search) offer(n *searchNode, e *evaluation) {
	cost := e.cost
	for k := range s.model.pools {
		pool := &s.model.pools[k]
		steps := pool.needed(e.load, e.used[k])
		if steps < 0 {
			return
		}
		cost += pool.price(steps)
	}
	if cost >= s.best-roundOff*(1+cost) {
		return
	}
	s.best = cost
	s.prices = slices.Clone(n.prices)
	if s.plan == nil {
		s.plan = make([]int32, len(s.model.problem.Variable))
	}
	for at := n; at != nil; at = at.parent {
		for _, d := range at.decided {
			s.plan[d.item] = d.option
		}
	}
	for c, i := range n.core {
		s.plan[i] = e.pick[c]
	}
}

// errUndecided is returned when the work ends before any assignment is found.
var errUndecided = errors.New("no assignment found within the work allowed; allow more work, or more steps of the pools")

// A nodeHeap orders nodes by their bound.
type nodeHeap struct{ nodes []*searchNode }

func (h *nodeHeap) Len() int { return len(h.nodes) }

func (h *nodeHeap) Less(a, b int) bool {
	x, y := h.nodes[a], h.nodes[b]
	return x.bound < y.bound || x.bound == y.bound && x.order > y.order
}

func (h *nodeHeap) Swap(a, b int) { h.nodes[a], h.nodes[b] = h.nodes[b], h.nodes[a] }

func (h *nodeHeap) Push(n any) { h.nodes = append(h.nodes, n.(*searchNode)) }

func (h *nodeHeap) Pop() any {
	last := h.nodes[len(h.nodes)-1]
	h.nodes[len(h.nodes)-1] = nil
	h.nodes = h.nodes[:len(h.nodes)-1]
	return last
}
