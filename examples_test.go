package main_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/scaffold"
)

// examples are the apps that `nexus new -f domain.yaml` makes, with the files beside
// them that were written by hand.
var examples = []struct {
	name   string
	module string
	beside []string
}{
	{"orders", "example.com/orders", []string{"CATALOG.md", "budget.yaml", "prices.yaml"}},
	{"iot", "example.com/iot", nil},
}

// exampleVersion stands for nexus's own in what examples say of it, so that a release
// changes none of them.
const exampleVersion = "devel"

// The examples are, to the byte, what their domain.yaml makes of them. NEXUS_UPDATE=1
// writes them anew.
func TestExamplesAreWhatNexusMakes(t *testing.T) {
	for _, example := range examples {
		t.Run(example.name, func(t *testing.T) {
			dir := filepath.Join("examples", example.name)
			want, taken := makeExample(t, dir, example.module)
			if os.Getenv("NEXUS_UPDATE") != "" {
				updateExample(t, dir, want, taken, example.beside)
			}
			found, err := scaffold.ReadTree(os.DirFS(dir))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range want.Names() {
				got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
				if err != nil {
					t.Errorf("%v: NEXUS_UPDATE=1 writes it", err)
				} else if !bytes.Equal(got, want[name]) {
					t.Errorf("%s/%s differs; NEXUS_UPDATE=1 writes it anew (-made +is):\n%s", dir, name, firstLines(gocmp.Diff(string(want[name]), string(got))))
				}
			}
			for _, name := range found.Names() {
				if want[name] == nil && !slices.Contains(example.beside, name) {
					t.Errorf("%s/%s is not made of domain.yaml, and not listed as written by hand", dir, name)
				}
			}
		})
	}
}

// makeExample makes all files of an app of its own domain.yaml, as the command does.
// taken are those of them that are its catalog, taken over.
func makeExample(t *testing.T, dir, module string) (app, taken scaffold.Tree) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "domain.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	spec, err := scaffold.ReadSpec("domain.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	if spec.Module != module {
		t.Errorf("%s is the module %s, want %s", dir, spec.Module, module)
	}
	if spec.Catalog != "" {
		if taken, err = scaffold.ReadTree(os.DirFS(filepath.Join(dir, spec.Catalog))); err != nil {
			t.Fatal(err)
		}
	}
	app, err = scaffold.New(t.Context(), spec, scaffold.NewOptions{Version: exampleVersion, Catalog: taken, Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return app, taken
}

// updateExample writes the files of an example, and removes what it was made of before.
func updateExample(t *testing.T, dir string, app, taken scaffold.Tree, beside []string) {
	t.Helper()
	var stale []string
	found, err := scaffold.ReadTree(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range found.Names() {
		if _, catalog := taken[strings.TrimPrefix(name, "catalog/")]; app[name] == nil && !catalog && !slices.Contains(beside, name) {
			stale = append(stale, name)
		}
	}
	for _, name := range stale {
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range app {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o755), os.WriteFile(full, text, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
}

// firstLines is as much of a diff as a person reads.
func firstLines(diff string) string {
	lines := strings.SplitAfterN(diff, "\n", 41)
	if len(lines) > 40 {
		lines[40] = "...\n"
	}
	return strings.Join(lines, "")
}

// The examples hold what they promise: they build, vet and pass their own tests with
// nothing but the modules that go.mod and go.sum name.
func TestExamplesPassTheirTests(t *testing.T) {
	if testing.Short() {
		t.Skip("short: it compiles two apps with their database and runs their tests")
	}
	for _, example := range examples {
		t.Run(example.name, func(t *testing.T) {
			dir := filepath.Join("examples", example.name)
			goOffline(t, dir, "vet", "./...")
			goOffline(t, dir, "test", "./...")
		})
	}
}

// goOffline runs the go command in an app, as on a machine without a network.
func goOffline(t *testing.T, dir string, args ...string) {
	t.Helper()
	if out, err := goCommand(dir, "GOFLAGS=-mod=readonly -buildvcs=false", "GOPROXY=off").run(t, args...); err != nil {
		t.Fatalf("go %s in %s: %v\n%s", strings.Join(args, " "), dir, err, out)
	}
}

// A goTool is the go command in a folder, with more environment.
type goTool struct {
	dir string
	env []string
}

func goCommand(dir string, env ...string) goTool { return goTool{dir, env} }

func (g goTool) run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", args...)
	c.Dir = g.dir
	c.Env = append(os.Environ(), append([]string{"GOWORK=off"}, g.env...)...)
	out, err := c.CombinedOutput()
	return string(out), err
}

// The go.mod and go.sum of a new app are complete, and name nothing that it does not
// need. NEXUS_UPDATE=1 makes them of nexus's own, which needs a network; the tests that
// embed them see the new ones the next time.
func TestModulesOfAnAppAreComplete(t *testing.T) {
	if testing.Short() {
		t.Skip("short: it runs the go command over an app")
	}
	app, _ := makeExample(t, filepath.Join("examples", "iot"), "example.com/iot")
	dir := filepath.Join(t.TempDir(), "app")
	if err := scaffold.Write(t.Context(), dir, app); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("NEXUS_UPDATE") != "" {
		updateModules(t, dir)
		return
	}
	out, err := goCommand(dir, "GOFLAGS=-mod=mod", "GOPROXY=off").run(t, "mod", "tidy", "-diff")
	switch {
	case strings.Contains(out, "GOPROXY=off"):
		t.Skip("the modules of the dependencies' own tests are not in the module cache, and tidy asks for them")
	case err != nil:
		t.Errorf("skeleton/app/go.mod.txt or go.sum.txt is not tidy: %v; NEXUS_UPDATE=1 writes them anew:\n%s", err, out)
	}
}

// updateModules makes the module files of an app of nexus's own: the same versions,
// and only what the app needs.
func updateModules(t *testing.T, dir string) {
	t.Helper()
	own, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(own, []byte("\n"))
	const module = "module example.com/app\n"
	if err := errors.Join(
		os.WriteFile(filepath.Join(dir, "go.mod"), append([]byte("module example.com/iot\n"), rest...), 0o644),
		os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o644),
	); err != nil {
		t.Fatal(err)
	}
	if out, err := goCommand(dir, "GOFLAGS=-mod=mod").run(t, "mod", "tidy"); err != nil {
		t.Fatalf("go mod tidy: %v\n%s", err, out)
	}
	for from, to := range map[string]string{"go.mod": "skeleton/app/go.mod.txt", "go.sum": "skeleton/app/go.sum.txt"} {
		text, err := os.ReadFile(filepath.Join(dir, from))
		if err != nil {
			t.Fatal(err)
		}
		if _, after, ok := bytes.Cut(text, []byte("module example.com/iot\n")); ok {
			text = append([]byte(module), after...)
		}
		if err := os.WriteFile(filepath.FromSlash(to), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
