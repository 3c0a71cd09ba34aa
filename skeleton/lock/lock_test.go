package lock_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nexus-blueprint/nexus/skeleton/lock"
)

// files is a catalog of one message with the lock that fits it.
func files(t *testing.T, change func(*lock.Lock)) fstest.MapFS {
	t.Helper()
	tree := fstest.MapFS{
		"catalog/events/Opened/index.mdx":   {Data: []byte("---\nid: Opened\n---\n")},
		"catalog/events/Opened/schema.json": {Data: []byte(`{"type": "object", "required": ["id"]}`)},
		"elsewhere.txt":                     {Data: []byte("not of the catalog")},
	}
	sub, err := tree.Sub("catalog")
	if err != nil {
		t.Fatal(err)
	}
	digest, err := lock.Digest(sub)
	if err != nil {
		t.Fatal(err)
	}
	l := lock.Lock{Version: lock.Version, Digest: digest, Catalog: map[string]any{}, Messages: []lock.Message{{
		ID: "Opened", Kind: lock.EventKind, Facts: map[string]any{"retention_days": 30},
		Versions: []lock.MessageVersion{{Version: "1.0.0", Schema: "catalog/events/Opened/schema.json"}},
	}}}
	change(&l)
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	tree[lock.File] = &fstest.MapFile{Data: text}
	return tree
}

func TestReadFindsTheMessages(t *testing.T) {
	tree := files(t, func(*lock.Lock) {})
	l, err := lock.Read(tree)
	if err != nil {
		t.Fatal(err)
	}
	m, ok := l.Message(lock.EventKind, "Opened")
	if !ok || m.Current() != "catalog/events/Opened/schema.json" {
		t.Errorf("Opened is %+v, found %v", m, ok)
	}
	if _, ok := l.Message(lock.CommandKind, "Opened"); ok {
		t.Error("an event is found as a command")
	}
	if days := l.Facts()["Opened"]["retention_days"]; days != json.Number("30") {
		t.Errorf("retention_days is %v (%T), want the number as it is written", days, days)
	}
	schemas, err := l.Schemas(tree, lock.EventKind)
	if err != nil {
		t.Fatal(err)
	}
	if err := schemas.Validate("Opened", "1.0.0", map[string]any{}); err == nil {
		t.Error("a body without its required member is valid")
	}
}

func TestReadRefuses(t *testing.T) {
	none := func(*lock.Lock) {}
	changed, cut := files(t, none), files(t, none)
	changed["catalog/events/Opened/schema.json"] = &fstest.MapFile{Data: []byte(`{}`)}
	cut[lock.File].Data = cut[lock.File].Data[:40]
	tests := []struct {
		name string
		tree fstest.MapFS
		want string
	}{
		{"no lock", fstest.MapFS{"catalog/a.json": {Data: []byte("{}")}}, "write catalog.lock.json with `nexus catalog compile`"},
		{"half a lock", cut, "reading catalog.lock.json"},
		{"another form", files(t, func(l *lock.Lock) { l.Version = 2 }), "it has the form 2, and this app reads 1"},
		{"a lock of another catalog", files(t, func(l *lock.Lock) { l.Digest = "sha256:" + strings.Repeat("0", 64) }), "catalog.lock.json is stale"},
		{"a changed schema", changed, "catalog.lock.json is stale"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := lock.Read(test.tree); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want one that says %q", err, test.want)
			}
		})
	}
}

// Whatever changes in the catalog changes the digest; what the go command does not
// embed does not count.
func TestDigest(t *testing.T) {
	digest := func(tree fstest.MapFS) string {
		d, err := lock.Digest(tree)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	base := fstest.MapFS{"a/b.json": file("1"), "a.json": file("2")}
	for name, other := range map[string]fstest.MapFS{
		"another text":     {"a/b.json": file("1 "), "a.json": file("2")},
		"another name":     {"a/c.json": file("1"), "a.json": file("2")},
		"one more":         {"a/b.json": file("1"), "a.json": file("2"), "z": file("")},
		"a moved boundary": {"a/b.jso": file("n1"), "a.json": file("2")},
	} {
		if digest(other) == digest(base) {
			t.Errorf("%s keeps the digest", name)
		}
	}
	hidden := fstest.MapFS{"a/b.json": file("1"), "a.json": file("2"), ".DS_Store": file("x"), "_old/c.json": file("y"), "a/.git/d": file("z")}
	if digest(hidden) != digest(base) {
		t.Error("what is not embedded changes the digest")
	}
}
