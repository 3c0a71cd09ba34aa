package policy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// TestPacks runs every case of the packs that nexus brings along, with and without
// the rule index.
func TestPacks(t *testing.T) {
	result, err := Test(context.Background(), TestOptions{FS: fstest.MapFS{}, Paranoid: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range result.Findings {
		t.Errorf("%v: %s: %s", f.Location, f.Subject, f.Message)
	}
	if len(result.Checks) != result.Cases+result.Tests {
		t.Errorf("%d checks of %d cases and %d tests", len(result.Checks), result.Cases, result.Tests)
	}
	if result.Coverage.Percent < 95 {
		t.Errorf("the cases reach %.1f%% of the lines:\n%v", result.Coverage.Percent, result.Coverage.Table().Rows)
	}
}

// TestEveryRuleHasCases: each rule passes in one case and fails in another.
func TestEveryRuleHasCases(t *testing.T) {
	forms, err := readForms()
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]map[gate.Outcome]bool{}
	for _, folder := range embeddedPacks() {
		for _, f := range folder.files {
			if !f.is(casesSuffix) {
				continue
			}
			cases, err := library.readCases(f, forms)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range cases {
				if answers[c.rule.ID] == nil {
					answers[c.rule.ID] = map[gate.Outcome]bool{}
				}
				answers[c.rule.ID][c.expect] = true
			}
		}
	}
	for _, r := range library.Rules() {
		if !answers[r.ID][gate.Pass] || !answers[r.ID][gate.Fail] {
			t.Errorf("%s lacks a case that passes or one that fails", r.ID)
		}
	}
}

// TestPacksAreDescribed: what an auditor reads about a rule is there.
func TestPacksAreDescribed(t *testing.T) {
	for _, p := range library.Packs() {
		if p.Name == "" || p.Version == "" || p.Title == "" || p.Description == "" || !strings.HasPrefix(p.Digest, "sha256:") {
			t.Errorf("the pack %+v is not described", p)
		}
	}
	for _, r := range library.Rules() {
		if r.Title == "" || r.Why == "" || r.Fix == "" || r.Code == "" || len(r.Controls) == 0 && r.Pack != "blueprint" {
			t.Errorf("the rule %s is not described", r.ID)
		}
	}
}

// TestPackNames: a pack is called like its folder, and listed in order.
func TestPackNames(t *testing.T) {
	var described []string
	for _, p := range library.Packs() {
		described = append(described, p.Name)
	}
	if diff := cmp.Diff(described, PackNames()); diff != "" {
		t.Errorf("names (-pack.yaml +folder):\n%s", diff)
	}
}

// TestStrictNeedsTests: without tests, opening the library has compiled all there is.
func TestStrictNeedsTests(t *testing.T) {
	rule := file{name: "own.rego", text: []byte("package nexus.nowhere\n")}
	if err := strict([]file{rule}); err != nil {
		t.Errorf("policies were compiled once more: %v", err)
	}
	if err := strict([]file{rule, {name: "own_test.rego", text: []byte(ownTest)}}); err == nil {
		t.Error("policies with tests were not compiled")
	}
}

const ownCases = `cases:
  - name: a loss costs something
    event: {business_impact: a sale}
    expect: pass
  - name: nobody would notice
    event: {id: OrderPlaced, business_impact: none}
    expect: fail
    message: notice
  - name: a field of any type
    event: {business_impact: a sale, fields: [{path: a.b, type: any}]}
    expect: fail
    message: a.b has no type
  - name: a command
    event: {kind: command}
    expect: not_applicable
  - name: nobody has said
    expect: undeclared
    message: x-business-impact
`

const ownTest = `package nexus.rules.own.impact_stated_test

import data.nexus.rules.own.impact_stated

test_commands_are_out_of_scope if {
	not impact_stated.applies with input as {"event": {"kind": "command"}}
}
`

// ownPolicies are the files of a folder of policies.
func ownPolicies(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{"policies/impact_stated.rego": {Data: []byte(ownRule)}}
	for name, text := range files {
		fsys["policies/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func TestTest(t *testing.T) {
	tests := map[string]struct {
		files    map[string]string
		coverage float64
		cases    int
		tests    int
		want     []string
	}{
		"all as expected": {
			files:    map[string]string{"impact_stated.cases.yaml": ownCases, "impact_stated_test.rego": ownTest},
			coverage: 100, cases: 5, tests: 1,
		},
		"another answer": {
			files: map[string]string{"impact_stated.cases.yaml": strings.Replace(ownCases, "expect: pass", "expect: fail", 1)}, cases: 5,
			want: []string{"policies/impact_stated.cases.yaml:2:5 policy/failed-case own/impact-stated: a loss costs something: expected fail, the rule answers pass"},
		},
		"another reason": {
			files: map[string]string{"impact_stated.cases.yaml": strings.Replace(ownCases, "message: notice", "message: money", 1)}, cases: 5,
			want: []string{`policies/impact_stated.cases.yaml:5:5 policy/failed-case own/impact-stated: nobody would notice: expected a reason with "money", the rule answers fail (nobody would notice)`},
		},
		"a test in Rego fails": {
			files: map[string]string{"impact_stated_test.rego": strings.Replace(ownTest, "not impact", "impact", 1)}, tests: 1,
			want: []string{"policies/impact_stated_test.rego:5:1 policy/failed-case nexus.rules.own.impact_stated_test.test_commands_are_out_of_scope: the test fails"},
		},
		"a skipped test shows nothing": {
			files: map[string]string{"impact_stated_test.rego": strings.Replace(ownTest, "test_commands", "todo_test_commands", 1)}, tests: 1,
			want: []string{"policies/impact_stated_test.rego:5:1 policy/failed-case nexus.rules.own.impact_stated_test.todo_test_commands_are_out_of_scope: the test is skipped"},
		},
		"too little is tested": {
			files:    map[string]string{"impact_stated.cases.yaml": ownCases[:strings.Index(ownCases, "  - name: nobody would")]},
			coverage: 80, cases: 1,
			want: []string{"policies/impact_stated.rego:13:1 policy/coverage : tests reach 33% of the policies' lines, and 80% is demanded"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := TestOptions{FS: ownPolicies(test.files), Folders: []string{"policies"}, Coverage: test.coverage, Paranoid: true}
			result, err := Test(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range result.Findings {
				got = append(got, fmt.Sprintf("%v %s %s: %s", f.Location, f.Rule, f.Subject, f.Message))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if result.Cases != test.cases || result.Tests != test.tests {
				t.Errorf("%d cases and %d tests ran, want %d and %d", result.Cases, result.Tests, test.cases, test.tests)
			}
			failed := slices.ContainsFunc(result.Checks, func(c report.Check) bool { return c.Result != report.Pass })
			if failed != slices.ContainsFunc(result.Findings, func(f report.Finding) bool { return f.Rule == RuleFailedCase }) {
				t.Errorf("the checks do not say what the findings say: %v", result.Checks)
			}
		})
	}
}

func TestCoverageTable(t *testing.T) {
	one := ownCases[:strings.Index(ownCases, "  - name: nobody would")]
	o := TestOptions{FS: ownPolicies(map[string]string{"impact_stated.cases.yaml": one}), Folders: []string{"policies"}}
	result, err := Test(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"policies/impact_stated.rego", "33%", "13, 15, 17, 19"}, {"all", "33%", ""}}
	if diff := cmp.Diff(want, result.Coverage.Table().Rows); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestTestsAreReadStrictly: a case that tests something else than it seems to is
// an error with its line.
func TestTestsAreReadStrictly(t *testing.T) {
	one := func(body string) map[string]string {
		return map[string]string{"impact_stated.cases.yaml": "cases:\n  - name: x\n    expect: pass\n" + body}
	}
	tests := map[string]struct {
		files map[string]string
		usage bool
		want  string
	}{
		"nothing to run":     {want: "there is nothing to run"},
		"no cases":           {files: map[string]string{"impact_stated.cases.yaml": "cases: []\n"}, want: "there is nothing to run"},
		"misspelt attribute": {files: one("    event: {businessimpact: x}\n"), usage: true, want: "impact_stated.cases.yaml:4:13: there is no businessimpact; did you mean business_impact?"},
		"misspelt key":       {files: one("    evnt: {}\n"), usage: true, want: "impact_stated.cases.yaml:4:5: a case has no key evnt; did you mean event?"},
		"a wrong type":       {files: one("    event: {audit: \"yes\"}\n"), usage: true, want: `impact_stated.cases.yaml:4:13: expected boolean, found "yes"`},
		"a fact":             {files: one("    event: {facts: {personal: true}}\n"), usage: true, want: "it follows from the rest of the event; leave it out"},
		"what a field looks": {files: one("    event: {fields: [{path: a, looks: personal}]}\n"), usage: true, want: "it follows from the rest of the event; leave it out"},
		"a wrong word":       {files: one("    event: {kind: wish}\n"), usage: true, want: `"wish" is none of event, command, query`},
		"no such answer":     {files: map[string]string{"impact_stated.cases.yaml": "cases:\n  - name: x\n    expect: passes\n"}, usage: true, want: `impact_stated.cases.yaml:3:5: no rule answers "passes"`},
		"no name":            {files: map[string]string{"impact_stated.cases.yaml": "cases:\n  - expect: pass\n"}, usage: true, want: "a case needs a text as its name"},
		"a name twice":       {files: one("  - name: x\n    expect: fail\n"), usage: true, want: `a second case is named "x"`},
		"no rule beside":     {files: map[string]string{"impact.cases.yaml": ownCases}, usage: true, want: "there is no rule in policies/impact.rego"},
		"another form":       {files: map[string]string{"impact_stated.cases.yaml": "- name: x\n"}, usage: true, want: "expected the one key cases"},
		"a misspelt test":    {files: map[string]string{"impact_stated_test.rego": strings.Replace(ownTest, "impact_stated.applies", "impact_stated.aplies", 1)}, usage: true, want: "aplies"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Test(context.Background(), TestOptions{FS: ownPolicies(test.files), Folders: []string{"policies"}})
			failure, ok := errors.AsType[*Error](err)
			if !ok || failure.Usage != test.usage || !strings.Contains(failure.Message, test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestFoldersArePacks(t *testing.T) {
	tests := map[string]struct {
		files map[string]string
		want  string // of the error, none without it
	}{
		"described":        {files: map[string]string{"pack.yaml": "name: house\nversion: 2.1.0\n"}},
		"a taken name":     {files: map[string]string{"pack.yaml": "name: gdpr\n"}, want: "there is a pack named gdpr already"},
		"an unknown key":   {files: map[string]string{"pack.yaml": "name: house\nversoin: 2\n"}, want: `policies/pack.yaml:2:1: unknown key "versoin"`},
		"a version number": {files: map[string]string{"pack.yaml": "version: 2.10\n"}, want: "policies/pack.yaml:1:1: write version in quotes"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l, err := Open(ownPolicies(test.files), "policies")
			if test.want != "" {
				if failure, ok := errors.AsType[*Error](err); !ok || !failure.Usage || !strings.Contains(failure.Message, test.want) {
					t.Fatalf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(l.Packs(), func(p Pack) bool { return p.Name == "house" && p.Version == "2.1.0" })
			if r, ok := l.Rule("OWN-1"); i < 0 || !ok || r.Pack != "house" {
				t.Errorf("packs %v, rule %v", l.Packs(), r)
			}
		})
	}
	for name, fsys := range map[string]fstest.MapFS{"no folder": {}, "no policy in it": {"policies/README.md": {}}} {
		if _, err := Open(fsys, "policies"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestDigestIsOfTheRules: whatever a rule says is in its pack's digest.
func TestDigestIsOfTheRules(t *testing.T) {
	digestOf := func(text string) string {
		l, err := openOwn(t, text)
		if err != nil {
			t.Fatal(err)
		}
		return l.pack("policies").Digest
	}
	first, again, other := digestOf(ownRule), digestOf(ownRule), digestOf(ownRule+"\n# more")
	if first != again || first == other {
		t.Error("the digest is not that of the text")
	}
}

func FuzzCases(f *testing.F) {
	f.Add(ownCases)
	f.Add("cases:\n  - {name: x, expect: pass, observed: {values: {pan: {count: 1}}}, change: {verdict: new}, catalog: {events: {A: {}}}}\n")
	forms, err := readForms()
	if err != nil {
		f.Fatal(err)
	}
	l, err := openOwn(f, ownRule)
	if err != nil {
		f.Fatal(err)
	}
	schema, data := compiledSchema(f, InputSchema), compiledSchema(f, DataSchema)
	f.Fuzz(func(t *testing.T, text string) {
		cases, err := l.readCases(file{"policies/impact_stated.cases.yaml", []byte(text)}, forms)
		if err != nil {
			return
		}
		for _, c := range cases {
			for _, part := range []error{schema.Validate(asJSON(t, c.input)), data.Validate(asJSON(t, c.catalog))} {
				if part != nil && !strings.Contains(part.Error(), "pattern") && !strings.Contains(part.Error(), "minimum") &&
					!strings.Contains(part.Error(), "integer") {
					t.Errorf("a case was filled to something else than an input: %v", part)
				}
			}
		}
	})
}
