package event

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
	"sync/atomic"
)

// A Chunk is a stretch of a log: whole records that stand one after the other.
// Chunks are cut by one goroutine and decoded by several.
type Chunk struct {
	file         string
	text         []byte // whole lines
	line, offset int64  // of text
	frames       []frame
	tally        *tally
}

// A tally counts what one file holds over all its chunks.
type tally struct {
	promised int64 // by the export's manifest; -1 when nobody says
	items    atomic.Int64
	open     atomic.Int64 // chunks not yet decoded, and one for the cutter
}

// spares are buffers of released chunks.
var spares = sync.Pool{New: func() any { b := make([]byte, bufferSize); return &b }}

// Chunks cuts the log into chunks in the order of the log. Each must be read
// once with a Decoder. The errors are those of Events that do not belong to a
// record inside a chunk. Standard input can be read once.
func (l *Log) Chunks(ctx context.Context) iter.Seq2[*Chunk, error] {
	return func(yield func(*Chunk, error) bool) {
		l.tombstones.Store(0)
		for _, in := range l.inputs {
			if err := l.cutFile(ctx, in, yield); err != nil {
				return
			}
		}
	}
}

// cutFile yields the chunks of one file. Its error says that no more is wanted.
func (l *Log) cutFile(ctx context.Context, in input, yield func(*Chunk, error) bool) error {
	text, done, err := l.open(in)
	if err != nil {
		return unless(yield(nil, err))
	}
	defer done()
	f := newFramer(in.name, text, nil)
	t := &tally{promised: in.items}
	t.open.Add(1)
	send := func(c *Chunk) error {
		c.file, c.tally = in.name, t
		return unless(yield(c, nil))
	}
	for {
		if ctx.Err() != nil {
			yield(nil, ctx.Err())
			return errStopped
		}
		c, err := f.chunk()
		broken, isRecord := errors.AsType[*RecordError](err)
		if c != nil {
			t.open.Add(1)
			if err := send(c); err != nil {
				return err
			}
		}
		switch {
		case err == nil:
		case isRecord:
			t.items.Add(1)
			if !yield(nil, broken) {
				return errStopped
			}
		case errors.Is(err, io.EOF):
			return send(&Chunk{line: f.line, offset: f.offset}) // the cutter's count is this one's now
		default:
			return unless(yield(nil, fmt.Errorf("reading %s: cut off at byte %d of its decompressed text: %w", in.name, f.offset, err)))
		}
	}
}

// chunk cuts the next records off the stream. Both results may be given: records
// and what stands behind them.
func (f *framer) chunk() (*Chunk, error) {
	if f.framing == "" {
		if err := f.sniff(); err != nil {
			return nil, err
		}
	}
	if f.framing == byLine {
		return f.lines()
	}
	return f.values()
}

// lines cuts off whole lines and gives their buffer away.
func (f *framer) lines() (*Chunk, error) {
	for len(f.rest()) <= maxRecord {
		room := f.end < len(f.buf) || len(f.buf) < bufferSize
		n := -1
		if !room || f.eof {
			n = bytes.LastIndexByte(f.rest(), '\n')
		}
		switch {
		case n >= 0:
			return f.cut(n + 1), nil
		case f.fill():
		case f.eof && bytes.IndexByte(f.rest(), '\n') >= 0:
		case len(f.rest()) == 0 || f.err != nil:
			return nil, f.finish() // a line that the stream's error cut is not judged
		default:
			return f.cut(len(f.rest())), nil
		}
	}
	return nil, f.skipLine()
}

// cut takes n bytes off with their buffer and goes on in another one.
func (f *framer) cut(n int) *Chunk {
	c := &Chunk{text: f.rest()[:n], line: f.line, offset: f.offset}
	f.line += int64(bytes.Count(c.text, []byte{'\n'}))
	f.offset += int64(n)
	left := f.rest()[n:]
	fresh := *spares.Get().(*[]byte)
	if len(fresh) < 2*len(left) {
		fresh = make([]byte, 2*len(left))
	}
	f.buf = fresh
	f.start, f.end = 0, copy(f.buf, left)
	return c
}

// values copies values until they fill a chunk.
func (f *framer) values() (*Chunk, error) {
	c := &Chunk{}
	for size := 0; size < bufferSize; {
		here, err := f.next()
		if err != nil {
			return c, err
		}
		size += len(here.text)
		here.text = bytes.Clone(here.text)
		c.frames = append(c.frames, here)
	}
	return c, nil
}

// Release gives the chunk's memory back. Nothing of its events may be used then.
func (c *Chunk) Release() {
	if cap(c.text) >= bufferSize/2 && c.frames == nil {
		whole := c.text[:cap(c.text)]
		spares.Put(&whole)
	}
	c.text, c.frames = nil, nil
}

// A Decoder reads the events of chunks. It belongs to one goroutine; several may
// read the chunks of one log, each another chunk.
type Decoder struct{ d *decoder }

// NewDecoder makes a decoder for the chunks of the log.
func (l *Log) NewDecoder() *Decoder {
	d := newDecoder(l.format, l.plan)
	d.keep, d.tombstones = true, l.tombstones
	return &Decoder{d}
}

// Events reads the events of a chunk. The event itself is valid until the next
// round, and what its byte slices hold until the chunk is released.
func (r *Decoder) Events(c *Chunk) iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		d := r.d
		d.file, d.scratch = c.file, nil
		f := &framer{file: c.file, framing: byLine, buf: c.text, end: len(c.text), offset: c.offset, line: c.line, eof: true}
		here := reader{d: d, f: f, yield: yield}
		d.emit = func(e *Event) bool { here.items++; return yield(e, nil) }
		d.fault = func(at int, err error) error { return here.broken(at, err) }
		var err error
		for _, one := range c.frames {
			if err = here.decode(one); err != nil {
				return
			}
		}
		for err == nil {
			err = here.step()
		}
		total := c.tally.items.Add(here.items)
		if last := c.tally.open.Add(-1) == 0; last && c.tally.promised >= 0 && total != c.tally.promised && errors.Is(err, io.EOF) {
			yield(nil, &RecordError{
				File: c.file, Line: c.line, Offset: c.offset,
				Message: fmt.Sprintf("the file holds %d records, its manifest promises %d items", total, c.tally.promised),
			})
		}
	}
}
