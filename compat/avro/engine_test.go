package avro

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/schema"
)

var (
	_ compat.Engine   = (*Engine)(nil)
	_ compat.Emulator = (*Engine)(nil)
)

// A malformed schema is one error that says where, what and, where it helps,
// what to try.
func TestMalformed(t *testing.T) {
	record := func(fields string) string {
		return "{\n\"type\": \"record\", \"name\": \"Order\",\n\"fields\": [\n" + fields + "\n]}"
	}
	tests := []struct{ name, text, want string }{
		{"no JSON", `{"type": "record",`, "Order.avsc:1:19: "},
		{"empty", ``, "Order.avsc:1:1: "},
		{"a key twice", "{\"type\": \"int\",\n\"type\": \"long\"}", "Order.avsc:2:1: "},
		{"a number", `5`, "Order.avsc:1:1: a schema is a name, an object or a list, not 5"},
		{"no type", `{}`, `Order.avsc:1:1: the schema has no "type"`},
		{"unknown type", record(`{"name": "a", "type": "com.shop.Address"}`), `Order.avsc:4:23: the type "com.shop.Address" is not declared`},
		{"used before it is declared", record("{\"name\": \"a\", \"type\": \"E\"},\n{\"name\": \"b\", \"type\": {\"type\": \"enum\", \"name\": \"E\", \"symbols\": [\"X\"]}}"), `Order.avsc:4:23: the type "E" is not declared`},
		{"complex type by name", record(`{"name": "a", "type": "enum", "symbols": ["X"]}`), `Order.avsc:4:23: the type "enum" is not declared`},
		{"record without a name", `{"type": "record", "fields": []}`, `Order.avsc:1:1: the record has no "name"`},
		{"record without fields", `{"type": "record", "name": "Order"}`, `Order.avsc:1:1: the record Order has no list of "fields"`},
		{"a field that is no object", record(`"a"`), `Order.avsc:4:1: a field is an object, not "a"`},
		{"field without a name", record(`{"type": "int"}`), `Order.avsc:4:1: the field has no "name"`},
		{"field without a type", record(`{"name": "a"}`), `Order.avsc:4:1: the field "a" has no "type"`},
		{"field twice", record("{\"name\": \"a\", \"type\": \"int\"},\n{\"name\": \"a\", \"type\": \"long\"}"), `Order.avsc:5:10: the record Order has two fields "a"`},
		{"illegal field name", record(`{"name": "my-field", "type": "int"}`), `Order.avsc:4:10: "my-field" is no name for a field`},
		{"illegal record name", `{"type": "record", "name": "my-event", "fields": []}`, `Order.avsc:1:28: "my-event" is no name`},
		{"illegal namespace", `{"type": "record", "name": "Order", "namespace": "com..shop", "fields": []}`, `Order.avsc:1:50: "com..shop" is no namespace`},
		{"illegal alias", `{"type": "record", "name": "Order", "aliases": ["1"], "fields": []}`, `Order.avsc:1:49: the alias "1" is no name`},
		{"aliases that are no list", `{"type": "record", "name": "Order", "aliases": "Old", "fields": []}`, `Order.avsc:1:48: "aliases" must be a list of strings`},
		{"alias of another field", record("{\"name\": \"a\", \"type\": \"int\"},\n{\"name\": \"b\", \"type\": \"int\", \"aliases\": [\"a\"]}"), `Order.avsc:5:41: the alias "a" of field "b" is also field "a"'s`},
		{"primitive name", `{"type": "record", "name": "string", "fields": []}`, `Order.avsc:1:28: "string" is the name of a primitive type`},
		{"defined twice", record("{\"name\": \"a\", \"type\": {\"type\": \"fixed\", \"name\": \"F\", \"size\": 1}},\n{\"name\": \"b\", \"type\": {\"type\": \"fixed\", \"name\": \"F\", \"size\": 2}}"), `Order.avsc:5:49: F is defined twice, first in line 4 of Order.avsc`},
		{"enum without symbols", `{"type": "enum", "name": "E"}`, `Order.avsc:1:1: the enum E has no list of "symbols"`},
		{"symbol twice", `{"type": "enum", "name": "E", "symbols": ["A", "A"]}`, `Order.avsc:1:48: the enum E has the symbol "A" twice`},
		{"illegal symbol", `{"type": "enum", "name": "E", "symbols": ["A B"]}`, `Order.avsc:1:43: "A B" is no symbol`},
		{"unknown enum default", `{"type": "enum", "name": "E", "symbols": ["A"], "default": "B"}`, `Order.avsc:1:60: the default "B" is no symbol of the enum E`},
		{"fixed without a size", `{"type": "fixed", "name": "F"}`, `Order.avsc:1:1: the fixed F needs a "size" of 0 or more bytes`},
		{"fixed of a negative size", `{"type": "fixed", "name": "F", "size": -1}`, `Order.avsc:1:40: the fixed F needs a "size"`},
		{"fixed of a size that is no integer", `{"type": "fixed", "name": "F", "size": 1.5}`, `Order.avsc:1:40: the fixed F needs a "size"`},
		{"fixed of more bytes than any", `{"type": "fixed", "name": "F", "size": 99999999999999}`, `Order.avsc:1:40: the size of the fixed F is too large: 99999999999999`},
		{"fixed of a size beyond all integers", `{"type": "fixed", "name": "F", "size": 99999999999999999999}`, `Order.avsc:1:40: the size of the fixed F is too large: 99999999999999999999`},
		{"array without items", `{"type": "array"}`, `Order.avsc:1:1: the array has no "items"`},
		{"map without values", `{"type": "map"}`, `Order.avsc:1:1: the map has no "values"`},
		{"union in a union", `["int", ["string"]]`, "Order.avsc:1:9: a union cannot hold a union"},
		{"branch twice", `["int", "int"]`, "Order.avsc:1:9: the union holds int twice"},
		{"default of another type", record(`{"name": "a", "type": "int", "default": "x"}`), `Order.avsc:4:41: the default "x" of field "a" does not fit its type: "x" is not an integer of 32 bits`},
		{"default out of range", record(`{"name": "a", "type": "int", "default": 2147483648}`), "is not an integer of 32 bits"},
		{"default of no branch", record(`{"name": "a", "type": ["int", "string"], "default": null}`), "null is not any branch of [int, string]"},
		{"default inside", record(`{"name": "a", "type": {"type": "array", "items": "int"}, "default": [1, "x"]}`), `/1: "x" is not an integer`},
		{"default of a record", record(`{"name": "a", "type": {"type": "record", "name": "R", "fields": [{"name": "x", "type": "int"}]}, "default": {}}`), `the field "x" is missing and has no default`},
		{"default of a fixed", record(`{"name": "a", "type": {"type": "fixed", "name": "F", "size": 2}, "default": "x"}`), `"x" is not a string of 2 bytes`},
		{"too deep", strings.Repeat(`{"type": "array", "items": `, 600) + `"int"` + strings.Repeat("}", 600), "Order.avsc:1:"},
	}
	e := newEngine(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := e.Parse(written(test.text))
			var input *compat.InputError
			if !errors.As(err, &input) {
				t.Fatalf("got %v, want an *InputError", err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %s\nwant %s", err, test.want)
			}
			if input.Location.Line < 1 || input.Code == "" {
				t.Errorf("the error has no line or no code: %+v", input)
			}
		})
	}
}

// The hints speak of Avro, though JSON Schema's documents are read by the same
// parser.
func TestHintsOfDocuments(t *testing.T) {
	e := newEngine(t)
	for text, want := range map[string]string{
		"": `such as "string"`,
		strings.Repeat(`{"type": "array", "items": `, 600) + `"int"` + strings.Repeat("}", 600): "refer to them by name",
		`{"type": "int",}`: "remove the comma",
	} {
		_, err := e.Parse(written(text))
		var input *compat.InputError
		if !errors.As(err, &input) || len(input.Hints) != 1 || !strings.Contains(input.Hints[0], want) {
			t.Errorf("%.20q: got %+v, want a hint with %q", text, err, want)
		}
	}
}

// What the specification allows, or tells readers to ignore, is read.
func TestTolerated(t *testing.T) {
	e := newEngine(t)
	for name, text := range map[string]string{
		"byte order mark":       "\ufeff\"int\"",
		"empty union":           `[]`,
		"error as a record":     `{"type": "error", "name": "E", "fields": []}`,
		"wrapped type":          `{"type": {"type": "array", "items": {"type": ["null", "int"]}}}`,
		"unknown logical type":  `{"type": "string", "logicalType": "iban"}`,
		"invalid decimal":       `{"type": "bytes", "logicalType": "decimal", "precision": 0}`,
		"decimal without scale": `{"type": "bytes", "logicalType": "decimal", "precision": 9}`,
		"own name as an alias":  `{"type": "record", "name": "R", "aliases": ["R", "S", "S"], "fields": [{"name": "a", "aliases": ["a", "b", "b"], "type": "int"}]}`,
		"alias that is no name": `{"type": "record", "name": "R", "fields": [{"name": "a", "aliases": ["a\"b", "\\"], "type": "int"}]}`,
		"fixed of no bytes":     `{"type": "fixed", "name": "F", "size": 0}`,
		"type of no namespace":  `{"type": "record", "name": "R", "fields": [{"name": "a", "type": {"type": "record", "name": "x.S", "fields": [{"name": "r", "type": ["null", "R"]}]}}]}`,
		"default of a branch":   `{"type": "record", "name": "R", "fields": [{"name": "a", "type": ["null", "int"], "default": 5}]}`,
		"default of bytes":      `{"type": "record", "name": "R", "fields": [{"name": "a", "type": "bytes", "default": "\u00ff"}]}`,
		"large default":         `{"type": "record", "name": "R", "fields": [{"name": "a", "type": "double", "default": 1e300}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			p := parseText(t, e, text)
			if c := mustCompare(t, e, p, p); c.Backward.Verdict != compat.Compatible {
				t.Errorf("it is not compatible with itself: %+v", c.Changes)
			}
		})
	}
}

// Two schemas of one engine know nothing of each other's names.
func TestNoSharedNames(t *testing.T) {
	e := newEngine(t)
	parseText(t, e, `{"type": "enum", "name": "Size", "symbols": ["S"]}`)
	if _, err := e.Parse(written(`["null", "Size"]`)); err == nil {
		t.Error("a name of another schema was found")
	}
}

// Definitions come from the references of a registry, whatever their order and
// whoever refers to whom, and from files that are named after the type.
func TestDefinitionsElsewhere(t *testing.T) {
	const address = `{"type": "record", "name": "Address", "namespace": "com.shop", "fields": [{"name": "country", "type": "com.geo.Country"}, {"name": "order", "type": ["null", "com.shop.Order"]}]}`
	const country = `{"type": "enum", "name": "com.geo.Country", "symbols": ["DE", "FR"]}`
	const order = `{"type": "record", "name": "Order", "namespace": "com.shop", "fields": [{"name": "to", "type": "Address"}, {"name": "from", "type": "com.geo.Country"}]}`
	files := func(files map[string]string) func(string) (string, []byte, error) {
		return func(name string) (string, []byte, error) {
			if text, ok := files[name]; ok {
				return "found/" + name, []byte(text), nil
			}
			return "", nil, fs.ErrNotExist
		}
	}
	sources := map[string]schema.Schema{
		"references":            {References: []schema.Reference{{Name: "com.shop.Address", Text: []byte(address)}, {Name: "com.geo.Country", Text: []byte(country)}}},
		"references by subject": {References: []schema.Reference{{Name: "geo", File: "b.avsc", Text: []byte(country)}, {Name: "address-value", File: "a.avsc", Text: []byte(address)}}},
		"identifiers":           {Resolve: files(map[string]string{"avro:com.shop.Address": address, "avro:com.geo.Country": country})},
		"beside":                {Resolve: files(map[string]string{"Address.avsc": address, "com.geo.Country.avsc": country})},
		"below":                 {Resolve: files(map[string]string{"com/shop/Address.avsc": address, "com/geo/Country.avsc": country})},
		"source root":           {File: "schemas/com/shop/Order.avsc", Resolve: files(map[string]string{"Address.avsc": address, "../../com/geo/Country.avsc": country})},
	}
	e := newEngine(t)
	for name, s := range sources {
		t.Run(name, func(t *testing.T) {
			s.Text = []byte(order)
			if s.File == "" {
				s.File = "Order.avsc"
			}
			p := mustParse(t, e, s)
			narrowed := s
			narrowed.Text = []byte(strings.Replace(order, `"com.geo.Country"`, `{"type": "enum", "name": "Land", "aliases": ["com.geo.Country"], "symbols": ["DE"]}`, 1))
			next := mustParse(t, e, narrowed)
			c := mustCompare(t, e, p, next)
			if c.Backward.Witness == nil || c.Backward.Witness.New != `rejects: /from: the reader's enum com.shop.Land has neither the symbol "FR" nor a default` {
				t.Errorf("got %+v", c.Backward)
			}
		})
	}
}

func TestUnusableDefinitionElsewhere(t *testing.T) {
	e := newEngine(t)
	s := written(`["null", "com.shop.Address"]`)
	s.References = []schema.Reference{{Name: "com.shop.Address", File: "address.avsc", Text: []byte("{\n\"type\":")}}
	_, err := e.Parse(s)
	var input *compat.InputError
	if !errors.As(err, &input) || input.Location.File != "address.avsc" || input.Location.Line != 2 {
		t.Errorf("got %v, want an error in line 2 of address.avsc", err)
	}
	s.References[0].Text = []byte(`{"type": "record", "name": "com.shop.Other", "fields": []}`)
	if _, err = e.Parse(s); err == nil || !strings.Contains(err.Error(), `the type "com.shop.Address" is not declared`) {
		t.Errorf("got %v, want it to be undeclared", err)
	}
}

func TestLocate(t *testing.T) {
	e := newEngine(t)
	p := parseText(t, e, "{\"type\": \"record\", \"name\": \"Order\", \"fields\": [\n{\"name\": \"a\", \"type\": \"int\"},\n{\"name\": \"b\", \"type\": [\"null\",\n\"string\"]}]}")
	for pointer, want := range map[string]string{
		"":                        "Order.avsc:1:1 ",
		"/fields/1":               "Order.avsc:3:1 /fields/1",
		"/fields/b/type/string":   "Order.avsc:4:1 /fields/1/type/1",
		"/fields/b/default":       "Order.avsc:3:1 /fields/1/default",
		"/fields/zzz/type":        "Order.avsc:1:47 /fields/zzz",
		"elsewhere.avsc#/fields/": "Order.avsc:1:1 /elsewhere.avsc#/fields/",
	} {
		at := p.Locate(pointer)
		if got := fmt.Sprintf("%s:%d:%d %s", at.File, at.Line, at.Column, at.Pointer); got != want {
			t.Errorf("%q is at %s, want %s", pointer, got, want)
		}
	}
}

func TestDeclaredVersion(t *testing.T) {
	e := newEngine(t)
	for text, want := range map[string]string{
		`{"type": "record", "name": "R", "version": "1.2.0", "fields": []}`: "1.2.0",
		`{"type": "record", "name": "R", "version": 3, "fields": []}`:       "",
		`"string"`: "",
	} {
		if got := parseText(t, e, text).DeclaredVersion(); got != want {
			t.Errorf("%s declares %q, want %q", text, got, want)
		}
	}
}

func TestIdentifier(t *testing.T) {
	for text, want := range map[string]string{
		`{"type": "record", "name": "Order", "namespace": "com.shop", "fields": []}`: "avro:com.shop.Order",
		`{"type": "enum", "name": "a.E", "namespace": "b", "symbols": []}`:           "avro:a.E",
		`["null"]`: "",
		`{`:        "",
	} {
		if got := Identifier("x.avsc", []byte(text)); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

func TestValidator(t *testing.T) {
	e := newEngine(t)
	p := parseText(t, e, `{"type": "record", "name": "Order", "namespace": "com.shop", "fields": [
		{"name": "id", "type": "string"},
		{"name": "lines", "type": {"type": "array", "items": "int"}, "default": []},
		{"name": "by", "type": ["null", {"type": "enum", "name": "By", "symbols": ["CARD"]}, {"type": "map", "values": "long"}], "default": null},
		{"name": "digest", "type": {"type": "fixed", "name": "F", "size": 2}, "default": "ab"},
		{"name": "next", "type": ["null", "Order"], "default": null}]}`)
	v, err := p.Validator()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]string{
		`{"id": "1"}`:               nil,
		`{"id": "1", "unknown": 5}`: nil,
		`{"id": "1", "by": {"com.shop.By": "CARD"}, "lines": [1, 2]}`:        nil,
		`{"id": "1", "by": "CARD"}`:                                          nil,
		`{"id": "1", "by": {"map": {"x": 5}}}`:                               nil,
		`{"id": "1", "by": {"x": 5}}`:                                        nil,
		`{"id": "1", "next": {"com.shop.Order": {"id": "2", "next": null}}}`: nil,
		`{"lines": ["x", 1.5], "digest": "abc"}`: {
			`|required|the field "id" is missing and has no default`, `/lines/0|type|"x" is not an integer of 32 bits`,
			`/lines/1|type|1.5 is not an integer of 32 bits`, `/digest|size|"abc" is not a string of 2 bytes`,
		},
		`{"id": 5, "by": "CASH"}`: {
			`/id|type|5 is not a string`, `/by|type|"CASH" is not any branch of [null, enum com.shop.By, map of long]`,
		},
		`{"id": "1", "by": {"com.shop.By": "CASH"}}`: {`/by/com.shop.By|enum|"CASH" is not a symbol of com.shop.By`},
		`[]`: {`|type|[] is not a record com.shop.Order`},
	} {
		doc, err := document.Parse("doc.json", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		if err := v.Validate(doc.Value()); err != nil {
			for _, r := range schema.Reasons(err) {
				got = append(got, r.Pointer+"|"+r.Keyword+"|"+r.Message)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

// Bare values in unions inside of unions could be tried in exponentially many
// ways; the validator gives up after a fixed number of steps.
func TestValidatorIsBounded(t *testing.T) {
	e := newEngine(t)
	p := parseText(t, e, `{"type": "record", "name": "A", "fields": [{"name": "x", "type": ["int", "A", {"type": "record", "name": "B", "fields": [{"name": "x", "type": ["int", "A", "B"]}]}]}]}`)
	v, _ := p.Validator()
	var value any = "no number"
	for range 60 {
		value = map[string]any{"x": value}
	}
	if err := v.Validate(value); err == nil {
		t.Error("a string was taken for a number")
	}
}

func TestRefusalExcerpts(t *testing.T) {
	e := newEngine(t)
	for _, r := range refusalTable {
		for registry, family := range registries {
			t.Run(registry+"/"+r.id, func(t *testing.T) {
				got, known := e.Refusals(registry, parseText(t, e, r.before), parseText(t, e, r.after))
				if !known || len(got) != 1 || got[0].Rule != family+"/"+r.id {
					t.Errorf("got %v, want %s/%s alone", got, family, r.id)
				}
			})
		}
	}
	if _, known := e.Refusals("apicurio", parseText(t, e, `"int"`), parseText(t, e, `"int"`)); known {
		t.Error("it claims to know a registry that it does not")
	}
}

// Where the registries and the specification part.
func TestRefusalsAgainstTheTruth(t *testing.T) {
	tests := []struct {
		name, before, after string
		truth               compat.Verdict
		want                []string
	}{
		{
			"a decimal is plain bytes", `{"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}`,
			`{"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 3}`, compat.Breaking, nil,
		},
		{
			"an enum's default is no field's default", `{"type": "record", "name": "R", "fields": []}`,
			`{"type": "record", "name": "R", "fields": [{"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A"], "default": "A"}}]}`,
			compat.Breaking, []string{"confluent/type-mismatch /fields/0/type"},
		},
		{
			"inside of a branch", `["null", {"type": "record", "name": "R", "fields": []}]`,
			`["null", {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}]`,
			compat.Breaking, []string{"confluent/missing-union-branch "},
		},
		{
			"a branch for a plain type", `["int", "string"]`, `"int"`, compat.Breaking, []string{"confluent/type-mismatch "},
		},
		{
			"everything at once", `{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": {"type": "map", "values": "string"}}]}`,
			`{"type": "record", "name": "S", "fields": [{"name": "a", "type": "boolean"}, {"name": "b", "type": {"type": "map", "values": "int"}}, {"name": "c", "type": "int"}]}`,
			compat.Breaking, []string{"confluent/type-mismatch /fields/0/type", "confluent/type-mismatch /fields/1/type/values", "confluent/reader-field-missing-default-value /fields/2", "confluent/name-mismatch /name"},
		},
	}
	e := newEngine(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			old, next := parseText(t, e, test.before), parseText(t, e, test.after)
			if truth := mustCompare(t, e, old, next).Backward; truth.Verdict != test.truth {
				t.Errorf("the truth is %s, want %s", truth.Verdict, test.truth)
			}
			refusals, _ := e.Refusals("confluent", old, next)
			var got []string
			for _, r := range refusals {
				got = append(got, r.Rule+" "+r.Pointer)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("refusals differ (-want +got):\n%s", diff)
			}
		})
	}
}

// The blueprint profile judges kinds: what it makes of an Avro change.
func TestBlueprint(t *testing.T) {
	record := func(fields string) string { return `{"type": "record", "name": "R", "fields": [` + fields + `]}` }
	tests := []struct {
		name, before, after string
		want                []string
	}{
		{"field with a default", record(``), record(`{"name": "a", "type": "int", "default": 0}`), nil},
		{"field without one", record(``), record(`{"name": "a", "type": "int"}`), []string{"avro/field-added"}},
		{"field removed", record(`{"name": "a", "type": "int"}`), record(``), []string{"blueprint/field-removed"}},
		{"field made optional", record(`{"name": "a", "type": "int"}`), record(`{"name": "a", "type": ["int", "null"]}`), nil},
		{"field renamed", record(`{"name": "a_b", "type": "int"}`), record(`{"name": "aB", "type": "int"}`), []string{"avro/field-renamed"}},
		{"field renamed with an alias", record(`{"name": "a", "type": "int"}`), record(`{"name": "b", "type": "int", "aliases": ["a"]}`), nil},
		{"type promoted", record(`{"name": "a", "type": "int"}`), record(`{"name": "a", "type": "long"}`), []string{"blueprint/type-changed"}},
		{"default removed", record(`{"name": "a", "type": "int", "default": 0}`), record(`{"name": "a", "type": "int"}`), []string{"blueprint/default-removed"}},
		{"symbol added", `{"type": "enum", "name": "E", "symbols": ["A"]}`, `{"type": "enum", "name": "E", "symbols": ["A", "B"]}`, nil},
		{"logical type changed", `{"type": "long", "logicalType": "timestamp-millis"}`, `{"type": "long", "logicalType": "timestamp-micros"}`, nil},
	}
	e := newEngine(t)
	profile, err := compat.ParseProfile("blueprint")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := compat.Check(t.Context(), e, compat.Options{Level: compat.Backward, Profile: profile}, []compat.Parsed{parseText(t, e, test.before)}, parseText(t, e, test.after))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, b := range r.Breaks {
				got = append(got, b.Rule)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("breaks differ (-want +got):\n%s", diff)
			}
		})
	}
}

// A fix that only adds an alias must satisfy the profile that asks for it.
func TestAliasIsAFixUnderBlueprint(t *testing.T) {
	e := newEngine(t)
	profile, _ := compat.ParseProfile("blueprint")
	o := compat.Options{Level: compat.Backward, Profile: profile}
	old := parseText(t, e, `{"type": "record", "name": "R", "fields": [{"name": "orderId", "type": "int"}]}`)
	r, err := compat.Check(t.Context(), e, o, []compat.Parsed{old}, parseText(t, e, `{"type": "record", "name": "R", "fields": [{"name": "order_id", "type": "int"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Suggest(t.Context(), e, o)
	if len(r.Breaks) != 1 || len(r.Breaks[0].Fixes) != 2 || r.Breaks[0].Fixes[0].Title != `add the alias "orderId"` {
		t.Errorf("got %+v", r.Breaks)
	}
}

// A version that is not demanded needs no witness.
func TestOnlyDemandedDirectionsAreProved(t *testing.T) {
	e := newEngine(t)
	old, next := parseText(t, e, `"int"`), parseText(t, e, `"boolean"`)
	c, err := e.Compare(t.Context(), old, next, compat.Forward.Directions())
	if err != nil {
		t.Fatal(err)
	}
	if c.Backward.Verdict != compat.Breaking || c.Backward.Proof != compat.ByRule || c.Backward.Witness != nil {
		t.Errorf("backward: %+v", c.Backward)
	}
	if c.Forward.Proof != compat.ByWitness || c.Forward.Witness.New != "accepts" || !strings.HasPrefix(c.Forward.Witness.Old, "rejects: ") {
		t.Errorf("forward: %+v", c.Forward)
	}
}

// A witness is a JSON value as well as text and bytes.
func TestWitnessDocument(t *testing.T) {
	e := newEngine(t)
	c := mustCompare(t, e, parseText(t, e, `{"type": "map", "values": ["bytes", "double"]}`), parseText(t, e, `{"type": "map", "values": "bytes"}`))
	w := c.Backward.Witness
	if diff := cmp.Diff(map[string]any{"key": map[string]any{"double": json.Number("0")}}, w.Document); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
	if w.Text != `{"key":{"double":0}}` || *w.Hex != "02066b657902000000000000000000" || w.Encoding != "avro" {
		t.Errorf("got %+v", w)
	}
}

// A thousand breaks are a thousand findings, though not all with a witness.
func TestWitnessesAreBounded(t *testing.T) {
	symbols := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `, "S%d"`, i)
		}
		return `{"type": "enum", "name": "E", "symbols": ["A"` + b.String() + `]}`
	}
	e := newEngine(t)
	c := mustCompare(t, e, parseText(t, e, symbols(1000)), parseText(t, e, symbols(0)))
	witnessed := 0
	for _, change := range c.Changes {
		if !change.Backward.Breaks {
			t.Fatalf("%s does not break: %s", change.Rule, change.Message)
		}
		if change.Backward.Witness != nil {
			witnessed++
		}
	}
	if len(c.Changes) != 1000 || witnessed != maxWitnesses || c.Backward.Proof != compat.ByWitness {
		t.Errorf("%d changes, %d witnesses, %s", len(c.Changes), witnessed, c.Backward.Proof)
	}
}
