package cost

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

// A moment is a second, counted from 1970, and what happened in it.
type moment struct {
	second, events, bytes int64
}

// A series is the moments of a type, each second once and in order, packed: logs
// have millions. The form is that of index.Timeline.
type series []byte

func (s series) append(m moment, last int64) series {
	s = binary.AppendVarint(s, m.second-last)
	s = binary.AppendUvarint(s, uint64(m.events))
	return binary.AppendUvarint(s, uint64(m.bytes))
}

// A timeline is a series as it is made, and what is seen of it on the way.
type timeline struct {
	series
	first, last   int64 // seconds
	events, bytes int64 // the most of one second
}

// add adds a moment that is later than those before.
func (l *timeline) add(m moment) {
	last := l.last
	if len(l.series) == 0 {
		l.first, last = m.second, 0
	}
	l.series = l.series.append(m, last)
	l.last = m.second
	l.events, l.bytes = max(l.events, m.events), max(l.bytes, m.bytes)
}

// A cursor walks over a series.
type cursor struct {
	rest series
	at   moment // valid while ok
	ok   bool
}

func (s series) start() cursor {
	c := cursor{rest: s}
	c.next()
	return c
}

func (c *cursor) next() {
	if c.ok = len(c.rest) > 0; !c.ok {
		return
	}
	step, rest := uvarint(c.rest)
	events, rest := uvarint(rest)
	bytes, rest := uvarint(rest)
	c.rest = rest
	c.at = moment{c.at.second + (int64(step>>1) ^ -int64(step&1)), int64(events), int64(bytes)}
}

// uvarint reads a number. Most have one byte or two.
func uvarint(s series) (uint64, series) {
	if s[0] < 0x80 {
		return uint64(s[0]), s[1:]
	}
	return long(s)
}

func long(s series) (uint64, series) {
	if s[1] < 0x80 {
		return uint64(s[0]&0x7f) | uint64(s[1])<<7, s[2:]
	}
	n, size := binary.Uvarint(s)
	return n, s[size:]
}

// A clock gathers moments. Logs are nearly in order, so the last few seconds stand
// ready; one that comes again after it was packed is packed again.
type clock struct {
	recent [4]moment // by second
	packed series
	last   int64 // second that was packed
}

func (c *clock) add(second int64, size int) {
	m := &c.recent[second&int64(len(c.recent)-1)]
	if m.second != second {
		c.pack(m)
		m.second = second
	}
	m.events++
	m.bytes += int64(size)
}

func (c *clock) pack(m *moment) {
	if m.events > 0 {
		c.packed = c.packed.append(*m, c.last)
		c.last = m.second
	}
	*m = moment{}
}

// merge makes one timeline of what several clocks gathered.
func merge(clocks []*clock) timeline {
	var all []moment
	for _, k := range clocks {
		for i := range k.recent {
			k.pack(&k.recent[i])
		}
		for c := k.packed.start(); c.ok; c.next() {
			all = append(all, c.at)
		}
		k.packed = nil
	}
	slices.SortFunc(all, func(a, b moment) int { return cmp.Compare(a.second, b.second) })
	var l timeline
	for i := 0; i < len(all); {
		m := all[i]
		for i++; i < len(all) && all[i].second == m.second; i++ {
			m.events, m.bytes = m.events+all[i].events, m.bytes+all[i].bytes
		}
		l.add(m)
	}
	l.series = slices.Clip(l.series)
	return l
}

// busiest is the most events and the most bytes of one second of all series
// together. It sums up a stretch of seconds at a time, so that its memory does
// not grow with the log.
func busiest(all []series) (events, bytes float64) {
	cursors := make([]cursor, 0, len(all))
	for _, s := range all {
		cursors = append(cursors, s.start())
	}
	var stretch [1 << 14]moment
	for {
		first := int64(math.MaxInt64)
		for i := range cursors {
			if c := &cursors[i]; c.ok {
				first = min(first, c.at.second)
			}
		}
		if first == math.MaxInt64 {
			return events, bytes
		}
		clear(stretch[:])
		for i := range cursors {
			for c := &cursors[i]; c.ok && c.at.second-first < int64(len(stretch)); c.next() {
				m := &stretch[c.at.second-first]
				m.events, m.bytes = m.events+c.at.events, m.bytes+c.at.bytes
			}
		}
		for _, m := range stretch {
			events, bytes = max(events, float64(m.events)), max(bytes, float64(m.bytes))
		}
	}
}
