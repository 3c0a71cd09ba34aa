package index

import (
	"iter"
	"time"
)

// A Sample is a place in the log with what the events on either side of it say
// about time, so that a search by time reads no more of the log than it must.
type Sample struct {
	File   int // its place in Index.Files
	Offset int64
	Line   int64
	Events int64     // that stand before it
	Latest time.Time // of the events before it; zero when none has a time
	// Earliest is the earliest time of the events from here on: who looks for
	// what happened until then can stop. Zero when one of them has no time.
	Earliest time.Time
}

// sampleEvery is the number of events from one sample to the next.
const sampleEvery = 4096

// A sampler takes the samples of a log.
type sampler struct {
	samples []Sample
	latest  time.Time
}

func (s *sampler) add(n int, file int, offset, line int64, at time.Time) {
	if n%sampleEvery == 0 {
		s.samples = append(s.samples, Sample{File: file, Offset: offset, Line: line, Events: int64(n), Latest: s.latest, Earliest: at})
	}
	if at.After(s.latest) {
		s.latest = at
	}
	if last := &s.samples[len(s.samples)-1]; at.Before(last.Earliest) {
		last.Earliest = at
	}
}

func (s *sampler) append(dst []byte) []byte {
	for i := len(s.samples) - 2; i >= 0; i-- {
		if later := s.samples[i+1].Earliest; later.Before(s.samples[i].Earliest) {
			s.samples[i].Earliest = later
		}
	}
	for _, p := range s.samples {
		dst = appendUint(appendUint(appendUint(dst, uint64(p.File)), uint64(p.Offset)), uint64(p.Line))
		dst = appendTime(appendTime(dst, p.Latest), p.Earliest)
	}
	return dst
}

// appendTime stores the zero time as it is: it has seconds of its own.
func appendTime(dst []byte, t time.Time) []byte {
	return appendUint(appendInt(dst, t.Unix()), uint64(t.Nanosecond()))
}

func (c *cursor) time() time.Time { return time.Unix(c.int(), int64(c.count(1e9))).UTC() }

// Samples yields places some thousands of events apart, in the order of the log.
func (x *Index) Samples() iter.Seq2[Sample, error] {
	return func(yield func(Sample, error) bool) {
		text, err := x.pages.all(sectionSamples)
		c := cursor{text: text}
		for n := int64(0); err == nil && len(c.text) > 0; n += sampleEvery {
			p := Sample{File: c.count(uint64(len(x.meta.files))), Offset: int64(c.uint()), Line: int64(c.uint()), Events: n}
			p.Latest, p.Earliest = c.time(), c.time()
			if err = c.err(); err == nil && !yield(p, nil) {
				return
			}
		}
		if err != nil {
			yield(Sample{}, err)
		}
	}
}
