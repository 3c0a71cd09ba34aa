package replay

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/report"
)

// A Redactor decides what is shown of a value of a state; nil shows all. It is
// given the place of the value and may return anything in its stead.
type Redactor func(Path, any) any

func (r Redactor) show(p Path, value any) any {
	if r == nil {
		return value
	}
	return r(p, value)
}

// text is the canonical text of what is shown. What stands for a hidden string or
// number is no value, and has no quotes.
func (r Redactor) text(p Path, value any) string {
	shown := r.show(p, value)
	if text, ok := shown.(string); ok && r != nil {
		return text
	}
	return NewState(shown).String()
}

// EventData names an event for machines.
type EventData struct {
	ID            string  `json:"id"`
	Type          string  `json:"type"`
	Stream        string  `json:"stream"`
	Sequence      *int64  `json:"sequence"`
	Time          *string `json:"time"`
	CorrelationID *string `json:"correlation_id"`
	CausationID   *string `json:"causation_id"`
	File          string  `json:"file"`
	Line          int64   `json:"line"`
	Offset        int64   `json:"offset"`
}

// dataOf is nil where there is no event.
func dataOf(e *event.Event) *EventData {
	if e == nil {
		return nil
	}
	d := &EventData{ID: string(e.ID), Type: e.Type, Stream: string(e.Stream), File: e.File, Line: e.Line, Offset: e.Offset}
	if e.HasSequence {
		d.Sequence = &e.Sequence
	}
	if text := timeText(e); text != "" {
		d.Time = &text
	}
	if text := string(e.CorrelationID); text != "" {
		d.CorrelationID = &text
	}
	if text := string(e.CausationID); text != "" {
		d.CausationID = &text
	}
	return d
}

func timeText(e *event.Event) string {
	if e.Time.IsZero() {
		return ""
	}
	return e.Time.Format(time.RFC3339Nano)
}

// nameOf is what a person calls an event within its stream: its sequence, else its id.
func nameOf(e *event.Event) string {
	switch {
	case e == nil:
		return "init"
	case e.HasSequence:
		return strconv.FormatInt(e.Sequence, 10)
	case len(e.ID) > 0:
		return "id:" + string(e.ID)
	}
	return fmt.Sprintf("%s:%d", e.File, e.Line)
}

// placeOfEvent is where the log has the event.
func placeOfEvent(e *event.Event) report.Location {
	if e == nil {
		return spot{}.location()
	}
	return spot{e.File, e.Line, e.Offset}.location()
}

// ChangeData is a Change for machines. Before and After are null where there is
// no value, which added and removed tell from the value null.
type ChangeData struct {
	Path    string `json:"path"`
	Before  any    `json:"before"`
	After   any    `json:"after"`
	Added   bool   `json:"added"`
	Removed bool   `json:"removed"`
	Rule    string `json:"rule"`
}

func changesData(changes []Change, r Redactor) []ChangeData {
	list := []ChangeData{}
	for _, c := range changes {
		d := ChangeData{Path: c.Path.String(), Added: c.Added, Removed: c.Removed, Rule: c.Rule}
		if !c.Added {
			d.Before = r.show(c.Path, c.Before)
		}
		if !c.Removed {
			d.After = r.show(c.Path, c.After)
		}
		list = append(list, d)
	}
	return list
}

// beforeText and afterText are cells of a table; a dash stands for no value.
func (c Change) beforeText(r Redactor) string {
	if c.Added {
		return "-"
	}
	return r.text(c.Path, c.Before)
}

func (c Change) afterText(r Redactor) string {
	if c.Removed {
		return "-"
	}
	return r.text(c.Path, c.After)
}

func changesTable(title, before, after string, changes []Change, r Redactor) report.Table {
	t := report.Table{Title: title, Columns: []string{"Path", before, after}}
	for _, c := range changes {
		t.Rows = append(t.Rows, []string{c.Path.String(), c.beforeText(r), c.afterText(r)})
	}
	return t
}

// failedNotes says which events changed nothing because they could not be applied.
func failedNotes(failed []*ApplyError) []string {
	if len(failed) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s could not be applied and changed nothing, first: %v", report.Count(len(failed), "event"), failed[0])}
}

// Difference is how two states differ.
type Difference struct {
	From, To      string // what the states are of: a stream and a point
	Before, After *State
	Changes       []Change
	// Failed are the events on the way to either state that could not be applied.
	Failed []*ApplyError
	notes  []string
}

// DiffPoints compares a stream with itself at another point.
func DiffPoints(r *Reducer, s Stream, from, to Point) (*Difference, error) {
	return difference(r, s, from, s, to)
}

// DiffStreams compares two streams at one point.
func DiffStreams(r *Reducer, a, b Stream, at Point) (*Difference, error) {
	return difference(r, a, at, b, at)
}

func difference(r *Reducer, a Stream, from Point, b Stream, to Point) (*Difference, error) {
	before, err := MomentOf(r, a, Options{At: from}, 0)
	if err != nil {
		return nil, err
	}
	after, err := MomentOf(r, b, Options{At: to}, 0)
	if err != nil {
		return nil, err
	}
	return DiffMoments(before, from, after, to), nil
}

// common counts the failures with which both lists begin: those of one stream
// that was read twice.
func common(a, b []*ApplyError) int {
	n := 0
	for n < min(len(a), len(b)) && a[n].File == b[n].File && a[n].Offset == b[n].Offset {
		n++
	}
	return n
}

// Table shows the differences, one a row.
func (d *Difference) Table(r Redactor) report.Table {
	t := changesTable("Differences", d.From, d.To, d.Changes, r)
	if len(d.Changes) == 0 {
		t.Notes = append(t.Notes, "The states are equal.")
	}
	t.Notes = slices.Concat(t.Notes, d.notes, failedNotes(d.Failed))
	return t
}

// DifferenceData is a Difference for machines.
type DifferenceData struct {
	From    string       `json:"from"`
	To      string       `json:"to"`
	Equal   bool         `json:"equal"`
	Changes []ChangeData `json:"changes"`
	Failed  int          `json:"failed"`
}

// Data is the difference for machines.
func (d *Difference) Data(r Redactor) DifferenceData {
	return DifferenceData{From: d.From, To: d.To, Equal: len(d.Changes) == 0, Changes: changesData(d.Changes, r), Failed: len(d.Failed)}
}

// sameSegment reports whether two segments can name one place: a token of a
// pointer stands for a key and for an index.
func sameSegment(a, b Segment) bool {
	return a == b || a.Index >= 0 && a.Index == b.Index || a.Key != "" && a.Key == b.Key
}

// touches reports whether a change at q may change what is at p: one leads to
// the other or below it.
func (p Path) touches(q Path) bool {
	for i := range min(len(p), len(q)) {
		if !sameSegment(p[i], q[i]) {
			return false
		}
	}
	return true
}
