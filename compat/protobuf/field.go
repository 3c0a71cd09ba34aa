package protobuf

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// fieldPair is two versions of a field: one number in two versions of a message.
type fieldPair struct {
	message  messagePair
	old, new protoreflect.FieldDescriptor
	pointer  string
}

// field compares two versions of a field.
func (d *differ) field(m messagePair, old, fresh protoreflect.FieldDescriptor) {
	p := fieldPair{message: m, old: old, new: fresh, pointer: m.field(fresh.Number())}
	d.fieldName(p)
	d.presence(p)
	moved := d.fieldOneof(p)
	d.cardinality(p, moved)
	d.fieldType(p)
	d.fieldDefault(p)
	d.fieldOptions(p)
}

// note adds a change of the field. The changes of a field are told apart by rule
// and by the values before and after.
func (d *differ) note(p fieldPair, x difference, detail string) *change {
	x.pointer = p.pointer
	if detail != "" {
		x.oldAt, x.newAt = p.pointer+"/"+detail, p.pointer+"/"+detail
	}
	return d.add(p.message.located(x))
}

func (p fieldPair) title() string {
	if p.new.IsExtension() {
		return fmt.Sprintf("extension %s (%d)", local(p.new), p.new.Number())
	}
	return fmt.Sprintf("field %s (%d) of %s", p.new.Name(), p.new.Number(), local(p.message.new))
}

// fieldName compares what JSON knows the field by. The name given by json_name
// matters only where the field kept its own: a renamed field is one change.
func (d *differ) fieldName(p fieldPair) {
	probes := func() []probe {
		return []probe{{pair: p.message, fields: []protoreflect.FieldNumber{p.new.Number()}, form: asJSON}}
	}
	switch {
	case p.old.Name() != p.new.Name():
		d.note(p, difference{
			rule: "proto/field-renamed", before: string(p.old.Name()), after: string(p.new.Name()), breaks: wireJSON, probes: probes(),
			message: fmt.Sprintf("field %d of %s was renamed from %s to %s", p.new.Number(), local(p.message.new), p.old.Name(), p.new.Name()),
		}, "name")
	case p.old.JSONName() != p.new.JSONName():
		d.note(p, difference{
			rule: "proto/json-name-changed", before: p.old.JSONName(), after: p.new.JSONName(), breaks: wireJSON, probes: probes(),
			message: fmt.Sprintf("the JSON name of %s changed from %q to %q", p.title(), p.old.JSONName(), p.new.JSONName()),
		}, "json_name")
	}
}

// presence compares whether the field is required.
func (d *differ) presence(p fieldPair) {
	old, fresh := p.old.Cardinality() == protoreflect.Required, p.new.Cardinality() == protoreflect.Required
	if old == fresh {
		return
	}
	x := difference{rule: "proto/made-required", before: labelOf(p.old), after: labelOf(p.new), breaks: wire, probes: []probe{{pair: p.message}}}
	x.message = p.title() + " became required"
	if old {
		x.rule, x.message = "proto/made-optional", p.title()+" is no longer required"
	}
	d.note(p, x, "label")
}

// labelOf says how often a field may occur, in the words of the language.
func labelOf(f protoreflect.FieldDescriptor) string {
	switch {
	case f.IsMap():
		return "map"
	case f.Cardinality() == protoreflect.Repeated:
		return "repeated"
	case f.Cardinality() == protoreflect.Required:
		return "required"
	case realOneof(f) != nil:
		return "oneof"
	case f.HasPresence():
		return "optional"
	}
	return "implicit"
}

// cardinality compares how often the field may occur, required aside. Moving
// between oneofs changes presence by itself.
func (d *differ) cardinality(p fieldPair, moved bool) {
	switch {
	case many(p.old) != many(p.new):
		d.cardinalityChanged(p, "proto/cardinality-changed", wire)
	case p.old.IsMap() != p.new.IsMap():
		d.cardinalityChanged(p, "proto/cardinality-changed", wireJSON)
	case !many(p.new) && !moved && presenceChanged(p.old, p.new):
		d.cardinalityChanged(p, "proto/presence-changed", file)
	}
}

// presenceChanged reports whether one version alone knows a field that was not
// written from one that holds its default. Within one syntax the keyword decides.
func presenceChanged(old, fresh protoreflect.FieldDescriptor) bool {
	before, after := old.ParentFile().Syntax(), fresh.ParentFile().Syntax()
	if before == after && after != protoreflect.Editions && old.HasOptionalKeyword() == fresh.HasOptionalKeyword() {
		return false
	}
	return old.Cardinality() != protoreflect.Required && fresh.Cardinality() != protoreflect.Required && old.HasPresence() != fresh.HasPresence()
}

func (d *differ) cardinalityChanged(p fieldPair, rule string, from category) {
	before, after := labelOf(p.old), labelOf(p.new)
	x := difference{
		rule: rule, before: before, after: after, breaks: from,
		message: fmt.Sprintf("%s changed from %s to %s", p.title(), cardinalityWords(before), cardinalityWords(after)),
	}
	if from != file {
		x.probes = []probe{{pair: p.message, fields: []protoreflect.FieldNumber{p.new.Number()}}}
	}
	d.note(p, x, "label")
}

func many(f protoreflect.FieldDescriptor) bool { return f.Cardinality() == protoreflect.Repeated }

func cardinalityWords(label string) string {
	switch label {
	case "implicit":
		return "singular without presence"
	case "optional", "oneof":
		return "singular with presence"
	}
	return label
}

// fieldType compares what the field holds. The keys and values of a map are
// compared as fields are, on the map field's own account.
//
// So are those of a map and a list of entries that take each other's place. On
// the wire a map is such a list, with the same bytes, so WIRE lets it pass in
// both directions. A list may hold a key twice, of which a map keeps the last;
// its authors are taken to mean a map, as those of a file are that had to do
// without. In JSON the two differ, which cardinality reports.
func (d *differ) fieldType(p fieldPair) {
	if !p.old.IsMap() && !p.new.IsMap() {
		d.valueType(p, "", p.old, p.new)
		return
	}
	old, ok := entryOf(p.old)
	fresh, alike := entryOf(p.new)
	if !ok || !alike {
		d.typeChanged(p, "", typeName(p.old), typeName(p.new), both(wire))
		return
	}
	d.valueType(p, "the keys of ", old.key, fresh.key)
	d.valueType(p, "the values of ", old.value, fresh.value)
}

func (d *differ) valueType(p fieldPair, part string, old, fresh protoreflect.FieldDescriptor) {
	if old.Kind() != fresh.Kind() {
		from := kindChange(old.Kind(), fresh.Kind())
		d.typeChanged(p, part, typeName(old), typeName(fresh), from)
		if from.backward > wire && from.forward > wire {
			d.changes[len(d.changes)-1].Message += "; on the wire one is read for the other, but a value out of its range is misread"
		}
		return
	}
	switch {
	case old.Message() != nil && old.Message() != fresh.Message():
		if !d.sameType(old.Message(), fresh.Message()) {
			d.typeChanged(p, part, typeName(old), typeName(fresh), both(wire))
			return
		}
		d.imported(old.Message(), fresh.Message())
	case old.Enum() != nil && old.Enum() != fresh.Enum():
		if !d.sameType(old.Enum(), fresh.Enum()) {
			d.typeChanged(p, part, typeName(old), typeName(fresh), enumChange(old.Enum(), fresh.Enum()))
			return
		}
		d.imported(old.Enum(), fresh.Enum())
	}
}

func (d *differ) typeChanged(p fieldPair, part, before, after string, from breaks) {
	c := d.note(p, difference{
		rule: "proto/type-changed", before: before, after: after,
		message: fmt.Sprintf("the type of %s%s changed from %s to %s", part, p.title(), before, after),
		probes:  []probe{{pair: p.message, fields: []protoreflect.FieldNumber{p.new.Number()}}},
	}, "type")
	c.backward, c.forward = from.backward, from.forward
	if p.new.IsExtension() {
		c.probes = nil // a reader that does not know the extension keeps its bytes
	}
}

// fieldDefault compares what a reader sees where the field was not written. A
// default exists in proto2 and in editions.
func (d *differ) fieldDefault(p fieldPair) {
	if !p.old.HasDefault() && !p.new.HasDefault() || p.old.Kind() != p.new.Kind() || many(p.old) || many(p.new) {
		return
	}
	before, after := defaultText(p.old), defaultText(p.new)
	if before == after {
		return
	}
	x := difference{
		rule: "proto/default-changed", before: before, after: after, breaks: wire,
		message: fmt.Sprintf("the default of %s changed from %s to %s", p.title(), before, after),
		probes:  []probe{{pair: p.message, unset: []protoreflect.FieldNumber{p.new.Number()}}},
	}
	if !p.new.HasDefault() {
		x.rule = "proto/default-removed"
		x.message = fmt.Sprintf("the default %s of %s was removed, so that readers see %s", before, p.title(), after)
	}
	d.note(p, x, "default")
}

func defaultText(f protoreflect.FieldDescriptor) string {
	if f.Kind() == protoreflect.EnumKind {
		if v := f.DefaultEnumValue(); v != nil {
			return string(v.Name())
		}
	}
	return scalarText(f, f.Default())
}

// fieldOptions compares the options that change generated code.
func (d *differ) fieldOptions(p fieldPair) {
	old, _ := p.old.Options().(*descriptorpb.FieldOptions)
	fresh, _ := p.new.Options().(*descriptorpb.FieldOptions)
	if old.GetCtype() != fresh.GetCtype() {
		d.fieldOption(p, "ctype", old.GetCtype().String(), fresh.GetCtype().String())
	}
	if old.GetJstype() != fresh.GetJstype() {
		d.fieldOption(p, "jstype", old.GetJstype().String(), fresh.GetJstype().String())
	}
	syntax := p.new.ParentFile().Syntax()
	if p.old.Kind() != protoreflect.StringKind || p.new.Kind() != protoreflect.StringKind || p.old.ParentFile().Syntax() == syntax && syntax != protoreflect.Editions {
		return
	}
	const verify = descriptorpb.FeatureSet_VERIFY
	if before, after := feature(p.old, utf8Validation, verify), feature(p.new, utf8Validation, verify); before != after {
		d.fieldOption(p, "utf8_validation", validation(before), validation(after))
	}
}

func validation(on bool) string {
	if on {
		return "VERIFY"
	}
	return "NONE"
}

func (d *differ) fieldOption(p fieldPair, name, before, after string) {
	d.note(p, difference{
		rule: "proto/field-option-changed", before: name + " = " + before, after: name + " = " + after, breaks: file,
		message: fmt.Sprintf("option %s of %s changed from %s to %s", name, p.title(), before, after),
	}, "")
}

// fieldText is a field as the language writes it, without its options.
func fieldText(f protoreflect.FieldDescriptor) string {
	label := ""
	switch l := labelOf(f); l {
	case "repeated", "required", "optional":
		label = l + " "
	}
	return fmt.Sprintf("%s%s %s = %d", label, typeName(f), f.Name(), f.Number())
}

// typeName is the type of a field as the language writes it, types by their full
// name.
func typeName(f protoreflect.FieldDescriptor) string {
	switch {
	case f.IsMap():
		return fmt.Sprintf("map<%s, %s>", typeName(f.MapKey()), typeName(f.MapValue()))
	case f.Message() != nil:
		return string(f.Message().FullName())
	case f.Enum() != nil:
		return string(f.Enum().FullName())
	}
	return f.Kind().String()
}
