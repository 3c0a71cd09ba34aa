package schema

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// The bounds of an Outline. Definitions that mention each other can be followed
// for ever in ever new ways; the fields nearest to the top are those that count.
const (
	maxFields = 10_000
	maxLevels = 512 // no document that is read is nested deeper
)

// Spot is a place in documents while their Outline is made.
type Spot struct {
	Field  Field
	Hidden bool // only a step to the places below, and no field itself
	// Holders are the definitions that the places below are read from, as values
	// that can be compared. A spot with the holders of a spot around it is that
	// one again: the type is recursive.
	Holders []any
	// Below lists the places directly below, in the order of the text. It is nil
	// when there are none.
	Below func() []*Spot

	parent   *Spot
	level    int
	children []*Spot
}

// Outline lists the fields at and below root, each before those below it. A
// recursive type is listed once. Of more than 10,000 fields the deepest are left
// out.
func Outline(root *Spot) []Field {
	queue := []*Spot{root}
	for i := 0; i < len(queue) && len(queue) < maxFields; i++ {
		at := queue[i]
		if at.Below == nil || at.level == maxLevels || at.recurs() {
			continue
		}
		at.children = at.Below()
		for _, child := range at.children {
			child.parent, child.level = at, at.level+1
		}
		queue = append(queue, at.children...)
	}
	return root.collect(make([]Field, 0, len(queue)))
}

func (s *Spot) recurs() bool {
	for around := s.parent; around != nil; around = around.parent {
		if slices.Equal(around.Holders, s.Holders) {
			return true
		}
	}
	return false
}

func (s *Spot) collect(fields []Field) []Field {
	if !s.Hidden {
		fields = append(fields, s.Field)
	}
	for _, child := range s.children {
		fields = child.collect(fields)
	}
	return fields
}

// MemberPath is the path of a member of the object at path: customer.email. A
// name that would read as something else, or break a line, is quoted: customer["e.mail"].
func MemberPath(path, name string) string {
	switch {
	case name == "" || strings.ContainsAny(name, `.[]"`) || strings.ContainsFunc(name, unicode.IsControl):
		return path + "[" + strconv.Quote(name) + "]"
	case path == "":
		return name
	}
	return path + "." + name
}

// SplitPath is the inverse of MemberPath. The path of no member is a name alone,
// and elements and values of maps are not split.
func SplitPath(path string) (outer, name string) {
	if strings.HasSuffix(path, `"]`) {
		for i := strings.LastIndex(path, `["`); i >= 0; i = strings.LastIndex(path[:i], `["`) {
			if text, err := strconv.Unquote(path[i+1 : len(path)-1]); err == nil {
				return path[:i], text
			}
		}
	}
	i := strings.LastIndexByte(path, '.')
	return path[:max(i, 0)], path[i+1:]
}

// ElementPath is the path of every element of the list at path: items[].
func ElementPath(path string) string { return path + "[]" }

// ValuePath is the path of every value of the map at path: labels[*].
func ValuePath(path string) string { return path + "[*]" }
