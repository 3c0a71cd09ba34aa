package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/report"
)

// Impact is what judging by other rules would change.
type Impact struct {
	// Findings are those of both runs, each with what becomes of it, by event.
	Findings []ImpactFinding `json:"findings"`
	New      int             `json:"new"`
	Fixed    int             `json:"fixed"` // no longer found
	Same     int             `json:"unchanged"`
	// PerDay is how many events a day are of types with new findings, of all those
	// whose rate is known.
	PerDay    float64 `json:"new_events_per_day"`
	AllPerDay float64 `json:"all_events_per_day"`
	Rates     string  `json:"rates"` // where the rates are from: log, catalog or none
}

// Fate is what becomes of a finding.
type Fate string

// The fates of a finding.
const (
	NewFinding       Fate = "new"
	FixedFinding     Fate = "fixed"
	UnchangedFinding Fate = "unchanged"
)

// ImpactFinding is a finding and what becomes of it.
type ImpactFinding struct {
	Fate     Fate            `json:"fate"`
	Rule     string          `json:"rule"`
	Severity report.Severity `json:"severity"`
	Event    string          `json:"event"`
	Owners   []string        `json:"owners"`
	Message  string          `json:"message"`
	// PerDay is how often the event occurs; null when nobody knows.
	PerDay   *float64        `json:"events_per_day"`
	Location report.Location `json:"location"`
}

// Compare tells two runs over the same catalog apart; before may be nil, for none.
// Findings are the same when their rule, event and place are, whatever their
// wording: an edited rule may say the same in other words.
func Compare(before, after *Result) Impact {
	rates := ratesOf(after)
	impact := Impact{Findings: []ImpactFinding{}, Rates: rates.source}
	left := map[findingKey]int{}
	var earlier []report.Finding
	if before != nil {
		earlier = before.Findings()
	}
	for _, f := range earlier {
		left[keyOf(f)]++
	}
	for _, f := range after.Findings() {
		fate := NewFinding
		if left[keyOf(f)] > 0 {
			left[keyOf(f)]--
			fate = UnchangedFinding
		}
		impact.add(fate, f, rates)
	}
	for _, f := range earlier {
		if left[keyOf(f)] > 0 {
			left[keyOf(f)]--
			impact.add(FixedFinding, f, rates)
		}
	}
	slices.SortStableFunc(impact.Findings, func(a, b ImpactFinding) int {
		return cmp.Or(cmp.Compare(a.Event, b.Event), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Fate, b.Fate))
	})
	impact.weigh(rates)
	return impact
}

type findingKey struct{ rule, event, place string }

func keyOf(f report.Finding) findingKey { return findingKey{f.Rule, f.Subject, f.Place} }

func (i *Impact) add(fate Fate, f report.Finding, rates rates) {
	switch fate {
	case NewFinding:
		i.New++
	case FixedFinding:
		i.Fixed++
	default:
		i.Same++
	}
	found := ImpactFinding{
		Fate: fate, Rule: f.Rule, Severity: f.Severity, Event: f.Subject, Owners: f.Owners,
		Message: f.Message, Location: f.Location,
	}
	if rate, known := rates.perDay[f.Subject]; known {
		found.PerDay = &rate
	}
	i.Findings = append(i.Findings, found)
}

// weigh sums up the events whose type has a new finding.
func (i *Impact) weigh(rates rates) {
	touched := map[string]bool{}
	for _, f := range i.Findings {
		if f.Fate == NewFinding {
			touched[f.Event] = true
		}
	}
	for id := range keysOf(rates.perDay) {
		i.AllPerDay += rates.perDay[id]
		if touched[id] {
			i.PerDay += rates.perDay[id]
		}
	}
}

// rates are events a day, by event id.
type rates struct {
	perDay map[string]float64
	source string
}

// ratesOf takes the rates from the log when there is one that spans some time,
// else from what the catalog declares.
func ratesOf(r *Result) rates {
	const minutesPerDay = 24 * 60
	found := rates{perDay: map[string]float64{}, source: "none"}
	for _, e := range r.Events {
		perMinute, source, known := rateOf(e, r.Observations)
		if known {
			found.perDay[e.ID], found.source = perMinute*minutesPerDay, source
		}
	}
	return found
}

func rateOf(e *catalog.Event, log *Observations) (perMinute float64, source string, known bool) {
	if log != nil && log.Span() > 0 {
		rate, known := log.rate(log.of(e.ID))
		return rate, "log", known
	}
	return e.RatePerMin.Get, "catalog", e.RatePerMin.Known()
}

// Headline sums the impact up in a sentence.
func (i *Impact) Headline() string {
	text := fmt.Sprintf("%d new, %d fixed, %d unchanged", i.New, i.Fixed, i.Same)
	if i.AllPerDay > 0 {
		text += fmt.Sprintf("; new findings touch %s of %s events a day (%s)", whole(i.PerDay), whole(i.AllPerDay), i.Rates)
	}
	return text
}

// Tables count the findings by rule, by owner and by event.
func (i *Impact) Tables() []report.Table {
	return []report.Table{
		i.table("Impact by rule", "Rule", func(f ImpactFinding) []string { return []string{f.Rule} }),
		i.table("Impact by owner", "Owner", func(f ImpactFinding) []string {
			if len(f.Owners) == 0 {
				return []string{"(nobody)"}
			}
			return f.Owners
		}),
		i.table("Impact by event", "Event", func(f ImpactFinding) []string { return []string{f.Event} }),
	}
}

// tally counts the findings of one row.
type tally struct {
	new, fixed, unchanged int
	events                map[string]float64 // with new findings: events a day
}

func (i *Impact) table(title, column string, names func(ImpactFinding) []string) report.Table {
	rows := map[string]*tally{}
	for _, f := range i.Findings {
		for _, name := range names(f) {
			if rows[name] == nil {
				rows[name] = &tally{events: map[string]float64{}}
			}
			rows[name].add(f)
		}
	}
	t := report.Table{Title: title, Columns: []string{column, "New", "Fixed", "Unchanged", "Events with new", "Events a day"}}
	for name := range keysOf(rows) {
		t.Rows = append(t.Rows, rows[name].row(name))
	}
	return t
}

func (t *tally) add(f ImpactFinding) {
	switch f.Fate {
	case NewFinding:
		t.new++
		t.events[f.Event] = 0
		if f.PerDay != nil {
			t.events[f.Event] = *f.PerDay
		}
	case FixedFinding:
		t.fixed++
	default:
		t.unchanged++
	}
}

func (t *tally) row(name string) []string {
	var perDay float64
	for event := range keysOf(t.events) {
		perDay += t.events[event]
	}
	rate := "-"
	if perDay > 0 {
		rate = whole(perDay)
	}
	return []string{name, strconv.Itoa(t.new), strconv.Itoa(t.fixed), strconv.Itoa(t.unchanged), strconv.Itoa(len(t.events)), rate}
}

// whole is a number without its fraction, with a comma between thousands.
func whole(n float64) string {
	digits := strconv.FormatFloat(n, 'f', 0, 64)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}
