package replay

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/report"
)

// RuleInvariant is the rule of an invariant that a state does not keep.
const RuleInvariant = "log/invariant"

// Alternative is what would have become of a stream.
type Alternative struct {
	Stream  string
	Overlay Overlay
	// Before and After are the end states without and with the overlay.
	Before, After *State
	Changes       []Change
	// Broken and BrokenAfter are the invariants that states do not keep, without
	// and with the overlay.
	Broken, BrokenAfter []Breach
	// Failed and FailedAfter are the events that could not be applied.
	Failed, FailedAfter []*ApplyError
	// Events and EventsAfter count the events.
	Events, EventsAfter int

	events, changed []*event.Event
}

// Breach is an invariant that is broken by some state of a stream.
type Breach struct {
	Invariant Invariant
	// Event is the first one behind which it is broken; nil: before all events.
	Event *event.Event
	// AtEnd says that the end state breaks it too.
	AtEnd bool
	place int // how many events come up to it
}

// WhatIf folds a stream with and without an overlay. The events stay as they are.
func WhatIf(r *Reducer, s Stream, overlay Overlay) (*Alternative, error) {
	changed, err := overlay.Apply(s)
	if err != nil {
		return nil, err
	}
	a := &Alternative{Stream: s.ID, Overlay: overlay, Events: len(s.Events), EventsAfter: len(changed.Events), events: s.Events, changed: changed.Events}
	if a.Before, a.Broken, a.Failed, err = judged(r, s); err != nil {
		return nil, fmt.Errorf("without the overlay: %w", err)
	}
	if a.After, a.BrokenAfter, a.FailedAfter, err = judged(r, changed); err != nil {
		return nil, fmt.Errorf("with the overlay: %w", err)
	}
	a.Changes = Diff(a.Before, a.After)
	return a, nil
}

// judged folds a stream and judges every state by the invariants.
func judged(r *Reducer, s Stream) (*State, []Breach, []*ApplyError, error) {
	var failed []*ApplyError
	var breaches []Breach
	state := r.Init()
	judge := func(place int, e *event.Event) error {
		broken, err := r.Broken(state, e)
		if err != nil {
			return fmt.Errorf("stream %s, behind event %s: %w", s.ID, nameOf(e), err)
		}
		breaches = withBreaches(breaches, broken, Breach{Event: e, AtEnd: true, place: place})
		return nil
	}
	if err := judge(0, nil); err != nil {
		return nil, nil, nil, err
	}
	for i, e := range s.Events {
		_, err := r.Apply(state, e)
		if failed, err = appendFailed(failed, err); err != nil {
			return nil, nil, nil, err
		}
		if err := judge(i+1, e); err != nil {
			return nil, nil, nil, err
		}
	}
	return state, breaches, failed, nil
}

// withBreaches adds the invariants that are broken behind an event.
func withBreaches(breaches []Breach, broken []Invariant, here Breach) []Breach {
	for i := range breaches {
		breaches[i].AtEnd = false
	}
next:
	for _, v := range broken {
		for i := range breaches {
			if breaches[i].Invariant == v {
				breaches[i].AtEnd = true
				continue next
			}
		}
		here.Invariant = v
		breaches = append(breaches, here)
	}
	return breaches
}

// Findings are the invariants that are broken with the overlay: errors are those
// that it breaks, notes those that are broken without it just as soon.
func (a *Alternative) Findings() []report.Finding {
	var findings []report.Finding
	for _, b := range a.BrokenAfter {
		severity, with := report.Error, "with the overlay"
		switch was := broken(a.Broken, b.Invariant); {
		case !a.causes(was, b):
			severity, with = report.Note, "with and without the overlay"
		case was != nil && b.place < a.placeOf(was):
			with = "sooner with the overlay"
		case was != nil:
			with = "up to the end with the overlay"
		}
		proof := "log"
		findings = append(findings, report.Finding{
			Rule: RuleInvariant, Severity: severity, Subject: a.Stream, Proof: &proof, Location: placeOfEvent(b.Event),
			Message:     fmt.Sprintf("the invariant %s is broken %s, first behind event %s: %s", b.Invariant.Name, with, nameOf(b.Event), b.Invariant.Expr),
			Hint:        "Look at the state there with nexus replay, or correct the invariant.",
			Fingerprint: report.Fingerprint(RuleInvariant, a.Stream, "", "", b.Invariant.Name, b.Invariant.Expr),
		})
	}
	return findings
}

// causes reports whether an invariant breaks because of the overlay: it did not
// before, or not so soon, or was kept again at the end.
func (a *Alternative) causes(was *Breach, is Breach) bool {
	return was == nil || is.place < a.placeOf(was) || is.AtEnd && !was.AtEnd
}

// placeOf is where the event of a breach without the overlay comes with it; of an
// event that is dropped, where it would come.
func (a *Alternative) placeOf(was *Breach) int {
	for n := was.place; n > 0; n-- {
		e := a.events[n-1]
		i := slices.IndexFunc(a.changed, func(c *event.Event) bool {
			return c.File == e.File && c.Offset == e.Offset && bytes.Equal(c.ID, e.ID) // an edited event is a copy
		})
		switch {
		case i < 0:
		case n == was.place:
			return i + 1
		default:
			return i + 2
		}
	}
	return min(was.place, 1)
}

func broken(breaches []Breach, v Invariant) *Breach {
	for i := range breaches {
		if breaches[i].Invariant == v {
			return &breaches[i]
		}
	}
	return nil
}

// Headline is the answer in a sentence.
func (a *Alternative) Headline() string {
	text := fmt.Sprintf("%s of the end state of %s would differ", report.Count(len(a.Changes), "value"), a.Stream)
	if n := len(a.BrokenAfter); n > 0 {
		text += fmt.Sprintf(", %s broken", report.Count(n, "invariant"))
	}
	return text
}

// Tables show how the end states differ and what becomes of the invariants.
func (a *Alternative) Tables(r Redactor) []report.Table {
	t := changesTable("What would differ at the end of "+a.Stream, "As it is", "What if", a.Changes, r)
	if len(a.Changes) == 0 {
		t.Notes = append(t.Notes, "The end states are equal.")
	}
	t.Notes = append(t.Notes, failedNotes(a.FailedAfter)...)
	tables := []report.Table{t}
	if len(a.Broken) == 0 && len(a.BrokenAfter) == 0 {
		return tables
	}
	v := report.Table{Title: "Invariants", Columns: []string{"Invariant", "As it is", "What if"}}
	for _, b := range a.Broken {
		v.Rows = append(v.Rows, []string{b.Invariant.Name, b.String(), broken(a.BrokenAfter, b.Invariant).String()})
	}
	for _, b := range a.BrokenAfter {
		if broken(a.Broken, b.Invariant) == nil {
			v.Rows = append(v.Rows, []string{b.Invariant.Name, "kept", b.String()})
		}
	}
	return append(tables, v)
}

// String says since when an invariant is broken; nil is one that is kept.
func (b *Breach) String() string {
	switch {
	case b == nil:
		return "kept"
	case b.AtEnd:
		return "broken since event " + nameOf(b.Event)
	}
	return "broken at event " + nameOf(b.Event) + ", kept at the end"
}

// AlternativeData is an Alternative for machines.
type AlternativeData struct {
	Stream      string       `json:"stream"`
	Overlay     []string     `json:"overlay"`
	Events      int          `json:"events"`
	EventsAfter int          `json:"events_after"`
	Before      any          `json:"before"`
	After       any          `json:"after"`
	Changes     []ChangeData `json:"changes"`
	Broken      []BreachData `json:"broken"`
	BrokenAfter []BreachData `json:"broken_after"`
	Failed      int          `json:"failed"`
	FailedAfter int          `json:"failed_after"`
}

// BreachData is a Breach for machines. Event is null when the state is broken
// before all events.
type BreachData struct {
	Name  string     `json:"name"`
	Expr  string     `json:"expr"`
	Event *EventData `json:"event"`
	AtEnd bool       `json:"at_end"`
}

// Data is the alternative for machines.
func (a *Alternative) Data(r Redactor) AlternativeData {
	return AlternativeData{
		Stream: a.Stream, Overlay: a.Overlay.Lines(), Events: a.Events, EventsAfter: a.EventsAfter,
		Before: r.show(nil, a.Before.Value()), After: r.show(nil, a.After.Value()), Changes: changesData(a.Changes, r),
		Broken: breachesData(a.Broken), BrokenAfter: breachesData(a.BrokenAfter),
		Failed: len(a.Failed), FailedAfter: len(a.FailedAfter),
	}
}

func breachesData(breaches []Breach) []BreachData {
	list := []BreachData{}
	for _, b := range breaches {
		list = append(list, BreachData{Name: b.Invariant.Name, Expr: b.Invariant.Expr, Event: dataOf(b.Event), AtEnd: b.AtEnd})
	}
	return list
}
