package snapshot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/upcast"
)

// Aggregate says how the events of a stream become a state. The state must keep
// its meaning as JSON: CheckCuts finds out whether it does.
type Aggregate[S any] struct {
	Name string // of the kind of stream; upcasters of its states have it as their type
	// Schema is the version of the state as JSON, from 1.
	Schema int
	// Reducer names the code of Apply. It has to change whenever Apply may come to
	// another state: the digest of the program does.
	Reducer string
	New     func() S // the state before the first event
	// Apply is the state after an event. It depends on nothing else, and may change
	// the state that it is given.
	Apply func(S, store.Event) (S, error)
	// Upcasters lead states of older schemas to the present one. May be nil.
	Upcasters *upcast.Chain
}

// Fold is the state after events, which it takes from state on.
func (a Aggregate[S]) Fold(state S, events []store.Event) (S, error) {
	var err error
	for _, event := range events {
		if state, err = a.step(state, event); err != nil {
			return state, err
		}
	}
	return state, nil
}

func (a Aggregate[S]) step(state S, event store.Event) (S, error) {
	state, err := a.Apply(state, event)
	if err != nil {
		return state, fmt.Errorf("folding %s %q: version %d, %s: %w", a.Name, event.Stream, event.Version, event.Type, err)
	}
	return state, nil
}

// CheckCuts proves for events, from a stream's first on, what snapshots rely on:
// wherever the stream is cut, the state at the cut written as JSON and read back,
// with the rest folded onto it, is the state of all events. A state with a field
// that JSON leaves out fails.
func (a Aggregate[S]) CheckCuts(events []store.Event) error {
	whole, err := a.Fold(a.New(), events)
	if err != nil {
		return err
	}
	want, err := json.Marshal(whole)
	if err != nil {
		return err
	}
	for cut := range len(events) + 1 {
		got, err := a.foldCut(events[:cut], events[cut:])
		if err != nil {
			return fmt.Errorf("%s: a snapshot at version %d: %w", a.Name, cut, err)
		}
		if !bytes.Equal(got, want) {
			return fmt.Errorf("%s: a snapshot at version %d leads to the state %s, all events lead to %s: does the state have fields that JSON leaves out?", a.Name, cut, got, want)
		}
	}
	return nil
}

func (a Aggregate[S]) foldCut(head, tail []store.Event) ([]byte, error) {
	state, err := a.Fold(a.New(), head)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(state)
	if err != nil {
		return nil, err
	}
	if state, err = a.decode(text); err != nil {
		return nil, err
	}
	if state, err = a.Fold(state, tail); err != nil {
		return nil, err
	}
	return json.Marshal(state)
}

func (a Aggregate[S]) decode(text json.RawMessage) (S, error) {
	state := a.New()
	err := json.Unmarshal(text, &state)
	return state, err
}

var (
	errReducer = errors.New("another reducer made it")
	errSchema  = errors.New("no upcaster leads from its schema to the present one")
)

// restore is the state of a snapshot, or says why it is not to be trusted.
func (a Aggregate[S]) restore(s Snapshot) (S, error) {
	text := s.State
	switch {
	case s.Schema == a.Schema && s.Reducer != a.Reducer:
		return a.New(), errReducer
	case s.Schema != a.Schema:
		var err error
		if text, err = a.upcast(s); err != nil {
			return a.New(), err
		}
	}
	return a.decode(text)
}

func (a Aggregate[S]) upcast(s Snapshot) (json.RawMessage, error) {
	if _, ok := a.Upcasters.For(a.Name, s.Schema); !ok {
		return nil, errSchema
	}
	decoder := json.NewDecoder(bytes.NewReader(s.State))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows its state")
	}
	_, schema, value, _, err := a.Upcasters.Apply(a.Name, s.Schema, value)
	if err == nil && schema != a.Schema {
		err = errSchema
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(value)
}
