package snapshot

import (
	"sync"
	"time"
)

// Costs are what was measured, and what follows from it.
type Costs struct {
	Fold          time.Duration // to read and fold one event more
	Load          time.Duration // to load a snapshot of Bytes
	Save          time.Duration // to encode and store one of Bytes
	Bytes         int64         // of a state as JSON, on average
	WritesPerRead float64
	Interval      int // Measured, for a state of Bytes
}

// A meter measures what loading and saving costs.
type meter struct {
	mu            sync.Mutex
	fold          line // nanoseconds by events
	load, save    line // nanoseconds by bytes
	bytes         average
	reads, writes float64
}

// newMeter begins with costs of a small state in a file on a fast disk, which
// count for less the more is measured.
func newMeter() *meter {
	m := &meter{}
	m.fold.begin(50_000, 10, 150_000)
	m.load.begin(50_000, 10_000, 100_000)
	m.save.begin(100_000, 10_000, 150_000)
	return m
}

func (m *meter) folded(events int, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fold.add(float64(events), float64(took))
}

func (m *meter) loaded(bytes int, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.load.add(float64(bytes), float64(took))
	m.bytes.add(float64(bytes))
}

func (m *meter) saved(bytes int, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.save.add(float64(bytes), float64(took))
	m.bytes.add(float64(bytes))
}

// read and wrote count; what is long ago counts for less.
func (m *meter) read() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reads++; m.reads >= 4096 {
		m.reads, m.writes = m.reads/2, m.writes/2
	}
}

func (m *meter) wrote(events int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.writes += float64(max(0, events))
}

func (m *meter) costs() Costs {
	m.mu.Lock()
	defer m.mu.Unlock()
	bytes := m.bytes.value()
	return Costs{
		Fold: time.Duration(m.fold.each()), Load: time.Duration(m.load.at(bytes)), Save: time.Duration(m.save.at(bytes)),
		Bytes: int64(bytes), WritesPerRead: m.ratio(), Interval: m.measured(bytes),
	}
}

// due reports whether a snapshot is to be taken: version is that of the state,
// tail how many events were folded onto the last snapshot, whose state has bytes;
// a stream without one has 0.
func (m *meter) due(p Policy, version int64, tail, bytes int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	size := float64(bytes)
	if bytes == 0 {
		size = m.bytes.value()
	}
	switch p {
	case Blueprint:
		return tail >= BlueprintInterval(float64(version), m.fold.each()/1000)
	case Measured:
		return tail >= m.measured(size) && (bytes > 0 || worthwhile(version, m.load.at(size), m.fold.each()))
	}
	return false
}

func (m *meter) measured(bytes float64) int {
	return OptimalInterval(m.save.at(bytes), m.fold.each(), m.ratio())
}

// ratio is 1, one command after each load, until a write is counted.
func (m *meter) ratio() float64 {
	if m.writes == 0 || m.reads == 0 {
		return 1
	}
	return m.writes / m.reads
}

const fading = 0.98 // of what was measured before, at each measurement

// An average of what was measured lately.
type average struct{ weight, sum float64 }

func (a *average) add(x float64) {
	a.weight, a.sum = a.weight*fading+1, a.sum*fading+x
}

func (a *average) value() float64 {
	if a.weight == 0 {
		return 0
	}
	return a.sum / a.weight
}

// A line is y = a + b*x by least squares through what was measured lately. It
// tells what one more costs from what it costs to begin at all.
type line struct{ weight, x, y, xx, xy float64 }

// begin guesses two points, the first at 0. Together they count as one measurement.
func (l *line) begin(y0, x1, y1 float64) {
	*l = line{weight: 1, x: x1 / 2, y: (y0 + y1) / 2, xx: x1 * x1 / 2, xy: x1 * y1 / 2}
}

// outlier is how many times dearer than expected a measurement may count for:
// now and then the time is that of something else.
const outlier = 8

func (l *line) add(x, y float64) {
	y = min(y, outlier*l.at(x))
	l.weight, l.x, l.y = l.weight*fading+1, l.x*fading+x, l.y*fading+y
	l.xx, l.xy = l.xx*fading+x*x, l.xy*fading+x*y
}

// slope is b; it is 0 where all x are alike, or what was measured goes down.
func (l *line) slope() float64 {
	x, y, xx := l.x/l.weight, l.y/l.weight, l.xx/l.weight
	spread := xx - x*x
	if spread <= 1e-6*xx {
		return 0
	}
	return max(0, (l.xy/l.weight-x*y)/spread)
}

// each is what one more x costs, at least 1. Where that can not be told from what
// beginning costs, each bears its share of that too.
func (l *line) each() float64 {
	if b := l.slope(); b > 0 {
		return max(1, b)
	}
	return max(1, l.y/max(1, l.x))
}

// at is what x costs, at least 1.
func (l *line) at(x float64) float64 {
	return max(1, l.y/l.weight+l.slope()*(x-l.x/l.weight))
}
