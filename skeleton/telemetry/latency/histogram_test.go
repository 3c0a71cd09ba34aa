package latency

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestHistogramIsExactForFewShortDurations(t *testing.T) {
	var h Histogram
	for d := range time.Duration(10) {
		h.Record(d + 1)
	}
	got := []time.Duration{h.Quantile(0), h.Quantile(0.5), h.Quantile(0.9), h.Quantile(0.91), h.Quantile(1), h.Max(), h.Mean()}
	want := []time.Duration{1, 5, 9, 10, 10, 10, 5}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("quantiles of 1 to 10 ns (-want +got):\n%s", diff)
	}
}

func TestHistogramWithoutDurations(t *testing.T) {
	var h Histogram
	if h.Count() != 0 || h.Max() != 0 || h.Mean() != 0 || h.Quantile(0.99) != 0 {
		t.Errorf("an empty histogram answers %d, %v, %v, %v", h.Count(), h.Max(), h.Mean(), h.Quantile(0.99))
	}
	h.Record(-time.Second)
	if h.Count() != 1 || h.Quantile(1) != 0 {
		t.Errorf("a negative duration counts %d times as %v, want once as 0", h.Count(), h.Quantile(1))
	}
}

// A quantile is never shorter than the true one and at most 1/32 longer, and two
// halves merged are the whole.
func TestHistogramIsCloseToTheSortedDurations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		durations := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64), 1, 200).Draw(t, "durations")
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		cut := rapid.IntRange(0, len(durations)).Draw(t, "cut")
		var whole, left, right Histogram
		for i, d := range durations {
			whole.Record(time.Duration(d))
			if i < cut {
				left.Record(time.Duration(d))
			} else {
				right.Record(time.Duration(d))
			}
		}
		left.Merge(&right)
		if left.counts != whole.counts || left.count != whole.count || left.max != whole.max {
			t.Fatal("two halves merged are not the whole")
		}
		slices.Sort(durations)
		exact := durations[max(int(math.Ceil(q*float64(len(durations)))), 1)-1]
		got := int64(whole.Quantile(q))
		if got < exact || got-exact > exact/split {
			t.Fatalf("quantile %g is %d, the exact one is %d", q, got, exact)
		}
	})
}

func TestBucketsCoverAllDurationsInOrder(t *testing.T) {
	last := time.Duration(-1)
	for i := range bucket(math.MaxInt64) + 1 {
		if got := bucket(uint64(last + 1)); got != i {
			t.Fatalf("the first value of bucket %d, %d, is counted in %d", i, last+1, got)
		}
		if got := bucket(uint64(upper(i))); got != i {
			t.Fatalf("the last value of bucket %d, %d, is counted in %d", i, upper(i), got)
		}
		last = upper(i)
	}
	if last != math.MaxInt64 {
		t.Errorf("the last bucket ends at %d", last)
	}
}

func BenchmarkRecord(b *testing.B) {
	var h Histogram
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		h.Record(time.Duration(i) * time.Microsecond)
	}
}
