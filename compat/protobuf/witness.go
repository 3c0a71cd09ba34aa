package protobuf

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// form is one of the two forms of a message.
type form int

const (
	asBinary form = iota
	asJSON
)

// probe says where a message could show what a change does: which fields to set,
// and which to look at although they are not set. Without any, the message is
// empty but for its required fields.
type probe struct {
	pair   messagePair
	fields []protoreflect.FieldNumber
	unset  []protoreflect.FieldNumber
	form   form // the form in which there is something to see; asBinary tries both

	// Instead of pair and fields: a message with a field of the enum, set to value.
	enum  enumPair
	value protoreflect.EnumNumber
}

// witness looks for a message of one version that the other misreads or rejects.
func (d *differ) witness(c *change, direction compat.Direction, limit category) *report.Witness {
	for _, p := range c.probes {
		if p.enum.old != nil {
			carrier, ok := d.carrier(p.enum)
			if !ok {
				continue
			}
			p.pair, p.fields = carrier.pair, []protoreflect.FieldNumber{carrier.field}
		}
		t := trial{probe: p, writer: p.pair.old, reader: p.pair.new, direction: direction}
		if direction == compat.ForwardDirection {
			t.writer, t.reader = p.pair.new, p.pair.old
		}
		if p.form == asBinary {
			if w := t.run(asBinary); w != nil {
				return w
			}
		}
		if limit >= wireJSON {
			if w := t.run(asJSON); w != nil {
				return w
			}
		}
	}
	return nil
}

// trial writes messages with one version and reads them with the other.
type trial struct {
	probe
	writer, reader protoreflect.MessageDescriptor
	direction      compat.Direction
}

func (t trial) run(f form) *report.Witness {
	for round := range candidates {
		message, ok := t.message(round)
		if !ok {
			return nil
		}
		if w := t.judge(message, f); w != nil {
			return w
		}
		if len(t.fields) == 0 {
			return nil // every round writes the same message
		}
	}
	return nil
}

// candidates is the number of values that are tried for a field.
const candidates = 4

// message fills the fields of the probe with the values of a round.
func (t trial) message(round int) (*dynamicpb.Message, bool) {
	m := dynamicpb.NewMessage(t.writer)
	for i, n := range t.fields {
		f := t.writer.Fields().ByNumber(n)
		if f == nil || !t.fill(m, f, round, i) {
			return nil, false
		}
	}
	return m, complete(m, 0)
}

func (t trial) fill(m *dynamicpb.Message, f protoreflect.FieldDescriptor, round, salt int) bool {
	if t.enum.old == nil {
		return setField(m, f, round, salt)
	}
	// The writer need not know the value: in the other direction it does.
	if e := fieldEnum(f); e == nil || e.Values().ByNumber(t.value) == nil {
		return false
	}
	value := protoreflect.ValueOfEnum(t.value)
	switch {
	case f.IsMap():
		m.Mutable(f).Map().Set(sample(f.MapKey(), round, salt).MapKey(), value)
	case f.IsList():
		m.Mutable(f).List().Append(value)
	default:
		m.Set(f, value)
	}
	return true
}

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

// judge writes a message in a form, reads it with the other version, and returns
// a witness unless the reader sees the same.
func (t trial) judge(written *dynamicpb.Message, f form) *report.Witness {
	binary, err := proto.MarshalOptions{Deterministic: true}.Marshal(written)
	if err != nil {
		return nil
	}
	text, err := jsonText(written)
	if err != nil {
		return nil // such as a string of a kind that JSON cannot hold
	}
	read := dynamicpb.NewMessage(t.reader)
	in := ""
	if f == asJSON {
		in = "in JSON, "
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal([]byte(text), read)
	} else {
		err = proto.Unmarshal(binary, read)
	}
	verdict := ""
	if err != nil {
		verdict = "rejects: " + in + plain(err)
	} else if difference := t.misread(written, read, f); difference != "" {
		verdict = "misreads: " + in + difference
	} else {
		return nil
	}
	return t.report(binary, text, verdict)
}

func (t trial) report(binary []byte, text, verdict string) *report.Witness {
	var document any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&document) != nil {
		return nil
	}
	encoded := hex.EncodeToString(binary)
	w := &report.Witness{
		Encoding: "protobuf", Document: document, Text: text, Hex: &encoded, Origin: "search",
		Old: "accepts", New: verdict, DependsOn: []string{},
	}
	if t.direction == compat.ForwardDirection {
		w.Old, w.New = w.New, w.Old
	}
	return w
}

// jsonText is the JSON form of a message. protojson varies its spaces on purpose.
func jsonText(m proto.Message) (string, error) {
	loose, err := protojson.Marshal(m)
	if err != nil {
		return "", err
	}
	var text bytes.Buffer
	if err := json.Compact(&text, loose); err != nil {
		return "", err
	}
	return text.String(), nil
}

// plain is an error without the prefix and the spaces that the library varies.
func plain(err error) string {
	text := strings.ReplaceAll(err.Error(), "\u00a0", " ")
	return strings.TrimSpace(strings.TrimPrefix(text, "proto:"))
}

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

// carrier is a field that holds an enum in both versions.
type carrier struct {
	pair  messagePair
	field protoreflect.FieldNumber
}

// carrier finds a field through which values of an enum travel.
func (d *differ) carrier(p enumPair) (carrier, bool) {
	if d.carriers == nil {
		d.carriers = map[protoreflect.FullName]carrier{}
		d.findCarriers(d.old.descriptor(), d.new.descriptor())
	}
	c, ok := d.carriers[p.old.FullName()]
	return c, ok
}

func (d *differ) findCarriers(old, fresh holder) {
	for i := range old.Messages().Len() {
		m := old.Messages().Get(i)
		n := fresh.Messages().ByName(m.Name())
		if n == nil || m.IsMapEntry() {
			continue
		}
		for j := range m.Fields().Len() {
			f := m.Fields().Get(j)
			g := n.Fields().ByNumber(f.Number())
			if e := fieldEnum(f); e != nil && g != nil && fieldEnum(g) != nil && d.sameType(e, fieldEnum(g)) {
				if _, known := d.carriers[e.FullName()]; !known {
					d.carriers[e.FullName()] = carrier{messagePair{old: m, new: n}, f.Number()}
				}
			}
		}
		d.findCarriers(m, n)
	}
}
