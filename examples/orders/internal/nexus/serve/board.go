package serve

import (
	"cmp"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"example.com/orders/internal/nexus/telemetry"
	"example.com/orders/internal/nexus/telemetry/latency"
)

const (
	maxPoints   = 120 // seconds
	maxRejected = 50
	maxNames    = 100 // of types, of commands, and of paths
	maxReasons  = 8
	maxText     = 300 // bytes of a reason, a name of a stream or a type

	slots    = 6 // of the minute that latencies are of
	slotSize = 10
)

// otherName counts what has no name of its own any more.
const otherName = "other"

// A board is what there is to see of one tenant.
type board struct {
	totals   map[telemetry.Outcome]int64
	events   int64
	paths    map[string]int64
	types    map[string]*typeCount
	commands map[string]int64 // that were rejected before there were events of them
	rejected []rejection      // the last first
	points   []point          // the last last

	second tally
	ticks  int
	minute [slots]latency.Histogram
}

// tally is what happened since the last tick.
type tally struct {
	accepted, rejected int64
	latency            latency.Histogram
}

// A point is a second of the charts.
type point struct {
	Time     time.Time `json:"time"`
	Accepted int64     `json:"accepted"` // events
	Rejected int64     `json:"rejected"` // attempts
	P50      float64   `json:"p50"`      // milliseconds
	P99      float64   `json:"p99"`
}

// typeCount counts events. Those of conflicts and failures are none of either: the
// command may be decided anew, and no gate spoke against them.
type typeCount struct {
	Name     string `json:"name"`
	Accepted int64  `json:"accepted"`
	Rejected int64  `json:"rejected"`
}

// commandCount counts commands that led to no event that could be counted.
type commandCount struct {
	Name     string `json:"name"`
	Rejected int64  `json:"rejected"`
}

type pathCount struct {
	Name   string `json:"name"`
	Events int64  `json:"events"`
}

type rejection struct {
	At      time.Time         `json:"at"`
	Outcome telemetry.Outcome `json:"outcome"`
	Stream  string            `json:"stream"`
	Command string            `json:"command,omitempty"` // instead of types
	Types   []string          `json:"types"`
	Reasons []string          `json:"reasons"`
}

// percentiles are milliseconds of the last minute.
type percentiles struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// A view is a board as the page is told it.
type view struct {
	Title       string                      `json:"title"`
	Time        time.Time                   `json:"time"`
	Totals      map[telemetry.Outcome]int64 `json:"totals"`
	Events      int64                       `json:"events"`
	Latency     percentiles                 `json:"latency"`
	Points      []point                     `json:"points"`
	Paths       []pathCount                 `json:"paths"`
	Types       []typeCount                 `json:"types"`
	Commands    []commandCount              `json:"commands"`
	Rejected    []rejection                 `json:"rejected"`
	Projections []Projection                `json:"projections"`
	Channels    []Channel                   `json:"channels"`
}

func newBoard() *board {
	return &board{
		totals: map[telemetry.Outcome]int64{}, paths: map[string]int64{},
		types: map[string]*typeCount{}, commands: map[string]int64{},
	}
}

func (b *board) observe(a telemetry.Attempt) {
	b.totals[a.Outcome]++
	b.second.latency.Record(a.Duration)
	for _, event := range a.Events {
		b.countEvent(event, a.Outcome)
	}
	if a.Command != "" {
		count(b.commands, cut(a.Command))
	}
	if a.Outcome == telemetry.Accepted {
		b.second.accepted += int64(len(a.Events))
		b.events += int64(len(a.Events))
		return
	}
	b.second.rejected++
	b.reject(a)
}

func (b *board) countEvent(event telemetry.Event, outcome telemetry.Outcome) {
	name := cut(event.Type)
	if b.types[name] == nil && len(b.types) >= maxNames {
		name = otherName
	}
	if b.types[name] == nil {
		b.types[name] = &typeCount{Name: name}
	}
	switch outcome {
	case telemetry.Accepted:
		b.types[name].Accepted++
		count(b.paths, cut(cmp.Or(event.Path, "none")))
	case telemetry.Rejected:
		b.types[name].Rejected++
	}
}

// count counts a name, or the others if there are too many.
func count(counts map[string]int64, name string) {
	if _, known := counts[name]; !known && len(counts) >= maxNames {
		name = otherName
	}
	counts[name]++
}

func (b *board) reject(a telemetry.Attempt) {
	r := rejection{At: a.At.UTC(), Outcome: a.Outcome, Stream: cut(a.Stream), Command: cut(a.Command), Types: []string{}, Reasons: []string{}}
	for _, event := range a.Events {
		if name := cut(event.Type); !slices.Contains(r.Types, name) && len(r.Types) < maxReasons {
			r.Types = append(r.Types, name)
		}
	}
	for _, reason := range a.Reasons[:min(len(a.Reasons), maxReasons)] {
		r.Reasons = append(r.Reasons, cut(reason))
	}
	if more := len(a.Reasons) - maxReasons; more > 0 {
		r.Reasons = append(r.Reasons, "and more")
	}
	b.rejected = slices.Insert(b.rejected, 0, r)
	b.rejected = b.rejected[:min(len(b.rejected), maxRejected)]
}

// cut is the beginning of a text, of whole characters.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// tick ends a second.
func (b *board) tick(now time.Time) {
	took := &b.second.latency
	b.points = append(b.points, point{
		Time: now.UTC(), Accepted: b.second.accepted, Rejected: b.second.rejected,
		P50: milliseconds(took.Quantile(0.5)), P99: milliseconds(took.Quantile(0.99)),
	})
	b.points = b.points[max(len(b.points)-maxPoints, 0):]
	slot := &b.minute[b.ticks/slotSize%slots]
	if b.ticks%slotSize == 0 {
		*slot = latency.Histogram{}
	}
	slot.Merge(took)
	b.ticks++
	b.second = tally{}
}

func (b *board) view() view {
	var minute latency.Histogram
	for i := range b.minute {
		minute.Merge(&b.minute[i])
	}
	v := view{
		Totals: map[telemetry.Outcome]int64{telemetry.Accepted: 0, telemetry.Rejected: 0, telemetry.Conflict: 0, telemetry.Failed: 0},
		Events: b.events,
		Latency: percentiles{
			P50: milliseconds(minute.Quantile(0.5)), P90: milliseconds(minute.Quantile(0.9)),
			P99: milliseconds(minute.Quantile(0.99)), Max: milliseconds(minute.Max()),
		},
		Points: append([]point{}, b.points...), Rejected: append([]rejection{}, b.rejected...),
		Paths: []pathCount{}, Types: []typeCount{}, Commands: []commandCount{},
	}
	maps.Copy(v.Totals, b.totals)
	for _, name := range slices.Sorted(maps.Keys(b.paths)) {
		v.Paths = append(v.Paths, pathCount{name, b.paths[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(b.types)) {
		v.Types = append(v.Types, *b.types[name])
	}
	for _, name := range slices.Sorted(maps.Keys(b.commands)) {
		v.Commands = append(v.Commands, commandCount{name, b.commands[name]})
	}
	return v
}

// milliseconds is a duration as the page shows it, in microseconds exactly.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
