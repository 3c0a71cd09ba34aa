// Package outbox delivers what a store owes to the world outside, over two
// channels: the path that was chosen for an event when it was stored, or the other
// one while that is down.
//
//	events, err := sqlite.Open(ctx, path, sqlite.Options{Options: store.Options{Channels: outbox.Channels}})
//	relay, err := outbox.New(outbox.Options{Store: events, Standard: queue, Critical: stream})
//	err = relay.Run(ctx) // until ctx is done
//
// # What is promised
//
// An event is delivered at least once: again, if the process ends between the
// delivery and the note of it. The events of one stream are delivered one after
// the other in their order, over both channels; streams are delivered side by
// side. A failed delivery is tried again, ever later, and what follows it in its
// stream waits.
//
// A channel that fails several times in a row is down: what is meant for it takes
// the other way until one delivery, now and then, finds it up again. An event that
// fails too often while its channel is up is a dead letter: it is kept, and what
// follows it goes on. No outage makes a dead letter.
//
// One relay at a time works on a store; two would deliver twice, and out of order.
package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"
	"time"

	"example.com/iot/internal/nexus/route"
	"example.com/iot/internal/nexus/store"
)

// Channel takes events to where they are consumed. Several goroutines deliver at
// once, never two events of one stream. A nil error means that the event is safe
// there. The event may have been delivered before: its ID tells.
type Channel interface {
	Deliver(ctx context.Context, event store.Event) error
}

// ErrRefused marks the error of a channel that will never take the event, such as
// one that is too large for it. The event is a dead letter at once.
var ErrRefused = errors.New("the channel refuses the event")

// Store is what a relay needs of a store.
type Store interface {
	store.Outbox
	WaitPosition(ctx context.Context, position int64) (last int64, err error)
}

// Channels is for store.Options: the channel of an event's path. An event that was
// stored without a route takes the standard one.
func Channels(event store.Event) []string {
	var decision struct {
		Path string `json:"path"`
	}
	// A decision that cannot be read is as none: the event is owed all the same.
	if len(event.Decision) > 0 && json.Unmarshal(event.Decision, &decision) == nil && decision.Path == route.Critical {
		return []string{route.Critical}
	}
	return []string{route.Standard}
}

// Options are what a relay is made of. Zero values are the defaults that are named.
type Options struct {
	Store    Store
	Standard Channel
	Critical Channel

	Workers int           // deliveries at a time; 16
	Timeout time.Duration // of one delivery; 10 s

	// A delivery is tried again after Backoff (100 ms), and after twice as long each
	// time until MaxBackoff (30 s). Between half of that and all of it is waited, as
	// chance has it, so that not all come back at once.
	Backoff    time.Duration
	MaxBackoff time.Duration
	// MaxAttempts is how often a delivery fails on a channel that is up before it is
	// a dead letter; 10.
	MaxAttempts int
	// Gather is how long Run lets events come together that follow others, so that
	// they are delivered and noted together; 0 is 25 ms, less is not at all. The first
	// event after a while is delivered at once.
	Gather time.Duration
	// DownAfter is how many failures in a row make a channel down; 4. It is asked
	// again as a delivery is tried again.
	DownAfter int

	Now  func() time.Time                       // nil is time.Now
	Wait func(d time.Duration) <-chan time.Time // nil is time.After
	Rand func() float64                         // from 0 to 1; nil is math/rand
	// Report is told of errors of the store, after which Run tries again. Nil makes
	// Run end with the error.
	Report func(error)
}

// Relay delivers what is owed. Run, Pass and Drain do so, one of them at a time.
type Relay struct {
	options  Options
	channels map[string]*channel

	turn    sync.Mutex           // held by whoever delivers
	cursor  int64                // the id up to which all is delivered, or blocked
	blocked map[string]time.Time // streams whose next delivery is due later
	wake    chan struct{}        // holds one when Run has to look again

	chance sync.Mutex // Rand need not be safe for concurrent use
}

// window is how many deliveries are read, delivered and settled together.
const window = 512

// New makes a relay.
func New(o Options) (*Relay, error) {
	if o.Store == nil || o.Standard == nil || o.Critical == nil {
		return nil, errors.New("opening the outbox: it needs a store, a standard and a critical channel")
	}
	setDefault(&o.Workers, 16)
	setDefault(&o.Timeout, 10*time.Second)
	setDefault(&o.Backoff, 100*time.Millisecond)
	setDefault(&o.MaxBackoff, 30*time.Second)
	setDefault(&o.MaxAttempts, 10)
	setDefault(&o.DownAfter, 4)
	setDefault(&o.Gather, 25*time.Millisecond)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == nil {
		o.Wait = time.After
	}
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	r := &Relay{options: o, blocked: map[string]time.Time{}, wake: make(chan struct{}, 1)}
	r.channels = map[string]*channel{
		route.Standard: {to: o.Standard, relay: r}, route.Critical: {to: o.Critical, relay: r},
	}
	return r, nil
}

func setDefault[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}

// backoff is how long to wait after a number of failures.
func (r *Relay) backoff(failures int) time.Duration {
	wait := r.options.MaxBackoff
	if doublings := failures - 1; doublings < 30 && r.options.Backoff<<doublings < wait {
		wait = r.options.Backoff << doublings
	}
	r.chance.Lock()
	defer r.chance.Unlock()
	return wait/2 + time.Duration(r.options.Rand()*float64(wait/2))
}

// DeadLetters yields what was given up, in the order of the events.
func (r *Relay) DeadLetters(ctx context.Context) iter.Seq2[store.Delivery, error] {
	return r.options.Store.Deliveries(ctx, store.DeliveryFilter{Dead: true})
}

// Redrive owes dead letters again, by the id of the delivery. They come after what
// was delivered meanwhile: the order of their streams is broken already.
func (r *Relay) Redrive(ctx context.Context, ids ...int64) error {
	r.turn.Lock()
	defer r.turn.Unlock()
	wanted := map[int64]bool{}
	for _, id := range ids {
		wanted[id] = true
	}
	var revived []store.Delivery
	for d, err := range r.DeadLetters(ctx) {
		if err != nil {
			return fmt.Errorf("looking for dead letters: %w", err)
		}
		if wanted[d.ID] {
			delete(wanted, d.ID)
			d.Dead, d.Attempts, d.Due = false, 0, time.Time{}
			revived = append(revived, d)
		}
	}
	for _, id := range ids {
		if wanted[id] {
			return fmt.Errorf("owing dead letters again: there is none with the id %d, so none is changed", id)
		}
	}
	if err := r.options.Store.Settle(ctx, nil, revived); err != nil {
		return fmt.Errorf("owing dead letters again: %w", err)
	}
	r.cursor = 0
	select {
	case r.wake <- struct{}{}:
	default: // it will look anyway
	}
	return nil
}
