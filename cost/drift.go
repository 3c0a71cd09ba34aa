package cost

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/skeleton/route"
)

// The rules about what a catalog declares and a log does not show.
const (
	RuleDriftRate = "cost/drift-rate"
	RuleDriftSize = "cost/drift-size"
	RuleDriftPath = "cost/drift-path"
)

func driftRules() []report.Rule {
	return []report.Rule{
		{
			ID: RuleDriftRate, Severity: report.Warning, Title: "A type has another rate than the catalog declares",
			Why: "An estimate from the catalog is wrong by as much as its rates are, and capacity that is planned by them is too small or paid for in vain.",
			Fix: "Declare the recorded rate, or find out why the type happens more or less often than it should.",
		},
		{
			ID: RuleDriftSize, Severity: report.Warning, Title: "Events have another size than the catalog declares",
			Why: "Brokers bill events in steps of 1, 25 or 64 KB, so that a size on the wrong side of a step multiplies the cost.",
			Fix: "Declare the recorded size, or find out which field makes the events larger than they should be.",
		},
		{
			ID: RuleDriftPath, Severity: report.Warning, Title: "Events travel another path than the catalog declares",
			Why: "What the catalog promises about latency and ordering holds on the path that it declares, not on the one that the events take.",
			Fix: "Declare the path that is used, or correct the routing.",
		},
	}
}

// How far a log may be from what is declared.
const (
	rateTolerance = declaredFactor // up or down, beyond the interval of the rate
	sizeTolerance = 1.25
	pathTolerance = 0.01 // of the events
	driftDraws    = 1000
)

// Drift compares what the catalog declares with what a log showed: findings at the
// places of the catalog, sorted by type, and the checks that were made. A type
// that declares nothing has nothing to be compared.
func (w *Workload) Drift(c *catalog.Catalog) ([]report.Finding, []report.Check) {
	if w.Basis != ObservedTraffic || c == nil {
		return nil, nil
	}
	d := drift{work: w}
	d.low, d.high = volumeEnds(w.Volumes(1, driftDraws))
	for event, places := range w.byEvent(c) {
		d.event = event
		d.compareRate(places)
		d.compareSize(places)
		d.comparePath(places)
	}
	if w.Days >= 1 {
		for _, id := range w.Unseen {
			d.event = c.Event(id, "")
			d.compareAbsence()
		}
	}
	slices.SortStableFunc(d.findings, func(a, b report.Finding) int { return strings.Compare(a.Subject, b.Subject) })
	return d.findings, d.checks
}

// byEvent yields the events of the catalog that the log has, by id, each with its
// types: systems add a version to the type's name.
func (w *Workload) byEvent(c *catalog.Catalog) func(func(*catalog.Event, []int) bool) {
	types := map[string][]int{}
	for n := range w.Types {
		if e := described(c, w.Types[n].Type); e != nil {
			types[e.ID] = append(types[e.ID], n)
		}
	}
	return func(yield func(*catalog.Event, []int) bool) {
		for _, id := range slices.Sorted(maps.Keys(types)) {
			if !yield(c.Event(id, ""), types[id]) {
				return
			}
		}
	}
}

// A drift gathers the findings.
type drift struct {
	work      *Workload
	low, high float64 // the interval of the volume
	event     *catalog.Event
	findings  []report.Finding
	checks    []report.Check
}

// expectedAtLeast is how many events of a type a log should hold before their absence
// says anything: of three that are expected, none comes one time in twenty.
const expectedAtLeast = 3

// compareAbsence judges an event that never came.
func (d *drift) compareAbsence() {
	declared := d.event.RatePerMin
	if !declared.Known() || !(declared.Get > 0) {
		return
	}
	expected := declared.Get / 60 * d.work.Days * daySeconds
	d.judge(RuleDriftRate, declared.Place, expected/rateTolerance < expectedAtLeast, func() string {
		return fmt.Sprintf("%s is declared at %.4g a minute, and never came in %s, in which the log should have %s of it",
			d.event.ID, declared.Get, coverage(d.work.Days), amount(expected))
	})
}

func (d *drift) compareRate(places []int) {
	declared := d.event.RatePerMin
	if !declared.Known() {
		return
	}
	rate := 0.0
	for _, n := range places {
		rate += 60 * d.work.Types[n].Rate
	}
	ok := d.low*rate/rateTolerance <= declared.Get && declared.Get <= d.high*rate*rateTolerance
	d.judge(RuleDriftRate, declared.Place, ok, func() string {
		return fmt.Sprintf("%s is declared at %.4g a minute; the log shows %.4g (%.4g to %.4g)", d.event.ID, declared.Get, rate, d.low*rate, d.high*rate)
	})
}

// compareSize lets a declared size mean the data alone or the whole event.
func (d *drift) compareSize(places []int) {
	declared := d.event.PayloadBytes
	if !declared.Known() {
		return
	}
	var rate, whole, data float64
	for _, n := range places {
		t := &d.work.Types[n]
		rate += t.Rate
		whole += t.Rate * t.MeanBytes()
		data += t.Rate * d.work.dataMean[n]
	}
	whole, data = whole/rate, data/rate
	ok := data/sizeTolerance <= declared.Get && declared.Get <= whole*sizeTolerance
	d.judge(RuleDriftSize, declared.Place, ok, func() string {
		return fmt.Sprintf("%s is declared with %.4g bytes; in the log an event has %.0f on average, its data %.0f", d.event.ID, declared.Get, whole, data)
	})
}

// comparePath leaves out the decisions of the router, which name no service.
func (d *drift) comparePath(places []int) {
	declared := d.event.Path
	if !declared.Known() {
		return
	}
	shares := map[string]float64{}
	var rate float64
	for _, n := range places {
		t := &d.work.Types[n]
		rate += t.Rate
		for path, share := range t.Recorded {
			if path != route.Standard && path != route.Critical {
				shares[path] += t.Rate * share
			}
		}
	}
	if len(shares) == 0 {
		return
	}
	other, most := "", pathTolerance*rate
	for _, path := range slices.Sorted(maps.Keys(shares)) {
		if path != declared.Get && shares[path] > most {
			other, most = path, shares[path]
		}
	}
	d.judge(RuleDriftPath, declared.Place, other == "", func() string {
		return fmt.Sprintf("%s is declared to travel %s; %.3g %% of its events travelled %s", d.event.ID, declared.Get, 100*most/rate, other)
	})
}

// judge notes a check and, where it fails, the finding.
func (d *drift) judge(id string, at catalog.Place, ok bool, message func() string) {
	check := report.Check{Subject: d.event.ID, Rule: id, Result: report.Pass, Location: at.Location()}
	if !ok {
		check.Result = report.Fail
		d.find(id, at, message())
	}
	d.checks = append(d.checks, check)
}

func (d *drift) find(id string, at catalog.Place, message string) {
	rules := driftRules()
	rule := rules[slices.IndexFunc(rules, func(r report.Rule) bool { return r.ID == id })]
	f := report.Finding{
		Rule: id, Severity: rule.Severity, Subject: d.event.ID, Owners: []string{}, Affects: append([]string{}, d.event.ConsumerIDs()...),
		Message: message, Hint: rule.Fix, Proof: new("log"), Location: at.Location(),
		Related: []report.Related{}, Fixes: []report.Fix{}, Place: at.Pointer,
		Fingerprint: report.Fingerprint(id, d.event.ID, "", at.Pointer, nil, nil),
	}
	for _, owner := range d.event.Owners {
		f.Owners = append(f.Owners, owner.Get)
	}
	d.findings = append(d.findings, f)
}
