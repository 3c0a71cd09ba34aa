package replay

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/report"
)

// History is all that happened to one value: who wrote it, newest first, back to what
// the reducer starts with.
type History struct {
	Stream string
	Path   Path
	Value  any
	// Removed says that there is no value at the point any more; the newest write
	// took it away.
	Removed bool
	Writes  []Write
	Failed  []*ApplyError
}

// Write is one change of the value. The last one of a History may have no event:
// the value the state starts with.
type Write struct {
	Event *event.Event
	// Rules are the operations of the reducer that wrote the value: type, place
	// in its list, kind and path.
	Rules          []string
	Before, After  any
	Added, Removed bool
}

// Blame answers which events wrote the value at a path. Events that wrote the
// value that was there already did not change it and are left out. The error is a
// *PathError when no event ever wrote there.
func Blame(r *Reducer, s Stream, p Path, o Options) (*History, error) {
	h := &History{Stream: s.ID, Path: p}
	state := r.Init()
	if value, found := state.At(p); found {
		h.Writes = append(h.Writes, Write{Rules: []string{"init"}, After: value, Added: true})
	}
	events, err := s.until(o)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		before := state.fork()
		places, rules, err := r.apply(state, e)
		if h.Failed, err = appendFailed(h.Failed, err); err != nil {
			return nil, err
		}
		w := Write{Event: e}
		if !w.between(p, before, state) {
			continue
		}
		for i, place := range places {
			if p.touches(place) && !slices.Contains(w.Rules, rules[i]) {
				w.Rules = append(w.Rules, rules[i])
			}
		}
		h.Writes = append(h.Writes, w)
	}
	if len(h.Writes) == 0 {
		return nil, missingPath(s.ID, p, o.At, state)
	}
	slices.Reverse(h.Writes)
	value, found := state.At(p)
	h.Value, h.Removed = value, !found
	return h, nil
}

// between notes the values at p in two states; it is false when they are equal.
func (w *Write) between(p Path, before, after *State) bool {
	was, had := before.At(p)
	is, has := after.At(p)
	more, grew := growth(p, before, after) // comparing a long array anew each time would be slow
	same := !had && !has || grew && len(more) == 0 || !grew && had && has && equal(was, is)
	if same {
		return false
	}
	w.Before, w.After, w.Added, w.Removed = was, is, !had, !has
	return true
}

// A PathError is a path that leads nowhere in a state.
type PathError struct {
	Stream string
	Path   Path
	At     Point
	// Nearest are paths that exist: those that may be meant, then those beside it.
	Nearest []Path
}

func (e *PathError) Error() string {
	text := fmt.Sprintf("stream %s has no value at %s, and never had", e.Stream, e.Path)
	if !e.At.IsEnd() {
		text += " up to " + e.At.String()
	}
	if len(e.Nearest) == 0 {
		return text + ": its state is empty"
	}
	var names []string
	for _, p := range e.Nearest {
		names = append(names, p.String())
	}
	return text + ": nearest are " + strings.Join(names, ", ")
}

// maxNearest bounds the paths that an error names.
const maxNearest = 6

func missingPath(stream string, p Path, at Point, s *State) *PathError {
	e := &PathError{Stream: stream, Path: p, At: at}
	byName := map[string]Path{}
	for _, q := range appendPaths(nil, nil, s.root) {
		byName[q.String()] = q
	}
	if near := report.Nearest(p.String(), slices.Sorted(maps.Keys(byName))); near != "" {
		e.Nearest = append(e.Nearest, byName[near])
	}
	above := p
	for {
		if value, found := s.At(above); found {
			for _, q := range below(above, value) {
				known := slices.ContainsFunc(e.Nearest, func(r Path) bool { return slices.Equal(q, r) })
				if !known && len(e.Nearest) < maxNearest {
					e.Nearest = append(e.Nearest, q)
				}
			}
			return e
		}
		above = above[:len(above)-1]
	}
}

// maxPaths bounds the paths that are compared with one that was misspelt.
const maxPaths = 10_000

// appendPaths lists the paths of a value from the top down, the keys in order.
func appendPaths(list []Path, at Path, value any) []Path {
	for _, p := range below(at, value) {
		if len(list) >= maxPaths {
			return list
		}
		member, _ := p[len(at):].in(value)
		list = appendPaths(append(list, p), p, member)
	}
	return list
}

// below lists the paths of the members or the elements of the value at a path.
func below(at Path, value any) []Path {
	var list []Path
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.SortedFunc(maps.Keys(v), compareKeys[string]) {
			list = append(list, at.and(Segment{Key: key, Index: -1}))
		}
	case []any:
		for i := range v {
			list = append(list, at.and(Segment{Index: i}))
		}
	}
	return list
}

func (w Write) change(p Path) Change {
	return Change{Path: p, Before: w.Before, After: w.After, Added: w.Added, Removed: w.Removed, Rule: strings.Join(w.Rules, ", ")}
}

// Table shows the writes, newest first.
func (h *History) Table(r Redactor) report.Table {
	t := report.Table{
		Title:   fmt.Sprintf("Who wrote %s of %s", h.Path, h.Stream),
		Columns: []string{"Event", "Time", "Rule", "Before", "After", "Correlation"},
		Notes:   failedNotes(h.Failed),
	}
	for _, w := range h.Writes {
		c := w.change(h.Path)
		row := []string{nameOf(w.Event), "", c.Rule, c.beforeText(r), c.afterText(r), ""}
		if e := w.Event; e != nil {
			row[1], row[5] = shortTime(e), shortID(e.CorrelationID)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// shortTime leaves out parts of a second, and shortID most of an id: a table is
// read by a person, and the data has them whole.
func shortTime(e *event.Event) string {
	if e.Time.IsZero() {
		return ""
	}
	return e.Time.Format(time.DateTime)
}

func shortID(id []byte) string {
	const enough = 8
	if len(id) > enough+1 {
		return string(id[:enough]) + "…"
	}
	return string(id)
}

// HistoryData is a History for machines.
type HistoryData struct {
	Stream  string      `json:"stream"`
	Path    string      `json:"path"`
	Value   any         `json:"value"`
	Removed bool        `json:"removed"`
	Writes  []WriteData `json:"writes"`
	Failed  int         `json:"failed"`
}

// WriteData is a Write for machines; event is null for what the state starts with.
type WriteData struct {
	Event   *EventData `json:"event"`
	Rules   []string   `json:"rules"`
	Before  any        `json:"before"`
	After   any        `json:"after"`
	Added   bool       `json:"added"`
	Removed bool       `json:"removed"`
}

// Data is the history for machines.
func (h *History) Data(r Redactor) HistoryData {
	d := HistoryData{Stream: h.Stream, Path: h.Path.String(), Removed: h.Removed, Failed: len(h.Failed)}
	if !h.Removed {
		d.Value = r.show(h.Path, h.Value)
	}
	for _, w := range h.Writes {
		c := changesData([]Change{w.change(h.Path)}, r)[0]
		d.Writes = append(d.Writes, WriteData{
			Event: dataOf(w.Event), Rules: w.Rules, Before: c.Before, After: c.After, Added: w.Added, Removed: w.Removed,
		})
	}
	return d
}
