package avro

import (
	"strings"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
)

// kind is what a schema is: one of the primitive types by its name, or one of
// the complex ones.
type kind string

const (
	nullKind    kind = "null"
	booleanKind kind = "boolean"
	intKind     kind = "int"
	longKind    kind = "long"
	floatKind   kind = "float"
	doubleKind  kind = "double"
	bytesKind   kind = "bytes"
	stringKind  kind = "string"
	recordKind  kind = "record"
	enumKind    kind = "enum"
	fixedKind   kind = "fixed"
	arrayKind   kind = "array"
	mapKind     kind = "map"
	unionKind   kind = "union"
)

// primitive reports whether a name is that of a primitive type.
func primitive(name string) bool {
	switch kind(name) {
	case nullKind, booleanKind, intKind, longKind, floatKind, doubleKind, bytesKind, stringKind:
		return true
	}
	return false
}

// named reports whether schemas of the kind are defined by name.
func (k kind) named() bool { return k == recordKind || k == enumKind || k == fixedKind }

// node is one schema. A named one exists once, however often it is used.
type node struct {
	kind kind
	at   place // where it is written, for a named one its definition

	name    string   // full name of a named schema
	simple  string   // name without its namespace
	aliases []string // full names

	fields []*field          // record
	byName map[string]*field // record

	symbols   []string // enum
	fallback  string   // enum: its default symbol
	hasSymbol map[string]bool

	items    use              // array and map
	branches []use            // union
	named    map[string][]int // union: its named branches, by simple name and by alias
	unnamed  []int            // union: its other branches
	size     int              // fixed

	logical          string // as written, if it applies to the kind
	precision, scale int    // decimal
}

// use is a place that a schema stands at: its definition, or a mention by name.
type use struct {
	*node
	site place
}

// field is one field of a record.
type field struct {
	name       string
	typ        use
	at         place
	index      int
	value      any // the default, as JSON
	hasDefault bool
	aliases    []string
}

// place is a position in a file. Fields, symbols and branches are elements of
// arrays; pointer counts them, as RFC 6901 demands, and path names them, so that
// it stays the same whatever is put before them.
type place struct {
	file          *file
	pointer, path string
}

// member is the place of a member whose key needs no escapes in a pointer.
func (p place) member(key string) place {
	return place{p.file, p.pointer + "/" + key, p.path + "/" + key}
}

func (p place) element(index, name string) place {
	if strings.ContainsAny(name, "~/") { // no name that is valid
		return place{p.file, p.pointer + "/" + index, document.Join(p.path, name)}
	}
	return place{p.file, p.pointer + "/" + index, p.path + "/" + name}
}

// surviving is the place itself where something is written there, else its
// nearest ancestor.
func (p place) surviving() place {
	value := p.file.doc.Value()
	pointers, paths := document.Split(p.pointer), document.Split(p.path)
	for i, token := range pointers {
		inner, ok := memberOf(value, token)
		if !ok {
			return place{p.file, document.Join("", pointers[:i]...), document.Join("", paths[:i]...)}
		}
		value = inner
	}
	return p
}

// memberOf is a member of an object or an element of a list, by index or name.
func memberOf(value any, token string) (any, bool) {
	switch v := value.(type) {
	case map[string]any:
		inner, ok := v[token]
		return inner, ok
	case []any:
		if i := elementNamed(v, token); i >= 0 {
			return v[i], true
		}
	}
	return nil, false
}

// shown is the pointer as the engine's callers see it: "file#pointer" for
// anything outside of the schema's own file.
func (p place) shown() string { return p.file.prefix() + p.pointer }

// identity is the path in the same form.
func (p place) identity() string { return p.file.prefix() + p.path }

// file is one document that a schema is made of: its own, or one that defines a
// name it uses.
type file struct {
	name  string
	doc   *document.Document
	outer bool // not the schema's own document
}

func (f *file) prefix() string {
	if f.outer {
		return f.name + "#"
	}
	return ""
}

// locate turns a pointer into a place to show.
func (f *file) locate(pointer string) report.Location {
	r, _ := f.doc.Range(pointer)
	return report.Location{
		File: f.name, Pointer: pointer,
		Line: r.Start.Line, Column: r.Start.Column, EndLine: r.End.Line, EndColumn: r.End.Column,
	}
}

// label names a schema the way a union tells its branches apart: by the full
// name of a named schema, by the kind of any other (specification, "JSON Encoding").
func (n *node) label() string {
	if n.kind.named() {
		return n.name
	}
	return string(n.kind)
}

// describe says in words what a schema is, for messages.
func (n *node) describe() string {
	switch {
	case n.kind == unionKind:
		names := make([]string, len(n.branches))
		for i, b := range n.branches {
			names[i] = b.describe()
		}
		return "[" + strings.Join(names, ", ") + "]"
	case n.kind == recordKind, n.kind == enumKind, n.kind == fixedKind:
		return string(n.kind) + " " + n.name
	case n.kind == arrayKind, n.kind == mapKind:
		return string(n.kind) + " of " + n.items.short()
	}
	return string(n.kind)
}

// short is describe without what lies inside.
func (n *node) short() string {
	switch n.kind {
	case recordKind, enumKind, fixedKind:
		return n.name
	case unionKind:
		return "a union"
	}
	return string(n.kind)
}

// article is the kind with the article that it takes.
func (k kind) article() string {
	if strings.HasPrefix(string(k), "e") || strings.HasPrefix(string(k), "a") || strings.HasPrefix(string(k), "i") {
		return "an " + string(k)
	}
	return "a " + string(k)
}

// isDecimal reports whether n is a valid decimal.
func (n *node) isDecimal() bool { return n.logical == "decimal" }

// unqualified is the last part of a full name.
func unqualified(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// namespaceOf is all but the last part of a full name.
func namespaceOf(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[:i]
	}
	return ""
}

// qualify makes a full name of a name that is written in a namespace.
func qualify(name, namespace string) string {
	if namespace == "" || strings.Contains(name, ".") {
		return name
	}
	return namespace + "." + name
}
