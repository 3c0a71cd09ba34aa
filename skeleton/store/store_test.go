package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/store"
)

func at(second int64) time.Time { return time.Unix(second, 5).UTC() }

// chain is a stream of as many events, committed.
func chain(stream string, n int) []store.Event {
	var events []store.Event
	var last store.Event
	for i := range n {
		e := store.Event{
			ID: fmt.Sprint(stream, i), Stream: stream, Type: "Happened", SchemaVersion: "1", Time: at(1), CorrelationID: "c",
			CausationID: "d", Actor: "e", Tenant: "f", Data: json.RawMessage(`{"n":1}`), Metadata: json.RawMessage(`{}`), Decision: json.RawMessage(`[]`),
		}
		e.Commit(last.Version, last.Hash, int64(i+1), at(int64(2+i)))
		events, last = append(events, e), e
	}
	return events
}

func sequence(events []store.Event) iter.Seq2[store.Event, error] {
	return func(yield func(store.Event, error) bool) {
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// TestHashNeverChanges holds the hash of one event: files that exist rely on it.
func TestHashNeverChanges(t *testing.T) {
	events := chain("stream", 2)
	got := []string{events[0].Hash.String(), events[1].Hash.String(), events[1].PrevHash.String()}
	want := []string{
		"8a7cf00e0d593fdf7858c71d7f20f72fd425d5854f51fef9952c4713c309c156",
		"b9f098fa39bd71cb208f89abddbb4bb3bb8f2dd76b440fc83cdcf0cba68e4f2c",
		"8a7cf00e0d593fdf7858c71d7f20f72fd425d5854f51fef9952c4713c309c156",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("hashes (-want +got):\n%s", diff)
	}
}

func TestVerifyChainFindsWhatWasChanged(t *testing.T) {
	for _, test := range []struct {
		name    string
		change  func(events []store.Event) []store.Event
		version int64 // where the fault is found; 0: nowhere
	}{
		{"nothing", func(e []store.Event) []store.Event { return e }, 0},
		{"position", func(e []store.Event) []store.Event { e[1].Position = 99; return e }, 0},
		{"id", func(e []store.Event) []store.Event { e[1].ID += "x"; return e }, 2},
		{"type", func(e []store.Event) []store.Event { e[1].Type = "Other"; return e }, 2},
		{"schema version", func(e []store.Event) []store.Event { e[1].SchemaVersion = "2"; return e }, 2},
		{"time", func(e []store.Event) []store.Event { e[1].Time = e[1].Time.Add(1); return e }, 2},
		{"recorded", func(e []store.Event) []store.Event { e[1].Recorded = e[1].Recorded.Add(1); return e }, 2},
		{"correlation", func(e []store.Event) []store.Event { e[1].CorrelationID = ""; return e }, 2},
		{"causation", func(e []store.Event) []store.Event { e[1].CausationID = ""; return e }, 2},
		{"actor", func(e []store.Event) []store.Event { e[1].Actor = "somebody"; return e }, 2},
		{"tenant", func(e []store.Event) []store.Event { e[1].Tenant = "somebody"; return e }, 2},
		{"data", func(e []store.Event) []store.Event { e[1].Data = json.RawMessage(`{"n":2}`); return e }, 2},
		{"metadata", func(e []store.Event) []store.Event { e[1].Metadata = nil; return e }, 2},
		{"decision", func(e []store.Event) []store.Event { e[1].Decision = json.RawMessage(`{}`); return e }, 2},
		{"text moved to the next field", func(e []store.Event) []store.Event { e[1].CorrelationID, e[1].CausationID = "cd", ""; return e }, 2},
		{"hash", func(e []store.Event) []store.Event { e[1].Hash[0]++; return e }, 2},
		{"previous hash", func(e []store.Event) []store.Event { e[1].PrevHash[0]++; return e }, 2},
		{"sealed anew", func(e []store.Event) []store.Event { e[1].Actor = "x"; e[1].Seal(e[0].Hash); return e }, 3},
		{"the first is missing", func(e []store.Event) []store.Event { return e[1:] }, 2},
		{"one is missing", func(e []store.Event) []store.Event { return append(e[:1:1], e[2:]...) }, 3},
		{"two have changed places", func(e []store.Event) []store.Event { e[1], e[2] = e[2], e[1]; return e }, 3},
		{"one is there twice", func(e []store.Event) []store.Event { return append(e[:2:2], e[1]) }, 2},
		{"the end is cut off", func(e []store.Event) []store.Event { return e[:3] }, 0}, // as the package says
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := store.VerifyChain(sequence(test.change(chain("stream", 4))))
			fault, _ := errors.AsType[*store.ChainError](err)
			switch {
			case test.version == 0 && err != nil:
				t.Error(err)
			case test.version != 0 && (fault == nil || fault.Version != test.version || fault.Stream != "stream"):
				t.Errorf("got %v, want a fault at version %d", err, test.version)
			}
		})
	}
}

// TestNoTwoEventsHaveOneHash draws events whose fields are short and alike.
func TestNoTwoEventsHaveOneHash(t *testing.T) {
	seen := map[store.Hash]string{}
	rapid.Check(t, func(rt *rapid.T) {
		short := rapid.SampledFrom([]string{"", "a", "b", "aa", "ab", "\x00"})
		field := func(name string) string { return short.Draw(rt, name) }
		e := store.Event{
			Stream: field("stream"), ID: field("id"), Type: field("type"), CorrelationID: field("correlation"), CausationID: field("causation"),
			Actor: field("actor"), Tenant: field("tenant"), Data: json.RawMessage(field("data")), Metadata: json.RawMessage(field("metadata")),
			Time: at(1), Recorded: at(1),
		}
		text := fmt.Sprintf("%q", []string{e.Stream, e.ID, e.Type, e.CorrelationID, e.CausationID, e.Actor, e.Tenant, string(e.Data), string(e.Metadata)})
		e.Seal(store.Hash{})
		if other, ok := seen[e.Hash]; ok && other != text {
			rt.Fatalf("%s and %s have one hash", text, other)
		}
		seen[e.Hash] = text
	})
}

func TestVerifyChainOfBrokenSequence(t *testing.T) {
	failed := errors.New("failed")
	n, err := store.VerifyChain(func(yield func(store.Event, error) bool) {
		_ = yield(chain("stream", 1)[0], nil) && yield(store.Event{}, failed)
	})
	if n != 1 || !errors.Is(err, failed) {
		t.Errorf("got %d, %v, want 1 event and the error of the sequence", n, err)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	for _, test := range []struct {
		err  error
		is   error
		want string
	}{
		{&store.ConflictError{Stream: "s", Expected: store.Exact(3), Actual: 5}, store.ErrConflict, `appending to stream "s": expected version 3, but it is at version 5: read it again and decide anew`},
		{&store.ConflictError{Stream: "s", Expected: store.NoStream, Actual: 5}, store.ErrConflict, `appending to stream "s": expected no stream, but it is at version 5: read it again and decide anew`},
		{&store.DuplicateIDError{Stream: "s", ID: "i"}, store.ErrDuplicateID, `appending to stream "s": two events have the id "i": give each its own`},
		{
			&store.DuplicateIDError{Stream: "s", ID: "i", Holder: store.Place{Stream: "secret", Version: 1, Position: 2}}, store.ErrDuplicateID,
			`appending to stream "s": the id "i" is stored already, as another event or at another place: give each event an id of its own, and repeat an append as it was`,
		},
	} {
		if got := test.err.Error(); got != test.want || !errors.Is(test.err, test.is) || strings.Contains(got, "secret") {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestTail(t *testing.T) {
	tail := store.NewTail(3)
	if last, err := tail.Wait(t.Context(), 3); last != 3 || err != nil {
		t.Errorf("got %d, %v, want 3 at once", last, err)
	}
	tail.Advance(7)
	tail.Advance(5) // it never goes back
	if last, err := tail.Wait(t.Context(), 6); last != 7 || err != nil {
		t.Errorf("got %d, %v, want 7", last, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if last, err := tail.Wait(ctx, 8); last != 7 || !errors.Is(err, context.Canceled) {
		t.Errorf("got %d, %v, want 7 and that the context is cancelled", last, err)
	}
	tail.Close()
	if _, err := tail.Wait(t.Context(), 1); !errors.Is(err, store.ErrClosed) {
		t.Errorf("got %v, want that the store is closed", err)
	}
}
