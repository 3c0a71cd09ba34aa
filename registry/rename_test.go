package registry

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/schema"
)

func text(subject string, fields ...string) schema.Schema {
	var b strings.Builder
	b.WriteString("{\n  \"type\": \"object\",\n  \"properties\": {\n")
	for _, field := range fields {
		fmt.Fprintf(&b, "    %q: {\"type\": \"string\"},\n", field)
	}
	b.WriteString("  }\n}\n")
	return schema.Schema{Subject: subject, Format: schema.JSON, Text: []byte(b.String())}
}

func TestRenames(t *testing.T) {
	order := []string{"orderId", "total", "currency", "customer", "placedAt"}
	changed := []string{"orderId", "total", "currency", "customer", "coupon"}
	other := []string{"iban", "amount", "reference", "bank", "purpose"}
	avro := text("OrderPlaced", order...)
	avro.Format = schema.Avro
	tests := []struct {
		name     string
		old, new []schema.Schema
		want     []Rename
	}{
		{"nothing", nil, nil, nil},
		{"equal bytes", []schema.Schema{text("a", order...)}, []schema.Schema{text("b", order...)}, []Rename{{"a", "b", 100}}},
		{"similar", []schema.Schema{text("a", order...)}, []schema.Schema{text("b", changed...)}, []Rename{{"a", "b", 87}}},
		{"too different", []schema.Schema{text("a", order...)}, []schema.Schema{text("b", other...)}, nil},
		{"another format", []schema.Schema{avro}, []schema.Schema{text("b", order...)}, nil},
		{"the best wins", []schema.Schema{text("a", order...), text("c", changed...)}, []schema.Schema{text("x", changed...), text("y", order...)},
			[]Rename{{"c", "x", 100}, {"a", "y", 100}}},
		{"one old is used once", []schema.Schema{text("a", order...)}, []schema.Schema{text("x", order...), text("y", order...)}, []Rename{{"a", "x", 100}}},
		{"a moved file keeps its name", []schema.Schema{text("a/One", order...), text("a/Two", order...)}, []schema.Schema{text("b/Two", order...), text("b/One", order...)},
			[]Rename{{"a/One", "b/One", 100}, {"a/Two", "b/Two", 100}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Renames(test.old, test.new)); diff != "" {
				t.Errorf("renames (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRenamesIgnoreOrderAndScale(t *testing.T) {
	const count = 3000
	var old, new []schema.Schema
	for i := range count {
		var fields []string
		for k := range 8 {
			fields = append(fields, fmt.Sprintf("field%d_%d", i, k))
		}
		old = append(old, text(fmt.Sprintf("old/%04d", i), fields...))
		new = append(new, text(fmt.Sprintf("new/%04d", i), append(fields, "extra")...))
	}
	want := Renames(old, new)
	if len(want) != count || want[7].Old != "old/0007" || want[7].New != "new/0007" {
		t.Fatalf("%d renames, the eighth %+v", len(want), want[min(7, len(want)-1)])
	}
	shuffle := rand.New(rand.NewPCG(1, 2))
	shuffle.Shuffle(count, func(i, j int) { old[i], old[j] = old[j], old[i] })
	shuffle.Shuffle(count, func(i, j int) { new[i], new[j] = new[j], new[i] })
	if diff := cmp.Diff(want, Renames(old, new)); diff != "" {
		t.Errorf("another order of the same schemas (-want +got):\n%s", diff)
	}
}
