package enginetest

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
)

// describe writes a judgement down as the section want has it.
func (c Config) describe(j judgement) string {
	var b strings.Builder
	for _, d := range compat.Full.Directions() {
		describeTruth(&b, d, j.comparison.Truth(d))
	}
	for i := range j.result.Changes {
		c.describeChange(&b, j.result, &j.result.Changes[i])
	}
	for _, f := range lint(j.engine, j.old, j.next) {
		fmt.Fprintf(&b, "\n%s  %s  line %d %s\n  message: %s\n", f.Rule, f.Severity, f.Location.Line, orRoot(f.Location.Pointer), f.Message)
		if w := f.Witness; w != nil {
			fmt.Fprintf(&b, "  witness: %s old %s, new %s\n", c.document(*w), w.Old, w.New)
		}
	}
	return b.String()
}

func describeTruth(b *strings.Builder, d compat.Direction, truth compat.Truth) {
	fmt.Fprintf(b, "%-8s %s", d, truth.Verdict)
	if truth.Proof != "" {
		fmt.Fprintf(b, " by %s", truth.Proof)
	}
	if truth.Reason != "" {
		fmt.Fprintf(b, " because %s", truth.Reason)
	}
	b.WriteString("\n")
}

func (c Config) describeChange(b *strings.Builder, r *compat.Result, change *compat.Change) {
	fmt.Fprintf(b, "\n%s  %s  %s  %s\n", change.Rule, change.Kind, orRoot(change.Pointer), directionsOf(change))
	lines := []string{"message: " + change.Message}
	if c.Change != nil {
		lines = c.Change(r, change)
	}
	for _, line := range lines {
		fmt.Fprintf(b, "  %s\n", line)
	}
	for _, d := range compat.Full.Directions() {
		effect := change.Effect(d)
		if !effect.Breaks {
			continue
		}
		c.describeWitness(b, d, effect.Witness)
		for _, x := range r.Breaks {
			if x.Change != change || x.Direction != d {
				continue
			}
			for _, fix := range x.Fixes {
				fmt.Fprintf(b, "  fix: %s\n", fix.Title)
			}
		}
	}
}

// describeWitness names the side that cannot read the witness: the new version in
// the direction backward.
func (c Config) describeWitness(b *strings.Builder, d compat.Direction, w *report.Witness) {
	if w == nil {
		fmt.Fprintf(b, "  no %s witness\n", d)
		return
	}
	side, verdict := "new", w.New
	if d == compat.ForwardDirection {
		side, verdict = "old", w.Old
	}
	fmt.Fprintf(b, "  witness: %s %s %s", c.document(*w), side, verdict)
	if len(w.DependsOn) > 0 {
		fmt.Fprintf(b, " (depends on %s)", strings.Join(w.DependsOn, ", "))
	}
	b.WriteString("\n")
}

func (c Config) document(w report.Witness) string {
	if c.Witness == nil {
		return w.Text
	}
	return c.Witness(w)
}

func directionsOf(c *compat.Change) string {
	switch {
	case c.Backward.Breaks && c.Forward.Breaks:
		return "both"
	case c.Backward.Breaks:
		return "backward"
	case c.Forward.Breaks:
		return "forward"
	}
	return "-"
}

func orRoot(pointer string) string { return cmp.Or(pointer, "(root)") }
