package replay

import (
	"slices"

	"github.com/nexus-blueprint/nexus/report"
)

// The rules that Doctor judges.
const (
	RuleGap         = "log/gap"
	RuleLateStart   = "log/late-start"
	RuleDuplicate   = "log/duplicate"
	RuleConflict    = "log/conflict"
	RuleOutOfOrder  = "log/out-of-order"
	RuleTimeBack    = "log/time-back"
	RuleLate        = "log/late"
	RuleDangling    = "log/dangling-causation"
	RuleNotConstant = "log/not-constant"
	RuleUnreadable  = "log/unreadable"
	RuleInvalid     = "log/invalid"
	RuleStreamless  = "log/streamless"
)

// Rules documents the rules of this package.
func Rules() []report.Rule {
	return slices.Concat(sequenceRules(), contentRules(), stateRules())
}

// sequenceRules are about the places of events in their streams and in time.
func sequenceRules() []report.Rule {
	return []report.Rule{
		{
			ID: RuleGap, Severity: report.Error, Title: "Events of a stream are missing",
			Why: "A state folded from a stream with a hole is a state that never was, and nothing in it says so.",
			Fix: "Export the stream again; if the event was lost, record that with an event of its own. When the sequence does not count the events of a stream, map one that does with --map sequence=PATH.",
		},
		{
			ID: RuleLateStart, Severity: report.Warning, Title: "The log starts in the middle of a stream",
			Why: "What happened before is not in the state. That is right for an export of a time window, and wrong for everything that is folded from it.",
			Fix: "Export from the beginning of the stream, or fold from a snapshot.",
		},
		{
			ID: RuleDuplicate, Severity: report.Warning, Title: "An event was recorded or exported twice",
			Why: "Delivery at least once makes copies. Replay drops them; a consumer that does not counts them twice.",
			Fix: "Make the export, or whoever appends, idempotent by the event's id.",
		},
		{
			ID: RuleConflict, Severity: report.Error, Title: "Two different events claim one id or one place",
			Why: "Only one of them can have happened there. Two writers appended without an expected version, or an id was used again.",
			Fix: "Append with the expected version of the stream, and never use an id twice.",
		},
		{
			ID: RuleOutOfOrder, Severity: report.Warning, Title: "Events of a stream are not in the order of their sequence",
			Why: "Replay sorts them; a consumer that reads them as they come sees effects before causes.",
			Fix: "Send the events of a stream through one partition, and export partition by partition.",
		},
		{
			ID: RuleTimeBack, Severity: report.Warning, Title: "Time runs backwards within a stream",
			Why: "A question about the state at a time has then two answers. A clock was set, or the clocks of two writers differ.",
			Fix: "Let the store give the time, or ask by sequence.",
		},
		{
			ID: RuleLate, Severity: report.Note, Title: "An event was recorded after later ones",
			Why: "It happened before the event in front of it in its stream, so what was known at a time differs from what was true then.",
			Fix: "Ask with --known-at for what was known; nothing is wrong when things are recorded late on purpose.",
		},
	}
}

// contentRules are about what events say.
func contentRules() []report.Rule {
	return []report.Rule{
		{
			ID: RuleDangling, Severity: report.Warning, Title: "An event's cause is not in the log",
			Why: "Nobody can follow why it happened. The cause was lost, never recorded, or is in another log.",
			Fix: "Export the logs together, and let every event name the id of the event it answers.",
		},
		{
			ID: RuleNotConstant, Severity: report.Error, Title: "An attribute changes within a stream that must not",
			Why: "A stream whose partition key changes loses its order; one whose tenant changes mixes the data of two customers.",
			Fix: "Derive the partition key and the tenant from the stream's id alone.",
		},
		{
			ID: RuleUnreadable, Severity: report.Error, Title: "A record cannot be read",
			Why: "What it says is in no state, and a log that was cut off looks like one that ended.",
			Fix: "Export again; the offset says where the record is.",
		},
		{
			ID: RuleStreamless, Severity: report.Warning, Title: "Events belong to no stream",
			Why: "They are in no state: whatever is folded from the log is folded without them.",
			Fix: "Say where the log names the stream with --map stream=PATH; of Debezium's rows that is the key of the table, as in --map stream=.row.order_id.",
		},
		{
			ID: RuleInvalid, Severity: report.Error, Title: "Recorded events break their schema",
			Why: "The schema says what consumers may rely on. History that breaks it breaks whoever replays it.",
			Fix: "Correct the schema to what was recorded, or write an upcaster.",
		},
	}
}

// stateRules are about what is folded from a log.
func stateRules() []report.Rule {
	return []report.Rule{
		{
			ID: RuleNever, Severity: report.Error, Title: "The expression is true at no point of the stream",
			Why: "There is no first event that makes it true, so the search has no answer.",
			Fix: "Check the expression with nexus replay --where, and the stream.",
		},
		{
			ID: RuleDiverges, Severity: report.Error, Title: "Two reducers end in different states",
			Why: "The same history means something else after the change.",
			Fix: "If it is meant, raise the reducer's version and rebuild what was stored of it.",
		},
		{
			ID: RuleRootDiffers, Severity: report.Error, Title: "The states are not those that were expected",
			Why: "The root covers the state of every stream: an event, a reducer or an upcaster is not the one it was.",
			Fix: "Compare the streams one by one, or accept the new root.",
		},
		{
			ID: RuleInvariant, Severity: report.Error, Title: "A state breaks an invariant",
			Why: "Something happened that the model says cannot happen.",
			Fix: "Find the event with nexus replay bisect, and what wrote the value with nexus replay blame.",
		},
	}
}

// ruleOf documents one rule of this package.
func ruleOf(id string) report.Rule {
	all := Rules()
	return all[slices.IndexFunc(all, func(r report.Rule) bool { return r.ID == id })]
}

// A spot is where a record stands in a log.
type spot struct {
	file         string
	line, offset int64
}

// location is the spot in the report's form.
func (p spot) location() report.Location {
	offset, line := p.offset, int(max(p.line, 1))
	return report.Location{File: p.file, Line: line, Column: 1, EndLine: line, EndColumn: 1, Side: "new", Offset: &offset}
}
