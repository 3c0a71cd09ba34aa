package protobuf

import (
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/report"
)

// registryRules documents every refusal of a registry, sorted.
func registryRules(family string) []report.Rule {
	all := make([]report.Rule, 0, len(refusalRules))
	for _, r := range refusalRules {
		all = append(all, report.Rule{
			ID: family + "/" + r.name, Title: r.title, Why: r.why, Severity: report.Error, Controls: []string{},
			Before: r.before, After: r.after, Fix: refusalFix,
		})
	}
	slices.SortFunc(all, func(a, b report.Rule) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// refusalRule documents one refusal.
type refusalRule struct {
	name, title, why string
	before, after    string
}

// refusalRules documents what Refusals may name. The test runs each before and
// after, and expects the rule.
var refusalRules = []refusalRule{
	{
		"package-changed", "The package changed", "Every full name changes with it.",
		proto3 + "package shop.v1;\n" + event, proto3 + "package shop.v2;\n" + event,
	},
	{
		"message-removed", "A message was removed", "The registry refuses it whether or not a field still holds the message.",
		proto3 + event + "\nmessage OrderPaid { string id = 1; }", proto3 + event,
	},
	{
		"field-kind-changed", "A field changed between scalar, message and map", "Their encodings differ.",
		proto3 + "message OrderPlaced { string shop = 1; }", proto3 + "message OrderPlaced { Shop shop = 1; }\nmessage Shop { string id = 1; }",
	},
	{
		"field-scalar-kind-changed", "A field changed to a scalar type of another encoding",
		"The registry takes int32, int64, uint32, uint64, bool and enums for each other, as it does the two sint types, string and bytes, and each two of the fixed ones.",
		proto3 + "message OrderPlaced { int32 total = 1; }", proto3 + "message OrderPlaced { string total = 1; }",
	},
	{
		"field-named-type-changed", "A field changed to another message", "The registry compares the names of messages, and the fields of those that come by reference.",
		proto3 + "message OrderPlaced { Shop shop = 1; }\nmessage Shop { string id = 1; }\nmessage Store { string id = 1; }",
		proto3 + "message OrderPlaced { Store shop = 1; }\nmessage Shop { string id = 1; }\nmessage Store { string id = 1; }",
	},
	{
		"field-numeric-label-changed", "A number changed between single and repeated, or in being required", "Repeated numbers are packed into one value, which a reader of a single number cannot read.",
		proto3 + "message OrderPlaced { int32 total = 1; }", proto3 + "message OrderPlaced { repeated int32 total = 1; }",
	},
	{
		"required-field-added", "A required field was added", "Old messages do not hold it.",
		proto2 + "message OrderPlaced { optional string id = 1; }", proto2 + "message OrderPlaced { optional string id = 1; required string shop = 2; }",
	},
	{
		"required-field-removed", "A required field was removed", "Readers of the old version insist on it. The registry refuses it at every level.",
		proto2 + "message OrderPlaced { optional string id = 1; required string shop = 2; }", proto2 + "message OrderPlaced { optional string id = 1; }",
	},
	{
		"oneof-field-removed", "A member of a oneof was removed", "A message may hold the choice that is gone. A oneof that vanishes with all its members is accepted.",
		proto3 + "message OrderPlaced { oneof payment { string card = 1; string cash = 2; } }", proto3 + "message OrderPlaced { oneof payment { string card = 1; } }",
	},
	{
		"multiple-fields-moved-to-oneof", "Several fields were moved into one oneof", "A message may hold more than one of them, and a reader keeps only the last.",
		proto3 + "message OrderPlaced { string card = 1; string cash = 2; }", proto3 + "message OrderPlaced { oneof payment { string card = 1; string cash = 2; } }",
	},
	{
		"field-moved-to-existing-oneof", "A field joined a oneof that had other members", "A message may hold the field and a member of the oneof, and a reader keeps only the last.",
		proto3 + "message OrderPlaced { string card = 1; oneof payment { string cash = 2; } }", proto3 + "message OrderPlaced { oneof payment { string cash = 2; string card = 1; } }",
	},
}

// refusalFix is what helps against any refusal.
const refusalFix = "Take the change back, publish it under a new subject, or set the subject's level to NONE while it is registered."
