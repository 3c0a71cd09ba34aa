package scaffold

import (
	"slices"
	"strings"
)

// maxListed is how many fields the list that every aggregate has shows.
const maxListed = 8

// listOf is the read model that an aggregate has unless its spec says otherwise: all
// streams, with their status and the first plain fields of its events.
func listOf(s Spec, a *Aggregate) []ReadModel {
	name := plural(a.Name)
	for _, other := range s.Aggregates {
		for _, m := range other.ReadModels {
			if folded(m.Name) == folded(name) {
				return nil
			}
		}
	}
	var fields, filters []string
	if len(a.states()) > 0 {
		fields, filters = []string{"status"}, []string{"status"}
	}
	for _, e := range a.Events {
		for _, f := range e.Fields {
			if f.Name != a.ID && isPlain(f.Schema) && !slices.Contains(fields, f.Name) && len(fields) < maxListed {
				fields = append(fields, f.Name)
			}
		}
	}
	if len(fields) == 0 {
		fields = []string{a.ID}
	}
	return []ReadModel{{Name: name, Fields: fields, Filters: filters}}
}

// isPlain reports whether the values of a schema fit into a cell of a table.
func isPlain(schema map[string]any) bool {
	switch schema["type"] {
	case "string", "integer", "number", "boolean":
		return true
	}
	return schema["enum"] != nil
}

// plural is the English plural of a name, good enough to start with.
func plural(name string) string {
	lower := strings.ToLower(name)
	switch {
	case hasSuffix(lower, "s", "x", "z", "ch", "sh"):
		return name + "es"
	case strings.HasSuffix(lower, "y") && !hasSuffix(lower, "ay", "ey", "oy", "uy") && len(lower) > 1:
		return name[:len(name)-1] + "ies"
	}
	return name + "s"
}

func hasSuffix(text string, suffixes ...string) bool {
	return slices.ContainsFunc(suffixes, func(suffix string) bool { return strings.HasSuffix(text, suffix) })
}
