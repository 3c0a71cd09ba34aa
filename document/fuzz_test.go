package document

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// values draws trees of the kinds that Parse returns.
func values() *rapid.Generator[any] {
	scalar := rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.String().Filter(utf8.ValidString), func(s string) any { return s }),
		rapid.Map(rapid.StringMatching(`-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,5})?([eE][+-]?[0-9]{1,3})?`), func(s string) any { return json.Number(s) }),
	)
	tree := scalar
	for range 3 {
		inner := tree
		tree = rapid.OneOf(scalar,
			rapid.Map(rapid.SliceOfN(inner, 0, 4), func(s []any) any {
				if s == nil {
					return []any{}
				}
				return s
			}),
			rapid.Map(rapid.MapOfN(rapid.StringN(0, 6, -1).Filter(utf8.ValidString), inner, 0, 4), func(m map[string]any) any {
				if m == nil {
					return map[string]any{}
				}
				return m
			}),
		)
	}
	return tree
}

// pointers lists the pointers of every value in a tree.
func pointers(value any) []string {
	found := []string{""}
	var walk func(string, any)
	walk = func(at string, value any) {
		switch v := value.(type) {
		case map[string]any:
			for key, member := range v {
				found = append(found, Join(at, key))
				walk(Join(at, key), member)
			}
		case []any:
			for i, element := range v {
				found = append(found, Join(at, strconv.Itoa(i)))
				walk(Join(at, strconv.Itoa(i)), element)
			}
		}
	}
	walk("", value)
	return found
}

// layouts writes a value in several layouts.
func layouts(value any) []string {
	var indented strings.Builder
	style{newline: "\r\n", unit: "\t", colon: ": ", comma: ", "}.write(&indented, value, "", true)
	return []string{Encode(value), indented.String()}
}

func TestParseInvertsEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := values().Draw(t, "value")
		for _, text := range layouts(value) {
			for _, name := range []string{"a.json", "a.yaml"} {
				d, err := Parse(name, []byte(text))
				if err != nil {
					t.Fatalf("parsing %q as %s: %v", text, name, err)
				}
				if diff := cmp.Diff(value, d.Value()); diff != "" {
					t.Fatalf("%s (-want +got):\n%s", name, diff)
				}
			}
		}
	})
}

func TestRangeSlicesTheValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := values().Draw(t, "value")
		for _, text := range layouts(value) {
			for _, name := range []string{"a.json", "a.yaml"} {
				d, err := Parse(name, []byte(text))
				if err != nil {
					t.Fatal(err)
				}
				for _, pointer := range pointers(value) {
					r, ok := d.Range(pointer)
					if !ok {
						t.Fatalf("no range for %q in %q", pointer, text)
					}
					part, err := Parse("a.json", []byte(slice(d, r)))
					if err != nil {
						t.Fatalf("%s: Range(%q) of %q = %q: %v", name, pointer, text, slice(d, r), err)
					}
					if diff := cmp.Diff(valueAt(value, Split(pointer)), part.Value()); diff != "" {
						t.Fatalf("Range(%q) of %q (-want +got):\n%s", pointer, text, diff)
					}
				}
			}
		}
	})
}

func TestEditsMeanWhatTheySay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value, other := values().Draw(t, "value"), values().Draw(t, "other")
		key := rapid.StringN(0, 6, -1).Filter(utf8.ValidString).Draw(t, "key")
		for _, text := range layouts(value) {
			d, err := Parse("a.json", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			check := func(what string, edit Edit, ok bool, want any) {
				if !ok {
					return
				}
				after, err := Parse("a.json", d.Apply(edit))
				if err != nil {
					t.Fatalf("%s of %q: %v", what, text, err)
				}
				if diff := cmp.Diff(want, after.Value()); diff != "" {
					t.Fatalf("%s of %q (-want +got):\n%s", what, text, diff)
				}
			}
			for _, pointer := range pointers(value) {
				path := Split(pointer)
				edit, ok := d.Replace(pointer, other)
				if !ok {
					t.Fatalf("cannot replace %q", pointer)
				}
				check("Replace "+pointer, edit, ok, replaced(value, path, other))
				edit, ok = d.Append(pointer, other)
				check("Append "+pointer, edit, ok, appended(value, path, other))
				edit, ok = d.Insert(pointer, key, other)
				check("Insert "+pointer, edit, ok, inserted(value, path, key, other))
				if edit, ok = d.Remove(pointer); ok {
					check("Remove "+pointer, edit, ok, removed(value, path))
				}
			}
		}
	})
}

// FuzzJSON compares with encoding/json: what Parse takes is valid JSON, and
// what it calls a syntax error is not.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `[1, 2.5e-3, -0]`, `{"a": {"b": [true, false, null]}}`, `{"a":1,"a":2}`, `"\ud83d\ude00"`, `"\ud800"`,
		"\ufeff[]", `[1,]`, `01`, `{"a" 1}`, `"a` + "\x00" + `"`, "\"\xff\"", `[[[[[[`, `nul`, `truefalse`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse("a.json", []byte(text))
		plain := strings.TrimPrefix(text, byteOrderMark)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 {
				t.Fatalf("error without a place: %v", err)
			}
			if (e.Code == CodeSyntax || e.Code == CodeEmpty) && json.Valid([]byte(plain)) {
				t.Fatalf("%q is valid JSON, Parse says %v", text, err)
			}
			return
		}
		if !json.Valid([]byte(plain)) {
			t.Fatalf("%q is not valid JSON, Parse takes it", text)
		}
		exercise(t, d)
	})
}

// FuzzYAML looks for panics, and for edits that do not read back.
func FuzzYAML(f *testing.F) {
	for _, seed := range []string{
		"a: 1\nb: [x, {y: z}]\n", "- a\n- - b\n  - c: d\n", "a: &x {k: v}\nb: *x\nc: {<<: *x}\n", "a: |\n  text\n\nb: >-\n  x\n   y\n",
		"? a\n: b\n", "!!str 5", "a: !!binary aGk=\n", "\"q\\\n  r\": 's''t'\n", "---\na: 1\n...\n", "[a: b, c]", "a:\n- b\nc:", "&a [*a]", "{a: , b}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse("a.yaml", []byte(text))
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 {
				t.Fatalf("error without a place: %v", err)
			}
			return
		}
		exercise(t, d)
	})
}

// exercise asks for every position and some edits.
func exercise(t *testing.T, d *Document) {
	all := pointers(d.Value())
	if len(all) > 50 {
		all = all[:50]
	}
	for _, pointer := range all {
		r, ok := d.Range(pointer)
		if !ok {
			t.Fatalf("no range for %q", pointer)
		}
		if d.offset(r.End) < d.offset(r.Start) {
			t.Fatalf("Range(%q) ends before it starts: %v", pointer, r)
		}
		d.Member(pointer)
		if edit, ok := d.Replace(pointer, "x"); ok {
			if _, err := Parse(d.Name(), d.Apply(edit)); err != nil {
				t.Fatalf("Replace(%q): %v", pointer, err)
			}
		}
		for _, edit := range []func() (Edit, bool){
			func() (Edit, bool) { return d.Remove(pointer) },
			func() (Edit, bool) { return d.Insert(pointer, "new", []any{}) },
			func() (Edit, bool) { return d.Append(pointer, map[string]any{"k": "v"}) },
		} {
			if e, ok := edit(); ok {
				if _, err := Parse(d.Name(), d.Apply(e)); err != nil {
					t.Fatalf("edit at %q: %v", pointer, err)
				}
			}
		}
	}
}
