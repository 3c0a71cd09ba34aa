package replay

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sort"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/event/index"
)

// Moment is the state of a stream at a point, and the last steps that led to it.
//
// It is the same whether the stream was folded from its start or from a
// snapshot: what lies before the last steps is in either case folded to
// canonical JSON, in which numbers have the shortest text of their exact value.
type Moment struct {
	Stream     string
	Events     int    // up to the point
	Steps      []Step // the last of them
	State      *State
	Failed     []*ApplyError
	Duplicates int   // of the whole stream
	last       int64 // the sequence of its last event, 0 for none
}

// MomentOf folds a stream to a point and keeps at most so many steps.
func MomentOf(r *Reducer, s Stream, o Options, steps int) (*Moment, error) {
	events, err := s.until(o)
	if err != nil {
		return nil, err
	}
	m := &Moment{Stream: s.ID, State: r.Init(), Duplicates: s.Duplicates}
	return m, m.fold(r, events, steps)
}

// fold goes on from the moment.
func (m *Moment) fold(r *Reducer, events []*event.Event, steps int) error {
	m.Events += len(events)
	if n := len(events); n > 0 {
		m.last = events[n-1].Sequence
	}
	before := max(0, len(events)-steps)
	for _, e := range events[:before] {
		_, err := r.Apply(m.State, e)
		if m.Failed, err = appendFailed(m.Failed, err); err != nil {
			return err
		}
	}
	if m.Events > steps && !r.IsCommand() {
		m.State = canonicalState(m.State)
	}
	for _, e := range events[before:] {
		step, err := r.step(m.State, e)
		if err != nil {
			return err
		}
		if m.Steps = append(m.Steps, step); step.Err != nil {
			m.Failed = append(m.Failed, step.Err)
		}
	}
	return nil
}

// canonicalState is the state as its canonical text says it; a state that has
// none is left as it is, and no snapshot is taken of it either. The state of a
// command is the command's own and never passes through here.
func canonicalState(s *State) *State {
	text, err := s.MarshalJSON()
	if err != nil {
		return s
	}
	root, err := decode(text)
	if err != nil {
		return s
	}
	return NewState(root)
}

// DiffMoments compares the states of two moments, which are at two points.
func DiffMoments(a *Moment, from Point, b *Moment, to Point) *Difference {
	failed := a.Failed
	failed = append(failed[:len(failed):len(failed)], b.Failed[common(a.Failed, b.Failed):]...)
	return &Difference{
		From: a.Stream + " at " + from.String(), To: b.Stream + " at " + to.String(),
		Before: a.State, After: b.State, Changes: Diff(a.State, b.State), Failed: failed,
		notes: slices.Compact(append(a.behindEnd(from), b.behindEnd(to)...)),
	}
}

// behindEnd says so when the point is a sequence that the stream did not reach.
func (m *Moment) behindEnd(at Point) []string {
	if at.kind != pointSequence || at.sequence <= m.last {
		return nil
	}
	return []string{fmt.Sprintf("The last sequence of %s is %d: %s is its end.", m.Stream, m.last, at)}
}

// Seeker finds moments of the streams of a log by a fresh index and its
// snapshots. It belongs to one goroutine.
type Seeker struct {
	Index     *index.Index
	Reader    *index.Reader
	Snapshots *SnapshotFile
}

// Moment is what MomentOf says of a stream of the log, from the newest snapshot
// that lies before the point and before the steps that are wanted. It is nil
// where snapshots cannot tell: the stream has none by this reducer, or no event
// with the point's id.
func (s *Seeker) Moment(ctx context.Context, r *Reducer, id string, o Options, steps int) (*Moment, error) {
	stream, err := s.Index.Stream(id)
	if err != nil || stream.Events == 0 {
		return nil, err
	}
	if byTime(o.At, o.KnownAt) && !stream.Timed {
		return nil, nil // the time of every event must be looked at
	}
	rows, err := s.Snapshots.rows(r, stream.Number, stream.Events)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	if o.At.kind == pointID {
		found := false
		if o, found, err = s.resolve(ctx, id, o); err != nil || !found {
			return nil, err
		}
	}
	// Rows only grow, so that those of use are the first.
	rows = rows[:sort.Search(len(rows), func(n int) bool { return !rows[n].usable(o) })]
	for {
		from := 0
		if len(rows) > 0 {
			from = int(rows[len(rows)-1].events)
		}
		events, err := s.tail(ctx, stream, from, o)
		if err != nil {
			return nil, err
		}
		if len(events) >= steps || from == 0 {
			return s.moment(r, id, rows, events, steps)
		}
		most := from + len(events) - steps // events before the steps that are wanted
		rows = rows[:sort.Search(len(rows), func(n int) bool { return int(rows[n].events) > most })]
	}
}

// moment folds the events behind the last of the rows.
func (s *Seeker) moment(r *Reducer, id string, rows []snapshotRow, events []*event.Event, steps int) (*Moment, error) {
	m := &Moment{Stream: id, State: r.Init()}
	if len(rows) > 0 {
		row := &rows[len(rows)-1]
		state, err := s.Snapshots.state(row)
		if err != nil {
			return nil, err
		}
		m.State, m.Events, m.last = state, int(row.events), row.sequence
	}
	return m, m.fold(r, events, steps)
}

// usable reports whether all events of a snapshot belong to a part of their
// stream. Where times run back the part has holes: one event that happened, or
// was stored, later than it says is enough.
func (r *snapshotRow) usable(o Options) bool {
	switch {
	case o.At.kind == pointSequence && r.sequence > o.At.sequence, o.At.kind == pointTime && r.latest.After(o.At.time):
		return false
	}
	return o.KnownAt.IsZero() || !r.stored.After(o.KnownAt)
}

// resolve makes the point of an event's id that of its sequence, which says the
// same of a stream with snapshots.
func (s *Seeker) resolve(ctx context.Context, id string, o Options) (Options, bool, error) {
	for e, err := range s.Reader.Event(ctx, o.At.id) {
		if err != nil {
			return o, false, err
		}
		if string(e.Stream) == id && known(e, o.KnownAt) {
			o.At = AtSequence(e.Sequence)
			return o, true, nil
		}
	}
	return o, false, nil
}

// tail reads the events of a part of a stream from the nth event on.
func (s *Seeker) tail(ctx context.Context, stream index.Stream, from int, o Options) ([]*event.Event, error) {
	tail := Stream{ID: stream.ID}
	for e, err := range s.Reader.Events(ctx, wantedPostings(stream, from, o)) {
		if err != nil {
			return nil, err
		}
		tail.Events = append(tail.Events, e.Clone())
	}
	return tail.until(o)
}

// wantedPostings leaves out what is surely behind the point.
func wantedPostings(stream index.Stream, from int, o Options) iter.Seq2[index.Posting, error] {
	return func(yield func(index.Posting, error) bool) {
		for p, err := range stream.Postings(from) {
			if err == nil && o.At.kind == pointSequence && p.Sequence > o.At.sequence {
				return // sequences only grow
			}
			if err == nil && o.At.kind == pointTime && stream.Timed && p.Time.After(o.At.time) {
				continue
			}
			if !yield(p, err) {
				return
			}
		}
	}
}
