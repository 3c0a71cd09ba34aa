package replay

import (
	"errors"
	"fmt"
	"time"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/report"
)

// RuleNever is the rule of an expression that is true of no state.
const RuleNever = "log/never"

// ErrNever says that an expression is true of no state of a stream. The error is
// a *NeverError.
var ErrNever = errors.New("it is true of no state")

// NeverError is an expression that is true of no state.
type NeverError struct {
	Stream string
	Expr   string
	Events int
	last   *event.Event
}

func (e *NeverError) Error() string {
	return fmt.Sprintf("stream %s, expression %q: %v, the initial one and those behind its %s", e.Stream, e.Expr, ErrNever, report.Count(e.Events, "event"))
}

func (e *NeverError) Unwrap() error { return ErrNever }

// Finding is the error as a finding at the stream's last event.
func (e *NeverError) Finding() report.Finding {
	proof := "log"
	return report.Finding{
		Rule: RuleNever, Severity: report.Error, Subject: e.Stream, Proof: &proof, Location: placeOfEvent(e.last),
		Message:     fmt.Sprintf("%s is true of no state of the stream: the initial one, and those behind its %s", e.Expr, report.Count(e.Events, "event")),
		Hint:        "Check the paths of the expression against a state, or look at another stream.",
		Fingerprint: report.Fingerprint(RuleNever, e.Stream, "", "", nil, e.Expr),
	}
}

// Bisection is the first event behind which an expression is true.
//
// Every state is judged, so that the answer is right also when the expression
// becomes false again, which a search by halves would not see.
type Bisection struct {
	Stream string
	Expr   string
	// First is the event; nil when the expression is true before all events.
	First         *event.Event
	Before, After *State
	Changed       []Change
	// Flips are the events behind which the answer is another than before.
	Flips []Flip
	// Now is the answer at the end.
	Now    bool
	Events int // judged
	Failed []*ApplyError
}

// Flip is a turn of the answer; Event is nil when it is true before all events.
type Flip struct {
	Event *event.Event
	True  bool
}

// Monotone reports whether the expression stays true once it is.
func (b *Bisection) Monotone() bool { return len(b.Flips) == 1 }

// Bisect looks for the first event of a stream that makes an expression true.
// The expression sees state, previous and event. The error wraps ErrNever when
// there is none.
func Bisect(r *Reducer, s Stream, x *Expr, o Options) (*Bisection, error) {
	events, err := s.until(o)
	if err != nil {
		return nil, err
	}
	b := &Bisection{Stream: s.ID, Expr: x.String(), Events: len(events)}
	state := r.Init()
	if err := b.judge(r, x, nil, nil, state); err != nil {
		return nil, err
	}
	never := &NeverError{Stream: s.ID, Expr: b.Expr, Events: b.Events}
	for _, e := range events {
		before := state.fork()
		_, err := r.Apply(state, e)
		if b.Failed, err = appendFailed(b.Failed, err); err != nil {
			return nil, err
		}
		if err := b.judge(r, x, e, before, state); err != nil {
			return nil, err
		}
		never.last = e
	}
	if len(b.Flips) == 0 {
		return nil, never
	}
	return b, nil
}

// judge evaluates the expression behind an event.
func (b *Bisection) judge(r *Reducer, x *Expr, e *event.Event, before, after *State) error {
	now, err := x.Bool(Scope{State: after, Previous: before, Event: e})
	if err != nil {
		return fmt.Errorf("stream %s, behind event %s: %w: say what holds where a value is missing, such as state.x != null && …", b.Stream, nameOf(e), err)
	}
	if now == b.Now {
		return nil
	}
	if len(b.Flips) == 0 {
		b.First, b.Before, b.After = e, before, after.fork()
	}
	if len(b.Flips) == 0 && e != nil {
		step, err := r.step(before.fork(), e)
		if err != nil {
			return err
		}
		b.Changed = step.Changed
	}
	b.Now = now
	b.Flips = append(b.Flips, Flip{e, now})
	return nil
}

// until is the events up to the point of the options, known by their time.
func (s Stream) until(o Options) ([]*event.Event, error) {
	if err := s.tells(o); err != nil {
		return nil, err
	}
	var events []*event.Event
	for _, e := range s.Events {
		if !known(e, o.KnownAt) || !o.At.before(e) {
			continue
		}
		events = append(events, e)
		if o.At.kind == pointID && string(e.ID) == o.At.id {
			return events, nil
		}
	}
	if o.At.kind == pointID {
		return nil, s.missing(o)
	}
	return events, nil
}

// missing is the error of a point at an event that the options leave out, or that
// the stream does not have.
func (s Stream) missing(o Options) error {
	for _, e := range s.Events {
		if string(e.ID) == o.At.id {
			return fmt.Errorf("stream %s: event %q was recorded at %s, so that it was not known yet at %s: choose a later time, or an earlier event",
				s.ID, o.At.id, storedAt(e).Format(time.RFC3339Nano), o.KnownAt.Format(time.RFC3339Nano))
		}
	}
	return fmt.Errorf("stream %s has no event with the id %q", s.ID, o.At.id)
}

// appendFailed adds the error of an event that could not be applied. Any other
// error ends the fold, and is returned.
func appendFailed(list []*ApplyError, err error) ([]*ApplyError, error) {
	if failed, ok := errors.AsType[*ApplyError](err); ok {
		return append(list, failed), nil
	}
	return list, err
}

// Headline is the answer in a sentence.
func (b *Bisection) Headline() string {
	text := fmt.Sprintf("%s is true before all events of %s", b.Expr, b.Stream)
	if b.First != nil {
		text = fmt.Sprintf("%s becomes true with event %s of %s (%s, %s)", b.Expr, nameOf(b.First), b.Stream, b.First.Type, timeText(b.First))
	}
	if b.Monotone() {
		return text + " and stays true"
	}
	end := "false"
	if b.Now {
		end = "true"
	}
	return fmt.Sprintf("%s: the first of %s; at the end it is %s", text, report.Count(len(b.Flips), "turn"), end)
}

// Tables show what the event changed and, when there is more than one, the turns.
func (b *Bisection) Tables(r Redactor) []report.Table {
	var tables []report.Table
	if b.First != nil {
		t := changesTable("What event "+nameOf(b.First)+" changed", "Before", "After", b.Changed, r)
		t.Notes = failedNotes(b.Failed)
		tables = append(tables, t)
	}
	if b.Monotone() {
		return tables
	}
	turns := report.Table{Title: "Turns", Columns: []string{"Event", "Time", "Type", "The expression is"}}
	for _, f := range b.Flips {
		row := []string{nameOf(f.Event), "", "", fmt.Sprint(f.True)}
		if f.Event != nil {
			row[1], row[2] = timeText(f.Event), f.Event.Type
		}
		turns.Rows = append(turns.Rows, row)
	}
	turns.Notes = []string{"The expression is not monotone: a search by halves may find another event."}
	return append(tables, turns)
}

// BisectionData is a Bisection for machines. Event is null when the expression is
// true before all events.
type BisectionData struct {
	Stream   string       `json:"stream"`
	Expr     string       `json:"expr"`
	Event    *EventData   `json:"event"`
	Monotone bool         `json:"monotone"`
	Flips    []FlipData   `json:"flips"`
	Now      bool         `json:"now"`
	Events   int          `json:"events"`
	Before   any          `json:"before"`
	After    any          `json:"after"`
	Changes  []ChangeData `json:"changes"`
	Failed   int          `json:"failed"`
}

// FlipData is a Flip for machines.
type FlipData struct {
	Event *EventData `json:"event"`
	True  bool       `json:"true"`
}

// Data is the bisection for machines.
func (b *Bisection) Data(r Redactor) BisectionData {
	d := BisectionData{
		Stream: b.Stream, Expr: b.Expr, Event: dataOf(b.First), Monotone: b.Monotone(), Now: b.Now, Events: b.Events,
		After: r.show(nil, b.After.Value()), Changes: changesData(b.Changed, r), Failed: len(b.Failed),
	}
	if b.Before != nil {
		d.Before = r.show(nil, b.Before.Value())
	}
	for _, f := range b.Flips {
		d.Flips = append(d.Flips, FlipData{dataOf(f.Event), f.True})
	}
	return d
}
