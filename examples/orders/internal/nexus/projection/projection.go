// Package projection makes read models from events and keeps them up to date.
//
//	accounts, err := sqlite.Open(ctx, dir, sqlite.Definition{Name: "accounts", Tables: …, Handle: …})
//	p := projection.New("accounts", events, accounts, projection.Options{})
//	go func() { stopped <- p.Run(ctx) }()
//	…
//	answer, err := p.WaitForVersion(ctx, appended.Position, projection.Wait{}) // read your writes
//	err = accounts.View(ctx, func(tx *sql.Tx, at projection.Checkpoint) error { … })
//
// # When events are handled
//
// The first event after a while is handled at once. Those that follow close behind
// come together for a moment, Options.Gather, and are stored together: to store a
// hundred at once is much cheaper than one at a time, and a projection that is
// cheap leaves more to those who append. Whoever waits for a position ends the
// moment.
//
// # Exactly once, as far as readers can tell
//
// A checkpoint is stored together with what the events up to it have changed.
// After a crash the projection goes on from there, and an event that comes twice
// is passed over.
//
// # Events that can not be handled
//
// A projection stops at such an event, keeps what it has, and says which one it
// is. To go on, correct the code and run it again, or name the event's id in
// Options.Skip: that is code too, so that a rebuild skips it as well.
//
// # Rebuilding
//
// Rebuild folds all events into a fresh generation while readers see the old one
// and Run keeps that up to date, and swaps the two when the fresh one has caught
// up. If it fails, the old one stays. Run rebuilds by itself what other code has
// made, and, before it goes on, what was made of events that are not stored any
// more, since the store was restored from a backup.
package projection

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"example.com/orders/internal/nexus/store"
)

// Source is where events come from. Every store.Store is one.
type Source interface {
	ReadAll(ctx context.Context, after int64, limit int) iter.Seq2[store.Event, error]
	WaitPosition(ctx context.Context, position int64) (last int64, err error)
}

// Options change how a projection runs. The zero value is good.
type Options struct {
	// Batch is how many events are stored together at most; 0 is 512.
	Batch int
	// Gather is how long events that follow others come together before they are
	// handled, if nobody waits for them; 0 is 100 ms, less is not at all.
	Gather time.Duration
	// Skip are the ids of events that are passed over.
	Skip []string
}

const (
	defaultBatch  = 512
	defaultGather = 100 * time.Millisecond
)

// Projection keeps a model up to date with a source.
type Projection struct {
	name     string
	source   Source
	model    Model
	batch    int
	gather   time.Duration
	skip     map[string]bool
	progress *progress

	// live is held while the generation that is seen is moved on, or swapped.
	live sync.Mutex

	rebuild rebuild
}

// New is a projection that was not started. Its name is for messages.
func New(name string, source Source, model Model, o Options) *Projection {
	if o.Batch <= 0 {
		o.Batch = defaultBatch
	}
	if o.Gather == 0 {
		o.Gather = defaultGather
	}
	p := &Projection{name: name, source: source, model: model, batch: o.Batch, gather: o.Gather, skip: map[string]bool{}, progress: newProgress()}
	for _, id := range o.Skip {
		p.skip[id] = true
	}
	return p
}

// ErrRunning is a projection that runs already.
var ErrRunning = errors.New("it runs already")

// Run keeps the model up to date until the context is done; then it returns nil.
// Any other end is an error, an *EventError if an event is the reason. It may be
// called again afterwards. A model that other code has made is rebuilt meanwhile.
func (p *Projection) Run(ctx context.Context) (err error) {
	if !p.progress.begin() {
		return fmt.Errorf("running projection %q: %w", p.name, ErrRunning)
	}
	ctx, cancel := context.WithCancel(ctx)
	var rebuilding sync.WaitGroup
	defer func() {
		if err != nil && ctx.Err() == nil {
			err = fmt.Errorf("running projection %q: %w", p.name, err)
		} else {
			err = nil
		}
		p.progress.stop(err)
		cancel()
		rebuilding.Wait()
	}()
	at, err := p.fitting(ctx)
	if err != nil {
		return err
	}
	p.progress.move(at)
	if at.Outdated {
		rebuilding.Go(func() { _ = p.Rebuild(ctx) }) // Status says how it went
	}
	for {
		moved, err := p.advanceLive(ctx)
		switch {
		case err != nil:
			return err
		case moved == 0:
			_, err = p.source.WaitPosition(ctx, p.progress.position()+1)
		case moved < int64(p.batch): // it has caught up
			err = p.progress.rest(ctx, p.gather)
		}
		if err != nil {
			return err
		}
	}
}

// fitting is the checkpoint of the model. One that was made of other events than
// the source has, for instance since those were restored from a backup, is rebuilt
// first: what comes next does not fit onto it.
func (p *Projection) fitting(ctx context.Context) (Checkpoint, error) {
	at, err := p.model.Checkpoint(ctx)
	if err != nil || at.Position == 0 {
		return at, err
	}
	for event, err := range p.source.ReadAll(ctx, at.Position-1, 1) {
		if err != nil || event.Position == at.Position && event.Hash == at.Hash {
			return at, err
		}
	}
	if err := p.Rebuild(ctx); err != nil {
		return at, err
	}
	return p.model.Checkpoint(ctx)
}

// advanceLive moves on what readers see by a batch, if there is one, and says by how
// many events. It begins where the model says, since that may have been swapped.
func (p *Projection) advanceLive(ctx context.Context) (moved int64, err error) {
	p.live.Lock()
	defer p.live.Unlock()
	at := p.progress.checkpoint()
	next, skipped, err := p.advance(ctx, p.model, at)
	if err != nil {
		// Some of the events may have been stored.
		if stored, failed := p.model.Checkpoint(ctx); failed == nil {
			p.progress.move(stored)
		}
		return 0, err
	}
	p.progress.skip(skipped)
	p.progress.move(next)
	return next.Position - at.Position, nil
}

// advance applies the next batch of events to a generation.
func (p *Projection) advance(ctx context.Context, g Generation, at Checkpoint) (next Checkpoint, skipped int, err error) {
	next = at
	var events []store.Event
	for event, err := range p.source.ReadAll(ctx, at.Position, p.batch) {
		switch {
		case err != nil:
			return at, 0, err
		case event.Position != next.Position+1:
			return at, 0, fmt.Errorf("the event after position %d has position %d: the store has a gap, restore it from a backup", next.Position, event.Position)
		case p.skip[event.ID]:
			skipped++
		default:
			events = append(events, event)
		}
		next = After(event)
	}
	if next.Position == at.Position {
		return at, 0, nil
	}
	if err := g.Apply(ctx, events, next); err != nil {
		return at, 0, err
	}
	return next, skipped, nil
}

// Status is how a projection is doing.
type Status struct {
	Name     string
	State    State
	Position int64     // of the last event that readers see
	Recorded time.Time // when that was recorded
	Last     int64     // the position of the last event of the source
	Lag      int64     // events that readers do not see yet
	Skipped  int64     // events that were passed over since the start
	Error    string    // why it stopped
	Rebuild  RebuildStatus
}

// Status is how the projection is doing now.
func (p *Projection) Status(ctx context.Context) (Status, error) {
	last, err := p.source.WaitPosition(ctx, 0)
	if err != nil {
		return Status{}, fmt.Errorf("status of projection %q: %w", p.name, err)
	}
	s := p.progress.status()
	s.Name, s.Last, s.Lag, s.Rebuild = p.name, last, max(0, last-s.Position), p.rebuild.status()
	return s, nil
}
