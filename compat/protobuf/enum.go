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
	oldNumbers, oldNames := numbered(p.old)
	newNumbers, newNames := numbered(p.new)
	out := reservedIn(enumSpans(p.new.ReservedRanges()), p.new.ReservedNames())
	for _, n := range oldNumbers {
		before, after := oldNames[n], newNames[n]
		switch {
		case len(after) == 0:
			d.valueRemoved(p, n, before, out)
		case !slices.Equal(before, after):
			d.valueRenamed(p, n, before, after)
		}
	}
	for _, n := range newNumbers {
		if oldNames[n] == nil {
			names := strings.Join(newNames[n], ", ")
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

// numbered lists the numbers of an enum in the order of the text, each once, with
// the names of each, sorted.
func numbered(e protoreflect.EnumDescriptor) (numbers []protoreflect.EnumNumber, names map[protoreflect.EnumNumber][]string) {
	names = make(map[protoreflect.EnumNumber][]string, e.Values().Len())
	for i := range e.Values().Len() {
		v := e.Values().Get(i)
		if names[v.Number()] == nil {
			numbers = append(numbers, v.Number())
		}
		names[v.Number()] = append(names[v.Number()], string(v.Name()))
	}
	for _, n := range numbers {
		slices.Sort(names[n])
	}
	return numbers, names
}

func (d *differ) valueRemoved(p enumPair, n protoreflect.EnumNumber, names []string, out *reserved) {
	numbered, named := out.number(int64(n)), true
	for _, name := range names {
		named = named && out.names[protoreflect.Name(name)]
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
	if p.old.ReservedRanges().Len() == 0 && p.old.ReservedNames().Len() == 0 {
		return
	}
	out := reservedIn(enumSpans(p.new.ReservedRanges()), p.new.ReservedNames())
	var gone []string
	for i := range p.old.ReservedRanges().Len() {
		if r := p.old.ReservedRanges().Get(i); !out.numbers.cover(span{int64(r[0]), int64(r[1]) + 1}) {
			gone = append(gone, enumRange(r))
		}
	}
	d.reserved(p.pointer, p.at, "enum "+local(p.new), append(gone, goneNames(p.old.ReservedNames(), out)...))
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
