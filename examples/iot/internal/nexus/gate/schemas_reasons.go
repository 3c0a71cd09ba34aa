package gate

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// maxReasons is how many reasons against one document are listed.
const maxReasons = 100

// reasons lists the causes of a refusal that have none of their own, in a fixed
// order, and says how many more there are.
func (s *schema) reasons(refusal *jsonschema.ValidationError) (listed []SchemaReason, omitted int) {
	var visit func(*jsonschema.ValidationError)
	visit = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			listed = append(listed, SchemaReason{Pointer: plainPointer(e.InstanceLocation), Keyword: e.KeywordLocation, Message: s.message(e)})
		}
		for _, cause := range e.Causes {
			visit(cause)
		}
	}
	visit(refusal)
	slices.SortFunc(listed, func(a, b SchemaReason) int {
		return cmp.Or(cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Keyword, b.Keyword), cmp.Compare(a.Message, b.Message))
	})
	listed = slices.Compact(listed)
	if len(listed) > maxReasons {
		listed, omitted = listed[:maxReasons:maxReasons], len(listed)-maxReasons
	}
	return listed, omitted
}

// message is the validator's message without what the document holds: a reason is
// shown to more people than the document is.
func (s *schema) message(e *jsonschema.ValidationError) string {
	keyword := e.KeywordLocation[strings.LastIndexByte(e.KeywordLocation, '/')+1:]
	switch keyword {
	case "format", "multipleOf":
		for _, phrase := range []string{"is not valid ", "not multipleOf "} {
			if at := strings.LastIndex(e.Message, phrase); at >= 0 {
				return strings.Replace(e.Message[at:], "not multipleOf", "is no multiple of", 1)
			}
		}
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		limit, _, _ := strings.Cut(e.Message, " but found ")
		return limit
	case "const", "enum":
		if text, ok := s.wanted(e.AbsoluteKeywordLocation); ok {
			return text
		}
	case "additionalProperties":
		return sortNames(e.Message)
	}
	return e.Message
}

// wanted says what an enum or const wants: the validator prints numbers as texts.
func (s *schema) wanted(location string) (string, bool) {
	uri, pointer, _ := strings.Cut(location, "#")
	resource := s.resources[uri]
	if resource == nil {
		return "", false
	}
	value, ok := valueAt(resource.value, plainPointer(pointer))
	if !ok {
		return "", false
	}
	list, isList := value.([]any)
	if !isList || strings.HasSuffix(pointer, "/const") {
		return "must be " + brieflyJSON(value), true
	}
	texts := make([]string, len(list))
	for i, item := range list {
		texts[i] = brieflyJSON(item)
	}
	const most = 20
	if len(texts) > most {
		texts = append(texts[:most], "or one of "+strconv.Itoa(len(list)-most)+" others")
	}
	return "must be one of " + strings.Join(texts, ", "), true
}

// brieflyJSON is the text of a schema's value, shortened.
func brieflyJSON(value any) string {
	const most = 60
	text, err := json.Marshal(value)
	if err != nil || len(text) > most {
		return "a certain " + jsonType(value)
	}
	return string(text)
}

func jsonType(value any) string {
	switch value.(type) {
	case map[string]any:
		return "object"
	case []any:
		return "array"
	}
	return "text"
}

// sortNames puts the names that the validator lists in the order of a map into
// their own.
func sortNames(message string) string {
	const prefix, suffix = "additionalProperties ", " not allowed"
	list, ok := strings.CutPrefix(message, prefix)
	if list, cut := strings.CutSuffix(list, suffix); ok && cut {
		names := strings.Split(list, ", ")
		slices.Sort(names)
		return "has properties that are not allowed: " + strings.Join(names, ", ")
	}
	return message
}

// valueAt follows a JSON pointer.
func valueAt(value any, pointer string) (any, bool) {
	for _, token := range strings.Split(pointer, "/")[1:] {
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		switch v := value.(type) {
		case map[string]any:
			next, ok := v[token]
			if !ok {
				return nil, false
			}
			value = next
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			value = v[i]
		default:
			return nil, false
		}
	}
	return value, true
}

// pointerToken escapes a name for a JSON pointer.
func pointerToken(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// plainPointer undoes the URI escapes of the validator's pointers.
func plainPointer(pointer string) string {
	if plain, err := url.PathUnescape(pointer); err == nil {
		return plain
	}
	return pointer
}
