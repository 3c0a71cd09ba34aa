package snapshot

import "math"

// Policy chooses after how many folded events a snapshot is taken.
type Policy int

const (
	// Measured takes the interval at which a snapshot more costs as much time as it
	// saves; see OptimalInterval. All that it depends on is measured while the
	// program runs.
	Measured Policy = iota
	// Blueprint takes the founding formula with the length of the stream and the
	// microseconds that one event takes; see BlueprintInterval.
	Blueprint
	// Never takes none, and uses those that there are.
	Never
)

// String is the policy's name.
func (p Policy) String() string {
	switch p {
	case Measured:
		return "measured"
	case Blueprint:
		return "blueprint"
	case Never:
		return "never"
	}
	return "unknown"
}

// BlueprintInterval is min(100, max(10, n/c)), rounded: n is the number of events
// and c what folding one costs, in microseconds. It is sparser the longer the
// stream, and the dearer folding is the closer, between its two ends.
func BlueprintInterval(n, c float64) int {
	if c <= 0 {
		return 100
	}
	return int(math.Round(min(100, max(10, n/c))))
}

// OptimalInterval is the interval I that makes reading and writing cheapest
// together. A read folds half an interval on average, fold*I/2, and each write
// has its share of a snapshot, save/I; with w writes per read their sum is least
// at sqrt(2*save*w/fold). It is at least 1.
func OptimalInterval(save, fold, writesPerRead float64) int {
	if fold <= 0 {
		return maxInterval
	}
	optimum := math.Sqrt(2 * max(0, save) * max(0, writesPerRead) / fold)
	return int(math.Round(min(maxInterval, max(1, optimum))))
}

// maxInterval bounds what a load folds when measuring goes wrong.
const maxInterval = 1000

// worthwhile reports whether a first snapshot saves a load anything: folding all
// the events must cost more than loading a state does.
func worthwhile(version int64, load, fold float64) bool { return float64(version)*fold > load }
