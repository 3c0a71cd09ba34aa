// Package memory keeps events in memory, for tests and for trying things out. It
// promises what store promises, but that closing it loses everything.
package memory

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"example.com/iot/internal/nexus/store"
)

// pageSize is how many events a reader copies at a time, so that one that is slow
// never holds up an append.
const pageSize = 256

// Store is a store.Store and a store.Outbox in memory.
type Store struct {
	options store.Options
	tail    *store.Tail

	mu         sync.RWMutex
	events     []store.Event      // by position, the first at 0
	streams    map[string][]int64 // positions, by version
	ids        map[string]int64   // position
	deliveries []store.Delivery   // by id
	delivery   int64              // the last id
	closed     bool
}

// New is an empty store.
func New(o store.Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Store{options: o, tail: store.NewTail(0), streams: map[string][]int64{}, ids: map[string]int64{}}
}

// Append adds events to the end of a stream; see store.Store.
func (s *Store) Append(ctx context.Context, stream string, expected store.Expected, events []store.Event) (store.Appended, error) {
	prepared, err := store.Prepare(stream, expected, events)
	if err != nil {
		return store.Appended{}, err
	}
	channels := make([][]string, len(prepared))
	if s.options.Channels != nil {
		for i, event := range prepared {
			channels[i] = s.options.Channels(event)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return store.Appended{}, fmt.Errorf("appending to stream %q: %w", stream, err)
	}
	if first, ok, err := store.Repeated(stream, expected, prepared, s.find); ok || err != nil {
		return first, err
	}
	if actual := int64(len(s.streams[stream])); !expected.Holds(actual) {
		return store.Appended{}, &store.ConflictError{Stream: stream, Expected: expected, Actual: actual}
	}
	return s.commit(stream, prepared, channels), nil
}

// commit stores events that nothing speaks against.
func (s *Store) commit(stream string, events []store.Event, channels [][]string) store.Appended {
	recorded := s.options.Now()
	if n := len(s.events); n > 0 && recorded.Before(s.events[n-1].Recorded) {
		recorded = s.events[n-1].Recorded
	}
	last := store.Event{}
	if positions := s.streams[stream]; len(positions) > 0 {
		last = s.at(positions[len(positions)-1])
	}
	for i, event := range events {
		event.Commit(last.Version, last.Hash, int64(len(s.events))+1, recorded)
		s.events = append(s.events, event)
		s.streams[stream] = append(s.streams[stream], event.Position)
		s.ids[event.ID] = event.Position
		for _, channel := range channels[i] {
			s.delivery++
			s.deliveries = append(s.deliveries, store.Delivery{ID: s.delivery, Channel: channel, Event: event})
		}
		last = event
	}
	s.tail.Advance(last.Position)
	return store.Appended{Version: last.Version, Position: last.Position}
}

func (s *Store) find(id string) (store.Event, bool, error) {
	position, ok := s.ids[id]
	if !ok {
		return store.Event{}, false, nil
	}
	return s.at(position), true, nil
}

func (s *Store) at(position int64) store.Event { return s.events[position-1] }

func (s *Store) usable(ctx context.Context) error {
	if s.closed {
		return store.ErrClosed
	}
	return ctx.Err()
}

// Read yields the events of a stream by version; see store.Store.
func (s *Store) Read(ctx context.Context, stream string, o store.ReadOptions) iter.Seq2[store.Event, error] {
	page := func(after int64) ([]store.Event, error) {
		s.mu.RLock()
		defer s.mu.RUnlock()
		if err := s.usable(ctx); err != nil {
			return nil, fmt.Errorf("reading stream %q: %w", stream, err)
		}
		positions := s.streams[stream]
		end := int64(len(positions))
		if o.UntilVersion != 0 {
			end = min(end, o.UntilVersion)
		}
		var events []store.Event
		for version := after + 1; version <= end && len(events) < pageSize; version++ {
			event := s.at(positions[version-1])
			if !o.UntilTime.IsZero() && event.Recorded.After(o.UntilTime) {
				break
			}
			events = append(events, event.Clone())
		}
		return events, nil
	}
	return store.Pages(max(o.From-1, 0), pageSize, page, func(e store.Event) int64 { return e.Version })
}

// ReadAll yields the events of all streams by position; see store.Store.
func (s *Store) ReadAll(ctx context.Context, after int64, limit int) iter.Seq2[store.Event, error] {
	after = max(after, 0)
	end := after + int64(limit)
	page := func(after int64) ([]store.Event, error) {
		s.mu.RLock()
		defer s.mu.RUnlock()
		if err := s.usable(ctx); err != nil {
			return nil, fmt.Errorf("reading all streams after position %d: %w", after, err)
		}
		last := min(int64(len(s.events)), after+pageSize)
		if limit > 0 {
			last = min(last, end)
		}
		var events []store.Event
		for position := after + 1; position <= last; position++ {
			events = append(events, s.at(position).Clone())
		}
		return events, nil
	}
	return store.Pages(after, pageSize, page, func(e store.Event) int64 { return e.Position })
}

// Deliveries yields what is owed; see store.Outbox.
func (s *Store) Deliveries(ctx context.Context, f store.DeliveryFilter) iter.Seq2[store.Delivery, error] {
	page := func(after int64) ([]store.Delivery, error) {
		s.mu.RLock()
		defer s.mu.RUnlock()
		if err := s.usable(ctx); err != nil {
			return nil, fmt.Errorf("reading the outbox: %w", err)
		}
		var found []store.Delivery
		for _, d := range s.deliveries {
			if d.ID > after && d.Dead == f.Dead && (f.Channel == "" || d.Channel == f.Channel) && len(found) < pageSize {
				d.Event = d.Event.Clone()
				found = append(found, d)
			}
		}
		return found, nil
	}
	return store.Pages(f.After, pageSize, page, func(d store.Delivery) int64 { return d.ID })
}

// Settle removes and changes deliveries; see store.Outbox.
func (s *Store) Settle(ctx context.Context, done []int64, changed []store.Delivery) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return fmt.Errorf("settling deliveries: %w", err)
	}
	s.deliveries = slices.DeleteFunc(s.deliveries, func(d store.Delivery) bool { return slices.Contains(done, d.ID) })
	for _, d := range changed {
		i := slices.IndexFunc(s.deliveries, func(old store.Delivery) bool { return old.ID == d.ID })
		if i >= 0 {
			d.Event, d.Due = s.deliveries[i].Event, d.Due.Round(0).UTC()
			s.deliveries[i] = d
		}
	}
	return nil
}

// Owed counts what is owed to each channel; see store.Outbox.
func (s *Store) Owed(ctx context.Context) ([]store.Debt, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(ctx); err != nil {
		return nil, fmt.Errorf("counting what is owed: %w", err)
	}
	var debts []store.Debt
	for _, d := range s.deliveries {
		debts = store.AddDebt(debts, d.Channel, d.Dead, 1)
	}
	return debts, nil
}

// WaitPosition waits for an event; see store.Store.
func (s *Store) WaitPosition(ctx context.Context, position int64) (int64, error) {
	return s.tail.Wait(ctx, position)
}

// Close ends the store and forgets what was in it.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.events, s.streams, s.ids, s.deliveries = nil, nil, nil, nil
	s.tail.Close()
	return nil
}
