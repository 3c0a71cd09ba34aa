package compat

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/report"
)

// Switches are the founding document's four rules on how an event may evolve.
// The zero value forbids everything; start from DefaultSwitches.
type Switches struct {
	AllowNewFields    bool // a field may be added
	RequireDefaults   bool // an added field needs a default
	AllowFieldRemoval bool // a field may be removed; else it becomes optional and stays
	AllowTypeChanges  bool // a type may change; else a new event type is made
}

// DefaultSwitches are the founding document's own settings.
var DefaultSwitches = Switches{AllowNewFields: true, RequireDefaults: true}

// Profile is the rule book that turns changes into a verdict.
type Profile struct {
	Name     string
	Switches Switches // read by blueprint only
	// Severities are the team's own, by rule; Off drops the rule's findings.
	Severities map[string]report.Severity
}

// judgement is what a profile makes of one comparison.
type judgement struct {
	Truth  // the profile's verdict
	breaks []Break
}

// judge turns a comparison into a judgement for the directions a level demands.
type judge func(p Profile, c *Comparison, directions []Direction, ask refusalsFunc) (judgement, error)

// refusalsFunc asks an engine to predict a registry in one direction.
type refusalsFunc func(Direction) ([]Refusal, error)

// Profiles lists the profile names in the order in which help shows them.
var Profiles = []string{"blueprint", "containment", "confluent", "confluent-lenient", "glue"}

// ruleBook is how a profile judges.
type ruleBook struct {
	judge judge
	// predicts marks a profile whose verdict is a registry's, and not the truth's:
	// a doubt about the truth leaves it certain.
	predicts bool
}

var ruleBooks = map[string]ruleBook{
	"blueprint":   {judge: judgeBlueprint},
	"containment": {judge: judgeContainment},
	"confluent":   {judge: judgeRegistry, predicts: true},
	// Confluent's LENIENT policy, which lets properties of open objects come and go.
	"confluent-lenient": {judge: judgeRegistry, predicts: true},
	"glue":              {judge: judgeRegistry, predicts: true},
}

// ParseProfile returns the profile of that name with its default switches.
func ParseProfile(name string) (Profile, error) {
	if !slices.Contains(Profiles, name) {
		return Profile{}, fmt.Errorf("unknown profile %q, want one of %s", name, strings.Join(Profiles, ", "))
	}
	return Profile{Name: name, Switches: DefaultSwitches}, nil
}

// Predicts reports whether the profile's verdict is a guess at what a schema
// registry of that kind answers.
func (p Profile) Predicts(kind string) bool { return ruleBooks[p.Name].predicts && p.family() == kind }

// family is the first part of the ids of the profile's rules.
func (p Profile) family() string { return strings.TrimSuffix(p.Name, "-lenient") }

// adjust applies the team's own severities. A change whose every error was
// lowered is compatible by policy; the truth is still printed beside it.
func (p Profile) adjust(j judgement) judgement {
	if len(p.Severities) == 0 {
		return j
	}
	errors := 0
	j.breaks = slices.DeleteFunc(slices.Clone(j.breaks), func(b Break) bool { return p.Severities[b.Rule] == Off })
	for i := range j.breaks {
		b := &j.breaks[i]
		b.Severity = cmp.Or(p.Severities[b.Rule], b.Severity)
		if b.Severity == report.Error {
			errors++
			j.weigh(b.truth())
		}
	}
	if errors == 0 && j.Verdict == Breaking {
		j.Verdict, j.Proof = Compatible, ByPolicy
	}
	return j
}

// acquittal is the judgement before anything was found. A level that demands
// nothing proves nothing.
func acquittal(directions []Direction) judgement {
	if len(directions) == 0 {
		return judgement{Truth: Truth{Verdict: Compatible, Proof: ByPolicy}}
	}
	return judgement{Truth: Truth{Verdict: Compatible, Proof: ByContainment}}
}

// judgeContainment lets the truth decide.
func judgeContainment(_ Profile, c *Comparison, directions []Direction, _ refusalsFunc) (judgement, error) {
	j := acquittal(directions)
	for _, d := range directions {
		truth := c.Truth(d)
		j.weigh(truth)
		if truth.Verdict != Breaking {
			continue
		}
		for i := range c.Changes {
			if change := &c.Changes[i]; change.Effect(d).Breaks {
				j.breaks = append(j.breaks, truthBreak(change, d))
			}
		}
	}
	return j, nil
}

// judgeBlueprint applies the founding document: the truth decides, except that
// an optional field with a default added to an open object is only a warning;
// beyond the truth, fields are never removed, types never change and new fields
// need a default. It looks at Kinds only, so it is the same for every format.
func judgeBlueprint(p Profile, c *Comparison, directions []Direction, _ refusalsFunc) (judgement, error) {
	j := acquittal(directions)
	for i := range c.Changes {
		change := &c.Changes[i]
		broken := false
		for _, d := range directions {
			if !change.Effect(d).Breaks {
				continue
			}
			broken = true
			b := truthBreak(change, d)
			if tolerated(p, change, d) {
				b.Rule, b.Severity = RuleOpenAddition, report.Warning
			}
			j.breaks = append(j.breaks, b)
		}
		if broken || len(directions) == 0 {
			continue
		}
		if rule := p.Switches.refuses(change); rule != "" {
			j.breaks = append(j.breaks, Break{Rule: rule, Severity: RuleSeverity(rule), Change: change, Proof: ByPolicy})
		}
	}
	for _, d := range directions {
		if truth := c.Truth(d); truth.Verdict == Undecided {
			j.weigh(truth)
		}
	}
	for _, b := range j.breaks {
		if b.Severity == report.Error {
			j.weigh(b.truth())
		} else if j.Verdict == Compatible && j.Proof == ByContainment && b.Proof != ByPolicy {
			j.Proof, j.Witness = ByPolicy, b.Witness
		}
	}
	return j, nil
}

// judgeRegistry lets the prediction of a schema registry decide, and says where
// the registry is wrong.
func judgeRegistry(p Profile, c *Comparison, directions []Direction, ask refusalsFunc) (judgement, error) {
	j := judgement{Truth: Truth{Verdict: Compatible, Proof: ByPolicy}}
	for _, d := range directions {
		refusals, err := ask(d)
		if err != nil {
			return j, err
		}
		truth := c.Truth(d)
		for _, r := range refusals {
			j.weigh(Truth{Verdict: Breaking, Proof: ByPolicy})
			change := &Change{Rule: r.Rule, Kind: Other, Pointer: r.Pointer, NewPointer: r.Pointer, OldPointer: r.OldPointer, Message: r.Message}
			j.breaks = append(j.breaks, Break{Rule: r.Rule, Severity: report.Error, Direction: d, Change: change, Proof: ByPolicy})
		}
		switch {
		case len(refusals) == 0 && truth.Verdict == Breaking:
			j.breaks = append(j.breaks, Break{
				Rule: p.family() + "/missed-break", Severity: report.Warning, Direction: d, Proof: truth.Proof, Witness: truth.Witness,
				Change: &Change{Rule: p.family() + "/missed-break", Kind: Other, Message: fmt.Sprintf("the %s registry would accept this change, but it breaks %s readers", p.Name, d)},
			})
		case len(refusals) > 0 && truth.Verdict == Compatible:
			j.breaks = append(j.breaks, Break{
				Rule: p.family() + "/false-alarm", Severity: report.Note, Direction: d, Proof: ByContainment,
				Change: &Change{Rule: p.family() + "/false-alarm", Kind: Other, Message: fmt.Sprintf("the %s registry would refuse this change, but no document breaks (%s)", p.Name, d)},
			})
		}
	}
	return j, nil
}

func (j *judgement) weigh(t Truth) { j.Truth = j.graver(t) }

// truth is the verdict that a break alone would give.
func (b Break) truth() Truth {
	return Truth{Verdict: Breaking, Proof: b.Proof, Witness: b.Witness}
}

// truthBreak reports a change under its own rule, with the proof the engine has.
func truthBreak(change *Change, d Direction) Break {
	effect := change.Effect(d)
	return Break{Rule: change.Rule, Severity: report.Error, Direction: d, Change: change, Proof: effect.Proof, Witness: effect.Witness}
}

// tolerated reports whether a break in direction d is the open addition that
// the blueprint profile only warns about: old documents that happen to use the
// new field's name in another way.
func tolerated(p Profile, change *Change, d Direction) bool {
	f := change.Field
	return p.Name == "blueprint" && change.Kind == FieldAdded && d == BackwardDirection &&
		f != nil && !f.Required && f.Open && f.Default && p.Switches.AllowNewFields
}

// refuses names the blueprint rule that a change breaks although no document
// does, or "".
func (s Switches) refuses(change *Change) string {
	f := change.Field
	switch change.Kind {
	case FieldAdded:
		if !s.AllowNewFields {
			return RuleFieldAdded
		}
		if s.RequireDefaults && f != nil && !f.Default {
			return RuleDefaultMissing
		}
	case FieldRemoved, Renamed:
		if !s.AllowFieldRemoval && (f == nil || !f.Reserved) {
			return RuleFieldRemoved
		}
	case TypeChanged:
		if !s.AllowTypeChanges {
			return RuleTypeChanged
		}
	case DefaultRemoved:
		if s.RequireDefaults {
			return RuleDefaultRemoved
		}
	}
	return ""
}
