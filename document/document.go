// Package document reads JSON and YAML text into a tree of plain values and
// knows where in the text each value stands.
//
// The tree keeps what the author wrote: numbers stay text (json.Number), so
// that 1.10, 1e400 and a 30-digit integer survive; a key that occurs twice is
// an error and never a silent choice. Positions are computed by a second scan
// when somebody asks for one, because most documents are read, found sound and
// never pointed at.
//
//	d, err := document.Parse("order.json", text)
//	place, ok := d.Range("/properties/total/type") // for a finding
//	edit, ok := d.Replace("/properties/total/type", "number")
//	fixed := d.Apply(edit)
//
// # What is refused
//
// Beyond what the two languages refuse themselves: duplicate keys, invalid
// UTF-8, lone surrogates, text larger than MaxSize and nesting deeper than
// MaxDepth. YAML is read as far as it means JSON: string keys, one document,
// no tags but the standard scalar ones, no infinities, and aliases that stay
// under a fixed number of values when expanded. A byte order mark is passed over.
package document

import (
	"path"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// The bounds of what Parse reads. Schemas and configuration stay far below
// them; they keep a hostile file from exhausting memory or the stack.
const (
	MaxSize  = 16 << 20 // bytes
	MaxDepth = 512      // objects and arrays inside each other
)

const byteOrderMark = "\ufeff"

// Document is a parsed text. It is immutable and safe for concurrent use.
type Document struct {
	name  string
	mark  string // the byte order mark, or empty
	body  string // the text without it
	yaml  bool
	value any

	once  sync.Once
	root  *node // positions, after once
	lines []int // offsets in body at which lines start, after once

	markOnce sync.Once
	marks    []int // code points before each stride of body, after markOnce
}

// Parse reads JSON, or YAML when name ends in .yaml or .yml. The error is
// always an *Error.
func Parse(name string, text []byte) (*Document, error) { return parse(name, text, false) }

// ParseLocated is Parse for a text of which positions will be asked: YAML is
// then read once, and not a second time for them.
func ParseLocated(name string, text []byte) (*Document, error) { return parse(name, text, true) }

func parse(name string, text []byte, located bool) (*Document, error) {
	if len(text) > MaxSize {
		return nil, &Error{
			File: name, Line: 1, Column: 1, Code: CodeTooLarge,
			Message: "file is larger than 16 MiB",
			Hint:    "split the document, or move examples out of it",
		}
	}
	d := &Document{name: name, body: string(text), yaml: isYAML(name)}
	if rest, ok := strings.CutPrefix(d.body, byteOrderMark); ok {
		d.mark, d.body = byteOrderMark, rest
	}
	if err := d.parse(located); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *Document) parse(located bool) error {
	if err := checkEncoding(d.name, d.body); err != nil {
		return err
	}
	var err *Error
	if d.yaml {
		var root *yaml.Node
		d.value, root, err = parseYAML(d.name, d.body)
		if err == nil && located {
			d.once.Do(func() { d.root, d.lines = locateYAML(d.body, root), lineStarts(d.body) })
		}
	} else {
		d.value, err = parseJSON(d.name, d.body, nil)
	}
	if err != nil {
		return err
	}
	return nil
}

func isYAML(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".yaml", ".yml":
		return true
	}
	return false
}

// checkEncoding refuses what is not UTF-8. A UTF-16 file is named as such,
// because some Windows tools still write it.
func checkEncoding(name, body string) *Error {
	if utf8.ValidString(body) {
		return nil
	}
	at := 0
	for at < len(body) {
		r, size := utf8.DecodeRuneInString(body[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	err := fail(name, body, at, CodeEncoding, "invalid UTF-8")
	err.Hint = "save the file as UTF-8"
	if strings.HasPrefix(body, "\xff\xfe") || strings.HasPrefix(body, "\xfe\xff") {
		err.Message = "file is UTF-16, not UTF-8"
	}
	return err
}

// Name is the name that was given to Parse.
func (d *Document) Name() string { return d.name }

// Text is a copy of the whole text, byte order mark included.
func (d *Document) Text() []byte { return []byte(d.mark + d.body) }

// Value is the tree: nil, bool, string, json.Number with the number's exact
// text, []any or map[string]any. It must not be changed.
func (d *Document) Value() any { return d.value }
