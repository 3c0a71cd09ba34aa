package cost

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func groupOf(t testing.TB, e *Estimate, key, name string) Group {
	t.Helper()
	for _, g := range e.By(e.Outcome(Declared), key) {
		if g.Name == name {
			return g
		}
	}
	t.Fatalf("no %s is called %q", key, name)
	return Group{}
}

// What others rent does not narrow the interval of a group, and a rent that never
// changes has none.
func TestGroupsHaveTheirOwnIntervals(t *testing.T) {
	large := onPath(typed("A", 1000, 2000), "sns-sqs")
	alone := estimate(t, declaredWork(large), "streams=type", Declared)
	types := []Traffic{large}
	for i := range 12 {
		types = append(types, onPath(typed(fmt.Sprintf("K%02d", i), 1.0/60, 500), "kinesis"))
	}
	beside := estimate(t, declaredWork(types...), "streams=type", Declared)
	want := alone.Outcome(Declared).Interval
	for _, is := range []Group{groupOf(t, beside, "type", "A"), groupOf(t, beside, "path", "sns-sqs"), groupOf(t, beside, "owner", "team-A")} {
		if off := math.Abs((is.Interval.High - want.High).Dollars()) + math.Abs((is.Interval.Low - want.Low).Dollars()); off > 0.01 {
			t.Errorf("%s is %s to %s beside others, and %s to %s alone", is.Name, is.Interval.Low, is.Interval.High, want.Low, want.High)
		}
	}
	if idle := groupOf(t, beside, "type", "K00"); (idle.Interval.High - idle.Interval.Low).Dollars() > 0.01 {
		t.Errorf("an idle stream costs %s to %s", idle.Interval.Low, idle.Interval.High)
	}
}

// A group of everything has the interval of everything, and every group's holds its
// point.
func TestGroupsAgreeWithTheWhole(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := drawWork(r)
		for i := range w.Types {
			w.Types[i].Domain = ""
		}
		e := estimate(t, w, drawWhatIf(r))
		for _, o := range e.Outcomes {
			for _, key := range Keys() {
				groups := e.By(o, key)
				for _, g := range groups {
					if g.Cost < g.Interval.Low || g.Cost > g.Interval.High {
						r.Errorf("%s by %s: %s is outside of %s to %s", o.Strategy, key, g.Cost, g.Interval.Low, g.Interval.High)
					}
				}
				if len(groups) != 1 {
					continue
				}
				low, high := groups[0].Interval.Low-o.Interval.Low, groups[0].Interval.High-o.Interval.High
				if tolerance := 1e-6 * (1 + o.Total.Dollars()); math.Abs(low.Dollars()) > tolerance || math.Abs(high.Dollars()) > tolerance {
					r.Errorf("%s by %s: one group lies between %s and %s, the whole between %s and %s", o.Strategy, key,
						groups[0].Interval.Low, groups[0].Interval.High, o.Interval.Low, o.Interval.High)
				}
			}
		}
	})
}

// Many groups are priced at fewer volumes, which lie as all of them do.
func TestSpread(t *testing.T) {
	values := make([]float64, 2000)
	for i := range values {
		values[i] = float64((i * 7919) % 2000)
	}
	few := spread(values, 200)
	low, high := Interval(values, Level)
	if l, h := Interval(few, Level); len(few) != 200 || math.Abs(l-low) > 2 || math.Abs(h-high) > 2 {
		t.Errorf("%d values lie between %g and %g, all between %g and %g", len(few), l, h, low, high)
	}
	if got := spread(values, 5000); len(got) != len(values) {
		t.Errorf("%d of %d values", len(got), len(values))
	}
}
