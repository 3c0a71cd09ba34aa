//go:build unix

package index

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/event"
)

// writeSynthetic writes a native log of lines of about 400 bytes: 20,000
// streams, each with a correlation id for every ten of its events.
func writeSynthetic(b *testing.B, events int) string {
	name := filepath.Join(b.TempDir(), "log.ndjson")
	file, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	types := []string{"orders.OrderPlaced.v1", "orders.OrderPaid.v2", "orders.OrderShipped.v1", "orders.ItemAdded.v1"}
	start := time.Date(2025, 3, 1, 10, 0, 0, 0, time.UTC)
	var text []byte
	for i := range events {
		number, sequence := i%20000, int64(i/20000+1)
		text = event.AppendNative(text, &event.Event{
			ID: fmt.Appendf(nil, "01J8Z3K5Q7M9N1P3%010d", i), Type: types[i%len(types)], Source: "/shop/orders",
			Stream: fmt.Appendf(nil, "order-%06d", number), Sequence: sequence, HasSequence: true,
			Time:          start.Add(time.Duration(i) * 7 * time.Millisecond),
			CorrelationID: fmt.Appendf(nil, "5f1c7d52-9a7e-4f1e-%04d-%012d", sequence/10, number),
			CausationID:   fmt.Appendf(nil, "01J8Z3K5Q7M9N1P3%010d", max(i-1, 0)),
			Data:          fmt.Appendf(nil, `{"status":"paid","amount":%d.%02d,"item":{"sku":"SKU-%04d","quantity":%d}}`, i%500, i%100, i%3000, i%5+1),
		})
		if len(text) > 1<<20 || i == events-1 {
			if _, err := file.Write(text); err != nil {
				b.Fatal(err)
			}
			text = text[:0]
		}
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	return name
}

// cpuSeconds is the processor time this process has used: on a busy machine it
// says more than the time on the wall.
func cpuSeconds(b *testing.B) float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func BenchmarkBuild(b *testing.B) {
	const events = 1_000_000
	log := openLog(b, writeSynthetic(b, events))
	path := filepath.Join(b.TempDir(), "log.nxi")
	stats, err := Build(context.Background(), log, path) // warms the cache
	if err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	start, rounds := cpuSeconds(b), 0
	b.SetBytes(stats.LogBytes)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Build(context.Background(), log, path); err != nil {
			b.Fatal(err)
		}
		rounds++
	}
	b.ReportMetric(float64(rounds)*events/(cpuSeconds(b)-start)/1e6, "Mevents/CPU-s")
	b.ReportMetric(float64(stats.IndexBytes)/events, "index-B/event")
	b.ReportMetric(peakHeap(b, log, path)/events, "heap-B/event")
}

// BenchmarkScan is what of BenchmarkBuild is reading.
func BenchmarkScan(b *testing.B) {
	const events = 1_000_000
	log := openLog(b, writeSynthetic(b, events))
	start, rounds := cpuSeconds(b), 0
	for b.Loop() {
		for _, err := range log.Events(context.Background()) {
			if err != nil {
				b.Fatal(err)
			}
		}
		rounds++
	}
	b.ReportMetric(float64(rounds)*events/(cpuSeconds(b)-start)/1e6, "Mevents/CPU-s")
}

// peakHeap is the most that building takes, as seen every few thousand events.
func peakHeap(b *testing.B, log *event.Log, path string) float64 {
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	peak := uint64(0)
	done := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for {
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
				runtime.ReadMemStats(&now)
				peak = max(peak, now.HeapInuse)
			}
		}
	}()
	if _, err := Build(context.Background(), log, path); err != nil {
		b.Fatal(err)
	}
	close(done)
	<-watched
	return float64(peak - before.HeapInuse)
}

// BenchmarkStream opens the index, looks one stream up and reads its events.
func BenchmarkStream(b *testing.B) {
	log := openLog(b, writeSynthetic(b, 1_000_000))
	path := filepath.Join(b.TempDir(), "log.nxi")
	if _, err := Build(context.Background(), log, path); err != nil {
		b.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for b.Loop() {
		x, err := Open(path)
		if err != nil {
			b.Fatal(err)
		}
		if fresh, reason := x.Fresh(log); !fresh {
			b.Fatal(reason)
		}
		s, err := x.Stream(fmt.Sprintf("order-%06d", random.IntN(20000)))
		if err != nil {
			b.Fatal(err)
		}
		r, n := x.Reader(log), 0
		for _, err := range r.Events(context.Background(), s.Postings(0)) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 50 {
			b.Fatalf("%d events", n)
		}
		if err := errors.Join(r.Close(), x.Close()); err != nil {
			b.Fatal(err)
		}
	}
}
