package scaffold

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// TestRenderGolden renders the spec of each archive and compares the files that it
// has below want. NEXUS_UPDATE=1 writes them anew.
func TestRenderGolden(t *testing.T) {
	archives, err := filepath.Glob("testdata/render/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("there are no archives: %v", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) { testGolden(t, name) })
	}
}

func testGolden(t *testing.T, name string) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	fsys, err := txtar.FS(archive)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ReadSpec("domain.yaml", archived(archive, "domain.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if s, err = s.Resolve(fsys); err != nil {
		t.Fatal(err)
	}
	tree := mustRender(t, s)
	checkGo(t, tree, moduleOf(s))
	checkTexts(t, tree)
	update := os.Getenv("NEXUS_UPDATE") != ""
	for i, f := range archive.Files {
		path, ok := strings.CutPrefix(f.Name, "want/")
		if !ok {
			continue
		}
		if update {
			archive.Files[i].Data = tree[path]
		} else if diff := gocmp.Diff(string(f.Data), string(tree[path])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	if update {
		if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// archived is a file of an archive.
func archived(archive *txtar.Archive, name string) []byte {
	for _, f := range archive.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}
