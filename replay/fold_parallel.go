package replay

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/nexus-blueprint/nexus/event"
)

// A batch is a chunk of the log on its way: it is decoded by one worker and
// folded by every shard, each its own streams, in the order of the log.
type batch struct {
	chunk     *event.Chunk
	entries   [][]entry // by shard
	decoded   chan struct{}
	left      atomic.Int32 // shards that have not folded it
	stats     Stats
	err       error
	extractor               // its buffers are what entries point to
	events    []event.Event // that entries point to
}

// parallel reads with one goroutine, decodes with as many as there are workers
// and folds with as many. A batch goes to all shards in the order of the log, so
// that the events of a stream, which has one shard, are folded in theirs.
func (f *folder) parallel(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	line := pipeline{
		folder: f,
		work:   make(chan *batch, 2*f.workers),
		free:   sync.Pool{New: func() any { return &batch{entries: make([][]entry, f.workers)} }},
	}
	for range f.shards {
		line.turns = append(line.turns, make(chan *batch, 2*f.workers))
	}
	var workers sync.WaitGroup
	for i := range f.shards {
		workers.Go(line.decode)
		workers.Go(func() { line.fold(i, stop) })
	}
	err := line.cut(ctx)
	workers.Wait()
	if line.ids.Load() {
		return errIDs
	}
	if line.failed != nil {
		return line.failed
	}
	return err
}

// A pipeline is the way of the batches through the goroutines.
type pipeline struct {
	folder *folder
	work   chan *batch   // to be decoded
	turns  []chan *batch // to be folded, by shard
	free   sync.Pool
	ids    atomic.Bool // they do not grow
	mutex  sync.Mutex
	failed error
}

// cut sends the chunks of the log on their way.
func (l *pipeline) cut(ctx context.Context) error {
	defer func() {
		close(l.work)
		for _, turn := range l.turns {
			close(turn)
		}
	}()
	for chunk, err := range l.folder.log.Chunks(ctx) {
		if broken, ok := errors.AsType[*event.RecordError](err); ok {
			l.mutex.Lock()
			l.folder.stats.broken(broken)
			l.mutex.Unlock()
			continue
		}
		if err != nil {
			if l.ids.Load() {
				return nil
			}
			return err
		}
		b := l.free.Get().(*batch)
		b.chunk, b.decoded = chunk, make(chan struct{})
		b.left.Store(int32(len(l.turns)))
		l.work <- b
		for _, turn := range l.turns {
			turn <- b
		}
	}
	return nil
}

// decode turns chunks into entries until there are no more.
func (l *pipeline) decode() {
	decoder := l.folder.log.NewDecoder()
	p, err := l.folder.reducer.compile()
	for b := range l.work {
		if b.err = err; err == nil {
			b.use(l.folder, p)
			b.decode(decoder)
		}
		close(b.decoded)
	}
}

// use lets another decoder's program fill the batch.
func (b *batch) use(f *folder, p *program) {
	if b.program != p {
		b.extractor = extractor{folder: f, program: p, values: b.values, text: b.text, writer: b.writer, tree: b.tree}
	}
}

func (b *batch) decode(decoder *event.Decoder) {
	b.clear()
	for e, err := range decoder.Events(b.chunk) {
		b.take(e, err)
	}
}

// clear makes room for other events.
func (b *batch) clear() {
	b.values, b.text, b.events = b.values[:0], b.text[:0], b.events[:0]
	for i := range b.entries {
		b.entries[i] = b.entries[i][:0]
	}
}

// take makes an entry of an event of the chunk; it is false when there is none.
func (b *batch) take(e *event.Event, err error) bool {
	if broken, ok := errors.AsType[*event.RecordError](err); ok {
		b.stats.broken(broken)
		return false
	}
	if err != nil {
		b.err = err
		return false
	}
	if b.stats.Events++; e.Stream == nil {
		b.stats.Streamless++
		return false
	}
	if b.folder.byTime && isTimeless(e) && b.folder.reducer.Handles(string(e.Stream)) {
		b.stats.timeless++
		return false
	}
	if !b.folder.wants(e) {
		return false
	}
	at := 0
	hash := maphash.Bytes(idSeed, e.Stream)
	if len(b.entries) > 1 {
		at = int(hash >> 32 % uint64(len(b.entries))) // the index uses the other half
	}
	list := slices.Grow(b.entries[at], 1)
	list = list[:len(list)+1]
	b.entries[at] = list
	n := &list[len(list)-1]
	n.hash = hash
	b.extract(n, e)
	if b.program.general || n.program.looks {
		if len(b.events) == cap(b.events) { // entries keep pointing into the old ones
			b.events = make([]event.Event, 0, max(64, 2*cap(b.events)))
		}
		b.events = append(b.events, *e)
		n.event = &b.events[len(b.events)-1]
	}
	return true
}

// fold takes a shard through all batches. Behind a failure the batches are only
// let go.
func (l *pipeline) fold(i int, stop context.CancelFunc) {
	sh := l.folder.shards[i]
	ok := true
	for b := range l.turns[i] {
		<-b.decoded
		if b.err != nil {
			l.fail(b.err)
			stop()
			ok = false
		}
		if ok && !sh.addAll(b.entries[i]) {
			ok = false
			l.ids.Store(true)
			stop()
		}
		if b.left.Add(-1) == 0 {
			l.release(b)
		}
	}
}

func (l *pipeline) fail(err error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.failed == nil {
		l.failed = err
	}
}

// release takes a batch out of the pipeline.
func (l *pipeline) release(b *batch) {
	b.chunk.Release()
	l.mutex.Lock()
	l.folder.stats.add(&b.stats)
	l.mutex.Unlock()
	b.chunk, b.err, b.stats = nil, nil, Stats{}
	l.free.Put(b)
}
