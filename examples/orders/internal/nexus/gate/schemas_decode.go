package gate

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The bounds of what Decode reads. Nothing that an event says needs more, and a
// hostile text stays within them.
const (
	MaxDocumentSize  = 4 << 20 // bytes
	MaxDocumentDepth = 128     // objects and arrays inside each other
	maxNumberLength  = 256     // characters of a number
	maxExponent      = 400     // beyond that of every binary64; more digits would be computed with than fit in memory
)

// DecodeError says where a text is not the JSON that Decode takes.
type DecodeError struct {
	Line, Column int // 1-based, in code points
	Message      string
}

func (e *DecodeError) Error() string {
	return fmt.Sprintf("decoding JSON: line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// Decode reads one JSON value: objects as map[string]any, arrays as []any, numbers
// as json.Number with every digit. It refuses what readers of JSON disagree on: a
// key that is there twice, text that is no UTF-8, half of a surrogate pair, and
// whatever follows the value. The error is a *DecodeError, which quotes nothing of
// the text but keys.
func Decode(text []byte) (any, error) {
	d := &decoder{text: string(text)}
	value, err := d.document()
	if err != nil {
		return nil, err
	}
	return value, nil
}

type decoder struct {
	text  string
	at    int // offset of the next byte
	depth int
}

func (d *decoder) document() (any, *DecodeError) {
	if len(d.text) > MaxDocumentSize {
		return nil, d.fail(0, "the text has %d bytes, and %d are allowed", len(d.text), MaxDocumentSize)
	}
	if !utf8.ValidString(d.text) {
		return nil, d.fail(invalidByte(d.text), "the text is not UTF-8 here")
	}
	d.space()
	value, err := d.value()
	if err != nil {
		return nil, err
	}
	if d.space(); d.at < len(d.text) {
		return nil, d.fail(d.at, "one value was expected, and more follows")
	}
	return value, nil
}

func invalidByte(text string) int {
	for at, r := range text {
		if _, size := utf8.DecodeRuneInString(text[at:]); r == utf8.RuneError && size == 1 {
			return at
		}
	}
	return len(text)
}

func (d *decoder) fail(at int, format string, args ...any) *DecodeError {
	before := d.text[:at]
	start := strings.LastIndexByte(before, '\n') + 1
	return &DecodeError{
		Line:    strings.Count(before, "\n") + 1,
		Column:  utf8.RuneCountInString(before[start:]) + 1,
		Message: fmt.Sprintf(format, args...),
	}
}

func (d *decoder) expected(what string) *DecodeError {
	if d.at >= len(d.text) {
		return d.fail(len(d.text), "%s was expected, and the text ends", what)
	}
	return d.fail(d.at, "%s was expected", what)
}

func (d *decoder) space() {
	for d.at < len(d.text) {
		switch d.text[d.at] {
		case ' ', '\n', '\t', '\r':
			d.at++
		default:
			return
		}
	}
}

// peek is the next byte, 0 at the end: no value begins with a NUL.
func (d *decoder) peek() byte {
	if d.at < len(d.text) {
		return d.text[d.at]
	}
	return 0
}

func (d *decoder) value() (any, *DecodeError) {
	switch c := d.peek(); {
	case c == '"':
		return d.string()
	case c == '{':
		return d.nested(d.object)
	case c == '[':
		return d.nested(d.array)
	case c == '-' || isDigit(c):
		return d.number()
	case d.word("true"):
		return true, nil
	case d.word("false"):
		return false, nil
	case d.word("null"):
		return nil, nil
	}
	return nil, d.expected("a value")
}

// word steps over a literal if it is there. What follows is judged by whoever
// reads on: no letter can.
func (d *decoder) word(word string) bool {
	found := strings.HasPrefix(d.text[d.at:], word)
	if found {
		d.at += len(word)
	}
	return found
}

func (d *decoder) nested(read func() (any, *DecodeError)) (any, *DecodeError) {
	if d.depth++; d.depth > MaxDocumentDepth {
		return nil, d.fail(d.at, "objects and arrays are nested deeper than %d", MaxDocumentDepth)
	}
	d.at++
	d.space()
	value, err := read()
	d.depth--
	return value, err
}

func (d *decoder) object() (any, *DecodeError) {
	members := map[string]any{}
	for more := d.peek() != '}'; more; {
		start := d.at
		if d.peek() != '"' {
			return nil, d.expected("a key in double quotes")
		}
		key, err := d.string()
		if err != nil {
			return nil, err
		}
		if _, twice := members[key]; twice {
			return nil, d.fail(start, "the key %.100q is there twice", key)
		}
		if d.space(); d.peek() != ':' {
			return nil, d.expected("a colon after the key")
		}
		d.at++
		d.space()
		if members[key], err = d.value(); err != nil {
			return nil, err
		}
		if more, err = d.comma('}'); err != nil {
			return nil, err
		}
	}
	d.at++
	return members, nil
}

func (d *decoder) array() (any, *DecodeError) {
	elements := []any{}
	for more := d.peek() != ']'; more; {
		value, err := d.value()
		if err != nil {
			return nil, err
		}
		elements = append(elements, value)
		if more, err = d.comma(']'); err != nil {
			return nil, err
		}
	}
	d.at++
	return elements, nil
}

// comma reads the comma between two items. It stops before the closing bracket.
func (d *decoder) comma(closing byte) (more bool, err *DecodeError) {
	d.space()
	switch d.peek() {
	case closing:
		return false, nil
	case ',':
		comma := d.at
		d.at++
		if d.space(); d.peek() == closing {
			return false, d.fail(comma, "a comma stands before the closing %c", closing)
		}
		return true, nil
	}
	return false, d.expected(fmt.Sprintf("a comma or %c", closing))
}

func (d *decoder) number() (any, *DecodeError) {
	start := d.at
	if d.peek() == '-' {
		d.at++
	}
	leading := d.at
	whole := d.digits()
	fraction, exponent, magnitude := 1, 1, 0
	if d.peek() == '.' {
		d.at++
		fraction = d.digits()
	}
	if c := d.peek(); c == 'e' || c == 'E' {
		d.at++
		if c := d.peek(); c == '+' || c == '-' {
			d.at++
		}
		from := d.at
		exponent = d.digits()
		var err error
		if magnitude, err = strconv.Atoi(d.text[from:d.at]); err != nil {
			magnitude = maxExponent + 1
		}
	}
	switch {
	case whole == 0 || fraction == 0 || exponent == 0 || whole > 1 && d.text[leading] == '0':
		return nil, d.fail(start, "the number is not as JSON writes one")
	case d.at-start > maxNumberLength || magnitude > maxExponent:
		return nil, d.fail(start, "the number has more than %d characters, or an exponent beyond %d", maxNumberLength, maxExponent)
	}
	return json.Number(d.text[start:d.at]), nil
}

// digits steps over digits and counts them.
func (d *decoder) digits() (count int) {
	start := d.at
	for isDigit(d.peek()) {
		d.at++
	}
	return d.at - start
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// string reads a string. The common one has no escape and is a part of the text.
func (d *decoder) string() (string, *DecodeError) {
	start := d.at
	var unescaped []byte
	for i := start + 1; i < len(d.text); {
		switch c := d.text[i]; {
		case c == '"' && unescaped == nil:
			d.at = i + 1
			return d.text[start+1 : i], nil
		case c == '"':
			d.at = i + 1
			return string(unescaped), nil
		case c < ' ':
			return "", d.fail(i, "a string holds the control character U+%04X, which has to be escaped", c)
		case c == '\\':
			if unescaped == nil {
				unescaped = append(make([]byte, 0, 2*(i-start)+16), d.text[start+1:i]...)
			}
			r, size := escaped(d.text[i:])
			if size == 0 {
				return "", d.fail(i, "the escape is none of JSON's, or half of a surrogate pair")
			}
			unescaped = utf8.AppendRune(unescaped, r)
			i += size
		default:
			if unescaped != nil {
				unescaped = append(unescaped, c)
			}
			i++
		}
	}
	return "", d.fail(start, "the string has no end")
}

// escapes are the escapes of one letter.
var escapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped reads the escape that a text begins with: what it stands for and how
// long it is, 0 when it is none.
func escaped(text string) (r rune, size int) {
	if len(text) < 2 {
		return 0, 0
	}
	if r, ok := escapes[text[1]]; ok {
		return r, 2
	}
	high, ok := hex4(text)
	switch {
	case !ok:
		return 0, 0
	case !utf16.IsSurrogate(high):
		return high, 6
	}
	if low, ok := hex4(text[6:]); ok {
		if r := utf16.DecodeRune(high, low); r != utf8.RuneError {
			return r, 12
		}
	}
	return 0, 0
}

// hex4 reads the \uXXXX that a text begins with.
func hex4(text string) (rune, bool) {
	if len(text) < 6 || text[:2] != `\u` {
		return 0, false
	}
	r, err := strconv.ParseUint(text[2:6], 16, 16)
	return rune(r), err == nil
}
