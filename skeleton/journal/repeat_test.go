package journal_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/journal"
	"github.com/nexus-blueprint/nexus/skeleton/store"
	"github.com/nexus-blueprint/nexus/skeleton/store/memory"
	"github.com/nexus-blueprint/nexus/skeleton/store/sqlite"
)

// stores are those that a journal runs on.
func stores(t *testing.T, test func(t *testing.T, s store.Store)) {
	t.Run("memory", func(t *testing.T) { test(t, memory.New(store.Options{})) })
	t.Run("sqlite", func(t *testing.T) {
		s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "events.db"), sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		test(t, s)
	})
}

func TestRepeatedCommandIsAppendedOnce(t *testing.T) {
	stores(t, func(t *testing.T, s store.Store) {
		o := options(t)
		o.Store = s
		j := open(t, o)
		envelope := journal.Envelope{Stream: "s", Actor: "ann", Tenant: "north", CommandID: "c", Events: []journal.Event{noted("a"), noted("b"), noted("c")}}
		first, err := j.Append(t.Context(), envelope)
		if err != nil {
			t.Fatal(err)
		}
		if first.Repeated || first.CorrelationID != "c" || first.Version != 3 {
			t.Fatalf("the first receipt is %+v", first)
		}
		if _, err := j.Append(t.Context(), journal.Envelope{Stream: "s", Actor: "bob", Expected: 3, Events: []journal.Event{urged(1)}}); err != nil {
			t.Fatal(err)
		}
		want := first
		want.Repeated, want.Warnings = true, nil
		for _, again := range []struct {
			name   string
			change func(*journal.Envelope)
		}{
			{"as it was", func(*journal.Envelope) {}},
			{"decided anew on what is there now", func(e *journal.Envelope) { e.Expected = 4 }},
			{"wherever the stream is", func(e *journal.Envelope) { e.Expected = store.Any }},
			{"with another beginning", func(e *journal.Envelope) { e.Events = []journal.Event{noted("x"), noted("b"), noted("c")} }},
			{"with another end", func(e *journal.Envelope) { e.Events = []journal.Event{noted("a"), noted("b"), noted("x")} }},
			{"with fewer events", func(e *journal.Envelope) { e.Events = e.Events[:1] }},
			{"with more events", func(e *journal.Envelope) {
				e.Events = append([]journal.Event{}, noted("a"), noted("b"), noted("c"), noted("d"))
			}},
		} {
			repeated := envelope
			again.change(&repeated)
			receipt, err := j.Append(t.Context(), repeated)
			if err != nil {
				t.Errorf("%s: %v", again.name, err)
			}
			if diff := cmp.Diff(want, receipt); diff != "" {
				t.Errorf("%s (-first +again):\n%s", again.name, diff)
			}
		}
		receipt, ok, err := j.Handled(t.Context(), "north", "s", "c")
		if diff := cmp.Diff(want, receipt); diff != "" || !ok || err != nil {
			t.Errorf("Handled: %v, %v\n%s", ok, err, diff)
		}
		for _, other := range [][3]string{{"south", "s", "c"}, {"north", "s2", "c"}, {"north", "s", "c2"}} {
			if _, ok, err := j.Handled(t.Context(), other[0], other[1], other[2]); ok || err != nil {
				t.Errorf("Handled(%v) is %v, %v", other, ok, err)
			}
		}
		if stored := all(t, s); len(stored) != 4 {
			t.Errorf("%d events are stored, want 4", len(stored))
		}
	})
}

func TestHandledFailsWithTheStore(t *testing.T) {
	o := options(t)
	j := open(t, o)
	o.Store.Close()
	if _, _, err := j.Handled(t.Context(), "", "s", "c"); !errors.Is(err, store.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// TestCommandRacesItself: many senders of one command, one append.
func TestCommandRacesItself(t *testing.T) {
	stores(t, func(t *testing.T, s store.Store) {
		o := options(t)
		o.Store = s
		j := open(t, o)
		receipts := make([]journal.Receipt, 16)
		var wait sync.WaitGroup
		for i := range receipts {
			wait.Go(func() {
				var err error
				receipts[i], err = j.Append(t.Context(), journal.Envelope{
					Stream: "s", Expected: store.Any, Actor: "ann", CommandID: "c", Events: []journal.Event{noted(fmt.Sprint(i)), noted("b")},
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		for _, receipt := range receipts {
			if receipt.Version != 2 || receipt.Position != 2 || len(receipt.IDs) != 2 {
				t.Errorf("got %+v", receipt)
			}
		}
		if stored := all(t, s); len(stored) != 2 {
			t.Errorf("%d events are stored, want 2", len(stored))
		}
	})
}

// TestAppendsAreAllOrNothing: whatever is sent, in whatever order, the store holds
// the events of the accepted appends, whole and in order, and of the others none.
func TestAppendsAreAllOrNothing(t *testing.T) {
	o := options(t)
	rapid.Check(t, func(rt *rapid.T) {
		o.Store = memory.New(store.Options{})
		j := open(t, o)
		var want []string
		versions := map[string]int64{}
		for n := range rapid.IntRange(1, 8).Draw(rt, "appends") {
			envelope := journal.Envelope{Stream: rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "stream"), Actor: rapid.SampledFrom([]string{"ann", "ann", "ann", ""}).Draw(rt, "actor")}
			envelope.Expected = store.Exact(versions[envelope.Stream] + rapid.SampledFrom([]int64{0, 0, 0, 1}).Draw(rt, "off"))
			good := envelope.Actor != "" && int64(envelope.Expected) == versions[envelope.Stream]
			var texts []string
			for i := range rapid.IntRange(1, 4).Draw(rt, "events") {
				text := fmt.Sprintf("%d.%d", n, i)
				texts = append(texts, fmt.Sprintf(`{"text":%q}`, text))
				event := noted(text)
				switch rapid.IntRange(0, 9).Draw(rt, "fault") {
				case 0:
					event.Data, good = json.RawMessage(`{"text": 1}`), false
				case 1:
					event.Data, good = json.RawMessage(`{"text": "`), false
				case 2:
					event, good = urged(10), false
				}
				envelope.Events = append(envelope.Events, event)
			}
			receipt, err := j.Append(t.Context(), envelope)
			if (err == nil) != good {
				rt.Fatalf("append %d: %v", n, err)
			}
			if good {
				want = append(want, texts...)
				versions[envelope.Stream] += int64(len(texts))
				if receipt.Version != versions[envelope.Stream] || receipt.Position != int64(len(want)) {
					rt.Fatalf("append %d: %+v", n, receipt)
				}
			}
		}
		var got []string
		for _, event := range all(t, o.Store) {
			got = append(got, string(event.Data))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("stored (-want +got):\n%s", diff)
		}
		if _, err := store.VerifyChain(o.Store.ReadAll(t.Context(), 0, 0)); err != nil {
			rt.Fatal(err)
		}
	})
}

// FuzzAppend: what is stored was valid JSON by its schema, byte for byte as it was
// sent, and what is not left nothing.
func FuzzAppend(f *testing.F) {
	f.Add("Noted", "2", []byte(`{"text": "a", "level": 1}`), []byte(`{"from": "x"}`))
	f.Add("Urged", "", []byte(`{"level": 1e3}`), []byte(nil))
	f.Add("Noted", "1", []byte(`{"text": "\ud800"}`), []byte(`[]`))
	f.Add("Urged", "", []byte(`{"level": 1e400}`), []byte(`{"a": 1, "a": 2}`))
	o := options(f)
	f.Fuzz(func(t *testing.T, typ, version string, data, metadata []byte) {
		o.Store = memory.New(store.Options{})
		_, err := open(t, o).Append(t.Context(), journal.Envelope{Stream: "s", Actor: "ann", Events: []journal.Event{{Type: typ, SchemaVersion: version, Data: data, Metadata: metadata}}})
		stored := all(t, o.Store)
		if err != nil && len(stored) > 0 || err == nil && len(stored) != 1 {
			t.Fatalf("%d events are stored: %v", len(stored), err)
		}
		if err == nil && (!json.Valid(data) || string(stored[0].Data) != string(data) || string(stored[0].Metadata) != string(metadata)) {
			t.Errorf("stored %q %q", stored[0].Data, stored[0].Metadata)
		}
	})
}
