package policy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
)

// ownRule is a policy of a user's own.
const ownRule = `# METADATA
# title: Every event says what a loss costs
# custom:
#   id: own/impact-stated
#   code: OWN-1
#   severity: error
#   controls: ["House rule 7"]
#   fix: Ask the product owner.
package nexus.rules.own.impact_stated

applies if input.event.kind == "event"

undeclared contains "x-business-impact" if input.event.business_impact == null

deny contains {"message": "nobody would notice", "at": "business_impact"} if input.event.business_impact == "none"

deny contains {"message": sprintf("%s has no type", [field.path]), "field": field.path, "hint": "Give it one."} if {
	some field in input.event.fields
	field.type == "any"
}
`

func openOwn(t testing.TB, text string) (*Library, error) {
	t.Helper()
	return Open(fstest.MapFS{"policies/impact_stated.rego": {Data: []byte(text)}}, "policies")
}

const shopCatalog = `
owners:
  orders-team: {kind: team}
services:
  orders: {version: 1.0.0, owners: [orders-team], sends: [{id: OrderPlaced}]}
  billing: {version: 1.0.0, receives: [{id: OrderPlaced}]}
events:
  OrderPlaced:
    version: 1.0.0
    owners: [orders-team]
    business-impact: none
  OrderShipped:
    version: 1.0.0
  PlaceOrder:
    version: 1.0.0
    kind: command
  OrderPaid:
    version: 1.0.0
    business-impact: we lose a sale
`

func TestCheck(t *testing.T) {
	l, err := openOwn(t, ownRule)
	if err != nil {
		t.Fatal(err)
	}
	c := plain(t, shopCatalog)
	c.Event("OrderPlaced", "").Fields = []catalog.Field{
		{Path: "items[].a/b", Type: "any", Place: catalog.Place{File: "placed.json", Line: 9, Column: 4, Pointer: "/properties/items"}},
	}
	r, err := Check(context.Background(), Options{Library: l, Catalog: c, AsOf: asOf})
	if err != nil {
		t.Fatal(err)
	}
	findings := r.Findings()
	var got []string
	for _, f := range findings {
		got = append(got, fmt.Sprintf("%v %s %s: %s: %s (%s) place %s owners %v affects %v proof %s",
			f.Location, f.Severity, f.Rule, f.Subject, f.Message, f.Hint, f.Place, f.Owners, f.Affects, *f.Proof))
	}
	want := []string{
		"catalog.yaml:11:22 error own/impact-stated: OrderPlaced: nobody would notice (Ask the product owner.) place /business_impact owners [orders-team] affects [billing] proof policy",
		"placed.json:9:4 error own/impact-stated: OrderPlaced: items[].a/b has no type (Give it one.) place /fields/items[].a~1b owners [orders-team] affects [billing] proof policy",
		"catalog.yaml:12:3 warning catalog/undeclared: OrderShipped: x-business-impact is not declared: own/impact-stated cannot judge OrderShipped (add x-business-impact to the event; a declared negative is an answer, too) place /x-business-impact owners [] affects [] proof policy",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	checks := map[string]report.ResultKind{}
	for _, c := range r.Checks(findings) {
		checks[c.Subject] = c.Result
	}
	wantChecks := map[string]report.ResultKind{
		"OrderPlaced": report.Fail, "OrderShipped": report.Undeclared, "PlaceOrder": report.NotApplicable, "OrderPaid": report.Pass,
	}
	if diff := cmp.Diff(wantChecks, checks); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
	findings[0].Waiver = &report.Waiver{Owner: "orders-team"}
	if got := r.Checks(findings)[1].Result; got != report.Fail {
		t.Errorf("a check of whose findings one is waived is %s", got)
	}
	findings[1].Waiver = findings[0].Waiver
	if got := r.Checks(findings)[1].Result; got != report.Waived {
		t.Errorf("a check whose every finding is waived is %s", got)
	}
}

// TestUndeclaredIsAskedForOnce counts the rules that ask for a key, and their families.
func TestUndeclaredIsAskedForOnce(t *testing.T) {
	r, err := Check(context.Background(), Options{
		Library: library, Selection: allPacks(), AsOf: asOf,
		Catalog: plain(t, "events: {OrderPlaced: {version: 1.0.0}}"),
	})
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]int{}
	for _, f := range r.Findings() {
		if f.Rule == RuleUndeclared {
			asked[f.Message[:strings.Index(f.Message, " ")]]++
		}
		if f.Rule == RuleUndeclared && strings.HasPrefix(f.Message, "x-data-category") && !strings.Contains(f.Message, "rules of gdpr, hipaa") {
			t.Errorf("the message names no families: %s", f.Message)
		}
	}
	for key, n := range asked {
		if n != 1 {
			t.Errorf("%s is asked for %d times", key, n)
		}
	}
	if asked["x-data-category"] == 0 || asked["log"] != 0 {
		t.Errorf("asked for %v", asked)
	}
}

// TestLogIsProof: what a log shows is told from what the catalog says.
func TestLogIsProof(t *testing.T) {
	c := plain(t, shopCatalog)
	seen := &observed{count: 9}
	seen.pan.see(true, 4711)
	seen.pan.fields.add("note")
	r, err := Check(context.Background(), Options{
		Library: library, Selection: Selection{Packs: []string{"pci-dss"}}, Catalog: c, AsOf: asOf,
		Observations: &Observations{types: map[string]*observed{"OrderPlaced": seen}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var proofs []string
	for _, f := range r.Findings() {
		if f.Severity == report.Error {
			proofs = append(proofs, f.Subject+" "+*f.Proof+" "+f.Rule+" "+f.Place)
		}
	}
	if want := []string{"OrderPlaced log pci-dss/pan-observed "}; !cmp.Equal(want, proofs) {
		t.Errorf("got %q", proofs)
	}
}

// TestExampleIsClean: the example that nexus ships keeps all of its own rules.
func TestExampleIsClean(t *testing.T) {
	r, err := Check(context.Background(), Options{Library: library, Selection: allPacks(), Catalog: orders(t), AsOf: asOf})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings() {
		t.Errorf("%v: %s %s: %s", f.Location, f.Subject, f.Rule, f.Message)
	}
}

// TestFailsClosed lists what must never end without findings and without an error.
func TestFailsClosed(t *testing.T) {
	some := plain(t, shopCatalog)
	tests := map[string]struct {
		policy    string // of the user's own, none without it
		selection Selection
		catalog   *catalog.Catalog
		usage     bool
		code      string
		message   string
	}{
		"no event":                 {selection: Selection{Packs: []string{"gdpr"}}, catalog: &catalog.Catalog{}, code: CodeNoEvent, message: "no event is loaded"},
		"unknown pack":             {selection: Selection{Packs: []string{"gdrp"}}, usage: true, code: CodeUnknownPack, message: `there is no pack "gdrp"`},
		"unknown rule":             {selection: Selection{Rules: []string{"gdpr/finite-retentoin"}}, usage: true, code: CodeUnknownRule, message: "there is no policy rule"},
		"severity of unknown rule": {selection: Selection{Packs: []string{"gdpr"}, Severities: map[string]report.Severity{"gdpr/x": report.Note}}, usage: true, code: CodeUnknownRule, message: "gdpr/x"},
		"no pack":                  {usage: true, code: CodeNoRule, message: "no rule is chosen"},
		"every rule off":           {policy: ownRule, selection: Selection{Severities: map[string]report.Severity{"OWN-1": compat.Off}}, usage: true, code: CodeNoRule, message: "no rule is chosen"},
		"misspelt path":            {policy: strings.Replace(ownRule, "input.event.kind", "input.event.kid", 1), usage: true, code: CodeBadPolicy, message: "policies/impact_stated.rego:11"},
		"misspelt deny":            {policy: strings.ReplaceAll(ownRule, "deny contains", "dney contains"), usage: true, code: CodeBadPolicy, message: "deny"},
		"old syntax":               {policy: "package nexus.rules.own.x\ndeny[msg] { msg := \"x\" }", usage: true, code: CodeBadPolicy, message: "v1"},
		"another package":          {policy: "package main\ndeny contains {\"message\": \"x\"} if true", usage: true, code: CodeBadPolicy, message: "package"},
		"deny of texts":            {policy: ownRule + "\ndeny contains \"x\" if input.event.kind == \"event\"", code: CodeFailed, message: "no object"},
		"built-in that errs":       {policy: ownRule + "\ndeny contains {\"message\": \"x\"} if to_number(input.event.id) > 1", code: CodeFailed, message: "judging OrderPa"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l := library
			var err error
			if test.policy != "" {
				l, err = openOwn(t, test.policy)
			}
			if err == nil {
				if test.catalog == nil {
					test.catalog = some
				}
				_, err = Check(context.Background(), Options{Library: l, Selection: test.selection, Catalog: test.catalog, AsOf: asOf})
			}
			failure, ok := errors.AsType[*Error](err)
			if !ok {
				t.Fatalf("got %v, want an *Error", err)
			}
			if at := failure.Problem().Location; test.code == CodeFailed && (at == nil || at.File != "policies/impact_stated.rego") {
				t.Errorf("the problem is placed at %v", at)
			}
			if failure.Usage != test.usage || failure.Code != test.code || !strings.Contains(failure.Message, test.message) {
				t.Errorf("got usage %v, code %s, message %s", failure.Usage, failure.Code, failure.Message)
			}
		})
	}
}

// endless needs about forever: every pair of pairs of a thousand numbers.
const endless = `# METADATA
# title: Endless
# custom: {id: own/endless, severity: error}
package nexus.rules.own.endless

deny contains {"message": "done"} if {
	some a in numbers.range(1, 1000)
	some b in numbers.range(1, 1000)
	some c in numbers.range(1, 1000)
	a * b * c == -1
}
`

func TestEndlessPolicyIsStopped(t *testing.T) {
	l, err := Open(fstest.MapFS{"policies/endless.rego": {Data: []byte(endless)}}, "policies")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Library: l, Catalog: plain(t, shopCatalog), AsOf: asOf, Timeout: 50 * time.Millisecond}
	_, err = Check(context.Background(), o)
	failure, ok := errors.AsType[*Error](err)
	if !ok || failure.Usage || failure.Code != CodeFailed || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err = Check(stopped, o); !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupted run ends with %v", err)
	}
}

// TestSameBytesEveryTime judges twenty times on one, two and eight processors.
func TestSameBytesEveryTime(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first string
	runs := 20
	if testing.Short() {
		runs = 3
	}
	for i := range runs {
		runtime.GOMAXPROCS([]int{1, 2, 8}[i%3])
		r, err := Check(context.Background(), Options{Library: library, Selection: allPacks(), Catalog: generated(25), AsOf: asOf})
		if err != nil {
			t.Fatal(err)
		}
		findings := r.Findings()
		text, err := json.Marshal([]any{findings, r.Checks(findings), r.Scores(findings), r.Documents(), Compare(nil, r)})
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = string(text)
		}
		if string(text) != first {
			t.Fatalf("run %d differs", i)
		}
	}
}

// TestFirstErrorIsReported fails at several events at once.
func TestFirstErrorIsReported(t *testing.T) {
	for range 50 {
		err := inParallel(200, func(i int) error {
			if i%7 == 6 {
				return fmt.Errorf("piece %d", i)
			}
			return nil
		})
		if err == nil || err.Error() != "piece 6" {
			t.Fatalf("got %v, want the first piece that fails", err)
		}
	}
}

func TestSelect(t *testing.T) {
	l, err := openOwn(t, ownRule)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		selection Selection
		has, not  string
		count     int
	}{
		"own rules need no name":    {count: 1, has: "own/impact-stated"},
		"a pack beside own rules":   {selection: Selection{Packs: []string{"soc2"}}, has: "own/impact-stated", not: "gdpr/lawful-basis"},
		"by code":                   {selection: Selection{Rules: []string{"GDPR-RET-01"}}, count: 1, has: "gdpr/finite-retention"},
		"one rule of a pack is off": {selection: Selection{Packs: []string{"gdpr"}, Severities: map[string]report.Severity{"GDPR-RET-01": compat.Off}}, has: "gdpr/lawful-basis", not: "gdpr/finite-retention"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			rules, err := l.Select(test.selection)
			if err != nil {
				t.Fatal(err)
			}
			ids := map[string]bool{}
			for _, r := range rules {
				ids[r.ID] = true
			}
			if !ids[test.has] || ids[test.not] || test.count > 0 && len(rules) != test.count {
				t.Errorf("got %v", ids)
			}
		})
	}
}

func TestSeverityIsTheTeams(t *testing.T) {
	s := Selection{Rules: []string{"gdpr/finite-retention"}, Severities: map[string]report.Severity{"GDPR-RET-01": report.Note}}
	rules, err := library.Select(s)
	if err != nil {
		t.Fatal(err)
	}
	if rules[0].Severity != report.Note || rules[0].Document().Severity != report.Note {
		t.Errorf("the severity is %s", rules[0].Severity)
	}
}

// benchEvents is the size of a large catalog.
const benchEvents = 10_000

func BenchmarkCheck(b *testing.B) {
	o := Options{Library: library, Selection: allPacks(), Catalog: generated(benchEvents), AsOf: asOf}
	b.ReportAllocs()
	for b.Loop() {
		r, err := Check(context.Background(), o)
		if err != nil {
			b.Fatal(err)
		}
		findings := r.Findings()
		checks := r.Checks(findings)
		b.ReportMetric(float64(len(checks)), "checks")
		b.ReportMetric(float64(len(findings)), "findings")
	}
}
