// Package keyword is what two keywords of JSON Schema mean where the library that
// validates means something else: pattern is written in the dialect of ECMA-262,
// and formats are judged as their specifications say. Whoever validates with that
// library asks here, so that all give one verdict.
package keyword

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// JSON Schema writes its patterns in the dialect of ECMA-262 (with the "u"
// flag); Go's regexp package reads another one. This file brings the first to
// the second, so that `\s` means ECMA's white space and `.` stops at ECMA's line
// ends. Look-around and back references have no counterpart in Go.

const (
	// ecmaSpace is ECMA-262's WhiteSpace and LineTerminator (sections 12.2 and 12.3).
	ecmaSpace = `\t-\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`
	// ecmaNotSpace is its complement.
	ecmaNotSpace = `\x{0}-\x{8}\x{e}-\x{1f}!-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}`
	// ecmaDot is what "." matches.
	ecmaDot = `[^\n\r\x{2028}\x{2029}]`
)

// ErrBeyondGo marks a pattern that is right in ECMA-262 and that Go cannot run.
var ErrBeyondGo = errors.New("look-around and back references cannot be compiled")

// Compile is a pattern of ECMA-262 for Go, as text and compiled. The error is
// ErrBeyondGo, or says what is wrong with the pattern.
func Compile(source string) (text string, re *regexp.Regexp, err error) {
	if text, err = translate(source); err != nil {
		return "", nil, err
	}
	if re, err = regexp.Compile(text); err != nil {
		if _, without := regexp.Compile(withoutLookAround(text)); without == nil {
			err = ErrBeyondGo
		}
		return "", nil, err
	}
	return text, re, nil
}

// isRegex reports whether source is a regular expression of ECMA-262, whether or
// not Go can run it.
func isRegex(source string) bool {
	_, _, err := Compile(source)
	return err == nil || err == ErrBeyondGo
}

// translate rewrites an ECMA-262 pattern for Go. It fails on escapes that
// ECMA-262 does not have; what Go lacks is left for regexp.Compile to refuse.
func translate(source string) (string, error) {
	t := translator{rest: source}
	for t.rest != "" {
		if err := t.next(); err != nil {
			return "", err
		}
	}
	if t.inClass {
		return "", errors.New("missing closing ]")
	}
	return t.out.String(), nil
}

type translator struct {
	rest    string
	out     strings.Builder
	inClass bool
}

// next translates one element of the pattern.
func (t *translator) next() error {
	switch {
	case t.rest[0] == '\\':
		return t.escape()
	case t.inClass:
		t.classRune()
	case strings.HasPrefix(t.rest, "[^]"):
		t.replace(3, `[\x{0}-\x{10ffff}]`)
	case strings.HasPrefix(t.rest, "[]"):
		t.replace(2, `[^\x{0}-\x{10ffff}]`)
	case strings.HasPrefix(t.rest, "[^"):
		t.inClass = true
		t.replace(2, "[^")
	case t.rest[0] == '[':
		t.inClass = true
		t.replace(1, "[")
	case t.rest[0] == '.':
		t.replace(1, ecmaDot)
	default:
		_, size := utf8.DecodeRuneInString(t.rest)
		t.replace(size, t.rest[:size])
	}
	return nil
}

// classRune translates one character between brackets.
func (t *translator) classRune() {
	switch t.rest[0] {
	case ']':
		t.inClass = false
		t.replace(1, "]")
	case '[', '&', '~':
		t.replace(1, `\`+t.rest[:1])
	default:
		_, size := utf8.DecodeRuneInString(t.rest)
		t.replace(size, t.rest[:size])
	}
}

func (t *translator) replace(size int, text string) {
	t.rest = t.rest[size:]
	t.out.WriteString(text)
}

// escape translates what follows a backslash.
func (t *translator) escape() error {
	if len(t.rest) < 2 {
		return errors.New("trailing backslash")
	}
	switch c := t.rest[1]; {
	case c == 's' && t.inClass:
		t.replace(2, ecmaSpace)
	case c == 's':
		t.replace(2, "["+ecmaSpace+"]")
	case c == 'S' && t.inClass:
		t.replace(2, ecmaNotSpace)
	case c == 'S':
		t.replace(2, "["+ecmaNotSpace+"]")
	case c == 'b' && t.inClass:
		t.replace(2, `\x08`)
	case c == '0':
		t.replace(2, `\x00`)
	case c == 'c':
		return t.control()
	case c == 'u':
		return t.unicode()
	case c == 'x':
		if !hexDigits(t.rest[2:], 2) {
			return fmt.Errorf(`invalid escape %q`, t.rest[:2])
		}
		t.replace(4, t.rest[:4])
	case c == 'k', c >= '1' && c <= '9':
		t.replace(2, t.rest[:2])
	case strings.IndexByte("dDwWbBfnrtvpP", c) >= 0:
		t.replace(2, t.rest[:2])
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= utf8.RuneSelf:
		_, size := utf8.DecodeRuneInString(t.rest[1:])
		return fmt.Errorf(`ECMA-262 has no escape %q`, t.rest[:1+size])
	default:
		t.replace(2, t.rest[:2])
	}
	return nil
}

// control translates \cX.
func (t *translator) control() error {
	if len(t.rest) < 3 || !(t.rest[2]|0x20 >= 'a' && t.rest[2]|0x20 <= 'z') {
		return errors.New(`invalid control escape \c`)
	}
	t.replace(3, fmt.Sprintf(`\x{%x}`, t.rest[2]%32))
	return nil
}

// unicode translates \uHHHH, a pair of surrogates so written, and \u{H…}.
func (t *translator) unicode() error {
	if strings.HasPrefix(t.rest, `\u{`) {
		end := strings.IndexByte(t.rest, '}')
		if end < 4 || !hexDigits(t.rest[3:], end-3) {
			return errors.New(`invalid escape \u{`)
		}
		t.replace(end+1, `\x`+t.rest[2:end+1])
		return nil
	}
	if !hexDigits(t.rest[2:], 4) {
		return errors.New(`invalid escape \u`)
	}
	high, _ := strconv.ParseUint(t.rest[2:6], 16, 32)
	if high >= 0xd800 && high < 0xdc00 && strings.HasPrefix(t.rest[6:], `\u`) && hexDigits(t.rest[8:], 4) {
		if low, _ := strconv.ParseUint(t.rest[8:12], 16, 32); low >= 0xdc00 && low < 0xe000 {
			t.replace(12, fmt.Sprintf(`\x{%x}`, (high-0xd800)<<10+(low-0xdc00)+0x10000))
			return nil
		}
	}
	t.replace(6, fmt.Sprintf(`\x{%x}`, high))
	return nil
}

// hexDigits reports whether s starts with n hexadecimal digits.
func hexDigits(s string, n int) bool {
	if len(s) < n {
		return false
	}
	for i := range n {
		if strings.IndexByte("0123456789abcdefABCDEF", s[i]) < 0 {
			return false
		}
	}
	return true
}

// withoutLookAround replaces the constructs that Go lacks by ones of the same
// nesting, so that the rest of a pattern can be checked for its syntax.
func withoutLookAround(source string) string {
	for _, group := range []string{"(?=", "(?!", "(?<=", "(?<!"} {
		source = strings.ReplaceAll(source, group, "(?:")
	}
	var out strings.Builder
	for i := 0; i < len(source); i++ {
		if source[i] == '\\' && i+1 < len(source) {
			if c := source[i+1]; c >= '1' && c <= '9' {
				out.WriteString("(?:)")
			} else {
				out.WriteString(source[i : i+2])
			}
			i++
			continue
		}
		out.WriteByte(source[i])
	}
	return out.String()
}
