package avro

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/compat/enginetest"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// The fixtures in testdata/rules are as package enginetest says. Places are lines
// and pointers in both versions, and a witness has its bytes after its JSON.
func TestRules(t *testing.T) {
	enginetest.Run(t, enginetest.Config{
		Family: "avro/",
		New:    func(t testing.TB, _ string) compat.Engine { return newEngine(t) },
		Like:   written(""),
		Confirm: func(from, _ compat.Parsed, _ compat.Change, w report.Witness) error {
			return confirm(from.(*parsed), w)
		},
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
