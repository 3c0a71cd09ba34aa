package index

import (
	"cmp"
	"encoding/binary"
	"iter"
	"slices"
)

// A lookup finds the postings of an id by its hash. It is a list of the first
// 40 bits of hashes, sorted, each with the number of a posting; equal hashes
// stand in the order of the log. Every blockSize-th entry starts a block, and
// the directory says with which hash and where.
//
// 40 bits tell ten million ids apart but for one in a hundred thousand, and the
// reader of the events compares the ids anyway.
const (
	hashBits = 40
	// partitionBits of the hash choose the part of a lookup that is sorted at
	// one time, so that sorting stays in the processor's cache.
	partitionBits = 8
	restBits      = hashBits - partitionBits
)

// A packed is a hash as it is kept for every event; zero when the event has no
// such id.
type packed [hashBits / 8]byte

// shortHash is never zero.
func shortHash(id []byte) uint64 { return max(hash(id)>>(64-hashBits), 1) }

func pack(id []byte) packed {
	if id == nil {
		return packed{}
	}
	h := shortHash(id)
	return packed{byte(h >> 32), byte(h >> 24), byte(h >> 16), byte(h >> 8), byte(h)}
}

// part is the part of the lookup that the hash belongs to, rest what tells it
// from others there.
func (p packed) part() int    { return int(p[0]) }
func (p packed) rest() uint32 { return binary.BigEndian.Uint32(p[1:]) }

// directoryEntry is the size of one: the hash and the offset of its block.
const directoryEntry = 16

// A lookupWriter writes the entries of a lookup, which come in order.
type lookupWriter struct {
	w         *writer
	directory []byte
	buffer    []byte
	count     int
	distinct  int
	hash      uint64
	number    int64
}

func (l *lookupWriter) add(hash uint64, number uint32) {
	if l.count == 0 || hash != l.hash {
		l.distinct++
	}
	if l.count%blockSize == 0 {
		l.directory = binary.LittleEndian.AppendUint64(l.directory, hash)
		l.directory = binary.LittleEndian.AppendUint64(l.directory, uint64(l.w.here()))
		l.hash, l.number = hash, 0
	}
	l.buffer = appendUint(l.buffer[:0], hash-l.hash)
	l.buffer = appendInt(l.buffer, int64(number)-l.number)
	l.w.write(l.buffer)
	l.count++
	l.hash, l.number = hash, int64(number)
}

// A sorter sorts the hashes of a log. Its memory serves one lookup after another.
type sorter struct{ keys, spare []uint64 }

// writeLookup writes entries and directory of the ids whose hashes are given by
// event; numbers are those of the events' postings. It returns how many hashes
// differ.
func (s *sorter) writeLookup(w *writer, hashes *column[packed], numbers *column[uint32], entries, directory section) int {
	parts := s.partition(hashes, numbers)
	w.begin(entries)
	l := lookupWriter{w: w}
	for part := range len(parts) - 1 {
		keys := s.keys[parts[part]:parts[part+1]]
		s.spare = slices.Grow(s.spare[:0], len(keys))[:len(keys)]
		for _, key := range sortKeys(keys, s.spare) {
			l.add(uint64(part)<<restBits|key>>32, uint32(key))
		}
	}
	w.begin(directory)
	w.write(l.directory)
	return l.distinct
}

// partition groups the events by the part of their hashes and returns where each
// starts in keys. A key is the rest of a hash above the number of the posting.
func (s *sorter) partition(hashes *column[packed], numbers *column[uint32]) (starts []int) {
	starts = make([]int, 1<<partitionBits+1)
	for _, chunk := range hashes.chunks {
		for _, h := range chunk {
			if h != (packed{}) {
				starts[h.part()+1]++
			}
		}
	}
	for i := range starts[1:] {
		starts[i+1] += starts[i]
	}
	total := starts[len(starts)-1]
	s.keys = slices.Grow(s.keys[:0], total)[:total]
	next := slices.Clone(starts)
	for c, chunk := range hashes.chunks {
		for i, h := range chunk {
			if h != (packed{}) {
				s.keys[next[h.part()]] = uint64(h.rest())<<32 | uint64(numbers.chunks[c][i])
				next[h.part()]++
			}
		}
	}
	return starts
}

// sortKeys sorts keys by their upper half and keeps the order of equal ones. It
// returns one of the two slices, which have the same length.
func sortKeys(keys, spare []uint64) []uint64 {
	const digitBits = 11
	if len(keys) < 1<<digitBits/8 {
		slices.SortStableFunc(keys, func(a, b uint64) int { return cmp.Compare(a>>32, b>>32) })
		return keys
	}
	for shift := 32; shift < 64; shift += digitBits {
		var next [1 << digitBits]int
		for _, key := range keys {
			next[key>>shift&(1<<digitBits-1)]++
		}
		sum := 0
		for digit, n := range next {
			next[digit], sum = sum, sum+n
		}
		for _, key := range keys {
			digit := key >> shift & (1<<digitBits - 1)
			spare[next[digit]] = key
			next[digit]++
		}
		keys, spare = spare, keys
	}
	return keys
}

// find yields the numbers of the postings whose id has the hash, in the order of
// the log.
func (p *pages) find(entries, directory section, hash uint64) iter.Seq2[uint32, error] {
	return func(yield func(uint32, error) bool) {
		// Equal hashes may start in the block before the first that starts with one.
		// Hashes are spread evenly: where they are in their range, there they stand.
		guess := float64(p.sections[directory].length/directoryEntry) * (float64(hash) / (1 << hashBits))
		first, err := p.search(directory, directoryEntry, int(guess), func(e []byte) bool { return binary.LittleEndian.Uint64(e) >= hash })
		for n := max(first-1, 0); err == nil; n++ {
			var h uint64
			var text []byte
			if h, text, err = p.block(entries, directory, n); len(text) == 0 || h > hash {
				break
			}
			if !findIn(text, h, hash, yield) {
				return
			}
		}
		if err != nil {
			yield(0, err)
		}
	}
}

// block is the first hash and the text of the nth block of a lookup, nothing
// behind the last.
func (p *pages) block(entries, directory section, n int) (uint64, []byte, error) {
	at, all := int64(n)*directoryEntry, p.sections[directory].length
	if at >= all {
		return 0, nil, nil
	}
	e, err := p.view(directory, extent{at, min(2*directoryEntry, all-at)})
	if err != nil {
		return 0, nil, err
	}
	if len(e)%directoryEntry != 0 {
		return 0, nil, errMalformed
	}
	start, end := int64(binary.LittleEndian.Uint64(e[8:])), p.sections[entries].length
	if len(e) > directoryEntry {
		end = int64(binary.LittleEndian.Uint64(e[directoryEntry+8:]))
	}
	text, err := p.view(entries, extent{start, end - start})
	return binary.LittleEndian.Uint64(e), text, err
}

// findIn looks through one block, whose first hash is h.
func findIn(text []byte, h, hash uint64, yield func(uint32, error) bool) bool {
	c, number := cursor{text: text}, int64(0)
	for len(c.text) > 0 {
		h += c.uint()
		number += c.int()
		if err := c.err(); err != nil {
			yield(0, err)
			return false
		}
		if h > hash {
			return false
		}
		if h == hash && !yield(uint32(number), nil) {
			return false
		}
	}
	return true
}
