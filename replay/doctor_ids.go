package replay

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/maphash"
	"math/bits"
	"slices"

	"github.com/nexus-blueprint/nexus/event"
)

// hashSeed makes the hashes of this process its own: nobody can write a log
// whose ids all fall into one place. What is reported does not depend on it.
var hashSeed = maphash.MakeSeed()

// A sighting says what an event's id tells of it.
type sighting uint8

const (
	unmet        sighting = iota
	copyOfEvent           // the same event was met before
	conflictOfID          // another event with its id was met before
)

// identify finds out whether the event was met before: by its id, and without
// one by its place in its stream.
func (d *doctor) identify(e *event.Event) sighting {
	stream := maphash.Bytes(hashSeed, e.Stream)
	key := stream ^ bits.RotateLeft64(uint64(e.Sequence)*0x9e3779b97f4a7c15, 31)
	switch {
	case len(e.ID) > 0:
		key = maphash.Bytes(hashSeed, e.ID)
	case !e.HasSequence:
		return unmet
	}
	content := maphash.Bytes(hashSeed, e.Data) ^ bits.RotateLeft64(stream, 17) ^ uint64(e.Sequence)*0xbf58476d1ce4e5b9
	content ^= bits.RotateLeft64(d.typeHash, 41)
	met, first := d.ids.add(key, content, e.Line)
	switch {
	case !met && d.ids.full:
		d.overflow(fmt.Sprintf("only the first %d ids were kept: copies of later events were not found", d.o.MaxIDs), RuleDuplicate, RuleDangling)
		return unmet
	case !met:
		return unmet
	case first.content == uint32(content>>32):
		d.copied(e, first.line)
		return copyOfEvent
	case len(e.ID) > 0:
		d.clashed(e, first.line)
		return conflictOfID
	}
	return unmet // the stream has an event at its place: the patient says so
}

func (d *doctor) copied(e *event.Event, line uint32) {
	d.fault(RuleDuplicate, subjectOf(e), spotOf(e), string(e.ID), func() string {
		return fmt.Sprintf("the event %s was met before%s", eventName(e), onLine(d, line))
	})
}

func (d *doctor) clashed(e *event.Event, line uint32) {
	d.fault(RuleConflict, subjectOf(e), spotOf(e), string(e.ID), func() string {
		return fmt.Sprintf("another event has the id %q already%s", e.ID, onLine(d, line))
	})
}

// onLine names the line of the first event; in a log of several files its file
// is not known.
func onLine(d *doctor, line uint32) string {
	if line == 0 || !d.oneFile {
		return ""
	}
	return fmt.Sprintf(", on line %d", line)
}

func eventName(e *event.Event) string {
	if len(e.ID) > 0 {
		return fmt.Sprintf("%q", e.ID)
	}
	return fmt.Sprintf("with the sequence %d", e.Sequence)
}

// subjectOf is the stream of an event, or its type when it has none.
func subjectOf(e *event.Event) string {
	if e.Stream == nil {
		return e.Type
	}
	return string(e.Stream)
}

// idTable is a set of hashes of ids, with what is to be known of the first event
// that had each. It is cut into parts that grow one by one, so that growing
// never needs much room.
type idTable struct {
	parts [64]idPart
	limit int
	size  int
	full  bool
}

type idPart struct {
	slots []idSlot // a power of two
	used  int
}

// idSlot is free when its key is 0.
type idSlot struct {
	key     uint64
	content uint32
	line    uint32 // 0 when it is larger than fits
}

// add finds a key, or adds it while there is room. The slot is nil when it was
// not added.
func (t *idTable) add(key, content uint64, line int64) (met bool, s *idSlot) {
	key = max(key, 1)
	part := &t.parts[key>>58]
	if s = part.find(key); s != nil && s.key == key {
		return true, s
	}
	if t.size == t.limit {
		t.full = true
		return false, nil
	}
	if 4*(part.used+1) > 3*len(part.slots) {
		part.grow()
		s = part.find(key)
	}
	if line != int64(uint32(line)) {
		line = 0
	}
	*s = idSlot{key: key, content: uint32(content >> 32), line: uint32(line)}
	part.used++
	t.size++
	return false, s
}

func (t *idTable) has(key uint64) bool {
	key = max(key, 1)
	s := t.parts[key>>58].find(key)
	return s != nil && s.key == key
}

// find is the slot of a key, or the free one where it belongs; nil when the part
// is empty.
func (p *idPart) find(key uint64) *idSlot {
	if len(p.slots) == 0 {
		return nil
	}
	mask := uint64(len(p.slots) - 1)
	for i := key & mask; ; i = (i + 1) & mask {
		if s := &p.slots[i]; s.key == key || s.key == 0 {
			return s
		}
	}
}

func (p *idPart) grow() {
	old := p.slots
	p.slots = make([]idSlot, max(16, 2*len(old)))
	for _, s := range old {
		if s.key != 0 {
			*p.find(s.key) = s
		}
	}
}

// openCauses are the causation ids that no event had when they were met: an effect
// may stand before its cause.
type openCauses struct {
	open     map[uint64]*openCause
	resolved int64
}

type openCause struct {
	id      string
	effects int64
	subject string // of the first
	at      spot
}

// cause follows the event's causation id.
func (d *doctor) cause(e *event.Event) {
	if len(e.CausationID) == 0 || bytes.Equal(e.CausationID, e.CorrelationID) || bytes.Equal(e.CausationID, e.ID) {
		return
	}
	key := maphash.Bytes(hashSeed, e.CausationID)
	if d.ids.has(key) {
		d.causes.resolved++
		return
	}
	c := d.causes.open[key]
	if c == nil {
		if len(d.causes.open) == maxCauses {
			d.overflow(fmt.Sprintf("more than %d causes are not in the log, or stand behind their effects: only the first were followed", maxCauses), RuleDangling)
			return
		}
		c = &openCause{id: string(e.CausationID), subject: subjectOf(e), at: spotOf(e)}
		d.causes.open[key] = c
	}
	c.effects++
}

// closeCauses reports the causes that were never met. When not one of many was,
// the log does not hold causes at all, which is said once.
func (d *doctor) closeCauses() {
	if d.ids.full {
		return // the cause may be an id that was not kept
	}
	var dangling []*openCause
	for key, c := range d.causes.open {
		if d.ids.has(key) {
			d.causes.resolved += c.effects
			continue
		}
		dangling = append(dangling, c)
	}
	slices.SortFunc(dangling, func(a, b *openCause) int { return cmp.Or(compareSpots(a.at, b.at), cmp.Compare(a.id, b.id)) })
	if d.causes.resolved == 0 && len(dangling) > 10 {
		first := dangling[0]
		d.fault(RuleDangling, logSubject, first.at, "", func() string {
			return fmt.Sprintf("none of the %d causes that events name is in the log", len(dangling))
		})
		return
	}
	for _, c := range dangling {
		d.fault(RuleDangling, c.subject, c.at, c.id, func() string {
			return fmt.Sprintf("the cause %q is not in the log%s", c.id, alsoOf(c.effects-1))
		})
	}
}

func alsoOf(more int64) string {
	if more == 0 {
		return ""
	}
	return fmt.Sprintf("; it has %d more effects", more)
}

func compareSpots(a, b spot) int {
	return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.offset, b.offset))
}
