package replay

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"time"

	"github.com/nexus-blueprint/nexus/event/index"
)

// A snapshot file, log.nxs, is a header, the texts of the states in the order of
// the log, and a directory for each reducer: for each stream of the index the
// number of its first row, one number more that ends the last stream, and the
// rows, sorted by stream and by the events behind which they were taken. All
// numbers are little-endian.
//
// The header: magic, version, its own length, the identity of the index, the
// length of the file, the number of streams and of reducers; then for each
// reducer its hash, where its directory starts and how many rows that has; at
// last the header's checksum. Rows and texts have checksums of their own: a query
// reads a header, a row or two, and one text, whatever the size of the file.
//
// The version changes with the layout, and when the same reducer comes to make
// other states of the same events.
const (
	snapshotMagic   = "nexusnxs"
	snapshotVersion = 1

	snapshotHeaderSize = 8 + 4 + 4 + sha256.Size + 8 + 4 + 4 // before the reducers
	snapshotGroupSize  = sha256.Size + 8 + 8
	snapshotRowSize    = 64
	snapshotStartSize  = 4
	maxSnapshotGroups  = 1 << 12
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errSnapshotsDamaged = errors.New("it is damaged: a checksum does not fit: nexus replay index writes it anew")

// A snapshotRow says what a snapshot is of and where its text stands.
type snapshotRow struct {
	stream   uint32 // its number in the index
	events   uint32 // behind how many events of the stream it was taken
	sequence int64  // of the last of them
	// latest and stored are the latest times at which one of the events happened
	// and was stored. A state as of a time before may lack that event.
	latest, stored time.Time
	offset         int64 // of the text
	length         uint32
	sum            uint32 // of the text
}

func (r *snapshotRow) append(dst []byte, group int) []byte {
	start := len(dst)
	little := binary.LittleEndian
	dst = little.AppendUint32(dst, r.stream)
	dst = little.AppendUint32(dst, r.events)
	dst = little.AppendUint64(dst, uint64(r.sequence))
	for _, t := range []time.Time{r.latest, r.stored} {
		dst = little.AppendUint64(dst, uint64(t.Unix()))
		dst = little.AppendUint32(dst, uint32(t.Nanosecond()))
	}
	dst = little.AppendUint64(dst, uint64(r.offset))
	dst = little.AppendUint32(dst, r.length)
	dst = little.AppendUint32(dst, r.sum)
	dst = little.AppendUint32(dst, uint32(group))
	return little.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

// read reads a row of a group; it is false when the row is damaged.
func (r *snapshotRow) read(text []byte, group int) bool {
	little := binary.LittleEndian
	end := snapshotRowSize - 4
	if crc32.Checksum(text[:end], castagnoli) != little.Uint32(text[end:]) || little.Uint32(text[end-4:]) != uint32(group) {
		return false
	}
	instant := func(at int) time.Time {
		return time.Unix(int64(little.Uint64(text[at:])), int64(little.Uint32(text[at+8:]))).UTC()
	}
	*r = snapshotRow{
		stream: little.Uint32(text), events: little.Uint32(text[4:]), sequence: int64(little.Uint64(text[8:])),
		latest: instant(16), stored: instant(28),
		offset: int64(little.Uint64(text[40:])), length: little.Uint32(text[48:]), sum: little.Uint32(text[52:]),
	}
	return true
}

// A snapshotGroup is the snapshots of one reducer.
type snapshotGroup struct {
	reducer [sha256.Size]byte
	start   int64 // of its directory
	rows    int64
}

func (g *snapshotGroup) end(streams int) int64 {
	return g.start + int64(streams+1)*snapshotStartSize + g.rows*snapshotRowSize
}

// snapshotHeader is the first part of a file.
func snapshotHeader(identity [sha256.Size]byte, size int64, streams int, groups []snapshotGroup) []byte {
	little := binary.LittleEndian
	h := little.AppendUint32([]byte(snapshotMagic), snapshotVersion)
	h = little.AppendUint32(h, uint32(snapshotHeaderSize+len(groups)*snapshotGroupSize+4))
	h = append(h, identity[:]...)
	h = little.AppendUint64(h, uint64(size))
	h = little.AppendUint32(h, uint32(streams))
	h = little.AppendUint32(h, uint32(len(groups)))
	for _, g := range groups {
		h = append(h, g.reducer[:]...)
		h = little.AppendUint64(h, uint64(g.start))
		h = little.AppendUint64(h, uint64(g.rows))
	}
	return little.AppendUint32(h, crc32.Checksum(h, castagnoli))
}

// SnapshotFile is an open file of snapshots. Its methods may be called from
// several goroutines.
type SnapshotFile struct {
	in       io.ReaderAt
	size     int64
	identity [sha256.Size]byte
	streams  int
	groups   []snapshotGroup
	close    func() error
}

// OpenSnapshots opens the snapshots of an indexed log. Those that were taken of
// another state of the log, or read another way, are an error, as is a file that
// is cut off or damaged; a damaged snapshot is one when it is used.
func OpenSnapshots(path string, x *index.Index) (*SnapshotFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	var f *SnapshotFile
	info, err := file.Stat()
	if err == nil {
		f, err = newSnapshotFile(file, info.Size())
	}
	if err == nil && (f.identity != x.Identity() || f.streams != x.Stats().Streams) {
		err = errors.New("it was taken of another state of the log: nexus replay index writes it anew")
	}
	if err != nil {
		_ = file.Close() // nothing was written
		return nil, err
	}
	f.close = file.Close
	return f, nil
}

// Close closes the file.
func (f *SnapshotFile) Close() error { return f.close() }

func newSnapshotFile(in io.ReaderAt, size int64) (*SnapshotFile, error) {
	f := &SnapshotFile{in: in, size: size}
	h := make([]byte, snapshotHeaderSize)
	n, err := in.ReadAt(h, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	little := binary.LittleEndian
	if !bytes.HasPrefix(h[:n], []byte(snapshotMagic)) {
		return nil, errors.New("it holds no snapshots of nexus")
	}
	if n < len(h) {
		return nil, errSnapshotsDamaged
	}
	if v := little.Uint32(h[8:]); v != snapshotVersion {
		return nil, fmt.Errorf("its version is %d, and this nexus reads version %d: nexus replay index writes it anew", v, snapshotVersion)
	}
	groups := int(little.Uint32(h[snapshotHeaderSize-4:]))
	length := snapshotHeaderSize + groups*snapshotGroupSize + 4
	if groups > maxSnapshotGroups || int64(length) > size || little.Uint32(h[12:]) != uint32(length) {
		return nil, errSnapshotsDamaged
	}
	h = make([]byte, length)
	if _, err := in.ReadAt(h, 0); err != nil {
		return nil, err
	}
	if crc32.Checksum(h[:length-4], castagnoli) != little.Uint32(h[length-4:]) {
		return nil, errSnapshotsDamaged
	}
	copy(f.identity[:], h[16:])
	if little.Uint64(h[16+sha256.Size:]) != uint64(size) {
		return nil, errors.New("it is cut off or has grown: nexus replay index writes it anew")
	}
	f.streams = int(little.Uint32(h[24+sha256.Size:]))
	for text := h[snapshotHeaderSize : length-4]; len(text) > 0; text = text[snapshotGroupSize:] {
		g := snapshotGroup{start: int64(little.Uint64(text[sha256.Size:])), rows: int64(little.Uint64(text[sha256.Size+8:]))}
		copy(g.reducer[:], text)
		if g.start < int64(length) || g.start > size || g.rows < 0 || g.rows > size/snapshotRowSize || g.end(f.streams) > size {
			return nil, errSnapshotsDamaged
		}
		f.groups = append(f.groups, g)
	}
	return f, nil
}

// rows are the snapshots of a stream by a reducer, in their order. Where there is
// one, the events of the stream stand in the log in the order in which they
// count, and none was delivered again.
func (f *SnapshotFile) rows(r *Reducer, stream, events int) ([]snapshotRow, error) {
	hash, err := hex.DecodeString(r.Hash())
	if err != nil || stream < 0 || stream >= f.streams {
		return nil, err
	}
	for n := range f.groups {
		if g := &f.groups[n]; bytes.Equal(g.reducer[:], hash) {
			return f.groupRows(n, stream, events)
		}
	}
	return nil, nil
}

func (f *SnapshotFile) groupRows(n, stream, events int) ([]snapshotRow, error) {
	g := &f.groups[n]
	var starts [2 * snapshotStartSize]byte
	if _, err := f.in.ReadAt(starts[:], g.start+int64(stream)*snapshotStartSize); err != nil {
		return nil, err
	}
	first, end := int64(binary.LittleEndian.Uint32(starts[:])), int64(binary.LittleEndian.Uint32(starts[snapshotStartSize:]))
	if first > end || end > g.rows || end-first > int64(events) {
		return nil, errSnapshotsDamaged
	}
	text := make([]byte, (end-first)*snapshotRowSize)
	at := g.start + int64(f.streams+1)*snapshotStartSize + first*snapshotRowSize
	if _, err := f.in.ReadAt(text, at); err != nil && len(text) > 0 {
		return nil, err
	}
	rows := make([]snapshotRow, end-first)
	last := uint32(0)
	for i := range rows {
		row := &rows[i]
		if !row.read(text[i*snapshotRowSize:], n) || row.stream != uint32(stream) || row.events <= last || int64(row.events) > int64(events) {
			return nil, errSnapshotsDamaged
		}
		if row.offset < 0 || row.offset > f.size || int64(row.length) > f.size-row.offset {
			return nil, errSnapshotsDamaged
		}
		last = row.events
	}
	return rows, nil
}

// state is the state of a snapshot.
func (f *SnapshotFile) state(row *snapshotRow) (*State, error) {
	text := make([]byte, row.length)
	if _, err := f.in.ReadAt(text, row.offset); err != nil {
		return nil, err
	}
	if crc32.Checksum(text, castagnoli) != row.sum || !json.Valid(text) {
		return nil, errSnapshotsDamaged
	}
	root, err := decode(text)
	return NewState(root), err
}
