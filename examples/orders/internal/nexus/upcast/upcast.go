// Package upcast turns recorded events of old schema versions into what the
// newest version would have recorded, so that readers know one version only.
//
//	upcast:
//	  - {type: Deposited, from: 1, to: 2, do: [{rename: sum, to: amount}, {default: channel, value: web}]}
//	  - {type: Deposited, from: 2, to: 3, type_to: Credited, do: [{wrap: amount, as: money}]}
//
// An upcaster is data and not code: a list of operations on JSON values. This
// package is the grammar and its reference interpreter; whoever compiles the
// operations to something faster is tested against it.
//
// Values are as encoding/json decodes them into any with UseNumber: numbers are
// json.Number and keep their text. Paths are members joined by dots, a.b.c; a
// name with a dot in it cannot be named.
//
// # What operations do
//
// An operation on a member that is not there does nothing, so that optional
// members need no condition; set and default make the objects on their way. A
// way that leads through something that is no object is an error.
package upcast

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// Chain holds upcasters by type: each leads from one version to a later one, and
// what follows one another has no gap. The zero value has none. It is immutable
// and safe for concurrent use.
type Chain struct {
	upcasters []Upcaster
	byType    map[string]map[int]*Upcaster // by type and the version it starts from
}

// Upcaster leads the events of one type from a version to a later one.
type Upcaster struct {
	Type     string // the full type, or its last part without .vN
	From, To int
	Do       []Operation
	TypeTo   string // the type's new name; empty: it keeps its own
}

// Upcasters lists the upcasters in the order they were written.
func (c *Chain) Upcasters() []Upcaster {
	if c == nil {
		return nil
	}
	return c.upcasters
}

// For is the upcaster that an event of a type and version needs next.
func (c *Chain) For(typeName string, version int) (*Upcaster, bool) {
	if c == nil {
		return nil, false
	}
	steps, ok := c.byType[typeName]
	if !ok {
		steps, ok = c.byType[ShortType(typeName)]
	}
	if !ok {
		return nil, false
	}
	u, ok := steps[version]
	return u, ok
}

// Apply upcasts an event's data as far as the chain leads. The data that was
// given is not changed; changed is false when no upcaster is for it.
func (c *Chain) Apply(typeName string, version int, data any) (newType string, newVersion int, newData any, changed bool, err error) {
	for {
		u, ok := c.For(typeName, version)
		if !ok {
			return typeName, version, data, changed, nil
		}
		if data, err = u.Apply(data); err != nil {
			return typeName, version, nil, changed, fmt.Errorf("upcasting %s from version %d to %d: %w", typeName, u.From, u.To, err)
		}
		version, changed = u.To, true
		if u.TypeTo != "" {
			typeName = u.TypeTo
		}
	}
}

var errNoObject = errors.New("the data is no object")

// Apply runs the operations of one upcaster in order.
func (u *Upcaster) Apply(data any) (any, error) {
	object, ok := data.(map[string]any)
	if !ok && len(u.Do) > 0 {
		return nil, errNoObject
	}
	if len(u.Do) == 0 {
		return data, nil
	}
	for i, op := range u.Do {
		next, err := op.apply(object)
		if err != nil {
			return nil, fmt.Errorf("operation %d, %s: %w", i+1, op.Kind, err)
		}
		object = next
	}
	return object, nil
}

// ShortType is the last part of a type's name without a version behind it:
// com.bank.Deposited and com.bank.Deposited.v2 are Deposited.
func ShortType(name string) string {
	last := func(name string) string { return name[strings.LastIndexAny(name, "./:")+1:] }
	short := last(name)
	if isVersion(short) && len(short) < len(name) {
		short = last(name[:len(name)-len(short)-1])
	}
	return short
}

var errVersion = errors.New("the schema version does not start with a number")

// Version reads a schema version: 2, v2 and 2.1.0 are version 2. Where none is
// recorded it is the .vN that the type's name ends with, else 1.
func Version(text, typeName string) (int, error) {
	if text == "" {
		name := typeName[strings.LastIndexAny(typeName, "./:")+1:]
		if isVersion(name) {
			return strconv.Atoi(strings.TrimPrefix(name, "v"))
		}
		return 1, nil
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(text, "v"), ".")
	if !isCount(major) {
		return 0, errVersion
	}
	return strconv.Atoi(major)
}

// isVersion reports whether a part of a type's name is a version: v2 or 2.
func isVersion(part string) bool { return isCount(strings.TrimPrefix(part, "v")) }

func isCount(text string) bool {
	return text != "" && len(text) < 10 && strings.Trim(text, "0123456789") == ""
}

// with is a copy of object in which key has a value.
func with(object map[string]any, key string, value any) map[string]any {
	c := maps.Clone(object)
	if c == nil {
		c = map[string]any{}
	}
	c[key] = value
	return c
}
