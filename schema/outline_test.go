package schema

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// spotOf is a spot of one type, which mentions other types by name.
func spotOf(path, name string, types map[string][]string) *Spot {
	return &Spot{
		Field: Field{Path: path}, Holders: []any{name}, Hidden: path == "",
		Below: func() []*Spot {
			var below []*Spot
			for _, inner := range types[name] {
				below = append(below, spotOf(MemberPath(path, inner), inner, types))
			}
			return below
		},
	}
}

func paths(fields []Field) []string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = f.Path
	}
	return list
}

// A type is listed wherever it is used, but not inside of itself.
func TestOutlineListsRecursiveTypesOnce(t *testing.T) {
	types := map[string][]string{"order": {"billing", "lines", "shipping"}, "billing": {"address"}, "shipping": {"address"}, "lines": {"order", "sku"}}
	want := []string{"billing", "billing.address", "lines", "lines.order", "lines.sku", "shipping", "shipping.address"}
	if diff := cmp.Diff(want, paths(Outline(spotOf("", "order", types)))); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
}

// Types that all mention each other have more paths than anybody can list. The
// nearest to the top are all there.
func TestOutlineIsBounded(t *testing.T) {
	types := map[string][]string{}
	var all []string
	for i := range 30 {
		all = append(all, fmt.Sprintf("t%02d", i))
	}
	for _, name := range append(all, "root") {
		types[name] = all
	}
	listed := map[string]bool{}
	for _, f := range Outline(spotOf("", "root", types)) {
		if listed[f.Path] {
			t.Fatalf("%s is listed twice", f.Path)
		}
		listed[f.Path] = true
	}
	if len(listed) < maxFields || len(listed) > maxFields+len(all) {
		t.Errorf("%d fields are listed, want about %d", len(listed), maxFields)
	}
	for _, outer := range all {
		for _, inner := range all {
			if path := outer + "." + inner; !listed[path] {
				t.Fatalf("%s is left out", path)
			}
		}
	}
}

// A chain of types is followed as deep as documents are read.
func TestOutlineEndsBelowDeepChains(t *testing.T) {
	types := map[string][]string{}
	for i := range 2 * maxLevels {
		types[fmt.Sprint(i)] = []string{fmt.Sprint(i + 1)}
	}
	if got := len(Outline(spotOf("", "0", types))); got != maxLevels {
		t.Errorf("%d fields are listed, want %d", got, maxLevels)
	}
}

func TestPaths(t *testing.T) {
	for _, row := range []struct{ got, want string }{
		{MemberPath("", "email"), "email"},
		{MemberPath("customer", "email"), "customer.email"},
		{MemberPath(ElementPath("items"), "sku"), "items[].sku"},
		{MemberPath(ValuePath("labels"), "text"), "labels[*].text"},
		{MemberPath("", ""), `[""]`},
		{MemberPath("a", "b.c"), `a["b.c"]`},
		{MemberPath("a", `b"[*]`), `a["b\"[*]"]`},
		{MemberPath("a", "b\nc"), `a["b\nc"]`},
		{MemberPath("", "Straße $ref/1"), "Straße $ref/1"},
		{ElementPath(""), "[]"},
		{ValuePath(ElementPath("a")), "a[][*]"},
	} {
		if row.got != row.want {
			t.Errorf("got %s, want %s", row.got, row.want)
		}
	}
}

func TestSplitPath(t *testing.T) {
	for _, test := range []struct{ path, outer, name string }{
		{"", "", ""}, {"email", "", "email"}, {"a.b.c", "a.b", "c"}, {"items[].sku", "items[]", "sku"},
		{MemberPath("customer", "e.mail"), "customer", "e.mail"}, {MemberPath("", `a["b"]`), "", `a["b"]`}, {MemberPath("a.b", ""), "a.b", ""},
	} {
		if outer, name := SplitPath(test.path); outer != test.outer || name != test.name {
			t.Errorf("SplitPath(%q) = %q, %q, want %q, %q", test.path, outer, name, test.outer, test.name)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		outer := ""
		for _, name := range rapid.SliceOfN(rapid.String(), 1, 4).Draw(t, "names") {
			path := MemberPath(outer, name)
			if gotOuter, gotName := SplitPath(path); gotOuter != outer || gotName != name {
				t.Fatalf("%q is split into %q and %q", path, gotOuter, gotName)
			}
			outer = path
		}
	})
}
