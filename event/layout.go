package event

import "encoding/binary"

// A layouts tree remembers the shapes of whole records: the texts between
// scalar values, from the opening brace to the closing one, data included.
//
// A record that was read once by its grammar shows one road from the root: a
// text, a scalar, a text, a scalar. When the bytes of another record equal the
// texts of a road and every scalar between them is checked by itself, it has the
// same grammar and the same keys at the same places, so that nothing else needs
// to be parsed. A hit compares every byte that is not inside a checked scalar; a
// miss is read by the skimmer and learnt.
//
// Attributes that hardly vary, such as the source, are part of the texts: what
// the event has by them is known with its layout.
type layouts struct {
	root   shape
	learnt int                      // records, those that were too much included
	marks  [maxMarks]mark           // of the record that was matched last
	values [attributeTotal][]string // of the attributes that hardly vary
	varies [attributeTotal]bool     // those that were found to vary
}

// The bounds of what is learnt: logs of endless shapes cost time, not memory.
const (
	maxMarks    = 96
	maxLearnt   = 4096
	maxChildren = 16
	maxValues   = 8 // of an attribute that hardly varies
)

// A mark is where a scalar stands in its record.
type mark struct{ start, end int }

// A shape is one step on a road: a text and the scalar behind it.
type shape struct {
	text     string
	probe    probe
	attr     attribute
	children []*shape // the one that matched last is first
	layout   *layout  // set where the record ends, behind text
}

// A layout is a road to its end: all records of one shape.
type layout struct {
	data, metadata extent // of objects and arrays; a scalar is given when it is passed
	lines          bool   // there is a newline in its records

	// What the attributes that hardly vary give the event.
	source, schemaVersion string
	dataVersion           string // that the data schema's URI ends with
	hasSpecVersion        bool
}

// specVersion stands for the specversion of a layout's records: only whether
// there is one matters.
var specVersion = []byte("1.0")

// An extent is the place of a value relative to the scalars of its record.
// Between two scalars the bytes are the same in every record of a layout.
type extent struct {
	known                bool
	from, to             int // scalars
	fromDelta, toDelta   int
	fromIsEnd, toIsStart bool
}

// read sets the event's attributes when the record at the start of text has a
// known layout. It is false, with nothing promised about the event, when not.
func (s *layouts) read(d *decoder, l *late, text []byte) (end int, found *layout, err error) {
	node, i := &s.root, 0
	for n := 0; ; n++ {
		next := node.match(text, i)
		if next == nil {
			return 0, nil, nil
		}
		i += len(next.text)
		if next.layout != nil {
			next.layout.give(d, l, text, s.marks[:n])
			return i, next.layout, nil
		}
		start, escaped := i, false
		switch c := text[i]; {
		case c == '"':
			if i = nextSpecial(text, i+1); i < len(text) && text[i] == '"' {
				i++
			} else {
				i, escaped, err = skipOddString(text, start+1, i)
			}
		case c <= '9':
			i, err = skipNumber(text, i)
		default:
			i, err = skipLiteral(text, i)
		}
		if err != nil {
			return 0, nil, nil // the skimmer says what is wrong, and where
		}
		s.marks[n] = mark{start, i}
		d.event.escaped = d.event.escaped || escaped
		switch {
		case next.attr == attrOther:
		case escaped || text[start] != '"':
			err = d.give(l, next.attr, text[start:i], escaped)
		default:
			err = d.giveText(l, next.attr, text[start:i])
		}
		if err != nil {
			return start, nil, err
		}
		node = next
	}
}

// giveText gives the event an attribute whose raw text is a string without escapes.
func (d *decoder) giveText(l *late, a attribute, raw []byte) error {
	text := raw[1 : len(raw)-1]
	switch a {
	case attrID:
		d.event.ID = text
	case attrStream:
		d.event.Stream = text
	case attrCorrelation:
		d.event.CorrelationID = text
	case attrCausation:
		d.event.CausationID = text
	case attrType:
		d.event.Type = d.interned.intern(text)
	case attrSequence:
		return d.event.setSequence(text)
	case attrTime:
		return d.setTime(a, text)
	default:
		return d.give(l, a, raw, false)
	}
	return nil
}

// match is the child whose text stands at i with a scalar or the record's end
// behind it.
func (p *shape) match(text []byte, i int) *shape {
	for n, c := range p.children {
		if !c.probe.stands(text, i) && !c.stands(text, i) {
			continue
		}
		end := i + len(c.text)
		if c.layout == nil && (end == len(text) || !startsScalar[text[end]]) {
			continue
		}
		if n > 0 {
			p.children[n], p.children[0] = p.children[0], c
		}
		return c
	}
	return nil
}

func (p *shape) stands(text []byte, i int) bool {
	end := i + len(p.text)
	return p.probe.words == 0 && end <= len(text) && string(text[i:end]) == p.text
}

// A probe compares a text of 8 to 24 bytes by words that may overlap.
type probe struct {
	words       int // 0: the text is shorter or longer
	first, last uint64
	middle      uint64
	at          int // of last
}

func probeOf(text string) probe {
	word := func(at int) uint64 { return binary.LittleEndian.Uint64([]byte(text[at : at+8])) }
	switch n := len(text); {
	case n < 8 || n > 24:
		return probe{}
	case n <= 16:
		return probe{words: 2, first: word(0), last: word(n - 8), at: n - 8}
	default:
		return probe{words: 3, first: word(0), middle: word(8), last: word(n - 8), at: n - 8}
	}
}

func (p *probe) stands(text []byte, i int) bool {
	if p.words == 0 || i+p.at+8 > len(text) {
		return false
	}
	return binary.LittleEndian.Uint64(text[i:]) == p.first &&
		binary.LittleEndian.Uint64(text[i+p.at:]) == p.last &&
		(p.words == 2 || binary.LittleEndian.Uint64(text[i+8:]) == p.middle)
}

// startsScalar marks the first bytes of strings, numbers and literals.
var startsScalar = func() (set [256]bool) {
	for _, c := range []byte(`"-0123456789tfn`) {
		set[c] = true
	}
	return set
}()

// give sets what the layout knows of the event.
func (l *layout) give(d *decoder, given *late, text []byte, marks []mark) {
	if l.data.known {
		d.event.Data = l.data.of(text, marks)
	}
	if l.metadata.known {
		d.event.Metadata = l.metadata.of(text, marks)
	}
	if l.hasSpecVersion {
		given.specVersion = specVersion
	}
	if l.source != "" {
		d.event.Source = l.source
	}
	if l.schemaVersion != "" {
		d.event.SchemaVersion = l.schemaVersion
	}
	if d.event.SchemaVersion == "" {
		d.event.SchemaVersion = l.dataVersion
	}
	d.event.layout, d.event.marks = l, marks
}

// extentOf is the place of value, a slice of text that is an object or an array.
// Values that were made while reading, such as unpacked ones, have none.
func extentOf(value, text []byte, marks []mark) extent {
	if len(value) == 0 || value[0] != '{' && value[0] != '[' || !isPart(text, value) {
		return extent{}
	}
	return measured(within(text, value), len(value), marks)
}

// isPart reports whether value is a slice of text.
func isPart(text, value []byte) bool {
	at := within(text, value)
	return at >= 0 && at < len(text) && &text[at] == &value[0]
}

// measured is the extent of the size bytes at start.
func measured(start, size int, marks []mark) extent {
	x := extent{known: len(marks) > 0}
	if !x.known {
		return x
	}
	end := start + size
	x.from, x.fromIsEnd = len(marks)-1, true
	x.fromDelta = start - marks[x.from].end
	for n := len(marks) - 1; n >= 0 && marks[n].start >= start; n-- {
		x.from, x.fromIsEnd, x.fromDelta = n, false, start-marks[n].start
	}
	x.to, x.toIsStart = 0, true
	x.toDelta = end - marks[0].start
	for n := 0; n < len(marks) && marks[n].end <= end; n++ {
		x.to, x.toIsStart, x.toDelta = n, false, end-marks[n].end
	}
	return x
}

// of is the value in a record of the layout.
func (x extent) of(text []byte, marks []mark) []byte {
	from, to := marks[x.from].start, marks[x.to].end
	if x.fromIsEnd {
		from = marks[x.from].end
	}
	if x.toIsStart {
		to = marks[x.to].start
	}
	return text[from+x.fromDelta : to+x.toDelta]
}
