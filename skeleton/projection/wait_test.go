package projection_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/projection"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// held is a model that applies nothing until it is let.
type held struct {
	subject
	let chan struct{}
}

func (h held) Apply(ctx context.Context, events []store.Event, to projection.Checkpoint) error {
	select {
	case <-h.let:
		return h.subject.Apply(ctx, events, to)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// The clock of these tests stands until everybody waits, then jumps.
func TestWaitForVersion(t *testing.T) {
	for _, test := range []struct {
		name    string
		wait    projection.Wait
		before  func(t *testing.T, p *projection.Projection, h held)
		want    projection.Answer
		err     error
		elapsed time.Duration
	}{
		{
			name: "in time", before: running(func(h held) { close(h.let) }),
			want: projection.Answer{Position: 2},
		},
		{
			name: "by default it is an error after 50 ms", before: running(nil),
			err: projection.ErrTimeout, elapsed: 50 * time.Millisecond,
		},
		{
			name: "another timeout", wait: projection.Wait{Timeout: time.Second}, before: running(nil),
			err: projection.ErrTimeout, elapsed: time.Second,
		},
		{
			name: "stale", wait: projection.Wait{OnTimeout: projection.Stale}, before: running(nil),
			want: projection.Answer{Stale: true}, elapsed: 50 * time.Millisecond,
		},
		{
			name: "no waiting", wait: projection.Wait{Timeout: -1, OnTimeout: projection.Stale}, before: running(nil),
			want: projection.Answer{Stale: true},
		},
		{
			name:   "just in time",
			before: running(func(h held) { time.AfterFunc(49*time.Millisecond, func() { close(h.let) }) }),
			want:   projection.Answer{Position: 2}, elapsed: 49 * time.Millisecond,
		},
		{
			name: "not started is no answer", wait: projection.Wait{OnTimeout: projection.Stale},
			before: func(*testing.T, *projection.Projection, held) {},
			err:    projection.ErrNotStarted, elapsed: 50 * time.Millisecond,
		},
		{
			name: "stopped is not waited for",
			before: func(t *testing.T, p *projection.Projection, _ held) {
				stop := start(t, p)
				synctest.Wait()
				_ = stop()
			},
			err: projection.ErrStopped,
		},
		{
			name: "stopped and stale", wait: projection.Wait{OnTimeout: projection.Stale},
			before: func(t *testing.T, p *projection.Projection, _ held) {
				stop := start(t, p)
				synctest.Wait()
				_ = stop()
			},
			want: projection.Answer{Stale: true},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				events := newEvents()
				fill(t, events, 2)
				h := held{inMemory(), make(chan struct{})}
				p := projection.New("totals", events, h, projection.Options{})
				test.before(t, p, h)
				began := time.Now()
				got, err := p.WaitForVersion(t.Context(), 2, test.wait)
				if diff := cmp.Diff(test.want, got); diff != "" || !errors.Is(err, test.err) {
					t.Errorf("got error %v, want %v; answer (-want +got):\n%s", err, test.err, diff)
				}
				if elapsed := time.Since(began); elapsed != test.elapsed {
					t.Errorf("it took %v, want %v", elapsed, test.elapsed)
				}
			})
		})
	}
}

func running(then func(held)) func(*testing.T, *projection.Projection, held) {
	return func(t *testing.T, p *projection.Projection, h held) {
		start(t, p)
		synctest.Wait()
		if then != nil {
			then(h)
		}
	}
}

// Whoever waits before the projection is started is answered when it is.
func TestWaitForStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := newEvents()
		p := projection.New("totals", events, inMemory(), projection.Options{})
		time.AfterFunc(30*time.Millisecond, func() { start(t, p) })
		began := time.Now()
		if answer, err := p.WaitForVersion(t.Context(), 0, projection.Wait{}); err != nil || answer.Stale || time.Since(began) != 30*time.Millisecond {
			t.Errorf("answer %+v, %v after %v", answer, err, time.Since(began))
		}
	})
}

func TestWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := newEvents()
		appendEvent(t, events, "Added", "a", "s", 1)
		appendEvent(t, events, "Broken", "b", "s", 1)
		p := projection.New("totals", events, inMemory(), projection.Options{})
		start(t, p)
		_, err := p.WaitForVersion(t.Context(), 2, projection.Wait{Timeout: time.Hour})
		if !errors.Is(err, projection.ErrStopped) || !strings.Contains(err.Error(), "no such account") || !strings.HasSuffix(err.Error(), "it is at position 1") {
			t.Errorf("a projection that stops meanwhile: %v", err)
		}
		// What it has seen, it has.
		if answer, err := p.WaitForVersion(t.Context(), 1, projection.Wait{}); err != nil || answer.Position != 1 {
			t.Errorf("answer %+v, %v", answer, err)
		}
		began := time.Now()
		if _, err := p.WaitForVersion(t.Context(), 3, projection.Wait{}); !errors.Is(err, projection.ErrAhead) || time.Since(began) > 0 {
			t.Errorf("a position that was made up: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		p = projection.New("totals", events, inMemory(), projection.Options{})
		time.AfterFunc(time.Millisecond, cancel)
		if _, err := p.WaitForVersion(ctx, 1, projection.Wait{}); !errors.Is(err, context.Canceled) {
			t.Errorf("a context that ends: %v", err)
		}
	})
}

func TestToken(t *testing.T) {
	for _, text := range []string{"", "-1", "+1", "01", "1 ", "0x1", "1e3", "9223372036854775808", strings.Repeat("9", 1000), "١"} {
		if position, err := projection.ParseToken(text); err == nil {
			t.Errorf("%.30q is read as %d", text, position)
		} else if len(err.Error()) > 120 {
			t.Errorf("a long error: %v", err)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add("0")
	f.Add("42")
	f.Add("9223372036854775807")
	f.Fuzz(func(t *testing.T, text string) {
		position, err := projection.ParseToken(text)
		if err == nil && (position < 0 || projection.Token(position) != text) {
			t.Errorf("%q is read as %d", text, position)
		}
	})
}

// Events that follow others come together, until somebody waits for one of them.
func TestEventsComeTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := newEvents()
		handled := &batches{Model: inMemory().Model}
		p := projection.New("totals", events, handled, projection.Options{Gather: time.Hour, Batch: 50})
		stop := start(t, p)
		fill(t, events, 1)
		synctest.Wait() // the first is handled at once
		fill(t, events, 30)
		synctest.Wait()
		if s := status(t, p); s.Position != 1 {
			t.Errorf("events that follow closely were handled up to %d before the moment was over", s.Position)
		}
		await(t, p, 20) // and takes all that there are
		fill(t, events, 9)
		time.Sleep(time.Hour)
		synctest.Wait()
		fill(t, events, 120) // full batches do not rest
		time.Sleep(time.Hour)
		synctest.Wait()
		if diff := cmp.Diff([]int{1, 30, 9, 50, 50, 20}, handled.sizes); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
		fill(t, events, 1)
		if err := stop(); err != nil { // while it rests
			t.Error(err)
		}
	})
}

// batches notes how many events are handled together.
type batches struct {
	projection.Model
	sizes []int
}

func (b *batches) Apply(ctx context.Context, events []store.Event, to projection.Checkpoint) error {
	b.sizes = append(b.sizes, len(events))
	return b.Model.Apply(ctx, events, to)
}
