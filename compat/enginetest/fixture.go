package enginetest

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/nexus-blueprint/nexus/schema"
)

// A Fixture is two versions of a schema, out of one txtar file.
type Fixture struct {
	Name     string // the file's, without its ending
	File     string
	Comment  string
	Old, New schema.Schema
}

// ReadFixtures reads the fixtures of a folder, in the order of their names. The
// versions are as like is, except for text, references and the file's ending.
func ReadFixtures(t testing.TB, folder string, like schema.Schema) []Fixture {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures in %s: %v", folder, err)
	}
	fixtures := make([]Fixture, len(files))
	for i, file := range files {
		archive := readArchive(t, file)
		fixtures[i] = Fixture{
			Name: strings.TrimSuffix(filepath.Base(file), ".txtar"), File: file, Comment: string(archive.Comment),
			Old: version(t, file, archive, "old", like), New: version(t, file, archive, "new", like),
		}
	}
	return fixtures
}

func readArchive(t testing.TB, file string) *txtar.Archive {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatalf("reading the fixture: %v", err)
	}
	return archive
}

// version reads one side of a fixture. The folder old stands for the folder that
// the old version's file lies in, and new for the new one's.
func version(t testing.TB, file string, archive *txtar.Archive, side string, like schema.Schema) schema.Schema {
	t.Helper()
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool {
		return strings.TrimSuffix(f.Name, path.Ext(f.Name)) == side
	})
	if i < 0 {
		t.Fatalf("%s has no section %s%s", file, side, path.Ext(like.File))
	}
	home := path.Dir(like.File)
	s := like
	s.File = strings.TrimSuffix(like.File, path.Ext(like.File)) + path.Ext(archive.Files[i].Name)
	s.Text = archive.Files[i].Data
	s.Resolve = func(name string) (string, []byte, error) {
		name = path.Join(home, name)
		for _, f := range archive.Files {
			if inner, ok := strings.CutPrefix(f.Name, side+"/"); ok && path.Join(home, inner) == name {
				return name, f.Data, nil
			}
		}
		return "", nil, fs.ErrNotExist
	}
	return s
}

// Want compares got with the section want of a txtar file. With NEXUS_UPDATE=1 it
// rewrites that section instead.
func Want(t testing.TB, file, got string) {
	t.Helper()
	archive := readArchive(t, file)
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	switch {
	case os.Getenv("NEXUS_UPDATE") != "":
		archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
		archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatalf("rewriting the fixture: %v", err)
		}
	case i < 0:
		t.Fatalf("%s has no section want; NEXUS_UPDATE=1 writes it", file)
	default:
		if diff := cmp.Diff(string(archive.Files[i].Data), got); diff != "" {
			t.Errorf("%s: want differs (-want +got):\n%s", file, diff)
		}
	}
}
