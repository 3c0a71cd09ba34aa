package replay

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/report"
)

// TestWhatIfBlamesTheOverlay: an invariant is an error only when it breaks because
// of the changes.
func TestWhatIfBlamesTheOverlay(t *testing.T) {
	r := compileReducer(t, `
reducers:
  r:
    init: {total: 0}
    on: {Add: [{add: total, by: .n}]}
    invariants: [{name: no-debt, expr: "state.total >= 0"}]
`)
	amounts := func(list ...string) Stream {
		var b strings.Builder
		for i, n := range list {
			fmt.Fprintf(&b, `{"specversion":"1.0","id":"e%d","source":"/s","type":"Add","subject":"s","sequence":"%[1]d","data":{"n":%s}}`+"\n", i+1, n)
		}
		return loadOne(t, b.String())
	}
	broken, kept, healed := amounts("5", "1", "-9", "2"), amounts("5", "1", "-6", "2"), amounts("5", "-9", "9", "1")
	for _, test := range []struct {
		name   string
		s      Stream
		change Overlay
		want   report.Severity // empty: no finding
		says   string
	}{
		{"nothing to do with it", broken, Overlay{Drops: []Point{AtSequence(4)}}, report.Note, "with and without"},
		{"its own event is moved away", broken, Overlay{Drops: []Point{AtSequence(2)}}, report.Note, "with and without"},
		{"later", amounts("1", "-3", "1", "-9"), Overlay{Drops: []Point{AtSequence(2)}}, report.Note, "with and without"},
		{"mended", broken, Overlay{Drops: []Point{AtSequence(3)}}, "", ""},
		{"new", kept, Overlay{Drops: []Point{AtSequence(2)}}, report.Error, "broken with the overlay"},
		{"sooner", broken, Overlay{Drops: []Point{AtSequence(1)}, Edits: []Edit{{AtSequence(2), mustPath(t, ".n"), mustValue(t, "-1")}}}, report.Error, "sooner"},
		{"sooner by an insertion", broken, Overlay{Inserts: []Insert{mustInsert(t, `1 {"type":"Add","data":{"n":-6}}`)}}, report.Error, "sooner"},
		{"swapped up", broken, Overlay{Swaps: []Swap{{AtSequence(3), AtSequence(1)}}}, report.Note, "with and without"},
		{"not healed", healed, Overlay{Drops: []Point{AtSequence(3)}}, report.Error, "up to the end with"},
	} {
		a, err := WhatIf(r, test.s, test.change)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		var got report.Severity
		says := ""
		for _, f := range a.Findings() {
			got, says = f.Severity, f.Message
		}
		if got != test.want || !strings.Contains(says, test.says) {
			t.Errorf("%s: %s: %s, want %s", test.name, got, says, test.want)
		}
	}
}

func mustPath(t *testing.T, text string) Path {
	t.Helper()
	p, err := ParsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustValue(t *testing.T, text string) any {
	t.Helper()
	value, err := decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func mustInsert(t *testing.T, text string) Insert {
	t.Helper()
	i, err := ParseInsert(text)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// TestOverlaysThatContradict are refused, and so are paths that begin beside the
// data.
func TestOverlaysThatContradict(t *testing.T) {
	s := loadOne(t, shopLog)
	s.Events[4].Data = []byte("[1]")
	for name, test := range map[string]struct {
		o    Overlay
		want string
	}{
		"drop and edit": {
			Overlay{Drops: []Point{AtSequence(3)}, Edits: []Edit{{AtID("e3"), mustPath(t, ".v"), mustValue(t, "1")}}},
			"edit: event 3 of stream order-1 is dropped: leave one of the two out",
		},
		"a path from the event on": {
			Overlay{Edits: []Edit{{AtSequence(2), mustPath(t, ".data.amount"), mustValue(t, "7")}}},
			"edit: event 2 of stream order-1: its data has no member data: paths begin in the data, so write .amount for .data.amount",
		},
		"data that is no object": {
			Overlay{Edits: []Edit{{AtSequence(5), mustPath(t, ".amount"), mustValue(t, "7")}}},
			"edit: event 5 of stream order-1: its data has no place .amount: name a member of an object, or an element that is there",
		},
	} {
		if _, err := test.o.Apply(s); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v\nwant %s", name, err, test.want)
		}
	}
}
