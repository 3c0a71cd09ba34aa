package protobuf

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/compat/enginetest"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// categoryNames maps what fixtures are called to what the option is.
var categoryNames = map[string]string{"wire": "WIRE", "wire-json": "WIRE_JSON", "file": "FILE"}

// order is the file that fixtures hold two versions of.
var order = schema.Schema{Subject: "OrderPlaced", Format: schema.Protobuf, File: "shop/order.proto"}

// The fixtures in testdata/rules show each rule in every category. They give
// places as ranges in the new version, and after a witness its bytes.
func TestRules(t *testing.T) {
	enginetest.Run(t, enginetest.Config{
		Family:   "proto/",
		Variants: []string{"wire", "wire-json", "file"},
		New:      func(t testing.TB, variant string) compat.Engine { return newEngine(t, categoryNames[variant]) },
		Like:     order,
		Confirm:  confirmWitness,
		Change: func(r *compat.Result, c *compat.Change) []string {
			return []string{"message: " + c.Message, "place: " + placeOf(r.Next.Locate(c.NewPointer))}
		},
		Witness: func(w report.Witness) string { return fmt.Sprintf("%s (%s)", w.Text, *w.Hex) },
	})
}

// confirmWitness judges a witness in another way than the engine does: it has to
// be one message of the writer in both forms, and the reader has to reject it or
// to read other values out of it.
func confirmWitness(old, next compat.Parsed, c compat.Change, d compat.Direction) error {
	writer, reader, w := old, next, c.Effect(d).Witness
	verdict := w.New
	if d == compat.ForwardDirection {
		writer, reader, verdict = next, old, w.Old
	}
	written, same, read := messageOf(writer, c), messageOf(writer, c), messageOf(reader, c)
	binary, err := hex.DecodeString(*w.Hex)
	if err != nil {
		return err
	}
	if err := proto.Unmarshal(binary, written); err != nil {
		return fmt.Errorf("the writer cannot read %s: %w", *w.Hex, err)
	}
	if err := protojson.Unmarshal([]byte(w.Text), same); err != nil {
		return fmt.Errorf("the writer cannot read its JSON: %w", err)
	}
	if !proto.Equal(written, same) {
		return fmt.Errorf("to the writer %s is %v, and its JSON %v", *w.Hex, written, same)
	}
	if strings.Contains(verdict, ": in JSON, ") {
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal([]byte(w.Text), read)
	} else {
		err = proto.Unmarshal(binary, read)
	}
	switch rejects := strings.HasPrefix(verdict, "rejects: "); {
	case !rejects && !strings.HasPrefix(verdict, "misreads: "):
		return fmt.Errorf("unknown verdict %q", verdict)
	case rejects && err == nil:
		return errors.New("the reader does not reject it")
	case !rejects && err != nil:
		return fmt.Errorf("the reader rejects it: %w", err)
	case !rejects && !misread(written, read):
		return fmt.Errorf("the reader reads %v as it was written", read)
	}
	return nil
}

// messageOf is an empty message of the type that a change is in. What is in none
// shows in the event.
func messageOf(p compat.Parsed, c compat.Change) *dynamicpb.Message {
	name := "OrderPlaced"
	if _, rest, ok := strings.Cut(c.Pointer, "/messages/"); ok {
		name, _, _ = strings.Cut(rest, "/")
	}
	version := p.(*parsed)
	for _, f := range append([]*source{version.root}, version.files...) {
		full := protoreflect.FullName(string(f.linked.Package()) + "." + name)
		if found, ok := f.linked.FindDescriptorByName(full).(protoreflect.MessageDescriptor); ok {
			return dynamicpb.NewMessage(found)
		}
	}
	panic("no version of the fixture has the message " + name)
}

// misread reports whether a field that was written, or its default, is read as
// something else.
func misread(written, read *dynamicpb.Message) bool {
	before, _ := jsonText(written)
	after, _ := jsonText(read)
	if before != after {
		return true
	}
	fields := written.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		g := read.Descriptor().Fields().ByNumber(f.Number())
		if g != nil && f.Default().IsValid() && g.Default().IsValid() && !written.Get(f).Equal(read.Get(g)) {
			return true
		}
	}
	return false
}

func newEngine(t testing.TB, category string) *Engine {
	t.Helper()
	e, err := New(Options{Category: category})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func mustParse(t testing.TB, e *Engine, s schema.Schema) compat.Parsed {
	t.Helper()
	p, err := e.Parse(s)
	if err != nil {
		t.Fatalf("parsing: %v", err)
	}
	return p
}

func parseText(t testing.TB, e *Engine, text string) compat.Parsed {
	t.Helper()
	return mustParse(t, e, schema.Schema{Subject: "OrderPlaced", Format: schema.Protobuf, File: "order.proto", Text: []byte(text)})
}

func mustCompare(t testing.TB, e *Engine, old, next compat.Parsed) *compat.Comparison {
	t.Helper()
	c, err := e.Compare(context.Background(), old, next, compat.Full.Directions())
	if err != nil {
		t.Fatalf("comparing: %v", err)
	}
	return c
}

func placeOf(l report.Location) string {
	return fmt.Sprintf("%s:%d:%d-%d:%d", l.File, l.Line, l.Column, l.EndLine, l.EndColumn)
}

// A rule counts from its category on, as its page says: its excerpts, which
// show it at its plainest, break there and not before.
func TestExcerptsFireTheirRule(t *testing.T) {
	for _, r := range rules {
		for i, name := range Categories {
			t.Run(r.id+" "+name, func(t *testing.T) {
				e := newEngine(t, name)
				c := mustCompare(t, e, parseText(t, e, r.before), parseText(t, e, r.after))
				j := slices.IndexFunc(c.Changes, func(c compat.Change) bool { return c.Rule == r.id })
				if j < 0 {
					t.Fatalf("the excerpts fire %v, want %s", rulesOf(c.Changes), r.id)
				}
				want := r.from != never && category(i+1) >= r.from
				if got := c.Changes[j].Backward.Breaks; got != want {
					t.Errorf("breaks backward: %t, want %t", got, want)
				}
			})
		}
	}
}

func rulesOf(changes []compat.Change) []string {
	names := make([]string, len(changes))
	for i, c := range changes {
		names[i] = c.Rule
	}
	return names
}
