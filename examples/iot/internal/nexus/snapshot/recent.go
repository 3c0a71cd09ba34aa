package snapshot

import "sync"

// A memory is the state of a stream as it was last loaded, and what the store of
// snapshots had then. It is trusted like a snapshot: if the event at its version is
// still the same.
type memory struct {
	Snapshot
	in stored
}

// recent keeps the memories of the streams that were loaded last, since whoever
// writes to a stream soon writes to it again. Half of them are forgotten at a time:
// those that were not asked for since the other half was. The zero value is ready.
type recent struct {
	mu        sync.Mutex
	young     map[string]memory
	old       map[string]memory
	youngSize int // bytes of states
}

const (
	maxRecent     = 1 << 10 // streams in each half
	maxRecentSize = 4 << 20 // bytes of states in each half
)

func (r *recent) of(stream string) (memory, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m, ok := r.young[stream]; ok {
		return m, true
	}
	m, ok := r.old[stream]
	return m, ok
}

func (r *recent) keep(m memory) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(m.State) > maxRecentSize/16 {
		return // it would take the place of many
	}
	if last, ok := r.young[m.Stream]; ok {
		if last.Version > m.Version {
			return // somebody has loaded more meanwhile
		}
		r.youngSize -= len(last.State)
	}
	if r.young == nil || len(r.young) >= maxRecent || r.youngSize >= maxRecentSize {
		r.old, r.young, r.youngSize = r.young, map[string]memory{}, 0
	}
	r.young[m.Stream] = m
	r.youngSize += len(m.State)
}

func (r *recent) forget(stream string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.youngSize -= len(r.young[stream].State)
	delete(r.young, stream)
	delete(r.old, stream)
}
