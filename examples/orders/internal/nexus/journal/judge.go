package journal

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/orders/internal/nexus/gate"
	"example.com/orders/internal/nexus/store"
)

// InputSchema is the JSON Schema of what policies see, for gate.PolicyOptions.
func InputSchema() []byte { return inputSchema }

//go:embed input.schema.json
var inputSchema []byte

// judge takes all events through the gates before the store. Each reason counts:
// whoever sent the events mends them in one go.
func (a *appending) judge(ctx context.Context) error {
	var reasons []Reason
	omitted := 0
	for i := range a.events {
		found, more, err := a.judgeEvent(ctx, i)
		if err != nil {
			return fmt.Errorf("appending to stream %.100q: event %d of %d, %.100q: %w", a.envelope.Stream, i+1, len(a.events), a.events[i].Type, err)
		}
		reasons, omitted = append(reasons, found...), omitted+more
	}
	return rejection(a.envelope.Stream, reasons, omitted)
}

// judgeEvent finds the reasons against one event. Policies are asked about events
// that are valid: they rely on it.
func (a *appending) judgeEvent(ctx context.Context, i int) (reasons []Reason, omitted int, err error) {
	data, metadata, reasons := a.decode(i)
	if len(reasons) > 0 {
		return reasons, 0, nil
	}
	if reasons, omitted = a.validate(i, data); len(reasons) > 0 || a.options.Decider == nil {
		return reasons, omitted, nil
	}
	start := a.options.Now()
	decisions, err := a.decide(ctx, a.events[i], data, metadata)
	a.policy += a.options.Now().Sub(start)
	if err != nil {
		return nil, 0, err
	}
	return a.denials(i, decisions), 0, nil
}

func (a *appending) reason(i int, stage string) Reason {
	return Reason{Event: i, Type: a.events[i].Type, Stage: stage}
}

// decode reads the JSON of an event.
func (a *appending) decode(i int) (data, metadata any, reasons []Reason) {
	for _, part := range []struct {
		name  string
		text  json.RawMessage
		value *any
	}{{"data", a.events[i].Data, &data}, {"metadata", a.events[i].Metadata, &metadata}} {
		reason := a.reason(i, StageDecode)
		if part.name == "metadata" && len(part.text) == 0 {
			continue
		}
		if len(part.text) > a.options.MaxBytes {
			reason.Message = fmt.Sprintf("the %s have %d bytes, and %d are allowed", part.name, len(part.text), a.options.MaxBytes)
			reasons = append(reasons, reason)
			continue
		}
		value, err := gate.Decode(part.text)
		if fault, ok := errors.AsType[*gate.DecodeError](err); ok {
			reason.Message = fmt.Sprintf("the %s are no JSON that is taken: line %d, column %d: %s", part.name, fault.Line, fault.Column, fault.Message)
			reasons = append(reasons, reason)
			continue
		}
		if _, isObject := value.(map[string]any); part.name == "metadata" && !isObject {
			reason.Message = "the metadata are no JSON object"
			reasons = append(reasons, reason)
		}
		*part.value = value
	}
	return data, metadata, reasons
}

// validate holds an event against the schema of its type and version.
func (a *appending) validate(i int, data any) (reasons []Reason, omitted int) {
	err := a.options.Schemas.Validate(a.events[i].Type, a.events[i].SchemaVersion, data)
	if err == nil {
		return nil, 0
	}
	reason := a.reason(i, StageSchema)
	invalid, ok := errors.AsType[*gate.InvalidError](err)
	if !ok {
		reason.Message = err.Error()
		return []Reason{reason}, 0
	}
	for _, r := range invalid.Reasons {
		reason.Pointer, reason.Message = r.Pointer, r.Message
		reasons = append(reasons, reason)
	}
	return reasons, invalid.Omitted
}

// decide asks all policies about an event.
func (a *appending) decide(ctx context.Context, e store.Event, data, metadata any) (decisions []gate.Decision, err error) {
	asOf := a.began.UTC().Format(time.DateOnly)
	if a.types != nil {
		if decisions, err = a.types.decide(ctx, e.Type, asOf); err != nil {
			return nil, err
		}
	}
	if a.records == nil {
		return decisions, nil
	}
	more, err := a.records.Decide(ctx, input(asOf, a.facts[e.Type], map[string]any{
		"id": e.ID, "stream": a.envelope.Stream, "type": e.Type, "schema_version": e.SchemaVersion,
		"time":   e.Time.UTC().Format(time.RFC3339Nano),
		"tenant": given(e.Tenant), "actor": given(e.Actor),
		"correlation_id": e.CorrelationID, "causation_id": e.CausationID, "command_id": given(a.envelope.CommandID),
		"data": data, "metadata": metadata,
	}))
	decisions = slices.Concat(decisions, more) // a copy: the first part is shared
	slices.SortFunc(decisions, func(a, b gate.Decision) int { return strings.Compare(a.Rule, b.Rule) })
	return decisions, err
}

// input is what policies see. The part about the type is what `nexus policy check`
// shows them.
func input(asOf string, facts gate.Shared, record any) map[string]any {
	return map[string]any{"as_of": asOf, "event": facts, "change": nil, "observed": nil, "waivers": []any{}, "record": record}
}

// A typeDecider asks the policies that look at types alone, and remembers what
// they said that day.
type typeDecider struct {
	decider *gate.Decider
	facts   map[string]gate.Shared

	mu     sync.Mutex
	asOf   string
	byType map[string][]gate.Decision
}

// decide returns decisions that nobody may change.
func (t *typeDecider) decide(ctx context.Context, typ, asOf string) ([]gate.Decision, error) {
	if known := t.remembered(typ, asOf); known != nil {
		return known, nil
	}
	decisions, err := t.decider.Decide(ctx, input(asOf, t.facts[typ], nil))
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asOf == asOf {
		t.byType[typ] = decisions
	}
	return decisions, nil
}

// remembered are the decisions about a type, nil if it was not asked about that day.
func (t *typeDecider) remembered(typ, asOf string) []gate.Decision {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asOf != asOf {
		t.asOf, t.byType = asOf, map[string][]gate.Decision{}
	}
	return t.byType[typ]
}

func given(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// denials are the reasons that policies give against an event. What a policy of a
// lower severity than error denies, or finds undeclared, is a warning, as it is
// for continuous integration.
func (a *appending) denials(i int, decisions []gate.Decision) (reasons []Reason) {
	for _, d := range decisions {
		reason := a.reason(i, StagePolicy)
		reason.Rule = d.Rule
		for _, denial := range d.Denials {
			reason.Field, reason.Message, reason.Hint = denial.Field, denial.Message, denial.Hint
			if reason.Field == "" {
				reason.Field = denial.At
			}
			if a.severities[d.Rule] == gate.SeverityError {
				reasons = append(reasons, reason)
			} else {
				a.warnings = append(a.warnings, reason)
			}
		}
		for _, name := range d.Missing {
			reason.Field, reason.Message, reason.Hint = name, "it cannot be said before this is declared", ""
			a.warnings = append(a.warnings, reason)
		}
	}
	return reasons
}
