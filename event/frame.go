package event

import (
	"bytes"
	"errors"
	"io"
)

const (
	// Buffers start small, since many logs are, and grow to a size that makes
	// system calls rare and still stays in a core's own cache: 4 MiB is slower.
	firstBuffer = 64 << 10
	bufferSize  = 512 << 10
	// maxRecord bounds one record, so that a file without newlines cannot
	// exhaust memory.
	maxRecord = 64 << 20
)

// A framing says how the records of a file follow one another.
type framing string

const (
	byLine  framing = "lines"  // one record a line; a line may hold several, as Firehose writes them
	byValue framing = "values" // one JSON value after the other, pretty-printed or without separators
	byArray framing = "array"  // the elements of a JSON array
)

// A frame is the text of a record and where it stands.
type frame struct {
	text         []byte
	line, offset int64
}

// A framer cuts a stream into records. A frame is valid until the next one.
type framer struct {
	file    string
	in      io.Reader
	framing framing // empty until the first bytes are seen

	buf        []byte
	start, end int   // of what is buffered and not yet framed
	offset     int64 // of start in the stream
	line       int64 // of start
	eof        bool
	err        error // of the stream, kept until what was read before it is framed

	inArray, element bool // byArray: behind the opening bracket; behind an element
}

// newFramer reads in with a buffer that an earlier framer has done with, or nil.
func newFramer(file string, in io.Reader, buf []byte) *framer {
	return &framer{file: file, in: in, line: 1, buf: buf}
}

// next returns io.EOF at the end, a *RecordError for text that is no record,
// and otherwise why the stream cannot be read further.
func (f *framer) next() (frame, error) {
	if f.framing == "" {
		if err := f.sniff(); err != nil {
			return frame{}, err
		}
	}
	if f.framing == byLine {
		return f.nextLine()
	}
	return f.nextValue()
}

// fill reads more into the buffer and reports whether anything came.
func (f *framer) fill() bool {
	if f.eof {
		return false
	}
	rest := f.rest()
	switch {
	case f.buf == nil:
		f.buf = make([]byte, firstBuffer)
	case len(f.buf) < bufferSize && f.end == len(f.buf):
		f.buf = make([]byte, 8*len(f.buf))
	case len(rest) == len(f.buf):
		f.buf = make([]byte, 2*len(f.buf))
	}
	f.start, f.end = 0, copy(f.buf, rest)
	for range 100 { // as bufio does for readers that return nothing
		n, err := f.in.Read(f.buf[f.end:])
		f.end += n
		if err != nil {
			f.eof = true
			if !errors.Is(err, io.EOF) {
				f.err = err
			}
		}
		if n > 0 || f.eof {
			return n > 0
		}
	}
	f.eof, f.err = true, io.ErrNoProgress
	return false
}

// drop passes over n bytes.
func (f *framer) drop(n int) {
	f.line += int64(bytes.Count(f.buf[f.start:f.start+n], []byte{'\n'}))
	f.start += n
	f.offset += int64(n)
}

// rest is what is buffered and not yet framed.
func (f *framer) rest() []byte { return f.buf[f.start:f.end] }

// finish is the end of the stream.
func (f *framer) finish() error {
	if f.err != nil {
		return f.err
	}
	return io.EOF
}

func (f *framer) fault(at int, message string) *RecordError {
	line := f.line + int64(bytes.Count(f.rest()[:at], []byte{'\n'}))
	return &RecordError{File: f.file, Line: line, Offset: f.offset + int64(at), Message: message}
}

// sniff passes over the byte order mark and decides the framing by the first
// record. A file whose first record is broken is read by lines, where a fault
// costs one line.
func (f *framer) sniff() error {
	for len(f.rest()) < 3 && f.fill() {
	}
	if mark := []byte("\ufeff"); bytes.HasPrefix(f.rest(), mark) {
		f.drop(len(mark))
	}
	first := skipSpace(f.rest(), 0)
	for first == len(f.rest()) {
		if !f.fill() {
			return f.finish()
		}
		first = skipSpace(f.rest(), 0)
	}
	if f.rest()[first] == '[' {
		f.framing = byArray
		return nil
	}
	f.framing = byLine
	for size := len(f.rest()); ; size = len(f.rest()) {
		end, err := skipValue(f.rest(), first, 0)
		newline := bytes.IndexByte(f.rest()[first:], '\n')
		switch {
		case err == nil && (newline < 0 || first+newline >= end):
			return nil
		case err == nil:
			f.framing = byValue
			return nil
		case !errors.Is(err, errCut) || size > maxRecord || !f.grow(size):
			return nil
		}
	}
}

// grow reads until the buffer holds markedly more than size, so that a long
// record is not walked again for every few bytes.
func (f *framer) grow(size int) bool {
	more := false
	for target := size + size/2; len(f.rest()) < target || !more; {
		if !f.fill() {
			break
		}
		more = true
		if size < 1<<16 {
			break
		}
	}
	return more
}

func (f *framer) nextLine() (frame, error) {
	for {
		text, err := f.cutLine()
		if err != nil {
			return frame{}, err
		}
		here := frame{line: f.line, offset: f.offset}
		f.start += len(text)
		f.offset += int64(len(text))
		f.line++
		lead := skipSpace(text, 0)
		if lead == len(text) {
			continue
		}
		here.text, here.offset = text[lead:], here.offset+int64(lead)
		return here, nil
	}
}

// cutLine is the next line with its newline; the last may have none.
func (f *framer) cutLine() ([]byte, error) {
	searched := 0
	for {
		rest := f.rest()
		n := bytes.IndexByte(rest[searched:], '\n')
		switch {
		case n >= 0 && searched+n < maxRecord:
			return rest[:searched+n+1], nil
		case n >= 0 || len(rest) > maxRecord:
			return nil, f.skipLine()
		}
		searched = len(rest)
		if f.fill() {
			continue
		}
		if rest = f.rest(); len(rest) == 0 || f.err != nil {
			return nil, f.finish() // a line that the stream's error cut is not judged
		}
		return rest, nil
	}
}

// skipLine passes over a line that is too long to hold.
func (f *framer) skipLine() error {
	fault := f.fault(0, "a record larger than 64 MiB")
	for {
		if n := bytes.IndexByte(f.rest(), '\n'); n >= 0 {
			f.drop(n + 1)
			return fault
		}
		f.drop(len(f.rest()))
		if !f.fill() {
			return fault
		}
	}
}

func (f *framer) nextValue() (frame, error) {
	if err := f.separator(); err != nil {
		return frame{}, err
	}
	for {
		rest := f.rest()
		end, err := skipValue(rest, 0, 0)
		switch {
		case err == nil:
			here := frame{text: rest[:end], line: f.line, offset: f.offset}
			f.drop(end)
			f.element = true
			return here, nil
		case errors.Is(err, errCut) && len(rest) <= maxRecord && f.grow(len(rest)):
			continue
		case errors.Is(err, errCut) && f.err != nil:
			f.drop(len(rest))
			return frame{}, f.finish()
		case len(rest) > maxRecord && !f.eof:
			err = errors.New("a record larger than 64 MiB")
		}
		fault := f.fault(end, err.Error())
		f.resume(end)
		return frame{}, fault
	}
}

// separator passes over what stands between two values.
func (f *framer) separator() error {
	for {
		f.drop(skipSpace(f.rest(), 0))
		if len(f.rest()) == 0 {
			if f.fill() {
				continue
			}
			if f.inArray && f.err == nil {
				f.inArray = false
				return f.fault(0, "the array is cut off: its closing bracket is missing")
			}
			return f.finish()
		}
		c := f.rest()[0]
		switch {
		case f.framing != byArray:
			return nil
		case c == '[' && !f.inArray:
			f.inArray, f.element = true, false
		case c == ']' && f.inArray:
			f.inArray = false
		case c == ',' && f.inArray && f.element:
			f.element = false
		case f.inArray && f.element:
			fault := f.fault(0, errComma.Error())
			f.element = false
			return fault
		default:
			return nil
		}
		f.drop(1)
	}
}

// resume looks for the next record behind a fault: an object that follows a
// newline or another object without anything between.
func (f *framer) resume(at int) {
	f.element = false
	f.drop(min(max(at, 1), len(f.rest())))
	for {
		for rest, i := f.rest(), 1; i < len(rest); i++ {
			if rest[i] == '{' && (rest[i-1] == '\n' || rest[i-1] == '}') {
				f.drop(i)
				return
			}
		}
		if keep := min(1, len(f.rest())); len(f.rest()) > keep {
			f.drop(len(f.rest()) - keep)
		}
		if !f.fill() {
			f.drop(len(f.rest()))
			f.inArray = false // its end was lost with the fault
			return
		}
	}
}
