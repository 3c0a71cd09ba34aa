package replay

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/event/index"
)

// maxTrace bounds the events of a trace. A correlation of more is none: an id
// was used for everything.
const maxTrace = 100_000

// ErrNoEvent says that the id of a trace is in no event.
var ErrNoEvent = errors.New("no event of the log has this id or correlation id")

// Trace finds the events of a correlation and lays them out as the tree of what
// caused what. The id is a correlation id or the id of an event, whose
// correlation is then traced; an event without one is traced along causation ids,
// which costs a pass over the log for each step back.
//
// With a reader of an index that is fresh the log is not scanned; reader may be
// nil. The error is ctx's, the log's, or wraps ErrNoEvent.
func Trace(ctx context.Context, log *event.Log, reader *index.Reader, id string) (*Tree, error) {
	t := tracer{ctx: ctx, log: log, reader: reader, all: map[string]bool{}}
	if err := t.find(id); err != nil {
		return nil, err
	}
	if len(t.events) == 0 {
		return nil, fmt.Errorf("tracing %q: %w", id, ErrNoEvent)
	}
	tree := newTree(t.events)
	tree.ID, tree.Correlation, tree.Unreadable = id, t.correlation, t.unreadable
	return tree, t.seek(tree.orphans())
}

// A tracer gathers the events of a trace.
type tracer struct {
	ctx         context.Context
	log         *event.Log
	reader      *index.Reader
	correlation string
	events      []*event.Event
	all         map[string]bool // places of events
	unreadable  int             // records of the last pass
}

// find gathers the events that belong together with id.
func (t *tracer) find(id string) error {
	start, err := t.begin(id)
	switch {
	case err != nil:
		return err
	case len(t.events) > 0:
		t.correlation = id
		return nil
	case start == nil:
		return nil
	case len(start.CorrelationID) == 0:
		return t.family(start)
	}
	t.correlation = string(start.CorrelationID)
	return t.correlated(t.correlation)
}

// begin gathers the events whose correlation id is id, and returns the first
// whose own id it is.
func (t *tracer) begin(id string) (start *event.Event, err error) {
	keep := func(e *event.Event) bool {
		if start == nil && string(e.ID) == id {
			start = e.Clone()
		}
		return string(e.CorrelationID) == id
	}
	if t.reader == nil {
		err = t.gather(t.log.Events(t.ctx), keep)
		return start, err
	}
	if err := t.correlated(id); err != nil {
		return nil, err
	}
	err = t.gather(t.reader.Event(t.ctx, id), keep)
	return start, err
}

// correlated gathers the events of a correlation.
func (t *tracer) correlated(id string) error {
	events := t.log.Events
	if t.reader != nil {
		events = func(ctx context.Context) iter.Seq2[*event.Event, error] { return t.reader.Correlation(ctx, id) }
	}
	return t.gather(events(t.ctx), func(e *event.Event) bool { return string(e.CorrelationID) == id })
}

// family gathers the causes of start, and the effects of them all.
func (t *tracer) family(start *event.Event) error {
	ids := map[string]bool{string(start.ID): true}
	wanted := map[string]bool{string(start.ID): true, string(start.CausationID): true}
	delete(wanted, "") // events without an id are nobody's cause
	for grown := true; grown; {
		before := len(t.events)
		err := t.gather(t.log.Events(t.ctx), func(e *event.Event) bool {
			if !wanted[string(e.ID)] && (len(e.CausationID) == 0 || !ids[string(e.CausationID)]) {
				return false
			}
			ids[string(e.ID)] = true
			wanted[string(e.CausationID)] = len(e.CausationID) > 0
			return true
		})
		if err != nil {
			return err
		}
		grown = len(t.events) > before
	}
	return nil
}

// seek finds the causes of orphans that the log has outside of the tree: under
// another correlation, or under none. Standard input is not read for them again.
func (t *tracer) seek(orphans map[string][]*Node) error {
	if len(orphans) == 0 || t.reader == nil && slices.Contains(t.log.Files(), "-") {
		return nil
	}
	events := t.log.Events(t.ctx)
	if t.reader != nil {
		events = t.eventsOf(slices.Sorted(maps.Keys(orphans)))
	}
	for e, err := range events {
		if _, oneRecord := errors.AsType[*event.RecordError](err); oneRecord {
			continue // the pass that found the orphans counted it
		}
		if err != nil {
			return fmt.Errorf("tracing: %w", err)
		}
		for _, n := range orphans[string(e.ID)] {
			if correlation := string(e.CorrelationID); n.CauseCorrelation == nil {
				n.CauseCorrelation = &correlation
			}
		}
	}
	return nil
}

// eventsOf reads events by their ids.
func (t *tracer) eventsOf(ids []string) iter.Seq2[*event.Event, error] {
	return func(yield func(*event.Event, error) bool) {
		for _, id := range ids {
			for e, err := range t.reader.Event(t.ctx, id) {
				if !yield(e, err) {
					return
				}
			}
		}
	}
}

// gather keeps the wanted events that are not kept yet.
func (t *tracer) gather(events iter.Seq2[*event.Event, error], wanted func(*event.Event) bool) error {
	t.unreadable = 0
	for e, err := range events {
		if _, oneRecord := errors.AsType[*event.RecordError](err); oneRecord {
			t.unreadable++
			continue
		}
		if err != nil {
			return fmt.Errorf("tracing: %w", err)
		}
		if !wanted(e) {
			continue
		}
		at := fmt.Sprintf("%d %s", e.Offset, e.File)
		if t.all[at] {
			continue
		}
		if len(t.events) == maxTrace {
			return fmt.Errorf("tracing: more than %d events belong together: the id is no correlation id, map another one with --map correlation=PATH", maxTrace)
		}
		t.all[at] = true
		t.events = append(t.events, e.Clone())
	}
	return nil
}
