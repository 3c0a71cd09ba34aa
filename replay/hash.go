package replay

import (
	"crypto/sha256"
	"encoding/binary"
)

// Hash is the SHA-256 of the canonical text of the state.
func (s *State) Hash() ([sha256.Size]byte, error) {
	text, err := s.MarshalJSON()
	return sha256.Sum256(text), err
}

// Hash is the SHA-256 of the canonical text of the stream's state.
func (s *StreamState) Hash() ([sha256.Size]byte, error) {
	text, err := s.AppendJSON(nil)
	return sha256.Sum256(text), err
}

// Root is one hash over the ids and the states of all streams. It is the same
// for the same log on any number of cores, in any order of its files and in any
// format that holds the same events.
func (r *Result) Root() ([sha256.Size]byte, error) {
	_, root, err := r.hashes()
	return root, err
}

// hashes are those of the states, in the order of the streams, and the root.
func (r *Result) hashes() (states [][sha256.Size]byte, root [sha256.Size]byte, err error) {
	states = make([][sha256.Size]byte, len(r.Streams))
	all := sha256.New()
	var text []byte
	for i := range r.Streams {
		s := &r.Streams[i]
		if text, err = s.AppendJSON(text[:0]); err != nil {
			return nil, root, err
		}
		states[i] = sha256.Sum256(text)
		// The length keeps an id apart from what follows it.
		all.Write(binary.BigEndian.AppendUint64(nil, uint64(len(s.ID))))
		all.Write([]byte(s.ID))
		all.Write(states[i][:])
	}
	return states, [sha256.Size]byte(all.Sum(nil)), nil
}
