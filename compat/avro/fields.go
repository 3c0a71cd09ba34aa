package avro

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/document"
)

func elementOf(list place, index int, name string) place {
	return list.element(strconv.Itoa(index), name)
}

// fields compares the fields of two records by name, then by alias.
func (d *differ) fields(old, next use) {
	partners := fieldPartners(old.node, next.node)
	for _, f := range next.fields {
		before := partners[f]
		if before == nil {
			d.fieldAdded(old, next, f)
			continue
		}
		if before.name != f.name {
			d.fieldRenamed(old, next, before, f)
		}
		d.field(old, next, before, f)
	}
	kept := map[*field]bool{}
	for _, before := range partners {
		kept[before] = true
	}
	for _, f := range old.fields {
		if !kept[f] {
			d.fieldRemoved(old, next, f)
		}
	}
}

// fieldPartners maps the new fields to the old ones that they continue: of the
// same name, else by an alias of either, else of the same schema and the same
// name but for case and separators.
func fieldPartners(old, next *node) map[*field]*field {
	partners := make(map[*field]*field, len(next.fields))
	taken := map[*field]bool{}
	join := func(before, f *field) {
		if before != nil && !taken[before] && partners[f] == nil {
			partners[f], taken[before] = before, true
		}
	}
	for _, f := range next.fields {
		join(old.byName[f.name], f)
	}
	for _, f := range next.fields {
		for _, alias := range f.aliases {
			join(old.byName[alias], f)
		}
	}
	for _, before := range old.fields {
		for _, alias := range before.aliases {
			if f := next.byName[alias]; f != nil {
				join(before, f)
			}
		}
	}
	if len(taken) == len(old.fields) || len(partners) == len(next.fields) {
		return partners
	}
	alike := map[[2]string]*field{}
	for _, before := range old.fields {
		if !taken[before] {
			alike[likeness(before)] = before
		}
	}
	for _, f := range next.fields {
		join(alike[likeness(f)], f)
	}
	return partners
}

// likeness is what a field has in common with the one it was renamed from.
func likeness(f *field) [2]string { return [2]string{plainName(f.name), f.typ.describe()} }

func plainName(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

func (d *differ) fieldAdded(old, next use, f *field) {
	x := difference{
		rule: ruleFieldAdded, kind: compat.FieldAdded, oldAt: old.at.member("fields"), newAt: f.at, after: f.written(), old: old, next: next,
		message: fmt.Sprintf("the field %q was added to %s (%s)", f.name, next.name, defaultWords(f)),
		field:   &compat.Field{Name: f.name, Required: !f.hasDefault, Default: f.hasDefault, Open: true},
		blame:   blame{backward: []mismatch{{fieldMissing, old.node, next.node, f.name}, {fieldAmbiguous, old.node, next.node, f.name}}},
	}
	// A reader on the old version may have the field's name as an alias.
	i := slices.IndexFunc(old.fields, func(other *field) bool { return slices.Contains(other.aliases, f.name) })
	if i >= 0 {
		x.blame.forward = []mismatch{{fieldAmbiguous, next.node, old.node, old.fields[i].name}}
	}
	d.add(x)
	if i >= 0 {
		d.pair(old.fields[i].typ, f.typ, blame{})
	}
}

func defaultWords(f *field) string {
	if f.hasDefault {
		return "default " + shortText(f.value)
	}
	return "without a default"
}

func (d *differ) fieldRemoved(old, next use, f *field) {
	d.add(difference{
		rule: ruleFieldRemoved, kind: compat.FieldRemoved, oldAt: f.at, newAt: next.at.member("fields"), id: f.at, before: f.written(), old: old, next: next,
		message: fmt.Sprintf("the field %q was removed from %s", f.name, next.name),
		field:   &compat.Field{Name: f.name, Required: !f.hasDefault, Default: f.hasDefault, Open: true},
		blame:   blame{forward: []mismatch{{fieldMissing, next.node, old.node, f.name}, {fieldAmbiguous, next.node, old.node, f.name}}},
	})
}

func (d *differ) fieldRenamed(old, next use, before, f *field) {
	aliased := slices.Contains(f.aliases, before.name)
	d.add(difference{
		rule: ruleFieldRenamed, kind: compat.Renamed, oldAt: before.at.member("name"), newAt: f.at.member("name"),
		before: before.name, after: f.name, old: old, next: next,
		message: fmt.Sprintf("the field %q of %s was renamed to %q%s", before.name, next.name, f.name, aliasWords(aliased, "the old name")),
		// An alias keeps the old name readable, and nobody can use it for anything else.
		field: &compat.Field{Name: f.name, Required: !f.hasDefault, Default: f.hasDefault, Open: true, Reserved: aliased},
		blame: blame{
			backward: []mismatch{{fieldMissing, old.node, next.node, f.name}},
			forward:  []mismatch{{fieldMissing, next.node, old.node, before.name}},
		},
	})
}

// field compares a field that both versions have.
func (d *differ) field(old, next use, before, f *field) {
	d.pair(before.typ, f.typ, blame{})
	d.fieldDefault(old, next, before, f)
	var causes []mismatch
	if _, ambiguous := sourceOf(f, old.node); ambiguous {
		causes = []mismatch{{fieldAmbiguous, old.node, next.node, f.name}}
	}
	d.aliases(old, next, before.at, f.at, before.aliases, f.aliases, causes)
}

func (d *differ) fieldDefault(old, next use, before, f *field) {
	x := difference{rule: ruleDefaultChanged, kind: compat.Other, before: before.value, after: f.value, old: old, next: next}
	switch {
	case !before.hasDefault && !f.hasDefault:
		return
	case before.hasDefault && !f.hasDefault:
		x.rule, x.kind = ruleDefaultRemoved, compat.DefaultRemoved
		x.message = fmt.Sprintf("the field %q of %s lost its default %s", f.name, next.name, shortText(before.value))
	case !before.hasDefault:
		x.message = fmt.Sprintf("the field %q of %s got the default %s", f.name, next.name, shortText(f.value))
	case document.Encode(before.value) == document.Encode(f.value):
		return
	default:
		x.message = fmt.Sprintf("the default of the field %q of %s changed from %s to %s", f.name, next.name, shortText(before.value), shortText(f.value))
	}
	x.oldAt, x.newAt = before.at.member("default"), f.at.member("default")
	d.add(x)
}

// written is a field as a fingerprint sees it.
func (f *field) written() any {
	field := map[string]any{"name": f.name, "type": f.typ.describe()}
	if f.hasDefault {
		field["default"] = f.value
	}
	return field
}

// shortText is a value's JSON, cut where it gets long.
func shortText(value any) string {
	text := []rune(document.Encode(value))
	if len(text) > 60 {
		return string(text[:57]) + "..."
	}
	return string(text)
}
