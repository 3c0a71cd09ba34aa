package jsonschema

import (
	"slices"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/schema"
)

// Fields lists the places in the documents that p describes. What several
// schemas in place say about one place is put together: the first to describe or
// annotate it has the word. A field is required when every document must have
// it, whichever of the alternatives it follows; the elements of a list and the
// values of a map never are.
//
// An element that only holds other fields is not listed itself: items[].sku is,
// items[] is not, unless items[] can be something else or is annotated.
func (e *Engine) Fields(p compat.Parsed) []schema.Field {
	own, ok := p.(*parsed)
	if !ok {
		return nil
	}
	root := spotOf("", []layer{{own.graph, true}}, false)
	root.Hidden = true
	return schema.Outline(root)
}

// layer is one of the schemas that describe a place.
type layer struct {
	node *node
	sure bool // it always applies, and not as one of several alternatives
}

// spotOf describes the place that the layers are written for. The first of them
// is where it is shown.
func spotOf(path string, written []layer, required bool) *schema.Spot {
	first := written[0].node
	types := typesOfLayers(written)
	s := &schema.Spot{Field: schema.Field{Path: path, Type: types.String(), Required: required, Pointer: first.pointer}}
	if first.file.outer {
		s.Field.File = first.file.name
	}
	var holders []layer
	for _, p := range inPlaceLayers(written) {
		annotate(&s.Field, p.node.raw)
		if p.node.holds() {
			holders = append(holders, p)
			s.Holders = append(s.Holders, p.node)
		}
	}
	if len(holders) > 0 {
		s.Below = func() []*schema.Spot { return spotsBelow(path, written, holders) }
	}
	return s
}

// annotate takes over what a schema says about a field, where nothing is said yet.
func annotate(f *schema.Field, raw map[string]any) {
	for keyword, value := range raw {
		if keyword == "description" {
			if text, ok := value.(string); ok && f.Description == "" {
				f.Description = text
			}
			continue
		}
		if _, said := f.Annotations[keyword]; said || keyword != "format" && inSomeDraft(keyword) {
			continue
		}
		if f.Annotations == nil {
			f.Annotations = map[string]any{}
		}
		f.Annotations[keyword] = value
	}
}

// inSomeDraft reports whether any draft has a keyword: one that an earlier or a
// later draft has is a mistake, and no annotation of somebody's own.
func inSomeDraft(name string) bool {
	if shapes()[draft2020][name] != anything {
		return true
	}
	switch name {
	case "title", "default", "examples", "$comment", "readOnly", "writeOnly", "deprecated", "contentSchema",
		"$schema", "$vocabulary", "const", "id", "$recursiveRef", "$recursiveAnchor", "additionalItems":
		return true
	}
	return false
}

// inPlaceLayers lists the layers and all the schemas that these apply to the same
// place, each once.
func inPlaceLayers(written []layer) []layer {
	if !slices.ContainsFunc(written, func(p layer) bool { return p.node.applies() }) {
		return written
	}
	var all []layer
	seen := map[*node]bool{}
	var add func(n *node, sure bool)
	addAll := func(list []*node, sure bool) {
		for _, sub := range list {
			add(sub, sure)
		}
	}
	add = func(n *node, sure bool) {
		if n == nil || seen[n] || n.made || n.never {
			return
		}
		seen[n] = true
		all = append(all, layer{n, sure})
		add(n.alias, sure)
		if n.alias != nil {
			return
		}
		addAll(n.allOf, sure)
		addAll(n.anyOf, sure && len(n.anyOf) == 1)
		addAll(n.oneOf, sure && len(n.oneOf) == 1)
		addAll([]*node{n.then, n.orElse}, false)
		for _, d := range n.implies {
			add(d.node, false)
		}
	}
	for _, p := range written {
		add(p.node, p.sure)
	}
	return all
}

// applies reports whether n applies other schemas to the same value, so that they
// describe it too.
func (n *node) applies() bool {
	return n.alias != nil || len(n.allOf)+len(n.anyOf)+len(n.oneOf)+len(n.implies) > 0 || n.ifNode != nil
}

// holds reports whether n describes parts of the value.
func (n *node) holds() bool {
	return len(n.names) > 0 || len(n.patterns) > 0 || len(n.prefix) > 0 || n.additional.describes() || n.items.describes()
}

// describes reports whether n says anything about values that it accepts.
func (n *node) describes() bool { return n != nil && !n.never && len(n.raw) > 0 }

// spotsBelow lists the places directly below the one at path: members as the texts
// order them, then the values of a map, then the elements of a list.
func spotsBelow(path string, written, holders []layer) []*schema.Spot {
	var names []string
	members := map[string][]layer{}
	var values, elements []layer
	for _, h := range holders {
		for _, name := range h.node.namesInText() {
			if sub := h.node.properties[name]; !sub.follow().never {
				if len(members[name]) == 0 {
					names = append(names, name)
				}
				members[name] = append(members[name], layer{sub, h.sure})
			}
		}
		for _, p := range h.node.patterns {
			values = append(values, layer{p.node, h.sure && len(h.node.patterns) == 1 && !h.node.additional.describes()})
		}
		values = append(values, layer{h.node.additional, h.sure && len(h.node.patterns) == 0})
		for _, sub := range h.node.prefix {
			elements = append(elements, layer{sub, h.sure && len(h.node.prefix) == 1 && !h.node.items.describes()})
		}
		elements = append(elements, layer{h.node.items, h.sure && len(h.node.prefix) == 0})
	}
	spots := make([]*schema.Spot, 0, len(names)+2)
	for _, name := range names {
		spots = append(spots, spotOf(schema.MemberPath(path, name), members[name], requires(written, name)))
	}
	spots = appendContents(spots, schema.ValuePath(path), values)
	return appendContents(spots, schema.ElementPath(path), elements)
}

// appendContents adds the place of all values of a map or all elements of a list.
func appendContents(spots []*schema.Spot, path string, contents []layer) []*schema.Spot {
	contents = slices.DeleteFunc(contents, func(p layer) bool { return !p.node.describes() })
	if len(contents) == 0 {
		return spots
	}
	s := spotOf(path, contents, false)
	scalar := slices.ContainsFunc(contents, func(l layer) bool { return !typesOfLayers([]layer{l}).container() })
	s.Hidden = s.Below != nil && !scalar && s.Field.Description == "" && len(s.Field.Annotations) == 0
	return append(spots, s)
}

// namesInText lists the declared properties as the author ordered them.
func (n *node) namesInText() []string {
	if len(n.names) < 2 {
		return n.names
	}
	ordered := slices.DeleteFunc(n.file.doc.Keys(document.Join(n.pointer, "properties")), func(name string) bool { return n.properties[name] == nil })
	if len(ordered) == len(n.names) {
		return ordered
	}
	return append(ordered, slices.DeleteFunc(slices.Clone(n.names), func(name string) bool { return slices.Contains(ordered, name) })...)
}

// requires reports whether the schemas of an object demand a member: one that
// always applies or, where none does, all the alternatives that admit objects.
// Beside one that always applies, an object may follow none of the alternatives.
func requires(written []layer, name string) bool {
	always := false
	var alternatives []*node
	for _, p := range written {
		switch {
		case !p.sure:
			alternatives = append(alternatives, p.node)
		case p.node.insists(name, nil):
			return true
		default:
			always = true
		}
	}
	return !always && allInsist(alternatives, name, nil)
}

// insists is demands that looks into alternatives too. known holds the answers
// so far; a schema that is asked about while it is being looked at says no.
func (n *node) insists(name string, known map[*node]bool) bool {
	n = n.follow()
	if slices.Contains(n.required, name) {
		return true
	}
	if !n.applies() {
		return false
	}
	if answer, ok := known[n]; ok {
		return answer
	}
	if known == nil {
		known = map[*node]bool{}
	}
	known[n] = false
	known[n] = slices.ContainsFunc(n.allOf, func(sub *node) bool { return sub.insists(name, known) }) ||
		allInsist(n.anyOf, name, known) || allInsist(n.oneOf, name, known) ||
		n.then != nil && n.orElse != nil && allInsist([]*node{n.then, n.orElse}, name, known)
	return known[n]
}

// allInsist reports whether every alternative that admits objects demands a member.
func allInsist(alternatives []*node, name string, known map[*node]bool) bool {
	demanded := false
	for _, sub := range alternatives {
		switch {
		case sub.insists(name, known):
			demanded = true
		case sub.mayBe()&objectKind != 0:
			return false
		}
	}
	return demanded
}
