package projection

import (
	"context"
	"sync"
	"time"
)

// State is what a projection does.
type State string

// The states.
const (
	NotStarted State = "not started"
	Running    State = "running"
	Stopped    State = "stopped"
)

// progress is how far what readers see has come, for those who wait for it.
type progress struct {
	mu      sync.Mutex
	state   State
	at      Checkpoint
	known   bool // at was read from the model
	skipped int64
	err     error
	changed chan struct{} // closed at the next change
	wanted  chan struct{} // holds one when somebody waits for a change
}

func newProgress() *progress {
	return &progress{state: NotStarted, changed: make(chan struct{}), wanted: make(chan struct{}, 1)}
}

// change changes p and wakes those who wait.
func (p *progress) change(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	close(p.changed)
	p.changed = make(chan struct{})
}

// begin reports whether the projection may start.
func (p *progress) begin() (ok bool) {
	p.change(func() {
		if ok = p.state != Running; ok {
			p.state, p.known, p.err = Running, false, nil
		}
	})
	return ok
}

func (p *progress) stop(err error) { p.change(func() { p.state, p.err = Stopped, err }) }

func (p *progress) move(at Checkpoint) { p.change(func() { p.at, p.known = at, true }) }

func (p *progress) skip(events int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.skipped += int64(events)
}

func (p *progress) checkpoint() Checkpoint {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at
}

func (p *progress) position() int64 { return p.checkpoint().Position }

func (p *progress) status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := Status{State: p.state, Position: p.at.Position, Recorded: p.at.Recorded, Skipped: p.skipped}
	if p.err != nil {
		s.Error = p.err.Error()
	}
	return s
}

// moment is what whoever waits looks at.
type moment struct {
	state    State
	known    bool
	position int64
	err      error
	changed  <-chan struct{}
}

func (p *progress) moment() moment {
	p.mu.Lock()
	defer p.mu.Unlock()
	return moment{state: p.state, known: p.known, position: p.at.Position, err: p.err, changed: p.changed}
}

// want ends a rest, or the next one.
func (p *progress) want() {
	select {
	case p.wanted <- struct{}{}:
	default: // somebody else did
	}
}

// rest returns after a while, or as soon as somebody wants a change.
func (p *progress) rest(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.wanted:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// swap moves a projection that has been started to the checkpoint of another
// generation. One that has not reads its own when it starts.
func (p *progress) swap(at Checkpoint) {
	p.change(func() {
		if p.known {
			p.at = at
		}
	})
}
