package replay

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/nexus-blueprint/nexus/event"
)

// ErrNotNeutral says that the work which is allowed ended before all values were
// looked at, so that recorded ones would be left.
var ErrNotNeutral = errors.New("too many events are left for all of their values to be replaced")

// Neutral is the minimum with the values of its events replaced by neutral ones
// ("x", 0, false) wherever the expression stays true. Such a fixture shows only
// the values that matter: binary data, metadata and attributes that event.Event
// has no field for go. What is not data stays, which are ids, types, subjects,
// sources, times, sequences, versions and the names of members. Kept names the
// values that had to stay. Events that only mattered by their values are left out
// then, so that the new minimum is minimal as it is written. The error is ctx's,
// the log's, or wraps ErrNotNeutral.
func (m *Minimum) Neutral(ctx context.Context, o MinimiseOptions) (*Minimum, error) {
	n := *m
	n.Stream.Events, n.Kept = slices.Clone(m.Stream.Events), []Kept{}
	t := &trial{ctx: ctx, reducer: m.Reducer, expr: m.Expr, left: cmp.Or(o.Most, defaultFolded)}
	w := neutraliser{minimum: &n, trial: t, recorded: m.Stream.Events}
	if err := w.run(); err != nil {
		return nil, err
	}
	if t.left <= 0 {
		return nil, fmt.Errorf("stream %s, %d events: %w", m.Stream.ID, len(n.Stream.Events), ErrNotNeutral)
	}
	if n.Proved {
		n.reduce(t, m.Stream.Events)
	}
	n.Trials += t.trials
	n.State, _ = t.fold(n.Reducer.Init(), n.Stream.Events)
	if err := cmp.Or(t.err, ctx.Err()); err != nil {
		return nil, err
	}
	return &n, nil
}

// reduce leaves out the events that neutral values made needless. They are given
// as they were recorded too, as Kept has them.
func (m *Minimum) reduce(t *trial, recorded []*event.Event) {
	all := m.Stream.Events
	m.Stream.Events, m.Proved = t.withoutRuns(all)
	m.Kept = slices.DeleteFunc(m.Kept, func(k Kept) bool {
		return !slices.Contains(m.Stream.Events, all[slices.Index(recorded, k.Event)])
	})
}

// A neutraliser replaces the values of a minimum's events. A trial folds all of
// them, so that it tries many values at once and halves those that did not go.
type neutraliser struct {
	minimum  *Minimum
	trial    *trial
	recorded []*event.Event
	data     []any // of the events as they are now
	kept     []keptAt
}

// A leaf is a scalar in the data of an event, which has its index.
type leaf struct {
	event int
	path  Path
}

// A keptAt is a Kept with the index of its event.
type keptAt struct {
	event int
	kept  Kept
}

func (w *neutraliser) run() error {
	w.data = make([]any, len(w.recorded))
	all := make([]int, len(w.recorded))
	for i, e := range w.recorded {
		all[i] = i
		if e.Base64 || len(e.Data) == 0 {
			continue
		}
		var err error
		if w.data[i], err = decode(e.Data); err != nil {
			return err
		}
	}
	w.strip(all)
	for _, group := range w.groups() {
		w.settle(group)
	}
	slices.SortStableFunc(w.kept, func(a, b keptAt) int { return cmp.Compare(a.event, b.event) })
	for _, k := range w.kept {
		w.minimum.Kept = append(w.minimum.Kept, k.kept)
	}
	return nil
}

// strip leaves of the events only their fields and their data, but for those of
// which more matters: these stay whole.
func (w *neutraliser) strip(events []int) {
	stripped := map[int]any{}
	for _, i := range events {
		stripped[i] = w.data[i]
	}
	switch {
	case len(events) == 0 || w.try(stripped):
	case len(events) == 1:
		w.kept = append(w.kept, keptAt{events[0], Kept{w.recorded[events[0]], nil}})
	default:
		w.strip(events[:len(events)/2])
		w.strip(events[len(events)/2:])
	}
}

// groups are the values of the events that were stripped: all together if they
// can go together, else those that stand at one place in events of one type.
func (w *neutraliser) groups() [][]leaf {
	whole := map[int]bool{}
	for _, k := range w.kept {
		whole[k.event] = true
	}
	type place struct{ kind, path string }
	at := map[place]int{}
	var groups [][]leaf
	var all []leaf
	for i, data := range w.data {
		if whole[i] || data == nil {
			continue
		}
		for _, p := range leaves(nil, nil, data) {
			all = append(all, leaf{i, p})
			key := place{w.recorded[i].Type, p.String()}
			n, known := at[key]
			if !known {
				n = len(groups)
				at[key], groups = n, append(groups, nil)
			}
			groups[n] = append(groups[n], leaf{i, p})
		}
	}
	if len(all) == 0 || w.replace(all) {
		return nil
	}
	return groups
}

// settle replaces values: all at once if that does, else each half. A single one
// that cannot go is kept.
func (w *neutraliser) settle(values []leaf) {
	switch {
	case w.replace(values):
	case len(values) == 1:
		i := values[0].event
		w.kept = append(w.kept, keptAt{i, Kept{w.recorded[i], values[0].path}})
	default:
		w.settle(values[:len(values)/2])
		w.settle(values[len(values)/2:])
	}
}

// replace puts neutral values there, if the expression stays true.
func (w *neutraliser) replace(values []leaf) bool {
	if w.trial.over() {
		return false
	}
	changed := map[int]any{}
	for _, v := range values {
		data, begun := changed[v.event]
		if !begun {
			data = w.data[v.event]
		}
		data, err := put(data, v.path, neutral(v.path, data))
		if err != nil {
			return false
		}
		changed[v.event] = data
	}
	return w.try(changed)
}

// try gives events other data and leaves nothing else of them but their fields,
// if the expression stays true.
func (w *neutraliser) try(changed map[int]any) bool {
	if w.trial.over() {
		return false
	}
	events := slices.Clone(w.minimum.Stream.Events)
	for i, data := range changed {
		events[i] = bare(w.recorded[i])
		if e := w.recorded[i]; !e.Base64 && len(e.Data) > 0 {
			events[i].Data = appendJSON(nil, data)
		}
	}
	if !w.trial.holds(w.trial.reducer.Init(), nil, nil, events) {
		return false
	}
	w.minimum.Stream.Events = events
	for i, data := range changed {
		w.data[i] = data
	}
	return true
}

// leaves lists the places of the scalars that are not neutral.
func leaves(list []Path, at Path, value any) []Path {
	for _, p := range below(at, value) {
		member, _ := p[len(at):].in(value)
		list = leaves(list, p, member)
	}
	if !isContainer(value) && !equal(value, neutralOf(value)) {
		list = append(list, at)
	}
	return list
}

func neutral(p Path, data any) any {
	value, _ := p.in(data)
	return neutralOf(value)
}

func neutralOf(value any) any {
	switch value.(type) {
	case string:
		return "x"
	case json.Number:
		return json.Number("0")
	case bool:
		return false
	}
	return value
}
