package avro

import (
	"slices"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
)

// The rules that a change, or a finding of Lint, may name.
const (
	ruleFieldAdded         = "avro/field-added"
	ruleFieldRemoved       = "avro/field-removed"
	ruleFieldRenamed       = "avro/field-renamed"
	ruleTypeChanged        = "avro/type-changed"
	ruleMadeOptional       = "avro/made-optional"
	ruleMadeRequired       = "avro/made-required"
	ruleBranchAdded        = "avro/branch-added"
	ruleBranchRemoved      = "avro/branch-removed"
	ruleSymbolAdded        = "avro/symbol-added"
	ruleSymbolRemoved      = "avro/symbol-removed"
	ruleDefaultRemoved     = "avro/default-removed"
	ruleDefaultChanged     = "avro/default-changed"
	ruleNameChanged        = "avro/name-changed"
	ruleNamespaceChanged   = "avro/namespace-changed"
	ruleAliasesChanged     = "avro/aliases-changed"
	ruleSizeChanged        = "avro/size-changed"
	ruleDecimalChanged     = "avro/decimal-changed"
	ruleLogicalTypeChanged = "avro/logical-type-changed"
	ruleLogicalTypeIgnored = "avro/logical-type-ignored"
	ruleLateDefault        = "avro/late-default"
)

// rule is one page about one kind of change. Whether such a change breaks
// anybody is not the rule's to say: the resolver looks at each one in its place.
type rule struct {
	id            string
	kind          compat.Kind // empty for a rule of Lint alone
	severity      report.Severity
	title         string
	why           string
	before, after string
	fix           string
}

// Rules documents every rule that a change of an Avro schema may name, those of
// Lint, and the refusals that Refusals predicts. Each of the first two has a
// fixture of its name in testdata/rules.
func (e *Engine) Rules() []report.Rule {
	all := make([]report.Rule, 0, len(rules))
	for _, r := range rules {
		all = append(all, report.Rule{
			ID: r.id, Kind: string(r.kind), Title: r.title, Why: r.why, Severity: r.severity,
			Controls: []string{}, Before: r.before, After: r.after, Fix: r.fix,
		})
	}
	return slices.Concat(all, refusalRules("confluent"), refusalRules("glue"))
}

var rules = []rule{
	{
		id: ruleFieldAdded, kind: compat.FieldAdded, severity: report.Error, title: "A field was added",
		why: "Data that was written before does not hold the field, so a reader takes its default; without one it cannot read the record at all. " +
			"Readers on the old version pass the field over. (Specification, Schema Resolution: records.)",
		before: `{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}]}`,
		after:  `{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}, {"name": "coupon", "type": "string"}]}`,
		fix:    "Give the field a default that holds for every record written before.",
	},
	{
		id: ruleFieldRemoved, kind: compat.FieldRemoved, severity: report.Error, title: "A field was removed",
		why: "A reader on the new version passes the field over in old data. A reader on the old version misses it in new data, " +
			"and cannot read the record unless its own schema has a default for the field.",
		before: `{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}, {"name": "note", "type": "string"}]}`,
		after:  `{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}]}`,
		fix:    "Keep the field, let it be null and mark it as deprecated.",
	},
	{
		id: ruleFieldRenamed, kind: compat.Renamed, severity: report.Error, title: "A field was renamed",
		why: "Fields are found by name. To a reader a renamed field is a new one that is missing in old data. An alias with the old name lets new readers " +
			"find it there; readers on the old version know nothing of aliases in a later one. (Specification, Aliases.)",
		before: `{"type": "record", "name": "Order", "fields": [{"name": "orderId", "type": "string"}]}`,
		after:  `{"type": "record", "name": "Order", "fields": [{"name": "order_id", "type": "string"}]}`,
		fix:    `Keep the old name, or add it to the field's "aliases".`,
	},
	{
		id: ruleTypeChanged, kind: compat.TypeChanged, severity: report.Error, title: "A type changed",
		why: "A reader takes int for long, float and double, long for float and double, float for double, and string and bytes for each other; " +
			"it resolves no other change of type. A promotion goes one way only, and a large long loses digits as a double.",
		before: `{"type": "record", "name": "Order", "fields": [{"name": "total", "type": "long"}]}`,
		after:  `{"type": "record", "name": "Order", "fields": [{"name": "total", "type": "string"}]}`,
		fix:    "Keep the type, and add a field for the new one.",
	},
	{
		id: ruleMadeOptional, kind: compat.MadeOptional, severity: report.Error, title: "A value may now be null",
		why:    "The branch null joined the union. What was written before stays readable; a reader on the old version cannot resolve a null.",
		before: `{"type": "record", "name": "Order", "fields": [{"name": "note", "type": "string"}]}`,
		after:  `{"type": "record", "name": "Order", "fields": [{"name": "note", "type": ["null", "string"]}]}`,
		fix:    "Deploy the readers first.",
	},
	{
		id: ruleMadeRequired, kind: compat.MadeRequired, severity: report.Error, title: "A value may no longer be null",
		why:    "The branch null left the union. A null that was written before has no branch to be resolved by.",
		before: `{"type": "record", "name": "Order", "fields": [{"name": "note", "type": ["null", "string"]}]}`,
		after:  `{"type": "record", "name": "Order", "fields": [{"name": "note", "type": "string"}]}`,
		fix:    "Keep null in the union.",
	},
	{
		id: ruleBranchAdded, kind: compat.TypeChanged, severity: report.Error, title: "A union got a branch",
		why:    "What was written before stays readable; a reader on the old version has no branch for values of the new one.",
		before: `{"type": "record", "name": "Order", "fields": [{"name": "note", "type": ["null", "string"]}]}`,
		after:  `{"type": "record", "name": "Order", "fields": [{"name": "note", "type": ["null", "string", "boolean"]}]}`,
		fix:    "Deploy the readers first, or add a field for the new type.",
	},
	{
		id: ruleBranchRemoved, kind: compat.TypeChanged, severity: report.Error, title: "A union lost a branch",
		why:    "Values of the branch were written, and a reader on the new version resolves them only if another branch takes them.",
		before: `{"type": "record", "name": "Order", "fields": [{"name": "note", "type": ["null", "string", "boolean"]}]}`,
		after:  `{"type": "record", "name": "Order", "fields": [{"name": "note", "type": ["null", "string"]}]}`,
		fix:    "Keep the branch for as long as its values can be read.",
	},
	{
		id: ruleSymbolAdded, kind: compat.Other, severity: report.Error, title: "An enum got a symbol",
		why:    "A reader on the old version does not know the symbol. It takes its enum's default for it, or fails when there is none.",
		before: `{"type": "enum", "name": "Payment", "symbols": ["CARD", "CASH"]}`,
		after:  `{"type": "enum", "name": "Payment", "symbols": ["CARD", "CASH", "INVOICE"]}`,
		fix:    "Give the enum a default first, and add the symbol when every reader has it.",
	},
	{
		id: ruleSymbolRemoved, kind: compat.ValuesNarrowed, severity: report.Error, title: "An enum lost a symbol",
		why:    "The symbol was written before. A reader on the new version takes its enum's default for it, or fails when there is none.",
		before: `{"type": "enum", "name": "Payment", "symbols": ["CARD", "CASH"]}`,
		after:  `{"type": "enum", "name": "Payment", "symbols": ["CARD"]}`,
		fix:    "Keep the symbol, or give the enum a default.",
	},
	{
		id: ruleDefaultRemoved, kind: compat.DefaultRemoved, severity: report.Error, title: "A default was removed",
		why: "Both versions hold the field, so nothing breaks between them. Data from before the field existed, and symbols from after, " +
			"were readable by the default alone.",
		before: `{"type": "record", "name": "Order", "fields": [{"name": "coupon", "type": "string", "default": ""}]}`,
		after:  `{"type": "record", "name": "Order", "fields": [{"name": "coupon", "type": "string"}]}`,
		fix:    "Put the default back.",
	},
	{
		id: ruleDefaultChanged, kind: compat.Other, severity: report.Error, title: "A default changed",
		why:    "Readers fill in a field that the data does not hold from their own default: two versions now tell different stories of the same old record.",
		before: `{"type": "record", "name": "Order", "fields": [{"name": "currency", "type": "string", "default": "EUR"}]}`,
		after:  `{"type": "record", "name": "Order", "fields": [{"name": "currency", "type": "string", "default": "USD"}]}`,
		fix:    "Keep the default, and let producers write the new value.",
	},
	{
		id: ruleNameChanged, kind: compat.Renamed, severity: report.Error, title: "A record, enum or fixed was renamed",
		why: "Named schemas resolve each other only when their names are equal, namespaces left out, or when the reader's aliases hold the writer's full name. " +
			"(Specification, Schema Resolution and Aliases.)",
		before: `{"type": "record", "name": "Order", "fields": []}`,
		after:  `{"type": "record", "name": "Purchase", "fields": []}`,
		fix:    `Keep the name, or add the old one to "aliases".`,
	},
	{
		id: ruleNamespaceChanged, kind: compat.Other, severity: report.Error, title: "A namespace changed",
		why: "By the specification names resolve without their namespaces, so nothing breaks. Generated classes move to another package, and " +
			"readers that look for the full name do not find it.",
		before: `{"type": "record", "name": "Order", "namespace": "com.shop", "fields": []}`,
		after:  `{"type": "record", "name": "Order", "namespace": "com.sales", "fields": []}`,
		fix:    "Keep the namespace, or add the old full name as an alias.",
	},
	{
		id: ruleAliasesChanged, kind: compat.Other, severity: report.Error, title: "An alias was removed, or claims a field twice",
		why: "Without the alias data that was written under the old name is no longer found. An alias that names another field of the writer " +
			"leaves open which of the two is meant.",
		before: `{"type": "record", "name": "Order", "fields": [{"name": "order_id", "type": "string", "aliases": ["orderId"]}]}`,
		after:  `{"type": "record", "name": "Order", "fields": [{"name": "order_id", "type": "string"}]}`,
		fix:    "Keep aliases for as long as data under the old name can be read.",
	},
	{
		id: ruleSizeChanged, kind: compat.TypeChanged, severity: report.Error, title: "The size of a fixed changed",
		why:    "A fixed is resolved only by one of the same size.",
		before: `{"type": "fixed", "name": "Digest", "size": 16}`,
		after:  `{"type": "fixed", "name": "Digest", "size": 32}`,
		fix:    "Define a fixed of another name, and add a field for it.",
	},
	{
		id: ruleDecimalChanged, kind: compat.TypeChanged, severity: report.Error, title: "The precision or the scale of a decimal changed",
		why: "A decimal is written without its scale: 1050 is 10.50 to one version and 1.050 to the other. The specification demands that both match; " +
			"most engines, and the registries, do not look.",
		before: `{"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}`,
		after:  `{"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 3}`,
		fix:    "Keep precision and scale, and add a field for the new ones.",
	},
	{
		id: ruleLogicalTypeChanged, kind: compat.Other, severity: report.Warning, title: "A logical type changed",
		why: "Readers resolve the encoding and never compare logical types, so nothing fails: milliseconds are read as microseconds, " +
			"and every instant lands in January 1970.",
		before: `{"type": "long", "logicalType": "timestamp-millis"}`,
		after:  `{"type": "long", "logicalType": "timestamp-micros"}`,
		fix:    "Keep the logical type, and add a field for the new one.",
	},
	{
		id: ruleLogicalTypeIgnored, severity: report.Warning, title: "A logical type has no effect",
		why: "The specification tells readers to ignore a logical type that does not fit its schema. Values are read as plain numbers or bytes, " +
			"whatever the author had in mind.",
		before: `{"type": "record", "name": "Order", "fields": [{"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}`,
		after:  `{"type": "record", "name": "Order", "fields": [{"name": "at", "type": "long", "logicalType": "timestamp-millis"}]}`,
		fix:    "Write it inside of the type that it annotates, with the attributes that it needs.",
	},
	{
		id: ruleLateDefault, severity: report.Warning, title: "A default fits a later branch of its union",
		why: "Until version 1.12 of the specification the default of a union had to fit its first branch. Readers built before that refuse the schema, " +
			"or take the field for one without a default.",
		before: `{"type": "record", "name": "Order", "fields": [{"name": "note", "type": ["null", "string"], "default": null}]}`,
		after:  `{"type": "record", "name": "Order", "fields": [{"name": "note", "type": ["string", "null"], "default": null}]}`,
		fix:    "Put the branch of the default first in the union.",
	},
}
