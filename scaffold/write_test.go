package scaffold

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// onDisk is everything below a folder, so that a test sees what nobody asked for too.
func onDisk(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		if entry.IsDir() {
			found[name+"/"] = ""
			return nil
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		found[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

var smallApp = Tree{"go.mod": []byte("module m\n"), "internal/a/a.go": []byte("package a\n"), ".gitignore": []byte("data/\n*.db\n")}

func TestWriteMakesTheFolder(t *testing.T) {
	dir := t.TempDir()
	if err := Write(t.Context(), filepath.Join(dir, "deep", "app"), smallApp); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"deep/": "", "deep/app/": "", "deep/app/go.mod": "module m\n", "deep/app/internal/": "", "deep/app/internal/a/": "",
		"deep/app/internal/a/a.go": "package a\n", "deep/app/.gitignore": "data/\n*.db\n",
	}
	if diff := cmp.Diff(want, onDisk(t, dir)); diff != "" {
		t.Errorf("the folder differs (-want +got):\n%s", diff)
	}
	if info, err := os.Stat(filepath.Join(dir, "deep", "app")); err != nil || info.Mode().Perm()&0o055 != 0o055 {
		t.Errorf("the folder of the app has the mode %v (%v): others cannot read it", info.Mode(), err)
	}
}

func TestWriteIntoAFolderThatIsThere(t *testing.T) {
	tests := []struct {
		name     string
		there    map[string]string
		occupied []string
		changed  map[string]string // of what was there
	}{
		{name: "an empty one"},
		{name: "a fresh repository", there: map[string]string{".git/HEAD": "ref", "LICENSE": "MIT", "docs/idea.md": "x", ".github/CODEOWNERS": "* @me"}},
		{name: "its .gitignore is completed", there: map[string]string{".gitignore": "*.db\n/bin"}, changed: map[string]string{".gitignore": "*.db\n/bin\ndata/\n"}},
		{name: "the same file", there: map[string]string{"internal/a/a.go": "package a\n"}},
		{name: "another file", there: map[string]string{"main.py": ""}, occupied: []string{"main.py"}},
		{name: "a file in the way", there: map[string]string{"go.mod": "module other\n", "LICENSE": "MIT"}, occupied: []string{"go.mod"}},
		{name: "a folder with more than the app has", there: map[string]string{"internal/a/a.go": "package a\n", "internal/b/b.go": "package b\n"}, occupied: []string{"internal/"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, test.there)
			before := onDisk(t, dir)
			err := Write(t.Context(), dir, smallApp)
			if test.occupied != nil {
				occupied, ok := errors.AsType[*OccupiedError](err)
				if !ok {
					t.Fatalf("the error is %v", err)
				}
				if diff := cmp.Diff(test.occupied, occupied.Files); diff != "" {
					t.Errorf("what is in the way differs (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(before, onDisk(t, dir)); diff != "" {
					t.Errorf("something was written all the same (-before +after):\n%s", diff)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			after := onDisk(t, dir)
			for name, text := range smallApp {
				if name != ".gitignore" && after[name] != string(text) {
					t.Errorf("%s holds %q", name, after[name])
				}
			}
			for name, text := range test.there {
				if changed, ok := test.changed[name]; ok {
					text = changed
				}
				if after[name] != text {
					t.Errorf("%s was there, and holds %q now, want %q", name, after[name], text)
				}
			}
			for name := range after {
				if filepath.Base(name)[0] == '.' && len(name) > len(stagingPrefix) && name[:len(stagingPrefix)] == stagingPrefix {
					t.Errorf("%s was left behind", name)
				}
			}
		})
	}
}

// An interrupt, or a file that cannot be written, leaves everything as it was.
func TestWriteAllOrNothing(t *testing.T) {
	t.Run("interrupted before the folder is there", func(t *testing.T) {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := Write(ctx, filepath.Join(dir, "app"), smallApp); !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
		if left := onDisk(t, dir); len(left) > 0 {
			t.Errorf("%v was left behind", left)
		}
	})
	t.Run("a file where a folder has to be", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, map[string]string{"go.mod": "module old\n", "internal": "a file", "z.txt": "stays"})
		before := onDisk(t, dir)
		if err := place(t.Context(), dir, smallApp, []string{"z.txt"}); err == nil {
			t.Error("a folder was made over a file")
		}
		if diff := cmp.Diff(before, onDisk(t, dir)); diff != "" {
			t.Errorf("the folder is another one (-before +after):\n%s", diff)
		}
	})
	t.Run("a file that is taken away", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, map[string]string{"go.mod": "module old\n", "internal/old/x.go": "package old\n"})
		if err := place(t.Context(), dir, smallApp, []string{"internal/old/x.go"}); err != nil {
			t.Fatal(err)
		}
		after := onDisk(t, dir)
		if _, there := after["internal/old/"]; there || after["go.mod"] != "module m\n" {
			t.Errorf("the folder holds %v", after)
		}
	})
}

// A link that leads out of the folder is not followed.
func TestPlaceStaysInTheFolder(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "internal")); err != nil {
		t.Skip("no links here:", err)
	}
	if err := place(t.Context(), dir, smallApp, nil); err == nil {
		t.Error("a link out of the folder was followed")
	}
	if left := onDisk(t, outside); len(left) > 0 {
		t.Errorf("%v was written outside", left)
	}
}
