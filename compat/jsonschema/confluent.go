package jsonschema

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/nexus-blueprint/nexus/compat"
)

// confluentSteps and confluentDepth bound a prediction: how often it looks at a
// pair of schemas, and how many of them it holds open. Recursive schemas of
// different periods and long lists of branches could otherwise cost any amount.
const (
	confluentSteps = 2_000_000
	confluentDepth = 20_000
)

// Refusals predicts why Confluent Schema Registry would say that next is not
// BACKWARD compatible with previous: "confluent" under its policy STRICT,
// "confluent-lenient" under LENIENT. AWS does not publish by which rules Glue
// judges JSON Schema; "glue" is taken to judge as STRICT does.
//
// Each refusal carries the name of Confluent's own difference, such as
// confluent/type-narrowed for TYPE_NARROWED. The registry compares keyword by
// keyword; where its answer is not the truth, compat's profiles say so.
func (e *Engine) Refusals(registry string, previous, next compat.Parsed) ([]compat.Refusal, bool) {
	family, known := emulated[registry]
	if !known {
		return nil, false
	}
	o, ok := previous.(*parsed)
	n, ok2 := next.(*parsed)
	if !ok || !ok2 {
		return nil, false
	}
	c := &confluent{family: family, lenient: registry == "confluent-lenient", presumed: map[modelPair]bool{}, left: confluentSteps}
	return c.run(readModel(o.loader), readModel(n.loader)), true
}

// emulated maps the registries that Refusals knows to the family of their rules.
var emulated = map[string]string{"confluent": "confluent", "confluent-lenient": "confluent", "glue": "glue"}

// confluent is one prediction.
type confluent struct {
	family  string // of the rules
	lenient bool
	known   map[modelPair]*outcome
	// presumed are the pairs that turned out refused after something had
	// relied on their being accepted; the next round starts from that.
	presumed map[modelPair]bool
	again    bool
	left     int
	depth    int
}

type modelPair struct{ old, next *model }

// outcome is what comparing a pair found: its own refusals, and the pairs below
// it that count.
type outcome struct {
	refusals []compat.Refusal
	below    []*outcome
	refused  bool
	open     bool // still being compared
	relied   bool // met again while open
}

func (o *outcome) add(below *outcome) { o.below = append(o.below, below) }

// run compares until nothing relies on a wrong presumption. A pair that is met
// inside itself, as in recursive schemas, is presumed accepted at first.
func (c *confluent) run(old, next *model) []compat.Refusal {
	for {
		c.known, c.again = map[modelPair]*outcome{}, false
		o := c.compare(old, next)
		if c.left <= 0 {
			return []compat.Refusal{{
				Rule:    c.family + "/" + confluentTooLarge,
				Message: fmt.Sprintf("the prediction gave up: the schemas need more than %d comparisons, or more than %d inside each other; this counts as a refusal", confluentSteps, confluentDepth),
			}}
		}
		if !c.again {
			return o.list()
		}
	}
}

// list gathers the refusals of an outcome and all below it, each once, sorted
// by place.
func (o *outcome) list() []compat.Refusal {
	var all []compat.Refusal
	seen, listed := map[*outcome]bool{}, map[compat.Refusal]bool{}
	var visit func(*outcome)
	visit = func(o *outcome) {
		if seen[o] {
			return
		}
		seen[o] = true
		for _, r := range o.refusals {
			if !listed[r] {
				listed[r] = true
				all = append(all, r)
			}
		}
		for _, below := range o.below {
			visit(below)
		}
	}
	visit(o)
	slices.SortFunc(all, func(a, b compat.Refusal) int {
		return cmp.Or(cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.OldPointer, b.OldPointer))
	})
	return all
}

// compare judges a pair of schemas.
func (c *confluent) compare(old, next *model) *outcome {
	p := modelPair{old.resolved(), next.resolved()}
	if o, ok := c.known[p]; ok {
		o.relied = o.relied || o.open
		return o
	}
	o := &outcome{open: true, refused: c.presumed[p]}
	c.known[p] = o
	if c.depth++; c.depth > confluentDepth {
		c.left = 0
	}
	if c.spend() {
		c.judge(o, p.old, p.next)
	}
	c.depth--
	o.open = false
	o.refused = o.refused || len(o.refusals) > 0
	for _, below := range o.below {
		o.refused = o.refused || below.refused
	}
	if o.relied && o.refused && !c.presumed[p] {
		c.presumed[p], c.again = true, true
	}
	return o
}

// spend takes one step of the budget and reports whether there was one left.
func (c *confluent) spend() bool {
	c.left--
	return c.left > 0
}

// accepts reports whether the registry would accept next after old.
func (c *confluent) accepts(old, next *model) bool { return !c.compare(old, next).refused }

// judge compares two schemas that are no references. The order of the questions
// is the registry's: combinations first, then the kinds, then the keywords.
func (c *confluent) judge(o *outcome, old, next *model) {
	switch {
	case old.kind != combinedModel && next.kind == combinedModel && c.joinsCombination(old, next):
		return
	case old.kind == combinedModel && next.kind != combinedModel && c.leavesCombination(old, next):
		return
	case old.kind != next.kind || old.name != next.name:
		c.kindChanged(o, old, next)
		return
	}
	switch next.kind {
	case stringModel:
		c.strings(o, old, next)
	case numberModel:
		c.numbers(o, old, next)
	case arrayModel:
		c.array(o, old, next)
	case objectModel:
		c.object(o, old, next)
	case enumModel:
		c.enum(o, old, next)
	case constModel:
		c.constant(o, old, next)
	case notModel:
		c.negation(o, old, next)
	case combinedModel:
		c.combination(o, old, next)
	}
}

// joinsCombination reports whether next, a combination, has room for old: its
// only branch accepts old, or some branch of an "anyOf" or "oneOf" does.
func (c *confluent) joinsCombination(old, next *model) bool {
	if next.criterion == "allOf" && len(next.branches) != 1 {
		return false
	}
	for _, branch := range next.branches {
		if c.accepts(old, branch) {
			return true
		}
	}
	return false
}

// leavesCombination reports whether next accepts what old, a combination,
// described: by its only branch, or by some branch of an "allOf".
func (c *confluent) leavesCombination(old, next *model) bool {
	if old.criterion != "allOf" && len(old.branches) != 1 {
		return false
	}
	for _, branch := range old.branches {
		if c.accepts(branch, next) {
			return true
		}
	}
	return false
}

// kindChanged judges schemas of different kinds. Everything fits into a schema
// without constraints, and nothing is lost of one that accepted nothing.
func (c *confluent) kindChanged(o *outcome, old, next *model) {
	if old.kind == falseModel || next.kind == emptyModel || isConnectBytes(old) && isConnectBytes(next) {
		return
	}
	keyword := ""
	if holdsAny(old.raw, []string{"type"}) && holdsAny(next.raw, []string{"type"}) {
		keyword = "type"
	}
	c.refuse(o, "type-changed", old, next, keyword, "the schema was %s and is %s", old.words(), next.words())
}

// isConnectBytes reports whether Kafka Connect wrote the schema for a field of
// bytes, which it does in more than one form.
func isConnectBytes(m *model) bool { return m.raw["connect.type"] == "bytes" }

// refuse notes a refusal at a keyword, or at the schema itself for "", unless
// the policy in force tolerates it.
func (c *confluent) refuse(o *outcome, rule string, old, next *model, keyword, format string, args ...any) {
	if keyword == "" {
		c.refuseAt(o, rule, old.pointer(), next.pointer(), format, args...)
		return
	}
	c.refuseAt(o, rule, old.pointer(keyword), next.pointer(keyword), format, args...)
}

func (c *confluent) refuseAt(o *outcome, rule, oldPointer, pointer, format string, args ...any) {
	if c.lenient && confluentLenient[rule] {
		return
	}
	o.refusals = append(o.refusals, compat.Refusal{
		Rule: c.family + "/" + rule, Pointer: pointer, OldPointer: oldPointer, Message: fmt.Sprintf(format, args...),
	})
}

// confluentLenient are the refusals that the policy LENIENT lets pass.
var confluentLenient = map[string]bool{
	"property-added-to-open-content-model":                         true,
	"required-property-with-default-added-to-open-content-model":   true,
	"property-added-not-covered-by-partially-open-content-model":   true,
	"property-removed-from-closed-content-model":                   true,
	"property-removed-not-covered-by-partially-open-content-model": true,
	"additional-properties-removed":                                true,
	"additional-properties-narrowed":                               true,
	"unevaluated-properties-removed":                               true,
	"unevaluated-properties-narrowed":                              true,
}
