package event

import (
	"bytes"
	"errors"
	"fmt"
)

// A Picker makes events of single records whose places are known, such as from
// an index, and which its caller has read. It belongs to one goroutine.
type Picker struct {
	d      *decoder
	picked int
}

// Picker returns a Picker of the log's format and mapping.
func (l *Log) Picker() *Picker {
	p := &Picker{d: newDecoder(l.format, l.plan)}
	p.d.emit = func(*Event) bool { p.picked++; return true }
	p.d.fault = func(_ int, err error) error { return err }
	return p
}

// Event is the event whose record is text. File, line and offset are where the
// record stands; offset and length are those of an event of the same log. The
// event is valid until the next call, and while text is unchanged.
func (p *Picker) Event(file string, line, offset int64, text []byte) (*Event, error) {
	p.d.file, p.d.line, p.d.offset, p.picked = file, line, offset, 0
	n, err := p.d.decode(text)
	switch {
	case err == nil && n < len(text):
		err = errors.New("the record ends before its length")
	case err == nil && p.picked != 1:
		err = fmt.Errorf("the record holds %d events", p.picked)
	}
	if err != nil {
		return nil, &RecordError{
			File: file, Line: line + int64(bytes.Count(text[:min(n, len(text))], []byte{'\n'})), Offset: offset + int64(n), Message: err.Error(),
		}
	}
	return &p.d.event, nil
}

// IsCompressed reports whether a file that starts with head is unpacked when it
// is read, so that the offsets of its events are not those of its bytes.
func IsCompressed(head []byte) bool {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.bytes)) {
			return true
		}
	}
	return false
}
