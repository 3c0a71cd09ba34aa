package compat

import (
	"slices"

	"github.com/nexus-blueprint/nexus/report"
)

// The rules of this package: what holds for every format.
const (
	RuleCompatible     = "registry/compatible"
	RuleUnexplained    = "registry/unexplained-break"
	RuleOpenAddition   = "blueprint/open-addition"
	RuleFieldAdded     = "blueprint/field-added"
	RuleFieldRemoved   = "blueprint/field-removed"
	RuleTypeChanged    = "blueprint/type-changed"
	RuleDefaultMissing = "blueprint/default-missing"
	RuleDefaultRemoved = "blueprint/default-removed"
	RuleBumpTooSmall   = "registry/bump-too-small"
	RuleSubjectAdded   = "registry/subject-added"
	RuleSubjectDeleted = "registry/subject-deleted"
	RuleSubjectRenamed = "registry/subject-renamed"
	RuleFormatChanged  = "registry/format-changed"
	RuleGateChanged    = "registry/gate-changed"
	RuleUndecided      = "registry/undecided"
	RuleDisagreement   = "registry/disagreement"
	RulePushRefused    = "registry/push-refused"
)

// Off is the severity with which a team switches a rule off.
const Off report.Severity = "off"

// RuleSeverity is the severity of a rule of this package.
func RuleSeverity(id string) report.Severity {
	rules := Rules()
	i := slices.IndexFunc(rules, func(r report.Rule) bool { return r.ID == id })
	if i < 0 {
		return report.Error
	}
	return rules[i].Severity
}

// Rules documents the rules of this package, family by family.
func Rules() []report.Rule {
	return slices.Concat(blueprintRules(), registryRules(), emulationRules("confluent", "Confluent Schema Registry"), emulationRules("glue", "AWS Glue"))
}

// blueprintRules are the founding document's: how an event may evolve.
func blueprintRules() []report.Rule {
	return []report.Rule{
		{
			ID: RuleOpenAddition, Severity: report.Warning, Kind: string(FieldAdded),
			Title: "An optional field was added to an object that was open",
			Why: "The old version said nothing about the new field's name, so a document could already carry it with any value at all. " +
				"Such a document was valid and is not any more. It is the commonest safe change in practice, because producers rarely write " +
				"fields that no schema names; so this is a warning, with the document that proves it.",
			Before: `{"type": "object", "properties": {"id": {"type": "string"}}}`,
			After:  `{"type": "object", "properties": {"id": {"type": "string"}, "coupon": {"type": "string", "default": ""}}}`,
			Fix:    `Close the object with "additionalProperties": false in the next major version, or waive the finding when no producer writes the field yet.`,
		},
		{
			ID: RuleFieldAdded, Severity: report.Error, Kind: string(FieldAdded),
			Title:  "A field was added although the profile forbids new fields",
			Why:    "profiles.blueprint.allow_new_fields is false in nexus.yaml: consumers rely on the exact set of fields.",
			Before: `{"properties": {"id": {"type": "string"}}, "additionalProperties": false}`,
			After:  `{"properties": {"id": {"type": "string"}, "coupon": {"type": "string"}}, "additionalProperties": false}`,
			Fix:    "Publish a new event type with the field, and an upcaster from the old one.",
		},
		{
			ID: RuleFieldRemoved, Severity: report.Error, Kind: string(FieldRemoved),
			Title: "A field was removed",
			Why: "Stored events still carry the field, and consumers that read it get nothing, without an error to tell them. " +
				"A field that is no longer wanted becomes optional and stays.",
			Before: `{"properties": {"id": {"type": "string"}, "coupon": {"type": "string"}}}`,
			After:  `{"properties": {"id": {"type": "string"}}}`,
			Fix:    "Keep the field, make it optional and mark it as deprecated.",
		},
		{
			ID: RuleTypeChanged, Severity: report.Error, Kind: string(TypeChanged),
			Title: "A field's type changed",
			Why: "Even where every old document stays valid, as from integer to number, consumers compiled against the old type " +
				"fail or lose precision on the new one.",
			Before: `{"properties": {"total": {"type": "integer"}}}`,
			After:  `{"properties": {"total": {"type": "number"}}}`,
			Fix:    "Publish a new event type with the new field type, and an upcaster from the old one.",
		},
		{
			ID: RuleDefaultMissing, Severity: report.Error, Kind: string(FieldAdded),
			Title: "A field was added without a default",
			Why: "Stored events do not have the field. Without a default every consumer invents its own value for them, " +
				"and two replays of the same log differ.",
			Before: `{"properties": {"id": {"type": "string"}}, "additionalProperties": false}`,
			After:  `{"properties": {"id": {"type": "string"}, "coupon": {"type": "string"}}, "additionalProperties": false}`,
			Fix:    "Give the field a default that holds for every stored event.",
		},
		{
			ID: RuleDefaultRemoved, Severity: report.Error, Kind: string(DefaultRemoved),
			Title:  "A default was removed",
			Why:    "Consumers that filled the field in from its default get nothing for older events.",
			Before: `{"properties": {"coupon": {"type": "string", "default": ""}}}`,
			After:  `{"properties": {"coupon": {"type": "string"}}}`,
			Fix:    "Put the default back.",
		},
	}
}

// registryRules are about subjects and their versions, whatever they hold.
func registryRules() []report.Rule {
	return []report.Rule{
		{
			ID: RuleCompatible, Severity: report.Error,
			Title:  "A change keeps the subject's compatibility level",
			Why:    "BACKWARD means that consumers with the new version read what was written with the old one, FORWARD that consumers with the old version read what is written with the new one. This check passes when no rule of the profile is broken.",
			Before: `{"enum": ["card"]}`,
			After:  `{"enum": ["card", "cash"]}`,
			Fix:    "Nothing to fix when it passes; the rules that broke are listed on their own otherwise.",
		},
		{
			ID: RuleUnexplained, Severity: report.Error,
			Title:  "The change breaks documents, and no single rule says why",
			Why:    "Several harmless-looking changes can break a document together. The proof stands, even though no one keyword is to blame.",
			Before: `{"oneOf": [{"maximum": 5}, {"minimum": 6}]}`,
			After:  `{"oneOf": [{"maximum": 7}, {"minimum": 4}]}`,
			Fix:    "Read the witness: it shows a document that one version accepts and the other rejects.",
		},
		{
			ID: RuleBumpTooSmall, Severity: report.Error,
			Title:  "The declared version bump is smaller than the change deserves",
			Why:    "Consumers decide by the version number whether they may upgrade without looking. A breaking change under a minor version takes them by surprise.",
			Before: `{"version": "1.2.0", "required": ["id"]}`,
			After:  `{"version": "1.3.0", "required": ["id", "total"]}`,
			Fix:    "Raise the version as far as the report says, or take the break back.",
		},
		{
			ID: RuleSubjectAdded, Severity: report.Note,
			Title:  "A subject is new",
			Why:    "It has no earlier version that it could break. The note keeps a mistyped folder or a lost baseline from passing as a clean check.",
			Before: "released/ without coupons/CouponIssued",
			After:  "next/coupons/CouponIssued.schema.json",
			Fix:    "Nothing to fix.",
		},
		{
			ID: RuleSubjectDeleted, Severity: report.Error,
			Title:  "A subject was deleted",
			Why:    "Its events stay in the log, and nothing is left to read them with.",
			Before: "released/orders/OrderPlaced.schema.json",
			After:  "next/ without orders/OrderPlaced",
			Fix:    "Keep the schema for as long as its events can be replayed.",
		},
		{
			ID: RuleSubjectRenamed, Severity: report.Note,
			Title:  "A subject was renamed",
			Why:    "The change was judged against the version under the old name. A registry keyed by name sees a new subject without history.",
			Before: "released/orders/OrderPlaced.schema.json",
			After:  "next/sales/OrderPlaced.schema.json",
			Fix:    "Tell the registry about the new name, or keep the old one by schema.subjects in nexus.yaml.",
		},
		{
			ID: RuleFormatChanged, Severity: report.Error,
			Title:  "A subject changed its schema format",
			Why:    "Documents of one format cannot be read with a schema of another; no containment holds between them.",
			Before: "OrderPlaced.avsc",
			After:  "OrderPlaced.schema.json",
			Fix:    "Publish the new format as a new subject.",
		},
		{
			ID: RuleGateChanged, Severity: report.Warning,
			Title:  "The change edits the gate that judges it",
			Why:    "With --trust base the configuration and the waivers come from the baseline, so the edit has no effect on this run. It will once it is merged, and a reviewer should see it.",
			Before: "nexus.yaml: level: FULL",
			After:  "nexus.yaml: level: NONE",
			Fix:    "Change the gate on its own, not together with the schemas that it judges.",
		},
		{
			ID: RuleUndecided, Severity: report.Warning,
			Title:  "It could not be decided whether the change breaks anybody",
			Why:    "The change rests on something that cannot be judged within the bounds, such as a regular expression with look-ahead. nexus.yaml sets schema.undecided to warning, else the run would count as unchecked.",
			Before: `{"pattern": "^(?!x)"}`,
			After:  `{"pattern": "^(?!y)"}`,
			Fix:    "Write the constraint in a form that can be decided, or have a person review it and waive the finding.",
		},
		{
			ID: RuleDisagreement, Severity: report.Warning,
			Title:  "The schema registry answers otherwise than nexus expects",
			Why:    "With --ask-registry the registry itself judges the change. Where its answer is not what the profile predicts, or not the truth, one of the two is wrong, and the finding gives the reasons of both. A registry that accepts a break lets it reach consumers; one that refuses a safe change stops the release.",
			Before: `{"type": "object", "properties": {"id": {"type": "string"}}}`,
			After:  `{"type": "object", "properties": {"id": {"type": "string"}, "note": {"type": "string"}}}`,
			Fix:    "Read both reasons. When the registry is right about its own rules, expect the release to be accepted or refused as it says.",
		},
		{
			ID: RulePushRefused, Severity: report.Error,
			Title:  "The schema registry refuses the version",
			Why:    "nexus found the change compatible, or somebody waived what it found, and the registry does not take it: it judges by rules or by a history of its own. Producers that register their schemas when they start fail the same way.",
			Before: "BACKWARD",
			After:  "409 Conflict",
			Fix:    "Read the registry's reasons. Make the change compatible under its rules, set another level with --set-level, or register a new subject.",
		},
	}
}

// emulationRules are where a predicted registry and the truth part.
func emulationRules(name, title string) []report.Rule {
	return []report.Rule{
		{
			ID: name + "/missed-break", Severity: report.Warning,
			Title:  title + " would accept a change that breaks documents",
			Why:    "The registry judges some keywords by rule of thumb or not at all. The witness is a document that it would let through and that readers cannot use.",
			Before: `{"type": "array"}`,
			After:  `{"type": "array", "contains": {"type": "string"}}`,
			Fix:    "Do not rely on the registry alone; the profile containment treats the change as breaking.",
		},
		{
			ID: name + "/false-alarm", Severity: report.Note,
			Title:  title + " would refuse a change that breaks no document",
			Why:    "The registry compares the words of two schemas, not what they accept. Every document that the old version accepts is valid under the new one.",
			Before: `{"const": 1}`,
			After:  `{"enum": [1, 2]}`,
			Fix:    "Write the change in a form that the registry understands, or set the subject to NONE while it is registered.",
		},
	}
}
