package gate_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// A vector is one file of testdata/schemas. The verdicts of `nexus schema validate`
// are tested with the same files.
type vector struct {
	main   string
	files  fstest.MapFS
	accept []string
	reject [][2]string // a document, and the reasons as far as they are told
}

func readVector(t *testing.T, file string) vector {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	v := vector{files: fstest.MapFS{}}
	for _, f := range archive.Files {
		switch f.Name {
		case "accept":
			v.accept = strings.Split(strings.TrimSpace(string(f.Data)), "\n")
		case "reject":
			for _, line := range strings.Split(strings.TrimSpace(string(f.Data)), "\n") {
				document, reasons, ok := strings.Cut(line, " |")
				if !ok {
					t.Fatalf("%s: a rejected document has no place: %s", file, line)
				}
				v.reject = append(v.reject, [2]string{document, strings.TrimSpace(reasons)})
			}
		default:
			if v.main == "" {
				v.main = f.Name
			}
			v.files[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	return v
}

func TestSchemaVectors(t *testing.T) {
	files, err := filepath.Glob("testdata/schemas/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			v := readVector(t, file)
			schemas, err := gate.CompileSchemas(v.files, []gate.SchemaFile{{Type: "T", Version: "1", File: v.main}})
			if err != nil {
				t.Fatal(err)
			}
			for _, document := range v.accept {
				if err := schemas.Validate("T", "1", decode(t, document)); err != nil {
					t.Errorf("%s: %v", document, err)
				}
			}
			for _, r := range v.reject {
				err := schemas.Validate("T", "1", decode(t, r[0]))
				invalid, ok := errors.AsType[*gate.InvalidError](err)
				if !ok {
					t.Errorf("%s: got %v, want a refusal", r[0], err)
					continue
				}
				if got := told(invalid, r[1]); got != r[1] {
					t.Errorf("%s: got %q, want %q", r[0], got, r[1])
				}
			}
		})
	}
}

// told is the reasons of a refusal, in as much detail as wanted has.
func told(invalid *gate.InvalidError, wanted string) string {
	var reasons []string
	for _, r := range invalid.Reasons {
		if strings.Contains(wanted, ":") {
			reasons = append(reasons, r.Pointer+": "+r.Message)
		} else {
			reasons = append(reasons, r.Pointer)
		}
	}
	return strings.TrimSpace(strings.Join(reasons, "; "))
}

func decode(t testing.TB, text string) any {
	t.Helper()
	value, err := gate.Decode([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

func TestCompileSchemasRefuses(t *testing.T) {
	tests := []struct {
		name  string
		text  string
		other map[string]string
		want  string
	}{
		{"no JSON", `{"type": }`, nil, `compiling schemas: s.json: decoding JSON: line 1, column 10: a value was expected`},
		{"a key twice", `{"type": "object", "type": "array"}`, nil, `compiling schemas: s.json: decoding JSON: line 1, column 20: the key "type" is there twice`},
		{"a misspelt type", `{"properties": {"a": {"type": "strin"}}}`, nil, `compiling schemas: s.json#/properties/a/type: value must be one of "array", "boolean", "integer", "null", "number", "object", "string"`},
		{"a pattern that nobody can judge", `{"properties": {"a": {"pattern": "^(?!x)"}}}`, nil, `compiling schemas: s.json#/properties/a/pattern: the pattern "^(?!x)": look-around and back references cannot be judged: say the same without them`},
		{"a pattern that is none", `{"patternProperties": {"(": {}}}`, nil, "compiling schemas: s.json#/patternProperties/(: the pattern \"(\": error parsing regexp: missing closing ): `(`"},
		{"an unknown draft", `{"$schema": "https://json-schema.org/draft/3000/schema"}`, nil, `compiling schemas: s.json#/$schema: "https://json-schema.org/draft/3000/schema" is no draft that is known: those are 4, 6, 7, 2019-09 and 2020-12`},
		{"a reference to nowhere", `{"$ref": "other.json"}`, nil, `compiling schemas: s.json: file:///other.json is neither a file nor the $id of one that is listed, and nothing is fetched`},
		{"a reference to the network", `{"$ref": "https://example.com/a.json"}`, nil, `compiling schemas: s.json: https://example.com/a.json is neither a file nor the $id of one that is listed, and nothing is fetched`},
		{"a fault in another file", `{"$ref": "other.json"}`, map[string]string{"other.json": `{"pattern": "\\z"}`}, `compiling schemas: other.json#/pattern: the pattern "\\z": ECMA-262 has no escape "\\z"`},
		{"a reference out of the folder", `{"$ref": "../../etc/passwd"}`, nil, `compiling schemas: s.json: file:///etc/passwd is neither a file nor the $id of one that is listed, and nothing is fetched`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fsys := fstest.MapFS{"s.json": {Data: []byte(test.text)}}
			for name, text := range test.other {
				fsys[name] = &fstest.MapFile{Data: []byte(text)}
			}
			_, err := gate.CompileSchemas(fsys, []gate.SchemaFile{{Type: "T", Version: "1", File: "s.json"}})
			if fmt.Sprint(err) != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestSchemasByVersion(t *testing.T) {
	// Both versions claim one identifier, and each has a neighbour of its own.
	fsys := fstest.MapFS{
		"v1/a.json":    {Data: []byte(`{"$id": "https://example.com/a.json", "properties": {"x": {"$ref": "part.json"}}}`)},
		"v1/part.json": {Data: []byte(`{"type": "string"}`)},
		"v2/a.json":    {Data: []byte(`{"$id": "https://example.com/a.json", "properties": {"x": {"$ref": "part.json"}}}`)},
		"v2/part.json": {Data: []byte(`{"type": "number"}`)},
		"b.json":       {Data: []byte(`{"$ref": "https://example.com/b-part.json"}`)},
		"part-b.json":  {Data: []byte(`{"$id": "https://example.com/b-part.json", "type": "null"}`)},
	}
	schemas, err := gate.CompileSchemas(fsys, []gate.SchemaFile{
		{Type: "A", Version: "1.0.0", File: "v1/a.json"}, {Type: "A", Version: "2.0.0", File: "v2/a.json"},
		{Type: "B", Version: "1", File: "b.json"}, {Type: "Part", Version: "1", File: "part-b.json"},
	})
	if err != nil {
		t.Fatal(err)
	}
	verdict := func(typ, version, document string) string {
		if err := schemas.Validate(typ, version, decode(t, document)); err != nil {
			return err.Error()
		}
		return "valid"
	}
	for _, test := range []struct{ typ, version, document, want string }{
		{"A", "1.0.0", `{"x": "text"}`, "valid"},
		{"A", "2.0.0", `{"x": "text"}`, `the document is no A of version 2.0.0: "/x": expected number, but got string`},
		{"A", "1.0.0", `{"x": 1}`, `the document is no A of version 1.0.0: "/x": expected string, but got number`},
		{"A", "2.0.0", `{"x": 1}`, "valid"},
		{"B", "1", `null`, "valid"},
		{"B", "1", `1`, `the document is no B of version 1: "": expected null, but got number`},
		{"Aa", "1", `1`, `there is no schema of "Aa"; did you mean A? valid: A, B, Part`},
		{"A", "3", `1`, `there is no schema of "A" in version "3"; valid: 1.0.0, 2.0.0`},
	} {
		if got := verdict(test.typ, test.version, test.document); got != test.want {
			t.Errorf("%s %s %s:\ngot  %s\nwant %s", test.typ, test.version, test.document, got, test.want)
		}
	}
	if current, ok := schemas.Current("A"); current != "2.0.0" || !ok {
		t.Errorf("the current version of A is %q, %v", current, ok)
	}
	if _, ok := schemas.Current("none"); ok {
		t.Error("a type without a schema has a current version")
	}
	if diff := cmp.Diff([]string{"1.0.0", "2.0.0"}, schemas.Versions("A")); diff != "" {
		t.Error(diff)
	}
}

func TestCompileSchemasRefusesLists(t *testing.T) {
	fsys := fstest.MapFS{"s.json": {Data: []byte(`{}`)}}
	for _, test := range []struct {
		files []gate.SchemaFile
		want  string
	}{
		{nil, "compiling schemas: no file is listed, so nothing would be accepted"},
		{[]gate.SchemaFile{{Type: "T", Version: "1", File: "s.json"}, {Type: "T", Version: "1", File: "s.json"}}, `compiling schemas: s.json: version "1" of T is listed twice`},
		{[]gate.SchemaFile{{Version: "1", File: "s.json"}}, "compiling schemas: s.json: it is listed without the type that it describes"},
		{[]gate.SchemaFile{{Type: "T", Version: "1", File: "none.json"}}, "compiling schemas: none.json: open none.json: file does not exist"},
	} {
		if _, err := gate.CompileSchemas(fsys, test.files); fmt.Sprint(err) != test.want {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
	}
	if _, err := gate.CompileSchemas(fsys, []gate.SchemaFile{{Type: "T", Version: "1", File: "none.json"}}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v is not os.ErrNotExist", err)
	}
}

// TestReasonsTellNoValues: a reason is shown on pages and in logs, where what the
// document holds has no business.
func TestReasonsTellNoValues(t *testing.T) {
	const secret = "4929817263548170"
	fsys := fstest.MapFS{"s.json": {Data: []byte(`{"properties": {
		"text": {"type": "string", "maxLength": 3, "format": "email", "pattern": "^x", "enum": ["a"], "const": "b"},
		"number": {"type": "number", "maximum": 1, "exclusiveMaximum": 1, "multipleOf": 7, "enum": [1], "const": 2},
		"encoded": {"contentEncoding": "base64"}, "json": {"contentMediaType": "application/json"}, "list": {"uniqueItems": true}
	}}`)}}
	schemas, err := gate.CompileSchemas(fsys, []gate.SchemaFile{{Type: "T", Version: "1", File: "s.json"}})
	if err != nil {
		t.Fatal(err)
	}
	err = schemas.Validate("T", "1", decode(t, `{"text": "`+secret+`", "number": `+secret+`, "encoded": "`+secret+`!", "json": "{`+secret+`", "list": [`+secret+`, `+secret+`]}`))
	invalid, ok := errors.AsType[*gate.InvalidError](err)
	if !ok || len(invalid.Reasons) < 12 {
		t.Fatalf("got %v, want a reason for each keyword", err)
	}
	if strings.Contains(err.Error(), secret) {
		t.Errorf("a reason tells a value: %v", err)
	}
}

func TestReasonsAreBounded(t *testing.T) {
	fsys := fstest.MapFS{"s.json": {Data: []byte(`{"items": {"type": "string"}}`)}}
	schemas, err := gate.CompileSchemas(fsys, []gate.SchemaFile{{Type: "T", Version: "1", File: "s.json"}})
	if err != nil {
		t.Fatal(err)
	}
	err = schemas.Validate("T", "1", decode(t, "["+strings.Repeat("1,", 249)+"1]"))
	invalid, ok := errors.AsType[*gate.InvalidError](err)
	if !ok || len(invalid.Reasons) != 100 || invalid.Omitted != 150 {
		t.Errorf("got %v", err)
	}
}

func TestDecode(t *testing.T) {
	deep := strings.Repeat("[", gate.MaxDocumentDepth)
	tests := []struct{ text, want string }{
		{`{"a": [1, -2.50e+3, "x\n\u00e4\ud83d\ude00", true, false, null, {}, []]}`, ""},
		{deep + strings.Repeat("]", gate.MaxDocumentDepth), ""},
		{"", "line 1, column 1: a value was expected, and the text ends"},
		{"{\n \"a\": 1,\n \"a\": 2}", `line 3, column 2: the key "a" is there twice`},
		{`{"a": 1, "\u0061": 2}`, `line 1, column 10: the key "a" is there twice`},
		{"[" + deep, "line 1, column 129: objects and arrays are nested deeper than 128"},
		{`{"a": 1,}`, "line 1, column 8: a comma stands before the closing }"},
		{`[1 2]`, "line 1, column 4: a comma or ] was expected"},
		{`[1`, "line 1, column 3: a comma or ] was expected, and the text ends"},
		{`{"a" 1}`, "line 1, column 6: a colon after the key was expected"},
		{`{a: 1}`, "line 1, column 2: a key in double quotes was expected"},
		{`nullx`, "line 1, column 5: one value was expected, and more follows"},
		{`1 2`, "line 1, column 3: one value was expected, and more follows"},
		{`01`, "line 1, column 1: the number is not as JSON writes one"},
		{`1.`, "line 1, column 1: the number is not as JSON writes one"},
		{`-`, "line 1, column 1: the number is not as JSON writes one"},
		{`1e9999999999999999999`, "line 1, column 1: the number has more than 256 characters, or an exponent beyond 400"},
		{strings.Repeat("1", 257), "line 1, column 1: the number has more than 256 characters, or an exponent beyond 400"},
		{"\"a\nb\"", "line 1, column 3: a string holds the control character U+000A, which has to be escaped"},
		{`"ä\x"`, "line 1, column 3: the escape is none of JSON's, or half of a surrogate pair"},
		{`"\ud800"`, "line 1, column 2: the escape is none of JSON's, or half of a surrogate pair"},
		{`"abc`, "line 1, column 1: the string has no end"},
		{"\"\xff\"", "line 1, column 2: the text is not UTF-8 here"},
		{strings.Repeat(" ", gate.MaxDocumentSize+1), "line 1, column 1: the text has 4194305 bytes, and 4194304 are allowed"},
	}
	for _, test := range tests {
		_, err := gate.Decode([]byte(test.text))
		got := ""
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "decoding JSON: ")
		}
		if got != test.want {
			t.Errorf("%.40q:\ngot  %s\nwant %s", test.text, got, test.want)
		}
	}
}

// FuzzDecode: what is taken is valid JSON, and means what encoding/json reads.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{`{"a": [1, 2.5e3, "x\u00e4", null, true]}`, `"\ud83d\ude00"`, `[[[]]]`, `{"a":1,"a":2}`, ` -0 `, `1e401`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := gate.Decode(text)
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("%q was taken", text)
		}
		d := json.NewDecoder(strings.NewReader(string(text)))
		d.UseNumber()
		var want any
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("another value (-encoding/json +Decode):\n%s", diff)
		}
	})
}

// TestDecodeReadsWhatIsWritten: all that encoding/json writes is taken.
func TestDecodeReadsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyJSON(3).Draw(t, "value")
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := gate.Decode(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", text, diff)
		}
	})
}

func anyJSON(depth int) *rapid.Generator[any] {
	leaf := rapid.OneOf(
		rapid.Just[any](nil), rapid.Map(rapid.Bool(), func(b bool) any { return b }), rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.Int64(), func(n int64) any { return json.Number(fmt.Sprint(n)) }),
	)
	if depth == 0 {
		return leaf
	}
	below := anyJSON(depth - 1)
	return rapid.OneOf(leaf,
		rapid.Map(rapid.SliceOfN(below, 0, 4), func(list []any) any { return list }),
		rapid.Map(rapid.MapOfN(rapid.String(), below, 0, 4), func(m map[string]any) any { return m }),
	)
}

func BenchmarkValidateSchema(b *testing.B) {
	fsys := fstest.MapFS{"s.json": {Data: []byte(`{"type": "object", "required": ["id", "lines", "total"], "properties": {
		"id": {"type": "string", "format": "uuid"}, "at": {"type": "string", "format": "date-time"},
		"lines": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["sku", "count"], "properties": {
			"sku": {"type": "string", "pattern": "^[A-Z]{2}-\\d+$"}, "count": {"type": "integer", "minimum": 1}}}},
		"total": {"type": "number", "minimum": 0}}}`)}}
	schemas, err := gate.CompileSchemas(fsys, []gate.SchemaFile{{Type: "T", Version: "1", File: "s.json"}})
	if err != nil {
		b.Fatal(err)
	}
	text := []byte(`{"id": "123e4567-e89b-12d3-a456-426614174000", "at": "2026-01-31T12:00:00Z", "lines": [{"sku": "AB-1", "count": 2}, {"sku": "CD-22", "count": 1}], "total": 99.95}`)
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := gate.Decode(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("validate", func(b *testing.B) {
		value := decode(b, string(text))
		b.ReportAllocs()
		for b.Loop() {
			if err := schemas.Validate("T", "1", value); err != nil {
				b.Fatal(err)
			}
		}
	})
}
