package serve

import (
	"errors"
	"sync"
)

// Message is what a Hub sends to its subscribers.
type Message struct {
	Event string // its kind; one line
	Data  []byte // not changed any more; one line
}

// Hub sends messages to who subscribed for a tenant. It never waits for one of
// them: who does not take its messages in time is dropped, and may subscribe
// again. The zero value is ready.
type Hub struct {
	mu      sync.Mutex
	tenants map[string]map[*Subscription]bool
	dropped int
	closed  bool
}

const (
	backlog        = 16 // messages that a subscriber may be behind
	maxSubscribers = 32 // of one tenant, so that none takes the place of others
)

// ErrTooMany is a tenant with as many subscribers as it may have.
var ErrTooMany = errors.New("too many subscribers")

// errHubClosed is a hub that was closed.
var errHubClosed = errors.New("the app is stopping")

// Subscription is one subscriber.
type Subscription struct {
	// C yields the messages. It is closed when the subscriber was too slow, or the
	// hub is closed.
	C      <-chan Message
	c      chan Message
	hub    *Hub
	tenant string
}

// Subscribe adds a subscriber for the messages of a tenant.
func (h *Hub) Subscribe(tenant string) (*Subscription, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return nil, errHubClosed
	case len(h.tenants[tenant]) >= maxSubscribers:
		return nil, ErrTooMany
	case h.tenants == nil:
		h.tenants = map[string]map[*Subscription]bool{}
	}
	if h.tenants[tenant] == nil {
		h.tenants[tenant] = map[*Subscription]bool{}
	}
	c := make(chan Message, backlog)
	s := &Subscription{C: c, c: c, hub: h, tenant: tenant}
	h.tenants[tenant][s] = true
	return s, nil
}

// Close ends a subscription. It may be called again, and after the hub dropped it.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.hub.remove(s)
}

// remove ends a subscription that is still there.
func (h *Hub) remove(s *Subscription) {
	if !h.tenants[s.tenant][s] {
		return
	}
	delete(h.tenants[s.tenant], s)
	if len(h.tenants[s.tenant]) == 0 {
		delete(h.tenants, s.tenant)
	}
	close(s.c)
}

// Publish sends a message to the subscribers of a tenant.
func (h *Hub) Publish(tenant string, m Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.tenants[tenant] {
		select {
		case s.c <- m:
		default:
			h.dropped++
			h.remove(s)
		}
	}
}

// Watched reports whether a tenant has subscribers.
func (h *Hub) Watched(tenant string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.tenants[tenant]) > 0
}

// Dropped is how many subscribers were too slow.
func (h *Hub) Dropped() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dropped
}

// Close ends all subscriptions; there are no new ones after it.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, subscriptions := range h.tenants {
		for s := range subscriptions {
			h.remove(s)
		}
	}
}
