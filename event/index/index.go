// Package index builds and reads the index of an event log, log.nxi: where the
// events of each stream stand, which events an id or a correlation id belongs
// to, at which times the log is where, and what it holds of each type.
//
//	stats, err := index.Build(ctx, log, "log.nxi")
//
//	x, err := index.Open("log.nxi")
//	if fresh, reason := x.Fresh(log); !fresh {
//		// reason says what happened to the log: build again, or scan it
//	}
//	r := x.Reader(log)
//	s, err := x.Stream("order-17")
//	for e, err := range r.Events(ctx, s.Postings(0)) { … }
//
// An index is one flat file, written once and mapped into memory. The same log
// gives the same bytes on every machine. It holds ids of streams, types and
// sources, and hashes of other ids, but nothing of the events' data.
//
// # What is promised
//
// What the index yields is what a scan of the log would: the same events, in the
// order of the log. An index that is cut off, damaged or of another version is
// an error, at the latest when the part is used: every page has a checksum, and
// an event that is not what its posting says is an error too. Only plain files
// can be indexed; an offset into compressed text leads nowhere.
package index

import (
	"fmt"
	"iter"
	"slices"
	"sort"
)

// Index is an open index. Its methods may be called from several goroutines.
type Index struct {
	pages *pages
	meta  meta
	bases []int64 // the place at which each file of the log starts
}

// Open opens the index at path.
func Open(path string) (*Index, error) { return open(path, true) }

func open(path string, mapped bool) (*Index, error) {
	p, err := openPages(path, mapped)
	if err != nil {
		return nil, fmt.Errorf("opening the index %s: %w", path, err)
	}
	x, err := load(p)
	if err != nil {
		_ = p.done() // nothing was written
		return nil, fmt.Errorf("opening the index %s: %w", path, err)
	}
	return x, nil
}

// load reads what the index says about itself.
func load(p *pages) (*Index, error) {
	x := &Index{pages: p}
	text, err := x.pages.all(sectionMeta)
	if err != nil {
		return nil, err
	}
	if err := x.meta.read(text); err != nil {
		return nil, err
	}
	if x.pages.sections[sectionStreams].length != int64(x.meta.stats.Streams+1)*streamEntry {
		return nil, errMalformed
	}
	x.meta.stats.IndexBytes = x.pages.size
	base := int64(0)
	for _, f := range x.meta.files {
		x.bases = append(x.bases, base)
		base += f.Size
	}
	return x, nil
}

// Close frees what the index holds. What it yielded stays valid, but for a Stream,
// which looks its postings up.
func (x *Index) Close() error { return x.pages.done() }

// Stats are the figures of the index.
func (x *Index) Stats() Stats { return x.meta.stats }

// Files lists the files of the log as they were, in the order they are read.
func (x *Index) Files() []File { return slices.Clone(x.meta.files) }

// Sources lists where the events come from, sorted by name.
func (x *Index) Sources() []Source { return slices.Clone(x.meta.sources) }

// Faults lists the first records that could not be read; Stats counts all.
func (x *Index) Faults() []Fault { return slices.Clone(x.meta.faults) }

// posting is the entry that a cursor has just read.
func (x *Index) posting(e *entry, c *cursor) (Posting, error) {
	file := sort.Search(len(x.bases), func(n int) bool { return x.bases[n] > e.place }) - 1
	if c.broken || file < 0 || e.line < 1 || int(e.kind) >= len(x.meta.types) {
		return Posting{}, errMalformed
	}
	offset, size := e.place-x.bases[file], x.meta.files[file].Size
	if e.length < 1 || e.length > size || offset > size-e.length {
		return Posting{}, errMalformed
	}
	p := Posting{
		File: file, Offset: offset, Length: int(e.length), Line: e.line,
		Time: e.time(), Type: x.meta.types[e.kind], HasSequence: e.sequenced,
	}
	if e.sequenced {
		p.Sequence = e.sequence
	}
	return p, nil
}

// Correlation yields the events whose correlation id has the hash of id, in the
// order of the log. Different ids rarely share a hash: Reader.Correlation
// compares them.
func (x *Index) Correlation(id string) iter.Seq2[Posting, error] {
	return x.byHash(sectionCorrelations, sectionCorrelationBlocks, id)
}

// Event yields the events whose id has the hash of id, in the order of the log;
// more than one where the log repeats an event. Reader.Event compares the ids.
func (x *Index) Event(id string) iter.Seq2[Posting, error] {
	return x.byHash(sectionIDs, sectionIDBlocks, id)
}

func (x *Index) byHash(entries, directory section, id string) iter.Seq2[Posting, error] {
	return func(yield func(Posting, error) bool) {
		for number, err := range x.pages.find(entries, directory, shortHash([]byte(id))) {
			var p Posting
			if err == nil {
				p, err = x.numbered(number)
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}
