package jsonschema

import "testing"

// Two schemas of one class accept the same documents; the solver and the list of
// changes rest on it. That two schemas differ in class proves nothing.
func TestClasses(t *testing.T) {
	list := func(item string) string {
		return `{"$ref": "#/definitions/list", "definitions": {"list": {"type": "object", "properties": {"value": ` + item + `, "next": {"$ref": "#/definitions/list"}}}}}`
	}
	for _, row := range []struct {
		name string
		a, b string
		same bool
	}{
		{"the order of members", `{"type": "object", "required": ["a", "b"]}`, `{"required": ["b", "a", "b"], "type": "object"}`, true},
		{"words that decide nothing", `{"type": "string", "title": "a"}`, `{"description": "b", "type": ["string"]}`, true},
		{"numbers by value", `{"minimum": 1.0}`, `{"minimum": 1}`, true},
		{"const and enum", `{"const": 1}`, `{"enum": [1]}`, true},
		{"integer among numbers", `{"type": ["integer", "number"]}`, `{"type": "number"}`, true},
		{"a reference and what it names", `{"$ref": "#/definitions/a", "definitions": {"a": {"type": "null"}}}`, `{"type": "null"}`, true},
		{"the order of alternatives", `{"anyOf": [{"type": "null"}, {"type": "string"}]}`, `{"anyOf": [{"type": "string"}, {"type": "null"}]}`, true},
		{"a repeated member of anyOf", `{"anyOf": [{"type": "null"}, {"type": "null"}, {"minimum": 1}]}`, `{"anyOf": [{"minimum": 1}, {"type": "null"}]}`, true},
		{"a repeated member of oneOf", `{"oneOf": [{"type": "null"}, {"type": "null"}]}`, `{"oneOf": [{"type": "null"}]}`, false},
		{"true and an empty schema", `{"properties": {"a": true}}`, `{"properties": {"a": {}}}`, true},
		{"drafts", `{"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 0, "exclusiveMinimum": true}`, `{"exclusiveMinimum": 0}`, true},
		{"tuples of two drafts", `{"items": [{"type": "null"}], "additionalItems": false}`, `{"$schema": "https://json-schema.org/draft/2020-12/schema", "prefixItems": [{"type": "null"}], "items": false}`, true},
		{"recursion", list(`{"type": "string"}`), list(`{"type": "string"}`), true},
		{"recursion, unrolled once", list(`{"type": "string"}`), `{"$ref": "#/definitions/a", "definitions": {"a": {"type": "object", "properties": {"value": {"type": "string"}, "next": {"$ref": "#/definitions/b"}}}, "b": {"type": "object", "properties": {"value": {"type": "string"}, "next": {"$ref": "#/definitions/a"}}}}}`, true},
		{"recursion over something else", list(`{"type": "string"}`), list(`{"type": "null"}`), false},
		{"other limits", `{"minLength": 1}`, `{"minItems": 1}`, false},
		{"an exclusive limit", `{"minimum": 1}`, `{"exclusiveMinimum": 1}`, false},
		{"other names", `{"required": ["a"]}`, `{"required": ["b"]}`, false},
		{"other patterns", `{"pattern": "a"}`, `{"pattern": "b"}`, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := newEngine(t, Options{})
			_, a := rootOf(t, e, row.a)
			_, b := rootOf(t, e, row.b)
			classify(a, b)
			if same := a.class == b.class; same != row.same {
				t.Errorf("one class: %v, want %v", same, row.same)
			}
		})
	}
}
