package main_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/nexus-blueprint/nexus/policy"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
	"github.com/nexus-blueprint/nexus/skeleton/journal"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/memory"
)

// A policyVector is a case beside a rule, as `nexus policy test` reads it, in the
// parts that an append has.
type policyVector struct {
	Name  string `yaml:"name"`
	AsOf  string `yaml:"as_of"`
	Event struct {
		Fields []map[string]any `yaml:"fields"`
	} `yaml:"event"`
	Record  map[string]any `yaml:"record"`
	Expect  gate.Outcome   `yaml:"expect"`
	Message string         `yaml:"message"`
}

// TestContinuousIntegrationAndStoreJudgeAlike: what the rules of a new app answer in
// `nexus policy test` is what they answer when the app appends: the same files of
// cases go through both.
func TestContinuousIntegrationAndStoreJudgeAlike(t *testing.T) {
	const folder = "scaffold/template/policy"
	result, err := policy.Test(t.Context(), policy.TestOptions{FS: os.DirFS(filepath.Dir(folder)), Folders: []string{filepath.Base(folder)}})
	if err != nil || len(result.Findings) > 0 {
		t.Fatalf("nexus policy test: %v %v", result, err)
	}
	rules, err := filepath.Glob(folder + "/*.rego")
	if err != nil {
		t.Fatal(err)
	}
	cases, appends := 0, 0
	for _, rule := range rules {
		for _, vector := range readVectors(t, strings.TrimSuffix(rule, ".rego")+".cases.yaml") {
			cases++
			if vector.Record == nil {
				continue // continuous integration alone sees a type without an event
			}
			appends++
			t.Run(filepath.Base(rule)+"/"+vector.Name, func(t *testing.T) { vector.append(t, rule) })
		}
	}
	if cases != result.Cases || appends < 30 {
		t.Errorf("%d of %d cases were appended; nexus policy test has %d", appends, cases, result.Cases)
	}
}

func readVectors(t *testing.T, file string) []policyVector {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Cases []policyVector `yaml:"cases"`
	}
	if err := yaml.Unmarshal(text, &list); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return list.Cases
}

// append appends the record of the case in a store that one rule guards.
func (v policyVector) append(t *testing.T, rule string) {
	today := parseTime(t, "2026-01-31T00:00:00Z")
	if v.AsOf != "" {
		today = parseTime(t, v.AsOf+"T00:00:00Z")
	}
	now := func() time.Time { return today }
	events := memory.New(store.Options{Now: now})
	schemas, err := gate.CompileSchemas(fstest.MapFS{"any.json": {Data: []byte(`{}`)}}, []gate.SchemaFile{{Type: "Example", Version: "1.0.0", File: "any.json"}})
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.New(journal.Options{
		Store: events, Schemas: schemas, Decider: ruleAtStore(t, rule), Now: now,
		Facts: map[string]map[string]any{"Example": {"id": "Example", "fields": v.fields()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = j.Append(t.Context(), v.envelope(t))
	rejected, refused := errors.AsType[*journal.RejectedError](err)
	switch {
	case err != nil && !refused:
		t.Fatal(err)
	case refused != (v.Expect == gate.Fail):
		t.Errorf("nexus policy test expects %s, the store says %v", v.Expect, err)
	case refused && !slices.ContainsFunc(rejected.Reasons, func(r journal.Reason) bool {
		return r.Stage == journal.StagePolicy && strings.Contains(r.Message, v.Message)
	}):
		t.Errorf("nexus policy test expects a reason with %q, the store says %v", v.Message, err)
	}
	last, err := events.WaitPosition(t.Context(), 0)
	if err != nil || refused == (last > 0) {
		t.Errorf("rejected: %v, stored up to %d, %v", refused, last, err)
	}
}

func ruleAtStore(t *testing.T, file string) *gate.Decider {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	policies, err := gate.CompilePolicies([]gate.Module{{File: file, Text: string(text)}}, gate.PolicyOptions{InputSchema: journal.InputSchema()})
	if err != nil {
		t.Fatal(err)
	}
	decider, err := policies.Prepare(t.Context(), map[string]any{}, []string{policies.Rules()[0].ID})
	if err != nil {
		t.Fatal(err)
	}
	return decider
}

// fields are what the catalog declares, with all keys.
func (v policyVector) fields() []any {
	fields := []any{}
	for _, field := range v.Event.Fields {
		for _, key := range []string{"pii", "category"} {
			if _, given := field[key]; !given {
				field[key] = nil
			}
		}
		fields = append(fields, field)
	}
	return fields
}

func (v policyVector) envelope(t *testing.T) journal.Envelope {
	t.Helper()
	data, err := json.Marshal(v.Record["data"])
	if err != nil {
		t.Fatal(err)
	}
	event := journal.Event{Type: "Example", Data: data}
	if text, given := v.Record["time"].(string); given {
		event.Time = parseTime(t, text)
	}
	actor, _ := v.Record["actor"].(string)
	return journal.Envelope{Stream: "example-1", Actor: actor, Events: []journal.Event{event}}
}

func parseTime(t *testing.T, text string) time.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}
