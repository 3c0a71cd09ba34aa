package replay

import (
	"bytes"

	"github.com/nexus-blueprint/nexus/skeleton/upcast"
)

// An upcastStep is an operation of an upcaster and the texts of its literals.
type upcastStep struct {
	upcast.Operation
	literal []byte
	texts   map[string][]byte // of map
}

func compileStep(o upcast.Operation) upcastStep {
	s := upcastStep{Operation: o, literal: appendJSON(nil, o.Value), texts: map[string][]byte{}}
	for old, value := range o.Texts {
		s.texts[old] = appendJSON(nil, value)
	}
	return s
}

// An upcastTree is an event's data on its way through upcasters. Only the objects
// that operations look into are taken apart; all else stays text. It is used
// again for the next event.
type upcastTree struct {
	nodes []upcastNode
	made  []byte // texts of values and keys that operations made
}

// An upcastNode is a value: its text or, when it was taken apart, its members.
// Nodes are known by their numbers; 0 is none.
type upcastNode struct {
	key   []byte // without quotes and escapes
	text  []byte
	apart bool
	first int // of the members
	next  int // behind this one in the object
}

// run appends what steps make of data. It is false where the interpreter of
// package upcast fails.
func (t *upcastTree) run(dst, data []byte, steps []upcastStep) ([]byte, bool) {
	t.nodes, t.made = append(t.nodes[:0], upcastNode{}), t.made[:0]
	root := t.value(data)
	if !t.open(root) {
		return dst, false
	}
	for i := range steps {
		if !t.do(root, &steps[i]) {
			return dst, false
		}
	}
	return t.append(dst, root), true
}

func (t *upcastTree) value(text []byte) int {
	t.nodes = append(t.nodes, upcastNode{text: text})
	return len(t.nodes) - 1
}

// object is a new object without members.
func (t *upcastTree) object() int {
	t.nodes = append(t.nodes, upcastNode{apart: true})
	return len(t.nodes) - 1
}

// open takes an object apart; it is false for other values.
func (t *upcastTree) open(n int) bool {
	text := t.nodes[n].text
	switch {
	case t.nodes[n].apart:
		return true
	case len(text) == 0 || text[0] != '{':
		return false
	}
	t.nodes[n].apart = true
	last := 0
	for key, value := range eachMember(text) {
		member := t.value(value)
		t.nodes[member].key = unquote(key)
		if last == 0 {
			t.nodes[n].first = member
		} else {
			t.nodes[last].next = member
		}
		last = member
	}
	return true
}

// member finds a member of an opened object and the one before it; 0 is none.
func (t *upcastTree) member(object int, key string) (found, before int) {
	for n := t.nodes[object].first; n != 0; n = t.nodes[n].next {
		if string(t.nodes[n].key) == key {
			return n, before
		}
		before = n
	}
	return 0, before
}

// get is the value at a path, 0 when there is none.
func (t *upcastTree) get(root int, p upcast.Path) int {
	n := root
	for _, key := range p {
		if !t.open(n) {
			return 0
		}
		if n, _ = t.member(n, key); n == 0 {
			return 0
		}
	}
	return n
}

// put makes a value, which stands nowhere, the one at a path. It is false when
// the path leads through what is no object.
func (t *upcastTree) put(root int, p upcast.Path, value int) bool {
	n := root
	for _, key := range p[:len(p)-1] {
		below, _ := t.member(n, key)
		if below == 0 {
			below = t.object()
			t.add(n, key, below)
		}
		if n = below; !t.open(n) {
			return false
		}
	}
	key := p[len(p)-1]
	t.take(n, key)
	t.add(n, key, value)
	return true
}

func (t *upcastTree) add(object int, key string, value int) {
	from := len(t.made)
	t.made = append(t.made, key...)
	node := &t.nodes[value]
	node.key, node.next = t.made[from:len(t.made):len(t.made)], t.nodes[object].first
	t.nodes[object].first = value
}

// take takes a member out of an object.
func (t *upcastTree) take(object int, key string) {
	switch n, before := t.member(object, key); {
	case n == 0:
	case before == 0:
		t.nodes[object].first = t.nodes[n].next
	default:
		t.nodes[before].next = t.nodes[n].next
	}
}

// remove takes out the value at a path, if there is one.
func (t *upcastTree) remove(root int, p upcast.Path) {
	if object := t.get(root, p[:len(p)-1]); object != 0 && t.open(object) {
		t.take(object, p[len(p)-1])
	}
}

// do is one operation. It is false when it cannot be done.
func (t *upcastTree) do(root int, s *upcastStep) bool {
	switch s.Kind {
	case upcast.Set:
		return t.put(root, s.At, t.value(s.literal))
	case upcast.Join:
		return t.join(root, s)
	}
	n := t.get(root, s.At)
	switch {
	case s.Kind == upcast.Default && n == 0:
		return t.put(root, s.At, t.value(s.literal))
	case s.Kind == upcast.Default || n == 0:
		return true
	}
	switch s.Kind {
	case upcast.Copy:
		from := len(t.made)
		t.made = t.append(t.made, n)
		return t.put(root, s.To, t.value(t.made[from:len(t.made):len(t.made)]))
	case upcast.Rename, upcast.Move:
		t.remove(root, s.At)
		return t.put(root, s.To, n)
	case upcast.Remove:
		t.remove(root, s.At)
		return true
	case upcast.Wrap:
		t.remove(root, s.At)
		object := t.object()
		t.add(object, s.Name, n)
		return t.put(root, s.At, object)
	case upcast.Unwrap:
		if !t.open(n) {
			return false
		}
		inner, _ := t.member(n, s.Name)
		return inner == 0 || t.put(root, s.At, inner)
	case upcast.Map:
		if text := t.nodes[n].text; !t.nodes[n].apart && text[0] == '"' {
			if mapped, ok := s.texts[string(unquote(text))]; ok {
				return t.put(root, s.At, t.value(mapped))
			}
		}
		return true
	case upcast.Split:
		return t.split(root, n, s)
	}
	return false
}

func (t *upcastTree) split(root, n int, s *upcastStep) bool {
	text := t.nodes[n].text
	if t.nodes[n].apart || text[0] != '"' {
		return false
	}
	t.remove(root, s.At)
	for i, part := range bytes.SplitN(unquote(text), []byte(s.By), len(s.Names)) {
		if !t.put(root, s.Names[i], t.text(part)) {
			return false
		}
	}
	return true
}

func (t *upcastTree) join(root int, s *upcastStep) bool {
	var parts [][]byte
	for _, name := range s.Names {
		n := t.get(root, name)
		if n == 0 {
			continue
		}
		switch text := t.nodes[n].text; {
		case t.nodes[n].apart:
			return false
		case text[0] == '"':
			parts = append(parts, unquote(text))
		case text[0] == '-' || text[0]-'0' <= 9:
			parts = append(parts, text)
		default:
			return false
		}
	}
	if len(parts) == 0 {
		return true
	}
	for _, name := range s.Names {
		t.remove(root, name)
	}
	return t.put(root, s.To, t.text(bytes.Join(parts, []byte(s.By))))
}

// text is a new value that says something.
func (t *upcastTree) text(said []byte) int {
	from := len(t.made)
	t.made = appendString(t.made, said)
	return t.value(t.made[from:len(t.made):len(t.made)])
}

// append appends the text of a value.
func (t *upcastTree) append(dst []byte, n int) []byte {
	if !t.nodes[n].apart {
		return append(dst, t.nodes[n].text...)
	}
	dst = append(dst, '{')
	for m := t.nodes[n].first; m != 0; m = t.nodes[m].next {
		if m != t.nodes[n].first {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, t.nodes[m].key), ':')
		dst = t.append(dst, m)
	}
	return append(dst, '}')
}
