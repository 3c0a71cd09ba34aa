// Package memory keeps read models in memory. They are made anew at each start.
package memory

import (
	"context"
	"errors"
	"sync"

	"example.com/orders/internal/nexus/projection"
	"example.com/orders/internal/nexus/store"
)

// Definition says how events change a state. S is a pointer or a map.
type Definition[S any] struct {
	New func() S // the state before the first event
	// Handle changes the state. If it fails, it must have changed nothing.
	Handle func(state S, event store.Event) error
}

// Model is a projection.Model in memory.
type Model[S any] struct {
	definition Definition[S]

	mu   sync.RWMutex
	live *generation[S]
}

// New is a model without events.
func New[S any](d Definition[S]) *Model[S] {
	return &Model[S]{definition: d, live: newGeneration(d)}
}

// View lets read look at the state, and says how far it has come. The state must
// not be kept.
func (m *Model[S]) View(read func(state S, at projection.Checkpoint)) {
	g := m.seen()
	g.mu.RLock()
	defer g.mu.RUnlock()
	read(g.state, g.at)
}

func (m *Model[S]) seen() *generation[S] {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.live
}

// Checkpoint says how far the model has come.
func (m *Model[S]) Checkpoint(ctx context.Context) (projection.Checkpoint, error) {
	return m.seen().Checkpoint(ctx)
}

// Apply handles events; see projection.Generation.
func (m *Model[S]) Apply(ctx context.Context, events []store.Event, to projection.Checkpoint) error {
	return m.seen().Apply(ctx, events, to)
}

// Fresh makes an empty generation; see projection.Model.
func (m *Model[S]) Fresh(ctx context.Context) (projection.Generation, error) {
	return newGeneration(m.definition), ctx.Err()
}

// Swap lets readers see another generation; see projection.Model.
func (m *Model[S]) Swap(ctx context.Context, fresh projection.Generation) (projection.Generation, error) {
	g, ok := fresh.(*generation[S])
	if !ok {
		return nil, errors.New("swapping a generation of another model")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	old := m.live
	m.live = g
	return old, nil
}

// Discard does nothing: memory that nobody reads is freed.
func (m *Model[S]) Discard(projection.Generation) error { return nil }

type generation[S any] struct {
	handle func(S, store.Event) error

	mu    sync.RWMutex
	state S
	at    projection.Checkpoint
}

func newGeneration[S any](d Definition[S]) *generation[S] {
	return &generation[S]{handle: d.Handle, state: d.New()}
}

// Checkpoint says how far the generation has come.
func (g *generation[S]) Checkpoint(ctx context.Context) (projection.Checkpoint, error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.at, ctx.Err()
}

// Apply handles events; see projection.Generation.
func (g *generation[S]) Apply(ctx context.Context, events []store.Event, to projection.Checkpoint) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, event := range events {
		if event.Position <= g.at.Position {
			continue
		}
		if err := projection.Handle(ctx, event, func() error { return g.handle(g.state, event) }); err != nil {
			return err
		}
		g.at = projection.After(event)
	}
	if to.Position > g.at.Position {
		g.at = to
	}
	return nil
}
