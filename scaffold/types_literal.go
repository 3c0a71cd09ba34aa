package scaffold

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// literal writes a JSON value as Go of a type. What does not fit the type is written
// as the type's zero value.
func literal(node *jsonNode, t *goType) string {
	switch t.kind {
	case textKind, enumKind:
		return textLiteral(node.text(), t)
	case integerKind, floatKind:
		return numberLiteral(node, t.kind)
	case boolKind:
		return strconv.FormatBool(node.value == true)
	case listKind:
		return listLiteral(node, t)
	case tableKind:
		return tableLiteral(node, t)
	case structKind:
		return t.name + "{" + fieldLiterals(node, t.fields) + "}"
	default:
		return fmt.Sprintf("json.RawMessage(%s)", quoted(string(node.json())))
	}
}

func textLiteral(text string, t *goType) string {
	if t.kind == textKind {
		return quoted(text)
	}
	if i := slices.Index(t.values, text); i >= 0 {
		return t.constants[i]
	}
	return fmt.Sprintf("%s(%s)", t.name, quoted(text))
}

// quoted is a string as Go, with as few escapes as it can do with.
func quoted(text string) string {
	if strings.ContainsRune(text, '"') && strconv.CanBackquote(text) {
		return "`" + text + "`"
	}
	return strconv.Quote(text)
}

// numberLiteral writes 1e3 and 1000.0 as 1000 where an integer is wanted.
func numberLiteral(node *jsonNode, kind goKind) string {
	number, ok := node.value.(json.Number)
	if !ok {
		return "0"
	}
	exact, ok := new(big.Rat).SetString(number.String())
	switch {
	case !ok:
		return "0"
	case exact.IsInt() && exact.Num().IsInt64():
		return exact.Num().String()
	case kind == integerKind:
		return "0"
	}
	return number.String()
}

func listLiteral(node *jsonNode, t *goType) string {
	if node.items == nil {
		return "nil"
	}
	var b strings.Builder
	b.WriteString(t.String() + "{")
	apart := t.elem.kind == structKind || t.elem.kind == listKind || t.elem.kind == tableKind
	for i, item := range node.items {
		text := literal(item, t.elem)
		if apart {
			b.WriteString("\n" + strings.TrimPrefix(text, t.elem.String()) + ",")
			continue
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(text)
	}
	if apart && len(node.items) > 0 {
		b.WriteString("\n")
	}
	return b.String() + "}"
}

func tableLiteral(node *jsonNode, t *goType) string {
	if node.members == nil {
		return "nil"
	}
	var b strings.Builder
	b.WriteString(t.String() + "{")
	for _, name := range node.names {
		fmt.Fprintf(&b, "\n%s: %s,", quoted(name), literal(node.at(name), t.elem))
	}
	if len(node.names) > 0 {
		b.WriteString("\n")
	}
	return b.String() + "}"
}

// fieldLiterals are the members of a composite literal, each on its line if they are
// many.
func fieldLiterals(node *jsonNode, fields []*goField) string {
	var parts []string
	for _, f := range fields {
		value := node.at(f.json)
		if value == nil || value.isNull() && f.mayMiss() {
			continue
		}
		parts = append(parts, f.name+": "+f.held(literal(value, f.typ)))
	}
	return composite(parts)
}

// composite lays out the members of a literal.
func composite(parts []string) string {
	if line := strings.Join(parts, ", "); len(line) <= 90 && !strings.Contains(line, "\n") {
		return line
	}
	return "\n" + strings.Join(parts, ",\n") + ",\n"
}

// held is an expression of the field's type without a pointer as one of its own type.
func (f *goField) held(expression string) string { return f.heldAs(f.typ.String(), expression) }

// heldIn is held in another package than that of the type.
func (f *goField) heldIn(from, expression string) string {
	return f.heldAs(f.typ.qualified(from), expression)
}

func (f *goField) heldAs(typ, expression string) string {
	if !f.pointer() {
		return expression
	}
	switch f.typ.kind {
	case structKind:
		return "&" + expression
	case integerKind, floatKind:
		return fmt.Sprintf("new(%s(%s))", typ, expression)
	}
	return "new(" + expression + ")"
}

// json is the node as JSON again, on one line.
func (n *jsonNode) json() []byte {
	var b bytes.Buffer
	n.write(&b)
	return b.Bytes()
}

func (n *jsonNode) write(b *bytes.Buffer) {
	switch {
	case n.members != nil:
		b.WriteByte('{')
		for i, name := range n.names {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(document.Encode(name) + ": ")
			n.members[name].write(b)
		}
		b.WriteByte('}')
	case n.items != nil:
		b.WriteByte('[')
		for i, item := range n.items {
			if i > 0 {
				b.WriteString(", ")
			}
			item.write(b)
		}
		b.WriteByte(']')
	default:
		b.WriteString(document.Encode(n.value))
	}
}
