package replay

// A streamIndex finds a stream by the hash of its id: open addressing in one
// flat table that is at most three quarters full.
type streamIndex struct {
	table []uint64 // number of the stream plus one, and the low half of the hash
	count int
}

func (x *streamIndex) start(hash uint64) int {
	if len(x.table) == 0 {
		x.table = make([]uint64, 1024)
	}
	return int(uint32(hash)) & (len(x.table) - 1)
}

func (x *streamIndex) next(at int) int { return (at + 1) & (len(x.table) - 1) }

// get is the stream at a place, -1 for none.
func (x *streamIndex) get(at int) (i int32, tag uint32) {
	cell := x.table[at]
	return int32(cell>>32) - 1, uint32(cell)
}

// add enters a stream that is not there.
func (x *streamIndex) add(hash uint64, i int32) {
	if x.count++; 4*x.count > 3*len(x.table) {
		old := x.table
		x.table = make([]uint64, 2*len(old))
		for _, cell := range old {
			if cell != 0 {
				x.put(cell)
			}
		}
	}
	x.put(uint64(i+1)<<32 | hash&(1<<32-1))
}

func (x *streamIndex) put(cell uint64) {
	at := x.start(cell)
	for x.table[at] != 0 {
		at = x.next(at)
	}
	x.table[at] = cell
}
