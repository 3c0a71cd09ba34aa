package app

import (
	"cmp"
	"context"
	"slices"

	"example.com/iot/internal/nexus/projection"
	"example.com/iot/internal/nexus/projection/memory"
	"example.com/iot/internal/nexus/store"
)

// memoryTable keeps rows in memory.
type memoryTable struct {
	*memory.Model[map[rowKey]rowState]
}

func newMemoryTable(next next) *memoryTable {
	return &memoryTable{memory.New(memory.Definition[map[rowKey]rowState]{
		New: func() map[rowKey]rowState { return map[rowKey]rowState{} },
		Handle: func(rows map[rowKey]rowState, event store.Event) error {
			key, row, ok, err := next(event, func(k rowKey) (rowState, error) { return rows[k], nil })
			if err == nil && ok {
				rows[key] = row
			}
			return err
		},
	})}
}

func (t *memoryTable) rows(_ context.Context, s selection) (list []found, at projection.Checkpoint, err error) {
	t.View(func(rows map[rowKey]rowState, checkpoint projection.Checkpoint) {
		at = checkpoint
		for key, row := range rows {
			if key.tenant == s.tenant && key.id > s.from && s.selects(row) {
				list = append(list, found{ID: key.id, Version: row.version, Data: row.row})
			}
		}
	})
	slices.SortFunc(list, func(a, b found) int { return cmp.Compare(a.ID, b.ID) })
	return list[:min(len(list), s.limit)], at, nil
}

func (s selection) selects(row rowState) bool {
	for place, value := range s.values {
		if row.values[place] != value {
			return false
		}
	}
	return true
}

// Close does nothing: memory that nobody reads is freed.
func (t *memoryTable) Close() error { return nil }
