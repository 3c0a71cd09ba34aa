package gate_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

var update = flag.Bool("update", false, "rewrite the errors in testdata/strict")

// TestStrict compiles each fixture of testdata/strict: Rego files, and the error
// that they get, word for word.
func TestStrict(t *testing.T) {
	files, err := filepath.Glob("testdata/strict/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures found (%v)", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var modules []gate.Module
			var want *txtar.File
			for i, f := range archive.Files {
				if f.Name == "error" {
					want = &archive.Files[i]
					continue
				}
				modules = append(modules, gate.Module{File: f.Name, Text: string(f.Data)})
			}
			_, err = gate.CompilePolicies(modules, strict())
			failure, ok := errors.AsType[*gate.PolicyError](err)
			if !ok {
				t.Fatalf("got %v, want a *PolicyError", err)
			}
			got := failure.Error() + "\n"
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(want.Data), got); diff != "" {
				t.Errorf("error differs (-want +got):\n%s", diff)
			}
		})
	}
}
