package protobuf

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// misread names the first field that the reader sees otherwise than the writer.
func (t trial) misread(written, read *dynamicpb.Message, form form) string {
	for _, n := range slices.Concat(t.fields, t.unset) {
		f, g := t.writer.Fields().ByNumber(n), t.reader.Fields().ByNumber(n)
		if f == nil || g == nil || written.Has(f) == slices.Contains(t.unset, n) {
			continue
		}
		if written.Has(f) && !read.Has(g) && !t.lost(written, read, f, g, form) {
			continue
		}
		if alike(f, g, written.Get(f), read.Get(g)) {
			continue
		}
		got := "absent"
		if read.Has(g) || !g.HasPresence() || slices.Contains(t.unset, n) {
			got = valueText(g, read.Get(g))
		}
		return fmt.Sprintf("field %s of %s is %s where it was %s", g.Name(), local(t.reader), got, valueText(f, written.Get(f)))
	}
	return ""
}

// lost reports whether a field that the reader does not see is nowhere in what
// it read. What it could not fit into the field is among the unknown fields.
func (t trial) lost(written, read *dynamicpb.Message, f, g protoreflect.FieldDescriptor, form form) bool {
	if form == asBinary && len(read.GetUnknown()) > 0 {
		return false
	}
	return g.HasPresence() || many(g) || !alike(f, g, written.Get(f), g.Default())
}

// alike reports whether a reader sees in b what was written as a. A list of one
// is as good as the value in it, and entries are as good as a map.
func alike(f, g protoreflect.FieldDescriptor, a, b protoreflect.Value) bool {
	switch {
	case f.IsMap() != g.IsMap():
		return many(f) && many(g)
	case f.IsList() && !g.IsList():
		return a.List().Len() == 1 && sameItem(f, g, a.List().Get(0), b)
	case g.IsList() && !f.IsList():
		return b.List().Len() == 1 && sameItem(f, g, a, b.List().Get(0))
	case f.IsList():
		for i := range a.List().Len() {
			if b.List().Len() != a.List().Len() || !sameItem(f, g, a.List().Get(i), b.List().Get(i)) {
				return false
			}
		}
		return true
	case f.IsMap():
		return valueText(f, a) == valueText(g, b)
	}
	return sameItem(f, g, a, b)
}

// sameItem compares two values that may be of two types. Enums and bools count
// as numbers beside a number, and a message is the bytes that encode it.
func sameItem(f, g protoreflect.FieldDescriptor, a, b protoreflect.Value) bool {
	switch {
	case f.Kind() == g.Kind():
		return itemText(f, a) == itemText(g, b)
	case f.Message() != nil && g.Kind() == protoreflect.BytesKind:
		encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(a.Message().Interface())
		return err == nil && bytes.Equal(encoded, b.Bytes())
	}
	if x, y := numeric(a), numeric(b); x != nil && y != nil {
		return x.Cmp(y) == 0
	}
	return unquoted(f, a) == unquoted(g, b)
}

// unquoted is itemText with strings as they are: JSON hands the digits of a long
// number, or the name of an enum value, to a string unharmed.
func unquoted(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	if f.Kind() == protoreflect.StringKind {
		return v.String()
	}
	return itemText(f, v)
}

// numeric is the number that a value is or is encoded as, nil for one that is
// none.
func numeric(v protoreflect.Value) *big.Rat {
	switch x := v.Interface().(type) {
	case protoreflect.EnumNumber:
		return new(big.Rat).SetInt64(int64(x))
	case bool:
		if x {
			return big.NewRat(1, 1)
		}
		return new(big.Rat)
	case int32, int64:
		return new(big.Rat).SetInt64(v.Int())
	case uint32, uint64:
		return new(big.Rat).SetUint64(v.Uint())
	case float32, float64:
		return new(big.Rat).SetFloat64(v.Float())
	}
	return nil
}

// valueText writes a field's value for people, the same in both versions.
func valueText(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	switch {
	case f.IsMap():
		var entries []string
		v.Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
			entries = append(entries, itemText(f.MapKey(), key.Value())+": "+itemText(f.MapValue(), value))
			return true
		})
		slices.Sort(entries)
		return "{" + strings.Join(entries, ", ") + "}"
	case f.IsList():
		items := make([]string, v.List().Len())
		for i := range items {
			items[i] = itemText(f, v.List().Get(i))
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return itemText(f, v)
}

func itemText(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	if f.Message() == nil {
		return scalarText(f, v)
	}
	text, err := jsonText(v.Message().Interface())
	if err != nil {
		return err.Error()
	}
	return text
}

// scalarText writes a scalar: an enum by its name, where it has one.
func scalarText(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	switch x := v.Interface().(type) {
	case string:
		return strconv.Quote(x)
	case []byte:
		return strconv.Quote(string(x))
	case protoreflect.EnumNumber:
		if value := f.Enum().Values().ByNumber(x); value != nil {
			return string(value.Name())
		}
		return number(x)
	}
	return v.String()
}
