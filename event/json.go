package event

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/bits"
	"unicode/utf8"

	"github.com/nexus-blueprint/nexus/document"
)

// The functions of this file walk JSON text byte by byte and accept exactly the
// grammar of RFC 8259 in valid UTF-8. Each takes the text and where to start,
// and returns where what it walked ends, or where the fault is.

// What can be wrong with a record's text.
var (
	errCut       = errors.New("the record is cut off")
	errValue     = errors.New("a JSON value was expected")
	errObject    = errors.New("a JSON object was expected")
	errKey       = errors.New("a key in quotes was expected")
	errColon     = errors.New("a colon was expected")
	errComma     = errors.New("a comma or the end of the object or array was expected")
	errNumber    = errors.New("not a JSON number")
	errLineEnd   = errors.New("the line ends inside a string")
	errControl   = errors.New("a control character inside a string")
	errEscape    = errors.New("not a JSON escape")
	errEncoding  = errors.New("invalid UTF-8")
	errDepth     = errors.New("objects and arrays are nested too deep")
	errDuplicate = errors.New("a key occurs twice")
)

// skipSpace is where the space that may start at i ends.
func skipSpace(text []byte, i int) int {
	if i < len(text) && text[i] > ' ' {
		return i
	}
	return skipSpaces(text, i)
}

func skipSpaces(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t') {
		i++
	}
	return i
}

// skipValue walks the value that starts at i.
func skipValue(text []byte, i, depth int) (int, error) {
	if i >= len(text) {
		return i, errCut
	}
	switch c := text[i]; {
	case c == '"':
		end, _, err := skipString(text, i)
		return end, err
	case c == '{':
		return skipObject(text, i, depth+1)
	case c == '[':
		return skipArray(text, i, depth+1)
	case c == '-' || isDigit(c):
		return skipNumber(text, i)
	}
	return skipLiteral(text, i)
}

func skipObject(text []byte, i, depth int) (int, error) {
	if depth > document.MaxDepth {
		return i, errDepth
	}
	i = skipSpace(text, i+1)
	if i < len(text) && text[i] == '}' {
		return i + 1, nil
	}
	for {
		_, end, err := skipKey(text, i)
		if err != nil {
			return end, err
		}
		if end < len(text) && text[end] == '"' {
			i, _, err = skipString(text, end)
		} else {
			i, err = skipValue(text, end, depth)
		}
		if err != nil {
			return i, err
		}
		i = skipSpace(text, i)
		switch {
		case i >= len(text):
			return i, errCut
		case text[i] == '}':
			return i + 1, nil
		case text[i] != ',':
			return i, errComma
		}
		i = skipSpace(text, i+1)
	}
}

// skipKey walks a key and its colon to the value. The key is raw, with its quotes.
func skipKey(text []byte, i int) (key []byte, value int, err error) {
	if i >= len(text) {
		return nil, i, errCut
	}
	if text[i] != '"' {
		return nil, i, errKey
	}
	end, _, err := skipString(text, i)
	if err != nil {
		return nil, end, err
	}
	key = text[i:end]
	if end = skipSpace(text, end); end >= len(text) {
		return nil, end, errCut
	}
	if text[end] != ':' {
		return nil, end, errColon
	}
	return key, skipSpace(text, end+1), nil
}

func skipArray(text []byte, i, depth int) (int, error) {
	if depth > document.MaxDepth {
		return i, errDepth
	}
	i = skipSpace(text, i+1)
	if i < len(text) && text[i] == ']' {
		return i + 1, nil
	}
	for {
		end, err := skipValue(text, i, depth)
		if err != nil {
			return end, err
		}
		i = skipSpace(text, end)
		switch {
		case i >= len(text):
			return i, errCut
		case text[i] == ']':
			return i + 1, nil
		case text[i] != ',':
			return i, errComma
		}
		i = skipSpace(text, i+1)
	}
}

// skipString walks the string whose opening quote is at i.
func skipString(text []byte, i int) (end int, escaped bool, err error) {
	start := i + 1
	if i = nextSpecial(text, start); i < len(text) && text[i] == '"' {
		return i + 1, false, nil
	}
	return skipOddString(text, start, i)
}

// skipOddString walks on from i in a string that is not plain ASCII to its end.
func skipOddString(text []byte, start, i int) (end int, escaped bool, err error) {
	ascii := true
	for ; ; i = nextSpecial(text, i) {
		if i >= len(text) {
			return i, escaped, errCut
		}
		switch c := text[i]; {
		case c == '"':
			if !ascii && !utf8.Valid(text[start:i]) {
				return start, escaped, errEncoding
			}
			return i + 1, escaped, nil
		case c == '\\':
			escaped = true
			if i, err = skipEscape(text, i); err != nil {
				return i, escaped, err
			}
		case c == '\n':
			return i, escaped, errLineEnd
		case c < ' ':
			return i, escaped, errControl
		default:
			ascii = false
			for i < len(text) && text[i] >= utf8.RuneSelf {
				i++
			}
		}
	}
}

// nextSpecial finds the next byte from i on that is a quote, a backslash, a
// control character or not ASCII; eight bytes a step.
func nextSpecial(text []byte, i int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(text); i += 8 {
		w := binary.LittleEndian.Uint64(text[i:])
		quote, slash := w^(ones*'"'), w^(ones*'\\')
		// Bytes that are not ASCII are marked by w; in ASCII a subtraction sets
		// the high bit of a byte only when it borrows, at the first hit or above.
		if hits := ((quote - ones) | (slash - ones) | (w - ones*' ') | w) & highs; hits != 0 {
			return i + bits.TrailingZeros64(hits)/8
		}
	}
	for ; i < len(text); i++ {
		if c := text[i]; c == '"' || c == '\\' || c < ' ' || c >= utf8.RuneSelf {
			return i
		}
	}
	return i
}

func skipEscape(text []byte, i int) (int, error) {
	if i+1 >= len(text) {
		return len(text), errCut
	}
	switch text[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2, nil
	case 'u':
		for j := i + 2; j < i+6; j++ {
			if j >= len(text) {
				return j, errCut
			}
			if !isHex(text[j]) {
				return i, errEscape
			}
		}
		return i + 6, nil
	}
	return i, errEscape
}

func skipNumber(text []byte, i int) (int, error) {
	if text[i] == '-' {
		i++
	}
	start := i
	i = skipDigits(text, i)
	if i == start || text[start] == '0' && i > start+1 {
		return i, numberFault(text, i)
	}
	if i < len(text) && text[i] == '.' {
		start = i + 1
		if i = skipDigits(text, start); i == start {
			return i, numberFault(text, i)
		}
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		start = i
		if i = skipDigits(text, start); i == start {
			return i, numberFault(text, i)
		}
	}
	return i, nil
}

// numberFault tells a number that ends with the text from a wrong one.
func numberFault(text []byte, i int) error {
	if i >= len(text) {
		return errCut
	}
	return errNumber
}

func skipDigits(text []byte, i int) int {
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	return i
}

func skipLiteral(text []byte, i int) (int, error) {
	for _, literal := range []string{"true", "false", "null"} {
		if text[i] != literal[0] {
			continue
		}
		rest := text[i:]
		if len(rest) >= len(literal) && string(rest[:len(literal)]) == literal {
			return i + len(literal), nil
		}
		if len(rest) < len(literal) && bytes.HasPrefix([]byte(literal), rest) {
			return len(text), errCut
		}
	}
	return i, errValue
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
