package audit

import (
	"fmt"
	"strconv"
	"strings"
)

// Pointer leads from a JSON value to one inside it: names of members and places
// in lists. It is a JSON Pointer of RFC 6901.
type Pointer []string

const maxPointer = 1 << 10 // bytes

var escape = strings.NewReplacer("~", "~0", "/", "~1")

// ParsePointer reads a pointer such as /lines/0/amount; the empty one is the
// whole value.
func ParsePointer(text string) (Pointer, error) {
	switch {
	case text == "":
		return nil, nil
	case len(text) > maxPointer:
		return nil, fmt.Errorf("the pointer %.40q… is longer than %d bytes", text, maxPointer)
	case text[0] != '/':
		return nil, fmt.Errorf("the pointer %q does not begin with a slash: /a/0/b leads to member b of the first item of a", text)
	}
	var p Pointer
	for part := range strings.SplitSeq(text[1:], "/") {
		plain := strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
		if escape.Replace(plain) != part {
			return nil, fmt.Errorf("the pointer %q has a ~ that is neither ~0, for ~, nor ~1, for /", text)
		}
		p = append(p, plain)
	}
	return p, nil
}

// String is the pointer as ParsePointer reads it.
func (p Pointer) String() string {
	var b strings.Builder
	for _, part := range p {
		b.WriteByte('/')
		b.WriteString(escape.Replace(part))
	}
	return b.String()
}

// child is one step of a pointer.
func child(value any, key string) (any, bool) {
	switch v := value.(type) {
	case map[string]any:
		inner, ok := v[key]
		return inner, ok
	case []any:
		i, err := strconv.Atoi(key)
		if err != nil || i < 0 || i >= len(v) || strconv.Itoa(i) != key {
			return nil, false
		}
		return v[i], true
	}
	return nil, false
}
