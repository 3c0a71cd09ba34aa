package serve

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"example.com/iot/internal/nexus/projection"
	"example.com/iot/internal/nexus/telemetry"
)

// LiveOptions say what the page shows beside what it is told of attempts. The
// functions are called once a second, and for each page that opens.
type LiveOptions struct {
	Title       string
	Projections func() []Projection // nil is none
	Channels    func() []Channel    // nil is none
	Now         func() time.Time    // nil is time.Now
}

// Projection is how far a projection is. Why one has stopped is for the log: it
// may tell of streams of any tenant.
type Projection struct {
	Name       string           `json:"name"`
	Title      string           `json:"title,omitempty"` // what it is called on the page, if not by its name
	Position   int64            `json:"position"`
	Lag        int64            `json:"lag"` // events that it has not seen yet
	State      projection.State `json:"state"`
	Rebuilding bool             `json:"rebuilding,omitempty"`
}

// ProjectionOf is what the page shows of a projection.
func ProjectionOf(s projection.Status) Projection {
	return Projection{Name: s.Name, Position: s.Position, Lag: s.Lag, State: s.State, Rebuilding: s.Rebuild.Active}
}

// Channel is what is owed to a channel that events are delivered to.
type Channel struct {
	Name string `json:"name"`
	Owed int64  `json:"owed"`
	Dead int64  `json:"dead"` // given up
	Down bool   `json:"down"` // it fails at the moment
}

// Live knows what the page shows: each tenant sees what it did itself. It keeps
// two minutes, and of what was rejected only the last.
type Live struct {
	LiveOptions
	hub Hub

	mu     sync.Mutex
	boards map[string]*board
}

// NewLive begins with nothing to show. Run keeps it going.
func NewLive(o LiveOptions) *Live {
	o.Title = cmp.Or(o.Title, "app")
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Projections == nil {
		o.Projections = func() []Projection { return nil }
	}
	if o.Channels == nil {
		o.Channels = func() []Channel { return nil }
	}
	return &Live{LiveOptions: o, boards: map[string]*board{}}
}

// Observe counts an attempt. It never waits for those who look on.
func (l *Live) Observe(a telemetry.Attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.board(a.Tenant).observe(a)
}

// board is the one of a tenant. Tenants are those of keys, so there are few.
func (l *Live) board(tenant string) *board {
	b := l.boards[tenant]
	if b == nil {
		b = newBoard()
		l.boards[tenant] = b
	}
	return b
}

// Run sends every second what there is to see, until ctx ends.
func (l *Live) Run(ctx context.Context) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := l.Tick(); err != nil {
				return err
			}
		}
	}
}

// Tick ends a second, and sends what there is to see to those who look on.
func (l *Live) Tick() error {
	now := l.Now()
	l.mu.Lock()
	for _, b := range l.boards {
		b.tick(now)
	}
	tenants := slices.Sorted(maps.Keys(l.boards))
	l.mu.Unlock()
	for _, tenant := range tenants {
		if !l.hub.Watched(tenant) {
			continue
		}
		text, err := l.view(tenant)
		if err != nil {
			return err
		}
		l.hub.Publish(tenant, Message{Event: "board", Data: text})
	}
	return nil
}

// view is what a tenant sees now, as JSON.
func (l *Live) view(tenant string) ([]byte, error) {
	projections, channels := l.Projections(), l.Channels()
	l.mu.Lock()
	v := l.board(tenant).view()
	l.mu.Unlock()
	v.Title, v.Time = l.Title, l.Now().UTC()
	v.Projections, v.Channels = append([]Projection{}, projections...), append([]Channel{}, channels...)
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("writing what the page shows: %w", err)
	}
	return text, nil
}

// Subscribe is Hub.Subscribe: each message is what the tenant sees at a second.
func (l *Live) Subscribe(tenant string) (*Subscription, error) { return l.hub.Subscribe(tenant) }

// Dropped is how many pages were too slow.
func (l *Live) Dropped() int { return l.hub.Dropped() }

// Close ends what is sent to pages.
func (l *Live) Close() { l.hub.Close() }
