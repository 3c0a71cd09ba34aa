// Package audit answers questions about what is stored: whether it is still as it
// was written, why something happened, what a state was, and what changed it.
//
//	report, err := audit.Verify(ctx, events, seals...)          // nothing was changed, or cut off
//	why, err := audit.Explain(ctx, index, id, audit.Scope{})    // its causes, and what it caused
//	then, err := audit.At(ctx, events, fold, "account-7", until) // the state as it was
//	writes, err := audit.Writes(ctx, events, fold, "account-7", "/balance", until)
//
// # Correlation and causation
//
// What causes an event is the command that asked for it or the event that it
// answers to, by id. The events of one affair have their correlation id in
// common, whatever caused which. Follow is how both are handed on.
package audit

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"time"

	"example.com/iot/internal/nexus/store"
)

// Reader reads streams. Every store.Store is one.
type Reader interface {
	Read(ctx context.Context, stream string, o store.ReadOptions) iter.Seq2[store.Event, error]
}

// Source reads all events. Every store.Store is one.
type Source interface {
	ReadAll(ctx context.Context, after int64, limit int) iter.Seq2[store.Event, error]
}

// ErrNotFound is an event that is not there, or not for whoever asks.
var ErrNotFound = errors.New("there is no such event")

// Follow says which ids an event has that answers to cause: the correlation goes
// on, or begins with the cause.
func Follow(cause store.Event) (correlationID, causationID string) {
	return cmp.Or(cause.CorrelationID, cause.ID), cause.ID
}

// Link is how an event is tied to others. What it says is not in it.
type Link struct {
	ID            string    `json:"id"`
	Type          string    `json:"type"`
	Stream        string    `json:"stream"`
	Version       int64     `json:"version"`
	Position      int64     `json:"position"`
	Recorded      time.Time `json:"recorded"`
	CorrelationID string    `json:"correlationId,omitempty"`
	CausationID   string    `json:"causationId,omitempty"`
	Actor         string    `json:"actor,omitempty"`
	Tenant        string    `json:"tenant,omitempty"`
}

// LinkOf is how an event is tied to others.
func LinkOf(e store.Event) Link {
	return Link{
		ID: e.ID, Type: e.Type, Stream: e.Stream, Version: e.Version, Position: e.Position, Recorded: e.Recorded,
		CorrelationID: e.CorrelationID, CausationID: e.CausationID, Actor: e.Actor, Tenant: e.Tenant,
	}
}
