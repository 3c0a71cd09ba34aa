package index

import (
	"bytes"
	"encoding/base64"

	"github.com/nexus-blueprint/nexus/event"
)

// A Sizer measures the events of a log as TypeStats says. It belongs to one
// goroutine.
type Sizer struct {
	native  bool // the records of the log are CloudEvents
	scratch []byte
}

// NewSizer makes a Sizer for the events of the log.
func NewSizer(log *event.Log) *Sizer {
	return &Sizer{native: log.Mapping().Format == "cloudevents"}
}

// Size is the size of an event.
func (s *Sizer) Size(e *event.Event) int {
	if s.native {
		return compactSize(e.Record())
	}
	s.scratch = event.AppendNative(s.scratch[:0], e)
	return len(s.scratch) - 1
}

// Sizes are the size of an event and that of its data alone.
func (s *Sizer) Sizes(e *event.Event) (size, data int) {
	size = s.Size(e)
	if s.native && size == len(e.Record()) && isPart(e.Record(), e.Data) && !e.Base64 {
		return size, len(e.Data) // without white space, as all of the record
	}
	return size, dataSize(e)
}

// isPart reports whether value is a slice of text.
func isPart(text, value []byte) bool {
	at := cap(text) - cap(value)
	return len(value) > 0 && at >= 0 && at < len(text) && &text[at] == &value[0]
}

func dataSize(e *event.Event) int {
	if e.Base64 && len(e.Data) > 1 {
		encoded := bytes.TrimRight(e.Data[1:len(e.Data)-1], "=")
		return base64.RawStdEncoding.DecodedLen(len(encoded))
	}
	return compactSize(e.Data)
}

// compactSize is the length of checked JSON text without the white space
// between its values. Most records have none at all, not even in strings.
func compactSize(text []byte) int {
	if bytes.IndexByte(text, ' ') < 0 && bytes.IndexByte(text, '\n') < 0 &&
		bytes.IndexByte(text, '\t') < 0 && bytes.IndexByte(text, '\r') < 0 {
		return len(text)
	}
	size := 0
	for len(text) > 0 {
		if text[0] == '"' {
			end := stringEnd(text)
			size += end
			text = text[end:]
			continue
		}
		if c := text[0]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			size++
		}
		text = text[1:]
	}
	return size
}

// stringEnd is where the string at the start of text ends.
func stringEnd(text []byte) int {
	for i := 1; i < len(text); i++ {
		n := bytes.IndexByte(text[i:], '"')
		if n < 0 {
			break
		}
		i += n
		escapes := 0
		for text[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i + 1
		}
	}
	return len(text)
}
