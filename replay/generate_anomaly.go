package replay

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/report"
)

// The kinds of anomalies that Generate makes.
const (
	AnomalyGap        = "gap"                // a sequence is left out
	AnomalyDuplicate  = "duplicate"          // the same line is written again
	AnomalyOutOfOrder = "out-of-order"       // written behind the next event of its stream
	AnomalyTimeBack   = "time-back"          // stored an hour before the event in front of it
	AnomalyDangling   = "dangling-causation" // its cause is nowhere
	AnomalyInvalid    = "invalid"            // a required field is missing
	AnomalyLate       = "late"               // happened before the event in front of it
	AnomalyRepeat     = "repeat"             // a receiver handles the same event twice
	AnomalyPeak       = "peak"               // an hour in which far more happens
)

// peakFactor is how much more happens in a peak.
const peakFactor = 20

// AnomalyKinds lists the kinds of anomalies.
func AnomalyKinds() []string {
	return []string{
		AnomalyGap, AnomalyDuplicate, AnomalyOutOfOrder, AnomalyTimeBack, AnomalyDangling,
		AnomalyInvalid, AnomalyLate, AnomalyRepeat, AnomalyPeak,
	}
}

// Anomaly is something that Generate did wrong on purpose.
type Anomaly struct {
	Kind     string    `json:"kind"`
	Type     string    `json:"type"`
	Stream   string    `json:"stream"`
	Sequence int64     `json:"sequence"`
	ID       string    `json:"id"`
	Time     time.Time `json:"time"`
}

// faults are the anomalies that are still to be made.
type faults struct {
	g       *generator
	planned []planned // by due
	peak    bool
}

// A planned anomaly befalls the first event it can befall from the due one on.
type planned struct {
	kind, typeName string
	due            int
}

// newFaults spreads the anomalies over the first half of the log, so that what
// follows can show them.
func newFaults(g *generator) (*faults, error) {
	f := &faults{g: g}
	for i, text := range g.o.Anomalies {
		kind, typeName, _ := strings.Cut(text, ":")
		if !slices.Contains(AnomalyKinds(), kind) {
			hint := "choose from " + strings.Join(AnomalyKinds(), ", ")
			if near := report.Nearest(kind, AnomalyKinds()); near != "" {
				hint = "did you mean " + near + "?"
			}
			return nil, fmt.Errorf("generating a log: no anomaly is called %q: %s", kind, hint)
		}
		if typeName != "" && !g.plan.has(typeName) {
			return nil, fmt.Errorf("generating a log: the catalog has no event %q for the anomaly %s", typeName, text)
		}
		if kind == AnomalyPeak {
			if typeName != "" {
				return nil, fmt.Errorf("generating a log: the anomaly %s: in a peak more happens of every type: leave %s out", text, typeName)
			}
			f.peak = true
			continue
		}
		random := rand.New(rand.NewPCG(g.o.Seed, uint64(i)+1))
		for range 1 + g.o.Events/10_000 {
			f.planned = append(f.planned, planned{kind, typeName, int(float64(g.o.Events) * (0.05 + 0.45*random.Float64()))})
		}
	}
	slices.SortStableFunc(f.planned, func(a, b planned) int { return cmp.Compare(a.due, b.due) })
	return f, nil
}

func (p *plan) has(typeName string) bool {
	var among func(steps []*step) bool
	among = func(steps []*step) bool {
		return slices.ContainsFunc(steps, func(s *step) bool { return s.event.ID == typeName || among(s.effects) })
	}
	return among(p.roots)
}

// peakTime is when the peak begins: in the middle, in the eleventh hour of a day.
func (f *faults) peakTime() time.Time {
	o := f.g.o
	span := o.Span
	if span == 0 {
		span = time.Duration(float64(o.Events) / (f.g.plan.rate * f.g.plan.perStory) * float64(time.Minute))
	}
	day := o.Start.Add(span / 2).Truncate(24 * time.Hour)
	if span < 24*time.Hour {
		return o.Start.Add(span / 2)
	}
	return day.Add(10 * time.Hour)
}

// copies say how a line is written other than once and at once.
type copies struct{ twice, hold bool }

// disturb makes the anomaly that is due, at most one an event.
func (f *faults) disturb(n int, e *event.Event, p pending, l *lane) copies {
	for i, a := range f.planned {
		if a.due > n {
			break
		}
		if a.typeName != "" && a.typeName != e.Type || p.again {
			continue
		}
		how, done := f.make(a, e, p, l)
		if !done {
			continue
		}
		f.planned = slices.Delete(f.planned, i, i+1)
		f.g.done.Anomalies = append(f.g.done.Anomalies, Anomaly{
			Kind: a.kind, Type: e.Type, Stream: string(e.Stream), Sequence: e.Sequence, ID: string(e.ID), Time: e.Time,
		})
		return how
	}
	return copies{}
}

// unmade is an error when an anomaly of one type befell no event at all.
func (f *faults) unmade() error {
	for _, a := range f.planned {
		made := slices.ContainsFunc(f.g.done.Anomalies, func(m Anomaly) bool { return m.Kind == a.kind && m.Type == a.typeName })
		if a.typeName != "" && !made {
			return fmt.Errorf("generating a log: the anomaly %s:%s befell none of %s: %s", a.kind, a.typeName, report.Count(f.g.o.Events, "event"), needs[a.kind])
		}
	}
	return nil
}

// needs says what an event must be like for an anomaly to befall it.
var needs = map[string]string{
	AnomalyGap:        "ask for more events",
	AnomalyDuplicate:  "ask for more events",
	AnomalyDangling:   "ask for more events",
	AnomalyOutOfOrder: "it needs an event of the same stream behind it: choose a type that another one follows, or ask for more events",
	AnomalyTimeBack:   "it needs an event in front of it: choose a type that does not open its streams, or ask for more events",
	AnomalyLate:       "it needs an event in front of it: choose a type that does not open its streams, or ask for more events",
	AnomalyInvalid:    "it needs a required field in the schema: choose another type, or ask for more events",
	AnomalyRepeat:     "it needs a cause: choose a type that another one leads to, or ask for more events",
}

// make makes an anomaly of the event, if this one can have it.
func (f *faults) make(a planned, e *event.Event, p pending, l *lane) (how copies, done bool) {
	follows := l.sequence > 1
	switch a.kind {
	case AnomalyDuplicate:
		return copies{twice: true}, true
	case AnomalyOutOfOrder:
		continues := f.continues(p.story, l)
		return copies{hold: continues}, continues
	case AnomalyDangling:
		e.CausationID = []byte(ulid(e.Time.Add(-time.Second), f.g.random))
		return copies{}, true
	case AnomalyInvalid:
		return copies{}, f.spoil(e, p, l)
	case AnomalyRepeat:
		if p.step.root {
			return copies{}, false
		}
		f.g.pending.push(pending{at: p.at.Add(40 * time.Second), step: p.step, story: p.story, cause: p.cause, again: true})
		return copies{}, true
	case AnomalyGap:
		if follows = follows || a.typeName != ""; follows { // a type that was asked for may open its streams: one then starts late
			l.sequence++
			e.Sequence++
		}
	case AnomalyTimeBack:
		if follows {
			e.Time, e.Recorded = l.time.Add(-time.Hour), l.recorded.Add(-time.Hour)
		}
	case AnomalyLate:
		if follows {
			e.Time = l.time.Add(-time.Hour - time.Duration(f.g.random.IntN(300))*time.Minute)
		}
	}
	return copies{}, follows
}

// continues reports whether an event of the story's own stream is still to come.
func (f *faults) continues(t *story, l *lane) bool {
	return t.stream == l && slices.ContainsFunc(f.g.pending.heap, func(p pending) bool { return p.story == t && p.step.shares })
}

// spoil makes the event's data anew without its first required field.
func (f *faults) spoil(e *event.Event, p pending, l *lane) bool {
	if !p.step.shape.hasRequired() || f.g.o.Sample != nil {
		return false
	}
	f.g.data = p.step.shape.append(f.g.data[:0], &draw{random: f.g.random, story: p.story, lane: l, at: p.at, g: f.g, spoil: true})
	e.Data = f.g.data
	return true
}
