package jsonschema

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/compat/enginetest"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/schema"
)

var _ compat.FieldLister = (*Engine)(nil)

func TestFields(t *testing.T) { enginetest.Fields(t, newEngine(t, Options{})) }

// Whatever the schema, no path is listed twice, every field is somewhere in the
// text, and the list is the same each time.
func TestFieldsOfAnySchema(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		root := drawRoot(rt, draft(rapid.IntRange(int(draft4), int(draft2020)).Draw(rt, "draft")))
		p := parseValue(rt, root)
		fields := p.engine.Fields(p)
		if problem := fieldProblem(p, fields); problem != "" {
			rt.Fatalf("%s in the fields of %s:\n%s", problem, document.Encode(root), enginetest.FieldLines(fields))
		}
		if diff := cmp.Diff(fields, p.engine.Fields(p)); diff != "" {
			rt.Fatalf("the second list differs:\n%s", diff)
		}
	})
}

// Schemas that share their parts may have more ways through them than can be
// taken: the fields are known all the same, and a break that the library would
// not come to judge is undecided.
func TestSharedAlternatives(t *testing.T) {
	for levels, want := range map[int]compat.Verdict{8: compat.Breaking, 40: compat.Undecided} {
		var definitions strings.Builder
		for i := range levels {
			fmt.Fprintf(&definitions, `"D%d": {"anyOf": [{"$ref": "#/definitions/D%[2]d"}, {"$ref": "#/definitions/D%[2]d"}]}, `, i, i+1)
		}
		text := fmt.Sprintf(`{"properties": {"x": {}}, "anyOf": [{"$ref": "#/definitions/D0"}], "definitions": {%s"D%d": {"type": "object"}}}`, definitions.String(), levels)
		e := newEngine(t, Options{})
		old, next := parseText(t, e, text), parseText(t, e, strings.Replace(text, `"x": {}`, `"x": {"type": "string"}`, 1))
		if got, want := enginetest.FieldLines(e.Fields(old)), enginetest.FieldLines([]schema.Field{{Path: "x", Pointer: "/properties/x"}}); got != want {
			t.Errorf("%d levels: got the fields %s, want %s", levels, got, want)
		}
		if c := mustCompare(t, e, old, next); c.Backward.Verdict != want || c.Forward.Verdict != compat.Compatible {
			t.Errorf("%d levels: got %s and %s, want %s and compatible", levels, c.Backward.Verdict, c.Forward.Verdict, want)
		}
	}
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
	for _, f := range fields {
		for name := range f.Annotations {
			if name != "format" && inSomeDraft(name) {
				return fmt.Sprintf("%s has the keyword %s as an annotation", f.Path, name)
			}
		}
	}
	return enginetest.FieldProblem(fields, func(f schema.Field) bool {
		d := p.loader.main.doc
		if f.File != "" {
			other, _ := p.loader.split(f.File + "#" + f.Pointer)
			d = other.doc
		}
		_, there := d.Range(f.Pointer)
		return there
	})
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
					b.Fatal(enginetest.FieldLines(e.Fields(p)))
				}
			}
		})
	}
}
