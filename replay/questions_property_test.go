package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/event"
)

// drawStreams draws a log and loads its streams.
func drawStreams(t *rapid.T, dir string) []Stream {
	streams, _, err := Load(context.Background(), openLog(t, dir, text(drawEvents(t), true)), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return streams
}

func mustExpr(t fataler, text string) *Expr {
	x, err := ParseExpr(text)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func foldEvents(r *Reducer, events []*event.Event) *State {
	state := r.Init()
	for _, e := range events {
		_, _ = r.Apply(state, e) // what fails changes nothing
	}
	return state
}

// TestBlameIsAChain: the newest write gives the value of the fold, every write
// starts from what the one before it left, and the oldest from nothing.
func TestBlameIsAChain(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		r := compileReducer(t, drawConfig(t))
		for _, s := range drawStreams(t, dir) {
			state := foldEvents(r, s.Events)
			for _, p := range appendPaths(nil, nil, state.Value()) {
				h, err := Blame(r, s, p, Options{})
				if err != nil {
					t.Fatalf("%s: %v", p, err)
				}
				value, _ := state.At(p)
				if h.Removed || !equal(h.Value, value) || !equal(h.Writes[0].After, value) {
					t.Fatalf("%s of %s is %v, blamed on %+v", p, s.ID, value, h.Writes[0])
				}
				for i, w := range h.Writes {
					oldest := i == len(h.Writes)-1
					if oldest != w.Added && oldest {
						t.Fatalf("%s: the history does not begin: %+v", p, w)
					}
					if !oldest && (w.Added != h.Writes[i+1].Removed || !w.Added && !equal(w.Before, h.Writes[i+1].After)) {
						t.Fatalf("%s: write %d does not follow the one before it: %+v", p, i, h.Writes)
					}
				}
			}
		}
	})
}

// TestMinimumIsMinimal: what is left is a part of the stream, in its order, makes
// the expression true, and does not when any one event of it is left out.
func TestMinimumIsMinimal(t *testing.T) {
	r := compileReducer(t, `
reducers:
  r:
    init: {total: 0}
    on:
      Add: [{add: total, by: .n}]
      Reset: [{set: total, value: 0}]
      Arm: [{set: armed, value: true}]
`)
	rapid.Check(t, func(t *rapid.T) {
		var events []*event.Event
		for i := range rapid.IntRange(0, 40).Draw(t, "events") {
			name := rapid.SampledFrom([]string{"Add", "Add", "Add", "Reset", "Arm", "Other"}).Draw(t, "type")
			events = append(events, &event.Event{
				ID: fmt.Appendf(nil, "e%d", i), Type: name, Stream: []byte("s"), Sequence: int64(i + 1), HasSequence: true,
				Data: fmt.Appendf(nil, `{"n":%d,"text":"secret"}`, rapid.IntRange(-5, 5).Draw(t, "n")),
			})
		}
		x := mustExpr(t, rapid.SampledFrom([]string{
			"state.total > 7", "state.total > 7 && state.armed == true", "state.total == -3", "event.type == 'Reset' && previous.total > 2", "state.total >= 0",
		}).Draw(t, "expr"))
		holds := func(events []*event.Event) bool {
			scope := Scope{State: foldEvents(r, events)}
			if n := len(events); n > 0 {
				scope.Event, scope.Previous = events[n-1], foldEvents(r, events[:n-1])
			}
			ok, err := x.Bool(scope)
			return ok && err == nil
		}
		s := Stream{ID: "s", Events: events}
		m, err := Minimise(context.Background(), r, s, x, MinimiseOptions{})
		if errors.Is(err, ErrNever) {
			for n := range len(events) + 1 {
				if holds(events[:n]) {
					t.Fatalf("%d events make %s true", n, x)
				}
			}
			return
		}
		if errors.Is(err, ErrAlways) && holds(nil) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		left := m.Stream.Events
		if !m.Proved || !holds(left) {
			t.Fatalf("proved %t; %d events do not make %s true", m.Proved, len(left), x)
		}
		for i := range left {
			if holds(slices.Delete(slices.Clone(left), i, i+1)) {
				t.Fatalf("event %d of %d can go", i, len(left))
			}
			if i > 0 && left[i-1].Sequence >= left[i].Sequence {
				t.Fatal("the events are not in their order")
			}
		}
		neutral, err := m.Neutral(context.Background(), MinimiseOptions{})
		written := neutral.Stream.Events
		if err != nil || !holds(written) || !neutral.Proved {
			t.Fatalf("neutral values do not make %s true: %v", x, err)
		}
		for i := range written {
			if holds(slices.Delete(slices.Clone(written), i, i+1)) {
				t.Fatalf("event %d of %d can go once values are neutral", i, len(written))
			}
		}
		if strings.Contains(string(neutral.Fixture()), "secret") {
			t.Fatalf("a value that does not matter is left: %s", neutral.Fixture())
		}
	})
}

// TestMinimiseIsBounded: what the work does not suffice for is not called minimal.
func TestMinimiseIsBounded(t *testing.T) {
	r := compileReducer(t, shop)
	s := loadOne(t, shopLog)
	x := mustExpr(t, "state.total > 0.2")
	m, err := Minimise(t.Context(), r, s, x, MinimiseOptions{Most: 1})
	if err != nil || m.Proved || !strings.HasSuffix(m.Headline(), "fewer may do, the work was bounded") {
		t.Errorf("%+v, %v", m, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Minimise(ctx, r, s, x, MinimiseOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestBisectIsTheFirst holds the answer equal to asking every prefix.
func TestBisectIsTheFirst(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		r := compileReducer(t, drawConfig(t))
		x := mustExpr(t, rapid.SampledFrom([]string{"state.s == 'x'", "state.list != null", "state.o == null", "event.sequence == 2"}).Draw(t, "expr"))
		for _, s := range drawStreams(t, dir) {
			first, flips, was := -1, 0, false
			for n := range len(s.Events) + 1 {
				scope := Scope{State: foldEvents(r, s.Events[:n])}
				if n > 0 {
					scope.Event = s.Events[n-1]
				}
				now, err := x.Bool(scope)
				if err != nil {
					t.Fatal(err)
				}
				if now && first < 0 {
					first = n
				}
				if now != was {
					flips++
				}
				was = now
			}
			b, err := Bisect(r, s, x, Options{})
			if first < 0 {
				if !errors.Is(err, ErrNever) {
					t.Fatalf("never true, and the answer is %+v, %v", b, err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := slices.Index(s.Events, b.First) + 1; got != first || len(b.Flips) != flips || b.Now != was {
				t.Fatalf("event %d, %d turns, then %t; want %d, %d, %t", got, len(b.Flips), b.Now, first, flips, was)
			}
		}
	})
}

// TestCompareIsFoldingTwice holds the comparison equal to folding every stream
// with both reducers and comparing every state.
func TestCompareIsFoldingTwice(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		old, new := compileReducer(t, drawConfig(t)), compileReducer(t, drawConfig(t))
		log := openLog(t, dir, text(drawEvents(t), true))
		streams, _, err := Load(context.Background(), log, LoadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, s := range streams {
			if foldEvents(old, s.Events).Equal(foldEvents(new, s.Events)) {
				continue
			}
			n := 0
			for foldEvents(old, s.Events[:n]).Equal(foldEvents(new, s.Events[:n])) {
				n++
			}
			name := "init"
			if n > 0 {
				name = nameOf(s.Events[n-1])
			}
			want = append(want, s.ID+" "+name)
		}
		c, err := Compare(context.Background(), log, old, new, CompareOptions{Fold: FoldOptions{Workers: 2}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range c.Differing {
			got = append(got, d.Stream+" "+nameOf(d.Event))
		}
		if diff := cmp.Diff(want, got); diff != "" || c.Streams != len(streams) {
			t.Fatalf("%d of %d streams (-want +got):\n%s", c.Streams, len(streams), diff)
		}
	})
}

// TestOverlayLeavesTheStream: an overlay changes a copy; dropping what was
// inserted, or swapping twice, gives the stream again.
func TestOverlayLeavesTheStream(t *testing.T) {
	s := loadOne(t, shopLog)
	r := compileReducer(t, shop)
	whole := foldEvents(r, s.Events).String()
	swap := []Swap{{AtSequence(1), AtSequence(6)}, {AtID("e6"), AtID("e1")}}
	for _, o := range []Overlay{{}, {Swaps: swap}, {Inserts: []Insert{{AtSequence(3), event.Event{Type: "Unknown"}}}}} {
		a, err := WhatIf(r, s, o)
		if err != nil || len(a.Changes) > 0 {
			t.Errorf("%v: %+v, %v", o.Lines(), a, err)
		}
	}
	edit := Overlay{Edits: []Edit{{AtSequence(1), Path{{Key: "amount", Index: -1}}, json.Number("100")}}, Drops: []Point{AtSequence(2)}}
	if a, err := WhatIf(r, s, edit); err != nil || a.EventsAfter != 6 || !strings.Contains(a.After.String(), `"total":100.11`) {
		t.Errorf("%+v, %v", a, err)
	}
	if again := foldEvents(r, s.Events).String(); again != whole {
		t.Errorf("the stream was changed: %s\nit was %s", again, whole)
	}
}

// TestSnapshotFigures holds the sums equal to counting every read.
func TestSnapshotFigures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, every := rapid.IntRange(1, 300).Draw(t, "events"), rapid.IntRange(1, 120).Draw(t, "every")
		l := life{events: n, first: 10, last: rapid.Float64Range(0, 5000).Draw(t, "last"), streams: 1}
		a := &Advice{Events: int64(n), EventBytes: 100, WritesPerRead: 3}
		var folded, loaded, written, whole float64
		for v := 1; v <= n; v++ {
			whole += float64(v)
			folded += float64(v % every)
			if v >= every {
				loaded += l.size(v - v%every)
			}
			if v%every == 0 {
				written += l.size(v)
			}
		}
		i := a.interval([]life{l}, every)
		for _, pair := range [][2]float64{
			{i.Folded, folded / float64(n)}, {i.Saved, 1 - folded/whole}, {i.WrittenBytes, written},
			{i.Cost, (100*folded + loaded + 3*written) / float64(n)},
		} {
			if math.Abs(pair[0]-pair[1]) > 1e-6*(1+math.Abs(pair[1])) {
				t.Fatalf("%v, want %v: %+v", pair[0], pair[1], i)
			}
		}
	})
}

func TestIntervals(t *testing.T) {
	for _, test := range []struct {
		n, c float64
		want int
	}{{5, 1, 10}, {50, 1, 50}, {50, 2, 25}, {5000, 1, 100}} {
		if got := BlueprintInterval(test.n, test.c); got != test.want {
			t.Errorf("N=%g C=%g: %d, want %d", test.n, test.c, got, test.want)
		}
	}
	if got := OptimalInterval(800, 400, 4); got != 4 {
		t.Errorf("optimum %d, want 4", got)
	}
	if got := OptimalInterval(1, 400, 0.001); got != 1 {
		t.Errorf("optimum %d, want 1", got)
	}
}

// FuzzOverlay: what is read as an overlay can be said and applied, or refused.
func FuzzOverlay(f *testing.F) {
	f.Add("drop: [6, id:e5]\nedit: [{at: 2, path: .price, value: 5.00}]\ninsert: [{after: 9, type: X, data: {amount: 0.50}}]\nswap: [[7, 1]]\n", "1 .amount=5")
	f.Add("{}", `3 {"type":"X"}`)
	f.Add("swap: [[1]]", "1:2")
	s := NewStream("order-1", []*event.Event{{ID: []byte("e1"), Type: "X", Stream: []byte("order-1"), Sequence: 1, HasSequence: true, Data: []byte(`{"a":[1]}`)}})
	f.Fuzz(func(t *testing.T, file, flag string) {
		o, err := ParseOverlay("overlay.yaml", []byte(file))
		if err != nil {
			o = Overlay{}
		}
		if e, err := ParseEdit(flag); err == nil {
			o.Edits = append(o.Edits, e)
		}
		if i, err := ParseInsert(flag); err == nil {
			o.Inserts = append(o.Inserts, i)
		}
		if w, err := ParseSwap(flag); err == nil {
			o.Swaps = append(o.Swaps, w)
		}
		if lines := o.Lines(); (len(lines) == 0) != o.IsEmpty() {
			t.Fatalf("%d lines of %+v", len(lines), o)
		}
		changed, err := o.Apply(s)
		if err != nil {
			return
		}
		for _, e := range changed.Events {
			if len(e.Data) > 0 && !json.Valid(e.Data) {
				t.Fatalf("data of %s is %s", e.ID, e.Data)
			}
		}
	})
}
