package main_test

import (
	"encoding/json"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/compat/jsonschema"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/schema"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// TestContinuousIntegrationAndStoreAgree: what `nexus schema validate` says of the
// documents in skeleton/gate/testdata/schemas is what an app's store says of them,
// which skeleton/gate tests with the same files.
func TestContinuousIntegrationAndStoreAgree(t *testing.T) {
	files, err := filepath.Glob("skeleton/gate/testdata/schemas/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tree := fstest.MapFS{}
		for _, f := range archive.Files {
			tree[f.Name] = &fstest.MapFile{Data: f.Data}
		}
		validator := ciValidator(t, tree, archive.Files[0].Name)
		for _, verdict := range []string{"accept", "reject"} {
			for _, line := range strings.Split(strings.TrimSpace(string(tree[verdict].Data)), "\n") {
				text, _, _ := strings.Cut(line, " |")
				if valid := ciAccepts(t, validator, text); valid != (verdict == "accept") {
					t.Errorf("%s: %s %s: nexus schema validate accepts: %v", file, verdict, text, valid)
				}
			}
		}
	}
}

// TestContinuousIntegrationAndStoreAgreeOnAnything compares the two over schemas
// and documents that nobody chose.
func TestContinuousIntegrationAndStoreAgreeOnAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(anySchema(3).Draw(t, "schema"))
		if err != nil {
			t.Fatal(err)
		}
		tree := fstest.MapFS{"s.json": {Data: text}}
		store, err := gate.CompileSchemas(tree, []gate.SchemaFile{{Type: "T", Version: "1", File: "s.json"}})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		validator := ciValidator(t, tree, "s.json")
		for range 5 {
			document, err := json.Marshal(anyDocument(3).Draw(t, "document"))
			if err != nil {
				t.Fatal(err)
			}
			value, err := gate.Decode(document)
			if err != nil {
				t.Fatal(err)
			}
			refusal := store.Validate("T", "1", value)
			if ci := ciAccepts(t, validator, string(document)); ci != (refusal == nil) {
				t.Fatalf("%s\n%s\nnexus schema validate accepts: %v, the store: %v", text, document, ci, refusal)
			}
		}
	})
}

func ciValidator(t rapid.TB, tree fstest.MapFS, file string) schema.Validator {
	engine, err := jsonschema.New(jsonschema.Options{})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := engine.Parse(schema.Schema{
		Subject: "T", Format: schema.JSON, File: file, Text: tree[file].Data,
		Resolve: func(name string) (string, []byte, error) {
			name = path.Join(path.Dir(file), name)
			text, err := tree.ReadFile(name)
			return name, text, err
		},
	})
	if err != nil {
		t.Fatalf("%s: %v", tree[file].Data, err)
	}
	validator, err := parsed.Validator()
	if err != nil {
		t.Fatalf("%s: %v", tree[file].Data, err)
	}
	return validator
}

func ciAccepts(t rapid.TB, validator schema.Validator, text string) bool {
	parsed, err := document.Parse("document.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return validator.Validate(parsed.Value()) == nil
}

// anySchema draws schemas of all drafts whose keywords meet the documents of
// anyDocument.
func anySchema(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		draft := rapid.SampledFrom([]string{"", "http://json-schema.org/draft-06/schema#", "http://json-schema.org/draft-07/schema", "https://json-schema.org/draft/2019-09/schema", "https://json-schema.org/draft/2020-12/schema"}).Draw(t, "draft")
		object := drawSchema(t, depth)
		if draft != "" {
			object["$schema"] = draft
		}
		definition := drawSchema(t, 0)
		delete(definition, "$ref") // it would be itself
		object["definitions"] = map[string]any{"d": definition}
		return object
	})
}

func drawSchema(t *rapid.T, depth int) map[string]any {
	one := func(values ...any) any { return rapid.SampledFrom(values).Draw(t, "value") }
	object := map[string]any{}
	for range rapid.IntRange(0, 4).Draw(t, "keywords") {
		keyword := rapid.SampledFrom([]string{
			"type", "enum", "const", "minimum", "multipleOf", "maxLength", "pattern", "format", "required", "minItems", "uniqueItems", "$ref",
			"properties", "patternProperties", "additionalProperties", "items", "contains", "allOf", "anyOf", "oneOf", "not", "if", "then", "propertyNames", "dependencies",
		}).Draw(t, "keyword")
		switch keyword {
		case "type":
			object[keyword] = one("object", "array", "string", "number", "integer", []any{"string", "null", "string"})
		case "enum":
			object[keyword] = one([]any{}, []any{"a", "a", 1}, []any{1.0, 1, nil})
		case "const":
			object[keyword] = one("a", 1, map[string]any{"pattern": "("})
		case "minimum", "maxLength", "minItems":
			object[keyword] = one(0, 1, 2)
		case "multipleOf":
			object[keyword] = one(2, 0.5)
		case "pattern":
			object[keyword] = one(`^\s*$`, `a`, `^[^]$`, `^.$`, `[a-b&&]`)
		case "format":
			object[keyword] = one("date-time", "uri", "email", "ipv4", "regex", "idn-hostname", "nobody-knows")
		case "required":
			object[keyword] = one([]any{}, []any{"a", "a"}, []any{"b"})
		case "uniqueItems":
			object[keyword] = true
		case "$ref":
			object[keyword] = "#/definitions/d"
		case "dependencies":
			object[keyword] = map[string]any{"a": one([]any{"b"}, []any{}, true)}
		default:
			if depth > 0 {
				drawBelow(t, object, keyword, depth)
			}
		}
	}
	return object
}

func drawBelow(t *rapid.T, object map[string]any, keyword string, depth int) {
	below := func() any { return drawSchema(t, depth-1) }
	switch keyword {
	case "properties":
		object[keyword] = map[string]any{"a": below(), "pattern": below()}
	case "patternProperties":
		object[keyword] = map[string]any{"^a": below(), `^\u0061`: below(), `\s`: below()}
	case "allOf", "anyOf", "oneOf":
		object[keyword] = []any{below(), below()}
	default:
		object[keyword] = below()
	}
}

func anyDocument(depth int) *rapid.Generator[any] {
	leaf := rapid.SampledFrom([]any{
		nil, true, 0, 1, json.Number("1.0"), 1.5, 2, "", "a", "ab", " ", "\u00a0", "\n", "2026-01-31T12:00:00Z", "https://example.com/", "a@example.com", "192.0.2.1", "(",
	})
	if depth == 0 {
		return leaf
	}
	below := anyDocument(depth - 1)
	return rapid.OneOf(leaf, rapid.Map(rapid.SliceOfN(below, 0, 3), func(list []any) any { return list }),
		rapid.Map(rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "ab", "pattern", "x y"}), below, 0, 3), func(m map[string]any) any { return m }))
}
