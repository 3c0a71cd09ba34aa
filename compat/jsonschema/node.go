package jsonschema

import (
	"math/big"

	"github.com/nexus-blueprint/nexus/document"
)

// kind is one of the six kinds of JSON value, as a bit.
type kind uint8

const (
	nullKind kind = 1 << iota
	booleanKind
	numberKind
	stringKind
	arrayKind
	objectKind

	allKinds = nullKind | booleanKind | numberKind | stringKind | arrayKind | objectKind
)

// kinds lists the kinds in the order in which witnesses are looked for.
var kinds = []kind{nullKind, booleanKind, numberKind, stringKind, arrayKind, objectKind}

// node is one (sub-)schema, normalised: every keyword of every draft is brought
// to one form, references are edges, and keywords that decide nothing are gone.
// Nodes form a graph that may have cycles. A node is immutable once its graph
// is built.
type node struct {
	file    *file  // the document that holds it
	pointer string // its place in that document
	raw     map[string]any
	draft   draft

	// instead is the schema that this one stands beside while they are compared: a
	// part that was added to it, or taken out of it, has nothing as its other side.
	instead *node
	made    bool // stands for unevaluated parts; no text holds it
	class   int  // nodes of one class accept the same documents; see classes
	alias   *node

	never   bool // accepts nothing
	types   kind // the kinds that "type" admits
	integer bool // of the numbers, only integers
	enums   []*valueSet

	min, max     *bound
	multipleOf   *big.Rat
	minLength    int // -1 when absent, as all counts
	maxLength    int
	pattern      *pattern
	formats      []*format
	prefix       []*node
	items        *node // what follows the prefix
	minItems     int
	maxItems     int
	unique       bool
	contains     *node
	minContains  int
	maxContains  int
	properties   map[string]*node
	names        []string // the keys of properties, sorted
	patterns     []patternNode
	additional   *node
	propNames    *node
	required     []string
	minProps     int
	maxProps     int
	needs        []dependency // dependentRequired
	implies      []dependency // dependentSchemas
	allOf        []*node      // and references
	anyOf, oneOf []*node
	not          *node
	ifNode       *node
	then, orElse *node

	// opaque is a predicate that can be evaluated but not reasoned about.
	opaque *opaque
}

// bound is one end of a range of numbers.
type bound struct {
	value     *big.Rat
	exclusive bool
}

// patternNode is one member of patternProperties.
type patternNode struct {
	pattern *pattern
	node    *node
}

// dependency is what the presence of a property asks for.
type dependency struct {
	name     string
	required []string
	node     *node
}

// opaque is a condition known only by its verdict on a given value.
type opaque struct {
	name  string  // conditions of equal names and equal parts are equal
	parts []*node // the sub-schemas that it depends on, beside the node's own
	judge func(any) truth
}

// newNode returns a node that accepts everything.
func newNode(f *file, pointer string, d draft) *node {
	return &node{
		file: f, pointer: pointer, draft: d, types: allKinds,
		minLength: -1, maxLength: -1, minItems: -1, maxItems: -1,
		minContains: -1, maxContains: -1, minProps: -1, maxProps: -1,
	}
}

// nothing is a schema without keywords, as the other side of what stands under a
// keyword that n does not have.
func (n *node) nothing(keyword string) *node {
	empty := newNode(n.file, document.Join(n.pointer, keyword), n.draft)
	empty.raw, empty.class, empty.instead = map[string]any{}, classAll, n
	return empty
}

// owner is the schema that the node stands beside, else the node.
func (n *node) owner() *node {
	if n.instead != nil {
		return n.instead.owner()
	}
	return n
}

// follow resolves a node that only stands for another.
func (n *node) follow() *node {
	for n.alias != nil {
		n = n.alias
	}
	return n
}

// mayBe is the kinds of value that the schema can accept as far as its types,
// its lists of values and its alternatives tell.
func (n *node) mayBe() kind { return n.kindsKnowing(map[*node]kind{}) }

// kindsKnowing is mayBe with the answers so far, since many references may lead
// to one schema; one that is asked about while it is being looked at may be all.
func (n *node) kindsKnowing(known map[*node]kind) kind {
	n = n.follow()
	if n.never {
		return 0
	}
	if answer, ok := known[n]; ok {
		return answer
	}
	known[n] = allKinds
	possible := n.types
	for _, set := range n.enums {
		var listed kind
		for _, v := range set.values {
			listed |= kindOf(v)
		}
		possible &= listed
	}
	for _, sub := range n.allOf {
		possible &= sub.kindsKnowing(known)
	}
	for _, alternatives := range [][]*node{n.anyOf, n.oneOf} {
		var any kind
		for _, sub := range alternatives {
			any |= sub.kindsKnowing(known)
		}
		if len(alternatives) > 0 {
			possible &= any
		}
	}
	known[n] = possible
	return possible
}

// inPlace lists the sub-schemas that apply to the same value.
func (n *node) inPlace() []*node {
	var all []*node
	all = append(all, n.allOf...)
	all = append(all, n.anyOf...)
	all = append(all, n.oneOf...)
	for _, d := range n.implies {
		all = append(all, d.node)
	}
	for _, m := range []*node{n.not, n.ifNode, n.then, n.orElse} {
		if m != nil {
			all = append(all, m)
		}
	}
	return all
}

// below lists the sub-schemas that apply to parts of the value.
func (n *node) below() []*node {
	all := append([]*node(nil), n.prefix...)
	for _, name := range n.names {
		all = append(all, n.properties[name])
	}
	for _, p := range n.patterns {
		all = append(all, p.node)
	}
	for _, m := range []*node{n.items, n.contains, n.additional, n.propNames} {
		if m != nil {
			all = append(all, m)
		}
	}
	if n.opaque != nil {
		all = append(all, n.opaque.parts...)
	}
	return all
}

// bare reports whether the node asserts nothing but its sub-schemas in place.
func (n *node) bare() bool {
	return !n.never && n.types == allKinds && !n.integer && len(n.enums) == 0 && n.opaque == nil &&
		n.min == nil && n.max == nil && n.multipleOf == nil &&
		n.minLength <= 0 && n.maxLength < 0 && n.pattern == nil && len(n.formats) == 0 &&
		len(n.prefix) == 0 && n.items == nil && n.minItems <= 0 && n.maxItems < 0 && !n.unique && n.contains == nil &&
		len(n.names) == 0 && len(n.patterns) == 0 && n.additional == nil && n.propNames == nil &&
		len(n.required) == 0 && n.minProps <= 0 && n.maxProps < 0 && len(n.needs) == 0
}

// always reports whether the node plainly accepts everything.
func (n *node) always() bool {
	return n.bare() && len(n.allOf) == 0 && len(n.anyOf) == 0 && len(n.oneOf) == 0 && n.not == nil && n.ifNode == nil && len(n.implies) == 0
}

// property returns the sub-schemas that the node applies to the value of the
// property name.
// sure is false when a pattern that cannot be compiled may apply more.
func (n *node) property(name string) (applied []*node, sure bool) {
	sure = true
	declared := false
	if p, ok := n.properties[name]; ok {
		applied, declared = append(applied, p), true
	}
	for _, p := range n.patterns {
		switch p.pattern.matches(name) {
		case yes:
			applied, declared = append(applied, p.node), true
		case unsure:
			sure = false
		}
	}
	if !declared && sure && n.additional != nil {
		applied = append(applied, n.additional)
	}
	return applied, sure
}

// item returns the sub-schema that the node applies to the item at index i, nil for none.
func (n *node) item(i int) *node {
	if i < len(n.prefix) {
		return n.prefix[i]
	}
	return n.items
}
