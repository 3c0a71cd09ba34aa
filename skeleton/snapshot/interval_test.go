package snapshot_test

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/snapshot"
	"github.com/nexus-blueprint/nexus/skeleton/snapshot/memory"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

// still is a clock that stands.
func still() time.Time { return time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC) }

func TestBlueprintInterval(t *testing.T) {
	for _, test := range []struct {
		n, c float64
		want int
	}{
		{0, 1, 10}, {9, 1, 10}, {50, 1, 50}, {99.4, 1, 99}, {10_000, 1, 100},
		{400, 8, 50}, {400, 1000, 10}, {400, 0, 100}, {400, -1, 100}, {1e300, 1e-300, 100},
	} {
		if got := snapshot.BlueprintInterval(test.n, test.c); got != test.want {
			t.Errorf("BlueprintInterval(%v, %v) is %d, want %d", test.n, test.c, got, test.want)
		}
	}
}

func TestOptimalInterval(t *testing.T) {
	for _, test := range []struct {
		save, fold, writesPerRead float64
		want                      int
	}{
		{200, 10, 1, 6}, {200, 10, 100, 63}, {200, 10, 0.01, 1}, {0, 10, 1, 1}, {200, 0, 1, 1000}, {1e12, 1, 1, 1000}, {200, 10, 0, 1},
	} {
		if got := snapshot.OptimalInterval(test.save, test.fold, test.writesPerRead); got != test.want {
			t.Errorf("OptimalInterval(%v, %v, %v) is %d, want %d", test.save, test.fold, test.writesPerRead, got, test.want)
		}
	}
}

// No other interval is cheaper by more than what rounding it costs.
func TestOptimalIntervalIsOptimal(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		save := rapid.Float64Range(1, 1e6).Draw(rt, "save")
		fold := rapid.Float64Range(0.1, 1e3).Draw(rt, "fold")
		ratio := rapid.Float64Range(0.01, 100).Draw(rt, "writes per read")
		cost := func(interval int) float64 { return fold*float64(interval)/2 + ratio*save/float64(interval) }
		best := snapshot.OptimalInterval(save, fold, ratio)
		other := rapid.IntRange(1, 1000).Draw(rt, "other")
		if cost(other) < cost(best)*(1-1e-9) && math.Abs(float64(other-best)) > 1 {
			rt.Fatalf("every %d events costs %v, every %d costs %v", best, cost(best), other, cost(other))
		}
	})
}

// The measured policy finds the interval that the true costs ask for, when a fake
// clock says what everything takes.
func TestMeasuredFindsTheOptimum(t *testing.T) {
	for _, test := range []struct {
		fold, save time.Duration
		writes     int // per read
	}{
		{fold: 10 * time.Microsecond, save: 2 * time.Millisecond, writes: 1},
		{fold: time.Microsecond, save: time.Millisecond, writes: 4},
		{fold: 100 * time.Microsecond, save: time.Millisecond, writes: 2},
	} {
		t.Run(fmt.Sprintf("%v/%v/%d", test.fold, test.save, test.writes), func(t *testing.T) {
			var clock atomic.Int64
			now := func() time.Time { return time.Unix(0, clock.Load()) }
			a := tallies()
			apply := a.Apply
			a.Apply = func(s tally, e store.Event) (tally, error) {
				clock.Add(int64(test.fold))
				return apply(s, e)
			}
			events := newEvents()
			l := newLoader(t, a, events, dear{memory.New(), &clock, test.save}, snapshot.Options{Now: now})
			for range 600 {
				fill(t, events, "s", test.writes)
				l.Wrote(test.writes)
				if _, err := l.Load(t.Context(), "s", snapshot.Until{}); err != nil {
					t.Fatal(err)
				}
			}
			want := snapshot.OptimalInterval(float64(test.save), float64(test.fold), float64(test.writes))
			got := l.Stats().Costs
			if math.Abs(float64(got.Interval-want)) > 0.25*float64(want)+1 {
				t.Errorf("interval %d, want about %d: %+v", got.Interval, want, got)
			}
		})
	}
}

// dear is a store whose Save takes a while.
type dear struct {
	*memory.Store
	clock *atomic.Int64
	save  time.Duration
}

func (d dear) Save(ctx context.Context, s snapshot.Snapshot, keep int) error {
	d.clock.Add(int64(d.save))
	return d.Store.Save(ctx, s, keep)
}

// Snapshots are not taken where loading one would cost more than folding.
func TestShortStreamsHaveNone(t *testing.T) {
	var clock atomic.Int64
	now := func() time.Time { return time.Unix(0, clock.Load()) }
	a := tallies()
	apply := a.Apply
	a.Apply = func(s tally, e store.Event) (tally, error) {
		clock.Add(int64(time.Microsecond))
		return apply(s, e)
	}
	events, snapshots := newEvents(), memory.New()
	l := newLoader(t, a, events, snapshots, snapshot.Options{Now: now})
	var before int64
	for i := range 500 {
		if i == 250 { // by then it has measured enough
			before = l.Stats().Taken
		}
		stream := fmt.Sprint("s", i)
		fill(t, events, stream, 3+i%9)
		if _, err := l.Load(t.Context(), stream, snapshot.Until{}); err != nil {
			t.Fatal(err)
		}
	}
	if stats := l.Stats(); stats.Taken > before {
		t.Errorf("%d snapshots of streams of up to 11 events: %+v", stats.Taken-before, stats.Costs)
	}
}

func TestPolicyString(t *testing.T) {
	for want, p := range map[string]snapshot.Policy{"measured": snapshot.Measured, "blueprint": snapshot.Blueprint, "never": snapshot.Never, "unknown": 7} {
		if got := p.String(); got != want {
			t.Errorf("%d is %q, want %q", int(p), got, want)
		}
	}
}
