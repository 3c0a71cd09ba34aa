package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"example.com/orders/internal/nexus/store"
)

// Fold says how the events of a stream become a state.
type Fold[S any] struct {
	New   func() S // the state before the first event
	Apply func(S, store.Event) (S, error)
}

// Until is a point in the life of a stream. The zero value is its end.
type Until struct {
	Version int64     // the last version; 0 is no bound
	Time    time.Time // the last moment at which an event was recorded; zero is no bound
}

// Point is the state of a stream after an event. All but State is zero before the
// first.
type Point[S any] struct {
	State    S
	Version  int64
	Position int64
	Recorded time.Time
	Hash     store.Hash
}

// A step is the state of a stream after an event.
type step[S any] struct {
	Point[S]
	event store.Event
}

// steps yields the state after each event.
func (f Fold[S]) steps(ctx context.Context, events Reader, stream string, until Until) iter.Seq2[step[S], error] {
	return func(yield func(step[S], error) bool) {
		at := Point[S]{State: f.New()}
		for event, err := range events.Read(ctx, stream, store.ReadOptions{UntilVersion: until.Version, UntilTime: until.Time}) {
			if err == nil {
				at.State, err = f.Apply(at.State, event)
				if err != nil {
					err = fmt.Errorf("folding stream %q: version %d, %s: %w", stream, event.Version, event.Type, err)
				}
			}
			at.Version, at.Position, at.Recorded, at.Hash = event.Version, event.Position, event.Recorded, event.Hash
			if !yield(step[S]{at, event}, err) || err != nil {
				return
			}
		}
	}
}

// At is the state of a stream at a point of its life, by folding all events up to
// there. What may use snapshots loads it faster; this one trusts events alone.
func At[S any](ctx context.Context, events Reader, f Fold[S], stream string, until Until) (Point[S], error) {
	last := Point[S]{State: f.New()}
	for step, err := range f.steps(ctx, events, stream, until) {
		if err != nil {
			return Point[S]{}, err
		}
		last = step.Point
	}
	return last, nil
}

// Write is an event that changed a value. Before and After are nil where there is
// no value.
type Write struct {
	Link
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// Writes are the events that changed a value of a stream's state, the newest
// first; Explain says where each comes from. The value is named by a JSON pointer
// into the state as JSON, "" being all of it. Events that wrote what was there
// already are left out.
func Writes[S any](ctx context.Context, events Reader, f Fold[S], stream, pointer string, until Until) ([]Write, error) {
	writes, _, err := LastWrites(ctx, events, f, stream, pointer, until, 0)
	return writes, err
}

// LastWrites are the newest of Writes, limit of them at most; 0 is all. If there are
// more, next is the version of the one that follows: as the version of until it leads
// to the next page.
func LastWrites[S any](ctx context.Context, events Reader, f Fold[S], stream, pointer string, until Until, limit int) (writes []Write, next int64, err error) {
	path, err := ParsePointer(pointer)
	if err != nil {
		return nil, 0, err
	}
	before, err := valueAt(f.New(), path)
	if err != nil {
		return nil, 0, err
	}
	writes = []Write{}
	for step, err := range f.steps(ctx, events, stream, until) {
		if err != nil {
			return nil, 0, err
		}
		after, err := valueAt(step.State, path)
		if err != nil {
			return nil, 0, err
		}
		if bytes.Equal(before, after) {
			continue
		}
		if limit > 0 && len(writes) == 2*limit {
			writes = slices.Delete(writes, 0, limit) // with the next one, the older half is not among the last
		}
		writes = append(writes, Write{LinkOf(step.event), before, after})
		before = after
	}
	if older := len(writes) - limit; limit > 0 && older > 0 {
		next = writes[older-1].Version
		writes = writes[older:]
	}
	slices.Reverse(writes)
	return writes, next, nil
}

// generic is a state as decoded JSON, with numbers as they are written.
func generic(state any) (value any, err error) {
	text, err := json.Marshal(state)
	if err != nil {
		return nil, fmt.Errorf("writing a state of type %T as JSON: %w", state, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	err = decoder.Decode(&value)
	return value, err
}

func valueAt(state any, path Pointer) (json.RawMessage, error) {
	value, err := generic(state)
	if err != nil {
		return nil, err
	}
	for _, key := range path {
		var there bool
		if value, there = child(value, key); !there {
			return nil, nil
		}
	}
	return json.Marshal(value)
}
