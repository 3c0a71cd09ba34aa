package index

import (
	"cmp"
	"encoding/binary"
	"iter"
	"sort"
)

// streamEntry is the size of an entry of sectionStreams: the offset of the id,
// that of the postings, the number of the first posting, and flags. One entry
// more than there are streams ends the last.
const streamEntry = 24

const (
	flagOrdered = 1 << iota
	flagTimed
)

func appendStream(dst []byte, name, postings int64, first, flags uint32) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, uint64(name))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(postings))
	dst = binary.LittleEndian.AppendUint32(dst, first)
	return binary.LittleEndian.AppendUint32(dst, flags)
}

// A Stream is the events of one stream in an index. The zero value has none.
type Stream struct {
	ID     string
	Events int
	// Ordered says that every event has a sequence and that it grows from event
	// to event in the order of the log.
	Ordered bool
	// Timed says that every event tells when it happened, so that the time of a
	// posting is that of its event.
	Timed bool
	// Number is the stream's place among the streams, sorted by id, from 0.
	Number int

	index    *Index
	postings extent
}

// Streams yields the streams, sorted by id.
func (x *Index) Streams() iter.Seq2[Stream, error] {
	return func(yield func(Stream, error) bool) {
		for n := range x.meta.stats.Streams {
			s, err := x.streamAt(n)
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// fenceEvery is the number of streams from one fence to the next.
const fenceEvery = 128

// fenced is where the streams start that stand behind the last fence for which
// before is true, and where they end: a search among them touches few pages.
// There are none when it is true for no fence.
func (x *Index) fenced(before func(first uint64, id []byte) bool) (start, end int, err error) {
	text, err := x.pages.all(sectionFences)
	c, n := cursor{text: text}, 0
	for err == nil && len(c.text) > 0 {
		first := c.uint()
		id := c.bytes(c.length())
		if err = c.err(); err != nil || !before(first, id) {
			break
		}
		n++
	}
	end = min(n*fenceEvery, x.meta.stats.Streams)
	return min(max(n-1, 0)*fenceEvery, end), end, err
}

// Stream finds a stream by its id. One that the log does not have is empty.
func (x *Index) Stream(id string) (Stream, error) {
	start, end, err := x.fenced(func(_ uint64, fence []byte) bool { return string(fence) <= id })
	n := start + sort.Search(end-start, func(n int) bool {
		name, failed := x.streamID(start + n)
		err = cmp.Or(err, failed)
		return failed != nil || string(name) >= id
	})
	if err != nil || n == end {
		return Stream{ID: id}, err
	}
	s, err := x.streamAt(n)
	if err != nil || s.ID != id {
		return Stream{ID: id}, err
	}
	return s, nil
}

// numbered is the posting with a number: the postings are counted from stream
// to stream.
func (x *Index) numbered(number uint32) (Posting, error) {
	n, first, err := x.owner(number)
	if err != nil {
		return Posting{}, err
	}
	s, err := x.streamAt(n)
	if err != nil {
		return Posting{}, err
	}
	for p, err := range s.Postings(int(number - first)) {
		return p, err
	}
	return Posting{}, errMalformed
}

// owner is the number of the stream that a posting belongs to, and that of the
// stream's first posting.
func (x *Index) owner(number uint32) (n int, first uint32, err error) {
	start, end, err := x.fenced(func(first uint64, _ []byte) bool { return first <= uint64(number) })
	n = start + sort.Search(end-start, func(n int) bool {
		here, next, failed := x.streamEntries(start + n)
		err = cmp.Or(err, failed)
		if failed != nil || firstPosting(next) <= number {
			return failed != nil
		}
		first = firstPosting(here)
		return true
	})
	if err == nil && (n == end || first > number) {
		err = errMalformed
	}
	return n, first, err
}

// streamEntries are the directory's entries of the nth stream and the next.
func (x *Index) streamEntries(n int) (here, next []byte, err error) {
	e, err := x.pages.view(sectionStreams, extent{int64(n) * streamEntry, 2 * streamEntry})
	if err != nil {
		return nil, nil, err
	}
	return e[:streamEntry], e[streamEntry:], nil
}

// between is what lies between the offsets that two entries have at a place.
func between(here, next []byte, place int) extent {
	start := int64(binary.LittleEndian.Uint64(here[place:]))
	return extent{start, int64(binary.LittleEndian.Uint64(next[place:])) - start}
}

func firstPosting(e []byte) uint32 { return binary.LittleEndian.Uint32(e[16:]) }

func (x *Index) streamID(n int) ([]byte, error) {
	here, next, err := x.streamEntries(n)
	if err != nil {
		return nil, err
	}
	return x.pages.view(sectionNames, between(here, next, 0))
}

func (x *Index) streamAt(n int) (Stream, error) {
	here, next, err := x.streamEntries(n)
	if err != nil {
		return Stream{}, err
	}
	id, err := x.pages.view(sectionNames, between(here, next, 0))
	if err != nil {
		return Stream{}, err
	}
	count := int64(firstPosting(next)) - int64(firstPosting(here))
	postings := between(here, next, 8)
	if count <= 0 || count > x.meta.stats.Events || !x.pages.has(sectionPostings, postings) {
		return Stream{}, errMalformed
	}
	return Stream{
		ID: string(id), Events: int(count), Number: n,
		Ordered: here[20]&flagOrdered != 0, Timed: here[20]&flagTimed != 0,
		index: x, postings: postings,
	}, nil
}

// Postings yields the stream's events from the nth on, counted from 0, in the
// order of the log.
func (s Stream) Postings(from int) iter.Seq2[Posting, error] {
	return func(yield func(Posting, error) bool) {
		for n := max(from, 0); n < s.Events; n += blockSize - n%blockSize {
			c, err := s.block(n / blockSize)
			if err != nil {
				yield(Posting{}, err)
				return
			}
			var e entry
			for i := n - n%blockSize; i < min(s.Events, n-n%blockSize+blockSize); i++ {
				e.read(&c)
				if i < n {
					continue
				}
				p, err := s.index.posting(&e, &c)
				p.Stream = s.ID
				if !yield(p, err) || err != nil {
					return
				}
			}
			if len(c.text) > 0 { // behind the last posting of a block
				yield(Posting{}, errMalformed)
				return
			}
		}
	}
}

// block is the text of the nth block of postings.
func (s Stream) block(n int) (cursor, error) {
	starts := int64((s.Events - 1) / blockSize)
	where := extent{0, s.postings.length - 8*starts}
	if starts > 0 {
		first, count := max(int64(n)-1, 0), min(2, starts-max(int64(n)-1, 0))
		text, err := s.index.pages.view(sectionPostings, extent{s.postings.offset + 8*first, 8 * count})
		if err != nil {
			return cursor{}, err
		}
		end := where.length
		if n > 0 {
			where.offset = int64(binary.LittleEndian.Uint64(text))
			text = text[8:]
		}
		if len(text) > 0 {
			end = int64(binary.LittleEndian.Uint64(text))
		}
		where.length = end - where.offset
	}
	if where.offset < 0 || where.length < 0 || where.end() < where.offset || where.end() > s.postings.length-8*starts {
		return cursor{}, errMalformed
	}
	where.offset += s.postings.offset + 8*starts
	text, err := s.index.pages.view(sectionPostings, where)
	return cursor{text: text}, err
}
