package cost

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
)

// A relaxation is how types and paths become a problem of the optimiser.
type relaxation struct {
	paths []int
	// dear is at first tiers, with the readers of all types in every pool. Otherwise
	// nothing is dearer than it can be.
	dear bool
	// billed is the share of their use that paths of the account bill. What is left of
	// 1 is the share of what the account pays at least; it is paid outside of the
	// problem.
	billed float64
}

// bound is what no assignment undercuts, in dollars a month. The plans that it comes
// by are offered.
//
// What an account pays on Kinesis Advantage, for example, is the larger of its use
// and a floor that is no type's alone, so that it is no less than any mean of the
// two. The mean that gives the highest bound is looked for.
func (s *optimum) bound(ctx context.Context) (float64, error) {
	bound, err := s.solve(ctx, relaxation{paths: s.ordinary()})
	if err != nil {
		return 0, err
	}
	credit := s.credit()
	if rivals, least := s.rivals(credit); len(rivals) > 0 {
		with, err := s.boundWith(ctx, append(s.ordinary(), rivals...), least, bound)
		if err != nil {
			return 0, err
		}
		bound = min(bound, with)
	}
	return max(0, bound-credit), nil
}

// boundWith is the bound of assignments that use a path of the account, on which it
// pays at least so much. A bound that is enough is not raised any further.
func (s *optimum) boundWith(ctx context.Context, paths []int, least, enough float64) (float64, error) {
	at, best := 0.5, math.Inf(-1)
	for step := 0.5; step > 0.2 && best < enough; step /= 2 {
		middle := at
		for _, billed := range []float64{middle, middle - step, middle + step} {
			if step < 0.5 && billed == middle {
				continue // known from the step before
			}
			if billed < 0 || billed > 1 {
				continue
			}
			bound, err := s.solve(ctx, relaxation{paths: paths, billed: billed})
			if err != nil {
				return 0, err
			}
			if bound += least * (1 - billed); bound > best {
				at, best = billed, bound
			}
		}
	}
	return best, nil
}

// ordinary are the paths that are billed for each group by itself.
func (s *optimum) ordinary() []int {
	return slices.DeleteFunc(slices.Clone(s.paths), func(path int) bool { return slices.Contains(s.account, path) })
}

// rivals are the paths of the account that can be part of a cheaper plan than the
// best known, and the least that one of them costs.
func (s *optimum) rivals(credit float64) (rivals []int, least float64) {
	least = math.Inf(1)
	for _, path := range s.account {
		fixed := 0.0
		p := s.m.paths[path]
		for _, use := range p.Floor {
			fixed += use.Quantity * s.cheapest(use.Figure)
		}
		if c := p.Capacity; c != nil {
			fixed += s.rent(c, min(1, len(c.Step))*max(1, c.Min), false)
		}
		if s.best == nil || s.worth.excess > 0 || fixed-credit < s.worth.total.Dollars() {
			rivals, least = append(rivals, path), min(least, fixed)
		}
	}
	return rivals, least
}

// rent is what a pool of so many steps costs without fan-out consumers.
func (s *optimum) rent(c *Capacity, steps int, dear bool) float64 {
	return s.price(c.Rent(steps, 0), dear)
}

func (s *optimum) price(uses []Use, dear bool) float64 {
	if dear {
		return dollars(uses)
	}
	sum := 0.0
	for _, use := range uses {
		sum += use.Quantity * s.cheapest(use.Figure)
	}
	return sum
}

// cheapest is the price of the cheapest tier of a figure that can be reached.
func (s *optimum) cheapest(f *Figure) float64 {
	if len(f.Tiers) == 0 {
		return 0 // the book lacks it, so that nobody can use it
	}
	reach, counted := s.reach[f]
	price, from := f.Tiers[0].pico, 0.0
	for _, tier := range f.Tiers {
		if !counted || from < reach {
			price = min(price, tier.pico)
		}
		from = tier.To
	}
	return price / picoDollars
}

// credit is what free allowances are worth at most.
func (s *optimum) credit() float64 {
	if !s.m.a.FreeTiers {
		return 0
	}
	type allowance struct{ free, used, price float64 }
	pools := map[string]*allowance{}
	var order []string
	grant := func(f *Figure, scope string, used float64) {
		if f.Free <= 0 {
			return
		}
		key := scope + f.pool()
		if pools[key] == nil {
			pools[key] = &allowance{}
			order = append(order, key)
		}
		a := pools[key]
		a.free, a.used, a.price = max(a.free, f.Free), a.used+used, max(a.price, s.cheapest(f))
	}
	for _, path := range s.paths {
		if c := s.m.paths[path].Capacity; c != nil {
			for _, use := range c.rents(1, 1, 1) {
				grant(use.Figure, "rent ", math.Inf(1))
			}
		}
	}
	for _, f := range slices.SortedFunc(maps.Keys(s.reach), byName) {
		grant(f, "", s.reach[f])
	}
	slices.Sort(order)
	sum := 0.0
	for _, key := range order {
		a := pools[key]
		sum += min(a.free, a.used) * a.price
	}
	return sum
}

func byName(a, b *Figure) int {
	return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Name, b.Name))
}

// solveWork is what one of several problems of a group may take: an estimate with its
// what-ifs solves dozens.
const solveWork = DefaultWork / 20

// solve solves all groups, offers what it finds, and returns the bound; +Inf where
// the paths do not take all types.
func (s *optimum) solve(ctx context.Context, r relaxation) (float64, error) {
	bound := 0.0
	var found plan
	for _, kinds := range s.groups {
		for _, kind := range kinds {
			if s.m.stranded(kind, r.paths) != "" {
				return math.Inf(1), nil
			}
		}
		solution, err := Optimise(ctx, s.problem(kinds, r), OptimiseOptions{Gap: optimumGap / float64(len(s.groups)), Work: solveWork})
		if err != nil {
			return 0, err
		}
		bound += solution.Bound
		for n, kind := range kinds {
			found.parts = append(found.parts, part{kind: kind, path: r.paths[solution.Path[n]], share: 1})
		}
	}
	slices.SortStableFunc(found.parts, func(a, b part) int { return a.kind - b.kind })
	s.offer(found)
	return bound, nil
}

// problem puts the types of a group and paths into numbers.
func (s *optimum) problem(kinds []int, r relaxation) *Problem {
	p := &Problem{Variable: make([][]float64, len(kinds))}
	for i, kind := range kinds {
		p.Variable[i] = make([]float64, len(r.paths))
		for j, path := range r.paths {
			p.Variable[i][j] = s.variable(kind, path, r)
		}
	}
	for j, path := range r.paths {
		if s.m.paths[path].Capacity != nil && !slices.Contains(s.account, path) {
			p.Pools = append(p.Pools, s.pool(p, kinds, j, path, r.dear))
		}
	}
	return p
}

// variable is what a type costs on a path by itself, +Inf where the path refuses it.
func (s *optimum) variable(kind, path int, r relaxation) float64 {
	q := s.m.quote(kind, path)
	if len(q.Refused) > 0 {
		return math.Inf(1)
	}
	if !slices.Contains(s.account, path) {
		return s.price(q.Uses, r.dear)
	}
	cost := s.part(q.Load, path, r.dear) * r.billed
	for _, use := range q.Uses {
		price := s.price([]Use{use}, r.dear)
		if slices.ContainsFunc(s.m.paths[path].Floor, func(floor Use) bool { return floor.Figure == use.Figure }) {
			price *= r.billed
		}
		cost += price
	}
	return cost
}

// part is what a load rents of a cluster that is bought in any part of a step: in
// the dimension in which all types fill most, for a sum of loads needs that.
func (s *optimum) part(load Load, path int, dear bool) float64 {
	c := s.m.paths[path].Capacity
	if c == nil || len(c.Step) == 0 {
		return 0
	}
	d, scale := s.fullest(path)
	if d < 0 {
		return 0
	}
	steps := load.Vector()[d] * scale / c.Bounds()[d] * (1 + c.headroom)
	return steps * (s.rent(c, 1, dear) - s.rent(c, 0, dear))
}

// A fullest dimension is the one in which the types fill most of a step, and what
// scales their loads to the joint peak; -1 where nothing is bounded.
type fullest struct {
	dimension int
	scale     float64
}

func (s *optimum) fullest(path int) (dimension int, scale float64) {
	if f, ok := s.full[path]; ok {
		return f.dimension, f.scale
	}
	var whole [4]float64
	for _, kind := range s.kinds {
		for d, l := range s.m.quote(kind, path).Load.Vector() {
			whole[d] += l
		}
	}
	records, bytes := s.m.coincidence(s.kinds)
	f, most := fullest{dimension: -1}, 0.0
	for d, scale := range (Load{1, 1, 1, 1}).scaled(records, bytes).Vector() {
		if bound := s.m.paths[path].Capacity.Bounds()[d]; bound > 0 && whole[d]*scale/bound > most {
			f, most = fullest{d, scale}, whole[d]*scale/bound
		}
	}
	s.full[path] = f
	return f.dimension, f.scale
}

// scaled is a load whose records and bytes add up to joint peaks.
func (l Load) scaled(records, bytes float64) Load {
	return Load{l.BytesIn * bytes, l.RecordsIn * records, l.BytesOut * bytes, l.RecordsOut * records}
}

// pool is the capacity of a path that a group shares.
//
// A stream rents a share of its steps for each of its fan-out consumers. Where
// nothing is dear, it has the consumers that only one type has, on as many steps as
// that type needs alone, and of the others as many as the type with the fewest.
func (s *optimum) pool(p *Problem, kinds []int, column, path int, dear bool) Pool {
	c := s.m.paths[path].Capacity
	bounds := c.Bounds()
	pool := Pool{Path: column, Base: s.rent(c, 0, dear), Caps: bounds[:], Min: c.Min, Max: c.Max, Loads: make([][]float64, len(kinds))}
	pool.Step = s.rent(c, 1, dear) - pool.Base
	for d := range pool.Caps {
		pool.Caps[d] /= 1 + c.headroom
		if len(c.Step) == 0 {
			pool.Caps[d] = 0
		}
	}
	records, bytes := s.m.coincidence(kinds)
	readers := map[string]int{}
	for _, kind := range kinds {
		for name := range s.m.fanOut(kind) {
			readers[name]++
		}
	}
	fanOut, least := s.price(c.FanOut, dear), -1
	for i, kind := range kinds {
		load := s.m.quote(kind, path).Load.scaled(records, bytes)
		vector := load.Vector()
		pool.Loads[i] = vector[:]
		if math.IsInf(p.Variable[i][column], 1) || dear {
			continue
		}
		own, shared := 0, 0
		for name := range s.m.fanOut(kind) {
			if readers[name] == 1 {
				own++
			} else {
				shared++
			}
		}
		p.Variable[i][column] += fanOut * float64(own*c.Steps(load))
		if least < 0 || shared < least {
			least = shared
		}
	}
	if dear {
		least = len(readers)
	}
	pool.Step += fanOut * float64(max(0, least))
	return pool
}

// fanOut are the distinct enhanced fan-out consumers of a type.
func (m *pricer) fanOut(kind int) map[string]bool {
	readers := map[string]bool{}
	for _, c := range m.a.ConsumersOf(&m.work.Types[kind]) {
		if c.Kind == FanOut {
			readers[c.Name] = true
		}
	}
	return readers
}
