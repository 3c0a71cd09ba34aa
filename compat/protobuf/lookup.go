package protobuf

import "google.golang.org/protobuf/reflect/protoreflect"

// list is what the lists of descriptors have in common.
type list[D any] interface {
	Len() int
	Get(i int) D
}

// lookup finds the members of a list by name or number. The compiler's own
// lookups search from the front, so that pairing the members of two long lists
// with them takes the square of their length.
type lookup[K comparable, D protoreflect.Descriptor] struct {
	list  list[D]
	key   func(D) K
	index map[K]int // made when something moved
}

func byName[D protoreflect.Descriptor](l list[D]) *lookup[protoreflect.Name, D] {
	return &lookup[protoreflect.Name, D]{list: l, key: D.Name}
}

func byNumber(l protoreflect.FieldDescriptors) *lookup[protoreflect.FieldNumber, protoreflect.FieldDescriptor] {
	return &lookup[protoreflect.FieldNumber, protoreflect.FieldDescriptor]{list: l, key: protoreflect.FieldDescriptor.Number}
}

// find returns the member with a key, or nil. It looks first at place i, where
// the member stands when nothing moved.
func (l *lookup[K, D]) find(i int, key K) D {
	if i < l.list.Len() {
		if x := l.list.Get(i); l.key(x) == key {
			return x
		}
	}
	if l.index == nil {
		l.index = make(map[K]int, l.list.Len())
		for at := range l.list.Len() {
			l.index[l.key(l.list.Get(at))] = at
		}
	}
	if at, ok := l.index[key]; ok {
		return l.list.Get(at)
	}
	var none D
	return none
}
