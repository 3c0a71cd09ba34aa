package projection_test

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/projection"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// Whatever is delivered how often, in whichever batches, the model is the sum of
// the events up to its checkpoint.
func TestRedeliveryIsIdempotent(t *testing.T) {
	events := newEvents()
	fill(t, events, 120)
	list := all(t, events)
	dir := t.TempDir()
	for _, kind := range []string{"memory", "sqlite"} {
		t.Run(kind, func(t *testing.T) {
			file, files := inFile(t, dir, definition())
			rapid.Check(t, func(rt *rapid.T) {
				subject := inMemory()
				if kind == "sqlite" {
					fresh, err := files.Fresh(t.Context())
					if err != nil {
						rt.Fatal(err)
					}
					old, err := files.Swap(t.Context(), fresh)
					if err != nil {
						rt.Fatal(err)
					}
					if err := files.Discard(old); err != nil {
						rt.Fatal(err)
					}
					subject = file
				}
				for range rapid.IntRange(1, 12).Draw(rt, "deliveries") {
					_, at := subject.read(t)
					from := rapid.Int64Range(0, at.Position).Draw(rt, "from")
					to := rapid.Int64Range(from, min(120, at.Position+40)).Draw(rt, "to")
					if to == 0 {
						continue
					}
					ctx, cancel := context.WithCancel(t.Context())
					if rapid.IntRange(0, 5).Draw(rt, "crash") == 0 {
						cancel()
					}
					err := subject.Apply(ctx, list[from:to], projection.After(list[to-1]))
					if ctx.Err() == nil && err != nil {
						rt.Fatal(err)
					}
					cancel()
					seen, now := subject.read(t)
					if want := at.Position; err == nil && now.Position != max(want, to) || err != nil && now.Position != want {
						rt.Fatalf("checkpoint %d after (%d,%d] on %d (%v)", now.Position, from, to, want, err)
					}
					if diff := cmp.Diff(sum(list[:now.Position]), seen); diff != "" {
						rt.Fatalf("at %d (-want +got):\n%s", now.Position, diff)
					}
				}
			})
		})
	}
}

func TestRunFollowsTheEvents(t *testing.T) {
	for name, subject := range subjects(t) {
		t.Run(name, func(t *testing.T) {
			events := newEvents()
			fill(t, events, 100)
			p := projection.New("totals", events, subject, projection.Options{Batch: 7})
			if s := status(t, p); s.State != projection.NotStarted || s.Lag != 100 {
				t.Errorf("before it starts: %+v", s)
			}
			stop := start(t, p)
			await(t, p, 100)
			last := fill(t, events, 33)
			await(t, p, last)
			seen, at := subject.read(t)
			list := all(t, events)
			if diff := cmp.Diff(sum(list), seen); diff != "" || at.Position != 133 {
				t.Errorf("at %d (-want +got):\n%s", at.Position, diff)
			}
			want := projection.Status{Name: "totals", State: projection.Running, Position: 133, Recorded: list[132].Recorded, Last: 133}
			if diff := cmp.Diff(want, status(t, p)); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			if err := p.Run(t.Context()); !errors.Is(err, projection.ErrRunning) {
				t.Errorf("running it twice: %v", err)
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
			if s := status(t, p); s.State != projection.Stopped || s.Error != "" {
				t.Errorf("after it ended: %+v", s)
			}
			fill(t, events, 5)
			start(t, p)
			for status(t, p).State == projection.Stopped {
				runtime.Gosched()
			}
			await(t, p, 138)
		})
	}
}

// A projection goes on from its checkpoint in another process.
func TestReopen(t *testing.T) {
	events, dir := newEvents(), t.TempDir()
	fill(t, events, 50)
	for range 3 {
		subject, model := inFile(t, dir, definition())
		p := projection.New("totals", events, subject, projection.Options{})
		stop := start(t, p)
		await(t, p, fill(t, events, 10))
		seen, _ := subject.read(t)
		if diff := cmp.Diff(sum(all(t, events)), seen); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if err := errors.Join(stop(), model.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPoisonEvents(t *testing.T) {
	for name, subject := range subjects(t) {
		t.Run(name, func(t *testing.T) {
			events := newEvents()
			fill(t, events, 10)
			appendEvent(t, events, "Broken", "bad", "s0", 1)
			fill(t, events, 3)
			appendEvent(t, events, "Panics", "worse", "s1", 1)
			fill(t, events, 3)
			p := projection.New("totals", events, subject, projection.Options{})
			err := p.Run(t.Context())
			bad, ok := errors.AsType[*projection.EventError](err)
			if want := `running projection "totals": event "bad" (Broken, stream "s0", version 5, position 11): no such account: correct the code that handles it, or skip its id to go on without it`; !ok || err.Error() != want || bad.ID != "bad" {
				t.Errorf("got error %v,\nwant %s", err, want)
			}
			if seen, at := subject.read(t); at.Position != 10 || !cmp.Equal(seen, sum(all(t, events)[:10])) {
				t.Errorf("what came before is not kept: %v at %d", seen, at.Position)
			}
			s := status(t, p)
			if s.State != projection.Stopped || s.Lag != 8 || s.Error != err.Error() {
				t.Errorf("status %+v", s)
			}
			p = projection.New("totals", events, subject, projection.Options{Skip: []string{"bad"}})
			err = p.Run(t.Context())
			if err == nil || !strings.Contains(err.Error(), `event "worse"`) || !strings.Contains(err.Error(), "panic: index out of range") {
				t.Errorf("got error %v", err)
			}
			p = projection.New("totals", events, subject, projection.Options{Skip: []string{"bad", "worse"}})
			start(t, p)
			await(t, p, 18)
			seen, _ := subject.read(t)
			if diff := cmp.Diff(sum(all(t, events)), seen); diff != "" || status(t, p).Skipped != 1 {
				t.Errorf("skipped %d (-want +got):\n%s", status(t, p).Skipped, diff)
			}
		})
	}
}

// A skipped event at the end of a batch moves the checkpoint too.
func TestSkipAtTheEnd(t *testing.T) {
	for name, subject := range subjects(t) {
		t.Run(name, func(t *testing.T) {
			events := newEvents()
			appendEvent(t, events, "Broken", "bad", "s0", 1)
			p := projection.New("totals", events, subject, projection.Options{Skip: []string{"bad"}})
			start(t, p)
			await(t, p, 1)
			if _, at := subject.read(t); at.Position != 1 {
				t.Errorf("checkpoint %d", at.Position)
			}
		})
	}
}

// spoilt is a source of which one event is lost, or that fails.
type spoilt struct {
	store.Store
	lost int64
	err  error
}

func (s spoilt) ReadAll(ctx context.Context, after int64, limit int) iter.Seq2[store.Event, error] {
	return func(yield func(store.Event, error) bool) {
		for event, err := range s.Store.ReadAll(ctx, after, limit) {
			if event.Position == s.lost {
				if s.err == nil {
					continue
				}
				yield(store.Event{}, s.err)
				return
			}
			if !yield(event, err) {
				return
			}
		}
	}
}

func TestRunFails(t *testing.T) {
	errDisk := errors.New("the disk failed")
	for want, source := range map[string]spoilt{
		`running projection "totals": the event after position 4 has position 6: the store has a gap, restore it from a backup`: {lost: 5},
		`running projection "totals": the disk failed`: {lost: 5, err: errDisk},
	} {
		source.Store = newEvents()
		fill(t, source.Store, 9)
		p := projection.New("totals", source, inMemory(), projection.Options{})
		if err := p.Run(t.Context()); err == nil || err.Error() != want {
			t.Errorf("got error %v, want %s", err, want)
		}
	}
	closed := newEvents()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	p := projection.New("totals", closed, inMemory(), projection.Options{})
	if err := p.Run(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("a closed source: %v", err)
	}
	if _, err := p.Status(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("the status of one: %v", err)
	}
}

func TestHandleKnowsWhoIsToBlame(t *testing.T) {
	event := store.Event{ID: "e", Type: "T", Stream: "s", Version: 1, Position: 2, Recorded: time.Unix(0, 0)}
	if err := projection.Handle(t.Context(), event, func() error { return nil }); err != nil {
		t.Error(err)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	err := projection.Handle(done, event, func() error { return errors.New("interrupted") })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v", err)
	}
	cause := errors.New("cause")
	if err := projection.Handle(t.Context(), event, func() error { return cause }); !errors.Is(err, cause) {
		t.Errorf("got error %v", err)
	}
}
