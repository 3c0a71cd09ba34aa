package jsonschema

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/schema"
)

var _ compat.FieldLister = (*Engine)(nil)

// Each fixture is a schema, the files that it refers to, and its fields.
func TestFields(t *testing.T) {
	files, err := filepath.Glob("testdata/outline/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			texts := map[string][]byte{}
			for _, f := range archive.Files {
				texts[f.Name] = f.Data
			}
			e := newEngine(t, Options{})
			p := mustParse(t, e, schema.Schema{File: archive.Files[0].Name, Text: archive.Files[0].Data, Resolve: func(path string) (string, []byte, error) {
				if text, ok := texts[path]; ok {
					return path, text, nil
				}
				return "", nil, fmt.Errorf("no file %s", path)
			}})
			if diff := gocmp.Diff(string(texts["fields"]), fieldLines(e.Fields(p))); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}

// fieldLines writes fields a line each, as the fixtures do.
func fieldLines(fields []schema.Field) string {
	var b strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&b, "%-18s %s", f.Path, cmp.Or(f.Type, "any"))
		if f.Required {
			b.WriteString(", required")
		}
		b.WriteString("; ")
		if f.File != "" {
			b.WriteString(f.File + "#")
		}
		b.WriteString(f.Pointer)
		for i, name := range slices.Sorted(maps.Keys(f.Annotations)) {
			b.WriteString([]string{"; ", " "}[min(i, 1)] + name + "=" + document.Encode(f.Annotations[name]))
		}
		if f.Description != "" {
			b.WriteString("; " + f.Description)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Whatever the schema, no path is listed twice, every field is somewhere in the
// text, and the list is the same each time.
func TestFieldsOfAnySchema(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		root := drawRoot(rt, draft(rapid.IntRange(int(draft4), int(draft2020)).Draw(rt, "draft")))
		p := parseValue(rt, root)
		fields := p.engine.Fields(p)
		if problem := fieldProblem(p, fields); problem != "" {
			rt.Fatalf("%s in the fields of %s:\n%s", problem, document.Encode(root), fieldLines(fields))
		}
		if diff := gocmp.Diff(fields, p.engine.Fields(p)); diff != "" {
			rt.Fatalf("the second list differs:\n%s", diff)
		}
	})
}

// A document that lacks a field at the top that is listed as required is refused.
func TestRequiredFieldsAreRequired(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := parseValue(rt, drawRoot(rt, draft(rapid.IntRange(int(draft4), int(draft2020)).Draw(rt, "draft"))))
		v, err := p.validator()
		if err != nil {
			rt.Skip("the library refuses the schema: ", err)
		}
		document, ok := drawValue(rt, 3).(map[string]any)
		if !ok || v.Validate(document) != nil {
			return
		}
		for _, f := range p.engine.Fields(p) {
			if _, has := document[f.Path]; f.Required && !has && slices.Contains(worldNames, f.Path) {
				rt.Fatalf("%s is listed as required, but %v is valid", f.Path, document)
			}
		}
	})
}

// fieldProblem says what is wrong with a list of fields, or "".
func fieldProblem(p *parsed, fields []schema.Field) string {
	seen := map[string]bool{}
	for _, f := range fields {
		if f.Path == "" || seen[f.Path] {
			return fmt.Sprintf("the path %q is empty or there twice", f.Path)
		}
		seen[f.Path] = true
		d := p.loader.main.doc
		if f.File != "" {
			other, _ := p.loader.split(f.File + "#" + f.Pointer)
			d = other.doc
		}
		if _, there := d.Range(f.Pointer); !there {
			return fmt.Sprintf("%s is said to be at %s, where nothing is", f.Path, f.Pointer)
		}
		for name := range f.Annotations {
			if name != "format" && inSomeDraft(name) {
				return fmt.Sprintf("%s has the keyword %s as an annotation", f.Path, name)
			}
		}
	}
	return ""
}

// FuzzFields lists the fields of whatever can be read.
func FuzzFields(f *testing.F) {
	files, _ := filepath.Glob("testdata/*/*.txtar")
	for _, name := range files {
		if archive, err := txtar.ParseFile(name); err == nil {
			f.Add(archive.Files[0].Data)
		}
	}
	f.Add([]byte(`{"$ref": "#"}`))
	f.Add([]byte(`{"allOf": [{"$ref": "#"}, {"properties": {"": {"$ref": "#"}, "a[]": true}}]}`))
	e := newEngine(f, Options{})
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := e.parse(schema.Schema{File: "order.json", Text: text})
		if err != nil || len(text) > 4096 {
			t.Skip("the text is no schema, or so long that it is slow and finds nothing new")
		}
		if problem := fieldProblem(p, e.Fields(p)); problem != "" {
			t.Error(problem)
		}
	})
}

// BenchmarkFields reads an event of 1 KB, and lists its fields: what the list
// costs is the difference. It cannot be measured alone, since a schema keeps the
// positions in its text once they are known.
func BenchmarkFields(b *testing.B) {
	text := []byte(`{"type": "object", "required": ["id", "customer", "items"], "properties": {` +
		`"id": {"type": "string", "format": "uuid", "description": "The order's number."},` +
		`"placed_at": {"type": "string", "format": "date-time"},` +
		`"customer": {"$ref": "#/definitions/Customer", "description": "Who ordered."},` +
		`"items": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["sku", "count"], "properties": {` +
		`"sku": {"type": "string", "maxLength": 40}, "count": {"type": "integer", "minimum": 1}, "price": {"type": "number"}}}},` +
		`"total": {"type": "number", "minimum": 0}, "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},` +
		`"labels": {"type": "object", "additionalProperties": {"type": "string"}}},` +
		`"definitions": {"Customer": {"type": "object", "required": ["id"], "properties": {` +
		`"id": {"type": "string"}, "email": {"type": ["string", "null"], "format": "email", "x-pii": true, "x-data-category": "contact"},` +
		`"name": {"type": "string", "x-pii": true}, "phone": {"type": "string", "x-pii": true}}}}}`)
	e := newEngine(b, Options{})
	for _, bench := range []struct {
		name   string
		fields int
	}{{"parse", 0}, {"parse and list", 15}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p := mustParse(b, e, schema.Schema{File: "order.json", Text: text})
				if bench.fields > 0 && len(e.Fields(p)) != bench.fields {
					b.Fatal(fieldLines(e.Fields(p)))
				}
			}
		})
	}
}
