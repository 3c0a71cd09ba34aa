package upcast

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
)

// A Kind names an operation.
type Kind string

// The operations.
const (
	Rename  Kind = "rename"  // {rename: a.b, to: c}: a.b becomes a.c
	Move    Kind = "move"    // {move: a.b, to: c.d}
	Copy    Kind = "copy"    // {copy: a.b, to: c.d}
	Set     Kind = "set"     // {set: a, value: 1}
	Default Kind = "default" // {default: a, value: 1}: where a is missing
	Remove  Kind = "remove"  // {remove: a}
	Wrap    Kind = "wrap"    // {wrap: a, as: b}: 5 becomes {b: 5}
	Unwrap  Kind = "unwrap"  // {unwrap: a, from: b}: {b: 5, …} becomes 5
	Split   Kind = "split"   // {split: a, by: " ", to: [b, c]}: the last takes the rest
	Join    Kind = "join"    // {join: [b, c], by: " ", to: a}
	Map     Kind = "map"     // {map: a, values: {old: new}}: other texts stay
)

// Operation is one change of an event's data. Which fields it uses is said by
// its Kind.
type Operation struct {
	Kind  Kind
	At    Path
	To    Path
	Value any
	Name  string // of wrap and unwrap
	By    string
	Names []Path // of split and join
	Texts map[string]any
}

// Path leads from the data to a member.
type Path []string

func (p Path) String() string { return strings.Join(p, ".") }

// apply returns the changed object; the given one stays as it is.
func (o Operation) apply(object map[string]any) (map[string]any, error) {
	switch o.Kind {
	case Set:
		return put(object, o.At, o.Value)
	case Join:
		return o.join(object)
	}
	value, found := get(object, o.At)
	switch {
	case o.Kind == Default && !found:
		return put(object, o.At, o.Value)
	case o.Kind == Default || !found:
		return object, nil
	}
	switch o.Kind {
	case Copy:
		return put(object, o.To, value)
	case Rename, Move:
		return put(remove(object, o.At), o.To, value)
	case Remove:
		return remove(object, o.At), nil
	case Wrap:
		return put(object, o.At, map[string]any{o.Name: value})
	case Unwrap:
		inner, ok := value.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s is no object", o.At)
		}
		if value, found = inner[o.Name]; !found {
			return object, nil
		}
		return put(object, o.At, value)
	case Map:
		text, isText := value.(string)
		if mapped, ok := o.Texts[text]; isText && ok {
			return put(object, o.At, mapped)
		}
		return object, nil
	default:
		return o.split(object, value)
	}
}

func (o Operation) split(object map[string]any, value any) (map[string]any, error) {
	text, ok := value.(string)
	if !ok {
		return nil, fmt.Errorf("%s is no string", o.At)
	}
	object = remove(object, o.At)
	for i, part := range strings.SplitN(text, o.By, len(o.Names)) {
		var err error
		if object, err = put(object, o.Names[i], part); err != nil {
			return nil, err
		}
	}
	return object, nil
}

func (o Operation) join(object map[string]any) (map[string]any, error) {
	var parts []string
	joined := object
	for _, name := range o.Names {
		value, found := get(object, name)
		if !found {
			continue
		}
		switch v := value.(type) {
		case string:
			parts = append(parts, v)
		case json.Number:
			parts = append(parts, string(v))
		default:
			return nil, fmt.Errorf("%s is neither a string nor a number", name)
		}
		joined = remove(joined, name)
	}
	if len(parts) == 0 {
		return object, nil
	}
	return put(joined, o.To, strings.Join(parts, o.By))
}

func get(object map[string]any, p Path) (any, bool) {
	value, found := object[p[0]]
	if !found || len(p) == 1 {
		return value, found
	}
	inner, ok := value.(map[string]any)
	if !ok {
		return nil, false
	}
	return get(inner, p[1:])
}

// put copies the objects on the way.
func put(object map[string]any, p Path, value any) (map[string]any, error) {
	if len(p) == 1 {
		return with(object, p[0], value), nil
	}
	inner, found := object[p[0]]
	below, ok := inner.(map[string]any)
	if found && !ok {
		return nil, fmt.Errorf("%s is no object, so it cannot hold %s", p[0], p[1:])
	}
	below, err := put(below, p[1:], value)
	if err != nil {
		return nil, err
	}
	return with(object, p[0], below), nil
}

// remove takes out the member at p, which is there.
func remove(object map[string]any, p Path) map[string]any {
	c := maps.Clone(object)
	if len(p) == 1 {
		delete(c, p[0])
		return c
	}
	c[p[0]] = remove(object[p[0]].(map[string]any), p[1:])
	return c
}
