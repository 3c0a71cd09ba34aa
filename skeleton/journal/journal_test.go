package journal_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nexus-blueprint/nexus/skeleton/gate"
	"github.com/nexus-blueprint/nexus/skeleton/journal"
	"github.com/nexus-blueprint/nexus/skeleton/route"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/memory"
)

func TestAppendStoresWhatPassed(t *testing.T) {
	o := options(t)
	var seen []journal.Outcome
	o.Observe = func(_ context.Context, outcome journal.Outcome) { seen = append(seen, outcome) }
	j := open(t, o)
	envelope := journal.Envelope{
		Stream: "s", Actor: "ann", Tenant: "north",
		Events: []journal.Event{noted("first"), {
			ID: "own", Type: "Urged", Time: now.Add(-time.Hour), Data: json.RawMessage(`{"level": 3}`), Metadata: json.RawMessage(`{"from": "x"}`),
		}},
	}
	receipt, err := j.Append(t.Context(), envelope)
	if err != nil {
		t.Fatal(err)
	}
	want := journal.Receipt{
		Version: 2, Position: 2, IDs: []string{"id-2", "own"}, CorrelationID: "id-1",
		Decisions: receipt.Decisions,
		Warnings: []journal.Reason{
			{Event: 0, Type: "Noted", Stage: "policy", Rule: "store/kept", Field: "x-retention-days", Message: "it cannot be said before this is declared"},
			{Event: 1, Type: "Urged", Stage: "policy", Rule: "store/kept", Field: "x-retention-days", Message: "it cannot be said before this is declared"},
			{Event: 1, Type: "Urged", Stage: "policy", Rule: "store/owned", Message: "nobody owns it"},
		},
	}
	if diff := cmp.Diff(want, receipt); diff != "" {
		t.Errorf("receipt (-want +got):\n%s", diff)
	}
	if len(receipt.Decisions) != 2 || receipt.Decisions[0].Path != route.Standard || receipt.Decisions[1].Path != route.Critical {
		t.Errorf("the routes are %+v", receipt.Decisions)
	}
	stored := all(t, o.Store)
	for i, event := range stored {
		var decision route.Decision
		if err := json.Unmarshal(event.Decision, &decision); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(receipt.Decisions[i], decision); diff != "" {
			t.Errorf("the stored route differs from the receipt's:\n%s", diff)
		}
	}
	wantStored := []store.Event{
		{ID: "id-2", Type: "Noted", SchemaVersion: "2", Time: now, CorrelationID: "id-1", CausationID: "id-1", Actor: "ann", Tenant: "north", Data: json.RawMessage(`{"text":"first"}`), Stream: "s", Version: 1, Position: 1},
		{ID: "own", Type: "Urged", SchemaVersion: "1", Time: now.Add(-time.Hour), CorrelationID: "id-1", CausationID: "id-1", Actor: "ann", Tenant: "north", Data: json.RawMessage(`{"level": 3}`), Metadata: json.RawMessage(`{"from": "x"}`), Stream: "s", Version: 2, Position: 2},
	}
	if diff := cmp.Diff(wantStored, stored, cmpopts.IgnoreFields(store.Event{}, "Recorded", "Hash", "PrevHash", "Decision")); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]journal.Outcome{{Envelope: envelope, Receipt: receipt}}, seen); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
}

func TestAppendRejects(t *testing.T) {
	big := strings.Repeat(" ", 1<<20)
	tests := []struct {
		name   string
		events []journal.Event
		actor  string
		want   []journal.Reason
	}{
		{"what is no JSON", []journal.Event{{Type: "Noted", Data: json.RawMessage("{\"text\": \"a\",\n}")}}, "ann", []journal.Reason{
			{Type: "Noted", Stage: "decode", Message: "the data are no JSON that is taken: line 1, column 13: a comma stands before the closing }"}}},
		{"a key that is there twice", []journal.Event{{Type: "Noted", Data: json.RawMessage(`{"text": "a", "text": "b"}`)}}, "ann", []journal.Reason{
			{Type: "Noted", Stage: "decode", Message: `the data are no JSON that is taken: line 1, column 15: the key "text" is there twice`}}},
		{"no data", []journal.Event{{Type: "Noted"}}, "ann", []journal.Reason{
			{Type: "Noted", Stage: "decode", Message: "the data are no JSON that is taken: line 1, column 1: a value was expected, and the text ends"}}},
		{"data and metadata at once", []journal.Event{{Type: "Noted", Data: json.RawMessage(`{"text": "` + big + `"}`), Metadata: json.RawMessage(`[]`)}}, "ann", []journal.Reason{
			{Type: "Noted", Stage: "decode", Message: "the data have 1048588 bytes, and 1048576 are allowed"},
			{Type: "Noted", Stage: "decode", Message: "the metadata are no JSON object"}}},
		{"every place that the schema refuses", []journal.Event{{Type: "Noted", Data: json.RawMessage(`{"text": 7, "level": -1, "more": 1}`)}}, "ann", []journal.Reason{
			{Type: "Noted", Stage: "schema", Message: "has properties that are not allowed: 'more'"},
			{Type: "Noted", Stage: "schema", Pointer: "/level", Message: "must be >= 0"},
			{Type: "Noted", Stage: "schema", Pointer: "/text", Message: "expected string, but got number"}}},
		{"a type that nobody knows", []journal.Event{{Type: "Note", Data: json.RawMessage(`{}`)}}, "ann", []journal.Reason{
			{Type: "Note", Stage: "schema", Message: `there is no schema of "Note"; did you mean Noted? valid: Noted, Urged`}}},
		{"a version that nobody knows", []journal.Event{{Type: "Noted", SchemaVersion: "3", Data: json.RawMessage(`{"text": "a"}`)}}, "ann", []journal.Reason{
			{Type: "Noted", Stage: "schema", Message: `there is no schema of "Noted" in version "3"; valid: 1, 2`}}},
		{"what only a later version allows", []journal.Event{{Type: "Noted", SchemaVersion: "1", Data: json.RawMessage(`{"text": "a", "level": 1}`)}}, "ann", []journal.Reason{
			{Type: "Noted", Stage: "schema", Message: "has properties that are not allowed: 'level'"}}},
		{"each event by all policies", []journal.Event{urged(10), noted("fine"), noted(strings.Repeat("x", 21))}, "", []journal.Reason{
			{Event: 0, Type: "Urged", Stage: "policy", Rule: "store/actor", Message: "nobody says who did it", Hint: "send an actor"},
			{Event: 0, Type: "Urged", Stage: "policy", Rule: "store/level", Field: "criticality", Message: "level 10 is beyond 9"},
			{Event: 1, Type: "Noted", Stage: "policy", Rule: "store/actor", Message: "nobody says who did it", Hint: "send an actor"},
			{Event: 2, Type: "Noted", Stage: "schema", Pointer: "/text", Message: "length must be <= 20, but got 21"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := options(t)
			_, err := open(t, o).Append(t.Context(), journal.Envelope{Stream: "s", Actor: test.actor, Events: test.events})
			rejected, ok := errors.AsType[*journal.RejectedError](err)
			if !ok {
				t.Fatalf("got %v, want a rejection", err)
			}
			if diff := cmp.Diff(test.want, rejected.Reasons); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
			if stored := all(t, o.Store); len(stored) != 0 {
				t.Errorf("%d events were stored", len(stored))
			}
		})
	}
}

func TestRejectionReadsWell(t *testing.T) {
	o := options(t)
	_, err := open(t, o).Append(t.Context(), journal.Envelope{Stream: "s", Events: []journal.Event{urged(10), {Type: "Noted", Data: json.RawMessage(`{"text": 1}`)}}})
	want := `appending to stream "s": rejected: ` +
		`event 1, Urged: policy: store/actor: nobody says who did it (send an actor); ` +
		`event 1, Urged: policy: store/level: criticality: level 10 is beyond 9; ` +
		`event 2, Noted: schema: /text: expected string, but got number`
	if fmt.Sprint(err) != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestReasonsAreBounded(t *testing.T) {
	events := make([]journal.Event, 600)
	for i := range events {
		events[i] = journal.Event{Type: "Noted", Data: json.RawMessage(`{"text": 1, "level": "x"}`)}
	}
	_, err := open(t, options(t)).Append(t.Context(), journal.Envelope{Stream: "s", Actor: "ann", Events: events})
	rejected, ok := errors.AsType[*journal.RejectedError](err)
	if !ok || len(rejected.Reasons) != 1000 || rejected.Omitted != 200 || !strings.HasSuffix(err.Error(), "and 200 reasons more") {
		t.Errorf("got %d reasons and %d more", len(rejected.Reasons), rejected.Omitted)
	}
}

// TestFaultsAreNoRejections: what is not the events' fault says so, and stores
// nothing either.
func TestFaultsAreNoRejections(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	event := []journal.Event{noted("a")}
	tests := []struct {
		name   string
		ctx    context.Context
		change func(*journal.Options)
		give   journal.Envelope
		is     error
		want   string
	}{
		{name: "no stream", give: journal.Envelope{Events: event}, is: store.ErrInvalid, want: `appending to stream "": invalid append: the stream has no name`},
		{name: "no events", give: journal.Envelope{Stream: "s"}, is: store.ErrInvalid, want: `appending to stream "s": invalid append: there are no events`},
		{name: "too many events", change: func(o *journal.Options) { o.MaxEvents = 1 }, give: journal.Envelope{Stream: "s", Events: []journal.Event{noted("a"), noted("b")}},
			is: store.ErrInvalid, want: `appending to stream "s": invalid append: there are 2 events, and 1 are allowed`},
		{name: "two sources of ids", give: journal.Envelope{Stream: "s", CommandID: "c", Events: []journal.Event{{ID: "own", Type: "Noted"}}},
			is: store.ErrInvalid, want: `appending to stream "s": invalid append: the event "own" has an id of its own, and the command has one: give one of the two`},
		{name: "a conflict", give: journal.Envelope{Stream: "s", Expected: 3, Events: event}, is: store.ErrConflict,
			want: `appending to stream "s": expected version 3, but it is at version 0: read it again and decide anew`},
		{name: "a store that was closed", change: func(o *journal.Options) { o.Store.Close() }, give: journal.Envelope{Stream: "s", Events: event}, is: store.ErrClosed,
			want: `appending to stream "s": waiting for position 0: the event store is closed`},
		{name: "a caller that is gone", ctx: cancelled, give: journal.Envelope{Stream: "s", Events: event}, is: context.Canceled,
			want: `appending to stream "s": event 1 of 1, "Noted": evaluating policies: stopped before 2 rules were decided: context canceled`},
		{name: "a policy that fails", change: func(o *journal.Options) {
			o.Decider = decider(t, rule("broken", "error", `deny contains {"message": "never"} if to_number(input.record.data.text) == 1`))
		}, give: journal.Envelope{Stream: "s", Events: event},
			want: `appending to stream "s": event 1 of 1, "Noted": evaluating policies: broken.rego:8:39: store/broken: to_number: strconv.ParseFloat: parsing "a": invalid syntax` +
				"\n\thint: test the value before, for instance with is_string, or with a comparison with null"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := options(t)
			if test.change != nil {
				test.change(&o)
			}
			if test.ctx == nil {
				test.ctx = t.Context()
			}
			test.give.Actor = "ann"
			_, err := open(t, o).Append(test.ctx, test.give)
			if _, rejected := errors.AsType[*journal.RejectedError](err); rejected || fmt.Sprint(err) != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("%v is not %v", err, test.is)
			}
			if !errors.Is(err, store.ErrClosed) && len(all(t, o.Store)) != 0 {
				t.Error("events were stored")
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*journal.Options)
		want   string
	}{
		{"no store", func(o *journal.Options) { o.Store = nil }, "opening the journal: it needs a store and schemas"},
		{"no schemas", func(o *journal.Options) { o.Schemas = nil }, "opening the journal: it needs a store and schemas"},
		{"a type without facts", func(o *journal.Options) { delete(o.Facts, "Urged") },
			"opening the journal: type Urged: it has a schema, but the catalog declares nothing of it: policies would judge nothing"},
		{"a fact of another type", func(o *journal.Options) { o.Facts["Noted"]["criticality"] = 7 },
			"opening the journal: type Noted: the fact criticality is 7, which is not what was expected"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := options(t)
			test.change(&o)
			if _, err := journal.New(o); fmt.Sprint(err) != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestRouteEvent(t *testing.T) {
	got, err := journal.RouteEvent(facts()["Urged"])
	if err != nil {
		t.Fatal(err)
	}
	want := route.Event{Criticality: "critical", Ordered: true, MaxLatencyMs: 50, Impact: true, PayloadBytes: 100, RatePerMin: 2.5}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got, err = journal.RouteEvent(map[string]any{"criticality": nil, "requires_ordering": nil, "business_impact": nil, "max_latency_ms": nil})
	if diff := cmp.Diff(route.Event{}, got); diff != "" || err != nil {
		t.Errorf("null is not undeclared: %v\n%s", err, diff)
	}
}

// TestGatesAreOptional: an app may have no policies and no routes, and no app has
// no schemas.
func TestGatesAreOptional(t *testing.T) {
	o := journal.Options{Store: memory.New(store.Options{}), Schemas: schemas(t)}
	receipt, err := open(t, o).Append(t.Context(), journal.Envelope{Stream: "s", Events: []journal.Event{noted("a")}})
	if err != nil || receipt.Decisions != nil || receipt.Warnings != nil || receipt.Version != 1 {
		t.Errorf("got %+v, %v", receipt, err)
	}
	stored := all(t, o.Store)[0]
	if len(stored.Decision) != 0 || len(stored.ID) != 36 || stored.ID[14] != '7' || stored.CausationID == "" || stored.CorrelationID != stored.CausationID {
		t.Errorf("stored %+v", stored)
	}
}

// TestPoliciesOfTypesAreAskedEachDay: what is remembered of a type is forgotten
// when the date moves on, and one type is not taken for another.
func TestPoliciesOfTypesAreAskedEachDay(t *testing.T) {
	o := options(t)
	today := now
	o.Now = func() time.Time { return today }
	o.Decider = decider(t, rule("until", "error", `deny contains {"message": "its time is over"} if {
	input.event.id == "Noted"
	input.as_of >= "2026-02-01"
}`))
	j := open(t, o)
	for _, step := range []struct {
		days  int
		event journal.Event
		good  bool
	}{{0, noted("a"), true}, {0, noted("b"), true}, {0, urged(1), true}, {1, urged(2), true}, {1, noted("c"), false}, {1, noted("d"), false}, {0, noted("e"), true}} {
		today = now.AddDate(0, 0, step.days)
		_, err := j.Append(t.Context(), journal.Envelope{Stream: "s", Expected: store.Any, Events: []journal.Event{step.event}})
		if _, rejected := errors.AsType[*journal.RejectedError](err); rejected == step.good || err != nil && !rejected {
			t.Errorf("%s after %d days: %v", step.event.Data, step.days, err)
		}
	}
}

// TestInputSchemaIsASchema: it compiles, and says of the policies' own input that
// it is valid.
func TestInputSchemaIsASchema(t *testing.T) {
	files := map[string][]byte{"input.json": journal.InputSchema()}
	value, err := gate.Decode(files["input.json"])
	if err != nil {
		t.Fatal(err)
	}
	record := value.(map[string]any)["properties"].(map[string]any)["record"].(map[string]any)
	if len(record["required"].([]any)) != len(record["properties"].(map[string]any)) {
		t.Error("a property of record may be absent")
	}
	_, err = gate.CompilePolicies([]gate.Module{rule("typo", "error", `deny contains {"message": "x"} if input.record.actr == "a"`)}, gate.PolicyOptions{InputSchema: journal.InputSchema()})
	if err == nil || !strings.Contains(err.Error(), "actr") {
		t.Errorf("a misspelt path compiles: %v", err)
	}
}
