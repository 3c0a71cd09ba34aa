package index

import (
	"bytes"
	"cmp"
	"iter"
	"slices"
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
}

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

// read cuts one type off the statistics and compares its parts with its sums.
func (t *TypeStats) read(c *cursor) error {
	t.Count, t.Untimed = int64(c.uint()), int64(c.uint())
	t.Bytes, t.DataBytes = int64(c.uint()), int64(c.uint())
	t.sizes = c.bytes(c.length())
	t.dataSizes = c.bytes(c.length())
	t.seconds = c.bytes(c.length())
	if c.broken || !sums(t.Sizes(), t.Count, t.Bytes) || !sums(t.DataSizes(), t.Count, t.DataBytes) {
		return errMalformed
	}
	timed := int64(0)
	for s := range t.Seconds() {
		timed += s.Count
	}
	if timed+t.Untimed != t.Count {
		return errMalformed
	}
	return nil
}

func sums(sizes iter.Seq2[int, int64], count, bytes int64) bool {
	for size, n := range sizes {
		count -= n
		bytes -= int64(size) * n
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
		if err := types[i].read(&c); err != nil {
			return nil, err
		}
	}
	if len(c.text) > 0 {
		return nil, errMalformed
	}
	slices.SortFunc(types, func(a, b TypeStats) int { return cmp.Compare(a.Type, b.Type) })
	return types, nil
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
