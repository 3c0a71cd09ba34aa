package jsonschema

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/schema"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"
)

// refusals predicts the registry's answer to two texts.
func refusals(t testing.TB, registry, old, next string) []compat.Refusal {
	t.Helper()
	e, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	list, known := e.Refusals(registry, parsedText(t, e, old), parsedText(t, e, next))
	if !known {
		t.Fatalf("the engine does not know the registry %q", registry)
	}
	return list
}

func parsedText(t testing.TB, e *Engine, text string) compat.Parsed {
	t.Helper()
	p, err := e.Parse(schema.Schema{Subject: "s", Format: schema.JSON, File: "s.json", Text: []byte(text)})
	if err != nil {
		t.Fatalf("parsing %s: %v", text, err)
	}
	return p
}

// TestConfluent reads testdata/confluent: in each file two versions and what the
// registry says to them, a line a refusal: its rule and its pointer. What the
// policy LENIENT says is there where it differs.
func TestConfluent(t *testing.T) {
	files, err := filepath.Glob("testdata/confluent/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			parts := map[string]string{}
			for _, f := range archive.Files {
				parts[f.Name] = string(f.Data)
			}
			old, next := parts["old.json"], parts["next.json"]
			if _, ok := parts["want-lenient"]; !ok {
				parts["want-lenient"] = parts["want"]
			}
			for _, policy := range []struct{ registry, want string }{{"confluent", "want"}, {"confluent-lenient", "want-lenient"}} {
				if diff := cmp.Diff(parts[policy.want], listing(refusals(t, policy.registry, old, next))); diff != "" {
					t.Errorf("%s (-want +got):\n%s", policy.registry, diff)
				}
			}
		})
	}
}

func listing(list []compat.Refusal) string {
	if len(list) == 0 {
		return "accepted\n"
	}
	var out strings.Builder
	for _, r := range list {
		fmt.Fprintln(&out, strings.TrimSuffix(r.Rule+" "+r.Pointer, " "))
	}
	return out.String()
}

// TestConfluentRules: each rule's example breaks the rule, in words.
func TestConfluentRules(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range confluentRules("confluent") {
		t.Run(r.ID, func(t *testing.T) {
			if seen[r.ID] || r.Title == "" || r.Why == "" || r.Fix == "" {
				t.Errorf("named twice, or without words: %+v", r)
			}
			seen[r.ID] = true
			if r.ID == "confluent/"+confluentTooLarge {
				return
			}
			list := refusals(t, "confluent", r.Before, r.After)
			i := slices.IndexFunc(list, func(x compat.Refusal) bool { return x.Rule == r.ID })
			if i < 0 {
				t.Fatalf("the example is refused otherwise:\n%s", listing(list))
			}
			if list[i].Message == "" || strings.Contains(list[i].Message, "%!") {
				t.Errorf("message %q", list[i].Message)
			}
		})
	}
	for rule := range confluentLenient {
		if !seen["confluent/"+rule] {
			t.Errorf("LENIENT tolerates %q, which is no rule", rule)
		}
	}
}

// Glue is taken to judge as STRICT does, under rules of its own family.
func TestGlueRefusals(t *testing.T) {
	e, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	list, known := e.Refusals("glue", parsedText(t, e, `{"type": "string"}`), parsedText(t, e, `{"type": "integer"}`))
	if !known || len(list) != 1 || list[0].Rule != "glue/type-changed" {
		t.Errorf("glue: %v, %v", list, known)
	}
}

func TestConfluentUnknownRegistry(t *testing.T) {
	e, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := parsedText(t, e, `{"type": "string"}`)
	if list, known := e.Refusals("apicurio", p, p); known || list != nil {
		t.Errorf("apicurio: %v, %v", list, known)
	}
}

// TestConfluentOtherFile: a refusal inside a referenced file names the file, on
// either side.
func TestConfluentOtherFile(t *testing.T) {
	e, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	version := func(address string) compat.Parsed {
		p, err := e.Parse(schema.Schema{
			Format: schema.JSON, File: "order.json", Text: []byte(`{"properties": {"to": {"$ref": "address.json"}}}`),
			References: []schema.Reference{{Name: "address.json", File: "shared/address.json", Text: []byte(address)}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	got, _ := e.Refusals("confluent", version(`{"type": "string"}`), version(`{"type": "string", "maxLength": 9}`))
	want := []compat.Refusal{{
		Rule: "confluent/max-length-added", Message: "maxLength 9 was added",
		Pointer: "shared/address.json#/maxLength", OldPointer: "shared/address.json#/maxLength",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestConfluentBranches: long lists of branches are paired within the bound,
// whatever their order.
func TestConfluentBranches(t *testing.T) {
	branches := func(n int, step int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`{"const": %d}`, i*step%n))
		}
		return `{"anyOf": [` + strings.Join(list, ",") + `]}`
	}
	for _, test := range []struct{ old, next, want string }{
		{branches(900, 1), branches(900, 1), "accepted\n"},
		{branches(900, 1), branches(900, 7), "accepted\n"},
		{branches(900, 1), branches(901, 1), "accepted\n"},
		{branches(901, 1), branches(902, 2), "confluent/combined-type-subschemas-changed /anyOf\n"},
	} {
		if diff := cmp.Diff(test.want, listing(refusals(t, "confluent", test.old, test.next))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// TestConfluentPeriods: recursive schemas of different periods meet in every
// combination of their parts. Beyond the bound they are refused.
func TestConfluentPeriods(t *testing.T) {
	ring := func(n int) string {
		var defs []string
		for i := range n {
			defs = append(defs, fmt.Sprintf(`"d%d": {"type": "object", "additionalProperties": false, "properties": {"next": {"$ref": "#/definitions/d%d"}}}`, i, (i+1)%n))
		}
		return `{"$ref": "#/definitions/d0", "definitions": {` + strings.Join(defs, ",") + `}}`
	}
	if diff := cmp.Diff("accepted\n", listing(refusals(t, "confluent", ring(7), ring(11)))); diff != "" {
		t.Errorf("short rings (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("confluent/"+confluentTooLarge+"\n", listing(refusals(t, "confluent", ring(149), ring(151)))); diff != "" {
		t.Errorf("long rings (-want +got):\n%s", diff)
	}
}

// schemas draws schemas of all kinds.
func schemas() *rapid.Generator[any] {
	leaf := rapid.SampledFrom([]string{
		`{}`, `true`, `false`, `{"type": "string"}`, `{"type": ["integer", "null"]}`, `{"maximum": 5}`, `{"enum": [1, 1.0, "a"]}`, `{"const": null}`,
		`{"type": "string", "enum": ["a"]}`, `{"type": "number", "exclusiveMaximum": 5, "multipleOf": 0.5}`, `{"pattern": "^a"}`, `{"required": ["x"]}`,
		`{"type": "array", "uniqueItems": true, "minItems": 0}`, `{"$ref": "#"}`, `{"if": {}, "then": false}`,
	})
	parse := func(text string) any {
		doc, err := document.Parse("s.json", []byte(text))
		if err != nil {
			panic(err)
		}
		return doc.Value()
	}
	var of func(depth int) *rapid.Generator[any]
	of = func(depth int) *rapid.Generator[any] {
		if depth == 0 {
			return rapid.Map(leaf, parse)
		}
		sub := rapid.Custom(func(t *rapid.T) any { return of(rapid.IntRange(0, depth-1).Draw(t, "depth")).Draw(t, "sub") })
		return rapid.Custom(func(t *rapid.T) any {
			s := map[string]any{}
			for _, keyword := range rapid.SliceOfN(rapid.SampledFrom([]string{"allOf", "anyOf", "oneOf", "not", "properties", "additionalProperties", "items", "additionalItems", "dependencies"}), 1, 3).Draw(t, "keywords") {
				switch keyword {
				case "allOf", "anyOf", "oneOf":
					s[keyword] = rapid.SliceOfN(sub, 1, 3).Draw(t, keyword)
				case "properties", "dependencies":
					s[keyword] = rapid.MapOfN(rapid.SampledFrom([]string{"x", "y", "z"}), sub, 0, 3).Draw(t, keyword)
				case "items":
					s[keyword] = rapid.OneOf(sub, rapid.Map(rapid.SliceOfN(sub, 0, 3), func(list []any) any { return list })).Draw(t, keyword)
				default:
					s[keyword] = sub.Draw(t, keyword)
				}
			}
			return s
		})
	}
	return of(3)
}

// TestConfluentReflexive: a schema may always follow itself.
func TestConfluentReflexive(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := document.Encode(schemas().Draw(rt, "schema"))
		if list := refusals(t, "confluent", text, text); len(list) > 0 {
			rt.Errorf("%s\n%s", text, listing(list))
		}
	})
}

// TestConfluentLenient: LENIENT refuses nothing that STRICT accepts, and both
// answer the same when they are asked again.
func TestConfluentLenient(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		old, next := document.Encode(schemas().Draw(rt, "old")), document.Encode(schemas().Draw(rt, "next"))
		strict, lenient := refusals(t, "confluent", old, next), refusals(t, "confluent-lenient", old, next)
		if len(strict) == 0 && len(lenient) > 0 {
			rt.Errorf("LENIENT alone refuses:\n%s\n%s\n%s", old, next, listing(lenient))
		}
		if diff := cmp.Diff(strict, refusals(t, "confluent", old, next)); diff != "" {
			rt.Errorf("a second answer differs:\n%s", diff)
		}
	})
}

// FuzzConfluent: no pair of schemas that load makes the prediction panic, and
// every schema may follow itself.
func FuzzConfluent(f *testing.F) {
	for _, r := range confluentRules("confluent") {
		f.Add(r.Before, r.After)
	}
	f.Fuzz(func(t *testing.T, old, next string) {
		e, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		a, err := e.Parse(schema.Schema{File: "a.json", Text: []byte(old)})
		if err != nil {
			return
		}
		b, err := e.Parse(schema.Schema{File: "b.json", Text: []byte(next)})
		if err != nil {
			return
		}
		e.Refusals("confluent", a, b)
		// A reserved name in use is refused whatever came before.
		if list, _ := e.Refusals("confluent", a, a); len(list) > 0 && !strings.Contains(old, "confluent:reserved") {
			t.Errorf("%s may not follow itself:\n%s", old, listing(list))
		}
	})
}
