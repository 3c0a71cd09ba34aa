package event

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// A form writes an object or array of a layout in canonical form, as RFC 8785
// has it: no spaces, and the keys in order. All records of a layout have the same
// keys at the same places, so that they are put into order once.
type form struct {
	pieces []piece
	end    string // behind the last scalar
}

// A piece is a scalar of the record and the text before it.
type piece struct {
	before string
	scalar int
}

// formOf is the form of a value, a slice of the checked record; nil when a key's
// place takes more than comparing bytes.
func formOf(value, record []byte, marks []mark) *form {
	m := formMaker{record: record, marks: marks}
	if !m.add(value) {
		return nil
	}
	m.form.end = string(m.text)
	return &m.form
}

type formMaker struct {
	record []byte
	marks  []mark
	form   form
	text   []byte // behind the last scalar
}

func (m *formMaker) add(value []byte) bool {
	switch value[0] {
	case '{':
		return m.addObject(value)
	case '[':
		m.text = append(m.text, '[')
		first := true
		for _, element := range elements(value) {
			if m.comma(&first); !m.add(element) {
				return false
			}
		}
		m.text = append(m.text, ']')
		return true
	}
	start := within(m.record, value)
	scalar := slices.IndexFunc(m.marks, func(one mark) bool { return one.start == start })
	m.form.pieces = append(m.form.pieces, piece{string(m.text), scalar})
	m.text = m.text[:0]
	return scalar >= 0
}

func (m *formMaker) addObject(value []byte) bool {
	var members []member
	for key, value := range pairs(value) {
		if bytes.ContainsFunc(key, func(c rune) bool { return c == '\\' || c >= utf8.RuneSelf }) {
			return false
		}
		members = append(members, member{key: key, value: value})
	}
	slices.SortFunc(members, func(a, b member) int { return bytes.Compare(unquote(a.key), unquote(b.key)) })
	m.text = append(m.text, '{')
	first := true
	for _, one := range members {
		m.comma(&first)
		if m.text = append(append(m.text, one.key...), ':'); !m.add(one.value) {
			return false
		}
	}
	m.text = append(m.text, '}')
	return true
}

func (m *formMaker) comma(first *bool) {
	if !*first {
		m.text = append(m.text, ',')
	}
	*first = false
}

// append appends the value of a record in which no string has an escape. It is
// false, with nothing appended, when a number is not canonical.
func (x *form) append(dst, record []byte, marks []mark, isCanonical func(number []byte) bool) ([]byte, bool) {
	start := len(dst)
	for i := range x.pieces {
		p := &x.pieces[i]
		scalar := record[marks[p.scalar].start:marks[p.scalar].end]
		if scalar[0] <= '9' && scalar[0] != '"' && !isCanonical(scalar) {
			return dst[:start], false
		}
		dst = append(append(dst, p.before...), scalar...)
	}
	return append(dst, x.end...), true
}
