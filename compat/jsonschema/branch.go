package jsonschema

import "slices"

// branch is one branch of the tableau: literals taken apart for one kind.
type branch struct {
	solver  *solver
	kind    kind
	goal    []literal // what the value must satisfy in the end
	seen    []int     // ids of the literals taken apart
	holds   []*node   // schemas whose own keywords for this kind hold
	facts   []fact
	choices []choice
	todo    []literal
	closed  bool      // the facts contradict each other
	only    *valueSet // the value is one of these
}

// fact is a negated keyword: one way in which a schema fails.
type fact struct {
	op     op
	node   *node  // the schema that fails; for a part, the sub-schema that the part fails
	owner  *node  // the schema whose keyword this is
	name   string // the property
	index  int    // the item, or the first index of the rest
	at     *pattern
	format *format
	set    *valueSet
}

// op says which keyword a fact negates.
type op uint8

const (
	notInteger op = iota
	belowMin
	aboveMax
	notMultiple
	tooShort
	tooLong
	noMatch
	notFormat
	notIn
	fewItems
	manyItems
	repeated
	itemFails
	restFails
	containsFew
	containsMany
	fewProps
	manyProps
	present
	absent
	propFails
	patternFails
	additionalFails
	nameFails
)

// choice is a disjunction: one of the options must hold.
type choice struct {
	options []option
	origin  literal
}

// option is one way to satisfy a choice.
type option struct {
	literals []literal
	facts    []fact
}

// clone copies what a choice may change.
func (b *branch) clone() *branch {
	c := *b
	c.seen = slices.Clip(b.seen)
	c.holds = slices.Clip(b.holds)
	c.facts = slices.Clip(b.facts)
	c.choices = slices.Clip(b.choices)
	c.todo = nil
	return &c
}

func (b *branch) push(l literal) { b.todo = append(b.todo, l) }

func (b *branch) has(id int) bool { return slices.Contains(b.seen, id) }

// solve closes the branch or finds a value.
func (b *branch) solve() (any, status) {
	if !b.solver.spend() {
		return nil, unknown
	}
	b.settle()
	if b.closed {
		return nil, unsat
	}
	if b.only != nil {
		return b.solver.tryValues(ofKind(b.only.values, b.kind), b.goal)
	}
	value, is := b.model()
	if is == unsat {
		return nil, unsat
	}
	if is == sat && b.solver.allSatisfied(b.goal, value) == yes {
		return value, sat
	}
	if len(b.choices) == 0 {
		// No model, or one that an opaque condition spoils: this proves nothing.
		return nil, unknown
	}
	return b.split(b.pick(value, is == sat))
}

// pick chooses the choice to split on: one that the model fails, with the
// fewest options.
func (b *branch) pick(model any, hasModel bool) int {
	best, bestCost := 0, 1<<30
	for i, c := range b.choices {
		cost := len(c.options)
		if hasModel && b.solver.satisfied(c.origin, model) == yes {
			cost += 1 << 20
		}
		if cost < bestCost {
			best, bestCost = i, cost
		}
	}
	return best
}

// split tries the options of one choice.
func (b *branch) split(at int) (any, status) {
	chosen := b.choices[at]
	rest := slices.Delete(slices.Clone(b.choices), at, at+1)
	verdict := unsat
	for _, o := range chosen.options {
		next := b.clone()
		next.choices = slices.Clone(rest)
		next.take(o)
		value, is := next.solve()
		switch is {
		case sat:
			return value, sat
		case unknown:
			verdict = unknown
		}
		if b.solver.steps < 0 {
			return nil, unknown
		}
	}
	return nil, verdict
}

func (b *branch) take(o option) {
	b.facts = append(b.facts, o.facts...)
	for _, l := range o.literals {
		b.push(l)
	}
}

// settle takes the literals apart until only choices are left.
func (b *branch) settle() {
	for !b.closed {
		if len(b.todo) > 0 {
			l := b.todo[0]
			b.todo = b.todo[1:]
			b.apart(l)
			continue
		}
		if !b.forced() {
			return
		}
	}
}

// forced looks for a choice that has become plain: satisfied, impossible, or
// down to one option.
func (b *branch) forced() bool {
	for i := 0; i < len(b.choices); i++ {
		c := b.choices[i]
		options := make([]option, 0, len(c.options))
		satisfied := false
		for _, o := range c.options {
			switch b.standing(o) {
			case yes:
				satisfied = true
			case unsure:
				options = append(options, o)
			}
		}
		switch {
		case satisfied:
			b.choices = slices.Delete(slices.Clone(b.choices), i, i+1)
			i--
		case len(options) == 0:
			b.closed = true
			return false
		case len(options) == 1:
			b.choices = slices.Delete(slices.Clone(b.choices), i, i+1)
			b.take(options[0])
			return true
		case len(options) < len(c.options):
			b.choices = slices.Clone(b.choices)
			b.choices[i] = choice{options, c.origin}
		}
	}
	return false
}

// standing tells whether an option already holds (yes), cannot hold (no), or is
// open.
func (b *branch) standing(o option) truth {
	verdict := yes
	if len(o.facts) > 0 {
		verdict = unsure
	}
	for _, l := range o.literals {
		n := l.node.follow()
		l.node = n
		switch {
		case n.class == classAll && l.neg, n.class == classNone && !l.neg, !l.neg && n.types&b.kind == 0, b.has(l.opposite()):
			return no
		case n.class == classAll, n.class == classNone, l.neg && n.types&b.kind == 0, b.has(l.id()):
		default:
			verdict = unsure
		}
	}
	return verdict
}

// apart takes one literal apart.
func (b *branch) apart(l literal) {
	l.node = l.node.follow()
	n := l.node
	if b.has(l.id()) {
		return
	}
	if b.has(l.opposite()) || !l.neg && n.never {
		b.closed = true
		return
	}
	b.seen = append(b.seen, l.id())
	if l.neg {
		b.negative(l)
	} else {
		b.positive(l)
	}
}

// positive notes what a schema demands of a value of the branch's kind.
func (b *branch) positive(l literal) {
	n := l.node
	if n.types&b.kind == 0 {
		b.closed = true
		return
	}
	for _, set := range n.enums {
		if b.only == nil || len(set.values) < len(b.only.values) {
			b.only = set
		}
	}
	b.holds = append(b.holds, n)
	for _, sub := range n.allOf {
		b.push(must(sub))
	}
	if n.not != nil {
		b.push(mustNot(n.not))
	}
	if len(n.anyOf) > 0 {
		b.choose(l, each(distinctNodes(n.anyOf)))
	}
	if len(n.oneOf) > 0 {
		b.choose(l, exactlyOne(n.oneOf))
	}
	if n.ifNode != nil {
		b.choose(l, []option{
			{literals: optional(must(n.ifNode), n.then)},
			{literals: optional(mustNot(n.ifNode), n.orElse)},
		})
	}
	if b.kind == objectKind {
		for _, d := range n.implies {
			b.choose(l, []option{
				{facts: []fact{{op: absent, owner: n, name: d.name}}},
				{literals: []literal{must(d.node)}},
			})
		}
		for _, d := range n.needs {
			all := []fact{{op: present, owner: n, name: d.name}}
			for _, name := range d.required {
				all = append(all, fact{op: present, owner: n, name: name})
			}
			b.choose(l, []option{{facts: []fact{{op: absent, owner: n, name: d.name}}}, {facts: all}})
		}
	}
}

func (b *branch) choose(origin literal, options []option) {
	b.choices = append(slices.Clip(b.choices), choice{options, origin})
}

func each(subs []*node) []option {
	options := make([]option, len(subs))
	for i, sub := range subs {
		options[i] = option{literals: []literal{must(sub)}}
	}
	return options
}

func exactlyOne(subs []*node) []option {
	options := make([]option, len(subs))
	for i, chosen := range subs {
		for j, sub := range subs {
			if i != j {
				options[i].literals = append(options[i].literals, mustNot(sub))
			}
		}
		options[i].literals = append(options[i].literals, must(chosen))
	}
	return options
}

// optional is l and, unless it is nil, sub.
func optional(l literal, sub *node) []literal {
	if sub == nil {
		return []literal{l}
	}
	return []literal{l, must(sub)}
}

// model finds a value that satisfies the facts of the branch, leaving the
// choices aside.
func (b *branch) model() (any, status) {
	switch b.kind {
	case numberKind:
		return b.number()
	case stringKind:
		return b.text()
	case arrayKind:
		return b.array()
	}
	return b.object()
}
