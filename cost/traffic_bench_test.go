//go:build unix

package cost

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/event/index"
)

// writeTraffic writes a log of events of 474 bytes on average, ten a second.
func writeTraffic(b *testing.B, events, types int) string {
	b.Helper()
	name := filepath.Join(b.TempDir(), "log.ndjson")
	file, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	out := bufio.NewWriterSize(file, 1<<20)
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	filler := strings.Repeat("the quick brown fox ", 20)
	for i := range events {
		at := start.Add(time.Duration(i) * 100 * time.Millisecond)
		fmt.Fprintf(out, `{"specversion":"1.0","id":"01J8Z3K5Q7M9N1P3%010d","source":"/shop/orders","type":"shop.Type%05d.v1","subject":"order-%06d",`+
			`"time":"%s","sequence":"%020d","routepath":"%s","data":{"amount":%d,"note":"%s"}}`+"\n",
			i, i*7919%types, i%20000, at.Format("2006-01-02T15:04:05.000Z"), i/20000+1, []string{"standard", "critical"}[i%2], i%500, filler[:50+i*31%292])
	}
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	return name
}

// cpuSeconds is the processor time this process has used: on a busy machine it
// says more than the time on the wall.
func cpuSeconds(b *testing.B) float64 {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func BenchmarkFromLog(b *testing.B) {
	for _, types := range []int{20, 200, 10_000} {
		b.Run(fmt.Sprint(types), func(b *testing.B) {
			name := writeTraffic(b, 1_000_000, types)
			log := openFile(b, name)
			info, err := os.Stat(name)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(info.Size())
			scan := func() {
				if w, err := FromLog(context.Background(), log, nil, TrafficOptions{}); err != nil || len(w.Types) != types {
					b.Fatal(err)
				}
			}
			scan() // warms the cache
			start, rounds := cpuSeconds(b), 0
			for b.Loop() {
				scan()
				rounds++
			}
			b.ReportMetric((cpuSeconds(b)-start)/float64(rounds), "CPU-s/op")
			b.ReportMetric(float64(peakHeap(scan))/(1<<20), "heap-MB")
		})
	}
}

// peakHeap is the most that work takes, as seen every few milliseconds.
func peakHeap(work func()) uint64 {
	runtime.GC()
	done, peak := make(chan struct{}), make(chan uint64)
	go func() {
		var now runtime.MemStats
		most := uint64(0)
		for {
			select {
			case <-done:
				peak <- most
				return
			case <-time.After(5 * time.Millisecond):
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapInuse)
			}
		}
	}()
	work()
	close(done)
	return <-peak
}

func BenchmarkFromIndex(b *testing.B) {
	for _, types := range []int{200, 10_000} {
		b.Run(fmt.Sprint(types), func(b *testing.B) {
			log := openFile(b, writeTraffic(b, 1_000_000, types))
			name := buildIndex(b, log)
			for b.Loop() {
				x, err := index.Open(name)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := FromIndex(x, nil, TrafficOptions{}); err != nil {
					b.Fatal(err)
				}
				if err := x.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func buildIndex(b *testing.B, log *event.Log) string {
	b.Helper()
	name := filepath.Join(b.TempDir(), "log.nxi")
	if _, err := index.Build(context.Background(), log, name); err != nil {
		b.Fatal(err)
	}
	return name
}

func BenchmarkJoint(b *testing.B) {
	w, err := FromLog(context.Background(), openFile(b, writeTraffic(b, 1_000_000, 10_000)), nil, TrafficOptions{})
	if err != nil {
		b.Fatal(err)
	}
	all := make([]int, len(w.Types))
	for i := range all {
		all[i] = i
	}
	for b.Loop() {
		w.joint(all) // Joint would remember it
	}
}

func BenchmarkVolumes(b *testing.B) {
	covered := span{0, 14*daySeconds - 1}
	w := &Workload{volume: observedVolume(covered, []float64{5, 6, 7, 5, 6, 2, 2, 5, 6, 7, 5, 6, 2, 2})}
	for b.Loop() {
		w.Volumes(1, 1000)
	}
}
