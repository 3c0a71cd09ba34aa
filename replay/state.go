package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// State is what the events of a stream add up to: a JSON value. Its numbers keep
// the text they were recorded with, and sums are exact.
//
// A State is changed only by Reducer.Apply. What Value and At return is never
// changed afterwards, so that it may be kept; it must not be changed by others.
type State struct {
	root any
	// tails are the arrays, by their first element, that this state may extend in
	// place: elements behind the end that others see are its own.
	tails map[*any]int
	past  *past // the events that led here; only a reducer that is a process needs it
}

// NewState makes a state of a JSON value: nil, bool, string, json.Number, []any
// or map[string]any.
func NewState(value any) *State { return &State{root: value} }

// Value is the whole state.
func (s *State) Value() any { return s.root }

// At is the value that a path leads to, and whether there is one.
func (s *State) At(p Path) (any, bool) { return p.in(s.root) }

// Equal reports whether two states are the same JSON value; numbers are compared
// by value, so that 1.10 is 1.1.
func (s *State) Equal(t *State) bool { return equal(s.root, t.root) }

// Clone is a state that changes by itself. It costs nothing: what both have in
// common is shared until one of them changes it.
func (s *State) Clone() *State {
	s.tails = nil
	return s.fork()
}

// fork is the state as it is now, to be looked at or to be gone on from. While s
// goes on too, only one of them may be changed.
func (s *State) fork() *State { return &State{root: s.root, past: s.past} }

// MarshalJSON is the canonical text of the state: no spaces, keys in the order
// of RFC 8785, numbers in the shortest text of their exact value.
func (s *State) MarshalJSON() ([]byte, error) { return appendCanonicalValue(nil, s.root) }

func (s *State) String() string {
	text, err := s.MarshalJSON()
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, equal)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	case json.Number:
		b, ok := b.(json.Number)
		return ok && (a == b || equalNumbers(a, b))
	default:
		return a == b && !isContainer(b)
	}
}

func isContainer(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

func equalNumbers(a, b json.Number) bool {
	x, errX := ParseDecimal(string(a))
	y, errY := ParseDecimal(string(b))
	return errX == nil && errY == nil && x.Cmp(y) == 0
}

var errNoPlace = errors.New("there is no such place in the state")

// put is root with a value at p. The objects on the way are copied, or made
// where nothing is; an array has the element already.
func put(root any, p Path, value any) (any, error) {
	if len(p) == 0 {
		return value, nil
	}
	switch v := root.(type) {
	case nil:
		if p[0].Key == "" {
			return nil, fmt.Errorf("%w: an array was expected", errNoPlace)
		}
		below, err := put(nil, p[1:], value)
		return map[string]any{p[0].Key: below}, err
	case map[string]any:
		if p[0].Key == "" {
			return nil, fmt.Errorf("%w: an array was expected", errNoPlace)
		}
		below, err := put(v[p[0].Key], p[1:], value)
		if err != nil {
			return nil, err
		}
		c := make(map[string]any, len(v)+1)
		maps.Copy(c, v)
		c[p[0].Key] = below
		return c, nil
	case []any:
		if p[0].Index < 0 || p[0].Index >= len(v) {
			return nil, fmt.Errorf("%w: the array has %d elements", errNoPlace, len(v))
		}
		below, err := put(v[p[0].Index], p[1:], value)
		if err != nil {
			return nil, err
		}
		c := slices.Clone(v)
		c[p[0].Index] = below
		return c, nil
	}
	return nil, fmt.Errorf("%w: %s has no members", errNoPlace, describe(root))
}

// remove is root without the value at p, which is there.
func remove(root any, p Path) any {
	if len(p) == 0 {
		return nil
	}
	switch v := root.(type) {
	case map[string]any:
		c := maps.Clone(v)
		if len(p) == 1 {
			delete(c, p[0].Key)
		} else {
			c[p[0].Key] = remove(v[p[0].Key], p[1:])
		}
		return c
	case []any:
		c := slices.Clone(v)
		if len(p) == 1 {
			return slices.Delete(c, p[0].Index, p[0].Index+1)
		}
		c[p[0].Index] = remove(v[p[0].Index], p[1:])
		return c
	}
	return root
}

// extend is list with a value behind it, in place when the room is s's own.
func (s *State) extend(list []any, value any) []any {
	if len(list) > 0 && len(list) < cap(list) && s.tails[&list[0]] == len(list) {
		list = append(list, value)
	} else {
		grown := make([]any, len(list), max(4, 2*len(list)))
		copy(grown, list)
		if len(list) > 0 {
			delete(s.tails, &list[0])
		}
		list = append(grown, value)
	}
	if s.tails == nil {
		s.tails = map[*any]int{}
	}
	s.tails[&list[0]] = len(list)
	return list
}

// describe names the kind of a JSON value.
func describe(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a truth value"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case []any:
		return "an array"
	}
	return "an object"
}
