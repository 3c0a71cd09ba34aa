package cost

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/report"
)

// TrafficOptions say what neither the catalog nor a short log can show.
type TrafficOptions struct {
	// PeakToMean is how many times its mean the busiest second of a type carries
	// where no log shows it; 0: DefaultPeakToMean.
	PeakToMean float64
	// Consumer is how consumers get at events; empty: Polling. Catalogs name
	// consumers and do not say how they receive.
	Consumer ConsumerKind
}

// DefaultPeakToMean is the assumed busiest second. Counts by the minute show about
// a third of a peak of one second, so what looks even is sized for three times its
// mean.
const DefaultPeakToMean = 3

func (o TrafficOptions) peakToMean() float64 { return cmp.Or(o.PeakToMean, DefaultPeakToMean) }

// Workload is the traffic of all types, and what is known about it.
type Workload struct {
	Types   []Traffic // sorted by type
	Missing []Missing // types that cannot be estimated, sorted by type
	Basis   Basis

	// Of a log: when its first and last events happened, the time between them in
	// days, and what it holds. All zero for declared traffic.
	From, To time.Time
	Days     float64
	Events   int64
	Untimed  int64 // events without a time
	Faults   int64 // records that could not be read

	// Unlisted are types of the log that the catalog lacks, Unseen events of the
	// catalog that the log lacks; both sorted.
	Unlisted []string
	Unseen   []string
	Notes    []string // for a person

	volume     Volume
	seconds    []series // by place in Types; nil when no log shows them
	joints     joints
	dataMean   []float64
	peakToMean float64
}

// Missing is what a type would need to be estimated.
type Missing struct {
	Type  string
	What  string // rate or size
	Text  string // why it is missing
	Place catalog.Place
}

// describe sets what the catalog knows of a type; e is nil when it knows nothing.
func (t *Traffic) describe(e *catalog.Event, o TrafficOptions) {
	kind := cmp.Or(o.Consumer, Polling)
	t.Ordering = Unordered
	if e != nil {
		for _, owner := range e.Owners {
			t.Owners = append(t.Owners, owner.Get)
		}
		for _, service := range e.ConsumerIDs() {
			t.Consumers = append(t.Consumers, Consumer{Name: service, Kind: kind})
		}
		if e.RequiresOrdering.Get {
			t.Ordering = PerKey
		}
		t.Domain, t.Criticality, t.Declared = e.Domain.Get, e.Criticality.Get, e.Path.Get
		t.MaxLatency = milliseconds(e.MaxLatencyMs.Get)
	}
	if len(t.Consumers) == 0 {
		t.Consumers = []Consumer{{Kind: kind}}
	}
}

// milliseconds is a declared time; one that is longer than can be said means any.
func milliseconds(ms float64) time.Duration {
	if !(ms > 0) || ms > math.MaxInt64/float64(time.Millisecond) {
		return 0
	}
	return time.Duration(ms * float64(time.Millisecond))
}

// described is the catalog's event that a type of a log means, or nil. Systems
// prefix the names of types and add versions; catalogs leave both out.
func described(c *catalog.Catalog, name string) *catalog.Event {
	if c == nil {
		return nil
	}
	if e := c.Event(name, ""); e != nil {
		return e
	}
	return c.Event(event.ShortType(name), "")
}

// Joint is the peak of several types, given by their places in Types: the busiest
// second of all together, which is rarely the busiest second of each. Its records
// and bytes may be those of different seconds.
//
// It is found once for each list of types.
func (w *Workload) Joint(types []int) Peak {
	if len(types) == 1 {
		return w.Types[types[0]].Peak
	}
	return w.joints.once(types, w.joint)
}

func (w *Workload) joint(types []int) Peak {
	var joint, untimed Peak
	var mean, size float64
	var timed []series
	for _, n := range types {
		t := &w.Types[n]
		mean, size = mean+t.Rate, size+t.Rate*t.MeanBytes()
		if w.seconds == nil || len(w.seconds[n]) == 0 {
			untimed.Records, untimed.Bytes = untimed.Records+t.Peak.Records, untimed.Bytes+t.Peak.Bytes
			untimed.Assumed = cmp.Or(untimed.Assumed, t.Peak.Assumed)
			continue
		}
		timed = append(timed, w.seconds[n])
	}
	joint.Records, joint.Bytes = busiest(timed)
	if len(timed) > 0 && w.Days < 1 {
		joint = w.assumed(joint, mean, size)
	}
	return Peak{joint.Records + untimed.Records, joint.Bytes + untimed.Bytes, cmp.Or(joint.Assumed, untimed.Assumed)}
}

// joints are joint peaks by the list of types, in the varints of its numbers. An
// estimate asks for the same lists again and again.
type joints struct {
	mutex sync.Mutex
	peaks map[string]Peak
}

func (j *joints) once(types []int, find func([]int) Peak) Peak {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	key := make([]byte, 0, 2*len(types))
	for _, n := range types {
		key = binary.AppendUvarint(key, uint64(n))
	}
	peak, ok := j.peaks[string(key)]
	if !ok {
		peak = find(types)
		if j.peaks == nil {
			j.peaks = map[string]Peak{}
		}
		j.peaks[string(key)] = peak
	}
	return peak
}

// assumed is the peak to size for when the log is shorter than a day: the first
// hour of a day shows about half of the day's busiest second.
func (w *Workload) assumed(seen Peak, rate, bytes float64) Peak {
	return Peak{
		Records: max(seen.Records, w.peakToMean*rate),
		Bytes:   max(seen.Bytes, w.peakToMean*bytes),
		Assumed: fmt.Sprintf("the log covers %s, less than a day: at least %g times the mean is assumed", coverage(w.Days), w.peakToMean),
	}
}

func coverage(days float64) string {
	switch {
	case days >= 2:
		return fmt.Sprintf("%.1f days", days)
	case days >= 1.0/12:
		return fmt.Sprintf("%.1f hours", days*24)
	}
	return report.Count(int(math.Round(days*daySeconds)), "second")
}

// MeanBytes is the mean size of the type's events.
func (t *Traffic) MeanBytes() float64 {
	mean := 0.0
	for _, s := range t.Sizes {
		mean += float64(s.Bytes) * s.Share
	}
	return mean
}
