package protobuf

import (
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

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// A fixture in testdata/rules is named after the rule it shows, proto/ left out,
// and the category it is judged in, with a word or two more for a variant:
// field-removed-wire-json.txtar, field-removed-wire-reserved.txtar. Its comment
// says what a reader learns. old.proto and new.proto are the two versions; files
// that they import lie under old/ and new/. NEXUS_UPDATE=1 rewrites the section
// want, which says for each direction what the category says, and for each
// change its rule, kind, pointer and the direction that it breaks ("-" for
// none), with message, place, witnesses and the fixes that hold under the
// profile containment at level FULL.

const fixtureDir = "testdata/rules"

func fixtures(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(fixtureDir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures in %s: %v", fixtureDir, err)
	}
	return files
}

func fixtureName(file string) string { return strings.TrimSuffix(filepath.Base(file), ".txtar") }

// categoryNames maps what fixtures are called to what the option is.
var categoryNames = map[string]string{"wire": "WIRE", "wire-json": "WIRE_JSON", "file": "FILE"}

// ruleOf names the rule and the category that a fixture shows, the longest that
// fit its name.
func ruleOf(fixture string) (id, category string) {
	begins := func(text, start string) bool { return text == start || strings.HasPrefix(text, start+"-") }
	for _, r := range rules {
		name := strings.TrimPrefix(r.id, "proto/")
		for short, full := range categoryNames {
			if begins(fixture, name+"-"+short) && len(r.id) >= len(id) && len(full) > len(category) {
				id, category = r.id, full
			}
		}
	}
	return id, category
}

// sideOf reads one version out of a fixture.
func sideOf(t testing.TB, archive *txtar.Archive, side string) schema.Schema {
	t.Helper()
	read := func(name string) (string, []byte, error) {
		name = path.Join("shop", name)
		for _, f := range archive.Files {
			if f.Name == side+"/"+strings.TrimPrefix(name, "shop/") {
				return name, f.Data, nil
			}
		}
		return "", nil, fs.ErrNotExist
	}
	for _, f := range archive.Files {
		if f.Name == side+".proto" {
			return schema.Schema{Subject: "OrderPlaced", Format: schema.Protobuf, File: "shop/order.proto", Text: f.Data, Resolve: read}
		}
	}
	t.Fatalf("the fixture has no %s.proto", side)
	return schema.Schema{}
}

func newEngine(t testing.TB, category string) *Engine {
	t.Helper()
	e, err := New(Options{Category: category})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func mustParse(t testing.TB, e *Engine, s schema.Schema) compat.Parsed {
	t.Helper()
	p, err := e.Parse(s)
	if err != nil {
		t.Fatalf("parsing: %v", err)
	}
	return p
}

func parseText(t testing.TB, e *Engine, text string) compat.Parsed {
	t.Helper()
	return mustParse(t, e, schema.Schema{Subject: "OrderPlaced", Format: schema.Protobuf, File: "order.proto", Text: []byte(text)})
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

// describe writes down a comparison and the fixes for what it breaks.
func describe(c *compat.Comparison, r *compat.Result) string {
	var b strings.Builder
	for _, d := range []compat.Direction{compat.BackwardDirection, compat.ForwardDirection} {
		truth := c.Truth(d)
		fmt.Fprintf(&b, "%-8s %s by %s\n", d, truth.Verdict, truth.Proof)
	}
	for i := range r.Changes {
		describeChange(&b, r, &r.Changes[i])
	}
	return b.String()
}

func describeChange(b *strings.Builder, r *compat.Result, c *compat.Change) {
	fmt.Fprintf(b, "\n%s  %s  %s  %s\n", c.Rule, c.Kind, c.Pointer, directionsOf(c))
	fmt.Fprintf(b, "  message: %s\n", c.Message)
	fmt.Fprintf(b, "  place: %s\n", placeOf(r.Next.Locate(c.NewPointer)))
	for _, d := range []compat.Direction{compat.BackwardDirection, compat.ForwardDirection} {
		if !c.Effect(d).Breaks {
			continue
		}
		describeWitness(b, d, c.Effect(d).Witness)
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

func describeWitness(b *strings.Builder, d compat.Direction, w *report.Witness) {
	switch {
	case w == nil:
		fmt.Fprintf(b, "  no %s witness\n", d)
	case d == compat.ForwardDirection:
		fmt.Fprintf(b, "  witness: %s (%s) old %s\n", w.Text, *w.Hex, w.Old)
	default:
		fmt.Fprintf(b, "  witness: %s (%s) new %s\n", w.Text, *w.Hex, w.New)
	}
}

func placeOf(l report.Location) string {
	return fmt.Sprintf("%s:%d:%d-%d:%d", l.File, l.Line, l.Column, l.EndLine, l.EndColumn)
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
	for _, file := range fixtures(t) {
		name := fixtureName(file)
		t.Run(name, func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if comment := string(archive.Comment); strings.Count(comment, "\n") != 1 || !strings.HasSuffix(comment, ".\n") {
				t.Errorf("the fixture must begin with one sentence on one line, not %q", comment)
			}
			rule, category := ruleOf(name)
			if rule == "" {
				t.Fatalf("no rule and category are named as %s", file)
			}
			e := newEngine(t, category)
			old, next := mustParse(t, e, sideOf(t, archive, "old")), mustParse(t, e, sideOf(t, archive, "new"))
			r := checkFully(t, e, old, next)
			if !slices.ContainsFunc(r.Changes, func(c compat.Change) bool { return c.Rule == rule }) {
				t.Errorf("%s does not fire", rule)
			}
			compareWant(t, file, archive, describe(mustCompare(t, e, old, next), r))
		})
	}
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
	if diff := cmp.Diff(string(archive.Files[i].Data), got); diff != "" {
		t.Errorf("want differs (-want +got):\n%s", diff)
	}
}

func TestEveryRuleHasAFixtureForEachCategory(t *testing.T) {
	for _, r := range rules {
		for short := range categoryNames {
			name := strings.TrimPrefix(r.id, "proto/") + "-" + short + ".txtar"
			if _, err := os.Stat(filepath.Join(fixtureDir, name)); errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s has no fixture %s", r.id, name)
			}
		}
	}
}

// A rule counts from its category on, as its page says: its excerpts, which
// show it at its plainest, break there and not before.
func TestExcerptsFireTheirRule(t *testing.T) {
	for _, r := range rules {
		for i, name := range Categories {
			t.Run(r.id+" "+name, func(t *testing.T) {
				e := newEngine(t, name)
				c := mustCompare(t, e, parseText(t, e, r.before), parseText(t, e, r.after))
				j := slices.IndexFunc(c.Changes, func(c compat.Change) bool { return c.Rule == r.id })
				if j < 0 {
					t.Fatalf("the excerpts fire %v, want %s", rulesOf(c.Changes), r.id)
				}
				want := r.from != never && category(i+1) >= r.from
				if got := c.Changes[j].Backward.Breaks; got != want {
					t.Errorf("breaks backward: %t, want %t", got, want)
				}
			})
		}
	}
}

func rulesOf(changes []compat.Change) []string {
	names := make([]string, len(changes))
	for i, c := range changes {
		names[i] = c.Rule
	}
	return names
}

// The edits of a fix, applied to the new version's text as an editor would,
// give the text that was checked.
func TestEditsGiveTheTextThatWasChecked(t *testing.T) {
	for _, file := range fixtures(t) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, category := ruleOf(fixtureName(file))
		e := newEngine(t, category)
		old, next := mustParse(t, e, sideOf(t, archive, "old")), mustParse(t, e, sideOf(t, archive, "new"))
		for _, c := range mustCompare(t, e, old, next).Changes {
			for _, fix := range e.Fixes(old, next, c, compat.BackwardDirection) {
				got := applyEdits(string(next.Schema().Text), fix.Edits)
				if diff := cmp.Diff(string(fix.Text), got); diff != "" {
					t.Errorf("%s: %s: the edits give another text (-checked +edited):\n%s", fixtureName(file), fix.Title, diff)
				}
			}
		}
	}
}

// applyEdits replaces ranges given by line and column in code points.
func applyEdits(text string, edits []report.Edit) string {
	runes := []rune(text)
	offset := func(line, column int) int {
		at := 0
		for ; line > 1; line-- {
			at += slices.Index(runes[at:], '\n') + 1
		}
		return at + column - 1
	}
	for i := len(edits) - 1; i >= 0; i-- {
		e := edits[i]
		runes = slices.Concat(runes[:offset(e.StartLine, e.StartColumn)], []rune(e.Text), runes[offset(e.EndLine, e.EndColumn):])
	}
	return string(runes)
}
