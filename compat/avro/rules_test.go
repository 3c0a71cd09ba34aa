package avro

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// A fixture in testdata/rules is named after the rule it shows, avro/ left out,
// with a word or two more for a variant: field-added.txtar,
// field-added-default.txtar. Its comment says what a reader learns. old.avsc and
// new.avsc are the two versions; files that they take definitions from lie under
// old/ and new/. NEXUS_UPDATE=1 rewrites the section want, which says for each
// direction whether data resolves, and for each change its rule, kind, the
// pointer that identifies it and the direction that it breaks ("-" for none),
// with its place in the new version, message, witnesses and the fixes that hold
// under the profile containment at level FULL. Findings of Lint come last.

const fixtureDir = "testdata/rules"

func fixtures(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures in %s: %v", dir, err)
	}
	return files
}

func fixtureName(file string) string { return strings.TrimSuffix(filepath.Base(file), ".txtar") }

// ruleOf names the rule that a fixture shows: the longest that begins its name.
func ruleOf(fixture string) string {
	var found string
	for _, r := range rules {
		name := strings.TrimPrefix(r.id, "avro/")
		if (fixture == name || strings.HasPrefix(fixture, name+"-")) && len(r.id) > len(found) {
			found = r.id
		}
	}
	return found
}

func readFixture(t testing.TB, file string) *txtar.Archive {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return archive
}

// sideOf reads one version out of a fixture.
func sideOf(t testing.TB, archive *txtar.Archive, side string) schema.Schema {
	t.Helper()
	read := func(name string) (string, []byte, error) {
		name = path.Clean(name)
		for _, f := range archive.Files {
			if f.Name == side+"/"+name {
				return name, f.Data, nil
			}
		}
		return "", nil, fs.ErrNotExist
	}
	for _, f := range archive.Files {
		if f.Name == side+".avsc" {
			s := written(f.Data)
			s.Resolve = read
			return s
		}
	}
	t.Fatalf("the fixture has no %s.avsc", side)
	return schema.Schema{}
}

// written is a schema of a text.
func written[T string | []byte](text T) schema.Schema {
	return schema.Schema{Subject: "Order", Format: schema.Avro, File: "Order.avsc", Text: []byte(text)}
}

func newEngine(t testing.TB) *Engine {
	t.Helper()
	e, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func mustParse(t testing.TB, e *Engine, s schema.Schema) compat.Parsed {
	t.Helper()
	p, err := e.Parse(s)
	if err != nil {
		t.Fatalf("parsing %s: %v", s.File, err)
	}
	return p
}

func parseText(t testing.TB, e *Engine, text string) compat.Parsed {
	t.Helper()
	return mustParse(t, e, written(text))
}

func mustCompare(t testing.TB, e *Engine, old, next compat.Parsed) *compat.Comparison {
	t.Helper()
	c, err := e.Compare(context.Background(), old, next, compat.Full.Directions())
	if err != nil {
		t.Fatalf("comparing: %v", err)
	}
	return c
}

// checkFully judges a pair under the profile containment at level FULL.
func checkFully(t testing.TB, e *Engine, old, next compat.Parsed) *compat.Result {
	t.Helper()
	o := compat.Options{Level: compat.Full, Profile: compat.Profile{Name: "containment"}}
	r, err := compat.Check(context.Background(), e, o, []compat.Parsed{old}, next)
	if err != nil {
		t.Fatalf("checking: %v", err)
	}
	r.Suggest(context.Background(), e, o)
	return r
}

var directions = []compat.Direction{compat.BackwardDirection, compat.ForwardDirection}

// describeResult writes down a comparison, the fixes for what it breaks, and the
// findings of Lint.
func describeResult(e *Engine, c *compat.Comparison, r *compat.Result) string {
	var b strings.Builder
	for _, d := range directions {
		truth := c.Truth(d)
		fmt.Fprintf(&b, "%-8s %s by %s\n", d, truth.Verdict, truth.Proof)
	}
	for i := range r.Changes {
		describeChange(&b, r, &r.Changes[i])
	}
	for _, f := range e.Lint(r.Previous, r.Next) {
		fmt.Fprintf(&b, "\n%s  %s  line %d %s\n  message: %s\n", f.Rule, f.Severity, f.Location.Line, cmp.Or(f.Location.Pointer, "(root)"), f.Message)
		if w := f.Witness; w != nil {
			fmt.Fprintf(&b, "  witness: %s = %s old %s, new %s\n", w.Text, *w.Hex, w.Old, w.New)
		}
	}
	return b.String()
}

func describeChange(b *strings.Builder, r *compat.Result, c *compat.Change) {
	at := r.Next.Locate(c.NewPointer)
	fmt.Fprintf(b, "\n%s  %s  %s  %s\n", c.Rule, c.Kind, cmp.Or(c.Pointer, "(root)"), directionsOf(c))
	fmt.Fprintf(b, "  place: line %d %s, was line %d %s\n", at.Line, c.NewPointer, r.Previous.Locate(c.OldPointer).Line, c.OldPointer)
	fmt.Fprintf(b, "  message: %s\n", c.Message)
	for _, d := range directions {
		effect := c.Effect(d)
		if !effect.Breaks {
			continue
		}
		if w := effect.Witness; w != nil {
			side, verdict := "new", w.New
			if d == compat.ForwardDirection {
				side, verdict = "old", w.Old
			}
			fmt.Fprintf(b, "  witness: %s = %s %s %s\n", w.Text, *w.Hex, side, verdict)
		} else {
			fmt.Fprintf(b, "  no %s witness\n", d)
		}
		for _, x := range r.Breaks {
			if x.Change != c || x.Direction != d {
				continue
			}
			for _, fix := range x.Fixes {
				fmt.Fprintf(b, "  fix: %s\n", fix.Title)
			}
		}
	}
}

func directionsOf(c *compat.Change) string {
	switch {
	case c.Backward.Breaks && c.Forward.Breaks:
		return "both"
	case c.Backward.Breaks:
		return "backward"
	case c.Forward.Breaks:
		return "forward"
	}
	return "-"
}

func TestRules(t *testing.T) {
	e := newEngine(t)
	for _, file := range fixtures(t, fixtureDir) {
		name := fixtureName(file)
		t.Run(name, func(t *testing.T) {
			archive := readFixture(t, file)
			if comment := string(archive.Comment); strings.Count(comment, "\n") != 1 || !strings.HasSuffix(comment, ".\n") {
				t.Errorf("the fixture must begin with one sentence on one line, not %q", comment)
			}
			rule := ruleOf(name)
			if rule == "" {
				t.Fatalf("no rule is named as %s", file)
			}
			old, next := mustParse(t, e, sideOf(t, archive, "old")), mustParse(t, e, sideOf(t, archive, "new"))
			r := checkFully(t, e, old, next)
			if !slices.Contains(fired(e, old, next, r.Changes), rule) {
				t.Errorf("%s does not fire", rule)
			}
			compareWant(t, file, archive, describeResult(e, mustCompare(t, e, old, next), r))
		})
	}
}

// fired lists the rules of changes and of Lint, each once.
func fired(e *Engine, old, next compat.Parsed, changes []compat.Change) []string {
	var names []string
	for _, c := range changes {
		names = append(names, c.Rule)
	}
	for _, f := range e.Lint(old, next) {
		names = append(names, f.Rule)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// compareWant compares got with the section want, or rewrites that.
func compareWant(t *testing.T, file string, archive *txtar.Archive, got string) {
	t.Helper()
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	if os.Getenv("NEXUS_UPDATE") != "" {
		if i < 0 {
			archive.Files = append(archive.Files, txtar.File{Name: "want"})
			i = len(archive.Files) - 1
		}
		archive.Files[i].Data = []byte(got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if i < 0 {
		t.Fatal("the fixture has no section want; NEXUS_UPDATE=1 writes it")
	}
	if diff := gocmp.Diff(string(archive.Files[i].Data), got); diff != "" {
		t.Errorf("want differs (-want +got):\n%s", diff)
	}
}

func TestEveryRuleHasAFixture(t *testing.T) {
	for _, r := range rules {
		name := strings.TrimPrefix(r.id, "avro/")
		if _, err := os.Stat(filepath.Join(fixtureDir, name+".txtar")); errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s has no fixture", r.id)
		}
	}
}

func TestExcerptsFireTheirRule(t *testing.T) {
	e := newEngine(t)
	for _, r := range rules {
		t.Run(r.id, func(t *testing.T) {
			old, next := parseText(t, e, r.before), parseText(t, e, r.after)
			got := fired(e, old, next, mustCompare(t, e, old, next).Changes)
			if !slices.Contains(got, r.id) || r.kind != "" && len(got) != 1 {
				t.Errorf("the excerpts fire %v, want %s alone", got, r.id)
			}
		})
	}
}

// The edits of a fix, applied to the new version's text as an editor would,
// give the text that was checked.
func TestEditsGiveTheTextThatWasChecked(t *testing.T) {
	e := newEngine(t)
	for _, file := range fixtures(t, fixtureDir) {
		archive := readFixture(t, file)
		old, next := mustParse(t, e, sideOf(t, archive, "old")), mustParse(t, e, sideOf(t, archive, "new"))
		for _, c := range mustCompare(t, e, old, next).Changes {
			for _, d := range directions {
				if !c.Effect(d).Breaks {
					continue
				}
				for _, fix := range e.Fixes(old, next, c, d) {
					got := applyEdits(string(next.Schema().Text), fix.Edits)
					if diff := gocmp.Diff(string(fix.Text), got); diff != "" {
						t.Errorf("%s: %s: the edits give another text (-checked +edited):\n%s", fixtureName(file), fix.Title, diff)
					}
				}
			}
		}
	}
}

// applyEdits replaces ranges of a text, given by line and column in code points.
func applyEdits(text string, edits []report.Edit) string {
	runes := []rune(text)
	offset := func(line, column int) int {
		at := 0
		for ; line > 1; line-- {
			at += slices.Index(runes[at:], '\n') + 1
		}
		return at + column - 1
	}
	edits = slices.SortedStableFunc(slices.Values(edits), func(a, b report.Edit) int {
		return cmp.Or(cmp.Compare(b.StartLine, a.StartLine), cmp.Compare(b.StartColumn, a.StartColumn))
	})
	for _, e := range edits {
		runes = slices.Concat(runes[:offset(e.StartLine, e.StartColumn)], []rune(e.Text), runes[offset(e.EndLine, e.EndColumn):])
	}
	return string(runes)
}
