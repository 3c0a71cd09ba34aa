package jsonschema

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"
)

// rootOf is the normalised schema of a text, numbered and ready to be solved.
func rootOf(t testing.TB, e *Engine, text string) (*parsed, *node) {
	t.Helper()
	p, ok := parseText(t, e, text).(*parsed)
	if !ok {
		t.Fatalf("%s is not read by this package", text)
	}
	return p, p.graph.follow()
}

// Each schema is solved for a document: a schema that accepts one must give one
// that the validator accepts too, and one that accepts none must be proved empty.
func TestSolveFindsADocumentOrProvesThereIsNone(t *testing.T) {
	for _, row := range []struct {
		name   string
		schema string
		empty  bool
	}{
		{"everything", `{}`, false},
		{"nothing", `false`, true},
		{"a value of every kind is excluded", `{"not": {"type": ["null", "boolean", "number", "string", "array", "object"]}}`, true},
		{"an enum that its type empties", `{"type": "string", "enum": [1, null]}`, true},
		{"an enum and a const", `{"enum": [1, 2], "const": 2.0}`, false},
		{"an empty enum", `{"$schema": "https://json-schema.org/draft/2020-12/schema", "enum": []}`, true},

		{"an integer between two integers", `{"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2}`, true},
		{"a number between them", `{"type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 2}`, false},
		{"a number with no decimal form", `{"type": "number", "minimum": 0.1, "maximum": 0.2, "not": {"enum": [0.1, 0.2]}}`, false},
		{"steps that meet outside of the range", `{"type": "number", "multipleOf": 4, "minimum": 1, "maximum": 11, "not": {"enum": [4, 8]}}`, true},
		{"two steps", `{"allOf": [{"type": "number", "multipleOf": 0.4}, {"multipleOf": 0.6, "exclusiveMinimum": 0}]}`, false},
		{"a multiple of two that is no multiple of one", `{"type": "number", "multipleOf": 2, "not": {"multipleOf": 1}}`, true},
		{"negative steps", `{"type": "integer", "multipleOf": 7, "minimum": -20, "maximum": -15}`, true},
		{"far from zero", `{"type": "integer", "minimum": 123456789012345678901234567890}`, false},

		{"a text that is too long to be short", `{"type": "string", "minLength": 4, "maxLength": 3}`, true},
		{"a pattern that needs more characters", `{"type": "string", "pattern": "^abc", "maxLength": 2}`, true},
		{"a format and a length", `{"type": "string", "format": "date", "maxLength": 9}`, true},
		{"a format and its opposite", `{"type": "string", "format": "ipv4", "not": {"format": "ipv4"}}`, true},

		{"an array longer than its items", `{"type": "array", "items": false, "minItems": 1}`, true},
		{"a tuple with an impossible item", `{"type": "array", "items": [{}, false], "minItems": 1}`, false},
		{"an impossible item is asked for", `{"type": "array", "items": [{}, false], "minItems": 2}`, true},
		{"three different booleans", `{"type": "array", "items": {"type": "boolean"}, "uniqueItems": true, "minItems": 3}`, true},
		{"two different booleans", `{"type": "array", "items": {"type": "boolean"}, "uniqueItems": true, "minItems": 2}`, false},
		{"contains against items", `{"type": "array", "items": {"type": "string"}, "contains": {"type": "integer"}}`, true},
		{"contains behind a tuple", `{"type": "array", "items": [{"type": "string"}], "contains": {"type": "integer"}}`, false},
		{"more items must match than there are", `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "array", "contains": {}, "minContains": 3, "maxItems": 2}`, true},
		{"at least and at most", `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "array", "contains": {"const": 1}, "minContains": 2, "maxContains": 2, "minItems": 3}`, false},
		{"an array that repeats an item", `{"type": "array", "not": {"uniqueItems": true}, "maxItems": 1}`, true},

		{"a required field that is forbidden", `{"type": "object", "required": ["a"], "properties": {"a": false}}`, true},
		{"a required field of a closed object", `{"type": "object", "required": ["a"], "additionalProperties": false}`, true},
		{"a required field that a pattern declares", `{"type": "object", "required": ["a1"], "patternProperties": {"^a": {"type": "null"}}, "additionalProperties": false}`, false},
		{"more fields than names", `{"type": "object", "minProperties": 3, "propertyNames": {"enum": ["a", "b"]}}`, true},
		{"as many fields as names", `{"type": "object", "minProperties": 2, "propertyNames": {"enum": ["a", "b"]}}`, false},
		{"names and patterns that exclude each other", `{"type": "object", "minProperties": 1, "propertyNames": {"pattern": "^a"}, "patternProperties": {"^a": false}}`, true},
		{"a dependency on a forbidden field", `{"type": "object", "required": ["a"], "dependencies": {"a": ["b"]}, "properties": {"b": false}}`, true},
		{"a dependency on a schema", `{"type": "object", "required": ["a"], "dependencies": {"a": {"maxProperties": 0}}}`, true},

		{"a disjoint union", `{"allOf": [{"type": "string"}, {"anyOf": [{"type": "null"}, {"type": "integer"}]}]}`, true},
		{"exactly one of two equals", `{"oneOf": [{"type": "string"}, {"type": "string"}]}`, true},
		{"exactly one of two that overlap", `{"oneOf": [{"minimum": 3}, {"maximum": 5}], "type": "integer"}`, false},
		{"a condition without a way out", `{"if": {"type": "object"}, "then": false, "else": false}`, true},
		{"a condition with one way out", `{"if": {"type": "string"}, "then": false, "else": {"const": 0}}`, false},

		{"a list of lists without end", `{"$ref": "#/definitions/l", "definitions": {"l": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/l"}}}}`, true},
		{"a list of lists that ends", `{"$ref": "#/definitions/l", "definitions": {"l": {"type": "array", "items": {"$ref": "#/definitions/l"}}}}`, false},
		{"a tree that must hold itself", `{"$ref": "#/definitions/t", "definitions": {"t": {"type": "object", "required": ["t"], "properties": {"t": {"$ref": "#/definitions/t"}}}}}`, true},
		{"two that hold each other, or nothing", `{"$ref": "#/definitions/a", "definitions": {"a": {"type": "object", "required": ["b"], "properties": {"b": {"$ref": "#/definitions/b"}}}, "b": {"anyOf": [{"type": "null"}, {"$ref": "#/definitions/a"}]}}}`, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, root := rootOf(t, newEngine(t, Options{}), row.schema)
			value, is := newSolver(t.Context(), classify(root), wholeBudget).solve([]literal{must(root)})
			switch {
			case is == unknown:
				t.Error("it stayed undecided")
			case row.empty && is == sat:
				t.Errorf("found %v, though nothing is valid", value)
			case !row.empty && is == unsat:
				t.Error("proved empty, though something is valid")
			case is == sat:
				if err := validatorOf(t, p).Validate(value); err != nil {
					t.Errorf("the validator refuses %v: %v", value, err)
				}
			}
		})
	}
}

func patternsOf(t *testing.T, sources []string) []*pattern {
	t.Helper()
	var list []*pattern
	for _, source := range sources {
		p := compilePattern(source)
		if p.re == nil {
			t.Fatalf("%q: %v", source, p.err)
		}
		list = append(list, p)
	}
	return list
}

func TestFindStrings(t *testing.T) {
	for _, row := range []struct {
		name         string
		min, max     int
		match, avoid []string
		not          []string
		want         status
	}{
		{"anything", 0, -1, nil, nil, nil, sat},
		{"not the empty one", 0, -1, nil, nil, []string{""}, sat},
		{"only the empty one, which is excluded", 0, 0, nil, nil, []string{""}, unsat},
		{"both patterns", 0, -1, []string{"^a", "b$"}, nil, nil, sat},
		{"both patterns at once, too short", 0, 1, []string{"^a", "b$"}, nil, nil, unsat},
		{"patterns that exclude each other", 0, -1, []string{"^a", "^b"}, nil, nil, unsat},
		{"more than one pattern matches", 0, -1, []string{"^[a-z]+$"}, []string{"^[a-y]+$"}, nil, sat},
		{"all that one pattern matches, another does", 0, -1, []string{"^[a-c]{2}$"}, []string{"^[a-z]+$"}, nil, unsat},
		{"the same language in other words", 0, -1, []string{"^(ab|ac)$"}, []string{"^a(b|c)$"}, nil, unsat},
		{"repetition counted in two ways", 0, -1, []string{"^(aa)+$"}, []string{"^(aaa)+$"}, nil, sat},
		{"a length between", 5, 5, []string{"^(ab)+"}, nil, nil, sat},
		{"no word of that length", 5, 5, []string{"^(ab)+$"}, nil, nil, unsat},
		{"a finite set, all excluded", 0, -1, []string{"^[ab]$"}, nil, []string{"a", "b"}, unsat},
		{"a finite set, one left", 0, -1, []string{"^[ab]$"}, nil, []string{"a"}, sat},
		{"everything is avoided", 0, -1, nil, []string{""}, nil, unsat},
		{"line ends", 0, -1, []string{`^[^]$`}, []string{`^.$`}, nil, sat},
		{"a word boundary inside a word", 0, -1, []string{`^a\bb$`}, nil, nil, unsat},
		{"case folds", 0, -1, []string{`^[kK]$`}, []string{`^k$`, `^K$`}, nil, unsat},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := wish{min: row.min, max: row.max, match: patternsOf(t, row.match), avoid: patternsOf(t, row.avoid), not: map[string]bool{}}
			for _, text := range row.not {
				w.not[text] = true
			}
			text, is := newSolver(t.Context(), classify(), 2000).find(w)
			if is != row.want {
				t.Fatalf("status %d (%q), want %d", is, text, row.want)
			}
			if is == sat && w.granted(text) != yes {
				t.Errorf("%q does not grant the wish", text)
			}
		})
	}
}

// A pattern that cannot be compiled leaves no proof, only what the rest proves.
func TestFindWithoutThePattern(t *testing.T) {
	blind := compilePattern(`^(?!x)`)
	s := newSolver(t.Context(), classify(), 2000)
	if text, is := s.find(wish{max: -1, match: []*pattern{blind}}); is != unknown {
		t.Errorf("found %q with status %d, want unknown", text, is)
	}
	if _, is := s.find(wish{min: 2, max: 1, match: []*pattern{blind}}); is != unsat {
		t.Errorf("status %d, want unsat: the lengths contradict each other", is)
	}
}

func rat(t *testing.T, text string) *big.Rat {
	t.Helper()
	if text == "" {
		return nil
	}
	r, ok := parseNumber(json.Number(text))
	if !ok {
		t.Fatalf("%q is no number", text)
	}
	return r
}

func TestNumbers(t *testing.T) {
	for _, row := range []struct {
		name             string
		min, max         string
		openMin, openMax bool
		step             string
		notSteps         []string
		not              []any
		want             string // empty for none
	}{
		{name: "any", want: "0"},
		{name: "not zero", not: []any{json.Number("0")}, want: "1"},
		{name: "a point", min: "2.5", max: "2.5", want: "2.5"},
		{name: "an open point", min: "2.5", max: "2.5", openMax: true},
		{name: "a point that is excluded", min: "2", max: "2", not: []any{json.Number("2.0")}},
		{name: "the lower end", min: "2.5", want: "2.5"},
		{name: "above the lower end", min: "2.5", openMin: true, want: "3"},
		{name: "between two neighbours", min: "0.1", max: "0.2", openMin: true, openMax: true, want: "0.11"},
		{name: "an integer", step: "1", min: "0.5", want: "1"},
		{name: "no integer", step: "1", min: "0.5", max: "0.9"},
		{name: "a negative multiple", step: "3", max: "-1", want: "-3"},
		{name: "a multiple beyond the excluded", step: "3", min: "1", not: []any{json.Number("3"), json.Number("6")}, want: "9"},
		{name: "no integer, but a half", step: "0.5", notSteps: []string{"1"}, want: "0.5"},
		{name: "steps that cover it", step: "4", notSteps: []string{"2"}},
		{name: "never a multiple", min: "1", max: "1", notSteps: []string{"0.1"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var g numbers
			if row.min != "" {
				g.atLeast(&bound{rat(t, row.min), row.openMin})
			}
			if row.max != "" {
				g.atMost(&bound{rat(t, row.max), row.openMax})
			}
			if row.step != "" {
				g.multiple(rat(t, row.step))
			}
			for _, step := range row.notSteps {
				g.notSteps = append(g.notSteps, rat(t, step))
			}
			if row.not != nil {
				g.not = append(g.not, newValueSet(row.not))
			}
			value, is := g.solve(newSolver(t.Context(), classify(), 2000))
			if row.want == "" {
				if is != unsat {
					t.Errorf("found %v with status %d, want a proof that there is none", value, is)
				}
				return
			}
			if number, ok := value.(json.Number); is != sat || !ok || string(number) != row.want {
				t.Errorf("found %v with status %d, want %s", value, is, row.want)
			}
		})
	}
}

func TestLeastMultiple(t *testing.T) {
	for _, row := range [][3]string{{"2", "3", "6"}, {"0.4", "0.6", "1.2"}, {"0.01", "0.05", "0.05"}, {"4", "6", "12"}, {"1", "0.3", "3"}} {
		got := leastMultiple(rat(t, row[0]), rat(t, row[1]))
		if got.Cmp(rat(t, row[2])) != 0 {
			t.Errorf("the least common multiple of %s and %s is %s, want %s", row[0], row[1], got.RatString(), row[2])
		}
	}
}

// A document that a schema needs may be deep, and no deeper than the solver goes.
func TestDeepWitness(t *testing.T) {
	deep := strings.Repeat(`{"type":"array","minItems":1,"items":`, 20) + `{"type":"null"}` + strings.Repeat(`}`, 20)
	p, root := rootOf(t, newEngine(t, Options{}), deep)
	value, is := newSolver(t.Context(), classify(root), wholeBudget).solve([]literal{must(root)})
	if is != sat {
		t.Fatalf("status %d, want a document", is)
	}
	if err := validatorOf(t, p).Validate(value); err != nil {
		t.Errorf("the validator refuses %v: %v", value, err)
	}
}
