package store

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Event is one thing that happened. Times are in UTC and have nanoseconds.
type Event struct {
	// Given by the caller of Append. ID and Type are needed, all else may be empty.

	ID            string
	Type          string
	SchemaVersion string    // of the schema that Data was validated against
	Time          time.Time // when it happened; zero becomes Recorded
	CorrelationID string    // what all events of one affair have in common
	CausationID   string    // the id of the command or event that caused it
	Actor         string    // who did it
	Tenant        string    // whose it is
	Data          json.RawMessage
	Metadata      json.RawMessage
	Decision      json.RawMessage // the routing decision, as it was made

	// Set by the store.

	Stream   string
	Version  int64     // in the stream, from 1
	Position int64     // in the store, from 1
	Recorded time.Time // when it was stored
	Hash     Hash      // of the event and of PrevHash
	PrevHash Hash      // the hash of the event before it in the stream; zero for the first
}

// Clone is a copy that shares no memory with e.
func (e Event) Clone() Event {
	e.Data, e.Metadata, e.Decision = bytes.Clone(e.Data), bytes.Clone(e.Metadata), bytes.Clone(e.Decision)
	return e
}

// Place is where the event is.
func (e Event) Place() Place {
	return Place{Stream: e.Stream, Version: e.Version, Position: e.Position}
}

// repeats reports whether e is the stored event, appended once more. What belongs
// to the attempt does not matter: its time, what it was part of, how it was routed.
func (e Event) repeats(stored Event) bool {
	return e.ID == stored.ID && e.Type == stored.Type && e.SchemaVersion == stored.SchemaVersion &&
		e.Actor == stored.Actor && e.Tenant == stored.Tenant && bytes.Equal(e.Data, stored.Data)
}

// Hash is a SHA-256 sum.
type Hash [32]byte

// String is the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText is the hash in hexadecimal.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }
