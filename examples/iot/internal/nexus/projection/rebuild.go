package projection

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// ErrRebuilding is a projection that is being rebuilt already.
var ErrRebuilding = errors.New("it is being rebuilt already")

// RebuildStatus is how a rebuild is doing, or how the last one ended.
type RebuildStatus struct {
	Active   bool
	Position int64  // how far the fresh generation has come
	Done     int64  // rebuilds that succeeded
	Error    string // of the last one
}

type rebuild struct {
	mu  sync.Mutex
	now RebuildStatus
}

func (r *rebuild) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now.Active {
		return false
	}
	r.now = RebuildStatus{Active: true, Done: r.now.Done}
	return true
}

func (r *rebuild) move(position int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now.Position = position
}

func (r *rebuild) end(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now.Active = false
	if err != nil {
		r.now.Error = err.Error()
	} else {
		r.now.Done++
	}
}

func (r *rebuild) status() RebuildStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

// Rebuild makes the model anew from all events, beside the one that readers see,
// and swaps the two. Whether the projection runs does not matter.
func (p *Projection) Rebuild(ctx context.Context) (err error) {
	if !p.rebuild.begin() {
		return fmt.Errorf("rebuilding projection %q: %w", p.name, ErrRebuilding)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("rebuilding projection %q: %w", p.name, err)
		}
		p.rebuild.end(err)
	}()
	fresh, err := p.model.Fresh(ctx)
	if err != nil {
		return err
	}
	retired, err := p.replace(ctx, fresh)
	if err != nil {
		retired = fresh
	}
	return errors.Join(err, p.model.Discard(retired))
}

// replace lets a fresh generation catch up and swaps it in.
func (p *Projection) replace(ctx context.Context, fresh Generation) (old Generation, err error) {
	at, err := fresh.Checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	// Most of the way, while what readers see moves on too.
	for full := true; full; {
		before := at.Position
		if at, _, err = p.advance(ctx, fresh, at); err != nil {
			return nil, err
		}
		p.rebuild.move(at.Position)
		full = at.Position-before == int64(p.batch)
	}
	p.live.Lock()
	defer p.live.Unlock()
	seen, err := p.model.Checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	// The rest, so that no reader goes back in time, unless the source did.
	for more := true; more && at.Position < seen.Position; {
		before := at.Position
		if at, _, err = p.advance(ctx, fresh, at); err != nil {
			return nil, err
		}
		more = at.Position > before
	}
	p.rebuild.move(at.Position)
	if old, err = p.model.Swap(ctx, fresh); err != nil {
		return nil, err
	}
	p.progress.swap(at)
	return old, nil
}
