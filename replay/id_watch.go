package replay

import (
	"bytes"
	"hash/maphash"
)

// An idWatch tells whether an id is seen for the first time.
//
// Most logs give ids that grow, and then the last one is all that must be known.
// Only a log that does not is read again with all ids remembered, as hashes: two
// that happen to be equal cost a second look at their stream and nothing else.
//
// A log that can be read only once has its ids remembered from the start, with
// the places that their events have in their streams.
type idWatch struct {
	exact, once bool
	last        []byte
	seen        map[uint64]struct{}
	places      map[uint64]int64 // in place of seen, if once
}

var idSeed = maphash.MakeSeed()

// see is not sure when ids do not grow and are not remembered.
func (w *idWatch) see(n *entry) (isNew, sure bool) {
	switch id := n.id; {
	case len(id) == 0:
		return true, true
	case w.once:
		return w.keep(n), true
	case !w.exact:
		if len(id) < len(w.last) || len(id) == len(w.last) && bytes.Compare(id, w.last) <= 0 {
			return false, false
		}
		w.last = append(w.last[:0], id...)
		return true, true
	}
	hash := idHash(n)
	if _, known := w.seen[hash]; known {
		return false, true
	}
	if w.seen == nil {
		w.seen = map[uint64]struct{}{}
	}
	w.seen[hash] = struct{}{}
	return true, true
}

// keep is false when the id is known already.
func (w *idWatch) keep(n *entry) bool {
	hash := idHash(n)
	if _, known := w.places[hash]; known {
		return false
	}
	if w.places == nil {
		w.places = map[uint64]int64{}
	}
	w.places[hash] = n.place()
	return true
}

// again reports whether an event whose id is known was delivered again: it has
// the place of the first one, which therefore is the one that counts.
func (w *idWatch) again(n *entry) bool { return w.once && w.places[idHash(n)] == n.place() }

// place is what orders an event in its stream.
func (n *entry) place() int64 {
	if n.hasSequence {
		return n.sequence
	}
	return n.stored
}

func idHash(n *entry) uint64 {
	return maphash.Bytes(idSeed, n.id) ^ maphash.Bytes(idSeed, n.stream)*0x9E3779B97F4A7C15
}
