package index

import "encoding/binary"

// An arena holds many lists of bytes that grow side by side, as the streams of a
// log do. A list is a chain of slices, each larger than the one before, so that
// neither short nor long lists waste much, and nothing is ever copied to grow.
type arena struct {
	pages [][]byte
	used  int // of the last page
}

const (
	arenaPage  = 1 << 20
	arenaUnit  = 32 // an address counts these, so that 32 bits reach far
	linkSize   = 4  // the address of the next slice, at a slice's end
	maxDoubled = 5  // slices have 32, 64, … up to 1,024 bytes
)

// A list is a chain of slices in an arena. The zero value is empty.
type list struct {
	size       int64
	head, tail uint32
	filled     uint16 // of the tail
	doubled    uint8  // how often the tail's size was doubled
}

func (a *arena) slice(address uint32, doubled uint8) []byte {
	at := int64(address) * arenaUnit
	page := a.pages[at/arenaPage]
	return page[at%arenaPage:][:arenaUnit<<doubled]
}

func (a *arena) allocate(doubled uint8) uint32 {
	size := arenaUnit << doubled
	if len(a.pages) == 0 || a.used+size > arenaPage {
		a.pages = append(a.pages, make([]byte, arenaPage))
		a.used = 0
	}
	address := (int64(len(a.pages)-1)*arenaPage + int64(a.used)) / arenaUnit
	a.used += size
	return uint32(address)
}

// append adds text to the end of the list.
func (a *arena) append(l *list, text []byte) {
	if l.size == 0 {
		l.head = a.allocate(0)
		l.tail = l.head
	}
	l.size += int64(len(text))
	for {
		tail := a.slice(l.tail, l.doubled)
		n := copy(tail[l.filled:len(tail)-linkSize], text)
		l.filled += uint16(n)
		if text = text[n:]; len(text) == 0 {
			return
		}
		l.doubled = min(l.doubled+1, maxDoubled)
		l.filled = 0
		l.tail = a.allocate(l.doubled)
		binary.LittleEndian.PutUint32(tail[len(tail)-linkSize:], l.tail)
	}
}

// all hands the list's bytes to write, slice by slice.
func (a *arena) all(l *list, write func([]byte)) {
	address, rest := l.head, l.size
	for doubled := uint8(0); rest > 0; doubled = min(doubled+1, maxDoubled) {
		text := a.slice(address, doubled)
		room := int64(len(text) - linkSize)
		write(text[:min(room, rest)])
		rest -= room
		address = binary.LittleEndian.Uint32(text[room:])
	}
}

// A column is a value for each event, in the order of the log. It grows without
// copying what it holds.
type column[T any] struct {
	chunks [][]T
	count  int
}

const columnChunk = 1 << 14

func (c *column[T]) append(value T) {
	n := c.count % columnChunk
	if n == 0 {
		c.chunks = append(c.chunks, make([]T, columnChunk))
	}
	c.chunks[len(c.chunks)-1][n] = value
	c.count++
}

func (c *column[T]) at(n int) *T { return &c.chunks[n/columnChunk][n%columnChunk] }
