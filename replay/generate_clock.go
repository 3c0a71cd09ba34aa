package replay

import (
	"cmp"
	"math/rand/v2"
	"time"
)

// A pending event is one that will happen.
type pending struct {
	at    time.Time
	step  *step
	story *story
	cause string // id of the event, or of the request
	again bool   // a receiver handles the same event a second time
	order int
}

// pendings is a heap by time.
type pendings struct {
	heap  []pending
	count int
}

func (q *pendings) less(i, j int) bool {
	return cmp.Or(q.heap[i].at.Compare(q.heap[j].at), cmp.Compare(q.heap[i].order, q.heap[j].order)) < 0
}

func (q *pendings) push(p pending) {
	q.count++
	p.order = q.count
	q.heap = append(q.heap, p)
	for i := len(q.heap) - 1; i > 0 && q.less(i, (i-1)/2); i = (i - 1) / 2 {
		q.heap[i], q.heap[(i-1)/2] = q.heap[(i-1)/2], q.heap[i]
	}
}

// pop takes the first event that is due at a time.
func (q *pendings) pop(due time.Time) (first pending, ok bool) {
	if len(q.heap) == 0 || q.heap[0].at.After(due) {
		return pending{}, false
	}
	first, last := q.heap[0], len(q.heap)-1
	q.heap[0] = q.heap[last]
	q.heap[last] = pending{} // what it refers to is free
	q.heap = q.heap[:last]
	for i := 0; ; {
		least := i
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < last && q.less(child, least) {
				least = child
			}
		}
		if least == i {
			return first, true
		}
		q.heap[i], q.heap[least] = q.heap[least], q.heap[i]
		i = least
	}
}

// hours is the shape of a business day, in UTC.
var hours = [24]float64{
	0.10, 0.06, 0.04, 0.04, 0.06, 0.15, 0.35, 0.65, 1.00, 1.25, 1.40, 1.45,
	1.30, 1.25, 1.35, 1.35, 1.25, 1.15, 1.10, 1.20, 1.15, 0.85, 0.50, 0.25,
}

const busiest, weekend = 1.45, 0.55

// weight is how busy a moment is.
func weight(at time.Time) float64 {
	w := hours[at.Hour()]
	if day := at.Weekday(); day == time.Saturday || day == time.Sunday {
		w *= weekend
	}
	return w
}

// A clock says when stories start.
type clock struct {
	at     time.Time
	random *rand.Rand
	most   float64 // stories a minute in the busiest hour
	peak   time.Time
}

func newClock(g *generator) *clock {
	c := &clock{at: g.o.Start, random: g.random}
	if g.o.Span == 0 {
		c.most = g.plan.rate / averageWeight(g.o.Start, 7*24*time.Hour) * busiest
	} else {
		stories := float64(g.o.Events) / g.plan.perStory
		c.most = stories / g.o.Span.Minutes() / averageWeight(g.o.Start, g.o.Span) * busiest
	}
	if g.faults.peak {
		c.peak = g.faults.peakTime()
	}
	return c
}

func averageWeight(start time.Time, span time.Duration) float64 {
	const parts = 1000
	sum := 0.0
	for i := range parts {
		sum += weight(start.Add(span / parts * time.Duration(i)))
	}
	return sum / parts
}

// next is when the next story starts.
func (c *clock) next() time.Time {
	for {
		most := c.most
		if c.peaking() {
			most *= peakFactor
		}
		c.at = c.at.Add(time.Duration(c.random.ExpFloat64() / most * float64(time.Minute)))
		if c.random.Float64()*busiest < weight(c.at) {
			return c.at.Truncate(time.Millisecond)
		}
	}
}

func (c *clock) peaking() bool {
	return !c.peak.IsZero() && !c.at.Before(c.peak) && c.at.Before(c.peak.Add(time.Hour))
}
