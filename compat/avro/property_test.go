package avro

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	library "github.com/twmb/avro"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/compat/enginetest"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
)

// drawSchema draws a schema as a JSON value. Few names make it likely that two of
// them have something in common.
func drawSchema(t *rapid.T, depth int) any {
	kinds := []string{"int", "null", "boolean", "long", "float", "double", "bytes", "string", "decimal", "date"}
	if depth > 0 {
		kinds = append([]string{"record", "union", "mention", "enum", "record", "array", "fixed", "map"}, kinds...)
	}
	k := rapid.SampledFrom(kinds).Draw(t, "kind")
	name := rapid.SampledFrom([]string{"A", "B", "C", "D"})
	switch k {
	case "decimal":
		return map[string]any{"type": "bytes", "logicalType": "decimal", "precision": drawInt(t, 1, 3), "scale": drawInt(t, 0, 1)}
	case "date":
		return map[string]any{"type": "int", "logicalType": "date"}
	case "record":
		return withAliases(t, map[string]any{"type": "record", "name": name.Draw(t, "name"), "fields": drawFields(t, depth-1)})
	case "enum":
		symbols := []any{}
		for _, s := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"X", "Y", "Z"}), 1, 3, rapid.ID).Draw(t, "symbols") {
			symbols = append(symbols, s)
		}
		enum := map[string]any{"type": "enum", "name": name.Draw(t, "name"), "symbols": symbols}
		if rapid.IntRange(0, 3).Draw(t, "default") == 0 {
			enum["default"] = symbols[0]
		}
		return enum
	case "fixed":
		return map[string]any{"type": "fixed", "name": name.Draw(t, "name"), "size": drawInt(t, 0, 2)}
	case "array":
		return map[string]any{"type": "array", "items": drawSchema(t, depth-1)}
	case "map":
		return map[string]any{"type": "map", "values": drawSchema(t, depth-1)}
	case "union":
		union := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "branches") {
			union = append(union, drawSchema(t, depth-1))
		}
		return union
	case "mention":
		return name.Draw(t, "mention")
	}
	return k
}

func drawInt(t *rapid.T, least, most int) any {
	return numberOf(rapid.IntRange(least, most).Draw(t, "number"))
}

func numberOf(n int) any {
	doc, _ := document.Parse("number", fmt.Append(nil, n))
	return doc.Value()
}

func drawFields(t *rapid.T, depth int) []any {
	fields := []any{}
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "aB", "a_b"}), 0, 3, rapid.ID).Draw(t, "fields") {
		field := map[string]any{"name": name, "type": drawSchema(t, depth)}
		switch rapid.IntRange(0, 5).Draw(t, "default") {
		case 0:
			field["default"] = nil
		case 1:
			field["default"] = numberOf(0)
		}
		fields = append(fields, withAliases(t, field))
	}
	return fields
}

func withAliases(t *rapid.T, object map[string]any) map[string]any {
	if rapid.IntRange(0, 5).Draw(t, "aliased") == 0 {
		names := []string{"a", "b", "c"}
		if object["type"] == "record" {
			names = []string{"A", "B", "C"}
		}
		object["aliases"] = []any{rapid.SampledFrom(names).Draw(t, "alias")}
	}
	return object
}

// evolve copies a schema and puts something else in some places.
func evolve(t *rapid.T, value any, depth int) any {
	if rapid.IntRange(0, 9).Draw(t, "evolve") == 0 {
		return drawSchema(t, depth)
	}
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	copied := map[string]any{}
	for _, key := range sortedKeys(object) {
		switch inner := object[key].(type) {
		case []any:
			copied[key] = inner
			if key == "fields" {
				copied[key] = evolveFields(t, inner, depth)
			}
		default:
			copied[key] = inner
			if key == "items" || key == "values" {
				copied[key] = evolve(t, inner, depth-1)
			}
		}
	}
	return copied
}

func evolveFields(t *rapid.T, fields []any, depth int) []any {
	evolved := []any{}
	for _, f := range fields {
		field := map[string]any{}
		for key, value := range f.(map[string]any) {
			field[key] = value
		}
		switch rapid.IntRange(0, 7).Draw(t, "field") {
		case 0:
			continue
		case 1:
			field["name"] = "d"
		case 2:
			delete(field, "default")
		default:
			field["type"] = evolve(t, field["type"], depth-1)
		}
		evolved = append(evolved, field)
	}
	return append(evolved, drawFields(t, 0)...)
}

// drawPair draws two versions that the engine reads.
func drawPair(t *rapid.T, e *Engine) (old, next compat.Parsed) {
	first := any(map[string]any{"type": "record", "name": "Root", "fields": drawFields(t, 4)})
	second := evolve(t, first, 3)
	old, err := e.Parse(written(document.Encode(first)))
	if err != nil {
		mustBeInput(t, err)
		t.Skip("the old version is not valid")
	}
	if next, err = e.Parse(written(document.Encode(second))); err != nil {
		mustBeInput(t, err)
		t.Skip("the new version is not valid")
	}
	return old, next
}

func mustBeInput(t *rapid.T, err error) {
	var input *compat.InputError
	if !errors.As(err, &input) || input.Location.Line < 1 {
		t.Fatalf("got %v, want an *InputError with a line", err)
	}
	if strings.Contains(err.Error(), "the schema cannot be used") {
		t.Fatalf("only the library found the error: %v", err)
	}
}

// problems checks what must hold of any comparison.
func problems(e *Engine, old, next compat.Parsed) []string {
	found := enginetest.Problems(e, old, next)
	complain := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	compare := func(a, b compat.Parsed) *compat.Comparison {
		c, err := e.Compare(context.Background(), a, b, compat.Full.Directions())
		if err != nil {
			complain("comparing: %v", err)
			return &compat.Comparison{}
		}
		return c
	}
	c, turned := compare(old, next), compare(next, old)
	if c.Backward.Verdict != turned.Forward.Verdict || c.Forward.Verdict != turned.Backward.Verdict {
		complain("turning the versions round contradicts: %s/%s, turned %s/%s", c.Backward.Verdict, c.Forward.Verdict, turned.Backward.Verdict, turned.Forward.Verdict)
	}
	for _, d := range directions {
		writer, reader := old, next
		if d == compat.ForwardDirection {
			writer, reader = next, old
		}
		truth := c.Truth(d)
		blamed := slices.ContainsFunc(c.Changes, func(change compat.Change) bool { return change.Effect(d).Breaks })
		if (truth.Verdict == compat.Breaking) != blamed {
			complain("%s: %s, but changes that break it: %v", d, truth.Verdict, blamed)
		}
		if err := library.CheckCompatibility(writer.(*parsed).coder, strictReader(mustReread(e, reader))); (err == nil) != (truth.Verdict == compat.Compatible) {
			complain("%s: %s, but twmb/avro says %v", d, truth.Verdict, err)
		}
		writable := weights(writer.(*parsed).root.node)
		for _, change := range c.Changes {
			if effect := change.Effect(d); effect.Breaks && effect.Witness == nil && len(writable) == len(below(writer.(*parsed).root.node)) {
				complain("%s: %s has no witness, though everything has a datum", d, change.Rule)
			}
			if change.Rule == compat.RuleUnexplained {
				complain("%s: no rule explains %s", d, change.Message)
			}
			if w := change.Effect(d).Witness; w != nil {
				if why := confirm(writer.(*parsed), w, d); why != "" {
					complain("%s: witness %s of %s: %s", d, w.Text, change.Rule, why)
				}
			}
		}
	}
	return found
}

func mustReread(e *Engine, p compat.Parsed) compat.Parsed {
	again, err := e.Parse(p.Schema())
	if err != nil {
		panic(err)
	}
	return again
}

// strictReader is a reader's schema for twmb/avro without the default that it
// gives to a field that may be null: null last, where the schema has no default.
func strictReader(p compat.Parsed) *library.Schema {
	root := p.(*parsed).root.node
	for _, n := range below(root) {
		for _, f := range n.fields {
			if !f.hasDefault && f.typ.kind == unionKind && len(f.typ.branches) > 1 && f.typ.branches[0].kind == nullKind {
				branches := f.typ.branches
				f.typ.node = &node{kind: unionKind, at: f.typ.at, branches: append(slices.Clone(branches[1:]), branches[0])}
			}
		}
	}
	return library.MustParse(render(root))
}

// confirm holds a witness against its writer's schema: its bytes and its JSON
// are the same datum, and the validator accepts the JSON.
func confirm(writer *parsed, w *report.Witness, d compat.Direction) string {
	var value any
	if err := writer.coder.DecodeJSON([]byte(w.Text), &value, library.TaggedUnions()); err != nil {
		return "its JSON is none of the writer's: " + err.Error()
	}
	data, err := writer.coder.Encode(value)
	if err != nil || fmt.Sprintf("%x", data) != *w.Hex {
		return fmt.Sprintf("its JSON encodes as %x (%v), not as %s", data, err, *w.Hex)
	}
	v, _ := writer.Validator()
	if err := v.Validate(w.Document); err != nil {
		return "the writer's validator rejects it: " + err.Error()
	}
	accepts, rejects := w.Old, w.New
	if d == compat.ForwardDirection {
		accepts, rejects = rejects, accepts
	}
	if accepts != "accepts" || !strings.HasPrefix(rejects, "rejects: ") {
		return fmt.Sprintf("old %s, new %s", w.Old, w.New)
	}
	return ""
}

func TestProperties(t *testing.T) {
	e := newEngine(t)
	rapid.Check(t, func(t *rapid.T) {
		old, next := drawPair(t, e)
		for _, problem := range problems(e, old, next) {
			t.Errorf("%s\nold %s\nnew %s", problem, old.Schema().Text, next.Schema().Text)
		}
	})
}

// Whatever the change, no fix panics, and its text can be read or is refused
// with a place.
func TestFixesOfAnyChange(t *testing.T) {
	e := newEngine(t)
	rapid.Check(t, func(t *rapid.T) {
		old, next := drawPair(t, e)
		c, err := e.Compare(context.Background(), old, next, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range c.Changes {
			for _, d := range directions {
				for _, fix := range e.Fixes(old, next, change, d) {
					if _, err := e.Parse(written(fix.Text)); err != nil {
						mustBeInput(t, err)
					}
				}
			}
		}
		e.Lint(old, next)
	})
}
