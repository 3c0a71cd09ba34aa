package catalog

import "github.com/nexus-blueprint/nexus/report"

// The rules of this package.
const (
	RuleUnsent            = "catalog/unsent-event"
	RuleUnreceived        = "catalog/unreceived-event"
	RuleUnusedMessage     = "catalog/unused-message"
	RuleInverted          = "catalog/inverted-direction"
	RuleUndefinedMessage  = "catalog/undefined-message"
	RuleNoMatchingVersion = "catalog/no-matching-version"
	RuleUndefinedService  = "catalog/undefined-service"
	RuleUndefinedChannel  = "catalog/undefined-channel"
	RuleUndefinedOwner    = "catalog/undefined-owner"
	RuleUndefinedField    = "catalog/undefined-field"
	RuleMissingID         = "catalog/missing-id"
	RuleMissingVersion    = "catalog/missing-version"
	RuleMissingOwner      = "catalog/missing-owner"
	RuleMissingSchema     = "catalog/missing-schema-file"
	RuleAmbiguousSchema   = "catalog/ambiguous-schema"
	RuleOlderCurrent      = "catalog/older-current"
	RuleDuplicateID       = "catalog/duplicate-id"
	RuleContradiction     = "catalog/contradiction"
	RuleUnknownKey        = "catalog/unknown-key"
	RuleMalformedValue    = "catalog/malformed-value"
	RuleOlderForm         = "catalog/older-form"
	RulePassedOver        = "catalog/passed-over"
)

// Rules documents the rules of this package.
func Rules() []report.Rule {
	return append(joinRules(), writingRules()...)
}

// joinRules are about what the parts of a catalog say of each other.
func joinRules() []report.Rule {
	return []report.Rule{
		{
			ID: RuleUnsent, Severity: report.Warning, Title: "No service sends the event",
			Why: "An event that nobody sends is dead, or its sender is not in the catalog. Then nobody can say who has to be asked before it changes.",
			Fix: "List it under sends of the service that sends it, or remove it.",
		},
		{
			ID: RuleUnreceived, Severity: report.Note, Title: "No service receives the event",
			Why: "Whoever breaks the event is told whom that hurts only when its receivers are in the catalog. An event that really has none costs money for nothing.",
			Fix: "List it under receives of every service that reads it.",
		},
		{
			ID: RuleUnusedMessage, Severity: report.Note, Title: "No operation uses the message",
			Why: "An AsyncAPI document defines it among its components, and nothing there sends or receives it: it is left over, or the operation is still missing.",
			Fix: "Refer to it from an operation, or remove it.",
		},
		{
			ID: RuleInverted, Severity: report.Warning, Title: "Sender and receiver are likely the wrong way round",
			Why: "AsyncAPI 2.x names operations from the outside: the application receives what is under publish. Many authors mean the opposite, and then every question about who is affected gets the wrong answer.",
			Fix: "Swap the direction; for AsyncAPI 2.x documents that are all meant the author's way, set catalog.direction to author.",
		},
		{
			ID: RuleUndefinedMessage, Severity: report.Error, Title: "A message is named that nothing describes",
			Why: "The reference leads nowhere, so no rule judges what is really sent: the name is misspelt, or the event was removed while somebody still uses it.",
			Fix: "Describe the message, or correct the name.",
		},
		{
			ID: RuleNoMatchingVersion, Severity: report.Error, Title: "A range of versions has no version in it",
			Why: "A service says that it sends or receives a version that the catalog does not hold, so nobody knows what it relies on.",
			Fix: "Name a version, or a range such as ^1.0.0, that exists; keep earlier versions below versioned/.",
		},
		{
			ID: RuleUndefinedService, Severity: report.Error, Title: "A service is named that nothing describes",
			Why: "The service has no owner, so nobody can be told when an event that it uses breaks.",
			Fix: "Describe the service, or correct the name.",
		},
		{
			ID: RuleUndefinedChannel, Severity: report.Warning, Title: "A channel is named that nothing describes",
			Why: "How the event travels, whether encrypted and for how long it is kept, is then not known, and rules about transport have nothing to judge.",
			Fix: "Describe the channel, or correct the name.",
		},
		{
			ID: RuleUndefinedOwner, Severity: report.Error, Title: "An owner is named that nothing describes",
			Why: "An owner whom nobody can reach owns nothing: teams are renamed, people leave. It is a warning while the catalog describes no owner at all, and while all of it is AsyncAPI, which has no place for owners.",
			Fix: "Describe the team or user, or name one that exists.",
		},
		{
			ID: RuleUndefinedField, Severity: report.Warning, Title: "A field is declared that the schema lacks",
			Why: "What was decided about the field protects nothing: it is misspelt, or it was renamed in the schema and is now undeclared there.",
			Fix: "Name the field by its path in the schema, such as customer.email or items[].sku.",
		},
		{
			ID: RuleOlderCurrent, Severity: report.Warning, Title: "An older version is the current one",
			Why: "Rules judge the current version, and receivers of latest rely on it. A higher version below versioned/ is looked at by neither: as a rule the two changed places.",
			Fix: "Make the highest version the current one, and keep the others below versioned/.",
		},
		{
			ID: RuleDuplicateID, Severity: report.Error, Title: "Two things have one id",
			Why: "Only one of the two descriptions counts, and which one is chance to whoever edits the other.",
			Fix: "Give each an id of its own, or its own version below versioned/.",
		},
		{
			ID: RuleContradiction, Severity: report.Error, Title: "Two sources contradict each other",
			Why: "One of them is wrong, and a check that believes the wrong one proves nothing.",
			Fix: "Make the two agree, or say it in one of them only.",
		},
	}
}

// writingRules are about how a catalog is written.
func writingRules() []report.Rule {
	return []report.Rule{
		{
			ID: RuleMissingID, Severity: report.Note, Title: "The id is missing",
			Why: "The name of the folder stands for it, so that moving the folder renames the event.",
			Fix: "Write the id.",
		},
		{
			ID: RuleMissingVersion, Severity: report.Warning, Title: "The event has no version",
			Why: "Receivers cannot say which version they rely on, and history cannot tell two of them apart.",
			Fix: "Write the version, such as version: 1.0.0.",
		},
		{
			ID: RuleMissingOwner, Severity: report.Warning, Title: "The event has no owner",
			Why: "Nobody can be asked what it means, and nobody answers for what is in it.",
			Fix: "Name a team or a user under owners.",
		},
		{
			ID: RuleMissingSchema, Severity: report.Error, Title: "The schema file is not there",
			Why: "The catalog says that there is a schema, and no check can read it.",
			Fix: "Correct the path, which counts from the file that names it, or add the file.",
		},
		{
			ID: RuleAmbiguousSchema, Severity: report.Warning, Title: "Several files may be the schema",
			Why: "nexus does not guess which one describes the event, so the event has no schema.",
			Fix: "Name the file: schemaPath: schema.json.",
		},
		{
			ID: RuleUnknownKey, Severity: report.Warning, Title: "Nothing reads the key",
			Why: "A misspelt key declares nothing, silently. EventCatalog refuses to build a site with keys it does not know, unless they begin with x-.",
			Fix: "Correct the spelling, or begin the key with x- when it is your own.",
		},
		{
			ID: RuleMalformedValue, Severity: report.Warning, Title: "The value is not what its key takes",
			Why: "A value that cannot be understood declares nothing, and one that is understood in spite of how it is written may be understood otherwise elsewhere: YAML 1.1 and 1.2 differ in what no, 1.10 and a date are.",
			Fix: "Write the value in the form that the message names.",
		},
		{
			ID: RuleOlderForm, Severity: report.Note, Title: "An older form is used",
			Why: "nexus reads it; other tools of today do not.",
			Fix: "Write it in the present form.",
		},
		{
			ID: RulePassedOver, Severity: report.Note, Title: "A file is not read",
			Why: "It lies among the catalog's folders and looks as if it described something, but the layout has no place for it there.",
			Fix: "Move it into a folder of its own, as index.mdx.",
		},
	}
}
