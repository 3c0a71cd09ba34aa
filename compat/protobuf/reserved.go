package protobuf

import (
	"cmp"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// span is a half-open range of numbers.
type span struct{ from, to int64 }

// reserved holds the numbers and names that a message or an enum keeps out of
// use.
type reserved struct {
	numbers spans
	names   map[protoreflect.Name]bool
}

func reservedIn(ranges spans, names protoreflect.Names) *reserved {
	r := &reserved{numbers: ranges}
	if names.Len() > 0 {
		r.names = make(map[protoreflect.Name]bool, names.Len())
		for i := range names.Len() {
			r.names[names.Get(i)] = true
		}
	}
	return r
}

func (r *reserved) number(n int64) bool { return r.numbers.cover(span{n, n + 1}) }

// spans are ranges in order that neither meet nor overlap.
type spans []span

func joined(ranges []span) spans {
	slices.SortFunc(ranges, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var all spans
	for _, r := range ranges {
		if last := len(all) - 1; last >= 0 && r.from <= all[last].to {
			all[last].to = max(all[last].to, r.to)
		} else {
			all = append(all, r)
		}
	}
	return all
}

// fieldSpans reads the half-open ranges of a message.
func fieldSpans(ranges protoreflect.FieldRanges) spans {
	if ranges.Len() == 0 {
		return nil
	}
	all := make([]span, ranges.Len())
	for i := range all {
		r := ranges.Get(i)
		all[i] = span{int64(r[0]), int64(r[1])}
	}
	return joined(all)
}

// enumSpans reads the closed ranges of an enum.
func enumSpans(ranges protoreflect.EnumRanges) spans {
	if ranges.Len() == 0 {
		return nil
	}
	all := make([]span, ranges.Len())
	for i := range all {
		r := ranges.Get(i)
		all[i] = span{int64(r[0]), int64(r[1]) + 1}
	}
	return joined(all)
}

// cover reports whether the ranges hold all of s.
func (all spans) cover(s span) bool {
	i, _ := slices.BinarySearchFunc(all, s.from, func(r span, from int64) int {
		if r.to <= from {
			return -1
		}
		return 1
	})
	return i < len(all) && all[i].from <= s.from && s.to <= all[i].to
}
