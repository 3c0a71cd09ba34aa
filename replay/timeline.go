package replay

import (
	"errors"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/nexus-blueprint/nexus/event"
)

// Options choose the part of a stream that is replayed. The zero value takes all.
type Options struct {
	At      Point
	KnownAt time.Time // leaves out what was recorded later
}

// Step is one event and what it changed.
type Step struct {
	Event         *event.Event
	Before, After *State
	Changed       []Change
	// Err says why the event could not be applied; it then changed nothing.
	Err *ApplyError
}

// Change is one value that an event changed. Before and After are nil and
// Added or Removed is set where there is no value.
type Change struct {
	Path           Path
	Before, After  any
	Added, Removed bool
	Rule           string
}

// Timeline replays a stream step by step. The error is for a point that the
// stream does not have, or for a reducer that broke.
func Timeline(r *Reducer, s Stream, o Options) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		events, err := s.until(o)
		if err != nil {
			yield(Step{}, err)
			return
		}
		state := r.Init()
		for _, e := range events {
			step, err := r.step(state, e)
			if !yield(step, err) || err != nil {
				return
			}
		}
	}
}

// step applies one event to the running state.
func (r *Reducer) step(state *State, e *event.Event) (Step, error) {
	step := Step{Event: e, Before: state.fork()}
	places, rules, err := r.apply(state, e)
	step.After = state.fork()
	if failed, ok := errors.AsType[*ApplyError](err); ok {
		step.Err = failed
		return step, nil
	}
	if err != nil {
		return Step{}, err
	}
	for i, place := range places {
		if slices.ContainsFunc(places[i+1:], func(p Path) bool { return place.below(p) }) {
			continue // written again by a later rule
		}
		before, had := place.in(step.Before.root)
		after, has := place.in(step.After.root)
		step.Changed = appendChanges(step.Changed, rules[i], place, before, had, after, has)
	}
	return step, nil
}

// Fold is the state of a stream at a point, and the events that could not be applied.
func Fold(r *Reducer, s Stream, o Options) (*State, []*ApplyError, error) {
	events, err := s.until(o)
	if err != nil {
		return nil, nil, err
	}
	state := r.Init()
	var failed []*ApplyError
	for _, e := range events {
		_, err := r.Apply(state, e)
		if failed, err = appendFailed(failed, err); err != nil {
			return nil, nil, err
		}
	}
	return state, failed, nil
}

// Diff lists what differs between two states, in the order of their paths.
func Diff(before, after *State) []Change {
	return appendChanges(nil, "", nil, before.root, true, after.root, true)
}

// appendChanges appends the differences of two values, as deep as both go.
func appendChanges(list []Change, rule string, at Path, before any, had bool, after any, has bool) []Change {
	switch {
	case !had && !has, had && has && equal(before, after):
		return list
	case had && has:
		if a, ok := before.(map[string]any); ok {
			if b, ok := after.(map[string]any); ok {
				return appendMemberChanges(list, rule, at, a, b)
			}
		}
		if a, ok := before.([]any); ok {
			if b, ok := after.([]any); ok {
				return appendElementChanges(list, rule, at, a, b)
			}
		}
	}
	return append(list, Change{Path: slices.Clone(at), Before: before, After: after, Added: !had, Removed: !has, Rule: rule})
}

func appendMemberChanges(list []Change, rule string, at Path, a, b map[string]any) []Change {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.SortFunc(keys, compareKeys[string])
	for _, key := range slices.Compact(keys) {
		before, had := a[key]
		after, has := b[key]
		list = appendChanges(list, rule, at.and(Segment{Key: key, Index: -1}), before, had, after, has)
	}
	return list
}

func appendElementChanges(list []Change, rule string, at Path, a, b []any) []Change {
	first := 0
	if len(a) > 0 && len(b) >= len(a) && &a[0] == &b[0] {
		first = len(a) // it only grew: states share what did not change
	}
	for i := first; i < max(len(a), len(b)); i++ {
		var before, after any
		if i < len(a) {
			before = a[i]
		}
		if i < len(b) {
			after = b[i]
		}
		list = appendChanges(list, rule, at.and(Segment{Index: i}), before, i < len(a), after, i < len(b))
	}
	return list
}
