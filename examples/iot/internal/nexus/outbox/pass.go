package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"example.com/iot/internal/nexus/route"
	"example.com/iot/internal/nexus/store"
)

// Progress is what one pass did.
type Progress struct {
	Delivered int
	Failed    int // and will be tried again
	Dead      int
	Next      time.Time // when something has to be tried again; zero if nothing is left
}

// Pass delivers once what is due and returns. When the context ends, what was
// delivered by then is noted before Pass returns the context's error.
func (r *Relay) Pass(ctx context.Context) (Progress, error) {
	r.turn.Lock()
	defer r.turn.Unlock()
	p := &pass{Relay: r, now: r.options.Now()}
	if next := r.bothDownUntil(p.now); !next.IsZero() {
		return Progress{Next: next}, ctx.Err()
	}
	p.begin()
	if err := p.run(ctx); err != nil {
		r.cursor = 0 // what became of the deliveries is not noted everywhere
		return p.progress, err
	}
	p.end()
	return p.progress, nil
}

// bothDownUntil is when the first of two channels that are down is asked again;
// zero if something can be tried now.
func (r *Relay) bothDownUntil(now time.Time) time.Time {
	standard, critical := r.channels[route.Standard].reopens(), r.channels[route.Critical].reopens()
	if !now.Before(standard) || !now.Before(critical) { // an open one is zero
		return time.Time{}
	}
	return earlier(standard, critical)
}

// earlier is the first of two times, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// A pass is one way through what is owed.
type pass struct {
	*Relay
	now      time.Time
	down     int // channels that were down when it began
	mu       sync.Mutex
	progress Progress
	done     []int64
	changed  []store.Delivery
}

// begin decides where to begin: behind what is known to wait, unless some of that
// is due by now.
func (p *pass) begin() {
	p.down = p.countDown()
	for _, until := range p.blocked {
		if !p.now.Before(until) {
			p.cursor = 0
		}
	}
	if p.cursor == 0 {
		clear(p.blocked)
	}
}

func (r *Relay) countDown() (down int) {
	for _, c := range r.channels {
		if !c.reopens().IsZero() {
			down++
		}
	}
	return down
}

// run goes through what is owed, a window at a time.
func (p *pass) run(ctx context.Context) error {
	for {
		deliveries, err := p.read(ctx)
		if err != nil {
			return err
		}
		p.deliver(ctx, deliveries)
		if err := p.settle(ctx); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(deliveries) > 0 {
			p.cursor = deliveries[len(deliveries)-1].ID
		}
		if len(deliveries) < window {
			return nil
		}
	}
}

func (p *pass) read(ctx context.Context) (deliveries []store.Delivery, err error) {
	for d, err := range p.options.Store.Deliveries(ctx, store.DeliveryFilter{After: p.cursor}) {
		if err != nil {
			return nil, fmt.Errorf("delivering events: %w", err)
		}
		if deliveries = append(deliveries, d); len(deliveries) == window {
			break
		}
	}
	return deliveries, nil
}

// deliver works on deliveries: those of a stream one after the other, the streams
// side by side. What has not failed yet goes first, so that it, and not an event
// that nobody takes, finds out whether a channel is up again.
func (p *pass) deliver(ctx context.Context, deliveries []store.Delivery) {
	streams := map[string][]store.Delivery{}
	var order []string
	for _, d := range deliveries {
		if streams[d.Event.Stream] == nil {
			order = append(order, d.Event.Stream)
		}
		streams[d.Event.Stream] = append(streams[d.Event.Stream], d)
	}
	order = slices.DeleteFunc(order, func(stream string) bool { return !p.blocked[stream].IsZero() })
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(streams[a][0].Attempts, streams[b][0].Attempts) })
	next := make(chan string)
	var workers sync.WaitGroup
	for range min(p.options.Workers, len(order)) {
		workers.Go(func() {
			for stream := range next {
				p.deliverStream(ctx, stream, streams[stream])
			}
		})
	}
	for _, stream := range order {
		next <- stream
	}
	close(next)
	workers.Wait()
}

// deliverStream delivers until one has to wait: what follows it waits as well.
func (p *pass) deliverStream(ctx context.Context, stream string, deliveries []store.Delivery) {
	for _, d := range deliveries {
		until := d.Due
		if !p.now.Before(d.Due) {
			until = p.try(ctx, d)
		}
		if ctx.Err() != nil {
			return
		}
		if !until.IsZero() {
			p.block(stream, until)
			return
		}
	}
}

func (p *pass) block(stream string, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blocked[stream] = until
}

// try takes a delivery over its channel, or over the other one while that is down.
// It returns until when the delivery waits, zero if it is done with.
func (p *pass) try(ctx context.Context, d store.Delivery) (until time.Time) {
	home := p.of(d.Channel)
	if ctx.Err() != nil {
		return time.Time{}
	}
	for _, c := range []*channel{home, p.other(home)} {
		if !c.admits(p.options.Now()) {
			continue
		}
		own, err := c.deliver(ctx, d.Event)
		switch {
		case err == nil:
			if c != home {
				home.count(func(s *Stats) { s.Diverted++ })
			}
			p.delivered(d)
			return time.Time{}
		case ctx.Err() != nil:
			return time.Time{}
		case own:
			return p.failed(home, d, err)
		}
	}
	return earlier(home.reopens(), p.other(home).reopens())
}

func (p *pass) delivered(d store.Delivery) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.progress.Delivered++
	p.done = append(p.done, d.ID)
}

// maxError bounds what is kept of a channel's error.
const maxError = 500

// failed notes a failure that is the event's own, and until when it waits; zero
// if it is a dead letter now.
func (p *pass) failed(home *channel, d store.Delivery, err error) (until time.Time) {
	d.Attempts++
	d.LastError = fmt.Sprintf("%.*s", maxError, err)
	d.Dead = d.Attempts >= p.options.MaxAttempts || errors.Is(err, ErrRefused)
	if d.Dead {
		home.count(func(s *Stats) { s.Dead++ })
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if d.Dead {
		p.progress.Dead++
		d.Due = time.Time{}
	} else {
		p.progress.Failed++
		d.Due = p.options.Now().Add(p.backoff(d.Attempts))
	}
	p.changed = append(p.changed, d)
	return d.Due
}

// settle notes what became of the deliveries, also when the context is over: else
// they would be made again.
func (p *pass) settle(ctx context.Context) error {
	if len(p.done)+len(p.changed) == 0 {
		return nil
	}
	err := p.options.Store.Settle(context.WithoutCancel(ctx), p.done, p.changed)
	p.done, p.changed = nil, nil
	if err != nil {
		return fmt.Errorf("noting deliveries: %w", err)
	}
	return nil
}

// end says when to come again. When a channel has come up, what waits for it is
// due at once.
func (p *pass) end() {
	if p.countDown() < p.down && len(p.blocked) > 0 {
		p.cursor = 0
		p.progress.Next = p.now
		return
	}
	for _, until := range p.blocked {
		p.progress.Next = earlier(p.progress.Next, until)
	}
}
