package index

import "crypto/sha256"

// Identity is a hash of what was indexed: the files of the log, how they were
// read, and what they hold. What was derived from the log by this index is of
// use as long as the index is fresh and has the same identity.
func (x *Index) Identity() [sha256.Size]byte { return sha256.Sum256(x.meta.append(nil)) }

// Repeating is the numbers of the streams that have two events whose ids share a
// hash: in which an event may have been delivered again under another sequence.
// It reads what the index knows of the ids, once, from front to end.
func (x *Index) Repeating() (map[int]bool, error) {
	found := map[int]bool{}
	r := run{index: x, streams: map[int]bool{}}
	for n := 0; ; n++ {
		hash, text, err := x.pages.block(sectionIDs, sectionIDBlocks, n)
		if err != nil {
			return nil, err
		}
		if len(text) == 0 {
			return found, r.end(found)
		}
		c, number := cursor{text: text}, int64(0)
		for len(c.text) > 0 {
			hash += c.uint()
			number += c.int()
			if err := c.err(); err != nil {
				return nil, err
			}
			if hash != r.hash {
				if err := r.end(found); err != nil {
					return nil, err
				}
				r.hash = hash
			}
			r.numbers = append(r.numbers, uint32(number))
		}
	}
}

// A run is the postings whose ids share a hash. Nearly all runs have one.
type run struct {
	index   *Index
	hash    uint64
	numbers []uint32
	streams map[int]bool
}

// end adds the streams that occur twice in the run to found, and empties it.
func (r *run) end(found map[int]bool) error {
	if len(r.numbers) > 1 {
		clear(r.streams)
		for _, number := range r.numbers {
			n, _, err := r.index.owner(number)
			if err != nil {
				return err
			}
			if r.streams[n] {
				found[n] = true
			}
			r.streams[n] = true
		}
	}
	r.numbers = r.numbers[:0]
	return nil
}
