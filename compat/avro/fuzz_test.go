package avro

import (
	"errors"
	"testing"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/compat/enginetest"
	"github.com/nexus-blueprint/nexus/document"
)

// fuzzPairs are the two versions of every fixture.
func fuzzPairs(f *testing.F) [][2][]byte {
	var pairs [][2][]byte
	for _, fixture := range enginetest.ReadFixtures(f, "testdata/rules", written("")) {
		pairs = append(pairs, [2][]byte{fixture.Old.Text, fixture.New.Text})
	}
	return pairs
}

// maxFuzzed is how long a text may be.
const maxFuzzed = 4096

// Whatever the bytes, Parse returns a schema or an error that names the place,
// and the validator judges its own text without a panic.
func FuzzParse(f *testing.F) {
	for _, pair := range fuzzPairs(f) {
		f.Add(pair[0])
		f.Add(pair[1])
	}
	for _, text := range []string{
		`["null", "int"]`, `{"type": "A"}`, `{"type": "record", "name": "A", "fields": [{"name": "a", "type": "A", "default": {}}]}`,
		`{"type": "fixed", "name": "F", "size": 2147483647}`, `{"type": "enum", "name": "E", "symbols": []}`, `[]`, `~`,
		`{"type": "record", "name": "A", "fields": [{"name": "a", "type": "double", "default": 1e999999}]}`,
		`{"type": "bytes", "logicalType": "decimal", "precision": 999999999, "scale": 5}`,
	} {
		f.Add([]byte(text))
	}
	e := newEngine(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > maxFuzzed {
			t.Skip("a longer text is slow and finds nothing new")
		}
		Identifier("Order.avsc", text)
		p, err := e.Parse(written(text))
		var input *compat.InputError
		switch {
		case err == nil:
			v, _ := p.Validator()
			doc, _ := document.Parse("Order.avsc", text)
			_ = v.Validate(doc.Value())
			e.Lint(nil, p)
		case !errors.As(err, &input):
			t.Errorf("the error is a %T, not an *InputError: %v", err, err)
		case input.Location.File != "Order.avsc" || input.Location.Line < 1 || input.Message == "":
			t.Errorf("the error does not say where and what: %+v", input)
		}
	})
}

// FuzzCompare holds the promises of a comparison against any two schemas.
func FuzzCompare(f *testing.F) {
	for _, pair := range fuzzPairs(f) {
		f.Add(pair[0], pair[1])
	}
	e := newEngine(f)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if len(a)+len(b) > maxFuzzed {
			t.Skip("a longer text is slow and finds nothing new")
		}
		old, err := e.Parse(written(a))
		if err != nil {
			return
		}
		next, err := e.Parse(written(b))
		if err != nil {
			return
		}
		c := mustCompare(t, e, old, next)
		for _, d := range directions {
			if w := c.Truth(d).Witness; w != nil {
				writer := old
				if d == compat.ForwardDirection {
					writer = next
				}
				if why := confirm(writer.(*parsed), w, d); why != "" {
					t.Errorf("%s: witness %s: %s", d, w.Text, why)
				}
			}
		}
		e.Lint(old, next)
		for registry := range registries {
			e.Refusals(registry, old, next)
		}
	})
}

// FuzzRead reads any bytes with a schema that has every kind.
func FuzzRead(f *testing.F) {
	e := newEngine(f)
	p := parseText(f, e, `{"type": "record", "name": "R", "fields": [
		{"name": "a", "type": ["null", "R", {"type": "array", "items": ["null", "boolean"]}, {"type": "map", "values": "bytes"}]},
		{"name": "b", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}},
		{"name": "c", "type": {"type": "fixed", "name": "F", "size": 2}},
		{"name": "d", "type": "double"}, {"name": "e", "type": "float"}, {"name": "f", "type": "string"}]}`)
	root := p.(*parsed).root.node
	f.Add([]byte{0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{4, 1, 2, 0, 0, 0, 1, 2})
	f.Fuzz(func(t *testing.T, data []byte) {
		refusals, err := read(data, root, root, newResolver(unstoppable()))
		if err == nil && len(refusals) > 0 {
			t.Errorf("a schema refuses what it wrote: %v", refusals)
		}
	})
}
