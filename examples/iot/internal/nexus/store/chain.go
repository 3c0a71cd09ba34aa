package store

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"time"
)

// chainFormat begins what is hashed. Another way to hash needs another name.
const chainFormat = "event chain 1"

// Seal sets the hashes of an event whose other fields are final, but for its
// position, from the hash of the event before it in the stream.
func (e *Event) Seal(prev Hash) {
	e.PrevHash = prev
	e.Hash = e.sum()
}

// sum is the SHA-256 of the event's fields, each with its length before it so
// that no two events have the same text. The position is left out: a stream that
// moves to another store keeps its hashes.
func (e *Event) sum() Hash {
	size := len(chainFormat) + len(e.PrevHash) + len(e.Stream) + len(e.ID) + len(e.Type) + len(e.SchemaVersion) +
		len(e.CorrelationID) + len(e.CausationID) + len(e.Actor) + len(e.Tenant) + len(e.Data) + len(e.Metadata) + len(e.Decision) + 15*8
	text := make([]byte, 0, size)
	for _, field := range []string{chainFormat, string(e.PrevHash[:]), e.Stream} {
		text = appendField(text, field)
	}
	for _, number := range []int64{e.Version, e.Time.UnixNano(), e.Recorded.UnixNano()} {
		text = binary.BigEndian.AppendUint64(text, uint64(number))
	}
	for _, field := range []string{e.ID, e.Type, e.SchemaVersion, e.CorrelationID, e.CausationID, e.Actor, e.Tenant} {
		text = appendField(text, field)
	}
	for _, field := range [][]byte{e.Data, e.Metadata, e.Decision} {
		text = appendField(text, field)
	}
	return sha256.Sum256(text)
}

func appendField[T string | []byte](text []byte, field T) []byte {
	return append(binary.BigEndian.AppendUint64(text, uint64(len(field))), field...)
}

// ChainError is an event that is not as it was stored, or not where it was.
type ChainError struct {
	Stream  string
	Version int64
	Reason  string
}

func (e *ChainError) Error() string {
	return fmt.Sprintf("verifying stream %q: version %d %s", e.Stream, e.Version, e.Reason)
}

// VerifyChain checks the hashes of events and returns how many it checked. The
// events may be of many streams, but of each one from its first version on and
// in order, as Read and ReadAll yield them. The first fault is a *ChainError.
func VerifyChain(events iter.Seq2[Event, error]) (checked int, err error) {
	type link struct {
		version int64
		hash    Hash
	}
	last := map[string]link{}
	for event, err := range events {
		if err != nil {
			return checked, err
		}
		before := last[event.Stream]
		if reason := event.fault(before.version, before.hash); reason != "" {
			return checked, &ChainError{Stream: event.Stream, Version: event.Version, Reason: reason}
		}
		last[event.Stream] = link{event.Version, event.Hash}
		checked++
	}
	return checked, nil
}

// fault says why e cannot follow the event of a version and a hash, or nothing.
func (e *Event) fault(version int64, hash Hash) string {
	switch {
	case e.Version != version+1:
		return fmt.Sprintf("follows version %d: events are missing, or out of order", version)
	case e.PrevHash != hash:
		return fmt.Sprintf("names %.8s as the hash of the event before it, which has %.8s", e.PrevHash, hash)
	case e.sum() != e.Hash:
		return "does not have the hash that was stored with it: it was changed"
	}
	return ""
}

// representable reports whether a store can keep a time to the nanosecond: the
// years from 1678 to 2261.
func representable(t time.Time) bool { return time.Unix(0, t.UnixNano()).Equal(t) }
