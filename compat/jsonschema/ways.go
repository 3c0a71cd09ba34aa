package jsonschema

import "slices"

// negative turns "this schema must fail" into the choice of which keyword fails.
func (b *branch) negative(l literal) {
	if l.node.never || l.node.types&b.kind == 0 {
		return // it fails already
	}
	switch options := b.ways(l); len(options) {
	case 0:
		b.closed = true
	case 1:
		b.take(options[0])
	default:
		b.choose(l, options)
	}
}

// ways lists every way in which a value of the branch's kind can fail a schema
// that admits the kind.
func (b *branch) ways(l literal) []option {
	w := &ways{node: l.node}
	for _, set := range l.node.enums {
		w.fails(fact{op: notIn, set: set})
	}
	switch b.kind {
	case numberKind:
		w.number()
	case stringKind:
		w.text()
	case arrayKind:
		w.array()
	case objectKind:
		w.object()
	}
	w.inPlace()
	if l.node.opaque != nil {
		w.fails() // any value may do; the goal decides
	}
	return w.options
}

// ways collects the options of one negative literal.
type ways struct {
	node    *node
	options []option
}

// fails adds a way that facts describe.
func (w *ways) fails(facts ...fact) {
	for i := range facts {
		facts[i].owner = w.node
	}
	w.options = append(w.options, option{facts: facts})
}

// part adds a way in which a part of the value fails a sub-schema.
func (w *ways) part(f fact) {
	if f.node.follow().class != classAll {
		w.fails(f)
	}
}

// sub adds a way that lies in sub-schemas in place.
func (w *ways) sub(literals ...literal) {
	w.options = append(w.options, option{literals: literals})
}

func (w *ways) number() {
	n := w.node
	if n.integer {
		w.fails(fact{op: notInteger})
	}
	if n.min != nil {
		w.fails(fact{op: belowMin})
	}
	if n.max != nil {
		w.fails(fact{op: aboveMax})
	}
	if n.multipleOf != nil {
		w.fails(fact{op: notMultiple})
	}
}

func (w *ways) text() {
	n := w.node
	if n.minLength > 0 {
		w.fails(fact{op: tooShort})
	}
	if n.maxLength >= 0 {
		w.fails(fact{op: tooLong})
	}
	if n.pattern != nil {
		w.fails(fact{op: noMatch, at: n.pattern})
	}
	for _, f := range n.formats {
		w.fails(fact{op: notFormat, format: f})
	}
}

func (w *ways) array() {
	n := w.node
	if n.minItems > 0 {
		w.fails(fact{op: fewItems})
	}
	if n.maxItems >= 0 {
		w.fails(fact{op: manyItems})
	}
	if n.unique {
		w.fails(fact{op: repeated})
	}
	for i, sub := range n.prefix {
		w.part(fact{op: itemFails, node: sub, index: i})
	}
	if n.items != nil {
		w.part(fact{op: restFails, node: n.items, index: len(n.prefix)})
	}
	if n.contains != nil {
		if n.atLeast() > 0 {
			w.fails(fact{op: containsFew, node: n.contains, index: n.atLeast() - 1})
		}
		if n.maxContains >= 0 {
			w.fails(fact{op: containsMany, node: n.contains, index: n.maxContains + 1})
		}
	}
}

func (w *ways) object() {
	n := w.node
	for _, name := range n.required {
		w.fails(fact{op: absent, name: name})
	}
	if n.minProps > 0 {
		w.fails(fact{op: fewProps})
	}
	if n.maxProps >= 0 {
		w.fails(fact{op: manyProps})
	}
	for _, name := range n.names {
		w.part(fact{op: propFails, node: n.properties[name], name: name})
	}
	for _, p := range n.patterns {
		w.part(fact{op: patternFails, node: p.node, at: p.pattern})
	}
	if n.additional != nil {
		w.part(fact{op: additionalFails, node: n.additional})
	}
	if n.propNames != nil {
		w.part(fact{op: nameFails, node: n.propNames})
	}
	for _, d := range n.needs {
		for _, name := range d.required {
			w.fails(fact{op: present, name: d.name}, fact{op: absent, name: name})
		}
	}
	for _, d := range n.implies {
		w.options = append(w.options, option{
			literals: []literal{mustNot(d.node)},
			facts:    []fact{{op: present, owner: n, name: d.name}},
		})
	}
}

func (w *ways) inPlace() {
	n := w.node
	for _, sub := range distinctNodes(n.allOf) {
		w.sub(mustNot(sub))
	}
	if len(n.anyOf) > 0 {
		w.sub(allFail(n.anyOf)...)
	}
	if len(n.oneOf) > 0 {
		w.sub(allFail(n.oneOf)...)
		for i, a := range n.oneOf {
			for _, c := range n.oneOf[i+1:] {
				w.sub(must(a), must(c))
			}
		}
	}
	if n.not != nil {
		w.sub(must(n.not))
	}
	if n.ifNode != nil {
		if n.then != nil {
			w.sub(must(n.ifNode), mustNot(n.then))
		}
		if n.orElse != nil {
			w.sub(mustNot(n.ifNode), mustNot(n.orElse))
		}
	}
}

func allFail(subs []*node) []literal {
	literals := make([]literal, len(subs))
	for i, sub := range subs {
		literals[i] = mustNot(sub)
	}
	return literals
}

// distinctNodes drops schemas that equal an earlier one.
func distinctNodes(list []*node) []*node {
	if len(list) < 2 {
		return list
	}
	var kept []*node
	for _, n := range list {
		if !slices.ContainsFunc(kept, func(k *node) bool { return sameNode(k, n) }) {
			kept = append(kept, n)
		}
	}
	return kept
}
