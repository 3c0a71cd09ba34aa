package document

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Keys come in the order of the text, whatever the language, and of objects only.
func TestKeys(t *testing.T) {
	for _, row := range []struct {
		name, file, text, pointer string
		want                      []string
	}{
		{"the whole document", "a.json", `{"b": 1, "a": {"d": 1, "c": 2}}`, "", []string{"b", "a"}},
		{"a member", "a.json", `{"b": 1, "a": {"d": 1, "c": 2}}`, "/a", []string{"d", "c"}},
		{"an escaped key", "a.json", `{"x": {"a\/b": 1, "\u0061": 2}}`, "/x", []string{"a/b", "a"}},
		{"an empty object", "a.json", `{}`, "", []string{}},
		{"a list", "a.json", `["a", "b"]`, "", nil},
		{"a number", "a.json", `{"a": 1}`, "/a", nil},
		{"nothing there", "a.json", `{"a": {"b": 1}}`, "/b", nil},
		{"no pointer", "a.json", `{"a": {"b": 1}}`, "a", nil},
		{"YAML", "a.yaml", "x:\n  d: 1\n  c: {f: 1, e: 2}\n", "/x", []string{"d", "c"}},
		{"YAML in brackets", "a.yaml", "x:\n  d: 1\n  c: {f: 1, e: 2}\n", "/x/c", []string{"f", "e"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			d, err := Parse(row.file, []byte(row.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, d.Keys(row.pointer)); diff != "" {
				t.Errorf("keys of %q (-want +got):\n%s", row.pointer, diff)
			}
		})
	}
}
