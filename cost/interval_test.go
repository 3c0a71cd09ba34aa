package cost

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A world says what months are like: a day's curve, quiet weekends, days that
// differ, and hours that differ and remember each other.
type world struct {
	weekend, day, hour, memory float64
}

var plainWorld = world{weekend: 0.45, day: 0.15, hour: 0.25, memory: 0.7}

// A monthOf a world is its events by the hour.
type monthOf struct {
	start int64 // a midnight in UTC
	hours []float64
}

func (p world) month(random *rand.Rand, start time.Time) *monthOf {
	w := &monthOf{start: start.Unix()}
	noise, level := random.NormFloat64(), 0.0
	for hour := range MonthHours {
		if hour%24 == 0 {
			level = max(0.1, 1+p.day*random.NormFloat64())
			if kindOf(w.start, hour/24) == weekend {
				level *= p.weekend
			}
		}
		noise = p.memory*noise + math.Sqrt(1-p.memory*p.memory)*random.NormFloat64()
		curve := 1 - 0.8*math.Cos(2*math.Pi*(float64(hour%24)-3)/24)
		w.hours = append(w.hours, 1e5*level*curve*max(0.05, 1+p.hour*noise))
	}
	return w
}

// log is the volume model of a log of the month's first hours, and by how much its
// point misses the month.
func (w *monthOf) log(hours int) (v Volume, truth float64) {
	totals := make([]float64, (hours+23)/24)
	for hour, events := range w.hours[:hours] {
		totals[hour/24] += events
	}
	v = observedVolume(span{w.start, w.start + int64(hours)*3600 - 1}, totals)
	return v, sumOf(w.hours) / v.expected
}

func TestVolumesAreOfTheSeed(t *testing.T) {
	v, _ := plainWorld.month(rand.New(rand.NewPCG(1, 1)), time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)).log(100)
	w := &Workload{volume: v}
	if diff := cmp.Diff(w.Volumes(3, 50), w.Volumes(3, 50)); diff != "" {
		t.Error(diff)
	}
	if slices.Equal(w.Volumes(3, 50), w.Volumes(4, 50)) {
		t.Error("another seed gives the same draws")
	}
}

// TestPointIsNearTheMiddle keeps the draws around what the rates stand for.
func TestPointIsNearTheMiddle(t *testing.T) {
	for _, hours := range []int{1, 5, 24, 30, 72, 168, 336, 700, 730} {
		v, _ := plainWorld.month(rand.New(rand.NewPCG(2, 2)), time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)).log(hours)
		low, high := Interval((&Workload{volume: v}).Volumes(1, 2000), 0.9)
		if low >= 1 || high <= 1 || math.IsInf(high, 0) {
			t.Errorf("%d hours: the interval %v to %v does not hold the point", hours, low, high)
		}
		if v.scale < 0.3 || v.scale > 3 {
			t.Errorf("%d hours: scale %v", hours, v.scale)
		}
	}
}

// TestWeekendsCount: a log of weekdays alone overstates the month, and one of a
// weekend alone understates it.
func TestWeekendsCount(t *testing.T) {
	monday := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC).Unix()
	flat := []float64{100, 100}
	for _, test := range []struct {
		name  string
		from  int64
		scale func(float64) bool
	}{
		{"weekdays", monday, func(s float64) bool { return 0.9 < s && s < 0.95 }},
		{"a weekend", monday + 5*daySeconds, func(s float64) bool { return 1.2 < s && s < 1.45 }},
	} {
		v := observedVolume(span{test.from, test.from + 2*daySeconds - 1}, flat)
		if !test.scale(v.scale) || len(v.Assumed) != 2 {
			t.Errorf("%s: scale %v, assumed %q", test.name, v.scale, v.Assumed)
		}
	}
}

func TestDeclaredVolume(t *testing.T) {
	low, high := Interval((&Workload{volume: declaredVolume()}).Volumes(1, 20000), 0.9)
	if math.Abs(low*declaredFactor-1) > 0.02 || math.Abs(high/declaredFactor-1) > 0.02 {
		t.Errorf("declared rates are drawn from %v to %v", low, high)
	}
}

func TestInterval(t *testing.T) {
	values := []float64{5, 1, 4, 2, 3}
	for _, test := range []struct{ share, low, high float64 }{{1, 1, 5}, {0.5, 2, 4}, {0, 3, 3}} {
		if low, high := Interval(values, test.share); low != test.low || high != test.high {
			t.Errorf("Interval(%v) = %v, %v; want %v, %v", test.share, low, high, test.low, test.high)
		}
	}
	if low, high := Interval(nil, 0.9); low != 0 || high != 0 {
		t.Error("no values have an interval")
	}
}

// However unlike days are, draws lie around the point on average: what cannot be
// fewer than no events is not made up for by more.
func TestDrawsAverageThePoint(t *testing.T) {
	for _, test := range []struct {
		name   string
		totals []float64
	}{
		{"alike", []float64{5, 6, 7, 5, 6, 2, 2, 5, 6, 7, 5, 6, 2, 2}},
		{"one busy day a week", []float64{90, 1, 1, 1, 1, 1, 1, 70, 1, 1, 1, 1, 1, 1, 110, 1, 1, 1, 1, 1, 1}},
		{"two busy days of less than a week", []float64{0, 1000, 1000, 0, 0, 0}},
		{"one busy day of all", append(slices.Repeat([]float64{0}, 27), 1000)},
	} {
		v := observedVolume(span{0, int64(len(test.totals))*daySeconds - 1}, test.totals)
		draws := (&Workload{volume: v}).Volumes(1, 20_000)
		if mean := sumOf(draws) / float64(len(draws)); math.Abs(mean-1) > 0.03 {
			t.Errorf("%s: the draws are %v of the point on average", test.name, mean)
		}
		if low, high := volumeEnds(draws); low > 1 || high < 1 {
			t.Errorf("%s: the interval %v to %v does not hold the point", test.name, low, high)
		}
	}
}
