package index

import (
	"cmp"
	"iter"
	"maps"
	"slices"
)

// A histogram counts events by their exact size.
type histogram struct {
	pages []*[histogramPage]uint32 // by size; nil where none is counted
	large map[int]uint32           // from largeSize on
}

const (
	histogramPage = 32
	largeSize     = 64 << 10
)

func (h *histogram) add(size int) {
	if size >= largeSize {
		if h.large == nil {
			h.large = map[int]uint32{}
		}
		h.large[size]++
		return
	}
	n := size / histogramPage
	if n >= len(h.pages) {
		h.pages = slices.Grow(h.pages, n+1-len(h.pages))[:n+1]
	}
	if h.pages[n] == nil {
		h.pages[n] = new([histogramPage]uint32)
	}
	h.pages[n][size%histogramPage]++
}

// all yields sizes and counts, the smallest size first.
func (h *histogram) all() iter.Seq2[int, uint32] {
	return func(yield func(int, uint32) bool) {
		for n, page := range h.pages {
			if page == nil {
				continue
			}
			for i, count := range page {
				if count > 0 && !yield(n*histogramPage+i, count) {
					return
				}
			}
		}
		for _, size := range slices.Sorted(maps.Keys(h.large)) {
			if !yield(size, h.large[size]) {
				return
			}
		}
	}
}

// append appends the number of sizes, then each as the difference to the one
// before, with its count.
func (h *histogram) append(dst []byte) []byte {
	var pairs []byte
	distinct, last := 0, 0
	for size, count := range h.all() {
		pairs = appendUint(pairs, uint64(size-last))
		pairs = appendUint(pairs, uint64(count))
		distinct, last = distinct+1, size
	}
	return append(appendUint(dst, uint64(distinct)), pairs...)
}

// A clock counts events and their bytes by second. Logs are nearly in order, so
// the last few seconds stand ready; one that is left is written down, and one
// that comes again is written down again: they are merged at the end.
type clock struct {
	recent  [8]moment // by second
	written []byte
	last    int64 // second that was written
}

// A moment is a second and what happened in it.
type moment struct {
	second int64
	count  uint64
	bytes  uint64
}

func (c *clock) add(second int64, size int) {
	m := &c.recent[second&int64(len(c.recent)-1)]
	if m.second != second {
		c.leave(m)
		m.second = second
	}
	m.count++
	m.bytes += uint64(size)
}

func (c *clock) leave(m *moment) {
	if m.count > 0 {
		c.written = m.append(c.written, c.last)
		c.last = m.second
	}
	*m = moment{}
}

func (m *moment) append(dst []byte, last int64) []byte {
	dst = appendInt(dst, m.second-last)
	return appendUint(appendUint(dst, m.count), m.bytes)
}

// append appends the number of seconds, then each as the difference to the one
// before, with its counts.
func (c *clock) append(dst []byte) []byte {
	moments := c.moments()
	dst = appendUint(dst, uint64(len(moments)))
	last := int64(0)
	for _, m := range moments {
		dst = m.append(dst, last)
		last = m.second
	}
	return dst
}

// moments are all seconds, sorted and merged.
func (c *clock) moments() []moment {
	for i := range c.recent {
		c.leave(&c.recent[i])
	}
	var all []moment
	text := cursor{text: c.written}
	for last := int64(0); len(text.text) > 0; {
		last += text.int()
		all = append(all, moment{last, text.uint(), text.uint()})
	}
	slices.SortFunc(all, func(a, b moment) int { return cmp.Compare(a.second, b.second) })
	merged := all[:0]
	for _, m := range all {
		if n := len(merged); n > 0 && merged[n-1].second == m.second {
			merged[n-1].count += m.count
			merged[n-1].bytes += m.bytes
		} else {
			merged = append(merged, m)
		}
	}
	return merged
}
