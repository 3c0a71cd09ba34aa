// Package latency counts how long things took, in little memory and without
// allocating, and answers which duration a share of them stayed within.
//
// The buckets grow with what they hold: an answer is exact below 32 ns and at
// most 1/32, about 3 %, too long above. It is never too short, so that a limit
// that holds for the answer holds for what was measured.
package latency

import (
	"math"
	"math/bits"
	"time"
)

// Each power of two is split into this many buckets.
const (
	splitBits = 5
	split     = 1 << splitBits
	buckets   = (64 - splitBits) * split
)

// Histogram counts durations. The zero value is empty and ready. One goroutine
// may use it at a time: give each its own and Merge them.
type Histogram struct {
	counts [buckets]uint64
	count  uint64
	sum    float64
	max    time.Duration
}

// Record counts a duration. A negative one, of a clock that was set back, is 0.
func (h *Histogram) Record(d time.Duration) {
	d = max(d, 0)
	h.counts[bucket(uint64(d))]++
	h.count++
	h.sum += float64(d)
	h.max = max(h.max, d)
}

// Merge adds what other counted.
func (h *Histogram) Merge(other *Histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.count += other.count
	h.sum += other.sum
	h.max = max(h.max, other.max)
}

// Count is how many durations were recorded.
func (h *Histogram) Count() uint64 { return h.count }

// Max is the longest one, exactly.
func (h *Histogram) Max() time.Duration { return h.max }

// Mean is the average; 0 if there is none.
func (h *Histogram) Mean() time.Duration {
	if h.count == 0 {
		return 0
	}
	return time.Duration(h.sum / float64(h.count))
}

// Quantile is the duration that the share q, from 0 to 1, of all stayed within:
// 0.99 is the 99th percentile. It is 0 if there is none.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.count == 0 {
		return 0
	}
	rank := min(max(uint64(math.Ceil(q*float64(h.count))), 1), h.count)
	for i, n := range h.counts {
		if n >= rank {
			return min(upper(i), h.max)
		}
		rank -= n
	}
	return h.max
}

// bucket is where a value is counted: the first 32 values have their own, then
// every power of two has 32.
func bucket(v uint64) int {
	if v < split {
		return int(v)
	}
	shift := bits.Len64(v) - splitBits - 1
	return shift*split + int(v>>shift)
}

// upper is the largest value of a bucket.
func upper(i int) time.Duration {
	if i < split {
		return time.Duration(i)
	}
	shift := i/split - 1
	return time.Duration(uint64(i%split+split+1)<<shift - 1)
}
