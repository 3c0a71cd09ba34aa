package replay

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/report"
)

// logSubject is the subject of what is said about a log as a whole.
const logSubject = "log"

// doctorRules are the rules that Doctor judges, in the order of its table.
var doctorRules = []string{
	RuleUnreadable, RuleStreamless, RuleInvalid, RuleGap, RuleLateStart, RuleDuplicate, RuleConflict,
	RuleOutOfOrder, RuleTimeBack, RuleLate, RuleDangling, RuleNotConstant,
}

// tallies count the faults of each rule, and keep the first ones of each subject.
type tallies struct {
	limit int // of examples
	all   map[tallyKey]*tally
	rules map[string]*ruleTally
}

type tallyKey struct{ rule, subject string }

type tally struct {
	faults   int64
	examples []fault
}

type ruleTally struct {
	faults   int64
	subjects int
}

// A fault is a rule broken by one event.
type fault struct {
	at       spot
	identity string // within the subject, the same in every export of the log
	message  string
}

func newTallies(limit int) tallies {
	return tallies{limit: limit, all: map[tallyKey]*tally{}, rules: map[string]*ruleTally{}}
}

// fault counts a broken rule; message is asked for when somebody will read it.
func (d *doctor) fault(rule, subject string, at spot, identity string, message func() string) {
	r := d.tallies.rules[rule]
	if r == nil {
		r = &ruleTally{}
		d.tallies.rules[rule] = r
	}
	r.faults++
	key := tallyKey{rule, subject}
	t := d.tallies.all[key]
	if t == nil {
		if r.subjects == maxFaultySubjects {
			d.overflow(fmt.Sprintf("%s: only the first %d streams with faults are listed; the others are counted", rule, maxFaultySubjects))
			return
		}
		r.subjects++
		t = &tally{}
		d.tallies.all[key] = t
	}
	if t.faults++; len(t.examples) < d.tallies.limit {
		t.examples = append(t.examples, fault{at, identity, message()})
	}
}

// finish judges what only the end of the log shows.
func (d *doctor) finish(log *event.Log) *Diagnosis {
	d.closeStreams()
	d.closeCauses()
	d.closeTypes()
	d.out.Streams, d.out.Types = len(d.streams), len(d.types)
	for _, rule := range doctorRules {
		d.conclude(rule, log)
	}
	d.out.Checks = append(d.out.Checks, d.typeChecks(log)...)
	if d.out.Notes == nil {
		d.out.Notes = []string{}
	}
	return d.out
}

// closeStreams reports what is missing of the streams. A sequence that leaves
// more holes than it makes steps does not count events, which is said once.
func (d *doctor) closeStreams() {
	names := slices.Sorted(maps.Keys(d.streams))
	for _, name := range names {
		d.streams[name].settle(d)
	}
	if d.holes >= 10 && 2*d.holes > d.counted {
		d.fault(RuleGap, logSubject, d.firstHole, "", func() string {
			return fmt.Sprintf("the sequence does not count the events of a stream: %d of %d steps leave numbers out", d.holes, d.counted)
		})
		return
	}
	base := d.base()
	for _, name := range names {
		d.streams[name].close(d, base)
	}
}

// base is the number with which streams start: 0 when more start with 0 than
// with 1, else 1.
func (d *doctor) base() int64 {
	var starts [2]int
	for _, p := range d.streams {
		if p.begun && (p.first == 0 || p.first == 1) {
			starts[p.first]++
		}
	}
	if starts[0] > starts[1] {
		return 0
	}
	return 1
}

// conclude makes the verdict, the check and the findings of a rule.
func (d *doctor) conclude(rule string, log *event.Log) {
	v := Verdict{Rule: rule, Result: d.result(rule)}
	if r := d.tallies.rules[rule]; r != nil {
		v.Faults, v.Subjects, v.Result = r.faults, r.subjects, report.Fail
	}
	d.out.Rules = append(d.out.Rules, v)
	d.out.Checks = append(d.out.Checks, report.Check{Subject: logSubject, Rule: rule, Result: v.Result, Location: startOf(log)})
	if v.Faults == 0 {
		return
	}
	var keys []tallyKey
	for key := range d.tallies.all {
		if key.rule == rule {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b tallyKey) int { return cmp.Compare(a.subject, b.subject) })
	documented := ruleOf(rule)
	for _, key := range keys {
		d.out.Findings = append(d.out.Findings, d.tallies.all[key].findings(documented, key.subject)...)
	}
}

func startOf(log *event.Log) report.Location { return spot{file: log.Files()[0]}.location() }

// result is the result of a rule that is not broken.
func (d *doctor) result(rule string) report.ResultKind {
	switch {
	case rule == RuleOutOfOrder && !d.ordered:
		return report.NotApplicable
	case d.overflown[rule]:
		return report.Undecided
	case rule == RuleInvalid:
		return d.contents.result()
	case rule == RuleDangling && d.causes.resolved == 0,
		slices.Contains(sequenceOnly, rule) && d.out.Unsequenced == d.out.Events:
		return report.NotApplicable
	}
	return report.Pass
}

// sequenceOnly are the rules that judge sequences alone.
var sequenceOnly = []string{RuleGap, RuleLateStart, RuleOutOfOrder}

// LeaveUndecided says that a rule could not be judged on some subjects: what would
// pass for want of faults is undecided, for them and for the log.
func (d *Diagnosis) LeaveUndecided(rule string, subjects ...string) {
	if len(subjects) == 0 {
		return
	}
	for i := range d.Rules {
		if v := &d.Rules[i]; v.Rule == rule && v.Result != report.Fail {
			v.Result = report.Undecided
		}
	}
	for i := range d.Checks {
		c := &d.Checks[i]
		if c.Rule == rule && c.Result != report.Fail && (c.Subject == logSubject || slices.Contains(subjects, c.Subject)) {
			c.Result = report.Undecided
		}
	}
}

// findings are the examples of a tally; the last one tells of the rest.
func (t *tally) findings(rule report.Rule, subject string) []report.Finding {
	var list []report.Finding
	proof := "log"
	for _, f := range t.examples {
		list = append(list, report.Finding{
			Rule: rule.ID, Severity: rule.Severity, Subject: subject, Owners: []string{}, Affects: []string{},
			Message: f.message, Hint: rule.Fix, Proof: &proof, Location: f.at.location(),
			Related: []report.Related{}, Fixes: []report.Fix{}, Place: f.identity,
			Fingerprint: report.Fingerprint(rule.ID, subject, "", f.identity, nil, nil),
		})
	}
	if more := t.faults - int64(len(list)); more > 0 {
		list[len(list)-1].Message += fmt.Sprintf(" (and %d more here)", more)
	}
	return list
}

// Tables sum the diagnosis up: what the log holds, and what each rule says of it.
func (d *Diagnosis) Tables() []report.Table {
	facts := report.Table{Title: "Log", Columns: []string{"What", "Value"}, Notes: []string{}, Rows: [][]string{
		{"events", strconv.FormatInt(d.Events, 10)},
		{"streams", strconv.Itoa(d.Streams)},
		{"types", strconv.Itoa(d.Types)},
		{"from", momentText(d.First)},
		{"to", momentText(d.Last)},
	}}
	rules := report.Table{Title: "Rules", Columns: []string{"Rule", "Result", "Faults", "In"}, Notes: d.Notes}
	for _, v := range d.Rules {
		rules.Rows = append(rules.Rows, []string{v.Rule, string(v.Result), strconv.FormatInt(v.Faults, 10), v.in()})
	}
	return []report.Table{facts, rules}
}

// in says where the faults are.
func (v Verdict) in() string {
	switch {
	case v.Faults == 0:
		return ""
	case v.Rule == RuleInvalid || v.Rule == RuleStreamless:
		return report.Count(v.Subjects, "type")
	case v.Rule == RuleUnreadable:
		return report.Count(v.Subjects, "file")
	}
	return report.Count(v.Subjects, "stream")
}

func momentText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}
