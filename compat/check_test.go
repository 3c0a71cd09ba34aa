package compat_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// scripted is an Engine whose comparisons are given: by the texts of the two
// versions, "old>new". A pair that is not given is compatible.
type scripted struct {
	comparisons map[string]compat.Comparison
	fixes       []compat.Fix
	refusals    map[string][]compat.Refusal
	asked       []string // what was compared, in order
}

func (e *scripted) Format() schema.Format { return "scripted" }
func (e *scripted) Rules() []report.Rule  { return nil }
func (e *scripted) Parse(s schema.Schema) (compat.Parsed, error) {
	if strings.HasPrefix(string(s.Text), "malformed") {
		return nil, &compat.InputError{Message: "malformed"}
	}
	return version{s}, nil
}

func (e *scripted) Compare(ctx context.Context, previous, next compat.Parsed, _ []compat.Direction) (*compat.Comparison, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	pair := pairOf(previous, next)
	e.asked = append(e.asked, pair)
	c, given := e.comparisons[pair]
	if !given {
		c = comparison(holds, holds)
	}
	c.Changes = slices.Clone(c.Changes)
	return &c, nil
}

func (e *scripted) Fixes(compat.Parsed, compat.Parsed, compat.Change, compat.Direction) []compat.Fix {
	return e.fixes
}

func (e *scripted) Refusals(registry string, previous, next compat.Parsed) ([]compat.Refusal, bool) {
	return e.refusals[pairOf(previous, next)], registry == "confluent"
}

func pairOf(previous, next compat.Parsed) string {
	return string(previous.Schema().Text) + ">" + string(next.Schema().Text)
}

type version struct{ source schema.Schema }

func (v version) Schema() schema.Schema                { return v.source }
func (v version) Validator() (schema.Validator, error) { return nil, errors.New("not needed") }
func (v version) DeclaredVersion() string              { return "" }
func (v version) Locate(pointer string) report.Location {
	return report.Location{File: v.source.File, Pointer: pointer, Line: 7}
}

func versions(texts ...string) []compat.Parsed {
	var all []compat.Parsed
	for _, text := range texts {
		all = append(all, version{schema.Schema{Subject: "OrderPlaced", File: text + ".json", Version: strings.TrimPrefix(text, "v"), Text: []byte(text)}})
	}
	return all
}

var (
	holds   = compat.Truth{Verdict: compat.Compatible, Proof: compat.ByContainment}
	breaks  = compat.Truth{Verdict: compat.Breaking, Proof: compat.ByWitness, Witness: &report.Witness{Text: "{}"}}
	unknown = compat.Truth{Verdict: compat.Undecided, Reason: "a look-ahead"}
	effect  = compat.Effect{Breaks: true, Proof: compat.ByWitness, Witness: &report.Witness{Text: "{}"}}
)

func comparison(backward, forward compat.Truth, changes ...compat.Change) compat.Comparison {
	return compat.Comparison{Backward: backward, Forward: forward, Changes: changes}
}

func required(name string) compat.Change {
	return compat.Change{Rule: "scripted/made-required", Kind: compat.MadeRequired, Pointer: "/required/" + name, After: name, Backward: effect}
}

func added(f compat.Field, backward, forward compat.Effect) compat.Change {
	return compat.Change{Rule: "scripted/field-added", Kind: compat.FieldAdded, Pointer: "/properties/" + f.Name, Field: &f, Backward: backward, Forward: forward}
}

func removed(f compat.Field, backward, forward compat.Effect) compat.Change {
	return compat.Change{Rule: "scripted/field-removed", Kind: compat.FieldRemoved, Pointer: "/properties/" + f.Name, Field: &f, Backward: backward, Forward: forward}
}

func checked(t *testing.T, e *scripted, o compat.Options, previous []compat.Parsed, next compat.Parsed) *compat.Result {
	t.Helper()
	r, err := compat.Check(context.Background(), e, o, previous, next)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// brokenRules are the rules of a result's breaks, with their severities.
func brokenRules(r *compat.Result) []string {
	var all []string
	for _, b := range r.Breaks {
		all = append(all, string(b.Severity)+" "+b.Rule)
	}
	return all
}

func TestLevels(t *testing.T) {
	ways := map[string]compat.Comparison{
		"neither":  comparison(holds, holds),
		"backward": comparison(breaks, holds, required("id")),
		"forward":  comparison(holds, breaks, added(compat.Field{Name: "a"}, compat.Effect{}, effect)),
		"both":     comparison(breaks, breaks, required("id"), added(compat.Field{Name: "a"}, compat.Effect{}, effect)),
	}
	for _, row := range []struct {
		level compat.Level
		fails []string // which of the ways break it
	}{
		{compat.None, nil},
		{compat.Backward, []string{"backward", "both"}},
		{compat.BackwardTransitive, []string{"backward", "both"}},
		{compat.Forward, []string{"both", "forward"}},
		{compat.ForwardTransitive, []string{"both", "forward"}},
		{compat.Full, []string{"backward", "both", "forward"}},
		{compat.FullTransitive, []string{"backward", "both", "forward"}},
	} {
		var fails []string
		for way, c := range ways {
			e := &scripted{comparisons: map[string]compat.Comparison{"v1>v2": c}}
			chain := versions("v1", "v2")
			if r := checked(t, e, compat.Options{Level: row.level, Profile: compat.Profile{Name: "containment"}}, chain[:1], chain[1]); r.Verdict == compat.Breaking {
				fails = append(fails, way)
			}
		}
		slices.Sort(fails)
		if diff := cmp.Diff(row.fails, fails); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.level, diff)
		}
	}
}

func TestParseLevel(t *testing.T) {
	for _, level := range compat.Levels {
		if got, err := compat.ParseLevel(strings.ToLower(string(level))); err != nil || got != level {
			t.Errorf("%s is read as %s: %v", level, got, err)
		}
	}
	if _, err := compat.ParseLevel("BACKWARDS"); err == nil || !strings.Contains(err.Error(), "BACKWARD_TRANSITIVE") {
		t.Errorf("the error does not list the levels: %v", err)
	}
}

func TestTransitiveLevelsLookAtEveryVersion(t *testing.T) {
	comparisons := map[string]compat.Comparison{
		"v2>v4": comparison(breaks, holds, required("id")),
		"v3>v4": comparison(breaks, holds, required("id"), required("time")),
	}
	for _, row := range []struct {
		name   string
		level  compat.Level
		chain  []string
		asked  []string
		oldest string
		breaks int
	}{
		{"the latest alone", compat.Backward, []string{"v1", "v2", "v3", "v4"}, []string{"v3>v4"}, "3", 2},
		{"every one, and each break once", compat.BackwardTransitive, []string{"v1", "v2", "v3", "v4"}, []string{"v1>v4", "v2>v4", "v3>v4"}, "2", 2},
		{"one that is fine", compat.BackwardTransitive, []string{"v1", "v4"}, []string{"v1>v4"}, "", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := &scripted{comparisons: comparisons}
			chain := versions(row.chain...)
			last := len(chain) - 1
			r := checked(t, e, compat.Options{Level: row.level, Profile: compat.Profile{Name: "containment"}}, chain[:last], chain[last])
			if diff := cmp.Diff(row.asked, e.asked); diff != "" {
				t.Errorf("other pairs were compared (-want +got):\n%s", diff)
			}
			oldest := ""
			if r.Oldest != nil {
				oldest = r.Oldest.Schema().Version
			}
			if oldest != row.oldest || len(r.Breaks) != row.breaks {
				t.Errorf("the oldest broken is %q with %d breaks, want %q with %d", oldest, len(r.Breaks), row.oldest, row.breaks)
			}
			if row.breaks > 0 && r.Breaks[0].Previous.Schema().Version != row.oldest {
				t.Errorf("the first break is charged to %s", r.Breaks[0].Previous.Schema().Version)
			}
		})
	}
}

func TestProfiles(t *testing.T) {
	plain := compat.Field{Name: "coupon"}
	withDefault := compat.Field{Name: "coupon", Default: true}
	open := compat.Field{Name: "coupon", Default: true, Open: true}
	switches := func(edit func(*compat.Switches)) compat.Profile {
		p := compat.Profile{Name: "blueprint", Switches: compat.DefaultSwitches}
		if edit != nil {
			edit(&p.Switches)
		}
		return p
	}
	typeChanged := compat.Change{Rule: "scripted/type-changed", Kind: compat.TypeChanged, Pointer: "/properties/a/type"}
	defaultRemoved := compat.Change{Rule: "scripted/default-removed", Kind: compat.DefaultRemoved, Pointer: "/properties/a/default"}
	optional := compat.Change{Rule: "scripted/made-optional", Kind: compat.MadeOptional, Pointer: "/required/id"}
	for _, row := range []struct {
		name    string
		profile compat.Profile
		given   compat.Comparison
		verdict compat.Verdict
		proof   compat.Proof
		breaks  []string
	}{
		{"containment lets the truth decide", compat.Profile{Name: "containment"}, comparison(holds, holds, added(plain, compat.Effect{}, compat.Effect{})), compat.Compatible, compat.ByContainment, nil},
		{"containment tells a break", compat.Profile{Name: "containment"}, comparison(breaks, holds, required("id")), compat.Breaking, compat.ByWitness, []string{"error scripted/made-required"}},
		{"containment never hides a doubt", compat.Profile{Name: "containment"}, comparison(unknown, holds), compat.Undecided, "", nil},
		{"a break beside a doubt is a break", compat.Profile{Name: "blueprint"}, comparison(unknown, breaks, added(withDefault, compat.Effect{}, effect)), compat.Breaking, compat.ByWitness, []string{"error scripted/field-added"}},

		{"a field without a default", switches(nil), comparison(holds, holds, added(plain, compat.Effect{}, compat.Effect{})), compat.Breaking, compat.ByPolicy, []string{"error blueprint/default-missing"}},
		{"a field with a default", switches(nil), comparison(holds, holds, added(withDefault, compat.Effect{}, compat.Effect{})), compat.Compatible, compat.ByContainment, nil},
		{"defaults are not asked for", switches(func(s *compat.Switches) { s.RequireDefaults = false }), comparison(holds, holds, added(plain, compat.Effect{}, compat.Effect{})), compat.Compatible, compat.ByContainment, nil},
		{"no new fields at all", switches(func(s *compat.Switches) { s.AllowNewFields = false }), comparison(holds, holds, added(withDefault, compat.Effect{}, compat.Effect{})), compat.Breaking, compat.ByPolicy, []string{"error blueprint/field-added"}},
		{"an addition to an open object is a warning", switches(nil), comparison(breaks, holds, added(open, effect, compat.Effect{})), compat.Compatible, compat.ByPolicy, []string{"warning blueprint/open-addition"}},
		{"but not without a default", switches(nil), comparison(breaks, holds, added(compat.Field{Name: "coupon", Open: true}, effect, compat.Effect{})), compat.Breaking, compat.ByWitness, []string{"error scripted/field-added"}},
		{"nor when it is required", switches(nil), comparison(breaks, holds, added(compat.Field{Name: "coupon", Open: true, Default: true, Required: true}, effect, compat.Effect{})), compat.Breaking, compat.ByWitness, []string{"error scripted/field-added"}},
		{"nor when the object was closed", switches(nil), comparison(breaks, holds, added(withDefault, effect, compat.Effect{})), compat.Breaking, compat.ByWitness, []string{"error scripted/field-added"}},
		{"nor when new fields are forbidden", switches(func(s *compat.Switches) { s.AllowNewFields = false }), comparison(breaks, holds, added(open, effect, compat.Effect{})), compat.Breaking, compat.ByWitness, []string{"error scripted/field-added"}},
		{"a removal that breaks no document", switches(nil), comparison(holds, holds, removed(plain, compat.Effect{}, compat.Effect{})), compat.Breaking, compat.ByPolicy, []string{"error blueprint/field-removed"}},
		{"a removal of a field whose name is reserved", switches(nil), comparison(holds, holds, removed(compat.Field{Name: "coupon", Reserved: true}, compat.Effect{}, compat.Effect{})), compat.Compatible, compat.ByContainment, nil},
		{"removals are allowed", switches(func(s *compat.Switches) { s.AllowFieldRemoval = true }), comparison(holds, holds, removed(plain, compat.Effect{}, compat.Effect{})), compat.Compatible, compat.ByContainment, nil},
		{"a type that grew", switches(nil), comparison(holds, breaks, typeChanged), compat.Breaking, compat.ByPolicy, []string{"error blueprint/type-changed"}},
		{"types may change", switches(func(s *compat.Switches) { s.AllowTypeChanges = true }), comparison(holds, holds, typeChanged), compat.Compatible, compat.ByContainment, nil},
		{"a default that is gone", switches(nil), comparison(holds, holds, defaultRemoved), compat.Breaking, compat.ByPolicy, []string{"error blueprint/default-removed"}},
		{"a field that became optional", switches(nil), comparison(holds, breaks, optional), compat.Compatible, compat.ByContainment, nil},

		{"a rule lowered by the team", compat.Profile{Name: "containment", Severities: map[string]report.Severity{"scripted/made-required": report.Warning}}, comparison(breaks, holds, required("id")), compat.Compatible, compat.ByPolicy, []string{"warning scripted/made-required"}},
		{"a rule switched off by the team", compat.Profile{Name: "containment", Severities: map[string]report.Severity{"scripted/made-required": compat.Off}}, comparison(breaks, holds, required("id")), compat.Compatible, compat.ByPolicy, nil},
		{"a warning raised by the team", compat.Profile{Name: "blueprint", Switches: compat.DefaultSwitches, Severities: map[string]report.Severity{compat.RuleOpenAddition: report.Error}}, comparison(breaks, holds, added(open, effect, compat.Effect{})), compat.Breaking, compat.ByWitness, []string{"error blueprint/open-addition"}},
		{"several changes that break only together", compat.Profile{Name: "containment"}, comparison(breaks, holds, compat.Change{Rule: "scripted/range-changed", Kind: compat.Other}), compat.Breaking, compat.ByWitness, []string{"error registry/unexplained-break"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := &scripted{comparisons: map[string]compat.Comparison{"v1>v2": row.given}}
			chain := versions("v1", "v2")
			level := compat.Backward
			if row.given.Backward.Verdict == compat.Undecided && row.given.Forward.Verdict == compat.Breaking {
				level = compat.Full
			}
			r := checked(t, e, compat.Options{Level: level, Profile: row.profile}, chain[:1], chain[1])
			if r.Verdict != row.verdict || r.Proof != row.proof {
				t.Errorf("the verdict is %s by %s, want %s by %s", r.Verdict, r.Proof, row.verdict, row.proof)
			}
			if diff := cmp.Diff(row.breaks, brokenRules(r)); diff != "" {
				t.Errorf("other rules broke (-want +got):\n%s", diff)
			}
			if truth := row.given.Truth(compat.BackwardDirection); level == compat.Backward && r.Truth.Verdict != truth.Verdict {
				t.Errorf("the truth is %s, want %s whatever the profile says", r.Truth.Verdict, truth.Verdict)
			}
		})
	}
}

func TestParseProfile(t *testing.T) {
	for _, name := range compat.Profiles {
		p, err := compat.ParseProfile(name)
		if err != nil || p.Name != name || p.Switches != compat.DefaultSwitches {
			t.Errorf("%s is read as %+v: %v", name, p, err)
		}
	}
	if _, err := compat.ParseProfile("strict"); err == nil || !strings.Contains(err.Error(), "containment") {
		t.Errorf("the error does not list the profiles: %v", err)
	}
}

func TestRegistryProfileSaysWhereTheRegistryIsWrong(t *testing.T) {
	refusal := []compat.Refusal{{Rule: "confluent/required-attribute-added", Pointer: "/new", OldPointer: "/old"}}
	for _, row := range []struct {
		name     string
		level    compat.Level
		given    compat.Comparison
		backward []compat.Refusal
		forward  []compat.Refusal
		verdict  compat.Verdict
		breaks   []string
	}{
		{"both accept", compat.Backward, comparison(holds, holds), nil, nil, compat.Compatible, nil},
		{"both refuse", compat.Backward, comparison(breaks, holds, required("id")), refusal, nil, compat.Breaking, []string{"error confluent/required-attribute-added"}},
		{"the registry misses a break", compat.Backward, comparison(breaks, holds, required("id")), nil, nil, compat.Compatible, []string{"warning confluent/missed-break"}},
		{"the registry raises a false alarm", compat.Backward, comparison(holds, holds), refusal, nil, compat.Breaking, []string{"error confluent/required-attribute-added", "note confluent/false-alarm"}},
		{"in doubt the registry decides", compat.Backward, comparison(unknown, holds), nil, nil, compat.Compatible, nil},
		{"forward asks the other way round", compat.Forward, comparison(holds, breaks, required("id")), nil, refusal, compat.Breaking, []string{"error confluent/required-attribute-added"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := &scripted{
				comparisons: map[string]compat.Comparison{"v1>v2": row.given},
				refusals:    map[string][]compat.Refusal{"v1>v2": row.backward, "v2>v1": slices.Clone(row.forward)},
			}
			chain := versions("v1", "v2")
			r := checked(t, e, compat.Options{Level: row.level, Profile: compat.Profile{Name: "confluent"}}, chain[:1], chain[1])
			if r.Verdict != row.verdict || r.Proof != compat.ByPolicy {
				t.Errorf("the verdict is %s by %s, want %s by policy", r.Verdict, r.Proof, row.verdict)
			}
			if diff := cmp.Diff(row.breaks, brokenRules(r)); diff != "" {
				t.Errorf("other rules broke (-want +got):\n%s", diff)
			}
			if row.forward != nil && (r.Breaks[0].Change.NewPointer != "/old" || r.Breaks[0].Change.OldPointer != "/new") {
				t.Errorf("the places were not turned round: %+v", r.Breaks[0].Change)
			}
		})
	}
}

func TestBumpBetween(t *testing.T) {
	for _, row := range []struct {
		from, to string
		want     compat.Bump
		ok       bool
	}{
		{"1.2.0", "2.0.0", compat.Major, true},
		{"1.2.0", "1.3.0", compat.Minor, true},
		{"1.2.0", "1.2.1", compat.Patch, true},
		{"1.2.0", "1.2.0", compat.NoBump, true},
		{"v1.2.0", "v2.0.0", compat.Major, true},
		{"1.9.0", "1.10.0", compat.Minor, true},
		{"1.2", "1.3", compat.Minor, true},
		{"1.3.0", "1.2.9", "", false},
		{"1-0-0", "2-0-0", compat.Major, true},
		{"1-0-0", "1-1-0", compat.Major, true}, // SchemaVer: a revision may break
		{"1-0-0", "1-0-1", compat.Minor, true}, // and an addition may not
		{"1-0-0", "1.0.1", "", false},
		{"3", "4", compat.Major, true},
		{"4", "3", "", false},
		{"4", "4", compat.NoBump, true},
		{"", "1.0.0", "", false},
		{"draft", "1.0.0", "", false},
		{"1.0.0-rc.1", "1.0.0", "", false},
	} {
		if got, ok := compat.BumpBetween(row.from, row.to); got != row.want || ok != row.ok {
			t.Errorf("from %q to %q: %q, %v; want %q, %v", row.from, row.to, got, ok, row.want, row.ok)
		}
	}
}

func TestParseBump(t *testing.T) {
	for text, want := range map[string]compat.Bump{
		"none": compat.NoBump, "Patch": compat.Patch, "minor": compat.Minor, "MAJOR": compat.Major,
		"addition": compat.Minor, "revision": compat.Major, "model": compat.Major,
	} {
		if got, ok := compat.ParseBump(text); got != want || !ok {
			t.Errorf("%q is read as %q", text, got)
		}
	}
	if _, ok := compat.ParseBump("breaking"); ok {
		t.Error(`"breaking" is no bump`)
	}
	order := []compat.Bump{compat.NoBump, compat.Patch, compat.Minor, compat.Major}
	for i, a := range order {
		for j, b := range order {
			if a.Less(b) != (i < j) {
				t.Errorf("%s less than %s: %v", a, b, a.Less(b))
			}
		}
	}
}

func TestDeservedBumpAndDeployOrder(t *testing.T) {
	grown := added(compat.Field{Name: "a", Default: true, Open: true}, effect, compat.Effect{})
	for _, row := range []struct {
		name   string
		old    string
		given  compat.Comparison
		bump   compat.Bump
		deploy compat.Deploy
	}{
		{"the same text", "v2", comparison(holds, holds), compat.NoBump, compat.AnyOrder},
		{"other words", "v1", comparison(holds, holds), compat.Patch, compat.AnyOrder},
		{"a field that an encoding lets pass", "v1", comparison(holds, holds, added(compat.Field{Name: "a", Default: true}, compat.Effect{}, compat.Effect{})), compat.Minor, compat.AnyOrder},
		{"wider", "v1", comparison(holds, breaks, added(compat.Field{Name: "a", Default: true}, compat.Effect{}, effect)), compat.Minor, compat.ConsumersFirst},
		{"narrower", "v1", comparison(breaks, holds, required("id")), compat.Major, compat.ProducersFirst},
		{"both", "v1", comparison(breaks, breaks, required("id")), compat.Major, compat.NeitherOrder},
		{"in doubt", "v1", comparison(unknown, holds), compat.Major, compat.ProducersFirst},
		{"an addition to an open object", "v1", comparison(breaks, breaks, grown), compat.Minor, compat.ConsumersFirst},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := &scripted{comparisons: map[string]compat.Comparison{row.old + ">v2": row.given}}
			chain := versions(row.old, "v2")
			r := checked(t, e, compat.Options{Level: compat.Backward, Profile: compat.Profile{Name: "blueprint", Switches: compat.DefaultSwitches}}, chain[:1], chain[1])
			if r.Bump != row.bump || r.Deploy != row.deploy {
				t.Errorf("it deserves %s and deploys %s, want %s and %s", r.Bump, r.Deploy, row.bump, row.deploy)
			}
		})
	}
}

func TestDeclaredBumpThatIsTooSmall(t *testing.T) {
	for _, row := range []struct {
		name     string
		from, to string // versions
		declared compat.Bump
		want     bool
	}{
		{"a minor version with a break", "1.2.0", "1.3.0", "", true},
		{"a major version with a break", "1.2.0", "2.0.0", "", false},
		{"an integer promises nothing", "1", "2", "", false},
		{"no version at all", "", "", "", false},
		{"the flag wins", "1.2.0", "2.0.0", compat.Minor, true},
		{"a version that did not rise promises nothing", "1.2.0", "1.2.0", "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := &scripted{comparisons: map[string]compat.Comparison{"a>b": comparison(breaks, holds, required("id"))}}
			old := version{schema.Schema{Subject: "OrderPlaced", Version: row.from, Text: []byte("a")}}
			next := version{schema.Schema{Subject: "OrderPlaced", Version: row.to, Text: []byte("b")}}
			o := compat.Options{Level: compat.Backward, Profile: compat.Profile{Name: "containment"}, DeclaredBump: row.declared}
			findings := checked(t, e, o, []compat.Parsed{old}, next).Findings()
			found := slices.ContainsFunc(findings, func(f report.Finding) bool { return f.Rule == compat.RuleBumpTooSmall })
			if found != row.want {
				t.Errorf("a finding about the bump: %v, want %v", found, row.want)
			}
		})
	}
}

func TestSuggestKeepsOnlyFixesThatHold(t *testing.T) {
	fix := func(title, text string) compat.Fix { return compat.Fix{Title: title, Text: []byte(text)} }
	id := comparison(breaks, holds, required("id"))
	e := &scripted{
		comparisons: map[string]compat.Comparison{
			"v1>v2":         comparison(breaks, holds, required("id"), required("time")),
			"v1>still":      id,
			"v1>elsewhere":  comparison(breaks, holds, required("other")),
			"v1>undecided":  comparison(unknown, holds),
			"v1>one-of-two": comparison(breaks, holds, required("time")),
		},
		fixes: []compat.Fix{
			fix("leaves the break", "still"), fix("breaks something else", "elsewhere"), fix("leaves a doubt", "undecided"),
			fix("is malformed", "malformed"), fix("mends one of the two", "one-of-two"), fix("mends both", "mended"),
		},
	}
	chain := versions("v1", "v2")
	o := compat.Options{Level: compat.Backward, Profile: compat.Profile{Name: "containment"}}
	r := checked(t, e, o, chain[:1], chain[1])
	r.Suggest(context.Background(), e, o)
	var got []string
	for _, f := range r.Breaks[0].Fixes {
		if !f.Verified {
			t.Errorf("%q is not marked as verified", f.Title)
		}
		got = append(got, f.Title)
	}
	if diff := cmp.Diff([]string{"mends one of the two", "mends both"}, got); diff != "" {
		t.Errorf("other fixes were kept for the first break (-want +got):\n%s", diff)
	}
}

// A fingerprint is what a waiver is written for: it must not change when a file
// moves, lines shift, the words of a message or the witness change, and must
// change with what it stands for.
func TestFingerprints(t *testing.T) {
	fingerprint := func(file, revision string, change compat.Change) string {
		t.Helper()
		e := &scripted{comparisons: map[string]compat.Comparison{"a>b": comparison(breaks, holds, change)}}
		old := version{schema.Schema{Subject: "OrderPlaced", File: file, Text: []byte("a")}}
		next := version{schema.Schema{Subject: "OrderPlaced", File: file, Revision: revision, Text: []byte("b")}}
		r := checked(t, e, compat.Options{Level: compat.Backward, Profile: compat.Profile{Name: "containment"}}, []compat.Parsed{old}, next)
		return r.Findings()[0].Fingerprint
	}
	first := fingerprint("a.json", "", required("id"))
	if len(first) != 32 {
		t.Errorf("%q is not 32 digits long", first)
	}
	reworded := required("id")
	reworded.Message, reworded.NewPointer, reworded.Backward.Witness = "another message", "/required/3", &report.Witness{Text: "[]"}
	if first != fingerprint("moved/b.json", "4f2a", reworded) {
		t.Error("the fingerprint depends on file, revision, place, message or witness")
	}
	otherRule, otherPlace := required("id"), required("id")
	otherRule.Rule, otherPlace.Pointer = "scripted/other", "/properties/a/required"
	for what, change := range map[string]compat.Change{"rule": otherRule, "pointer": otherPlace, "value": required("time")} {
		if first == fingerprint("a.json", "", change) {
			t.Errorf("the fingerprint does not depend on the %s", what)
		}
	}
}

func TestCheckEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	chain := versions("v1", "v2")
	_, err := compat.Check(ctx, &scripted{}, compat.Options{Level: compat.Full, Profile: compat.Profile{Name: "containment"}}, chain[:1], chain[1])
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want that of the context", err)
	}
}

func TestCheckWithoutAnEarlierVersion(t *testing.T) {
	_, err := compat.Check(context.Background(), &scripted{}, compat.Options{Level: compat.Full}, nil, versions("v1")[0])
	if err == nil || !strings.Contains(err.Error(), "OrderPlaced") {
		t.Errorf("the error does not name the subject: %v", err)
	}
}
