package protobuf

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// oneofs reports groups that are gone; fields that moved are reported as such.
func (d *differ) oneofs(p messagePair) {
	old, after := p.old.Oneofs(), byName(p.new.Oneofs())
	for i := range old.Len() {
		o := old.Get(i)
		if n := after.find(i, o.Name()); o.IsSynthetic() || n != nil && !n.IsSynthetic() {
			continue
		}
		d.add(p.located(difference{
			rule: "proto/oneof-removed", pointer: p.pointer + "/oneofs/" + string(o.Name()), newAt: p.pointer, before: string(o.Name()), breaks: file,
			message: fmt.Sprintf("oneof %s was removed from %s", o.Name(), local(p.new)),
		}))
	}
}

// realOneof is the oneof that a field was written in.
func realOneof(f protoreflect.FieldDescriptor) protoreflect.OneofDescriptor {
	if o := f.ContainingOneof(); o != nil && !o.IsSynthetic() {
		return o
	}
	return nil
}

// fieldOneof reports a field that moved into, out of or between oneofs.
func (d *differ) fieldOneof(p fieldPair) (moved bool) {
	before, after := oneofName(p.old), oneofName(p.new)
	if before == after {
		return false
	}
	x := difference{rule: "proto/oneof-changed", before: before, after: after, breaks: wire, probes: oneofProbes(p)}
	switch {
	case before == "":
		x.message = fmt.Sprintf("%s moved into oneof %s", p.title(), after)
	case after == "":
		x.message = fmt.Sprintf("%s moved out of oneof %s", p.title(), before)
	default:
		x.message = fmt.Sprintf("%s moved from oneof %s to %s", p.title(), before, after)
	}
	d.note(p, x, "")
	return true
}

func oneofName(f protoreflect.FieldDescriptor) string {
	if o := realOneof(f); o != nil {
		return string(o.Name())
	}
	return ""
}

// oneofProbes set the field together with one that shares a oneof with it in one
// version alone. Setting both loses one of them for the other reader.
func oneofProbes(p fieldPair) []probe {
	var probes []probe
	for _, f := range []protoreflect.FieldDescriptor{p.old, p.new} {
		if other := p.partner(f); other != 0 {
			numbers := []protoreflect.FieldNumber{min(other, f.Number()), max(other, f.Number())}
			probes = append(probes, probe{pair: p.message, fields: numbers})
		}
	}
	return probes
}

// maxPartners bounds how many members of a oneof are looked at as partners: for a
// oneof that only changed its name there are none.
const maxPartners = 64

// partner is the first field of f's oneof that both versions have, and that the
// other version keeps apart from f; 0 when there is none.
func (p fieldPair) partner(f protoreflect.FieldDescriptor) protoreflect.FieldNumber {
	o := realOneof(f)
	if o == nil {
		return 0
	}
	for i := range min(o.Fields().Len(), maxPartners) {
		other := o.Fields().Get(i)
		old := p.message.oldFields.find(other.Index(), other.Number())
		fresh := p.message.newFields.find(other.Index(), other.Number())
		if other != f && old != nil && fresh != nil && exclusive(old, p.old) != exclusive(fresh, p.new) {
			return other.Number()
		}
	}
	return 0
}

// exclusive reports whether a message can hold only one of two fields.
func exclusive(a, b protoreflect.FieldDescriptor) bool {
	return realOneof(a) != nil && realOneof(a) == realOneof(b)
}
