package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/report"
)

// Minimum is a sub-sequence of a stream that makes an expression true at its end,
// while no event of it can be left out.
type Minimum struct {
	Stream  Stream // the events that are left, in their order
	Reducer *Reducer
	Expr    *Expr
	State   *State // behind them
	// Of is the number of events of the whole stream, Until of those up to the
	// first one that makes the expression true.
	Of, Until int
	// Proved says that leaving out any one event was tried. It is false when the
	// work was bounded before that.
	Proved bool
	Trials int
	// Kept are the values that Neutral could not replace; nil before it ran.
	Kept []Kept
}

// Kept is a value of an event's data that the expression depends on. An empty
// path is the whole event, with its metadata and all its attributes.
type Kept struct {
	Event *event.Event
	Path  Path
}

// MinimiseOptions bound the work.
type MinimiseOptions struct {
	Most int64 // events folded in all trials, 0 for a million
}

// defaultFolded is some seconds of work: all that a stream of a thousand events
// takes, and a few trials of one with hundreds of thousands.
const defaultFolded = 1_000_000

// ErrAlways says that an expression is true before all events, so that a part of
// the stream without any makes it true.
var ErrAlways = errors.New("it is true before all events, so that none is needed: say what only events make true, such as state.balance < 0")

// Minimise looks for the smallest part of a stream that still makes an expression
// true: it leaves out all events of a type, then runs of events, each half as long
// as the one before, down to single ones. What is left is minimal in that no
// single event can go; a smaller part made of other events may exist. The error
// wraps ErrNever when the expression is never true, and ErrAlways when it is true
// before all events.
func Minimise(ctx context.Context, r *Reducer, s Stream, x *Expr, o MinimiseOptions) (*Minimum, error) {
	found, err := Bisect(r, s, x, Options{})
	if err != nil {
		return nil, err
	}
	m := &Minimum{Stream: Stream{ID: s.ID}, Reducer: r, Expr: x, Of: len(s.Events), State: found.After}
	if found.First == nil {
		return nil, fmt.Errorf("stream %s, expression %q: %w", s.ID, x, ErrAlways)
	}
	m.Until = slices.Index(s.Events, found.First) + 1
	t := &trial{ctx: ctx, reducer: r, expr: x, left: cmp.Or(o.Most, defaultFolded)}
	events := t.withoutTypes(s.Events[:m.Until])
	m.Stream.Events, m.Proved = t.withoutRuns(events)
	m.Trials = t.trials
	m.State, _ = t.fold(r.Init(), m.Stream.Events)
	if err := cmp.Or(t.err, ctx.Err()); err != nil {
		return nil, err
	}
	return m, nil
}

// A trial folds sub-sequences and judges them.
type trial struct {
	ctx     context.Context
	reducer *Reducer
	expr    *Expr
	left    int64 // events that may still be folded
	trials  int
	err     error // of a reducer that broke
}

// over reports whether the work has to end.
func (t *trial) over() bool { return t.left <= 0 || t.err != nil || t.ctx.Err() != nil }

// fold is the state behind events, and the one before the last of them. An event
// that cannot be applied changes nothing.
func (t *trial) fold(state *State, events []*event.Event) (after, before *State) {
	t.left -= int64(len(events)) + 1
	for i, e := range events {
		if i == len(events)-1 {
			before = state.fork()
		}
		_, err := t.reducer.Apply(state, e)
		if _, err = appendFailed(nil, err); err != nil { // what fails in a part may not fail in the whole
			t.err = err
			break
		}
	}
	return state, before
}

// holds reports whether the expression is true behind a prefix, whose state and
// last event are given, and more events. An expression that cannot be judged
// there does not hold.
func (t *trial) holds(prefix *State, previous *State, last *event.Event, events []*event.Event) bool {
	t.trials++
	state, before := t.fold(prefix.fork(), events)
	if t.err != nil {
		return false
	}
	if len(events) > 0 {
		previous, last = before, events[len(events)-1]
	}
	ok, err := t.expr.Bool(Scope{State: state, Previous: previous, Event: last})
	return ok && err == nil
}

// withoutTypes leaves out types all of whose events can go together, the most
// frequent first.
func (t *trial) withoutTypes(events []*event.Event) []*event.Event {
	count := map[string]int{}
	for _, e := range events {
		count[e.Type]++
	}
	types := slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), strings.Compare(a, b))
	})
	for _, name := range types {
		if t.over() {
			break
		}
		rest := slices.DeleteFunc(slices.Clone(events), func(e *event.Event) bool { return e.Type == name })
		if t.holds(t.reducer.Init(), nil, nil, rest) {
			events = rest
		}
	}
	return events
}

// withoutRuns leaves out runs of events, long ones first, until no single event
// can go. It reports whether it came so far.
func (t *trial) withoutRuns(events []*event.Event) (left []*event.Event, proved bool) {
	size := max(1, len(events)/2)
	for {
		fewer := t.pass(events, size)
		if t.over() {
			return fewer, false
		}
		if size == 1 && len(fewer) == len(events) {
			return fewer, true
		}
		events, size = fewer, max(1, min(size, len(fewer))/2)
	}
}

// pass tries to leave out each run of a size once. The state behind what stays is
// kept, so that only what follows is folded again.
func (t *trial) pass(events []*event.Event, size int) []*event.Event {
	var kept []*event.Event
	var previous *State
	var last *event.Event
	state := t.reducer.Init()
	for len(events) > 0 && !t.over() {
		run, rest := events[:min(size, len(events))], events[min(size, len(events)):]
		if !t.holds(state, previous, last, rest) {
			kept, last = append(kept, run...), run[len(run)-1]
			state, previous = t.fold(state, run)
		}
		events = rest
	}
	return append(kept, events...)
}

// Fixture is the events as a log in the native format.
func (m *Minimum) Fixture() []byte {
	var text []byte
	for _, e := range m.Stream.Events {
		text = event.AppendNative(text, e)
	}
	return text
}

// Headline is the answer in a sentence.
func (m *Minimum) Headline() string {
	text := fmt.Sprintf("%s of %d make %s true", report.Count(len(m.Stream.Events), "event"), m.Of, m.Expr)
	if len(m.Stream.Events) == 1 {
		text = fmt.Sprintf("1 event of %d makes %s true", m.Of, m.Expr)
	}
	if !m.Proved {
		text += "; fewer may do, the work was bounded"
	}
	return text
}

// maxKeptNamed bounds the places that a note names; the data has them all.
const maxKeptNamed = 50

// Table shows the events that are left and what state they lead to.
func (m *Minimum) Table(r Redactor) report.Table {
	t := report.Table{
		Title:   "The smallest part of " + m.Stream.ID,
		Columns: []string{"Event", "Time", "Type", "Place"},
		Notes:   []string{"They lead to " + r.text(nil, m.State.Value()), "Folded by " + m.Reducer.String() + "."},
	}
	for _, e := range m.Stream.Events {
		t.Rows = append(t.Rows, []string{nameOf(e), timeText(e), e.Type, fmt.Sprintf("%s:%d", e.File, e.Line)})
	}
	if m.Kept != nil {
		var places []string
		for _, k := range m.Kept[:min(len(m.Kept), maxKeptNamed)] {
			places = append(places, nameOf(k.Event)+" "+k.Path.String())
		}
		if n := len(m.Kept) - len(places); n > 0 {
			places = append(places, fmt.Sprintf("and %d more", n))
		}
		t.Notes = append(t.Notes, "Values that matter and stay as recorded: "+cmp.Or(strings.Join(places, ", "), "none")+".")
	}
	return t
}

// MinimumData is a Minimum for machines.
type MinimumData struct {
	Stream   string       `json:"stream"`
	Expr     string       `json:"expr"`
	Reducer  string       `json:"reducer"`
	Version  int          `json:"version"`
	Hash     string       `json:"hash"`
	Of       int          `json:"of"`
	Until    int          `json:"until"`
	Events   []*EventData `json:"events"`
	State    any          `json:"state"`
	Minimal  bool         `json:"minimal"`
	Trials   int          `json:"trials"`
	Recorded []KeptData   `json:"recorded"` // values that stayed as recorded; null: all of them
}

// KeptData is a Kept for machines.
type KeptData struct {
	Event string `json:"event"`
	Path  string `json:"path"`
}

// Data is the minimum for machines.
func (m *Minimum) Data(r Redactor) MinimumData {
	d := MinimumData{
		Stream: m.Stream.ID, Expr: m.Expr.String(), Reducer: m.Reducer.Name(), Version: m.Reducer.Version(), Hash: m.Reducer.Hash(),
		Of: m.Of, Until: m.Until, Events: []*EventData{}, State: r.show(nil, m.State.Value()), Minimal: m.Proved, Trials: m.Trials,
	}
	for _, e := range m.Stream.Events {
		d.Events = append(d.Events, dataOf(e))
	}
	if m.Kept != nil {
		d.Recorded = []KeptData{}
	}
	for _, k := range m.Kept {
		d.Recorded = append(d.Recorded, KeptData{nameOf(k.Event), k.Path.String()})
	}
	return d
}
