package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/event"
)

// FoldOptions say how a whole log is folded. The zero value folds all of it on
// all cores.
type FoldOptions struct {
	At      Point     // a time, or the end
	KnownAt time.Time // leaves out what was recorded later
	Workers int       // 0: as many as there are cores
	// Most bounds the bytes of events that are held to be ordered, 0 for 96 MiB.
	// Logs whose disorder takes more are read several times.
	Most int64
}

// errIDs says that ids do not grow, so that they must be remembered. Those of
// standard input are remembered from the start.
var errIDs = errors.New("the ids of the log do not grow")

// FoldAll folds every stream of a log. A log whose streams are in order is read
// once; the streams that are not are collected, ordered and folded by further
// readings, so that the streams of standard input must be in order.
func FoldAll(ctx context.Context, log *event.Log, r *Reducer, o FoldOptions) (*Result, error) {
	if o.At.NeedsStream() {
		return nil, fmt.Errorf("folding all streams at %s: give a time, since the point belongs to one stream", o.At)
	}
	if r.session != nil {
		return r.session.foldAll(ctx, log, r, o)
	}
	f := &folder{log: log, reducer: r, options: o, workers: cmp.Or(o.Workers, runtime.GOMAXPROCS(0))}
	f.all = o.At.IsEnd() && o.KnownAt.IsZero() && r.spec.Streams == ""
	f.byTime = byTime(o.At, o.KnownAt)
	err := f.pass(ctx)
	if errors.Is(err, errIDs) {
		f.exact, f.stats = true, Stats{}
		err = f.pass(ctx)
	}
	if err == nil && f.stats.timeless > 0 {
		err = untimed(f.stats.timeless)
	}
	if err == nil {
		err = f.foldUnordered(ctx)
	}
	if err != nil {
		return nil, err
	}
	return f.result(), nil
}

// A folder folds one log.
type folder struct {
	log     *event.Log
	reducer *Reducer
	options FoldOptions
	workers int
	all     bool // no event is left out
	byTime  bool // some are, by their times
	exact   bool // ids are remembered
	shards  []*shard
	stats   Stats
}

func (f *folder) rereadable() bool { return !slices.Contains(f.log.Files(), "-") }

// pass reads the log once.
func (f *folder) pass(ctx context.Context) error {
	f.shards = nil
	for range f.workers {
		p, err := f.reducer.compile()
		if err != nil {
			return err
		}
		f.shards = append(f.shards, newShard(p, idWatch{exact: f.exact, once: !f.rereadable()}))
	}
	if f.workers == 1 {
		return f.straight(ctx)
	}
	return f.parallel(ctx)
}

// straight reads and folds in one goroutine.
func (f *folder) straight(ctx context.Context) error {
	sh, decoder := f.shards[0], f.log.NewDecoder()
	b := batch{entries: make([][]entry, 1), extractor: extractor{folder: f, program: sh.program}}
	for chunk, err := range f.log.Chunks(ctx) {
		if broken, ok := errors.AsType[*event.RecordError](err); ok {
			f.stats.broken(broken)
			continue
		}
		if err != nil {
			return err
		}
		for e, err := range decoder.Events(chunk) {
			if b.take(e, err) && len(b.entries[0]) == atOnce {
				if !sh.addAll(b.entries[0]) {
					return errIDs
				}
				b.clear()
			}
		}
		if b.err != nil {
			return b.err
		}
		if !sh.addAll(b.entries[0]) {
			return errIDs
		}
		b.clear()
		chunk.Release()
	}
	f.stats.add(&b.stats)
	return nil
}

// atOnce is how many events are decoded before they are folded: few enough for
// the nearest cache.
const atOnce = 2 * ahead

func (f *folder) wants(e *event.Event) bool {
	return f.all || f.options.At.before(e) && known(e, f.options.KnownAt) &&
		(f.reducer.spec.Streams == "" || f.reducer.Handles(string(e.Stream)))
}

// An extractor takes from events the values that operations need. It belongs to
// one goroutine.
type extractor struct {
	folder  *folder
	program *program
	recent  [32]struct {
		name    string
		program *typeProgram
	}
	values [][]byte
	text   []byte // of data that was upcast, and of elements
	writer canonicalizer
	tree   upcastTree
}

// extract fills an entry. Its values are valid as long as the event's bytes and
// the extractor's buffers.
func (x *extractor) extract(n *entry, e *event.Event) {
	t := x.forType(e.Type)
	n.fill(e, t)
	if t.upcasts != nil {
		x.upcast(n, e)
		return
	}
	x.read(n, e)
}

// read takes the values from an event's data.
func (x *extractor) read(n *entry, e *event.Event) {
	t := n.program
	if t.general || t.nothing {
		return
	}
	n.values = x.room(len(t.paths))
	t.fields.Read(e, n.values)
	if t.looks {
		n.data = e.Data
	}
	if t.plain {
		x.canonical(n, e)
	}
}

// canonical brings the values that are going to be elements of lists into their
// final form. Here they are in the nearest cache, and never looked at again.
func (x *extractor) canonical(n *entry, e *event.Event) {
	for _, field := range n.program.lists {
		if n.values[field] == nil || field >= 64 {
			continue
		}
		start := len(x.text)
		text, ok := n.program.fields.AppendCanonical(x.text, e, field, isCanonicalNumber)
		if !ok {
			var err error
			text, _, err = x.writer.append(x.text, n.values[field])
			ok = err == nil // else what is wrong is said of the state
		}
		if ok {
			x.text = text
			n.values[field] = text[start:len(text):len(text)]
			n.canonical |= 1 << field
		}
	}
}

// forType is the program of a type. Logs have few types, which come in turns.
func (x *extractor) forType(name string) *typeProgram {
	c := &x.recent[(len(name)+int(name[len(name)-1])+3*int(name[len(name)/2]))%len(x.recent)]
	if c.program == nil || c.name != name {
		c.name, c.program = name, x.program.forType(name)
	}
	return c.program
}

// room is a row for n values.
func (x *extractor) room(n int) [][]byte {
	start := len(x.values)
	x.values = slices.Grow(x.values, n)[:start+n]
	return x.values[start : start+n : start+n]
}

// Result is the state of every stream of a log.
type Result struct {
	Stats   Stats
	Streams []StreamState // sorted by their ids
}

// StreamState is the end state of one stream.
type StreamState struct {
	ID     string
	Events int64 // duplicates not counted
	// Failed are the events that could not be applied; they changed nothing.
	Failed []*ApplyError

	shard *shard
	index int32
	own   *State // of a reducer that is a process, which has no shard
}

// State is the state as a value.
func (s *StreamState) State() (*State, error) {
	if s.own != nil {
		return s.own.Clone(), nil
	}
	state, err := s.shard.state(s.index)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", s.ID, err)
	}
	return state.Clone(), nil
}

// AppendJSON appends the canonical text of the state, as State.MarshalJSON gives it.
func (s *StreamState) AppendJSON(dst []byte) ([]byte, error) {
	if s.own != nil {
		return appendCanonicalValue(dst, s.own.root)
	}
	dst, err := s.shard.appendState(dst, s.index)
	if err != nil {
		return dst, fmt.Errorf("stream %s: %w", s.ID, err)
	}
	return dst, nil
}

// result collects the streams of all shards.
func (f *folder) result() *Result {
	total := 0
	for _, sh := range f.shards {
		total += len(sh.all)
	}
	result := &Result{Streams: make([]StreamState, 0, total)}
	for _, sh := range f.shards {
		for i := range sh.all {
			st := &sh.all[i]
			s := StreamState{ID: string(sh.id(st)), Events: int64(st.events), shard: sh, index: int32(i)}
			if st.is(isApart) {
				s.Failed = sh.apart[int32(i)].failed
			}
			result.Streams = append(result.Streams, s)
		}
		f.stats.Duplicates += sh.duplicates
	}
	slices.SortFunc(result.Streams, func(a, b StreamState) int { return strings.Compare(a.ID, b.ID) })
	f.stats.Streams = len(result.Streams)
	result.Stats = f.stats
	return result
}
