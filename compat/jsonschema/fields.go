package jsonschema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/compat"
)

// fields compares the properties of two object schemas by name.
func (d *differ) fields(o, n *node) {
	renamed := renamedFields(o, n)
	carried := map[string]bool{} // old names that live on under a new one
	for _, from := range renamed {
		carried[from] = true
	}
	for _, name := range n.names {
		old := declaredIn(o, name)
		switch {
		case old != nil:
			d.pair(old, n.properties[name])
		case renamed[name] != "":
			d.renamed(o, n, renamed[name], name)
		default:
			d.fieldAdded(o, n, name)
		}
	}
	for _, name := range o.names {
		_, kept := n.properties[name]
		if kept || carried[name] || o.properties[name].follow().never {
			continue
		}
		if moved := declaredIn(n, name); moved != nil {
			d.pair(o.properties[name], moved)
		} else {
			d.fieldRemoved(o, n, name)
		}
	}
	d.patternFields(o, n)
	d.requirements(o, n)
}

// declaredIn finds the schema of a field that n declares, itself or by allOf and
// references: a field that moved there is neither new nor gone.
func declaredIn(n *node, name string) *node {
	for _, part := range n.conjuncts() {
		if sub, ok := part.properties[name]; ok {
			return sub
		}
	}
	return nil
}

// demands reports whether n requires a field, itself or by allOf and references.
func (n *node) demands(name string) bool {
	return slices.ContainsFunc(n.conjuncts(), func(part *node) bool { return slices.Contains(part.required, name) })
}

// conjuncts lists n and all that it refers to by allOf and references, each once.
func (n *node) conjuncts() []*node {
	all := []*node{n.follow()}
	for i := 0; i < len(all); i++ {
		for _, sub := range written(all[i].allOf) {
			if sub = sub.follow(); !slices.Contains(all, sub) {
				all = append(all, sub)
			}
		}
	}
	return all
}

func (d *differ) fieldAdded(o, n *node, name string) {
	sub := n.properties[name]
	_, hasDefault := defaultOf(sub)
	required := slices.Contains(n.required, name)
	words := []string{"optional"}
	if required {
		words[0] = "required"
	}
	if !hasDefault {
		words = append(words, "without a default")
	}
	d.add(o, n, difference{
		rule: "json/field-added", kind: compat.FieldAdded, keyword: "properties", name: name,
		path: []string{"properties", name}, oldPath: []string{"properties"}, after: rawOrNil(sub),
		message: fmt.Sprintf("field %q was added (%s)", name, strings.Join(words, ", ")),
	})
	c := &d.changes[len(d.changes)-1]
	c.Field = &compat.Field{Name: name, Required: required, Default: hasDefault, Open: isOpen(o, name)}
	c.forward = []focus{{o.owner(), "additionalProperties", name}}
	if required && !slices.Contains(o.required, name) {
		c.backward = append(c.backward, focus{n, "required", name})
	}
}

func (d *differ) fieldRemoved(o, n *node, name string) {
	sub := o.properties[name]
	_, hasDefault := defaultOf(sub)
	required := slices.Contains(o.required, name)
	d.add(o, n, difference{
		rule: "json/field-removed", kind: compat.FieldRemoved, keyword: "additionalProperties", name: name,
		path: []string{"properties"}, oldPath: []string{"properties", name}, before: rawOrNil(sub),
		message: fmt.Sprintf("field %q was removed", name),
	})
	c := &d.changes[len(d.changes)-1]
	c.Pointer = o.at("properties", name)
	c.Field = &compat.Field{Name: name, Required: required, Default: hasDefault, Open: isOpen(n, name)}
	c.forward = []focus{{o, "properties", name}}
	if required && !slices.Contains(n.required, name) {
		c.forward = append(c.forward, focus{o, "required", name})
	}
}

func (d *differ) renamed(o, n *node, from, to string) {
	d.add(o, n, difference{
		rule: "json/field-renamed", kind: compat.Renamed, keyword: "properties", name: to,
		path: []string{"properties", to}, oldPath: []string{"properties", from}, before: from, after: to,
		message: fmt.Sprintf("field %q was renamed to %q", from, to),
	})
	c := &d.changes[len(d.changes)-1]
	c.backward = append(c.backward, focus{n, "additionalProperties", from})
	c.forward = []focus{{o, "properties", from}, {o, "additionalProperties", to}}
	if slices.Contains(n.required, to) {
		c.backward = append(c.backward, focus{n, "required", to})
	}
	if slices.Contains(o.required, from) {
		c.forward = append(c.forward, focus{o, "required", from})
	}
}

// renamedFields maps new names to the old ones that they replace: the schema is
// the same, and so is the name but for case and separators.
func renamedFields(o, n *node) map[string]string {
	gone := map[string]string{} // old names that are gone, by their plain form
	for _, from := range o.names {
		if declaredIn(n, from) == nil {
			gone[plainName(from)] = from
		}
	}
	renamed := map[string]string{}
	for _, to := range n.names {
		from, ok := gone[plainName(to)]
		if ok && declaredIn(o, to) == nil && sameNode(o.properties[from], n.properties[to]) {
			renamed[to] = from
		}
	}
	return renamed
}

func plainName(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(name))
}

// patternFields compares patternProperties by pattern.
func (d *differ) patternFields(o, n *node) {
	find := func(list []patternNode, source string) *node {
		for _, p := range list {
			if p.pattern.source == source {
				return p.node
			}
		}
		return nil
	}
	sources := map[string]bool{}
	for _, p := range slices.Concat(o.patterns, n.patterns) {
		sources[p.pattern.source] = true
	}
	for _, source := range sortedKeys(sources) {
		old, next := find(o.patterns, source), find(n.patterns, source)
		if old != nil && next != nil {
			d.pair(old, next)
			continue
		}
		d.add(o, n, difference{
			rule: "json/pattern-properties-changed", kind: compat.ValuesNarrowed, keyword: "patternProperties", name: source,
			path: []string{"patternProperties", source}, before: rawOrNil(old), after: rawOrNil(next),
			message: changed(fmt.Sprintf("the schema of fields that match %s", quoted(source)), rawOrNil(old), rawOrNil(next)),
		})
		c := &d.changes[len(d.changes)-1]
		if next == nil {
			c.backward = []focus{{n, "additionalProperties", ""}}
		}
		if old == nil {
			c.forward = []focus{{o, "additionalProperties", ""}}
		}
	}
}

// requirements compares required for the fields that both versions have, or
// that neither declares.
func (d *differ) requirements(o, n *node) {
	for _, name := range n.required {
		if _, declared := n.properties[name]; o.demands(name) || declared && declaredIn(o, name) == nil {
			continue
		}
		d.add(o, n, difference{
			rule: "json/made-required", kind: compat.MadeRequired, keyword: "required", name: name,
			path: requiredPath(n, name), oldPath: []string{"required"}, after: name,
			message: fmt.Sprintf("field %q became required", name),
		})
		d.changes[len(d.changes)-1].Pointer = n.at("required", name)
	}
	for _, name := range o.required {
		if _, declared := o.properties[name]; n.demands(name) || declared && declaredIn(n, name) == nil {
			continue
		}
		d.add(o, n, difference{
			rule: "json/made-optional", kind: compat.MadeOptional, keyword: "required", name: name,
			path: []string{"required"}, oldPath: requiredPath(o, name), before: name,
			message: fmt.Sprintf("field %q became optional", name),
		})
		d.changes[len(d.changes)-1].Pointer = n.at("required", name)
	}
}

// requiredPath is where a name stands in the list of required names.
func requiredPath(n *node, name string) []string {
	list, _ := n.raw["required"].([]any)
	return []string{"required", strconv.Itoa(slices.Index(list, any(name)))}
}

// defaults reports a default that is gone. Defaults decide nothing, so equal
// schemas may differ in them.
func (d *differ) defaults(old, next *node) {
	before, had := defaultOf(old)
	_, has := defaultOf(next)
	if !had || has {
		return
	}
	d.add(old, next, difference{
		rule: "json/default-removed", kind: compat.DefaultRemoved, keyword: "default", path: []string{"default"},
		before: before, message: fmt.Sprintf("default %s was removed", short(before)),
	})
}

// defaultOf finds a schema's default, also behind a reference.
func defaultOf(n *node) (any, bool) {
	for ; n != nil; n = n.alias {
		if v, ok := n.raw["default"]; ok {
			return v, true
		}
	}
	return nil, false
}

// isOpen reports whether an object schema admits the field without saying
// anything about it, in any of the schemas that apply to it.
func isOpen(n *node, name string) bool { return admits(n.owner(), name, map[*node]bool{}) }

func admits(n *node, name string, seen map[*node]bool) bool {
	n = n.follow()
	if seen[n] {
		return true
	}
	seen[n] = true
	applied, sure := n.property(name)
	for _, sub := range applied {
		if !sub.follow().always() {
			return false
		}
	}
	if !sure || n.never || n.propNames != nil || n.not != nil || len(desugared(n.allOf)) > 0 {
		return false
	}
	return !slices.ContainsFunc(n.inPlace(), func(sub *node) bool { return !admits(sub, name, seen) })
}
