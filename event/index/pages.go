package index

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sort"
	"sync/atomic"
)

// pages are the content of an index file, mapped into memory where the system
// can do that, else read on demand. A page's checksum is compared when the page
// is first used, so that opening an index costs the same for any size.
//
// An index is replaced by renaming, never changed in place: a mapped file that
// somebody cuts off under nexus's feet ends the program.
type pages struct {
	in       io.ReaderAt
	size     int64
	mapped   []byte       // all of it; nil when it is read on demand
	done     func() error // frees what the pages hold
	sums     []byte
	checked  []atomic.Uint32 // one bit a page
	sections [sectionCount]extent
}

// openPages opens an index file and maps it if wanted.
func openPages(path string, mapped bool) (*pages, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	var p *pages
	info, err := file.Stat()
	if err == nil {
		p, err = newPages(file, info.Size())
	}
	if err != nil {
		_ = file.Close() // nothing was written
		return nil, err
	}
	p.done = file.Close
	if !mapped {
		return p, nil
	}
	// A file system that cannot map files still reads them.
	if text, unmap, err := mapFile(file, p.size); err == nil {
		p.mapped = text
		p.done = func() error { return errors.Join(unmap(), file.Close()) }
	}
	return p, nil
}

// newPages checks header and length of an index.
func newPages(in io.ReaderAt, size int64) (*pages, error) {
	p := &pages{in: in, size: size, done: func() error { return nil }}
	if err := p.readHeader(size); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *pages) readHeader(size int64) error {
	h := make([]byte, pageSize)
	if n, err := p.in.ReadAt(h, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	} else if string(h[:min(n, len(magic))]) != magic {
		return errors.New("it is no index of nexus")
	}
	little := binary.LittleEndian
	switch v := little.Uint32(h[headerVersion:]); {
	case size < pageSize:
		return cutOff(size)
	case v != version:
		return fmt.Errorf("its version is %d, and this nexus reads version %d: build it again", v, version)
	case little.Uint32(h[headerSelf:]) != crc32.Checksum(h[:headerSelf], castagnoli):
		return damaged(0)
	case little.Uint64(h[headerLength:]) != uint64(size):
		return cutOff(size)
	}
	end := int64(pageSize)
	for i := range p.sections {
		x := extent{int64(little.Uint64(h[headerParts+16*i:])), int64(little.Uint64(h[headerParts+16*i+8:]))}
		if x.offset < pageSize || x.offset > size || x.length < 0 || x.length > size-x.offset {
			return errMalformed
		}
		p.sections[i] = x
		end = max(end, x.end())
	}
	return p.readSums(end, size, little.Uint32(h[headerSums:]))
}

// readSums reads the checksums of the pages, which follow the last section.
func (p *pages) readSums(end, size int64, want uint32) error {
	count := (end - 1) / pageSize // the header has none
	start := (count + 1) * pageSize
	if size-start != 4*count {
		return errMalformed
	}
	p.sums = make([]byte, 4*count)
	p.checked = make([]atomic.Uint32, (count+31)/32)
	if _, err := p.in.ReadAt(p.sums, start); err != nil {
		return err
	}
	if crc32.Checksum(p.sums, castagnoli) != want {
		return damaged(start)
	}
	return nil
}

func cutOff(size int64) error {
	return fmt.Errorf("it is cut off or has grown: %d bytes are not the length that it was written with", size)
}

func damaged(offset int64) error {
	return fmt.Errorf("it is damaged near byte %d: its checksum does not fit: build it again", offset)
}

// has reports whether x lies within a section.
func (p *pages) has(s section, x extent) bool {
	whole := p.sections[s].length
	return x.offset >= 0 && x.length >= 0 && x.offset <= whole && x.length <= whole-x.offset
}

// longPart is the length from which a part is read although the file is mapped:
// one request to the disk instead of one for each page.
const longPart = 16 * pageSize

// view is a part of a section, checked. It is valid until the file is unmapped.
func (p *pages) view(s section, x extent) ([]byte, error) {
	if !p.has(s, x) {
		return nil, errMalformed
	}
	if x.length == 0 {
		return nil, nil
	}
	x.offset += p.sections[s].offset
	first := x.offset / pageSize
	last := (x.end() - 1) / pageSize
	text, start := p.mapped, int64(0)
	if text == nil || x.length > longPart {
		start = first * pageSize
		text = make([]byte, (last+1-first)*pageSize)
		if _, err := p.in.ReadAt(text, start); err != nil {
			return nil, fmt.Errorf("reading the index: %w", err)
		}
	}
	for page := first; page <= last; page++ {
		if err := p.check(page, text[page*pageSize-start:][:pageSize]); err != nil {
			return nil, err
		}
	}
	return text[x.offset-start : x.end()-start : x.end()-start], nil
}

// check compares a page with its checksum, once when the file is mapped.
func (p *pages) check(page int64, text []byte) error {
	n := page - 1
	bit := uint32(1) << (n % 32)
	if p.mapped != nil && p.checked[n/32].Load()&bit != 0 {
		return nil
	}
	if crc32.Checksum(text, castagnoli) != binary.LittleEndian.Uint32(p.sums[4*n:]) {
		return damaged(page * pageSize)
	}
	p.checked[n/32].Or(bit)
	return nil
}

// all is a whole section.
func (p *pages) all(s section) ([]byte, error) {
	return p.view(s, extent{0, p.sections[s].length})
}

// search is the place of the first entry of a section of sorted entries, each of
// the same size, for which test is true; the number of entries when none is. The
// entry is expected near the place guess, so that few pages are touched.
func (p *pages) search(s section, size int64, guess int, test func(entry []byte) bool) (int, error) {
	const near = 64
	var failed error
	holds := func(n int) bool {
		e, err := p.view(s, extent{int64(n) * size, size})
		if err != nil {
			failed = err
			return true
		}
		return test(e)
	}
	low, high := 0, int(p.sections[s].length/size)
	if n := guess - near; n >= low && n < high && !holds(n) {
		low = n + 1
	}
	if n := guess + near; n >= low && n < high && holds(n) {
		high = n
	}
	n := low + sort.Search(high-low, func(n int) bool { return holds(low + n) })
	return n, failed
}
