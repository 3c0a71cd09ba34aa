package document

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Position is a place in a text. Both numbers are 1-based and count code
// points; a byte order mark is not counted. Lines end with a line feed.
type Position struct{ Line, Column int }

// Range is a stretch of text; End is exclusive.
type Range struct{ Start, End Position }

// kind tells objects and arrays from scalars.
type kind byte

const (
	plain kind = iota
	object
	array
)

// node is where a value stands, as byte offsets into the body.
type node struct {
	kind     kind
	key      string // the member's key, empty for an element
	keyStart int    // where key and value start; equals start for an element
	start    int
	end      int
	children []*node
	index    map[string]*node // by key, once there are many children

	block bool // YAML: a collection without brackets
}

// wide is the number of children from which on an index pays.
const wide = 16

// add appends a child and returns it; on a nil node, where nobody asked for
// positions, it does nothing.
func (n *node) add(key string, keyStart int) *node {
	if n == nil {
		return nil
	}
	child := &node{key: key, keyStart: keyStart}
	n.adopt(child)
	return child
}

func (n *node) adopt(child *node) {
	n.children = append(n.children, child)
	switch {
	case n.kind != object || len(n.children) < wide:
	case n.index == nil:
		n.index = make(map[string]*node, 2*wide)
		for _, c := range n.children {
			n.index[c.key] = c
		}
	default:
		n.index[child.key] = child
	}
}

// child is the member or element that a reference token names, or nil.
func (n *node) child(token string) *node {
	switch n.kind {
	case object:
		if n.index != nil {
			return n.index[token]
		}
		if i := slices.IndexFunc(n.children, func(c *node) bool { return c.key == token }); i >= 0 {
			return n.children[i]
		}
	case array:
		if i, ok := arrayIndex(token); ok && i < len(n.children) {
			return n.children[i]
		}
	}
	return nil
}

// arrayIndex reads a reference token as an index: digits without leading zero.
func arrayIndex(token string) (int, bool) {
	if token == "" || len(token) > 1 && token[0] == '0' || strings.Trim(token, "0123456789") != "" {
		return 0, false
	}
	i, err := strconv.Atoi(token)
	return i, err == nil
}

// locate computes the positions once.
func (d *Document) locate() *node {
	d.once.Do(func() {
		d.root = &node{}
		// The text was parsed before, so neither scan can fail.
		if d.yaml {
			d.root = locateYAML(d.name, d.body)
		} else {
			_, _ = parseJSON(d.name, d.body, d.root)
		}
		d.lines = lineStarts(d.body)
	})
	return d.root
}

func lineStarts(body string) []int {
	lines := make([]int, 1, 1+strings.Count(body, "\n"))
	for i := range len(body) {
		if body[i] == '\n' {
			lines = append(lines, i+1)
		}
	}
	return lines
}

// find walks to the node at a pointer. The path holds every node from the root
// to the deepest one that exists; ok says that it is the one asked for.
func (d *Document) find(pointer string) (path []*node, ok bool) {
	at := d.locate()
	path = append(path, at)
	if pointer != "" && pointer[0] != '/' {
		return path, false
	}
	for _, token := range Split(pointer) {
		if at = at.child(token); at == nil {
			return path, false
		}
		path = append(path, at)
	}
	return path, true
}

// Range is where the value at a JSON pointer stands. When there is none, it is
// the nearest ancestor that is there, and false.
func (d *Document) Range(pointer string) (Range, bool) {
	path, ok := d.find(pointer)
	n := path[len(path)-1]
	return d.between(n.start, n.end), ok
}

// Member is as Range, but for an object member it begins with the key.
func (d *Document) Member(pointer string) (Range, bool) {
	path, ok := d.find(pointer)
	n := path[len(path)-1]
	if !ok || len(path) == 1 {
		return d.between(n.start, n.end), ok
	}
	return d.between(n.keyStart, max(n.end, n.keyStart)), true
}

// End is the position behind the last character of the text.
func (d *Document) End() Position {
	d.locate()
	return d.position(len(d.body))
}

func (d *Document) between(start, end int) Range {
	return Range{Start: d.position(start), End: d.position(end)}
}

// position converts an offset of the body.
func (d *Document) position(offset int) Position {
	line, exact := slices.BinarySearch(d.lines, offset)
	if !exact {
		line--
	}
	return Position{Line: line + 1, Column: utf8.RuneCountInString(d.body[d.lines[line]:offset]) + 1}
}

// offset is the inverse of position. Places outside the text become its end.
func (d *Document) offset(p Position) int {
	if p.Line < 1 || p.Line > len(d.lines) {
		return len(d.body)
	}
	at := d.lines[p.Line-1]
	for column := 1; column < p.Column && at < len(d.body); column++ {
		_, size := utf8.DecodeRuneInString(d.body[at:])
		at += size
	}
	return at
}
