package cost

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/report"
)

// The rules of an estimate. Those about drift stand beside it.
const (
	RuleNotEstimated    = "cost/not-estimated"
	RuleNotCarried      = "cost/not-carried"
	RuleLatencyMissed   = "cost/latency-missed"
	RuleLatencyUnknown  = "cost/latency-unknown"
	RuleOrderingLost    = "cost/ordering-lost"
	RuleOverBudget      = "cost/over-budget"
	RuleBudgetUncertain = "cost/budget-uncertain"
	RuleIncrease        = "cost/increase"
	RuleClaim           = "cost/claim-fails"
)

// Rules documents the rules of this package.
func Rules() []report.Rule {
	return slices.Concat([]report.Rule{
		{
			ID: RuleNotEstimated, Severity: report.Warning, Title: "A type is not in the estimate",
			Why: "What it will cost comes on top of every amount that the report gives, and nobody knows how much it is.",
			Fix: "Declare its rate and its size (x-rate-per-min and x-payload-bytes), or estimate from a log that has it.",
		},
		{
			ID: RuleNotCarried, Severity: report.Warning, Title: "A path cannot carry a type that is put on it",
			Why: "Its events would be refused, or throttled, the day they are sent.",
			Fix: "Choose a path that takes its size and its load, send a reference to what is large, or state with --prices the price that is missing.",
		},
		{
			ID: RuleLatencyMissed, Severity: report.Warning, Title: "A type's path is slower than the type allows",
			Why: "One event in a hundred arrives later than its consumers can use it.",
			Fix: "Choose a faster path (Kinesis is fast with enhanced fan-out, and slow when it is polled), or declare the latency that is really needed.",
		},
		{
			ID: RuleLatencyUnknown, Severity: report.Note, Title: "Nobody has measured how late a path is, and the type asks for a latency",
			Why: "The price book has no figure for the path that can be relied on, so that the promise is neither kept nor broken as far as anybody knows.",
			Fix: "Measure it and state it under latency_ms in a file of --prices, or choose a path whose latency is known.",
		},
		{
			ID: RuleOrderingLost, Severity: report.Warning, Title: "A type whose order counts is on a path that keeps none",
			Why: "Consumers will see effects before causes, now and then, under load.",
			Fix: "Choose a path that keeps the order of a key, or make the consumers independent of it.",
		},
		{
			ID: RuleOverBudget, Severity: report.Error, Title: "The estimate is above the budget",
			Why: "The budget is what was agreed to be spent.",
			Fix: "The advice of the report says what moves the amount; else raise the budget.",
		},
		{
			ID: RuleBudgetUncertain, Severity: report.Error, Title: "The budget lies within the interval of the estimate",
			Why: "The point estimate is within the budget, and one month in twenty may be above it. A gate asks for the upper end.",
			Fix: "Estimate from a longer log, which narrows the interval, or leave the budget room.",
		},
		{
			ID: RuleIncrease, Severity: report.Error, Title: "The change costs more than is allowed",
			Why: "A field that is added moves events over a step of 1, 25 or 64 KB, and the bill moves with it.",
			Fix: "The report lists the types whose cost changes and why; make the events smaller, or allow the increase.",
		},
		{
			ID: RuleClaim, Severity: report.Error, Title: "The claimed saving does not come about",
			Why: "A saving is the share of the cost that moves times what the other path is cheaper. No path can save more than the share that moves.",
			Fix: "The report names the ceiling and the assumption that decides; docs/cost-truth.md shows where such claims hold.",
		},
	}, driftRules())
}

// Dearest is where the catalog has the type that costs most under an outcome: a place
// to look at for what is about all types. It is false where the catalog has none of
// those that are priced.
func (e *Estimate) Dearest(o *Outcome, c *catalog.Catalog) (report.Location, bool) {
	for _, i := range dearest(o.Types) {
		if known := described(c, e.Workload.Types[i].Type); known != nil && len(o.Types[i].Paths) > 0 {
			return known.Place.Location(), true
		}
	}
	return report.Location{}, false
}

// Findings are what an outcome shows about the types of the catalog c, which may
// be nil, and the checks behind them.
func (e *Estimate) Findings(o *Outcome, c *catalog.Catalog, fallback report.Location) ([]report.Finding, []report.Check) {
	f := &finder{catalog: c, fallback: fallback}
	for kind, why := range missingByType(e.Workload.Missing) {
		f.find(RuleNotEstimated, kind, "", fmt.Sprintf("%s is not estimated: %s", kind, why))
	}
	for _, left := range o.Left {
		f.find(RuleNotCarried, left.Type, o.Strategy, fmt.Sprintf("%s is not in the total of %s: %s", left.Type, o.Strategy, left.Why))
	}
	for _, text := range o.Overfull {
		f.find(RuleNotCarried, o.Strategy, "", fmt.Sprintf("under %s, %s", o.Strategy, text))
	}
	for i, t := range o.Types {
		name := e.Workload.Types[i].Type
		for _, rule := range []string{RuleLatencyMissed, RuleLatencyUnknown, RuleOrderingLost} {
			n := slices.IndexFunc(t.Missed, func(r Refusal) bool { return ruleOf[r.Need] == rule })
			switch {
			case n >= 0:
				f.find(rule, name, o.Strategy, fmt.Sprintf("%s on %s: %s", name, strings.Join(t.Paths, " and "), t.Missed[n].Text))
			case rule == RuleLatencyUnknown || rule == RuleLatencyMissed && t.Unknown:
				// Neither kept nor broken, as far as anybody knows.
			case len(t.Paths) > 0:
				f.check(rule, name, report.Pass)
			}
		}
	}
	drifts, checks := e.Workload.Drift(c)
	return append(f.findings, drifts...), append(f.checks, checks...)
}

// missingByType yields each type that is missing once, with all that it lacks.
func missingByType(list []Missing) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for len(list) > 0 {
			kind, why := list[0].Type, list[0].Text
			for list = list[1:]; len(list) > 0 && list[0].Type == kind; list = list[1:] {
				why += ", and " + list[0].Text
			}
			if !yield(kind, why) {
				return
			}
		}
	}
}

// ruleOf is the rule of a demand that is not met. Events whose other demands are
// not met cannot travel at all.
var ruleOf = map[string]string{"latency": RuleLatencyMissed, "latency-unknown": RuleLatencyUnknown, "ordering": RuleOrderingLost}

// A finder places findings in the catalog.
type finder struct {
	catalog  *catalog.Catalog
	fallback report.Location // where there is no catalog
	findings []report.Finding
	checks   []report.Check
}

func (f *finder) find(rule, subject, pointer, message string) {
	finding := report.Finding{
		Rule: rule, Severity: severityOf(rule), Subject: subject, Message: message, Hint: fixOf(rule),
		Location: f.place(subject), Fingerprint: report.Fingerprint(rule, subject, "", pointer, nil, nil), Place: pointer,
	}
	if e := described(f.catalog, subject); e != nil {
		for _, owner := range e.Owners {
			finding.Owners = append(finding.Owners, owner.Get)
		}
	}
	f.findings = append(f.findings, finding)
	f.check(rule, subject, report.Fail)
}

func (f *finder) check(rule, subject string, result report.ResultKind) {
	f.checks = append(f.checks, report.Check{Rule: rule, Subject: subject, Result: result, Location: f.place(subject)})
}

func (f *finder) place(subject string) report.Location {
	if e := described(f.catalog, subject); e != nil {
		return e.Place.Location()
	}
	return f.fallback
}

func severityOf(id string) report.Severity { return ruleWith(id).Severity }

func fixOf(id string) string { return ruleWith(id).Fix }

func ruleWith(id string) report.Rule {
	for _, rule := range Rules() {
		if rule.ID == id {
			return rule
		}
	}
	panic("cost: no rule is called " + id)
}
