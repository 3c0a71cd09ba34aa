package gate_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// prepare compiles modules against the schemas of testdata and chooses all rules.
func prepare(t testing.TB, modules ...gate.Module) *gate.Decider {
	t.Helper()
	policies, err := gate.CompilePolicies(modules, strict())
	if err != nil {
		t.Fatal(err)
	}
	decider, err := policies.Prepare(context.Background(), catalog(), ids(policies))
	if err != nil {
		t.Fatal(err)
	}
	return decider
}

// reading is a module of family bench whose rule reads something.
func reading(name, what, body string) gate.Module {
	m := rego(name, body)
	m.Text = strings.Replace(m.Text, "#   severity", "#   reads: ["+what+"]\n#   severity", 1)
	return m
}

const anyEvent = `deny contains {"message": "never"} if input.event.id == "Never"`

// TestOutcomes has one rule a case, which looks at the event "OrderPlaced".
func TestOutcomes(t *testing.T) {
	tests := []struct {
		name   string
		module gate.Module
		want   gate.Decision
	}{
		{"nothing to deny", rego("r", anyEvent), gate.Decision{Outcome: gate.Pass}},
		{"in scope and nothing to deny", rego("r", `applies if input.event.id == "OrderPlaced"`+"\n"+anyEvent), gate.Decision{Outcome: gate.Pass}},
		{
			"denials are sorted by field, attribute and message",
			rego("r", `deny contains {"message": "b", "field": "order.note"}
deny contains {"message": "a", "field": "order.note", "hint": "declare it"}
deny contains {"message": "z", "at": "owners"}`),
			gate.Decision{Outcome: gate.Fail, Denials: []gate.Denial{
				{Message: "z", At: "owners"},
				{Message: "a", Field: "order.note", Hint: "declare it"},
				{Message: "b", Field: "order.note"},
			}},
		},
		{"out of scope", rego("r", "applies if false\ndeny contains {\"message\": \"no\"}"), gate.Decision{Outcome: gate.NotApplicable}},
		{"scope is undefined", rego("r", "applies if input.event.version == \"9\"\ndeny contains {\"message\": \"no\"}"), gate.Decision{Outcome: gate.NotApplicable}},
		{"scope is false", rego("r", "applies := false\ndeny contains {\"message\": \"no\"}"), gate.Decision{Outcome: gate.NotApplicable}},
		{
			"something is not declared",
			rego("r", `undeclared contains "x-b"
undeclared contains "x-a" if input.event.causation == null
`+anyEvent),
			gate.Decision{Outcome: gate.Undeclared, Missing: []string{"x-a", "x-b"}},
		},
		{"a denial weighs more than a gap", rego("r", "undeclared contains \"x-a\"\ndeny contains {\"message\": \"no\"}"), gate.Decision{Outcome: gate.Fail, Denials: []gate.Denial{{Message: "no"}}}},
		{"a gap out of scope is none", rego("r", "applies if false\nundeclared contains \"x-a\"\n"+anyEvent), gate.Decision{Outcome: gate.NotApplicable}},
		{"it reads a log and there is none", reading("r", "log", "applies if false\n"+anyEvent), gate.Decision{Outcome: gate.Undeclared, Missing: []string{"log"}}},
		{"it reads a change and there is none", reading("r", "change", "undeclared contains \"x-a\"\n"+anyEvent), gate.Decision{Outcome: gate.NotApplicable}},
		{"it reads a log and a change, and there is neither", reading("r", "log, change", anyEvent), gate.Decision{Outcome: gate.Undeclared, Missing: []string{"log"}}},
		{
			"the catalog is at data.catalog",
			rego("r", `deny contains {"message": s.id} if some id, s in data.catalog.services
deny contains {"message": data.catalog.owners[o.id].email} if some o in input.event.owners
deny contains {"message": "no team"} if not data.catalog.channels.orders["x-team"]
deny contains {"message": "no stranger"} if not data.catalog.owners["stranger"]
deny contains {"message": "wrong"} if data.catalog.owners["stranger"].email`),
			gate.Decision{Outcome: gate.Fail, Denials: []gate.Denial{{Message: "billing"}, {Message: "checkout@example.com"}, {Message: "no stranger"}, {Message: "no team"}}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := prepare(t, test.module).Decide(context.Background(), order())
			if err != nil {
				t.Fatal(err)
			}
			test.want.Rule = "bench/r"
			if diff := cmp.Diff([]gate.Decision{test.want}, got); diff != "" {
				t.Errorf("decisions differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRulesThatReadLogOrChangeSeeThem(t *testing.T) {
	decider := prepare(t,
		reading("a", "log", `deny contains {"message": "never seen"} if input.observed.count == 0`),
		reading("b", "change", `deny contains {"message": "it breaks"} if input.change.verdict == "breaking"`),
	)
	input := order()
	input["observed"] = map[string]any{"count": 0}
	input["change"] = map[string]any{"verdict": "breaking"}
	got, err := decider.Decide(context.Background(), input)
	if err != nil {
		t.Fatal(err)
	}
	want := []gate.Decision{
		{Rule: "bench/a", Outcome: gate.Fail, Denials: []gate.Denial{{Message: "never seen"}}},
		{Rule: "bench/b", Outcome: gate.Fail, Denials: []gate.Denial{{Message: "it breaks"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decisions differ (-want +got):\n%s", diff)
	}
}

// TestWhatARuleReadsIsFound: a rule that looks at a log, a change or a record, and
// does not say so, never passes where there is none.
func TestWhatARuleReadsIsFound(t *testing.T) {
	lib := gate.Module{File: "lib/seen.rego", Text: `package nexus.lib.seen

unknown contains field if some field in input.observed.unknown_fields

of(document) := document.observed.count

part := "observed"
`}
	const log, change, record = gate.ReadsLog, gate.ReadsChange, gate.ReadsRecord
	tests := map[string]struct {
		body  string
		reads []string
	}{
		"a path":             {`deny contains {"message": "no"} if input.observed.count == 0`, []string{log}},
		"a change":           {`deny contains {"message": "no"} if input.change.verdict == "breaking"`, []string{change}},
		"a record":           {`deny contains {"message": "no"} if not input.record.actor`, []string{record}},
		"both":               {"applies if input.change != null\ndeny contains {\"message\": \"no\"} if input.observed.count == 0", []string{log, change}},
		"through a helper":   {"deny contains {\"message\": \"no\"} if never\nnever if input.observed.count == 0", []string{log}},
		"through a library":  {"import data.nexus.lib.seen\ndeny contains {\"message\": \"no\"} if count(seen.unknown) > 0", []string{log}},
		"through a variable": {"deny contains {\"message\": \"no\"} if { i := input; o := i.observed; o.count == 0 }", []string{log}},
		"through a constant": {"import data.nexus.lib.seen\ndeny contains {\"message\": \"no\"} if input[seen.part].count == 0", []string{log}},
		"through a function": {"import data.nexus.lib.seen\ndeny contains {\"message\": \"no\"} if seen.of(input) == 0", []string{log, change}},
		"through object.get": {`deny contains {"message": "no"} if object.get(input, ["observed", "count"], 0) > 5`, []string{log}},
		"through an import":  {"import input.observed as seen\ndeny contains {\"message\": \"no\"} if seen.count == 0", []string{log}},
		"in a loop":          {`deny contains {"message": "no"} if { some key, part in input; part == null; key != "as_of" }`, []string{log, change}},
		"in a loop over one": {`deny contains {"message": "no"} if { some key, part in input; key == "observed"; part.count == 0 }`, []string{log}},
		"in a loop over others": {
			`deny contains {"message": "no"} if { some key, part in input; not key == "event"; part == null }`, []string{log, change},
		},
		"in a loop that asks in passing": {
			`deny contains {"message": "no"} if { some key, part in input; count([1 | key == "event"]) == 0; part == null }`, []string{log, change},
		},
		"in a comprehension":   {`deny contains {"message": "no"} if count([f | some f in input.observed.unknown_fields]) > 0`, []string{log}},
		"the event alone":      {`deny contains {"message": "no"} if { i := input; i.event.id == "Never" }`, nil},
		"the event by its key": {`deny contains {"message": "no"} if object.get(input, "event", {}).id == "Never"`, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			policies, err := gate.CompilePolicies([]gate.Module{lib, rego("r", test.body)}, gate.PolicyOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.reads, policies.Rules()[0].Reads); diff != "" {
				t.Errorf("reads differ (-want +got):\n%s", diff)
			}
			decider, err := policies.Prepare(context.Background(), catalog(), ids(policies))
			if err != nil {
				t.Fatal(err)
			}
			got, err := decider.Decide(context.Background(), order())
			if err != nil {
				t.Fatal(err)
			}
			if passed := got[0].Outcome == gate.Pass; passed != (test.reads == nil) {
				t.Errorf("without log, change and record it answers %s", got[0].Outcome)
			}
		})
	}
}

// TestARuleCanDoWithoutALog when its METADATA says so.
func TestARuleCanDoWithoutALog(t *testing.T) {
	m := reading("r", "catalog]\n#   optional: [log", `deny contains {"message": "large"} if input.observed.count > 5`)
	got, err := decide(t, m)
	if err != nil || got[0].Outcome != gate.Pass {
		t.Errorf("got %+v (%v), want a pass", got, err)
	}
}

func TestNumbersAreExact(t *testing.T) {
	decider := prepare(t, rego("r", `deny contains {"message": "it was rounded"} if input.event.payload_bytes != 9007199254740993`))
	input := order()
	input["event"].(map[string]any)["payload_bytes"] = json.Number("9007199254740993")
	got, err := decider.Decide(context.Background(), input)
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Outcome != gate.Pass {
		t.Errorf("2^53+1 is not equal to itself: %+v", got[0])
	}
}

// TestEvaluationFailsClosed: what goes wrong while a rule runs is an error.
func TestEvaluationFailsClosed(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{
			"deny is true", `deny := true`,
			"evaluating policies: r.rego:8:1: bench/r: deny is not a set of objects\n\thint: write `deny contains {\"message\": \"...\"} if { ... }`",
		},
		{
			"deny is a condition", `deny if input.event.id == "Never"`,
			"evaluating policies: r.rego:8:1: bench/r: deny is not a set of objects\n\thint: write `deny contains {\"message\": \"...\"} if { ... }`",
		},
		{
			"deny is an object", `deny[input.event.id] := {"message": "no"}`,
			"evaluating policies: r.rego:8:1: bench/r: deny is not a set of objects\n\thint: write `deny contains {\"message\": \"...\"} if { ... }`",
		},
		{
			"deny is a function", `deny(x) if x == 1`,
			"evaluating policies: r.rego:8:1: bench/r: deny is not a set of objects\n\thint: write `deny contains {\"message\": \"...\"} if { ... }`",
		},
		{
			"applies is a set", "applies contains input.event.id\n" + anyEvent,
			"evaluating policies: r.rego:8:1: bench/r: applies is not true or false\n\thint: write `applies if { ... }`",
		},
		{
			"undeclared is a condition", "undeclared if input.event.version == null\n" + anyEvent,
			"evaluating policies: r.rego:8:1: bench/r: undeclared is not a set of texts\n\thint: write `undeclared contains \"x-...\" if { ... }`",
		},
		{
			"applies is a text", "applies := \"yes\"\n" + anyEvent,
			"evaluating policies: r.rego:6:1: bench/r: applies is \"yes\"\n\thint: make it true or false",
		},
		{
			"deny holds a text", `deny contains "nobody owns it"`,
			"evaluating policies: r.rego:6:1: bench/r: deny holds \"nobody owns it\", which is no object\n\t" + denialHint,
		},
		{
			"deny holds a number", `deny contains 5`,
			"evaluating policies: r.rego:6:1: bench/r: deny holds 5, which is no object\n\t" + denialHint,
		},
		{
			"a denial without message", `deny contains {"field": "email"}`,
			"evaluating policies: r.rego:6:1: bench/r: deny holds {\"field\": \"email\"}, which has no message\n\t" + denialHint,
		},
		{
			"a denial with a misspelt key", `deny contains {"message": "no", "feild": "email"}`,
			"evaluating policies: r.rego:6:1: bench/r: deny holds an object with the key \"feild\"; did you mean field? valid: about, at, field, hint, message\n\t" + denialHint,
		},
		{
			"a denial with a number", `deny contains {"message": 7}`,
			"evaluating policies: r.rego:6:1: bench/r: deny holds an object whose message is 7, which is no text\n\t" + denialHint,
		},
		{
			"a denial about a field that is not there", `deny contains {"message": "no", "field": "order.nte"}`,
			"evaluating policies: r.rego:6:1: bench/r: deny names the field order.nte, which the event has not\n\thint: give the path of one of input.event.fields as field, or leave field out",
		},
		{
			"a denial about an attribute that is not there", `deny contains {"message": "no", "at": "ownrs"}`,
			"evaluating policies: r.rego:6:1: bench/r: deny names the attribute ownrs, which no event has\n\thint: as at: did you mean owners? valid: category, causation, channels, classification, consumers, correlation, criticality, ext, fields, id, lawful_basis, owners, path, payload_bytes, regions, regulations, retention_days, schema, version",
		},
		{
			"undeclared holds a number", "undeclared contains 7\n" + anyEvent,
			"evaluating policies: r.rego:6:1: bench/r: undeclared holds 7, which is no text\n\thint: name the key to declare: undeclared contains \"x-retention-days\" if { ... }",
		},
		{
			"a built-in fails", `deny contains {"message": "large"} if to_number(input.event.id) > 5`,
			"evaluating policies: r.rego:8:39: bench/r: to_number: strconv.ParseFloat: parsing \"OrderPlaced\": invalid syntax\n\thint: test the value before, for instance with is_string, or with a comparison with null",
		},
		{
			"a division by zero", `deny contains {"message": "large"} if 1 / count(input.event.ext) > 5`,
			"evaluating policies: r.rego:8:39: bench/r: div: divide by zero\n\thint: test the value before, for instance with is_string, or with a comparison with null",
		},
		{
			"a helper has two values", "size := 1 if input.event.id\nsize := 2 if input.event.path\ndeny contains {\"message\": \"large\"} if size > 5",
			"evaluating policies: r.rego:9:1: bench/r: rule data.nexus.rules.bench.r.size produced conflicting values:\n  1 at r.rego:8\n  2 at r.rego:9\n\thint: two definitions hold at once; make their conditions exclude each other",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := decide(t, rego("r", test.body))
			failure, ok := errors.AsType[*gate.EvalError](err)
			if !ok {
				t.Fatalf("got %+v and the error %v, want an *EvalError", got, err)
			}
			if diff := cmp.Diff(test.want, failure.Error()); diff != "" {
				t.Errorf("error differs (-want +got):\n%s", diff)
			}
		})
	}
}

const denialHint = `hint: write deny contains {"message": "..."} if { ... }; field, at, about and hint may be added, and all are texts`

// decide is the whole way; its error is that of Prepare or Decide.
func decide(t *testing.T, modules ...gate.Module) ([]gate.Decision, error) {
	policies, err := gate.CompilePolicies(modules, strict())
	if err != nil {
		t.Fatal(err)
	}
	decider, err := policies.Prepare(context.Background(), catalog(), ids(policies))
	if err != nil {
		return nil, err
	}
	return decider.Decide(context.Background(), order())
}

func TestPrepareRefusesWhatItCannotChoose(t *testing.T) {
	policies, err := gate.CompilePolicies([]gate.Module{rego("owner", anyEvent), rego("version", anyEvent)}, strict())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		ids  []string
		want string
	}{
		{"no rule", nil, "preparing policies: no rule is chosen, so nothing would be checked"},
		{"an unknown rule", []string{"bench/owner", "bench/vresion"}, "preparing policies: there is no rule bench/vresion; did you mean bench/version? valid: bench/owner, bench/version"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := policies.Prepare(context.Background(), nil, test.ids)
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestChosenRulesAreDecidedOnce(t *testing.T) {
	policies, err := gate.CompilePolicies(pack(4), strict())
	if err != nil {
		t.Fatal(err)
	}
	decider, err := policies.Prepare(context.Background(), catalog(), []string{"bench/r02", "bench/r00", "bench/r02"})
	if err != nil {
		t.Fatal(err)
	}
	decisions, err := decider.Decide(context.Background(), order())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range decisions {
		got = append(got, d.Rule)
	}
	if diff := cmp.Diff([]string{"bench/r00", "bench/r02"}, got); diff != "" {
		t.Errorf("rules differ (-want +got):\n%s", diff)
	}
}

// TestRunawayIsCancelled holds a rule that would take hours: 10^12 steps.
func TestRunawayIsCancelled(t *testing.T) {
	decider := prepare(t, rego("r", `deny contains {"message": "never"} if {
	some i in numbers.range(1, 1000000)
	some j in numbers.range(1, 1000000)
	i * j == 0
}`))
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	got, err := decider.Decide(ctx, order())
	if !errors.Is(err, context.DeadlineExceeded) || got != nil {
		t.Fatalf("got %v and the error %v, want context.DeadlineExceeded", got, err)
	}
	if _, err := decider.Decide(ctx, order()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a context that is done: got %v, want context.DeadlineExceeded", err)
	}
}

// TestIndexerFindsReferencesInSets holds a fault of OPA 1.21.0 to 1.22.0, whose
// rule index never matched `x in {"literal", reference}`: the deny was silent.
func TestIndexerFindsReferencesInSets(t *testing.T) {
	decider := prepare(t, rego("r", `deny contains {"message": "fires"} if input.event.path in {"a", input.event.category}`))
	for _, path := range []string{"a", "personal"} {
		input := order()
		input["event"].(map[string]any)["path"] = path
		got, err := decider.Decide(context.Background(), input)
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Outcome != gate.Fail {
			t.Errorf("path %s: got %s, want fail", path, got[0].Outcome)
		}
		differ, err := decider.Paranoid(context.Background(), input)
		if err != nil || len(differ) > 0 {
			t.Errorf("path %s: with and without indexing differ in %v (%v)", path, differ, err)
		}
	}
}
