package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// The rules of this package itself; all others are written in Rego.
const (
	// RuleUndeclared: rules cannot judge an event because of what it does not declare.
	RuleUndeclared = "catalog/undeclared"
	// RuleFailedCase: a policy does not do what its own test says.
	RuleFailedCase = "policy/failed-case"
	// RuleCoverage: too little of the policies is tested.
	RuleCoverage = "policy/coverage"
	// RuleIndexing: a policy decides otherwise without the rule index.
	RuleIndexing = "policy/indexing"
)

// Rules documents the rules of this package itself.
func Rules() []report.Rule {
	return []report.Rule{
		{
			ID: RuleUndeclared, Severity: report.Warning,
			Title: "Rules cannot judge an event that does not declare enough",
			Why: "An event that declares nothing breaks nothing. Such a rule is neither satisfied nor broken, and it stays " +
				"open until somebody says what the event holds.",
			Fix: "Declare the key, also when the answer is no; a declared negative is an answer.",
		},
		{
			ID: RuleFailedCase, Severity: report.Error,
			Title: "A policy does not do what its test says",
			Why:   "A case states what a rule is meant to answer. When it answers otherwise, one of the two is wrong.",
			Fix:   "Correct the rule, or the case.",
		},
		{
			ID: RuleCoverage, Severity: report.Error,
			Title: "Too little of the policies is tested",
			Why:   "A line that no test reaches may say anything.",
			Fix:   "Add cases for the lines named, or remove the lines.",
		},
		{
			ID: RuleIndexing, Severity: report.Error,
			Title: "A policy decides otherwise without the rule index",
			Why:   "The index only saves time. Where it changes an answer, the evaluator is wrong, and the answer cannot be trusted.",
			Fix:   "Write the condition in another form, and report it to the Open Policy Agent project.",
		},
	}
}

// ruleOf documents one rule of this package.
func ruleOf(id string) report.Rule {
	rules := Rules()
	return rules[slices.IndexFunc(rules, func(r report.Rule) bool { return r.ID == id })]
}

// undeclared is the severity of findings about what is not declared.
func (s Selection) undeclared() report.Severity {
	return cmp.Or(s.Severities[RuleUndeclared], ruleOf(RuleUndeclared).Severity)
}

// Documents documents every rule that the result's findings and checks name.
func (r *Result) Documents() []report.Rule {
	rules := []report.Rule{ruleOf(RuleUndeclared)}
	for _, rule := range r.Rules {
		rules = append(rules, rule.Document())
	}
	return rules
}

// Findings lists what the rules object to, and what is not declared, by event.
func (r *Result) Findings() []report.Finding {
	var findings []report.Finding
	for i, e := range r.Events {
		for _, decision := range r.verdicts[i].reasons {
			for _, denial := range decision.Denials {
				findings = append(findings, r.finding(e, r.rule(decision.Rule), denial))
			}
		}
		findings = append(findings, r.openQuestions(e, r.verdicts[i].reasons)...)
	}
	return findings
}

// rule is the chosen rule with an id.
func (r *Result) rule(id string) *Rule {
	i, _ := slices.BinarySearchFunc(r.Rules, id, func(rule Rule, id string) int { return cmp.Compare(rule.ID, id) })
	return &r.Rules[i]
}

func (r *Result) finding(e *catalog.Event, rule *Rule, d gate.Denial) report.Finding {
	proof := "policy"
	if rule.ReadsLog() {
		proof = "log"
	}
	place, pointer := placeOf(e, d)
	return report.Finding{
		Rule: rule.ID, Severity: rule.Severity, Subject: e.ID, Owners: e.OwnerIDs(), Affects: e.ConsumerIDs(),
		Message: d.Message, Hint: cmp.Or(d.Hint, rule.Fix), Proof: &proof, Location: place.Location(), Place: pointer,
		Fingerprint: report.Fingerprint(rule.ID, e.ID, "", pointer, about(d), nil),
	}
}

// about is what tells a denial from others at the same place, nil when it is the
// only one there.
func about(d gate.Denial) any {
	if d.About == "" {
		return nil
	}
	return d.About
}

// placeOf is where a denial is seen, and the pointer that identifies it: the
// field's path or the attribute's name, which stay what they are when the catalog
// is written in another form.
func placeOf(e *catalog.Event, d gate.Denial) (catalog.Place, string) {
	switch {
	case d.Field != "":
		pointer := document.Join("/fields", d.Field)
		if i := slices.IndexFunc(e.Fields, func(f catalog.Field) bool { return f.Path == d.Field }); i >= 0 && e.Fields[i].Place.File != "" {
			return e.FieldPlace(e.Fields[i].Place), pointer
		}
		return e.Place, pointer
	case d.At != "":
		return e.AttributePlace(d.At), document.Join("", d.At)
	}
	return e.Place, ""
}

// openQuestions are findings about what one event does not declare, one for each
// key, however many rules ask for it.
func (r *Result) openQuestions(e *catalog.Event, decisions []gate.Decision) []report.Finding {
	if r.undeclared == compat.Off {
		return nil
	}
	asking := map[string][]string{} // rules by key
	for _, d := range decisions {
		for _, key := range d.Missing {
			if key != gate.ReadsLog { // no event can declare that there is a log
				asking[key] = append(asking[key], d.Rule)
			}
		}
	}
	var findings []report.Finding
	for key := range keysOf(asking) {
		proof := "policy"
		if key == undecidedChange {
			findings = append(findings, r.openChange(e, asking[key]))
			continue
		}
		name, _, _ := strings.Cut(key, ",") // the words that it can have may follow
		findings = append(findings, report.Finding{
			Rule: RuleUndeclared, Severity: r.undeclared, Subject: e.ID, Owners: e.OwnerIDs(), Affects: []string{},
			Message: fmt.Sprintf("%s is not declared: %s cannot judge %s", key, rulesOf(asking[key]), e.ID),
			Hint:    "add " + key + " to the event; a declared negative is an answer, too",
			Proof:   &proof, Location: e.Place.Location(), Place: document.Join("", name),
			Fingerprint: report.Fingerprint(RuleUndeclared, e.ID, "", document.Join("", name), nil, nil),
		})
	}
	return findings
}

// undecidedChange is what rules miss when the schemas could not be compared. No
// event can declare it.
const undecidedChange = "the change"

// openChange is a finding about an event whose change nobody could judge.
func (r *Result) openChange(e *catalog.Event, rules []string) report.Finding {
	proof := "policy"
	return report.Finding{
		Rule: RuleUndeclared, Severity: r.undeclared, Subject: e.ID, Owners: e.OwnerIDs(), Affects: e.ConsumerIDs(),
		Message: fmt.Sprintf("whether the change of %s breaks anybody is undecided: %s cannot judge it", e.ID, rulesOf(rules)),
		Hint:    "run nexus schema check, which says why the schemas could not be compared",
		Proof:   &proof, Location: e.Place.Location(), Place: "/change",
		Fingerprint: report.Fingerprint(RuleUndeclared, e.ID, "", "/change", nil, nil),
	}
}

// rulesOf counts rules and names their families: "9 rules of gdpr, hipaa". One
// rule is named itself.
func rulesOf(ids []string) string {
	if len(ids) == 1 {
		return ids[0]
	}
	var families []string
	for _, id := range ids {
		family, _, _ := strings.Cut(id, "/")
		families = append(families, family)
	}
	slices.Sort(families)
	return fmt.Sprintf("%d rules of %s", len(ids), strings.Join(slices.Compact(families), ", "))
}

// Checks lists the result of every rule on every event. findings are the run's,
// after waivers: a rule whose every finding is waived is waived.
func (r *Result) Checks(findings []report.Finding) []report.Check {
	first := map[check]report.Location{}
	for _, f := range findings {
		if _, met := first[check{f.Subject, f.Rule}]; !met {
			first[check{f.Subject, f.Rule}] = f.Location
		}
	}
	checks := make([]report.Check, 0, len(r.Events)*len(r.Rules))
	for j, result := range r.results(findings) {
		place, failed := first[check{j.Event.ID, j.Rule.ID}]
		if !failed {
			place = j.Event.Place.Location()
		}
		checks = append(checks, report.Check{Subject: j.Event.ID, Rule: j.Rule.ID, Result: result, Location: place})
	}
	return checks
}

// check is one rule on one event.
type check struct{ subject, rule string }

// results yields every judgement with its result after waivers.
func (r *Result) results(findings []report.Finding) func(func(Judgement, report.ResultKind) bool) {
	active := map[check]bool{}
	for _, f := range findings {
		if f.Active() {
			active[check{f.Subject, f.Rule}] = true
		}
	}
	return func(yield func(Judgement, report.ResultKind) bool) {
		for j := range r.Judgements() {
			result := report.ResultKind(j.Outcome)
			if j.Outcome == gate.Fail && !active[check{j.Event.ID, j.Rule.ID}] {
				result = report.Waived
			}
			if !yield(j, result) {
				return
			}
		}
	}
}
