package storetest

import (
	"fmt"
	"testing"
	"time"

	"example.com/orders/internal/nexus/store"
)

func testReopen(t *testing.T, a Adapter) {
	if a.Volatile {
		t.Skip("the store forgets everything when it is closed")
	}
	dir, clock := t.TempDir(), newClock()
	s := a.openIn(t, dir, store.Options{Now: clock.Now})
	if _, err := s.Append(t.Context(), "stream", store.NoStream, []store.Event{full("a"), full("b")}); err != nil {
		t.Fatal(err)
	}
	want := collect(t, s.ReadAll(t.Context(), 0, 0))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	recorded := clock.Now()
	clock.move(-24 * time.Hour)

	s = a.openIn(t, dir, store.Options{Now: clock.Now})
	wantEqual(t, "what is read after reopening", want, collect(t, s.ReadAll(t.Context(), 0, 0)))
	last, err := s.WaitPosition(t.Context(), 2)
	if err != nil || last != 2 {
		t.Errorf("WaitPosition: got %d, %v, want 2", last, err)
	}
	repeated, err := s.Append(t.Context(), "stream", store.NoStream, []store.Event{full("a"), full("b")})
	if err != nil || repeated != (store.Appended{Version: 2, Position: 2}) {
		t.Errorf("an append that is repeated after reopening: got %+v, %v", repeated, err)
	}
	wantEqual(t, "the next append", store.Appended{Version: 3, Position: 3}, mustAppend(t, s, "stream", store.Exact(2), "c"))
	got := collect(t, s.Read(t.Context(), "stream", store.ReadOptions{From: 3}))
	if len(got) != 1 || got[0].Recorded.Before(recorded) {
		t.Errorf("c: got %v, want it recorded no earlier than %v", got, recorded)
	}
	if _, err := store.VerifyChain(s.ReadAll(t.Context(), 0, 0)); err != nil {
		t.Error(err)
	}
}

func testOutbox(t *testing.T, a Adapter) {
	s := a.open(t, store.Options{Channels: func(e store.Event) []string {
		if e.ID == "quiet" {
			return nil
		}
		return []string{"standard", "for " + e.Stream}
	}})
	outbox, ok := s.(store.Outbox)
	if !ok {
		t.Skip("the store keeps no outbox")
	}
	list := func(f store.DeliveryFilter) []string {
		t.Helper()
		owed := []string{}
		for _, d := range collect(t, outbox.Deliveries(t.Context(), f)) {
			owed = append(owed, d.Event.ID+" to "+d.Channel)
		}
		return owed
	}
	mustAppend(t, s, "x", store.NoStream, "a", "quiet")
	mustAppend(t, s, "y", store.NoStream, "b")
	mustAppend(t, s, "y", store.NoStream, "b") // a repeated append owes nothing more
	_, err := s.Append(t.Context(), "y", store.NoStream, events("c"))
	wantIs(t, "an append that is refused", err, store.ErrConflict)
	wantEqual(t, "all", []string{"a to standard", "a to for x", "b to standard", "b to for y"}, list(store.DeliveryFilter{}))
	wantEqual(t, "of one channel", []string{"a to standard", "b to standard"}, list(store.DeliveryFilter{Channel: "standard"}))
	wantEqual(t, "dead", []string{}, list(store.DeliveryFilter{Dead: true}))

	all := collect(t, outbox.Deliveries(t.Context(), store.DeliveryFilter{}))
	wantEqual(t, "the event of a delivery", collect(t, s.Read(t.Context(), "x", store.ReadOptions{}))[0], all[0].Event)
	wantEqual(t, "after the second", []string{"b to standard", "b to for y"}, list(store.DeliveryFilter{After: all[1].ID}))
	retried, dead, gone := all[1], all[2], all[3]
	retried.Channel, retried.Attempts, retried.LastError = "standard", 3, "it is down"
	retried.Due = time.Date(2030, 1, 2, 3, 4, 5, 6, time.FixedZone("west", -3600))
	dead.Dead = true
	gone.ID += 1000
	if err := outbox.Settle(t.Context(), []int64{all[0].ID, all[0].ID, 999}, []store.Delivery{retried, dead, gone}); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "what is left", []string{"a to standard", "b to for y"}, list(store.DeliveryFilter{}))
	wantEqual(t, "what was given up", []string{"b to standard"}, list(store.DeliveryFilter{Dead: true}))
	debts, err := outbox.Owed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "how much is owed", []store.Debt{{Channel: "for y", Waiting: 1}, {Channel: "standard", Waiting: 1, Dead: 1}}, debts)
	retried.Due = retried.Due.UTC()
	wantEqual(t, "what was changed", retried, collect(t, outbox.Deliveries(t.Context(), store.DeliveryFilter{}))[0])

	for i := range many / 50 {
		list := make([]string, 50)
		for j := range list {
			list[j] = fmt.Sprint(i, "-", j)
		}
		mustAppend(t, s, "z", store.Any, list...)
	}
	wantEqual(t, "many", many+1, len(list(store.DeliveryFilter{Channel: "standard"})))
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wantIs(t, "Settle", outbox.Settle(t.Context(), []int64{1}, nil), store.ErrClosed)
	_, err = outbox.Owed(t.Context())
	wantIs(t, "Owed", err, store.ErrClosed)
	wantIs(t, "Deliveries", failure(outbox.Deliveries(t.Context(), store.DeliveryFilter{})), store.ErrClosed)
}
