package event

import (
	"bytes"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
)

// A skimmer reads CloudEvents in JSON. It walks every byte of a record once.
//
// Lines of one log are nearly alike, so it remembers the texts between values,
// such as `,"subject":`, and which of them followed which: comparing a few bytes
// replaces parsing a key. A text that was parsed once means the same at the same
// place in any record, so that a hit is as safe as parsing; a miss parses.
type skimmer struct {
	gaps []gap
	keys []string // the number of a key in gaps is its place here
}

// A gap is the text from one value to the next: comma, key, colon and space.
type gap struct {
	text  []byte
	attr  attribute
	bit   uint64 // of its key, to see a key that occurs twice
	next  int    // the gap that last followed it
	other int    // the one that did before: lines often alternate
}

// maxGaps is the number of gaps kept, and of keys, one bit each. The first gap
// stands for the start of a record and is never compared.
const maxGaps = 64

var nativeNames = map[string]attribute{
	"id": attrID, "type": attrType, "source": attrSource, "subject": attrStream,
	"sequence": attrSequence, "time": attrTime, "recordedtime": attrRecorded,
	"correlationid": attrCorrelation, "causationid": attrCausation,
	"schemaversion": attrSchemaVersion, "data": attrData, "metadata": attrMetadata,
	"specversion": attrSpecVersion, "partitionkey": attrPartitionKey,
	"dataschema": attrDataSchema, "data_base64": attrDataBase64,
}

// nativeConsumed are the names whose values AppendNative writes by itself.
var nativeConsumed = []string{
	"specversion", "id", "source", "type", "subject", "time", "recordedtime", "sequence",
	"correlationid", "causationid", "schemaversion", "data", "metadata", "data_base64",
}

var (
	errSpecVersion = errors.New("not a CloudEvent: it has no specversion")
	errType        = errors.New("not a CloudEvent: it has no type")
	errBase64      = errors.New("data_base64 is not base64")
)

// native reads one CloudEvent from the start of text.
func (d *decoder) native(text []byte) (end int, err error) {
	var late late
	var known *layout
	if !d.unknown {
		d.event = Event{consumed: nativeConsumed}
		if end, known, err = d.layouts.read(d, &late, text); err != nil {
			return end, err
		}
	}
	d.unknown = false
	if known == nil {
		d.event = Event{consumed: nativeConsumed}
		if end, late, err = d.skim.walk(d, text); err != nil {
			return end, err
		}
		d.layouts.learn(&d.event, &late, text[:end])
	}
	return d.complete(&late, text, end)
}

// nativeLine reads the line at the start of text when it is one CloudEvent of a
// known layout: such a record tells where it ends, so that nobody has to look for
// the newline first. It is 0 for any other line, and for what is wrong with one.
func (d *decoder) nativeLine(text []byte) (int, error) {
	d.event = Event{consumed: nativeConsumed}
	var late late
	end, known, err := d.layouts.read(d, &late, text)
	switch {
	case err != nil || known != nil && (known.lines || end == len(text) || text[end] != '\n' || end >= maxRecord):
		return 0, nil
	case known == nil: // a cut line may still be known
		d.unknown = len(text) > 0 && text[0] == '{' && bytes.IndexByte(text, '\n') >= 0
		return 0, nil
	}
	if _, err = d.complete(&late, text, end); err != nil && !errors.Is(err, errStopped) {
		return 0, nil
	}
	return end + 1, err
}

// complete emits the event of the record that ends at end.
func (d *decoder) complete(late *late, text []byte, end int) (int, error) {
	e := &d.event
	switch {
	case late.specVersion == nil:
		return 0, errSpecVersion
	case e.Type == "":
		return 0, errType
	}
	if e.Stream == nil {
		e.Stream = late.partitionKey
	}
	if e.SchemaVersion == "" && late.dataSchema != nil {
		e.SchemaVersion = d.interned.intern(versionOf(late.dataSchema))
	}
	if e.Data == nil && late.base64 != nil {
		if err := d.setBase64(late.base64); err != nil {
			return 0, err
		}
		e.layout = nil // it tells nothing about what was packed
	}
	e.attributes = text[:end]
	return end, d.send(0, text[:end])
}

// late are the values that matter only when the whole record is known.
type late struct {
	specVersion, partitionKey, dataSchema, base64 []byte
}

// walk sets the event's attributes from the object at the start of text and
// returns where it ends.
func (s *skimmer) walk(d *decoder, text []byte) (int, late, error) {
	var l late
	if len(text) == 0 || text[0] != '{' {
		return 0, l, errObject
	}
	if s.gaps == nil {
		s.gaps = append(make([]gap, 0, maxGaps), gap{})
	}
	i, previous, overflow := 0, 0, false
	var seen uint64
	for {
		value, found, err := s.next(text, i, previous)
		switch {
		case err != nil:
			return value, l, err
		case found < 0: // the object ended
			if overflow && isRepetitive(text[:value]) {
				return 0, l, errDuplicate
			}
			return value, l, nil
		}
		g := &s.gaps[found]
		if seen&g.bit != 0 {
			return value, l, errDuplicate
		}
		seen |= g.bit
		overflow = overflow || g.bit == 0
		if i, err = d.take(&l, g.attr, text, value); err != nil {
			return i, l, err
		}
		if i < len(text) && text[i] == '}' && !overflow {
			return i + 1, l, nil
		}
		previous = found
	}
}

// take walks the value at i and gives it to the event.
func (d *decoder) take(l *late, a attribute, text []byte, i int) (end int, err error) {
	escaped := false
	if i < len(text) && text[i] == '"' {
		end, escaped, err = skipString(text, i)
	} else {
		end, err = skipValue(text, i, 1)
	}
	if err != nil || a == attrOther {
		return end, err
	}
	if err = d.give(l, a, text[i:end], escaped); err != nil {
		return i, err
	}
	return end, nil
}

// give hands the event the value of one of its attributes.
func (d *decoder) give(l *late, a attribute, raw []byte, escaped bool) error {
	if a < attributeCount {
		return d.set(a, raw, escaped)
	}
	return l.set(d, a, raw, escaped)
}

func (l *late) set(d *decoder, a attribute, raw []byte, escaped bool) error {
	if raw[0] == 'n' {
		return nil
	}
	text, err := d.say(a, raw, escaped)
	switch a {
	case attrSpecVersion:
		l.specVersion = text
	case attrPartitionKey:
		l.partitionKey = text
	case attrDataSchema:
		l.dataSchema = text
	case attrDataBase64:
		l.base64 = text
	}
	return err
}

// next is the gap at i and where the value behind it starts.
func (s *skimmer) next(text []byte, i, previous int) (value, found int, err error) {
	if previous > 0 || i == 0 { // behind a gap without a number anything may follow
		if found = s.predict(text[i:], previous); found > 0 {
			return skipSpace(text, i+len(s.gaps[found].text)), found, nil
		}
	}
	return s.parse(text, i, previous)
}

// predict is the gap at the start of text if it is one of the two that followed
// the previous one before, else 0.
func (s *skimmer) predict(text []byte, previous int) int {
	p := &s.gaps[previous]
	switch {
	case p.next == 0:
		return 0
	case bytes.HasPrefix(text, s.gaps[p.next].text):
		return p.next
	case p.other > 0 && bytes.HasPrefix(text, s.gaps[p.other].text):
		p.next, p.other = p.other, p.next
		return p.next
	}
	return 0
}

// parse reads the gap at i: the brace or comma, the key and the colon. It
// returns where the value starts and the gap's number, -1 at the end of the
// object. A gap without a number gets one while there is room; those that have
// none share gap 0, whose bit is 0.
func (s *skimmer) parse(text []byte, from, previous int) (value, found int, err error) {
	i := skipSpace(text, from)
	switch {
	case i >= len(text):
		return i, 0, errCut
	case from == 0 || text[i] == ',':
		i = skipSpace(text, i+1)
		if from == 0 && i < len(text) && text[i] == '}' {
			return i + 1, -1, nil
		}
	case text[i] == '}':
		return i + 1, -1, nil
	default:
		return i, 0, errComma
	}
	key, value, err := skipKey(text, i)
	if err != nil {
		return value, 0, err
	}
	found = s.number(text[from:value], key)
	if found > 0 && (previous > 0 || from == 0) {
		s.gaps[previous].next, s.gaps[previous].other = found, s.gaps[previous].next
	}
	return value, found, nil
}

// number finds or makes the gap of a text whose key, in quotes, is given.
func (s *skimmer) number(text, quoted []byte) int {
	for n := range s.gaps {
		if n > 0 && bytes.Equal(s.gaps[n].text, text) {
			return n
		}
	}
	key := string(unquote(quoted))
	if len(s.gaps) == maxGaps || len(text) > 128 {
		s.gaps[0].attr = nativeNames[key]
		return 0
	}
	bit := slices.Index(s.keys, key)
	if bit < 0 {
		bit = len(s.keys)
		s.keys = append(s.keys, key)
	}
	s.gaps = append(s.gaps, gap{text: bytes.Clone(text), attr: nativeNames[key], bit: 1 << bit})
	return len(s.gaps) - 1
}

// isRepetitive reports whether a key of the checked object occurs twice.
func isRepetitive(text []byte) bool {
	_, _, err := appendMembers(nil, text, 0)
	return errors.Is(err, errDuplicate)
}

// versionOf is the last part of a schema's URI when it looks like a version.
func versionOf(uri []byte) []byte {
	last := uri[bytes.LastIndexByte(uri, '/')+1:]
	if digits := strings.TrimPrefix(string(last), "v"); digits != "" && isDigit(digits[0]) {
		return last
	}
	return nil
}

// setBase64 sets the data from binary content: JSON when it is JSON.
func (d *decoder) setBase64(encoded []byte) error {
	content := make([]byte, base64.StdEncoding.DecodedLen(len(encoded)))
	n, err := base64.StdEncoding.Decode(content, encoded)
	if err != nil {
		return errBase64
	}
	if content = content[:n]; isValid(content) {
		d.event.Data = bytes.TrimSpace(content)
		return nil
	}
	d.event.Data, d.event.Base64 = appendQuoted(nil, encoded), true
	return nil
}
