package dir

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
)

var layout = registry.Layout{Kinds: []registry.Kind{{
	Format: schema.JSON, Suffixes: []string{".schema.json"}, Maybe: []string{".json"},
	Sniff: func(_ string, text []byte) bool { return bytes.Contains(text, []byte("$schema")) },
}}}

// unpack writes an archive into a new folder.
func unpack(t *testing.T, archive string) string {
	t.Helper()
	root := t.TempDir()
	for _, file := range txtar.Parse([]byte(archive)).Files {
		name := filepath.Join(root, filepath.FromSlash(file.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, file.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func open(t *testing.T, target string, o Options) *Registry {
	t.Helper()
	o.Layout = layout
	r, err := Open(target, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// outline maps subjects to the files of their latest versions.
func outline(t *testing.T, r *Registry) map[string]string {
	t.Helper()
	ctx := context.Background()
	subjects, err := r.Subjects(ctx)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, subject := range subjects {
		s, err := r.Schema(ctx, subject, "")
		if err != nil {
			files[subject] = err.Error()
			continue
		}
		files[subject] = s.File
	}
	return files
}

const shop = `
-- package.json --
{"name": "shop"}
-- schemas/orders/OrderPlaced.schema.json --
{"$ref": "../common/address.json"}
-- schemas/orders/OrderShipped/1.json --
{"$schema": "x"}
-- schemas/orders/OrderShipped/2.json --
{"$schema": "y"}
-- schemas/common/address.json --
{"$schema": "x"}
-- schemas/node_modules/a/b.schema.json --
{}
-- schemas/vendor/b.schema.json --
{}
-- schemas/build/out.schema.json --
{}
-- schemas/draft.schema.json --
{}
-- secret.txt --
secret
`

func TestOpen(t *testing.T) {
	root := unpack(t, shop)
	ignored := func(name string) bool { return name == "schemas/build/" || name == "schemas/draft.schema.json" }
	tests := []struct {
		name, target string
		options      Options
		want         map[string]string
	}{
		{"folder of a repository", "schemas", Options{Root: root, Ignored: ignored}, map[string]string{
			"common/address":      "schemas/common/address.json",
			"orders/OrderPlaced":  "schemas/orders/OrderPlaced.schema.json",
			"orders/OrderShipped": "schemas/orders/OrderShipped/2.json",
		}},
		{"the repository", ".", Options{Root: root, Ignored: ignored}, map[string]string{
			"schemas/common/address":      "schemas/common/address.json",
			"schemas/orders/OrderPlaced":  "schemas/orders/OrderPlaced.schema.json",
			"schemas/orders/OrderShipped": "schemas/orders/OrderShipped/2.json",
		}},
		{"a folder of versions", "schemas/orders/OrderShipped", Options{Root: root}, map[string]string{
			"OrderShipped": "schemas/orders/OrderShipped/2.json",
		}},
		{"one file", "schemas/orders/OrderPlaced.schema.json", Options{Root: root}, map[string]string{
			"OrderPlaced": "schemas/orders/OrderPlaced.schema.json",
		}},
		{"one version", "schemas/orders/OrderShipped/1.json", Options{Root: root}, map[string]string{
			"OrderShipped": "schemas/orders/OrderShipped/1.json",
		}},
		{"one file whatever it holds", "package.json", Options{Root: root}, map[string]string{"package": "package.json"}},
		{"ignored, but asked for", "schemas/build", Options{Root: root, Ignored: ignored}, map[string]string{"out": "schemas/build/out.schema.json"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := open(t, filepath.Join(root, test.target), test.options)
			if diff := cmp.Diff(test.want, outline(t, r)); diff != "" {
				t.Errorf("subjects (-want +got):\n%s", diff)
			}
			if len(r.Problems()) > 0 {
				t.Errorf("problems: %v", r.Problems())
			}
		})
	}
}

func TestOpenOutsideOfTheRepository(t *testing.T) {
	root := unpack(t, shop)
	t.Chdir(root)
	r := open(t, "schemas/common", Options{Root: filepath.Join(root, "schemas", "orders")})
	if diff := cmp.Diff(map[string]string{"address": "schemas/common/address.json"}, outline(t, r)); diff != "" {
		t.Errorf("subjects (-want +got):\n%s", diff)
	}
}

func TestResolve(t *testing.T) {
	root := unpack(t, shop)
	ctx := context.Background()
	s, err := open(t, filepath.Join(root, "schemas"), Options{Root: root}).Schema(ctx, "orders/OrderPlaced", "")
	if err != nil {
		t.Fatal(err)
	}
	name, text, err := s.Resolve("../common/address.json")
	if err != nil || name != "schemas/common/address.json" || !strings.Contains(string(text), "$schema") {
		t.Errorf("resolved to %s %q, %v", name, text, err)
	}
	if _, _, err := s.Resolve("missing.json"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "schemas/orders/missing.json") {
		t.Errorf("a missing reference gave %v", err)
	}
	if _, _, err := s.Resolve("../../../etc/passwd"); !errors.Is(err, registry.ErrOutside) {
		t.Errorf("a way out gave %v", err)
	}

	narrow, err := open(t, filepath.Join(root, "schemas", "orders"), Options{}).Schema(ctx, "OrderPlaced", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := narrow.Resolve("../common/address.json"); !errors.Is(err, registry.ErrOutside) {
		t.Errorf("without a repository the folder is the limit, got %v", err)
	}
}

func TestLinksStayInside(t *testing.T) {
	root := unpack(t, shop)
	outside := unpack(t, "-- stolen.json --\n{\"$schema\": \"x\"}\n")
	links := map[string]string{
		"schemas/inside.schema.json":  "common/address.json",
		"schemas/outside.schema.json": filepath.Join(outside, "stolen.json"),
		"schemas/dead.schema.json":    "nowhere.json",
		"schemas/round.schema.json":   "round.schema.json",
		"schemas/perhaps.json":        "nowhere.json",
		"schemas/loop":                ".",
		"schemas/shared":              "common",
		"schemas/away":                outside,
	}
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Skip("no links here:", err)
		}
	}
	r := open(t, filepath.Join(root, "schemas"), Options{Root: root})
	files := outline(t, r)
	if files["inside"] != "schemas/inside.schema.json" {
		t.Error("a link inside the root is not followed")
	}
	for _, subject := range []string{"outside", "dead", "round"} {
		if want := "reading schemas/" + subject + ".schema.json: following the link: "; !strings.HasPrefix(files[subject], want) {
			t.Errorf("%s: %q, want %q and the cause", subject, files[subject], want)
		}
	}
	for subject := range files {
		if subject == "perhaps" || strings.HasPrefix(subject, "loop") || strings.HasPrefix(subject, "shared") {
			t.Errorf("%s: a link was followed nowhere or into a folder", subject)
		}
	}
	if diff := cmp.Diff([]string{"schemas/away", "schemas/loop", "schemas/shared"}, r.Links()); diff != "" {
		t.Errorf("links to folders (-want +got):\n%s", diff)
	}
	s, err := r.Schema(context.Background(), "inside", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, text, err := s.Resolve("outside.schema.json"); err == nil {
		t.Errorf("a reference read %q through a link that leads out", text)
	}
}

func TestShownOutsideOfTheRepository(t *testing.T) {
	root := unpack(t, shop)
	r := open(t, filepath.Join(root, "schemas", "common"), Options{Root: filepath.Join(root, "schemas", "orders"), Shown: "../common"})
	if diff := cmp.Diff(map[string]string{"address": "../common/address.json"}, outline(t, r)); diff != "" {
		t.Errorf("subjects (-want +got):\n%s", diff)
	}
}

func TestRootOfARepositoryIsNotNamedByItsFolder(t *testing.T) {
	root := unpack(t, "-- 1.json --\n{\"$schema\": \"x\"}\n-- 2.json --\n{\"$schema\": \"x\"}\n")
	r := open(t, root, Options{Root: root})
	if diff := cmp.Diff(map[string]string{registry.Root: "2.json"}, outline(t, r)); diff != "" {
		t.Errorf("subjects (-want +got):\n%s", diff)
	}
	if r.Whole() != registry.Root {
		t.Errorf("Whole() = %q", r.Whole())
	}
}

func TestUnreadable(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("the superuser reads everything")
	}
	root := unpack(t, shop)
	if err := os.Chmod(filepath.Join(root, "schemas/orders/OrderPlaced.schema.json"), 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(root, "schemas/common"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(root, "schemas/common"), 0o755) })
	r := open(t, filepath.Join(root, "schemas"), Options{Root: root})
	if got := outline(t, r)["orders/OrderPlaced"]; got != "reading schemas/orders/OrderPlaced.schema.json: permission denied" {
		t.Errorf("an unreadable file: %s", got)
	}
	if problems := r.Problems(); len(problems) != 1 || problems[0].Error() != "reading schemas/common: permission denied" {
		t.Errorf("an unreadable folder: %v", problems)
	}
}

func TestOpenErrors(t *testing.T) {
	root := unpack(t, "-- a.schema.json --\n{}\n-- a.json --\n{\"$schema\": \"x\"}\n")
	_, err := Open(root, Options{Layout: layout, Root: root})
	if e, ok := errors.AsType[*registry.ConflictError](err); !ok || e.First != "a.json" || e.Second != "a.schema.json" {
		t.Errorf("two files with one subject gave %v", err)
	}
	missing := filepath.Join(root, "nowhere")
	for shown, want := range map[string]string{"": missing, "../nowhere": "../nowhere"} {
		if _, err := Open(missing, Options{Layout: layout, Shown: shown}); err == nil || err.Error() != "opening "+want+": no such file or directory" {
			t.Errorf("a missing folder, shown as %q, gave %v", shown, err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	root := b.TempDir()
	text := []byte(`{"$schema": "x", "description": "` + strings.Repeat("x", 2000) + `"}`)
	for i := range 10_000 {
		folder := filepath.Join(root, fmt.Sprintf("d%03d", i/100))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("s%d.json", i)), text, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		r, err := Open(root, Options{Layout: layout})
		if err != nil {
			b.Fatal(err)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
