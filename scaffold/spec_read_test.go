package scaffold_test

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/scaffold"
)

// TestReadSpec reads testdata/spec.txtar: files come in pairs, NAME with domain.yaml
// and "NAME: answer" with the error.
func TestReadSpec(t *testing.T) {
	const file = "testdata/spec.txtar"
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(archive.Files); i += 2 {
		input, want := archive.Files[i], &archive.Files[i+1]
		t.Run(input.Name, func(t *testing.T) {
			got := "sound\n"
			_, err := scaffold.ReadSpec("domain.yaml", input.Data)
			if e, ok := errors.AsType[*document.Error](err); ok {
				got = fmt.Sprintf("%s\nhint: %s\n", e, e.Hint)
			} else if err != nil {
				t.Fatalf("the error has no place: %v", err)
			}
			if os.Getenv("NEXUS_UPDATE") != "" {
				want.Data = []byte(got)
				return
			}
			if diff := cmp.Diff(string(want.Data), got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if os.Getenv("NEXUS_UPDATE") != "" {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzReadSpec: no text breaks the reader, each error has a place in the text, and
// what is read can be written and read again.
func FuzzReadSpec(f *testing.F) {
	for _, name := range []string{"iot", "orders"} {
		text, err := os.ReadFile("../examples/" + name + "/domain.yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	archive, err := txtar.ParseFile("testdata/spec.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for i := 0; i < len(archive.Files); i += 2 {
		f.Add(archive.Files[i].Data)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := scaffold.ReadSpec("domain.yaml", text)
		if e, ok := errors.AsType[*document.Error](err); ok {
			if e.Line < 1 || e.Column < 1 || e.Message == "" {
				t.Errorf("an error without place: %#v", e)
			}
			return
		}
		again, err := scaffold.ReadSpec("domain.yaml", s.Write())
		if err != nil {
			t.Fatalf("%v\n%s", err, s.Write())
		}
		if diff := cmp.Diff(s, again); diff != "" {
			t.Errorf("%s\n%s", diff, s.Write())
		}
	})
}
