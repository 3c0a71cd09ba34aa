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
// the values that matter, and holds no others of the people the events are about:
// binary data, metadata and attributes that event.Event has no field for go, and
// ids and times stay. Kept names the values that had to stay. Events that only
// mattered by their values are left out then, so that the new minimum is minimal
// as it is written. The error is ctx's, the log's, or wraps ErrNotNeutral.
func (m *Minimum) Neutral(ctx context.Context, o MinimiseOptions) (*Minimum, error) {
	n := *m
	n.Stream.Events, n.Kept = slices.Clone(m.Stream.Events), []Kept{}
	t := &trial{ctx: ctx, reducer: m.Reducer, expr: m.Expr, left: cmp.Or(o.Most, defaultFolded)}
	for i := range n.Stream.Events {
		if err := n.neutralise(t, i); err != nil {
			return nil, err
		}
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

// neutralise replaces the values of one event: all at once if that does, else
// one by one. What it does not come to is kept, and so is the whole event when
// more of it matters than its data.
func (m *Minimum) neutralise(t *trial, i int) error {
	e := m.Stream.Events[i]
	if e.Base64 || len(e.Data) == 0 {
		if !m.try(t, i, e, nil) {
			m.Kept = append(m.Kept, Kept{e, nil})
		}
		return nil
	}
	data, err := decode(e.Data)
	if err != nil {
		return err
	}
	places := leaves(nil, nil, data)
	all := data
	for _, p := range places {
		if changed, err := put(all, p, neutral(p, data)); err == nil {
			all = changed
		}
	}
	if m.tryData(t, i, e, all) {
		return nil
	}
	if !m.tryData(t, i, e, data) {
		m.Kept = append(m.Kept, Kept{e, nil})
		return nil
	}
	for _, p := range places {
		if changed, err := put(data, p, neutral(p, data)); err == nil && m.tryData(t, i, e, changed) {
			data = changed
		} else {
			m.Kept = append(m.Kept, Kept{e, p})
		}
	}
	return nil
}

func (m *Minimum) tryData(t *trial, i int, e *event.Event, data any) bool {
	return m.try(t, i, e, appendJSON(nil, data))
}

// try leaves of event i, recorded as e, only its fields and the given data, if
// the expression stays true.
func (m *Minimum) try(t *trial, i int, e *event.Event, data []byte) bool {
	if t.over() {
		return false
	}
	was := m.Stream.Events[i]
	changed := bare(e)
	changed.Data = data
	m.Stream.Events[i] = changed
	if t.holds(t.reducer.Init(), nil, nil, m.Stream.Events) {
		return true
	}
	m.Stream.Events[i] = was
	return false
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
