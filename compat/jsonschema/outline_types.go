package jsonschema

import (
	"encoding/json"
	"strings"
)

// typeSet is a set of the types that "type" can name, as far as a schema's text
// tells which it admits. It tells integers from other numbers, as kind does not.
type typeSet uint8

const (
	objectType typeSet = 1 << iota
	arrayType
	stringType
	integerType
	fractionType
	booleanType
	nullType

	numberType = integerType | fractionType
	allTypes   = objectType | arrayType | stringType | numberType | booleanType | nullType
)

// typeTexts names the types as they are listed, null last.
var typeTexts = []struct {
	types typeSet
	name  string
}{
	{objectType, "object"}, {arrayType, "array"}, {stringType, "string"}, {numberType, "number"}, {integerType, "integer"},
	{fractionType, "number"}, {booleanType, "boolean"}, {nullType, "null"},
}

// String lists the types, such as string|null. It is empty when the schema leaves
// the type open, and when no value satisfies it.
func (t typeSet) String() string {
	if t == allTypes {
		return ""
	}
	var names []string
	for _, row := range typeTexts {
		if t&row.types == row.types {
			names, t = append(names, row.name), t&^row.types
		}
	}
	return strings.Join(names, "|")
}

// container reports whether the types are those of objects and lists alone, or
// left open.
func (t typeSet) container() bool { return t == allTypes || t&^(objectType|arrayType|nullType) == 0 }

// typesOfKinds is the types of JSON's kinds.
func typesOfKinds(k kind, integer bool) typeSet {
	var t typeSet
	for _, row := range []struct {
		kind  kind
		types typeSet
	}{{objectKind, objectType}, {arrayKind, arrayType}, {stringKind, stringType}, {booleanKind, booleanType}, {nullKind, nullType}} {
		if k&row.kind != 0 {
			t |= row.types
		}
	}
	switch {
	case k&numberKind == 0:
	case integer:
		t |= integerType
	default:
		t |= numberType
	}
	return t
}

// typesOfValue is the type of one value.
func typesOfValue(value any) typeSet {
	number, ok := value.(json.Number)
	if !ok {
		return typesOfKinds(kindOf(value), false)
	}
	if r, fits := parseNumber(number); fits && !r.IsInt() {
		return fractionType
	}
	return integerType
}

// typesOfLayers is what all the layers that always apply admit. Where these leave
// the type open, it is what any of the others admits.
func typesOfLayers(layers []layer) typeSet {
	sure, alternatives := allTypes, typeSet(0)
	known := map[*node]typeSet(nil)
	for _, p := range layers {
		if t := p.node.typeSet(&known); p.sure {
			sure &= t
		} else {
			alternatives |= t
		}
	}
	if alternatives == 0 || sure != allTypes {
		return sure
	}
	return alternatives
}

// typeSet is the types that a schema admits. known holds the answers so far; a
// schema that is asked about while it is being looked at admits all.
func (n *node) typeSet(known *map[*node]typeSet) typeSet {
	n = n.follow()
	if n.never {
		return 0
	}
	admitted := typesOfKinds(n.types, n.integer)
	for _, set := range n.enums {
		var listed typeSet
		for _, v := range set.values {
			listed |= typesOfValue(v)
		}
		admitted &= listed
	}
	if !n.applies() {
		return admitted
	}
	if answer, ok := (*known)[n]; ok {
		return answer
	}
	if *known == nil {
		*known = map[*node]typeSet{}
	}
	(*known)[n] = allTypes
	for _, sub := range n.allOf {
		if !sub.made {
			admitted &= sub.typeSet(known)
		}
	}
	for _, alternatives := range [][]*node{n.anyOf, n.oneOf} {
		if len(alternatives) == 0 {
			continue
		}
		var any typeSet
		for _, sub := range alternatives {
			any |= sub.typeSet(known)
		}
		admitted &= any
	}
	(*known)[n] = admitted
	return admitted
}
