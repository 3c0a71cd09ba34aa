package gate

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"example.com/iot/internal/nexus/keyword"
)

// The validator is given a schema as it stands, but for what it judges in another
// way than the specification, or refuses although authors write it and mean
// something by it: patterns are translated from ECMA-262, an empty enum accepts
// nothing, repetitions in lists that are sets are dropped.

// shape is where in the value of a keyword the schemas are.
type shape int

const (
	unknown      shape = iota // a keyword that no draft has: what looks like a schema is one
	plain                     // no schemas
	aSchema                   // it is one
	schemaList                // a list of them
	schemaOrList              // one, or a list of them
	schemaMap                 // by name
)

var keywordShapes = map[string]shape{
	"enum": plain, "const": plain, "default": plain, "examples": plain, "required": plain, "dependentRequired": plain,
	"additionalItems": aSchema, "additionalProperties": aSchema, "contains": aSchema, "contentSchema": aSchema, "else": aSchema,
	"if": aSchema, "not": aSchema, "propertyNames": aSchema, "then": aSchema, "unevaluatedItems": aSchema, "unevaluatedProperties": aSchema,
	"allOf": schemaList, "anyOf": schemaList, "oneOf": schemaList, "prefixItems": schemaList,
	"items": schemaOrList,
	"$defs": schemaMap, "definitions": schemaMap, "dependencies": schemaMap, "dependentSchemas": schemaMap,
	"patternProperties": schemaMap, "properties": schemaMap,
}

// drafts are the identifiers of the drafts, without scheme and fragment, and what
// the validator calls them. Iglu's self-describing schemas are draft 4.
var drafts = map[string]string{
	"json-schema.org/draft-04/schema":                                                 draft4,
	"json-schema.org/draft-06/schema":                                                 "http://json-schema.org/draft-06/schema#",
	"json-schema.org/draft-07/schema":                                                 draft7,
	"json-schema.org/draft/2019-09/schema":                                            "https://json-schema.org/draft/2019-09/schema",
	"json-schema.org/draft/2020-12/schema":                                            "https://json-schema.org/draft/2020-12/schema",
	"iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0": draft4,
}

const (
	draft4 = "http://json-schema.org/draft-04/schema#"
	draft7 = "http://json-schema.org/draft-07/schema#"
)

// adapt sets the value and the text of r from what its file says.
func (r *resource) adapt(value any) error {
	a := adapter{resource: r, draft: draft7}
	base := &url.URL{Scheme: "file", Path: "/" + r.file}
	if object, ok := value.(map[string]any); ok {
		if stated, ok := object["$schema"]; ok {
			text, _ := stated.(string)
			_, bare, _ := strings.Cut(strings.TrimSuffix(text, "#"), "://")
			if a.draft, ok = drafts[bare]; !ok {
				return &SchemaError{File: r.file, Pointer: "/$schema", Message: fmt.Sprintf("%.100q is no draft that is known: those are 4, 6, 7, 2019-09 and 2020-12", text)}
			}
		}
		value = maps.Clone(object)
		value.(map[string]any)["$schema"] = a.draft
	}
	r.value = a.schema(value, "", base)
	if a.fault != nil {
		return a.fault
	}
	text, err := json.Marshal(r.value)
	r.text = string(text)
	return err
}

// adapter walks one file.
type adapter struct {
	*resource
	draft string
	fault error // the first
}

func (a *adapter) fail(pointer, format string, args ...any) {
	if a.fault == nil {
		a.fault = &SchemaError{File: a.file, Pointer: pointer, Message: fmt.Sprintf(format, args...)}
	}
}

// schema copies a schema and adapts it.
func (a *adapter) schema(value any, pointer string, base *url.URL) any {
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	base = a.rebase(object, base)
	out := make(map[string]any, len(object))
	for _, keyword := range slices.Sorted(maps.Keys(object)) {
		v, at := object[keyword], pointer+"/"+pointerToken(keyword)
		switch keyword {
		case "title", "description", "$comment":
			continue // they decide nothing, and the meta-schema would look at each
		case "pattern":
			v = a.pattern(v, at)
		case "patternProperties":
			v = a.patternProperties(v, at, base)
		case "$id", "id", "$ref", "$dynamicRef", "$recursiveRef":
			v = a.uri(keyword, v, base)
		default:
			v = a.below(keywordShapes[keyword], v, at, base)
		}
		out[keyword] = v
	}
	a.tolerate(out)
	return out
}

// below adapts the schemas in the value of a keyword.
func (a *adapter) below(as shape, value any, pointer string, base *url.URL) any {
	switch v := value.(type) {
	case []any:
		if as != schemaList && as != schemaOrList {
			return value
		}
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = a.schema(item, pointer+"/"+strconv.Itoa(i), base)
		}
		return out
	case map[string]any:
		switch as {
		case schemaMap:
			out := make(map[string]any, len(v))
			for _, name := range slices.Sorted(maps.Keys(v)) {
				out[name] = a.schema(v[name], pointer+"/"+pointerToken(name), base)
			}
			return out
		case aSchema, schemaOrList, unknown: // a reference may lead into what no draft knows
			return a.schema(v, pointer, base)
		}
	}
	return value
}

// rebase is the URI that references in a schema start from.
func (a *adapter) rebase(object map[string]any, base *url.URL) *url.URL {
	keyword := "$id"
	if a.draft == draft4 {
		keyword = "id"
	}
	text, _ := object[keyword].(string)
	id, err := url.Parse(text)
	if err != nil || text == "" || strings.HasPrefix(text, "#") {
		return base
	}
	return base.ResolveReference(id)
}

// uri notes a reference, and writes an absolute URI as net/url does: the validator
// writes some that way and takes others as they stand, and without end looks for
// one by the name of the other.
func (a *adapter) uri(keyword string, value any, base *url.URL) any {
	text, ok := value.(string)
	if !ok {
		return value
	}
	if keyword == "$ref" {
		a.reference(base, text)
	}
	if uri, err := url.Parse(text); err == nil && uri.IsAbs() {
		return uri.String()
	}
	return value
}

func (a *adapter) pattern(value any, pointer string) any {
	source, ok := value.(string)
	if !ok {
		return value
	}
	text, _, err := keyword.Compile(source)
	if err == keyword.ErrBeyondGo {
		err = errors.New("look-around and back references cannot be judged: say the same without them")
	}
	if err != nil {
		a.fail(pointer, "the pattern %.100q: %v", source, err)
	}
	return text
}

func (a *adapter) patternProperties(value any, pointer string, base *url.URL) any {
	members, ok := value.(map[string]any)
	if !ok {
		return value
	}
	out := make(map[string]any, len(members))
	for _, source := range slices.Sorted(maps.Keys(members)) {
		at := pointer + "/" + pointerToken(source)
		text := a.pattern(source, at).(string)
		adapted := a.schema(members[source], at, base)
		if other, twice := out[text]; twice { // two ways to write one pattern
			adapted = map[string]any{"allOf": []any{other, adapted}}
		}
		out[text] = adapted
	}
	return out
}

// tolerate brings what the meta-schemas forbid, and authors write all the same, to
// a form that means the same and is allowed.
func (a *adapter) tolerate(object map[string]any) {
	for _, keyword := range []string{"enum", "required", "type"} {
		if list, ok := object[keyword].([]any); ok {
			object[keyword] = unique(list)
		}
	}
	if list, ok := object["required"].([]any); ok && len(list) == 0 {
		delete(object, "required")
	}
	for _, keyword := range []string{"dependencies", "dependentRequired"} {
		if members, ok := object[keyword].(map[string]any); ok {
			object[keyword] = uniqueNames(members)
		}
	}
	if list, ok := object["items"].([]any); ok && len(list) == 0 {
		delete(object, "items") // a tuple of nothing: every item is an additional one
		if rest, ok := object["additionalItems"]; ok {
			object["items"] = rest
		}
	}
	for exclusive, limit := range map[string]string{"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"} {
		if _, ok := object[limit]; !ok && a.draft == draft4 {
			delete(object, exclusive)
		}
	}
	if list, ok := object["enum"].([]any); ok && len(list) == 0 {
		delete(object, "enum")
		all, _ := object["allOf"].([]any)
		object["allOf"] = append(slices.Clip(all), map[string]any{"not": map[string]any{}})
	}
}

// uniqueNames drops repeated names from the lists of a dependency, and empty lists.
func uniqueNames(members map[string]any) map[string]any {
	out := maps.Clone(members)
	for name, member := range members {
		if list, ok := member.([]any); ok {
			if out[name] = unique(list); len(list) == 0 {
				delete(out, name)
			}
		}
	}
	return out
}

// unique drops repeated values.
func unique(list []any) []any {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(list), func(value any) bool {
		key := keyOf(value)
		repeated := seen[key]
		seen[key] = true
		return repeated
	})
}

// keyOf is one text for all ways to write a value: 1, 1.0 and 1e0 are equal.
func keyOf(value any) string {
	switch v := value.(type) {
	case json.Number:
		if number, ok := new(big.Rat).SetString(v.String()); ok {
			return number.RatString()
		}
	case []any:
		keys := make([]string, len(v))
		for i, element := range v {
			keys[i] = keyOf(element)
		}
		return "[" + strings.Join(keys, ",") + "]"
	case map[string]any:
		keys := make([]string, 0, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			keys = append(keys, strconv.Quote(name)+":"+keyOf(v[name]))
		}
		return "{" + strings.Join(keys, ",") + "}"
	case string:
		return strconv.Quote(v)
	}
	return fmt.Sprint(value)
}
