package index

import (
	"crypto/sha256"
	"time"
)

// Stats are the figures of an index.
type Stats struct {
	Events       int64
	Streams      int
	Types        int
	Correlations int   // distinct ids
	Faults       int64 // records that could not be read, and are not in the index
	LogBytes     int64
	IndexBytes   int64
}

// A Source is where events come from, and how many do.
type Source struct {
	Name  string
	Count int64
}

// A Fault is a record that could not be read when the log was indexed.
type Fault struct {
	File    int // its place in Index.Files
	Line    int64
	Offset  int64
	Message string
}

// maxFaults is how many faults an index tells one by one.
const maxFaults = 1000

// meta is what an index says about itself.
type meta struct {
	files   []File
	mapping [sha256.Size]byte
	stats   Stats
	types   []string // by number, as the log first has them
	sources []Source // sorted by name
	faults  []Fault  // the first of them
}

func (m *meta) append(dst []byte) []byte {
	dst = appendUint(dst, uint64(len(m.files)))
	for _, f := range m.files {
		dst = appendUint(appendString(dst, f.Name), uint64(f.Size))
		dst = appendInt(dst, f.Modified.Unix())
		dst = appendUint(dst, uint64(f.Modified.Nanosecond()))
		dst = append(dst, f.Ends[:]...)
	}
	dst = append(dst, m.mapping[:]...)
	for _, n := range []int64{m.stats.Events, int64(m.stats.Streams), int64(m.stats.Correlations), m.stats.Faults} {
		dst = appendUint(dst, uint64(n))
	}
	dst = appendUint(dst, uint64(len(m.types)))
	for _, name := range m.types {
		dst = appendString(dst, name)
	}
	dst = appendUint(dst, uint64(len(m.sources)))
	for _, s := range m.sources {
		dst = appendUint(appendString(dst, s.Name), uint64(s.Count))
	}
	dst = appendUint(dst, uint64(len(m.faults)))
	for _, f := range m.faults {
		dst = appendUint(appendUint(appendUint(dst, uint64(f.File)), uint64(f.Line)), uint64(f.Offset))
		dst = appendString(dst, f.Message)
	}
	return dst
}

func (m *meta) read(text []byte) error {
	c := cursor{text: text}
	for range c.length() {
		f := File{Name: c.string(), Size: int64(c.uint())}
		f.Modified = time.Unix(c.int(), int64(c.count(1e9))).UTC()
		copy(f.Ends[:], c.bytes(len(f.Ends)))
		m.files = append(m.files, f)
		m.stats.LogBytes += f.Size
		c.broken = c.broken || f.Size < 0 || m.stats.LogBytes < 0
	}
	copy(m.mapping[:], c.bytes(len(m.mapping)))
	m.stats.Events = int64(c.count(maxEvents + 1))
	m.stats.Streams = c.count(maxEvents + 1)
	m.stats.Correlations = c.count(maxEvents + 1)
	m.stats.Faults = int64(c.uint())
	for range c.length() {
		m.types = append(m.types, c.string())
	}
	m.stats.Types = len(m.types)
	for range c.length() {
		m.sources = append(m.sources, Source{Name: c.string(), Count: int64(c.uint())})
	}
	for range c.length() {
		file := c.count(uint64(len(m.files)))
		m.faults = append(m.faults, Fault{File: file, Line: int64(c.uint()), Offset: int64(c.uint()), Message: c.string()})
	}
	if len(c.text) > 0 {
		return errMalformed
	}
	return c.err()
}

// length is the number of things that follow, each of at least one byte.
func (c *cursor) length() int { return c.count(uint64(len(c.text)) + 1) }
