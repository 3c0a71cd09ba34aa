package protobuf

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/schema"
)

// Fields lists the fields of p's events: the messages at the top of the file that
// no other message of it uses. Where there are several, each path begins with the
// message's name. Custom options annotate a field; the comment right before
// it, or behind it, describes it.
//
// A repeated field stands for its elements too, and a map for its values, since
// nothing can be said about them elsewhere. The messages that come with Protobuf,
// such as Timestamp, are values like any other.
func (e *Engine) Fields(p compat.Parsed) []schema.Field {
	own, ok := p.(*parsed)
	if !ok {
		return nil
	}
	o := &outliner{root: own.root, sources: map[string]*source{}, comments: map[*source]map[string]string{}}
	for _, f := range own.files {
		o.sources[f.linked.Path()] = f
	}
	events := eventsOf(own.descriptor())
	if len(events) == 1 {
		return schema.Outline(o.spot(schema.Field{}, events[0]))
	}
	top := &schema.Spot{Hidden: true, Holders: []any{own.descriptor()}, Below: func() []*schema.Spot {
		spots := make([]*schema.Spot, len(events))
		for i, m := range events {
			spots[i] = o.spot(schema.Field{Path: string(m.Name())}, m)
		}
		return spots
	}}
	return schema.Outline(top)
}

// eventsOf lists the messages at the top of a file that no other one uses, and no
// extension, such as an option. Of messages that only use each other it takes the
// first.
func eventsOf(f protoreflect.FileDescriptor) []protoreflect.MessageDescriptor {
	var events []protoreflect.MessageDescriptor
	used := map[protoreflect.MessageDescriptor]bool{} // at the top, by another one
	all := make([]protoreflect.MessageDescriptor, f.Messages().Len())
	for i := range all {
		all[i] = f.Messages().Get(i)
		uses(all[i], func(m protoreflect.MessageDescriptor) {
			used[m] = used[m] || m != all[i]
		})
	}
	reached := map[protoreflect.MessageDescriptor]bool{}
	var reach func(m protoreflect.MessageDescriptor)
	reach = func(m protoreflect.MessageDescriptor) {
		if !reached[m] {
			reached[m] = true
			uses(m, reach)
		}
	}
	for i := range f.Extensions().Len() {
		if m := f.Extensions().Get(i).Message(); m != nil {
			used[m] = true
			reach(m)
		}
	}
	for _, m := range all {
		if !used[m] {
			events = append(events, m)
			reach(m)
		}
	}
	for _, m := range all {
		if !reached[m] {
			events = append(events, m)
			reach(m)
		}
	}
	slices.SortFunc(events, func(a, b protoreflect.MessageDescriptor) int { return a.Index() - b.Index() })
	return events
}

// uses calls found with the messages of the file that the fields of m, and of the
// messages inside of it, are of.
func uses(m protoreflect.MessageDescriptor, found func(protoreflect.MessageDescriptor)) {
	for i := range m.Fields().Len() {
		if used := m.Fields().Get(i).Message(); used != nil && used.ParentFile() == m.ParentFile() {
			found(used)
		}
	}
	for i := range m.Messages().Len() {
		uses(m.Messages().Get(i), found)
	}
}

// outliner lists the fields of one file and those it imports.
type outliner struct {
	root     *source
	sources  map[string]*source // the imports, by the path of their descriptors
	comments map[*source]map[string]string
}

// spot is the place of a message: of an event when the field has no pointer.
func (o *outliner) spot(f schema.Field, m protoreflect.MessageDescriptor) *schema.Spot {
	return &schema.Spot{Field: f, Hidden: f.Pointer == "", Holders: []any{m}, Below: func() []*schema.Spot {
		spots := make([]*schema.Spot, m.Fields().Len())
		for i := range spots {
			spots[i] = o.field(f.Path, m.Fields().Get(i))
		}
		return spots
	}}
}

// field is the place of a field in the message at path.
func (o *outliner) field(path string, f protoreflect.FieldDescriptor) *schema.Spot {
	at := o.sourceOf(f)
	described := schema.Field{
		Path: schema.MemberPath(path, string(f.Name())), Type: typeText(f), Required: f.Cardinality() == protoreflect.Required,
		Annotations: annotations(f), Pointer: messagePointer(local(f.ContainingMessage())) + "/fields/" + number(f.Number()),
	}
	if at != o.root {
		described.File = at.shown
	}
	described.Description = o.commentsOf(at)[described.Pointer]
	held := f.Message()
	inner := described
	switch {
	case f.IsMap():
		held, inner.Path = f.MapValue().Message(), schema.ValuePath(described.Path)
	case f.IsList():
		inner.Path = schema.ElementPath(described.Path)
	}
	if held == nil || strings.HasPrefix(string(held.FullName()), "google.protobuf.") {
		return &schema.Spot{Field: described}
	}
	s := o.spot(inner, held)
	s.Field = described
	return s
}

// sourceOf is the file that holds a field.
func (o *outliner) sourceOf(f protoreflect.FieldDescriptor) *source {
	if imported := o.sources[f.ParentFile().Path()]; imported != nil {
		return imported
	}
	return o.root
}

// typeText is a field's type as its declaration names it, messages and enums by
// their full names.
func typeText(f protoreflect.FieldDescriptor) string {
	if f.IsList() {
		return "repeated " + typeName(f)
	}
	return typeName(f)
}
