package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/outbox"
	"github.com/nexus-blueprint/nexus/skeleton/route"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/memory"
)

var errDown = errors.New("nobody answers")

// A clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// A world is what both channels deliver to.
type world struct {
	mu     sync.Mutex
	log    []string           // "channel id", in the order of arrival
	seen   map[string][]int64 // versions of a stream, in the order of arrival
	busy   map[string]bool    // streams that are being delivered
	faults []string           // broken promises
	fail   func(name string, e store.Event) error
}

func newWorld() *world {
	return &world{seen: map[string][]int64{}, busy: map[string]bool{}, fail: func(string, store.Event) error { return nil }}
}

// way is one channel into a world.
type way struct {
	*world
	name string
}

func (w way) Deliver(_ context.Context, e store.Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy[e.Stream] {
		w.faults = append(w.faults, "two events of "+e.Stream+" at a time")
	}
	w.busy[e.Stream] = true
	w.mu.Unlock() // others may come in between
	err := w.fail(w.name, e)
	w.mu.Lock()
	w.busy[e.Stream] = false
	if err != nil {
		return err
	}
	w.log = append(w.log, w.name+" "+e.ID)
	w.seen[e.Stream] = append(w.seen[e.Stream], e.Version)
	return nil
}

// arrived returns what has arrived since it was asked last.
func (w *world) arrived() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	log := w.log
	w.log = nil
	return log
}

// A bench is a store, a world, and a relay between them.
type bench struct {
	*world
	*clock
	store *memory.Store
	relay *outbox.Relay
}

func newBench(t rapid.TB, change func(*outbox.Options)) *bench {
	t.Helper()
	b := &bench{world: newWorld(), clock: newClock()}
	b.store = memory.New(store.Options{Now: b.Now, Channels: outbox.Channels})
	o := outbox.Options{
		Store: b.store, Standard: way{b.world, "standard"}, Critical: way{b.world, "critical"}, Now: b.Now,
		Rand: func() float64 { return 1 }, Workers: 1, // what happens is then the same each time
	}
	if change != nil {
		change(&o)
	}
	var err error
	if b.relay, err = outbox.New(o); err != nil {
		t.Fatal(err)
	}
	return b
}

// append stores one event, whose id is its stream and a number.
func (b *bench) append(t rapid.TB, stream, path string) {
	t.Helper()
	appendTo(t, b.store, stream, path)
}

func appendTo(t rapid.TB, s store.Store, stream, path string) {
	t.Helper()
	n := 1
	for range s.Read(context.Background(), stream, store.ReadOptions{}) {
		n++
	}
	decision, err := json.Marshal(route.Decision{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append(context.Background(), stream, store.Any, []store.Event{{ID: fmt.Sprintf("%s%d", stream, n), Type: "Noted", Decision: decision}}); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) pass(t rapid.TB) outbox.Progress {
	t.Helper()
	progress, err := b.relay.Pass(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return progress
}

// owed lists what is owed, dead letters or not.
func owed(t rapid.TB, s store.Outbox, dead bool) (list []store.Delivery) {
	t.Helper()
	for d, err := range s.Deliveries(context.Background(), store.DeliveryFilter{Dead: dead}) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, d)
	}
	return list
}
