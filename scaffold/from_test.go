package scaffold_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/scaffold"
	"github.com/nexus-blueprint/nexus/schema"
)

// TestFrom takes over each testdata/from/*.txtar: the file source names what is taken,
// want is what came of it.
func TestFrom(t *testing.T) {
	files, err := filepath.Glob("testdata/from/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no fixtures", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			files := scaffold.Tree{}
			var source, want string
			kept := archive.Files[:0:0]
			for _, f := range archive.Files {
				switch f.Name {
				case "source":
					source = strings.TrimSpace(string(f.Data))
				case "want":
					want = string(f.Data)
					continue
				default:
					files[f.Name] = f.Data
				}
				kept = append(kept, f)
			}
			got := takenAnswer(t, files, source)
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

// takenAnswer is the spec, the notes and the files of what was taken over, with a mark
// at those that are the source's byte for byte.
func takenAnswer(t *testing.T, files scaffold.Tree, source string) string {
	t.Helper()
	fsys, err := files.FS()
	if err != nil {
		t.Fatal(err)
	}
	taken, err := scaffold.From(context.Background(), source, "desk", catalog.Options{FS: fsys})
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	var b strings.Builder
	b.Write(taken.Spec.Write())
	for _, note := range taken.Notes {
		fmt.Fprintln(&b, "note:", note)
	}
	for _, name := range taken.Files.Names() {
		mark := "written"
		for _, text := range files {
			if bytes.Equal(text, taken.Files[name]) {
				mark = "kept"
			}
		}
		fmt.Fprintln(&b, mark, name)
	}
	resolve(t, taken)
	return b.String()
}

// resolve makes sure that an app can be made of what was taken over.
func resolve(t *testing.T, taken scaffold.Taken) {
	t.Helper()
	below := scaffold.Tree{}
	for name, text := range taken.Files {
		below["catalog/"+name] = text
	}
	fsys, err := below.FS()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := taken.Spec.Resolve(fsys); err != nil {
		t.Errorf("what was taken over cannot be resolved: %v", err)
	}
	if _, err := scaffold.ReadSpec("domain.yaml", taken.Spec.Write()); err != nil {
		t.Errorf("its spec cannot be read: %v\n%s", err, taken.Spec.Write())
	}
}

// TestFromKeepsEveryByte takes the catalog of an example over.
func TestFromKeepsEveryByte(t *testing.T) {
	root := os.DirFS("../examples/orders")
	taken, err := scaffold.From(context.Background(), "catalog", "orders", catalog.Options{FS: root})
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	err = fs.WalkDir(root, "catalog", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(root, name)
		if below := strings.TrimPrefix(name, "catalog/"); !bytes.Equal(text, taken.Files[below]) {
			t.Errorf("%s is not kept", below)
		}
		count++
		return err
	})
	if err != nil || count != len(taken.Files) {
		t.Errorf("%d files were taken of %d: %v", len(taken.Files), count, err)
	}
	resolve(t, taken)
	if got := taken.Spec.Aggregates[0]; got.Name != "Order" || got.ID != "orderId" || len(got.Events) != 5 || len(got.Commands) != 5 || got.Commands[0].Name != "PlaceOrder" {
		t.Errorf("the aggregate is %+v", got)
	}
}

func TestFromRegistry(t *testing.T) {
	first := []byte(`{"type":"object",  "properties":{"taskId":{"type":"string"}},"required":["taskId"]}`)
	second := []byte(`{"type":"object","properties":{"taskId":{"type":"string"},"by":{"type":"string"}},"required":["taskId"]}` + "\n")
	subject := func(name string, texts ...[]byte) catalog.Subject {
		s := catalog.Subject{Name: name}
		for i, text := range texts {
			s.Versions = append(s.Versions, schema.Schema{Subject: name, Version: fmt.Sprint(i + 1), Format: schema.JSON, Text: text})
		}
		return s
	}
	taken, err := scaffold.FromRegistry(context.Background(), "desk", []catalog.Subject{subject("task-done-value", first, second), subject("com.example.TaskAdded", first)})
	if err != nil {
		t.Fatal(err)
	}
	resolve(t, taken)
	if diff := cmp.Diff(string(second), string(taken.Files["events/task-done-value/schema.json"])); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(string(first), string(taken.Files["events/task-done-value/versioned/1/schema.json"])); diff != "" {
		t.Error(diff, taken.Files.Names())
	}
	want := `version: 1
name: desk
catalog: catalog
aggregates:
  - name: Task
    id: taskId
    events:
      com.example.TaskAdded: {}
      task-done-value: {}
    commands:
      RecordTaskAdded:
        summary: Asks to record ` + "`com.example.TaskAdded`" + `.
        event: com.example.TaskAdded
        creates: true
      RecordTaskDoneValue: {summary: Asks to record ` + "`task-done-value`" + `., event: task-done-value}
    readModels:
      Tasks: {fields: [by]}
`
	if diff := cmp.Diff(want, string(taken.Spec.Write())); diff != "" {
		t.Error(diff)
	}
}

func TestFromRefuses(t *testing.T) {
	for name, run := range map[string]func() error{
		"a registry without subjects": func() error {
			_, err := scaffold.FromRegistry(context.Background(), "desk", nil)
			return err
		},
		"a folder without a catalog": func() error {
			fsys, err := scaffold.Tree{"a/b.txt": []byte("x")}.FS()
			if err != nil {
				return nil
			}
			_, err = scaffold.From(context.Background(), "a", "desk", catalog.Options{FS: fsys})
			return err
		},
		"a context that has ended": func() error {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			_, err := scaffold.From(ctx, "catalog", "orders", catalog.Options{FS: os.DirFS("../examples/orders")})
			if !errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		},
	} {
		if run() == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
