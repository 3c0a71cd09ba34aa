package catalog

import (
	"slices"
	"strings"
	"unicode"

	"github.com/nexus-blueprint/nexus/schema"
)

// inheritFields lets fields take over what was declared about the fields that
// they are members or elements of. A field that has members holds nothing beside
// them, so that it is not personal data itself unless somebody says so.
func inheritFields(fields []Field) {
	in := inheritance{fields: fields, byPath: make(map[string]int, len(fields)), settled: make([]bool, len(fields))}
	for i, f := range fields {
		if f.Type != "" { // what the schema lacks holds nothing
			in.byPath[f.Path] = i
		}
	}
	containers := make([]bool, len(fields))
	for i := range fields {
		if parent, ok := in.settle(i); ok && fields[i].Type != "" && !holdsValue(fields[parent].Type) {
			containers[parent] = true
		}
	}
	for i := range fields {
		if f := &fields[i]; containers[i] && !f.Facts().PII.Known() {
			f.own().PII = Value[bool]{Source: Inferred, Place: f.Place}
		}
	}
}

// inheritance is one pass over the fields of an event, outer ones first.
type inheritance struct {
	fields  []Field
	byPath  map[string]int
	settled []bool
}

// settle takes over what the nearest outer field that is there says, and returns
// that field.
func (in inheritance) settle(i int) (parent int, ok bool) {
	for path, more := outerPath(in.fields[i].Path); more; path, more = outerPath(path) {
		if parent, ok = in.byPath[path]; ok {
			break
		}
	}
	if ok && !in.settled[i] && in.fields[i].Type != "" {
		in.settled[i] = true
		in.settle(parent)
		in.fields[i].inherit(in.fields[parent])
	}
	return parent, ok
}

// scalars are what the formats call values that have no parts.
var scalars = strings.Fields("string number integer boolean int long float double bytes fixed enum")

// holdsValue reports whether a field of a type, such as object|string, may hold
// something beside its members.
func holdsValue(types string) bool {
	words := strings.FieldsFunc(types, func(c rune) bool { return !unicode.IsLetter(c) })
	return slices.ContainsFunc(words, func(word string) bool { return slices.Contains(scalars, word) })
}

// outerPath is the path of what a field is a member or an element of:
// items[] of items[].sku, items of items[].
func outerPath(path string) (outer string, ok bool) {
	for _, element := range []string{"[]", "[*]"} {
		if outer, ok := strings.CutSuffix(path, element); ok {
			return outer, outer != ""
		}
	}
	outer, _ = schema.SplitPath(path)
	return outer, outer != ""
}

// inherit takes over what an outer field says and this one does not.
func (f *Field) inherit(from Field) {
	if from.facts == nil {
		return
	}
	facts := f.own()
	under(&facts.PII, from.facts.PII)
	under(&facts.Category, from.facts.Category)
	under(&facts.Purpose, from.facts.Purpose)
	under(&facts.LawfulBasis, from.facts.LawfulBasis)
	under(&facts.Erasure, from.facts.Erasure)
	under(&facts.Encrypted, from.facts.Encrypted)
	under(&facts.Tokenized, from.facts.Tokenized)
	under(&facts.Truncated, from.facts.Truncated)
	under(&facts.Hashed, from.facts.Hashed)
}

func under[T any](value *Value[T], by Value[T]) {
	if !value.Known() {
		*value = inferred(by)
	}
}
