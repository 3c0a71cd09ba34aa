package cmd

import (
	"encoding/json"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/schema"
)

// redactor hides recorded values from every output but the terminal. Keys and
// types stay: they are what a schema or a reducer is about.
type redactor struct {
	shown map[string]bool // paths of fields that are declared to be nobody's personal data
	all   bool            // --show-data: nothing is hidden
}

// newRedactor makes the redactor of an event; the event may be nil when no
// catalog describes it, and then every value is hidden.
func newRedactor(e *catalog.Event, showData bool) redactor {
	r := redactor{shown: map[string]bool{}, all: showData}
	if e == nil {
		return r
	}
	for _, f := range e.Fields {
		pii := f.Facts().PII
		r.shown[f.Path] = pii.Known() && !pii.Get
	}
	return r
}

// value is a copy of a recorded value with its scalars hidden.
func (r redactor) value(path string, v any) any {
	if r.all {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		members := make(map[string]any, len(v))
		for key, member := range v {
			members[key] = r.value(schema.MemberPath(path, key), member)
		}
		return members
	case []any:
		elements := make([]any, len(v))
		for i, element := range v {
			elements[i] = r.value(schema.ElementPath(path), element)
		}
		return elements
	}
	if r.shown[path] {
		return v
	}
	return hidden(v)
}

// hidden stands for a value that is not shown.
func hidden(v any) any {
	switch v.(type) {
	case string:
		return "(string)"
	case json.Number:
		return "(number)"
	case bool:
		return "(boolean)"
	}
	return nil
}
