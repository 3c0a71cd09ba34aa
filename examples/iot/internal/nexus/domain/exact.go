package domain

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// decodeExact reads JSON as the Go value that into points to, where package json
// would read something else than what was judged. It takes a member for a field that
// differs from it in case, and the last of several; schemas tell them apart. So a
// member that was judged as one that nobody knows would replace one that was judged
// as what it is: such a member is an error. So is a number that would be rounded. A
// whole number is one however it is written: 1.0 and 1e2 are read as 1 and 100.
func decodeExact(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // numbers of any size pass
	var value any
	if err := decoder.Decode(&value); err != nil {
		return json.Unmarshal(text, into) // which says the same of all that is no JSON
	}
	var x exactness
	value = x.read(reflect.TypeOf(into).Elem(), value)
	if x.rewritten {
		var err error
		if text, err = json.Marshal(value); err != nil {
			return err
		}
	}
	if err := json.Unmarshal(text, into); err != nil {
		return err
	}
	if len(x.members) > 0 {
		return fmt.Errorf("the member %s", slices.Min(x.members))
	}
	if len(x.rounded) > 0 {
		return slices.MinFunc(x.rounded, func(a, b *RoundedError) int { return cmp.Compare(a.Pointer, b.Pointer) })
	}
	return nil
}

// RoundedError is a number of which the Go type keeps only a part.
type RoundedError struct {
	Pointer string // to the number, as JSON pointer
	Type    reflect.Type
}

func (e *RoundedError) Error() string {
	return fmt.Sprintf("%s: this number has more digits than the %s that the app keeps here", e.Pointer, e.Type)
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// exactness is what is found in a value that package json would read otherwise.
type exactness struct {
	path      []step   // to where it is looking
	members   []string // that would be taken for fields of another name
	rounded   []*RoundedError
	rewritten bool // a whole number was not written as one
}

// step is a member of an object, or a place in a list.
type step struct {
	member string
	place  int
	listed bool
}

func (s step) String() string {
	if s.listed {
		return strconv.Itoa(s.place)
	}
	return escape.Replace(s.member)
}

var escape = strings.NewReplacer("~", "~0", "/", "~1") // as a JSON pointer has them

// read looks at a value that is to become a t, and returns it with its whole numbers
// as Go reads them.
func (x *exactness) read(t reflect.Type, value any) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(unmarshaler) {
		return value // it reads itself
	}
	switch v := value.(type) {
	case json.Number:
		return x.number(t, v)
	case []any:
		if item, ok := itemOf(t, reflect.Slice, reflect.Array); ok {
			for i := range v {
				v[i] = x.below(step{place: i, listed: true}, item, v[i])
			}
		}
	case map[string]any:
		if t.Kind() == reflect.Struct {
			x.object(fieldsOf(t), v)
		} else if item, ok := itemOf(t, reflect.Map); ok {
			for member := range v {
				v[member] = x.below(step{member: member}, item, v[member])
			}
		}
	}
	return value
}

// itemOf is the type of the items of a t of one of some kinds. Those of an any are of
// any type too.
func itemOf(t reflect.Type, kinds ...reflect.Kind) (reflect.Type, bool) {
	switch {
	case t.Kind() == reflect.Interface:
		return t, true
	case slices.Contains(kinds, t.Kind()):
		return t.Elem(), true
	}
	return nil, false
}

func (x *exactness) object(fields map[string]reflect.Type, members map[string]any) {
	for member, value := range members {
		if field, exact := fields[member]; exact {
			members[member] = x.below(step{member: member}, field, value)
		} else if name := foldedName(fields, member); name != "" {
			x.members = append(x.members, fmt.Sprintf("%.100q is not known, but %q is, which differs only in case", member, name))
		}
	}
}

// below is read for what is at a step further down.
func (x *exactness) below(s step, t reflect.Type, value any) any {
	x.path = append(x.path, s)
	value = x.read(t, value)
	x.path = x.path[:len(x.path)-1]
	return value
}

// pointer is the JSON pointer to where it is looking.
func (x *exactness) pointer() string {
	var pointer strings.Builder
	for _, s := range x.path {
		pointer.WriteString("/" + s.String())
	}
	return pointer.String()
}

// number looks at a number that is to become a t.
func (x *exactness) number(t reflect.Type, n json.Number) any {
	switch kind := t.Kind(); {
	case reflect.Int <= kind && kind <= reflect.Uint64:
		if digits, ok := WholeNumber(n); ok && digits != n {
			x.rewritten = true
			return digits
		}
	case kind == reflect.Float32 && !keeps(n, 32), (kind == reflect.Float64 || kind == reflect.Interface) && !keeps(n, 64):
		if kind == reflect.Interface {
			t = reflect.TypeFor[float64]()
		}
		x.rounded = append(x.rounded, &RoundedError{Pointer: x.pointer(), Type: t})
	}
	return n
}

// foldedName is the field that an unknown member would be taken for, or empty.
func foldedName(fields map[string]reflect.Type, member string) string {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if strings.EqualFold(name, member) {
			return name
		}
	}
	return ""
}

// fieldsOf are the types of the fields of a struct by their names in JSON.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	if known, ok := knownFields.Load(t); ok {
		return known.(map[string]reflect.Type)
	}
	fields := map[string]reflect.Type{}
	for _, field := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		inlined := field.Anonymous && name == "" // its own fields are visible
		if field.IsExported() && !inlined && field.Tag.Get("json") != "-" {
			fields[cmp.Or(name, field.Name)] = field.Type
		}
	}
	knownFields.Store(t, fields)
	return fields
}

var knownFields sync.Map // of reflect.Type: what fieldsOf found
