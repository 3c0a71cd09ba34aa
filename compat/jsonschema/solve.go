package jsonschema

import (
	"context"
	"encoding/binary"
	"slices"
)

// The solver decides whether a document exists that satisfies a set of
// literals: schemas it must satisfy and schemas it must not. Containment of old
// in new is the question whether {old, not new} has no such document.
//
// It is a tableau. For each kind of value the literals are taken apart: what
// must hold is collected as facts, what may hold in several ways stays a choice.
// The facts of a branch are solved by arithmetic for numbers, by automata for
// strings, and by solving for the parts of arrays and objects. A model that
// also satisfies the open choices is a witness; when no branch has a model, the
// literals contradict each other, and that is a proof.
//
// Two things make it finite and fast. Sub-schemas of one class (see classes)
// are equal, so that what did not change contradicts itself at once. And a set
// of literals that is being solved further up is not solved again: the smallest
// document that satisfies it does not hold another one that does.

// status is the solver's answer.
type status uint8

const (
	unsat status = iota
	sat
	unknown // a budget was spent, or a part cannot be reasoned about
)

// literal is a schema that must hold, or must not.
type literal struct {
	node *node
	neg  bool
}

func (l literal) id() int {
	if l.neg {
		return l.node.class<<1 | 1
	}
	return l.node.class << 1
}

// opposite is the id of the literal that contradicts l.
func (l literal) opposite() int { return l.id() ^ 1 }

func must(n *node) literal    { return literal{node: n.follow()} }
func mustNot(n *node) literal { return literal{node: n.follow(), neg: true} }

type solver struct {
	ctx     context.Context
	steps   int // what is left of the budget
	work    int // what is left of the step under way; see toil
	classes *classes
	memo    map[string]answer
	open    map[string]int // the literal sets being solved, by depth
	depth   int
	// blocked is the least depth of an open set that the answers since it was
	// last reset relied on; such answers hold only below that set.
	blocked int
}

type answer struct {
	value any
	is    status
}

// maxDepth bounds how deep a witness may nest.
const maxDepth = 300

func newSolver(ctx context.Context, c *classes, steps int) *solver {
	return &solver{ctx: ctx, steps: steps, classes: c, memo: map[string]answer{}, open: map[string]int{}, blocked: maxDepth + 1}
}

// spend takes one step from the budget and reports whether there was one. The
// end of the context ends the budget.
func (s *solver) spend() bool {
	s.steps--
	if s.steps%64 == 0 && s.ctx.Err() != nil {
		s.steps = -1
	}
	return s.steps >= 0
}

// toilPerStep is how many small pieces of work make a step.
const toilPerStep = 64

// toil takes a small piece of work from the budget, such as a look into the memo.
func (s *solver) toil() bool {
	if s.work--; s.work > 0 {
		return s.steps >= 0
	}
	s.work = toilPerStep
	return s.spend()
}

// solve finds a value that satisfies every literal.
func (s *solver) solve(literals []literal) (any, status) {
	literals, contradiction := s.simplify(literals)
	if contradiction {
		return nil, unsat
	}
	if len(literals) == 0 {
		return map[string]any{}, sat
	}
	if !s.toil() {
		return nil, unknown
	}
	key := keyOfLiterals(literals)
	if known, ok := s.memo[key]; ok {
		return known.value, known.is
	}
	if at, ok := s.open[key]; ok {
		s.blocked = min(s.blocked, at)
		return nil, unsat
	}
	if s.depth >= maxDepth || !s.spend() {
		return nil, unknown
	}
	s.open[key] = s.depth
	s.depth++
	outer := s.blocked
	s.blocked = maxDepth + 1
	value, is := s.solveKinds(literals)
	s.depth--
	delete(s.open, key)
	if is == sat || s.blocked >= s.depth {
		// The answer relied on nothing above, or on this very set: it stands.
		if is != unknown {
			s.memo[key] = answer{value, is}
		}
		s.blocked = outer
	} else {
		s.blocked = min(s.blocked, outer)
	}
	return value, is
}

// simplify drops literals that always hold and repetitions, and reports a
// plain contradiction. The result is sorted.
func (s *solver) simplify(literals []literal) ([]literal, bool) {
	kept := make([]literal, 0, len(literals))
	for _, l := range literals {
		l.node = l.node.follow()
		if l.node.class == classAll && !l.neg || l.node.class == classNone && l.neg {
			continue
		}
		if l.node.class == classNone && !l.neg || l.node.class == classAll && l.neg {
			return nil, true
		}
		kept = append(kept, l)
	}
	slices.SortFunc(kept, func(a, b literal) int { return a.id() - b.id() })
	kept = slices.CompactFunc(kept, func(a, b literal) bool { return a.id() == b.id() })
	for i := 1; i < len(kept); i++ {
		if kept[i].id() == kept[i-1].opposite() {
			return nil, true
		}
	}
	return kept, false
}

func keyOfLiterals(literals []literal) string {
	key := make([]byte, 0, 5*len(literals))
	for _, l := range literals {
		key = binary.AppendUvarint(key, uint64(l.id()))
	}
	return string(key)
}

// solveKinds tries one kind of value after the other.
func (s *solver) solveKinds(literals []literal) (any, status) {
	if set := smallestEnum(literals); set != nil {
		return s.tryValues(set.values, literals)
	}
	verdict := unsat
	for _, k := range kinds {
		value, is := s.solveKind(k, literals)
		switch is {
		case sat:
			return value, sat
		case unknown:
			verdict = unknown
		}
	}
	return nil, verdict
}

func smallestEnum(literals []literal) *valueSet {
	var smallest *valueSet
	for _, l := range literals {
		if l.neg {
			continue
		}
		for _, set := range l.node.enums {
			if smallest == nil || len(set.values) < len(smallest.values) {
				smallest = set
			}
		}
	}
	return smallest
}

// tryValues looks for a value among the only ones that can satisfy the literals.
func (s *solver) tryValues(values []any, literals []literal) (any, status) {
	verdict := unsat
	for _, v := range values {
		switch s.allSatisfied(literals, v) {
		case yes:
			return v, sat
		case unsure:
			verdict = unknown
		}
	}
	return nil, verdict
}

func ofKind(values []any, k kind) []any {
	return slices.DeleteFunc(slices.Clone(values), func(v any) bool { return kindOf(v) != k })
}

func (s *solver) allSatisfied(literals []literal, v any) truth {
	verdict := yes
	for _, l := range literals {
		if verdict = verdict.and(s.satisfied(l, v)); verdict == no {
			return no
		}
	}
	return verdict
}

// satisfied judges a value by a literal, and charges the work to the budget.
func (s *solver) satisfied(l literal, v any) truth {
	e := evaluation{left: maxJudgements}
	verdict := e.judge(l.node, v, 0)
	for s.work -= (maxJudgements - e.left) / 4; s.work <= 0; s.work += toilPerStep {
		s.steps--
	}
	if l.neg {
		return verdict.negate()
	}
	return verdict
}

// solveKind looks for a value of one kind.
func (s *solver) solveKind(k kind, literals []literal) (any, status) {
	for _, l := range literals {
		if !l.neg && l.node.types&k == 0 {
			return nil, unsat
		}
	}
	switch k {
	case nullKind:
		return s.tryValues([]any{nil}, literals)
	case booleanKind:
		return s.tryValues([]any{true, false}, literals)
	}
	b := &branch{solver: s, kind: k, goal: literals}
	for _, l := range literals {
		b.push(l)
	}
	return b.solve()
}
