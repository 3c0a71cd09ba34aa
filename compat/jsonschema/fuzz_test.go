package jsonschema

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/compat/enginetest"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
	"github.com/nexus-blueprint/nexus/skeleton/keyword"
)

// fuzzPairs are the two versions of every fixture that stands on its own.
func fuzzPairs(f *testing.F) [][2][]byte {
	var pairs [][2][]byte
	for _, fixture := range enginetest.ReadFixtures(f, "testdata/rules", named("OrderPlaced.schema.json", nil)) {
		pairs = append(pairs, [2][]byte{fixture.Old.Text, fixture.New.Text})
	}
	return pairs
}

func named(file string, text []byte) schema.Schema {
	return schema.Schema{Subject: "OrderPlaced", Format: schema.JSON, File: file, Text: text}
}

// Whatever the bytes, Parse returns a schema or an error that names the file.
func FuzzParse(f *testing.F) {
	for _, pair := range fuzzPairs(f) {
		f.Add(pair[0])
		f.Add(pair[1])
	}
	for _, text := range []string{
		`{"$ref": "#"}`, `{"$ref": "#/definitions/a", "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}}`,
		`{"$id": "http://[::1", "$ref": "%zz"}`, `{"multipleOf": 1e-4000}`, `{"minLength": 1e400}`, `{"$schema": 4}`, `[]`, `~`,
		`{"$schema": "https://json-schema.org/draft/2020-12/schema", "$dynamicRef": "#a", "$dynamicAnchor": "a"}`,
		`{"$schema": "https://json-schema.org/draft/2020-12/schema", "dependentRequired": {"a": ["b", "b"], "c": []}}`,
		`{"items": [], "additionalItems": {"type": "string"}}`, `{"$schema": null}`,
	} {
		f.Add([]byte(text))
	}
	e := newEngine(f, Options{})
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 4096 {
			t.Skip("long texts are slow and find nothing new")
		}
		for _, file := range []string{"a.schema.json", "a.schema.yaml"} {
			p, err := e.Parse(named(file, text))
			var input *compat.InputError
			switch {
			case err == nil:
				if _, err := p.Validator(); err != nil && !strings.Contains(err.Error(), "infinite loop") {
					t.Errorf("%s was read, but does not compile: %v", file, err)
				}
			case !errors.As(err, &input):
				t.Errorf("%s: the error is a %T, not an *InputError: %v", file, err, err)
			case input.Location.File != file || input.Location.Line < 1 || input.Message == "":
				t.Errorf("%s: the error does not say where and what: %+v", file, input)
			}
		}
	})
}

// FuzzCompare holds the promises of a comparison against any two schemas.
func FuzzCompare(f *testing.F) {
	for _, pair := range fuzzPairs(f) {
		f.Add(pair[0], pair[1])
	}
	e := newEngine(f, Options{})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if len(a)+len(b) > 2048 {
			t.Skip("long texts are slow and find nothing new")
		}
		old, err := e.Parse(named("a.schema.yaml", a)) // YAML reads JSON too, and more
		if err != nil {
			return
		}
		next, err := e.Parse(named("a.schema.yaml", b))
		if err != nil {
			return
		}
		promises(t, e, old, next)
	})
}

// The same of drawn pairs: a schema and a small change of it, or two schemas of
// any drafts that have nothing to do with each other.
func TestPromisesOfDrawnPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old, next := drawPair(t)
		if rapid.IntRange(0, 3).Draw(t, "unrelated") == 0 {
			next = drawRoot(t, draft(rapid.IntRange(int(draft4), int(draft2020)).Draw(t, "other draft")))
		}
		from, into := parseValue(t, old), parseValue(t, next)
		promises(t, from.engine, from, into)
	})
}

// promises checks what must hold of any comparison.
func promises(t rapid.TB, e *Engine, old, next compat.Parsed) {
	t.Helper()
	for _, problem := range enginetest.Problems(e, old, next) {
		t.Errorf("%s\nold %s\nnew %s", problem, old.Schema().Text, next.Schema().Text)
	}
	c := mustCompare(t, e, old, next)
	turned := mustCompare(t, e, next, old)
	if contradict(c.Backward.Verdict, turned.Forward.Verdict) || contradict(c.Forward.Verdict, turned.Backward.Verdict) {
		t.Errorf("turning the versions round contradicts: %s/%s, turned %s/%s", c.Backward.Verdict, c.Forward.Verdict, turned.Backward.Verdict, turned.Forward.Verdict)
	}
	for _, d := range []compat.Direction{compat.BackwardDirection, compat.ForwardDirection} {
		from, into := old, next
		if d == compat.ForwardDirection {
			from, into = next, old
		}
		truth := c.Truth(d)
		if (truth.Verdict == compat.Breaking) != (truth.Witness != nil) {
			t.Errorf("%s: %s with witness %v", d, truth.Verdict, truth.Witness)
		}
		confirm(t, from, into, truth.Witness)
		for i := range c.Changes {
			confirm(t, from, into, c.Changes[i].Effect(d).Witness)
		}
	}
	full := verdictAt(t, e, compat.Full, old, next)
	backward, forward := verdictAt(t, e, compat.Backward, old, next), verdictAt(t, e, compat.Forward, old, next)
	if both := backward == compat.Compatible && forward == compat.Compatible; both != (full == compat.Compatible) {
		t.Errorf("FULL is %s, but BACKWARD %s and FORWARD %s", full, backward, forward)
	}
}

func contradict(a, b compat.Verdict) bool {
	return a != b && a != compat.Undecided && b != compat.Undecided
}

func verdictAt(t rapid.TB, e *Engine, level compat.Level, old, next compat.Parsed) compat.Verdict {
	t.Helper()
	o := compat.Options{Level: level, Profile: compat.Profile{Name: "containment"}}
	r, err := compat.Check(context.Background(), e, o, []compat.Parsed{old}, next)
	if err != nil {
		t.Fatalf("checking at %s: %v", level, err)
	}
	return r.Verdict
}

// confirm has both validators judge a witness again, from its text.
func confirm(t rapid.TB, from, into compat.Parsed, w *report.Witness) {
	t.Helper()
	if w == nil {
		return
	}
	var value any
	decoder := json.NewDecoder(strings.NewReader(w.Text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("the witness %q is no JSON: %v", w.Text, err)
	}
	if err := validatorOf(t, from).Validate(value); err != nil {
		t.Errorf("the witness %s is not valid under %s: %v", w.Text, from.Schema().Text, err)
	}
	if err := validatorOf(t, into).Validate(value); err == nil {
		t.Errorf("the witness %s is valid under %s", w.Text, into.Schema().Text)
	}
}

func validatorOf(t rapid.TB, p compat.Parsed) schema.Validator {
	t.Helper()
	v, err := p.Validator()
	if err != nil {
		t.Fatalf("compiling %s: %v", p.Schema().Text, err)
	}
	return v
}

// A text whose every special character is escaped is a pattern for itself.
func FuzzTranslate(f *testing.F) {
	for _, row := range translations {
		f.Add(row.ecma)
	}
	f.Add("\\")
	f.Add("[")
	f.Add(`\u{110000}`)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 200 || !utf8.ValidString(text) {
			t.Skip("patterns are short texts")
		}
		if goText, _, err := keyword.Compile(text); err == nil {
			if p := compilePattern(text); p.re != nil && p.goText != goText {
				t.Errorf("translating %q gave %q and then %q", text, goText, p.goText)
			}
		}
		literal := "^" + strings.ReplaceAll(regexp.QuoteMeta(text), "/", `\/`) + "$"
		p := compilePattern(literal)
		if p.re == nil {
			t.Fatalf("the pattern %q does not compile: %v", literal, p.err)
		}
		if p.matches(text) != yes || p.matches(text+"x") != no {
			t.Errorf("%q (%q for Go) does not match just %q", literal, p.goText, text)
		}
	})
}

// The automaton of a pattern agrees with package regexp, and what a search
// finds or proves agrees with any text at hand.
func FuzzAutomaton(f *testing.F) {
	for _, row := range translations {
		f.Add(row.ecma, "^a*$", "aa")
	}
	f.Add(`^(a|b)*abb$`, `bb$`, "abb")
	f.Add(`\bfoo\b`, `^\s`, "a foo b")
	f.Add(`(?:)`, `[^]`, "")
	f.Add(`^[A-Z]{2}\d{1,3}$`, `^(DE|FR)`, "AT1")
	f.Fuzz(func(t *testing.T, source, other, text string) {
		if len(source)+len(other) > 60 || len(text) > 60 || !utf8.ValidString(text) {
			t.Skip("long patterns are slow and find nothing new")
		}
		p, q := compilePattern(source), compilePattern(other)
		if p.re == nil || q.re == nil {
			return
		}
		if got := run(newAutomaton(p), text); got != p.re.MatchString(text) {
			t.Errorf("the automaton of %q says %v of %q", source, got, text)
		}
		found, is := newSolver(t.Context(), classify(), 2000).find(wish{max: -1, match: []*pattern{p}, avoid: []*pattern{q}})
		switch {
		case is == sat && !(p.re.MatchString(found) && !q.re.MatchString(found)):
			t.Errorf("%q was found, but it does not match %q and not %q", found, source, other)
		case is == unsat && p.re.MatchString(text) && !q.re.MatchString(text):
			t.Errorf("nothing matches %q and not %q, it says, but %q does", source, other, text)
		}
	})
}

func run(a *automaton, text string) bool {
	at := 0
	for _, r := range text {
		at = a.step(at, r)
	}
	return a.accepts(at)
}
