package store

import (
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"
	"unicode/utf8"
)

// What follows is for those who write a store: it keeps them to one meaning of
// a valid append and of a repeated one.

const (
	maxName      = 1 << 10  // bytes of a stream's name, an id, a type
	maxEventSize = 16 << 20 // bytes of the JSON of an event
)

// Prepare checks an append and returns copies of its events as they are to be
// stored, but for what only the commit knows: Seal them then. What is wrong is
// an ErrInvalid, or an ErrDuplicateID when an id is there twice.
func Prepare(stream string, expected Expected, events []Event) ([]Event, error) {
	if fault := appendFault(stream, expected, events); fault != "" {
		return nil, fmt.Errorf("appending to stream %.100q: %w: %s", stream, ErrInvalid, fault)
	}
	prepared := make([]Event, len(events))
	seen := make(map[string]bool, len(events))
	for i, event := range events {
		if fault := event.invalid(); fault != "" {
			return nil, fmt.Errorf("appending to stream %q: %w: event %d of %d, %.100q: %s", stream, ErrInvalid, i+1, len(events), event.ID, fault)
		}
		if seen[event.ID] {
			return nil, &DuplicateIDError{Stream: stream, ID: event.ID}
		}
		seen[event.ID] = true
		prepared[i] = event.given(stream)
	}
	return prepared, nil
}

func appendFault(stream string, expected Expected, events []Event) string {
	switch {
	case stream == "":
		return "the stream has no name"
	case !isName(stream):
		return fmt.Sprintf("the stream's name is longer than %d bytes, no UTF-8, or holds a NUL", maxName)
	case expected < Any:
		return fmt.Sprintf("%d is no version", expected)
	case len(events) == 0:
		return "there are no events"
	}
	return ""
}

// invalid says why no store takes the event, or nothing.
func (e *Event) invalid() string {
	switch {
	case e.ID == "":
		return "it has no id"
	case e.Type == "":
		return "it has no type"
	case len(e.Data)+len(e.Metadata)+len(e.Decision) > maxEventSize:
		return fmt.Sprintf("its JSON is larger than %d bytes", maxEventSize)
	case !e.Time.IsZero() && !representable(e.Time):
		return "its time is not between the years 1678 and 2261"
	}
	for _, name := range []string{e.ID, e.Type, e.SchemaVersion, e.CorrelationID, e.CausationID, e.Actor, e.Tenant} {
		if !isName(name) {
			return fmt.Sprintf("%.100q is longer than %d bytes, no UTF-8, or holds a NUL", name, maxName)
		}
	}
	for _, part := range []struct {
		name string
		text json.RawMessage
	}{{"data", e.Data}, {"metadata", e.Metadata}, {"decision", e.Decision}} {
		if len(part.text) > 0 && !(json.Valid(part.text) && utf8.Valid(part.text)) {
			return "its " + part.name + " is not JSON in UTF-8"
		}
	}
	return ""
}

func isName(s string) bool {
	return len(s) <= maxName && utf8.ValidString(s) && !strings.Contains(s, "\x00")
}

// given is a copy of what the caller of Append gives, for a stream.
func (e Event) given(stream string) Event {
	for _, part := range []*json.RawMessage{&e.Data, &e.Metadata, &e.Decision} {
		*part = append(json.RawMessage(nil), *part...) // nil if empty
	}
	e.Stream, e.Version, e.Position = stream, 0, 0
	e.Recorded, e.Hash, e.PrevHash = time.Time{}, Hash{}, Hash{}
	if !e.Time.IsZero() {
		e.Time = e.Time.Round(0).UTC()
	}
	return e
}

// Commit sets what is known when an event is written, and seals it: that it
// follows a version and a hash in its stream, is at a position, and when.
func (e *Event) Commit(version int64, hash Hash, position int64, recorded time.Time) {
	e.Version, e.Position, e.Recorded = version+1, position, recorded.Round(0).UTC()
	if e.Time.IsZero() {
		e.Time = e.Recorded
	}
	e.Seal(hash)
}

// Repeated judges an append of prepared events, some of whose ids may be stored;
// find looks one up. If none is, ok is false. If all are, as they are given and
// where they would go, it answers what the first append answered. All else is a
// *DuplicateIDError.
func Repeated(stream string, expected Expected, events []Event, find func(id string) (stored Event, ok bool, err error)) (first Appended, ok bool, err error) {
	var last Event
	for i, event := range events {
		stored, found, err := find(event.ID)
		switch {
		case err != nil:
			return Appended{}, false, err
		case !found && last.Version == 0:
			continue // the first of them, or none so far
		case !found:
			return Appended{}, false, &DuplicateIDError{Stream: stream, ID: last.ID, Holder: last.Place()}
		}
		begins := i == 0 && (expected == Any || stored.Version == int64(expected)+1)
		follows := i > 0 && last.Version > 0 && stored.Version == last.Version+1
		if stored.Stream != stream || !begins && !follows || !event.repeats(stored) {
			return Appended{}, false, &DuplicateIDError{Stream: stream, ID: event.ID, Holder: stored.Place()}
		}
		last = stored
	}
	return Appended{Version: last.Version, Position: last.Position}, last.Version > 0, nil
}

// Pages yields what page returns after a number, then after the number of the
// last of those, and so on until a page is shorter than size. A reader that is
// slow holds nothing of the store between two pages.
func Pages[T any](after int64, size int, page func(after int64) ([]T, error), number func(T) int64) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for after := after; ; {
			items, err := page(after)
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if err != nil {
				var none T
				yield(none, err)
			}
			if err != nil || len(items) < size {
				return
			}
			after = number(items[len(items)-1])
		}
	}
}
