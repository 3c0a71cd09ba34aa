package event

import (
	"bytes"
	"slices"
)

// learn adds the road of a checked record that the skimmer has read.
func (s *layouts) learn(e *Event, known *late, text []byte) {
	if s.learnt++; s.learnt > maxLearnt {
		return
	}
	node, marks, from := &s.root, make([]mark, 0, maxMarks), 0
	l := &layout{}
	for w := (scalarWalk{text: text}); ; {
		start, attr, ok := w.next()
		if ok && s.hardlyVaries(attr, text[start:w.at]) {
			l.keep(e, known, attr)
			continue
		}
		if ok && len(marks) == maxMarks {
			return
		}
		if node = node.child(string(text[from:start]), attr, !ok); node == nil {
			return
		}
		if !ok {
			l.data, l.metadata = extentOf(e.Data, text, marks), extentOf(e.Metadata, text, marks)
			l.lines = bytes.IndexByte(text, '\n') >= 0
			node.layout = l
			return
		}
		marks, from = append(marks, mark{start, w.at}), w.at
	}
}

// hardlyVaries reports whether a value is to be part of the texts around it. The
// first value too many makes its attribute vary, and all is learnt anew.
func (s *layouts) hardlyVaries(a attribute, raw []byte) bool {
	switch a {
	case attrSource, attrSchemaVersion, attrSpecVersion, attrDataSchema:
	default:
		return false
	}
	if s.varies[a] || slices.Contains(s.values[a], string(raw)) {
		return !s.varies[a]
	}
	if s.values[a] = append(s.values[a], string(raw)); len(s.values[a]) > maxValues {
		s.varies[a], s.root = true, shape{}
	}
	return !s.varies[a]
}

// keep takes what an attribute that hardly varies gave the event.
func (l *layout) keep(e *Event, known *late, a attribute) {
	switch a {
	case attrSource:
		l.source = e.Source
	case attrSchemaVersion:
		l.schemaVersion = e.SchemaVersion
	case attrDataSchema:
		l.dataVersion = string(versionOf(known.dataSchema))
	case attrSpecVersion:
		l.hasSpecVersion = known.specVersion != nil
	}
}

// child finds or makes the step with a text; nil when there are too many.
func (p *shape) child(text string, attr attribute, last bool) *shape {
	for _, c := range p.children {
		if c.text == text && (c.layout != nil) == last {
			return c
		}
	}
	if len(p.children) == maxChildren {
		return nil
	}
	c := &shape{text: text, probe: probeOf(text), attr: attr}
	p.children = append(p.children, c)
	return c
}

// A scalarWalk finds the scalars of a checked object and whose value each is.
type scalarWalk struct {
	text []byte
	at   int
	keys []bool // by depth: the next string is a key
	attr attribute
}

// next walks over the next scalar: it starts at start and ends at w.at. It is
// false at the end of the object, where start is its end.
func (w *scalarWalk) next() (start int, attr attribute, ok bool) {
	for {
		w.at = skipSpace(w.text, w.at)
		switch c := w.text[w.at]; {
		case c == '{' || c == '[':
			w.keys = append(w.keys, c == '{')
			w.at++
		case c == '}' || c == ']':
			w.keys = w.keys[:len(w.keys)-1]
			if w.at++; len(w.keys) == 0 {
				return w.at, 0, false
			}
		case c == ',':
			w.at++
		case c == '"' && w.keys[len(w.keys)-1] && !w.afterColon():
			w.key()
		default:
			start = w.at
			w.at, _ = skipValue(w.text, w.at, 0) // the text is checked
			return start, w.attribute(), true
		}
	}
}

// afterColon reports whether the string at hand is a member's value.
func (w *scalarWalk) afterColon() bool {
	before := bytes.TrimRight(w.text[:w.at], " \t\r\n")
	return before[len(before)-1] == ':'
}

// key walks over a key and its colon.
func (w *scalarWalk) key() {
	key, value, _ := skipKey(w.text, w.at) // the text is checked
	if w.at = value; len(w.keys) == 1 {
		w.attr = nativeNames[string(unquote(key))]
	}
}

// attribute is whose value the scalar is: inside of data it is nobody's.
func (w *scalarWalk) attribute() attribute {
	if len(w.keys) > 1 {
		return attrOther
	}
	return w.attr
}
