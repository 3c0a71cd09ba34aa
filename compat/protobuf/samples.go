package protobuf

import (
	"math"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// fieldEnum is the enum that a field, its items or its map values hold.
func fieldEnum(f protoreflect.FieldDescriptor) protoreflect.EnumDescriptor {
	if f.IsMap() {
		return f.MapValue().Enum()
	}
	return f.Enum()
}

// setField gives a field a value that is not its default.
func setField(m protoreflect.Message, f protoreflect.FieldDescriptor, round, salt int) bool {
	switch {
	case f.IsMap():
		value, ok := sampleOf(f.MapValue(), round, salt)
		if ok {
			m.Mutable(f).Map().Set(sample(f.MapKey(), round, salt).MapKey(), value)
		}
		return ok
	case f.IsList():
		for extra := range 2 {
			value, ok := sampleOf(f, round, salt+extra)
			if !ok {
				return false
			}
			m.Mutable(f).List().Append(value)
		}
		return true
	}
	value, ok := sampleOf(f, round, salt)
	if ok {
		m.Set(f, value)
	}
	return ok
}

// sampleOf is sample for messages too: one whose first scalar field is set.
func sampleOf(f protoreflect.FieldDescriptor, round, salt int) (protoreflect.Value, bool) {
	if f.Message() == nil {
		return sample(f, round, salt), true
	}
	inner := dynamicpb.NewMessage(f.Message())
	for i := range f.Message().Fields().Len() {
		if field := f.Message().Fields().Get(i); field.Message() == nil && !field.IsList() {
			inner.Set(field, sample(field, round, salt))
			break
		}
	}
	return protoreflect.ValueOfMessage(inner), complete(inner, 0)
}

// Values by round: a plain one first, then those at which encodings part.
var (
	sampleInts    = [candidates]int64{1, -1, math.MaxInt32, math.MinInt32}
	sampleLongs   = [candidates]int64{1, -1, 1 << 40, math.MinInt64}
	sampleStrings = [candidates]string{"a", "é", "1", "true"}
	sampleBytes   = [candidates]string{"a", "\xff", "\xfb\xff", "\x08"}
	sampleFloats  = [candidates]float64{1.5, -1, 1e9, 0.25}
)

// sample is the value of a scalar field in a round. salt tells fields that are
// set together apart.
func sample(f protoreflect.FieldDescriptor, round, salt int) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.EnumKind:
		values := f.Enum().Values()
		return protoreflect.ValueOfEnum(values.Get((1 + round + salt) % values.Len()).Number())
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(sampleInts[round]) + int32(salt))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(sampleInts[round]) + uint32(salt))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(sampleLongs[round] + int64(salt))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(uint64(sampleLongs[round]) + uint64(salt))
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(float32(sampleFloats[round]) + float32(salt))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(sampleFloats[round] + float64(salt))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(sampleBytes[round] + strings.Repeat("b", salt)))
	}
	return protoreflect.ValueOfString(sampleStrings[round] + strings.Repeat("b", salt))
}

// maxRequired bounds how deep required messages are filled in; a type that
// requires itself has no message at all.
const maxRequired = 8

// complete sets the required fields that are missing, and reports whether that
// was possible.
func complete(m protoreflect.Message, depth int) bool {
	if depth > maxRequired {
		return false
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.Cardinality() != protoreflect.Required || m.Has(f) {
			continue
		}
		if f.Message() == nil {
			m.Set(f, sample(f, 0, 0))
		} else if !complete(m.Mutable(f).Message(), depth+1) {
			return false
		}
	}
	return true
}
