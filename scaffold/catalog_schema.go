package scaffold

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/nexus-blueprint/nexus/document"
)

// maxSchemaLine is how wide a line of a schema may be before it is broken.
const maxSchemaLine = 110

// messageSchema is the JSON Schema of a message with fields, as a person would have
// written it.
func messageSchema(name, summary string, fields []Field) []byte {
	var required []any
	properties := make([]member, 0, len(fields))
	for _, f := range fields {
		properties = append(properties, member{f.Name, valueNode(withPrivacy(f.Schema))})
		if !f.Optional {
			required = append(required, f.Name)
		}
	}
	root := []member{
		{"$schema", "http://json-schema.org/draft-07/schema#"},
		{"title", titleOfMessage(name)},
	}
	if summary != "" {
		root = append(root, member{"description", strings.TrimSpace(summary)})
	}
	root = append(root, member{"type", "object"}, member{"properties", properties})
	if len(required) > 0 {
		root = append(root, member{"required", required})
	}
	root = append(root, member{"additionalProperties", false})
	var b strings.Builder
	writeBroken(&b, root, 0)
	b.WriteByte('\n')
	return []byte(b.String())
}

// withPrivacy says of an e-mail address that it is personal data. Anything else is
// for its author to declare.
func withPrivacy(schema map[string]any) map[string]any {
	if _, declared := schema["x-pii"]; declared || schema["format"] != "email" {
		return schema
	}
	schema = maps.Clone(schema)
	schema["x-pii"] = true
	for key, value := range contactFacts {
		if _, declared := schema[key]; !declared {
			schema[key] = value
		}
	}
	return schema
}

// contactFacts are what nexus declares of a way to reach a person.
var contactFacts = map[string]any{
	"x-data-category": "contact",
}

// titleOfMessage is the name of a message in words: Sensor registered.
func titleOfMessage(name string) string {
	words := wordsOf(name)
	for i, word := range words {
		if i > 0 && (len([]rune(word)) == 1 || !allUpper(word)) {
			words[i] = strings.ToLower(word)
		}
	}
	return strings.Join(words, " ")
}

func allUpper(word string) bool { return !strings.ContainsFunc(word, unicode.IsLower) }

// wordsOf splits a name at its capitals: HTTPCheckFailed is HTTP, Check, Failed.
func wordsOf(name string) []string {
	var words []string
	runes := []rune(name)
	start := 0
	cut := func(end int) {
		if word := strings.TrimFunc(string(runes[start:end]), func(r rune) bool { return !isLetterOrDigit(r) && !unicode.IsMark(r) }); word != "" {
			words = append(words, word)
		}
		start = end
	}
	for i := 1; i < len(runes); i++ {
		small := unicode.IsLower(runes[i-1]) || unicode.IsDigit(runes[i-1])
		ends := unicode.IsUpper(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
		if unicode.IsUpper(runes[i]) && (small || ends) || !isLetterOrDigit(runes[i]) && !unicode.IsMark(runes[i]) {
			cut(i)
		}
	}
	cut(len(runes))
	return words
}

// A member is a key of an object that is written in order.
type member struct {
	key   string
	value any // a value of document, or []member
}

// keyOrder is the order in which the keywords of a schema are written; the others
// follow by name, and those for people and policies last.
var keyOrder = []string{"$ref", "type", "format", "enum", "const", "items", "properties", "required", "additionalProperties"}

// valueNode puts the members of a schema into the order of keyOrder.
func valueNode(value any) any {
	switch v := value.(type) {
	case map[string]any:
		members := make([]member, 0, len(v))
		for _, key := range slices.SortedFunc(maps.Keys(v), compareKeywords) {
			members = append(members, member{key, valueNode(v[key])})
		}
		return members
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = valueNode(item)
		}
		return list
	}
	return value
}

func compareKeywords(a, b string) int {
	rank := func(key string) int {
		switch i := slices.Index(keyOrder, key); {
		case i >= 0:
			return i
		case strings.HasPrefix(key, "x-"):
			return 101
		case key == "title" || key == "description":
			return 100
		}
		return 50
	}
	if d := rank(a) - rank(b); d != 0 {
		return d
	}
	return strings.Compare(a, b)
}

// writeJSON writes a value on one line where it fits, else broken at its members.
func writeJSON(b *strings.Builder, value any, indent, used int) {
	if line := inlineJSON(value); used+len(line) <= maxSchemaLine {
		b.WriteString(line)
		return
	}
	writeBroken(b, value, indent)
}

func writeBroken(b *strings.Builder, value any, indent int) {
	pad := strings.Repeat("  ", indent+1)
	switch v := value.(type) {
	case []member:
		if len(v) == 0 {
			b.WriteString("{}")
			return
		}
		b.WriteString("{")
		for i, m := range v {
			start := pad + encodeText(m.key) + ": "
			b.WriteString(separator(i) + start)
			writeMember(b, m, indent+1, len(start)+1)
		}
		b.WriteString("\n" + pad[2:] + "}")
	case []any:
		b.WriteString("[")
		for i, item := range v {
			b.WriteString(separator(i) + pad)
			writeJSON(b, item, indent+1, len(pad)+1)
		}
		b.WriteString("\n" + pad[2:] + "]")
	default:
		b.WriteString(inlineJSON(value))
	}
}

// writeMember breaks the list of properties in any case: one line a property.
func writeMember(b *strings.Builder, m member, indent, used int) {
	if m.key == "properties" {
		writeBroken(b, m.value, indent)
		return
	}
	writeJSON(b, m.value, indent, used)
}

func separator(i int) string {
	if i == 0 {
		return "\n"
	}
	return ",\n"
}

func inlineJSON(value any) string {
	switch v := value.(type) {
	case []member:
		if len(v) == 0 {
			return "{}"
		}
		parts := make([]string, len(v))
		for i, m := range v {
			parts[i] = encodeText(m.key) + ": " + inlineJSON(m.value)
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = inlineJSON(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return encodeText(value)
}

func encodeText(value any) string { return document.Encode(value) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
