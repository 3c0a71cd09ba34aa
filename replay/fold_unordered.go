package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/event"
)

// defaultHeld bounds the bytes of events that are held at one time.
const defaultHeld = 96 << 20

// An unorderedStream is to be folded again from its collected events.
type unorderedStream struct {
	shard  *shard
	index  int32
	events []*event.Event
}

// foldUnordered folds again the streams whose events did not come in their
// order: as many at a time as memory allows, one reading of the log each time.
func (f *folder) foldUnordered(ctx context.Context) error {
	var all []*unorderedStream
	for _, sh := range f.shards {
		for i := range sh.all {
			if sh.all[i].is(unordered) {
				all = append(all, &unorderedStream{shard: sh, index: int32(i)})
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	if !f.rereadable() {
		return fmt.Errorf("folding standard input: the events of stream %s are not in order: write it to a file, which can be read twice", all[0].id())
	}
	slices.SortFunc(all, func(a, b *unorderedStream) int { return strings.Compare(a.id(), b.id()) })
	f.stats.Reordered = len(all)
	most := cmp.Or(f.options.Most, defaultHeld)
	for len(all) > 0 {
		n, size := 0, int64(0)
		for n < len(all) && (n == 0 || size+all[n].size() <= most) {
			size += all[n].size()
			n++
		}
		if err := f.collect(ctx, all[:n]); err != nil {
			return err
		}
		for _, u := range all[:n] {
			f.refold(u)
		}
		all = all[n:]
	}
	return nil
}

func (u *unorderedStream) id() string { return string(u.shard.id(&u.shard.all[u.index])) }

// size is about what the stream's events take in memory.
func (u *unorderedStream) size() int64 { return int64(u.shard.all[u.index].events) * 2 * eventSize }

// collect reads the log for the events of some streams.
func (f *folder) collect(ctx context.Context, streams []*unorderedStream) error {
	wanted := make(map[string]*unorderedStream, len(streams))
	for _, u := range streams {
		wanted[u.id()] = u
	}
	for e, err := range f.log.Events(ctx) {
		if _, ok := errors.AsType[*event.RecordError](err); ok {
			continue // the first reading counted it
		}
		if err != nil {
			return err
		}
		if u := wanted[string(e.Stream)]; u != nil && f.wants(e) {
			u.events = append(u.events, e.Clone())
		}
	}
	return nil
}

// refold folds a stream anew from its ordered events.
func (f *folder) refold(u *unorderedStream) {
	s := NewStream(u.id(), u.events)
	u.events = nil
	f.stats.Duplicates += int64(s.Duplicates)
	sh := u.shard
	sh.reset(u.index)
	sh.all[u.index].events = uint32(len(s.Events))
	x := extractor{folder: f, program: sh.program}
	var n entry
	for _, e := range s.Events {
		x.values, x.text = x.values[:0], x.text[:0]
		x.extract(&n, e)
		n.event = e
		sh.apply(u.index, &n)
	}
}

// reset makes a row what it was before the first event.
func (sh *shard) reset(i int32) {
	row := sh.row(i)
	for n := range row {
		sh.arena.give(row[n].place, row[n].room)
	}
	copy(row, sh.program.first)
	delete(sh.apart, i)
	sh.all[i].flags &^= isApart
}
