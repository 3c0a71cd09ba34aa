package avro

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
			e := newEngine(t)
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

// Whatever the schema, no path is listed twice, every field is somewhere in the
// text, and the list is the same each time.
func TestFieldsOfAnySchema(t *testing.T) {
	e := newEngine(t)
	rapid.Check(t, func(rt *rapid.T) {
		old, _ := drawPair(rt, e)
		fields := e.Fields(old)
		if problem := fieldProblem(old.(*parsed), fields); problem != "" {
			rt.Fatalf("%s in the fields of %s:\n%s", problem, old.Schema().Text, fieldLines(fields))
		}
		if diff := gocmp.Diff(fields, e.Fields(old)); diff != "" {
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
		if _, there := p.main.doc.Range(f.Pointer); !there {
			return fmt.Sprintf("%s is said to be at %s, where nothing is", f.Path, f.Pointer)
		}
		for name := range f.Annotations {
			if specified(name) {
				return fmt.Sprintf("%s has the attribute %s as an annotation", f.Path, name)
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
	e := newEngine(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > maxFuzzed {
			t.Skip("a longer text is slow and finds nothing new")
		}
		p, err := e.Parse(written(text))
		if err != nil {
			t.Skip("the text is no schema")
		}
		if problem := fieldProblem(p.(*parsed), e.Fields(p)); problem != "" {
			t.Error(problem)
		}
	})
}

// BenchmarkFields lists the fields of an event of 1 KB that is parsed already.
func BenchmarkFields(b *testing.B) {
	archive, err := txtar.ParseFile("testdata/outline/order.txtar")
	if err != nil {
		b.Fatal(err)
	}
	e := newEngine(b)
	p := parseText(b, e, string(archive.Files[0].Data))
	b.ReportAllocs()
	for b.Loop() {
		if fields := e.Fields(p); len(fields) != 16 {
			b.Fatal(fieldLines(fields))
		}
	}
}
