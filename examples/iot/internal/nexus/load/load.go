// Package load puts a system under load and says how it held: how much it did a
// second, and how long things took.
//
//	report, err := load.Run(ctx, load.Options{
//		Writers:  16,
//		Duration: time.Minute,
//		Do: func(ctx context.Context, call load.Call) load.Outcome {
//			_, err := append(ctx, call.Writer, call.Number)
//			return load.Outcome{Events: 1, Err: err}
//		},
//	})
//	report.Write(os.Stdout)
//
// Without Options.Rate each writer begins its next call when the last one has
// ended: the most that so many writers can get. With it calls begin at fixed
// moments, and a call is timed from the moment at which it was due: a system that
// stalls cannot hide it by keeping its writers from asking.
package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"example.com/iot/internal/nexus/telemetry/latency"
)

// Options say what to do, how often and for how long.
type Options struct {
	Writers  int           // that call at the same time
	Duration time.Duration // calls begin until then, and those that have begun are awaited
	// Calls ends the run after so many calls of all writers together, however long they
	// take; 0 is no such end. Without a Duration it is the only one.
	Calls  int
	Warmup time.Duration // before Duration: calls of this time are not counted, nor are they of Calls
	// Rate is how many calls a second all writers together begin; 0 is as many as
	// they can.
	Rate float64
	// Do is one call. Many writers call it at the same time.
	Do func(context.Context, Call) Outcome
	// Kind names an error in the report; nil is Cause. Errors should have few kinds:
	// only the first hundred are told apart.
	Kind func(error) string

	Now   func() time.Time                           // nil is time.Now
	Sleep func(context.Context, time.Duration) error // nil waits for the time, or for the context
}

// Call says which call it is, so that the writers can work on different things.
type Call struct {
	Writer int // from 0
	Number int // of this writer, from 0
}

// Outcome is what a call achieved.
type Outcome struct {
	Events int // that it stored
	Err    error
}

// Run does what o says until the duration is over. The error says what is wrong
// with o, or that ctx ended before; the report is of what was done until then.
func Run(ctx context.Context, o Options) (Report, error) {
	if err := o.check(); err != nil {
		return Report{}, err
	}
	o = o.withDefaults()
	begin := o.Now().Add(o.Warmup)
	tallies := make([]*tally, o.Writers)
	var left atomic.Int64
	left.Store(int64(o.Calls))
	var writers sync.WaitGroup
	for i := range tallies {
		w := &writer{Options: o, index: i, begin: begin, left: &left, tally: newTally()}
		tallies[i] = w.tally
		writers.Go(func() { w.run(ctx) })
	}
	writers.Wait()
	report := newReport(o, o.Now().Sub(begin), tallies)
	if err := ctx.Err(); err != nil {
		return report, fmt.Errorf("stopped after %v and %d calls: %w", report.Elapsed.Round(time.Millisecond), report.Calls, err)
	}
	return report, nil
}

func (o Options) check() error {
	switch {
	case o.Do == nil:
		return errors.New("there is nothing to do: set Do")
	case o.Writers < 1:
		return fmt.Errorf("%d writers: at least 1 is needed", o.Writers)
	case o.Calls < 0:
		return fmt.Errorf("%d calls: it cannot be negative", o.Calls)
	case o.Duration < 0, o.Duration == 0 && o.Calls == 0:
		return fmt.Errorf("a duration of %v: it must be longer than 0, or Calls must say when to end", o.Duration)
	case o.Warmup < 0:
		return fmt.Errorf("a warm-up of %v: it cannot be negative", o.Warmup)
	case !(o.Rate >= 0 && o.Rate <= 1e9):
		return fmt.Errorf("a rate of %v calls a second: it must be from 0, which is no limit, to 1e9", o.Rate)
	}
	return nil
}

func (o Options) withDefaults() Options {
	if o.Kind == nil {
		o.Kind = Cause
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	return o
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A writer makes one call after the other.
type writer struct {
	Options
	index int
	begin time.Time     // of what is counted
	left  *atomic.Int64 // how many calls all writers may still begin, with Calls
	*tally
}

func (w *writer) run(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		due, ok := w.await(ctx, n)
		if !ok || !w.take(due) {
			return
		}
		outcome := w.Do(ctx, Call{Writer: w.index, Number: n})
		ended := w.Now()
		if ctx.Err() == nil && !due.Before(w.begin) {
			w.count(ended.Sub(due), ended.Sub(w.begin), outcome, w.Kind)
		}
	}
}

// take takes a call that is due out of those that are left.
func (w *writer) take(due time.Time) bool {
	return w.Calls == 0 || due.Before(w.begin) || w.left.Add(-1) >= 0
}

// over reports whether no call begins at a moment any more.
func (w *writer) over(at time.Time) bool {
	return w.Duration > 0 && !at.Before(w.begin.Add(w.Duration))
}

// await returns when call n is due, and at which moment it was; not ok is that
// the time is over.
func (w *writer) await(ctx context.Context, n int) (due time.Time, ok bool) {
	now := w.Now()
	if w.Rate == 0 {
		return now, !w.over(now)
	}
	turn := float64(n)*float64(w.Writers) + float64(w.index)
	due = w.begin.Add(-w.Warmup).Add(time.Duration(turn / w.Rate * float64(time.Second)))
	if w.over(due) {
		return due, false
	}
	if wait := due.Sub(now); wait > 0 {
		return due, w.Sleep(ctx, wait) == nil
	}
	return due, true
}

// maxKinds bounds how many kinds of errors are told apart.
const maxKinds = 100

// otherErrors counts the errors of all further kinds.
const otherErrors = "other errors"

// A tally is what one writer counted.
type tally struct {
	calls   int
	events  int
	errors  map[string]int
	latency latency.Histogram // of the calls that succeeded
	seconds []int             // events by the second in which they were stored
}

func newTally() *tally { return &tally{errors: map[string]int{}} }

func (t *tally) count(took, since time.Duration, outcome Outcome, kind func(error) string) {
	t.calls++
	t.events += outcome.Events
	second := int(since / time.Second)
	for len(t.seconds) <= second {
		t.seconds = append(t.seconds, 0)
	}
	t.seconds[second] += outcome.Events
	if outcome.Err == nil {
		t.latency.Record(took)
		return
	}
	name := kind(outcome.Err)
	if _, known := t.errors[name]; !known && len(t.errors) >= maxKinds {
		name = otherErrors
	}
	t.errors[name]++
}
