package projection

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// DefaultTimeout is how long WaitForVersion waits if it is not told.
const DefaultTimeout = 50 * time.Millisecond

// OnTimeout is what to do when the time is over.
type OnTimeout int

const (
	// Fail returns an error.
	Fail OnTimeout = iota
	// Stale returns an answer that says that it is stale.
	Stale
)

// Wait says how long to wait, and what to do then. The zero value waits for
// DefaultTimeout and fails.
type Wait struct {
	Timeout   time.Duration // 0 is DefaultTimeout, less is not to wait at all
	OnTimeout OnTimeout
}

// Answer says what readers see.
type Answer struct {
	Position int64 // of the last event that they see, at least
	Stale    bool  // that is before the one that was waited for
}

var (
	// ErrTimeout is a projection that was not there in time.
	ErrTimeout = errors.New("the projection was not there in time")
	// ErrNotStarted is a projection that does not run yet: what it has says
	// nothing.
	ErrNotStarted = errors.New("the projection has not started")
	// ErrStopped is a projection that will not get there, since it stopped.
	ErrStopped = errors.New("the projection has stopped")
	// ErrAhead is a position that no event has yet: it comes from another store, or
	// was made up.
	ErrAhead = errors.New("no event has this position")
)

// WaitForVersion returns when readers see the event at a position, and all before
// it. A projection that has not started is waited for too, and never answers for
// stale; one that stopped short of the position is not waited for.
func (p *Projection) WaitForVersion(ctx context.Context, position int64, w Wait) (Answer, error) {
	last, err := p.source.WaitPosition(ctx, 0)
	if err != nil {
		return Answer{}, p.waiting(position, err)
	}
	if position > last {
		return Answer{}, p.waiting(position, fmt.Errorf("%w: the last one is %d", ErrAhead, last))
	}
	var timer *time.Timer
	for {
		now := p.progress.moment()
		switch {
		case now.known && now.position >= position:
			return Answer{Position: now.position}, nil
		case now.state == Stopped:
			return p.late(position, now, w, stopped(now.err))
		case w.Timeout < 0:
			return p.late(position, now, w, ErrTimeout)
		case timer == nil:
			timer = time.NewTimer(w.timeout())
			defer timer.Stop()
		}
		p.progress.want()
		select {
		case <-now.changed:
		case <-timer.C:
			return p.late(position, now, w, fmt.Errorf("%w, %v", ErrTimeout, w.timeout()))
		case <-ctx.Done():
			return Answer{}, p.waiting(position, ctx.Err())
		}
	}
}

func (w Wait) timeout() time.Duration {
	if w.Timeout == 0 {
		return DefaultTimeout
	}
	return w.Timeout
}

func stopped(why error) error {
	if why == nil {
		return ErrStopped
	}
	return fmt.Errorf("%w: %w", ErrStopped, why)
}

// late is the answer when readers do not see the position.
func (p *Projection) late(position int64, now moment, w Wait, why error) (Answer, error) {
	switch {
	case !now.known:
		if now.state == Running || now.state == NotStarted {
			why = ErrNotStarted
		}
		return Answer{}, p.waiting(position, why)
	case w.OnTimeout == Stale:
		return Answer{Position: now.position, Stale: true}, nil
	}
	return Answer{Position: now.position}, p.waiting(position, fmt.Errorf("%w: it is at position %d", why, now.position))
}

func (p *Projection) waiting(position int64, why error) error {
	return fmt.Errorf("waiting for position %d of projection %q: %w", position, p.name, why)
}

// Token is a position as a text, for a client to hand back: whoever reads with the
// token of his write waits for it.
func Token(position int64) string { return strconv.FormatInt(position, 10) }

// ParseToken reads a token. It takes what Token makes and nothing else.
func ParseToken(text string) (int64, error) {
	const digits = 19
	if len(text) > digits {
		return 0, fmt.Errorf("the token %.19q… is no position: it is too long", text)
	}
	position, err := strconv.ParseInt(text, 10, 64)
	if err != nil || position < 0 || Token(position) != text {
		return 0, fmt.Errorf("the token %q is no position: expected a number such as %s", text, Token(42))
	}
	return position, nil
}
