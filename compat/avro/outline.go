package avro

import (
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/schema"
)

// Fields lists the fields of the records that p describes. Where a union holds
// several records, a field that more than one of them has is listed once, as the
// first declares it. A field is required when every record has it and none of
// them lets it be null; the elements of a list and the values of a map never are.
//
// Attributes that the specification does not know annotate a field, beside its
// name or inside of its type. An element that only holds other fields is not
// listed itself: items[].sku is, items[] is not, unless items[] can be something
// else or is annotated.
func (e *Engine) Fields(p compat.Parsed) []schema.Field {
	own, ok := p.(*parsed)
	if !ok {
		return nil
	}
	root := spotOf(schema.Field{}, []use{own.root})
	root.Hidden = true
	return schema.Outline(root)
}

// spotOf describes a field, or what a list or a map holds, by the schemas that
// its values follow.
func spotOf(described schema.Field, types []use) *schema.Spot {
	s := &schema.Spot{Field: described}
	branches := alternativesOf(types)
	s.Field.Type = typeText(branches)
	for _, t := range types {
		annotate(&s.Field, t.site)
	}
	for _, b := range branches {
		annotate(&s.Field, b.at)
		if b.logical != "" {
			setAnnotation(&s.Field, "format", b.logical)
		}
		if b.kind == recordKind || b.kind == arrayKind || b.kind == mapKind {
			s.Holders = append(s.Holders, b)
		}
	}
	if len(s.Holders) > 0 {
		s.Below = func() []*schema.Spot { return spotsBelow(described.Path, branches) }
	}
	return s
}

// alternativesOf lists the schemas that a value may follow, each once.
func alternativesOf(types []use) []*node {
	var all []*node
	add := func(n *node) {
		if !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	for _, t := range types {
		if t.kind != unionKind {
			add(t.node)
		}
		for _, b := range t.branches {
			add(b.node)
		}
	}
	return all
}

// typeText is the names of the schemas, such as string|null, null last.
func typeText(branches []*node) string {
	var names []string
	nullable := false
	for _, b := range branches {
		switch name := b.short(); {
		case b.kind == nullKind:
			nullable = true
		case !slices.Contains(names, name):
			names = append(names, name)
		}
	}
	if nullable {
		names = append(names, string(nullKind))
	}
	return strings.Join(names, "|")
}

// annotate takes over what the object at a place says about a field, where
// nothing is said yet.
func annotate(f *schema.Field, at place) {
	value := at.file.doc.Value()
	for _, token := range document.Split(at.pointer) {
		value, _ = memberOf(value, token)
	}
	object, _ := value.(map[string]any)
	for name, value := range object {
		switch text, isText := value.(string); {
		case name == "doc":
			if isText && f.Description == "" {
				f.Description = text
			}
		case !specified(name):
			setAnnotation(f, name, value)
		}
	}
}

func setAnnotation(f *schema.Field, name string, value any) {
	if f.Annotations == nil {
		f.Annotations = map[string]any{}
	}
	if _, said := f.Annotations[name]; !said {
		f.Annotations[name] = value
	}
}

// specified reports whether the specification gives an attribute of schemas or
// fields a meaning.
func specified(attribute string) bool {
	switch attribute {
	case "aliases", "default", "doc", "fields", "items", "logicalType", "name", "namespace", "order",
		"precision", "scale", "size", "symbols", "type", "values":
		return true
	}
	return false
}

// spotsBelow lists the places directly below the one at path: the fields of records,
// then the values of maps, then the elements of arrays.
func spotsBelow(path string, branches []*node) []*schema.Spot {
	var records []*node
	var values, elements []use
	for _, b := range branches {
		switch b.kind {
		case recordKind:
			records = append(records, b)
		case mapKind:
			values = append(values, b.items)
		case arrayKind:
			elements = append(elements, b.items)
		}
	}
	spots := fieldSpots(path, records)
	spots = appendContents(spots, schema.ValuePath(path), values)
	return appendContents(spots, schema.ElementPath(path), elements)
}

// fieldSpots lists the fields of alternative records.
func fieldSpots(path string, records []*node) []*schema.Spot {
	var spots []*schema.Spot
	for i, r := range records {
		for _, f := range r.fields {
			if !slices.ContainsFunc(records[:i], func(earlier *node) bool { return earlier.byName[f.name] != nil }) {
				spots = append(spots, fieldSpot(path, records[i:], f.name, i == 0))
			}
		}
	}
	return spots
}

// fieldSpot describes a field by the records that have it, the first of them
// first. required says that it may be.
func fieldSpot(path string, records []*node, name string, required bool) *schema.Spot {
	first := records[0].byName[name]
	described := placed(schema.MemberPath(path, name), first.at)
	types := make([]use, 0, len(records))
	for _, r := range records {
		f := r.byName[name]
		if f == nil {
			required = false
			continue
		}
		required = required && !f.typ.nullable()
		annotate(&described, f.at)
		types = append(types, f.typ)
	}
	described.Required = required
	return spotOf(described, types)
}

// nullable reports whether a value may be null.
func (n *node) nullable() bool {
	return n.kind == nullKind || slices.ContainsFunc(n.branches, func(b use) bool { return b.kind == nullKind })
}

// appendContents adds the place of all values of a map or all elements of an array.
func appendContents(spots []*schema.Spot, path string, types []use) []*schema.Spot {
	if len(types) == 0 {
		return spots
	}
	s := spotOf(placed(path, types[0].site), types)
	others := slices.ContainsFunc(alternativesOf(types), func(b *node) bool { return b.kind != nullKind && !slices.Contains(s.Holders, any(b)) })
	s.Hidden = s.Below != nil && !others && len(s.Field.Annotations) == 0
	return append(spots, s)
}

// placed is a field at a path that is written at a place.
func placed(path string, at place) schema.Field {
	f := schema.Field{Path: path, Pointer: at.pointer}
	if at.file.outer {
		f.File = at.file.name
	}
	return f
}
