package sqlite_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/sqlite"
)

// streamsPerWriter is how many streams a writer of a benchmark goes round.
const streamsPerWriter = 200

// BenchmarkAppend appends durably, with the expected version checked. One
// operation is one append; events/s counts what it holds.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 16, 128} {
		for _, events := range []int{1, 10} {
			b.Run(fmt.Sprintf("writers=%d/events=%d", writers, events), func(b *testing.B) {
				l := newLoad(b, sqlite.Options{}, writers, events)
				b.ResetTimer()
				l.run(b, b.N).report(b, "")
			})
		}
	}
}

// BenchmarkGroupCommit shows what sharing a sync brings: the same load with one
// transaction an append and with groups, in turns, so that a disk that is busy
// with something else slows both.
func BenchmarkGroupCommit(b *testing.B) {
	for _, writers := range []int{16, 128} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			single := newLoad(b, sqlite.Options{GroupLimit: 1}, writers, 1)
			grouped := newLoad(b, sqlite.Options{}, writers, 1)
			var alone, shared result
			b.ResetTimer()
			for turn := 0; turn < 4; turn++ {
				alone.add(single.run(b, max(1, b.N/4)))
				shared.add(grouped.run(b, max(1, b.N/4)))
			}
			alone.report(b, "single-")
			shared.report(b, "group-")
			b.ReportMetric(shared.perSecond()/alone.perSecond(), "times")
		})
	}
}

// A load is writers that append to streams of their own.
type load struct {
	store   store.Store
	writers int
	events  int
	version [][]int64 // by writer and stream
	ids     atomic.Int64
}

func newLoad(b *testing.B, o sqlite.Options, writers, events int) *load {
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "events.db"), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	l := &load{store: s, writers: writers, events: events, version: make([][]int64, writers)}
	for i := range l.version {
		l.version[i] = make([]int64, streamsPerWriter)
	}
	return l
}

var payload = json.RawMessage(fmt.Sprintf(`{"text":"%0500d"}`, 7))

// run makes appends, shared out among the writers.
func (l *load) run(b *testing.B, appends int) result {
	latencies := make([][]time.Duration, l.writers)
	var left atomic.Int64
	left.Store(int64(appends))
	begin := time.Now()
	var writers sync.WaitGroup
	for w := range l.writers {
		writers.Go(func() {
			for n := 0; left.Add(-1) >= 0; n++ {
				sent := time.Now()
				if err := l.append(b, w, n%streamsPerWriter); err != nil {
					b.Error(err)
					return
				}
				latencies[w] = append(latencies[w], time.Since(sent))
			}
		})
	}
	writers.Wait()
	return result{elapsed: time.Since(begin), latencies: slices.Concat(latencies...), events: l.events}
}

func (l *load) append(b *testing.B, writer, stream int) error {
	events := make([]store.Event, l.events)
	for i := range events {
		events[i] = store.Event{ID: fmt.Sprintf("%016x", l.ids.Add(1)), Type: "Measured", CorrelationID: "bench", Actor: "bench", Data: payload}
	}
	at := &l.version[writer][stream]
	appended, err := l.store.Append(b.Context(), fmt.Sprintf("stream-%d-%d", writer, stream), store.Exact(*at), events)
	*at = appended.Version
	return err
}

type result struct {
	elapsed   time.Duration
	latencies []time.Duration
	events    int
}

func (r *result) add(more result) {
	r.elapsed += more.elapsed
	r.latencies = append(r.latencies, more.latencies...)
	r.events = more.events
}

func (r result) perSecond() float64 { return float64(len(r.latencies)) / r.elapsed.Seconds() }

func (r result) report(b *testing.B, prefix string) {
	slices.Sort(r.latencies)
	b.ReportMetric(r.perSecond(), prefix+"appends/s")
	b.ReportMetric(float64(r.latencies[len(r.latencies)*99/100].Microseconds())/1000, prefix+"p99-ms")
	if r.events > 1 {
		b.ReportMetric(r.perSecond()*float64(r.events), prefix+"events/s")
	}
}
