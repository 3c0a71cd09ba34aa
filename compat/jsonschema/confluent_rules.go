package jsonschema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/report"
)

// confluentTooLarge is the only refusal that is ours and not the registry's.
const confluentTooLarge = "comparison-too-large"

// confluentRule documents one of the registry's differences.
type confluentRule struct {
	name, title, why string
	before, after    string
	fix              string // empty for confluentFix
}

const confluentFix = "Take the change back, publish it under a new subject, or set the subject's level to NONE while it is registered."

// confluentRules documents every refusal of a family that Refusals may name,
// sorted. The test runs each before and after, and expects the rule.
func confluentRules(family string) []report.Rule {
	var all []report.Rule
	for _, r := range slices.Concat(confluentRuleTable, confluentLimitRules()) {
		all = append(all, report.Rule{
			ID: family + "/" + r.name, Title: r.title, Why: r.why, Severity: report.Error, Controls: []string{},
			Before: r.before, After: r.after, Fix: cmp.Or(r.fix, confluentFix),
		})
	}
	slices.SortFunc(all, func(a, b report.Rule) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// confluentLimitRules documents two rules for each keyword that bounds a number.
func confluentLimitRules() []confluentRule {
	const latest = `"$schema": "https://json-schema.org/draft/2020-12/schema", `
	var rules []confluentRule
	for _, l := range []struct {
		confluentLimit
		context, noun string
	}{
		{confluentLimit{"maxLength", true}, `"type": "string"`, "strings"},
		{confluentLimit{"minLength", false}, `"type": "string"`, "strings"},
		{confluentLimit{"maximum", true}, `"type": "number"`, "numbers"},
		{confluentLimit{"minimum", false}, `"type": "number"`, "numbers"},
		{confluentLimit{"exclusiveMaximum", true}, `"type": "number"`, "numbers"},
		{confluentLimit{"exclusiveMinimum", false}, `"type": "number"`, "numbers"},
		{confluentLimit{"maxItems", true}, `"type": "array"`, "arrays"},
		{confluentLimit{"minItems", false}, `"type": "array"`, "arrays"},
		{confluentLimit{"maxContains", true}, latest + `"type": "array", "contains": {"type": "string"}`, "arrays"},
		{confluentLimit{"minContains", false}, latest + `"type": "array", "contains": {"type": "string"}`, "arrays"},
		{confluentLimit{"maxProperties", true}, `"type": "object"`, "objects"},
		{confluentLimit{"minProperties", false}, `"type": "object"`, "objects"},
	} {
		verb, from, to := "lowered", 10, 5
		if !l.upper {
			verb, from, to = "raised", 5, 10
		}
		with := func(limit int) string { return fmt.Sprintf(`{%s, %q: %d}`, l.context, l.keyword, limit) }
		rules = append(rules,
			confluentRule{
				name: ruleName(l.keyword) + "-added", title: l.keyword + " was added",
				why:    "Documents with " + l.noun + " outside the new limit were accepted. The registry looks for the keyword alone: a limit that another keyword implies is refused as well.",
				before: "{" + l.context + "}", after: with(to),
			},
			confluentRule{
				name: ruleName(l.keyword) + "-" + map[bool]string{true: "decreased", false: "increased"}[l.upper], title: l.keyword + " was " + verb,
				why: limitWhy(l.keyword, l.noun), before: with(from), after: with(to),
			})
	}
	return rules
}

func limitWhy(keyword, noun string) string {
	if keyword == "exclusiveMaximum" {
		return "Documents with numbers between the two limits were accepted. The registry's checker compares \"maximum\" instead here: without it on both sides it crashes, so the registration fails in any case; with an equal one it lets the change pass."
	}
	return "Documents with " + noun + " between the two limits were accepted."
}

var confluentRuleTable = []confluentRule{
	{
		name: "comparison-too-large", title: "The schemas are too large to predict the registry's answer",
		why:    "The prediction compares a bounded number of pairs of schemas, so that no input keeps it busy for long. What it could not compare counts as refused.",
		before: "a schema whose branches and references combine to more pairs than the bound",
		after:  "the same with a change",
		fix:    "Split the schema, or give its combinations fewer branches.",
	},
	{
		name: "type-changed", title: "A schema became one of another kind",
		why: "The registry compares only schemas of one kind. A kind is a type, and also an enum, a const, a negation, a combination, or an if-then-else; " +
			"a type with an enum beside it is a combination of both. So a const that becomes an enum of one is refused, although nothing breaks.",
		before: `{"type": "string"}`, after: `{"type": "integer"}`,
		fix: "Keep the schema in the form that it has, or add the new form as a further branch of an anyOf.",
	},
	{
		name: "type-narrowed", title: "A number became an integer",
		why:    "Numbers with a fraction were accepted.",
		before: `{"type": "number"}`, after: `{"type": "integer"}`,
		fix: "Keep the type number.",
	},
	{
		name: "schema-added", title: "Items got a schema",
		why:    "The items of the array could be anything. The registry refuses even a schema that accepts everything.",
		before: `{"type": "array"}`, after: `{"type": "array", "items": {"type": "string"}}`,
	},
	{
		name: "pattern-added", title: "A pattern was added",
		why:    "Strings that do not match were accepted.",
		before: `{"type": "string"}`, after: `{"type": "string", "pattern": "^[A-Z]+$"}`,
	},
	{
		name: "pattern-changed", title: "A pattern changed",
		why:    "The registry compares patterns as texts: any other text is refused, even when it matches the same strings.",
		before: `{"type": "string", "pattern": "^[0-9]$"}`, after: `{"type": "string", "pattern": "^\\d$"}`,
		fix: "Keep the text of the pattern.",
	},
	{
		name: "multiple-of-added", title: "multipleOf was added",
		why:    "Other numbers were accepted.",
		before: `{"type": "number"}`, after: `{"type": "number", "multipleOf": 5}`,
	},
	{
		name: "multiple-of-expanded", title: "multipleOf became a multiple of itself",
		why:    "The multiples between two of the new ones were accepted.",
		before: `{"type": "number", "multipleOf": 5}`, after: `{"type": "number", "multipleOf": 10}`,
	},
	{
		name: "multiple-of-changed", title: "multipleOf changed to a number that does not divide it",
		why:    "Most multiples of the old number are none of the new one.",
		before: `{"type": "number", "multipleOf": 6}`, after: `{"type": "number", "multipleOf": 4}`,
	},
	{
		name: "enum-array-narrowed", title: "An enum lost a member",
		why:    "Documents with that value were accepted.",
		before: `{"enum": ["card", "cash"]}`, after: `{"enum": ["card"]}`,
		fix: "Keep the member in the list.",
	},
	{
		name: "enum-array-changed", title: "An enum or a const exchanged a value",
		why:    "Documents with the old value were accepted. The registry takes 1 and 1.0 for different values, although to JSON Schema they are one.",
		before: `{"enum": ["card", "cash"]}`, after: `{"enum": ["card", "coin"]}`,
		fix: "Keep the old value in the list, beside the new one.",
	},
	{
		name: "not-type-extended", title: "A negation excludes more",
		why:    "What a negation excludes may only shrink. The registry asks whether the old negated schema accepts all that the new one does, by its own rules.",
		before: `{"not": {"type": "integer"}}`, after: `{"not": {"type": "number"}}`,
	},
	{
		name: "sum-type-narrowed", title: "anyOf, oneOf or a list of types lost a branch",
		why:    "Documents that fit that branch alone were accepted. The registry counts branches: it refuses even the removal of one that another covers.",
		before: `{"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}`,
		after:  `{"anyOf": [{"type": "string"}, {"type": "integer"}]}`,
		fix:    "Keep the branch.",
	},
	{
		name: "product-type-extended", title: "allOf got a further branch",
		why:    "Documents must now satisfy one more schema. The registry counts branches, whatever the new one demands.",
		before: `{"allOf": [{"minimum": 1}, {"maximum": 9}]}`,
		after:  `{"allOf": [{"minimum": 1}, {"maximum": 9}, {"multipleOf": 2}]}`,
	},
	{
		name: "combined-type-changed", title: "A combination got another criterion",
		why: "The registry lets a criterion become anyOf, and any other only while there is a single branch. So anyOf to oneOf is refused even when no two branches overlap; " +
			"a list of types counts as an anyOf.",
		before: `{"anyOf": [{"type": "string"}, {"type": "integer"}]}`,
		after:  `{"oneOf": [{"type": "string"}, {"type": "integer"}]}`,
		fix:    "Keep the keyword.",
	},
	{
		name: "combined-type-subschemas-changed", title: "The branches of a combination no longer fit",
		why: "Each branch of the shorter list needs a partner of its own in the other list, such that the new branch accepts what the old one did. " +
			"An enum beside a type is a branch too, so that an enum that loses a member can end here.",
		before: `{"type": "string", "enum": ["card", "cash"]}`, after: `{"type": "string", "enum": ["card"]}`,
		fix: "Leave the existing branches as they are, and add new ones.",
	},
	{
		name: "property-added-to-open-content-model", title: "An optional property was added to an open object",
		why: "An object is open that has neither additionalProperties nor patternProperties: it accepted the new property's name with any value. " +
			"This is the registry's most frequent refusal. Its policy LENIENT lets the change pass.",
		before: `{"type": "object", "properties": {"id": {"type": "string"}}}`,
		after:  `{"type": "object", "properties": {"id": {"type": "string"}, "note": {"type": "string"}}}`,
		fix:    `Close the object with "additionalProperties": false in a new subject, or choose the registry's policy LENIENT.`,
	},
	{
		name: "required-property-added-to-open-content-model", title: "A required property was added to an open object",
		why:    "Documents without the property were accepted, and so were those that hold it with any other value.",
		before: `{"type": "object", "properties": {"id": {"type": "string"}}}`,
		after:  `{"type": "object", "properties": {"id": {"type": "string"}, "note": {"type": "string"}}, "required": ["note"]}`,
		fix:    "Make the property optional.",
	},
	{
		name: "required-property-with-default-added-to-open-content-model", title: "A required property with a default was added to an open object",
		why:    "The object accepted the name with any value. The registry forgives that documents lack the property, since there is a default. Its policy LENIENT lets the change pass.",
		before: `{"type": "object", "properties": {"id": {"type": "string"}}}`,
		after:  `{"type": "object", "properties": {"id": {"type": "string"}, "note": {"type": "string", "default": ""}}, "required": ["note"]}`,
	},
	{
		name: "property-added-not-covered-by-partially-open-content-model", title: "An added property does not accept what undeclared ones could hold",
		why:    "A pattern, or the schema in additionalProperties, spoke for the new property's name, and accepted values that the property now refuses. The policy LENIENT lets the change pass.",
		before: `{"type": "object", "additionalProperties": {"type": "string"}}`,
		after:  `{"type": "object", "properties": {"count": {"type": "integer"}}, "additionalProperties": {"type": "string"}}`,
		fix:    "Give the property the schema that undeclared ones have, or a wider one.",
	},
	{
		name: "required-property-added-to-unopen-content-model", title: "A required property without a default was added",
		why:    "No earlier document has the property. With a default the registry accepts the change, although a validator still rejects those documents.",
		before: `{"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": false}`,
		after:  `{"type": "object", "properties": {"id": {"type": "string"}, "note": {"type": "string"}}, "required": ["note"], "additionalProperties": false}`,
		fix:    "Make the property optional.",
	},
	{
		name: "property-removed-from-closed-content-model", title: "A property was removed from a closed object",
		why:    "Documents that hold the property are no longer accepted. The policy LENIENT lets the change pass.",
		before: `{"type": "object", "properties": {"id": {"type": "string"}, "note": {"type": "string"}}, "additionalProperties": false}`,
		after:  `{"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": false}`,
		fix:    "Keep the property and make it optional.",
	},
	{
		name: "property-removed-not-covered-by-partially-open-content-model", title: "A removed property held what undeclared ones may not",
		why:    "A pattern, or the schema in additionalProperties, now speaks for the property's name and refuses some of its values. The policy LENIENT lets the change pass.",
		before: `{"type": "object", "properties": {"count": {"type": "integer"}}, "additionalProperties": {"type": "string"}}`,
		after:  `{"type": "object", "additionalProperties": {"type": "string"}}`,
		fix:    "Keep the property and make it optional.",
	},
	{
		name: "required-attribute-added", title: "A property became required",
		why:    "Documents without the property were accepted. The registry accepts the change when the property has a default, and does not see it when the property is not declared.",
		before: `{"type": "object", "properties": {"note": {"type": "string"}}}`,
		after:  `{"type": "object", "properties": {"note": {"type": "string"}}, "required": ["note"]}`,
		fix:    "Leave the property optional.",
	},
	{
		name: "additional-properties-removed", title: "additionalProperties became false",
		why:    "Documents with undeclared properties were accepted. The policy LENIENT lets the change pass.",
		before: `{"type": "object"}`, after: `{"type": "object", "additionalProperties": false}`,
		fix: "Leave the object open until its next subject.",
	},
	{
		name: "additional-properties-narrowed", title: "additionalProperties got a schema",
		why:    "Undeclared properties could hold any value. The policy LENIENT lets the change pass.",
		before: `{"type": "object"}`, after: `{"type": "object", "additionalProperties": {"type": "string"}}`,
	},
	{
		name: "unevaluated-properties-removed", title: "unevaluatedProperties became false",
		why:    "Documents with properties that nothing names were accepted. The policy LENIENT lets the change pass.",
		before: `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}`,
		after:  `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "unevaluatedProperties": false}`,
	},
	{
		name: "unevaluated-properties-narrowed", title: "unevaluatedProperties got a schema",
		why:    "Properties that nothing names could hold any value. The policy LENIENT lets the change pass.",
		before: `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}`,
		after:  `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "unevaluatedProperties": {"type": "string"}}`,
	},
	{
		name: "dependency-array-added", title: "A property now demands others",
		why:    "Documents that hold the property without the others were accepted.",
		before: `{"type": "object"}`, after: `{"type": "object", "dependencies": {"card": ["number"]}}`,
	},
	{
		name: "dependency-array-extended", title: "A property demands more others",
		why:    "Documents that hold the property without the added one were accepted.",
		before: `{"type": "object", "dependencies": {"card": ["number"]}}`,
		after:  `{"type": "object", "dependencies": {"card": ["number", "expiry"]}}`,
	},
	{
		name: "dependency-array-changed", title: "A property demands others than before",
		why:    "Documents that hold the property without the added one were accepted.",
		before: `{"type": "object", "dependencies": {"card": ["number"]}}`,
		after:  `{"type": "object", "dependencies": {"card": ["expiry"]}}`,
	},
	{
		name: "dependency-schema-added", title: "A property now demands a schema",
		why:    "Objects that hold the property could be anything else. The registry refuses whatever the schema says.",
		before: `{"type": "object"}`, after: `{"type": "object", "dependencies": {"card": {"required": ["number"]}}}`,
	},
	{
		name: "additional-items-removed", title: "Items behind the listed ones are refused",
		why:    "Longer arrays were accepted.",
		before: `{"type": "array", "items": [{"type": "string"}]}`,
		after:  `{"type": "array", "items": [{"type": "string"}], "additionalItems": false}`,
	},
	{
		name: "additional-items-narrowed", title: "Items behind the listed ones got a schema",
		why:    "Those items could be anything.",
		before: `{"type": "array", "items": [{"type": "string"}]}`,
		after:  `{"type": "array", "items": [{"type": "string"}], "additionalItems": {"type": "string"}}`,
	},
	{
		name: "unevaluated-items-removed", title: "unevaluatedItems became false",
		why:    "Arrays with items that nothing names were accepted.",
		before: `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "array"}`,
		after:  `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "array", "unevaluatedItems": false}`,
	},
	{
		name: "unevaluated-items-narrowed", title: "unevaluatedItems got a schema",
		why:    "Items that nothing names could be anything.",
		before: `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "array"}`,
		after:  `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "array", "unevaluatedItems": {"type": "string"}}`,
	},
	{
		name: "item-added-to-open-content-model", title: "A position of an open array got a schema",
		why:    "The item at that position could be anything.",
		before: `{"type": "array", "items": [{"type": "string"}]}`,
		after:  `{"type": "array", "items": [{"type": "string"}, {"type": "integer"}]}`,
	},
	{
		name: "item-added-not-covered-by-partially-open-content-model", title: "A position got a schema that does not accept what further items could be",
		why:    "The schema for further items spoke for the position, and accepted what its own schema now refuses.",
		before: `{"type": "array", "items": [{"type": "string"}], "additionalItems": {"type": "string"}}`,
		after:  `{"type": "array", "items": [{"type": "string"}, {"type": "integer"}], "additionalItems": {"type": "string"}}`,
	},
	{
		name: "item-removed-from-closed-content-model", title: "A position was removed from a closed array",
		why:    "Arrays that are long enough to have the item are no longer accepted.",
		before: `{"type": "array", "items": [{"type": "string"}, {"type": "integer"}], "additionalItems": false}`,
		after:  `{"type": "array", "items": [{"type": "string"}], "additionalItems": false}`,
	},
	{
		name: "item-removed-not-covered-by-partially-open-content-model", title: "A removed position held what further items may not be",
		why:    "The schema for further items now speaks for the position and refuses some of its values.",
		before: `{"type": "array", "items": [{"type": "string"}, {"type": "integer"}], "additionalItems": {"type": "string"}}`,
		after:  `{"type": "array", "items": [{"type": "string"}], "additionalItems": {"type": "string"}}`,
	},
	{
		name: "unique-items-added", title: "Items must be unique",
		why:    "Arrays that repeat an item were accepted.",
		before: `{"type": "array"}`, after: `{"type": "array", "uniqueItems": true}`,
	},
	{
		name: "reserved-property-removed", title: "A reserved name is no longer reserved",
		why:    "Confluent's keyword confluent:reserved keeps the names of removed properties from being used again for something else.",
		before: `{"type": "object", "confluent:reserved": ["note"]}`, after: `{"type": "object"}`,
		fix: "Keep the name in the list.",
	},
	{
		name: "reserved-property-conflicts-with-property", title: "A property uses a reserved name",
		why:    "The name stands in confluent:reserved, because a removed property had it and old documents may hold it with another meaning.",
		before: `{"type": "object", "additionalProperties": false, "confluent:reserved": ["note"]}`,
		after:  `{"type": "object", "additionalProperties": false, "properties": {"note": {"type": "string"}}, "confluent:reserved": ["note"]}`,
		fix:    "Choose another name.",
	},
}
