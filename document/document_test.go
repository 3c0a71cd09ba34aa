package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func mustParse(t testing.TB, name, text string) *Document {
	t.Helper()
	d, err := Parse(name, []byte(text))
	if err != nil {
		t.Fatalf("parsing %q: %v", text, err)
	}
	return d
}

func TestParseKeepsWhatWasWritten(t *testing.T) {
	tests := []struct {
		name, file, text string
		want             any
	}{
		{"number text", "a.json", ` [1.10, -0, 1e400, 123456789012345678901234567890] `,
			[]any{json.Number("1.10"), json.Number("-0"), json.Number("1e400"), json.Number("123456789012345678901234567890")}},
		{"literals", "a.json", `[true, false, null]`, []any{true, false, nil}},
		{"escapes", "a.json", `"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é"`, "a\"\\/\b\f\n\r\té😀é"},
		{"empty containers", "a.json", `{"a": {}, "b": []}`, map[string]any{"a": map[string]any{}, "b": []any{}}},
		{"byte order mark", "a.json", "\ufeff{}", map[string]any{}},
		{"no extension is JSON", "schema", `{"a": 1}`, map[string]any{"a": json.Number("1")}},
		{"yaml scalars", "a.yaml", "s: text\nt: 2026-01-31\nu: 2026-01-31T00:00:00Z\nn: ~\nb: True\ny: yes\nq: '1'\n",
			map[string]any{"s": "text", "t": "2026-01-31", "u": "2026-01-31T00:00:00Z", "n": nil, "b": true, "y": "yes", "q": "1"}},
		{"yaml numbers", "a.yml", "[1.50, 0x1F, 0o17, 017, 0b101, +1, .5, 1., 1_000, 123456789012345678901234567890, 1e400, -.5e3]",
			[]any{json.Number("1.50"), json.Number("31"), json.Number("15"), json.Number("15"), json.Number("5"), json.Number("1"),
				json.Number("0.5"), json.Number("1"), json.Number("1000"), json.Number("123456789012345678901234567890"), json.Number("1e400"), json.Number("-0.5e3")}},
		{"yaml anchors", "a.yaml", "a: &x {k: 1}\nb: *x\nc:\n  <<: *x\n  k: 2\n  l: 3\nd: {<<: [*x, {m: 4}]}\n", map[string]any{
			"a": map[string]any{"k": json.Number("1")},
			"b": map[string]any{"k": json.Number("1")},
			"c": map[string]any{"k": json.Number("2"), "l": json.Number("3")},
			"d": map[string]any{"k": json.Number("1"), "m": json.Number("4")},
		}},
		{"yaml explicit tags", "a.yaml", "a: !!str 1\nb: !!int '2'\n", map[string]any{"a": "1", "b": json.Number("2")}},
		{"yaml is json", "a.yaml", `{"a": [1, "x"]}`, map[string]any{"a": []any{json.Number("1"), "x"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, mustParse(t, test.file, test.text).Value()); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	deep := strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1)
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for _, c := range "bcdefgh" {
		prior := string(c - 1)
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+prior+", ", 9) + "*" + prior + "]\n"
	}
	tests := []struct {
		name, file, text string
		code, want       string
	}{
		{"empty", "a.json", "", CodeEmpty, "a.json:1:1: file is empty: expected a JSON value"},
		{"only space", "a.json", "\ufeff \n", CodeEmpty, "a.json:2:1: file is empty: expected a JSON value"},
		{"missing comma", "a.json", "{\"a\": 1\n \"b\": 2}", CodeSyntax, `a.json:2:2: expected ',' or '}' in the object, found '"'`},
		{"missing colon", "a.json", `{"a" 1}`, CodeSyntax, `a.json:1:6: expected ':' after the key "a", found "1"`},
		{"unquoted key", "a.json", `{a: 1}`, CodeSyntax, `a.json:1:2: expected a key in double quotes or '}', found "a"`},
		{"trailing comma in object", "a.json", `{"a": 1,}`, CodeSyntax, `a.json:1:8: trailing comma: expected another item, found '}'`},
		{"trailing comma in array", "a.json", `[1,]`, CodeSyntax, `a.json:1:3: trailing comma: expected another item, found ']'`},
		{"leading comma", "a.json", `[,1]`, CodeSyntax, `a.json:1:2: expected a value, found ','`},
		{"comment", "a.json", "{\n  // no\n}", CodeSyntax, `a.json:2:3: expected a key in double quotes or '}', found a comment`},
		{"single quotes", "a.json", `{'a': 1}`, CodeSyntax, `a.json:1:2: expected a key in double quotes or '}', found a single quote`},
		{"two values", "a.json", `{} {}`, CodeSyntax, `a.json:1:4: expected the end of the file after the JSON value, found '{'`},
		{"cut off", "a.json", `{"a": [1, `, CodeSyntax, `a.json:1:11: expected a value, found the end of the file`},
		{"open string", "a.json", `{"a": "x`, CodeSyntax, `a.json:1:7: expected '"' at the end of the string, found the end of the file`},
		{"string over lines", "a.json", "\"a\nb\"", CodeSyntax, `a.json:1:3: expected '"' at the end of the string, found the end of the line`},
		{"control character", "a.json", "\"a\x01\"", CodeSyntax, `a.json:1:3: control character U+0001 in a string`},
		{"bad escape", "a.json", `"\d"`, CodeSyntax, `a.json:1:2: invalid escape sequence \d in a string`},
		{"bad unicode escape", "a.json", `"\u12x4"`, CodeSyntax, `a.json:1:2: expected four hexadecimal digits after \u, found "12x4"`},
		{"lone surrogate", "a.json", `"é\ud800"`, CodeEncoding, `a.json:1:3: lone surrogate \ud800 in a string`},
		{"leading zero", "a.json", `[01]`, CodeSyntax, `a.json:1:2: invalid number "01"`},
		{"bare point", "a.json", `[1.]`, CodeSyntax, `a.json:1:2: invalid number "1."`},
		{"NaN", "a.json", `[NaN]`, CodeSyntax, `a.json:1:2: expected a value, found NaN`},
		{"trueish", "a.json", `[trueish]`, CodeSyntax, `a.json:1:2: expected a value, found "trueish"`},
		{"conflict", "a.json", "{\n<<<<<<< HEAD\n}", CodeSyntax, `a.json:2:1: expected a key in double quotes or '}', found a conflict marker`},
		{"duplicate key", "a.json", "{\"x\": {\n  \"é\": 1,\n  \"b\": 2, \"\\u00e9\": 3}}", CodeDuplicateKey, `a.json:3:11: duplicate key "é": it is already at line 2, column 3`},
		{"invalid UTF-8", "a.json", "{\"a\": \"é\xff\"}", CodeEncoding, `a.json:1:9: invalid UTF-8`},
		{"UTF-16", "a.json", "\xff\xfe{\x00}\x00", CodeEncoding, `a.json:1:1: file is UTF-16, not UTF-8`},
		{"too deep", "a.json", deep, CodeTooDeep, `a.json:1:513: nesting is deeper than 512 levels`},
		{"too large", "a.json", strings.Repeat(" ", MaxSize+1), CodeTooLarge, `a.json:1:1: file is larger than 16 MiB`},

		{"yaml empty", "a.yaml", "# nothing\n", CodeEmpty, `a.yaml:1:1: file is empty: expected a YAML value`},
		{"yaml duplicate key", "a.yaml", "a: 1\nb: 2\na: 3\n", CodeDuplicateKey, `a.yaml:3:1: duplicate key "a": it is already at line 1, column 1`},
		{"yaml number as key", "a.yaml", "a:\n  200: ok\n", CodeUnsupported, `a.yaml:2:3: expected a string as key, found 200`},
		{"yaml collection as key", "a.yaml", "? [a]\n: 1\n", CodeUnsupported, `a.yaml:1:3: expected a string as key, found a collection`},
		{"yaml two documents", "a.yaml", "a: 1\n---\nb: 2\n", CodeUnsupported, `a.yaml:2:1: a second YAML document starts here: expected one document in a file`},
		{"yaml NaN", "a.yaml", "a: .nan\n", CodeUnsupported, `a.yaml:1:4: ".nan" is no number in JSON`},
		{"yaml infinity", "a.yaml", "a: -.inf\n", CodeUnsupported, `a.yaml:1:4: "-.inf" is no number in JSON`},
		{"yaml tag", "a.yaml", "a: !Ref b\n", CodeUnsupported, `a.yaml:1:4: tag !Ref has no meaning in JSON`},
		{"yaml self reference", "a.yaml", "a: &x [*x]\n", CodeUnsupported, `a.yaml:1:8: alias *x stands inside its own anchor`},
		{"yaml bomb", "a.yaml", bomb, CodeTooLarge, `aliases stand for more than 262144 values`},
		{"yaml too deep", "a.yaml", deep, CodeTooDeep, `a.yaml:1:513: nesting is deeper than 512 levels`},
		{"yaml syntax", "a.yaml", "a: b\nc: d: e\n", CodeSyntax, `a.yaml:2:1: invalid YAML: mapping values are not allowed in this context`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(test.file, []byte(test.text))
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("Parse gave %v, want an *Error", err)
			}
			if e.Code != test.code || !strings.HasSuffix(e.Error(), test.want) {
				t.Errorf("got %s %q, want %s %q", e.Code, e, test.code, test.want)
			}
		})
	}
}

// slice is the text of a range.
func slice(d *Document, r Range) string {
	return d.body[d.offset(r.Start):d.offset(r.End)]
}

func TestRange(t *testing.T) {
	const text = "\ufeff{\n  \"a/b\": {\"~\": [10, \"é€😀\", {\"k\": null}]},\n  \"last\": true\n}\n"
	d := mustParse(t, "a.json", text)
	tests := []struct {
		pointer, want, member string
		ok                    bool
	}{
		{"", strings.TrimSpace(text[3:]), strings.TrimSpace(text[3:]), true},
		{"/a~1b/~0/0", "10", "10", true},
		{"/a~1b/~0/1", `"é€😀"`, `"é€😀"`, true},
		{"/a~1b/~0/2/k", "null", `"k": null`, true},
		{"/last", "true", `"last": true`, true},
		{"/last/deeper", "true", "true", false},
		{"/a~1b/~0/3", `[10, "é€😀", {"k": null}]`, `[10, "é€😀", {"k": null}]`, false},
		{"/a~1b/~0/00", `[10, "é€😀", {"k": null}]`, `[10, "é€😀", {"k": null}]`, false},
	}
	for _, test := range tests {
		r, ok := d.Range(test.pointer)
		if got := slice(d, r); got != test.want || ok != test.ok {
			t.Errorf("Range(%q) = %q, %v; want %q, %v", test.pointer, got, ok, test.want, test.ok)
		}
		m, _ := d.Member(test.pointer)
		if got := slice(d, m); test.ok && got != test.member {
			t.Errorf("Member(%q) = %q, want %q", test.pointer, got, test.member)
		}
	}
	r, _ := d.Range("/a~1b/~0/2")
	if want := (Range{Position{2, 28}, Position{2, 39}}); r != want {
		t.Errorf("columns count code points: got %v, want %v", r, want)
	}
}

func TestRangeYAML(t *testing.T) {
	const text = `# a schema
type: object
title: two
  lines
quoted: 'it''s'   # comment
double: "a \" b"
text: |
  literal
    text

folded: >-
  some
  words
nothing:
list:
- one
- key: &anchor {x: [1, 2 ], y: }
  other: 2
- *anchor
tagged: !!str 5
pairs: [a: b]
`
	d := mustParse(t, "a.yaml", text)
	tests := []struct{ pointer, want string }{
		{"", strings.TrimSuffix(strings.TrimPrefix(text, "# a schema\n"), "\n")},
		{"/type", "object"},
		{"/title", "two\n  lines"},
		{"/quoted", "'it''s'"},
		{"/double", `"a \" b"`},
		{"/text", "|\n  literal\n    text"},
		{"/folded", ">-\n  some\n  words"},
		{"/nothing", ""},
		{"/list/0", "one"},
		{"/list/1", "key: &anchor {x: [1, 2 ], y: }\n  other: 2"},
		{"/list/1/key", "&anchor {x: [1, 2 ], y: }"},
		{"/list/1/key/x", "[1, 2 ]"},
		{"/list/1/key/x/1", "2"},
		{"/list/1/other", "2"},
		{"/list/2", "*anchor"},
		{"/list/2/x/0", "1"},
		{"/tagged", "!!str 5"},
		{"/pairs", "[a: b]"},
		{"/pairs/0/a", "b"},
	}
	for _, test := range tests {
		r, ok := d.Range(test.pointer)
		if got := slice(d, r); got != test.want || !ok {
			t.Errorf("Range(%q) = %q, %v; want %q", test.pointer, got, ok, test.want)
		}
	}
	if r, _ := d.Member("/list/1/other"); slice(d, r) != "other: 2" {
		t.Errorf("Member(/list/1/other) = %q", slice(d, r))
	}
}

func TestRangeOfWideObject(t *testing.T) {
	members := map[string]any{}
	for i := range 3 * wide {
		members[strings.Repeat("k", i+1)] = json.Number("1")
	}
	d := mustParse(t, "a.json", Encode(members))
	for key := range members {
		if r, ok := d.Member("/" + key); !ok || slice(d, r) != `"`+key+`":1` {
			t.Errorf("Member(/%s) = %q, %v", key, slice(d, r), ok)
		}
	}
}

// A minified document is one long line; its columns are counted from marks.
func TestRangeOnALongLine(t *testing.T) {
	text := `["start"`
	want := []int{2}
	for i := range 2000 {
		want = append(want, utf8.RuneCountInString(text)+2)
		text += "," + strconv.Quote(strings.Repeat("é", i%7)+"→x")
	}
	d := mustParse(t, "long.json", text+"]")
	for i, column := range want {
		if at, ok := d.Range("/" + strconv.Itoa(i)); !ok || at.Start != (Position{Line: 1, Column: column}) {
			t.Fatalf("element %d is at %v, want column %d", i, at.Start, column)
		}
	}
}

// A YAML file may be one line too. The parser gives its columns in code points.
func TestRangeOnALongLineOfYAML(t *testing.T) {
	var text strings.Builder
	text.WriteString("[start")
	for i := range 50_000 {
		fmt.Fprintf(&text, ", {é%d: →%d}", i, i)
	}
	d := mustParse(t, "long.yaml", text.String()+"]")
	for i := range 50_000 {
		if got, ok := d.Source(fmt.Sprintf("/%d/é%d", i+1, i)); !ok || got != fmt.Sprintf("→%d", i) {
			t.Fatalf("element %d is %q, %t", i+1, got, ok)
		}
	}
}

func TestSource(t *testing.T) {
	d := mustParse(t, "a.yaml", "plain: 1_0\nquoted: 'no'\nanchored: &a 1.0\nalias: *a\nlist: [1, 2]\n")
	for pointer, want := range map[string]string{
		"/plain": "1_0", "/quoted": "'no'", "/anchored": "&a 1.0", "/alias": "*a", "/list": "[1, 2]", "/list/1": "2",
	} {
		if got, ok := d.Source(pointer); !ok || got != want {
			t.Errorf("Source(%s) = %q, %t, want %q", pointer, got, ok, want)
		}
	}
	if got, ok := d.Source("/none"); ok || got != "" {
		t.Errorf("Source(/none) = %q, %t", got, ok)
	}
}

func TestRangeIsSafeForConcurrentUse(t *testing.T) {
	d := mustParse(t, "a.json", `{"a": [1, 2, 3]}`)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if _, ok := d.Range("/a/2"); !ok {
				t.Error("no range for /a/2")
			}
		})
	}
	wait.Wait()
}

func TestPointer(t *testing.T) {
	tokens := []string{"", "a/b", "~", "~1", "é"}
	pointer := Join("", tokens...)
	if want := "//a~1b/~0/~01/é"; pointer != want {
		t.Errorf("Join = %q, want %q", pointer, want)
	}
	if diff := cmp.Diff(tokens, Split(pointer)); diff != "" {
		t.Errorf("Split (-want +got):\n%s", diff)
	}
	for i := range tokens {
		if got := Last(Join("", tokens[:i+1]...)); got != tokens[i] {
			t.Errorf("Last = %q, want %q", got, tokens[i])
		}
	}
	if got := Split(""); len(got) != 0 {
		t.Errorf("Split of the empty pointer = %q", got)
	}
}

func TestEncode(t *testing.T) {
	got := Encode(map[string]any{"b": []any{nil, true, json.Number("1.0"), 7, 2.5}, "a": "<&>\x7f\u2028\n\"é\xff"})
	if want := `{"a":"<&>\u007f\u2028\n\"é�","b":[null,true,1.0,7,2.5]}`; got != want {
		t.Errorf("Encode = %s, want %s", got, want)
	}
}

func BenchmarkParse(b *testing.B) {
	text := []byte(benchmarkSchema())
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("a.json", text); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkSchema() string {
	var b strings.Builder
	b.WriteString("{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"type\": \"object\",\n  \"properties\": {\n")
	for i := range 16 {
		if i > 0 {
			b.WriteString(",\n")
		}
		b.WriteString("    \"property" + string(rune('a'+i)) + "\": {\n      \"type\": \"string\",\n      \"maxLength\": 40,\n      \"description\": \"What the property means.\"\n    }")
	}
	b.WriteString("\n  },\n  \"required\": [\"propertya\"]\n}\n")
	return b.String()
}
