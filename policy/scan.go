package policy

import (
	"bytes"
	"iter"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
)

// A node is a place in the documents that a schema describes.
type node struct {
	children map[string]*node
	any      *node // what every other key holds: [*]
	items    *node
	personal bool // declared personal data
}

// describe turns the fields of a schema into a tree. Nothing described is nil:
// then no field is unknown.
func describe(fields []catalog.Field) *node {
	if len(fields) == 0 {
		return nil
	}
	root := &node{}
	for i := range fields {
		n := root
		for step := range steps(fields[i].Path) {
			n = n.grow(step)
		}
		n.personal = fields[i].Facts().PII.Known() && fields[i].Facts().PII.Get
	}
	return root
}

// steps splits items[].sku into items, [] and sku.
func steps(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for part := range strings.SplitSeq(path, ".") {
			name, brackets, _ := strings.Cut(part, "[")
			if name != "" && !yield(name) {
				return
			}
			if brackets == "" {
				continue
			}
			for b := range strings.SplitAfterSeq("["+brackets, "]") {
				if b != "" && !yield(b) {
					return
				}
			}
		}
	}
}

func (n *node) grow(step string) *node {
	var to **node
	switch step {
	case "[]":
		to = &n.items
	case "[*]":
		to = &n.any
	default:
		if n.children == nil {
			n.children = map[string]*node{}
		}
		if n.children[step] == nil {
			n.children[step] = &node{}
		}
		return n.children[step]
	}
	if *to == nil {
		*to = &node{}
	}
	return *to
}

// child is what a key of an object leads to. An object of which nothing is
// described may hold anything.
func (n *node) child(key []byte) (child *node, known bool) {
	switch {
	case n == nil || n.children == nil && n.any == nil:
		return nil, true
	case n.children[string(key)] != nil:
		return n.children[string(key)], true
	}
	return n.any, n.any != nil
}

func (n *node) element() *node {
	if n == nil {
		return nil
	}
	return n.items
}

// scanner walks payloads. It trusts their grammar: the reader of the log has
// checked every byte.
type scanner struct {
	text []byte
	path []byte
	into *observed
	met  sighted
}

// sighted says what one payload holds.
type sighted struct {
	pan, sad, email bool
	readable        bool // personal data in the clear
}

func (s *scanner) scan(text []byte, into *observed) sighted {
	s.text, s.path, s.into, s.met = text, s.path[:0], into, sighted{}
	s.value(skipSpace(text, 0), into.described)
	return s.met
}

// value walks the value at i and returns where it ends.
func (s *scanner) value(i int, n *node) int {
	switch s.text[i] {
	case '{':
		return s.object(i, n)
	case '[':
		return s.array(i, n)
	}
	end := scalarEnd(s.text, i)
	s.scalar(s.text[i:end], n)
	return end
}

func (s *scanner) object(i int, n *node) int {
	length := len(s.path)
	for i = skipSpace(s.text, i+1); s.text[i] != '}'; {
		if s.text[i] == ',' {
			i = skipSpace(s.text, i+1)
		}
		end := scalarEnd(s.text, i)
		key := s.text[i+1 : end-1]
		s.enter(key)
		child, known := n.child(key)
		if !known {
			s.into.unknown.addBytes(s.path)
		}
		i = skipSpace(s.text, skipSpace(s.text, end)+1)
		i = skipSpace(s.text, s.value(i, child))
		s.path = s.path[:length]
	}
	return i + 1
}

// enter adds a key to the path. One that names a person by itself is not repeated,
// since paths are printed; a card number or an e-mail address in it is met.
func (s *scanner) enter(key []byte) {
	pan, email := holdsCardNumber(key), holdsEmail(key)
	if pan || email || isTelephone(key) {
		s.path = append(s.path, "[*]"...)
		s.meet(pan, email)
		return
	}
	if len(s.path) > 0 {
		s.path = append(s.path, '.')
	}
	s.path = append(s.path, key...)
}

// meet takes down that a card number or an e-mail address is at the path.
func (s *scanner) meet(pan, email bool) {
	if pan {
		s.met.pan = true
		s.into.pan.fields.addBytes(s.path)
	}
	if email {
		s.met.email = true
		s.into.email.fields.addBytes(s.path)
	}
}

func (s *scanner) array(i int, n *node) int {
	length := len(s.path)
	s.path = append(s.path, "[]"...)
	for i = skipSpace(s.text, i+1); s.text[i] != ']'; {
		if s.text[i] == ',' {
			i = skipSpace(s.text, i+1)
		}
		i = skipSpace(s.text, s.value(i, n.element()))
	}
	s.path = s.path[:length]
	return i + 1
}

// scalar looks at a string, a number or a literal.
func (s *scanner) scalar(value []byte, n *node) {
	if string(value) == "null" {
		return
	}
	content, text := unquoted(value), value[0] == '"'
	sad := isAuthenticationData(s.path, content)
	if sad {
		s.met.sad = true
		s.into.sad.fields.addBytes(s.path)
	}
	pan := !sad && (text && holdsCardNumber(content) || !text && isCardNumeral(content))
	s.meet(pan, text && holdsEmail(content))
	if n != nil && n.personal && !isCiphertext(content) {
		s.met.readable = true
	}
}

// membersOf yields the members of a JSON object: key and text of the value.
func membersOf(text []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		i := skipSpace(text, 0)
		if i >= len(text) || text[i] != '{' {
			return
		}
		for i = skipSpace(text, i+1); text[i] != '}'; {
			if text[i] == ',' {
				i = skipSpace(text, i+1)
			}
			end := scalarEnd(text, i)
			key := text[i+1 : end-1]
			i = skipSpace(text, skipSpace(text, end)+1)
			end = valueEnd(text, i)
			if !yield(key, text[i:end]) {
				return
			}
			i = skipSpace(text, end)
		}
	}
}

// valueEnd is where the value at i ends.
func valueEnd(text []byte, i int) int {
	depth := 0
	for {
		switch text[i] {
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case ',', ':':
			i++
		default:
			i = scalarEnd(text, i)
		}
		if depth == 0 {
			return i
		}
		i = skipSpace(text, i)
	}
}

// scalarEnd is where the string, number or literal at i ends.
func scalarEnd(text []byte, i int) int {
	if text[i] != '"' {
		if n := bytes.IndexAny(text[i:], ",]} \t\r\n"); n >= 0 {
			return i + n
		}
		return len(text)
	}
	for i++; ; i++ {
		i += bytes.IndexAny(text[i:], `"\`)
		if text[i] == '"' {
			return i + 1
		}
		i++ // the escaped character
	}
}

func skipSpace(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t') {
		i++
	}
	return i
}
