package jsonschema

// The keywords unevaluatedProperties and unevaluatedItems depend on which
// sub-schemas in place accepted the value. They are rewritten into keywords that
// do not: for every way in which the sub-schemas can turn out, "if it turns out
// so, then what these sub-schemas leave over must satisfy this".

// coverage is what has been evaluated in one way for the sub-schemas to turn out.
type coverage struct {
	given    []literal // the way: these accept, those do not
	all      bool      // every property is evaluated
	names    []string
	patterns []*pattern
	allItems bool
	prefix   int // items evaluated from the front
	contains []*node
}

// maxWays bounds how many ways are told apart. Beyond it the keyword cannot be
// reasoned about.
const maxWays = 64

// join combines what two sub-schemas evaluate when both accept.
func (c coverage) join(other coverage) coverage {
	return coverage{
		given:    append(append([]literal(nil), c.given...), other.given...),
		all:      c.all || other.all,
		names:    append(append([]string(nil), c.names...), other.names...),
		patterns: append(append([]*pattern(nil), c.patterns...), other.patterns...),
		allItems: c.allItems || other.allItems,
		prefix:   max(c.prefix, other.prefix),
		contains: append(append([]*node(nil), c.contains...), other.contains...),
	}
}

func joinAll(a, b []coverage) []coverage {
	var all []coverage
	for _, x := range a {
		for _, y := range b {
			all = append(all, x.join(y))
		}
	}
	return all
}

// covers lists the ways in which n, once it accepts, evaluates parts of a value.
// ok is false when there are too many.
func (n *node) covers(depth int) (ways []coverage, ok bool) {
	if depth > 32 {
		return nil, false
	}
	if n.alias != nil {
		return n.alias.covers(depth + 1)
	}
	own := coverage{
		all: n.additional != nil || n.raw["unevaluatedProperties"] != nil && n.draft >= draft2019, names: n.names,
		allItems: n.items != nil || n.raw["unevaluatedItems"] != nil && n.draft >= draft2019, prefix: len(n.prefix),
	}
	for _, p := range n.patterns {
		own.patterns = append(own.patterns, p.pattern)
	}
	if n.contains != nil && n.draft >= draft2020 {
		own.contains = []*node{n.contains}
	}
	return n.coversInPlace([]coverage{own}, depth)
}

// coversInPlace extends ways by what the sub-schemas of n in place evaluate.
func (n *node) coversInPlace(ways []coverage, depth int) ([]coverage, bool) {
	add := func(alternatives []coverage, ok bool) bool {
		if ways = joinAll(ways, alternatives); !ok || len(ways) > maxWays {
			return false
		}
		return true
	}
	for _, sub := range n.allOf {
		if c, ok := sub.covers(depth + 1); !add(c, ok) {
			return nil, false
		}
	}
	for _, sub := range append(append([]*node(nil), n.anyOf...), n.oneOf...) {
		c, ok := sub.covers(depth + 1)
		if !ok {
			return nil, false
		}
		if !add(append(given(must(sub), c), coverage{given: []literal{mustNot(sub)}}), true) {
			return nil, false
		}
	}
	for _, d := range n.implies {
		c, ok := d.node.covers(depth + 1)
		holds := newNode(n.file, n.pointer, n.draft)
		holds.types, holds.required = objectKind, []string{d.name}
		if !ok || !add(append(given(must(holds), c), coverage{given: []literal{mustNot(holds)}}), true) {
			return nil, false
		}
	}
	if n.ifNode != nil {
		return n.coversCondition(ways, depth)
	}
	return ways, true
}

func (n *node) coversCondition(ways []coverage, depth int) ([]coverage, bool) {
	whenIf, ok := n.ifNode.covers(depth + 1)
	if !ok {
		return nil, false
	}
	whenElse := []coverage{{}}
	if n.then != nil {
		c, ok := n.then.covers(depth + 1)
		if !ok {
			return nil, false
		}
		whenIf = joinAll(whenIf, c)
	}
	if n.orElse != nil {
		if whenElse, ok = n.orElse.covers(depth + 1); !ok {
			return nil, false
		}
	}
	ways = joinAll(ways, append(given(must(n.ifNode), whenIf), given(mustNot(n.ifNode), whenElse)...))
	return ways, len(ways) <= maxWays
}

func given(l literal, ways []coverage) []coverage {
	for i := range ways {
		ways[i].given = append([]literal{l}, ways[i].given...)
	}
	return ways
}

// unevaluated rewrites the two keywords of the builder's node.
func (b *builder) unevaluated() {
	n := b.node
	properties, items := b.sub("unevaluatedProperties"), b.sub("unevaluatedItems")
	if properties == nil && items == nil {
		return
	}
	own := coverage{all: n.additional != nil, names: n.names, allItems: n.items != nil, prefix: len(n.prefix)}
	for _, p := range n.patterns {
		own.patterns = append(own.patterns, p.pattern)
	}
	if n.contains != nil && n.draft >= draft2020 {
		own.contains = []*node{n.contains}
	}
	ways, ok := n.coversInPlace([]coverage{own}, 0)
	if !ok {
		n.opaque = &opaque{name: "unevaluated", judge: func(any) truth { return unsure }}
		for _, part := range []struct {
			name string
			node *node
		}{{" properties", properties}, {" items", items}} {
			if part.node != nil {
				n.opaque.name += part.name
				n.opaque.parts = append(n.opaque.parts, part.node)
			}
		}
		b.loader.faults = append(b.loader.faults, fault{b.at, "too many combinations of sub-schemas decide what is unevaluated"})
		return
	}
	for _, way := range ways {
		if properties != nil && !way.all {
			n.allOf = append(n.allOf, way.implies(n, leftProperties(n, way, properties)))
		}
		if items != nil && !way.allItems {
			n.allOf = append(n.allOf, way.implies(n, leftItems(n, way, items)))
		}
	}
}

// implies is "not this way, or rest".
func (c coverage) implies(owner *node, rest *node) *node {
	rest.made = true
	if len(c.given) == 0 {
		return rest
	}
	n := newNode(owner.file, owner.pointer, owner.draft)
	for _, l := range c.given {
		if l.neg {
			n.anyOf = append(n.anyOf, l.node)
			continue
		}
		negated := newNode(owner.file, owner.pointer, owner.draft)
		negated.not = l.node
		n.anyOf = append(n.anyOf, negated)
	}
	n.anyOf = append(n.anyOf, rest)
	n.made = true
	return n
}

// leftProperties demands sub of every property that the way leaves over.
func leftProperties(owner *node, way coverage, sub *node) *node {
	n := newNode(owner.file, owner.pointer, owner.draft)
	anything := newNode(owner.file, owner.pointer, owner.draft)
	n.properties = map[string]*node{}
	for _, name := range way.names {
		n.properties[name] = anything
	}
	n.names = sortedKeys(n.properties)
	for _, p := range way.patterns {
		n.patterns = append(n.patterns, patternNode{p, anything})
	}
	n.additional = sub
	return n
}

// leftItems demands sub of every item that the way leaves over.
func leftItems(owner *node, way coverage, sub *node) *node {
	n := newNode(owner.file, owner.pointer, owner.draft)
	anything := newNode(owner.file, owner.pointer, owner.draft)
	for range way.prefix {
		n.prefix = append(n.prefix, anything)
	}
	n.items = sub
	if len(way.contains) > 0 {
		n.items = newNode(owner.file, owner.pointer, owner.draft)
		n.items.anyOf = append(append(n.items.anyOf, way.contains...), sub)
	}
	return n
}
