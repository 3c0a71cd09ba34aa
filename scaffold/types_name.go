package scaffold

import (
	"cmp"
	"slices"
	"strings"
)

// finish names the types that were read. Types of one shape become one, if what they
// are called has something in common: billingAddress and shippingAddress are both an
// Address. What it returns are the types to declare, in the order they were met.
func (s *typeSet) finish() []*goType {
	var groups [][]*goType
	for _, t := range s.named {
		shape := t.shape()
		i := slices.IndexFunc(groups, func(group []*goType) bool {
			return group[0].shape() == shape && len(commonEnd(append(slices.Clone(group), t))) > 0
		})
		if i < 0 {
			groups = append(groups, []*goType{t})
			continue
		}
		groups[i] = append(groups[i], t)
	}
	var declared []*goType
	for _, group := range groups {
		first := group[0]
		called := strings.Join(commonEnd(group), " ")
		own := exported(called)
		name := s.scope.take(own, exported(first.owner)+own)
		constants := make([]string, len(first.values))
		for i, value := range first.values {
			constants[i] = s.scope.take(name + constantSuffix(value))
		}
		for _, t := range group {
			t.name, t.noun, t.constants = name, phrase(called), constants
			if first.doc != t.doc {
				first.doc = "" // what is said of one is not true of all
			}
		}
		declared = append(declared, first)
	}
	return declared
}

// constantSuffix is a value as the end of a constant's name.
func constantSuffix(value string) string {
	return cmp.Or(joinedWords(words(value)), "Other")
}

// commonEnd are the words that the names of all types end with.
func commonEnd(group []*goType) []string {
	common := words(group[0].candidate)
	for _, t := range group[1:] {
		other := words(t.candidate)
		n := 0
		for n < len(common) && n < len(other) && strings.EqualFold(common[len(common)-1-n], other[len(other)-1-n]) {
			n++
		}
		common = common[len(common)-n:]
	}
	return common
}
