package cost

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Volume is what is known of a month's volume: how much of it was seen, and how
// the rest is drawn.
//
// The month is the one that the log begins. What the log shows of it is taken as
// it is, at most half of it; the other days are drawn, weekdays around the mean of
// weekdays and weekends around that of weekends. How far they are from it is drawn
// from the deviations of the log's days when it has a week of them. A few days hide
// how different days are, so a prior is mixed into the size of the deviations, as
// if it were a week more. Priors are assumptions and are said so.
//
// A nominal 90 % interval holds 85 to 95 of 100 months whose days vary as the priors
// say. Where a busy day makes the next ones busy, or days differ by 30 % and more,
// it holds fewer, down to two in three for a log of a day; where days are alike,
// nearly all. TestCoverage measures it.
type Volume struct {
	Days     float64  // that were seen
	Weekdays int      // whole days among them, counted from the log's first second
	Weekends int      // the same, of Saturdays and Sundays in UTC
	Assumed  []string // what no log shows

	declared bool
	seen     float64    // events of the month that were seen
	rest     [2]float64 // days of the month that were not, by kind
	days     [2]stratum
	scale    float64 // from the mean of the log to the mean of a month
	expected float64 // events of the month

	deviations []float64 // of the days seen from the mean of their kind, in units of their root mean square
	spread     float64   // how large deviations are, relative to the mean
	freedom    float64   // how well that is known, as of a chi-squared distribution
}

// A kind of day.
const (
	weekday = iota
	weekend
)

// A stratum is the whole days of one kind and how many events each had.
type stratum struct {
	totals []float64
	mean   float64
}

// The priors.
const (
	// dayPrior is the coefficient of variation of the days of one kind.
	dayPrior     = 0.20
	dayPriorDays = 7 // that the prior counts for
	// A weekend day has between 0.3 and 1.1 times the events of a weekday.
	weekendLow, weekendHigh = 0.3, 1.1
	// hourPrior is the spread of what an hour says of its day, as a logarithm. It
	// shrinks to nothing as the log grows to a whole day.
	hourPrior = 0.8
	// A declared rate is right within declaredFactor, nine times in ten.
	declaredFactor = 1.5
	// month is its length in days.
	month = MonthHours / 24.0
)

// z95 is the distance of the 95th percentile of a normal distribution.
const z95 = 1.6448536269514722

func declaredVolume() Volume {
	return Volume{declared: true, scale: 1, expected: 1, Assumed: []string{
		fmt.Sprintf("declared rates are assumed to be right within a factor of %g, nine times in ten", declaredFactor),
	}}
}

// observedVolume learns from the events of each day of a log, the last of which
// may be a part of a day.
func observedVolume(covered span, totals []float64) Volume {
	v := Volume{Days: covered.days()}
	for n, total := range totals[:int(v.Days)] {
		v.days[kindOf(covered.from, n)].add(total)
	}
	v.Weekdays, v.Weekends = len(v.days[weekday].totals), len(v.days[weekend].totals)
	mean := sumOf(totals) / v.Days
	if v.Days < 1 {
		v.days[kindOf(covered.from, 0)].add(mean)
	}
	v.measureSpread()
	v.assume()
	seen := min(v.Days, month/2)
	v.seen = seen * mean
	v.addRest(covered.from, seen)
	means := v.means(v.days[weekday].mean, v.days[weekend].mean, (weekendLow+weekendHigh)/2)
	v.expected = v.seen + v.rest[weekday]*means[weekday] + v.rest[weekend]*means[weekend]
	v.scale = v.expected / (month * mean)
	return v
}

// measureSpread learns how far days are from the mean of their kind.
func (v *Volume) measureSpread() {
	squares := 0.0
	v.freedom = dayPriorDays
	for _, s := range v.days {
		for _, total := range s.totals {
			if s.mean > 0 {
				v.deviations = append(v.deviations, total/s.mean-1)
				squares += (total/s.mean - 1) * (total/s.mean - 1)
			}
		}
		v.freedom += float64(max(0, len(s.totals)-1))
	}
	v.spread = math.Sqrt((dayPriorDays*dayPrior*dayPrior + squares) / v.freedom)
	if v.Days < 7 || squares == 0 {
		v.deviations = nil
		return
	}
	unit := math.Sqrt(squares / float64(len(v.deviations)))
	for i := range v.deviations {
		v.deviations[i] /= unit
	}
}

// means are those of both kinds of days; one that was not seen follows from the
// other and the weekend's factor.
func (v *Volume) means(weekdays, weekends, factor float64) [2]float64 {
	switch {
	case len(v.days[weekend].totals) == 0:
		weekends = weekdays * factor
	case len(v.days[weekday].totals) == 0:
		weekdays = weekends / factor
	}
	return [2]float64{weekdays, weekends}
}

// kindOf is the kind of the nth day from a second on: that of its middle.
func kindOf(from int64, n int) int {
	switch time.Unix(from+int64(n)*daySeconds+daySeconds/2, 0).UTC().Weekday() {
	case time.Saturday, time.Sunday:
		return weekend
	default:
		return weekday
	}
}

func (s *stratum) add(total float64) {
	n := float64(len(s.totals))
	s.totals = append(s.totals, total)
	s.mean = (s.mean*n + total) / (n + 1)
}

// assume says which priors decide.
func (v *Volume) assume() {
	say := func(format string, args ...any) { v.Assumed = append(v.Assumed, fmt.Sprintf(format, args...)) }
	if v.Weekdays+v.Weekends == 0 {
		say("the log covers %s: what the other hours of the day bring is assumed, not observed", coverage(v.Days))
	}
	if v.Weekdays == 0 || v.Weekends == 0 {
		say("the log does not cover both weekdays and weekends: a day of a weekend is assumed to have %g to %g times the events of a weekday, not observed", weekendLow, weekendHigh)
	}
	if v.Days < 7 {
		say("the log covers less than a week: days are assumed to differ by %g %% from each other, not observed", dayPrior*100)
	}
}

// addRest counts the days of the month that were not seen.
func (v *Volume) addRest(from int64, seen float64) {
	for at := seen; at < month; {
		n := math.Floor(at)
		end := min(n+1, month)
		v.rest[kindOf(from, int(n))] += end - at
		at = end
	}
}

// Volumes draws volumes of the month, each as a factor of the point, which the
// rates of Types stand for. Equal seeds give equal draws.
func (w *Workload) Volumes(seed uint64, draws int) []float64 {
	random := rand.New(rand.NewPCG(seed, 0x6e65787573))
	list := make([]float64, draws)
	for i := range list {
		list[i] = w.volume.draw(random)
	}
	return list
}

// Volume is what the draws of Volumes rest on.
func (w *Workload) Volume() Volume { return w.volume }

func (v *Volume) draw(random *rand.Rand) float64 {
	if v.declared || v.expected == 0 {
		return math.Exp(random.NormFloat64() * math.Log(declaredFactor) / z95)
	}
	spread := v.spread * math.Sqrt(v.freedom/chiSquared(random, v.freedom))
	var drawn [2]float64
	for kind := range v.days {
		n := float64(len(v.days[kind].totals))
		drawn[kind] = v.days[kind].mean * v.relative(random, n, spread) / max(1, n)
	}
	factor := weekendLow + random.Float64()*(weekendHigh-weekendLow)
	means := v.means(drawn[weekday], drawn[weekend], factor)
	rest := 0.0
	for kind, days := range v.rest {
		rest += means[kind] * v.relative(random, days, spread)
	}
	level := math.Exp(random.NormFloat64() * hourPrior * max(0, 1-v.Days))
	return (v.seen + rest*level) / v.expected
}

// relative draws a number of days and adds them up; each is 1 on average. No day has
// fewer events than none: what that cuts off would make the others too large.
func (v *Volume) relative(random *rand.Rand, days, spread float64) float64 {
	total, mean := 0.0, v.meanOfCut(spread)
	for ; days > 0; days-- {
		deviation := 0.0
		if len(v.deviations) > 0 {
			deviation = v.deviations[random.IntN(len(v.deviations))]
		} else {
			deviation = random.NormFloat64()
		}
		total += min(days, 1) * max(0, 1+spread*deviation)
	}
	return total / mean
}

// meanOfCut is the mean of a day that is drawn around 1 and cut off at 0.
func (v *Volume) meanOfCut(spread float64) float64 {
	if len(v.deviations) == 0 {
		if spread == 0 {
			return 1
		}
		// That of a normal distribution, from its density and its distribution.
		density := math.Exp(-1/(2*spread*spread)) / math.Sqrt(2*math.Pi)
		return math.Erfc(-1/(spread*math.Sqrt2))/2 + spread*density
	}
	total := 0.0
	for _, deviation := range v.deviations {
		total += max(0, 1+spread*deviation)
	}
	return total / float64(len(v.deviations))
}

// chiSquared draws from the distribution with a whole number of degrees of freedom.
func chiSquared(random *rand.Rand, freedom float64) float64 {
	total := 0.0
	for ; freedom > 0; freedom-- {
		z := random.NormFloat64()
		total += z * z
	}
	return total
}

// Interval is where the middle share of values lies, such as 0.9 of them.
func Interval(values []float64, share float64) (low, high float64) {
	if len(values) == 0 {
		return 0, 0
	}
	sorted := slices.Sorted(slices.Values(values))
	at := func(q float64) float64 {
		place := q * float64(len(sorted)-1)
		n := int(place)
		next := min(n+1, len(sorted)-1)
		return sorted[n] + (place-float64(n))*(sorted[next]-sorted[n])
	}
	tail := (1 - min(max(share, 0), 1)) / 2
	return at(tail), at(1 - tail)
}

// volumeEnds is the interval of the volume, which holds the point.
func volumeEnds(volumes []float64) (low, high float64) {
	low, high = Interval(volumes, Level)
	return min(low, 1), max(high, 1)
}

func sumOf(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}
