package enginetest

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/schema"
)

// Fields tests what an engine lists as the fields of a schema, with the fixtures
// in testdata/outline: a schema, the files that it refers to, and in the section
// want its fields as FieldLines writes them.
func Fields(t *testing.T, e compat.Engine) {
	t.Helper()
	lister, ok := e.(compat.FieldLister)
	if !ok {
		t.Fatalf("the engine of %s lists no fields", e.Format())
	}
	files, err := filepath.Glob("testdata/outline/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures in testdata/outline: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			p, err := e.Parse(outlined(t, file))
			if err != nil {
				t.Fatal(err)
			}
			Want(t, file, FieldLines(lister.Fields(p)))
		})
	}
}

// outlined is the first file of a fixture, which can refer to the others.
func outlined(t testing.TB, file string) schema.Schema {
	t.Helper()
	archive := readArchive(t, file)
	if len(archive.Files) == 0 {
		t.Fatalf("%s holds no schema", file)
	}
	return schema.Schema{File: archive.Files[0].Name, Text: archive.Files[0].Data, Resolve: func(name string) (string, []byte, error) {
		for _, f := range archive.Files {
			if f.Name == name {
				return name, f.Data, nil
			}
		}
		return "", nil, fs.ErrNotExist
	}}
}

// FieldLines writes fields a line each: path, type, whether it is required, place,
// annotations and description.
func FieldLines(fields []schema.Field) string {
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

// FieldProblem says what is wrong with a list of fields, or "": a path that is
// empty or there twice, or a field that is not where it is said to be. there
// reports whether anything is at a field's pointer, in the field's file.
func FieldProblem(fields []schema.Field, there func(f schema.Field) bool) string {
	seen := map[string]bool{}
	for _, f := range fields {
		if f.Path == "" || seen[f.Path] {
			return fmt.Sprintf("the path %q is empty or there twice", f.Path)
		}
		seen[f.Path] = true
		if !there(f) {
			return fmt.Sprintf("%s is said to be at %s, where nothing is", f.Path, f.Pointer)
		}
	}
	return ""
}
