package event

import (
	"bytes"
	"iter"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/nexus-blueprint/nexus/document"
)

// A member is one key of an object, unquoted, and the JSON text of its value.
type member struct {
	key, value []byte
}

// crowded is the number of members from which duplicates are found by a map.
const crowded = 64

// appendMembers appends the members of the object that starts at i, all of it
// checked, and returns where the object ends. A key that occurs twice is an error.
func appendMembers(list []member, text []byte, i int) ([]member, int, error) {
	if i >= len(text) {
		return list, i, errCut
	}
	if text[i] != '{' {
		return list, i, errObject
	}
	first := len(list)
	i = skipSpace(text, i+1)
	if i < len(text) && text[i] == '}' {
		return list, i + 1, nil
	}
	for {
		key, start, err := skipKey(text, i)
		if err != nil {
			return list, start, err
		}
		end, err := skipValue(text, start, 1)
		if err != nil {
			return list, end, err
		}
		list = append(list, member{key: unquote(key), value: text[start:end]})
		if len(list)-first <= crowded && find(list[first:len(list)-1], list[len(list)-1].key) != nil {
			return list, i, errDuplicate
		}
		i = skipSpace(text, end)
		switch {
		case i >= len(text):
			return list, i, errCut
		case text[i] == '}':
			if len(list)-first > crowded && hasDuplicate(list[first:]) {
				return list, i, errDuplicate
			}
			return list, i + 1, nil
		case text[i] != ',':
			return list, i, errComma
		}
		i = skipSpace(text, i+1)
	}
}

func hasDuplicate(list []member) bool {
	seen := make(map[string]bool, len(list))
	for _, m := range list {
		if seen[string(m.key)] {
			return true
		}
		seen[string(m.key)] = true
	}
	return false
}

// find is the value of a key, nil when there is none.
func find[K string | []byte](list []member, key K) []byte {
	for _, m := range list {
		if string(m.key) == string(key) {
			return m.value
		}
	}
	return nil
}

// pairs are the quoted keys and the values of the checked object text.
func pairs(text []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		if len(text) == 0 || text[0] != '{' {
			return
		}
		i := skipSpace(text, 1)
		for i < len(text) && text[i] == '"' {
			key, start, err := skipKey(text, i)
			if err != nil {
				return
			}
			end, err := skipValue(text, start, 1)
			if err != nil || !yield(key, text[start:end]) {
				return
			}
			if i = skipSpace(text, end); i < len(text) && text[i] == ',' {
				i = skipSpace(text, i+1)
			}
		}
	}
}

// lookup is the value of a key in the checked object text, nil when there is none.
func lookup(text []byte, key string) []byte {
	for name, value := range pairs(text) {
		if string(unquote(name)) == key {
			return value
		}
	}
	return nil
}

// elements are the values of the checked array text and where each starts.
func elements(text []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		if len(text) == 0 || text[0] != '[' {
			return
		}
		i := skipSpace(text, 1)
		for i < len(text) && text[i] != ']' {
			end, err := skipValue(text, i, 1)
			if err != nil || !yield(i, text[i:end]) {
				return
			}
			if i = skipSpace(text, end); i < len(text) && text[i] == ',' {
				i = skipSpace(text, i+1)
			}
		}
	}
}

// unquote is the text of a checked JSON string. It allocates only for escapes.
func unquote(raw []byte) []byte {
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	return appendUnescaped(nil, inner)
}

// appendUnescaped appends the text that inner, the checked inside of a JSON
// string, stands for. Half a surrogate pair becomes U+FFFD, as everywhere in Go.
func appendUnescaped(dst, inner []byte) []byte {
	for {
		slash := bytes.IndexByte(inner, '\\')
		if slash < 0 {
			return append(dst, inner...)
		}
		dst = append(dst, inner[:slash]...)
		c := inner[slash+1]
		if c != 'u' {
			dst = append(dst, unescaped(c))
			inner = inner[slash+2:]
			continue
		}
		r, size := codePoint(inner[slash:])
		dst = utf8.AppendRune(dst, r)
		inner = inner[slash+size:]
	}
}

func unescaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// codePoint reads the escape \uXXXX, or a pair of them, at the start of text.
func codePoint(text []byte) (rune, int) {
	r := hexRune(text[2:6])
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(text) >= 12 && text[6] == '\\' && text[7] == 'u' {
		if pair := utf16.DecodeRune(r, hexRune(text[8:12])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

func hexRune(digits []byte) rune {
	n, err := strconv.ParseUint(string(digits), 16, 32)
	if err != nil {
		return utf8.RuneError
	}
	return rune(n)
}

// appendQuoted appends text as a JSON string.
func appendQuoted(dst, text []byte) []byte {
	if nextSpecial(text, 0) == len(text) {
		return append(append(append(dst, '"'), text...), '"')
	}
	return append(dst, document.Encode(string(text))...)
}

// isValid reports whether text is one JSON value with nothing but space around it.
func isValid(text []byte) bool {
	end, err := skipValue(text, skipSpace(text, 0), 0)
	return err == nil && skipSpace(text, end) == len(text)
}
