package compat

import (
	"context"
	"fmt"
	"slices"

	"github.com/nexus-blueprint/nexus/report"
)

// Break is one thing that counts against a change under the profile in force.
type Break struct {
	Rule      string
	Severity  report.Severity
	Direction Direction // empty when it is a matter of policy alone
	Change    *Change
	Proof     Proof
	Witness   *report.Witness
	Previous  Parsed // the version that meets the change; the oldest that breaks
	Fixes     []report.Fix
}

// Deploy says who has to move first.
type Deploy string

// The orders of deployment.
const (
	ConsumersFirst Deploy = "consumers first" // the new version reads what the old one wrote
	ProducersFirst Deploy = "producers first" // the old version reads what the new one writes
	AnyOrder       Deploy = "any"
	NeitherOrder   Deploy = "neither" // no order is safe without a migration
)

// Options steer Check.
type Options struct {
	Level        Level
	Profile      Profile
	DeclaredBump Bump // what the author promises; empty to read it from the versions
	// Unproved asks for verdicts without witnesses, which cost less.
	Unproved bool
}

// demanded lists the directions in which a break must come with its witness.
func (o Options) demanded() []Direction {
	if o.Unproved {
		return nil
	}
	return o.Level.examined()
}

// Result is what Check found for one subject.
type Result struct {
	Next     Parsed
	Previous Parsed // the latest earlier version
	Level    Level
	Profile  string
	Verdict  Verdict // the profile's, with its proof and witness
	Proof    Proof
	Witness  *report.Witness
	Truth    Truth // containment's, over the directions that the level demands
	// Doubt is set when a direction on which the verdict rests could not be
	// decided, whatever else was found.
	Doubt    *Truth
	Changes  []Change
	Breaks   []Break
	Bump     Bump
	Declared Bump             // what the author promised, or empty
	Lints    []report.Finding // what breaks nobody and is most likely wrong
	Deploy   Deploy
	// Oldest is the oldest earlier version that the change breaks, nil when none does.
	Oldest Parsed
}

// Check judges a change of one subject. previous holds the earlier versions,
// oldest first and at least one; a level that is not transitive looks at the
// last alone.
func Check(ctx context.Context, engine Engine, o Options, previous []Parsed, next Parsed) (*Result, error) {
	if len(previous) == 0 {
		return nil, fmt.Errorf("checking %s: no earlier version to compare with", next.Schema().Subject)
	}
	latest := previous[len(previous)-1]
	if !o.Level.Transitive() {
		previous = previous[len(previous)-1:]
	}
	result := &Result{Next: next, Previous: latest, Level: o.Level, Profile: o.Profile.Name, Truth: acquittal(o.Level.examined()).Truth}
	verdict := acquittal(o.Level.Directions())
	book := ruleBooks[o.Profile.Name]
	known := map[string]bool{}
	var comparison *Comparison
	for _, earlier := range previous {
		var err error
		if comparison, err = engine.Compare(ctx, earlier, next, o.demanded()); err != nil {
			return nil, err
		}
		comparison.explain()
		j, err := book.judge(o.Profile, comparison, o.Level.Directions(), asker(engine, o.Profile.Name, earlier, next))
		if err != nil {
			return nil, err
		}
		j = o.Profile.adjust(j)
		if j.Verdict == Breaking && result.Oldest == nil {
			result.Oldest = earlier
		}
		if j.Verdict == verdict.Verdict && j.Proof == ByPolicy {
			verdict.Proof, verdict.Witness = j.Proof, j.Witness
		}
		verdict.weigh(j.Truth)
		result.examine(comparison, o.Level, book)
		for _, b := range j.breaks {
			if key := b.fingerprint(""); !known[key] {
				known[key] = true
				b.Previous = earlier
				result.Breaks = append(result.Breaks, b)
			}
		}
	}
	if result.Doubt != nil && verdict.Verdict == Compatible {
		verdict.Truth = *result.Doubt
	}
	result.Verdict, result.Proof, result.Witness = verdict.Verdict, verdict.Proof, verdict.Witness
	result.Changes = comparison.Changes
	result.Bump = deserved(result, o, comparison, latest, next)
	result.Deploy = deployOrder(o.Profile, comparison)
	result.Declared = declared(o, latest, next)
	if linter, ok := engine.(Linter); ok && !o.Unproved {
		result.Lints = linter.Lint(latest, next)
	}
	return result, nil
}

// examine notes what containment says. A doubt in a direction that the level
// demands stays, whatever else is found: no waiver and no severity lifts it.
func (r *Result) examine(c *Comparison, level Level, book ruleBook) {
	for _, d := range level.examined() {
		r.Truth = r.Truth.graver(c.Truth(d))
	}
	if book.predicts {
		return
	}
	for _, d := range level.Directions() {
		if truth := c.Truth(d); truth.Verdict == Undecided && r.Doubt == nil {
			r.Doubt = &truth
		}
	}
}

// explain makes sure that a truth that breaks is never without a change to
// report: several changes can break a document only together.
func (c *Comparison) explain() {
	for _, d := range []Direction{BackwardDirection, ForwardDirection} {
		truth := c.Truth(d)
		blamed := slices.ContainsFunc(c.Changes, func(change Change) bool { return change.Effect(d).Breaks })
		if truth.Verdict != Breaking || blamed {
			continue
		}
		change := Change{Rule: RuleUnexplained, Kind: Other, Message: "the changes together reject documents that were valid"}
		*change.Effect(d) = Effect{Breaks: true, Proof: truth.Proof, Witness: truth.Witness}
		c.Changes = append(c.Changes, change)
	}
}

// asker predicts a registry's verdict in either direction. FORWARD is BACKWARD
// with the versions exchanged.
func asker(engine Engine, registry string, previous, next Parsed) refusalsFunc {
	return func(d Direction) ([]Refusal, error) {
		emulator, ok := engine.(Emulator)
		if !ok {
			return nil, fmt.Errorf("profile %q does not know %s schemas", registry, engine.Format())
		}
		written, read := previous, next
		if d == ForwardDirection {
			written, read = next, previous
		}
		refusals, known := emulator.Refusals(registry, written, read)
		if !known {
			return nil, fmt.Errorf("profile %q does not know %s schemas", registry, engine.Format())
		}
		if d == ForwardDirection {
			for i := range refusals {
				r := &refusals[i]
				r.Pointer, r.OldPointer = r.OldPointer, r.Pointer
			}
		}
		return refusals, nil
	}
}

// deserved is the semantic-version bump that the change deserves: major when it
// breaks, by the profile or in truth, minor when the two versions accept
// different documents, patch when only words changed.
func deserved(r *Result, o Options, c *Comparison, previous, next Parsed) Bump {
	breaks := slices.ContainsFunc(o.Level.examined(), func(d Direction) bool { return !safe(o.Profile, c, d) })
	switch {
	case breaks, r.Verdict != Compatible:
		return Major
	case string(previous.Schema().Text) == string(next.Schema().Text):
		return NoBump
	case c.Backward.Verdict == Compatible && c.Forward.Verdict == Compatible && !changesFields(c):
		return Patch
	}
	return Minor
}

// changesFields reports whether a change touches what documents may hold even
// though both versions accept the same ones, as in an encoding where unknown
// fields pass.
func changesFields(c *Comparison) bool {
	for _, change := range c.Changes {
		if change.Field != nil {
			return true
		}
	}
	return false
}

// deployOrder reads the order off the two directions, counting the additions
// that the profile tolerates as compatible.
func deployOrder(p Profile, c *Comparison) Deploy {
	backward, forward := safe(p, c, BackwardDirection), safe(p, c, ForwardDirection)
	switch {
	case backward && forward:
		return AnyOrder
	case backward:
		return ConsumersFirst
	case forward:
		return ProducersFirst
	}
	return NeitherOrder
}

func safe(p Profile, c *Comparison, d Direction) bool {
	switch c.Truth(d).Verdict {
	case Compatible:
		return true
	case Undecided:
		return false
	}
	for i := range c.Changes {
		if change := &c.Changes[i]; change.Effect(d).Breaks && !tolerated(p, change, d) {
			return false
		}
	}
	return true
}

// declared is the bump the author promised, by option or by the versions that
// the two schemas state.
func declared(o Options, previous, next Parsed) Bump {
	if o.DeclaredBump != "" {
		return o.DeclaredBump
	}
	from, to := versionOf(previous), versionOf(next)
	if bump, ok := BumpBetween(from, to); ok && bump != NoBump {
		return bump
	}
	return ""
}

func versionOf(p Parsed) string {
	if v := p.DeclaredVersion(); v != "" {
		return v
	}
	return p.Schema().Version
}

// suggest asks the engine for fixes of a break and keeps those that it can
// confirm: the break is gone from the edited version and nothing new broke.
// It ends when left, the bytes that may still be checked, runs out.
func suggest(ctx context.Context, engine Engine, o Options, b Break, next Parsed, known map[string]bool, left *int) []report.Fix {
	var fixes []report.Fix
	for _, fix := range engine.Fixes(b.Previous, next, *b.Change, b.Direction) {
		if *left -= len(fix.Text); *left < 0 || ctx.Err() != nil {
			return fixes
		}
		edited := next.Schema()
		edited.Text = fix.Text
		parsed, err := engine.Parse(edited)
		if err != nil {
			continue
		}
		o.DeclaredBump, o.Unproved = "", true
		again, err := Check(ctx, engine, o, []Parsed{b.Previous}, parsed)
		if err != nil || again.Doubt != nil || !mends(again, b, known) {
			continue
		}
		fixes = append(fixes, report.Fix{Title: fix.Title, Edits: fix.Edits, Verified: true})
	}
	return fixes
}

// mends reports whether a break is gone and every error that is left was there
// before. Values do not count: a fix may change what a further break is about.
func mends(again *Result, mended Break, known map[string]bool) bool {
	for _, b := range again.Breaks {
		if b.Severity == report.Error && (b.key() == mended.key() || !known[b.key()]) {
			return false
		}
	}
	return true
}

// maxSuggested bounds how many breaks of a subject get fixes, and maxEdited the
// bytes of the edited versions: each is checked by reading and comparing the whole
// of it again.
const (
	maxSuggested = 50
	maxEdited    = 8 << 20
)

// Suggest fills in the fixes of the breaks, the first ones where there are many.
func (r *Result) Suggest(ctx context.Context, engine Engine, o Options) {
	known := map[string]bool{}
	for _, b := range r.Breaks {
		known[b.key()] = true
	}
	left := maxEdited
	for i := range min(len(r.Breaks), maxSuggested) {
		if ctx.Err() != nil || left < 0 {
			return
		}
		r.Breaks[i].Fixes = suggest(ctx, engine, o, r.Breaks[i], r.Next, known, &left)
	}
}

// key is what a break is, whatever values it is about.
func (b Break) key() string {
	return b.Rule + " " + string(b.Direction) + " " + b.Change.Pointer
}

func (b Break) fingerprint(subject string) string {
	return report.Fingerprint(b.Rule, subject, string(b.Direction), b.Change.Pointer, b.Change.Before, b.Change.After)
}
