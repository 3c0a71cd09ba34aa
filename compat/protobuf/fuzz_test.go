package protobuf

import (
	"context"
	"errors"
	"testing"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/compat/enginetest"
	"github.com/nexus-blueprint/nexus/schema"
)

// seeds adds the versions of every fixture.
func seeds(f *testing.F, add func(old, next string)) {
	for _, fixture := range enginetest.ReadFixtures(f, "testdata/rules", order) {
		add(string(fixture.Old.Text), string(fixture.New.Text))
	}
}

// fuzzParse reads a text, and reports whether it is a schema. What is none has
// to be an InputError with a line.
func fuzzParse(t *testing.T, e *Engine, text string) (*parsed, bool) {
	p, err := e.Parse(schema.Schema{File: "order.proto", Text: []byte(text)})
	var input *compat.InputError
	if err != nil && (!errors.As(err, &input) || input.Location.Line < 1) {
		t.Fatalf("not an InputError with a place: %v", err)
	}
	if err != nil {
		return nil, false
	}
	return p.(*parsed), true
}

func FuzzParse(f *testing.F) {
	seeds(f, func(old, next string) { f.Add(old); f.Add(next) })
	f.Fuzz(func(t *testing.T, text string) {
		e := newEngine(t, "FILE")
		p, ok := fuzzParse(t, e, text)
		if !ok {
			return
		}
		c, err := e.Compare(context.Background(), p, p, compat.Full.Directions())
		if err != nil || len(c.Changes) > 0 {
			t.Fatalf("compared with itself: %v, %v", c, err)
		}
		// The same text, compiled once more, is the same schema.
		again, _ := fuzzParse(t, newEngine(t, "FILE"), text)
		if c := mustCompare(t, e, p, again); len(c.Changes) > 0 {
			t.Fatalf("compared with itself: %v", rulesOf(c.Changes))
		}
	})
}

func FuzzCompare(f *testing.F) {
	seeds(f, func(old, next string) { f.Add(old, next) })
	f.Fuzz(func(t *testing.T, old, next string) {
		e := newEngine(t, "FILE")
		a, ok := fuzzParse(t, e, old)
		if !ok {
			return
		}
		b, ok := fuzzParse(t, e, next)
		if !ok {
			return
		}
		for _, c := range mustCompare(t, e, a, b).Changes {
			if at := b.Locate(c.NewPointer); at.Line < 1 || at.Column < 1 {
				t.Fatalf("%s has no place: %+v", c.Pointer, at)
			}
			if ruleKinds[c.Rule] == "" {
				t.Fatalf("%s is no rule", c.Rule)
			}
			for _, d := range compat.Full.Directions() {
				e.Fixes(a, b, c, d)
			}
		}
		e.Refusals("confluent", a, b)
	})
}
