package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/schema"
)

// testLayout knows one format. Its schemas say so in their first word.
func testLayout(rules ...SubjectRule) Layout {
	return Layout{Rules: rules, Kinds: []Kind{{
		Format: schema.JSON, Suffixes: []string{".schema.json", ".schema.yaml"}, Maybe: []string{".json", ".yaml"},
		Sniff: func(_ string, text []byte) bool { return bytes.HasPrefix(text, []byte("schema")) },
	}}}
}

// files makes schema files of paths; a path that begins with ! is no schema by its text.
func files(prefix string, paths ...string) []File {
	var list []File
	for _, p := range paths {
		text := "schema " + p
		if rest, ok := strings.CutPrefix(p, "!"); ok {
			p, text = rest, "other"
		}
		list = append(list, File{Path: p, Name: prefix + p, Text: []byte(text)})
	}
	return list
}

// outline lists a tree as "subject: version=file ...".
func outline(t *testing.T, tree *Tree) []string {
	t.Helper()
	ctx := context.Background()
	subjects, err := tree.Subjects(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, subject := range subjects {
		versions, err := tree.Versions(ctx, subject)
		if err != nil {
			lines = append(lines, subject+": "+err.Error())
			continue
		}
		line := subject + ":"
		for _, version := range versions {
			s, err := tree.Schema(ctx, subject, version)
			if err != nil {
				t.Fatalf("%s %s: %v", subject, version, err)
			}
			line += fmt.Sprintf(" %s=%s", version, s.File)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestTreeSubjects(t *testing.T) {
	tests := []struct {
		name  string
		rules []SubjectRule
		files []string
		want  []string
	}{
		{"path without suffix", nil, []string{"orders/OrderPlaced.schema.json", "b.json", "c.d.yaml"},
			[]string{"b: =r/b.json", "c.d: =r/c.d.yaml", "orders/OrderPlaced: =r/orders/OrderPlaced.schema.json"}},
		{"text decides", nil, []string{"!package.json", "!named.schema.json", "README.md"},
			[]string{"named: =r/named.schema.json"}},
		{"folder of versions", nil, []string{"a/B/10.json", "a/B/9.json", "a/B/1.schema.json", "!a/B/other.json", "a/C.json"},
			[]string{"a/B: 1=r/a/B/1.schema.json 9=r/a/B/9.json 10=r/a/B/10.json", "a/C: =r/a/C.json"}},
		{"folder of semantic versions", nil, []string{"B/1.10.0.json", "B/1.2.0.json", "B/v2.0.0.json", "B/2.0.0-rc.1.json"},
			[]string{"B: 1.2.0=r/B/1.2.0.json 1.10.0=r/B/1.10.0.json 2.0.0-rc.1=r/B/2.0.0-rc.1.json v2.0.0=r/B/v2.0.0.json"}},
		{"folder of SchemaVer versions", nil, []string{"B/1-0-10.json", "B/1-0-2.json"},
			[]string{"B: 1-0-2=r/B/1-0-2.json 1-0-10=r/B/1-0-10.json"}},
		{"one other name makes it a plain folder", nil, []string{"B/1.json", "B/latest.json"},
			[]string{"B/1: =r/B/1.json", "B/latest: =r/B/latest.json"}},
		{"the root is a folder of versions", nil, []string{"1.json", "2.json"},
			[]string{"root: 1=r/1.json 2=r/2.json"}},
		{"two suffixes", nil, []string{"a.json", "a.schema.json"},
			[]string{`a: two files hold subject "a": r/a.json and r/a.schema.json`}},
		{"same version twice", nil, []string{"a/1.json", "a/1.yaml"},
			[]string{`a: two files hold subject "a" version 1: r/a/1.json and r/a/1.yaml`}},
		{"file beside its folder", nil, []string{"a.json", "a/1.json"},
			[]string{`a: two files hold subject "a" version 1: r/a.json and r/a/1.json`}},
		{"rules", []SubjectRule{{"r/events/**/*.json", "{name}-value"}, {"**/B/*.json", "{dir}.{name}"}, {"**/!*.json", "{path}"}},
			[]string{"events/x/Order.json", "!events/plain.json", "a/B/1.json", "a/B/2.json"},
			[]string{"Order-value: =r/events/x/Order.json", "a.B: 1=r/a/B/1.json 2=r/a/B/2.json", "plain-value: =r/events/plain.json"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tree := NewTree(files("r/", test.files...), TreeOptions{Layout: testLayout(test.rules...), Name: "root"})
			if diff := cmp.Diff(test.want, outline(t, tree)); diff != "" {
				t.Errorf("subjects (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTreeFailures(t *testing.T) {
	ctx := context.Background()
	list := append(files("", "a.json", "!b.json", "d.json", "d.yaml"), File{Path: "c.json", Name: "c.json", Err: fs.ErrPermission})
	tree := NewTree(list, TreeOptions{Layout: testLayout()})

	if diff := cmp.Diff([]string{"b.json"}, tree.PassedOver()); diff != "" {
		t.Errorf("passed over (-want +got):\n%s", diff)
	}
	_, err := tree.Schema(ctx, "c", "")
	if e, ok := errors.AsType[*FileError](err); !ok || e.File != "c.json" || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("an unreadable file gave %v", err)
	}
	if conflict := tree.Conflict(); conflict == nil || conflict.Subject != "d" {
		t.Errorf("Conflict() = %v, want that of d", conflict)
	}
	if _, err := tree.Schema(ctx, "d", ""); err != error(tree.Conflict()) {
		t.Errorf("a subject in conflict gave %v", err)
	}
	for _, version := range []string{"", "1"} {
		if _, err := tree.Schema(ctx, "nobody", version); !errors.Is(err, ErrNotFound) {
			t.Errorf("an unknown subject gave %v", err)
		}
	}
	if _, err := tree.Versions(ctx, "nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("the versions of an unknown subject gave %v", err)
	}
	if level, err := tree.Compatibility(ctx, "a"); level != "" || err != nil {
		t.Errorf("Compatibility = %q, %v", level, err)
	}
}

func TestHistory(t *testing.T) {
	ctx := context.Background()
	tree := NewTree(files("", "a/1.json", "a/2.json"), TreeOptions{Layout: testLayout(), Revision: "abc"})
	for _, test := range []struct {
		transitive bool
		want       []string
	}{{false, []string{"2"}}, {true, []string{"1", "2"}}} {
		history, err := History(ctx, tree, "a", test.transitive)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range history {
			got = append(got, s.Version)
			if s.Revision != "abc" || s.Format != schema.JSON {
				t.Errorf("schema %+v", s)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("transitive %v (-want +got):\n%s", test.transitive, diff)
		}
		if _, err := History(ctx, tree, "b", test.transitive); !errors.Is(err, ErrNotFound) {
			t.Errorf("unknown subject: %v", err)
		}
	}
}

func TestGivenFilesAreSchemas(t *testing.T) {
	layout := testLayout()
	layout.Given = []string{"r/b.json", "r/notes.txt"}
	tree := NewTree(files("r/", "!a.json", "!b.json", "notes.txt"), TreeOptions{Layout: layout})
	if diff := cmp.Diff([]string{"b: =r/b.json"}, outline(t, tree)); diff != "" {
		t.Errorf("subjects (-want +got):\n%s", diff)
	}
	if tree.Whole() != "" {
		t.Errorf("a plain folder is the one subject %q", tree.Whole())
	}
}

func TestHistoryErrors(t *testing.T) {
	list := []File{{Path: "a.json", Name: "a.json", Err: fs.ErrPermission}}
	_, err := History(context.Background(), NewTree(list, TreeOptions{Layout: testLayout()}), "a", true)
	if err == nil || err.Error() != "reading a.json: permission denied" {
		t.Errorf("an unreadable file gave %v", err)
	}
	for version, want := range map[string]string{"": "reading a: gone", "3": "reading a version 3: gone"} {
		if err := versionError("a", version, errors.New("gone")); err.Error() != want {
			t.Errorf("version %q gave %v, want %s", version, err, want)
		}
	}
}

func TestResolver(t *testing.T) {
	read := func(name string) ([]byte, error) {
		if !fs.ValidPath(name) {
			return nil, ErrOutside
		}
		return []byte("text of " + name), nil
	}
	resolve := Resolver("a/b/c.json", read)
	for reference, want := range map[string]string{"d.json": "a/b/d.json", "../../e.json": "e.json", "./f/../g.json": "a/b/g.json"} {
		name, text, err := resolve(reference)
		if err != nil || name != want || string(text) != "text of "+want {
			t.Errorf("%s resolved to %s %q, %v", reference, name, text, err)
		}
	}
	for _, reference := range []string{"/etc/passwd", "../../../x.json"} {
		if _, _, err := resolve(reference); !errors.Is(err, ErrOutside) {
			t.Errorf("%s gave %v", reference, err)
		}
	}
	if Resolver("a.json", nil) != nil {
		t.Error("a source without files resolves")
	}
}

func TestGlob(t *testing.T) {
	tests := []struct {
		glob, name string
		want       bool
	}{
		{"a/*.json", "a/b.json", true},
		{"a/*.json", "a/b/c.json", false},
		{"**/*.json", "c.json", true},
		{"**/*.json", "a/b/c.json", true},
		{"a/**", "a/b/c.json", true},
		{"a/**/c.json", "a/c.json", true},
		{"a/**/c.json", "b/c.json", false},
		{"a/?.json", "a/bb.json", false},
		{"a", "a/b", false},
	}
	for _, test := range tests {
		if got := matchGlob(test.glob, test.name); got != test.want {
			t.Errorf("matchGlob(%q, %q) = %v", test.glob, test.name, got)
		}
	}
}

func TestVersionOrder(t *testing.T) {
	sorted := []string{"0.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-rc.2", "1.0.0-rc.10", "1", "1.0.0", "1-0-1", "v1.2", "1.10", "02", "3", "20260131", "99999999999999999999999"}
	shuffled := slices.Clone(sorted)
	slices.Reverse(shuffled)
	slices.SortFunc(shuffled, compareVersions)
	if diff := cmp.Diff(sorted, shuffled); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	for _, text := range []string{"", "v", "latest", "1.x", "1.2.3.4", "1-0", "OrderPlaced", "1.0.0-", "-1", "1..2"} {
		if _, ok := parseVersion(text); ok {
			t.Errorf("%q is taken for a version", text)
		}
	}
}

func TestVersionOrderIsAnOrder(t *testing.T) {
	text := rapid.StringMatching(`v?[0-9]{1,3}(\.[0-9]{1,2}(\.[0-9](-[a-z0-9]{1,2}(\.[0-9])?)?)?)?|[0-9]-[0-9]-[0-9]`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := text.Draw(t, "a"), text.Draw(t, "b"), text.Draw(t, "c")
		if compareVersions(a, b) != -compareVersions(b, a) {
			t.Fatalf("%s and %s compare differently both ways", a, b)
		}
		if compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0 && compareVersions(a, c) > 0 {
			t.Fatalf("%s <= %s <= %s < %s", a, b, c, a)
		}
		if (compareVersions(a, b) == 0) != (a == b) {
			t.Fatalf("%s and %s", a, b)
		}
	})
}

func FuzzVersion(f *testing.F) {
	for _, seed := range []string{"1", "v1.2.3-rc.1+build", "1-0-2", "", "1.0.0-", "--"} {
		f.Add(seed, "1.0")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		_, okA := parseVersion(a)
		_, okB := parseVersion(b)
		if okA && okB && compareVersions(a, b) != -compareVersions(b, a) {
			t.Errorf("%q and %q compare differently both ways", a, b)
		}
	})
}
