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
	if size(value, maxWitness) >= maxWitness || q.from.graph.root.accepts(value) != yes || q.into.graph.root.accepts(value) != no {
		return nil
	}
	if !q.from.graph.root.affordable(value) || !q.into.graph.root.affordable(value) {
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
	reasons := into.leaves(refusal, focuses)
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
func (v *validator) leaves(e *jsonschema.ValidationError, focuses []focus) []refusal {
	var all []refusal
	var visit func(e *jsonschema.ValidationError)
	visit = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			text := v.reason(e)
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

// reason is the library's message, with the allowed values as the schema has
// them: the library prints numbers as texts.
func (v *validator) reason(e *jsonschema.ValidationError) string {
	uri, pointer, _ := strings.Cut(e.AbsoluteKeywordLocation, "#")
	if uri != v.main.uri {
		return settle(e.Message)
	}
	value, ok := valueAt(v.main.doc.Value(), plainPointer(pointer))
	switch list, isList := value.([]any); {
	case !ok:
	case strings.HasSuffix(pointer, "/const"):
		return "value must be " + short(value)
	case strings.HasSuffix(pointer, "/enum") && isList:
		return "value must be one of " + shortList(list)
	}
	return settle(e.Message)
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

// shrinkBudget bounds the work of making the witnesses of one comparison smaller,
// in members and items judged.
const shrinkBudget = 100_000

// shrink drops what a document does not need to stay accepted by from and
// refused by target.
func (c *comparer) shrink(q question, target *node, value any) any {
	if size(value, maxWitness) >= maxWitness {
		return value
	}
	s := shrinker{left: &c.shrinkLeft, holds: func(v any) bool {
		return q.from.graph.root.accepts(v) == yes && target.accepts(v) == no && q.into.graph.root.accepts(v) == no
	}}
	return s.shrunk(value)
}

// maxWitness bounds the members and items of a witness. The parts of a document
// may be shared where references fan out, so that it is far larger than what
// was built.
const maxWitness = 50_000

// size counts the values in v, up to limit.
func size(v any, limit int) int {
	n := 1
	switch v := v.(type) {
	case map[string]any:
		for _, member := range v {
			if n >= limit {
				break
			}
			n += size(member, limit-n)
		}
	case []any:
		for _, item := range v {
			if n >= limit {
				break
			}
			n += size(item, limit-n)
		}
	}
	return n
}

// shrinker makes a value smaller while it holds and the budget lasts.
type shrinker struct {
	left  *int
	holds func(any) bool
}

// try judges a smaller value and charges it to the budget.
func (s shrinker) try(v any) bool {
	*s.left -= 1 + size(v, *s.left)
	return *s.left > 0 && s.holds(v)
}

// within is a shrinker for a part, which place puts into the whole.
func (s shrinker) within(place func(part any) any) shrinker {
	return shrinker{s.left, func(part any) bool { return s.holds(place(part)) }}
}

// shrunk removes members and items one by one, outermost first.
func (s shrinker) shrunk(value any) any {
	switch v := value.(type) {
	case map[string]any:
		return s.object(v)
	case []any:
		return s.array(v)
	}
	return value
}

func (s shrinker) object(v map[string]any) any {
	v = maps.Clone(v) // values are shared with the solver's memo
	for _, name := range sortedKeys(v) {
		if *s.left <= 0 {
			return v
		}
		smaller := maps.Clone(v)
		delete(smaller, name)
		if s.try(smaller) {
			v = smaller
		}
	}
	for _, name := range sortedKeys(v) {
		v[name] = s.within(func(part any) any {
			whole := maps.Clone(v)
			whole[name] = part
			return whole
		}).shrunk(v[name])
	}
	return v
}

func (s shrinker) array(v []any) any {
	v = slices.Clone(v)
	for i := len(v) - 1; i >= 0 && *s.left > 0; i-- {
		if smaller := slices.Delete(slices.Clone(v), i, i+1); s.try(smaller) {
			v = smaller
		}
	}
	for i := range v {
		if *s.left <= 0 {
			break
		}
		v[i] = s.within(func(part any) any {
			whole := slices.Clone(v)
			whole[i] = part
			return whole
		}).shrunk(v[i])
	}
	return v
}
