package jsonschema

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// witness has the validator judge a document, and returns nil unless it confirms
// that from accepts the document and into rejects it. A document whose verdict
// hangs on a pattern that cannot be compiled confirms nothing.
// The reason given is one at a focus, if there is one: a document may be refused
// for several.
func (q question) witness(value any, focuses []focus) *report.Witness {
	if q.from.graph.root.accepts(value) != yes || q.into.graph.root.accepts(value) != no {
		return nil
	}
	from, err := q.from.parsed.validator()
	if err != nil {
		return nil
	}
	into, err := q.into.parsed.validator()
	if err != nil {
		return nil
	}
	if from.Validate(value) != nil {
		return nil
	}
	var refusal *jsonschema.ValidationError
	if !errors.As(into.Validate(value), &refusal) {
		return nil
	}
	reasons := leaves(refusal, focuses)
	w := &report.Witness{
		Encoding: "json", Document: value, Text: document.Encode(value), Origin: "search",
		Old: "accepts", New: "rejects: " + reasons[0].text, DependsOn: dependsOn(reasons),
	}
	if q.direction == "forward" {
		w.Old, w.New = w.New, w.Old
	}
	return w
}

// refusal is one reason of the validator.
type refusal struct {
	keyword string // its place in the schema, by way of references
	text    string
	focused bool
}

// leaves lists the validator's innermost reasons, those at a focus first, else
// in a fixed order: the library walks maps.
func leaves(e *jsonschema.ValidationError, focuses []focus) []refusal {
	var all []refusal
	var visit func(e *jsonschema.ValidationError)
	visit = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			text := settle(e.Message)
			if e.InstanceLocation != "" {
				text = e.InstanceLocation + ": " + text
			}
			all = append(all, refusal{e.KeywordLocation, text, focusedAt(e.AbsoluteKeywordLocation, focuses)})
		}
		for _, cause := range e.Causes {
			visit(cause)
		}
	}
	visit(e)
	slices.SortFunc(all, func(a, b refusal) int {
		if a.focused != b.focused {
			if a.focused {
				return -1
			}
			return 1
		}
		return strings.Compare(a.keyword+a.text, b.keyword+b.text)
	})
	return all
}

// focusedAt reports whether a keyword's absolute location is at one of the
// focuses.
func focusedAt(location string, focuses []focus) bool {
	_, pointer, _ := strings.Cut(location, "#")
	if unescaped, err := url.PathUnescape(pointer); err == nil {
		pointer = unescaped
	}
	return slices.ContainsFunc(focuses, func(f focus) bool {
		return strings.HasPrefix(pointer, document.Join(f.node.pointer, f.keyword)) &&
			(f.keyword != "properties" || strings.HasPrefix(pointer, document.Join(f.node.pointer, f.keyword, f.name)))
	})
}

// settle puts the names that the library lists in map order into their own.
func settle(message string) string {
	const prefix, suffix = "additionalProperties ", " not allowed"
	if list, ok := strings.CutPrefix(message, prefix); ok {
		if list, ok = strings.CutSuffix(list, suffix); ok {
			names := strings.Split(list, ", ")
			slices.Sort(names)
			return prefix + strings.Join(names, ", ") + suffix
		}
	}
	return message
}

// dependsOn says whether the refusal rests on what validators judge differently.
func dependsOn(reasons []refusal) []string {
	on := []string{}
	for _, r := range reasons {
		tokens := document.Split(r.keyword)
		name := ""
		if len(tokens) > 0 {
			name = tokens[len(tokens)-1]
		}
		switch {
		case name == "format", strings.HasPrefix(name, "content"):
			on = append(on, "format")
		case name == "pattern", slices.Contains(tokens, "patternProperties"):
			on = append(on, "pattern")
		}
	}
	slices.Sort(on)
	return slices.Compact(on)
}

// shrinkTries bounds how many smaller documents are tried.
const shrinkTries = 200

// shrink drops what a document does not need to stay accepted by from and
// refused by target.
func (c *comparer) shrink(q question, target *node, value any) any {
	tries := shrinkTries
	holds := func(v any) bool {
		tries--
		return tries > 0 && q.from.graph.root.accepts(v) == yes && target.accepts(v) == no && q.into.graph.root.accepts(v) == no
	}
	return shrunk(value, holds)
}

// shrunk removes members and items one by one, outermost first, while holds.
func shrunk(value any, holds func(any) bool) any {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range sortedKeys(v) {
			smaller := maps.Clone(v)
			delete(smaller, name)
			if holds(smaller) {
				v = smaller
			}
		}
		for _, name := range sortedKeys(v) {
			member := v[name]
			v = maps.Clone(v)
			v[name] = shrunk(member, func(m any) bool {
				other := maps.Clone(v)
				other[name] = m
				return holds(other)
			})
		}
		return v
	case []any:
		for i := len(v) - 1; i >= 0; i-- {
			if smaller := slices.Delete(slices.Clone(v), i, i+1); holds(smaller) {
				v = smaller
			}
		}
		for i := range v {
			item := v[i]
			v = slices.Clone(v)
			v[i] = shrunk(item, func(m any) bool {
				other := slices.Clone(v)
				other[i] = m
				return holds(other)
			})
		}
		return v
	}
	return value
}
