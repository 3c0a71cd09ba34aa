package load

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/nexus-blueprint/nexus/skeleton/telemetry/latency"
)

// Report is what a run achieved. Latencies are of the calls that succeeded: a system
// that is down refuses fast.
type Report struct {
	Name    string // of the run, for Compare
	Writers int
	Elapsed time.Duration
	Calls   int
	Events  int
	Errors  []Count // most frequent first
	// Slowest is how many events the worst whole second stored: a system that
	// stalls now and then has a good average and a bad Slowest.
	Slowest int
	Latency Latency
}

// Count is how often something was seen.
type Count struct {
	Name  string
	Count int
}

// Latency is how long the calls that succeeded took, zero if none did: the median, the percentiles, and the longest.
type Latency struct {
	P50, P90, P99, P999, Max, Mean time.Duration
}

func newReport(o Options, elapsed time.Duration, tallies []*tally) Report {
	r := Report{Writers: o.Writers, Elapsed: max(elapsed, 0)}
	var took latency.Histogram
	failures := map[string]int{}
	counted := r.Elapsed
	if o.Duration > 0 {
		counted = min(o.Duration, counted)
	}
	seconds := make([]int, int(counted/time.Second))
	for _, t := range tallies {
		r.Calls += t.calls
		r.Events += t.events
		took.Merge(&t.latency)
		for name, n := range t.errors {
			failures[name] += n
		}
		for i := range min(len(t.seconds), len(seconds)) {
			seconds[i] += t.seconds[i]
		}
	}
	for _, name := range slices.Sorted(maps.Keys(failures)) {
		r.Errors = append(r.Errors, Count{name, failures[name]})
	}
	slices.SortStableFunc(r.Errors, func(a, b Count) int { return cmp.Compare(b.Count, a.Count) })
	if len(seconds) > 0 {
		r.Slowest = slices.Min(seconds)
	}
	r.Latency = Latency{
		P50: took.Quantile(0.5), P90: took.Quantile(0.9), P99: took.Quantile(0.99),
		P999: took.Quantile(0.999), Max: took.Max(), Mean: took.Mean(),
	}
	return r
}

// Failed is how many calls returned an error.
func (r Report) Failed() int { return sum(r.Errors) }

func sum(counts []Count) int {
	n := 0
	for _, count := range counts {
		n += count.Count
	}
	return n
}

// PerSecond is how many events were stored a second.
func (r Report) PerSecond() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Events) / r.Elapsed.Seconds()
}

// PerMinute is how many events were stored a minute, at this pace.
func (r Report) PerMinute() float64 { return 60 * r.PerSecond() }

// maxErrors is how many lines of a report are about errors.
const maxErrors = 10

// Write writes the report as a table for people.
func (r Report) Write(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	row := func(name, format string, values ...any) {
		fmt.Fprintf(table, name+"\t"+format+"\n", values...)
	}
	row("writers", "%d", r.Writers)
	row("elapsed", "%v", r.Elapsed.Round(time.Millisecond))
	row("calls", "%d, of which %d failed", r.Calls, r.Failed())
	row("events", "%d", r.Events)
	row("events/s", "%.0f, %d in the slowest second", r.PerSecond(), r.Slowest)
	row("events/min", "%.0f", r.PerMinute())
	for _, took := range []struct {
		name string
		long time.Duration
	}{{"p50", r.Latency.P50}, {"p90", r.Latency.P90}, {"p99", r.Latency.P99}, {"p99.9", r.Latency.P999}, {"longest", r.Latency.Max}} {
		row(took.name, "%v", r.took(took.long))
	}
	shown, further := r.Errors, []Count(nil)
	if len(shown) > maxErrors {
		shown, further = shown[:maxErrors-1], shown[maxErrors-1:]
	}
	for _, failure := range shown {
		row("error", "%d × %s", failure.Count, printable(failure.Name))
	}
	if len(further) > 0 {
		row("error", "%d × of %d further kinds", sum(further), len(further))
	}
	return table.Flush()
}

// Compare writes several reports below each other, and what each took away from
// the rate of the first.
func Compare(w io.Writer, reports ...Report) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "run\tevents/min\tcost\tp50\tp99\tlongest\tfailed")
	for _, r := range reports {
		cost := "-"
		if first := reports[0].PerMinute(); first > 0 {
			cost = fmt.Sprintf("%.1f %%", 100*(1-r.PerMinute()/first))
		}
		fmt.Fprintf(table, "%s\t%.0f\t%s\t%v\t%v\t%v\t%d\n", printable(r.Name), r.PerMinute(), cost,
			r.took(r.Latency.P50), r.took(r.Latency.P99), r.took(r.Latency.Max), r.Failed())
	}
	return table.Flush()
}

// Bar is what a run has to reach. What is zero is not asked, but that calls
// fail: MaxFailed says how many may.
type Bar struct {
	PerMinute float64       // at least so many events
	P99       time.Duration // at most
	MaxFailed int
}

// Check says by how much a run misses a bar, all of it; nil is that it does not.
func (r Report) Check(bar Bar) error {
	var missed []error
	if got := r.PerMinute(); got < bar.PerMinute {
		missed = append(missed, fmt.Errorf("%.0f events a minute, at least %.0f were asked", got, bar.PerMinute))
	}
	if got := r.Latency.P99; bar.P99 > 0 && got > bar.P99 {
		missed = append(missed, fmt.Errorf("p99 of %v, at most %v was asked", short(got), bar.P99))
	}
	if got := r.Failed(); got > bar.MaxFailed {
		missed = append(missed, fmt.Errorf("%d calls failed, at most %d may: the first kind is %s", got, bar.MaxFailed, printable(r.Errors[0].Name)))
	}
	switch {
	case r.Calls == 0:
		missed = append(missed, errors.New("no call was made"))
	case bar.P99 > 0 && r.Failed() == r.Calls:
		missed = append(missed, errors.New("no call succeeded, so that there is no p99"))
	}
	return errors.Join(missed...)
}

// took is a latency as a table shows it. Where no call succeeded there is none.
func (r Report) took(d time.Duration) string {
	if r.Calls > 0 && r.Failed() == r.Calls {
		return "-"
	}
	return short(d).String()
}

// short is a duration with three digits or so.
func short(d time.Duration) time.Duration {
	for unit := time.Second; unit >= time.Microsecond; unit /= 10 {
		if d >= unit {
			return d.Round(unit / 100)
		}
	}
	return d
}

// printable is a text that cannot break out of its line of a table.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
