package document

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// parser reads JSON in one pass. Strings without escapes are substrings of the
// source, so that a document costs one copy of its text and its containers.
// The same code computes positions: where a node is handed down, it is filled.
type parser struct {
	file  string
	src   string
	at    int // offset of the next byte
	depth int
}

// parseJSON reads a whole text. When root is not nil it receives the positions.
func parseJSON(file, src string, root *node) (any, *Error) {
	p := &parser{file: file, src: src}
	p.space()
	if p.at == len(src) {
		err := p.fail(p.at, CodeEmpty, "file is empty: expected a JSON value")
		err.Hint = "an empty schema is {}"
		return nil, err
	}
	value, err := p.value(root)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at < len(src) {
		return nil, p.unexpected("the end of the file after the JSON value")
	}
	return value, nil
}

func (p *parser) fail(at int, code, format string, args ...any) *Error {
	return fail(p.file, p.src, at, code, fmt.Sprintf(format, args...))
}

func (p *parser) space() {
	for p.at < len(p.src) {
		switch p.src[p.at] {
		case ' ', '\n', '\t', '\r':
			p.at++
		default:
			return
		}
	}
}

// peek is the next byte, 0 at the end. A NUL in the text is never expected
// either, and unexpected tells the two apart.
func (p *parser) peek() byte {
	if p.at < len(p.src) {
		return p.src[p.at]
	}
	return 0
}

// value reads the value at p.at; the space before it was read.
func (p *parser) value(n *node) (value any, err *Error) {
	start := p.at
	switch c := p.peek(); {
	case c == '"':
		value, err = p.string()
	case c == '{':
		value, err = p.object(n)
	case c == '[':
		value, err = p.array(n)
	case c == '-' || '0' <= c && c <= '9':
		value, err = p.number()
	case strings.HasPrefix(p.src[p.at:], "true"):
		value, err = true, p.word("true")
	case strings.HasPrefix(p.src[p.at:], "false"):
		value, err = false, p.word("false")
	case strings.HasPrefix(p.src[p.at:], "null"):
		err = p.word("null")
	default:
		return nil, p.unexpected("a value")
	}
	if n != nil {
		n.start, n.end = start, p.at
	}
	return value, err
}

// word steps over a literal that is there. It refuses trueish and the like,
// which would else be reported as a missing comma.
func (p *parser) word(word string) *Error {
	p.at += len(word)
	if isWordByte(p.peek()) {
		p.at -= len(word)
		return p.unexpected("a value")
	}
	return nil
}

func (p *parser) enter() *Error {
	p.depth++
	if p.depth > MaxDepth {
		err := p.fail(p.at, CodeTooDeep, "nesting is deeper than %d levels", MaxDepth)
		err.Hint = deepHint
		return err
	}
	return nil
}

func (p *parser) object(n *node) (any, *Error) {
	start := p.at
	if err := p.enter(); err != nil {
		return nil, err
	}
	if n != nil {
		n.kind = object
	}
	p.at++
	p.space()
	members := map[string]any{}
	for p.peek() != '}' || len(members) > 0 {
		keyStart := p.at
		if p.peek() != '"' {
			return nil, p.missingKey(len(members) > 0)
		}
		key, err := p.string()
		if err != nil {
			return nil, err
		}
		if _, twice := members[key]; twice {
			return nil, p.duplicate(key, start, keyStart, n)
		}
		p.space()
		if p.peek() != ':' {
			return nil, p.unexpected("':' after the key " + strconv.Quote(key))
		}
		p.at++
		p.space()
		value, err := p.value(n.add(key, keyStart))
		if err != nil {
			return nil, err
		}
		members[key] = value
		if more, err := p.separator('}', "the object"); err != nil {
			return nil, err
		} else if !more {
			break
		}
	}
	p.at++
	p.depth--
	return members, nil
}

// duplicate names both places of a key. The first one is not remembered while
// parsing; the object is read again, this time with positions.
func (p *parser) duplicate(key string, start, again int, n *node) *Error {
	if n == nil {
		second := &parser{file: p.file, src: p.src, at: start, depth: p.depth - 1}
		_, err := second.object(&node{})
		return err
	}
	first := positionIn(p.src, n.child(key).keyStart)
	err := p.fail(again, CodeDuplicateKey, "duplicate key %q: it is already at line %d, column %d", key, first.Line, first.Column)
	err.Hint = "keep one of the two; parsers differ in which one they take"
	return err
}

func (p *parser) array(n *node) (any, *Error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	if n != nil {
		n.kind = array
	}
	p.at++
	p.space()
	elements := []any{}
	for p.peek() != ']' || len(elements) > 0 {
		value, err := p.value(n.add("", p.at))
		if err != nil {
			return nil, err
		}
		elements = append(elements, value)
		if more, err := p.separator(']', "the array"); err != nil {
			return nil, err
		} else if !more {
			break
		}
	}
	p.at++
	p.depth--
	return elements, nil
}

// separator reads the comma between two items and the space around it. It
// stops before the closing bracket.
func (p *parser) separator(closing byte, container string) (more bool, err *Error) {
	p.space()
	switch p.peek() {
	case closing:
		return false, nil
	case ',':
		comma := p.at
		p.at++
		p.space()
		if p.peek() == closing {
			err := p.fail(comma, CodeSyntax, "trailing comma: expected another item, found '%c'", closing)
			err.Hint = "remove the comma"
			return false, err
		}
		return true, nil
	}
	return false, p.unexpected(fmt.Sprintf("',' or '%c' in %s", closing, container))
}

func (p *parser) missingKey(more bool) *Error {
	if more {
		return p.unexpected("a key in double quotes")
	}
	return p.unexpected("a key in double quotes or '}'")
}

// number reads a number by the JSON grammar and keeps its text.
func (p *parser) number() (any, *Error) {
	end := numberEnd(p.src, p.at)
	if end < 0 || end < len(p.src) && isNumberByte(p.src[end]) {
		stop := p.at
		for stop < len(p.src) && isNumberByte(p.src[stop]) {
			stop++
		}
		err := p.fail(p.at, CodeSyntax, "invalid number %s", clip(p.src[p.at:stop]))
		err.Hint = "a JSON number has no leading zero or plus sign, and digits on both sides of its point"
		return nil, err
	}
	text := p.src[p.at:end]
	p.at = end
	return json.Number(text), nil
}

// numberEnd is the offset behind the longest JSON number at an offset, -1 when
// there is none.
func numberEnd(src string, at int) int {
	digits := func() bool {
		start := at
		for at < len(src) && '0' <= src[at] && src[at] <= '9' {
			at++
		}
		return at > start
	}
	if at < len(src) && src[at] == '-' {
		at++
	}
	if at < len(src) && src[at] == '0' {
		at++
	} else if !digits() {
		return -1
	}
	if at < len(src) && src[at] == '.' {
		at++
		if !digits() {
			return -1
		}
	}
	if at < len(src) && (src[at] == 'e' || src[at] == 'E') {
		at++
		if at < len(src) && (src[at] == '+' || src[at] == '-') {
			at++
		}
		if !digits() {
			return -1
		}
	}
	return at
}

func isNumberByte(c byte) bool {
	return c == '+' || c == '-' || c == '.' || isWordByte(c)
}

func isWordByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}

// string reads a string. The common one has no escape and is not copied.
func (p *parser) string() (string, *Error) {
	start := p.at
	for i := start + 1; i < len(p.src); i++ {
		switch c := p.src[i]; {
		case c == '"':
			p.at = i + 1
			return p.src[start+1 : i], nil
		case c == '\\':
			return p.escaped(start, i)
		case c < ' ':
			return "", p.control(i)
		}
	}
	return "", p.unclosed(start)
}

// escaped reads the string that starts at start, from its first backslash on.
func (p *parser) escaped(start, i int) (string, *Error) {
	var b strings.Builder
	b.WriteString(p.src[start+1 : i])
	for i < len(p.src) {
		switch c := p.src[i]; {
		case c == '"':
			p.at = i + 1
			return b.String(), nil
		case c < ' ':
			return "", p.control(i)
		case c != '\\':
			b.WriteByte(c)
			i++
		default:
			r, size, err := p.escape(i)
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
			i += size
		}
	}
	return "", p.unclosed(start)
}

// escape reads one escape sequence: the character it stands for and its length.
func (p *parser) escape(at int) (r rune, size int, err *Error) {
	if at+1 == len(p.src) {
		return 0, 0, p.fail(at, CodeSyntax, "expected an escape sequence, found the end of the file")
	}
	switch c := p.src[at+1]; c {
	case '"', '\\', '/':
		return rune(c), 2, nil
	case 'b':
		return '\b', 2, nil
	case 'f':
		return '\f', 2, nil
	case 'n':
		return '\n', 2, nil
	case 'r':
		return '\r', 2, nil
	case 't':
		return '\t', 2, nil
	case 'u':
		return p.unicodeEscape(at)
	}
	next, _ := utf8.DecodeRuneInString(p.src[at+1:])
	err = p.fail(at, CodeSyntax, "invalid escape sequence \\%c in a string", next)
	err.Hint = `write a backslash as \\`
	return 0, 0, err
}

func (p *parser) unicodeEscape(at int) (rune, int, *Error) {
	high, ok := hex4(p.src, at)
	if !ok {
		return 0, 0, p.fail(at, CodeSyntax, "expected four hexadecimal digits after \\u, found %s", clip(p.src[at+2:min(at+6, len(p.src))]))
	}
	if !utf16.IsSurrogate(high) {
		return high, 6, nil
	}
	if low, ok := hex4(p.src, at+6); ok {
		if r := utf16.DecodeRune(high, low); r != utf8.RuneError {
			return r, 12, nil
		}
	}
	err := p.fail(at, CodeEncoding, "lone surrogate %s in a string", p.src[at:at+6])
	err.Hint = "it is half of a character; write the pair, or the character itself"
	return 0, 0, err
}

// hex4 reads \uXXXX at an offset.
func hex4(src string, at int) (rune, bool) {
	if at+6 > len(src) || src[at] != '\\' || src[at+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range []byte(src[at+2 : at+6]) {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

func (p *parser) control(at int) *Error {
	err := p.fail(at, CodeSyntax, "control character U+%04X in a string", p.src[at])
	err.Hint = `escape it, for example \n for a new line`
	if p.src[at] == '\n' || p.src[at] == '\r' {
		err.Message = "expected '\"' at the end of the string, found the end of the line"
	}
	return err
}

func (p *parser) unclosed(start int) *Error {
	return p.fail(start, CodeSyntax, "expected '\"' at the end of the string, found the end of the file")
}

// unexpected says what was expected and what stands at p.at instead, with a
// hint for the mistakes that people make.
func (p *parser) unexpected(expected string) *Error {
	found := "the end of the file"
	hint := ""
	if rest := p.src[p.at:]; rest != "" {
		found, hint = describe(rest)
	}
	err := p.fail(p.at, CodeSyntax, "expected %s, found %s", expected, found)
	err.Hint = hint
	return err
}

// describe names what a text starts with.
func describe(rest string) (found, hint string) {
	word := rest
	if i := strings.IndexFunc(rest, func(r rune) bool { return r > 127 || !isWordByte(byte(r)) }); i >= 0 {
		word = rest[:i]
	}
	switch {
	case strings.HasPrefix(rest, "//"), strings.HasPrefix(rest, "/*"), rest[0] == '#':
		return "a comment", "JSON has no comments; use a $comment or description member"
	case rest[0] == '\'':
		return "a single quote", "JSON strings take double quotes"
	case strings.HasPrefix(rest, "<<<<<<<"), strings.HasPrefix(rest, "======="), strings.HasPrefix(rest, ">>>>>>>"):
		return "a conflict marker", "resolve the merge conflict first"
	case word == "NaN" || word == "Infinity" || word == "undefined" || word == "None":
		return word, "JSON has no such value; null is the nearest"
	case word == "True" || word == "False":
		return word, "JSON writes true and false in lower case"
	case word != "":
		return clip(word), ""
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return fmt.Sprintf("%q", r), ""
}

// clip quotes a piece of input, cut to a length that fits a line.
func clip(text string) string {
	const most = 40
	if text == "" {
		return "the end of the file"
	}
	if utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:most]) + "…"
	}
	return strconv.Quote(text)
}
