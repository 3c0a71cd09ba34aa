package index

import (
	"bytes"
	"cmp"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// TypeStats is what a log holds of one type of event.
//
// A size is the number of bytes of an event as a broker bills it in structured
// mode: one CloudEvent in compact JSON, without a newline. In a log of
// CloudEvents that is the record as it stands, less white space between values;
// an event of another format counts as event.AppendNative writes it. A size of
// data is that of the compact JSON text of the data alone, or of the binary
// content that base64 stands for, as a broker bills it in binary mode.
type TypeStats struct {
	Type      string
	Count     int64
	Bytes     int64 // sum of the sizes
	DataBytes int64 // sum of the sizes of the data
	Untimed   int64 // events with neither time nor recorded time: no second counts them

	sizes, dataSizes, seconds []byte
	timeline                  Timeline
}

// A Timeline is the seconds of a type as an index has them packed, for who goes
// through millions of them: for each a varint, its distance from the one before,
// the first one's from 1970, and two uvarints, its Count and its Bytes.
type Timeline struct {
	Packed       []byte
	First, Last  int64 // seconds since 1970; 0 when there are none
	Count, Bytes int64 // the most of one second
}

// Timeline is Seconds, packed.
func (t *TypeStats) Timeline() Timeline { return t.timeline }

// Sizes yields each size that occurs, the smallest first, and how many events
// have it.
func (t *TypeStats) Sizes() iter.Seq2[int, int64] { return sizes(t.sizes) }

// DataSizes is Sizes for the data alone; events without data count as 0.
func (t *TypeStats) DataSizes() iter.Seq2[int, int64] { return sizes(t.dataSizes) }

func sizes(text []byte) iter.Seq2[int, int64] {
	return func(yield func(int, int64) bool) {
		c, size := cursor{text: text}, 0
		for n := c.uint(); n > 0 && !c.broken; n-- {
			size += int(c.uint())
			if !yield(size, int64(c.uint())) {
				return
			}
		}
	}
}

// A Second is one second of a log in which events of a type happened.
type Second struct {
	Start time.Time
	Count int64
	Bytes int64 // sum of the sizes
}

// Seconds yields the seconds in which events of the type happened, the earliest
// first.
func (t *TypeStats) Seconds() iter.Seq[Second] {
	return func(yield func(Second) bool) {
		c, second := cursor{text: t.seconds}, int64(0)
		for n := c.uint(); n > 0 && !c.broken; n-- {
			second += c.int()
			if !yield(Second{time.Unix(second, 0).UTC(), int64(c.uint()), int64(c.uint())}) {
				return
			}
		}
	}
}

// cut takes one type off the statistics.
func (t *TypeStats) cut(c *cursor) error {
	t.Count, t.Untimed = int64(c.uint()), int64(c.uint())
	t.Bytes, t.DataBytes = int64(c.uint()), int64(c.uint())
	t.sizes = c.bytes(c.length())
	t.dataSizes = c.bytes(c.length())
	t.seconds = c.bytes(c.length())
	return c.err()
}

// check compares the parts of a type with its sums, and goes along its seconds.
func (t *TypeStats) check() error {
	if !sums(t.sizes, t.Count, t.Bytes) || !sums(t.dataSizes, t.Count, t.DataBytes) {
		return errMalformed
	}
	c := cursor{text: t.seconds}
	n := c.uint()
	l := Timeline{Packed: c.text}
	second, timed := int64(0), int64(0)
	for i := uint64(0); i < n && !c.broken; i++ {
		last := second
		second += c.int()
		count, bytes := int64(c.uint()), int64(c.uint())
		if i == 0 {
			l.First = second
		} else if second <= last {
			return errMalformed
		}
		timed += count
		l.Count, l.Bytes = max(l.Count, count), max(l.Bytes, bytes)
	}
	l.Last = second
	if c.broken || len(c.text) > 0 || timed+t.Untimed != t.Count {
		return errMalformed
	}
	t.timeline = l
	return nil
}

func sums(sizes []byte, count, bytes int64) bool {
	c, size := cursor{text: sizes}, uint64(0)
	for n := c.uint(); n > 0 && !c.broken; n-- {
		size += c.uint()
		events := int64(c.uint())
		count -= events
		bytes -= int64(size) * events
	}
	return count == 0 && bytes == 0
}

// Types lists what the log holds by type, sorted by the type's name.
func (x *Index) Types() ([]TypeStats, error) {
	text, err := x.pages.all(sectionStatistics)
	if err != nil {
		return nil, err
	}
	c := cursor{text: bytes.Clone(text)} // the figures outlive the index
	types := make([]TypeStats, len(x.meta.types))
	for i := range types {
		types[i].Type = x.meta.types[i]
		if err := types[i].cut(&c); err != nil {
			return nil, err
		}
	}
	if len(c.text) > 0 {
		return nil, errMalformed
	}
	if err := checkAll(types); err != nil {
		return nil, err
	}
	slices.SortFunc(types, func(a, b TypeStats) int { return cmp.Compare(a.Type, b.Type) })
	return types, nil
}

// checkAll checks types on all processors: a log has millions of seconds.
func checkAll(types []TypeStats) error {
	var next atomic.Int64
	var bad atomic.Bool
	var running sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		running.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(types)); i = next.Add(1) - 1 {
				if types[i].check() != nil {
					bad.Store(true)
				}
			}
		})
	}
	running.Wait()
	if bad.Load() {
		return errMalformed
	}
	return nil
}

// A typeCount gathers the statistics of one type.
type typeCount struct {
	count, untimed  int64
	bytes, data     int64
	sizes, dataOnly histogram
	clock           clock
}

func (t *typeCount) add(size, data int, at time.Time) {
	t.count++
	t.bytes += int64(size)
	t.data += int64(data)
	t.sizes.add(size)
	t.dataOnly.add(data)
	if at.IsZero() {
		t.untimed++
	} else {
		t.clock.add(at.Unix(), size)
	}
}

func (t *typeCount) append(dst []byte) []byte {
	for _, n := range []int64{t.count, t.untimed, t.bytes, t.data} {
		dst = appendUint(dst, uint64(n))
	}
	for _, part := range [][]byte{t.sizes.append(nil), t.dataOnly.append(nil), t.clock.append(nil)} {
		dst = append(appendUint(dst, uint64(len(part))), part...)
	}
	return dst
}
