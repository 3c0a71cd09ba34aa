package jsonschema

import "slices"

// facet compares one keyword of two schemas, or a group of keywords that means
// one thing.
type facet struct {
	rule    string
	keyword string   // as takeFacet knows it
	raw     []string // the keywords of the text
	noun    string   // for messages
	equal   func(o, n *node) bool
}

// facets are the keywords that are compared by value.
var facets = []facet{
	{"json/type-changed", "type", []string{"type"}, "type", func(o, n *node) bool { return o.types == n.types && o.integer == n.integer }},
	{"json/values-changed", "enum", []string{"enum", "const"}, "the list of allowed values", sameEnums},
	{"json/range-changed", "minimum", []string{"minimum", "exclusiveMinimum"}, "lower limit", func(o, n *node) bool { return sameBound(o.min, n.min) }},
	{"json/range-changed", "maximum", []string{"maximum", "exclusiveMaximum"}, "upper limit", func(o, n *node) bool { return sameBound(o.max, n.max) }},
	{"json/multiple-changed", "multipleOf", []string{"multipleOf"}, "multipleOf", sameMultiple},
	{"json/length-changed", "minLength", []string{"minLength"}, "least length", same(func(n *node) int { return max(n.minLength, 0) })},
	{"json/length-changed", "maxLength", []string{"maxLength"}, "greatest length", same(func(n *node) int { return n.maxLength })},
	{"json/pattern-changed", "pattern", []string{"pattern"}, "pattern", same(func(n *node) *pattern { return n.pattern })},
	{"json/format-changed", "format", []string{"format", "contentEncoding", "contentMediaType"}, "format", sameFormats},
	{"json/item-count-changed", "minItems", []string{"minItems"}, "least number of items", same(func(n *node) int { return max(n.minItems, 0) })},
	{"json/item-count-changed", "maxItems", []string{"maxItems"}, "greatest number of items", same(func(n *node) int { return n.maxItems })},
	{"json/unique-items-changed", "uniqueItems", []string{"uniqueItems"}, "uniqueItems", same(func(n *node) bool { return n.unique })},
	{"json/contains-changed", "contains", []string{"contains", "minContains", "maxContains"}, "contains", sameContains},
	{"json/property-count-changed", "minProperties", []string{"minProperties"}, "least number of properties", same(func(n *node) int { return max(n.minProps, 0) })},
	{"json/property-count-changed", "maxProperties", []string{"maxProperties"}, "greatest number of properties", same(func(n *node) int { return n.maxProps })},
	{"json/property-names-changed", "propertyNames", []string{"propertyNames"}, "propertyNames", func(o, n *node) bool { return sameNode(o.propNames, n.propNames) }},
	{"json/not-changed", "not", []string{"not"}, "not", func(o, n *node) bool { return sameNode(o.not, n.not) }},
	{"json/unevaluated-changed", "unevaluated", []string{"unevaluatedProperties", "unevaluatedItems"}, "the schema of unevaluated parts", sameUnevaluated},
}

// same compares one value of two schemas.
func same[V comparable](of func(*node) V) func(o, n *node) bool {
	return func(o, n *node) bool { return of(o) == of(n) }
}

func sameNode(a, b *node) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.follow().class == b.follow().class
}

func sameNodes(a, b []*node) bool { return slices.EqualFunc(a, b, sameNode) }

func sameBound(a, b *bound) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.exclusive == b.exclusive && a.value.Cmp(b.value) == 0
}

func sameMultiple(o, n *node) bool {
	if o.multipleOf == nil || n.multipleOf == nil {
		return o.multipleOf == n.multipleOf
	}
	return o.multipleOf.Cmp(n.multipleOf) == 0
}

func sameEnums(o, n *node) bool {
	return slices.EqualFunc(o.enums, n.enums, func(a, b *valueSet) bool { return a.sign == b.sign })
}

func sameFormats(o, n *node) bool {
	return slices.EqualFunc(o.formats, n.formats, func(a, b *format) bool { return a.name == b.name })
}

func sameContains(o, n *node) bool {
	return sameNode(o.contains, n.contains) && (o.contains == nil || o.atLeast() == n.atLeast() && o.maxContains == n.maxContains)
}

func sameUnevaluated(o, n *node) bool {
	return sameNodes(desugared(o.allOf), desugared(n.allOf)) ||
		short(rawValues(o, []string{"unevaluatedProperties"})) == short(rawValues(n, []string{"unevaluatedProperties"})) &&
			short(rawValues(o, []string{"unevaluatedItems"})) == short(rawValues(n, []string{"unevaluatedItems"}))
}
