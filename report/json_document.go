package report

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"strings"
)

// document writes one JSON object as encoding/json would indent it, member by
// member and element by element. The first error ends it; end tells.
type document struct {
	out   *bufio.Writer
	empty bool // nothing is written yet
	err   error

	// What encodes one value, and the indent of its further lines.
	value  bytes.Buffer
	indent string
	encode *json.Encoder
}

func newDocument(w io.Writer) *document {
	d := &document{out: bufio.NewWriterSize(w, 1<<16), empty: true}
	d.encode = json.NewEncoder(&d.value)
	d.encode.SetEscapeHTML(false)
	return d
}

// end closes the object.
func (d *document) end() error {
	d.write("\n}\n")
	if d.err == nil {
		d.err = d.out.Flush()
	}
	return d.err
}

func (d *document) write(text string) {
	if d.err == nil {
		_, d.err = d.out.WriteString(text)
	}
}

// text is v as JSON whose lines after the first start with indent. It is good
// until the next call.
func (d *document) text(v any, indent string) []byte {
	if d.indent != indent {
		d.indent = indent
		d.encode.SetIndent(indent, "  ")
	}
	d.value.Reset()
	if err := d.encode.Encode(v); err != nil && d.err == nil {
		d.err = err
	}
	return bytes.TrimSuffix(d.value.Bytes(), []byte("\n"))
}

func (d *document) key(name string) {
	if d.empty {
		d.write("{")
		d.empty = false
	} else {
		d.write(",")
	}
	d.write("\n  \"" + name + "\": ")
}

func (d *document) member(name string, v any) {
	d.key(name)
	d.write(string(d.text(v, "  ")))
}

// members writes a list, each element after fill replaced what it leaves nil.
func members[T any](d *document, name string, list []T, fill func(*T)) {
	d.key(name)
	d.list(len(list), func(i int) []byte {
		element := list[i]
		if fill != nil {
			fill(&element)
		}
		return d.text(element, "    ")
	})
}

// series writes an object whose one member is a list.
func (d *document) series(name string, s Series) {
	d.key(name)
	d.write("{\n    \"" + s.Name + "\": [")
	none := true
	for element, err := range s.Elements {
		if d.err = cmp.Or(d.err, err); d.err != nil {
			return
		}
		if !none {
			d.write(",")
		}
		none = false
		d.write("\n      ")
		if text := d.text(element, "      "); d.err == nil {
			_, d.err = d.out.Write(text)
		}
	}
	if !none {
		d.write("\n    ")
	}
	d.write("]\n  }")
}

// list writes n elements.
func (d *document) list(n int, text func(i int) []byte) {
	d.write("[")
	for i := range n {
		if i > 0 {
			d.write(",")
		}
		d.write("\n    ")
		if element := text(i); d.err == nil {
			_, d.err = d.out.Write(element)
		}
	}
	if n > 0 {
		d.write("\n  ")
	}
	d.write("]")
}

// checks writes the checks. They are by far the longest list, they follow each
// other with the same place, and encoding/json would take longer over them than
// everything else takes together: only what a check does not share with the one
// before it is encoded.
func (d *document) checks(checks []Check) {
	d.key("checks")
	var text, place []byte
	d.list(len(checks), func(i int) []byte {
		c := &checks[i]
		if i == 0 || c.Location != checks[i-1].Location {
			place = slices.Clone(d.text(c.Location, "      "))
		}
		text = append(text[:0], "{\n      \"subject\": "...)
		text = d.appendText(text, c.Subject)
		text = append(text, ",\n      \"rule\": "...)
		text = d.appendText(text, c.Rule)
		text = append(text, ",\n      \"result\": "...)
		text = d.appendText(text, string(c.Result))
		text = append(text, ",\n      \"location\": "...)
		text = append(text, place...)
		return append(text, "\n    }"...)
	})
}

// appendText appends s as a JSON string.
func (d *document) appendText(to []byte, s string) []byte {
	if strings.ContainsFunc(s, escaped) {
		return append(to, d.text(s, "")...)
	}
	to = append(to, '"')
	to = append(to, s...)
	return append(to, '"')
}

// escaped reports whether a JSON string may hold r in another form only.
func escaped(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }
