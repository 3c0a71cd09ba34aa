package index

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/nexus-blueprint/nexus/event"
)

// maxEvents bounds a log: postings are counted in 32 bits.
const maxEvents = math.MaxUint32

// Build indexes the log and writes the index to path, replacing one that is
// there. It reads the log once. Records that cannot be read are counted and left
// out; an error of any other kind, or a log that changes meanwhile, ends it.
func Build(ctx context.Context, log *event.Log, path string) (*Stats, error) {
	files, err := sources(log)
	if err != nil {
		return nil, err
	}
	b := newBuilder(log, files)
	for e, err := range log.Events(ctx) {
		if err == nil {
			err = b.add(e)
		} else if broken, ok := errors.AsType[*event.RecordError](err); ok {
			err = b.fault(broken)
		}
		if err != nil {
			return nil, fmt.Errorf("indexing the log: %w", err)
		}
	}
	now, err := sources(log)
	if err != nil {
		return nil, err
	}
	if change := changes(files, now); change != "" {
		return nil, &InputError{File: log.Files()[0], Why: "it changed while it was read: " + change, Hint: "build the index again when nobody writes to the log"}
	}
	return b.write(path)
}

// A builder gathers what an index holds. What it keeps of an event is its
// posting, in a list for its stream, and the hashes of its ids.
type builder struct {
	meta  meta
	sizer *Sizer

	names []string // of the files, as the log calls them
	file  int      // that is being read
	base  int64    // the place at which it starts

	types   map[string]uint32
	counts  []*typeCount
	sources map[string]*int64
	source  string // of the last event
	sourced *int64

	known   map[string]uint32 // number of a stream by its id
	streams column[stream]
	arena   arena
	skips   []skip
	buffer  []byte

	owners       column[uint32] // the stream of each event, by number; at last its posting
	correlations column[packed]
	ids          column[packed]
	sampler      sampler
}

// A stream as it is built.
type stream struct {
	id       string
	postings list
	last     entry
	count    uint32
	ordered  bool
	timed    bool // as Stream.Timed says
}

func (s *stream) flags() (flags uint32) {
	if s.ordered {
		flags |= flagOrdered
	}
	if s.timed {
		flags |= flagTimed
	}
	return flags
}

// A skip says where a block other than the first starts in a stream's postings.
type skip struct {
	stream uint32
	at     int64
}

func newBuilder(log *event.Log, files []File) *builder {
	return &builder{
		meta:    meta{files: files, mapping: fingerprint(log.Mapping())},
		sizer:   NewSizer(log),
		names:   log.Files(),
		types:   map[string]uint32{},
		sources: map[string]*int64{},
		known:   map[string]uint32{},
	}
}

// enter makes the file called name the one that is being read.
func (b *builder) enter(name string) error {
	for b.names[b.file] != name {
		b.base += b.meta.files[b.file].Size
		if b.file++; b.file == len(b.names) {
			return fmt.Errorf("%s is no file of the log", name)
		}
	}
	return nil
}

func (b *builder) fault(broken *event.RecordError) error {
	if err := b.enter(broken.File); err != nil {
		return err
	}
	b.meta.stats.Faults++
	if len(b.meta.faults) < maxFaults {
		b.meta.faults = append(b.meta.faults, Fault{File: b.file, Line: broken.Line, Offset: broken.Offset, Message: broken.Message})
	}
	return nil
}

func (b *builder) add(e *event.Event) error {
	if err := b.enter(e.File); err != nil {
		return err
	}
	if b.owners.count == maxEvents {
		return fmt.Errorf("it holds more than %d events: index its files one by one", int64(maxEvents))
	}
	at := when(e)
	kind := b.kind(e.Type)
	size, data := b.sizer.Sizes(e)
	b.counts[kind].add(size, data, at)
	b.countSource(e.Source)
	b.sampler.add(b.owners.count, b.file, e.Offset, e.Line, at)
	b.post(b.stream(e.Stream), &entry{
		place: b.base + e.Offset, line: e.Line, length: int64(e.Length), kind: kind,
		timed: !at.IsZero(), seconds: at.Unix(), nanos: int32(at.Nanosecond()),
		sequenced: e.HasSequence, sequence: e.Sequence,
	}, !e.Time.IsZero())
	b.correlations.append(pack(e.CorrelationID))
	b.ids.append(pack(e.ID))
	return nil
}

func (b *builder) kind(name string) uint32 {
	n, ok := b.types[name]
	if !ok {
		n = uint32(len(b.counts))
		b.types[name] = n
		b.meta.types = append(b.meta.types, name)
		b.counts = append(b.counts, &typeCount{})
	}
	return n
}

func (b *builder) countSource(name string) {
	if b.sourced == nil || b.source != name {
		b.source, b.sourced = name, b.sources[name]
		if b.sourced == nil {
			b.sourced = new(int64)
			b.sources[name] = b.sourced
		}
	}
	*b.sourced++
}

func (b *builder) stream(id []byte) uint32 {
	n, ok := b.known[string(id)]
	if !ok {
		n = uint32(b.streams.count)
		s := stream{id: string(id), ordered: true, timed: true}
		b.known[s.id] = n
		b.streams.append(s)
	}
	return n
}

// post adds an event's entry to its stream. Its time is when it happened, or
// else only when it was stored.
func (b *builder) post(n uint32, e *entry, happened bool) {
	b.owners.append(n)
	s := b.streams.at(int(n))
	s.timed = s.timed && happened
	s.ordered = s.ordered && e.sequenced && (s.count == 0 || e.sequence > s.last.sequence)
	if s.count%blockSize == 0 {
		s.last = entry{}
		if s.count > 0 {
			b.skips = append(b.skips, skip{n, s.postings.size})
		}
	}
	b.buffer = e.append(b.buffer[:0], &s.last)
	b.arena.append(&s.postings, b.buffer)
	s.last = *e
	s.count++
}

// write writes the sections of the index file.
func (b *builder) write(path string) (*Stats, error) {
	w, err := newWriter(path)
	if err != nil {
		return nil, err
	}
	b.known, b.types = nil, nil
	b.writeStreams(w)
	b.arena, b.streams = arena{}, column[stream]{}
	var s sorter
	b.meta.stats.Correlations = s.writeLookup(w, &b.correlations, &b.owners, sectionCorrelations, sectionCorrelationBlocks)
	s.writeLookup(w, &b.ids, &b.owners, sectionIDs, sectionIDBlocks)
	w.begin(sectionStatistics)
	for _, t := range b.counts {
		w.write(t.append(nil))
	}
	w.begin(sectionSamples)
	w.write(b.sampler.append(nil))
	w.begin(sectionMeta)
	w.write(b.finishMeta().append(nil))
	size, err := w.finish(path)
	if err != nil {
		return nil, err
	}
	b.meta.stats.IndexBytes = size
	return &b.meta.stats, nil
}

func (b *builder) finishMeta() *meta {
	m := &b.meta
	m.stats.Events = int64(b.owners.count)
	m.stats.Types = len(m.types)
	for _, f := range m.files {
		m.stats.LogBytes += f.Size
	}
	for _, name := range slices.Sorted(maps.Keys(b.sources)) {
		m.sources = append(m.sources, Source{Name: name, Count: *b.sources[name]})
	}
	return m
}

// writeStreams writes the streams by id, with their postings, and gives every
// event the number of its posting.
func (b *builder) writeStreams(w *writer) {
	b.meta.stats.Streams = b.streams.count
	sorted := make([]uint32, b.streams.count)
	for n := range sorted {
		sorted[n] = uint32(n)
	}
	slices.SortFunc(sorted, func(x, y uint32) int {
		return cmp.Compare(b.streams.at(int(x)).id, b.streams.at(int(y)).id)
	})
	slices.SortStableFunc(b.skips, func(x, y skip) int { return cmp.Compare(x.stream, y.stream) })
	var directory []byte
	var fences []byte
	next := make([]uint32, len(sorted)) // by stream: the number of its next posting
	names, first := int64(0), uint32(0)
	w.begin(sectionPostings)
	for i, n := range sorted {
		s := b.streams.at(int(n))
		if i%fenceEvery == 0 {
			fences = appendString(appendUint(fences, uint64(first)), s.id)
		}
		directory = appendStream(directory, names, w.here(), first, s.flags())
		b.writePostings(w, n, s)
		next[n] = first
		first += s.count
		names += int64(len(s.id))
	}
	directory = appendStream(directory, names, w.here(), first, 0)
	w.begin(sectionNames)
	for _, n := range sorted {
		w.write([]byte(b.streams.at(int(n)).id))
	}
	w.begin(sectionFences)
	w.write(fences)
	w.begin(sectionStreams)
	w.write(directory)
	for n := range b.owners.count {
		owner := b.owners.at(n)
		next[*owner]++
		*owner = next[*owner] - 1
	}
}

// writePostings writes where the blocks of a stream start, and the blocks.
func (b *builder) writePostings(w *writer, n uint32, s *stream) {
	if s.count > blockSize {
		i, _ := slices.BinarySearchFunc(b.skips, n, func(s skip, n uint32) int { return cmp.Compare(s.stream, n) })
		var starts []byte
		for ; i < len(b.skips) && b.skips[i].stream == n; i++ {
			starts = binary.LittleEndian.AppendUint64(starts, uint64(b.skips[i].at))
		}
		w.write(starts)
	}
	b.arena.all(&s.postings, w.write)
}
