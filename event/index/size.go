package index

import (
	"bytes"
	"encoding/base64"

	"github.com/nexus-blueprint/nexus/event"
)

// A sizer measures events as TypeStats says.
type sizer struct {
	native  bool // the records of the log are CloudEvents
	scratch []byte
}

func (s *sizer) size(e *event.Event) int {
	if s.native {
		return compactSize(e.Record())
	}
	s.scratch = event.AppendNative(s.scratch[:0], e)
	return len(s.scratch) - 1
}

// dataSize is the size of an event's data alone.
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
