package avro

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/compat/enginetest"
	"github.com/nexus-blueprint/nexus/schema"
)

var _ compat.FieldLister = (*Engine)(nil)

func TestFields(t *testing.T) { enginetest.Fields(t, newEngine(t)) }

// Whatever the schema, no path is listed twice, every field is somewhere in the
// text, and the list is the same each time.
func TestFieldsOfAnySchema(t *testing.T) {
	e := newEngine(t)
	rapid.Check(t, func(rt *rapid.T) {
		old, _ := drawPair(rt, e)
		fields := e.Fields(old)
		if problem := fieldProblem(old.(*parsed), fields); problem != "" {
			rt.Fatalf("%s in the fields of %s:\n%s", problem, old.Schema().Text, enginetest.FieldLines(fields))
		}
		if diff := cmp.Diff(fields, e.Fields(old)); diff != "" {
			rt.Fatalf("the second list differs:\n%s", diff)
		}
	})
}

// fieldProblem says what is wrong with a list of fields, or "".
func fieldProblem(p *parsed, fields []schema.Field) string {
	for _, f := range fields {
		for name := range f.Annotations {
			if specified(name) {
				return fmt.Sprintf("%s has the attribute %s as an annotation", f.Path, name)
			}
		}
	}
	return enginetest.FieldProblem(fields, func(f schema.Field) bool {
		_, there := p.main.doc.Range(f.Pointer)
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
			b.Fatal(enginetest.FieldLines(fields))
		}
	}
}
