package avro

import (
	"context"
	"fmt"
	"slices"

	"github.com/nexus-blueprint/nexus/compat"
)

// Compare judges a change in both directions. In a direction that is demanded,
// each change that breaks readers gets a witness of its own; in the other the
// resolver's word is taken.
func (e *Engine) Compare(ctx context.Context, previous, next compat.Parsed, demanded []compat.Direction) (*compat.Comparison, error) {
	old, fresh, err := both(previous, next)
	if err != nil {
		return nil, err
	}
	return compare(&progress{ctx: ctx}, old, fresh, demanded)
}

func compare(p *progress, old, fresh *parsed, demanded []compat.Direction) (*compat.Comparison, error) {
	changes := diff(p, old.root, fresh.root)
	result := &compat.Comparison{}
	for _, d := range []compat.Direction{compat.BackwardDirection, compat.ForwardDirection} {
		j := &judgement{direction: d, writer: old, reader: fresh, progress: p}
		if slices.Contains(demanded, d) {
			j.left = maxWitnesses
		}
		if d == compat.ForwardDirection {
			j.writer, j.reader = fresh, old
		}
		var truth compat.Truth
		if truth, changes = j.judge(changes); p.interrupted() {
			return nil, p.err
		}
		if d == compat.ForwardDirection {
			result.Forward = truth
		} else {
			result.Backward = truth
		}
	}
	for i := range changes {
		result.Changes = append(result.Changes, changes[i].Change)
	}
	return result, nil
}

// both wants two versions that this engine has read.
func both(previous, next compat.Parsed) (old, fresh *parsed, err error) {
	old, ok := previous.(*parsed)
	if !ok {
		return nil, nil, fmt.Errorf("comparing %s: not an Avro schema", previous.Schema().File)
	}
	fresh, ok = next.(*parsed)
	if !ok {
		return nil, nil, fmt.Errorf("comparing %s: not an Avro schema", next.Schema().File)
	}
	return old, fresh, nil
}

// maxWitnesses bounds the witnesses that are built in one direction, and those of
// logical types that changed: each costs as much as the schema is long, and nobody reads the two hundred and first.
const maxWitnesses = 200

// judgement is the question in one direction.
type judgement struct {
	direction      compat.Direction
	writer, reader *parsed
	left           int // witnesses that may still be built
	progress       *progress
	resolver       *resolver
}

// judge answers whether the reader resolves what the writer writes, and notes in
// the changes which of them are to blame where it does not. Mismatches that no
// change accounts for become a change of their own.
func (j *judgement) judge(changes []change) (compat.Truth, []change) {
	j.resolver = newResolver(j.progress)
	failures := j.resolver.failures(j.writer.root.node, j.reader.root.node)
	if len(failures) == 0 {
		return compat.Truth{Verdict: compat.Compatible, Proof: compat.ByContainment}, changes
	}
	found := make(map[mismatch]int, len(failures))
	for i, f := range failures {
		found[f.mismatch] = i
	}
	explained := make([]bool, len(failures))
	for i := range changes {
		var causes []failure
		for _, m := range changes[i].causes(j.direction) {
			if at, ok := found[m]; ok {
				causes, explained[at] = append(causes, failures[at]), true
			}
		}
		if len(causes) > 0 {
			*changes[i].Effect(j.direction) = j.effect(causes)
		}
	}
	for i, f := range failures {
		if !explained[i] {
			changes = append(changes, j.unexplained(f))
		}
	}
	return j.truth(changes), changes
}

// effect is what a change does that causes mismatches.
func (j *judgement) effect(causes []failure) compat.Effect {
	for _, f := range causes {
		if j.left--; j.left < 0 || j.progress.interrupted() {
			break
		}
		if w := j.witness(f); w != nil {
			return compat.Effect{Breaks: true, Proof: compat.ByWitness, Witness: w}
		}
	}
	return compat.Effect{Breaks: true, Proof: compat.ByRule}
}

func (j *judgement) unexplained(f failure) change {
	old, next := f.writer, f.reader
	if j.direction == compat.ForwardDirection {
		old, next = next, old
	}
	c := change{
		Change: compat.Change{
			Rule: compat.RuleUnexplained, Kind: compat.Other,
			Pointer: next.at.identity(), OldPointer: old.at.shown(), NewPointer: next.at.shown(),
			Before: old.describe(), After: next.describe(), Message: "the changes together keep readers from resolving it: " + f.explain(),
		},
		old: use{old, old.at}, next: use{next, next.at},
	}
	*c.Effect(j.direction) = j.effect([]failure{f})
	return c
}

// truth sums up changes of which at least one breaks the direction.
func (j *judgement) truth(changes []change) compat.Truth {
	truth := compat.Truth{Verdict: compat.Breaking, Proof: compat.ByRule}
	for i := range changes {
		w := changes[i].Effect(j.direction).Witness
		if w != nil && (truth.Witness == nil || len(w.Text) < len(truth.Witness.Text)) {
			truth.Proof, truth.Witness = compat.ByWitness, w
		}
	}
	return truth
}

// explain says in words what a mismatch is about.
func (m mismatch) explain() string {
	switch m.why {
	case nameDiffers:
		return fmt.Sprintf("it holds %s named %s, the reader expects %s", m.writer.kind.article(), m.writer.name, m.reader.name)
	case sizeDiffers:
		return fmt.Sprintf("it holds %d bytes, the reader expects %d", m.writer.size, m.reader.size)
	case decimalDiffers:
		return fmt.Sprintf("it holds a %s, the reader expects %s", m.writer.meaning(), m.reader.meaning())
	case symbolMissing:
		return fmt.Sprintf("the reader's enum %s has neither the symbol %q nor a default", m.reader.name, m.item)
	case fieldMissing:
		return fmt.Sprintf("the reader's field %q is missing and has no default", m.item)
	case fieldAmbiguous:
		return fmt.Sprintf("the reader's field %q is meant by two of its fields, by name and by alias", m.item)
	case branchMissing:
		return fmt.Sprintf("it holds %s, which the reader's %s does not take", m.item, m.reader.describe())
	}
	return fmt.Sprintf("it holds %s, the reader expects %s", m.writer.describe(), m.reader.describe())
}
