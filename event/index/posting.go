package index

import (
	"time"

	"github.com/nexus-blueprint/nexus/event"
)

// blockSize is the number of postings that are decoded together: the first of a
// block is absolute, the others differ from the one before.
const blockSize = 128

// A Posting says where an event stands and what of it decides whether it is
// wanted.
type Posting struct {
	File        int       // its place in Index.Files
	Offset      int64     // of the record in the file
	Length      int       // of the record
	Line        int64     // of the record, from 1
	Time        time.Time // when it happened, else when it was stored; zero when neither is recorded
	Sequence    int64
	HasSequence bool
	Type        string
	Stream      string // the id of its stream
}

// when is the time by which an event is indexed.
func when(e *event.Event) time.Time {
	if e.Time.IsZero() {
		return e.Recorded
	}
	return e.Time
}

// An entry is a posting as it is stored.
type entry struct {
	place     int64 // its offset, counted on from file to file
	line      int64
	length    int64
	seconds   int64 // since 1970
	nanos     int32
	kind      uint32 // the number of its type
	timed     bool
	sequenced bool
	sequence  int64
}

// Time is stored as the difference to the time before, in the largest unit that
// loses nothing. The code of the unit stands in its lowest bits.
const (
	untimed = iota
	farAway // seconds and nanoseconds since 1970
	inNanoseconds
	inMicroseconds
	inMilliseconds
	inSeconds
	codeBits = 3
)

// nearSeconds is how far two times may lie apart to be stored as a difference.
const nearSeconds = 1 << 27

var unitOf = [...]int64{inNanoseconds: 1, inMicroseconds: 1e3, inMilliseconds: 1e6, inSeconds: 1e9}

// append appends e, which follows last in its stream, and lets e take from last
// what it has not itself, as read does. Types come in few, so that
// the bit that tells of a sequence fits in with them.
func (e *entry) append(dst []byte, last *entry) []byte {
	kind := uint64(e.kind) << 1
	if e.sequenced {
		kind |= 1
	} else {
		e.sequence = last.sequence
	}
	dst = appendUint(dst, kind)
	dst = appendInt(dst, e.place-last.place)
	dst = appendInt(dst, e.line-last.line)
	dst = appendInt(dst, e.length-last.length)
	if e.sequenced {
		dst = appendInt(dst, e.sequence-last.sequence-1)
	}
	return e.appendTime(dst, last)
}

func (e *entry) appendTime(dst []byte, last *entry) []byte {
	seconds := e.seconds - last.seconds
	switch {
	case !e.timed:
		e.seconds, e.nanos = last.seconds, last.nanos
		return appendUint(dst, untimed)
	case seconds <= -nearSeconds || seconds >= nearSeconds:
		dst = appendInt(appendUint(dst, farAway), e.seconds)
		return appendUint(dst, uint64(e.nanos))
	}
	apart, code := seconds*1e9+int64(e.nanos-last.nanos), uint64(inNanoseconds)
	switch {
	case apart%1e9 == 0:
		apart, code = apart/1e9, inSeconds
	case apart%1e6 == 0:
		apart, code = apart/1e6, inMilliseconds
	case apart%1e3 == 0:
		apart, code = apart/1e3, inMicroseconds
	}
	return appendUint(dst, zigzag(apart)<<codeBits|code)
}

// read makes e, which holds the entry before, the next entry.
func (e *entry) read(c *cursor) {
	kind := c.uint()
	e.kind, e.sequenced = uint32(kind>>1), kind&1 != 0
	e.place += c.int()
	e.line += c.int()
	e.length += c.int()
	if e.sequenced {
		e.sequence += c.int() + 1
	}
	e.readTime(c)
}

func (e *entry) readTime(c *cursor) {
	value := c.uint()
	code := int(value & (1<<codeBits - 1))
	e.timed = code != untimed
	switch {
	case code == untimed:
	case code == farAway:
		e.seconds, e.nanos = c.int(), int32(c.count(1e9))
	case code < len(unitOf):
		unit := unitOf[code]
		apart := unzigzag(value >> codeBits)
		e.seconds += apart / (1e9 / unit)
		nanos := int64(e.nanos) + apart%(1e9/unit)*unit
		if nanos < 0 {
			nanos, e.seconds = nanos+1e9, e.seconds-1
		} else if nanos >= 1e9 {
			nanos, e.seconds = nanos-1e9, e.seconds+1
		}
		e.nanos = int32(nanos)
	default:
		c.broken = true
	}
}

// time is the zero time when none is recorded.
func (e *entry) time() time.Time {
	if !e.timed {
		return time.Time{}
	}
	return time.Unix(e.seconds, int64(e.nanos)).UTC()
}
