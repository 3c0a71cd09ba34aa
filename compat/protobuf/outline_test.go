package protobuf

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
			e := newEngine(t, "")
			p, err := e.Parse(schema.Schema{File: archive.Files[0].Name, Text: archive.Files[0].Data, Resolve: func(path string) (string, []byte, error) {
				if text, ok := texts[path]; ok {
					return path, text, nil
				}
				return "", nil, fmt.Errorf("no file %s", path)
			}})
			if err != nil {
				t.Fatal(err)
			}
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

// Whatever the file, no path is listed twice, every field is a declaration of the
// text, and the list is the same each time.
func TestFieldsOfAnySchema(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := newEngine(t, "")
		text := drawFile(rt)
		p := parseText(t, e, text)
		fields := e.Fields(p)
		if problem := fieldProblem(p.(*parsed), fields); problem != "" {
			rt.Fatalf("%s in the fields of\n%s\n%s", problem, text, fieldLines(fields))
		}
		if diff := gocmp.Diff(fields, e.Fields(p)); diff != "" {
			rt.Fatalf("the second list differs:\n%s", diff)
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
		at := p.root
		if i := slices.IndexFunc(p.files, func(other *source) bool { return other.shown == f.File }); i >= 0 {
			at = p.files[i]
		}
		if _, there := p.placesOf(at).find(f.Pointer); !there {
			return fmt.Sprintf("%s is said to be at %s, where nothing is", f.Path, f.Pointer)
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
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 4096 {
			t.Skip("a longer text is slow and finds nothing new")
		}
		e := newEngine(t, "")
		p, err := e.Parse(schema.Schema{File: "order.proto", Text: text})
		if err != nil {
			t.Skip("the text is no schema")
		}
		if problem := fieldProblem(p.(*parsed), e.Fields(p)); problem != "" {
			t.Error(problem)
		}
	})
}

// BenchmarkFields lists the fields of an event of 1 KB that is parsed already,
// with comments, which are not kept, and without.
func BenchmarkFields(b *testing.B) {
	for _, bench := range []struct{ name, comment string }{{"plain", ""}, {"commented", " // What it is."}} {
		b.Run(bench.name, func(b *testing.B) {
			var text strings.Builder
			text.WriteString("syntax = \"proto3\";\npackage shop.v1;\nmessage OrderPlaced {\n")
			for i := range 10 {
				fmt.Fprintf(&text, "  string customer_attribute_%02d = %d;%s\n  Item items_%02d = %d;\n", i, i+1, bench.comment, i, i+100)
			}
			text.WriteString("}\nmessage Item {\n  string sku = 1;\n}\n")
			e := newEngine(b, "")
			p := parseText(b, e, text.String())
			b.ReportAllocs()
			for b.Loop() {
				if fields := e.Fields(p); len(fields) != 30 {
					b.Fatal(fieldLines(fields))
				}
			}
		})
	}
}
