package journal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/gate"
	"github.com/nexus-blueprint/nexus/skeleton/journal"
	"github.com/nexus-blueprint/nexus/skeleton/route"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/memory"
)

var schemaFiles = fstest.MapFS{
	"noted/1.json": {Data: []byte(`{"type": "object", "required": ["text"], "additionalProperties": false, "properties": {"text": {"type": "string", "maxLength": 20}}}`)},
	"noted/2.json": {Data: []byte(`{"type": "object", "required": ["text"], "additionalProperties": false, "properties": {"text": {"type": "string", "maxLength": 20}, "level": {"type": "integer", "minimum": 0}}}`)},
	"urged/1.json": {Data: []byte(`{"type": "object", "required": ["level"], "properties": {"level": {"type": "integer"}}}`)},
}

// schemas are two versions of Noted and one of Urged.
func schemas(t testing.TB) *gate.Schemas {
	t.Helper()
	s, err := gate.CompileSchemas(schemaFiles, []gate.SchemaFile{
		{Type: "Noted", Version: "1", File: "noted/1.json"}, {Type: "Noted", Version: "2", File: "noted/2.json"},
		{Type: "Urged", Version: "1", File: "urged/1.json"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// facts say that Noted is of no matter and Urged is.
func facts() map[string]map[string]any {
	return map[string]map[string]any{
		"Noted": {"id": "Noted", "owners": []any{"team-a"}, "criticality": "low", "fields": []any{}},
		"Urged": {
			"id": "Urged", "owners": []any{}, "criticality": "critical", "requires_ordering": true, "business_impact": "all stops",
			"max_latency_ms": json.Number("50"), "payload_bytes": 100, "rate_per_min": 2.5, "fields": []any{},
		},
	}
}

// rule is a policy of the family store.
func rule(name, severity, body string) gate.Module {
	return gate.Module{File: name + ".rego", Text: fmt.Sprintf(
		"# METADATA\n# title: A rule of a test\n# custom:\n#   id: store/%[1]s\n#   severity: %[2]s\npackage nexus.rules.store.%[1]s\n\n%[3]s\n", name, severity, body)}
}

func rules() []gate.Module {
	return []gate.Module{
		rule("actor", "error", `deny contains {"message": "nobody says who did it", "hint": "send an actor"} if input.record.actor == null`),
		rule("level", "error", `deny contains {"message": sprintf("level %d is beyond 9", [input.record.data.level]), "at": "criticality"} if {
	input.record.type == "Urged"
	input.record.data.level > 9
}`),
		rule("owned", "warning", `deny contains {"message": "nobody owns it"} if count(input.event.owners) == 0`),
		rule("kept", "note", `undeclared contains "x-retention-days" if not input.event.retention_days

deny contains {"message": "it is kept for ever"} if input.event.retention_days == 0`),
	}
}

func decider(t testing.TB, modules ...gate.Module) *gate.Decider {
	t.Helper()
	policies, err := gate.CompilePolicies(modules, gate.PolicyOptions{InputSchema: journal.InputSchema()})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range policies.Rules() {
		ids = append(ids, r.ID)
	}
	d, err := policies.Prepare(t.Context(), map[string]any{}, ids)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func scorer(t testing.TB) *route.Scorer {
	t.Helper()
	s, err := route.New(route.Default())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// now is the clock of the tests.
var now = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// options are a journal with everything on.
func options(t testing.TB) journal.Options {
	var ids atomic.Int64
	return journal.Options{
		Store: memory.New(store.Options{Now: func() time.Time { return now }}), Schemas: schemas(t), Decider: decider(t, rules()...),
		Scorer: scorer(t), Facts: facts(), Now: func() time.Time { return now },
		NewID: func() string { return fmt.Sprintf("id-%d", ids.Add(1)) },
	}
}

func open(t testing.TB, o journal.Options) *journal.Journal {
	t.Helper()
	j, err := journal.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func noted(text string) journal.Event {
	data, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		panic(err) // no string fails
	}
	return journal.Event{Type: "Noted", Data: data}
}

func urged(level int) journal.Event {
	return journal.Event{Type: "Urged", Data: fmt.Appendf(nil, `{"level": %d}`, level)}
}

// all reads what a store holds.
func all(t testing.TB, s store.Store) []store.Event {
	t.Helper()
	var events []store.Event
	for event, err := range s.ReadAll(context.Background(), 0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, event)
	}
	return events
}
