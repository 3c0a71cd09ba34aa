package scaffold

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// oldCore is a core of a release before this one, and nextCore what this one carries.
var (
	oldCore = CoreTree{
		"store/store.go": []byte("// Package store keeps events.\npackage store\n\nconst limit = 1\n\nfunc a() {}\n\nfunc b() {}\n\nfunc z() {}\n"),
		"gate/gate.go":   []byte("package gate\n\nimport _ \"github.com/nexus-blueprint/nexus/skeleton/store\"\n\nvar rules = 1\n"),
		"gate/old.go":    []byte("package gate\n"),
		"gate/older.go":  []byte("package gate\n\nvar older int\n"),
		"page/live.css":  []byte("a {}\n"),
		coreGoMod:        []byte("module example.com/app\n\ngo 1.25.0\n\nrequire example.com/a v1.0.0\n\nrequire example.com/b v1.5.0 // indirect\n"),
		coreGoSum:        []byte("example.com/a v1.0.0 h1:a=\n"),
	}
	nextCore = CoreTree{
		"store/store.go": []byte("// Package store keeps events.\npackage store\n\nconst limit = 2\n\nfunc a() {}\n\nfunc b() {}\n\nfunc z() {}\n"),
		"gate/gate.go":   []byte("package gate\n\nimport _ \"github.com/nexus-blueprint/nexus/skeleton/store\"\n\nvar rules = 2\n"),
		"page/live.css":  []byte("a { color: red }\n"),
		"hub/hub.go":     []byte("package hub\n"),
		coreGoMod:        []byte("module example.com/app\n\ngo 1.26.0\n\nrequire (\n\texample.com/a v1.2.0\n\texample.com/c v0.1.0\n)\n\nrequire example.com/b v1.4.0 // indirect\n"),
		coreGoSum:        []byte("example.com/a v1.2.0 h1:a2=\nexample.com/c v0.1.0 h1:c=\n"),
	}
)

// appOf is an app with a core, as it was when it was made.
func appOf(t testing.TB, core CoreTree, version string) Tree {
	t.Helper()
	app := core.In("m.example")
	app["main.go"] = []byte("package main\n")
	m := newManifest(version, app)
	m.Core = CoreVersion{version, core.Digest()}
	var err error
	if app["go.mod"], err = core.goMod("m.example"); err != nil {
		t.Fatal(err)
	}
	app["go.sum"] = core[coreGoSum]
	m.record(app.only("go.mod", "go.sum"))
	if app[manifestFile], err = m.text(); err != nil {
		t.Fatal(err)
	}
	return app
}

// find knows the cores of two releases.
func find(digest string) (CoreTree, bool, error) {
	for _, core := range []CoreTree{oldCore, nextCore} {
		if core.Digest() == digest {
			return core, true, nil
		}
	}
	return nil, false, nil
}

// upgraded is what becomes of an app: its files, and what was done.
func upgraded(t *testing.T, app Tree) (Tree, Upgrade) {
	t.Helper()
	u, err := planTree(t, app)
	if err != nil {
		t.Fatal(err)
	}
	after := maps.Clone(app)
	after.add(u.files)
	for _, name := range u.gone {
		delete(after, name)
	}
	return after, u
}

func planTree(t *testing.T, app Tree) (Upgrade, error) {
	t.Helper()
	fsys, err := app.FS()
	if err != nil {
		t.Fatal(err)
	}
	return planUpgrade(fsys, "v2.0.0", nextCore, find)
}

func TestUpgrade(t *testing.T) {
	app := appOf(t, oldCore, "v1.0.0")
	store, gate := "internal/nexus/store/store.go", "internal/nexus/gate/gate.go"
	app[store] = []byte(strings.Replace(string(app[store]), "func b() {}", "func b() { mine() }", 1))
	app[gate] = []byte(strings.Replace(string(app[gate]), "rules = 1", "rules = 7", 1))
	app["internal/nexus/gate/older.go"] = []byte("package gate\n\nvar mine int\n")
	app["internal/nexus/gate/extra.go"] = []byte("package gate // mine\n")
	delete(app, "internal/nexus/page/live.css")
	app["go.mod"] = []byte("module m.example\n\ngo 1.25.0\n\nrequire (\n\texample.com/a v1.3.0\n\texample.com/mine v1.0.0\n)\n\nrequire example.com/b v1.5.0 // indirect\n")
	app["go.sum"] = []byte("example.com/a v1.3.0 h1:a3=\nexample.com/mine v1.0.0 h1:m=\n")

	after, u := upgraded(t, app)
	want := []Change{
		{File: "go.mod", Action: Replace},
		{File: "go.sum", Action: Replace},
		{File: gate, Action: Conflict, Places: 1},
		{File: "internal/nexus/gate/old.go", Action: Remove},
		{File: "internal/nexus/gate/older.go", Action: Keep},
		{File: "internal/nexus/hub/hub.go", Action: Create},
		{File: "internal/nexus/page/live.css", Action: Absent},
		{File: store, Action: Merge},
	}
	if diff := cmp.Diff(want, u.Changes); diff != "" {
		t.Errorf("the changes differ (-want +got):\n%s", diff)
	}
	files := map[string]string{
		store:                          "// Package store keeps events.\npackage store\n\nconst limit = 2\n\nfunc a() {}\n\nfunc b() { mine() }\n\nfunc z() {}\n",
		gate:                           "package gate\n\nimport _ \"m.example/internal/nexus/store\"\n\n<<<<<<< yours\nvar rules = 7\n=======\nvar rules = 2\n>>>>>>> nexus v2.0.0\n",
		"go.mod":                       "module m.example\n\ngo 1.26.0\n\nrequire (\n\texample.com/a v1.3.0\n\texample.com/c v0.1.0\n\texample.com/mine v1.0.0\n)\n\nrequire example.com/b v1.5.0 // indirect\n",
		"go.sum":                       "example.com/a v1.2.0 h1:a2=\nexample.com/a v1.3.0 h1:a3=\nexample.com/c v0.1.0 h1:c=\nexample.com/mine v1.0.0 h1:m=\n",
		"main.go":                      "package main\n",
		"internal/nexus/gate/extra.go": "package gate // mine\n",
		"internal/nexus/gate/older.go": "package gate\n\nvar mine int\n",
	}
	for name, text := range files {
		if diff := cmp.Diff(text, string(after[name])); diff != "" {
			t.Errorf("%s differs (-want +got):\n%s", name, diff)
		}
	}

	// Once the conflict is settled, a second upgrade has nothing to do, and what was
	// changed is still known as changed.
	after[gate] = []byte("package gate\n\nimport _ \"m.example/internal/nexus/store\"\n\nvar rules = 7\n")
	if _, again := upgraded(t, after); again.Behind() || len(again.Changes) > 0 {
		t.Errorf("the second upgrade does %v", again.Changes)
	}
}

func TestUpgradeOfAnUntouchedApp(t *testing.T) {
	after, u := upgraded(t, appOf(t, oldCore, "v1.0.0"))
	if !u.Behind() || len(u.Conflicts()) > 0 {
		t.Errorf("behind is %v, with conflicts %v", u.Behind(), u.Conflicts())
	}
	want := appOf(t, nextCore, "v2.0.0")
	// Requirements are only ever raised.
	want["go.mod"] = []byte(strings.Replace(string(want["go.mod"]), "b v1.4.0", "b v1.5.0", 1))
	want["go.sum"] = nextCore.raisedGoSum(oldCore[coreGoSum])
	delete(want, manifestFile)
	delete(after, manifestFile)
	if diff := cmp.Diff(want, after); diff != "" {
		t.Errorf("the app is not as if it were made anew (-anew +upgraded):\n%s", diff)
	}
}

// A checkout with other line ends, or another name of the module, is no change.
func TestUpgradeSeesThroughLineEndsAndModuleNames(t *testing.T) {
	app := appOf(t, oldCore, "v1.0.0")
	for name, text := range app {
		text := strings.ReplaceAll(string(text), "m.example", "renamed.example/app")
		app[name] = []byte(strings.ReplaceAll(text, "\n", "\r\n"))
	}
	_, u := upgraded(t, app)
	for _, c := range u.Changes {
		if c.Action != Replace && c.Action != Create && c.Action != Remove {
			t.Errorf("%s: %s", c.File, c.Action)
		}
	}
}

func TestUpgradeFromACoreOfNoRelease(t *testing.T) {
	unknown := maps.Clone(oldCore)
	unknown["gate/gate.go"] = []byte("package gate\n\nvar rules = 0\n")
	app := appOf(t, unknown, "devel")
	if after, _ := upgraded(t, app); !strings.Contains(string(after["internal/nexus/gate/gate.go"]), "rules = 2") {
		t.Error("an app whose core nobody changed could not be upgraded")
	}
	app["internal/nexus/gate/gate.go"] = []byte("package gate\n\nvar rules = 9\n")
	_, err := planTree(t, app)
	unmergeable, ok := errors.AsType[*MergeError](err)
	if !ok || !strings.Contains(err.Error(), "is of no release") || unmergeable.Hint == "" {
		t.Fatalf("the error is %v", err)
	}
	if diff := cmp.Diff([]string{"internal/nexus/gate/gate.go"}, unmergeable.Files); diff != "" {
		t.Errorf("the files differ (-want +got):\n%s", diff)
	}
}

func TestUpgradeRefuses(t *testing.T) {
	later := appOf(t, oldCore, "v3.0.0")
	unsettled := appOf(t, oldCore, "v1.0.0")
	unsettled["internal/nexus/gate/gate.go"] = []byte("package gate\n<<<<<<< yours\nvar rules = 7\n=======\nvar rules = 1\n>>>>>>> nexus v1.0.0\n")
	broken := appOf(t, oldCore, "v1.0.0")
	broken[manifestFile] = []byte("{\n<<<<<<< HEAD\n")
	form := appOf(t, oldCore, "v1.0.0")
	form[manifestFile] = []byte(`{"version": 2, "nexus": "v9.0.0"}`)
	outside := appOf(t, oldCore, "v1.0.0")
	outside[manifestFile] = []byte(`{"version": 1, "files": {"../../etc/passwd": {"sha256": "x", "owner": "core"}}}`)
	for name, test := range map[string]struct {
		app  Tree
		want string
	}{
		"a later core":          {later, "later nexus: v3.0.0, and this is v2.0.0"},
		"an unsettled conflict": {unsettled, "an earlier conflict is not settled yet"},
		"a broken manifest":     {broken, "reading .nexus/manifest.json"},
		"another form":          {form, "it has the form 2, and this nexus reads 1"},
		"a file outside":        {outside, "is no file of an app"},
		"no app":                {Tree{"go.mod": []byte("module m\n")}, "reading .nexus/manifest.json"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := planTree(t, test.app); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want one that says %q", err, test.want)
			}
		})
	}
}

func TestSumsKeepTheOrderOfTheGoCommand(t *testing.T) {
	const sums = "example.com/a v1.7.1/go.mod h1:b=\nexample.com/a v1.12.1 h1:c=\nexample.com/a v1.12.1/go.mod h1:d=\nexample.com/a-b v1.0.0 h1:e=\n"
	core := CoreTree{coreGoSum: []byte("example.com/a v1.12.1 h1:c=\n")}
	mine := "example.com/z v1.0.0 h1:z=\n" + sums // in an order of its own
	if got := string(core.raisedGoSum([]byte(mine))); got != mine {
		t.Errorf("nothing was missing, and go.sum became\n%s", got)
	}
	core = CoreTree{coreGoSum: []byte("example.com/a v1.9.0 h1:n=\nexample.com/a v1.12.1 h1:c=\n")}
	want := strings.Replace(sums, "example.com/a v1.12.1 h1:c=", "example.com/a v1.9.0 h1:n=\nexample.com/a v1.12.1 h1:c=", 1)
	if diff := cmp.Diff(want, string(core.raisedGoSum([]byte(strings.TrimSuffix(sums, "\n"))))); diff != "" {
		t.Errorf("go.sum differs (-want +got):\n%s", diff)
	}
}

// Released programs call themselves 1.2.3, and those that go install makes v1.2.3.
func TestUpgradeRefusesTheCoreOfALaterRelease(t *testing.T) {
	for _, version := range []string{"1.2.0", "v1.2.0"} {
		app, err := appOf(t, oldCore, "1.10.0").FS()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := planUpgrade(app, version, nextCore, find); !errors.Is(err, ErrNewer) {
			t.Errorf("nexus %s: the error is %v", version, err)
		}
	}
}
