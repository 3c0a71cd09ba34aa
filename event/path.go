package event

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// A path leads from a record to one of its values. No step: the record itself.
type path []step

// A step is a key or the index of an array; from a pointer it may be both. No
// key is empty, no index is negative.
type step struct {
	key   string
	index int
}

// parsePath reads .a.b[0] or the JSON pointer /a/b/0. A single dot is the whole
// record; a key with a dot in it needs the pointer.
func parsePath(text string) (path, error) {
	switch {
	case text == ".":
		return nil, nil
	case strings.HasPrefix(text, "/"):
		return pointerPath(text), nil
	case !strings.HasPrefix(text, "."):
		return nil, fmt.Errorf("path %q: it must start with a dot (.a.b[0]) or a slash (/a/b/0)", text)
	}
	var p path
	for part := range strings.SplitSeq(text[1:], ".") {
		key, indexes, _ := strings.Cut(part, "[")
		if key == "" {
			return nil, fmt.Errorf("path %q: a key is missing between its dots", text)
		}
		p = append(p, step{key: key, index: -1})
		if indexes == "" {
			if strings.Contains(part, "[") {
				return nil, fmt.Errorf("path %q: %q is no index", text, part)
			}
			continue
		}
		for index := range strings.SplitSeq(indexes, "[") {
			n, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
			if err != nil || n < 0 || !strings.HasSuffix(index, "]") {
				return nil, fmt.Errorf("path %q: %q is no index", text, "["+index)
			}
			p = append(p, step{index: n})
		}
	}
	return p, nil
}

func pointerPath(pointer string) path {
	var p path
	for _, token := range document.Split(pointer) {
		n, err := strconv.Atoi(token)
		if err != nil {
			n = -1
		}
		p = append(p, step{key: token, index: n})
	}
	return p
}

// String is the path in its dotted form.
func (p path) String() string {
	if len(p) == 0 {
		return "."
	}
	var b strings.Builder
	for _, s := range p {
		if s.key == "" {
			fmt.Fprintf(&b, "[%d]", s.index)
		} else {
			b.WriteString("." + s.key)
		}
	}
	return b.String()
}

// in finds the value in a row whose members are given; nil when there is none.
// It looks into strings that hold JSON text, as stores like to write them.
func (p path) in(row []byte, members []member) []byte {
	if len(p) == 0 {
		return row
	}
	return p[1:].below(find(members, p[0].key))
}

func (p path) below(value []byte) []byte {
	for _, s := range p {
		value = embedded(value)
		switch {
		case len(value) == 0:
			return nil
		case value[0] == '{' && s.key != "":
			value = lookup(value, s.key)
		case value[0] == '[':
			value = elementAt(value, s.index)
		default:
			return nil
		}
	}
	return value
}

func elementAt(array []byte, index int) []byte {
	n := 0
	for _, element := range elements(array) {
		if n == index {
			return element
		}
		n++
	}
	return nil
}

// embedded is the object or array that a JSON string holds as text, else value.
func embedded(value []byte) []byte {
	if len(value) < 4 || value[0] != '"' || value[1] != '{' && value[1] != '[' {
		return value
	}
	if inner := unquote(value); isValid(inner) {
		return inner
	}
	return value
}
