package replay

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nexus-blueprint/nexus/event"
)

// A patient is what Doctor knows of one stream: the sequences from first to
// high without the holes, and when its last event was.
type patient struct {
	name        string
	first, high int64
	holes       []hole // sorted; what is missing between first and high
	begun       bool   // first and high are known
	lossy       bool   // there were more holes than are kept
	start, last visit
	constants   []constant
	visits      []visit // of a log without order, until its end
}

// A hole is a run of sequences that were not met yet, and the event behind it.
type hole struct {
	from, to int64
	behind   visit
}

// A visit is what matters of an event for its stream.
type visit struct {
	at                 spot
	sequence           int64
	happened, recorded int64 // Unix nanoseconds, 0 when not known
	sequenced          bool
	conflict           bool // its id was found to be another event's
}

func visitOf(e *event.Event) visit {
	return visit{
		at: spotOf(e), sequence: e.Sequence, sequenced: e.HasSequence,
		happened: nanoseconds(e.Time), recorded: nanoseconds(e.Recorded),
	}
}

func nanoseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// settle judges the visits of a log without order by their sequence.
func (p *patient) settle(d *doctor) {
	slices.SortStableFunc(p.visits, func(a, b visit) int { return cmp.Compare(a.sequence, b.sequence) })
	for _, v := range p.visits {
		if v.sequenced {
			p.visit(d, v)
		}
	}
	p.visits = nil
}

// visit judges the stream's next event.
func (p *patient) visit(d *doctor, v visit) {
	switch {
	case !v.sequenced:
		p.follow(d, v)
	case !p.begun:
		p.begun, p.first, p.high, p.start, p.last = true, v.sequence, v.sequence, v, v
	case v.sequence > p.high:
		p.advance(d, v)
		p.follow(d, v)
	case v.sequence < p.first:
		p.precede(d, v)
	default:
		p.fill(d, v)
	}
}

// advance moves the stream's end to v, over a hole if there is one.
func (p *patient) advance(d *doctor, v visit) {
	d.counted++
	if v.sequence-1 > p.high {
		if d.holes++; d.holes == 1 {
			d.firstHole = v.at
		}
		p.miss(d, len(p.holes), hole{p.high + 1, v.sequence - 1, v})
	}
	p.high = v.sequence
}

// miss keeps a hole. Where there are too many of them, a sequence between first
// and high says neither that it was met already nor that it comes late.
func (p *patient) miss(d *doctor, i int, h hole) {
	if len(p.holes) >= maxHoles {
		p.lossy = true
		d.overflow(fmt.Sprintf("%s: of a stream with more than %d holes not all were counted, and what comes behind them is not judged by %s and %s",
			RuleGap, maxHoles, RuleConflict, RuleOutOfOrder), RuleConflict, RuleOutOfOrder)
		return
	}
	p.holes = slices.Insert(p.holes, i, h)
}

// precede takes an event from before all that were met.
func (p *patient) precede(d *doctor, v visit) {
	if v.sequence+1 < p.first {
		p.miss(d, 0, hole{v.sequence + 1, p.first - 1, p.start})
	}
	p.disorder(d, v)
	p.first, p.start = v.sequence, v
}

// fill takes an event from between those that were met.
func (p *patient) fill(d *doctor, v visit) {
	i, found := slices.BinarySearchFunc(p.holes, v.sequence, func(h hole, sequence int64) int {
		switch {
		case h.to < sequence:
			return -1
		case h.from > sequence:
			return 1
		}
		return 0
	})
	switch {
	case found:
		p.disorder(d, v)
		p.shrink(d, i, v)
	case !p.lossy && !v.conflict:
		d.fault(RuleConflict, p.name, v.at, sequenceText(v), func() string {
			return fmt.Sprintf("another event has the sequence %d of this stream already", v.sequence)
		})
	}
}

// shrink takes v's sequence out of a hole.
func (p *patient) shrink(d *doctor, i int, v visit) {
	h := p.holes[i]
	before, after := hole{h.from, v.sequence - 1, v}, hole{v.sequence + 1, h.to, h.behind}
	p.holes = slices.Delete(p.holes, i, i+1)
	if after.from <= after.to {
		p.miss(d, i, after)
	}
	if before.from <= before.to {
		p.miss(d, i, before)
	}
}

// disorder notes an event that comes behind a later one, in one file: the order
// in which files are read is not one that anybody promised.
func (p *patient) disorder(d *doctor, v visit) {
	if !d.ordered || p.last.at.file != v.at.file {
		return
	}
	high := p.high
	d.fault(RuleOutOfOrder, p.name, v.at, sequenceText(v), func() string {
		return fmt.Sprintf("sequence %d comes behind sequence %d", v.sequence, high)
	})
}

// follow compares the times of v with those of the event in front of it. By
// when it was recorded, if both say so, time must not run back; when it happened
// may, and is then recorded late.
func (p *patient) follow(d *doctor, v visit) {
	last := p.last
	p.last = v
	if last.at.line == 0 || !v.sequenced && last.at.file != v.at.file {
		return
	}
	recorded := v.recorded != 0 && last.recorded != 0
	switch {
	case recorded && v.recorded < last.recorded:
		p.back(d, RuleTimeBack, v, "recorded", last.recorded-v.recorded)
	case v.happened == 0 || last.happened == 0 || v.happened >= last.happened:
	case recorded:
		p.back(d, RuleLate, v, "happened", last.happened-v.happened)
	default:
		p.back(d, RuleTimeBack, v, "happened", last.happened-v.happened)
	}
}

func (p *patient) back(d *doctor, rule string, v visit, verb string, by int64) {
	d.fault(rule, p.name, v.at, sequenceText(v), func() string {
		return fmt.Sprintf("%s %s before the event in front of it in the stream", verb, time.Duration(by))
	})
}

// sequenceText identifies an event within its stream, for a fingerprint.
func sequenceText(v visit) string {
	if !v.sequenced {
		return time.Unix(0, v.happened).UTC().Format(time.RFC3339Nano)
	}
	return strconv.FormatInt(v.sequence, 10)
}

// close reports what is still missing when the log has ended.
func (p *patient) close(d *doctor, base int64) {
	if !p.begun {
		return
	}
	for _, h := range p.holes {
		d.fault(RuleGap, p.name, h.behind.at, fmt.Sprintf("%d-%d", h.from, h.to), func() string {
			if h.from == h.to {
				return fmt.Sprintf("sequence %d is missing", h.from)
			}
			return fmt.Sprintf("the sequences %d to %d are missing: %d events", h.from, h.to, uint64(h.to-h.from)+1)
		})
	}
	if p.first > base {
		d.fault(RuleLateStart, p.name, p.start.at, "", func() string {
			return fmt.Sprintf("the first event has the sequence %d, so %d events before it are missing", p.first, uint64(p.first-base))
		})
	}
}
