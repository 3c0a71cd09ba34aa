package scaffold

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/nexus-blueprint/nexus/report"
)

// shortTypes are the words for the type of a field.
var shortTypes = map[string]map[string]any{
	"string":    {"type": "string"},
	"int":       {"type": "integer"},
	"number":    {"type": "number"},
	"bool":      {"type": "boolean"},
	"uuid":      {"type": "string", "format": "uuid"},
	"email":     {"type": "string", "format": "email", "maxLength": json.Number("254")},
	"uri":       {"type": "string", "format": "uri"},
	"date":      {"type": "string", "format": "date"},
	"date-time": {"type": "string", "format": "date-time"},
}

// shortTypeNames lists the words for a person.
const shortTypeNames = "string, int, number, bool, uuid, email, uri, date, date-time, enum(a|b), or T[] for a list, and T? for an optional one"

// A typeError is a text that is no type of a field.
type typeError struct {
	message, hint string
}

func (e *typeError) Error() string { return e.message }

// parseFieldType reads the short form of a field's type, such as uuid, string[] or
// enum(open|closed)?.
func parseFieldType(text string) (schema map[string]any, optional bool, err error) {
	word, optional := strings.CutSuffix(text, "?")
	schema, err = parseValueType(word, text)
	return schema, optional, err
}

func parseValueType(word, whole string) (map[string]any, error) {
	if items, ok := strings.CutSuffix(word, "[]"); ok {
		schema, err := parseValueType(items, whole)
		if err != nil {
			return nil, err
		}
		return map[string]any{"type": "array", "items": schema}, nil
	}
	if values, ok := strings.CutPrefix(word, "enum("); ok {
		return parseEnum(values, whole)
	}
	if schema, ok := shortTypes[word]; ok {
		return maps.Clone(schema), nil
	}
	e := &typeError{message: fmt.Sprintf("there is no type %q", whole), hint: "the types are " + shortTypeNames}
	switch near := report.Nearest(word, slices.Collect(maps.Keys(shortTypes))); {
	case word == "":
		e.message = "the type is missing"
	case strings.HasSuffix(word, "?"):
		e.message = fmt.Sprintf("the elements of a list cannot be optional: %q", whole)
		e.hint = "write " + strings.ReplaceAll(word, "?", "") + "[]? for a list that may be absent"
	case near != "":
		e.hint = "did you mean " + near + "? " + e.hint
	}
	return nil, e
}

func parseEnum(values, whole string) (map[string]any, error) {
	inner, ok := strings.CutSuffix(values, ")")
	switch {
	case !ok && strings.Contains(values, ")"):
		return nil, &typeError{fmt.Sprintf("there is more behind the closing bracket of %q", whole), "write enum(a|b), and a comma before the next field"}
	case !ok:
		return nil, &typeError{fmt.Sprintf("%q has no closing bracket", whole), "write enum(a|b)"}
	}
	var enum []any
	for word := range strings.SplitSeq(inner, "|") {
		switch {
		case word == "" || word != strings.TrimSpace(word) || !plainWord(word):
			return nil, &typeError{fmt.Sprintf("%q is no value of an enum in %s", word, whole), "write letters, digits and - _ . : / + between |; a JSON Schema in domain.yaml takes any other value"}
		case slices.Contains(enum, any(word)):
			return nil, &typeError{fmt.Sprintf("%s has %s twice", whole, word), "leave one out"}
		}
		enum = append(enum, word)
	}
	return map[string]any{"type": "string", "enum": enum}, nil
}

// plainWord reports whether a value of an enum needs no quotes in any of the short
// forms.
func plainWord(word string) bool {
	for _, r := range word {
		if !isLetterOrDigit(r) && !strings.ContainsRune("-_.:/+ ", r) {
			return false
		}
	}
	return word != "" && utf8.ValidString(word) && strings.TrimSpace(word) == word
}

// shortFieldType is the short form of a field's type, if it has one.
func shortFieldType(f Field) (string, bool) {
	word, ok := shortValueType(f.Schema)
	if ok && f.Optional {
		word += "?"
	}
	return word, ok
}

func shortValueType(schema map[string]any) (string, bool) {
	for _, name := range slices.Sorted(maps.Keys(shortTypes)) {
		if reflect.DeepEqual(schema, shortTypes[name]) {
			return name, true
		}
	}
	if items, ok := schema["items"].(map[string]any); ok && schema["type"] == "array" && len(schema) == 2 {
		word, ok := shortValueType(items)
		return word + "[]", ok
	}
	values, ok := schema["enum"].([]any)
	if !ok || schema["type"] != "string" || len(schema) != 2 || len(values) == 0 {
		return "", false
	}
	words := make([]string, len(values))
	for i, v := range values {
		word, isText := v.(string)
		if !isText || !plainWord(word) || slices.Contains(words[:i], word) {
			return "", false
		}
		words[i] = word
	}
	return "enum(" + strings.Join(words, "|") + ")", true
}
