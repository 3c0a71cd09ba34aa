package protobuf

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// enum compares two versions of an enum. Values are paired by number, which may
// have several names where aliases are allowed.
func (d *differ) enum(old, fresh protoreflect.EnumDescriptor, at where) {
	p := enumPair{old: old, new: fresh, pointer: enumPointer(local(fresh)), at: at}
	d.values(p)
	d.enumReserved(p)
	d.jsonFormat(p.pointer, at, old, fresh, "enum")
	if old.IsClosed() != fresh.IsClosed() {
		d.add(p.located(difference{
			rule: "proto/enum-openness-changed", pointer: p.pointer, before: openness(old), after: openness(fresh), breaks: file,
			message: fmt.Sprintf("enum %s changed from %s to %s", local(fresh), openness(old), openness(fresh)),
		}))
	}
}

// enumPair is two versions of an enum.
type enumPair struct {
	old, new protoreflect.EnumDescriptor
	pointer  string
	at       where
}

func (p enumPair) located(x difference) difference { return messagePair{at: p.at}.located(x) }

func (p enumPair) value(n protoreflect.EnumNumber) string {
	return p.pointer + "/values/" + number(n)
}

func openness(e protoreflect.EnumDescriptor) string {
	if e.IsClosed() {
		return "closed"
	}
	return "open"
}

func (d *differ) values(p enumPair) {
	if sameValues(p.old.Values(), p.new.Values()) {
		return
	}
	for _, n := range numbers(p.old) {
		before, after := valueNames(p.old, n), valueNames(p.new, n)
		switch {
		case len(after) == 0:
			d.valueRemoved(p, n, before)
		case !slices.Equal(before, after):
			d.valueRenamed(p, n, before, after)
		}
	}
	for _, n := range numbers(p.new) {
		if p.old.Values().ByNumber(n) == nil {
			names := strings.Join(valueNames(p.new, n), ", ")
			d.add(p.located(difference{
				rule: "proto/enum-value-added", pointer: p.value(n), oldAt: p.pointer, after: names,
				message: fmt.Sprintf("value %s (%d) was added to enum %s; readers of the old version see a value that they do not know", names, n, local(p.new)),
			}))
		}
	}
}

// sameValues reports whether nothing changed, which is what to expect.
func sameValues(old, fresh protoreflect.EnumValueDescriptors) bool {
	for i := range old.Len() {
		if fresh.Len() != old.Len() || old.Get(i).Name() != fresh.Get(i).Name() || old.Get(i).Number() != fresh.Get(i).Number() {
			return false
		}
	}
	return fresh.Len() == old.Len()
}

// numbers lists the numbers of an enum in the order of the text, each once.
func numbers(e protoreflect.EnumDescriptor) []protoreflect.EnumNumber {
	list := make([]protoreflect.EnumNumber, 0, e.Values().Len())
	for i := range e.Values().Len() {
		if n := e.Values().Get(i).Number(); !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}

// valueNames lists the names of a number, sorted.
func valueNames(e protoreflect.EnumDescriptor, n protoreflect.EnumNumber) []string {
	var names []string
	for i := range e.Values().Len() {
		if v := e.Values().Get(i); v.Number() == n {
			names = append(names, string(v.Name()))
		}
	}
	slices.Sort(names)
	return names
}

func (d *differ) valueRemoved(p enumPair, n protoreflect.EnumNumber, names []string) {
	numbered, named := p.new.ReservedRanges().Has(n), true
	for _, name := range names {
		named = named && p.new.ReservedNames().Has(protoreflect.Name(name))
	}
	list := strings.Join(names, ", ")
	d.add(p.located(difference{
		rule: "proto/enum-value-removed", pointer: p.value(n), newAt: p.pointer, before: list, breaks: removal(numbered, named),
		message: fmt.Sprintf("value %s (%d) was removed from enum %s%s", list, n, local(p.new), unreserved(numbered, named)),
		probes:  []probe{{enum: p, value: n, form: asJSON}},
	}))
}

// valueRenamed reports a number that lost a name. One more alias is no loss.
func (d *differ) valueRenamed(p enumPair, n protoreflect.EnumNumber, before, after []string) {
	x := difference{
		rule: "proto/enum-value-renamed", pointer: p.value(n), before: strings.Join(before, ", "), after: strings.Join(after, ", "), breaks: wireJSON,
		message: fmt.Sprintf("value %d of enum %s was renamed from %s to %s", n, local(p.new), strings.Join(before, ", "), strings.Join(after, ", ")),
		probes:  []probe{{enum: p, value: n, form: asJSON}},
	}
	if !slices.ContainsFunc(before, func(name string) bool { return !slices.Contains(after, name) }) {
		x.rule, x.breaks, x.probes = "proto/enum-value-added", never, nil
		x.message = fmt.Sprintf("value %d of enum %s has one more name: %s", n, local(p.new), strings.Join(after, ", "))
	}
	d.add(p.located(x))
}

func (d *differ) enumReserved(p enumPair) {
	ranges := make([]span, p.new.ReservedRanges().Len())
	for i := range ranges {
		r := p.new.ReservedRanges().Get(i)
		ranges[i] = span{int64(r[0]), int64(r[1]) + 1}
	}
	var gone []string
	for i := range p.old.ReservedRanges().Len() {
		if r := p.old.ReservedRanges().Get(i); !covered(span{int64(r[0]), int64(r[1]) + 1}, ranges) {
			gone = append(gone, enumRange(r))
		}
	}
	d.reserved(p.pointer, p.at, "enum "+local(p.new), append(gone, goneNames(p.old.ReservedNames(), p.new.ReservedNames())...))
}

// enumRange writes a closed range as the language does.
func enumRange(r [2]protoreflect.EnumNumber) string {
	switch {
	case r[0] == r[1]:
		return number(r[0])
	case r[1] == 1<<31-1:
		return fmt.Sprintf("%d to max", r[0])
	}
	return fmt.Sprintf("%d to %d", r[0], r[1])
}
