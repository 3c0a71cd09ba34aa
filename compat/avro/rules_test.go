package avro

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/compat/enginetest"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// The fixtures in testdata/rules give places as lines and pointers in both
// versions, and after a witness its bytes.
func TestRules(t *testing.T) {
	enginetest.Run(t, enginetest.Config{
		Family:  "avro/",
		New:     func(t testing.TB, _ string) compat.Engine { return newEngine(t) },
		Like:    written(""),
		Confirm: confirmWitness,
		Change: func(r *compat.Result, c *compat.Change) []string {
			old, next := r.Previous.Locate(c.OldPointer), r.Next.Locate(c.NewPointer)
			return []string{
				fmt.Sprintf("place: line %d %s, was line %d %s", next.Line, c.NewPointer, old.Line, c.OldPointer),
				"message: " + c.Message,
			}
		},
		Witness: func(w report.Witness) string { return w.Text + " = " + *w.Hex },
	})
}

// confirmWitness holds a witness against its writer's schema: documents say too
// little about unions for the reader's Validator to judge them.
func confirmWitness(old, next compat.Parsed, c compat.Change, d compat.Direction) error {
	writer := old
	if d == compat.ForwardDirection {
		writer = next
	}
	if why := confirm(writer.(*parsed), c.Effect(d).Witness, d); why != "" {
		return errors.New(why)
	}
	return nil
}

// written is a schema of a text.
func written[T string | []byte](text T) schema.Schema {
	return schema.Schema{Subject: "Order", Format: schema.Avro, File: "Order.avsc", Text: []byte(text)}
}

func newEngine(t testing.TB) *Engine {
	t.Helper()
	e, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func mustParse(t testing.TB, e *Engine, s schema.Schema) compat.Parsed {
	t.Helper()
	p, err := e.Parse(s)
	if err != nil {
		t.Fatalf("parsing %s: %v", s.File, err)
	}
	return p
}

func parseText(t testing.TB, e *Engine, text string) compat.Parsed {
	t.Helper()
	return mustParse(t, e, written(text))
}

func mustCompare(t testing.TB, e *Engine, old, next compat.Parsed) *compat.Comparison {
	t.Helper()
	c, err := e.Compare(context.Background(), old, next, compat.Full.Directions())
	if err != nil {
		t.Fatalf("comparing: %v", err)
	}
	return c
}

var directions = []compat.Direction{compat.BackwardDirection, compat.ForwardDirection}
