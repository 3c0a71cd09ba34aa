package replay

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/report"
)

// Comparison is what two reducers make of one log.
type Comparison struct {
	Old, New *Reducer
	Streams  int // that at least one of the two folds
	// Differing are the streams whose end states differ, sorted by id.
	Differing []Divergence
	// Causes group them, the most frequent first.
	Causes []Cause
	// FailedOld and FailedNew count the events that could not be applied.
	FailedOld, FailedNew int
	Stats                Stats
	start                report.Location
}

// Divergence is a stream whose end states differ.
type Divergence struct {
	Stream string
	// Changes lead from the old end state to the new one.
	Changes []Change
	// Event is the first one behind which the states differ; nil when they differ
	// before all events, or when it was not looked for.
	Event *event.Event
	// Path is the first place that differs behind Event.
	Path  Path
	Cause string // what happened: a type of events, or one of the causes below
}

// The causes that are no type of events.
const (
	CauseInit     = "init"       // the states differ before all events
	CauseOnlyOld  = "only old"   // the new reducer is not for the stream
	CauseOnlyNew  = "only new"   // the old reducer is not for the stream
	CauseUntraced = "not traced" // there were too many streams to look for their first event
)

// Cause is a group of streams that diverge at the same type of event and place.
type Cause struct {
	Cause   string
	Path    string // with [] for any index of an array
	Streams int
	// Example is the first of the streams.
	Example Divergence
}

// CompareOptions say how two reducers are compared.
type CompareOptions struct {
	Fold FoldOptions
	// Trace bounds the streams whose first diverging event is looked for, 0 for
	// 10,000. The others are grouped by the first place of their end state.
	Trace int
}

const defaultTraced = 10_000

// Compare folds a log with two reducers. The log is read once for each, and again
// for the streams that differ.
func Compare(ctx context.Context, log *event.Log, old, new *Reducer, o CompareOptions) (*Comparison, error) {
	if slices.Contains(log.Files(), "-") {
		return nil, errors.New("comparing reducers: standard input can be read only once: write it to a file")
	}
	before, err := FoldAll(ctx, log, old, o.Fold)
	if err != nil {
		return nil, fmt.Errorf("folding with %s: %w", old.Name(), err)
	}
	after, err := FoldAll(ctx, log, new, o.Fold)
	if err != nil {
		return nil, fmt.Errorf("folding with %s: %w", new.Name(), err)
	}
	c := &Comparison{Old: old, New: new, Stats: before.Stats, start: startOf(log)}
	if err := c.endStates(before, after); err != nil {
		return nil, err
	}
	if err := c.trace(ctx, log, o); err != nil {
		return nil, err
	}
	c.Causes = groupByCause(c.Differing)
	return c, nil
}

// endStates walks the streams of both results, which are sorted by id.
func (c *Comparison) endStates(before, after *Result) error {
	for i, j := 0, 0; i < len(before.Streams) || j < len(after.Streams); c.Streams++ {
		side := 0
		switch {
		case i == len(before.Streams):
			side = 1
		case j == len(after.Streams):
			side = -1
		default:
			side = strings.Compare(before.Streams[i].ID, after.Streams[j].ID)
		}
		switch {
		case side < 0:
			c.FailedOld += len(before.Streams[i].Failed)
			c.Differing = append(c.Differing, Divergence{Stream: before.Streams[i].ID, Cause: CauseOnlyOld})
			i++
		case side > 0:
			c.FailedNew += len(after.Streams[j].Failed)
			c.Differing = append(c.Differing, Divergence{Stream: after.Streams[j].ID, Cause: CauseOnlyNew})
			j++
		default:
			if err := c.endState(&before.Streams[i], &after.Streams[j]); err != nil {
				return err
			}
			i++
			j++
		}
	}
	return nil
}

// endState compares what both reducers make of one stream.
func (c *Comparison) endState(before, after *StreamState) error {
	c.FailedOld += len(before.Failed)
	c.FailedNew += len(after.Failed)
	a, err := before.AppendJSON(nil)
	if err != nil {
		return err
	}
	b, err := after.AppendJSON(nil)
	if err != nil || bytes.Equal(a, b) {
		return err
	}
	x, err := before.State()
	if err != nil {
		return err
	}
	y, err := after.State()
	if err != nil {
		return err
	}
	changes := Diff(x, y)
	if len(changes) == 0 {
		return nil
	}
	c.Differing = append(c.Differing, Divergence{Stream: before.ID, Changes: changes, Path: changes[0].Path, Cause: CauseUntraced})
	return nil
}

// trace looks for the first diverging event of the streams that both reducers fold.
func (c *Comparison) trace(ctx context.Context, log *event.Log, o CompareOptions) error {
	wanted := map[string]*Divergence{}
	initial := Diff(c.Old.Init(), c.New.Init())
	for i := range c.Differing {
		d := &c.Differing[i]
		switch {
		case d.Cause != CauseUntraced:
		case len(initial) > 0:
			d.Path, d.Cause = initial[0].Path, CauseInit
		case len(wanted) < cmp.Or(o.Trace, defaultTraced):
			wanted[d.Stream] = d
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	events, err := c.collect(ctx, log, wanted, o.Fold)
	if err != nil {
		return err
	}
	for id, list := range events {
		wanted[id].find(c.Old, c.New, NewStream(id, list))
	}
	return nil
}

// collect holds the events of the streams that fit in memory.
func (c *Comparison) collect(ctx context.Context, log *event.Log, wanted map[string]*Divergence, o FoldOptions) (map[string][]*event.Event, error) {
	events := map[string][]*event.Event{}
	var stats Stats // the first reading counted
	size := int64(0)
	for e, err := range readable(ctx, log, &stats) {
		if err != nil {
			return nil, err
		}
		id := string(e.Stream)
		if wanted[id] == nil || !o.At.before(e) || !known(e, o.KnownAt) {
			continue
		}
		events[id] = append(events[id], e.Clone())
		size += eventSize + int64(len(e.Record()))
		for size > cmp.Or(o.Most, defaultCollected) && len(events) > 1 {
			last := ""
			for id := range events {
				last = max(last, id)
			}
			for _, e := range events[last] {
				size -= eventSize + int64(len(e.Record()))
			}
			delete(events, last)
			delete(wanted, last)
		}
	}
	return events, nil
}

// defaultCollected bounds the bytes of the events that are held to be compared.
const defaultCollected = 256 << 20

// find looks for the first event behind which the states differ.
func (d *Divergence) find(old, new *Reducer, s Stream) {
	a, b := old.Init(), new.Init()
	for _, e := range s.Events {
		wasA, wasB := NewState(a.root), NewState(b.root)
		placesA, _ := old.Apply(a, e) // an event that fails changes nothing, which is compared
		placesB, _ := new.Apply(b, e)
		for _, p := range slices.Concat(placesA, placesB) {
			if sameGrowth(p, wasA, a, wasB, b) {
				continue
			}
			if at, differs := differsAt(a, b, p); differs {
				d.Event, d.Path, d.Cause = e, at, e.Type
				return
			}
		}
	}
}

// differsAt is where two states differ at a place that was written, or on the way
// to it: an object that was made for a member stays when the member goes.
func differsAt(a, b *State, p Path) (Path, bool) {
	for i := range p {
		_, hadX := a.At(p[:i])
		_, hadY := b.At(p[:i])
		if hadX != hadY {
			return slices.Clone(p[:i]), true
		}
	}
	x, hadX := a.At(p)
	y, hadY := b.At(p)
	if changes := appendChanges(nil, "", p, x, hadX, y, hadY); len(changes) > 0 {
		return changes[0].Path, true
	}
	return nil, false
}

// sameGrowth reports whether both states only grew the array at p, which was
// equal before, by equal elements. It saves comparing what is known to be equal.
func sameGrowth(p Path, wasA, a, wasB, b *State) bool {
	moreA, grewA := growth(p, wasA, a)
	moreB, grewB := growth(p, wasB, b)
	return grewA && grewB && slices.EqualFunc(moreA, moreB, equal)
}

// growth is what stands behind the end of an array that was extended in place.
func growth(p Path, before, after *State) ([]any, bool) {
	x, _ := before.At(p)
	y, _ := after.At(p)
	old, okOld := x.([]any)
	grown, okGrown := y.([]any)
	if !okOld || !okGrown || len(old) == 0 || len(grown) < len(old) || &old[0] != &grown[0] {
		return nil, false
	}
	return grown[len(old):], true
}

// groupByCause groups divergences by cause and place.
func groupByCause(differing []Divergence) []Cause {
	type key struct{ cause, path string }
	index := map[key]int{}
	var list []Cause
	for _, d := range differing {
		k := key{d.Cause, d.Path.pattern()}
		i, known := index[k]
		if !known {
			i = len(list)
			index[k] = i
			list = append(list, Cause{Cause: d.Cause, Path: k.path, Example: d})
		}
		list[i].Streams++
	}
	slices.SortStableFunc(list, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(b.Streams, a.Streams), strings.Compare(a.Cause, b.Cause), strings.Compare(a.Path, b.Path))
	})
	return list
}

// pattern is the path with [] for every index.
func (p Path) pattern() string {
	var b strings.Builder
	start := 0
	for i, s := range p {
		if s.Index >= 0 {
			if i > start {
				b.WriteString(p[start:i].String())
			}
			b.WriteString("[]")
			start = i + 1
		}
	}
	if start < len(p) || len(p) == 0 {
		b.WriteString(p[start:].String())
	}
	return b.String()
}
