package replay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// A slot is one written place of one stream's state.
type slot struct {
	place      place  // of its text in the arena
	size, room uint32 // of its text; without room it is init's
	// A number and its scale, or a short text: with it in the row, memory is waited
	// for once less.
	small [shortText]byte
	kind  slotKind
	short bool // the text of slotRaw is in small
	final bool // the elements of the list have their canonical texts
}

// shortText is how long a text may be that stands in a row.
const shortText = 12

// decimal is the number in the slot and its scale.
func (s *slot) decimal() (number int64, scale int32) {
	return int64(binary.LittleEndian.Uint64(s.small[:])), int32(binary.LittleEndian.Uint32(s.small[8:]))
}

func (s *slot) setDecimal(number int64, scale int32) {
	binary.LittleEndian.PutUint64(s.small[:], uint64(number))
	binary.LittleEndian.PutUint32(s.small[8:], uint32(scale))
	s.kind = slotNumber
}

// raw is the text of slotRaw or slotList, valid until the slot is written.
func (sh *shard) raw(s *slot) []byte {
	if s.short {
		return s.small[:s.size]
	}
	return sh.arena.bytes(s.place, s.size)
}

type slotKind uint8

const (
	slotNever  slotKind = iota // nothing was ever written
	slotGone                   // deleted
	slotRaw                    // JSON text as it was recorded
	slotNumber                 // number and scale
	slotList                   // the elements' texts, a comma behind each
)

// rowsTogether is how many rows are in a block. Blocks never move, so that a log
// of many streams is not copied again and again while it grows.
const rowsTogether = 1 << 8

// row is the slots of a stream.
func (sh *shard) row(i int32) []slot {
	n := len(sh.program.first)
	at := int(i%rowsTogether) * n
	return sh.rows[i/rowsTogether][at : at+n]
}

// addRow adds the row of a new stream, the one behind the last.
func (sh *shard) addRow(i int32) {
	first := sh.program.first
	if i%rowsTogether == 0 {
		sh.rows = append(sh.rows, make([]slot, 0, min(rowsTogether, 4*int(i)+16)*len(first)))
	}
	block := &sh.rows[len(sh.rows)-1]
	*block = append(*block, first...)
}

// sum is what the slot holds and the number that text says.
func (sh *shard) sum(s *slot, text []byte) (Decimal, error) {
	if s.kind == slotNumber {
		if small, scale, ok := parseSmall(text); ok {
			number, its := s.decimal()
			if sum, scale, ok := addSmall(number, its, small, scale); ok {
				return Decimal{small: sum, scale: scale}, nil
			}
		}
	}
	old, err := sh.number(s)
	if err != nil {
		return old, err
	}
	d, err := numberIn(text)
	return old.Add(d), err
}

// number is the number in a slot; where nothing is, or null, it is 0.
func (sh *shard) number(s *slot) (Decimal, error) {
	switch s.kind {
	case slotNumber:
		small, scale := s.decimal()
		return Decimal{small: small, scale: scale}, nil
	case slotRaw:
		return numberOrNull(sh.raw(s))
	case slotList:
		return Decimal{}, errors.New("an array cannot be added")
	case slotNever, slotGone:
	}
	return Decimal{}, nil
}

func numberOrNull(text []byte) (Decimal, error) {
	if text[0] == 'n' {
		return Decimal{}, nil
	}
	return numberIn(text)
}

func numberIn(text []byte) (Decimal, error) {
	if c := text[0]; c != '-' && c-'0' > 9 {
		return Decimal{}, fmt.Errorf("%s cannot be added", describeText(text))
	}
	return parseDecimal(text)
}

func describeText(text []byte) string {
	switch text[0] {
	case '"':
		return "a string"
	case '{':
		return "an object"
	case '[':
		return "an array"
	case 't', 'f':
		return "a truth value"
	case 'n':
		return "null"
	}
	return "a number"
}

func (sh *shard) setNumber(s *slot, d Decimal) {
	if d.large != nil {
		sh.write(s, d.append(nil))
		return
	}
	s.setDecimal(d.small, d.scale)
}

// write makes text what the slot holds.
func (sh *shard) write(s *slot, text []byte) {
	s.kind = slotRaw
	if s.short = len(text) <= shortText; s.short {
		s.size = uint32(copy(s.small[:], text))
		return
	}
	sh.put(s, text)
}

// put puts text where the slot's text is, or where there is room for it.
func (sh *shard) put(s *slot, text []byte) {
	if int(s.room) < len(text) {
		sh.arena.give(s.place, s.room)
		s.place, s.room = sh.arena.take(len(text))
	}
	s.size = uint32(len(text))
	copy(sh.arena.bytes(s.place, s.size), text)
}

func (sh *shard) checkList(s *slot) error {
	switch s.kind {
	case slotNumber:
		return errors.New("a number, not an array")
	case slotRaw:
		if raw := sh.raw(s); raw[0] != '[' && raw[0] != 'n' {
			return fmt.Errorf("%s, not an array", describeText(raw))
		}
	case slotNever, slotGone, slotList:
	}
	return nil
}

// push appends an element to a list, or makes it one.
func (sh *shard) push(s *slot, text []byte, final bool) {
	if s.kind != slotList {
		sh.makeList(s)
	}
	s.final = s.final && final
	size := s.size + uint32(len(text)) + 1
	if s.room < size {
		p, room := sh.arena.take(int(size) + int(size)/4)
		copy(sh.arena.bytes(p, room), sh.arena.bytes(s.place, s.size))
		sh.arena.give(s.place, s.room)
		s.place, s.room = p, room
	}
	to := sh.arena.bytes(s.place, size)
	copy(to[s.size:], text)
	to[size-1] = ','
	s.size = size
}

// makeList turns an array's text, null or nothing into a list.
func (sh *shard) makeList(s *slot) {
	var elements []byte
	if s.kind == slotRaw {
		raw := sh.raw(s)
		if inner := raw[1 : len(raw)-1]; raw[0] == '[' && space(inner, 0) < len(inner) {
			elements = append(slices.Clone(inner), ',')
		}
	}
	s.kind, s.short, s.size, s.final = slotList, false, 0, len(elements) == 0
	if len(elements) > 0 {
		sh.put(s, elements)
	}
}

// appendSlot appends the canonical text of a slot's value.
func (sh *shard) appendSlot(dst []byte, s *slot) ([]byte, error) {
	switch s.kind {
	case slotNumber:
		small, scale := s.decimal()
		return Decimal{small: small, scale: scale}.append(dst), nil
	case slotRaw:
		dst, _, err := sh.writer.append(dst, sh.raw(s))
		return dst, err
	}
	dst = append(dst, '[')
	list := sh.arena.bytes(s.place, s.size)
	if s.final && len(list) > 0 {
		return append(append(dst, list[:len(list)-1]...), ']'), nil
	}
	for i := 0; i < len(list); {
		if i > 0 {
			dst = append(dst, ',')
		}
		i = space(list, i)
		var n int
		var err error
		if dst, n, err = sh.writer.append(dst, list[i:]); err != nil {
			return dst, err
		}
		i = space(list, i+n) + 1
	}
	return append(dst, ']'), nil
}
