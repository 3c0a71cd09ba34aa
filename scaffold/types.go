package scaffold

import (
	"fmt"
	"strings"
)

// # Go types of JSON Schemas
//
// What a schema accepts has to survive being read and written again:
//
//   - Strings of every format are strings. A time.Time writes 10:00:00.000Z as
//     10:00:00Z, and cannot hold a leap second.
//   - Integers are int64, numbers float64: a number of 15 digits stays what it is,
//     and people can count with it, which json.Number does not let them.
//   - What need not be there has omitzero, and is a pointer or a slice unless the
//     schema refuses Go's zero value: so what is absent stays absent, and what is
//     empty stays empty. A null where null may stand is read as absent.
//   - What has no shape of its own, such as a choice between types, is a
//     json.RawMessage and stays as it was written.

// A goKind is what a Go type is made of.
type goKind int

const (
	rawKind goKind = iota // json.RawMessage
	textKind
	integerKind
	floatKind
	boolKind
	enumKind
	structKind
	listKind
	tableKind // a map by strings
)

// A goType is the Go type of a JSON value.
type goType struct {
	kind      goKind
	name      string // of an enum or a struct
	noun      string // what people call a value
	doc       string
	elem      *goType // of a list or a table
	fields    []*goField
	values    []string // of an enum
	constants []string // their Go names
	of        string   // what people call that which it is about
	owner     string   // the message that has it first
	candidate string   // what the schema calls it
}

// A goField is a member of a struct.
type goField struct {
	json     string
	name     string
	doc      string
	format   string // of the schema
	typ      *goType
	optional bool
	nullable bool
	filled   bool      // no value is Go's zero value
	only     *jsonNode // the only value, if the schema has one
}

// String is the type as Go writes it.
func (t *goType) String() string {
	switch t.kind {
	case textKind:
		return "string"
	case integerKind:
		return "int64"
	case floatKind:
		return "float64"
	case boolKind:
		return "bool"
	case enumKind, structKind:
		return t.name
	case listKind:
		return "[]" + t.elem.String()
	case tableKind:
		return "map[string]" + t.elem.String()
	default:
		return "json.RawMessage"
	}
}

// usesRaw reports whether a json.RawMessage is part of the type's own expression.
func (t *goType) usesRaw() bool {
	if t.elem != nil {
		return t.elem.usesRaw()
	}
	return t.kind == rawKind
}

// Name is the name of an enum or a struct.
func (t *goType) Name() string { return t.name }

// IsEnum reports whether the type is one of a few texts.
func (t *goType) IsEnum() bool { return t.kind == enumKind }

// Fields are those of a struct.
func (t *goType) Fields() []*goField { return t.fields }

// Values are those of an enum.
func (t *goType) Values() []string { return t.values }

// Constants are the names of the values.
func (t *goType) Constants() []string { return t.constants }

// Noun is what people call a value.
func (t *goType) Noun() string { return t.noun }

// Doc is the type's comment.
func (t *goType) Doc() string {
	text := t.name + " is part of " + withArticle(t.of) + "."
	if t.kind == enumKind {
		text = t.name + " is the " + t.Noun() + " of " + withArticle(t.of) + "."
	}
	if t.doc == "" {
		return text
	}
	return text + " " + asSentence(t.doc)
}

// shape is what two types have in common that may be one.
func (t *goType) shape() string {
	var b strings.Builder
	b.WriteString(fmt.Sprintf("%d%q", t.kind, t.values))
	if t.elem != nil {
		b.WriteString("[" + t.elem.shape() + "]")
	}
	for _, f := range t.fields {
		fmt.Fprintf(&b, "{%q %v %v %s}", f.json, f.pointer(), f.optional, f.typ.shape())
	}
	return b.String()
}

// pointer reports whether the field is a pointer, since nothing else can say that it
// is absent or null.
func (f *goField) pointer() bool {
	if f.typ.kind == rawKind || f.typ.kind == listKind || f.typ.kind == tableKind {
		return false // nil says it
	}
	return f.nullable || f.optional && !f.filled
}

// mayMiss reports whether the field can say that there is no value.
func (f *goField) mayMiss() bool { return f.optional || f.nullable }

// zero is the value of the field that says that there is none.
func (f *goField) zero() string {
	switch {
	case f.pointer() || !f.filled:
		return "nil"
	case f.typ.isText():
		return `""`
	}
	return "0"
}

// Type is the field's type as Go writes it.
func (f *goField) Type() string {
	if f.pointer() {
		return "*" + f.typ.String()
	}
	return f.typ.String()
}

// Tag is the field's tag.
func (f *goField) Tag() string {
	name := f.json
	if name == "-" {
		name = "-,"
	}
	if f.optional {
		return fmt.Sprintf("`json:%q`", name+",omitzero")
	}
	return fmt.Sprintf("`json:%q`", name)
}

// Name is the field's name.
func (f *goField) Name() string { return f.name }

// Doc is the field's comment, or empty.
func (f *goField) Doc() string {
	if f.doc == "" {
		return ""
	}
	return comment("\t", asSentence(capital(f.doc)))
}
