package jsonschema

import (
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/document"
)

// Documents that one draft accepts and another does not. Both the normalised
// schema and the validator are asked, and must say the same.
func TestDraftsDiffer(t *testing.T) {
	const (
		d4, d6, d7, d2019, d2020 = draft4, draft6, draft7, draft2019, draft2020
	)
	for _, row := range []struct {
		name   string
		draft  draft
		schema string // without its $schema
		valid  []string
		not    []string
	}{
		{"nothing counts beside $ref up to draft 7", d7, `"properties": {"a": {"$ref": "#/definitions/s", "minLength": 2}}, "definitions": {"s": {"type": "string"}}`, []string{`{"a": ""}`}, []string{`{"a": 1}`}},
		{"since 2019-09 it counts", d2019, `"properties": {"a": {"$ref": "#/$defs/s", "minLength": 2}}, "$defs": {"s": {"type": "string"}}`, []string{`{"a": "ab"}`}, []string{`{"a": ""}`, `{"a": 1}`}},

		{"a flag beside the limit", d4, `"minimum": 1, "exclusiveMinimum": true`, []string{`2`}, []string{`1`}},
		{"a flag that is off", d4, `"maximum": 1, "exclusiveMaximum": false`, []string{`1`}, []string{`2`}},
		{"a flag without a limit", d4, `"exclusiveMinimum": true`, []string{`-1`}, nil},
		{"a limit of its own", d6, `"minimum": 0, "exclusiveMinimum": 1`, []string{`2`}, []string{`1`}},
		{"the tighter of two limits", d6, `"minimum": 2, "exclusiveMinimum": 1`, []string{`2`}, []string{`1.5`}},

		{"const is unknown to draft 4", d4, `"const": 1`, []string{`1`, `2`}, nil},
		{"const", d6, `"const": 1`, []string{`1`, `1.0`}, []string{`2`, `true`}},
		{"if is unknown to draft 6", d6, `"if": {}, "then": false`, []string{`1`}, nil},
		{"if", d7, `"if": {"type": "string"}, "then": {"minLength": 1}`, []string{`1`, `"a"`}, []string{`""`}},
		{"contains is unknown to draft 4", d4, `"contains": {"type": "string"}`, []string{`[]`}, nil},
		{"contains", d6, `"contains": {"type": "string"}`, []string{`["a", 1]`}, []string{`[]`, `[1]`}},
		{"minContains is unknown to draft 7", d7, `"contains": {"type": "string"}, "minContains": 2`, []string{`["a"]`}, nil},
		{"minContains", d2019, `"contains": {"type": "string"}, "minContains": 2`, []string{`["a", "b"]`}, []string{`["a"]`}},
		{"contains that nothing need match", d2019, `"contains": {"type": "string"}, "minContains": 0, "maxContains": 1`, []string{`[]`, `["a"]`}, []string{`["a", "b"]`}},
		{"propertyNames is unknown to draft 4", d4, `"propertyNames": {"maxLength": 1}`, []string{`{"ab": 1}`}, nil},
		{"propertyNames", d6, `"propertyNames": {"maxLength": 1}`, []string{`{"a": 1}`}, []string{`{"ab": 1}`}},

		{"a tuple up to 2019-09", d2019, `"items": [{"type": "string"}], "additionalItems": {"type": "integer"}`, []string{`[]`, `["a", 1]`}, []string{`["a", "b"]`, `[1]`}},
		{"a tuple since 2020-12", d2020, `"prefixItems": [{"type": "string"}], "items": {"type": "integer"}`, []string{`[]`, `["a", 1]`}, []string{`["a", "b"]`, `[1]`}},
		{"additionalItems without a tuple", d7, `"items": {"type": "string"}, "additionalItems": false`, []string{`["a", "b"]`}, nil},
		{"a tuple of nothing", d7, `"items": [], "additionalItems": {"type": "string"}`, []string{`[]`, `["a"]`}, []string{`[1]`}},
		{"additionalItems is unknown to 2020-12", d2020, `"prefixItems": [{}], "additionalItems": false`, []string{`[1, 2]`}, nil},

		{"dependencies on names", d4, `"dependencies": {"a": ["b"]}`, []string{`{"b": 1}`, `{"a": 1, "b": 1}`, `1`}, []string{`{"a": 1}`}},
		{"dependencies on a schema", d7, `"dependencies": {"a": {"maxProperties": 1}}`, []string{`{"a": 1}`, `{"b": 1, "c": 1}`}, []string{`{"a": 1, "b": 1}`}},
		{"dependentRequired", d2019, `"dependentRequired": {"a": ["b"]}`, []string{`{"a": 1, "b": 1}`}, []string{`{"a": 1}`}},
		{"dependentRequired is unknown to draft 7", d7, `"dependentRequired": {"a": ["b"]}`, []string{`{"a": 1}`}, nil},

		{"id of draft 4 names a schema", d4, `"id": "https://shop.example/order", "properties": {"a": {"$ref": "money"}}, "definitions": {"m": {"id": "money", "type": "integer"}}`, []string{`{"a": 1}`}, []string{`{"a": "x"}`}},
		{"id of draft 4 with a fragment is an anchor", d4, `"properties": {"a": {"$ref": "#money"}}, "definitions": {"m": {"id": "#money", "type": "integer"}}`, []string{`{"a": 1}`}, []string{`{"a": "x"}`}},
		{"id is a plain word since draft 6", d6, `"properties": {"id": {"type": "integer"}}, "id": "#other"`, []string{`{"id": 1}`}, []string{`{"id": "x"}`}},
		{"$anchor", d2019, `"properties": {"a": {"$ref": "#money"}}, "$defs": {"m": {"$anchor": "money", "type": "integer"}}`, []string{`{"a": 1}`}, []string{`{"a": "x"}`}},

		{"an integer may be written with a fraction of zero", d6, `"type": "integer"`, []string{`1`, `1.0`, `1e2`}, []string{`1.5`}},
		{"$recursiveRef to the schema itself", d2019, `"$recursiveAnchor": true, "type": "object", "properties": {"then": {"$recursiveRef": "#"}}, "additionalProperties": false`, []string{`{}`, `{"then": {"then": {}}}`}, []string{`{"then": {"else": {}}}`, `{"then": 1}`}},
		{
			"$recursiveRef to the outermost", d2019,
			`"$id": "https://shop.example/strict", "$recursiveAnchor": true, "$ref": "tree", "unevaluatedProperties": false,
			 "$defs": {"tree": {"$id": "tree", "$recursiveAnchor": true, "type": "object", "properties": {"child": {"$recursiveRef": "#"}}}}`,
			[]string{`{"child": {"child": {}}}`}, []string{`{"chidl": {}}`, `{"child": {"chidl": {}}}`},
		},
		{
			"$recursiveRef without an anchor at the target", d2019,
			`"$id": "https://shop.example/strict", "$recursiveAnchor": true, "$ref": "tree", "unevaluatedProperties": false,
			 "$defs": {"tree": {"$id": "tree", "type": "object", "properties": {"child": {"$recursiveRef": "#"}}}}`,
			[]string{`{"child": {"chidl": {}}}`}, []string{`{"chidl": {}}`},
		},
		{
			"$dynamicRef to the outermost", d2020,
			`"$id": "https://shop.example/strict", "$dynamicAnchor": "node", "$ref": "tree", "unevaluatedProperties": false,
			 "$defs": {"tree": {"$id": "tree", "$dynamicAnchor": "node", "type": "object", "properties": {"child": {"$dynamicRef": "#node"}}}}`,
			[]string{`{"child": {"child": {}}}`}, []string{`{"chidl": {}}`, `{"child": {"chidl": {}}}`},
		},
		{
			"$dynamicRef to a plain anchor is a $ref", d2020,
			`"$id": "https://shop.example/strings", "$ref": "list", "$defs": {
			 "item": {"$dynamicAnchor": "item", "type": "string"},
			 "list": {"$id": "list", "type": "array", "items": {"$dynamicRef": "#item"}, "$defs": {"item": {"$anchor": "item"}}}}`,
			[]string{`[1]`, `["a"]`}, []string{`1`},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, root := rootOf(t, newEngine(t, Options{}), "{"+schemaURI(row.draft)+", "+row.schema+"}")
			for _, text := range row.valid {
				judgedAs(t, p, root, text, true)
			}
			for _, text := range row.not {
				judgedAs(t, p, root, text, false)
			}
		})
	}
}

// judgedAs asks the normalised schema and the validator about a document.
func judgedAs(t *testing.T, p *parsed, root *node, text string, want bool) {
	t.Helper()
	doc, err := document.Parse("document.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := root.accepts(doc.Value()); got != truthOf(want) {
		t.Errorf("the normalised schema says %d of %s, want %d", got, text, truthOf(want))
	}
	if err := validatorOf(t, p).Validate(doc.Value()); (err == nil) != want {
		t.Errorf("the validator says %v of %s, want valid: %v", err, text, want)
	}
}

func TestDraftNames(t *testing.T) {
	for _, d := range []draft{draft4, draft6, draft7, draft2019, draft2020} {
		if got, ok := draftOf(d.metaURI()); !ok || got != d {
			t.Errorf("%s is read as draft %s", d.metaURI(), got)
		}
		if got, err := parseDraft(d.String()); err != nil || got != d {
			t.Errorf("draft %s is read as %s: %v", d, got, err)
		}
	}
	for _, uri := range []string{"http://json-schema.org/draft-07/schema", "https://json-schema.org/draft-07/schema#"} {
		if !IsMetaSchema(uri) {
			t.Errorf("%s is not recognised", uri)
		}
	}
	if IsMetaSchema("https://shop.example/order") {
		t.Error("any URI is taken for a meta-schema")
	}
	if _, err := parseDraft("8"); err == nil || !strings.Contains(err.Error(), "2020-12") {
		t.Errorf("the error for an unknown draft does not list the known ones: %v", err)
	}
}
