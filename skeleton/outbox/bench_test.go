package outbox_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/nexus-blueprint/nexus/skeleton/outbox"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/sqlite"
)

// nowhere takes everything at once, so that what is left is the relay and the store.
type nowhere struct{}

func (nowhere) Deliver(context.Context, store.Event) error { return nil }

// BenchmarkDrain delivers what a file of SQLite owes. One operation is one event.
func BenchmarkDrain(b *testing.B) {
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "events.db"), sqlite.Options{Options: store.Options{Channels: outbox.Channels}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for n := 0; n < b.N; n += 500 {
		events := make([]store.Event, min(500, b.N-n))
		for i := range events {
			events[i] = store.Event{ID: fmt.Sprint(n + i), Type: "Noted", Data: []byte(`{"text": "what was noted"}`)}
		}
		if _, err := s.Append(b.Context(), fmt.Sprint("s", n), store.NoStream, events); err != nil {
			b.Fatal(err)
		}
	}
	relay, err := outbox.New(outbox.Options{Store: s, Standard: nowhere{}, Critical: nowhere{}})
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	if err := relay.Drain(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Minutes(), "events/min")
}
