package event

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"unicode/utf8"
)

// errStopped says that the reader's caller wants no more events.
var errStopped = errors.New("stopped")

// A decoder makes events of records. It belongs to one goroutine.
type decoder struct {
	format   *format
	mapping  compiled
	row      func(at int, row []byte) error // what a row of a record becomes
	emit     func(*Event) bool              // false: no more is wanted
	fault    func(at int, err error) error  // one row of a record could not be read
	text     []byte                         // of the frame
	event    Event
	skim     skimmer
	layouts  layouts
	unknown  bool // the next record is known to have no known layout
	clock    clock
	interned interner
	scratch  []byte   // texts made while decoding; reused by the next record
	keep     bool     // scratch is not reused: events outlive their round
	members  []member // of the record
	columns  []member // of the row
	nested   []member // of the objects in data

	buffer       []byte // of the framer, from file to file
	file         string
	line, offset int64 // of the record
	length       int   // of the element that the row stands in, or of the record

	tombstones *atomic.Int64 // that were passed over; nil: nobody counts
}

// compiled is a mapping ready for use.
type compiled struct {
	native     bool // the skimmer reads the records, the paths are not needed
	paths      [attributeCount]path
	placed     [attributeCount]bool
	attributes path     // to the object that Event.Get looks into
	consumed   []string // its members that the mapping uses
	scope      scope    // of the streams
}

func newDecoder(f *format, mapping compiled) *decoder {
	d := &decoder{format: f, mapping: mapping}
	d.row = d.mapRow
	return d
}

// decode reads the value at the start of text and emits its events. It returns
// where the value ends, or with an error where the fault is.
func (d *decoder) decode(text []byte) (int, error) {
	if d.text = text; !d.keep {
		d.scratch = d.scratch[:0]
	}
	if d.mapping.native {
		return d.native(text)
	}
	if d.format.tombstones && bytes.HasPrefix(text, []byte("null")) {
		if d.tombstones != nil {
			d.tombstones.Add(1)
		}
		return len("null"), nil
	}
	var end int
	var err error
	if d.members, end, err = appendMembers(d.members[:0], text, 0); err != nil {
		return end, err
	}
	d.length = end
	if err := d.format.rows(d, text[:end], d.members); err != nil {
		return 0, err
	}
	return end, nil
}

// send emits the event that was read from the record at an offset of the text.
func (d *decoder) send(at int, record []byte) error {
	d.event.File, d.event.Line, d.event.Offset = d.file, d.line, d.offset+int64(at)
	if at > 0 {
		d.event.Line += int64(bytes.Count(d.text[:at], []byte{'\n'}))
	}
	d.event.Length, d.event.record, d.event.format = d.length, record, d.format
	if d.mapping.native {
		d.event.Length = len(record)
	}
	if !d.emit(&d.event) {
		return errStopped
	}
	return nil
}

// set gives the event an attribute from the JSON text of its value. The text is
// checked already; escaped says that it is a string with a backslash in it.
func (d *decoder) set(a attribute, raw []byte, escaped bool) error {
	e := &d.event
	if raw[0] == 'n' {
		return nil // null: as if it were not there
	}
	switch a {
	case attrOther:
		return nil
	case attrData:
		e.Data = raw
		return d.checkKeys(raw)
	case attrMetadata:
		e.Metadata = embedded(raw)
		return nil
	}
	text, err := d.say(a, raw, escaped)
	if err != nil {
		return err
	}
	switch a {
	case attrID:
		e.ID = text
	case attrType:
		e.Type = d.interned.intern(text)
	case attrSource:
		e.Source = d.interned.intern(text)
	case attrStream:
		e.Stream = text
	case attrSequence:
		if raw[0] != '"' {
			text = wholeNumber(text)
		}
		return e.setSequence(text)
	case attrTime:
		return d.setTime(a, text)
	case attrRecorded:
		return d.setTime(a, text)
	case attrCorrelation:
		e.CorrelationID = text
	case attrCausation:
		e.CausationID = text
	case attrSchemaVersion:
		if bytes.IndexByte(text, '/') >= 0 {
			text = versionOf(text)
		}
		e.SchemaVersion = d.interned.intern(text)
	}
	return nil
}

// checkKeys refuses data in which an object has a key twice: which of the two
// counts, nobody can know. Members of the record itself are checked as it is read.
func (d *decoder) checkKeys(value []byte) error {
	switch value[0] {
	case '{':
		first := len(d.nested)
		defer func() { d.nested = d.nested[:first] }()
		var err error
		if d.nested, _, err = appendMembers(d.nested, value, 0); err != nil {
			return err
		}
		for n := first; n < len(d.nested); n++ {
			if err := d.checkKeys(d.nested[n].value); err != nil {
				return err
			}
		}
	case '[':
		for _, element := range elements(value) {
			if err := d.checkKeys(element); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *decoder) setTime(a attribute, text []byte) error {
	t, ok := d.clock.parse(text)
	if !ok {
		return fmt.Errorf("%s is no time: it is neither RFC 3339 nor seconds, ms, us or ns since 1970", a)
	}
	if a == attrTime {
		d.event.Time = t
	} else {
		d.event.Recorded = t
	}
	return nil
}

// say is what a string says, or a number or truth value as it is written.
func (d *decoder) say(a attribute, raw []byte, escaped bool) ([]byte, error) {
	switch {
	case raw[0] == '{':
		return nil, fmt.Errorf("%s is an object, not a text", a)
	case raw[0] == '[':
		return nil, fmt.Errorf("%s is an array, not a text", a)
	case raw[0] != '"':
		return raw, nil
	case !escaped:
		return raw[1 : len(raw)-1], nil
	}
	start := len(d.scratch)
	d.scratch = appendUnescaped(d.scratch, raw[1:len(raw)-1])
	return d.scratch[start:len(d.scratch):len(d.scratch)], nil
}

// errSequence: without a sequence the event would take another place in its
// stream, so that one which cannot be read must not pass for none.
var errSequence = fmt.Errorf("%s is no count: it must be a whole number in digits, from 0 to %d; if it stands elsewhere, say where with --map sequence=PATH", attrSequence, int64(math.MaxInt64))

func (e *Event) setSequence(text []byte) error {
	e.Sequence, e.HasSequence = parseSequence(text)
	if !e.HasSequence {
		return errSequence
	}
	return nil
}

// wholeNumber is a JSON number without a fraction of zeros, as stores write the
// whole numbers of a floating-point column.
func wholeNumber(number []byte) []byte {
	whole, fraction, _ := bytes.Cut(number, []byte("."))
	if len(bytes.Trim(fraction, "0")) > 0 {
		return number
	}
	return whole
}

// parseSequence reads a count in decimal digits, zero-padded or not.
func parseSequence(text []byte) (int64, bool) {
	for len(text) > 1 && text[0] == '0' {
		text = text[1:]
	}
	if len(text) == 0 || len(text) > 19 || skipDigits(text, 0) != len(text) {
		return 0, false
	}
	var n uint64
	for _, c := range text {
		n = n*10 + uint64(c-'0')
	}
	return int64(n), n <= 1<<63-1
}

// mapRow emits the event of a row, or its fault.
func (d *decoder) mapRow(at int, row []byte) error {
	err := d.mapped(at, row)
	if err == nil || errors.Is(err, errStopped) {
		return err
	}
	return d.fault(at, err)
}

func (d *decoder) mapped(at int, row []byte) error {
	var err error
	if d.columns, _, err = appendMembers(d.columns[:0], row, 0); err != nil {
		return err
	}
	d.event = Event{consumed: d.mapping.consumed}
	for a := attrID; a < attributeCount; a++ {
		if !d.mapping.placed[a] {
			continue
		}
		value := d.mapping.paths[a].in(row, d.columns)
		if value == nil {
			continue
		}
		if a == attrData {
			value = embedded(value)
		}
		if err := d.set(a, value, bytes.IndexByte(value, '\\') >= 0); err != nil {
			return err
		}
	}
	if d.event.Type == "" {
		return fmt.Errorf("no type at %s", d.mapping.paths[attrType])
	}
	if err := d.widen(row); err != nil {
		return err
	}
	attributes := embedded(d.mapping.attributes.in(row, d.columns))
	if encoded := lookup(attributes, "data_base64"); d.event.Data == nil && len(encoded) > 0 && encoded[0] == '"' {
		if err := d.setBase64(unquote(encoded)); err != nil {
			return err
		}
	}
	d.event.attributes = attributes
	d.event.flat = slices.Equal(d.mapping.paths[attrData], d.mapping.attributes)
	return d.send(at, row)
}

// appendDecoded appends the JSON text that base64 text stands for. Content that
// is no JSON becomes a string; content that is no text stays base64.
func appendDecoded(dst, encoded []byte) ([]byte, error) {
	content := make([]byte, base64.StdEncoding.DecodedLen(len(encoded)))
	n, err := base64.StdEncoding.Decode(content, encoded)
	if err != nil {
		return dst, errors.New("the data is not base64")
	}
	content = content[:n]
	switch {
	case isValid(content):
		return append(dst, bytes.TrimSpace(content)...), nil
	case utf8.Valid(content):
		return appendQuoted(dst, content), nil
	}
	return appendQuoted(dst, encoded), nil
}
