package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// The functions of this file read and write JSON text that is known to be valid:
// events are checked by their reader.

var errRepeated = errors.New("a key occurs twice in one object")

// compareKeys orders keys as RFC 8785 does, by their UTF-16 code units: what
// needs a surrogate pair stands before U+E000 and what follows it.
func compareKeys[T string | []byte](a, b T) int {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		if x == y {
			continue
		}
		if x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0) {
			x, y = y, x
		}
		if x < y {
			return -1
		}
		return 1
	}
	return len(a) - len(b)
}

// appendCanonicalValue appends the canonical text of a tree.
func appendCanonicalValue(dst []byte, value any) ([]byte, error) {
	var err error
	switch v := value.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		if v {
			return append(dst, "true"...), nil
		}
		return append(dst, "false"...), nil
	case string:
		return appendString(dst, []byte(v)), nil
	case json.Number:
		return appendNumber(dst, []byte(v))
	case []any:
		dst = append(dst, '[')
		for i, element := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = appendCanonicalValue(dst, element); err != nil {
				return dst, err
			}
		}
		return append(dst, ']'), nil
	case map[string]any:
		dst = append(dst, '{')
		for i, key := range slices.SortedFunc(maps.Keys(v), compareKeys[string]) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, []byte(key)), ':')
			if dst, err = appendCanonicalValue(dst, v[key]); err != nil {
				return dst, err
			}
		}
		return append(dst, '}'), nil
	}
	return dst, fmt.Errorf("%T is no JSON value", value)
}

func appendNumber(dst, text []byte) ([]byte, error) {
	if isCanonicalNumber(text) {
		return append(dst, text...), nil
	}
	d, err := parseDecimal(text)
	if err != nil {
		return dst, err // without the number, which is somebody's
	}
	return d.append(dst), nil
}

// isCanonicalNumber recognises the numbers most logs hold: short ones that end
// in no zero behind a point.
func isCanonicalNumber(text []byte) bool {
	if len(text) > 18 || text[0] == '-' {
		return false
	}
	point := -1
	for i, c := range text {
		if c == '.' && point < 0 {
			point = i
		} else if c-'0' > 9 {
			return false
		}
	}
	return point < 0 || text[len(text)-1] != '0' && text[0] != '0'
}

// appendString appends text as a JSON string with the escapes of RFC 8785.
func appendString(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i, from := 0, 0; ; i++ {
		if i == len(text) {
			return append(append(dst, text[from:]...), '"')
		}
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
}

// A canonicalizer writes canonical text from JSON text. Its buffers are reused.
type canonicalizer struct {
	members []rawMember
	sorted  []byte
}

type rawMember struct {
	key      []byte // without quotes and escapes
	from, to int    // of `"key":value` in sorted's source
}

// append appends the canonical form of the value at the start of text and
// returns where the value ends.
func (c *canonicalizer) append(dst, text []byte) ([]byte, int, error) {
	switch text[0] {
	case '{':
		return c.object(dst, text)
	case '[':
		return c.array(dst, text)
	case '"':
		end, escaped := scanString(text)
		if !escaped {
			return append(dst, text[:end]...), end, nil
		}
		return appendString(dst, unquote(text[:end])), end, nil
	}
	end := scalarEnd(text)
	if text[0] == '-' || text[0]-'0' <= 9 {
		dst, err := appendNumber(dst, text[:end])
		return dst, end, err
	}
	return append(dst, text[:end]...), end, nil
}

// object writes the members as they come, and sorts them only when it must.
func (c *canonicalizer) object(dst, text []byte) ([]byte, int, error) {
	first, start, ordered := len(c.members), len(dst), true
	dst = append(dst, '{')
	i := space(text, 1)
	for text[i] != '}' {
		if text[i] == ',' {
			i = space(text, i+1)
		}
		size, escaped := scanString(text[i:])
		quoted := text[i : i+size]
		m := rawMember{key: quoted[1 : size-1]}
		if escaped {
			m.key = unquote(quoted)
			quoted = appendString(nil, m.key)
		}
		if n := len(c.members); n > first {
			ordered = ordered && compareKeys(c.members[n-1].key, m.key) < 0
			dst = append(dst, ',')
		}
		m.from = len(dst)
		dst = append(append(dst, quoted...), ':')
		i = space(text, space(text, i+size)+1)
		slot := len(c.members)
		c.members = append(c.members, m)
		var n int
		var err error
		if dst, n, err = c.append(dst, text[i:]); err != nil {
			return dst, 0, err
		}
		c.members[slot].to = len(dst)
		i = space(text, i+n)
	}
	var err error
	if !ordered {
		dst, err = c.sort(dst, start, c.members[first:])
	}
	c.members = c.members[:first]
	return append(dst, '}'), i + 1, err
}

// sort puts the members written from start on into order.
func (c *canonicalizer) sort(dst []byte, start int, members []rawMember) ([]byte, error) {
	for i := 1; i < len(members) && len(members) <= 12; i++ { // few: faster than the general way
		for n := i; n > 0 && compareKeys(members[n].key, members[n-1].key) < 0; n-- {
			members[n], members[n-1] = members[n-1], members[n]
		}
	}
	if len(members) > 12 {
		slices.SortFunc(members, func(a, b rawMember) int { return compareKeys(a.key, b.key) })
	}
	c.sorted = append(c.sorted[:0], '{')
	for i, m := range members {
		if i > 0 {
			if bytes.Equal(m.key, members[i-1].key) {
				return dst, errRepeated
			}
			c.sorted = append(c.sorted, ',')
		}
		c.sorted = append(c.sorted, dst[m.from:m.to]...)
	}
	return append(dst[:start], c.sorted...), nil
}

func (c *canonicalizer) array(dst, text []byte) ([]byte, int, error) {
	dst = append(dst, '[')
	i := space(text, 1)
	for text[i] != ']' {
		if text[i] == ',' {
			dst = append(dst, ',')
			i = space(text, i+1)
		}
		var n int
		var err error
		if dst, n, err = c.append(dst, text[i:]); err != nil {
			return dst, 0, err
		}
		i = space(text, i+n)
	}
	return append(dst, ']'), i + 1, nil
}

// space is where the space that may start at i ends.
func space(text []byte, i int) int {
	for i < len(text) && text[i] <= ' ' {
		i++
	}
	return i
}

// scanString is where the string at the start of text ends, and whether there
// is a backslash in it.
func scanString(text []byte) (end int, escaped bool) {
	for i := 1; ; i++ {
		switch text[i] {
		case '"':
			return i + 1, escaped
		case '\\':
			escaped = true
			i++
		}
	}
}

// scalarEnd is where the number or literal at the start of text ends.
func scalarEnd(text []byte) int {
	for i, c := range text {
		if c == ',' || c == '}' || c == ']' || c <= ' ' {
			return i
		}
	}
	return len(text)
}

// unquote is what a JSON string says.
func unquote(raw []byte) []byte {
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return bytes.ToValidUTF8(inner, []byte(string(utf8.RuneError)))
	}
	return []byte(s)
}

// decode is the tree of a JSON text. Numbers keep their text.
func decode(text []byte) (any, error) {
	value, _, err := decodeAt(text, space(text, 0))
	return value, err
}

func decodeAt(text []byte, i int) (any, int, error) {
	switch text[i] {
	case '{':
		return decodeObject(text, i)
	case '[':
		return decodeArray(text, i)
	case '"':
		size, _ := scanString(text[i:])
		return string(unquote(text[i : i+size])), i + size, nil
	}
	end := i + scalarEnd(text[i:])
	switch text[i] {
	case 't':
		return true, end, nil
	case 'f':
		return false, end, nil
	case 'n':
		return nil, end, nil
	}
	return json.Number(text[i:end]), end, nil
}

func decodeObject(text []byte, i int) (any, int, error) {
	object := map[string]any{}
	for i = space(text, i+1); text[i] != '}'; {
		if text[i] == ',' {
			i = space(text, i+1)
		}
		size, _ := scanString(text[i:])
		key := string(unquote(text[i : i+size]))
		value, next, err := decodeAt(text, space(text, space(text, i+size)+1))
		if err != nil {
			return nil, next, err
		}
		if _, repeated := object[key]; repeated {
			return nil, i, fmt.Errorf("%w: %q", errRepeated, key)
		}
		object[key] = value
		i = space(text, next)
	}
	return object, i + 1, nil
}

func decodeArray(text []byte, i int) (any, int, error) {
	list := []any{}
	for i = space(text, i+1); text[i] != ']'; {
		if text[i] == ',' {
			i = space(text, i+1)
		}
		value, next, err := decodeAt(text, i)
		if err != nil {
			return nil, next, err
		}
		list = append(list, value)
		i = space(text, next)
	}
	return list, i + 1, nil
}
