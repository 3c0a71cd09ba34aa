package replay

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/event"
)

// additions is a stream of so many events that add 1.
func additions(n int) Stream {
	s := Stream{ID: "s"}
	for i := range n {
		s.Events = append(s.Events, &event.Event{
			ID: fmt.Appendf(nil, "e%d", i), Type: "Add", Stream: []byte("s"), Sequence: int64(i + 1), HasSequence: true, Data: []byte(`{"n":1}`),
		})
	}
	return s
}

const adding = `
reducers:
  r:
    init: {total: 0, items: []}
    on:
      Add: [{add: total, by: .n}, {append: items, value: .n}]
      Set: [{set: total, to: .n}]
`

// TestNeutralMinimum: an event that only undid what recorded values did goes when
// the values go.
func TestNeutralMinimum(t *testing.T) {
	s := loadOne(t, `{"specversion":"1.0","id":"e1","source":"/s","type":"Add","subject":"s","sequence":"1","data":{"n":5}}
{"specversion":"1.0","id":"e2","source":"/s","type":"Add","subject":"s","sequence":"2","data":{"n":5}}
{"specversion":"1.0","id":"e3","source":"/s","type":"Set","subject":"s","sequence":"3","data":{"n":2}}
`)
	m, err := Minimise(t.Context(), compileReducer(t, adding), s, mustExpr(t, "len(state.items) >= 2 && state.total < 3"), MinimiseOptions{})
	if err != nil || len(m.Stream.Events) != 3 {
		t.Fatalf("%+v, %v", m, err)
	}
	n, err := m.Neutral(t.Context(), MinimiseOptions{})
	if err != nil || len(n.Stream.Events) != 2 || !n.Proved || len(n.Kept) != 0 {
		t.Errorf("%+v, %v", n, err)
	}
}

// TestMinimiseLongStreams: the work is counted, and does not grow with the stream.
func TestMinimiseLongStreams(t *testing.T) {
	const events = 50_000
	m, err := Minimise(t.Context(), compileReducer(t, adding), additions(events), mustExpr(t, "state.total >= 40000"), MinimiseOptions{})
	if err != nil || m.Proved {
		t.Fatalf("proved %t, %v", m.Proved, err)
	}
	if most := defaultFolded/(events/8) + 1; m.Trials > most { // trials grow shorter towards the end of a pass
		t.Errorf("%d trials of some 40,000 events, want at most %d", m.Trials, most)
	}
}

func TestMinimiseWithoutEvents(t *testing.T) {
	for _, x := range []string{"true", "state.total == 0"} {
		if m, err := Minimise(t.Context(), compileReducer(t, adding), additions(3), mustExpr(t, x), MinimiseOptions{}); !errors.Is(err, ErrAlways) {
			t.Errorf("%s: %+v, %v", x, m, err)
		}
	}
}

// A fixture that would hold recorded values because the work ran out is none.
func TestNeutralEndsInTime(t *testing.T) {
	m, err := Minimise(t.Context(), compileReducer(t, adding), additions(40), mustExpr(t, "state.total >= 40"), MinimiseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Neutral(t.Context(), MinimiseOptions{Most: 60}); !errors.Is(err, ErrNotNeutral) {
		t.Errorf("got %v, want ErrNotNeutral", err)
	}
	if _, err := m.Neutral(t.Context(), MinimiseOptions{}); err != nil {
		t.Errorf("with the usual work: %v", err)
	}
}

// A long stream is worked through when few of its values matter: the trials grow
// with those, and not with the events.
func TestNeutralLongStream(t *testing.T) {
	const events = 2000
	s := additions(events)
	for i, e := range s.Events {
		e.Data = fmt.Appendf(nil, `{"n":%d,"name":"Anna %d","nested":{"at":[%d,"x"]}}`, i%7+1, i, i)
	}
	m := &Minimum{Stream: s, Reducer: compileReducer(t, adding), Expr: mustExpr(t, "len(state.items) == 2000 && state.items[1200] == 4 && state.total >= 9"), Of: events, Until: events}
	n, err := m.Neutral(t.Context(), MinimiseOptions{Most: 100 * events})
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, k := range n.Kept {
		kept = append(kept, string(k.Event.ID)+k.Path.String())
	}
	if len(kept) == 0 || len(kept) > 3 || !slices.Contains(kept, "e1200.n") {
		t.Errorf("kept %v", kept)
	}
	for i, e := range n.Stream.Events {
		if strings.Contains(string(e.Data), "Anna") || i != 1200 && i < 1000 && !strings.Contains(string(e.Data), `"n":0`) {
			t.Fatalf("event %d is %s", i, e.Data)
		}
	}
}
