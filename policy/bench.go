package policy

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/nexus-blueprint/nexus/report"
)

// Measurement is how long decisions take on this machine. One decision is all
// chosen rules on one event.
type Measurement struct {
	Rules     int           `json:"rules"`
	Events    int           `json:"events"`
	Decisions int           `json:"decisions"`
	P50       time.Duration `json:"p50_ns"`
	P99       time.Duration `json:"p99_ns"`
	Max       time.Duration `json:"max_ns"`
	// All is the wall time of judging every event once, on all processors, with the
	// making of the inputs.
	All time.Duration `json:"all_ns"`
}

// minDecisions makes the 99th percentile mean something for small catalogs.
const minDecisions = 2_000

// Measure times decisions one after the other, and then those of all events at
// once. The input of a single decision is made before its time begins; converting
// it for Rego belongs to the decision. Preparing the rules belongs to neither time.
func Measure(ctx context.Context, o Options) (*Measurement, error) {
	r, decider, err := prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	rounds := max(1, (minDecisions+len(r.Events)-1)/len(r.Events))
	times := make([]time.Duration, 0, rounds*len(r.Events))
	for range rounds {
		for _, input := range r.Inputs() {
			start := time.Now()
			if _, err := decider.Decide(ctx, input); err != nil {
				return nil, notEvaluated(ctx, err)
			}
			times = append(times, time.Since(start))
		}
	}
	start := time.Now()
	if err := r.judge(ctx, decider, o.Timeout); err != nil {
		return nil, err
	}
	all := time.Since(start)
	slices.Sort(times)
	return &Measurement{
		Rules: len(r.Rules), Events: len(r.Events), Decisions: len(times),
		P50: percentile(times, 50), P99: percentile(times, 99), Max: times[len(times)-1], All: all,
	}, nil
}

// percentile is the smallest of sorted times that p percent of them do not exceed.
func percentile(times []time.Duration, p int) time.Duration {
	return times[max((len(times)*p+99)/100-1, 0)]
}

// Table shows the measurement.
func (m *Measurement) Table() report.Table {
	return report.Table{
		Title:   "Time of a decision",
		Columns: []string{"Rules", "Events", "Decisions", "p50", "p99", "Slowest", "All events once"},
		Rows: [][]string{{
			strconv.Itoa(m.Rules), strconv.Itoa(m.Events), strconv.Itoa(m.Decisions),
			m.P50.Round(time.Microsecond).String(), m.P99.Round(time.Microsecond).String(),
			m.Max.Round(time.Microsecond).String(), m.All.Round(time.Millisecond).String(),
		}},
		Notes: []string{"one decision is every rule on one event; p50, p99 and slowest are of one processor, the last of all"},
	}
}
