package index

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"sync"

	"github.com/nexus-blueprint/nexus/event"
)

// A Reader reads the events of a log that an index points to. It belongs to one
// goroutine.
type Reader struct {
	index  *Index
	names  []string
	picker *event.Picker
	files  map[int]*os.File
	buffer []byte
}

// Reader returns a Reader of the log, for which the index must be fresh.
func (x *Index) Reader(log *event.Log) *Reader {
	return &Reader{index: x, names: log.Files(), picker: log.Picker(), files: map[int]*os.File{}}
}

// Close closes the files of the log.
func (r *Reader) Close() error {
	var failed []error
	for n, file := range r.files {
		failed = append(failed, file.Close())
		delete(r.files, n)
	}
	return errors.Join(failed...)
}

// Read reads one event. It is valid until the next call of a method.
func (r *Reader) Read(p Posting) (*event.Event, error) {
	if err := r.tidy(); err != nil {
		return nil, err
	}
	file, err := r.file(p.File)
	if err != nil {
		return nil, err
	}
	r.buffer = grown(r.buffer, p.Length)
	if err := r.fetch(file, p, r.buffer); err != nil {
		return nil, err
	}
	return r.pick(p, r.buffer)
}

// maxOpen bounds the files that stay open from one batch to the next.
const maxOpen = 64

func (r *Reader) tidy() error {
	if len(r.files) < maxOpen {
		return nil
	}
	if err := r.Close(); err != nil {
		return fmt.Errorf("reading the log by its index: %w", err)
	}
	return nil
}

func (r *Reader) file(n int) (*os.File, error) {
	if file := r.files[n]; file != nil {
		return file, nil
	}
	if n < 0 || n >= len(r.names) {
		return nil, fmt.Errorf("reading the log by its index: the log has %d files, and the event is in file %d: build the index again", len(r.names), n+1)
	}
	file, err := os.Open(r.names[n])
	if err != nil {
		return nil, fmt.Errorf("reading the log by its index: %w", err)
	}
	r.files[n] = file
	return file, nil
}

func (r *Reader) fetch(file *os.File, p Posting, text []byte) error {
	_, err := file.ReadAt(text, p.Offset)
	if errors.Is(err, io.EOF) {
		return r.changed(p, errors.New("the file ends before it"))
	}
	if err != nil {
		return fmt.Errorf("reading the log by its index: %w", err)
	}
	return nil
}

// pick makes the event of a record and compares it with its posting.
func (r *Reader) pick(p Posting, text []byte) (*event.Event, error) {
	e, err := r.picker.Event(r.names[p.File], p.Line, p.Offset, text)
	switch {
	case err != nil:
		return nil, r.changed(p, err)
	case e.Type != p.Type || e.HasSequence != p.HasSequence || e.Sequence != p.Sequence || !when(e).Equal(p.Time):
		return nil, r.changed(p, fmt.Errorf("there is another event, of type %s", e.Type))
	case string(e.Stream) != p.Stream:
		return nil, r.changed(p, errors.New("there is an event of another stream"))
	}
	return e, nil
}

func (r *Reader) changed(p Posting, why error) error {
	return fmt.Errorf("%s changed since it was indexed: the event at byte %d cannot be read: %w: build the index again", r.names[p.File], p.Offset, why)
}

// What Events fetches at one time: enough that a disk has several requests to
// work on, and little memory.
const (
	batchEvents = 128
	batchBytes  = 4 << 20
	fetchers    = 8
)

// Events reads the events of postings. An event is valid until the next round.
// The first error ends it.
func (r *Reader) Events(ctx context.Context, postings iter.Seq2[Posting, error]) iter.Seq2[*event.Event, error] {
	return func(yield func(*event.Event, error) bool) {
		b := batch{reader: r}
		for p, err := range postings {
			if err != nil {
				if b.read(ctx, yield) {
					yield(nil, err)
				}
				return
			}
			b.postings = append(b.postings, p)
			b.bytes += p.Length
			if (len(b.postings) == batchEvents || b.bytes >= batchBytes) && !b.read(ctx, yield) {
				return
			}
		}
		b.read(ctx, yield)
	}
}

// A batch is postings whose records are fetched together.
type batch struct {
	reader   *Reader
	postings []Posting
	bytes    int
}

// read reads the batch, yields its events and empties it. It reports whether
// more is wanted.
func (b *batch) read(ctx context.Context, yield func(*event.Event, error) bool) bool {
	r := b.reader
	if err := r.tidy(); err != nil {
		yield(nil, err)
		return false
	}
	errs := b.fetch(ctx)
	text := r.buffer
	for i, p := range b.postings {
		var e *event.Event
		err := errs[i]
		if err == nil {
			e, err = r.pick(p, text[:p.Length])
			text = text[p.Length:]
		}
		if !yield(e, err) || err != nil {
			return false
		}
	}
	b.postings, b.bytes = b.postings[:0], 0
	return true
}

// fetch reads the records into the reader's buffer, one behind the other, and
// returns what went wrong with each. It ends with the first that has no file.
func (b *batch) fetch(ctx context.Context) []error {
	r := b.reader
	r.buffer = grown(r.buffer, b.bytes)
	errs := make([]error, len(b.postings))
	text := r.buffer
	var running sync.WaitGroup
	places := make(chan struct{}, fetchers)
	for i, p := range b.postings {
		file, err := r.file(p.File)
		if err = errors.Join(ctx.Err(), err); err != nil {
			errs[i] = err
			break
		}
		record := text[:p.Length]
		text = text[p.Length:]
		places <- struct{}{}
		running.Go(func() {
			errs[i] = r.fetch(file, p, record)
			<-places
		})
	}
	running.Wait()
	return errs
}

// grown is a buffer of n bytes, the old one if it is large enough.
func grown(buffer []byte, n int) []byte {
	if cap(buffer) < n {
		return make([]byte, n)
	}
	return buffer[:n]
}

// Correlation reads the events with a correlation id, in the order of the log.
func (r *Reader) Correlation(ctx context.Context, id string) iter.Seq2[*event.Event, error] {
	return where(r.Events(ctx, r.index.Correlation(id)), func(e *event.Event) bool { return string(e.CorrelationID) == id })
}

// Event reads the events with an id: more than one where the log repeats it.
func (r *Reader) Event(ctx context.Context, id string) iter.Seq2[*event.Event, error] {
	return where(r.Events(ctx, r.index.Event(id)), func(e *event.Event) bool { return string(e.ID) == id })
}

func where(events iter.Seq2[*event.Event, error], wanted func(*event.Event) bool) iter.Seq2[*event.Event, error] {
	return func(yield func(*event.Event, error) bool) {
		for e, err := range events {
			if (err != nil || wanted(e)) && !yield(e, err) {
				return
			}
		}
	}
}
