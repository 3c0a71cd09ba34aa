package replay

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/maphash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/event/index"
)

// SnapshotPlan says which snapshots of a log are taken.
type SnapshotPlan struct {
	// Reducers are those by which a stream is folded.
	Reducers func(stream string) []*Reducer
	// Every is the number of events from one snapshot of a stream to the next. 0
	// chooses it from the sizes: 64 events or more, and as many as it takes that
	// all snapshots have at most an eighth of the bytes of their streams.
	Every int
}

// How often a snapshot is taken when nobody says.
const (
	snapshotEvents = 64
	snapshotShare  = 8
)

// SnapshotStats are the figures of a file of snapshots.
type SnapshotStats struct {
	Snapshots int
	Streams   int   // that have one, counted for each reducer
	Bytes     int64 // of the file; 0 when none was written
}

// WriteSnapshots folds the streams of an indexed log and writes their states on
// the way to a file, which replaces one that is there. Where there is none to be
// taken, that one is removed and none is written.
//
// Streams that are not longer than the plan's distance have no snapshots. Nor
// have those whose events do not stand in the log in the order of their
// sequences, or have no sequence, or may have been delivered again: there the
// state behind an event depends on what comes later in the log. Behind an event
// that cannot be applied there is none either, since who asks for a later state
// must be told.
func WriteSnapshots(ctx context.Context, log *event.Log, x *index.Index, path string, plan SnapshotPlan) (*SnapshotStats, error) {
	stats, err := writeSnapshots(ctx, log, x, path, plan)
	if err != nil {
		return nil, fmt.Errorf("writing the snapshots %s: %w", path, err)
	}
	return stats, nil
}

func writeSnapshots(ctx context.Context, log *event.Log, x *index.Index, path string, plan SnapshotPlan) (*SnapshotStats, error) {
	takers, err := plan.takers(x)
	if err != nil || len(takers) == 0 {
		return &SnapshotStats{}, errors.Join(err, removeSnapshots(path))
	}
	w, err := newSnapshotWriter(path, x, takers)
	if err != nil {
		return nil, err
	}
	defer w.abandon()
	for e, err := range log.Events(ctx) {
		if _, broken := errors.AsType[*event.RecordError](err); broken || err == nil && e.Stream == nil {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, t := range takers {
			if err := t.add(w, e, plan.Every); err != nil {
				return nil, err
			}
		}
	}
	if fresh, why := x.Fresh(log); !fresh {
		return nil, fmt.Errorf("the log changed while it was read: %s", why)
	}
	return w.finish(path, takers)
}

// takers are the reducers of the plan with the streams they take snapshots of,
// sorted by the reducers' hashes.
func (p *SnapshotPlan) takers(x *index.Index) ([]*snapshotTaker, error) {
	repeating, err := x.Repeating()
	if err != nil {
		return nil, err
	}
	byHash := map[string]*snapshotTaker{}
	for s, err := range x.Streams() {
		if err != nil {
			return nil, err
		}
		if !s.Ordered || s.ID == "" || repeating[s.Number] || s.Events <= cmp.Or(p.Every, snapshotEvents) {
			continue
		}
		for _, r := range p.Reducers(s.ID) {
			if r.IsCommand() {
				continue // what it does may be another thing tomorrow
			}
			t := byHash[r.Hash()]
			if t == nil {
				if t, err = newSnapshotTaker(r); err != nil {
					return nil, err
				}
				byHash[r.Hash()] = t
			}
			t.follow(s)
		}
	}
	var takers []*snapshotTaker
	for _, t := range byHash {
		takers = append(takers, t)
	}
	slices.SortFunc(takers, func(a, b *snapshotTaker) int { return cmp.Compare(a.reducer.Hash(), b.reducer.Hash()) })
	return takers, nil
}

// A snapshotTaker folds streams by one reducer and takes snapshots of them.
type snapshotTaker struct {
	reducer   *Reducer
	shard     *shard
	extractor extractor
	entry     entry
	lives     []snapshotLife // by the stream's number in the shard
	rows      []snapshotRow
	text      []byte
}

// A snapshotLife is a stream on its way through the log.
type snapshotLife struct {
	row   snapshotRow // as it would be behind the last event
	taken uint32      // events behind which the last snapshot was taken
	size  int64       // of the last snapshot
	bytes int64       // of the records since then
	look  int64       // how many of them it takes until the state is looked at
	done  bool        // no further snapshot can be taken
}

func newSnapshotTaker(r *Reducer) (*snapshotTaker, error) {
	p, err := r.compile()
	if err != nil {
		return nil, err
	}
	return &snapshotTaker{reducer: r, shard: newShard(p, idWatch{}), extractor: extractor{program: p}}, nil
}

func (t *snapshotTaker) follow(s index.Stream) {
	id := []byte(s.ID)
	t.shard.find(id, maphash.Bytes(idSeed, id))
	t.lives = append(t.lives, snapshotLife{row: snapshotRow{stream: uint32(s.Number)}})
}

// add folds an event and takes a snapshot when one is due.
func (t *snapshotTaker) add(w *snapshotWriter, e *event.Event, every int) error {
	sh := t.shard
	i := sh.lookUp(e.Stream, maphash.Bytes(idSeed, e.Stream))
	if i < 0 || t.lives[i].done {
		return nil
	}
	x, n, life := &t.extractor, &t.entry, &t.lives[i]
	x.values, x.text = x.values[:0], x.text[:0]
	x.extract(n, e)
	n.event = e
	sh.apply(i, n)
	if sh.all[i].is(isApart) && len(sh.apart[i].failed) > 0 {
		life.done = true
		return nil
	}
	life.pass(e)
	if !life.due(every) {
		return nil
	}
	var err error
	if t.text, err = sh.appendState(t.text[:0], i); err != nil || len(t.text) > maxSnapshotText {
		life.done = true // such a state has no text
		return nil
	}
	size := int64(len(t.text))
	life.look = life.nextLook(size)
	if every == 0 && life.bytes < snapshotShare*size {
		life.look = max(life.look, life.bytes+life.bytes/8)
		return nil
	}
	life.row.offset, life.row.length, life.row.sum = w.size, uint32(size), crc32.Checksum(t.text, castagnoli)
	life.taken, life.size, life.bytes = life.row.events, size, 0
	t.rows = append(t.rows, life.row)
	return w.write(t.text)
}

const maxSnapshotText = 1 << 30

// lookUp is the number of a stream, -1 for one that the shard does not have.
func (sh *shard) lookUp(id []byte, hash uint64) int32 {
	for at := sh.index.start(hash); ; at = sh.index.next(at) {
		i, tag := sh.index.get(at)
		if i < 0 || tag == uint32(hash) && bytes.Equal(sh.id(&sh.all[i]), id) {
			return i
		}
	}
}

// pass counts an event that was folded.
func (l *snapshotLife) pass(e *event.Event) {
	l.row.events++
	l.row.sequence = e.Sequence
	if e.Time.After(l.row.latest) {
		l.row.latest = e.Time
	}
	if stored := storedAt(e); stored.After(l.row.stored) {
		l.row.stored = stored
	}
	l.bytes += int64(e.Length)
}

// due reports whether it is time for a snapshot, as far as can be told without
// the state's size.
func (l *snapshotLife) due(every int) bool {
	since := int(l.row.events - l.taken)
	if every > 0 {
		return since == every
	}
	return since >= snapshotEvents && l.bytes >= l.look
}

// nextLook is how many bytes must go by behind the last snapshot until they are
// so many times those of the state, which now has a size, if it goes on growing as
// it did: writing a large state only to find it too large takes time.
func (l *snapshotLife) nextLook(size int64) int64 {
	last := l.size
	grown := snapshotShare * max(0, size-last)
	if l.bytes >= snapshotShare*size {
		last = size // it becomes the last
	}
	left := max(l.bytes-grown, l.bytes/8+1)
	return int64(float64(snapshotShare*last) * float64(l.bytes) / float64(left))
}

// A snapshotWriter writes a file of snapshots under a temporary name.
type snapshotWriter struct {
	file   *os.File
	buffer *bufio.Writer
	index  *index.Index
	size   int64
}

func newSnapshotWriter(path string, x *index.Index, takers []*snapshotTaker) (*snapshotWriter, error) {
	if len(takers) > maxSnapshotGroups {
		return nil, fmt.Errorf("%d reducers are more than %d", len(takers), maxSnapshotGroups)
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return nil, err
	}
	w := &snapshotWriter{file: file, buffer: bufio.NewWriterSize(file, 1<<18), index: x}
	// The header comes last; here is its room.
	if err := w.write(snapshotHeader(x.Identity(), 0, 0, make([]snapshotGroup, len(takers)))); err != nil {
		w.abandon()
		return nil, err
	}
	return w, nil
}

func (w *snapshotWriter) write(text []byte) error {
	w.size += int64(len(text))
	_, err := w.buffer.Write(text)
	return err
}

// abandon removes the temporary file, if it is still there.
func (w *snapshotWriter) abandon() {
	if w.file != nil {
		_ = w.file.Close() // it is removed either way
		_ = os.Remove(w.file.Name())
	}
}

// finish writes directories and header and gives the file its name.
func (w *snapshotWriter) finish(path string, takers []*snapshotTaker) (*SnapshotStats, error) {
	stats, streams := &SnapshotStats{}, w.index.Stats().Streams
	var groups []snapshotGroup
	for n, t := range takers {
		g := snapshotGroup{start: w.size, rows: int64(len(t.rows))}
		if _, err := hex.Decode(g.reducer[:], []byte(t.reducer.Hash())); err != nil {
			return nil, err
		}
		groups = append(groups, g)
		text, with := t.directory(n, streams)
		if err := w.write(text); err != nil {
			return nil, err
		}
		stats.Snapshots += len(t.rows)
		stats.Streams += with
	}
	if stats.Snapshots == 0 {
		return stats, removeSnapshots(path)
	}
	if err := w.buffer.Flush(); err != nil {
		return nil, err
	}
	if _, err := w.file.WriteAt(snapshotHeader(w.index.Identity(), w.size, streams, groups), 0); err != nil {
		return nil, err
	}
	file := w.file
	w.file = nil
	if err := errors.Join(file.Close(), os.Rename(file.Name(), path)); err != nil {
		return nil, errors.Join(err, os.Remove(file.Name()))
	}
	stats.Bytes = w.size
	return stats, nil
}

// directory is the text of a taker's directory, and how many streams are in it.
func (t *snapshotTaker) directory(group, streams int) (text []byte, with int) {
	slices.SortFunc(t.rows, func(a, b snapshotRow) int {
		return cmp.Or(cmp.Compare(a.stream, b.stream), cmp.Compare(a.events, b.events))
	})
	row := 0
	for n := range streams {
		text = binary.LittleEndian.AppendUint32(text, uint32(row))
		if first := row; row < len(t.rows) && t.rows[row].stream == uint32(n) {
			for row < len(t.rows) && t.rows[row].stream == t.rows[first].stream {
				row++
			}
			with++
		}
	}
	text = binary.LittleEndian.AppendUint32(text, uint32(row))
	for i := range t.rows {
		text = t.rows[i].append(text, group)
	}
	return text, with
}

// removeSnapshots removes a file of snapshots, and nothing else.
func removeSnapshots(path string) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	start := make([]byte, len(snapshotMagic))
	_, err = file.ReadAt(start, 0)
	_ = file.Close() // it was only read
	if err != nil || string(start) != snapshotMagic {
		return nil
	}
	return os.Remove(path)
}

// RemoveSnapshots removes the snapshots at path. Another file is left alone.
func RemoveSnapshots(path string) error {
	if err := removeSnapshots(path); err != nil {
		return fmt.Errorf("removing the snapshots %s: %w", path, err)
	}
	return nil
}
