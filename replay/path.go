package replay

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// A Path leads from a state to one of its values. The empty path is the state.
type Path []Segment

// A Segment is a key, or the index of an array when Key is empty. A token of a
// JSON pointer may be both.
type Segment struct {
	Key   string
	Index int // -1: none
}

// ParsePath reads .a.b[0], a.b[0] or the JSON pointer /a/b/0; a single dot is
// the whole. A key with a dot in it needs the pointer.
func ParsePath(text string) (Path, error) {
	if text == "" || text == "." {
		return nil, nil
	}
	if strings.HasPrefix(text, "/") {
		return pointerPath(text), nil
	}
	var p Path
	for part := range strings.SplitSeq(strings.TrimPrefix(text, "."), ".") {
		key, indexes, indexed := strings.Cut(part, "[")
		if key != "" {
			p = append(p, Segment{Key: key, Index: -1})
		} else if !indexed || len(p) > 0 {
			return nil, fmt.Errorf("path %q: a key is missing between its dots", text)
		}
		if !indexed {
			continue
		}
		for index := range strings.SplitSeq(indexes, "[") {
			digits, closed := strings.CutSuffix(index, "]")
			n, err := strconv.Atoi(digits)
			if err != nil || n < 0 || !closed {
				return nil, fmt.Errorf("path %q: %q is no index", text, "["+index)
			}
			p = append(p, Segment{Index: n})
		}
	}
	return p, nil
}

func pointerPath(pointer string) Path {
	var p Path
	for _, token := range document.Split(pointer) {
		n, err := strconv.Atoi(token)
		if err != nil || n < 0 {
			n = -1
		}
		p = append(p, Segment{Key: token, Index: n})
	}
	return p
}

// String is the path in the form .a.b[0], or the JSON pointer where a key needs it.
func (p Path) String() string {
	if len(p) == 0 {
		return "."
	}
	var b strings.Builder
	for _, s := range p {
		switch {
		case s.Key == "" && s.Index >= 0:
			fmt.Fprintf(&b, "[%d]", s.Index)
		case s.Key == "" || strings.ContainsAny(s.Key, ".[/"):
			return p.Pointer()
		default:
			b.WriteString("." + s.Key)
		}
	}
	return b.String()
}

// Pointer is the path as a JSON pointer.
func (p Path) Pointer() string {
	var tokens []string
	for _, s := range p {
		if s.Key == "" && s.Index >= 0 {
			tokens = append(tokens, strconv.Itoa(s.Index))
		} else {
			tokens = append(tokens, s.Key)
		}
	}
	return document.Join("", tokens...)
}

// in finds the value in a tree.
func (p Path) in(value any) (any, bool) {
	for _, s := range p {
		switch v := value.(type) {
		case map[string]any:
			below, ok := v[s.Key]
			if !ok || s.Key == "" && s.Index >= 0 {
				return nil, false
			}
			value = below
		case []any:
			if s.Index < 0 || s.Index >= len(v) {
				return nil, false
			}
			value = v[s.Index]
		default:
			return nil, false
		}
	}
	return value, true
}

// plain reports whether the path names members only: none of its segments is
// read as an index of an array.
func (p Path) plain() bool {
	for _, s := range p {
		if s.Index >= 0 {
			return false
		}
	}
	return true
}

// below reports whether p leads to or below what q leads to.
func (p Path) below(q Path) bool {
	if len(p) < len(q) {
		return false
	}
	for i, s := range q {
		if p[i] != s {
			return false
		}
	}
	return true
}

// and is the path with one segment more.
func (p Path) and(s Segment) Path {
	return append(p[:len(p):len(p)], s)
}
