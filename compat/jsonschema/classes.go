package jsonschema

import (
	"encoding/binary"
	"slices"
	"strconv"
)

// classes numbers the sub-schemas of a comparison so that two with the same
// number accept the same documents: they have the same keywords, and sub-schemas
// of the same classes. What a sub-schema contains does not matter, not even a
// pattern that cannot be compiled.
type classes struct {
	bySignature map[string]int
	next        int
	made        map[string]*node // schemas that the solver makes for itself
}

const (
	classUnset = iota
	classAll   // accepts everything
	classNone  // accepts nothing
	firstClass
)

// classify numbers every schema below the roots, all at once, so that equal
// parts of recursive schemas are found equal.
func classify(roots ...*node) *classes {
	c := &classes{bySignature: map[string]int{}, next: firstClass, made: map[string]*node{}}
	c.assign(roots...)
	return c
}

func (c *classes) intern(signature []byte) int {
	if class, ok := c.bySignature[string(signature)]; ok {
		return class
	}
	class := c.next
	c.next++
	c.bySignature[string(signature)] = class
	return class
}

// assign numbers the schemas below the roots that have no number yet. Those
// outside of cycles get theirs from the leaves up; the rest are told apart in
// rounds until a round finds no new difference.
func (c *classes) assign(roots ...*node) {
	order := postorder(roots)
	var cyclic []*node
	for _, n := range order {
		if !c.number(n) {
			cyclic = append(cyclic, n)
		}
	}
	if len(cyclic) == 0 {
		return
	}
	// Temporary classes are negative, so that they never meet final ones.
	for _, n := range cyclic {
		n.class = -1
	}
	for groups := 1; ; {
		round := map[string]int{}
		next := make([]int, len(cyclic))
		for i, n := range cyclic {
			signature := string(n.signature())
			if _, ok := round[signature]; !ok {
				round[signature] = -1 - len(round)
			}
			next[i] = round[signature]
		}
		for i, n := range cyclic {
			n.class = next[i]
		}
		if len(round) == groups {
			break
		}
		groups = len(round)
	}
	final := map[int]int{}
	for _, n := range cyclic {
		if _, ok := final[n.class]; !ok {
			final[n.class] = c.next
			c.next++
		}
	}
	for _, n := range cyclic {
		n.class = final[n.class]
	}
}

// number gives n its class if all its sub-schemas have theirs.
func (c *classes) number(n *node) bool {
	switch {
	case n.never || n.types == 0:
		n.class = classNone
		return true
	case n.always():
		n.class = classAll
		return true
	}
	for _, sub := range slices.Concat(n.inPlace(), n.below()) {
		if sub.follow().class == classUnset {
			return false
		}
	}
	n.class = c.intern(n.signature())
	return true
}

// postorder lists the schemas below the roots that have no class, each after
// its sub-schemas as far as cycles allow.
func postorder(roots []*node) []*node {
	var order []*node
	seen := map[*node]bool{}
	var visit func(n *node)
	visit = func(n *node) {
		n = n.follow()
		if n.class != classUnset || seen[n] {
			return
		}
		seen[n] = true
		for _, sub := range n.inPlace() {
			visit(sub)
		}
		for _, sub := range n.below() {
			visit(sub)
		}
		order = append(order, n)
	}
	for _, root := range roots {
		visit(root)
	}
	return order
}

// oneOf is a schema that accepts just these values.
func (c *classes) oneOf(values []any) *node {
	set := newValueSet(values)
	return c.make("one of "+set.sign, func(n *node) { n.enums = []*valueSet{set} })
}

// matching is a schema that accepts the strings that match a pattern.
func (c *classes) matching(p *pattern) *node {
	return c.make("matching "+p.source, func(n *node) { n.types, n.pattern = stringKind, p })
}

// nonEmpty is a schema that accepts the strings of at least one character.
func (c *classes) nonEmpty() *node {
	return c.make("not empty", func(n *node) { n.types, n.minLength = stringKind, 1 })
}

func (c *classes) make(key string, fill func(*node)) *node {
	if n, ok := c.made[key]; ok {
		return n
	}
	n := newNode(nil, "", draft2020)
	fill(n)
	c.assign(n)
	c.made[key] = n
	return n
}

// signature writes down all that decides what a schema accepts, sub-schemas by
// their class.
func (n *node) signature() []byte {
	s := signer{}
	s.text = append(s.text, byte(n.types))
	if n.integer {
		s.tag('i')
	}
	for _, set := range n.enums {
		s.string('e', set.sign)
	}
	s.bound('m', n.min)
	s.bound('M', n.max)
	if n.multipleOf != nil {
		s.string('x', n.multipleOf.RatString())
	}
	for i, count := range []int{n.minLength, n.minItems, n.minProps} {
		if count > 0 {
			s.number('0'+byte(i), count)
		}
	}
	for i, count := range []int{n.maxLength, n.maxItems, n.maxProps, n.minContains, n.maxContains} {
		if count >= 0 {
			s.number('3'+byte(i), count)
		}
	}
	if n.pattern != nil {
		s.string('p', n.pattern.source)
	}
	for _, f := range n.formats {
		s.string('f', f.name)
	}
	if n.unique {
		s.tag('u')
	}
	s.nodes('P', n.prefix)
	s.node('I', n.items)
	s.node('C', n.contains)
	for _, name := range n.names {
		s.string('n', name)
		s.node('N', n.properties[name])
	}
	for _, p := range n.patterns {
		s.string('q', p.pattern.source)
		s.node('Q', p.node)
	}
	s.node('A', n.additional)
	s.node('K', n.propNames)
	for _, name := range n.required {
		s.string('r', name)
	}
	for _, d := range n.needs {
		s.string('d', d.name)
		for _, name := range d.required {
			s.string('D', name)
		}
	}
	for _, d := range n.implies {
		s.string('s', d.name)
		s.node('S', d.node)
	}
	s.set('a', n.allOf)
	s.set('y', n.anyOf)
	s.list('o', n.oneOf)
	s.node('!', n.not)
	s.node('?', n.ifNode)
	s.node('T', n.then)
	s.node('E', n.orElse)
	if n.opaque != nil {
		s.string('O', n.opaque.name)
		s.nodes('O', n.opaque.parts)
	}
	return s.text
}

type signer struct{ text []byte }

func (s *signer) tag(t byte) { s.text = append(s.text, t) }

func (s *signer) number(t byte, n int) {
	s.text = binary.AppendVarint(append(s.text, t), int64(n))
}

func (s *signer) string(t byte, text string) {
	s.number(t, len(text))
	s.text = append(s.text, text...)
}

func (s *signer) bound(t byte, b *bound) {
	if b != nil {
		s.string(t, b.value.RatString()+strconv.FormatBool(b.exclusive))
	}
}

func (s *signer) node(t byte, n *node) {
	if n != nil {
		s.number(t, n.follow().class)
	}
}

func (s *signer) nodes(t byte, list []*node) {
	for _, n := range list {
		s.node(t, n)
	}
}

// set writes sub-schemas of which neither order nor repetition matters.
func (s *signer) set(t byte, list []*node) { s.sorted(t, list, true) }

// list writes sub-schemas of which the order does not matter.
func (s *signer) list(t byte, list []*node) { s.sorted(t, list, false) }

func (s *signer) sorted(t byte, list []*node, compact bool) {
	numbers := make([]int, len(list))
	for i, n := range list {
		numbers[i] = n.follow().class
	}
	slices.Sort(numbers)
	if compact {
		numbers = slices.Compact(numbers)
	}
	for _, number := range numbers {
		s.number(t, number)
	}
}
