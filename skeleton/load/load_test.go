package load_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/load"
)

// Four writers whose calls take 10 ms in a clock of their own.
func TestRunCountsWhatWritersDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		report, err := load.Run(t.Context(), load.Options{
			Writers: 4, Duration: 2 * time.Second, Warmup: time.Second,
			Do: func(_ context.Context, call load.Call) load.Outcome {
				time.Sleep(10 * time.Millisecond)
				if call.Writer == 0 && call.Number%100 == 0 {
					return load.Outcome{Err: errors.New("the hundredth")}
				}
				return load.Outcome{Events: 2}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ten := 10 * time.Millisecond
		want := load.Report{
			Writers: 4, Elapsed: 2 * time.Second, Calls: 800, Events: 1596, Slowest: 790,
			Errors:  []load.Count{{Name: "the hundredth", Count: 2}},
			Latency: load.Latency{P50: ten, P90: ten, P99: ten, P999: ten, Max: ten, Mean: ten},
		}
		if diff := cmp.Diff(want, report); diff != "" {
			t.Errorf("report (-want +got):\n%s", diff)
		}
	})
}

// A system that stalls for a second once: who asks again only when it was
// answered sees one slow call, who asks at fixed moments sees all that waited.
func TestRateTimesCallsFromWhenTheyWereDue(t *testing.T) {
	run := func(rate float64) load.Report {
		var report load.Report
		synctest.Test(t, func(t *testing.T) {
			var err error
			report, err = load.Run(t.Context(), load.Options{
				Writers: 1, Duration: 10 * time.Second, Rate: rate,
				Do: func(_ context.Context, call load.Call) load.Outcome {
					if call.Number == 100 {
						time.Sleep(time.Second)
					}
					time.Sleep(time.Millisecond)
					return load.Outcome{Events: 1}
				},
			})
			if err != nil {
				t.Fatal(err)
			}
		})
		return report
	}
	if p99 := run(0).Latency.P99; p99 > 2*time.Millisecond {
		t.Errorf("without a rate the p99 is %v, want about 1ms", p99)
	}
	open := run(100)
	if open.Calls != 1000 {
		t.Errorf("100 calls a second for 10 s are %d, want 1000", open.Calls)
	}
	if p99 := open.Latency.P99; p99 < 500*time.Millisecond {
		t.Errorf("with a rate the p99 is %v: the stall is hidden", p99)
	}
}

func TestRunRefusesWhatItCannotDo(t *testing.T) {
	do := func(context.Context, load.Call) load.Outcome { return load.Outcome{} }
	for want, o := range map[string]load.Options{
		"nothing to do":   {Writers: 1, Duration: 1},
		"0 writers":       {Duration: 1, Do: do},
		"a duration":      {Writers: 1, Do: do},
		"a warm-up":       {Writers: 1, Duration: 1, Warmup: -1, Do: do},
		"a rate of -1":    {Writers: 1, Duration: 1, Rate: -1, Do: do},
		"a rate of 2e+09": {Writers: 1, Duration: 1, Rate: 2e9, Do: do},
		"-1 calls":        {Writers: 1, Duration: 1, Calls: -1, Do: do},
	} {
		if _, err := load.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want one about %q", o, err, want)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, rate := range []float64{0, 10} {
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			report, err := load.Run(ctx, load.Options{
				Writers: 2, Duration: time.Hour, Rate: rate,
				Do: func(ctx context.Context, _ load.Call) load.Outcome {
					time.Sleep(100 * time.Millisecond)
					return load.Outcome{Events: 1, Err: ctx.Err()}
				},
			})
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || report.Events == 0 || report.Failed() != 0 {
				t.Errorf("rate %g: error %v, %d events, %d failed; want the context's error, and only calls that were not cut off", rate, err, report.Events, report.Failed())
			}
		}
	})
}

// A run that ends by count makes exactly so many calls, on a machine of any speed.
func TestRunEndsAfterItsCalls(t *testing.T) {
	for name, o := range map[string]load.Options{
		"alone":               {Calls: 100},
		"before the duration": {Calls: 100, Duration: time.Hour},
		"at a rate":           {Calls: 100, Rate: 10},
		"after a warm-up":     {Calls: 100, Warmup: time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			o.Writers = 3
			o.Do = func(_ context.Context, call load.Call) load.Outcome {
				time.Sleep(time.Duration(1+call.Writer) * time.Second)
				return load.Outcome{Events: 1}
			}
			report, err := load.Run(t.Context(), o)
			if err != nil || report.Calls != 100 || report.Events != 100 {
				t.Errorf("%s: %d calls, %d events, %v; want 100", name, report.Calls, report.Events, err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		report, err := load.Run(t.Context(), load.Options{Writers: 2, Calls: 1000, Duration: 3 * time.Second, Do: func(context.Context, load.Call) load.Outcome {
			time.Sleep(time.Second)
			return load.Outcome{Events: 1}
		}})
		if err != nil || report.Calls != 6 {
			t.Errorf("with a duration that is over first: %d calls, %v; want 6", report.Calls, err)
		}
	})
}

// A system that is down refuses at once: that does not make it fast.
func TestLatencyIsOfCallsThatSucceed(t *testing.T) {
	run := func(fails func(load.Call) bool) (report load.Report) {
		synctest.Test(t, func(t *testing.T) {
			var err error
			report, err = load.Run(t.Context(), load.Options{Writers: 2, Calls: 100, Do: func(_ context.Context, call load.Call) load.Outcome {
				if fails(call) {
					time.Sleep(time.Microsecond)
					return load.Outcome{Err: errors.New("down")}
				}
				time.Sleep(10 * time.Millisecond)
				return load.Outcome{Events: 1}
			}})
			if err != nil {
				t.Fatal(err)
			}
		})
		return report
	}
	most := run(func(call load.Call) bool { return call.Number%5 != 0 })
	if most.Failed() < 50 || most.Latency.P50 < 9*time.Millisecond || most.Latency.Mean < 9*time.Millisecond {
		t.Errorf("%d calls failed, and the others took %+v; want 10ms each", most.Failed(), most.Latency)
	}
	all := run(func(load.Call) bool { return true })
	var table bytes.Buffer
	if err := all.Write(&table); err != nil {
		t.Fatal(err)
	}
	if all.Latency != (load.Latency{}) || !strings.Contains(table.String(), "p99         -\n") {
		t.Errorf("where no call succeeded the latency is %+v:\n%s", all.Latency, table.String())
	}
	if err := all.Check(load.Bar{P99: time.Hour, MaxFailed: 100}); err == nil {
		t.Error("where no call succeeded a bar for the p99 is reached")
	}
}

func TestErrorsOfManyKindsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		report, err := load.Run(t.Context(), load.Options{
			Writers: 1, Duration: time.Second,
			Do: func(_ context.Context, call load.Call) load.Outcome {
				time.Sleep(time.Millisecond)
				return load.Outcome{Err: fmt.Errorf("call %d", call.Number)}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Errors) != 101 || report.Errors[0] != (load.Count{Name: "other errors", Count: 900}) || report.Failed() != 1000 {
			t.Errorf("%d kinds, first %v, %d in all; want 101, 900 other errors, 1000", len(report.Errors), report.Errors[0], report.Failed())
		}
	})
}

// Whatever the writers do, the report adds up, and percentiles are in order.
func TestReportAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		writers := rapid.IntRange(1, 5).Draw(t, "writers")
		took := rapid.SliceOfN(rapid.IntRange(1, 5000), 1, 20).Draw(t, "milliseconds")
		var mu sync.Mutex
		clock := time.Unix(0, 0)
		events := 0
		now := func() time.Time { mu.Lock(); defer mu.Unlock(); return clock }
		report, err := load.Run(context.Background(), load.Options{
			Writers: writers, Duration: 20 * time.Second, Now: now,
			Do: func(_ context.Context, call load.Call) load.Outcome {
				mu.Lock()
				defer mu.Unlock()
				clock = clock.Add(time.Duration(took[call.Number%len(took)]) * time.Millisecond)
				events += call.Number % 3
				return load.Outcome{Events: call.Number % 3}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		l := report.Latency
		if report.Events != events || report.Calls == 0 || report.Elapsed < 20*time.Second {
			t.Fatalf("report of %d events, %d calls, %v; want %d events", report.Events, report.Calls, report.Elapsed, events)
		}
		if !(0 < l.P50 && l.P50 <= l.P90 && l.P90 <= l.P99 && l.P99 <= l.P999 && l.P999 <= l.Max) {
			t.Fatalf("percentiles are out of order: %+v", l)
		}
	})
}

func TestReportIsATable(t *testing.T) {
	report := load.Report{
		Name: "all on", Writers: 16, Elapsed: time.Minute, Calls: 301, Events: 300, Slowest: 3,
		Errors:  []load.Count{{Name: "a\nline", Count: 1}},
		Latency: load.Latency{P50: 1234567, P90: 23456789, P99: 345678901, P999: 4567890123, Max: 5 * time.Second},
	}
	var got bytes.Buffer
	if err := report.Write(&got); err != nil {
		t.Fatal(err)
	}
	want := `writers     16
elapsed     1m0s
calls       301, of which 1 failed
events      300
events/s    5, 3 in the slowest second
events/min  300
p50         1.23ms
p90         23.5ms
p99         346ms
p99.9       4.57s
longest     5s
error       1 × a line
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestCompareSaysWhatEachRunCosts(t *testing.T) {
	store := load.Report{Name: "store", Elapsed: time.Minute, Events: 400}
	gate := load.Report{Name: "store and gate", Elapsed: time.Minute, Events: 300, Latency: load.Latency{P99: time.Millisecond}}
	var got bytes.Buffer
	if err := load.Compare(&got, store, gate); err != nil {
		t.Fatal(err)
	}
	want := `run             events/min  cost    p50  p99  longest  failed
store           400         0.0 %   0s   0s   0s       0
store and gate  300         25.0 %  0s   1ms  0s       0
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestCheckSaysAllThatIsMissed(t *testing.T) {
	good := load.Report{Elapsed: time.Minute, Calls: 100, Events: 100, Latency: load.Latency{P99: time.Millisecond}}
	bad := good
	bad.Errors = []load.Count{{Name: "timeout", Count: 2}}
	bar := load.Bar{PerMinute: 100, P99: time.Millisecond}
	if err := good.Check(bar); err != nil {
		t.Errorf("a run that just reaches the bar: %v", err)
	}
	err := bad.Check(load.Bar{PerMinute: 101, P99: time.Microsecond, MaxFailed: 1})
	want := "100 events a minute, at least 101 were asked\np99 of 1ms, at most 1µs was asked\n2 calls failed, at most 1 may: the first kind is timeout"
	if err == nil || err.Error() != want {
		t.Errorf("error %v\nwant %s", err, want)
	}
	if err := (load.Report{}).Check(load.Bar{}); err == nil {
		t.Error("a run without calls reaches a bar")
	}
}

func TestHTTPCountsAnswers(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1)%4 == 0 {
			http.Redirect(w, r, "/elsewhere", http.StatusSeeOther)
		}
	}))
	defer server.Close()
	var calls atomic.Int64
	clock := func() time.Time { return time.Unix(calls.Load(), 0) }
	send := load.HTTP(load.Client(2), func(ctx context.Context, _ load.Call) (*http.Request, error) {
		calls.Add(1)
		return http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader("{}"))
	})
	report, err := load.Run(t.Context(), load.Options{Writers: 1, Duration: 40 * time.Second, Now: clock, Do: send})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]load.Count{{Name: "answered with 303 See Other", Count: 10}}, report.Errors); diff != "" || report.Events != 30 {
		t.Errorf("%d events, want 30; errors (-want +got):\n%s", report.Events, diff)
	}
}

// BenchmarkRun is what the generator itself costs a call.
func BenchmarkRun(b *testing.B) {
	b.ReportAllocs()
	var calls atomic.Int64
	ctx, cancel := context.WithCancel(b.Context())
	_, err := load.Run(ctx, load.Options{Writers: 2, Duration: time.Hour, Do: func(context.Context, load.Call) load.Outcome {
		if calls.Add(1) >= int64(b.N) {
			cancel()
		}
		return load.Outcome{Events: 1}
	}})
	if !errors.Is(err, context.Canceled) {
		b.Fatal(err)
	}
}
