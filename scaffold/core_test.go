package scaffold

import (
	"bytes"
	"go/parser"
	"go/token"
	"path"
	"strings"
	"testing"
)

func TestCoreIsTheAppsOwn(t *testing.T) {
	const module = "zzz.example/deep/app"
	core := Core(module)
	if len(core) < 50 {
		t.Fatalf("the core has only %d files", len(core))
	}
	for _, name := range core.Names() {
		if !strings.HasPrefix(name, "internal/nexus/") {
			t.Errorf("%s lies outside of internal/nexus", name)
		}
		if strings.HasSuffix(name, "_test.go") || strings.Contains(name, "/testdata/") || path.Base(name) == "go.mod" {
			t.Errorf("%s is no part of an app", name)
		}
		if bytes.Contains(core[name], []byte("nexus-blueprint")) {
			t.Errorf("%s still names the module it comes from", name)
		}
	}
	for _, name := range []string{"internal/nexus/store/store.go", "internal/nexus/journal/input.schema.json", "internal/nexus/serve/page/live.js"} {
		if core[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	file, err := parser.ParseFile(token.NewFileSet(), "journal.go", core["internal/nexus/journal/journal.go"], parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	if len(file.Imports) == 0 || !bytes.Contains(core["internal/nexus/journal/journal.go"], []byte(`"`+module+`/internal/nexus/store"`)) {
		t.Error("journal.go does not import the app's own store")
	}
}

// Only import specs and comments name packages; a string that looks alike is data.
func TestMoved(t *testing.T) {
	const before = `// Package a is like github.com/nexus-blueprint/nexus/skeleton/b.
package a

import (
	"fmt"

	"github.com/nexus-blueprint/nexus/skeleton/b"
	"golang.org/x/net/idna"
)

var home = "github.com/nexus-blueprint/nexus/skeleton/b" // see github.com/nexus-blueprint/nexus/skeleton/b
`
	const after = `// Package a is like m.example/app/internal/nexus/b.
package a

import (
	"fmt"

	"golang.org/x/net/idna"
	"m.example/app/internal/nexus/b"
)

var home = "github.com/nexus-blueprint/nexus/skeleton/b" // see m.example/app/internal/nexus/b
`
	if got := string(moved("a.go", []byte(before), "m.example/app/internal/nexus")); got != after {
		t.Errorf("moved wrote:\n%s\nwant:\n%s", got, after)
	}
}

func TestDigestSeesEveryChange(t *testing.T) {
	core := CoreTree{"a/b.go": []byte("package a\n"), "c/d.json": []byte("{}\n")}
	seen := map[string]string{core.Digest(): "the core itself"}
	for what, other := range map[string]CoreTree{
		"another text":     {"a/b.go": []byte("package a"), "c/d.json": []byte("{}\n")},
		"another path":     {"a/c.go": []byte("package a\n"), "c/d.json": []byte("{}\n")},
		"one file less":    {"a/b.go": []byte("package a\n")},
		"a moved boundary": {"a/b.g": []byte("opackage a\n"), "c/d.json": []byte("{}\n")},
	} {
		if twin := seen[other.Digest()]; twin != "" {
			t.Errorf("%s has the digest of %s", what, twin)
		}
		seen[other.Digest()] = what
	}
}
