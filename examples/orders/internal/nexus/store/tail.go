package store

import (
	"context"
	"fmt"
	"sync"
)

// Tail is the position of the last event, for those who wait for the next. It
// is how a store implements WaitPosition.
type Tail struct {
	mu     sync.Mutex
	moved  sync.Cond
	last   int64
	closed bool
}

// NewTail begins at the last position of a store.
func NewTail(last int64) *Tail {
	t := &Tail{last: last}
	t.moved.L = &t.mu
	return t
}

// Advance tells those who wait that the events up to position are committed.
func (t *Tail) Advance(position int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = max(t.last, position)
	t.moved.Broadcast()
}

// Wait is WaitPosition.
func (t *Tail) Wait(ctx context.Context, position int64) (last int64, err error) {
	stop := context.AfterFunc(ctx, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.moved.Broadcast()
	})
	defer stop()
	t.mu.Lock()
	defer t.mu.Unlock()
	for !t.closed && t.last < position {
		if err := ctx.Err(); err != nil {
			return t.last, fmt.Errorf("waiting for position %d, the last being %d: %w", position, t.last, err)
		}
		t.moved.Wait()
	}
	if t.closed {
		return t.last, fmt.Errorf("waiting for position %d: %w", position, ErrClosed)
	}
	return t.last, nil
}

// Close sends away all who wait, now and later.
func (t *Tail) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	t.moved.Broadcast()
}
