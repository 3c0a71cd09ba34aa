package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/outbox"
	"github.com/nexus-blueprint/nexus/skeleton/route"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/sqlite"
)

func TestChannels(t *testing.T) {
	for decision, want := range map[string]string{
		`{"path": "critical", "score": 1}`: route.Critical,
		`{"path": "standard"}`:             route.Standard,
		`{"path": "elsewhere"}`:            route.Standard,
		`{"path": 7}`:                      route.Standard,
		``:                                 route.Standard,
	} {
		if diff := cmp.Diff([]string{want}, outbox.Channels(store.Event{Decision: json.RawMessage(decision)})); diff != "" {
			t.Errorf("%s: %s", decision, diff)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := outbox.New(outbox.Options{}); fmt.Sprint(err) != "opening the outbox: it needs a store, a standard and a critical channel" {
		t.Error(err)
	}
}

func TestDeliversByPathAndInOrder(t *testing.T) {
	b := newBench(t, nil)
	for _, event := range [][2]string{{"a", "standard"}, {"b", "critical"}, {"a", "critical"}, {"a", "standard"}, {"b", "standard"}} {
		b.append(t, event[0], event[1])
	}
	if diff := cmp.Diff(outbox.Progress{Delivered: 5}, b.pass(t)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"standard a1", "critical a2", "standard a3", "critical b1", "standard b2"}, b.arrived()); diff != "" {
		t.Error(diff)
	}
	if left := owed(t, b.store, false); len(left) != 0 {
		t.Errorf("%d are still owed", len(left))
	}
	if diff := cmp.Diff(outbox.Progress{}, b.pass(t)); diff != "" || len(b.arrived()) != 0 {
		t.Errorf("what was delivered is delivered again: %s", diff)
	}
	if diff := cmp.Diff(outbox.Stats{Delivered: 3}, b.relay.Stats(route.Standard)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(outbox.Stats{}, b.relay.Stats("none")); diff != "" {
		t.Error(diff)
	}
}

// TestBackoff: an event that a channel does not take is tried ever later, what
// follows it in its stream waits, and others go on.
func TestBackoff(t *testing.T) {
	b := newBench(t, func(o *outbox.Options) { o.MaxBackoff, o.DownAfter = 500*time.Millisecond, 100 })
	b.fail = func(_ string, e store.Event) error {
		if e.ID == "a1" {
			return errDown
		}
		return nil
	}
	b.append(t, "a", "standard")
	b.append(t, "a", "critical")
	b.append(t, "b", "standard")
	for attempt, wait := range []time.Duration{100, 200, 400, 500, 500} {
		progress := b.pass(t)
		if want := b.Now().Add(wait * time.Millisecond); !progress.Next.Equal(want) || progress.Failed != 1 {
			t.Fatalf("attempt %d: %+v, want the next one at %v", attempt+1, progress, want)
		}
		b.advance(wait*time.Millisecond - 1)
		if early := b.pass(t); early.Failed != 0 || !early.Next.Equal(progress.Next) {
			t.Fatalf("attempt %d: it was tried too early: %+v", attempt+1, early)
		}
		b.advance(1)
	}
	if diff := cmp.Diff([]string{"standard b1"}, b.arrived()); diff != "" {
		t.Error(diff)
	}
	left := owed(t, b.store, false)
	if len(left) != 2 || left[0].Attempts != 5 || left[0].LastError != "nobody answers" || left[1].Attempts != 0 {
		t.Errorf("owed: %+v", left)
	}
	b.fail = func(string, store.Event) error { return nil }
	b.append(t, "a", "standard")
	b.pass(t)
	if diff := cmp.Diff([]string{"standard a1", "critical a2", "standard a3"}, b.arrived()); diff != "" {
		t.Error(diff)
	}
}

// TestJitter: chance decides between half of the backoff and all of it.
func TestJitter(t *testing.T) {
	for chance, want := range map[float64]time.Duration{0: 50, 0.5: 75, 1: 100} {
		b := newBench(t, func(o *outbox.Options) { o.Rand = func() float64 { return chance } })
		b.fail = func(string, store.Event) error { return errDown }
		b.append(t, "a", "standard")
		if got := b.pass(t).Next.Sub(b.Now()); got != want*time.Millisecond {
			t.Errorf("chance %v: waits %v, want %v ms", chance, got, int64(want))
		}
	}
}

func TestDeadLetters(t *testing.T) {
	b := newBench(t, func(o *outbox.Options) { o.MaxAttempts = 3 })
	b.fail = func(_ string, e store.Event) error {
		switch e.ID {
		case "a1":
			return errors.New(strings.Repeat("x", 1000))
		case "b1":
			return fmt.Errorf("it is too large: %w", outbox.ErrRefused)
		}
		return nil
	}
	b.append(t, "a", "standard")
	b.append(t, "a", "standard")
	b.append(t, "b", "critical")
	var progress outbox.Progress
	for range 3 {
		progress = b.pass(t)
		b.advance(time.Second)
	}
	if progress.Dead != 1 || !progress.Next.IsZero() {
		t.Errorf("the last pass: %+v", progress)
	}
	if diff := cmp.Diff([]string{"standard a2"}, b.arrived()); diff != "" {
		t.Error(diff)
	}
	var dead []store.Delivery
	for d, err := range b.relay.DeadLetters(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		dead = append(dead, d)
	}
	if len(dead) != 2 || dead[0].Event.ID != "a1" || dead[0].Attempts != 3 || len(dead[0].LastError) != 500 ||
		dead[1].Event.ID != "b1" || dead[1].Attempts != 1 || dead[1].LastError != "it is too large: the channel refuses the event" {
		t.Fatalf("dead letters: %+v", dead)
	}
	if stats := b.relay.Stats(route.Critical); stats.Dead != 1 || stats.Down {
		t.Errorf("critical: %+v", stats)
	}
	b.fail = func(string, store.Event) error { return nil }
	if err := b.relay.Redrive(t.Context(), dead[0].ID, 99); fmt.Sprint(err) != "owing dead letters again: there is none with the id 99, so none is changed" {
		t.Error(err)
	}
	if err := b.relay.Redrive(t.Context(), dead[0].ID); err != nil {
		t.Fatal(err)
	}
	b.pass(t)
	if diff := cmp.Diff([]string{"standard a1"}, b.arrived()); diff != "" {
		t.Error(diff)
	}
	if left := owed(t, b.store, true); len(left) != 1 || left[0].Event.ID != "b1" {
		t.Errorf("dead letters: %+v", left)
	}
}

// TestPathDownForAMinute: with one path down everything takes the other one, with
// both down everything waits. Nothing is lost, nothing is a dead letter, the order
// of each stream is kept, and afterwards each event takes its own path again.
func TestPathDownForAMinute(t *testing.T) {
	for _, down := range [][]string{{"standard"}, {"critical"}, {"standard", "critical"}} {
		t.Run(strings.Join(down, " and "), func(t *testing.T) {
			b := newBench(t, nil)
			isDown := true
			b.fail = func(name string, _ store.Event) error {
				for _, d := range down {
					if isDown && name == d {
						return errDown
					}
				}
				return nil
			}
			for range 60 { // seconds
				for _, event := range [][2]string{{"a", "standard"}, {"a", "critical"}, {"b", "standard"}, {"c", "critical"}} {
					b.append(t, event[0], event[1])
				}
				b.pass(t)
				b.advance(time.Second)
			}
			if len(down) == 1 {
				if left := owed(t, b.store, false); len(left) > 0 {
					t.Errorf("%d of 240 wait although the other path is up", len(left))
				}
				if stats := b.relay.Stats(down[0]); !stats.Down || stats.Diverted == 0 || stats.Failed > 20 {
					t.Errorf("%s: %+v", down[0], stats)
				}
			} else if left := owed(t, b.store, false); len(left) != 240 {
				t.Errorf("%d of 240 are owed while nothing is up", len(left))
			}
			isDown = false
			for range 40 { // the longest wait is 30 s
				b.pass(t)
				b.advance(time.Second)
			}
			if left, dead := owed(t, b.store, false), owed(t, b.store, true); len(left) != 0 || len(dead) != 0 {
				t.Errorf("%d are owed and %d given up", len(left), len(dead))
			}
			for stream, count := range map[string]int{"a": 120, "b": 60, "c": 60} {
				for i, version := range b.seen[stream] {
					if version != int64(i)+1 {
						t.Fatalf("stream %s arrived as %v", stream, b.seen[stream])
					}
				}
				if len(b.seen[stream]) != count {
					t.Errorf("%d of %d events of %s arrived", len(b.seen[stream]), count, stream)
				}
			}
			b.append(t, "a", "standard")
			b.append(t, "a", "critical")
			b.append(t, "z", "standard")
			b.append(t, "z", "critical")
			b.arrived()
			b.pass(t)
			b.advance(time.Minute)
			b.append(t, "y", "standard")
			b.append(t, "y", "critical")
			b.arrived()
			b.pass(t)
			if diff := cmp.Diff([]string{"standard y1", "critical y2"}, b.arrived()); diff != "" {
				t.Errorf("the paths are not back: %s", diff)
			}
		})
	}
}

// TestOutageMakesNoDeadLetters: alone with channels that are down for a day, an
// event survives; among others that are taken, it does not.
func TestOutageMakesNoDeadLetters(t *testing.T) {
	b := newBench(t, nil)
	b.fail = func(string, store.Event) error { return errDown }
	b.append(t, "a", "critical")
	for range 24 * 60 {
		b.pass(t)
		b.advance(time.Minute)
	}
	if left := owed(t, b.store, false); len(left) != 1 || left[0].Attempts > 8 {
		t.Fatalf("owed: %+v", left)
	}
	b.fail = func(_ string, e store.Event) error {
		if e.Stream == "a" {
			return errDown
		}
		return nil
	}
	for range 20 {
		b.append(t, "b", "critical")
		b.append(t, "c", "standard")
		b.pass(t)
		b.advance(time.Minute)
	}
	if len(owed(t, b.store, true)) != 1 || len(b.seen["b"]) != 20 || len(b.seen["c"]) != 20 {
		t.Errorf("dead: %d, delivered of others: %d and %d", len(owed(t, b.store, true)), len(b.seen["b"]), len(b.seen["c"]))
	}
}

// TestWhateverFails: channels fail as chance has it, time passes, events come. Each
// stream arrives in order, an event again at most where its note was lost, and in
// the end all have arrived.
func TestWhateverFails(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		losing := &losingStore{}
		b := newBench(t, func(o *outbox.Options) {
			losing.Store = o.Store
			o.Store, o.Workers, o.MaxAttempts, o.MaxBackoff = losing, 4, 1<<30, time.Second
		})
		streams := []string{"a", "b", "c", "d", "e"}
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			for range rapid.IntRange(0, 6).Draw(rt, "events") {
				b.append(rt, rapid.SampledFrom(streams).Draw(rt, "stream"), rapid.SampledFrom([]string{"standard", "critical"}).Draw(rt, "path"))
			}
			failing := map[string]bool{}
			for _, name := range append([]string{"standard", "critical"}, streams...) {
				failing[name] = rapid.IntRange(0, 3).Draw(rt, name) == 0
			}
			b.fail = func(name string, e store.Event) error {
				if failing[name] || failing[e.Stream] {
					return errDown
				}
				return nil
			}
			losing.lose = rapid.IntRange(0, 5).Draw(rt, "lost") == 0
			if _, err := b.relay.Pass(t.Context()); (err != nil) && !losing.lose {
				rt.Fatal(err)
			}
			b.advance(time.Duration(rapid.IntRange(0, 900).Draw(rt, "ms")) * time.Millisecond)
		}
		b.fail, losing.lose = func(string, store.Event) error { return nil }, false
		for range 8 {
			b.pass(rt)
			b.advance(time.Second)
		}
		if left := len(owed(rt, b.store, false)) + len(owed(rt, b.store, true)); left > 0 {
			rt.Fatalf("%d events have not arrived", left)
		}
		if len(b.faults) > 0 {
			rt.Fatal(b.faults)
		}
		for _, stream := range streams {
			var last int64
			for _, version := range b.seen[stream] {
				if version > last+1 {
					rt.Fatalf("stream %s arrived as %v", stream, b.seen[stream])
				}
				last = max(last, version)
			}
			count := int64(0)
			for range b.store.Read(t.Context(), stream, store.ReadOptions{}) {
				count++
			}
			if last != count {
				rt.Fatalf("stream %s: %d of %d arrived", stream, last, count)
			}
		}
	})
}

// losingStore loses notes of deliveries.
type losingStore struct {
	outbox.Store
	lose bool
}

func (s *losingStore) Settle(ctx context.Context, done []int64, changed []store.Delivery) error {
	if s.lose {
		return errors.New("the disk is full")
	}
	return s.Store.Settle(ctx, done, changed)
}

// TestManyWindows: more is owed than is read at a time, and a stream that waits
// does not hold up what comes behind it.
func TestManyWindows(t *testing.T) {
	b := newBench(t, func(o *outbox.Options) { o.Workers, o.DownAfter = 8, 1<<30 })
	b.fail = func(_ string, e store.Event) error {
		if e.Stream == "stuck" {
			return errDown
		}
		return nil
	}
	var events []store.Event
	for i := range 700 {
		events = append(events, store.Event{ID: fmt.Sprintf("stuck%d", i), Type: "Noted"})
	}
	if _, err := b.store.Append(t.Context(), "stuck", store.NoStream, events); err != nil {
		t.Fatal(err)
	}
	for i := range 700 {
		b.append(t, fmt.Sprintf("s%d-", i%50), "standard")
	}
	if progress := b.pass(t); progress.Delivered != 700 || progress.Failed != 1 {
		t.Errorf("%+v", progress)
	}
	b.append(t, "s1-", "critical")
	if progress := b.pass(t); progress.Delivered != 1 || progress.Failed != 0 {
		t.Errorf("%+v", progress)
	}
	if len(b.faults) > 0 {
		t.Error(b.faults)
	}
}

// TestDeliveriesSurviveARestart: what was not noted is owed in the next process.
func TestDeliveriesSurviveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	w := newWorld()
	open := func() (*sqlite.Store, *outbox.Relay) {
		s, err := sqlite.Open(t.Context(), path, sqlite.Options{Options: store.Options{Channels: outbox.Channels}})
		if err != nil {
			t.Fatal(err)
		}
		relay, err := outbox.New(outbox.Options{Store: s, Standard: way{w, "standard"}, Critical: way{w, "critical"}})
		if err != nil {
			t.Fatal(err)
		}
		return s, relay
	}
	s, relay := open()
	for range 3 {
		appendTo(t, s, "a", "critical")
	}
	ctx, cancel := context.WithCancel(t.Context())
	w.fail = func(_ string, e store.Event) error {
		if e.ID == "a2" {
			cancel() // the process ends while a2 is on its way
			return ctx.Err()
		}
		return nil
	}
	if _, err := relay.Pass(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	w.fail = func(string, store.Event) error { return nil }
	s, relay = open()
	defer s.Close()
	if err := relay.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"critical a1", "critical a2", "critical a3"}, w.arrived()); diff != "" {
		t.Error(diff)
	}
	for _, d := range owed(t, s, false) {
		t.Errorf("still owed: %+v", d)
	}
}

// brokenStore cannot be read a number of times.
type brokenStore struct {
	outbox.Store
	times int
}

func (s *brokenStore) Deliveries(ctx context.Context, f store.DeliveryFilter) iter.Seq2[store.Delivery, error] {
	if s.times--; s.times >= 0 {
		return func(yield func(store.Delivery, error) bool) { yield(store.Delivery{}, errors.New("the disk is gone")) }
	}
	return s.Store.Deliveries(ctx, f)
}

// TestOneProbeAtATime: when a channel that is down is asked again, one delivery
// asks, and all others take the other way.
func TestOneProbeAtATime(t *testing.T) {
	b := newBench(t, func(o *outbox.Options) { o.Workers, o.DownAfter = 8, 1 })
	b.fail = func(string, store.Event) error { return errDown }
	b.append(t, "first", "standard")
	b.pass(t) // standard is down
	b.advance(time.Hour)
	for _, stream := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		b.append(t, stream, "standard")
	}
	var mu sync.Mutex
	tried := map[string]int{}
	all := make(chan struct{})
	b.fail = func(name string, _ store.Event) error {
		mu.Lock()
		tried[name]++
		if tried["standard"]+tried["critical"] == 8 {
			close(all)
		}
		mu.Unlock()
		if name == "standard" {
			<-all // nobody knows the answer before all have chosen
			return errDown
		}
		return nil
	}
	progress := b.pass(t)
	if tried["standard"] != 1 || progress.Delivered != 8 {
		t.Errorf("tried: %v, %+v", tried, progress)
	}
}
