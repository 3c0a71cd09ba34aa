package replay

import "iter"

// The functions of this file find values in JSON text that is known to be valid,
// without decoding it.

// valueEnd is where the value that starts at i ends.
func valueEnd(text []byte, i int) int {
	switch text[i] {
	case '"':
		size, _ := scanString(text[i:])
		return i + size
	case '{', '[':
		return containerEnd(text, i)
	}
	return i + scalarEnd(text[i:])
}

func containerEnd(text []byte, i int) int {
	for depth := 0; ; i++ {
		switch text[i] {
		case '"':
			size, _ := scanString(text[i:])
			i += size - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
}

// eachMember yields the keys of the object text, in their quotes, and its values.
func eachMember(text []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		for i := space(text, 1); text[i] != '}'; {
			if text[i] == ',' {
				i = space(text, i+1)
			}
			size, _ := scanString(text[i:])
			start := space(text, space(text, i+size)+1)
			end := valueEnd(text, start)
			if !yield(text[i:i+size], text[start:end]) {
				return
			}
			i = space(text, end)
		}
	}
}

// elementsOf are the elements of an array's text, or of a list's: that has no
// brackets, and a comma behind each element.
func elementsOf(text []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		i := space(text, 0)
		if i < len(text) && text[i] == '[' && !isList(text) {
			i = space(text, i+1)
		}
		for i < len(text) && text[i] != ']' {
			end := valueEnd(text, i)
			if !yield(text[i:end]) {
				return
			}
			if i = space(text, end); i < len(text) && text[i] == ',' {
				i = space(text, i+1)
			}
		}
	}
}

// isList tells the text of a list from that of an array.
func isList(text []byte) bool { return len(text) == 0 || text[len(text)-1] == ',' }

// memberIn is the value of a key of the object text, nil when there is none.
func memberIn(text []byte, key string) []byte {
	for quoted, value := range eachMember(text) {
		if string(unquote(quoted)) == key {
			return value
		}
	}
	return nil
}

// locate finds the value that a path leads to, nil when there is none. It is not
// sound where the path leads through a value that has no such members at all,
// other than null.
func (p Path) locate(text []byte) (value []byte, sound bool) {
	for _, s := range p {
		switch {
		case text == nil || text[0] == 'n':
			return nil, true
		case text[0] == '{' && (s.Key != "" || s.Index < 0):
			text = memberIn(text, s.Key)
		case text[0] == '[' && s.Index >= 0:
			text = elementIn(text, s.Index)
		default:
			return nil, false
		}
	}
	return text, true
}

func elementIn(text []byte, index int) []byte {
	n := 0
	for element := range elementsOf(text) {
		if n == index {
			return element
		}
		n++
	}
	return nil
}
