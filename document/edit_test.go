package document

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func n(text string) json.Number { return json.Number(text) }

func TestEdit(t *testing.T) {
	schema := map[string]any{"type": "string", "enum": []any{"a", "b"}}
	replace := func(pointer string, value any) func(*Document) (Edit, bool) {
		return func(d *Document) (Edit, bool) { return d.Replace(pointer, value) }
	}
	insert := func(pointer, key string, value any) func(*Document) (Edit, bool) {
		return func(d *Document) (Edit, bool) { return d.Insert(pointer, key, value) }
	}
	add := func(pointer string, value any) func(*Document) (Edit, bool) {
		return func(d *Document) (Edit, bool) { return d.Append(pointer, value) }
	}
	remove := func(pointer string) func(*Document) (Edit, bool) {
		return func(d *Document) (Edit, bool) { return d.Remove(pointer) }
	}
	tests := []struct {
		name, file, text string
		edit             func(*Document) (Edit, bool)
		want             string // empty when there is no such edit
	}{
		{"replace a scalar", "a.json", "{\n  \"a\": 1\n}\n", replace("/a", "x"), "{\n  \"a\": \"x\"\n}\n"},
		{"replace by an object", "a.json", "{\n\t\"a\": 1\n}\n", replace("/a", schema), "{\n\t\"a\": {\n\t\t\"enum\": [\"a\", \"b\"],\n\t\t\"type\": \"string\"\n\t}\n}\n"},
		{"replace in one line", "a.json", "{\n  \"a\": {\"b\": 1}\n}\n", replace("/a", schema), "{\n  \"a\": {\"enum\": [\"a\", \"b\"], \"type\": \"string\"}\n}\n"},
		{"replace in compact text", "a.json", `{"a":1}`, replace("/a", schema), `{"a":{"enum":["a","b"],"type":"string"}}`},
		{"replace the document", "a.json", " 1\n", replace("", []any{}), " []\n"},
		{"replace nothing", "a.json", `{"a":1}`, replace("/b", n("1")), ""},
		{"insert with CRLF and mark", "a.json", "\ufeff{\r\n    \"a\": {\r\n        \"b\": 1\r\n    }\r\n}\r\n", insert("/a", "c", schema),
			"\ufeff{\r\n    \"a\": {\r\n        \"b\": 1,\r\n        \"c\": {\r\n            \"enum\": [\"a\", \"b\"],\r\n            \"type\": \"string\"\r\n        }\r\n    }\r\n}\r\n"},
		{"insert in one line", "a.json", `{ "a": 1, "b": 2 }`, insert("", "c", n("3")), `{ "a": 1, "b": 2, "c": 3 }`},
		{"insert after one", "a.json", `{"a": 1}`, insert("", "c", n("3")), `{"a": 1, "c": 3}`},
		{"insert compact", "a.json", `{"a":1}`, insert("", "c", n("3")), `{"a":1,"c":3}`},
		{"insert into empty", "a.json", "{\n  \"a\": {}\n}\n", insert("/a", "c", n("3")), "{\n  \"a\": {\n    \"c\": 3\n  }\n}\n"},
		{"insert into empty document", "a.json", "{}", insert("", "c", n("3")), `{"c": 3}`},
		{"insert a key that is there", "a.json", `{"a":1}`, insert("", "a", n("3")), ""},
		{"insert into an array", "a.json", `[1]`, insert("", "a", n("3")), ""},
		{"append in lines", "a.json", "{\n  \"a\": [\n    1\n  ]\n}", add("/a", n("2")), "{\n  \"a\": [\n    1,\n    2\n  ]\n}"},
		{"append in a line", "a.json", `{"a": ["x", "y"]}`, add("/a", "z"), `{"a": ["x", "y", "z"]}`},
		{"append tight", "a.json", `{"a": ["x","y"]}`, add("/a", "z"), `{"a": ["x","y","z"]}`},
		{"append to empty", "a.json", `{"a": []}`, add("/a", "z"), `{"a": ["z"]}`},
		{"remove the first", "a.json", "{\n  \"a\": 1,\n  \"b\": 2\n}", remove("/a"), "{\n  \"b\": 2\n}"},
		{"remove the last", "a.json", "{\n  \"a\": 1,\n  \"b\": 2\n}", remove("/b"), "{\n  \"a\": 1\n}"},
		{"remove the middle", "a.json", `[1, 2, 3]`, remove("/1"), `[1, 3]`},
		{"remove the only", "a.json", `{ "a": 1 }`, remove("/a"), `{}`},
		{"remove the document", "a.json", `{}`, remove(""), ""},

		{"yaml replace", "a.yaml", "a: 1 # one\nb: 2\n", replace("/a", "x"), "a: x # one\nb: 2\n"},
		{"yaml replace looks like a number", "a.yaml", "a: 1\n", replace("/a", "1"), "a: \"1\"\n"},
		{"yaml replace nothing", "a.yaml", "a:\nb: 2\n", replace("/a", n("1")), "a: 1\nb: 2\n"},
		{"yaml replace a block", "a.yaml", "a:\n  b: 1\nc: 2\n", replace("/a", schema), "a:\n  enum:\n    - a\n    - b\n  type: string\nc: 2\n"},
		{"yaml replace a block by a scalar", "a.yaml", "a:\n- x\n- y\nc: 2\n", replace("/a", n("5")), "a: 5\nc: 2\n"},
		{"yaml replace a literal", "a.yaml", "a: |\n  x\n  y\nc: 2\n", replace("/a", "z"), "a: z\nc: 2\n"},
		{"yaml replace through an alias", "a.yaml", "a: &x {k: 1}\nb: *x\n", replace("/b/k", n("2")), ""},
		{"yaml replace an alias", "a.yaml", "a: &x {k: 1}\nb: *x\n", replace("/b", n("2")), "a: &x {k: 1}\nb: 2\n"},
		{"yaml insert", "a.yaml", "a:\n  b: 1 # one\nc: 2\n", insert("/a", "d", schema), "a:\n  b: 1 # one\n  d:\n    enum:\n      - a\n      - b\n    type: string\nc: 2\n"},
		{"yaml insert at the end", "a.yaml", "a: 1", insert("", "d", n("2")), "a: 1\nd: 2"},
		{"yaml insert CRLF", "a.yaml", "a: 1\r\nb:\r\n  c: 1\r\n", insert("", "d", n("2")), "a: 1\r\nb:\r\n  c: 1\r\nd: 2\r\n"},
		{"yaml insert after a literal", "a.yaml", "a: |\n  x\nb: 1\n", insert("", "on", "off"), "a: |\n  x\nb: 1\n\"on\": \"off\"\n"},
		{"yaml insert in flow", "a.yaml", "a: {b: 1}\n", insert("/a", "c", []any{n("1")}), "a: {b: 1, c: [1]}\n"},
		{"yaml insert in empty flow", "a.yaml", "a: {}\n", insert("/a", "c", n("1")), "a: {c: 1}\n"},
		{"yaml append", "a.yaml", "a:\n- x\n- k: 1\n  z: 2\nb: 1\n", add("/a", map[string]any{"k": n("2"), "z": n("3")}), "a:\n- x\n- k: 1\n  z: 2\n- k: 2\n  z: 3\nb: 1\n"},
		{"yaml append in flow", "a.yaml", "a: [x, y]\n", add("/a", "z"), "a: [x, y, z]\n"},
		{"yaml remove", "a.yaml", "a: 1\nb:\n  c: 2\nd: 3\n", remove("/b"), "a: 1\nd: 3\n"},
		{"yaml remove the last", "a.yaml", "a: 1\nb: 2", remove("/b"), "a: 1"},
		{"yaml remove the only", "a.yaml", "a:\n  b: 1\nc: 2\n", remove("/a/b"), "a:\n  {}\nc: 2\n"},
		{"yaml remove an element", "a.yaml", "a:\n- x\n- y\n- z\n", remove("/a/1"), "a:\n- x\n- z\n"},
		{"yaml remove the only element", "a.yaml", "a:\n- x\nb: 1\n", remove("/a/0"), "a: []\nb: 1\n"},
		{"yaml remove the first of a compact mapping", "a.yaml", "a:\n- x: 1\n  y: 2\n", remove("/a/0/x"), "a:\n- y: 2\n"},
		{"yaml remove in flow", "a.yaml", "a: [x, y]\n", remove("/a/1"), "a: [x]\n"},
		{"yaml remove an anchor in use", "a.yaml", "a: &x 1\nb: *x\n", remove("/a"), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := mustParse(t, test.file, test.text)
			edit, ok := test.edit(d)
			if ok != (test.want != "") {
				t.Fatalf("ok = %v", ok)
			}
			if !ok {
				return
			}
			if diff := cmp.Diff(test.want, string(d.Apply(edit))); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestApplySeveral(t *testing.T) {
	d := mustParse(t, "a.json", `{"é": 1, "b": [1, 2], "c": 3}`)
	first, _ := d.Replace("/é", "😀")
	second, _ := d.Append("/b", n("3"))
	third, _ := d.Replace("/b", nil) // overlaps the second
	got := string(d.Apply(third, second, first))
	if want := `{"é": "😀", "b": null, "c": 3}`; got != want {
		t.Errorf("Apply = %s, want %s", got, want)
	}
	if string(d.Apply()) != string(d.Text()) {
		t.Error("no edits change the text")
	}
}

func TestLongListTakesLines(t *testing.T) {
	d := mustParse(t, "a.json", "{\n  \"a\": 1\n}")
	var long []any
	for i := range 20 {
		long = append(long, fmt.Sprintf("member%d", i))
	}
	edit, _ := d.Replace("/a", long)
	if got := string(d.Apply(edit)); strings.Count(got, "\n") != 2+21 {
		t.Errorf("a long list stays on one line:\n%s", got)
	}
}

func TestRemoveMembers(t *testing.T) {
	for _, row := range []struct {
		name, file, text string
		keys             []string
		want             string // empty when it cannot be done
	}{
		{"in the middle", "a.json", `{"a": 1, "b": 2, "c": 3, "d": 4}`, []string{"b", "c"}, `{"a": 1, "d": 4}`},
		{"at the start", "a.json", `{"a": 1, "b": 2, "c": 3}`, []string{"b", "a"}, `{"c": 3}`},
		{"at the end", "a.json", "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}", []string{"b", "c"}, "{\n  \"a\": 1\n}"},
		{"apart", "a.json", `{"a": 1, "b": 2, "c": 3}`, []string{"a", "c"}, `{"b": 2}`},
		{"all", "a.json", `{"a": 1, "b": 2}`, []string{"a", "b"}, `{}`},
		{"one that is missing", "a.json", `{"a": 1}`, []string{"a", "b"}, ""},
		{"yaml", "a.yaml", "a: 1\nb: 2\nc: 3\n", []string{"b", "c"}, "a: 1\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			doc, err := Parse(row.file, []byte(row.text))
			if err != nil {
				t.Fatal(err)
			}
			edits, ok := doc.RemoveMembers("", row.keys...)
			if ok != (row.want != "") {
				t.Fatalf("it can be done: %v", ok)
			}
			if got := string(doc.Apply(edits...)); ok && got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}
