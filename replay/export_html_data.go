package replay

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/report"
)

// pageData is what the script of a page reads.
type pageData struct {
	Streams []pageStream `json:"streams"`
	Steps   []pageStep   `json:"steps"` // of all streams, in the order of their time
}

type pageStream struct {
	ID      string `json:"id"`
	Reducer string `json:"reducer"`
	// Duplicates is the number of events that were delivered again.
	Duplicates int `json:"duplicates"`
	// Writers are, by JSON pointer, the steps that wrote what is there, oldest
	// first; fromInit stands for the state that the reducer starts with.
	Writers map[string][]int `json:"writers"`
}

const fromInit = -1

// pageStep is one event. What is not shown has no state: it is there because it
// wrote values that are.
type pageStep struct {
	Index   int             `json:"-"`
	Stream  int             `json:"stream"`
	Name    string          `json:"name"`
	Event   *EventData      `json:"event"`
	Shown   bool            `json:"shown"`
	State   json.RawMessage `json:"state"`
	Changes []pageChange    `json:"changes"`
	// Problems say why the event could not be applied, and which invariants the
	// state keeps no longer since it.
	Problems []string `json:"problems"`
	event    *event.Event
}

// pageChange is a change; before and after are null where Added and Removed say
// that there is no value.
type pageChange struct {
	Path    string `json:"path"`
	Pointer string `json:"pointer"`
	Rule    string `json:"rule"`
	Added   bool   `json:"added"`
	Removed bool   `json:"removed"`
	Before  any    `json:"before"`
	After   any    `json:"after"`
	// BeforeText and AfterText are for the table of the page, which needs no script.
	BeforeText string `json:"-"`
	AfterText  string `json:"-"`
}

// data replays the streams.
func (p Page) data() (*pageData, error) {
	data := &pageData{}
	parts, room := make([][]pageStep, len(p.Streams)), cmp.Or(p.Most, defaultPage)
	shown := false
	for i, s := range p.Streams {
		stream, steps, err := p.replay(i, s, &room)
		if err != nil {
			return nil, err
		}
		for _, step := range steps {
			shown = shown || step.Shown
		}
		data.Streams = append(data.Streams, stream)
		parts[i] = steps
	}
	if !shown {
		return nil, fmt.Errorf("no event is left to show: choose a later point, or another stream or correlation id")
	}
	data.Steps = mergeSteps(parts)
	// The writers name steps by their place in the stream until all are known.
	places := make([][]int, len(parts))
	for i, step := range data.Steps {
		data.Steps[i].Index = i
		places[step.Stream] = append(places[step.Stream], i)
	}
	for i, stream := range data.Streams {
		for _, steps := range stream.Writers {
			for j, step := range steps {
				if step != fromInit {
					steps[j] = places[i][step]
				}
			}
		}
	}
	return data, nil
}

// replay is one stream and its steps, which take from the room that is left.
func (p Page) replay(index int, s PageStream, room *int64) (pageStream, []pageStep, error) {
	r := s.Reducer
	stream := pageStream{
		ID: s.Stream.ID, Reducer: fmt.Sprintf("%s, version %d", r.Name(), r.Version()), Duplicates: s.Stream.Duplicates,
		Writers: map[string][]int{},
	}
	stream.wrote(fromInit, nil, r.Init().Value())
	var steps []pageStep
	var broken []Invariant
	for step, err := range Timeline(r, s.Stream, p.Options) {
		if err != nil {
			return stream, nil, err
		}
		page, err := p.step(index, step)
		if err != nil {
			return stream, nil, err
		}
		before := broken
		if broken, err = r.Broken(step.After, step.Event); err != nil {
			page.Problems = append(page.Problems, p.quoting("an invariant could not be evaluated", err))
		}
		for _, v := range broken {
			if !slices.Contains(before, v) {
				page.Problems = append(page.Problems, fmt.Sprintf("breaks %s: %s", v.Name, v.Expr))
			}
		}
		if *room -= page.size(); *room < 0 {
			return stream, nil, p.tooLarge(s.Stream, page.Name)
		}
		for _, c := range step.Changed {
			stream.changed(len(steps), c)
		}
		steps = append(steps, page)
	}
	return stream, steps, nil
}

// tooLarge is the error of a page that no browser would open well.
func (p Page) tooLarge(s Stream, name string) error {
	instead := "make the page of a correlation id (--correlation), which has states of its own events only, or step through the stream on the terminal (nexus replay --stream)"
	if p.Correlation != "" {
		instead = "the streams that it touches are too long for a page: follow it with nexus replay trace"
	}
	return fmt.Errorf("stream %s has %s, and the states up to %s already take more than %d MiB: %s",
		s.ID, report.Count(len(s.Events), "event"), name, cmp.Or(p.Most, defaultPage)>>20, instead)
}

// step is what the page has of one event.
func (p Page) step(stream int, step Step) (pageStep, error) {
	e := step.Event
	page := pageStep{
		Stream: stream, Name: nameOf(e), Event: dataOf(e), Changes: []pageChange{}, Problems: []string{}, event: e,
		Shown: p.Correlation == "" || string(e.CorrelationID) == p.Correlation,
	}
	for _, c := range step.Changed {
		page.Changes = append(page.Changes, p.change(c))
	}
	if step.Err != nil {
		page.Problems = append(page.Problems, p.quoting(fmt.Sprintf("could not be applied (%s:%d): %s", e.File, e.Line, step.Err.Rule), step.Err.Cause))
	}
	var err error
	if page.Shown {
		page.State, err = json.Marshal(scriptValue(p.Redact.show(nil, step.After.Value())))
	}
	return page, err
}

// size is about what the step takes on the page.
func (s pageStep) size() int64 {
	n := len(s.State)
	for _, c := range s.Changes {
		n += len(c.BeforeText) + len(c.AfterText)
	}
	return int64(n)
}

// quoting adds an error's text, which may quote a value, where values are shown.
func (p Page) quoting(text string, err error) string {
	if p.Redact != nil {
		return text
	}
	return text + ": " + err.Error()
}

func (p Page) change(c Change) pageChange {
	d := changesData([]Change{c}, p.Redact)[0]
	return pageChange{
		Path: d.Path, Pointer: c.Path.Pointer(), Rule: d.Rule, Added: d.Added, Removed: d.Removed,
		Before: scriptValue(d.Before), After: scriptValue(d.After), BeforeText: c.beforeText(p.Redact), AfterText: c.afterText(p.Redact),
	}
}

// changed notes the writer of a place, of what is above it, and of all that is,
// or was, below.
func (s *pageStream) changed(step int, c Change) {
	for n := range len(c.Path) {
		s.write(step, c.Path[:n])
	}
	if !c.Added {
		s.wrote(step, c.Path, c.Before)
	}
	if !c.Removed {
		s.wrote(step, c.Path, c.After)
	}
}

// wrote notes the writer of a value and of all that it holds.
func (s *pageStream) wrote(step int, at Path, value any) {
	s.write(step, at)
	for _, p := range below(at, value) {
		member, _ := p[len(at):].in(value)
		s.wrote(step, p, member)
	}
}

func (s *pageStream) write(step int, at Path) {
	pointer := at.Pointer()
	if steps := s.Writers[pointer]; len(steps) == 0 || steps[len(steps)-1] != step {
		s.Writers[pointer] = append(steps, step)
	}
}

// mergeSteps orders the steps of several streams by time. Within a stream they keep
// their order, even where its time runs back.
func mergeSteps(parts [][]pageStep) []pageStep {
	var steps []pageStep
	for {
		next := -1
		for i, part := range parts {
			if len(part) > 0 && (next < 0 || storedAt(part[0].event).Before(storedAt(parts[next][0].event))) {
				next = i
			}
		}
		if next < 0 {
			return steps
		}
		steps, parts[next] = append(steps, parts[next][0]), parts[next][1:]
	}
}

// scriptValue is a value in a form from which a script reads numbers as text, so
// that none is rounded: a string follows a quote sign, a number follows a hash.
func scriptValue(value any) any {
	switch v := value.(type) {
	case string:
		return "'" + v
	case json.Number:
		return "#" + v.String()
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = scriptValue(element)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for key, member := range v {
			object[key] = scriptValue(member)
		}
		return object
	}
	return value
}
