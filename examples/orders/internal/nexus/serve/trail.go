package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"example.com/orders/internal/nexus/store"
)

// StreamOf is the name that a tenant's stream has in the store. What a tenant asks
// for is looked up below its own name, so it cannot reach or hit a stream of
// another tenant, and two tenants may use the same names.
func StreamOf(tenant, name string) string { return tenant + "/" + name }

// NameOf is the opposite of StreamOf; not ok is a stream of another tenant.
func NameOf(tenant, stream string) (name string, ok bool) {
	return strings.CutPrefix(stream, tenant+"/")
}

// trailPage is how many events a trail shows at a time.
const trailPage = 200

// trail is the answer of Trail.
type trail struct {
	Stream string     `json:"stream"`
	Events []recorded `json:"events"`
	Next   int64      `json:"next,omitempty"` // from where to go on; 0 is the end
}

// recorded is an event as the trail shows it.
type recorded struct {
	ID            string          `json:"id"`
	Type          string          `json:"type"`
	SchemaVersion string          `json:"schemaVersion,omitempty"`
	Version       int64           `json:"version"`
	Position      int64           `json:"position"`
	Time          time.Time       `json:"time"`
	Recorded      time.Time       `json:"recorded"`
	Actor         string          `json:"actor,omitempty"`
	CorrelationID string          `json:"correlationId,omitempty"`
	CausationID   string          `json:"causationId,omitempty"`
	Data          json.RawMessage `json:"data,omitempty"`
	Metadata      json.RawMessage `json:"metadata,omitempty"`
	Decision      json.RawMessage `json:"decision,omitempty"`
	Hash          store.Hash      `json:"hash"`
	PrevHash      store.Hash      `json:"prevHash"`
}

// Trail is the query that shows all that happened in a stream: what, when, who,
// why, how it was routed, and the chain of hashes.
func Trail(events store.Store) Query {
	return Query{
		Name: "Trail", Summary: "All that happened in a stream, with who, why, and the chain of hashes.",
		Path: "/streams/{stream}/events", Temporal: true,
		Params: []Param{{Name: "from", Summary: fmt.Sprintf("the first version; %d are shown at a time", trailPage), Schema: json.RawMessage(`{"type":"integer","minimum":1}`)}},
		Handle: func(ctx context.Context, r Request) (Answer, error) { return readTrail(ctx, events, r) },
	}
}

func readTrail(ctx context.Context, events store.Store, r Request) (Answer, error) {
	from := int64(1)
	if text, sent := r.Params["from"]; sent {
		var err error
		if from, err = number(text); err != nil || from < 1 {
			return Answer{}, bad("malformed-from", "from is not a version")
		}
	}
	name := r.Path["stream"]
	stream := StreamOf(r.Caller.Tenant, name)
	if err := begun(ctx, events, stream); err != nil {
		return Answer{}, err
	}
	found := trail{Stream: name, Events: []recorded{}}
	answer := Answer{}
	for event, err := range events.Read(ctx, stream, store.ReadOptions{From: from, UntilVersion: r.Version, UntilTime: r.At}) {
		switch {
		case err != nil:
			return Answer{}, err
		case event.Tenant != r.Caller.Tenant:
			return Answer{}, fmt.Errorf("stream %q holds an event of the tenant %q: append with the tenant that StreamOf was asked with", stream, event.Tenant)
		case len(found.Events) == trailPage:
			found.Next = event.Version
		}
		if found.Next != 0 {
			break
		}
		found.Events = append(found.Events, show(event))
		answer.Version, answer.Position = event.Version, event.Position
	}
	answer.Value = found
	return answer, nil
}

// begun is nil if a stream has an event, else ErrNotFound.
func begun(ctx context.Context, events store.Store, stream string) error {
	for _, err := range events.Read(ctx, stream, store.ReadOptions{UntilVersion: 1}) {
		return err
	}
	return fmt.Errorf("stream %q: %w", stream, ErrNotFound)
}

func show(e store.Event) recorded {
	return recorded{
		ID: e.ID, Type: e.Type, SchemaVersion: e.SchemaVersion, Version: e.Version, Position: e.Position,
		Time: e.Time, Recorded: e.Recorded, Actor: e.Actor, CorrelationID: e.CorrelationID, CausationID: e.CausationID,
		Data: e.Data, Metadata: e.Metadata, Decision: e.Decision, Hash: e.Hash, PrevHash: e.PrevHash,
	}
}
