// Package enginetest holds what every compat.Engine has to keep, whatever its
// format. The tests of an engine call Run with a folder of fixtures and learn
//
//   - that every rule is documented, that its excerpts break it, and that a
//     fixture shows it;
//   - that each fixture still says what it said;
//   - that comparisons keep their promises (see Problems), witnesses stand up to
//     a second look, and fixes do what they say.
//
// A fixture is a txtar file in testdata/rules. Its name is the ID of the rule that
// it shows without the family, then the variant where the engine has variants,
// then a word or two to tell it from others: field-added.txtar,
// field-added-default.txtar, field-added-wire-json.txtar. Its comment is one
// sentence about what a reader learns. old.EXT and new.EXT are the two versions;
// what they refer to lies under old/ and new/. The section want says for each
// direction what the engine found, and for each change its rule, kind, pointer
// and the direction that it breaks ("-" for none), with message, witnesses and
// the fixes that hold under the profile containment at level FULL. Findings of
// Lint come last. NEXUS_UPDATE=1 rewrites that section.
//
// The package is for tests only.
package enginetest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// A Config describes an engine to Run.
type Config struct {
	// Family begins the IDs of the rules that changes name, such as "avro/". The
	// engine's other rules are refusals of registries, which no change names.
	Family string
	// Variants are the settings under which each rule has a fixture of its own, as
	// the fixtures' names spell them, the laxest first. Most engines have none.
	Variants []string
	// New makes an engine; variant is empty where there are none.
	New func(t testing.TB, variant string) compat.Engine
	// Like is what the versions of a fixture are: subject, format and file.
	Like schema.Schema
	// Confirm takes a second look at the witness of a change in direction d, in
	// another way than the engine did. Without Confirm the Validator of the version
	// that it was written under has to accept its document, and the other's to
	// reject it.
	Confirm func(old, next compat.Parsed, c compat.Change, d compat.Direction) error
	// Change gives the lines of want about a change, each without its line end;
	// without Change it is the message alone.
	Change func(r *compat.Result, c *compat.Change) []string
	// Witness writes a witness into want, else its text stands for it.
	Witness func(w report.Witness) string
}

// dir is where the fixtures of an engine's rules lie.
const dir = "testdata/rules"

// Run tests an engine.
func Run(t *testing.T, c Config) {
	t.Run("rules", c.testRules)
	t.Run("excerpts", c.testExcerpts)
	t.Run("coverage", c.testCoverage)
	for _, f := range ReadFixtures(t, dir, c.Like) {
		t.Run("fixtures/"+f.Name, func(t *testing.T) { c.testFixture(t, f) })
	}
}

// variants are the engine's variants, or one without a name.
func (c Config) variants() []string {
	if len(c.Variants) == 0 {
		return []string{""}
	}
	return c.Variants
}

// rules are the engine's own rules, those that changes name.
func (c Config) rules(t testing.TB) []report.Rule {
	all := c.New(t, c.variants()[0]).Rules()
	return slices.DeleteFunc(slices.Clone(all), func(r report.Rule) bool { return !strings.HasPrefix(r.ID, c.Family) })
}

// stem is how the fixtures of a rule in a variant begin.
func (c Config) stem(rule report.Rule, variant string) string {
	name := strings.TrimPrefix(rule.ID, c.Family)
	if variant != "" {
		name += "-" + variant
	}
	return name
}

// shown names the rule and the variant that a fixture shows: the longest that
// begin its name.
func (c Config) shown(t testing.TB, fixture string) (rule, variant string) {
	longest := ""
	for _, r := range c.rules(t) {
		for _, v := range c.variants() {
			stem := c.stem(r, v)
			if (fixture == stem || strings.HasPrefix(fixture, stem+"-")) && len(stem) > len(longest) {
				longest, rule, variant = stem, r.ID, v
			}
		}
	}
	if rule == "" {
		t.Fatalf("no rule of the family %q is named as the fixture %s", c.Family, fixture)
	}
	return rule, variant
}

// testRules holds the pages of the rules against what every reader needs.
func (c Config) testRules(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range c.New(t, c.variants()[0]).Rules() {
		if seen[r.ID] {
			t.Errorf("%s is documented twice", r.ID)
		}
		seen[r.ID] = true
		for _, text := range []string{r.Title, r.Why, r.Fix} {
			if strings.TrimSpace(text) == "" || strings.Contains(text, "%!") {
				t.Errorf("%s has the words %q: a title, a reason and a fix are wanted", r.ID, text)
			}
		}
		if !slices.Contains([]report.Severity{report.Error, report.Warning, report.Note}, r.Severity) {
			t.Errorf("%s has the severity %q", r.ID, r.Severity)
		}
	}
	if len(c.rules(t)) == 0 {
		t.Errorf("the engine has no rule of the family %q", c.Family)
	}
}

// testExcerpts fires each rule by the two excerpts of its page. Another rule may
// fire with it, as a oneof does not go without its fields, but then it breaks
// nobody. A rule of Lint may stand beside a break that it warns of.
func (c Config) testExcerpts(t *testing.T) {
	engine := c.New(t, c.variants()[0])
	for _, r := range c.rules(t) {
		t.Run(r.ID, func(t *testing.T) {
			before, after := c.Like, c.Like
			before.Text, after.Text = []byte(r.Before), []byte(r.After)
			old, next := parse(t, engine, before), parse(t, engine, after)
			changes := compare(t, engine, old, next).Changes
			if fired := rulesOf(engine, old, next, changes); !slices.Contains(fired, r.ID) {
				t.Fatalf("the excerpts fire %v, want %s", fired, r.ID)
			}
			for _, change := range changes {
				if r.Kind != "" && change.Rule != r.ID && (change.Backward.Breaks || change.Forward.Breaks) {
					t.Errorf("the excerpts break by %s too: %s", change.Rule, change.Message)
				}
			}
		})
	}
}

// testCoverage demands a fixture for every rule, in every variant.
func (c Config) testCoverage(t *testing.T) {
	there := map[string]bool{}
	for _, f := range ReadFixtures(t, dir, c.Like) {
		there[f.Name] = true
	}
	for _, r := range c.rules(t) {
		for _, v := range c.variants() {
			if stem := c.stem(r, v); !there[stem] {
				t.Errorf("%s has no fixture %s/%s.txtar", r.ID, dir, stem)
			}
		}
	}
}

// testFixture compares the versions of a fixture, and looks at all that comes of it.
func (c Config) testFixture(t *testing.T, f Fixture) {
	if strings.Count(f.Comment, "\n") != 1 || !strings.HasSuffix(f.Comment, ".\n") {
		t.Errorf("the fixture must begin with one sentence on one line, not %q", f.Comment)
	}
	rule, variant := c.shown(t, f.Name)
	first := c.judge(t, variant, f)
	if fired := rulesOf(first.engine, first.old, first.next, first.comparison.Changes); !slices.Contains(fired, rule) {
		t.Errorf("%s does not fire: %v", rule, fired)
	}
	said := c.describe(first)
	Want(t, f.File, said)
	if again := c.describe(c.judge(t, variant, f)); again != said {
		t.Errorf("another engine finds otherwise:\n%s", again)
	}
	for _, problem := range Problems(first.engine, first.old, first.next) {
		t.Error(problem)
	}
	c.confirmAll(t, first)
	verifyFixes(t, first)
}

// A judgement is all that an engine finds in a pair of versions.
type judgement struct {
	engine     compat.Engine
	old, next  compat.Parsed
	comparison *compat.Comparison
	result     *compat.Result // under the profile containment at level FULL
}

// fully demands both directions of the truth.
var fully = compat.Options{Level: compat.Full, Profile: compat.Profile{Name: "containment"}}

// judge has a new engine look at a fixture.
func (c Config) judge(t testing.TB, variant string, f Fixture) judgement {
	t.Helper()
	j := judgement{engine: c.New(t, variant)}
	j.old, j.next = parse(t, j.engine, f.Old), parse(t, j.engine, f.New)
	j.comparison = compare(t, j.engine, j.old, j.next)
	j.result = check(t, j.engine, j.old, j.next)
	j.result.Suggest(context.Background(), j.engine, fully)
	return j
}

func parse(t testing.TB, e compat.Engine, s schema.Schema) compat.Parsed {
	t.Helper()
	p, err := e.Parse(s)
	if err != nil {
		t.Fatalf("parsing %s: %v", s.File, err)
	}
	return p
}

func compare(t testing.TB, e compat.Engine, old, next compat.Parsed) *compat.Comparison {
	t.Helper()
	c, err := e.Compare(context.Background(), old, next, compat.Full.Directions())
	if err != nil {
		t.Fatalf("comparing: %v", err)
	}
	return c
}

func check(t testing.TB, e compat.Engine, old, next compat.Parsed) *compat.Result {
	t.Helper()
	r, err := compat.Check(context.Background(), e, fully, []compat.Parsed{old}, next)
	if err != nil {
		t.Fatalf("checking: %v", err)
	}
	return r
}

// rulesOf lists the rules of changes and of Lint, each once.
func rulesOf(e compat.Engine, old, next compat.Parsed, changes []compat.Change) []string {
	var names []string
	for _, c := range changes {
		names = append(names, c.Rule)
	}
	for _, f := range lint(e, old, next) {
		names = append(names, f.Rule)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// lint is what the engine finds odd, where it is a Linter.
func lint(e compat.Engine, old, next compat.Parsed) []report.Finding {
	linter, ok := e.(compat.Linter)
	if !ok {
		return nil
	}
	return linter.Lint(old, next)
}
