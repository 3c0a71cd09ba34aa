package index

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
)

// An index file is a header of one page, then its sections, then a checksum of
// every page of the sections. All numbers of fixed size are little-endian.
//
// The header: magic, version, the checksum of the checksums, the length of the
// file, where each section starts and how long it is, and, at the end of the
// page, its own checksum.
const (
	magic   = "nexusnxi"
	version = 1

	pageSize      = 4096
	headerVersion = len(magic)
	headerSums    = headerVersion + 4
	headerLength  = headerSums + 4
	headerParts   = headerLength + 8
	headerSelf    = pageSize - 4
)

// A section is a part of the file by its place in the header.
type section int

const (
	sectionMeta              section = iota // what was indexed, types, sources, faults
	sectionNames                            // ids of the streams, sorted, one behind the other
	sectionStreams                          // for each stream where its id and its postings start
	sectionFences                           // every fenceEvery-th stream's first posting and id
	sectionPostings                         // per stream: where its blocks start, then the blocks
	sectionCorrelationBlocks                // the directory of sectionCorrelations
	sectionCorrelations                     // hashes of correlation ids and numbers of postings
	sectionIDBlocks                         // the directory of sectionIDs
	sectionIDs                              // hashes of event ids and numbers of postings
	sectionStatistics                       // per type: sizes, and counts by second
	sectionSamples                          // places and times of every sampleEvery-th event
	sectionCount
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// An extent is where something stands in the file.
type extent struct{ offset, length int64 }

func (x extent) end() int64 { return x.offset + x.length }

// A writer writes an index file from front to end. Its first error sticks.
type writer struct {
	file     *os.File
	pending  []byte
	size     int64 // with what is pending
	sums     []byte
	sections [sectionCount]extent
	current  section
	err      error
}

// flushSize is a multiple of pageSize.
const flushSize = 64 * pageSize

// newWriter starts a temporary file beside path.
func newWriter(path string) (*writer, error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return nil, fmt.Errorf("writing the index: %w", err)
	}
	w := &writer{file: file, pending: make([]byte, 0, flushSize), size: pageSize, current: -1}
	_, w.err = file.Write(make([]byte, pageSize)) // the header comes last
	return w, nil
}

// begin ends the section before and starts s.
func (w *writer) begin(s section) {
	w.end()
	w.current = s
	w.sections[s].offset = w.size
}

func (w *writer) end() {
	if w.current >= 0 {
		w.sections[w.current].length = w.size - w.sections[w.current].offset
	}
}

// here is how much of the current section is written.
func (w *writer) here() int64 { return w.size - w.sections[w.current].offset }

func (w *writer) write(text []byte) {
	w.size += int64(len(text))
	for len(text) > 0 {
		n := min(len(text), flushSize-len(w.pending))
		w.pending = append(w.pending, text[:n]...)
		text = text[n:]
		if len(w.pending) == flushSize {
			w.flush()
		}
	}
}

// flush writes whole pages and notes their checksums.
func (w *writer) flush() {
	for page := w.pending; len(page) > 0; page = page[pageSize:] {
		w.sums = binary.LittleEndian.AppendUint32(w.sums, crc32.Checksum(page[:pageSize], castagnoli))
	}
	if w.err == nil {
		_, w.err = w.file.Write(w.pending)
	}
	w.pending = w.pending[:0]
}

// finish writes checksums and header and gives the file its name.
func (w *writer) finish(path string) (size int64, err error) {
	w.end()
	if rest := len(w.pending) % pageSize; rest > 0 {
		w.write(make([]byte, pageSize-rest))
	}
	w.flush()
	if w.err == nil {
		_, w.err = w.file.Write(w.sums)
	}
	size = w.size + int64(len(w.sums))
	if w.err == nil {
		_, w.err = w.file.WriteAt(w.header(size), 0)
	}
	if err := errors.Join(w.err, w.file.Close()); err != nil {
		return 0, w.fail(path, err)
	}
	if err := os.Rename(w.file.Name(), path); err != nil {
		return 0, w.fail(path, err)
	}
	return size, nil
}

// abandon removes the temporary file.
func (w *writer) abandon() {
	_ = w.file.Close() // it is removed either way
	_ = os.Remove(w.file.Name())
}

func (w *writer) fail(path string, err error) error {
	w.abandon()
	return fmt.Errorf("writing the index %s: %w", path, err)
}

func (w *writer) header(size int64) []byte {
	h := make([]byte, pageSize)
	copy(h, magic)
	little := binary.LittleEndian
	little.PutUint32(h[headerVersion:], version)
	little.PutUint32(h[headerSums:], crc32.Checksum(w.sums, castagnoli))
	little.PutUint64(h[headerLength:], uint64(size))
	for i, x := range w.sections {
		little.PutUint64(h[headerParts+16*i:], uint64(x.offset))
		little.PutUint64(h[headerParts+16*i+8:], uint64(x.length))
	}
	little.PutUint32(h[headerSelf:], crc32.Checksum(h[:headerSelf], castagnoli))
	return h
}
