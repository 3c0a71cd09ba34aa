package jsonschema

import (
	"context"
	"fmt"
	"slices"

	"github.com/nexus-blueprint/nexus/compat"
)

// Budgets in solver steps: one containment question, and one change of it.
const (
	wholeBudget  = 20000
	changeBudget = 3000
)

// maxProofs bounds how many changes of one comparison get a witness of their
// own. Beyond it the solver's word is taken, as in a direction that nobody asked for.
const maxProofs = 200

// Compare judges a change in both directions. In a direction that is demanded,
// each change that breaks documents gets a witness of its own where the solver
// finds one, confirmed by the validator. In the other the solver's word is taken:
// compiling for the validator costs more than all the rest.
func (e *Engine) Compare(ctx context.Context, previous, next compat.Parsed, demanded []compat.Direction) (*compat.Comparison, error) {
	old, ok := previous.(*parsed)
	if !ok {
		return nil, fmt.Errorf("comparing %s: not a JSON Schema", previous.Schema().File)
	}
	fresh, ok := next.(*parsed)
	if !ok {
		return nil, fmt.Errorf("comparing %s: not a JSON Schema", next.Schema().File)
	}
	c, err := newComparer(ctx, old, fresh)
	if err != nil {
		return nil, err
	}
	c.demanded = demanded
	return c.run()
}

// comparer holds one comparison.
type comparer struct {
	ctx      context.Context
	old, new side
	classes  *classes
	solver   *solver
	changes  []change
	demanded []compat.Direction
	// What is left for making witnesses smaller, and for having the validator
	// confirm those of single changes.
	shrinkLeft, proofsLeft int
}

// side is one of the two versions.
type side struct {
	parsed *parsed
	graph  *graph
	faults []fault
}

func newComparer(ctx context.Context, old, next *parsed) (*comparer, error) {
	oldLoader, oldRoot, err := old.fresh()
	if err != nil {
		return nil, err
	}
	newLoader, newRoot, err := next.fresh()
	if err != nil {
		return nil, err
	}
	classes := classify(oldRoot, newRoot)
	c := &comparer{
		ctx: ctx, classes: classes, solver: newSolver(ctx, classes, 0),
		shrinkLeft: shrinkBudget, proofsLeft: maxProofs,
		old: side{old, newGraph(oldRoot), oldLoader.faults},
		new: side{next, newGraph(newRoot), newLoader.faults},
	}
	c.changes = diff(oldRoot, newRoot)
	return c, nil
}

func (c *comparer) run() (*compat.Comparison, error) {
	result := &compat.Comparison{}
	var err error
	if result.Backward, err = c.judge(compat.BackwardDirection); err != nil {
		return nil, err
	}
	if result.Forward, err = c.judge(compat.ForwardDirection); err != nil {
		return nil, err
	}
	for i := range c.changes {
		change := c.changes[i].Change
		harmless := !change.Backward.Breaks && !change.Forward.Breaks
		switch {
		case change.Kind == compat.ValuesNarrowed && !change.Backward.Breaks:
			change.Kind = compat.Other
		case change.Kind == compat.TypeChanged && harmless && result.Backward.Verdict != compat.Undecided && result.Forward.Verdict != compat.Undecided:
			change.Kind = compat.Other // the same documents in other words
		}
		result.Changes = append(result.Changes, change)
	}
	return result, nil
}

// question is containment in one direction: is every document of from one of into?
type question struct {
	direction  compat.Direction
	from, into side
	proved     bool // a break needs a witness that the validator confirms
}

func (c *comparer) question(d compat.Direction) question {
	proved := slices.Contains(c.demanded, d)
	if d == compat.ForwardDirection {
		return question{d, c.new, c.old, proved}
	}
	return question{d, c.old, c.new, proved}
}

// judge answers containment in one direction and finds which changes are to
// blame for a break.
func (c *comparer) judge(d compat.Direction) (compat.Truth, error) {
	q := c.question(d)
	if err := c.ctx.Err(); err != nil {
		return compat.Truth{}, err
	}
	value, is := c.ask(wholeBudget, q, q.into.graph.root)
	truth := compat.Truth{Verdict: compat.Compatible, Proof: compat.ByContainment}
	if is == unsat {
		return truth, nil
	}
	if is == sat && !q.proved {
		_, err := c.blame(q)
		return compat.Truth{Verdict: compat.Breaking, Proof: compat.ByRule}, err
	}
	if is == sat {
		truth.Witness = q.witness(c.shrink(q, q.into.graph.root, value), nil)
	}
	breaking, err := c.blame(q)
	if err != nil {
		return compat.Truth{}, err
	}
	for i := 0; truth.Witness == nil && i < len(breaking); i++ {
		truth.Witness = breaking[i].Effect(d).Witness
	}
	if truth.Witness == nil {
		for _, change := range breaking {
			*change.Effect(d) = compat.Effect{}
		}
		return c.undecided(q, is), nil
	}
	truth.Verdict, truth.Proof = compat.Breaking, compat.ByWitness
	c.explainRest(q, truth)
	return truth, nil
}

// ask looks for a document of q.from that target refuses.
func (c *comparer) ask(budget int, q question, target *node) (any, status) {
	c.classes.assign(target)
	c.solver.steps = budget
	return c.solver.solve([]literal{must(q.from.graph.root), mustNot(target)})
}

// blame asks about each change alone.
func (c *comparer) blame(q question) ([]*change, error) {
	var breaking []*change
	for i := range c.changes {
		if err := c.ctx.Err(); err != nil {
			return nil, err
		}
		change := &c.changes[i]
		if change.Kind == compat.DefaultRemoved {
			continue
		}
		target := q.into.graph.only(change.focuses(q.direction))
		value, is := c.ask(changeBudget, q, target)
		if is == unsat && change.widen(q.direction) {
			target = q.into.graph.only(change.focuses(q.direction))
			value, is = c.ask(changeBudget, q, target)
		}
		if is == unsat {
			continue
		}
		effect := compat.Effect{Breaks: true, Proof: compat.ByRule}
		if is == sat && q.proved && c.proofsLeft > 0 {
			c.proofsLeft--
			if w := q.witness(c.shrink(q, target, value), change.focuses(q.direction)); w != nil {
				effect = compat.Effect{Breaks: true, Proof: compat.ByWitness, Witness: w}
			}
		}
		*change.Effect(q.direction) = effect
		breaking = append(breaking, change)
	}
	return breaking, nil
}

// widen puts the oneOf around a change under suspicion instead, once in each
// direction, and reports whether there is one.
func (c *change) widen(d compat.Direction) bool {
	focuses, side := &c.backward, 1
	if d == compat.ForwardDirection {
		focuses, side = &c.forward, 0
	}
	if c.around == nil || len(*focuses) > 0 && (*focuses)[0].keyword == "oneOf" {
		return false
	}
	*focuses = []focus{{c.around[side], "oneOf", ""}}
	return true
}

func (c *change) focuses(d compat.Direction) []focus {
	if d == compat.ForwardDirection {
		return c.forward
	}
	return c.backward
}

// explainRest adds a change of its own for a break that none of the changes
// accounts for: several of them together, or an unchanged keyword that they
// bring into play.
func (c *comparer) explainRest(q question, truth compat.Truth) {
	var blamed []focus
	for i := range c.changes {
		if change := &c.changes[i]; change.Effect(q.direction).Breaks {
			blamed = append(blamed, change.focuses(q.direction)...)
		}
	}
	witness := truth.Witness
	if len(blamed) > 0 {
		value, is := c.ask(changeBudget, q, q.into.graph.without(blamed))
		if is != sat {
			return
		}
		if witness = q.witness(value, nil); witness == nil {
			return
		}
	}
	rest := change{Change: compat.Change{
		Rule: compat.RuleUnexplained, Kind: compat.Other,
		Message: fmt.Sprintf("the changes together break %s readers, though no single one does", q.direction),
	}}
	*rest.Effect(q.direction) = compat.Effect{Breaks: true, Proof: compat.ByWitness, Witness: witness}
	c.changes = append(c.changes, rest)
}

// undecided says why a question stays open, and where.
func (c *comparer) undecided(q question, is status) compat.Truth {
	truth := compat.Truth{Verdict: compat.Undecided}
	if f, ok := c.fault(); ok {
		at := f.place.file.locate(f.place.pointer)
		truth.Reason = fmt.Sprintf("%s:%d: %s", at.File, at.Line, f.reason)
		if len(c.new.faults) > 0 && !f.place.file.outer {
			truth.At = f.place.pointer
		}
		return truth
	}
	for _, s := range []side{q.from, q.into} {
		if _, err := s.parsed.validator(); err != nil {
			truth.Reason = fmt.Sprintf("%s: the validator cannot use the schema: %v", s.parsed.source.File, err)
			return truth
		}
	}
	truth.Reason = "the search gave up after its fixed number of steps"
	if is == sat {
		truth.Reason = "a document was found that the validator judges differently, or not in bounded time"
	}
	return truth
}

// fault is the first part that cannot be reasoned about, of the new version if
// it has one.
func (c *comparer) fault() (fault, bool) {
	for _, s := range []side{c.new, c.old} {
		if len(s.faults) > 0 {
			return s.faults[0], true
		}
	}
	return fault{}, false
}
