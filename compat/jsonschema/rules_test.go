package jsonschema

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
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// A fixture in testdata/rules is named after the rule it shows, json/ left out,
// with a word or two more for a variant: made-required.txtar,
// made-required-nested.txtar. Its comment says what a reader learns. old.json
// and new.json (or .yaml) are the two versions; files that they refer to lie
// under old/ and new/. NEXUS_UPDATE=1 rewrites the section want, which says for
// each direction what containment says, and for each change its rule, kind,
// pointer and the direction that it breaks ("-" for none), with message,
// witnesses and the fixes that hold under the profile containment at level FULL.

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

// ruleOf names the rule that a fixture shows: the longest that begins its name.
func ruleOf(fixture string) string {
	var found string
	for _, r := range rules {
		name := strings.TrimPrefix(r.id, "json/")
		if (fixture == name || strings.HasPrefix(fixture, name+"-")) && len(r.id) > len(found) {
			found = r.id
		}
	}
	return found
}

// side reads one version out of a fixture.
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
		if base, ext, _ := strings.Cut(f.Name, "."); base == side {
			return schema.Schema{Subject: "OrderPlaced", Format: schema.JSON, File: "OrderPlaced.schema." + ext, Text: f.Data, Resolve: read}
		}
	}
	t.Fatalf("the fixture has no %s.json", side)
	return schema.Schema{}
}

func newEngine(t testing.TB, o Options) *Engine {
	t.Helper()
	e, err := New(o)
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

func mustCompare(t rapid.TB, e *Engine, old, next compat.Parsed) *compat.Comparison {
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

// describeResult writes down a comparison and the fixes for what it breaks.
func describeResult(c *compat.Comparison, r *compat.Result) string {
	var b strings.Builder
	for _, d := range []compat.Direction{compat.BackwardDirection, compat.ForwardDirection} {
		truth := c.Truth(d)
		fmt.Fprintf(&b, "%-8s %s", d, truth.Verdict)
		if truth.Proof != "" {
			fmt.Fprintf(&b, " by %s", truth.Proof)
		}
		if truth.Reason != "" {
			fmt.Fprintf(&b, " because %s", truth.Reason)
		}
		b.WriteString("\n")
	}
	for i := range r.Changes {
		describeChange(&b, &r.Changes[i], r.Breaks)
	}
	return b.String()
}

func describeChange(b *strings.Builder, c *compat.Change, breaks []compat.Break) {
	pointer := c.Pointer
	if pointer == "" {
		pointer = "(root)"
	}
	fmt.Fprintf(b, "\n%s  %s  %s  %s\n", c.Rule, c.Kind, pointer, directionsOf(c))
	fmt.Fprintf(b, "  message: %s\n", c.Message)
	for _, d := range []compat.Direction{compat.BackwardDirection, compat.ForwardDirection} {
		effect := c.Effect(d)
		if !effect.Breaks {
			continue
		}
		if w := effect.Witness; w != nil {
			side, verdict := "new", w.New
			if d == compat.ForwardDirection {
				side, verdict = "old", w.Old
			}
			fmt.Fprintf(b, "  witness: %s %s %s", w.Text, side, verdict)
			if len(w.DependsOn) > 0 {
				fmt.Fprintf(b, " (depends on %s)", strings.Join(w.DependsOn, ", "))
			}
			b.WriteString("\n")
		} else {
			fmt.Fprintf(b, "  no %s witness\n", d)
		}
		for _, x := range breaks {
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
	e := newEngine(t, Options{})
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
			rule := ruleOf(name)
			if rule == "" {
				t.Fatalf("no rule is named as %s", file)
			}
			old, next := mustParse(t, e, sideOf(t, archive, "old")), mustParse(t, e, sideOf(t, archive, "new"))
			r := checkFully(t, e, old, next)
			if !slices.ContainsFunc(r.Changes, func(c compat.Change) bool { return c.Rule == rule }) {
				t.Errorf("%s does not fire", rule)
			}
			compareWant(t, file, archive, describeResult(mustCompare(t, e, old, next), r))
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

func TestEveryRuleHasAFixture(t *testing.T) {
	for _, r := range newEngine(t, Options{}).Rules() {
		name, ours := strings.CutPrefix(r.ID, "json/")
		if !ours {
			continue
		}
		if _, err := os.Stat(filepath.Join(fixtureDir, name+".txtar")); errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s has no fixture", r.ID)
		}
	}
}

func TestExcerptsFireTheirRule(t *testing.T) {
	e := newEngine(t, Options{})
	for _, r := range e.Rules() {
		if !strings.HasPrefix(r.ID, "json/") {
			continue
		}
		t.Run(r.ID, func(t *testing.T) {
			old, next := parseText(t, e, r.Before), parseText(t, e, r.After)
			changes := mustCompare(t, e, old, next).Changes
			if len(changes) != 1 || changes[0].Rule != r.ID {
				t.Errorf("the excerpts fire %v, want %s alone", rulesOf(changes), r.ID)
			}
		})
	}
}

func rulesOf(changes []compat.Change) []string {
	names := make([]string, len(changes))
	for i, c := range changes {
		names[i] = c.Rule
	}
	return names
}

func parseText(t testing.TB, e *Engine, text string) compat.Parsed {
	t.Helper()
	return mustParse(t, e, schema.Schema{Subject: "OrderPlaced", Format: schema.JSON, File: "OrderPlaced.schema.json", Text: []byte(text)})
}

// The excerpts of the rules about how an event may evolve are JSON Schemas too.
func TestBlueprintExcerptsFireTheirRule(t *testing.T) {
	e := newEngine(t, Options{})
	for _, r := range compat.Rules() {
		if !strings.HasPrefix(r.ID, "blueprint/") && r.ID != compat.RuleUnexplained {
			continue
		}
		t.Run(r.ID, func(t *testing.T) {
			profile, err := compat.ParseProfile("blueprint")
			if err != nil {
				t.Fatal(err)
			}
			profile.Switches.AllowNewFields = r.ID != compat.RuleFieldAdded
			result, err := compat.Check(context.Background(), e, compat.Options{Level: compat.Backward, Profile: profile},
				[]compat.Parsed{parseText(t, e, r.Before)}, parseText(t, e, r.After))
			if err != nil {
				t.Fatal(err)
			}
			var fired []string
			for _, b := range result.Breaks {
				fired = append(fired, b.Rule)
			}
			if !slices.Contains(fired, r.ID) {
				t.Errorf("the excerpts fire %v, want %s", fired, r.ID)
			}
		})
	}
}

// The edits of a fix, applied to the new version's text as an editor would,
// give the text that was checked.
func TestEditsGiveTheTextThatWasChecked(t *testing.T) {
	e := newEngine(t, Options{})
	for _, file := range fixtures(t) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		old, next := mustParse(t, e, sideOf(t, archive, "old")), mustParse(t, e, sideOf(t, archive, "new"))
		editsHold(t, e, old, next, mustCompare(t, e, old, next))
	}
}

// editsHold applies the edits of every fix for what a comparison found to break.
func editsHold(t rapid.TB, e *Engine, old, next compat.Parsed, comparison *compat.Comparison) {
	t.Helper()
	for _, c := range comparison.Changes {
		for _, d := range []compat.Direction{compat.BackwardDirection, compat.ForwardDirection} {
			if !c.Effect(d).Breaks {
				continue
			}
			for _, fix := range e.Fixes(old, next, c, d) {
				got := applyEdits(next.Schema().File, string(next.Schema().Text), fix.Edits)
				if diff := cmp.Diff(string(fix.Text), got); diff != "" {
					t.Errorf("%s: the edits give another text (-checked +edited):\n%s", fix.Title, diff)
				}
			}
		}
	}
}

// applyEdits replaces ranges of a file, given by line and column in code points.
func applyEdits(file, text string, edits []report.Edit) string {
	runes := []rune(text)
	offset := func(line, column int) int {
		at := 0
		for ; line > 1; line-- {
			at += slices.Index(runes[at:], '\n') + 1
		}
		return at + column - 1
	}
	type span struct {
		from, to int
		text     string
	}
	var spans []span
	for _, e := range edits {
		if e.File == file {
			spans = append(spans, span{offset(e.StartLine, e.StartColumn), offset(e.EndLine, e.EndColumn), e.Text})
		}
	}
	slices.SortStableFunc(spans, func(a, b span) int { return a.from - b.from })
	for _, s := range slices.Backward(spans) {
		runes = slices.Concat(runes[:s.from], []rune(s.text), runes[s.to:])
	}
	return string(runes)
}
