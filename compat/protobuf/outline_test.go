package protobuf

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
	"github.com/nexus-blueprint/nexus/schema"
)

var _ compat.FieldLister = (*Engine)(nil)

func TestFields(t *testing.T) { enginetest.Fields(t, newEngine(t, "")) }

// Whatever the file, no path is listed twice, every field is a declaration of the
// text, and the list is the same each time.
func TestFieldsOfAnySchema(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := newEngine(t, "")
		text := drawFile(rt)
		p := parseText(t, e, text)
		fields := e.Fields(p)
		if problem := fieldProblem(p.(*parsed), fields); problem != "" {
			rt.Fatalf("%s in the fields of\n%s\n%s", problem, text, enginetest.FieldLines(fields))
		}
		if diff := cmp.Diff(fields, e.Fields(p)); diff != "" {
			rt.Fatalf("the second list differs:\n%s", diff)
		}
	})
}

// fieldProblem says what is wrong with a list of fields, or "".
func fieldProblem(p *parsed, fields []schema.Field) string {
	return enginetest.FieldProblem(fields, func(f schema.Field) bool {
		at := p.root
		if i := slices.IndexFunc(p.files, func(other *source) bool { return other.shown == f.File }); i >= 0 {
			at = p.files[i]
		}
		_, there := p.placesOf(at).find(f.Pointer)
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
					b.Fatal(enginetest.FieldLines(fields))
				}
			}
		})
	}
}
