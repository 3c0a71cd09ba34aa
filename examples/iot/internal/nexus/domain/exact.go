package domain

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// decodeExact reads JSON as the Go value that into points to. Package json takes a
// member for a field that differs from it in case, and the last of several; schemas
// tell them apart. So a member that was judged as one that nobody knows would
// replace one that was judged as what it is: such a member is an error.
func decodeExact(text []byte, into any) error {
	if err := json.Unmarshal(text, into); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // numbers of any size pass
	var value any
	if err := decoder.Decode(&value); err != nil {
		return err
	}
	if members := inexact(nil, reflect.TypeOf(into).Elem(), value); len(members) > 0 {
		return fmt.Errorf("the member %s", slices.Min(members))
	}
	return nil
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// inexact adds the members of a value that would be taken for fields of another name.
func inexact(found []string, t reflect.Type, value any) []string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(unmarshaler) {
		return found // it reads itself
	}
	switch v := value.(type) {
	case []any:
		if t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
			for _, item := range v {
				found = inexact(found, t.Elem(), item)
			}
		}
	case map[string]any:
		switch t.Kind() {
		case reflect.Struct:
			found = inexactMembers(found, fieldsOf(t), v)
		case reflect.Map:
			for _, item := range v {
				found = inexact(found, t.Elem(), item)
			}
		}
	}
	return found
}

func inexactMembers(found []string, fields map[string]reflect.Type, members map[string]any) []string {
	for member, value := range members {
		if field, exact := fields[member]; exact {
			found = inexact(found, field, value)
		} else if name := foldedName(fields, member); name != "" {
			found = append(found, fmt.Sprintf("%.100q is not known, but %q is, which differs only in case", member, name))
		}
	}
	return found
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
