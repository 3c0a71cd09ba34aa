package replay

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/event"
)

// Stream is the events of one stream in the order in which they count.
type Stream struct {
	ID     string
	Events []*event.Event
	// Duplicates is the number of events that were delivered again and dropped.
	Duplicates int
}

// NewStream orders events of one stream and drops those delivered again: the
// same id, or the same sequence with equal bytes. The order is by sequence, then
// by the time of recording, then by place in the log; where an event has no
// sequence the sequences say nothing about the stream.
func NewStream(id string, events []*event.Event) Stream {
	slices.SortStableFunc(events, inOrder(events))
	s := Stream{ID: id}
	seen := make(map[string]bool, len(events))
	for _, e := range events {
		if len(e.ID) > 0 && seen[string(e.ID)] || s.repeats(e) {
			s.Duplicates++
			continue
		}
		seen[string(e.ID)] = true
		s.Events = append(s.Events, e)
	}
	return s
}

// inOrder compares the events of one stream.
func inOrder(events []*event.Event) func(a, b *event.Event) int {
	sequenced := !slices.ContainsFunc(events, func(e *event.Event) bool { return !e.HasSequence })
	return func(a, b *event.Event) int {
		bySequence := 0
		if sequenced {
			bySequence = cmp.Compare(a.Sequence, b.Sequence)
		}
		return cmp.Or(bySequence, storedAt(a).Compare(storedAt(b)), strings.Compare(a.File, b.File), cmp.Compare(a.Offset, b.Offset))
	}
}

// repeats reports whether the stream ends with events of e's sequence one of
// which has equal bytes.
func (s *Stream) repeats(e *event.Event) bool {
	for _, old := range slices.Backward(s.Events) {
		if !e.HasSequence || !old.HasSequence || old.Sequence != e.Sequence {
			return false
		}
		if old.Type == e.Type && bytes.Equal(old.Data, e.Data) && bytes.Equal(old.ID, e.ID) {
			return true
		}
	}
	return false
}

// LoadOptions say which events Load takes. The zero value takes all.
type LoadOptions struct {
	Stream      string // only this one
	Correlation string // only events of this correlation id
	Where       *Expr  // only events for which it is true; it sees event
	KnownAt     time.Time
	// Met is called with the stream of every event, wanted or not; nil for nobody.
	Met func(stream []byte)
	// Most bounds the bytes of the events that are held, 0 for 1 GiB.
	Most int64
}

// Stats say what was read.
type Stats struct {
	Events     int64 // read, duplicates included
	Streams    int
	Duplicates int64
	Streamless int64 // events that belong to no stream; they are left out
	Reordered  int   // streams whose events do not stand in their order
	// Broken are the first records that could not be read, of BrokenCount.
	Broken      []*event.RecordError
	BrokenCount int64
	timeless    int64 // events that a time would have to choose from and cannot
}

const (
	maxBroken   = 100
	defaultMost = 1 << 30
	// eventSize is what an event takes in memory besides its bytes.
	eventSize = 512
)

func (s *Stats) broken(err *event.RecordError) {
	if s.BrokenCount++; len(s.Broken) < maxBroken {
		s.Broken = append(s.Broken, err)
	}
}

// Load reads the events of a log and orders them by stream, sorted by the
// streams' ids. Records that cannot be read are counted in the Stats.
func Load(ctx context.Context, log *event.Log, o LoadOptions) ([]Stream, *Stats, error) {
	stats := &Stats{}
	held := map[string][]*event.Event{}
	size, most := int64(0), cmp.Or(o.Most, defaultMost)
	for e, err := range readable(ctx, log, stats) {
		if err != nil {
			return nil, stats, err
		}
		if o.Met != nil {
			o.Met(e.Stream)
		}
		if !o.KnownAt.IsZero() && isTimeless(e) {
			stats.timeless++
		}
		if wanted, err := o.wants(e); err != nil || !wanted {
			if err != nil {
				return nil, stats, fmt.Errorf("%s:%d: %w", e.File, e.Line, err)
			}
			continue
		}
		if size += eventSize + int64(len(e.Record())); size > most {
			return nil, stats, fmt.Errorf("loading events: they take more than %d MiB of memory: choose a stream, or a time", most>>20)
		}
		held[string(e.Stream)] = append(held[string(e.Stream)], e.Clone())
	}
	if stats.timeless > 0 {
		return nil, stats, untimed(stats.timeless)
	}
	streams := make([]Stream, 0, len(held))
	for id, events := range held {
		s := NewStream(id, events)
		stats.Duplicates += int64(s.Duplicates)
		streams = append(streams, s)
	}
	slices.SortFunc(streams, func(a, b Stream) int { return strings.Compare(a.ID, b.ID) })
	stats.Streams = len(streams)
	return streams, stats, nil
}

func (o LoadOptions) wants(e *event.Event) (bool, error) {
	if o.Stream != "" && string(e.Stream) != o.Stream || o.Correlation != "" && string(e.CorrelationID) != o.Correlation || !known(e, o.KnownAt) {
		return false, nil
	}
	if o.Where == nil {
		return true, nil
	}
	return o.Where.Bool(Scope{Event: e})
}

// readable are the events of a log that belong to streams. What else there is
// goes into stats.
func readable(ctx context.Context, log *event.Log, stats *Stats) iter.Seq2[*event.Event, error] {
	return func(yield func(*event.Event, error) bool) {
		for e, err := range log.Events(ctx) {
			if broken, ok := errors.AsType[*event.RecordError](err); ok {
				stats.broken(broken)
				continue
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if stats.Events++; e.Stream == nil {
				stats.Streamless++
				continue
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// add counts what another part of the log holds.
func (s *Stats) add(t *Stats) {
	s.Events += t.Events
	s.Streamless += t.Streamless
	s.timeless += t.timeless
	s.BrokenCount += t.BrokenCount
	s.Broken = append(s.Broken, t.Broken...)
	slices.SortFunc(s.Broken, func(a, b *event.RecordError) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Offset, b.Offset))
	})
	s.Broken = s.Broken[:min(len(s.Broken), maxBroken)]
}
