package replay

import "math/bits"

// An arena holds the bytes of many small values in few blocks that the garbage
// collector need not look into. Places come in sizes of powers of two; a place
// that is given back serves the next value of its size.
type arena struct {
	blocks [][]byte
	used   int // of the last block
	free   [32][]place
}

// A place is where a value's bytes start.
type place struct{ block, at uint32 }

const (
	firstBlock = 8 << 10
	lastBlock  = 16 << 20
	hugeBlock  = 2 << 20 // from here on large pages are asked for
	minPlace   = 4       // 16 bytes
)

// take returns a place with room for size bytes and how much room it has.
func (a *arena) take(size int) (place, uint32) {
	class := max(bits.Len(uint(size-1)), minPlace)
	if list := a.free[class]; len(list) > 0 {
		a.free[class] = list[:len(list)-1]
		return list[len(list)-1], 1 << class
	}
	room := 1 << class
	if n := len(a.blocks); n == 0 || len(a.blocks[n-1])-a.used < room {
		block := make([]byte, max(min(firstBlock<<min(n, 16), lastBlock), room))
		if len(block) >= hugeBlock {
			adviseHuge(block)
		}
		a.blocks = append(a.blocks, block)
		a.used = 0
	}
	p := place{uint32(len(a.blocks) - 1), uint32(a.used)}
	a.used += room
	return p, uint32(room)
}

// give takes a place back.
func (a *arena) give(p place, room uint32) {
	if room > 0 {
		class := bits.Len32(room - 1)
		a.free[class] = append(a.free[class], p)
	}
}

func (a *arena) bytes(p place, size uint32) []byte {
	return a.blocks[p.block][p.at : p.at+size]
}
