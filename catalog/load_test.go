package catalog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/nexus-blueprint/nexus/report"
)

// A fixture in testdata/load is a repository. Its comment says what a reader
// learns, and on a line "load:" which paths are loaded. The section want shows
// the catalog: what is declared with its source and line, then problems and
// findings. NEXUS_UPDATE=1 rewrites it.
const loadFixtures = "testdata/load/*.txtar"

func TestLoad(t *testing.T) {
	files, err := filepath.Glob(loadFixtures)
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			root, paths, want := unpack(t, archive)
			c, err := Load(t.Context(), paths, Options{FS: root})
			got := show(c, err)
			if os.Getenv("NEXUS_UPDATE") != "" {
				rewrite(t, file, archive, got)
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// unpack makes a repository of a fixture.
func unpack(t testing.TB, archive *txtar.Archive) (root fstest.MapFS, paths []string, want string) {
	t.Helper()
	for line := range strings.Lines(string(archive.Comment)) {
		if list, ok := strings.CutPrefix(line, "load:"); ok {
			paths = strings.Fields(list)
		}
	}
	if len(paths) == 0 {
		t.Fatal("the fixture has no line load:")
	}
	root = fstest.MapFS{}
	for _, f := range archive.Files {
		if f.Name == "want" {
			want = string(f.Data)
			continue
		}
		root[f.Name] = &fstest.MapFile{Data: unescape(f.Data), Mode: 0o644}
	}
	return root, paths, want
}

// unescape writes what a person cannot see in a fixture: <BOM> and <CR>.
func unescape(text []byte) []byte {
	return []byte(strings.NewReplacer("<BOM>", "\ufeff", "<CR>", "\r").Replace(string(text)))
}

func rewrite(t *testing.T, file string, archive *txtar.Archive, got string) {
	t.Helper()
	section := txtar.File{Name: "want", Data: []byte(got)}
	if last := len(archive.Files) - 1; archive.Files[last].Name == "want" {
		archive.Files[last] = section
	} else {
		archive.Files = append(archive.Files, section)
	}
	if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// show writes a catalog as a person would check it.
func show(c *Catalog, err error) string {
	var b strings.Builder
	if err != nil {
		fmt.Fprintf(&b, "error %s\n", err)
		if e, ok := errors.AsType[*LoadError](err); ok && e.Hint != "" {
			fmt.Fprintf(&b, "  hint: %s\n", e.Hint)
		}
		return b.String()
	}
	for _, e := range c.Events {
		showEvent(&b, e)
	}
	for _, s := range c.Services {
		fmt.Fprintf(&b, "service %s %s%s%s at %s\n", s.ID, value(s.Version), word("domain", s.Domain), owners(s.Owners), s.Place)
		for _, m := range s.Sends {
			fmt.Fprintf(&b, "  sends %s %s%v at %s\n", m.Event, m.Versions, m.Channels, m.Place)
		}
		for _, m := range s.Receives {
			fmt.Fprintf(&b, "  receives %s %s%v at %s\n", m.Event, m.Versions, m.Channels, m.Place)
		}
	}
	for _, channel := range c.Channels {
		fmt.Fprintf(&b, "channel %s %s %v %v tls=%v(%s)%s at %s\n", channel.ID, channel.Address, channel.Protocols, channel.Parameters,
			channel.TLS.Get, channel.TLS.Source, owners(channel.Owners), channel.Place)
	}
	for _, o := range c.Owners {
		fmt.Fprintf(&b, "%s %s %q <%s> at %s\n", o.Kind, o.ID, o.Name, o.Email, o.Place)
	}
	for _, p := range c.Problems {
		fmt.Fprintf(&b, "problem %s at %s\n", p.Message, p.Location)
	}
	findings, _ := c.Check(CheckOptions{})
	showFindings(&b, findings)
	return b.String()
}

func showEvent(b *strings.Builder, e *Event) {
	state := "history"
	if e.Current {
		state = "current"
	}
	fmt.Fprintf(b, "%s %s %s at %s\n", e.Kind, e.ID, state, e.Place)
	for _, a := range e.Attributes() {
		if a.Source != "" {
			fmt.Fprintf(b, "  %s: %s (%s) %d:%d\n", a.Name, a.Text, a.Source, a.Place.Line, a.Place.Column)
		}
	}
	for _, p := range e.Producers {
		fmt.Fprintf(b, "  from %s %s at %s\n", p.Service, p.Versions, p.Place)
	}
	for _, p := range e.Consumers {
		fmt.Fprintf(b, "  to %s %s%v at %s\n", p.Service, p.Versions, p.Fields, p.Place)
	}
	for _, f := range e.Fields {
		fmt.Fprintf(b, "  field %s pii=%v(%s) %s at %s\n", f.Path, f.Facts().PII.Get, f.Facts().PII.Source, f.Facts().Purpose.Get, f.Place)
	}
	if len(e.Ext) > 0 {
		fmt.Fprintf(b, "  ext %v\n", e.Ext)
	}
}

func showFindings(b *strings.Builder, findings []report.Finding) {
	r := report.Report{Findings: findings}
	r.Normalize()
	for _, f := range r.Findings {
		fmt.Fprintf(b, "%s %s %s: %s (%s)\n", f.Severity, f.Rule, f.Location, f.Message, f.Hint)
		for _, other := range f.Related {
			fmt.Fprintf(b, "  %s: %s\n", other.Message, other.Location)
		}
	}
}

func value(v Value[string]) string {
	if !v.Known() {
		return "-"
	}
	return v.Get
}

func word(name string, v Value[string]) string {
	if !v.Known() {
		return ""
	}
	return fmt.Sprintf(" %s=%s(%s)", name, v.Get, v.Source)
}

func owners(list []Value[string]) string {
	if len(list) == 0 {
		return ""
	}
	return fmt.Sprintf(" owners=%v", ids(list))
}

func TestLoadIsDeterministic(t *testing.T) {
	root := generate(t, 60)
	load := func() (string, string) {
		c, err := Load(context.Background(), []string{"catalog"}, Options{FS: os.DirFS(root)})
		if err != nil {
			t.Fatal(err)
		}
		return show(c, nil), c.Digest
	}
	text, digest := load()
	for range 10 {
		again, digestAgain := load()
		if again != text || digestAgain != digest {
			t.Fatalf("two loads differ: %s\n%s", digestAgain, cmp.Diff(text, again))
		}
	}
}

func TestDigestSeesEveryFile(t *testing.T) {
	root := generate(t, 10)
	digest := func() string {
		c, err := Load(context.Background(), []string{"catalog"}, Options{FS: os.DirFS(root)})
		if err != nil {
			t.Fatal(err)
		}
		return c.Digest
	}
	before := digest()
	for _, name := range []string{"services/service-0/events/Event3/schema.json", "services/service-0/index.mdx", "teams/team-0.mdx"} {
		file := filepath.Join(root, "catalog", name)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		after := digest()
		if after == before {
			t.Errorf("a change of %s leaves the digest alone", name)
		}
		before = after
	}
}

func TestLoadFollowsNoLink(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("elsewhere/secret.json", `{"type": "object"}`)
	write("elsewhere/events/Hidden/index.mdx", "---\nid: Hidden\nversion: 1.0.0\n---\n")
	write("catalog/events/A/index.mdx", "---\nid: A\nversion: 1.0.0\nschemaPath: link.json\n---\n")
	write("catalog/events/B/index.mdx", "---\nid: B\nversion: 1.0.0\nschemaPath: ../../linked/secret.json\n---\n")
	for from, to := range map[string]string{
		"catalog/events/A/link.json": "../../../elsewhere/secret.json",
		"catalog/linked":             "../elsewhere",
		"catalog/services":           "../elsewhere",
		"whole":                      "catalog",
	} {
		if err := os.Symlink(filepath.FromSlash(to), filepath.Join(root, filepath.FromSlash(from))); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
	}
	c, err := Load(t.Context(), []string{"catalog"}, Options{FS: os.DirFS(root)})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range c.Events {
		if e.ID == "Hidden" || e.Schema.Known() {
			t.Errorf("%s was read through a link: %+v", e.ID, e.Schema)
		}
	}
	if _, err := Load(t.Context(), []string{"whole"}, Options{FS: os.DirFS(root)}); err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("a linked root gives %v", err)
	}
}

func TestLoadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Load(ctx, []string{"catalog"}, Options{FS: os.DirFS(generate(t, 20))}); !errors.Is(err, context.Canceled) {
		t.Errorf("Load gave %v", err)
	}
}
