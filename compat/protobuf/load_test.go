package protobuf

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/compat/enginetest"
	"github.com/nexus-blueprint/nexus/schema"
)

// tree is a set of files as a directory resolves them: paths are relative to the
// folder of the file that asks.
func tree(files []txtar.File, file string) schema.Schema {
	s := schema.Schema{Subject: "OrderPlaced", Format: schema.Protobuf, File: file}
	s.Resolve = func(name string) (string, []byte, error) {
		name = path.Join(path.Dir(file), name)
		for _, f := range files {
			if f.Name == name {
				return name, f.Data, nil
			}
		}
		return name, nil, fs.ErrNotExist
	}
	for _, f := range files {
		if f.Name == file {
			s.Text = f.Data
		}
	}
	return s
}

// A fixture in testdata/input is a tree in which shop/order.proto is read. The
// section want holds the error with its code and hints, or the files that were
// read beside it.
func TestParse(t *testing.T) {
	files, err := filepath.Glob("testdata/input/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			enginetest.Want(t, file, describeParse(newEngine(t, "").Parse(tree(archive.Files, "shop/order.proto"))))
		})
	}
}

func describeParse(p compat.Parsed, err error) string {
	var b strings.Builder
	var input *compat.InputError
	switch {
	case errors.As(err, &input):
		fmt.Fprintf(&b, "%v\ncode: %s\n", input, input.Code)
		for _, hint := range input.Hints {
			fmt.Fprintf(&b, "hint: %s\n", hint)
		}
	case err != nil:
		fmt.Fprintf(&b, "not an input error: %v\n", err)
	default:
		b.WriteString("read\n")
		for _, f := range p.(*parsed).files {
			fmt.Fprintf(&b, "import %q is %s\n", f.name, f.shown)
		}
	}
	return b.String()
}

func TestReferencesOfARegistryAreImports(t *testing.T) {
	s := schema.Schema{
		Subject: "orders-value", Format: schema.Protobuf, Text: []byte("syntax = \"proto3\";\nimport \"item.proto\";\nmessage OrderPlaced { Item item = 1; }\n"),
		References: []schema.Reference{{Name: "item.proto", Subject: "item", Version: "3", Text: []byte("syntax = \"proto3\";\nmessage Item { string sku = 1; }\n")}},
	}
	p := mustParse(t, newEngine(t, ""), s)
	if got := p.Locate("item.proto#/messages/Item"); got.File != "item.proto" || got.Line != 2 {
		t.Errorf("the reference lies at %s:%d", got.File, got.Line)
	}
	s.References = nil
	_, err := newEngine(t, "").Parse(s)
	var input *compat.InputError
	if !errors.As(err, &input) || input.Code != "unresolved-reference" || input.Location.Line != 2 {
		t.Errorf("without the reference: %v", err)
	}
}

// Byte-equal import closures are compiled once, whatever they are called.
func TestEqualClosuresAreCompiledOnce(t *testing.T) {
	e := newEngine(t, "")
	item := "syntax = \"proto3\";\nmessage Item { string sku = 1; }\n"
	order := "syntax = \"proto3\";\nimport \"item.proto\";\nmessage OrderPlaced { Item item = 1; }\n"
	read := func(root, order, item string) *parsed {
		files := []txtar.File{{Name: root + "/order.proto", Data: []byte(order)}, {Name: root + "/item.proto", Data: []byte(item)}}
		return mustParse(t, e, tree(files, root+"/order.proto")).(*parsed)
	}
	old, moved := read("old", order, item), read("new", order, item)
	if old.root.linked != moved.root.linked {
		t.Error("the same closure in another folder was compiled again")
	}
	edited := read("new", order+"// one more line\n", item)
	if edited.root.linked == old.root.linked {
		t.Error("another text was not compiled")
	}
	if edited.root.imports[0].linked != old.root.imports[0].linked {
		t.Error("the import that stayed was compiled again")
	}
	if deep := read("new", order, item+"message Price { int64 cents = 1; }\n"); deep.root.linked == old.root.linked {
		t.Error("a file was not compiled again although its import changed")
	}
}

// An error shows the name of the file at hand, also when the same bytes failed
// before under another name.
func TestErrorsNameTheFileAtHand(t *testing.T) {
	e := newEngine(t, "")
	for _, file := range []string{"old/order.proto", "new/order.proto"} {
		_, err := e.Parse(schema.Schema{File: file, Text: []byte("syntax = \"proto3\";\nmessage OrderPlaced { Item item = 1; }\n")})
		if err == nil || !strings.HasPrefix(err.Error(), file+":2:") {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestUnknownCategory(t *testing.T) {
	if _, err := New(Options{Category: "JSON"}); err == nil || !strings.Contains(err.Error(), "WIRE, WIRE_JSON, FILE") {
		t.Errorf("New: %v", err)
	}
}

func TestRefers(t *testing.T) {
	for text, want := range map[string]bool{
		"syntax = \"proto3\";": false,
		"syntax = \"proto3\"; import \"google/protobuf/any.proto\";": false,
		"syntax = \"proto3\"; import \"item.proto\";":                true,
		"broken": true,
	} {
		if got := Refers([]byte(text)); got != want {
			t.Errorf("Refers(%q) = %t", text, got)
		}
	}
}
