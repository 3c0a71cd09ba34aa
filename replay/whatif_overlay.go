package replay

import (
	"errors"
	"fmt"
	"slices"

	"github.com/nexus-blueprint/nexus/event"
)

// Overlay is a set of changes to the events of one stream. All of them name
// events of the stream as it is recorded, by sequence or by id; where events have
// no sequence, by their place from 1 on.
//
//	drop: [17, "id:9f3c"]
//	edit:
//	  - {at: 18, path: .amount, value: 5}
//	insert:
//	  - {after: 18, type: OrderCancelled, data: {reason: late}}
//	swap: [[20, 21]]
type Overlay struct {
	Drops   []Point
	Edits   []Edit
	Inserts []Insert
	Swaps   []Swap
}

// Edit gives a place in the data of an event another value.
type Edit struct {
	At    Point
	Path  Path
	Value any
}

// Insert is an event that is put behind another one: behind the last one whose
// sequence is not larger, so that a sequence smaller than all puts it first. It
// has no sequence itself, the time of its neighbour unless it has its own, and an
// id such as insert-1.
type Insert struct {
	After Point
	Event event.Event
}

// Swap lets two events change places.
type Swap struct{ A, B Point }

// IsEmpty reports whether the overlay changes nothing.
func (o Overlay) IsEmpty() bool {
	return len(o.Drops) == 0 && len(o.Edits) == 0 && len(o.Inserts) == 0 && len(o.Swaps) == 0
}

// Add takes the changes of another overlay in, behind its own.
func (o *Overlay) Add(p Overlay) {
	o.Drops = append(o.Drops, p.Drops...)
	o.Edits = append(o.Edits, p.Edits...)
	o.Inserts = append(o.Inserts, p.Inserts...)
	o.Swaps = append(o.Swaps, p.Swaps...)
}

// Apply is the stream as the overlay has it. The stream it is given, and its
// events, stay as they are.
func (o Overlay) Apply(s Stream) (Stream, error) {
	events := slices.Clone(s.Events)
	gone := make([]bool, len(events))
	for _, at := range o.Drops {
		i, err := s.find(at)
		if err != nil {
			return Stream{}, fmt.Errorf("drop: %w", err)
		}
		gone[i] = true
	}
	for _, e := range o.Edits {
		i, err := s.find(e.At)
		if err != nil {
			return Stream{}, fmt.Errorf("edit: %w", err)
		}
		if gone[i] {
			return Stream{}, fmt.Errorf("edit: event %s of stream %s is dropped: leave one of the two out", nameOf(s.Events[i]), s.ID)
		}
		if events[i], err = e.apply(events[i]); err != nil {
			return Stream{}, fmt.Errorf("edit: event %s of stream %s: %w", nameOf(s.Events[i]), s.ID, err)
		}
	}
	if err := o.swap(s, events, gone); err != nil {
		return Stream{}, fmt.Errorf("swap: %w", err)
	}
	inserted, err := o.inserted(s)
	if err != nil {
		return Stream{}, err
	}
	changed := Stream{ID: s.ID, Duplicates: s.Duplicates, Events: inserted[0]}
	for i, e := range events {
		if !gone[i] {
			changed.Events = append(changed.Events, e)
		}
		changed.Events = append(changed.Events, inserted[i+1]...)
	}
	return changed, nil
}

// swap lets events change places. Swaps name events and not places, so that an
// event is found again wherever an earlier swap has put it.
func (o Overlay) swap(s Stream, events []*event.Event, gone []bool) error {
	place := make([]int, len(events)) // of each event of the stream
	for i := range place {
		place[i] = i
	}
	for _, swap := range o.Swaps {
		i, err := s.find(swap.A)
		if err != nil {
			return err
		}
		j, err := s.find(swap.B)
		if err != nil {
			return err
		}
		if gone[i] || gone[j] {
			return fmt.Errorf("an event that is dropped has no place: event %s and %s of stream %s", nameOf(s.Events[i]), nameOf(s.Events[j]), s.ID)
		}
		place[i], place[j] = place[j], place[i]
		events[place[i]], events[place[j]] = events[place[j]], events[place[i]]
	}
	return nil
}

// find is the index of the event that a point names.
func (s Stream) find(at Point) (int, error) {
	named := func(e *event.Event) bool { return at.kind == pointID && string(e.ID) == at.id }
	if at.kind == pointSequence {
		if !s.sequenced() {
			if at.sequence < 1 || at.sequence > int64(len(s.Events)) {
				return 0, fmt.Errorf("stream %s has no event %d: its events have no sequence and count from 1 to %d", s.ID, at.sequence, len(s.Events))
			}
			return int(at.sequence) - 1, nil
		}
		named = func(e *event.Event) bool { return e.Sequence == at.sequence }
	}
	i := slices.IndexFunc(s.Events, named)
	switch {
	case i >= 0 && slices.ContainsFunc(s.Events[i+1:], named):
		return 0, fmt.Errorf("stream %s has several events %s: name one by its id, as id:%s", s.ID, at, s.Events[i].ID)
	case i >= 0:
		return i, nil
	case len(s.Events) == 0:
		return 0, fmt.Errorf("stream %s has no events", s.ID)
	}
	return 0, fmt.Errorf("stream %s has no event %s: it has %s to %s", s.ID, at, nameOf(s.Events[0]), nameOf(s.Events[len(s.Events)-1]))
}

// sequenced reports whether every event has a sequence.
func (s Stream) sequenced() bool {
	return !slices.ContainsFunc(s.Events, func(e *event.Event) bool { return !e.HasSequence })
}

// apply is a copy of the event with another value in its data.
func (d Edit) apply(e *event.Event) (*event.Event, error) {
	if e.Base64 {
		return nil, errors.New("its data is binary, which cannot be edited")
	}
	data, err := decodeOptional(e.Data)
	if err != nil {
		return nil, err
	}
	object, _ := data.(map[string]any)
	if _, found := object["data"]; !found && len(d.Path) > 1 && d.Path[0].Key == "data" {
		return nil, fmt.Errorf("its data has no member data: paths begin in the data, so write %s for %s", d.Path[1:], d.Path)
	}
	if data, err = put(data, d.Path, d.Value); err != nil {
		return nil, fmt.Errorf("its data has no place %s: name a member of an object, or an element that is there", d.Path)
	}
	edited := e.Clone()
	edited.Data = appendJSON(nil, data)
	return edited, nil
}

// inserted are the new events by the number of events of the stream before them.
func (o Overlay) inserted(s Stream) (map[int][]*event.Event, error) {
	places := map[int][]*event.Event{}
	for n, insert := range o.Inserts {
		i, err := s.behind(insert.After)
		if err != nil {
			return nil, fmt.Errorf("insert: %w", err)
		}
		e := insert.Event.Clone()
		e.Stream = []byte(s.ID)
		if len(e.ID) == 0 {
			e.ID = fmt.Appendf(nil, "insert-%d", n+1)
		}
		if beside := s.beside(i); beside != nil {
			e.File, e.Line, e.Offset = beside.File, beside.Line, beside.Offset
			if e.Time.IsZero() {
				e.Time = beside.Time
			}
		}
		places[i] = append(places[i], e)
	}
	return places, nil
}

// behind is how many events stand before what is inserted after a point.
func (s Stream) behind(at Point) (int, error) {
	if at.kind == pointID {
		i, err := s.find(at)
		return i + 1, err
	}
	if !s.sequenced() {
		if at.sequence < 0 || at.sequence > int64(len(s.Events)) {
			return 0, fmt.Errorf("stream %s has no event %d: its events have no sequence and count from 1 to %d", s.ID, at.sequence, len(s.Events))
		}
		return int(at.sequence), nil
	}
	n := 0
	for n < len(s.Events) && s.Events[n].Sequence <= at.sequence {
		n++
	}
	return n, nil
}

// beside is the event before a place, else the one behind it, nil for none.
func (s Stream) beside(i int) *event.Event {
	if len(s.Events) == 0 {
		return nil
	}
	return s.Events[max(0, i-1)]
}

// Lines say in words what the overlay does, one change each. The values that it
// brings are its author's, not recorded ones.
func (o Overlay) Lines() []string {
	lines := []string{}
	for _, p := range o.Drops {
		lines = append(lines, "drop "+p.String())
	}
	for _, e := range o.Edits {
		lines = append(lines, fmt.Sprintf("edit %s %s=%s", e.At, e.Path, NewState(e.Value)))
	}
	for _, i := range o.Inserts {
		lines = append(lines, fmt.Sprintf("insert after %s: %s %s", i.After, i.Event.Type, i.Event.Data))
	}
	for _, s := range o.Swaps {
		lines = append(lines, fmt.Sprintf("swap %s and %s", s.A, s.B))
	}
	return lines
}
