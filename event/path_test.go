package event

import (
	"testing"
)

func TestPaths(t *testing.T) {
	row := []byte(`{"a":{"b":[1,{"c":"x"}],"d.e":2},"text":"{\"a\":[true]}","plain":"{not"}`)
	tests := []struct{ path, want string }{
		{".", string(row)},
		{".a.b[0]", "1"},
		{".a.b[1].c", `"x"`},
		{"/a/b/1/c", `"x"`},
		{"/a/d.e", "2"},
		{".text.a[0]", "true"},
		{".a.b[2]", ""},
		{".a.b.c", ""},
		{".a[0]", ""},
		{".plain.a", ""},
		{".none.a", ""},
	}
	members, _, err := appendMembers(nil, row, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		p, err := parsePath(test.path)
		if err != nil {
			t.Error(err)
		}
		if got := string(p.in(row, members)); got != test.want {
			t.Errorf("%s leads to %q, want %q", test.path, got, test.want)
		}
	}
	for _, broken := range []string{"", "a", "..a", ".a.", ".a[", ".a[x]", ".a[-1]", ".a[1", ".[0]"} {
		if p, err := parsePath(broken); err == nil {
			t.Errorf("%q is read as %v", broken, p)
		}
	}
}

func TestPlainPath(t *testing.T) {
	tests := []struct{ typed, want string }{
		{".Item.pk.S", ".Item.pk"},
		{".Item.pk", ".Item.pk"},
		{".NewImage.pk.S", ".Item.pk"},
		{".dynamodb.NewImage.data.M.amount.N", ".Item.data.amount"},
		{".Item.list.L[0].S", ".Item.list[0]"},
		{".Item.list.L[0].M.S.S", ".Item.list[0].S"},
		{".Item.S.S", ".Item.S"},
		{".pk", ".Item.pk"},
		{".Item", ".Item"},
		{".written", ".written"},
		{"/Item/pk", "/Item/pk"},
	}
	for _, test := range tests {
		if got := plainPath(test.typed); got != test.want {
			t.Errorf("%s becomes %s, want %s", test.typed, got, test.want)
		}
	}
}

// TestPlacesParse: every path of the tables is one.
func TestPlacesParse(t *testing.T) {
	for _, f := range formats {
		for a, places := range f.places {
			for _, place := range places {
				if p, err := parsePath(place); err != nil || p.String() != place {
					t.Errorf("%s: %s at %s: %v %v", f.name, attribute(a), place, p, err)
				}
			}
		}
	}
}

func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{".", ".a.b[0]", "/a/b~1/0", ".a[0][1]", ".$x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePath(text)
		if err == nil && text[0] == '.' && p.String() != text {
			if again, err := parsePath(p.String()); err != nil || again.String() != p.String() {
				t.Errorf("%q is %q, which is %q: %v", text, p, again, err)
			}
		}
		_ = plainPath(text)
	})
}
