package scaffold_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/scaffold"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// TestResolveCatalog resolves each testdata/resolve/*.txtar, a spec with its catalog;
// want is the example of the first command, or the error.
func TestResolveCatalog(t *testing.T) {
	files, err := filepath.Glob("testdata/resolve/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no fixtures", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tree, want := scaffold.Tree{}, ""
			kept := archive.Files[:0:0]
			for _, f := range archive.Files {
				if f.Name == "want" {
					want = string(f.Data)
					continue
				}
				tree[f.Name] = f.Data
				kept = append(kept, f)
			}
			got := resolvedAnswer(t, tree)
			if os.Getenv("NEXUS_UPDATE") != "" {
				archive.Files = append(kept, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func resolvedAnswer(t *testing.T, tree scaffold.Tree) string {
	t.Helper()
	fsys, err := tree.FS()
	if err != nil {
		t.Fatal(err)
	}
	s, err := scaffold.ReadSpec("domain.yaml", tree["domain.yaml"])
	if err != nil {
		t.Fatal(err)
	}
	s, err = s.Resolve(fsys)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	c := s.Aggregates[0].Commands[0]
	return fmt.Sprintf("%s %s: %s", c.Name, c.Version, c.Example)
}

// TestResolveIsSteady: equal specs resolve to equal bytes, and every example is valid by
// its schema as the store will judge it.
func TestResolveIsSteady(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := drawSpec(t)
		s, err := spec.Resolve(nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, spec.Write())
		}
		again, err := spec.Resolve(nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s, again); diff != "" {
			t.Fatal(diff)
		}
		for _, a := range s.Aggregates {
			for _, e := range a.Events {
				judge(t, e.Name, e.Schema, e.Example)
			}
			for _, c := range a.Commands {
				judge(t, c.Name, c.Schema, c.Example)
			}
		}
		if diff := cmp.Diff(string(spec.Write()), string(s.Write())); diff != "" {
			t.Fatalf("what is resolved is written otherwise:\n%s", diff)
		}
	})
}

func judge(t *rapid.T, name string, text, body []byte) {
	fsys, err := scaffold.Tree{"schema.json": text}.FS()
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := gate.CompileSchemas(fsys, []gate.SchemaFile{{Type: name, Version: "1", File: "schema.json"}})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	d, err := document.Parse("body.json", body)
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	if err := schemas.Validate(name, "1", d.Value()); err != nil {
		t.Fatalf("%v\n%s\n%s", err, text, body)
	}
}

// TestExamplesAreFound: bodies are found for schemas that drawing alone does not meet.
func TestExamplesAreFound(t *testing.T) {
	for name, properties := range map[string]string{
		"look-alikes":  `"taskId": {"type": "string", "enum": ["b", "a"]}, "x": {"not": {"type": "string"}}`,
		"dependencies": `"taskId": {"type": "string"}, "x": {"type": "object", "required": ["a"], "propertyNames": {"maxLength": 1}, "minProperties": 2}`,
		"conditions":   `"taskId": {"type": "string"}, "x": {"if": {"type": "integer"}, "then": {"multipleOf": 7, "minimum": 1000}, "else": false}`,
	} {
		t.Run(name, func(t *testing.T) {
			text := `{"type": "object", "properties": {` + properties + `}, "required": ["taskId", "x"]}`
			taken, err := scaffold.From(context.Background(), "catalog.yaml", "desk", options(t, "events:\n  TaskAdded: {version: 1.0.0, schema: "+text+"}\n"))
			if err != nil {
				t.Fatal(err)
			}
			resolve(t, taken)
		})
	}
}

func options(t *testing.T, plain string) catalog.Options {
	t.Helper()
	fsys, err := scaffold.Tree{"catalog.yaml": []byte(plain)}.FS()
	if err != nil {
		t.Fatal(err)
	}
	return catalog.Options{FS: fsys}
}
