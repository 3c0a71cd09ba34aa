package audit

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// Change is a value that two states do not have in common. Before and After are
// nil where there is no value.
type Change struct {
	Pointer string          `json:"pointer"`
	Before  json.RawMessage `json:"before,omitempty"`
	After   json.RawMessage `json:"after,omitempty"`
}

// Compare lists what changed between two states, as JSON, sorted by the members'
// names. Lists are compared item by item.
func Compare(before, after any) ([]Change, error) {
	a, err := generic(before)
	if err != nil {
		return nil, err
	}
	b, err := generic(after)
	if err != nil {
		return nil, err
	}
	return appendChanges([]Change{}, nil, some{a, true}, some{b, true})
}

// some is a value that may be missing.
type some struct {
	value any
	there bool
}

func appendChanges(list []Change, path Pointer, a, b some) ([]Change, error) {
	before, after, err := a.texts(b)
	if err != nil || bytes.Equal(before, after) {
		return list, err
	}
	keys, inA, inB := members(a, b)
	if keys == nil {
		return append(list, Change{path.String(), before, after}), nil
	}
	for _, key := range keys {
		next := append(slices.Clone(path), key)
		if list, err = appendChanges(list, next, inA(key), inB(key)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (a some) texts(b some) (before, after json.RawMessage, err error) {
	if a.there {
		if before, err = json.Marshal(a.value); err != nil {
			return nil, nil, err
		}
	}
	if b.there {
		after, err = json.Marshal(b.value)
	}
	return before, after, err
}

// members are the names in two objects, or the places in two lists; nil if they
// are not both of a kind.
func members(a, b some) (keys []string, inA, inB func(string) some) {
	if x, y, ok := both[map[string]any](a, b); ok {
		all := maps.Clone(x)
		maps.Copy(all, y)
		look := func(object map[string]any) func(string) some {
			return func(key string) some { value, there := object[key]; return some{value, there} }
		}
		return slices.Sorted(maps.Keys(all)), look(x), look(y)
	}
	if x, y, ok := both[[]any](a, b); ok {
		for i := range max(len(x), len(y)) {
			keys = append(keys, strconv.Itoa(i))
		}
		look := func(list []any) func(string) some {
			return func(key string) some { value, there := child(list, key); return some{value, there} }
		}
		return keys, look(x), look(y)
	}
	return nil, nil, nil
}

func both[T any](a, b some) (x, y T, ok bool) {
	x, isX := a.value.(T)
	y, isY := b.value.(T)
	return x, y, isX && isY
}
