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
const wide = 32

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
			if root, err := readYAML(d.name, d.body); err == nil {
				d.root = locateYAML(d.body, root)
			}
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
	ok = d.walk(pointer, func(n *node) { path = append(path, n) })
	return path, ok
}

// nearest is the last node on the path that find finds, and how many there are
// above it.
func (d *Document) nearest(pointer string) (n *node, depth int, ok bool) {
	depth = -1
	ok = d.walk(pointer, func(on *node) { n, depth = on, depth+1 })
	return n, depth, ok
}

func (d *Document) walk(pointer string, visit func(*node)) bool {
	at := d.locate()
	visit(at)
	if pointer != "" && pointer[0] != '/' {
		return false
	}
	for pointer != "" {
		token, rest := pointer[1:], ""
		if i := strings.IndexByte(token, '/'); i >= 0 {
			token, rest = token[:i], token[i:]
		}
		if at = at.child(unescape(token)); at == nil {
			return false
		}
		visit(at)
		pointer = rest
	}
	return true
}

// Range is where the value at a JSON pointer stands. When there is none, it is
// the nearest ancestor that is there, and false.
func (d *Document) Range(pointer string) (Range, bool) {
	n, _, ok := d.nearest(pointer)
	return d.between(n.start, n.end), ok
}

// Member is as Range, but for an object member it begins with the key.
func (d *Document) Member(pointer string) (Range, bool) {
	n, depth, ok := d.nearest(pointer)
	if !ok || depth == 0 {
		return d.between(n.start, n.end), ok
	}
	return d.between(n.keyStart, max(n.end, n.keyStart)), true
}

// Source is the text of the value at a JSON pointer as its author wrote it, with
// quotes, anchors and tags.
func (d *Document) Source(pointer string) (string, bool) {
	n, _, ok := d.nearest(pointer)
	if !ok || n.end < n.start {
		return "", false
	}
	return d.body[n.start:n.end], true
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
	return Position{Line: line + 1, Column: d.codePoints(d.lines[line], offset) + 1}
}

// stride is the distance of the marks that codePoints counts from.
const stride = 1 << 10

// codePoints counts those between two offsets. A minified document is one line
// of megabytes, so on a long line only the way from the nearest mark is counted.
func (d *Document) codePoints(from, to int) int {
	if to-from < 2*stride {
		return utf8.RuneCountInString(d.body[from:to])
	}
	d.markOnce.Do(func() {
		d.marks = make([]int, len(d.body)/stride+1)
		for i := 1; i < len(d.marks); i++ {
			d.marks[i] = d.marks[i-1] + runeStarts(d.body[(i-1)*stride:i*stride])
		}
	})
	before := func(offset int) int {
		mark := offset / stride
		return d.marks[mark] + runeStarts(d.body[mark*stride:offset])
	}
	return before(to) - before(from)
}

// runeStarts counts the code points that start in a stretch of text, which need
// not start or end between two of them.
func runeStarts(text string) int {
	count := 0
	for i := range len(text) {
		if utf8.RuneStart(text[i]) {
			count++
		}
	}
	return count
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
