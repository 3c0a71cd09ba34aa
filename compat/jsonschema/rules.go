package jsonschema

import (
	"slices"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
)

// rule is one page about one kind of change. Whether such a change breaks
// anybody is not the rule's to say: the solver looks at each one in its place.
type rule struct {
	id            string
	kind          compat.Kind
	title         string
	why           string
	before, after string
	fix           string
}

// Rules documents every rule that a change of a JSON Schema may name. Each has a
// fixture of its name in testdata/rules.
func (e *Engine) Rules() []report.Rule {
	all := make([]report.Rule, 0, len(rules))
	for _, r := range rules {
		all = append(all, report.Rule{
			ID: r.id, Kind: string(r.kind), Title: r.title, Why: r.why, Severity: report.Error,
			Controls: []string{}, Before: r.before, After: r.after, Fix: r.fix,
		})
	}
	return slices.Concat(all, confluentRules("confluent"), confluentRules("glue"))
}

var rules = []rule{
	{
		id: "json/field-added", kind: compat.FieldAdded, title: "A field was added",
		why: "The old version said nothing about the field. If its object was open, a document may already hold a field of that name with any value, and the new schema refuses some of them. " +
			"A closed object has no such documents; there only readers that still use the old version are hurt.",
		before: `{"type": "object", "properties": {"id": {"type": "string"}}}`,
		after:  `{"type": "object", "properties": {"id": {"type": "string"}, "coupon": {"type": "string"}}}`,
		fix:    "Give the field a default, and close the object in its next major version.",
	},
	{
		id: "json/field-removed", kind: compat.FieldRemoved, title: "A field was removed",
		why:    "Where the object is closed, documents that hold the field are no longer valid. Where it is open, they are, but nothing checks the field any more, and readers on the old version may miss it.",
		before: `{"properties": {"id": {"type": "string"}, "note": {"type": "string"}}, "additionalProperties": false}`,
		after:  `{"properties": {"id": {"type": "string"}}, "additionalProperties": false}`,
		fix:    "Keep the field, make it optional and mark it as deprecated.",
	},
	{
		id: "json/field-renamed", kind: compat.Renamed, title: "A field was renamed",
		why:    "To a reader a renamed field is one that vanished and another that nobody asked for.",
		before: `{"properties": {"orderId": {"type": "string"}}, "required": ["orderId"]}`,
		after:  `{"properties": {"order_id": {"type": "string"}}, "required": ["order_id"]}`,
		fix:    "Keep the old name; if the new one is needed, carry both until the next event type.",
	},
	{
		id: "json/made-required", kind: compat.MadeRequired, title: "A field became required",
		why:    "Documents without the field were valid and are not any more; a default does not change that, since validators do not fill it in.",
		before: `{"properties": {"coupon": {"type": "string"}}}`,
		after:  `{"properties": {"coupon": {"type": "string"}}, "required": ["coupon"]}`,
		fix:    "Leave the field optional, with a default that says what its absence means.",
	},
	{
		id: "json/made-optional", kind: compat.MadeOptional, title: "A field became optional",
		why:    "Readers that still use the old version insist on the field and refuse documents without it.",
		before: `{"properties": {"total": {"type": "number"}}, "required": ["total"]}`,
		after:  `{"properties": {"total": {"type": "number"}}}`,
		fix:    "Deploy the consumers first, or keep writing the field.",
	},
	{
		id: "json/default-removed", kind: compat.DefaultRemoved, title: "A default was removed",
		why:    "No document becomes invalid, but readers that filled the field in from its default get nothing for older events.",
		before: `{"properties": {"coupon": {"type": "string", "default": ""}}}`,
		after:  `{"properties": {"coupon": {"type": "string"}}}`,
		fix:    "Put the default back.",
	},
	{
		id: "json/type-changed", kind: compat.TypeChanged, title: "A type changed",
		why:    "Values of a type that is no longer listed are refused. Adding a type is safe for old documents, and breaks readers that still use the old version.",
		before: `{"properties": {"total": {"type": "number"}}}`,
		after:  `{"properties": {"total": {"type": "integer"}}}`,
		fix:    "Keep the old type. For another one make a new field, or a new event type with an upcaster.",
	},
	{
		id: "json/values-changed", kind: compat.ValuesNarrowed, title: "The allowed values changed",
		why:    "A value that left enum or const is still in stored events. A value that joined is unknown to readers on the old version.",
		before: `{"enum": ["card", "cash", "voucher"]}`,
		after:  `{"enum": ["card", "cash"]}`,
		fix:    "Keep the member; stop writing it instead.",
	},
	{
		id: "json/range-changed", kind: compat.ValuesNarrowed, title: "A number's limits changed",
		why:    "Numbers outside of the new limits are still in stored events.",
		before: `{"type": "integer", "minimum": 0}`,
		after:  `{"type": "integer", "minimum": 1}`,
		fix:    "Keep the wider limit in the schema and check the narrower one where the event is made.",
	},
	{
		id: "json/multiple-changed", kind: compat.ValuesNarrowed, title: "A number's step changed",
		why:    "Numbers that are no multiple of the new step are still in stored events.",
		before: `{"type": "number", "multipleOf": 0.01}`,
		after:  `{"type": "number", "multipleOf": 0.05}`,
		fix:    "Keep a step that divides the old one.",
	},
	{
		id: "json/length-changed", kind: compat.ValuesNarrowed, title: "A string's length limits changed",
		why:    "Strings that are shorter or longer than the new limits are still in stored events. Length counts code points.",
		before: `{"type": "string", "maxLength": 64}`,
		after:  `{"type": "string", "maxLength": 32}`,
		fix:    "Keep the wider limit.",
	},
	{
		id: "json/pattern-changed", kind: compat.ValuesNarrowed, title: "A string's pattern changed",
		why:    "Two patterns are compared by the strings that they match, not by their text: writing the same set in another way breaks nobody.",
		before: `{"type": "string", "pattern": "^[A-Z]{2}[0-9]+$"}`,
		after:  `{"type": "string", "pattern": "^[A-Z]{2}[0-9]{6}$"}`,
		fix:    "Keep a pattern that matches everything the old one matched.",
	},
	{
		id: "json/format-changed", kind: compat.ValuesNarrowed, title: "A string's format changed",
		why:    "Where formats are asserted, strings that do not have the new format are refused. Validators differ in whether they assert formats: the witness says when a finding rests on it, and --formats draft or ignore changes what is assumed.",
		before: `{"type": "string"}`,
		after:  `{"type": "string", "format": "email"}`,
		fix:    "Leave the format out, or put it on a new field.",
	},
	{
		id: "json/item-count-changed", kind: compat.ValuesNarrowed, title: "The allowed number of items changed",
		why:    "Lists that are shorter or longer than the new limits are still in stored events.",
		before: `{"type": "array", "minItems": 0}`,
		after:  `{"type": "array", "minItems": 1}`,
		fix:    "Keep the wider limit.",
	},
	{
		id: "json/unique-items-changed", kind: compat.ValuesNarrowed, title: "Whether items must be unique changed",
		why:    "Lists that repeat an item are still in stored events.",
		before: `{"type": "array", "items": {"type": "string"}}`,
		after:  `{"type": "array", "items": {"type": "string"}, "uniqueItems": true}`,
		fix:    "Leave uniqueItems out and remove repetitions where the event is read.",
	},
	{
		id: "json/items-changed", kind: compat.ValuesNarrowed, title: "The schema of a list's items changed as a whole",
		why:    "Items that nobody looked at before are now checked, or the other way round.",
		before: `{"type": "array"}`,
		after:  `{"type": "array", "items": {"type": "string"}}`,
		fix:    "Describe only what every stored list satisfies.",
	},
	{
		id: "json/contains-changed", kind: compat.ValuesNarrowed, title: "What a list must contain changed",
		why:    "Lists without such an item, or with too many of them, are still in stored events.",
		before: `{"type": "array", "items": {"type": "string"}}`,
		after:  `{"type": "array", "items": {"type": "string"}, "contains": {"const": "main"}}`,
		fix:    "Check the demand where the event is made.",
	},
	{
		id: "json/property-count-changed", kind: compat.ValuesNarrowed, title: "The allowed number of fields changed",
		why:    "Objects with fewer or more fields than the new limits allow are still in stored events.",
		before: `{"type": "object"}`,
		after:  `{"type": "object", "minProperties": 1}`,
		fix:    "Keep the wider limit.",
	},
	{
		id: "json/property-names-changed", kind: compat.ValuesNarrowed, title: "The allowed field names changed",
		why:    "Objects with other names are still in stored events.",
		before: `{"type": "object"}`,
		after:  `{"type": "object", "propertyNames": {"maxLength": 20}}`,
		fix:    "Keep a schema that allows every name in use.",
	},
	{
		id: "json/pattern-properties-changed", kind: compat.ValuesNarrowed, title: "What fields with matching names must hold changed",
		why:    "Fields whose names match were free, or held to another schema, when stored events were written.",
		before: `{"type": "object"}`,
		after:  `{"type": "object", "patternProperties": {"^x-": {"type": "string"}}}`,
		fix:    "Use a prefix that no stored event has.",
	},
	{
		id: "json/additional-properties-changed", kind: compat.ValuesNarrowed, title: "What undeclared fields may hold changed",
		why:    "Closing an object refuses every document that holds a field beyond the declared ones, and an open object has never kept anybody from writing some.",
		before: `{"properties": {"id": {"type": "string"}}}`,
		after:  `{"properties": {"id": {"type": "string"}}, "additionalProperties": false}`,
		fix:    "Close the object in a new event type, not in this one.",
	},
	{
		id: "json/unevaluated-changed", kind: compat.ValuesNarrowed, title: "What no other keyword looks at was opened or closed",
		why:    "unevaluatedProperties and unevaluatedItems close an object or list across all the schemas that apply to it.",
		before: `{"$schema": "https://json-schema.org/draft/2020-12/schema", "allOf": [{"properties": {"id": {"type": "string"}}}]}`,
		after:  `{"$schema": "https://json-schema.org/draft/2020-12/schema", "allOf": [{"properties": {"id": {"type": "string"}}}], "unevaluatedProperties": false}`,
		fix:    "Close it in a new event type, not in this one.",
	},
	{
		id: "json/dependency-changed", kind: compat.ValuesNarrowed, title: "What the presence of a field asks for changed",
		why:    "Documents that hold the field without what it now asks for are still stored.",
		before: `{"properties": {"card": {"type": "string"}, "expiry": {"type": "string"}}}`,
		after:  `{"properties": {"card": {"type": "string"}, "expiry": {"type": "string"}}, "dependencies": {"card": ["expiry"]}}`,
		fix:    "Check the dependency where the event is made.",
	},
	{
		id: "json/combination-changed", kind: compat.ValuesNarrowed, title: "The members of allOf, anyOf or oneOf changed",
		why:    "One more member of allOf, or one less of anyOf, refuses documents. oneOf refuses a document that two members accept, so even one more alternative can break.",
		before: `{"oneOf": [{"type": "string"}, {"type": "integer"}]}`,
		after:  `{"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "number"}]}`,
		fix:    "Keep every alternative, and make new ones disjoint from the others.",
	},
	{
		id: "json/not-changed", kind: compat.ValuesNarrowed, title: "What is excluded changed",
		why:    "Documents that the new not excludes are still stored.",
		before: `{"type": "string"}`,
		after:  `{"type": "string", "not": {"const": ""}}`,
		fix:    "Check the exclusion where the event is made.",
	},
	{
		id: "json/condition-changed", kind: compat.ValuesNarrowed, title: "A condition (if, then, else) changed",
		why:    "Documents that meet the condition and not what follows from it are still stored.",
		before: `{"properties": {"country": {"type": "string"}, "state": {"type": "string"}}}`,
		after:  `{"properties": {"country": {"type": "string"}, "state": {"type": "string"}}, "if": {"properties": {"country": {"const": "US"}}}, "then": {"required": ["state"]}}`,
		fix:    "Check the condition where the event is made.",
	},
	{
		id: "json/schema-replaced", kind: compat.Other, title: "A schema was replaced by true or false, or the other way round",
		why:    "false refuses every value, and true accepts every one.",
		before: `{"properties": {"legacy": {"type": "string"}}}`,
		after:  `{"properties": {"legacy": false}}`,
		fix:    "Leave the schema as it was and stop writing the field.",
	},
}
