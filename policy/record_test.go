package policy

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
	"github.com/nexus-blueprint/nexus/skeleton/journal"
)

// inputForm is what a JSON Schema of inputs says of their parts.
type inputForm struct {
	Required   []string
	Properties map[string]any
}

func inputFormOf(t *testing.T, schema []byte) (form inputForm) {
	t.Helper()
	if err := json.Unmarshal(schema, &form); err != nil {
		t.Fatal(err)
	}
	return form
}

// TestStoreInputIsAnInput: continuous integration and a store compile rules against
// schemas that agree on what they share. The record is the same; all else that a
// store shows is what a check can show.
func TestStoreInputIsAnInput(t *testing.T) {
	check, store := inputFormOf(t, InputSchema), inputFormOf(t, journal.InputSchema())
	if diff := cmp.Diff(store.Properties["record"], check.Properties["record"]); diff != "" {
		t.Errorf("record (-store +check):\n%s", diff)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(store.Required)), slices.Sorted(slices.Values(append(check.Required, "record")))); diff != "" {
		t.Errorf("the parts that are there (-store +check):\n%s", diff)
	}
	c := orders(t)
	inputs := newInputs(Options{Catalog: c, AsOf: asOf})
	ofCheck, ofStore := compiledSchema(t, InputSchema), compiledSchema(t, journal.InputSchema())
	for e := range c.Current() {
		input := inputs.of(e)
		input["record"] = map[string]any{
			"id": "1", "stream": "order-1", "type": e.ID, "schema_version": e.Version.Get, "time": "2026-01-31T12:00:00Z", "tenant": nil, "actor": "ann",
			"correlation_id": "1", "causation_id": "1", "command_id": nil, "data": []any{1, "text"}, "metadata": map[string]any{"k": "v"},
		}
		conforms(t, e.ID+" at a check", ofCheck, input)
		conforms(t, e.ID+" at a store", ofStore, input)
	}
}

// recordRule reads the event that is being stored.
const recordRule = `# METADATA
# title: An actor is named
# custom:
#   id: store/actor
#   severity: error
package nexus.rules.store.actor

deny contains {"message": "nobody"} if input.record.actor == null

deny contains {"message": "of another type"} if input.record.type != input.event.id

deny contains {"message": "too much", "field": "level"} if input.record.data.level > 9
`

func recordLibrary(t *testing.T) *Library {
	t.Helper()
	l, err := Open(fstest.MapFS{"own/actor.rego": {Data: []byte(recordRule)}}, "own")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestRuleAboutRecordsDoesNotApplyToTypes: a rule that would have nothing to object
// to does not pass.
func TestRuleAboutRecordsDoesNotApplyToTypes(t *testing.T) {
	result, err := Check(context.Background(), Options{Library: recordLibrary(t), Catalog: orders(t), AsOf: asOf})
	if err != nil {
		t.Fatal(err)
	}
	for j := range result.Judgements() {
		if j.Outcome != gate.NotApplicable {
			t.Errorf("%s: %s is %s", j.Event.ID, j.Rule.ID, j.Outcome)
		}
		if diff := cmp.Diff([]string{gate.ReadsRecord}, j.Rule.Reads); diff != "" {
			t.Errorf("reads (-want +got):\n%s", diff)
		}
	}
}

func TestCasesGiveRecords(t *testing.T) {
	tests := map[string]struct {
		cases string
		want  []string // findings
	}{
		"the rest of a record is made": {cases: `
- {name: an actor, record: {actor: ann}, expect: pass}
- {name: of the event's type, event: {id: Noted}, record: {actor: ann, data: {level: 9}}, expect: pass}
- {name: nobody, record: {}, expect: fail, message: nobody}
- {name: another type, record: {actor: ann, type: Urged}, expect: fail, message: of another type}
- {name: data, event: {fields: [{path: level}]}, record: {actor: ann, data: {level: 10}}, expect: fail, message: too much}
- {name: no record, event: {id: Noted}, expect: not_applicable}`},
		"an expectation that fails": {cases: `
- {name: nobody, record: {actor: null}, expect: pass}`, want: []string{"expected pass, the rule answers fail (nobody)"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			result, err := Test(context.Background(), TestOptions{Folders: []string{"own"}, Paranoid: true, FS: fstest.MapFS{
				"own/actor.rego": {Data: []byte(recordRule)}, "own/actor.cases.yaml": {Data: []byte("cases:" + test.cases + "\n")},
			}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range result.Findings {
				got = append(got, f.Message)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCasesWithoutSuchARecord(t *testing.T) {
	for cases, want := range map[string]string{
		"{record: {actr: ann}}":   "reading the cases of a policy: own/actor.cases.yaml:1:44: there is no actr; did you mean actor?",
		"{record: {actor: 7}}":    "reading the cases of a policy: own/actor.cases.yaml:1:44: expected string, found 7",
		"{record: {metadata: a}}": `reading the cases of a policy: own/actor.cases.yaml:1:44: expected object, found "a"`,
		"{record: 7}":             "reading the cases of a policy: own/actor.cases.yaml:1:35: expected object, found 7",
	} {
		text := "cases: [{name: one, expect: pass, " + cases[1:len(cases)-1] + "}]\n"
		_, err := Test(context.Background(), TestOptions{Folders: []string{"own"}, FS: fstest.MapFS{
			"own/actor.rego": {Data: []byte(recordRule)}, "own/actor.cases.yaml": {Data: []byte(text)},
		}})
		if err == nil || err.Error() != want {
			t.Errorf("%s: got %v\nwant %s", cases, err, want)
		}
	}
}
