package main_test

import (
	"cmp"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
)

const modulePath = "github.com/nexus-blueprint/nexus"

// A room is one package of the house, or with the suffix "/..." every package
// below a folder.
type room struct {
	rank int
	dir  string
	// modules are the only third-party modules, or packages of them, that the
	// room may import. Each heavy one has one importer, so that testing one
	// package never compiles another one's dependencies.
	modules []string
}

// house says who may import whom. A package imports only packages of a lower
// rank; equal ranks never import each other. Packages that are planned but not
// built yet have their room already.
//
// Tests ship to nobody, so they may import upwards. They still must not pull in
// a heavy dependency that belongs to another room, except those of testModules.
var house = []room{
	{8, ".", nil},
	{7, "cmd", []string{"github.com/spf13/cobra", "github.com/spf13/pflag"}},
	{6, "ui", []string{
		"github.com/charmbracelet/lipgloss", "github.com/charmbracelet/bubbletea",
		"github.com/charmbracelet/x/ansi", "github.com/muesli/termenv",
		"github.com/mattn/go-runewidth", "github.com/rivo/uniseg", "golang.org/x/term",
	}},
	{5, "scaffold", []string{"golang.org/x/mod", "golang.org/x/tools/txtar"}},
	{4, "registry/dir", nil},
	{4, "registry/git", nil},
	{4, "registry/confluent", []string{"github.com/riferrei/srclient"}},
	{4, "registry/glue", []string{"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"}},
	{4, "registry/registrytest", nil},
	{4, "policy", []string{
		"github.com/open-policy-agent/opa/v1/ast", "github.com/open-policy-agent/opa/v1/cover",
		"github.com/open-policy-agent/opa/v1/rego", "github.com/open-policy-agent/opa/v1/tester",
		"github.com/open-policy-agent/opa/v1/topdown",
	}},
	{4, "cost", nil},
	{4, "replay", []string{"github.com/expr-lang/expr"}},
	{3, "registry", nil},
	{3, "compat/jsonschema", []string{"github.com/santhosh-tekuri/jsonschema/v5"}},
	{3, "compat/avro", []string{"github.com/twmb/avro"}},
	{3, "compat/protobuf", []string{"github.com/bufbuild/protocompile", "google.golang.org/protobuf"}},
	{3, "compat/enginetest", []string{"github.com/google/go-cmp", "github.com/rogpeppe/go-internal/txtar"}},
	{3, "event/index", nil},
	{2, "compat", nil},
	{2, "catalog", nil},
	{2, "event", []string{"github.com/klauspost/compress"}},
	{2, "waiver", nil},
	{1, "schema", nil},
	{1, "report", nil},
	{0, "quietterm", nil},
	{0, "document", []string{"go.yaml.in/yaml/v3"}},
	{0, "skeleton/app", []string{"github.com/google/uuid", "go.opentelemetry.io/otel"}},
	{0, "skeleton/app/apptest", []string{"github.com/google/uuid"}},
	{0, "skeleton/app/otlp", []string{"go.opentelemetry.io/otel"}},
	{0, "skeleton/domain", nil},
	{0, "skeleton/domain/domaintest", nil},
	{0, "skeleton/gate", []string{
		"github.com/open-policy-agent/opa/v1/ast", "github.com/open-policy-agent/opa/v1/metrics",
		"github.com/open-policy-agent/opa/v1/rego", "github.com/open-policy-agent/opa/v1/storage/inmem",
		"github.com/open-policy-agent/opa/v1/topdown",
		"github.com/santhosh-tekuri/jsonschema/v5",
	}},
	{0, "skeleton/journal", nil},
	{0, "skeleton/keyword", []string{"github.com/santhosh-tekuri/jsonschema/v5", "golang.org/x/net/idna"}},
	{0, "skeleton/outbox", nil},
	{0, "skeleton/store", nil},
	{0, "skeleton/store/memory", nil},
	{0, "skeleton/store/sqlite", []string{"modernc.org/sqlite", "modernc.org/libc"}},
	{0, "skeleton/store/storetest", nil},
	{0, "skeleton/...", []string{
		"github.com/google/uuid", "go.opentelemetry.io/otel/attribute", "go.opentelemetry.io/otel/codes",
		"go.opentelemetry.io/otel/metric", "go.opentelemetry.io/otel/propagation", "go.opentelemetry.io/otel/trace",
	}},
}

// forTests lists the packages that hold what tests share. Only tests import them.
var forTests = []string{
	"compat/enginetest", "registry/registrytest", "skeleton/app/apptest", "skeleton/domain/domaintest", "skeleton/store/storetest",
}

// appOnly lists what only an app made from the skeleton may link: the nexus
// binary must not reach it on any path.
var appOnly = []string{"modernc.org/sqlite", "modernc.org/libc", "go.opentelemetry.io/otel"}

// testModules lists what any test may import, and what tests share too. The JSON Schema validator and the
// YAML reader are here because tests judge nexus's output with them.
var testModules = []string{
	"github.com/google/go-cmp", "github.com/rogpeppe/go-internal", "pgregory.net/rapid",
	"github.com/owenrumney/go-sarif/v3", "github.com/santhosh-tekuri/jsonschema/v5",
	"go.yaml.in/yaml/v3", "go.opentelemetry.io/otel/sdk",
}

func TestLayers(t *testing.T) {
	imports, err := readImports(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	if len(imports) == 0 {
		t.Fatal("no Go file found: the test does not run in the root of the module")
	}
	for _, problem := range violations(imports) {
		t.Error(problem)
	}
}

func TestHouseNamesEachRoomOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range house {
		if seen[r.dir] {
			t.Errorf("%s has two rooms", r.dir)
		}
		seen[r.dir] = true
	}
}

func TestHouseStacksSubPackagesAboveTheirParent(t *testing.T) {
	for _, r := range house {
		if within(r.dir, "skeleton") {
			continue // one block, all on the ground
		}
		parent, ok := findRoom(path.Dir(r.dir))
		if ok && parent.dir != "." && parent.rank >= r.rank {
			t.Errorf("%s has rank %d, not above its parent's %d", r.dir, r.rank, parent.rank)
		}
	}
}

// TestArchitectureShowsTheHouse keeps the table of docs/ARCHITECTURE.md equal to house.
func TestArchitectureShowsTheHouse(t *testing.T) {
	text, err := os.ReadFile("docs/ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, " | ")
		if len(cells) == 3 && strings.HasPrefix(cells[1], "`") {
			got = append(got, cells[0]+" "+strings.Trim(cells[1], "`"))
		}
	}
	for _, r := range house {
		want = append(want, fmt.Sprintf("| %d %s", r.rank, r.dir))
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("docs/ARCHITECTURE.md shows another house (-house +page):\n%s", diff)
	}
}

// TestViolations checks the checker: each case is a small house with one fault.
func TestViolations(t *testing.T) {
	own := func(dir string) string { return strconv.Quote(modulePath + "/" + dir) }
	tests := []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{
			name:  "downwards is allowed",
			files: map[string]string{"cmd/a.go": "package cmd; import (_ " + own("compat") + "; _ \"github.com/spf13/cobra\")", "compat/a.go": "package compat"},
		},
		{
			name:  "upwards",
			files: map[string]string{"compat/a.go": "package compat\n\nimport _ " + own("registry/dir")},
			want:  []string{"compat/a.go:3: compat imports registry/dir: rank 2 may not import rank 4"},
		},
		{
			name:  "sideways",
			files: map[string]string{"registry/git/a.go": "package git; import _ " + own("registry/dir")},
			want:  []string{"registry/git/a.go:1: registry/git imports registry/dir: rank 4 may not import rank 4"},
		},
		{
			name:  "a parent imports its sub-package",
			files: map[string]string{"compat/a.go": "package compat; import _ " + own("compat/jsonschema")},
			want:  []string{"compat/a.go:1: compat imports compat/jsonschema: rank 2 may not import rank 3"},
		},
		{
			name:  "a test may look up",
			files: map[string]string{"compat/a_test.go": "package compat_test; import _ " + own("compat/jsonschema")},
		},
		{
			name:  "a test may not pull in another room's dependency",
			files: map[string]string{"compat/a_test.go": "package compat_test; import _ \"github.com/open-policy-agent/opa/v1/rego\""},
			want:  []string{"compat/a_test.go:1: compat imports github.com/open-policy-agent/opa/v1/rego: only policy, skeleton/gate may"},
		},
		{
			name:  "a heavy dependency outside its room",
			files: map[string]string{"report/a.go": "package report; import _ \"github.com/charmbracelet/lipgloss/table\""},
			want:  []string{"report/a.go:1: report imports github.com/charmbracelet/lipgloss/table: only ui may"},
		},
		{
			name:  "a part of a module that is not listed",
			files: map[string]string{"policy/a.go": "package policy; import _ \"github.com/open-policy-agent/opa/sdk\""},
			want:  []string{"policy/a.go:1: policy imports github.com/open-policy-agent/opa/sdk: no room lists it"},
		},
		{
			name:  "a name that only begins alike",
			files: map[string]string{"document/a.go": "package document; import _ \"go.yaml.in/yaml/v33\""},
			want:  []string{"document/a.go:1: document imports go.yaml.in/yaml/v33: no room lists it"},
		},
		{
			name:  "a test module in the program",
			files: map[string]string{"compat/a.go": "package compat; import _ \"pgregory.net/rapid\""},
			want:  []string{"compat/a.go:1: compat imports pgregory.net/rapid: only tests may"},
		},
		{
			name:  "what tests share in the program",
			files: map[string]string{"cmd/a.go": "package cmd; import _ " + own("compat/enginetest"), "cmd/a_test.go": "package cmd; import _ " + own("compat/enginetest")},
			want:  []string{"cmd/a.go:1: cmd imports compat/enginetest: only tests may"},
		},
		{
			name:  "a package without a room",
			files: map[string]string{"util/a.go": "package util"},
			want:  []string{"util: not in the house; give it a room in layers_test.go"},
		},
		{
			name:  "an import without a room",
			files: map[string]string{"cmd/a.go": "package cmd; import _ " + own("cmd/internal/util")},
			want:  []string{"cmd/a.go:1: cmd imports cmd/internal/util: not in the house"},
		},
		{
			name: "the skeleton knows only itself",
			files: map[string]string{
				"skeleton/route/a.go":    "package route; import _ " + own("skeleton/snapshot") + "; import _ " + own("document"),
				"skeleton/snapshot/a.go": "package snapshot",
				"document/a.go":          "package document",
			},
			want: []string{"skeleton/route/a.go:1: skeleton/route imports document: rank 0 may not import rank 0"},
		},
		{
			name: "the binary reaches an app's dependency",
			files: map[string]string{
				"main.go":                    "package main; import _ " + own("cmd"),
				"cmd/a.go":                   "package cmd; import _ " + own("skeleton/store/sqlite"),
				"skeleton/store/sqlite/a.go": "package sqlite; import _ \"modernc.org/sqlite\"",
			},
			want: []string{"skeleton/store/sqlite/a.go:1: the nexus binary links modernc.org/sqlite by main -> cmd -> skeleton/store/sqlite"},
		},
		{
			name: "other modules, fixtures and tools are passed over",
			files: map[string]string{
				"examples/orders/go.mod":         "module orders",
				"examples/orders/store/store.go": "package store; import _ \"modernc.org/sqlite\"",
				"compat/testdata/broken.go":      "package {",
				".ci/gen.go":                     "package main",
				"_attic/old.go":                  "package old",
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tree := fstest.MapFS{}
			for name, text := range test.files {
				tree[name] = &fstest.MapFile{Data: []byte(text)}
			}
			imports, err := readImports(tree)
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(test.want, violations(imports)); diff != "" {
				t.Errorf("violations differ (-want +got):\n%s", diff)
			}
		})
	}
}

// A use is one import in one file.
type use struct {
	place string // file:line
	path  string
	test  bool
}

// readImports lists, by directory, what the Go files of tree import. Nested
// modules, testdata, vendor and folders that the go command ignores are passed over.
func readImports(tree fs.FS) (map[string][]use, error) {
	imports := map[string][]use{}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && foreign(tree, name):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		uses, err := fileImports(tree, name)
		dir := path.Dir(name)
		imports[dir] = append(imports[dir], uses...)
		return err
	})
	return imports, err
}

// foreign reports whether dir holds no package of this module.
func foreign(tree fs.FS, dir string) bool {
	base := path.Base(dir)
	if dir == "." {
		return false
	}
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" || base == "vendor" {
		return true
	}
	_, err := fs.Stat(tree, path.Join(dir, "go.mod"))
	return err == nil
}

func fileImports(tree fs.FS, name string) ([]use, error) {
	text, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil, err
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, text, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var uses []use
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: import %s: %w", name, spec.Path.Value, err)
		}
		place := fmt.Sprintf("%s:%d", name, files.Position(spec.Pos()).Line)
		uses = append(uses, use{place: place, path: imported, test: strings.HasSuffix(name, "_test.go")})
	}
	return uses, nil
}

// violations judges the imports of every directory by the house.
func violations(imports map[string][]use) []string {
	var problems []string
	for _, dir := range slices.Sorted(maps.Keys(imports)) {
		importer, ok := findRoom(dir)
		if !ok {
			problems = append(problems, dir+": not in the house; give it a room in layers_test.go")
			continue
		}
		for _, u := range imports[dir] {
			if fault := importer.refuses(dir, u); fault != "" {
				problems = append(problems, fmt.Sprintf("%s: %s imports %s: %s", u.place, nameOf(dir), trimModule(u.path), fault))
			}
		}
	}
	return append(problems, appOnlyLinks(imports)...)
}

// refuses says why a package in r may not contain u, or nothing.
func (r room) refuses(dir string, u use) string {
	switch {
	case u.path == modulePath || within(u.path, modulePath):
		return r.refusesOwn(dir, u)
	case !strings.Contains(strings.SplitN(u.path, "/", 2)[0], "."):
		return "" // the standard library
	case listed(r.modules, u.path), (u.test || slices.Contains(forTests, r.dir)) && listed(testModules, u.path):
		return ""
	}
	var allowed []string
	for _, other := range house {
		if listed(other.modules, u.path) {
			allowed = append(allowed, other.dir)
		}
	}
	switch {
	case len(allowed) > 0:
		slices.Sort(allowed)
		return "only " + strings.Join(allowed, ", ") + " may"
	case listed(testModules, u.path):
		return "only tests may"
	}
	return "no room lists it"
}

// refusesOwn judges an import of another package of nexus.
func (r room) refusesOwn(dir string, u use) string {
	imported, ok := findRoom(trimModule(u.path))
	switch {
	case !ok:
		return "not in the house"
	case !u.test && slices.Contains(forTests, imported.dir):
		return "only tests may"
	case u.test, r.rank > imported.rank:
		return ""
	case within(dir, "skeleton") && within(trimModule(u.path), "skeleton"):
		return "" // one block of code that is copied whole
	}
	return fmt.Sprintf("rank %d may not import rank %d", r.rank, imported.rank)
}

// appOnlyLinks walks from main and reports what only an app may link.
func appOnlyLinks(imports map[string][]use) []string {
	var problems []string
	road := map[string]string{".": "main"}
	for queue := []string{"."}; len(queue) > 0; queue = queue[1:] {
		dir := queue[0]
		for _, u := range imports[dir] {
			next := trimModule(u.path)
			switch {
			case u.test:
			case listed(appOnly, u.path):
				problems = append(problems, fmt.Sprintf("%s: the nexus binary links %s by %s", u.place, u.path, road[dir]))
			case next != u.path && road[next] == "":
				road[next] = road[dir] + " -> " + next
				queue = append(queue, next)
			}
		}
	}
	return problems
}

// findRoom returns the room of a directory: its own, else the nearest "/..." above it.
func findRoom(dir string) (room, bool) {
	var rooms []room
	for _, r := range house {
		folder, open := strings.CutSuffix(r.dir, "/...")
		if r.dir == dir {
			return r, true
		}
		if open && (dir == folder || within(dir, folder)) {
			rooms = append(rooms, r)
		}
	}
	if len(rooms) == 0 {
		return room{}, false
	}
	return slices.MaxFunc(rooms, func(a, b room) int { return cmp.Compare(len(a.dir), len(b.dir)) }), true
}

func listed(modules []string, imported string) bool {
	return slices.ContainsFunc(modules, func(m string) bool { return imported == m || within(imported, m) })
}

// within reports whether name lies below folder.
func within(name, folder string) bool { return strings.HasPrefix(name, folder+"/") }

func trimModule(imported string) string {
	return strings.TrimPrefix(imported, modulePath+"/")
}

func nameOf(dir string) string {
	if dir == "." {
		return "main"
	}
	return dir
}
