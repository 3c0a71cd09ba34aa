package replay

import (
	"bytes"
	"errors"
	"time"

	"github.com/nexus-blueprint/nexus/event"
)

// A shard folds the streams that one goroutine looks after.
type shard struct {
	program *program
	arena   arena
	index   streamIndex
	all     []streamState
	rows    [][]slot // of all streams, in blocks of rowsTogether
	apart   map[int32]*apart
	files   []string // that streamState.file counts
	writes  []write  // of the event that is folded
	made    []byte   // texts that its operations made
	writer  canonicalizer
	ids     idWatch
	// duplicates are the events that were seen to be delivered again: only where
	// the log is read once, since else their streams are folded again.
	duplicates int64
	text       []byte
	touched    uint32 // keeps the loads of touch
}

// A streamState is one stream while it is folded. It fills a cache line and
// holds no pointer, since a log may have millions of streams.
type streamState struct {
	head     [24]byte // of the id
	rest     place    // of a longer id, all of it
	sequence int64    // of the last event
	stored   int64    // storedAt of the last event, in nanoseconds
	size     uint32   // of the id
	events   uint32
	file     uint32 // of the last event
	flags    streamFlags
}

type streamFlags uint8

const (
	hasSequence streamFlags = 1 << iota // the last event had one
	unordered                           // an event did not come in its order: the stream is folded again
	isApart
)

// apart is what few streams have.
type apart struct {
	state  *State // once an operation needed one; the row is then done with
	failed []*ApplyError
}

func (st *streamState) is(flag streamFlags) bool { return st.flags&flag != 0 }

// id is a stream's id.
func (sh *shard) id(st *streamState) []byte {
	if int(st.size) <= len(st.head) {
		return st.head[:st.size]
	}
	return sh.arena.bytes(st.rest, st.size)
}

// apartOf is what a stream has apart; it is made when there is none.
func (sh *shard) apartOf(i int32) *apart {
	a := sh.apart[i]
	if a == nil {
		a = &apart{}
		sh.apart[i] = a
		sh.all[i].flags |= isApart
	}
	return a
}

func newShard(p *program, ids idWatch) *shard {
	sh := &shard{program: p, apart: map[int32]*apart{}, ids: ids}
	sh.arena = arena{blocks: [][]byte{p.fixed}, used: len(p.fixed)}
	return sh
}

// An entry is what is folded of an event: the parts of it that are needed.
type entry struct {
	stream, id  []byte
	hash        uint64 // of stream
	sequence    int64
	stored      int64 // only where there is no sequence
	typeName    string
	file        string
	line        int64
	offset      int64
	hasSequence bool
	program     *typeProgram
	values      [][]byte
	canonical   uint64       // a bit for each of the values that has its canonical text
	data        []byte       // what the values were taken from, when there are conditions
	event       *event.Event // when a State may be needed
	err         error        // why there are no values
}

// fill takes from an event what folding needs. The entry may be one that was
// used before.
func (n *entry) fill(e *event.Event, t *typeProgram) {
	n.stream, n.id = e.Stream, e.ID
	n.sequence, n.hasSequence = e.Sequence, e.HasSequence
	if !n.hasSequence {
		n.stored = nanos(storedAt(e))
	}
	n.file, n.line, n.offset = e.File, e.Line, e.Offset
	n.program, n.typeName = t, e.Type
	n.values, n.canonical, n.data, n.event, n.err = nil, 0, nil, nil, nil
}

// nanos keeps the order of times, those that were not recorded first.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return -1 << 63
	}
	return t.UnixNano()
}

// ahead is how many events are looked at before they are folded.
const ahead = 32

// addAll folds events in turn. It is false when ids must be watched exactly.
func (sh *shard) addAll(entries []entry) bool {
	for len(entries) > 0 {
		group := entries[:min(ahead, len(entries))]
		sh.touch(group)
		for n := range group {
			if !sh.add(&group[n]) {
				return false
			}
		}
		entries = entries[len(group):]
	}
	return true
}

// touch loads what the streams of a few events need into the cache. The streams
// of a log take turns, so that folding would wait for memory at every step of
// every event; here the processor waits for many at one time. It changes
// nothing.
func (sh *shard) touch(group []entry) {
	var cells [ahead]int
	var streams [ahead]int32
	for n := range group {
		cells[n] = sh.index.start(group[n].hash)
	}
	for n := range group {
		streams[n], _ = sh.index.get(cells[n])
	}
	sum, width := uint32(0), len(sh.program.first)
	for _, i := range streams[:len(group)] {
		if i >= 0 {
			sum += sh.all[i].events
		}
	}
	for slot := range width {
		for _, i := range streams[:len(group)] {
			if i >= 0 {
				sum += sh.rows[i/rowsTogether][int(i%rowsTogether)*width+slot].size
			}
		}
	}
	for slot := range width {
		for _, i := range streams[:len(group)] {
			if i < 0 {
				continue
			}
			if s := &sh.rows[i/rowsTogether][int(i%rowsTogether)*width+slot]; s.kind == slotList && s.room > s.size {
				sum += uint32(sh.arena.blocks[s.place.block][s.place.at+s.size])
			}
		}
	}
	sh.touched = sum
}

// add folds one event. It is false when ids must be watched exactly.
func (sh *shard) add(n *entry) bool {
	i := sh.find(n.stream, n.hash)
	st := &sh.all[i]
	st.events++
	if st.is(unordered) {
		return true
	}
	isNew, sure := sh.ids.see(n)
	if !sure {
		return false
	}
	if !isNew && sh.ids.again(n) {
		st.events--
		sh.duplicates++
		return true
	}
	if !isNew || !sh.follows(st, n) {
		st.flags |= unordered
		return true
	}
	sh.apply(i, n)
	return true
}

// find is the number of a stream; a new one is added.
func (sh *shard) find(id []byte, hash uint64) int32 {
	for at := sh.index.start(hash); ; at = sh.index.next(at) {
		i, tag := sh.index.get(at)
		if i < 0 {
			break
		}
		if tag == uint32(hash) && bytes.Equal(sh.id(&sh.all[i]), id) {
			return i
		}
	}
	i := int32(len(sh.all))
	st := streamState{size: uint32(len(id))}
	if copy(st.head[:], id) < len(id) {
		st.rest, _ = sh.arena.take(len(id))
		copy(sh.arena.bytes(st.rest, st.size), id)
	}
	sh.all = append(sh.all, st)
	sh.addRow(i)
	sh.index.add(hash, i)
	return i
}

// follows reports whether an event surely comes behind those before it, and
// makes it the last one.
func (sh *shard) follows(st *streamState, n *entry) bool {
	file := st.file
	if len(sh.files) == 0 || sh.files[file] != n.file {
		file = sh.fileNumber(n.file)
	}
	first, ok := st.events == 1, false
	switch {
	case first:
		ok = true
	case st.is(hasSequence) != n.hasSequence:
	case n.hasSequence:
		ok = n.sequence > st.sequence
	default:
		ok = n.stored > st.stored || n.stored == st.stored && file == st.file
	}
	st.sequence, st.stored, st.file = n.sequence, n.stored, file
	if n.hasSequence {
		st.flags |= hasSequence
	}
	return ok
}

// fileNumber is the place of a file's name in files. Files are read one after
// the other, so that it is nearly always the last.
func (sh *shard) fileNumber(name string) uint32 {
	if n := len(sh.files); n == 0 || sh.files[n-1] != name {
		sh.files = append(sh.files, name)
	}
	return uint32(len(sh.files) - 1)
}

// apply does the operations of an event in its turn.
func (sh *shard) apply(i int32, n *entry) {
	if n.err != nil {
		sh.fail(i, n, "data", n.err)
		return
	}
	if !n.program.general && (!sh.all[i].is(isApart) || sh.apart[i].state == nil) {
		if n.program.nothing {
			return
		}
		rule, err := sh.fold(sh.row(i), n)
		if errors.Is(err, errUnsure) {
			err = sh.applyState(i, n)
		}
		if failed, ok := errors.AsType[*ApplyError](err); ok {
			a := sh.apartOf(i)
			a.failed = append(a.failed, failed)
		} else if err != nil {
			sh.fail(i, n, rule, err)
		}
		return
	}
	state, err := sh.state(i)
	if err != nil {
		sh.fail(i, n, "state", err)
		return
	}
	a := sh.apartOf(i)
	a.state = state
	if _, err := sh.program.reducer.Apply(state, n.event); err != nil {
		failed, _ := errors.AsType[*ApplyError](err)
		a.failed = append(a.failed, failed)
	}
}

func (sh *shard) fail(i int32, n *entry, rule string, cause error) {
	a := sh.apartOf(i)
	a.failed = append(a.failed, &ApplyError{
		File: n.file, Line: n.line, Offset: n.offset,
		Stream: string(n.stream), Type: n.typeName, Rule: rule, Cause: cause,
	})
}

// appendState appends the canonical text of a stream's state.
func (sh *shard) appendState(dst []byte, i int32) ([]byte, error) {
	if a := sh.apart[i]; a != nil && a.state != nil {
		return appendCanonicalValue(dst, a.state.root)
	}
	return sh.program.shape.append(dst, sh.row(i), sh)
}

// state is a stream's state as a value.
func (sh *shard) state(i int32) (*State, error) {
	if a := sh.apart[i]; a != nil && a.state != nil {
		return a.state, nil
	}
	var err error
	if sh.text, err = sh.appendState(sh.text[:0], i); err != nil {
		return nil, err
	}
	root, err := decode(sh.text)
	return NewState(root), err
}
