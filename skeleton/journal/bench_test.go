package journal_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/journal"
	"github.com/nexus-blueprint/nexus/skeleton/outbox"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/sqlite"
)

// BenchmarkAppend appends durably from 16 writers, each to streams of its own, with
// ever more gates. One operation is one event.
func BenchmarkAppend(b *testing.B) {
	for _, gates := range []struct {
		name   string
		change func(*journal.Options, *sqlite.Options)
	}{
		{"schema", func(o *journal.Options, _ *sqlite.Options) { o.Decider, o.Scorer = nil, nil }},
		{"schema,policy", func(o *journal.Options, _ *sqlite.Options) { o.Scorer = nil }},
		{"schema,policy,route", func(*journal.Options, *sqlite.Options) {}},
		{"schema,policy,route,outbox", func(_ *journal.Options, s *sqlite.Options) { s.Channels = outbox.Channels }},
	} {
		b.Run(gates.name, func(b *testing.B) {
			o := options(b)
			o.Now, o.NewID = nil, nil
			var so sqlite.Options
			gates.change(&o, &so)
			s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "events.db"), so)
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			o.Store = s
			runWriters(b, open(b, o), 16)
		})
	}
}

func runWriters(b *testing.B, j *journal.Journal, writers int) {
	took := make([][]time.Duration, writers)
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			for n := 0; left.Add(-1) >= 0; n++ {
				start := time.Now()
				_, err := j.Append(b.Context(), journal.Envelope{
					Stream: fmt.Sprintf("s-%d-%d", w, n/10), Expected: store.Exact(int64(n % 10)), Actor: "ann", Tenant: "north", CommandID: fmt.Sprintf("c-%d-%d", w, n),
					Events: []journal.Event{noted("what was noted")},
				})
				if err != nil {
					b.Error(err)
					return
				}
				took[w] = append(took[w], time.Since(start))
			}
		})
	}
	wait.Wait()
	b.StopTimer()
	all := slices.Sorted(slices.Values(slices.Concat(took...)))
	b.ReportMetric(float64(b.N)/b.Elapsed().Minutes(), "events/min")
	b.ReportMetric(float64(all[len(all)*99/100])/1e6, "p99-ms")
}

// BenchmarkPolicy is what the policies take of an append; p99-ms is to stay below 1.
func BenchmarkPolicy(b *testing.B) {
	o := options(b)
	o.Now, o.NewID = nil, nil
	var took []time.Duration
	o.Observe = func(_ context.Context, outcome journal.Outcome) { took = append(took, outcome.Policy) }
	j := open(b, o)
	for b.Loop() {
		if _, err := j.Append(b.Context(), journal.Envelope{Stream: "s", Expected: store.Any, Actor: "ann", Events: []journal.Event{noted("what was noted")}}); err != nil {
			b.Fatal(err)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2])/1e6, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100])/1e6, "p99-ms")
}
