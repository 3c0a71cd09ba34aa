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
	var long []string
	for i := range 16 {
		long = append(long, fmt.Sprint("field", i))
	}
	avro := text("OrderPlaced", order...)
	avro.Format = schema.Avro
	tests := []struct {
		name     string
		old, new []schema.Schema
		want     []Rename
	}{
		{"nothing", nil, nil, nil},
		{"equal bytes", []schema.Schema{text("a", order...)}, []schema.Schema{text("b", order...)}, []Rename{{"a", "b", 100}}},
		{"half of the text and the same name", []schema.Schema{text("old/Placed", order...)}, []schema.Schema{text("new/Placed", changed...)}, []Rename{{"old/Placed", "new/Placed", 87}}},
		{"half of the text and a slip mended", []schema.Schema{text("OrderPlcaed", order...)}, []schema.Schema{text("order-placed", changed...)}, []Rename{{"OrderPlcaed", "order-placed", 87}}},
		{"half of the text and another name", []schema.Schema{text("OrderCancelled", order...)}, []schema.Schema{text("OrderConfirmed", changed...)}, nil},
		{"nearly all of the text", []schema.Schema{text("OrderCancelled", long...)}, []schema.Schema{text("OrderConfirmed", append(long, "note")...)}, []Rename{{"OrderCancelled", "OrderConfirmed", 97}}},
		{"the same name and another text", []schema.Schema{text("old/Placed", order...)}, []schema.Schema{text("new/Placed", other...)}, nil},
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

func TestAlike(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"orders/OrderPlaced", "sales/OrderPlaced", true},
		{"OrderPlaced", "order_placed", true},
		{"OrderPlced", "OrderPlaced", true},
		{"OrderPlcaed", "OrderPlaced", true},
		{"OrderPlaced", "OrderPlaced2", false},
		{"OrderPlacedV1", "OrderPlacedV2", false},
		{"OrderCancelled", "OrderConfirmed", false},
		{"AccountLocked", "AccountUnlocked", false},
		{"On", "Or", false},
	}
	for _, test := range tests {
		if got := alike(test.a, test.b); got != test.want || got != alike(test.b, test.a) {
			t.Errorf("alike(%q, %q) = %v", test.a, test.b, got)
		}
	}
}

func TestCertainRenames(t *testing.T) {
	for rename, want := range map[Rename]bool{
		{"a/One", "b/One", 60}: true,
		{"One", "Two", 100}:    true,
		{"One", "Two", 99}:     false,
		{"One", "Onee", 60}:    false,
	} {
		if rename.Certain() != want {
			t.Errorf("%+v: Certain() = %v", rename, !want)
		}
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
