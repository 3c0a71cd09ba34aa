package replay

import (
	"fmt"

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
}

// Breach is an invariant that is broken by some state of a stream.
type Breach struct {
	Invariant Invariant
	// Event is the first one behind which it is broken; nil: before all events.
	Event *event.Event
	// AtEnd says that the end state breaks it too.
	AtEnd bool
}

// WhatIf folds a stream with and without an overlay. The events stay as they are.
func WhatIf(r *Reducer, s Stream, overlay Overlay) (*Alternative, error) {
	changed, err := overlay.Apply(s)
	if err != nil {
		return nil, err
	}
	a := &Alternative{Stream: s.ID, Overlay: overlay, Events: len(s.Events), EventsAfter: len(changed.Events)}
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
	judge := func(e *event.Event) error {
		broken, err := r.Broken(state, e)
		if err != nil {
			return fmt.Errorf("stream %s, behind event %s: %w", s.ID, nameOf(e), err)
		}
		breaches = withBreaches(breaches, broken, e)
		return nil
	}
	if err := judge(nil); err != nil {
		return nil, nil, nil, err
	}
	for _, e := range s.Events {
		if _, err := r.Apply(state, e); err != nil {
			failed = appendFailed(failed, err)
		}
		if err := judge(e); err != nil {
			return nil, nil, nil, err
		}
	}
	return state, breaches, failed, nil
}

// withBreaches adds the invariants that are broken behind an event.
func withBreaches(breaches []Breach, broken []Invariant, e *event.Event) []Breach {
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
		breaches = append(breaches, Breach{Invariant: v, Event: e, AtEnd: true})
	}
	return breaches
}

// Findings are the invariants that are broken with the overlay.
func (a *Alternative) Findings() []report.Finding {
	var findings []report.Finding
	for _, b := range a.BrokenAfter {
		with := "with the overlay"
		if broken(a.Broken, b.Invariant) != nil {
			with = "with and without the overlay"
		}
		proof := "log"
		findings = append(findings, report.Finding{
			Rule: RuleInvariant, Severity: report.Error, Subject: a.Stream, Proof: &proof, Location: placeOfEvent(b.Event),
			Message:     fmt.Sprintf("the invariant %s is broken %s, first behind event %s: %s", b.Invariant.Name, with, nameOf(b.Event), b.Invariant.Expr),
			Hint:        "Look at the state there with nexus replay, or correct the invariant.",
			Fingerprint: report.Fingerprint(RuleInvariant, a.Stream, "", "", b.Invariant.Name, b.Invariant.Expr),
		})
	}
	return findings
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
	t := changesTable("What would differ at the end of "+a.Stream, "as it is", "what if", a.Changes, r)
	if len(a.Changes) == 0 {
		t.Notes = append(t.Notes, "The end states are equal.")
	}
	t.Notes = append(t.Notes, failedNotes(a.FailedAfter)...)
	tables := []report.Table{t}
	if len(a.Broken) == 0 && len(a.BrokenAfter) == 0 {
		return tables
	}
	v := report.Table{Title: "Invariants", Columns: []string{"invariant", "as it is", "what if"}}
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
