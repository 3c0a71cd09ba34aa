package event

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"sync/atomic"
)

// Options say how a log is read. The zero value detects everything.
type Options struct {
	Stdin  io.Reader         // what the name "-" stands for
	Format string            // one of Formats; empty: detected
	Map    map[string]string // attribute -> path, such as stream -> .Item.pk.S; overrides what is detected
}

// Log is one or more files of events in one format.
type Log struct {
	inputs  []input
	stdin   io.Reader
	format  *format
	mapping Mapping
	plan    compiled
	// tombstones are the records that were passed over in the last reading.
	tombstones *atomic.Int64
}

// Open finds the files that names stand for (files, folders, quoted globs, or
// "-") and learns the format and the mapping from the first records. It reads
// no more than these, but for files whose streams are named by Kafka's keys: how
// many topics there are, only all records tell.
func Open(ctx context.Context, names []string, o Options) (*Log, error) {
	inputs, err := findInputs(names)
	if err != nil {
		return nil, err
	}
	if len(inputs) == 0 {
		return nil, errors.New("reading a log: no file is named")
	}
	l := &Log{inputs: inputs, stdin: o.Stdin, tombstones: new(atomic.Int64)}
	s, err := l.sample(ctx)
	if err != nil {
		return nil, err
	}
	if err := l.detect(ctx, s, o); err != nil {
		return nil, err
	}
	return l, nil
}

// Mapping says what Open found.
func (l *Log) Mapping() Mapping { return l.mapping }

// Tombstones is how many records of the last reading, by Events or by Chunks, were
// null and passed over: Kafka's messages that a key has no more, behind the event
// that says so.
func (l *Log) Tombstones() int64 { return l.tombstones.Load() }

// Files lists the files of the log in the order they are read.
func (l *Log) Files() []string {
	var names []string
	for _, in := range l.inputs {
		names = append(names, in.name)
	}
	return names
}

// Events reads the log from its start, file after file. The event is valid
// until the next round. A *RecordError stands for one record that could not be
// read and does not end the log; any other error ends its file, except that of
// ctx, which ends the log. Standard input can be read once.
func (l *Log) Events(ctx context.Context) iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		d := newDecoder(l.format, l.plan)
		d.tombstones = l.tombstones
		l.tombstones.Store(0)
		for _, in := range l.inputs {
			if err := l.readFile(ctx, d, in, yield); err != nil {
				return
			}
		}
	}
}

// open returns the decompressed text of a file.
func (l *Log) open(in input) (io.Reader, func(), error) {
	if in.name == stdin {
		if l.stdin == nil {
			return nil, nil, errors.New("reading a log: standard input was read already, or there is none")
		}
		text := l.stdin
		l.stdin = nil
		return openText(text, "standard input", func() {})
	}
	file, err := os.Open(in.name)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the log: %w", err)
	}
	return openText(file, in.name, func() { _ = file.Close() }) // opened for reading: nothing can be lost
}

func openText(in io.Reader, name string, done func()) (io.Reader, func(), error) {
	text, closeText, err := decompress(in)
	if err != nil {
		done()
		return nil, nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return text, func() { closeText(); done() }, nil
}

// readFile yields the events of one file. Its error is errStopped when nothing
// more is wanted.
func (l *Log) readFile(ctx context.Context, d *decoder, in input, yield func(*Event, error) bool) error {
	text, done, err := l.open(in)
	if err != nil {
		return unless(yield(nil, err))
	}
	defer done()
	f := newFramer(in.name, text, d.buffer)
	defer func() { d.buffer = f.buf }()
	r := reader{d: d, f: f, yield: yield}
	d.file = in.name
	d.emit = func(e *Event) bool { r.items++; return yield(e, nil) }
	d.fault = func(at int, err error) error { return r.broken(at, err) }
	for round := 0; ; round++ {
		if round%1024 == 0 && ctx.Err() != nil {
			yield(nil, ctx.Err())
			return errStopped
		}
		err := r.step()
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			return unless(in.items < 0 || r.items == in.items || yield(nil, &RecordError{
				File: in.name, Line: f.line, Offset: f.offset,
				Message: fmt.Sprintf("the file holds %d records, its manifest promises %d items", r.items, in.items),
			}))
		case errors.Is(err, errStopped):
			return err
		default:
			return unless(yield(nil, fmt.Errorf("reading %s: cut off at byte %d of its decompressed text: %w", in.name, f.offset, err)))
		}
	}
}

func unless(wanted bool) error {
	if wanted {
		return nil
	}
	return errStopped
}

// A reader takes the frames of one file to the decoder.
type reader struct {
	d     *decoder
	f     *framer
	yield func(*Event, error) bool
	here  frame // what of it is not yet decoded
	items int64 // events and faults
}

// step reads one frame. Faults of records are yielded; the error is one that
// ends the file.
func (r *reader) step() error {
	if r.f.framing == byLine && r.d.mapping.native {
		if known, err := r.knownLine(); known {
			return err
		}
	}
	here, err := r.f.next()
	if err != nil {
		if broken, ok := errors.AsType[*RecordError](err); ok {
			return unless(r.yield(nil, broken))
		}
		return err
	}
	return r.decode(here)
}

// knownLine reads the next line when that takes no framing.
func (r *reader) knownLine() (known bool, err error) {
	f := r.f
	r.d.line, r.d.offset = f.line, f.offset
	if !r.d.keep {
		r.d.scratch = r.d.scratch[:0]
	}
	n, err := r.d.nativeLine(f.rest())
	if n == 0 {
		return false, nil
	}
	f.start, f.offset, f.line = f.start+n, f.offset+int64(n), f.line+1
	return true, err
}

// decode hands the records of a frame to the decoder.
func (r *reader) decode(here frame) error {
	for r.here = here; len(r.here.text) > 0; {
		text := r.here.text
		r.d.line, r.d.offset = r.here.line, r.here.offset
		n, err := r.d.decode(text)
		if err != nil {
			if errors.Is(err, errStopped) {
				return err
			}
			if err := r.broken(n, err); err != nil {
				return err
			}
			if n, err = skipValue(text, 0, 0); err != nil {
				return nil // where the next record starts on this line cannot be known
			}
		}
		n = skipSpace(text, n)
		r.here.text, r.here.offset = text[n:], r.here.offset+int64(n)
	}
	return nil
}

// broken yields the fault at a place of the frame.
func (r *reader) broken(at int, err error) error {
	r.items++
	if errors.Is(err, errCut) {
		at = len(bytes.TrimRight(r.here.text[:at], " \r\n\t")) // not on the line after it
	}
	return unless(r.yield(nil, &RecordError{
		File:    r.f.file,
		Line:    r.here.line + int64(bytes.Count(r.here.text[:at], []byte{'\n'})),
		Offset:  r.here.offset + int64(at),
		Message: err.Error(),
	}))
}
