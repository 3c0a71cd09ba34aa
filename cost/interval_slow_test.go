//go:build slow

package cost

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestCoverage is the experiment behind the intervals: of many months, a nominal
// 90 % interval made from a log of its first days holds the month's volume in 85
// to 95 of 100. That is promised of the plain world alone; the others show what
// it is worth where days are alike, where they differ more than the prior says,
// and where a busy hour is followed by busy days.
func TestCoverage(t *testing.T) {
	for _, test := range []struct {
		name     string
		world    world
		promised bool
	}{
		{"plain", plainWorld, true},
		{"weekends like weekdays", world{weekend: 1, day: 0.15, hour: 0.25, memory: 0.7}, false},
		{"busy weekends", world{weekend: 1.2, day: 0.15, hour: 0.25, memory: 0.7}, false},
		{"days alike", world{weekend: 1, day: 0.05, hour: 0.1, memory: 0.7}, false},
		{"days unlike", world{weekend: 0.3, day: 0.3, hour: 0.25, memory: 0.7}, false},
		{"long memory", world{weekend: 0.45, day: 0.15, hour: 0.25, memory: 0.95}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, log := range []struct {
				name     string
				days     int
				weekdays bool // it starts on a Monday
			}{
				{"24 h", 1, false}, {"72 h of weekdays", 3, true}, {"7 days", 7, false}, {"14 days", 14, false},
			} {
				share, width := test.world.coverage(log.days, log.weekdays)
				t.Logf("%s: covers %.1f %%, %.0f %% wide", log.name, 100*share, 100*width)
				if test.promised && (share < 0.85 || share > 0.95) {
					t.Errorf("%s: a nominal 90 %% interval covers %.1f %%", log.name, 100*share)
				}
			}
		})
	}
}

// coverage is how often the interval holds the month's volume, and its mean width.
func (p world) coverage(days int, weekdays bool) (share, width float64) {
	const months, draws = 2000, 400
	for n := range months {
		random := rand.New(rand.NewPCG(uint64(n), 424242))
		start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC) // a Monday
		if !weekdays {
			start = start.AddDate(0, 0, random.IntN(7))
		}
		v, truth := p.month(random, start).log(24 * days)
		low, high := Interval((&Workload{volume: v}).Volumes(uint64(n), draws), 0.9)
		width += (high - low) / months
		if low <= truth && truth <= high {
			share += 1.0 / months
		}
	}
	return share, width
}
