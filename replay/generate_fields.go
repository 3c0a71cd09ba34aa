package replay

import (
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/document"
)

// fieldShape is the shape of an object with the fields that a catalog lists.
func fieldShape(fields []catalog.Field) *dataShape {
	root := &dataShape{kind: objectShape}
	for _, f := range fields {
		at := root
		steps := strings.Split(f.Path, ".")
		for i, step := range steps {
			name, isArray := strings.CutSuffix(step, "[]")
			key := document.Encode(name) + ":"
			n := slices.IndexFunc(at.members, func(m member) bool { return m.key == key })
			if n < 0 {
				value := typeShape(plainName(name), f.Type)
				if isArray {
					value = &dataShape{name: value.name, kind: arrayShape, items: value}
				}
				at.members = append(at.members, member{key: key, value: value, required: f.Required, always: true})
				n = len(at.members) - 1
			}
			if at = at.members[n].value; at.items != nil {
				at = at.items
			}
			if at.format != "" {
				break // a well-known type, written as one value
			}
			if i < len(steps)-1 {
				at.kind = objectShape
			}
		}
	}
	return root
}

// typeShape is the shape of a field by the name its language has for the type.
// Numbers of 64 bits are text in Protobuf's JSON only; there the names have no long.
func typeShape(name, typeName string) *dataShape {
	s := &dataShape{name: name, kind: stringShape}
	t := strings.ToLower(typeName)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(t, word) })
	}
	switch {
	case has("millis"):
		s.kind, s.format = integerShape, "millis"
	case has("micros"):
		s.kind, s.format = integerShape, "micros"
	case has("timestamp", "date-time"):
		s.format = "date-time"
	case has("uuid"):
		s.format = "uuid"
	case has("date"):
		s.format = "date"
	case has("int64", "fixed64"):
		s.kind, s.text = integerShape, true
	case has("long") && strings.HasSuffix(name, "at"):
		s.kind, s.format = integerShape, "millis"
	case has("int", "long", "fixed32"):
		s.kind = integerShape
	case has("double", "float", "decimal", "number"):
		s.kind = numberShape
	case has("bool"):
		s.kind = booleanShape
	case has("record", "object", "message"):
		s.kind = objectShape
	}
	return s
}

// firstID is the name of the first field that names something.
func (s *dataShape) firstID() string {
	for _, m := range s.members {
		if isID(m.value.name) {
			return m.value.name
		}
	}
	return ""
}

// relates reports whether two events are about one thing: they name it by a field
// of the same name, or at least one of them names nothing.
func (s *dataShape) relates(to *dataShape) bool {
	return s.firstID() == "" || to.firstID() == "" ||
		slices.ContainsFunc(s.members, func(m member) bool { return isID(m.value.name) && to.has(m.value.name) })
}

func (s *dataShape) has(name string) bool {
	return slices.ContainsFunc(s.members, func(m member) bool { return m.value.name == name })
}

func (s *dataShape) hasRequired() bool {
	return slices.ContainsFunc(s.members, func(m member) bool { return m.required })
}
