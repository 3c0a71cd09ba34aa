package policy

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// Score counts checks of one owner or one domain. What is undeclared or not
// applicable is neither satisfied nor broken, and stays out of Satisfied.
type Score struct {
	Name          string `json:"name"` // empty for events that have none
	Events        int    `json:"events"`
	Pass          int    `json:"pass"`
	Fail          int    `json:"fail"`
	Waived        int    `json:"waived"`
	Undeclared    int    `json:"undeclared"`
	NotApplicable int    `json:"not_applicable"`
}

// Applicable is how many checks could be satisfied or not.
func (s Score) Applicable() int { return s.Pass + s.Fail + s.Waived }

// Satisfied is the share of applicable checks that pass, as a person reads it. A
// waived check is not satisfied: its exception is known, and that is all.
func (s Score) Satisfied() string {
	if s.Applicable() == 0 {
		return "-"
	}
	// Rounded down: 100% is all of them.
	return strconv.Itoa(100*s.Pass/s.Applicable()) + "%"
}

func (s *Score) add(result report.ResultKind) {
	switch result {
	case report.Pass:
		s.Pass++
	case report.Fail:
		s.Fail++
	case report.Waived:
		s.Waived++
	case report.Undeclared:
		s.Undeclared++
	default:
		s.NotApplicable++
	}
}

// Scores are the counts of a whole run.
type Scores struct {
	Total   Score   `json:"total"`
	Owners  []Score `json:"owners"`  // by name; an event with two owners counts for both
	Domains []Score `json:"domains"` // by name

	log int // how many rules were asked in vain for a log
}

// Scores counts the results after waivers, by owner and by domain.
func (r *Result) Scores(findings []report.Finding) Scores {
	owners, domains := map[string]*Score{}, map[string]*Score{}
	scores := Scores{Total: Score{Events: len(r.Events)}, log: r.unreadLog()}
	for _, e := range r.Events {
		for name := range ownersOf(e) {
			counter(owners, name).Events++
		}
		counter(domains, e.Domain.Get).Events++
	}
	for j, result := range r.results(findings) {
		scores.Total.add(result)
		for name := range ownersOf(j.Event) {
			owners[name].add(result)
		}
		domains[j.Event.Domain.Get].add(result)
	}
	scores.Owners, scores.Domains = byName(owners), byName(domains)
	return scores
}

// unreadLog counts the rules that need a log when there is none.
func (r *Result) unreadLog() int {
	n := 0
	for _, rule := range r.Rules {
		if rule.ReadsLog() && r.Observations == nil {
			n++
		}
	}
	return n
}

// ownersOf yields the event's owners, or the empty name when it has none.
func ownersOf(e *catalog.Event) iter.Seq[string] {
	ids := e.OwnerIDs()
	if len(ids) == 0 {
		ids = []string{""}
	}
	return slices.Values(ids)
}

func counter(scores map[string]*Score, name string) *Score {
	if scores[name] == nil {
		scores[name] = &Score{Name: name}
	}
	return scores[name]
}

func byName(scores map[string]*Score) []Score {
	list := make([]Score, 0, len(scores))
	for _, name := range slices.Sorted(maps.Keys(scores)) {
		list = append(list, *scores[name])
	}
	return list
}

// Tables shows the scores by owner and by domain.
func (s Scores) Tables() []report.Table {
	var notes []string
	if s.log > 0 {
		notes = append(notes, report.Count(s.log, "rule")+" of recorded events cannot be judged without a log: pass --log")
	}
	return []report.Table{
		s.table("Checks satisfied by owner", "Owner", "(nobody)", s.Owners, notes),
		s.table("Checks satisfied by domain", "Domain", "(none)", s.Domains, nil),
	}
}

func (s Scores) table(title, column, nameless string, scores []Score, notes []string) report.Table {
	t := report.Table{Title: title, Notes: notes,
		Columns: []string{column, "Events", "Satisfied", "Pass", "Fail", "Waived", "Undeclared", "Not applicable"}}
	for _, score := range scores {
		t.Rows = append(t.Rows, score.row(cmp.Or(score.Name, nameless)))
	}
	if len(scores) > 1 {
		t.Rows = append(t.Rows, s.Total.row("all"))
	}
	return t
}

func (s Score) row(name string) []string {
	row := []string{name, strconv.Itoa(s.Events), s.Satisfied()}
	for _, n := range []int{s.Pass, s.Fail, s.Waived, s.Undeclared, s.NotApplicable} {
		row = append(row, strconv.Itoa(n))
	}
	return row
}

// Headline sums the run up: "1,203 of 1,310 applicable checks satisfied, ...".
func (s Scores) Headline() string {
	text := fmt.Sprintf("%d of %d applicable checks satisfied in %s", s.Total.Pass, s.Total.Applicable(), report.Count(s.Total.Events, "event"))
	if s.Total.Undeclared > 0 {
		text += fmt.Sprintf("; %d undeclared", s.Total.Undeclared)
	}
	return text
}

// Counts are the results of each rule over all events, after waivers, by rule id.
// Their Events are those that the rule applies to.
func (r *Result) Counts(findings []report.Finding) map[string]Score {
	counts := map[string]Score{}
	for j, result := range r.results(findings) {
		score := counts[j.Rule.ID]
		score.Name = j.Rule.ID
		if j.Outcome != gate.NotApplicable {
			score.Events++
		}
		score.add(result)
		counts[j.Rule.ID] = score
	}
	return counts
}
