package jsonschema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// describe names the kind of a value, with its article.
func describe(value any) string {
	switch kindOf(value) {
	case nullKind:
		return "null"
	case booleanKind:
		return "a boolean"
	case numberKind:
		return "a number"
	case stringKind:
		return "a string"
	case arrayKind:
		return "a list"
	}
	return "an object"
}

// checkShape complains about a keyword whose value has not the shape that the
// draft asks for.
func (l *loader) checkShape(at place, value any, keyword string, want shape) error {
	d := at.file.draft
	wrong := func(expected string, hints ...string) error {
		return at.fail("malformed-schema", fmt.Sprintf("%s must be %s, not %s", keyword, expected, describe(value)), hints...)
	}
	list, isList := value.([]any)
	object, isObject := value.(map[string]any)
	switch want {
	case aString:
		if _, ok := value.(string); !ok {
			return wrong("a string")
		}
	case aBoolean:
		if _, ok := value.(bool); !ok {
			hint := ""
			if strings.HasPrefix(keyword, "exclusive") {
				hint = "a number is the form of draft 6 and later; state the draft in $schema"
			}
			return wrong("a boolean", compact(hint)...)
		}
	case aNumber, aPositive:
		return checkNumber(at, value, keyword, want, wrong)
	case aCount:
		return checkCount(value, wrong)
	case aTypeName:
		return checkTypes(at, value)
	case aNameList:
		if !isList || !allStrings(list) {
			hint := ""
			if _, isBool := value.(bool); isBool && keyword == "required" {
				hint = "a boolean is the form of draft 3; list the names beside properties"
			}
			return wrong("a list of strings", compact(hint)...)
		}
	case aValueList:
		if !isList {
			return wrong("a list")
		}
	case schemaList:
		if !isList || len(list) == 0 {
			if isList {
				return at.fail("malformed-schema", keyword+" must list at least one schema")
			}
			hint := ""
			if keyword == "prefixItems" {
				hint = "a single schema for all items is the keyword items"
			}
			return wrong("a list of schemas", compact(hint)...)
		}
	case aSchema:
		if isList && keyword == "items" && d == draft2020 {
			return wrong("a schema", "a list of schemas is prefixItems since draft 2020-12")
		}
		return checkSchema(value, wrong, d, keyword)
	case schemaOrList:
		if !isList {
			return checkSchema(value, wrong, d, keyword)
		}
	case schemaMap:
		if !isObject {
			return wrong("an object of schemas")
		}
	case schemaOrNames, namesMap:
		if !isObject {
			return wrong("an object")
		}
		for _, name := range sortedKeys(object) {
			names, ok := object[name].([]any)
			if ok && !allStrings(names) || !ok && want == namesMap {
				return at.member(name).fail("malformed-schema", fmt.Sprintf("%s of %q must be a list of property names", keyword, name))
			}
		}
	}
	return nil
}

func compact(hint string) []string {
	if hint == "" {
		return nil
	}
	return []string{hint}
}

func checkSchema(value any, wrong func(string, ...string) error, d draft, keyword string) error {
	switch value.(type) {
	case map[string]any:
		return nil
	case bool:
		if d >= draft6 || keyword == "additionalProperties" || keyword == "additionalItems" {
			return nil
		}
		return wrong("an object", "true and false are schemas since draft 6; state the draft in $schema")
	}
	return wrong("a schema")
}

func checkNumber(at place, value any, keyword string, want shape, wrong func(string, ...string) error) error {
	number, ok := value.(json.Number)
	if !ok {
		if _, isBool := value.(bool); isBool && strings.HasPrefix(keyword, "exclusive") {
			return wrong("a number", "a boolean is the form of draft 4; state the draft in $schema, or write the limit here")
		}
		return wrong("a number")
	}
	r, ok := parseNumber(number)
	if !ok {
		return at.fail("malformed-schema", fmt.Sprintf("%s has an exponent beyond %d", keyword, maxExponent))
	}
	if want == aPositive && r.Sign() <= 0 {
		return at.fail("malformed-schema", fmt.Sprintf("%s must be greater than zero", keyword))
	}
	return nil
}

// maxCount is the greatest count that every JSON implementation reads exactly
// (RFC 8259, section 6).
const maxCount = 1<<53 - 1

func checkCount(value any, wrong func(string, ...string) error) error {
	number, ok := value.(json.Number)
	if ok {
		if r, fits := parseNumber(number); fits && r.IsInt() && r.Sign() >= 0 {
			if r.Num().IsInt64() && r.Num().Int64() <= maxCount {
				return nil
			}
			return wrong("at most 2^53 - 1")
		}
	}
	return wrong("a non-negative integer")
}

func checkTypes(at place, value any) error {
	names, isList := value.([]any)
	if !isList {
		names = []any{value}
	}
	for i, name := range names {
		place := at
		if isList {
			place = at.element(i)
		}
		text, ok := name.(string)
		if !ok {
			return place.fail("malformed-schema", fmt.Sprintf("type must be a type's name or a list of them, not %s", describe(name)))
		}
		if !slices.Contains(typeNames, text) {
			return place.fail("malformed-schema", fmt.Sprintf("unknown type %q", text), "the types are "+strings.Join(typeNames, ", "))
		}
	}
	if len(names) == 0 {
		return at.fail("malformed-schema", "type must name at least one type")
	}
	return nil
}

func allStrings(list []any) bool {
	return !slices.ContainsFunc(list, func(v any) bool { _, ok := v.(string); return !ok })
}
