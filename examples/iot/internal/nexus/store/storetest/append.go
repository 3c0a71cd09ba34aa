package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.com/iot/internal/nexus/store"
)

// full is an event with all fields that a caller gives.
func full(id string) store.Event {
	return store.Event{
		ID: id, Type: "Happened", SchemaVersion: "1.2.0",
		Time:          time.Date(2029, 12, 31, 23, 59, 59, 987654321, time.FixedZone("east", 3600)),
		CorrelationID: "correlation", CausationID: "causation", Actor: "ä 'quoted' 漢", Tenant: "tenant",
		Data: json.RawMessage(`{ "n": 1e400, "text": "\u0000 ☃" }`), Metadata: json.RawMessage(`{"trace":"00-1-2-01"}`), Decision: json.RawMessage(`{"path":"critical"}`),
	}
}

func testRoundTrip(t *testing.T, a Adapter) {
	clock := newClock()
	s := a.open(t, store.Options{Now: clock.Now})
	given := []store.Event{full("full"), {ID: "bare", Type: "Happened", Data: json.RawMessage{}}}
	appended, err := s.Append(t.Context(), "a stream/%?#☃", store.NoStream, given)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "answer", store.Appended{Version: 2, Position: 2}, appended)
	got := collect(t, s.Read(t.Context(), "a stream/%?#☃", store.ReadOptions{}))
	want := []store.Event{full("full"), {ID: "bare", Type: "Happened", Time: clock.Now()}}
	for i := range want {
		want[i].Stream, want[i].Version, want[i].Position = "a stream/%?#☃", int64(i+1), int64(i+1)
		want[i].Recorded = clock.Now()
		want[i].Time = want[i].Time.UTC()
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreTypes(store.Hash{})); diff != "" {
		t.Errorf("the events differ (-appended +read):\n%s", diff)
	}
	for _, e := range got {
		if e.Time.Location() != time.UTC || e.Recorded.Location() != time.UTC {
			t.Errorf("%s: the times are not in UTC: %v, %v", e.ID, e.Time, e.Recorded)
		}
	}
	wantEqual(t, "ReadAll and Read", got, collect(t, s.ReadAll(t.Context(), 0, 0)))
}

func testNoSharedMemory(t *testing.T, a Adapter) {
	s := a.open(t, store.Options{})
	given := []store.Event{full("one")}
	if _, err := s.Append(t.Context(), "stream", store.NoStream, given); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "what the caller gave", []store.Event{full("one")}, given)
	clear(given[0].Data)
	read := collect(t, s.Read(t.Context(), "stream", store.ReadOptions{}))
	clear(read[0].Data)
	again := collect(t, s.Read(t.Context(), "stream", store.ReadOptions{}))
	wantEqual(t, "data after the caller's copies were overwritten", string(full("one").Data), string(again[0].Data))
}

func testExpected(t *testing.T, a Adapter) {
	s := a.open(t, store.Options{})
	for i, test := range []struct {
		events   []string // that the stream has
		expected store.Expected
		conflict bool
	}{
		{nil, store.NoStream, false},
		{nil, store.Any, false},
		{nil, store.Exact(0), false},
		{nil, store.Exact(1), true},
		{[]string{"a", "b"}, store.Any, false},
		{[]string{"a", "b"}, store.Exact(2), false},
		{[]string{"a", "b"}, store.Exact(1), true},
		{[]string{"a", "b"}, store.Exact(3), true},
		{[]string{"a", "b"}, store.NoStream, true},
	} {
		name := fmt.Sprintf("%d events, expected %s", len(test.events), test.expected)
		stream := fmt.Sprintf("stream %d", i)
		for _, id := range test.events {
			mustAppend(t, s, stream, store.Any, stream+id)
		}
		appended, err := s.Append(t.Context(), stream, test.expected, events(stream+"new"))
		after := int64(len(test.events) + 1)
		if test.conflict {
			after--
			wantIs(t, name, err, store.ErrConflict)
			want := &store.ConflictError{Stream: stream, Expected: test.expected, Actual: after}
			var conflict *store.ConflictError
			errors.As(err, &conflict)
			wantEqual(t, name, want, conflict)
		} else if err != nil || appended.Version != after {
			t.Errorf("%s: got version %d and error %v, want %d", name, appended.Version, err, after)
		}
		if got := len(collect(t, s.Read(t.Context(), stream, store.ReadOptions{}))); int64(got) != after {
			t.Errorf("%s: the stream has %d events afterwards, want %d", name, got, after)
		}
	}
}

func testAtomic(t *testing.T, a Adapter) {
	s := a.open(t, store.Options{})
	before := mustAppend(t, s, "other", store.NoStream, "taken")
	bad := events("x", "y", "z")
	bad[2].Data = json.RawMessage(`{`)
	for _, test := range []struct {
		name   string
		events []store.Event
		want   error
	}{
		{"the last id is taken", events("x", "y", "taken"), store.ErrDuplicateID},
		{"the first id is taken", events("taken", "x", "y"), store.ErrDuplicateID},
		{"the last event is invalid", bad, store.ErrInvalid},
	} {
		_, err := s.Append(t.Context(), "stream", store.NoStream, test.events)
		wantIs(t, test.name, err, test.want)
		wantEqual(t, test.name+": all events", []string{"taken"}, ids(collect(t, s.ReadAll(t.Context(), 0, 0))))
	}
	// What was refused has used up neither versions nor positions.
	wantEqual(t, "the next append", store.Appended{Version: 3, Position: before.Position + 3},
		mustAppend(t, s, "stream", store.NoStream, "x", "y", "z"))
}

func testRepeated(t *testing.T, a Adapter) {
	s := a.open(t, store.Options{})
	mustAppend(t, s, "stream", store.NoStream, "first")
	given := []store.Event{full("a"), full("b")}
	want, err := s.Append(t.Context(), "stream", store.Exact(1), given)
	if err != nil {
		t.Fatal(err)
	}
	another := []store.Event{full("a"), full("b")}
	for i := range another { // another attempt, not another event
		e := &another[i]
		e.Time, e.CorrelationID, e.CausationID, e.Metadata, e.Decision = time.Time{}, "again", "again", nil, nil
	}
	stored := collect(t, s.ReadAll(t.Context(), 0, 0))
	for _, test := range []struct {
		name     string
		expected store.Expected
		events   []store.Event
	}{
		{"as it was", store.Exact(1), given},
		{"at any version", store.Any, given},
		{"by another attempt", store.Exact(1), another},
	} {
		got, err := s.Append(t.Context(), "stream", test.expected, test.events)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		wantEqual(t, test.name, want, got)
	}
	wantEqual(t, "what is stored", stored, collect(t, s.ReadAll(t.Context(), 0, 0)))
	mustAppend(t, s, "stream", store.Exact(3), "later")
	got, err := s.Append(t.Context(), "stream", store.Exact(1), given)
	if err != nil {
		t.Errorf("after the stream went on: %v", err)
	}
	wantEqual(t, "after the stream went on", want, got)
}

func testDuplicateIDs(t *testing.T, a Adapter) {
	s := a.open(t, store.Options{})
	mustAppend(t, s, "stream", store.NoStream, "a", "b", "c")
	changed := events("a", "b", "c")
	changed[1].Data = json.RawMessage(`{"changed":true}`)
	retyped := events("a")
	retyped[0].Type = "Other"
	stored := collect(t, s.ReadAll(t.Context(), 0, 0))
	for _, test := range []struct {
		name     string
		stream   string
		expected store.Expected
		events   []store.Event
	}{
		{"in another stream", "other", store.NoStream, events("a")},
		{"at another place", "stream", store.Exact(3), events("a", "b", "c")},
		{"with other data", "stream", store.NoStream, changed},
		{"of another type", "stream", store.NoStream, retyped},
		{"some stored and some new", "stream", store.Any, events("c", "d")},
		{"some new and some stored", "stream", store.Any, events("d", "a")},
		{"in another order", "stream", store.Any, events("b", "a")},
		{"not all that lie between", "stream", store.Any, events("a", "c")},
		{"twice in one append", "new", store.NoStream, events("d", "d")},
	} {
		_, err := s.Append(t.Context(), test.stream, test.expected, test.events)
		wantIs(t, test.name, err, store.ErrDuplicateID)
	}
	wantEqual(t, "what is stored", stored, collect(t, s.ReadAll(t.Context(), 0, 0)))
	// A part of what was appended is where it was, too.
	wantEqual(t, "a part", store.Appended{Version: 3, Position: 3}, mustAppend(t, s, "stream", store.Exact(1), "b", "c"))
}

func testInvalid(t *testing.T, a Adapter) {
	s := a.open(t, store.Options{})
	with := func(change func(*store.Event)) []store.Event {
		e := full("one")
		change(&e)
		return []store.Event{e}
	}
	for _, test := range []struct {
		name     string
		stream   string
		expected store.Expected
		events   []store.Event
	}{
		{"no stream", "", store.Any, events("a")},
		{"a stream that is not UTF-8", "\xff", store.Any, events("a")},
		{"a stream with a NUL", "a\x00b", store.Any, events("a")},
		{"a stream with a very long name", strings.Repeat("n", 2000), store.Any, events("a")},
		{"no version", "stream", store.Expected(-2), events("a")},
		{"no events", "stream", store.Any, nil},
		{"no id", "stream", store.Any, with(func(e *store.Event) { e.ID = "" })},
		{"no type", "stream", store.Any, with(func(e *store.Event) { e.Type = "" })},
		{"an actor that is not UTF-8", "stream", store.Any, with(func(e *store.Event) { e.Actor = "\xff" })},
		{"data that is not JSON", "stream", store.Any, with(func(e *store.Event) { e.Data = json.RawMessage(`{"a":1} x`) })},
		{"data that is not UTF-8", "stream", store.Any, with(func(e *store.Event) { e.Data = json.RawMessage("\"\xff\"") })},
		{"metadata that is not JSON", "stream", store.Any, with(func(e *store.Event) { e.Metadata = json.RawMessage(`nil`) })},
		{"a decision that is not JSON", "stream", store.Any, with(func(e *store.Event) { e.Decision = json.RawMessage(` `) })},
		{"a time that nanoseconds can not count", "stream", store.Any, with(func(e *store.Event) { e.Time = time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC) })},
	} {
		_, err := s.Append(t.Context(), test.stream, test.expected, test.events)
		wantIs(t, test.name, err, store.ErrInvalid)
	}
	wantEqual(t, "what is stored", []string{}, ids(collect(t, s.ReadAll(t.Context(), 0, 0))))
}
