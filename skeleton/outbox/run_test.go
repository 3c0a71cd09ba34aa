package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/outbox"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// TestRun: an event is delivered when it comes, and a failed one when it is due.
func TestRun(t *testing.T) {
	ticks := make(chan chan time.Time)
	tried := make(chan string)
	var reported []error
	b := newBench(t, func(o *outbox.Options) {
		o.Store = &brokenStore{Store: o.Store, times: 1}
		o.Wait = func(time.Duration) <-chan time.Time {
			tick := make(chan time.Time)
			ticks <- tick
			return tick
		}
		o.Report = func(err error) { reported = append(reported, err) }
	})
	down := true
	b.fail = func(_ string, e store.Event) error {
		failed := down
		down = false
		tried <- e.ID
		if failed {
			return errDown
		}
		return nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- b.relay.Run(ctx) }()
	b.advance(time.Second)
	close(<-ticks) // the store could not be read
	b.append(t, "a", "standard")
	if id := <-tried; id != "a1" {
		t.Errorf("%s was tried", id)
	}
	tick := <-ticks // it failed, and waits
	b.advance(time.Second)
	close(tick)
	if id := <-tried; id != "a1" {
		t.Errorf("%s was tried again", id)
	}
	b.append(t, "b", "critical")
	if id := <-tried; id != "b1" {
		t.Errorf("%s was tried", id)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	if len(reported) != 1 || fmt.Sprint(reported[0]) != "delivering events: the disk is gone" {
		t.Errorf("reported: %v", reported)
	}
	if diff := cmp.Diff([]string{"standard a1", "critical b1"}, b.arrived()); diff != "" {
		t.Error(diff)
	}
}

// TestRedriveWakesRun: dead letters that are owed again do not wait for an event.
func TestRedriveWakesRun(t *testing.T) {
	b := newBench(t, nil)
	b.fail = func(string, store.Event) error { return outbox.ErrRefused }
	b.append(t, "a", "standard")
	b.pass(t)
	arrived := make(chan string)
	b.fail = func(_ string, e store.Event) error { arrived <- e.ID; return nil }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- b.relay.Run(ctx) }()
	if err := b.relay.Redrive(t.Context(), owed(t, b.store, true)[0].ID); err != nil {
		t.Fatal(err)
	}
	if id := <-arrived; id != "a1" {
		t.Errorf("%s arrived", id)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestRunEndsWithTheStore(t *testing.T) {
	b := newBench(t, nil)
	ended := make(chan error)
	go func() { ended <- b.relay.Run(t.Context()) }()
	b.store.Close()
	if err := <-ended; !errors.Is(err, store.ErrClosed) {
		t.Errorf("got %v", err)
	}
	broken := newBench(t, func(o *outbox.Options) { o.Store = &brokenStore{Store: o.Store, times: 1} })
	if err := broken.relay.Run(t.Context()); fmt.Sprint(err) != "delivering events: the disk is gone" {
		t.Errorf("without Report: %v", err)
	}
}

func TestDrain(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b := newBench(t, nil)
	attempts := 0
	b.fail = func(string, store.Event) error {
		if attempts++; attempts < 3 {
			return errDown
		}
		return nil
	}
	relay, err := outbox.New(outbox.Options{
		Store: b.store, Standard: way{b.world, "standard"}, Critical: way{b.world, "critical"}, Now: b.Now,
		Wait: func(d time.Duration) <-chan time.Time {
			b.advance(d)
			tick := make(chan time.Time)
			close(tick)
			return tick
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.append(t, "a", "standard")
	if err := relay.Drain(ctx); err != nil || attempts != 3 {
		t.Errorf("after %d attempts: %v", attempts, err)
	}
	stuck := newBench(t, func(o *outbox.Options) {
		o.Wait = func(time.Duration) <-chan time.Time { cancel(); return nil }
	})
	stuck.fail = func(string, store.Event) error { return errDown }
	stuck.append(t, "a", "standard")
	if err := stuck.relay.Drain(ctx); fmt.Sprint(err) != "draining the outbox: events are left that could not be delivered yet: context canceled" {
		t.Error(err)
	}
}

// TestSlowDeliveryIsAFailure: a channel that never answers is cut off.
func TestSlowDeliveryIsAFailure(t *testing.T) {
	b := newBench(t, func(o *outbox.Options) {
		o.Timeout = time.Nanosecond
		o.Standard = hanging{}
	})
	b.append(t, "a", "standard")
	if progress := b.pass(t); progress.Failed != 1 {
		t.Errorf("%+v", progress)
	}
	if left := owed(t, b.store, false); left[0].LastError != context.DeadlineExceeded.Error() {
		t.Errorf("%+v", left)
	}
}

type hanging struct{}

func (hanging) Deliver(ctx context.Context, _ store.Event) error {
	<-ctx.Done()
	return ctx.Err()
}
