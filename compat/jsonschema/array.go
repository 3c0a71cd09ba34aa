package jsonschema

import "slices"

// arrays is what the facts of a branch say of an array.
type arrays struct {
	solver   *solver
	holds    []*node
	min, max int // max -1 for none
	unique   bool
	repeated bool
	not      []*valueSet
	needs    []need  // items that must be somewhere
	limits   []limit // schemas that only so many items may satisfy
	fixed    int     // indices below it have items of their own
}

// need is an item that must satisfy a literal, at an index from..to. Needs of
// one group want different items.
type need struct {
	literal  literal
	from, to int // to -1 for no end
	group    int
}

type limit struct {
	node *node
	most int
}

// maxArray bounds the arrays that the solver builds.
const maxArray = 20000

// array solves the facts of a branch for arrays.
func (b *branch) array() (any, status) {
	g := &arrays{solver: b.solver, holds: b.holds, max: -1}
	for _, n := range b.holds {
		g.min = max(g.min, n.minItems)
		g.atMost(n.maxItems)
		g.unique = g.unique || n.unique
		g.fixed = max(g.fixed, len(n.prefix))
		if n.contains != nil {
			g.atLeast(must(n.contains), n.atLeast())
			if n.maxContains >= 0 {
				g.limits = append(g.limits, limit{n.contains, n.maxContains})
			}
		}
	}
	for _, f := range b.facts {
		switch f.op {
		case fewItems:
			g.atMost(f.owner.minItems - 1)
		case manyItems:
			g.min = max(g.min, f.owner.maxItems+1)
		case repeated:
			g.repeated = true
		case itemFails:
			g.needs = append(g.needs, need{mustNot(f.node), f.index, f.index, -1})
			g.fixed = max(g.fixed, f.index+1)
		case restFails:
			g.needs = append(g.needs, need{mustNot(f.node), f.index, -1, -1})
			g.fixed = max(g.fixed, f.index)
		case containsFew:
			g.limits = append(g.limits, limit{f.node, f.index})
		case containsMany:
			g.atLeast(must(f.node), f.index)
		case notIn:
			g.not = append(g.not, f.set)
		}
	}
	if g.repeated && g.unique {
		return nil, unsat
	}
	return g.solve()
}

func (g *arrays) atMost(n int) {
	if n >= 0 && (g.max < 0 || n < g.max) {
		g.max = n
	}
}

func (g *arrays) atLeast(l literal, n int) {
	group := len(g.needs)
	for range min(n, maxArray) {
		g.needs = append(g.needs, need{l, 0, -1, group})
	}
}

// solve tries the lengths that matter: beyond the fixed indices and one item a
// need, another item only adds demands.
func (g *arrays) solve() (any, status) {
	if g.max >= 0 && g.min > g.max {
		return nil, unsat
	}
	longest := g.fixed + len(g.needs)
	if g.repeated {
		longest += 2
	}
	for _, set := range g.not {
		longest += len(set.values)
	}
	longest = max(longest, g.min)
	if g.max >= 0 {
		longest = min(longest, g.max)
	}
	if longest > maxArray {
		return nil, unknown
	}
	verdict := unsat
	for length := g.min; length <= longest; length++ {
		value, is := g.ofLength(length)
		switch is {
		case sat:
			return value, sat
		case unknown:
			verdict = unknown
		}
		if !g.solver.spend() {
			return nil, unknown
		}
	}
	return nil, verdict
}

// plan is one way to meet the needs with an array of some length.
type plan struct {
	items [][]literal // what each item must satisfy
	used  []bool      // some need chose this item
	twin  int         // index of an item that repeats the one at original; -1
	copy  int
	last  map[int]int // the last index that a group of needs chose
}

func (g *arrays) ofLength(length int) (any, status) {
	p := &plan{items: make([][]literal, length), used: make([]bool, length), twin: -1, last: map[int]int{}}
	for i := range p.items {
		for _, n := range g.holds {
			if sub := n.item(i); sub != nil {
				p.items[i] = append(p.items[i], must(sub))
			}
		}
	}
	if !g.repeated {
		return g.place(p, 0)
	}
	verdict := unsat
	for i := range min(length, g.fixed+1) {
		for j := i + 1; j < min(length, g.fixed+2); j++ {
			twins := &plan{items: slices.Clone(p.items), used: slices.Clone(p.used), twin: j, copy: i, last: map[int]int{}}
			both := slices.Concat(p.items[i], p.items[j])
			twins.items[i], twins.items[j] = both, both
			value, is := g.place(twins, 0)
			switch is {
			case sat:
				return value, sat
			case unknown:
				verdict = unknown
			}
		}
	}
	return nil, verdict
}

// place finds an item for each need in turn. Items beyond the fixed ones that
// no need chose yet are alike: one of them stands for all.
func (g *arrays) place(p *plan, at int) (any, status) {
	if at == len(g.needs) {
		return g.fill(p)
	}
	want := g.needs[at]
	verdict := unsat
	for i := want.from; i < len(p.items) && (want.to < 0 || i <= want.to); i++ {
		if last, ok := p.last[want.group]; ok && want.group >= 0 && i <= last {
			continue
		}
		fresh := i >= g.fixed && !p.used[i]
		before, wasUsed, last, hadLast := p.items[i], p.used[i], p.last[want.group], false
		_, hadLast = p.last[want.group]
		p.items[i], p.used[i], p.last[want.group] = slices.Concat(before, []literal{want.literal}), true, i
		_, is := g.solver.solve(p.items[i])
		var value any
		if is != unsat {
			value, is = g.place(p, at+1)
		}
		p.items[i], p.used[i] = before, wasUsed
		if hadLast {
			p.last[want.group] = last
		} else {
			delete(p.last, want.group)
		}
		switch is {
		case sat:
			return value, sat
		case unknown:
			verdict = unknown
		}
		if fresh && (p.twin < 0 || i > p.twin) {
			break
		}
		if !g.solver.spend() {
			return nil, unknown
		}
	}
	return nil, verdict
}

// fill solves for the items of a plan.
func (g *arrays) fill(p *plan) (any, status) {
	left := make([]int, len(g.limits))
	for i, l := range g.limits {
		left[i] = l.most
	}
	items := make([]any, 0, len(p.items))
	is := g.fillFrom(p, &items, left)
	if is != sat {
		return nil, is
	}
	if !g.excluded(items) {
		return items, sat
	}
	if len(items) == 0 {
		return nil, unsat
	}
	if g.unique || len(g.limits) > 0 || p.twin >= 0 {
		return nil, unknown
	}
	return g.vary(p, items)
}

// fillFrom solves for the next item, and for those after it. Where only so many
// items may satisfy a schema, each item either counts or must fail it.
func (g *arrays) fillFrom(p *plan, items *[]any, left []int) status {
	at := len(*items)
	if at == len(p.items) {
		return sat
	}
	if at == p.twin {
		*items = append(*items, (*items)[p.copy])
		is := g.count(p, items, left, at)
		if is != sat {
			*items = (*items)[:at]
		}
		return is
	}
	verdict := unsat
	for counted := range 1 << len(g.limits) {
		literals := slices.Clone(p.items[at])
		after := slices.Clone(left)
		possible := true
		for i, l := range g.limits {
			if counted&(1<<i) == 0 {
				literals = append(literals, mustNot(l.node))
				continue
			}
			literals = append(literals, must(l.node))
			after[i]--
			possible = possible && after[i] >= 0
		}
		if !possible {
			continue
		}
		value, is := g.item(p, literals, *items)
		if is == sat {
			*items = append(*items, value)
			if is = g.fillFrom(p, items, after); is == sat {
				return sat
			}
			*items = (*items)[:at]
		}
		if is == unknown {
			verdict = unknown
		}
		if !g.solver.spend() {
			return unknown
		}
	}
	return verdict
}

// count charges a repeated item to the limits that its value satisfies.
func (g *arrays) count(p *plan, items *[]any, left []int, at int) status {
	after := slices.Clone(left)
	for i, l := range g.limits {
		switch l.node.accepts((*items)[at]) {
		case yes:
			if after[i]--; after[i] < 0 {
				return unknown
			}
		case unsure:
			return unknown
		}
	}
	return g.fillFrom(p, items, after)
}

// item solves for one item, different from those before it where items must be
// unique. Taking the first value that comes is exact only while all items are
// alike; else running out of values proves nothing.
func (g *arrays) item(p *plan, literals []literal, before []any) (any, status) {
	if !g.unique || len(before) == 0 {
		return g.solver.solve(literals)
	}
	value, is := g.solver.solve(append(literals, mustNot(g.solver.classes.oneOf(before))))
	if is == unsat && !g.alike(p) {
		if _, alone := g.solver.solve(literals); alone != unsat {
			return nil, unknown
		}
	}
	return value, is
}

func (g *arrays) alike(p *plan) bool {
	if len(g.limits) > 0 {
		return false
	}
	first := keyOfLiterals(p.items[0])
	for _, literals := range p.items[1:] {
		if keyOfLiterals(literals) != first {
			return false
		}
	}
	return true
}

func (g *arrays) excluded(items []any) bool {
	return slices.ContainsFunc(g.not, func(set *valueSet) bool { return set.has(items) })
}

// vary changes one item to get away from the excluded arrays.
func (g *arrays) vary(p *plan, items []any) (any, status) {
	for i := range items {
		tried := []any{items[i]}
		for range len(g.not) + 1 {
			value, is := g.solver.solve(append(slices.Clone(p.items[i]), mustNot(g.solver.classes.oneOf(tried))))
			if is != sat {
				break
			}
			other := slices.Clone(items)
			other[i] = value
			if !g.excluded(other) {
				return other, sat
			}
			tried = append(tried, value)
		}
	}
	return nil, unknown
}
