// Package journal is the one way by which events get into a store: what it accepts
// was judged, and what it refuses leaves no trace.
//
//	j, err := journal.New(journal.Options{Store: events, Schemas: schemas, Decider: decider, Scorer: scorer, Facts: facts})
//	receipt, err := j.Append(ctx, journal.Envelope{
//		Stream: "account-7", Expected: store.Exact(3), Actor: "ann", CommandID: "01J…",
//		Events: []journal.Event{{Type: "Deposited", Data: json.RawMessage(`{"amount": 5}`)}},
//	})
//	switch rejected := (*journal.RejectedError)(nil); {
//	case errors.As(err, &rejected):         // rejected.Reasons has all of them
//	case errors.Is(err, store.ErrConflict): // somebody was faster: load, decide and append again
//	}
//
// An append goes through six gates, in this order: its events are decoded, held
// against the JSON Schema of their type and version, and judged by policies; a
// route is chosen; the store checks the expected version, and commits all events
// durably, each with its route and with what is owed to the world outside. The
// events of one append pass together or not at all.
//
// # Repeated commands
//
// A command with an id is appended once, however often it is sent: the ids of its
// events are made of the tenant, the stream, the command's id and their place.
// Append answers a command that it knows with the receipt of the first time, also
// if the events would be others by now. A command handler whose decision refuses
// a command asks Handled first: it may refuse what it has done itself.
package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"example.com/orders/internal/nexus/gate"
	"example.com/orders/internal/nexus/route"
	"example.com/orders/internal/nexus/store"
)

// Options are what a journal is made of.
type Options struct {
	Store   store.Store
	Schemas *gate.Schemas
	// Decider judges each event. Nil means that there are no policies. Rules that do
	// not read input.record say the same of every event of a type, and are asked once
	// a day.
	Decider *gate.Decider
	// Scorer chooses the path of each type. Nil means that no route is stored.
	Scorer *route.Scorer
	// Facts are what the catalog declares of each type, as policies see it in
	// input.event. With a Decider every type of Schemas needs them; without them
	// nothing speaks for the critical path.
	Facts map[string]map[string]any

	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// NewID makes the ids of events that have no command id; nil makes UUIDs of
	// version 7.
	NewID func() string
	// MaxEvents and MaxBytes bound an append: its events, and the JSON of each. Zero
	// is 1,000 and 1 MiB.
	MaxEvents int
	MaxBytes  int
	// Observe is told of every append when it is over, by the goroutine that called
	// Append. Nil tells nobody.
	Observe func(context.Context, Outcome)
}

// Envelope is an append: events for one stream, and what they have in common.
type Envelope struct {
	Stream   string
	Expected store.Expected
	Events   []Event

	Actor  string
	Tenant string
	// CorrelationID is what all events of one affair have in common; empty is
	// CausationID, or what stands for it.
	CorrelationID string
	// CausationID is the id of the event or command that caused the events; empty is
	// CommandID, or an id that is made for this append.
	CausationID string
	// CommandID makes the append idempotent; see the package.
	CommandID string
}

// Event is an event before it is stored.
type Event struct {
	ID            string // empty: it is made; an event of a command with an id has none
	Type          string
	SchemaVersion string    // empty is the current version of the type
	Time          time.Time // zero is now
	Data          json.RawMessage
	Metadata      json.RawMessage // an object, or nothing
}

// Receipt says what became of an append.
type Receipt struct {
	Version       int64 // of the last event in its stream
	Position      int64 // of the last event in the store
	IDs           []string
	CorrelationID string
	Decisions     []route.Decision // the route of each event; none without a Scorer
	Warnings      []Reason         // what policies of a lower severity than error said
	// Repeated says that the append was made before, and that this is what became of
	// it then. Of two attempts at the same moment either may call itself the first.
	Repeated bool
}

// Outcome is an append that is over.
type Outcome struct {
	Envelope Envelope
	Receipt  Receipt
	Err      error         // nil, a *RejectedError, or what the store said
	Took     time.Duration // all in all
	Policy   time.Duration // of it, for policies
	Commit   time.Duration // of it, for the store
}

// Journal appends events. Any number of goroutines may use one.
type Journal struct {
	options    Options
	types      *typeDecider           // asks the policies that look at types alone; nil if there are none
	records    *gate.Decider          // the others; nil if there are none
	severities map[string]string      // of the policies, by rule
	facts      map[string]gate.Shared // by type: what policies are shown of it
	routes     map[string]routed      // by type
}

// routed is the route of a type, and its JSON as it is stored.
type routed struct {
	decision route.Decision
	text     json.RawMessage
}

const (
	defaultMaxEvents = 1000
	defaultMaxBytes  = 1 << 20
)

// New makes a journal. A route depends on a type alone, so it is chosen here.
func New(o Options) (*Journal, error) {
	if o.Store == nil || o.Schemas == nil {
		return nil, errors.New("opening the journal: it needs a store and schemas")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NewID == nil {
		now := o.Now
		o.NewID = func() string { return newID(now()) }
	}
	if o.MaxEvents == 0 {
		o.MaxEvents = defaultMaxEvents
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	j := &Journal{options: o, severities: map[string]string{}, facts: map[string]gate.Shared{}, routes: map[string]routed{}}
	if o.Decider != nil {
		types, records, err := o.Decider.Split(context.Background())
		if err != nil {
			return nil, fmt.Errorf("opening the journal: %w", err)
		}
		j.records = records
		if types != nil {
			j.types = &typeDecider{decider: types, facts: j.facts}
		}
		for _, rule := range o.Decider.Rules() {
			j.severities[rule.ID] = rule.Severity
		}
	}
	for _, typ := range o.Schemas.Types() {
		if err := j.prepare(typ); err != nil {
			return nil, fmt.Errorf("opening the journal: type %s: %w", typ, err)
		}
	}
	return j, nil
}

func (j *Journal) prepare(typ string) error {
	facts := j.options.Facts[typ]
	if facts == nil && j.options.Decider != nil {
		return errors.New("it has a schema, but the catalog declares nothing of it: policies would judge nothing")
	}
	shared, err := gate.Share(facts)
	if err != nil {
		return fmt.Errorf("its facts: %w", err)
	}
	j.facts[typ] = shared
	if j.options.Scorer == nil {
		return nil
	}
	known, err := RouteEvent(facts)
	if err != nil {
		return err
	}
	decision := j.options.Scorer.Decide(known)
	text, err := json.Marshal(decision)
	j.routes[typ] = routed{decision, text}
	return err
}

// RouteEvent is what counts for the route of a type, out of what the catalog
// declares of it. What is absent or null counts as undeclared.
func RouteEvent(facts map[string]any) (route.Event, error) {
	var e route.Event
	for _, fact := range []struct {
		name string
		read func(value any) bool
	}{
		{"criticality", func(v any) (ok bool) { e.Criticality, ok = v.(string); return ok }},
		{"requires_ordering", func(v any) (ok bool) { e.Ordered, ok = v.(bool); return ok }},
		{"business_impact", func(v any) bool { text, ok := v.(string); e.Impact = text != ""; return ok }},
		{"max_latency_ms", func(v any) (ok bool) { e.MaxLatencyMs, ok = number(v); return ok }},
		{"payload_bytes", func(v any) (ok bool) { e.PayloadBytes, ok = number(v); return ok }},
		{"rate_per_min", func(v any) (ok bool) { e.RatePerMin, ok = number(v); return ok }},
	} {
		if value := facts[fact.name]; value != nil && !fact.read(value) {
			return route.Event{}, fmt.Errorf("the fact %s is %v, which is not what was expected", fact.name, value)
		}
	}
	return e, nil
}

func number(value any) (float64, bool) {
	switch v := value.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case json.Number:
		x, err := v.Float64()
		return x, err == nil
	}
	return 0, false
}
