package document

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Edit replaces a range of a document's text. All positions of a set of edits
// refer to the text as it was parsed.
type Edit struct {
	Range
	Text string
}

// Apply returns the text with the edits made. An edit that overlaps an earlier
// one in the text is left out: the two cannot both be meant.
func (d *Document) Apply(edits ...Edit) []byte {
	d.locate()
	spans := make([]span, len(edits))
	for i, e := range edits {
		spans[i] = span{d.offset(e.Start), d.offset(e.End), e.Text}
	}
	slices.SortStableFunc(spans, func(a, b span) int { return a.start - b.start })
	var b strings.Builder
	b.WriteString(d.mark)
	at := 0
	for _, s := range spans {
		if s.start < at || s.end < s.start {
			continue
		}
		b.WriteString(d.body[at:s.start])
		b.WriteString(s.text)
		at = s.end
	}
	b.WriteString(d.body[at:])
	return []byte(b.String())
}

// span is an edit in byte offsets.
type span struct {
	start, end int
	text       string
}

func (d *Document) edit(s span) Edit {
	return Edit{Range: d.between(s.start, s.end), Text: s.text}
}

// Replace puts another value where the pointer's value stands. It is false
// when there is none, or when a YAML text has no local edit that does it.
func (d *Document) Replace(pointer string, value any) (Edit, bool) {
	path, ok := d.find(pointer)
	if !ok {
		return Edit{}, false
	}
	n := path[len(path)-1]
	if d.yaml {
		return d.yamlEdit(replaced(d.value, Split(pointer), value), d.yamlReplace(n, value)...)
	}
	s := d.style()
	spread := s.spread && (n.kind == plain || d.spansLines(n))
	var b strings.Builder
	s.write(&b, value, d.indentAt(n.start), spread)
	return d.edit(span{n.start, n.end, b.String()}), true
}

// Insert adds a member at the end of the object at a pointer. It is false when
// there is no object, or when it has the key already.
func (d *Document) Insert(pointer, key string, value any) (Edit, bool) {
	path, ok := d.find(pointer)
	n := path[len(path)-1]
	if !ok || n.kind != object || n.child(key) != nil {
		return Edit{}, false
	}
	if d.yaml {
		return d.yamlEdit(inserted(d.value, Split(pointer), key, value), d.yamlInsert(n, key, value)...)
	}
	return d.edit(d.add(n, func(b *strings.Builder, s style, indent string, spread bool) {
		quote(b, key)
		b.WriteString(s.colon)
		s.write(b, value, indent, spread)
	})), true
}

// Append adds an element at the end of the array at a pointer. It is false
// when there is no array.
func (d *Document) Append(pointer string, value any) (Edit, bool) {
	path, ok := d.find(pointer)
	n := path[len(path)-1]
	if !ok || n.kind != array {
		return Edit{}, false
	}
	if d.yaml {
		return d.yamlEdit(appended(d.value, Split(pointer), value), d.yamlAppend(n, value)...)
	}
	return d.edit(d.add(n, func(b *strings.Builder, s style, indent string, spread bool) {
		s.write(b, value, indent, spread)
	})), true
}

// Remove takes a member or an element out, with the comma that it leaves
// over. It is false when there is none; the whole document cannot be removed.
func (d *Document) Remove(pointer string) (Edit, bool) {
	path, ok := d.find(pointer)
	if !ok || len(path) == 1 {
		return Edit{}, false
	}
	parent, n := path[len(path)-2], path[len(path)-1]
	if d.yaml {
		return d.yamlEdit(removed(d.value, Split(pointer)), d.yamlRemove(parent, n)...)
	}
	return d.edit(d.removal(parent, n)), true
}

// RemoveMembers takes several members out of the object at a pointer; members
// that stand side by side go in one edit. It is false when one of them is missing.
func (d *Document) RemoveMembers(pointer string, keys ...string) ([]Edit, bool) {
	path, ok := d.find(pointer)
	if !ok || path[len(path)-1].kind != object {
		return nil, false
	}
	n := path[len(path)-1]
	gone := make([]bool, len(n.children))
	for _, key := range keys {
		child := n.child(key)
		if child == nil {
			return nil, false
		}
		gone[slices.Index(n.children, child)] = true
	}
	var edits []Edit
	for first := 0; first < len(gone); first++ {
		if !gone[first] {
			continue
		}
		last := first
		for last+1 < len(gone) && gone[last+1] && !d.yaml {
			last++
		}
		if d.yaml {
			e, ok := d.Remove(Join(pointer, n.children[first].key))
			if !ok {
				return nil, false
			}
			edits = append(edits, e)
		} else {
			edits = append(edits, d.edit(n.stretch(first, last)))
		}
		first = last
	}
	return edits, true
}

// removal is the stretch to cut for one item.
func (d *Document) removal(parent, n *node) span {
	i := slices.Index(parent.children, n)
	return parent.stretch(i, i)
}

// stretch is what to cut for the items first to last: up to the next item, else
// from the end of the one before, else all there is between the brackets.
func (n *node) stretch(first, last int) span {
	switch {
	case last+1 < len(n.children):
		return span{start: n.children[first].keyStart, end: n.children[last+1].keyStart}
	case first > 0:
		return span{start: n.children[first-1].end, end: n.children[last].end}
	}
	return span{start: n.start + 1, end: n.end - 1}
}

// add is the edit that puts one more item at the end of a JSON container, with
// the white space that separates the items already there.
func (d *Document) add(n *node, item func(b *strings.Builder, s style, indent string, spread bool)) span {
	s := d.style()
	var b strings.Builder
	if len(n.children) == 0 {
		return d.addFirst(n, s, item)
	}
	last := n.children[len(n.children)-1]
	gap := d.gapBefore(last.keyStart)
	spread := strings.Contains(gap, "\n")
	b.WriteByte(',')
	switch {
	case spread:
		b.WriteString(s.newline)
	case len(n.children) > 1:
		b.WriteString(gap)
	case strings.HasSuffix(s.colon, " "):
		b.WriteByte(' ')
	}
	indent := ""
	if spread {
		indent = gap[strings.LastIndexByte(gap, '\n')+1:]
		b.WriteString(indent)
	}
	item(&b, s, indent, spread)
	return span{last.end, last.end, b.String()}
}

// addFirst fills an empty container. It opens up to lines of its own when the
// document is written so.
func (d *Document) addFirst(n *node, s style, item func(b *strings.Builder, s style, indent string, spread bool)) span {
	opening, closing := d.body[n.start:n.start+1], d.body[n.end-1:n.end]
	var b strings.Builder
	b.WriteString(opening)
	if s.spread {
		outer := d.indentAt(n.start)
		b.WriteString(s.newline + outer + s.unit)
		item(&b, s, outer+s.unit, true)
		b.WriteString(s.newline + outer)
	} else {
		item(&b, s, "", false)
	}
	b.WriteString(closing)
	return span{n.start, n.end, b.String()}
}

// style is how a JSON text is laid out, as far as new text has to match it.
type style struct {
	newline string
	unit    string // one level of indentation
	colon   string // between key and value
	comma   string // between items on one line
	spread  bool   // containers take several lines
}

func (d *Document) style() style {
	s := style{newline: "\n", unit: "  ", colon: ": ", comma: ", "}
	if strings.Contains(d.body, "\r\n") {
		s.newline = "\r\n"
	}
	root := d.locate()
	if root.kind == plain || len(root.children) == 0 {
		return s
	}
	first := root.children[0]
	if gap := d.gapBefore(first.keyStart); strings.Contains(gap, "\n") {
		s.spread = true
		if unit := strings.TrimPrefix(gap[strings.LastIndexByte(gap, '\n')+1:], d.indentAt(root.start)); unit != "" {
			s.unit = unit
		}
	}
	if root.kind == object && d.body[first.start-1] == ':' {
		s.colon, s.comma = ":", ","
	}
	return s
}

// gapBefore is the white space in front of an offset.
func (d *Document) gapBefore(at int) string {
	start := at
	for start > 0 && strings.IndexByte(" \t\r\n", d.body[start-1]) >= 0 {
		start--
	}
	return d.body[start:at]
}

// indentAt is the white space at the start of the line of an offset.
func (d *Document) indentAt(at int) string {
	line := d.body[strings.LastIndexByte(d.body[:at], '\n')+1:]
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

func (d *Document) spansLines(n *node) bool {
	return len(n.children) == 0 || strings.Contains(d.body[n.start:n.end], "\n")
}

// lineWidth is how long a list of scalars may get before it takes a line for
// each of them.
const lineWidth = 80

// write writes a value as JSON in this style. indent is that of the line on
// which the value starts.
func (s style) write(b *strings.Builder, value any, indent string, spread bool) {
	inner := indent + s.unit
	separator := s.comma
	if spread = spread && !s.fitsLine(value, indent); spread {
		separator = "," + s.newline + inner
	}
	open := func(bracket byte) {
		b.WriteByte(bracket)
		if spread {
			b.WriteString(s.newline + inner)
		}
	}
	shut := func(bracket byte) {
		if spread {
			b.WriteString(s.newline + indent)
		}
		b.WriteByte(bracket)
	}
	switch v := value.(type) {
	case []any:
		open('[')
		for i, element := range v {
			if i > 0 {
				b.WriteString(separator)
			}
			s.write(b, element, inner, spread)
		}
		shut(']')
	case map[string]any:
		open('{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b.WriteString(separator)
			}
			quote(b, key)
			b.WriteString(s.colon)
			s.write(b, v[key], inner, spread)
		}
		shut('}')
	default:
		scalar(b, value)
	}
}

// fitsLine reports whether a container is best written on one line: an empty
// one, or a short list of scalars.
func (s style) fitsLine(value any, indent string) bool {
	switch v := value.(type) {
	case map[string]any:
		return len(v) == 0
	case []any:
		for _, element := range v {
			switch element.(type) {
			case []any, map[string]any:
				return false
			}
		}
		return utf8.RuneCountInString(indent+Encode(v))+len(v) <= lineWidth
	}
	return true
}
