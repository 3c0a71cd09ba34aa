package avro

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/compat"
)

// event is a record of some fields of all kinds, and a last one.
func event(fields int, last string) string {
	types := []string{
		`"string"`, `"long"`, `["null", "string"]`, `{"type": "long", "logicalType": "timestamp-millis"}`,
		`{"type": "array", "items": "string"}`, `{"type": "map", "values": "double"}`,
	}
	var b strings.Builder
	b.WriteString(`{"type": "record", "name": "Order", "namespace": "com.shop", "fields": [`)
	for i := range fields {
		if i%10 == 9 {
			fmt.Fprintf(&b, `{"name": "f%d", "type": {"type": "record", "name": "R%d", "fields": [{"name": "a", "type": "int"}, {"name": "b", "type": "string", "default": ""}]}},`, i, i)
			continue
		}
		fmt.Fprintf(&b, `{"name": "f%d", "type": %s},`, i, types[i%len(types)])
	}
	b.WriteString(`{"name": "last", "type": ` + last + `}]}`)
	return b.String()
}

// BenchmarkCompare judges a parsed pair of an event of 20 fields at level
// BACKWARD: one without findings, and ones with a checked witness.
func BenchmarkCompare(b *testing.B) {
	const before = `["null", {"type": "enum", "name": "By", "symbols": ["CARD", "CASH"]}]`
	for _, bench := range []struct{ name, after string }{
		{"unchanged", before},
		{"compatible", `["null", {"type": "enum", "name": "By", "symbols": ["CARD", "CASH", "INVOICE"]}]`},
		{"symbol-removed", `["null", {"type": "enum", "name": "By", "symbols": ["CARD"]}]`},
		{"field-added", before + `}, {"name": "coupon", "type": ["null", "string"]`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			e := newEngine(b)
			old, next := parseText(b, e, event(20, before)), parseText(b, e, event(20, bench.after))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Compare(context.Background(), old, next, compat.Backward.Directions()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkParse reads an event of 20 fields.
func BenchmarkParse(b *testing.B) {
	e := newEngine(b)
	text := event(20, `"string"`)
	for b.Loop() {
		parseText(b, e, text)
	}
}

// BenchmarkWide judges an event of 1,000 fields with one break.
func BenchmarkWide(b *testing.B) {
	e := newEngine(b)
	old, next := parseText(b, e, event(1000, `"string"`)), parseText(b, e, event(1000, `"int"`))
	for b.Loop() {
		if _, err := e.Compare(context.Background(), old, next, compat.Full.Directions()); err != nil {
			b.Fatal(err)
		}
	}
}
