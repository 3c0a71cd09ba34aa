package jsonschema

import (
	"encoding/json"
	"math/big"
)

func isMultiple(r, of *big.Rat) bool {
	return new(big.Rat).Quo(r, of).IsInt()
}

// numbers is what the facts of a branch say of a number.
type numbers struct {
	min, max *bound
	step     *big.Rat   // the number is a multiple of it; nil for any number
	notSteps []*big.Rat // and of none of these
	not      []*valueSet
}

// number solves the facts of a branch for numbers.
func (b *branch) number() (any, status) {
	var g numbers
	for _, n := range b.holds {
		if n.integer {
			g.multiple(big.NewRat(1, 1))
		}
		if n.multipleOf != nil {
			g.multiple(n.multipleOf)
		}
		g.atLeast(n.min)
		g.atMost(n.max)
	}
	for _, f := range b.facts {
		switch f.op {
		case notInteger:
			g.notSteps = append(g.notSteps, big.NewRat(1, 1))
		case notMultiple:
			g.notSteps = append(g.notSteps, f.owner.multipleOf)
		case belowMin:
			g.atMost(f.owner.min.flip())
		case aboveMax:
			g.atLeast(f.owner.max.flip())
		case notIn:
			g.not = append(g.not, f.set)
		}
	}
	return g.solve(b.solver)
}

// flip turns the end of a range into the opposite end of what lies beyond it.
func (b *bound) flip() *bound { return &bound{b.value, !b.exclusive} }

func (g *numbers) atLeast(b *bound) {
	if b == nil {
		return
	}
	if g.min == nil {
		g.min = b
		return
	}
	if c := b.value.Cmp(g.min.value); c > 0 || c == 0 && b.exclusive {
		g.min = b
	}
}

func (g *numbers) atMost(b *bound) {
	if b == nil {
		return
	}
	if g.max == nil {
		g.max = b
		return
	}
	if c := b.value.Cmp(g.max.value); c < 0 || c == 0 && b.exclusive {
		g.max = b
	}
}

// multiple narrows the step to the least common multiple. Of two fractions in
// lowest terms it is lcm(numerators) / gcd(denominators).
func (g *numbers) multiple(of *big.Rat) {
	if g.step == nil {
		g.step = of
		return
	}
	g.step = leastMultiple(g.step, of)
}

func leastMultiple(a, b *big.Rat) *big.Rat {
	gcd := new(big.Int).GCD(nil, nil, a.Num(), b.Num())
	lcm := new(big.Int).Mul(new(big.Int).Quo(a.Num(), gcd), b.Num())
	return new(big.Rat).SetFrac(lcm, new(big.Int).GCD(nil, nil, a.Denom(), b.Denom()))
}

// maxTries bounds how many candidates a search for a number tries.
const maxTries = 2000

func (g *numbers) solve(s *solver) (any, status) {
	for _, not := range g.notSteps {
		if g.step != nil && isMultiple(g.step, not) {
			return nil, unsat
		}
	}
	if g.min != nil && g.max != nil {
		if c := g.min.value.Cmp(g.max.value); c > 0 || c == 0 && (g.min.exclusive || g.max.exclusive) {
			return nil, unsat
		}
	}
	if g.step != nil {
		return g.onSteps(s)
	}
	return g.between(s)
}

// onSteps walks the multiples of the step, from the end of the range that is
// there, or outwards from zero. The excluded multiples recur, so a range that
// holds one whole period and no number decides.
func (g *numbers) onSteps(s *solver) (any, status) {
	first, last := g.stepRange()
	if first != nil && last != nil && first.Cmp(last) > 0 {
		return nil, unsat
	}
	at, way := big.NewInt(0), int64(1)
	switch {
	case first != nil && first.Sign() > 0:
		at = first
	case last != nil && last.Sign() < 0:
		at, way = last, -1
	}
	for range maxTries {
		if first != nil && at.Cmp(first) < 0 || last != nil && at.Cmp(last) > 0 {
			if way > 0 && (first == nil || first.Sign() < 0) && at.Sign() > 0 {
				at, way = big.NewInt(-1), -1 // the other side of zero
				continue
			}
			return nil, unsat
		}
		if v, ok := g.grant(new(big.Rat).Mul(g.step, new(big.Rat).SetInt(at))); ok {
			return v, sat
		}
		if !s.spend() {
			return nil, unknown
		}
		at = new(big.Int).Add(at, big.NewInt(way))
	}
	return nil, unknown
}

// stepRange returns the first and last multiple of the step in the range, as
// counts of steps; nil for an open end.
func (g *numbers) stepRange() (first, last *big.Int) {
	if g.min != nil {
		q := new(big.Rat).Quo(g.min.value, g.step)
		first = floor(q)
		if !q.IsInt() || g.min.exclusive {
			first.Add(first, big.NewInt(1))
		}
	}
	if g.max != nil {
		q := new(big.Rat).Quo(g.max.value, g.step)
		last = floor(q)
		if q.IsInt() && g.max.exclusive {
			last.Sub(last, big.NewInt(1))
		}
	}
	return first, last
}

func floor(r *big.Rat) *big.Int {
	return new(big.Int).Div(r.Num(), r.Denom()) // Div rounds towards minus infinity for a positive divisor
}

// between picks a number from a range of all numbers: an end, an integer, else
// a decimal fraction ever closer to the lower end. What is excluded is finite or
// thin, so a range of more than one point always holds a number.
func (g *numbers) between(s *solver) (any, status) {
	if g.min != nil && g.max != nil && g.min.value.Cmp(g.max.value) == 0 {
		if v, ok := g.grant(g.min.value); ok {
			return v, sat
		}
		return nil, unsat
	}
	var starts []*big.Rat
	if g.min != nil {
		starts = append(starts, g.min.value)
	}
	if g.max != nil {
		starts = append(starts, g.max.value)
	}
	starts = append(starts, new(big.Rat))
	for _, start := range starts {
		for i := range int64(40) {
			for _, offset := range []int64{i, -i} {
				candidate := new(big.Rat).SetInt(floor(start))
				if candidate.Add(candidate, big.NewRat(offset, 1)); i == 0 {
					candidate = start
				}
				if v, ok := g.grant(candidate); ok {
					return v, sat
				}
			}
		}
	}
	scale := big.NewRat(1, 1)
	for range 400 {
		scale = new(big.Rat).Mul(scale, big.NewRat(1, 10))
		for _, start := range starts {
			for _, digit := range []int64{1, 3, 5, 7, -1, -3, -5, -7} {
				offset := new(big.Rat).Mul(scale, big.NewRat(digit, 1))
				if v, ok := g.grant(offset.Add(offset, start)); ok {
					return v, sat
				}
			}
		}
		if !s.spend() {
			return nil, unknown
		}
	}
	return nil, unknown
}

// grant judges one candidate.
func (g *numbers) grant(r *big.Rat) (json.Number, bool) {
	if g.min != nil {
		if c := r.Cmp(g.min.value); c < 0 || c == 0 && g.min.exclusive {
			return "", false
		}
	}
	if g.max != nil {
		if c := r.Cmp(g.max.value); c > 0 || c == 0 && g.max.exclusive {
			return "", false
		}
	}
	for _, not := range g.notSteps {
		if isMultiple(r, not) {
			return "", false
		}
	}
	text, ok := numberText(r)
	if !ok {
		return "", false
	}
	for _, set := range g.not {
		if set.has(text) {
			return "", false
		}
	}
	return text, true
}
