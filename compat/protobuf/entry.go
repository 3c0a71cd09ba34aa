package protobuf

import "google.golang.org/protobuf/reflect/protoreflect"

// entry is what a map consists of.
type entry struct{ key, value protoreflect.FieldDescriptor }

// entryOf returns the entry of a map, or of a list that is one on the wire: of
// messages that hold a single key (1) and a single value (2) and no more. A map's
// entry may leave out either, so it has neither required fields nor defaults.
func entryOf(f protoreflect.FieldDescriptor) (entry, bool) {
	if f.IsMap() {
		return entry{f.MapKey(), f.MapValue()}, true
	}
	if !f.IsList() || f.Kind() != protoreflect.MessageKind || f.Message().Fields().Len() != 2 {
		return entry{}, false
	}
	e := entry{f.Message().Fields().ByNumber(1), f.Message().Fields().ByNumber(2)}
	return e, isEntryPart(e.key) && isEntryPart(e.value)
}

func isEntryPart(f protoreflect.FieldDescriptor) bool {
	return f != nil && f.Cardinality() == protoreflect.Optional && !f.HasDefault() && realOneof(f) == nil
}
