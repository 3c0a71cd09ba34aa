package projection_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/projection"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/sqlite"
)

func eventFile(b *testing.B) store.Store {
	b.Helper()
	events, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "events.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := events.Close(); err != nil {
			b.Error(err)
		}
	})
	return events
}

// BenchmarkRebuild is how fast events in a file become a read model in a file.
// One operation is one rebuild of 20,000 events.
func BenchmarkRebuild(b *testing.B) {
	const n = 20_000
	events := eventFile(b)
	for range n / 100 {
		last := end(b, events)
		list := make([]store.Event, 100)
		for i := range list {
			list[i] = store.Event{ID: fmt.Sprint("e", last+int64(i)), Type: "Added", Data: []byte(`{"amount":1}`)}
		}
		if _, err := events.Append(b.Context(), fmt.Sprint("s", last%1000), store.Any, list); err != nil {
			b.Fatal(err)
		}
	}
	subject, _ := inFile(b, b.TempDir(), definition())
	p := projection.New("totals", events, subject, projection.Options{})
	for b.Loop() {
		if err := p.Rebuild(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkReadYourWrites is how long after an append its position can be read.
func BenchmarkReadYourWrites(b *testing.B) {
	events := eventFile(b)
	subject, _ := inFile(b, b.TempDir(), definition())
	p := projection.New("totals", events, subject, projection.Options{})
	start(b, p)
	var waits []time.Duration
	for n := int64(0); b.Loop(); n++ {
		b.StopTimer()
		position := appendEvent(b, events, "Added", fmt.Sprint("e", n), fmt.Sprint("s", n%100), n)
		b.StartTimer()
		began := time.Now()
		if _, err := p.WaitForVersion(b.Context(), position, projection.Wait{Timeout: time.Second}); err != nil {
			b.Fatal(err)
		}
		waits = append(waits, time.Since(began))
	}
	slices.Sort(waits)
	b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds())/1000, "p99-ms")
}
