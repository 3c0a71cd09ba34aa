package protobuf

import (
	"fmt"
	"strings"

	"github.com/bufbuild/protocompile/protoutil"
	"github.com/nexus-blueprint/nexus/compat"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// messagePair is two versions of a message.
type messagePair struct {
	old, new protoreflect.MessageDescriptor
	pointer  string
	at       where

	oldFields, newFields *lookup[protoreflect.FieldNumber, protoreflect.FieldDescriptor]
}

// message compares two versions of a message, with what is declared in it.
func (d *differ) message(old, fresh protoreflect.MessageDescriptor, at where) {
	p := messagePair{old: old, new: fresh, pointer: messagePointer(local(fresh)), at: at}
	d.fields(p)
	d.oneofs(p)
	d.messageReserved(p)
	d.ranges(p)
	d.jsonFormat(p.pointer, at, old, fresh, "message")
	if at != (where{}) {
		return // of an imported message only what its data look like counts
	}
	d.messages(old, fresh)
	d.enums(old, fresh)
	d.extensions(old, fresh)
}

// located adds the place of an imported file to what is said about a message.
func (p messagePair) located(x difference) difference {
	if x.oldAt == "" {
		x.oldAt = x.pointer
	}
	if x.newAt == "" {
		x.newAt = x.pointer
	}
	x.oldAt, x.newAt = p.at.old(x.oldAt), p.at.new(x.newAt)
	x.pointer = p.at.new(x.pointer)
	return x
}

// fields pairs fields by number, which is what the wire knows them by.
func (d *differ) fields(p messagePair) {
	old, fresh := p.old.Fields(), p.new.Fields()
	p.oldFields, p.newFields = byNumber(old), byNumber(fresh)
	names := byName(fresh)
	var out *reserved
	for i := range old.Len() {
		f := old.Get(i)
		if d.interrupted() {
			return
		}
		if n := p.newFields.find(i, f.Number()); n != nil {
			d.field(p, f, n)
			continue
		}
		if out == nil {
			out = reservedIn(fieldSpans(p.new.ReservedRanges()), p.new.ReservedNames())
		}
		d.fieldRemoved(p, f, names.find(i, f.Name()), out)
	}
	for i := range fresh.Len() {
		if f := fresh.Get(i); p.oldFields.find(i, f.Number()) == nil {
			d.fieldAdded(p, f)
		}
	}
}

func (p messagePair) field(n protoreflect.FieldNumber) string {
	return p.pointer + "/fields/" + number(n)
}

func (d *differ) fieldAdded(p messagePair, f protoreflect.FieldDescriptor) {
	x := difference{
		rule: "proto/field-added", pointer: p.field(f.Number()), oldAt: p.pointer, after: fieldText(f),
		message: fmt.Sprintf("field %s (%d) was added to %s", f.Name(), f.Number(), local(p.new)),
	}
	if f.Cardinality() == protoreflect.Required {
		x.breaks = wire
		x.message = fmt.Sprintf("required field %s (%d) was added to %s", f.Name(), f.Number(), local(p.new))
		x.probes = []probe{{pair: p}}
	}
	d.add(p.located(x)).Field = &compat.Field{
		Name: string(f.Name()), Required: f.Cardinality() == protoreflect.Required, Default: f.Cardinality() != protoreflect.Required, Open: true,
	}
}

// fieldRemoved reports a number that is gone; again is the field that took over
// its name, if any.
func (d *differ) fieldRemoved(p messagePair, f, again protoreflect.FieldDescriptor, out *reserved) {
	numbered, named := out.number(int64(f.Number())), out.names[f.Name()]
	x := difference{
		rule: "proto/field-removed", pointer: p.field(f.Number()), newAt: p.pointer, before: fieldText(f), breaks: removal(numbered, named),
		message: fmt.Sprintf("field %s (%d) was removed from %s%s", f.Name(), f.Number(), local(p.new), unreserved(numbered, named)),
	}
	if again != nil {
		x.message += fmt.Sprintf("; its name now stands for number %d", again.Number())
	}
	required := f.Cardinality() == protoreflect.Required
	if required {
		x.breaks = wire
		x.probes = []probe{{pair: p}}
	}
	d.add(p.located(x)).Field = &compat.Field{
		Name: string(f.Name()), Required: required, Default: !required, Open: true, Reserved: numbered && named,
	}
}

// removal is the category from which on a removal breaks: the wire needs its
// number out of use, JSON its name, and source code needs it to stay.
func removal(numbered, named bool) category {
	switch {
	case !numbered:
		return wire
	case !named:
		return wireJSON
	}
	return file
}

func unreserved(numbered, named bool) string {
	switch {
	case !numbered && !named:
		return " without reserving its number and its name"
	case !numbered:
		return " without reserving its number"
	case !named:
		return " without reserving its name"
	}
	return ""
}

// messageReserved reports numbers and names that are free to be used again.
func (d *differ) messageReserved(p messagePair) {
	if p.old.ReservedRanges().Len() == 0 && p.old.ReservedNames().Len() == 0 {
		return
	}
	out := reservedIn(fieldSpans(p.new.ReservedRanges()), p.new.ReservedNames())
	gone := goneRanges(p.old.ReservedRanges(), out.numbers)
	d.reserved(p.pointer, p.at, local(p.new), append(gone, goneNames(p.old.ReservedNames(), out)...))
}

func (d *differ) reserved(pointer string, at where, owner string, gone []string) {
	if len(gone) == 0 {
		return
	}
	list := strings.Join(gone, ", ")
	x := difference{
		rule: "proto/reserved-removed", pointer: pointer + "/reserved", before: list, breaks: wire,
		message: fmt.Sprintf("%s no longer reserves %s", owner, list),
	}
	d.add(messagePair{at: at}.located(x))
}

// goneRanges lists the ranges that the new ones no longer hold.
func goneRanges(old protoreflect.FieldRanges, fresh spans) []string {
	var gone []string
	for i := range old.Len() {
		if r := old.Get(i); !fresh.cover(span{int64(r[0]), int64(r[1])}) {
			gone = append(gone, fieldRange(r))
		}
	}
	return gone
}

func goneNames(old protoreflect.Names, fresh *reserved) []string {
	var gone []string
	for i := range old.Len() {
		if name := old.Get(i); !fresh.names[name] {
			gone = append(gone, fmt.Sprintf("%q", name))
		}
	}
	return gone
}

// fieldRange writes a half-open range as the language does.
func fieldRange(r [2]protoreflect.FieldNumber) string {
	switch last := r[1] - 1; {
	case last == r[0]:
		return number(r[0])
	case last >= lastNumber:
		return fmt.Sprintf("%d to max", r[0])
	default:
		return fmt.Sprintf("%d to %d", r[0], last)
	}
}

// ranges reports numbers that extensions may no longer use.
func (d *differ) ranges(p messagePair) {
	gone := goneRanges(p.old.ExtensionRanges(), fieldSpans(p.new.ExtensionRanges()))
	if len(gone) == 0 {
		return
	}
	d.add(p.located(difference{
		rule: "proto/extension-range-removed", pointer: p.pointer + "/ranges", before: strings.Join(gone, ", "), breaks: file,
		message: fmt.Sprintf("%s no longer has the extension numbers %s", local(p.new), strings.Join(gone, ", ")),
	}))
}

// jsonFormat reports a type that gives up the promise to have a JSON form, which
// is a feature of editions, and one of proto3 that proto2 lacks.
func (d *differ) jsonFormat(pointer string, at where, old, fresh protoreflect.Descriptor, noun string) {
	if before, after := old.ParentFile().Syntax(), fresh.ParentFile().Syntax(); before == after && after != protoreflect.Editions {
		return
	}
	if !feature(old, jsonFormat, descriptorpb.FeatureSet_ALLOW) || feature(fresh, jsonFormat, descriptorpb.FeatureSet_ALLOW) {
		return
	}
	d.add(messagePair{at: at}.located(difference{
		rule: "proto/json-format-changed", pointer: pointer, before: "ALLOW", after: "LEGACY_BEST_EFFORT", breaks: wireJSON,
		message: fmt.Sprintf("%s %s no longer has a JSON form that readers can rely on", noun, local(fresh)),
	}))
}

// jsonFormat and utf8Validation are features of editions.
var (
	jsonFormat     = featureNamed("json_format")
	utf8Validation = featureNamed("utf8_validation")
)

func featureNamed(name protoreflect.Name) protoreflect.FieldDescriptor {
	return (*descriptorpb.FeatureSet)(nil).ProtoReflect().Descriptor().Fields().ByName(name)
}

// feature reports whether a feature has a value for x, be it set on x, around it
// or by default.
func feature[V interface {
	Number() protoreflect.EnumNumber
}](x protoreflect.Descriptor, f protoreflect.FieldDescriptor, value V) bool {
	resolved, err := protoutil.ResolveFeature(x, f)
	return err == nil && resolved.Enum() == value.Number()
}
