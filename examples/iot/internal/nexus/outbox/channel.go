package outbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"example.com/iot/internal/nexus/route"
	"example.com/iot/internal/nexus/store"
)

// Stats count what a channel did since the relay was made.
type Stats struct {
	Delivered uint64 // over it, what was meant for the other one too
	Failed    uint64 // attempts
	Diverted  uint64 // meant for it, and delivered over the other one
	Dead      uint64 // meant for it, and given up
	Down      bool
}

// A channel is a Channel and what is known of it.
type channel struct {
	to    Channel
	relay *Relay

	mu       sync.Mutex
	stats    Stats
	failures int       // in a row
	probe    time.Time // when it is asked again, if it is down
	probing  bool
}

// Stats tells how a channel does: route.Standard or route.Critical.
func (r *Relay) Stats(name string) Stats {
	c := r.channels[name]
	if c == nil {
		return Stats{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// of is the channel that a delivery is meant for. A name that is neither of the
// two may come from an older app; the event is owed all the same.
func (r *Relay) of(name string) *channel {
	if name == route.Critical {
		return r.channels[route.Critical]
	}
	return r.channels[route.Standard]
}

func (r *Relay) other(c *channel) *channel {
	if c == r.channels[route.Standard] {
		return r.channels[route.Critical]
	}
	return r.channels[route.Standard]
}

// admits reports whether a delivery may be tried: always while the channel is up,
// and one at a time, now and then, while it is down.
func (c *channel) admits(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stats.Down {
		return true
	}
	if c.probing || now.Before(c.probe) {
		return false
	}
	c.probing = true
	return true
}

// reopens is when the channel is asked again; zero if it is up.
func (c *channel) reopens() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stats.Down {
		return time.Time{}
	}
	return c.probe
}

// deliver tries an event that was admitted. It reports whether a failure is the
// event's own: it is not while the channel is down.
func (c *channel) deliver(ctx context.Context, event store.Event) (own bool, err error) {
	limited, cancel := context.WithTimeout(ctx, c.relay.options.Timeout)
	defer cancel()
	err = c.to.Deliver(limited, event)
	c.mu.Lock()
	defer c.mu.Unlock()
	wasDown := c.stats.Down
	c.probing = false
	switch {
	case err == nil:
		c.stats.Delivered++
		c.failures, c.stats.Down = 0, false
		return false, nil
	case ctx.Err() != nil: // the relay ends; nobody has failed
		return false, err
	case errors.Is(err, ErrRefused): // the channel has answered: it is up
		c.stats.Failed++
		c.failures, c.stats.Down = 0, false
		return true, err
	}
	c.stats.Failed++
	c.failures++
	if c.failures >= c.relay.options.DownAfter {
		c.stats.Down = true
		c.probe = c.relay.options.Now().Add(c.relay.backoff(c.failures - c.relay.options.DownAfter + 1))
	}
	return !wasDown, err
}

func (c *channel) count(change func(*Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.stats)
}
