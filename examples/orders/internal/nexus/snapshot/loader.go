package snapshot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"example.com/orders/internal/nexus/store"
)

// Reader reads streams. Every store.Store is one.
type Reader interface {
	Read(ctx context.Context, stream string, o store.ReadOptions) iter.Seq2[store.Event, error]
}

// Options say how a Loader takes snapshots. The zero value is good.
type Options struct {
	Policy Policy
	// Keep is how many snapshots a stream has; 0 is 2. More of them make the states
	// of the past faster to load.
	Keep int
	// Now is the clock that costs are measured by; nil is time.Now.
	Now func() time.Time
}

// Loader loads the states of streams of one kind. Any number of goroutines may
// use it.
type Loader[S any] struct {
	aggregate Aggregate[S]
	events    Reader
	snapshots Store
	options   Options
	meter     *meter
	taking    sync.Map // the streams whose snapshot is being taken
	recent    recent

	mu    sync.Mutex
	stats Stats
}

// Stats count what a Loader did.
type Stats struct {
	Loads     int64 // that succeeded
	Hits      int64 // those that began with a snapshot, or where the last load ended
	Events    int64 // that the loaded streams had, up to where they were loaded
	Folded    int64 // of those
	Taken     int64 // snapshots
	Discarded int64 // snapshots that were not to be trusted
	Failed    int64 // calls of the store of snapshots
	LastError string
	Costs     Costs
}

// NewLoader makes a loader of an aggregate.
func NewLoader[S any](a Aggregate[S], events Reader, snapshots Store, o Options) (*Loader[S], error) {
	switch {
	case a.New == nil || a.Apply == nil:
		return nil, fmt.Errorf("loading %q with snapshots: the aggregate lacks New or Apply", a.Name)
	case a.Schema < 1:
		return nil, fmt.Errorf("loading %q with snapshots: the schema of the state is %d: begin with 1", a.Name, a.Schema)
	case a.Reducer == "":
		return nil, fmt.Errorf("loading %q with snapshots: the aggregate's reducer has no name: without one, snapshots of older code would be trusted", a.Name)
	}
	if o.Keep <= 0 {
		o.Keep = 2
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Loader[S]{aggregate: a, events: events, snapshots: snapshots, options: o, meter: newMeter()}, nil
}

// Loaded is the state of a stream. All but State is zero for a stream without
// events.
type Loaded[S any] struct {
	State    S
	Version  int64      // of the last event in it
	Hash     store.Hash // of that event
	Recorded time.Time  // of that event
	Snapshot int64      // the version that it began with, of a snapshot or of the last load; 0 if with none
	Folded   int        // events after that
}

// Load is the state of a stream at a point of its life. The error is about the
// events or about folding them, never about snapshots.
func (l *Loader[S]) Load(ctx context.Context, stream string, until Until) (Loaded[S], error) {
	begun, ok := l.restore(ctx, stream, until)
	if !ok {
		return l.replay(ctx, stream, until)
	}
	loaded, err := l.fold(ctx, stream, until, begun)
	if errors.Is(err, errForeign) {
		l.discard(ctx, stream, err)
		return l.replay(ctx, stream, until)
	}
	return loaded, err
}

// Wrote tells the loader of events that were appended, so that it knows how many
// writes there are for each read. Until it is told of one, it takes them to be
// as many.
func (l *Loader[S]) Wrote(events int) { l.meter.wrote(events) }

// Stats are the counts so far.
func (l *Loader[S]) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	stats := l.stats
	stats.Costs = l.meter.costs()
	return stats
}

func (l *Loader[S]) count(change func(*Stats)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.stats)
}

// beginning is where a fold begins: after a snapshot, or with nothing.
type beginning[S any] struct {
	Loaded[S]
	stored
	warm bool // after a state that was remembered
}

// stored is what the store has of a stream.
type stored struct {
	version int64 // of its newest snapshot; 0 if it has none
	bytes   int   // of the state
}

func (l *Loader[S]) restore(ctx context.Context, stream string, until Until) (beginning[S], bool) {
	if known, ok := l.recent.of(stream); ok && until.Open() {
		return l.remembered(known)
	}
	start := l.options.Now()
	s, ok, err := l.snapshots.Newest(ctx, stream, until)
	if err != nil {
		l.failed(fmt.Errorf("reading a snapshot of %q: %w", stream, err))
	}
	if err != nil || !ok {
		return beginning[S]{}, false
	}
	state, err := l.aggregate.restore(s)
	if err != nil {
		l.discard(ctx, stream, err)
		return beginning[S]{}, false
	}
	l.meter.loaded(len(s.State), l.options.Now().Sub(start))
	return begin(s, state, stored{s.Version, len(s.State)}), true
}

func begin[S any](s Snapshot, state S, in stored) beginning[S] {
	at := Loaded[S]{State: state, Version: s.Version, Hash: s.Hash, Recorded: s.Recorded, Snapshot: s.Version}
	return beginning[S]{Loaded: at, stored: in}
}

// remembered begins with the state of the last load.
func (l *Loader[S]) remembered(m memory) (beginning[S], bool) {
	if m.Version == 0 {
		return beginning[S]{}, false // nor has the store any
	}
	state, err := l.aggregate.decode(m.State)
	begun := begin(m.Snapshot, state, m.in)
	begun.warm = true
	return begun, err == nil
}

// remember keeps a state for the next load of its stream.
func (l *Loader[S]) remember(stream string, at Loaded[S], in stored) {
	if l.options.Policy == Never {
		return
	}
	state, err := json.Marshal(at.State)
	if err != nil {
		return // whoever takes a snapshot says so
	}
	l.recent.keep(memory{Snapshot{Stream: stream, Version: at.Version, Hash: at.Hash, Recorded: at.Recorded, State: state}, in})
}

func (l *Loader[S]) replay(ctx context.Context, stream string, until Until) (Loaded[S], error) {
	return l.fold(ctx, stream, until, beginning[S]{Loaded: Loaded[S]{State: l.aggregate.New()}})
}

// errForeign is a snapshot of other events than those that are stored.
var errForeign = errors.New("the event at its version is missing or another one")

// fold folds what follows a beginning.
func (l *Loader[S]) fold(ctx context.Context, stream string, until Until, from beginning[S]) (Loaded[S], error) {
	at, err := l.follow(ctx, stream, until, from)
	if err != nil {
		return Loaded[S]{}, err
	}
	l.loaded(at)
	if until.Open() {
		l.keep(ctx, stream, at, from.stored)
	}
	return at, nil
}

// follow reads the event of the snapshot once more, to see that it is still there,
// and folds and measures those after it.
func (l *Loader[S]) follow(ctx context.Context, stream string, until Until, from beginning[S]) (Loaded[S], error) {
	start := l.options.Now()
	found := start
	at := from.Loaded
	seen := at.Snapshot == 0
	for event, err := range l.events.Read(ctx, stream, store.ReadOptions{From: at.Snapshot, UntilVersion: until.Version, UntilTime: until.Time}) {
		switch {
		case err != nil:
			return Loaded[S]{}, err
		case !seen && (event.Version != at.Version || event.Hash != at.Hash):
			return Loaded[S]{}, errForeign
		case !seen:
			seen, found = true, l.options.Now()
			continue
		}
		if at.State, err = l.aggregate.step(at.State, event); err != nil {
			return Loaded[S]{}, err
		}
		at.Version, at.Hash, at.Recorded = event.Version, event.Hash, event.Recorded
		at.Folded++
	}
	if !seen {
		return Loaded[S]{}, errForeign
	}
	if from.warm {
		// Mostly as many events follow: what one more costs is told by what none does.
		l.meter.folded(0, found.Sub(start))
	}
	if at.Folded > 0 {
		l.meter.folded(at.Folded, l.options.Now().Sub(start))
	}
	return at, nil
}

// keep remembers what was loaded, and takes a snapshot if it is time for one.
func (l *Loader[S]) keep(ctx context.Context, stream string, at Loaded[S], in stored) {
	due := l.meter.due(l.options.Policy, at.Version, int(at.Version-in.version), in.bytes)
	if due {
		if bytes, ok := l.take(ctx, stream, at); ok {
			in = stored{at.Version, bytes}
		}
	}
	if at.Folded > 0 || at.Version == 0 || due {
		l.remember(stream, at, in)
	}
}

func (l *Loader[S]) loaded(at Loaded[S]) {
	l.meter.read()
	l.count(func(s *Stats) {
		s.Loads++
		if at.Snapshot > 0 {
			s.Hits++
		}
		s.Events += at.Version
		s.Folded += int64(at.Folded)
	})
}

// take saves a snapshot. Of many that load a stream at the same moment one does.
func (l *Loader[S]) take(ctx context.Context, stream string, at Loaded[S]) (bytes int, ok bool) {
	if _, busy := l.taking.LoadOrStore(stream, true); busy {
		return 0, false
	}
	defer l.taking.Delete(stream)
	start := l.options.Now()
	state, err := json.Marshal(at.State)
	if err == nil {
		err = l.snapshots.Save(ctx, Snapshot{
			Stream: stream, Version: at.Version, Hash: at.Hash, Recorded: at.Recorded,
			Schema: l.aggregate.Schema, Reducer: l.aggregate.Reducer, State: state,
		}, l.options.Keep)
	}
	if err != nil {
		l.failed(fmt.Errorf("saving a snapshot of %q: %w", stream, err))
		return 0, false
	}
	l.meter.saved(len(state), l.options.Now().Sub(start))
	l.count(func(s *Stats) { s.Taken++ })
	return len(state), true
}

// discard removes the snapshots of a stream, since one of them is not to be trusted.
func (l *Loader[S]) discard(ctx context.Context, stream string, why error) {
	l.recent.forget(stream)
	l.count(func(s *Stats) {
		s.Discarded++
		s.LastError = fmt.Sprintf("discarding a snapshot of %q: %v", stream, why)
	})
	if err := l.snapshots.Discard(ctx, stream); err != nil {
		l.failed(fmt.Errorf("discarding a snapshot of %q: %w", stream, err))
	}
}

func (l *Loader[S]) failed(err error) {
	l.count(func(s *Stats) {
		s.Failed++
		s.LastError = err.Error()
	})
}
