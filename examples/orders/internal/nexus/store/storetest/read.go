package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"example.com/orders/internal/nexus/store"
)

// many is more events than a store may want to read at once.
const many = 600

func testReadPart(t *testing.T, a Adapter) {
	clock := newClock()
	s := a.open(t, store.Options{Now: clock.Now})
	begin := clock.Now()
	for i := range 5 { // version 1 is recorded at begin, each later one an hour after
		mustAppend(t, s, "stream", store.Exact(int64(i)), fmt.Sprint(i+1))
		mustAppend(t, s, "other", store.Any, fmt.Sprint("other ", i))
		clock.move(time.Hour)
	}
	for _, test := range []struct {
		name string
		o    store.ReadOptions
		want []string
	}{
		{"all", store.ReadOptions{}, []string{"1", "2", "3", "4", "5"}},
		{"from 1", store.ReadOptions{From: 1}, []string{"1", "2", "3", "4", "5"}},
		{"from 4", store.ReadOptions{From: 4}, []string{"4", "5"}},
		{"from beyond", store.ReadOptions{From: 6}, []string{}},
		{"until 2", store.ReadOptions{UntilVersion: 2}, []string{"1", "2"}},
		{"until beyond", store.ReadOptions{UntilVersion: 99}, []string{"1", "2", "3", "4", "5"}},
		{"2 to 3", store.ReadOptions{From: 2, UntilVersion: 3}, []string{"2", "3"}},
		{"3 to 2", store.ReadOptions{From: 3, UntilVersion: 2}, []string{}},
		{"until the moment of 3", store.ReadOptions{UntilTime: begin.Add(2 * time.Hour)}, []string{"1", "2", "3"}},
		{"until just before 3", store.ReadOptions{UntilTime: begin.Add(2*time.Hour - time.Nanosecond)}, []string{"1", "2"}},
		{"until before all", store.ReadOptions{UntilTime: begin.Add(-time.Nanosecond)}, []string{}},
		{"until long ago", store.ReadOptions{UntilTime: time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC)}, []string{}},
		{"until far ahead", store.ReadOptions{UntilTime: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, []string{"1", "2", "3", "4", "5"}},
		{"all bounds", store.ReadOptions{From: 2, UntilVersion: 4, UntilTime: begin.Add(2 * time.Hour)}, []string{"2", "3"}},
	} {
		wantEqual(t, test.name, test.want, ids(collect(t, s.Read(t.Context(), "stream", test.o))))
	}
	wantEqual(t, "a stream that is not there", []string{}, ids(collect(t, s.Read(t.Context(), "nowhere", store.ReadOptions{}))))
}

func testReadAll(t *testing.T, a Adapter) {
	s := a.open(t, store.Options{})
	for i := range many / 50 {
		list := make([]string, 50)
		for j := range list {
			list[j] = fmt.Sprint(i*50 + j + 1)
		}
		mustAppend(t, s, fmt.Sprint("stream ", i%3), store.Any, list...)
	}
	for _, test := range []struct {
		after       int64
		limit       int
		first, last int64
	}{
		{0, 0, 1, many}, {-1, 0, 1, many}, {0, 1, 1, 1}, {0, many, 1, many}, {0, many + 1, 1, many},
		{256, 256, 257, 512}, {255, 300, 256, 555}, {many - 1, 0, many, many}, {many - 1, 5, many, many}, {many, 0, 0, -1}, {many + 7, 3, 0, -1},
	} {
		next := test.first
		for e, err := range s.ReadAll(t.Context(), test.after, test.limit) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Position != next || e.ID != fmt.Sprint(next) {
				t.Fatalf("after %d, limit %d: got position %d with id %s, want %d", test.after, test.limit, e.Position, e.ID, next)
			}
			next++
		}
		if next != test.last+1 {
			t.Errorf("after %d, limit %d: ended before position %d, want %d", test.after, test.limit, next, test.last+1)
		}
	}
	sequence := s.ReadAll(t.Context(), 3, 0)
	for e, err := range sequence {
		if err != nil || e.Position != 4 {
			t.Errorf("first: got position %d, error %v", e.Position, err)
		}
		break // whoever stops reading leaves nothing behind
	}
	if got := collect(t, sequence); len(got) != many-3 {
		t.Errorf("a sequence that is read again has %d events, want %d", len(got), many-3)
	}
}

func testRecorded(t *testing.T, a Adapter) {
	clock := newClock()
	s := a.open(t, store.Options{Now: clock.Now})
	late := clock.Now()
	mustAppend(t, s, "stream", store.NoStream, "a")
	clock.move(-time.Hour)
	mustAppend(t, s, "stream", store.Exact(1), "b")
	mustAppend(t, s, "other", store.NoStream, "c")
	for _, e := range collect(t, s.ReadAll(t.Context(), 0, 0)) {
		if !e.Recorded.Equal(late) || !e.Time.Equal(late) {
			t.Errorf("%s: recorded at %v, time %v; want %v, the clock having gone back", e.ID, e.Recorded, e.Time, late)
		}
	}
	later := clock.move(2 * time.Hour)
	mustAppend(t, s, "stream", store.Exact(2), "d")
	got := collect(t, s.Read(t.Context(), "stream", store.ReadOptions{From: 3}))
	if len(got) != 1 || !got[0].Recorded.Equal(later) {
		t.Errorf("d: got %v, want one event recorded at %v", got, later)
	}
}

func testContext(t *testing.T, a Adapter) {
	s := a.open(t, store.Options{})
	mustAppend(t, s, "stream", store.NoStream, "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Append(ctx, "stream", store.Any, events("b"))
	wantIs(t, "Append", err, context.Canceled)
	wantIs(t, "Read", failure(s.Read(ctx, "stream", store.ReadOptions{})), context.Canceled)
	wantIs(t, "ReadAll", failure(s.ReadAll(ctx, 0, 0)), context.Canceled)
	_, err = s.WaitPosition(ctx, 2)
	wantIs(t, "WaitPosition", err, context.Canceled)
	wantEqual(t, "what is stored", []string{"a"}, ids(collect(t, s.ReadAll(t.Context(), 0, 0))))
}

func testChain(t *testing.T, a Adapter) {
	s := a.open(t, store.Options{})
	for i := range 10 {
		for stream := range 3 {
			id := fmt.Sprint(stream, "-", i)
			mustAppend(t, s, fmt.Sprint("stream ", stream), store.Any, id+"x", id+"y")
		}
	}
	if n, err := store.VerifyChain(s.ReadAll(t.Context(), 0, 0)); err != nil || n != 60 {
		t.Errorf("all streams: verified %d events, %v; want 60", n, err)
	}
	if n, err := store.VerifyChain(s.Read(t.Context(), "stream 1", store.ReadOptions{})); err != nil || n != 20 {
		t.Errorf("one stream: verified %d events, %v; want 20", n, err)
	}
	var prev store.Hash
	for _, e := range collect(t, s.Read(t.Context(), "stream 1", store.ReadOptions{})) {
		if e.PrevHash != prev || e.Hash == (store.Hash{}) {
			t.Errorf("version %d has hash %s after %s, want a hash after %s", e.Version, e.Hash, e.PrevHash, prev)
		}
		prev = e.Hash
	}
}
