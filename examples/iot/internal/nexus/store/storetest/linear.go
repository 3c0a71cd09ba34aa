package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"example.com/iot/internal/nexus/store"
)

// testLinearises lets a few writers append at random and looks for one order of
// the appends that explains every answer: that of the positions.
func testLinearises(t *testing.T, a Adapter) {
	s := a.open(t, store.Options{})
	var run, tick atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		prefix := fmt.Sprintf("run %d ", run.Add(1))
		begin, err := s.WaitPosition(t.Context(), 0)
		if err != nil {
			rt.Fatal(err)
		}
		plans := rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(drawStep), 1, 6), 2, 5).Draw(rt, "writers")
		histories := make([][]*operation, len(plans))
		var all sync.WaitGroup
		for w, plan := range plans {
			all.Go(func() { histories[w] = carryOut(t.Context(), s, &tick, prefix, w, plan) })
		}
		all.Wait()
		m := model{position: begin, streams: map[string][]milestone{}}
		if err := m.explain(slices.Concat(histories...)); err != nil {
			rt.Fatal(err)
		}
		if err := m.compare(s.ReadAll(t.Context(), begin, 0)); err != nil {
			rt.Fatal(err)
		}
	})
}

// A step is what a writer does next: append events to a stream, expecting what
// it knows of it, or something else.
type step struct {
	stream   string
	expected store.Expected // known: what the writer has seen last
	events   int
}

const known store.Expected = math.MinInt64

func drawStep(t *rapid.T) step {
	return step{
		stream:   rapid.SampledFrom([]string{"x", "y"}).Draw(t, "stream"),
		expected: rapid.SampledFrom([]store.Expected{known, known, known, store.Any, store.NoStream, store.Exact(2)}).Draw(t, "expected"),
		events:   rapid.IntRange(1, 3).Draw(t, "events"),
	}
}

// An operation is a step as it was made, and its answer.
type operation struct {
	stream   string
	expected store.Expected
	ids      []string
	// The call lies between these ticks of a clock that all writers share.
	called, returned int64
	appended         store.Appended
	err              error
}

// carryOut is one writer.
func carryOut(ctx context.Context, s store.Store, tick *atomic.Int64, prefix string, writer int, plan []step) []*operation {
	var history []*operation
	seen := map[string]store.Expected{}
	for n, step := range plan {
		o := &operation{stream: prefix + step.stream, expected: step.expected}
		if o.expected == known {
			o.expected = seen[o.stream]
		}
		for i := range step.events {
			o.ids = append(o.ids, fmt.Sprintf("%s%d-%d-%d", prefix, writer, n, i))
		}
		o.called = tick.Add(1)
		o.appended, o.err = s.Append(ctx, o.stream, o.expected, events(o.ids...))
		o.returned = tick.Add(1)
		if conflict, ok := errors.AsType[*store.ConflictError](o.err); ok {
			seen[o.stream] = store.Exact(conflict.Actual)
		} else {
			seen[o.stream] = store.Exact(o.appended.Version)
		}
		history = append(history, o)
	}
	return history
}

// A model is a store as one writer after the other would have filled it.
type model struct {
	position int64
	events   []store.Event
	streams  map[string][]milestone
}

// A milestone is a version that a stream was at, after an operation.
type milestone struct {
	version int64
	by      *operation
}

func (m *model) version(stream string) int64 {
	if list := m.streams[stream]; len(list) > 0 {
		return list[len(list)-1].version
	}
	return 0
}

// explain repeats the operations that succeeded in the order of their positions
// and says which answer can not be.
func (m *model) explain(history []*operation) error {
	var refused []*operation
	latest := int64(0) // call among those before
	slices.SortFunc(history, func(a, b *operation) int { return int(a.appended.Position - b.appended.Position) })
	for _, o := range history {
		if errors.Is(o.err, store.ErrConflict) {
			refused = append(refused, o)
			continue
		}
		if o.err != nil {
			return o.err
		}
		if o.returned < latest {
			return fmt.Errorf("%v is stored after an append that began when it had ended", o.ids)
		}
		latest = max(latest, o.called)
		if !o.expected.Holds(m.version(o.stream)) {
			return fmt.Errorf("%v was taken at version %d, expected was %s", o.ids, m.version(o.stream), o.expected)
		}
		m.apply(o)
		if want := (store.Appended{Version: m.version(o.stream), Position: m.position}); o.appended != want {
			return fmt.Errorf("%v was answered %+v, want %+v", o.ids, o.appended, want)
		}
	}
	for _, o := range refused {
		if err := m.explainConflict(o); err != nil {
			return err
		}
	}
	return nil
}

func (m *model) apply(o *operation) {
	version := m.version(o.stream)
	for _, id := range o.ids {
		version++
		m.position++
		m.events = append(m.events, store.Event{ID: id, Stream: o.stream, Version: version, Position: m.position})
	}
	m.streams[o.stream] = append(m.streams[o.stream], milestone{version, o})
}

// explainConflict looks for a moment during a refused append at which the stream
// was where the refusal says.
func (m *model) explainConflict(o *operation) error {
	var conflict *store.ConflictError
	errors.As(o.err, &conflict)
	if o.expected.Holds(conflict.Actual) {
		return fmt.Errorf("%v was refused although the stream was as expected: %w", o.ids, o.err)
	}
	list := append([]milestone{{0, &operation{}}}, m.streams[o.stream]...)
	i := slices.IndexFunc(list, func(at milestone) bool { return at.version == conflict.Actual })
	switch {
	case i < 0:
		return fmt.Errorf("%v was refused at a version the stream never ended at: %w", o.ids, o.err)
	case list[i].by.called > o.returned:
		return fmt.Errorf("%v was refused at a version that came later: %w", o.ids, o.err)
	case i+1 < len(list) && list[i+1].by.returned < o.called:
		return fmt.Errorf("%v was refused at a version that was past: %w", o.ids, o.err)
	}
	return nil
}

// compare says where what is stored differs from the model.
func (m *model) compare(stored iter.Seq2[store.Event, error]) error {
	n := 0
	for e, err := range stored {
		if err != nil {
			return err
		}
		got := store.Event{ID: e.ID, Stream: e.Stream, Version: e.Version, Position: e.Position}
		if n >= len(m.events) || got.ID != m.events[n].ID || got.Place() != m.events[n].Place() {
			return fmt.Errorf("stored is %s at %+v, which the answers do not explain", got.ID, got.Place())
		}
		n++
	}
	if n != len(m.events) {
		return fmt.Errorf("%d events are stored, want %d", n, len(m.events))
	}
	return nil
}
