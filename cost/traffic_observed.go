package cost

import (
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/report"
)

// An observation is what a log holds of one type.
type observation struct {
	name                         string
	events, untimed, bytes, data int64
	sizes                        []sizeCount // the smallest first
	seconds                      timeline
	paths                        pathCounts
	pathSizes                    map[string][]sizeCount // by recorded path
}

type sizeCount struct {
	bytes  int
	events int64
}

// observed is the workload of a log; the observations are sorted by type.
func observed(list []observation, c *catalog.Catalog, o TrafficOptions) *Workload {
	w := &Workload{Basis: ObservedTraffic, peakToMean: o.peakToMean()}
	for i := range list {
		w.Events += list[i].events
		w.Untimed += list[i].untimed
	}
	covered, hole, strays := findSpan(list)
	switch {
	case covered.empty():
		w.withoutRates(list, c, "no event of the log has a time, so its rate is unknown")
		return w
	case !hole.empty():
		w.withoutRates(list, c, fmt.Sprintf(
			"nothing happened between %s and %s, which is longer than all the rest of the log: a rate over both of its parts is that of neither; estimate one of them alone",
			dateOf(hole.from), dateOf(hole.to)))
		return w
	}
	w.From, w.To = time.Unix(covered.from, 0).UTC(), time.Unix(covered.to, 0).UTC()
	w.Days = covered.days()
	w.volume = observedVolume(covered, dayTotals(list, covered))
	for i := range list {
		w.add(&list[i], c, o)
	}
	w.compareNames(list, c)
	w.note(strays)
	return w
}

// add adds the traffic of one type.
func (w *Workload) add(seen *observation, c *catalog.Catalog, o TrafficOptions) {
	seconds := w.Days * daySeconds
	t := Traffic{
		Type: seen.name, Basis: ObservedTraffic, Recorded: seen.paths.shares(seen.events),
		Rate:  float64(seen.events) / seconds * w.volume.scale,
		Sizes: shareOfSizes(seen.sizes, seen.events),
	}
	for _, path := range seen.paths.list {
		if sizes, ok := seen.pathSizes[path.name]; ok {
			if t.RecordedSizes == nil {
				t.RecordedSizes = map[string][]Size{}
			}
			t.RecordedSizes[path.name] = shareOfSizes(sizes, path.events)
		}
	}
	t.describe(described(c, seen.name), o)
	mean := float64(seen.bytes) / float64(seen.events)
	t.Peak = Peak{Records: float64(seen.seconds.events), Bytes: float64(seen.seconds.bytes)}
	switch {
	case len(seen.seconds.series) == 0:
		t.Peak = w.assumed(t.Peak, t.Rate, t.Rate*mean)
		t.Peak.Assumed = fmt.Sprintf("none of its events has a time: %g times the mean is assumed", w.peakToMean)
	case w.Days < 1:
		t.Peak = w.assumed(t.Peak, t.Rate, t.Rate*mean)
	}
	w.Types = append(w.Types, t)
	w.seconds = append(w.seconds, seen.seconds.series)
	w.dataMean = append(w.dataMean, float64(seen.data)/float64(seen.events))
	if seen.paths.many {
		w.Notes = append(w.Notes, fmt.Sprintf("%s: more than %d recorded paths, which are taken for something else", seen.name, maxPaths))
	}
}

func shareOfSizes(counts []sizeCount, events int64) []Size {
	sizes := make([]Size, len(counts))
	for i, s := range counts {
		sizes[i] = Size{s.bytes, float64(s.events) / float64(events)}
	}
	return sizes
}

// shares are the parts of all events that the paths have, nil when none has any.
func (p *pathCounts) shares(events int64) map[string]float64 {
	if len(p.list) == 0 {
		return nil
	}
	shares := make(map[string]float64, len(p.list))
	for _, c := range p.list {
		shares[c.name] = float64(c.events) / float64(events)
	}
	return shares
}

// withoutRates is what a log says whose events have no rate, and why.
func (w *Workload) withoutRates(list []observation, c *catalog.Catalog, why string) {
	for i := range list {
		m := Missing{Type: list[i].name, What: "rate", Text: why}
		if e := described(c, m.Type); e != nil {
			m.Place = e.Place
		}
		w.Missing = append(w.Missing, m)
	}
	if len(list) == 0 {
		w.Notes = append(w.Notes, "the log holds no event that could be read")
	}
	w.compareNames(list, c)
}

// compareNames notes the types that only the log or only the catalog has.
func (w *Workload) compareNames(list []observation, c *catalog.Catalog) {
	if c == nil {
		return
	}
	met := map[string]bool{}
	for i := range list {
		if e := described(c, list[i].name); e != nil {
			met[e.ID] = true
		} else {
			w.Unlisted = append(w.Unlisted, list[i].name)
		}
	}
	for e := range c.Current() {
		if e.Kind == catalog.EventKind && !met[e.ID] {
			w.Unseen = append(w.Unseen, e.ID)
		}
	}
	w.noteNames("of the log not in the catalog, so that consumers, latency and ordering are unknown", w.Unlisted)
	w.noteNames("of the catalog not in the log, counted as no traffic", w.Unseen)
}

func (w *Workload) noteNames(what string, names []string) {
	const shown = 5
	if len(names) == 0 {
		return
	}
	text := strings.Join(names[:min(shown, len(names))], ", ")
	if more := len(names) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	w.Notes = append(w.Notes, fmt.Sprintf("%s %s: %s", report.Count(len(names), "type"), what, text))
}

// note tells a person what was assumed about the log as a whole.
func (w *Workload) note(strays int64) {
	if strays > 0 {
		w.Notes = append(w.Notes, fmt.Sprintf("%s happened far from all others; the log is taken to cover %s to %s", report.Count(int(strays), "event"), w.From.Format(time.DateOnly), w.To.Format(time.DateOnly)))
	}
	if w.Untimed > 0 {
		w.Notes = append(w.Notes, fmt.Sprintf("%s without a time: counted as traffic, but in no peak", report.Count(int(w.Untimed), "event")))
	}
	if w.Days < 1 {
		w.Notes = append(w.Notes, fmt.Sprintf("the log covers %s, less than a day: peaks are assumed", coverage(w.Days)))
	}
	w.Notes = append(w.Notes, w.volume.Assumed...)
}

// A span is the seconds from one to another, both included.
type span struct{ from, to int64 }

func (s span) empty() bool   { return s.from > s.to }
func (s span) days() float64 { return float64(s.to-s.from+1) / daySeconds }

const daySeconds = 24 * 3600

// Events that are less than one in a thousand and lie behind a gap that is longer
// than all the rest are strays: a clock that was never set gives 1970, and with
// it a log of half a century.
const (
	strayShare   = 0.001
	strayGapDays = 30
)

// noSpan holds no second.
var noSpan = span{math.MaxInt64, math.MinInt64}

// findSpan is what a log covers, a hole in it that is longer than all the rest, and
// the number of strays outside.
func findSpan(list []observation) (covered, hole span, strays int64) {
	all := noSpan
	for i := range list {
		if l := &list[i].seconds; len(l.series) > 0 {
			all.from, all.to = min(all.from, l.first), max(all.to, l.last)
		}
	}
	if all.empty() || all.days() <= strayGapDays {
		return all, noSpan, 0
	}
	days := map[int64]int64{} // events by day
	eachMoment(list, func(m moment) { days[floorDay(m.second)] += m.events })
	kept, strays := withoutStrays(days)
	covered = noSpan
	eachMoment(list, func(m moment) {
		if kept.from <= m.second && m.second <= kept.to {
			covered.from, covered.to = min(covered.from, m.second), max(covered.to, m.second)
		}
	})
	maps.DeleteFunc(days, func(day, _ int64) bool { return day*daySeconds < kept.from || day*daySeconds > kept.to })
	return covered, findHole(slices.Sorted(maps.Keys(days))), strays
}

// findHole is a gap between sorted days that is longer than all the rest. What lies
// on both of its sides is too much for strays, and no log of one time either.
func findHole(days []int64) span {
	if gap, at := widestGap(days); torn(days, gap) {
		return span{(days[at-1] + 1) * daySeconds, days[at]*daySeconds - 1}
	}
	return noSpan
}

// torn reports whether a gap is longer than all the rest of sorted days.
func torn(days []int64, gap int64) bool {
	return len(days) > 1 && gap > max(strayGapDays, (days[len(days)-1]-days[0])/2)
}

func dateOf(second int64) string { return time.Unix(second, 0).UTC().Format(time.DateOnly) }

func floorDay(second int64) int64 {
	if second < 0 {
		second -= daySeconds - 1
	}
	return second / daySeconds
}

// withoutStrays cuts strays off both ends of the days.
func withoutStrays(events map[int64]int64) (kept span, strays int64) {
	days := slices.Sorted(maps.Keys(events))
	total := int64(0)
	for _, n := range events {
		total += n
	}
	allowed := int64(float64(total) * strayShare)
	for cut := true; cut && len(days) > 1; {
		gap, at := widestGap(days)
		cut = torn(days, gap)
		before, after := eventsOn(events, days[:at]), eventsOn(events, days[at:])
		switch {
		case cut && before+strays <= allowed:
			days, strays = days[at:], strays+before
		case cut && after+strays <= allowed:
			days, strays = days[:at], strays+after
		default:
			cut = false
		}
	}
	if len(days) > 0 {
		kept = span{days[0] * daySeconds, (days[len(days)-1]+1)*daySeconds - 1}
	}
	return kept, strays
}

// widestGap is the longest step between sorted days and the place behind it.
func widestGap(days []int64) (gap int64, at int) {
	for i := 1; i < len(days); i++ {
		if days[i]-days[i-1] > gap {
			gap, at = days[i]-days[i-1], i
		}
	}
	return gap, at
}

func eventsOn(events map[int64]int64, days []int64) int64 {
	total := int64(0)
	for _, day := range days {
		total += events[day]
	}
	return total
}

// dayTotals are the events of each day of a span, counted from its start; the
// last may be a part of a day.
func dayTotals(list []observation, covered span) []float64 {
	totals := make([]float64, (covered.to-covered.from)/daySeconds+1)
	var mutex sync.Mutex
	inParallel(len(list), func(i int) {
		days := list[i].seconds.days(covered, len(totals))
		mutex.Lock()
		defer mutex.Unlock()
		for n, events := range days {
			totals[n] += float64(events) // whole numbers: their order does not matter
		}
	})
	return totals
}

// days are the events of each of n days of a span.
func (s series) days(covered span, n int) []int64 {
	totals := make([]int64, n)
	day, end := 0, covered.from+daySeconds
	for c := s.start(); c.ok && c.at.second <= covered.to; c.next() {
		if c.at.second < covered.from {
			continue
		}
		for c.at.second >= end {
			day, end = day+1, end+daySeconds
		}
		totals[day] += c.at.events
	}
	return totals
}

// inParallel does n things on all processors.
func inParallel(n int, do func(int)) {
	var next atomic.Int64
	var running sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		running.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				do(int(i))
			}
		})
	}
	running.Wait()
}

func eachMoment(list []observation, do func(moment)) {
	for i := range list {
		for c := list[i].seconds.start(); c.ok; c.next() {
			do(c.at)
		}
	}
}
