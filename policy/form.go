package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// A form is the JSON Schema of what rules see, as far as it says which keys there
// are: it makes a part of an input whole, as the loader would.
type form struct {
	Ref         string          `json:"$ref"`
	Type        types           `json:"type"`
	Enum        []string        `json:"enum"`
	AnyOf       []*form         `json:"anyOf"`
	Items       *form           `json:"items"`
	Properties  map[string]form `json:"properties"`
	Required    []string        `json:"required"`
	Additional  json.RawMessage `json:"additionalProperties"`
	Definitions map[string]form `json:"definitions"`

	root   *form
	values *form // of any other key; nil when there is none
}

// types is one type or several.
type types []string

// UnmarshalJSON takes "object" and ["object", "null"].
func (t *types) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		return json.Unmarshal(text, (*[]string)(t))
	}
	var one string
	err := json.Unmarshal(text, &one)
	*t = types{one}
	return err
}

// forms are those of input and of data.catalog.
type forms struct{ input, data *form }

func readForms() (*forms, error) {
	input, err := readForm(InputSchema)
	if err != nil {
		return nil, err
	}
	data, err := readForm(DataSchema)
	return &forms{input: input, data: data}, err
}

func readForm(schema []byte) (*form, error) {
	f := &form{}
	if err := json.Unmarshal(schema, f); err != nil {
		return nil, fmt.Errorf("reading the schema of a policy's input: %w", err)
	}
	f.root = f
	return f, nil
}

// A misfit is a part that the form has no place for.
type misfit struct{ pointer, message string }

// fill returns value with every required key that it lacks: null where that is allowed,
// else an empty list, an empty text, false or 0.
func (f *form) fill(value any, pointer string) (any, *misfit) {
	f, nullable := f.resolve()
	if value == nil && nullable || f.isAnything() {
		return value, nil
	}
	switch v := value.(type) {
	case map[string]any:
		if f.is("object") {
			return f.fillObject(v, pointer)
		}
	case []any:
		if f.is("array") {
			return f.fillList(v, pointer)
		}
	case string:
		if f.is("string") {
			return f.fillText(v, pointer)
		}
	case bool:
		if f.is("boolean") {
			return v, nil
		}
	case json.Number:
		if f.is("number") || f.is("integer") {
			return v, nil
		}
	}
	return nil, &misfit{pointer, fmt.Sprintf("expected %s, found %s", strings.Join(f.Type, " or "), document.Encode(value))}
}

// resolve follows a reference, and the one branch of anyOf beside null.
func (f *form) resolve() (to *form, nullable bool) {
	root := f.root
	if name, ok := strings.CutPrefix(f.Ref, "#/definitions/"); ok {
		target := root.Definitions[name]
		f = &target
	}
	for _, branch := range f.AnyOf {
		if branch.is("null") {
			nullable = true
		} else {
			f = branch
		}
	}
	f.root = root
	return f, nullable || f.is("null")
}

// isAnything reports whether every value is of the form.
func (f *form) isAnything() bool { return len(f.Type) == 0 && len(f.Enum) == 0 }

func (f *form) is(name string) bool { return slices.Contains(f.Type, name) }

// child is the form of a key.
func (f *form) child(key string) (*form, bool) {
	if property, known := f.Properties[key]; known {
		property.root = f.root
		return &property, true
	}
	if f.values == nil && bytes.HasPrefix(bytes.TrimSpace(f.Additional), []byte("{")) {
		f.values = &form{}
		if err := json.Unmarshal(f.Additional, f.values); err != nil {
			return nil, false
		}
		f.values.root = f.root
	}
	return f.values, f.values != nil
}

func (f *form) fillObject(object map[string]any, pointer string) (any, *misfit) {
	if len(f.Properties) == 0 && len(f.Additional) == 0 {
		return object, nil // anything goes
	}
	whole := make(map[string]any, len(f.Properties))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		child, known := f.child(key)
		if !known {
			names := slices.Sorted(maps.Keys(f.Properties))
			return nil, &misfit{document.Join(pointer, key), fmt.Sprintf("there is no %s; %s", key, nearestHint(key, names)[0])}
		}
		value, fault := child.fill(object[key], document.Join(pointer, key))
		if fault != nil {
			return nil, fault
		}
		whole[key] = value
	}
	for _, key := range f.Required {
		if _, there := whole[key]; !there {
			property := f.Properties[key]
			property.root = f.root
			whole[key] = property.empty()
		}
	}
	return whole, nil
}

func (f *form) fillList(list []any, pointer string) (any, *misfit) {
	whole := make([]any, len(list))
	items := *f.Items
	items.root = f.root
	for i, value := range list {
		element, fault := items.fill(value, document.Join(pointer, fmt.Sprint(i)))
		if fault != nil {
			return nil, fault
		}
		whole[i] = element
	}
	return whole, nil
}

func (f *form) fillText(text, pointer string) (any, *misfit) {
	if len(f.Enum) > 0 && !slices.Contains(f.Enum, text) {
		return nil, &misfit{pointer, fmt.Sprintf("%q is none of %s", text, strings.Join(f.Enum, ", "))}
	}
	return text, nil
}

// empty is the value of a key that is not given.
func (f *form) empty() any {
	f, nullable := f.resolve()
	switch {
	case nullable, f.isAnything():
		return nil
	case len(f.Enum) > 0:
		return f.Enum[0]
	case f.is("array"):
		return []any{}
	case f.is("object"):
		whole, _ := f.fillObject(map[string]any{}, "")
		return whole
	case f.is("boolean"):
		return false
	case f.is("string"):
		return ""
	}
	return json.Number("0")
}
