package protobuf

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/compat"
)

var scalars = []string{
	"int32", "int64", "uint32", "uint64", "bool", "sint32", "sint64", "fixed32", "sfixed32", "fixed64", "sfixed64",
	"float", "double", "string", "bytes", "Payment", "Item", "map<string, int32>", "map<int32, Item>",
}

// drawFile draws a file with one event. Numbers and names come from a small
// range, so that two files have much in common.
func drawFile(t *rapid.T) string {
	var b strings.Builder
	b.WriteString("syntax = \"proto3\";\npackage shop.v1;\nmessage OrderPlaced {\n")
	var oneof []string
	for n := 1; n <= 6; n++ {
		if rapid.IntRange(0, 3).Draw(t, "absent") == 0 {
			if rapid.Bool().Draw(t, "reserved") {
				fmt.Fprintf(&b, "  reserved %d;\n", n)
			}
			continue
		}
		name := fmt.Sprintf("f%d", n)
		if rapid.IntRange(0, 5).Draw(t, "renamed") == 0 {
			name = fmt.Sprintf("g%d", n)
		}
		kind := rapid.SampledFrom(scalars).Draw(t, "kind")
		label := rapid.SampledFrom([]string{"", "", "optional ", "repeated ", "oneof"}).Draw(t, "label")
		switch {
		case strings.HasPrefix(kind, "map"):
			label = ""
		case label == "oneof":
			oneof = append(oneof, fmt.Sprintf("    %s %s = %d;\n", kind, name, n))
			continue
		}
		fmt.Fprintf(&b, "  %s%s %s = %d;\n", label, kind, name, n)
	}
	if len(oneof) > 0 {
		fmt.Fprintf(&b, "  oneof choice {\n%s  }\n", strings.Join(oneof, ""))
	}
	b.WriteString("}\nenum Payment {\n  UNKNOWN = 0;\n")
	for n := 1; n <= 3; n++ {
		if rapid.Bool().Draw(t, "value") {
			fmt.Fprintf(&b, "  %s%d = %d;\n", rapid.SampledFrom([]string{"A", "A", "B"}).Draw(t, "name"), n, n)
		}
	}
	b.WriteString("}\nmessage Item {\n  string sku = 1;\n")
	if rapid.Bool().Draw(t, "count") {
		fmt.Fprintf(&b, "  %s count = 2;\n", rapid.SampledFrom(scalars[:15]).Draw(t, "count type"))
	}
	b.WriteString("}\n")
	return b.String()
}

// The categories nest: what breaks in one breaks in all stricter ones.
func TestCategoriesNest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		old, next := drawFile(rt), drawFile(rt)
		var before *compat.Comparison
		for _, category := range Categories {
			e := newEngine(t, category)
			c := mustCompare(t, e, parseText(t, e, old), parseText(t, e, next))
			if before != nil {
				for i := range c.Changes {
					for _, d := range compat.Full.Directions() {
						if before.Changes[i].Effect(d).Breaks && !c.Changes[i].Effect(d).Breaks {
							rt.Fatalf("%s breaks %s below %s and not there", c.Changes[i].Message, d, category)
						}
					}
				}
			}
			before = c
		}
	})
}

// Formatting and comments are no change, and neither is a file's name.
func TestFormattingIsNoChange(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := drawFile(rt)
		e := newEngine(t, "FILE")
		loose := strings.NewReplacer(";\n", " ; // note\n\n", "  ", "\t").Replace(text)
		if c := mustCompare(t, e, parseText(t, e, text), parseText(t, e, loose)); len(c.Changes) > 0 {
			rt.Fatalf("%v", rulesOf(c.Changes))
		}
	})
}

func TestWitnessesHold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := newEngine(t, rapid.SampledFrom(Categories).Draw(rt, "category"))
		old, next := parseText(t, e, drawFile(rt)).(*parsed), parseText(t, e, drawFile(rt)).(*parsed)
		for _, c := range mustCompare(t, e, old, next).Changes {
			for _, d := range compat.Full.Directions() {
				if w := c.Effect(d).Witness; w != nil {
					if err := confirmWitness(old, next, c, d); err != nil {
						rt.Fatalf("%s: the witness %s does not hold: %v", c.Message, w.Text, err)
					}
				}
			}
		}
	})
}

// What WIRE calls compatible can be decoded, whatever the message.
func TestCompatibleMessagesDecode(t *testing.T) {
	e := newEngine(t, "WIRE")
	rapid.Check(t, func(rt *rapid.T) {
		old, next := parseText(t, e, drawFile(rt)).(*parsed), parseText(t, e, drawFile(rt)).(*parsed)
		c, err := e.Compare(context.Background(), old, next, nil)
		if err != nil {
			rt.Fatal(err)
		}
		if c.Backward.Verdict != compat.Compatible {
			return
		}
		from, into := old.descriptor().Messages().ByName("OrderPlaced"), next.descriptor().Messages().ByName("OrderPlaced")
		m := dynamicpb.NewMessage(from)
		for i := range from.Fields().Len() {
			setField(m, from.Fields().Get(i), rapid.IntRange(0, candidates-1).Draw(rt, "round"), i)
		}
		binary, err := proto.Marshal(m)
		if err != nil {
			return
		}
		if err := proto.Unmarshal(binary, dynamicpb.NewMessage(into)); err != nil {
			rt.Fatalf("compatible, but %x cannot be read: %v", binary, err)
		}
	})
}

// In the directions that nobody demands a verdict without witnesses will do, and
// it is the same verdict.
func TestVerdictsDoNotDependOnDemand(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := newEngine(t, rapid.SampledFrom(Categories).Draw(rt, "category"))
		old, next := parseText(t, e, drawFile(rt)), parseText(t, e, drawFile(rt))
		full := mustCompare(t, e, old, next)
		quick, err := e.Compare(context.Background(), old, next, nil)
		if err != nil {
			rt.Fatal(err)
		}
		if full.Backward.Verdict != quick.Backward.Verdict || full.Forward.Verdict != quick.Forward.Verdict || !slices.Equal(rulesOf(full.Changes), rulesOf(quick.Changes)) {
			rt.Fatal("the verdicts differ")
		}
	})
}
