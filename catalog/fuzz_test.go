package catalog

import (
	"strings"
	"testing"
	"testing/fstest"
)

// loadAndCheck loads one file and says everything about it. Whatever a file
// holds, each finding and problem has to point into it.
func loadAndCheck(t *testing.T, name, path string, text []byte) {
	root := fstest.MapFS{name: &fstest.MapFile{Data: text, Mode: 0o644}}
	c, err := Load(t.Context(), []string{path}, Options{FS: root})
	if err != nil {
		return
	}
	lines := strings.Count(string(text), "\n") + strings.Count(string(text), "\r") + 1
	findings, _ := c.Check(CheckOptions{})
	for _, f := range findings {
		if f.Location.File != name || f.Location.Line > lines {
			t.Errorf("%s points to %s, and the file has %d lines", f.Rule, f.Location, lines)
		}
	}
	for _, p := range c.Problems {
		if p.Location == nil || p.Location.File != name {
			t.Errorf("problem without a place: %+v", p)
		}
	}
	for _, e := range c.Events {
		if e.ID == "" || e.Place.File != name {
			t.Errorf("event %q at %s", e.ID, e.Place)
		}
	}
}

func FuzzFrontmatter(f *testing.F) {
	f.Add([]byte("---\nid: A\nversion: 1.0\nowners: [a, {id: b}]\nx-fields: {a.b: {pii: true}}\n---\nprose"))
	f.Add([]byte("\ufeff---\r\nid: A\r\nproducers:\r\n  - b\r\n---\r\n"))
	f.Add([]byte("---\n---\n"))
	f.Add([]byte("---\nid: &x [*x]\n---\n"))
	f.Add([]byte("---\nschemaPath: ../../../x\nschemas: [{default: true}]\ndeprecated: {date: 1}\n---\n"))
	f.Add([]byte("---\n\"x-\": {a: [1, 2]}\nid: {}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		loadAndCheck(t, "events/A/index.mdx", ".", text)
	})
}

func FuzzPlain(f *testing.F) {
	f.Add([]byte("events:\n  A: {version: 1.0, schema: {type: object}, fields: {a: {pii: no}}}\nservices:\n  s: {sends: [A, {id: B, version: ^1}]}\n"))
	f.Add([]byte("events: {A: }\nowners: [a]\nchannels: {c: {parameters: {a: 1}, protocols: https}}\n"))
	f.Add([]byte("services: {a: {receives: {id: A, fields: [x], to: [{}]}}}\nevents: 5\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		loadAndCheck(t, "catalog.yaml", "catalog.yaml", text)
	})
}
