package protobuf

import (
	"google.golang.org/protobuf/reflect/protoreflect"
)

// breaks is the category from which on a change breaks, by direction.
type breaks struct{ backward, forward category }

func both(c category) breaks { return breaks{c, c} }

// wireGroups holds the kinds that one reader decodes for another: they have one
// encoding, and differ in the range or the sign of what they read from it.
// Protocol Buffers, "Updating A Message Type". Enums are left out: no rule can
// tell whether a number is one of their values.
var wireGroups = map[protoreflect.Kind]int{
	protoreflect.Int32Kind: 1, protoreflect.Int64Kind: 1, protoreflect.Uint32Kind: 1, protoreflect.Uint64Kind: 1, protoreflect.BoolKind: 1,
	protoreflect.Sint32Kind: 2, protoreflect.Sint64Kind: 2,
	protoreflect.Fixed32Kind: 3, protoreflect.Sfixed32Kind: 3,
	protoreflect.Fixed64Kind: 4, protoreflect.Sfixed64Kind: 4,
}

// jsonGroups holds the kinds of wireGroups that have one JSON form too: numbers
// of 64 bits are strings there, those of 32 bits are numbers. Protocol Buffers,
// "ProtoJSON Format".
var jsonGroups = map[protoreflect.Kind]int{
	protoreflect.Int32Kind: 1, protoreflect.Uint32Kind: 1,
	protoreflect.Int64Kind: 2, protoreflect.Uint64Kind: 2,
	protoreflect.Fixed32Kind: 3, protoreflect.Sfixed32Kind: 3,
	protoreflect.Fixed64Kind: 4, protoreflect.Sfixed64Kind: 4,
}

// kindChange judges a field that changed from one kind to another. Every string
// is bytes, but not all bytes are a string.
func kindChange(old, fresh protoreflect.Kind) breaks {
	alike := func(groups map[protoreflect.Kind]int) bool { return groups[old] != 0 && groups[old] == groups[fresh] }
	switch {
	case alike(jsonGroups):
		return both(file)
	case alike(wireGroups):
		return both(wireJSON)
	case old == protoreflect.StringKind && fresh == protoreflect.BytesKind:
		return breaks{backward: wireJSON, forward: wire}
	case old == protoreflect.BytesKind && fresh == protoreflect.StringKind:
		return breaks{backward: wire, forward: wireJSON}
	}
	return both(wire)
}

// enumChange judges a field that changed from one enum to another. An enum of
// the same name that still has all values is a copy that moved.
func enumChange(old, fresh protoreflect.EnumDescriptor) breaks {
	if old.Name() != fresh.Name() {
		return both(wire)
	}
	values := byName(fresh.Values())
	for i := range old.Values().Len() {
		v := old.Values().Get(i)
		if n := values.find(i, v.Name()); n == nil || n.Number() != v.Number() {
			return both(wire)
		}
	}
	return both(file)
}
