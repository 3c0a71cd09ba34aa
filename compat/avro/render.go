package avro

import (
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// render writes a schema down in one text, every definition where it is first
// used. Of logical types only decimals are kept: the others take no part in
// resolution, and values are then read and written as what they are encoded as.
func render(root *node) string {
	r := renderer{written: map[*node]bool{}}
	r.schema(root)
	return r.text.String()
}

// renderReader writes down a reader's schema with some of its fields alone, for
// one place of it to be judged. A default would say nothing there.
//
// Null goes last in the union of a field: twmb/avro takes a field for one with
// the default null when null comes first, which the specification does not. Where
// a reader has its branches changes nothing else.
func renderReader(root *node, only map[*field]bool) string {
	r := renderer{only: only, written: map[*node]bool{}}
	r.schema(root)
	return r.text.String()
}

type renderer struct {
	only    map[*field]bool // nil for all fields
	text    strings.Builder
	written map[*node]bool
}

func (r *renderer) schema(n *node) {
	switch n.kind {
	case unionKind:
		r.list(len(n.branches), func(i int) { r.schema(n.branches[i].node) })
	case arrayKind:
		r.text.WriteString(`{"type":"array","items":`)
		r.schema(n.items.node)
		r.text.WriteByte('}')
	case mapKind:
		r.text.WriteString(`{"type":"map","values":`)
		r.schema(n.items.node)
		r.text.WriteByte('}')
	case recordKind, enumKind, fixedKind:
		r.named(n)
	default:
		if !n.isDecimal() {
			r.string(string(n.kind))
			return
		}
		r.text.WriteString(`{"type":"bytes"`)
		r.decimal(n)
		r.text.WriteByte('}')
	}
}

func (r *renderer) named(n *node) {
	if r.written[n] {
		r.string(n.name)
		return
	}
	r.written[n] = true
	r.text.WriteString(`{"type":"` + string(n.kind) + `","name":`)
	r.string(unqualified(n.name))
	r.text.WriteString(`,"namespace":`)
	r.string(namespaceOf(n.name))
	r.strings("aliases", n.aliases)
	switch n.kind {
	case recordKind:
		fields := n.fields
		if r.only != nil {
			fields = slices.DeleteFunc(slices.Clone(fields), func(f *field) bool { return !r.only[f] })
		}
		r.text.WriteString(`,"fields":`)
		r.list(len(fields), func(i int) { r.field(fields[i]) })
	case enumKind:
		r.text.WriteString(`,"symbols":`)
		r.list(len(n.symbols), func(i int) { r.string(n.symbols[i]) })
		if n.fallback != "" {
			r.text.WriteString(`,"default":`)
			r.string(n.fallback)
		}
	case fixedKind:
		r.text.WriteString(`,"size":` + strconv.Itoa(n.size))
		if n.isDecimal() {
			r.decimal(n)
		}
	}
	r.text.WriteByte('}')
}

func (r *renderer) field(f *field) {
	r.text.WriteString(`{"name":`)
	r.string(f.name)
	r.text.WriteString(`,"type":`)
	r.schema(r.nullLast(f.typ.node))
	r.strings("aliases", f.aliases)
	if f.hasDefault && r.only == nil {
		r.text.WriteString(`,"default":` + document.Encode(f.value))
	}
	r.text.WriteByte('}')
}

// nullLast moves null to the end of a reader's union.
func (r *renderer) nullLast(n *node) *node {
	if r.only == nil || n.kind != unionKind || len(n.branches) < 2 || n.branches[0].kind != nullKind {
		return n
	}
	return &node{kind: unionKind, branches: append(slices.Clone(n.branches[1:]), n.branches[0])}
}

func (r *renderer) decimal(n *node) {
	r.text.WriteString(`,"logicalType":"decimal","precision":` + strconv.Itoa(n.precision) + `,"scale":` + strconv.Itoa(n.scale))
}

// strings writes aliases: a field's may be any text, and are escaped.
func (r *renderer) strings(key string, list []string) {
	if len(list) == 0 {
		return
	}
	r.text.WriteString(`,"` + key + `":`)
	r.list(len(list), func(i int) { r.text.WriteString(document.Encode(list[i])) })
}

func (r *renderer) list(n int, element func(i int)) {
	r.text.WriteByte('[')
	for i := range n {
		if i > 0 {
			r.text.WriteByte(',')
		}
		element(i)
	}
	r.text.WriteByte(']')
}

// string writes the name of a type or a field, or a symbol: these were checked when
// they were read, and need no escapes.
func (r *renderer) string(name string) { r.text.WriteString(`"` + name + `"`) }
