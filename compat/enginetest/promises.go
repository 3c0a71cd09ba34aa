package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
)

// Problems lists the promises that the comparison of two versions does not keep.
// It holds for any pair, so that properties and fuzz targets can ask it too:
//
//   - a version is compatible with itself;
//   - the same question has the same answer;
//   - a change that breaks a direction makes that direction breaking;
//   - a proof by witness has its witness, and nothing else has one;
//   - a change names a documented rule and places in both texts;
//   - the edits of a fix give the text that was checked.
func Problems(e compat.Engine, old, next compat.Parsed) []string {
	p := &promises{engine: e, rules: map[string]bool{}}
	for _, r := range slices.Concat(e.Rules(), compat.Rules()) {
		p.rules[r.ID] = true
	}
	for _, version := range []compat.Parsed{old, next} {
		same := p.compare(version, version)
		if same.Backward.Verdict != compat.Compatible || same.Forward.Verdict != compat.Compatible || len(same.Changes) > 0 {
			p.broken("a version is not compatible with itself: %s", asJSON(same))
		}
	}
	c := p.compare(old, next)
	if diff := cmp.Diff(asJSON(c), asJSON(p.compare(old, next))); diff != "" {
		p.broken("the same comparison came out differently (-first +second):\n%s", diff)
	}
	for _, d := range compat.Full.Directions() {
		p.proven(string(d), d, c.Truth(d).Proof, c.Truth(d).Witness)
	}
	for i := range c.Changes {
		p.change(c, &c.Changes[i], old, next)
	}
	return p.found
}

// promises collects what is broken.
type promises struct {
	engine compat.Engine
	rules  map[string]bool // those that are documented
	found  []string
}

func (p *promises) broken(format string, args ...any) {
	p.found = append(p.found, fmt.Sprintf(format, args...))
}

func (p *promises) compare(old, next compat.Parsed) *compat.Comparison {
	c, err := p.engine.Compare(context.Background(), old, next, compat.Full.Directions())
	if err != nil {
		p.broken("comparing: %v", err)
		return &compat.Comparison{}
	}
	return c
}

// change looks at one change of a comparison.
func (p *promises) change(c *compat.Comparison, change *compat.Change, old, next compat.Parsed) {
	if !p.rules[change.Rule] {
		p.broken("%s is no documented rule", change.Rule)
	}
	if change.Message == "" || strings.Contains(change.Message, "%!") {
		p.broken("%s has the message %q", change.Rule, change.Message)
	}
	for _, at := range []report.Location{old.Locate(change.OldPointer), next.Locate(change.NewPointer)} {
		if at.File == "" || at.Line < 1 || at.Column < 1 {
			p.broken("%s has no place: %+v", change.Rule, at)
		}
	}
	for _, d := range compat.Full.Directions() {
		effect := change.Effect(d)
		p.proven(change.Rule, d, effect.Proof, effect.Witness)
		if effect.Breaks && c.Truth(d).Verdict != compat.Breaking {
			p.broken("%s is %s, but %s breaks", d, c.Truth(d).Verdict, change.Rule)
		}
		for _, fix := range p.engine.Fixes(old, next, *change, d) {
			edited := edit(next.Schema().File, string(next.Schema().Text), fix.Edits)
			if diff := cmp.Diff(string(fix.Text), edited); diff != "" {
				p.broken("%s: %s: the edits give another text (-checked +edited):\n%s", change.Rule, fix.Title, diff)
			}
		}
	}
}

// proven holds a witness against the proof that it belongs to, and its verdicts
// against the direction: the writer accepts it, the reader does not.
func (p *promises) proven(what string, d compat.Direction, proof compat.Proof, w *report.Witness) {
	if (proof == compat.ByWitness) != (w != nil) {
		p.broken("%s %s by %q has the witness %v", what, d, proof, w)
	}
	if w == nil {
		return
	}
	writer, reader := w.Old, w.New
	if d == compat.ForwardDirection {
		writer, reader = reader, writer
	}
	if writer != "accepts" || !strings.HasPrefix(reader, "rejects: ") && !strings.HasPrefix(reader, "misreads: ") {
		p.broken("%s %s: the witness %s has the verdicts old %q, new %q", what, d, w.Text, w.Old, w.New)
	}
}

// asJSON writes a comparison down to be compared.
func asJSON(c *compat.Comparison) string {
	text, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// confirmAll takes a second look at every witness of a judgement.
func (c Config) confirmAll(t *testing.T, j judgement) {
	t.Helper()
	confirm := c.Confirm
	if confirm == nil {
		confirm = byValidators
	}
	for _, change := range j.comparison.Changes {
		for _, d := range compat.Full.Directions() {
			if change.Effect(d).Witness == nil {
				continue
			}
			if err := confirm(j.old, j.next, change, d); err != nil {
				t.Errorf("%s %s: the witness %s does not hold: %v", change.Rule, d, change.Effect(d).Witness.Text, err)
			}
		}
	}
}

// byValidators has both versions judge a witness again.
func byValidators(old, next compat.Parsed, c compat.Change, d compat.Direction) error {
	from, into := old, next
	if d == compat.ForwardDirection {
		from, into = next, old
	}
	writer, err := from.Validator()
	if err != nil {
		return fmt.Errorf("compiling the version that it was written under: %w", err)
	}
	reader, err := into.Validator()
	if err != nil {
		return fmt.Errorf("compiling the version that it is read under: %w", err)
	}
	document := c.Effect(d).Witness.Document
	if err := writer.Validate(document); err != nil {
		return fmt.Errorf("it is not valid under its own version: %w", err)
	}
	if reader.Validate(document) == nil {
		return errors.New("it is valid under the other version too")
	}
	return nil
}
