package snapshot_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/nexus-blueprint/nexus/skeleton/snapshot"
	snapsqlite "github.com/nexus-blueprint/nexus/skeleton/snapshot/sqlite"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/sqlite"
)

// BenchmarkLoad reads aggregates in files, warm, each after one event more: one
// command after each read. folded/op counts the events folded.
func BenchmarkLoad(b *testing.B) {
	for _, length := range []int{50, 500, 10_000} {
		for _, policy := range []snapshot.Policy{snapshot.Never, snapshot.Blueprint, snapshot.Measured} {
			b.Run(fmt.Sprintf("events=%d/%s", length, policy), func(b *testing.B) { benchmarkLoad(b, length, policy) })
		}
	}
}

func benchmarkLoad(b *testing.B, length int, policy snapshot.Policy) {
	events, snapshots := files(b)
	l := newLoader(b, tallies(), events, snapshots, snapshot.Options{Policy: policy})
	load := func(stream string) {
		if _, err := l.Load(b.Context(), stream, snapshot.Until{}); err != nil {
			b.Fatal(err)
		}
	}
	streams := make([]string, max(4, min(20, 20_000/length)))
	for i := range streams {
		streams[i] = fmt.Sprint("s", i)
		for range length / 50 {
			fillAtOnce(b, events, streams[i], 50)
		}
		load(streams[i])
	}
	before := l.Stats()
	for n := 0; b.Loop(); n++ {
		stream := streams[n%len(streams)]
		if n < 200 { // they grow by little, whatever b.N
			b.StopTimer()
			fill(b, events, stream, 1)
			l.Wrote(1)
			b.StartTimer()
		}
		load(stream)
	}
	after := l.Stats()
	b.ReportMetric(float64(after.Folded-before.Folded)/float64(after.Loads-before.Loads), "folded/op")
	b.ReportMetric(float64(after.Costs.Interval), "interval")
}

// fillAtOnce is fill in one append.
func fillAtOnce(b *testing.B, events store.Store, stream string, n int) {
	b.Helper()
	last, err := events.WaitPosition(b.Context(), 0)
	if err != nil {
		b.Fatal(err)
	}
	list := make([]store.Event, n)
	for i := range list {
		list[i] = newEvent(last+int64(i)+1, i)
	}
	if _, err := events.Append(b.Context(), stream, store.Any, list); err != nil {
		b.Fatal(err)
	}
}

// files are both stores, each in a file.
func files(b *testing.B) (store.Store, snapshot.Store) {
	b.Helper()
	dir := b.TempDir()
	events, err := sqlite.Open(b.Context(), filepath.Join(dir, "events.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	snapshots, err := snapsqlite.Open(b.Context(), filepath.Join(dir, "snapshots.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := events.Close(); err != nil {
			b.Error(err)
		}
		if err := snapshots.Close(); err != nil {
			b.Error(err)
		}
	})
	return events, snapshots
}
