package jsonschema

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/schema"
)

func schemaURI(d draft) string { return fmt.Sprintf("%q: %q", "$schema", d.metaURI()) }

// A malformed schema gets one line that says what is wrong, at the place where
// it is wrong, and a hint where another draft has another form.
func TestMalformedSchemas(t *testing.T) {
	in := func(d draft, rest string) string { return "{" + schemaURI(d) + ",\n" + rest + "}" }
	for _, row := range []struct {
		name    string
		text    string
		place   string // line:column
		code    string
		message string
		hint    string
	}{
		{"not a schema", `[1]`, "1:1", "malformed-schema", "a schema must be an object or a boolean, not a list", ""},
		{"a text", `"string"`, "1:1", "malformed-schema", "a schema must be an object or a boolean, not a string", ""},
		{"null below", "{\"properties\": {\n\"a\": null}}", "2:6", "malformed-schema", "a schema must be an object or a boolean, not null", ""},
		{"unknown draft", `{"$schema": "http://json-schema.org/draft-99/schema#"}`, "1:13", "unknown-draft", `unknown draft "http://json-schema.org/draft-99/schema#"`, "2020-12"},
		{"$schema is null", `{"$schema": null}`, "1:13", "malformed-schema", "$schema must be a string", ""},
		{"$schema is no text", `{"$schema": 7}`, "1:13", "malformed-schema", "$schema must be a string", ""},

		{"unknown type", `{"type": "strnig"}`, "1:10", "malformed-schema", `unknown type "strnig"`, "null, boolean, integer"},
		{"one unknown type of several", `{"type": ["string", "any"]}`, "1:21", "malformed-schema", `unknown type "any"`, "string"},
		{"a type that is no name", `{"type": 1}`, "1:10", "malformed-schema", "type must be a type's name or a list of them, not a number", ""},
		{"no type at all", `{"type": []}`, "1:10", "malformed-schema", "type must name at least one type", ""},

		{"enum is no list", `{"enum": "a"}`, "1:10", "malformed-schema", "enum must be a list, not a string", ""},
		{"a limit that is no number", `{"minimum": "1"}`, "1:13", "malformed-schema", "minimum must be a number, not a string", ""},
		{"a step of zero", `{"multipleOf": 0}`, "1:16", "malformed-schema", "multipleOf must be greater than zero", ""},
		{"an exponent beyond reason", `{"maximum": 1e9999}`, "1:13", "malformed-schema", "maximum has an exponent beyond 4096", ""},
		{"a count below zero", `{"minLength": -1}`, "1:15", "malformed-schema", "minLength must be a non-negative integer, not a number", ""},
		{"a count with a fraction", `{"maxItems": 1.5}`, "1:14", "malformed-schema", "maxItems must be a non-negative integer, not a number", ""},
		{"a flag that is no flag", `{"uniqueItems": "yes"}`, "1:17", "malformed-schema", "uniqueItems must be a boolean, not a string", ""},
		{"a pattern that is no text", `{"pattern": 1}`, "1:13", "malformed-schema", "pattern must be a string, not a number", ""},

		{"required as in draft 3", `{"properties": {"a": {"required": true}}}`, "1:35", "malformed-schema", "required must be a list of strings, not a boolean", "draft 3"},
		{"required with a number", `{"required": [1]}`, "1:14", "malformed-schema", "required must be a list of strings, not a list", ""},
		{"properties as a list", `{"properties": []}`, "1:16", "malformed-schema", "properties must be an object of schemas, not a list", ""},
		{"a dependency that is no list", in(draft2020, `"dependentRequired": {"card": "expiry"}`), "2:31", "malformed-schema", `dependentRequired of "card" must be a list of property names`, ""},
		{"a dependency on a number", `{"dependencies": {"card": [1]}}`, "1:27", "malformed-schema", `dependencies of "card" must be a list of property names`, ""},
		{"allOf as one schema", `{"allOf": {"type": "object"}}`, "1:11", "malformed-schema", "allOf must be a list of schemas, not an object", ""},
		{"an empty anyOf", `{"anyOf": []}`, "1:11", "malformed-schema", "anyOf must list at least one schema", ""},
		{"not is no schema", `{"not": "string"}`, "1:9", "malformed-schema", "not must be a schema, not a string", ""},

		{"a tuple in draft 2020-12", in(draft2020, `"items": [{}]`), "2:10", "malformed-schema", "items must be a schema, not a list", "prefixItems"},
		{"prefixItems as one schema", in(draft2020, `"prefixItems": {}`), "2:16", "malformed-schema", "prefixItems must be a list of schemas, not an object", "items"},
		{"draft 4's exclusiveMinimum in draft 7", in(draft7, `"minimum": 0, "exclusiveMinimum": true`), "2:35", "malformed-schema", "exclusiveMinimum must be a number, not a boolean", "draft 4"},
		{"draft 7's exclusiveMinimum in draft 4", in(draft4, `"exclusiveMinimum": 0`), "2:21", "malformed-schema", "exclusiveMinimum must be a boolean, not a number", "draft 6"},
		{"a boolean schema in draft 4", in(draft4, `"properties": {"a": {"not": true}}`), "2:29", "malformed-schema", "not must be an object, not a boolean", "draft 6"},

		{"a dangling pointer", `{"$ref": "#/definitions/nobody"}`, "1:10", "unresolved-reference", `$ref "#/definitions/nobody" points to nothing`, ""},
		{"an unknown anchor", in(draft2020, `"$ref": "#nobody"`), "2:9", "unresolved-reference", `no anchor "nobody"`, ""},
		{"a missing file", `{"$ref": "missing.json"}`, "1:10", "unresolved-reference", `no file "missing.json"`, "relative to the file"},
		{"a remote schema", `{"$ref": "https://shop.example/a.json"}`, "1:10", "unresolved-reference", "would be fetched from shop.example", "--allow-remote shop.example"},
		{"a reference to a number", `{"$ref": "#/definitions/a/minimum", "definitions": {"a": {"minimum": 1}}}`, "1:10", "unresolved-reference", "names a number, not a schema", ""},
		{"a reference that is no URI", `{"$ref": "%zz"}`, "1:10", "malformed-schema", `$ref "%zz" is not a URI reference`, ""},
		{"an anchor that is no name", in(draft2020, `"$anchor": "1st item"`), "2:12", "malformed-schema", `$anchor "1st item" must be a letter`, ""},
		{"an identifier that is no URI", `{"$id": "http://[::1"}`, "1:9", "malformed-schema", "is not a URI reference", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := newEngine(t, Options{}).Parse(named("orders/OrderPlaced.schema.json", []byte(row.text)))
			var input *compat.InputError
			if !errors.As(err, &input) {
				t.Fatalf("the error is %v, want an *InputError", err)
			}
			if got := fmt.Sprintf("%d:%d", input.Location.Line, input.Location.Column); got != row.place || input.Location.File != "orders/OrderPlaced.schema.json" {
				t.Errorf("the place is %s:%s, want %s", input.Location.File, got, row.place)
			}
			if input.Code != row.code || !strings.Contains(input.Message, row.message) {
				t.Errorf("the error is %s: %s, want %s: %s", input.Code, input.Message, row.code, row.message)
			}
			if hints := strings.Join(input.Hints, " "); !strings.Contains(hints, row.hint) || row.hint == "" && hints != "" && row.code == "malformed-schema" {
				t.Errorf("the hints are %q, want %q", hints, row.hint)
			}
			if strings.Contains(input.Message, "\n") {
				t.Errorf("the message takes several lines: %q", input.Message)
			}
		})
	}
}

// references resolves the files that a test's schema may refer to.
func references(files map[string]string, asked *[]string) func(string) (string, []byte, error) {
	return func(name string) (string, []byte, error) {
		*asked = append(*asked, name)
		if text, ok := files[name]; ok {
			return "orders/" + name, []byte(text), nil
		}
		return "", nil, fs.ErrNotExist
	}
}

func TestReferences(t *testing.T) {
	integer := `{"type": "integer"}`
	for _, row := range []struct {
		name  string
		text  string
		files map[string]string
		named []schema.Reference
		asked []string
	}{
		{name: "a file beside", text: `{"$ref": "money.json"}`, files: map[string]string{"money.json": integer}, asked: []string{"money.json"}},
		{name: "a file in another folder", text: `{"$ref": "../shared/money.json"}`, files: map[string]string{"../shared/money.json": integer}, asked: []string{"../shared/money.json"}},
		{name: "a part of a file", text: `{"$ref": "defs.json#/definitions/money"}`, files: map[string]string{"defs.json": `{"definitions": {"money": {"type": "integer"}}}`}, asked: []string{"defs.json"}},
		{name: "a file that refers back", text: `{"$ref": "a.json", "definitions": {"n": {"type": "integer"}}}`, files: map[string]string{"a.json": `{"$ref": "OrderPlaced.schema.json#/definitions/n"}`}, asked: []string{"a.json"}},
		{name: "files that refer to each other", text: `{"$ref": "a.json"}`, files: map[string]string{"a.json": `{"$ref": "b.json#/definitions/n"}`, "b.json": `{"definitions": {"n": {"type": "integer"}, "m": {"$ref": "a.json"}}}`}, asked: []string{"a.json", "b.json"}},
		{name: "a name of the registry", text: `{"$ref": "Money"}`, named: []schema.Reference{{Name: "Money", File: "Money", Text: []byte(integer)}}},
		{name: "an identifier within", text: `{"$id": "https://shop.example/order", "allOf": [{"$ref": "money"}], "definitions": {"m": {"$id": "https://shop.example/money", "type": "integer"}}}`},
		{name: "identifiers that net/url writes in another way", text: `{"$id": "HTTPS://shop.example/new order", "allOf": [{"$ref": "#/definitions/m"}, {"$ref": "https://shop.example/new order#/definitions/m"}], "definitions": {"m": {"$id": "https://shop.example/Geld für alle", "type": "integer"}}}`},
		{name: "a keyword that is none", text: `{"$ref": "#/shared/money", "shared": {"money": {"type": "integer"}}}`},
		{name: "an escaped pointer", text: `{"$ref": "#/definitions/a~1b%20c", "definitions": {"a/b c": {"type": "integer"}}}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			var asked []string
			s := named("orders/OrderPlaced.schema.json", []byte(row.text))
			s.Resolve, s.References = references(row.files, &asked), row.named
			p := mustParse(t, newEngine(t, Options{}), s)
			if diff := cmp.Diff(row.asked, asked); diff != "" {
				t.Errorf("other files were asked for (-want +got):\n%s", diff)
			}
			assertIntegersOnly(t, p)
		})
	}
}

func number(text string) json.Number { return json.Number(text) }

func assertIntegersOnly(t *testing.T, p compat.Parsed) {
	t.Helper()
	v := validatorOf(t, p)
	if err := v.Validate(number("1")); err != nil {
		t.Errorf("1 is refused: %v", err)
	}
	if v.Validate("x") == nil {
		t.Error("a text is accepted")
	}
	root := p.(*parsed).graph
	if root.accepts(number("1")) != yes || root.accepts("x") != no {
		t.Error("the normalised schema judges otherwise than the validator")
	}
}

func TestRemoteReferences(t *testing.T) {
	get := func(uri string) ([]byte, error) {
		if uri != "https://shop.example/money.json" {
			return nil, errors.New("not found")
		}
		return []byte(`{"type": "integer"}`), nil
	}
	e := newEngine(t, Options{RemoteHosts: []string{"shop.example"}, Get: get})
	assertIntegersOnly(t, parseText(t, e, `{"$ref": "https://shop.example/money.json"}`))
	for _, uri := range []string{"https://shop.example/other.json", "https://elsewhere.example/money.json"} {
		_, err := e.Parse(named("a.schema.json", []byte(`{"$ref": "`+uri+`"}`)))
		var input *compat.InputError
		if !errors.As(err, &input) || input.Code != "unresolved-reference" {
			t.Errorf("%s: the error is %v, want an unresolved reference", uri, err)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []Options{{Draft: "5"}, {Draft: "latest"}, {Formats: "maybe"}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
	for _, name := range append([]string{"draft-07", "draft7", "2020", "2019", ""}, DraftNames...) {
		if _, err := New(Options{Draft: name}); err != nil {
			t.Errorf("draft %q is refused: %v", name, err)
		}
	}
}
