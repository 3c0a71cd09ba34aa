package replay

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
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
	if states, err = r.stateHashes(); err != nil {
		return nil, root, err
	}
	all := sha256.New()
	var text []byte
	for i := range r.Streams {
		id := r.Streams[i].ID
		// The length keeps an id apart from what follows it.
		text = append(binary.BigEndian.AppendUint64(text[:0], uint64(len(id))), id...)
		all.Write(append(text, states[i][:]...))
	}
	return states, [sha256.Size]byte(all.Sum(nil)), nil
}

// stateHashes hashes the states of all shards at one time, each in one goroutine.
// The error is that of the first stream that has one.
func (r *Result) stateHashes() ([][sha256.Size]byte, error) {
	byShard := map[*shard][]int{}
	for i := range r.Streams {
		sh := r.Streams[i].shard
		byShard[sh] = append(byShard[sh], i)
	}
	states := make([][sha256.Size]byte, len(r.Streams))
	var workers sync.WaitGroup
	var mutex sync.Mutex
	var first error
	failed := len(r.Streams)
	for _, streams := range byShard {
		workers.Go(func() {
			var text []byte
			var err error
			for _, i := range streams {
				if text, err = r.Streams[i].AppendJSON(text[:0]); err != nil {
					mutex.Lock()
					defer mutex.Unlock()
					if i < failed {
						failed, first = i, err
					}
					return
				}
				states[i] = sha256.Sum256(text)
			}
		})
	}
	workers.Wait()
	return states, first
}
