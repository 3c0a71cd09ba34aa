package protobuf

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
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
		if d.interrupted() {
			return nil
		}
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
	after := byName(fresh.Messages())
	for i := range old.Messages().Len() {
		m := old.Messages().Get(i)
		n := after.find(i, m.Name())
		if d.interrupted() {
			return
		}
		if n == nil || m.IsMapEntry() {
			continue
		}
		fields := byNumber(n.Fields())
		for j := range m.Fields().Len() {
			f := m.Fields().Get(j)
			g := fields.find(j, f.Number())
			if e := fieldEnum(f); e != nil && g != nil && fieldEnum(g) != nil && d.sameType(e, fieldEnum(g)) {
				if _, known := d.carriers[e.FullName()]; !known {
					d.carriers[e.FullName()] = carrier{messagePair{old: m, new: n}, f.Number()}
				}
			}
		}
		d.findCarriers(m, n)
	}
}
