package protobuf

import (
	"fmt"
	"slices"
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
	for i := range old.Len() {
		f := old.Get(i)
		if n := fieldAt(fresh, i, f.Number()); n != nil {
			d.field(p, f, n)
		} else {
			d.fieldRemoved(p, f)
		}
	}
	for i := range fresh.Len() {
		if f := fresh.Get(i); fieldAt(old, i, f.Number()) == nil {
			d.fieldAdded(p, f)
		}
	}
}

// fieldAt finds a field by number, first where it stands when nothing moved: the
// lookup of the descriptors is a search.
func fieldAt(fields protoreflect.FieldDescriptors, i int, n protoreflect.FieldNumber) protoreflect.FieldDescriptor {
	if i < fields.Len() {
		if f := fields.Get(i); f.Number() == n {
			return f
		}
	}
	return fields.ByNumber(n)
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

func (d *differ) fieldRemoved(p messagePair, f protoreflect.FieldDescriptor) {
	numbered, named := p.new.ReservedRanges().Has(f.Number()), p.new.ReservedNames().Has(f.Name())
	x := difference{
		rule: "proto/field-removed", pointer: p.field(f.Number()), newAt: p.pointer, before: fieldText(f), breaks: removal(numbered, named),
		message: fmt.Sprintf("field %s (%d) was removed from %s%s", f.Name(), f.Number(), local(p.new), unreserved(numbered, named)),
	}
	if again := p.new.Fields().ByName(f.Name()); again != nil {
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

// oneofs reports groups that are gone; fields that moved are reported as such.
func (d *differ) oneofs(p messagePair) {
	old, fresh := p.old.Oneofs(), p.new.Oneofs()
	for i := range old.Len() {
		o := old.Get(i)
		if n := fresh.ByName(o.Name()); o.IsSynthetic() || n != nil && !n.IsSynthetic() {
			continue
		}
		d.add(p.located(difference{
			rule: "proto/oneof-removed", pointer: p.pointer + "/oneofs/" + string(o.Name()), newAt: p.pointer, before: string(o.Name()), breaks: file,
			message: fmt.Sprintf("oneof %s was removed from %s", o.Name(), local(p.new)),
		}))
	}
}

// messageReserved reports numbers and names that are free to be used again.
func (d *differ) messageReserved(p messagePair) {
	var gone []string
	for i := range p.old.ReservedRanges().Len() {
		r := p.old.ReservedRanges().Get(i)
		if !coversFields(p.new.ReservedRanges(), r) {
			gone = append(gone, fieldRange(r))
		}
	}
	d.reserved(p.pointer, p.at, local(p.new), append(gone, goneNames(p.old.ReservedNames(), p.new.ReservedNames())...))
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

func goneNames(old, fresh protoreflect.Names) []string {
	var gone []string
	for i := range old.Len() {
		if name := old.Get(i); !fresh.Has(name) {
			gone = append(gone, fmt.Sprintf("%q", name))
		}
	}
	return gone
}

// span is a half-open range of numbers.
type span struct{ from, to int64 }

// covered reports whether the ranges together hold all of s.
func covered(s span, ranges []span) bool {
	slices.SortFunc(ranges, func(a, b span) int { return int(a.from - b.from) })
	for _, r := range ranges {
		if r.from <= s.from && s.from < r.to {
			s.from = r.to
		}
	}
	return s.from >= s.to
}

func coversFields(ranges protoreflect.FieldRanges, r [2]protoreflect.FieldNumber) bool {
	spans := make([]span, ranges.Len())
	for i := range spans {
		x := ranges.Get(i)
		spans[i] = span{int64(x[0]), int64(x[1])}
	}
	return covered(span{int64(r[0]), int64(r[1])}, spans)
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
	var gone []string
	for i := range p.old.ExtensionRanges().Len() {
		if r := p.old.ExtensionRanges().Get(i); !coversFields(p.new.ExtensionRanges(), r) {
			gone = append(gone, fieldRange(r))
		}
	}
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
