package jsonschema

import (
	"testing"
)

// The keywords unevaluatedProperties and unevaluatedItems are rewritten into
// others. On every small document, what they are rewritten into must judge as
// the validator does, which follows the specification's own account.
func TestUnevaluated(t *testing.T) {
	e := newEngine(t, Options{Draft: "2020-12"})
	for _, row := range []struct{ name, schema string }{
		{"beside properties", `{"properties": {"a": true}, "unevaluatedProperties": false}`},
		{"a schema for the rest", `{"properties": {"a": true}, "unevaluatedProperties": {"type": "integer"}}`},
		{"beside patternProperties", `{"patternProperties": {"^a": true}, "unevaluatedProperties": false}`},
		{"beside additionalProperties", `{"additionalProperties": {"type": "integer"}, "unevaluatedProperties": false}`},
		{"across allOf", `{"allOf": [{"properties": {"a": true}}, {"properties": {"b": true}}], "unevaluatedProperties": false}`},
		{"across a reference", `{"$ref": "#/$defs/a", "$defs": {"a": {"properties": {"a": true}}}, "unevaluatedProperties": false}`},
		{"across anyOf", `{"anyOf": [{"properties": {"a": true}, "required": ["a"]}, {"properties": {"b": {"type": "integer"}}, "required": ["b"]}], "unevaluatedProperties": false}`},
		{"across oneOf", `{"oneOf": [{"properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"properties": {"b": true}, "required": ["b"]}], "unevaluatedProperties": false}`},
		{"not evaluates nothing", `{"not": {"not": {"properties": {"a": true}}}, "unevaluatedProperties": false}`},
		{"across if and then", `{"if": {"properties": {"a": {"type": "integer"}}, "required": ["a"]}, "then": {"properties": {"b": true}}, "unevaluatedProperties": false}`},
		{"across if and else", `{"if": {"properties": {"a": {"type": "integer"}}, "required": ["a"]}, "else": {"properties": {"b": true}}, "unevaluatedProperties": false}`},
		{"if without then", `{"if": {"properties": {"a": {"type": "integer"}}}, "unevaluatedProperties": false}`},
		{"across dependentSchemas", `{"properties": {"a": true}, "dependentSchemas": {"a": {"properties": {"b": true}}}, "unevaluatedProperties": false}`},
		{"inside allOf sees only itself", `{"properties": {"a": true}, "allOf": [{"unevaluatedProperties": false}]}`},
		{"outside of an inner one", `{"allOf": [{"properties": {"a": true}, "unevaluatedProperties": {"type": "integer"}}], "unevaluatedProperties": false}`},
		{"nested", `{"properties": {"a": {"properties": {"a": true}, "unevaluatedProperties": false}}, "unevaluatedProperties": false}`},

		{"beside prefixItems", `{"prefixItems": [{"type": "integer"}], "unevaluatedItems": false}`},
		{"beside items", `{"items": {"type": "integer"}, "unevaluatedItems": false}`},
		{"a schema for the other items", `{"prefixItems": [true], "unevaluatedItems": {"type": "string"}}`},
		{"beside contains", `{"contains": {"type": "integer"}, "unevaluatedItems": {"type": "string"}}`},
		{"contains in allOf", `{"allOf": [{"contains": {"type": "integer"}}, {"contains": {"type": "string"}}], "unevaluatedItems": false}`},
		{"contains in anyOf", `{"anyOf": [{"contains": {"type": "integer"}}, {"prefixItems": [{"type": "string"}]}], "unevaluatedItems": false}`},
		{"items across oneOf", `{"oneOf": [{"prefixItems": [{"type": "integer"}]}, {"prefixItems": [{"type": "string"}, {"type": "integer"}]}], "unevaluatedItems": false}`},
		{"the longest prefix", `{"allOf": [{"prefixItems": [true]}, {"prefixItems": [true, {"type": "integer"}]}], "unevaluatedItems": false}`},
		{"items under a condition", `{"if": {"prefixItems": [{"type": "integer"}]}, "then": {"prefixItems": [true, true]}, "unevaluatedItems": false}`},
		{"items and properties at once", `{"anyOf": [{"prefixItems": [true]}, {"properties": {"a": true}}], "unevaluatedItems": false, "unevaluatedProperties": {"type": "integer"}}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, root := rootOf(t, e, row.schema)
			v := validatorOf(t, p)
			valid, invalid := 0, 0
			for _, value := range smallDocuments() {
				want := v.Validate(value) == nil
				if got := root.accepts(value); got != truthOf(want) {
					t.Errorf("the rewritten schema says %d of %s, the validator %v", got, keyOf(value), want)
				}
				if want {
					valid++
				} else {
					invalid++
				}
			}
			if valid == 0 || invalid == 0 {
				t.Errorf("%d documents are valid and %d are not: the row tells nothing apart", valid, invalid)
			}
		})
	}
}

// In draft 2019-09 contains evaluates nothing.
func TestUnevaluatedItemsIn2019(t *testing.T) {
	p, root := rootOf(t, newEngine(t, Options{}), `{"$schema": "https://json-schema.org/draft/2019-09/schema", "contains": {"type": "integer"}, "unevaluatedItems": {"type": "string"}}`)
	judgedAs(t, p, root, `[1, "a"]`, false)
	judgedAs(t, p, root, `{}`, true)
}

// smallDocuments are all objects over a, b and c and all lists of up to three
// items, of a few values.
func smallDocuments() []any {
	leaves := []any{nil, number("1"), "x", map[string]any{"a": number("1")}, map[string]any{"b": "x"}}
	documents := []any{nil, number("1"), []any{}, map[string]any{}}
	for a := range len(leaves) + 1 {
		for b := range len(leaves) + 1 {
			for c := range len(leaves) + 1 {
				object := map[string]any{}
				var list []any
				for i, choice := range []int{a, b, c} {
					if choice < len(leaves) {
						object[string(rune('a'+i))] = leaves[choice]
						list = append(list, leaves[choice])
					}
				}
				documents = append(documents, object, list)
			}
		}
	}
	return documents
}
