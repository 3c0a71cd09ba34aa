package cmd

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMirrored(t *testing.T) {
	known := []string{"Placed", "eu/orders/Placed", "orders/Placed", "stock/Reserved"} // sorted
	tests := []struct {
		name, folder, whole string
		subjects            []string
		want                string
	}{
		{"the same layout", "/home/next", "", []string{"orders/Placed", "stock/Reserved"}, "."},
		{"a part of it", "/home/next/orders", "", []string{"Placed", "Shipped"}, "orders"},
		{"the longest end", "/home/next/eu/orders", "", []string{"Placed"}, "eu/orders"},
		{"a folder of versions", "/home/next/stock/Reserved", "Reserved", []string{"Reserved"}, "stock/Reserved"},
		{"the same folder name and nothing in it that is known", "/home/next/orders", "", []string{"Shipped"}, "."},
		{"elsewhere", "/home/next/returns", "", []string{"Placed"}, "."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := mirrored(test.folder, test.whole, test.subjects, known); got != test.want {
				t.Errorf("mirrored = %q, want %q", got, test.want)
			}
		})
	}
}

func TestTails(t *testing.T) {
	for path, want := range map[string][]string{
		"/a/b/c": {"a/b/c", "b/c", "c"},
		"a":      {"a"},
	} {
		if diff := cmp.Diff(want, tails(path)); diff != "" {
			t.Errorf("tails(%q) (-want +got):\n%s", path, diff)
		}
	}
}

func TestCounterpart(t *testing.T) {
	tests := []struct {
		name     string
		baseline source
		roots    []root
		file     string
		want     string
	}{
		{"a revision", source{wholeRepository: true, root: "."}, []root{{"schemas", "."}}, "schemas/a.json", "schemas/a.json"},
		{"another folder", source{root: "old"}, []root{{"new", "."}}, "old/orders/a.json", "new/orders/a.json"},
		{"a part of it", source{root: "old"}, []root{{"new/orders", "orders"}}, "old/orders/a.json", "new/orders/a.json"},
		{"two parts", source{root: "old"}, []root{{"new/orders", "orders"}, {"new/stock", "stock"}}, "old/stock/a.json", "new/stock/a.json"},
		{"the root of the repository", source{root: "."}, []root{{"new", "."}}, "a.json", "new/a.json"},
		{"no folder", source{root: "old"}, nil, "old/a.json", "old/a.json"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := &schemaCheck{baseline: &test.baseline, checked: &tree{roots: test.roots}}
			if got := c.counterpart(test.file); got != test.want {
				t.Errorf("counterpart(%q) = %q, want %q", test.file, got, test.want)
			}
		})
	}
}
