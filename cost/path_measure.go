package cost

import (
	"math"
	"time"
)

// shelf is what a path is built from. It notes what the book lacks instead of
// failing: the other paths can still be compared.
type shelf struct {
	book    *Book
	region  string
	a       Assumptions
	missing []*MissingPriceError // prices and limits
	needed  []*MissingPriceError // the limits among them
}

// price is the figure of a name. A missing one says so, and refuses who uses it.
func (s *shelf) price(name string) *Figure {
	f, err := s.book.Figure(s.region, name)
	if err != nil {
		missing := &MissingPriceError{Region: s.region, Figure: name}
		s.missing = append(s.missing, missing)
		return &Figure{Name: name, Region: s.region, missing: missing}
	}
	return f
}

// limit is what a service carries. Without it a path cannot be sized, so that a
// missing one is as a missing price.
func (s *shelf) limit(name string) float64 {
	limit, ok := s.book.Limit(name)
	if !ok {
		missing := &MissingPriceError{Region: s.region, Figure: "limit " + name}
		s.missing, s.needed = append(s.missing, missing), append(s.needed, missing)
	}
	return limit
}

func (s *shelf) bytes(name string) int { return int(s.limit(name)) }

// measured is a type's traffic in the quantities that paths bill.
type measured struct {
	traffic   *Traffic
	events    float64 // a month
	mean      float64 // bytes an event
	variance  float64 // of the bytes of an event
	largest   int
	peak      Peak
	consumers []Consumer
	latency   Latency // to those consumers
	fill      float64 // messages that a request carries
	window    time.Duration
	wait      float64 // the window in seconds
}

func (p *Path) measurements(t *Traffic) *measured {
	a := p.assumptions
	m := &measured{traffic: t, events: t.Rate * MonthSeconds, consumers: a.ConsumersOf(t), window: a.Window, fill: 1}
	m.latency = p.latencyTo(m.consumers)
	for _, size := range t.Sizes {
		m.mean += size.Share * float64(size.Bytes)
		m.largest = max(m.largest, size.Bytes)
	}
	for _, size := range t.Sizes {
		m.variance += size.Share * (float64(size.Bytes) - m.mean) * (float64(size.Bytes) - m.mean)
	}
	m.peak = t.Peak
	if ratio := a.Peak; ratio > 0 || t.Peak.Records == 0 {
		if ratio == 0 {
			ratio = DefaultPeakToMean
		}
		m.peak = Peak{Records: t.Rate * ratio, Bytes: t.Rate * m.mean * ratio}
	}
	if t.MaxLatency > 0 {
		// Waiting for a batch must leave the type's promise whole.
		m.window = min(m.window, max(0, t.MaxLatency-m.latency.P99))
	}
	m.wait = m.window.Seconds()
	if p.batches {
		m.fill = m.filled(a.Batch)
	}
	return m
}

// filled is how many of at most so many events a request carries: the one that
// opens the window, and those that come while it is open. What is sent as a batch
// arrives as one, so that consumers find their batches as full.
func (m *measured) filled(most int) float64 {
	return min(float64(most), 1+m.traffic.Rate*m.wait)
}

// requests is how many billed requests carry the events of a month, when requests
// are as full as the fill and their byte limit allow and each counts its chunks.
// extra bytes are added to every event.
func (m *measured) requests(f *Figure, fill float64) float64 {
	if f.Batch.Bytes > 0 && m.mean > 0 {
		fill = max(1, min(fill, math.Floor(float64(f.Batch.Bytes)/m.mean)))
	}
	return m.events / fill * m.chunks(f.Chunk, fill)
}

// chunks is the mean number of chunks that a batch of so many events counts as.
// A fill that is no whole number is a mix of the two whole ones around it.
func (m *measured) chunks(chunk int, fill float64) float64 {
	if chunk == 0 {
		return 1
	}
	whole := math.Floor(fill)
	share := fill - whole
	chunks := float64((1 - share) * m.chunksOf(chunk, whole))
	if share > 0 {
		chunks += float64(share * m.chunksOf(chunk, whole+1))
	}
	return chunks
}

// chunksOf is the mean number of chunks of n events that are sent together. One
// event is rounded at each of its sizes; rounding the mean size would be wrong by
// a fifth for a type of small and large events. For several the sum is rounded:
// exactly when all are of one size, else as a normal sum, since any mix of sizes
// can meet in a batch.
func (m *measured) chunksOf(chunk int, n float64) float64 {
	if n == 1 {
		mean := 0.0
		for _, size := range m.traffic.Sizes {
			mean += float64(size.Share * max(1, math.Ceil(float64(size.Bytes)/float64(chunk))))
		}
		return mean
	}
	mean, deviation := n*m.mean, math.Sqrt(n*m.variance)
	if deviation < 1 {
		return max(1, math.Ceil(math.Round(mean)/float64(chunk)))
	}
	// The mean of a rounded-up number is the sum of the chances that it exceeds
	// 0, 1, 2 and so on chunks.
	least := max(0, math.Floor((mean-8*deviation)/float64(chunk)))
	chunks := least + 1
	for k := chunks; ; k++ {
		exceeds := math.Erfc((k*float64(chunk)-mean)/(deviation*math.Sqrt2)) / 2
		if exceeds < 1e-9 {
			return chunks
		}
		chunks += exceeds
	}
}

// bytes is the payload of a month.
func (m *measured) bytes() float64 { return m.events * m.mean }

// stored is the payload that is kept at any time under a retention.
func (m *measured) stored(retention time.Duration) float64 {
	return m.traffic.Rate * m.mean * retention.Seconds()
}

// count is the number of consumers of a kind.
func (m *measured) count(kind ConsumerKind) int {
	n := 0
	for _, c := range m.consumers {
		if c.Kind == kind {
			n++
		}
	}
	return n
}

// load is the peak as capacity sees it, read by so many consumers.
func (m *measured) load(readers int) Load {
	n := float64(readers)
	return Load{BytesIn: m.peak.Bytes, RecordsIn: m.peak.Records, BytesOut: n * m.peak.Bytes, RecordsOut: n * m.peak.Records}
}

// emptyPolls is how many receives of a month find an idle queue. Pollers ask
// again as soon as they are answered, with events or with none after the wait; a
// poller whose requests arrive at rate r is let down r/(e^(r·wait)-1) times a
// second.
func emptyPolls(rate float64, pollers, wait float64) float64 {
	each := rate / pollers
	if each*wait < 1e-9 {
		return pollers / wait * MonthSeconds
	}
	return pollers * each / math.Expm1(each*wait) * MonthSeconds
}
