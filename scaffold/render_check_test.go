package scaffold

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A goChecker type-checks what was rendered against the core's own packages: of those
// it reads what they export and not how they do it, so that nothing that an app links
// has to be compiled.
type goChecker struct {
	files *token.FileSet
	std   types.Importer
	mu    sync.Mutex
	known map[string]*types.Package // of the standard library and the core, by path
}

var checker = sync.OnceValue(func() *goChecker {
	files := token.NewFileSet()
	return &goChecker{files: files, std: importer.ForCompiler(files, "source", nil), known: map[string]*types.Package{}}
})

// checkGo fails the test if a package of the tree does not compile.
func checkGo(t testing.TB, tree Tree, module string) {
	t.Helper()
	if err := checker().check(tree, module); err != nil {
		t.Fatal(err)
	}
}

func (c *goChecker) check(tree Tree, module string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	app := &appImporter{goChecker: c, tree: tree, module: module, own: map[string]*types.Package{}}
	folders := map[string]bool{}
	for name := range tree {
		if path.Ext(name) == ".go" {
			folders[path.Dir(name)] = true
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		if _, err := app.load(folder, true); err != nil {
			return err
		}
	}
	return nil
}

// An appImporter finds the packages of one app.
type appImporter struct {
	*goChecker
	tree   Tree
	module string
	own    map[string]*types.Package
}

func (a *appImporter) Import(name string) (*types.Package, error) {
	if core, ok := strings.CutPrefix(name, a.module+"/"+coreFolder+"/"); ok {
		return a.core(core)
	}
	if folder, ok := strings.CutPrefix(name, a.module+"/"); ok {
		return a.load(folder, false)
	}
	return a.standard(name)
}

// load checks a package of the tree; with its tests, nobody imports it.
func (a *appImporter) load(folder string, tests bool) (*types.Package, error) {
	if p := a.own[folder]; p != nil && !tests {
		return p, nil
	}
	var parsed []*ast.File
	for _, name := range a.tree.Names() {
		if path.Dir(name) != folder || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") && !tests {
			continue
		}
		file, err := parser.ParseFile(a.files, name, a.tree[name], parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, file)
	}
	if len(parsed) == 0 {
		return nil, fmt.Errorf("there is no package in %s", folder)
	}
	config := types.Config{Importer: a, GoVersion: "go1.26"}
	p, err := config.Check(path.Join(a.module, folder), a.files, parsed, nil)
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, a.tree[faultyFile(err)])
	}
	if !tests {
		a.own[folder] = p
	}
	return p, nil
}

// faultyFile is the file that an error of the type checker is about.
func faultyFile(err error) string {
	name, _, _ := strings.Cut(err.Error(), ":")
	return name
}

// core reads what a package of skeleton exports.
func (c *goChecker) core(name string) (*types.Package, error) {
	full := skeletonPath + "/" + name
	if p := c.known[full]; p != nil {
		return p, nil
	}
	if !slices.Contains([]string{"domain", "domain/domaintest", "app", "app/apptest"}, name) {
		return nil, fmt.Errorf("package %s is not read by this test", name)
	}
	matches, err := filepath.Glob(filepath.Join("..", "skeleton", filepath.FromSlash(name), "*.go"))
	if err != nil {
		return nil, err
	}
	var parsed []*ast.File
	for _, file := range matches {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(c.files, file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, f)
	}
	config := types.Config{Importer: coreImporter{c}, IgnoreFuncBodies: true, GoVersion: "go1.26", Error: func(error) {}}
	p, _ := config.Check(full, c.files, parsed, nil) // what it imports need not be known
	p.MarkComplete()
	c.known[full] = p
	return p, nil
}

// coreImporter finds what the signatures of the core are made of.
type coreImporter struct{ *goChecker }

func (c coreImporter) Import(name string) (*types.Package, error) {
	if core, ok := strings.CutPrefix(name, skeletonPath+"/"); ok {
		return c.core(core)
	}
	return c.standard(name)
}

// standard is a package of the standard library, of those that apps name.
func (c *goChecker) standard(name string) (*types.Package, error) {
	if p := c.known[name]; p != nil {
		return p, nil
	}
	if name == "github.com/google/go-cmp/cmp" {
		return c.compare(name)
	}
	if !slices.Contains([]string{"context", "embed", "encoding/json", "io", "io/fs", "os", "strings", "testing", "time"}, name) {
		return nil, fmt.Errorf("package %s is not read by this test", name)
	}
	p, err := c.std.Import(name)
	if err == nil {
		c.known[name] = p
	}
	return p, err
}

// compare is what tests of apps call of go-cmp.
func (c *goChecker) compare(name string) (*types.Package, error) {
	const text = `package cmp

type Option any

func Diff(x, y any, opts ...Option) string
func Transformer(name string, f any) Option
`
	file, err := parser.ParseFile(c.files, "cmp.go", text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	config := types.Config{IgnoreFuncBodies: true, Error: func(error) {}} // which are missing
	p, _ := config.Check(name, c.files, []*ast.File{file}, nil)
	p.MarkComplete()
	c.known[name] = p
	return p, nil
}
