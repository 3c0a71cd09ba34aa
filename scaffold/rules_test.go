package scaffold

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/policy"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
	"github.com/nexus-blueprint/nexus/skeleton/journal"
)

// TestRulesHoldTheirCases: the rules that a new app begins with answer as their
// cases say, with and without the rule index, and the cases reach every line.
func TestRulesHoldTheirCases(t *testing.T) {
	result, err := policy.Test(t.Context(), policy.TestOptions{FS: os.DirFS("template"), Folders: []string{"policy"}, Coverage: 100, Paranoid: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, finding := range result.Findings {
		t.Errorf("%v: %s: %s", finding.Location, finding.Subject, finding.Message)
	}
	rules := ruleDecider(t).Rules()
	if len(rules) != 3 || result.Cases < 30 {
		t.Errorf("%d rules have %d cases", len(rules), result.Cases)
	}
	for _, rule := range rules {
		if !slices.Contains(rule.Reads, gate.ReadsRecord) || rule.Severity != gate.SeverityError {
			t.Errorf("%s reads %v and is a %s", rule.ID, rule.Reads, rule.Severity)
		}
	}
}

// ruleDecider compiles the rules as a running app does.
func ruleDecider(t testing.TB) *gate.Decider {
	t.Helper()
	files, err := filepath.Glob("template/policy/*.rego")
	if err != nil {
		t.Fatal(err)
	}
	var modules []gate.Module
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		modules = append(modules, gate.Module{File: path.Base(filepath.ToSlash(file)), Text: string(text)})
	}
	policies, err := gate.CompilePolicies(modules, gate.PolicyOptions{InputSchema: journal.InputSchema()})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, rule := range policies.Rules() {
		ids = append(ids, rule.ID)
	}
	decider, err := policies.Prepare(t.Context(), map[string]any{}, ids)
	if err != nil {
		t.Fatal(err)
	}
	return decider
}

// ruleInput is what policies see of an event with some data, whose field contact is
// declared to be personal.
func ruleInput(data any) map[string]any {
	field := func(name string, pii any) any {
		return map[string]any{"path": name, "pii": pii, "category": nil}
	}
	return map[string]any{
		"as_of": "2026-01-31", "change": nil, "observed": nil, "waivers": []any{},
		"event": map[string]any{"id": "Noted", "fields": []any{
			field("id", nil), field("contact", true), field("text", nil), field("level", nil), field("at", nil), field("parts[].name", false), field("parts[].count", nil),
		}},
		"record": map[string]any{
			"id": "1", "stream": "s", "type": "Noted", "schema_version": "1.0.0", "time": "2026-01-31T12:00:00Z", "tenant": "north", "actor": "ann",
			"correlation_id": "c", "causation_id": "c", "command_id": nil, "data": data, "metadata": nil,
		},
	}
}

// ordinary are data of a usual size.
func ordinary() map[string]any {
	part := map[string]any{"name": "a part with a name", "count": 3}
	return map[string]any{
		"id": "550e8400-e29b-41d4-a716-446655440000", "contact": "ann@example.com", "text": "what was noted on that day, in some words",
		"level": 7, "at": "2026-01-31T11:59:30.123Z", "parts": []any{part, part, part},
	}
}

// TestRulesTellNoValue: whatever the data hold and wherever, no denial quotes it.
func TestRulesTellNoValue(t *testing.T) {
	decider := ruleDecider(t)
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`q[a-z]{5}[0-9]{3}@[a-z]{4,9}\.example`).Draw(t, "secret")
		data := ordinary()
		switch place := rapid.SampledFrom([]string{"text", "list", "map", "key"}).Draw(t, "place"); place {
		case "text":
			data["text"] = secret
		case "list":
			data["parts"] = []any{map[string]any{"name": secret}}
		case "map":
			data["other"] = map[string]any{"some": map[string]any{"key": secret}}
		case "key":
			data["other"] = map[string]any{secret: secret}
		}
		decisions, err := decider.Decide(context.Background(), ruleInput(data))
		if err != nil {
			t.Fatal(err)
		}
		denials := 0
		for _, decision := range decisions {
			denials += len(decision.Denials)
			if strings.Contains(fmt.Sprint(decision), secret) {
				t.Fatalf("a denial tells %q: %+v", secret, decision)
			}
		}
		if denials != 1 {
			t.Fatalf("%d denials of one e-mail address: %+v", denials, decisions)
		}
	})
}

func TestRulesAcceptWhatIsOrdinary(t *testing.T) {
	decisions, err := ruleDecider(t).Decide(t.Context(), ruleInput(ordinary()))
	if err != nil {
		t.Fatal(err)
	}
	want := []gate.Decision{
		{Rule: "store/known-actor", Outcome: gate.Pass}, {Rule: "store/not-from-the-future", Outcome: gate.Pass}, {Rule: "store/undeclared-personal-data", Outcome: gate.Pass},
	}
	if diff := cmp.Diff(want, decisions); diff != "" {
		t.Errorf("decisions (-want +got):\n%s", diff)
	}
}

// BenchmarkRules decides all rules on ordinary data; p99-ms is to stay below 0.3.
func BenchmarkRules(b *testing.B) {
	heap := make([]byte, 64<<20) // an app holds more than a test does, so that its collector runs less often
	defer runtime.KeepAlive(heap)
	decider, input := ruleDecider(b), ruleInput(ordinary())
	var took []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		if _, err := decider.Decide(b.Context(), input); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2])/1e6, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100])/1e6, "p99-ms")
}
