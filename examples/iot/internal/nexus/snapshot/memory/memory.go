// Package memory keeps snapshots in memory.
package memory

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"

	"example.com/iot/internal/nexus/snapshot"
)

// Store is a snapshot.Store in memory.
type Store struct {
	mu       sync.RWMutex
	byStream map[string][]snapshot.Snapshot // by version
}

// New is an empty store.
func New() *Store { return &Store{byStream: map[string][]snapshot.Snapshot{}} }

// Newest is the newest snapshot of a stream; see snapshot.Store.
func (s *Store) Newest(ctx context.Context, stream string, until snapshot.Until) (snapshot.Snapshot, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, found := range slices.Backward(s.byStream[stream]) {
		if until.Allows(found.Version, found.Recorded) {
			found.State = bytes.Clone(found.State)
			return found, true, ctx.Err()
		}
	}
	return snapshot.Snapshot{}, false, ctx.Err()
}

// Save stores a snapshot; see snapshot.Store.
func (s *Store) Save(ctx context.Context, saved snapshot.Snapshot, keep int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	saved.State = bytes.Clone(saved.State)
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.byStream[saved.Stream]
	i, replaces := slices.BinarySearchFunc(kept, saved.Version, func(k snapshot.Snapshot, version int64) int {
		return cmp.Compare(k.Version, version)
	})
	if replaces {
		kept[i] = saved
	} else {
		kept = slices.Insert(kept, i, saved)
	}
	s.byStream[saved.Stream] = slices.Delete(kept, 0, max(0, len(kept)-keep))
	return nil
}

// Discard removes the snapshots of a stream; see snapshot.Store.
func (s *Store) Discard(ctx context.Context, stream string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byStream, stream)
	return ctx.Err()
}
