package compat

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// Findings lists what counts against the change: its breaks under the profile, a
// declared version bump that is too small, and what the engine finds odd.
func (r *Result) Findings() []report.Finding {
	findings := make([]report.Finding, 0, len(r.Breaks)+1)
	for i := range r.Breaks {
		findings = append(findings, r.finding(&r.Breaks[i]))
	}
	if r.Declared != "" && r.Declared.Less(r.Bump) {
		findings = append(findings, r.bumpFinding())
	}
	return append(findings, r.Lints...)
}

func (r *Result) finding(b *Break) report.Finding {
	subject := r.Next.Schema().Subject
	f := report.Finding{
		Rule:        b.Rule,
		Severity:    b.Severity,
		Subject:     subject,
		Message:     r.message(b),
		Hint:        hint(b),
		Witness:     b.Witness,
		Location:    locate(r.Next, b.Change.NewPointer, "new"),
		Place:       b.Change.Pointer,
		Fingerprint: b.fingerprint(subject),
		Fixes:       b.Fixes,
	}
	if b.Direction != "" {
		direction := string(b.Direction)
		f.Direction = &direction
	}
	if proof := findingProof(b.Proof); proof != "" {
		f.Proof = &proof
	}
	if b.Previous != nil {
		f.Related = []report.Related{{Message: "the old version", Location: locate(b.Previous, b.Change.OldPointer, "old")}}
	}
	return f
}

// Adjust applies the team's own severities to findings that no break stands
// behind: subjects added or deleted, bumps, doubts. Off drops a finding.
func (p Profile) Adjust(findings []report.Finding) []report.Finding {
	if len(p.Severities) == 0 {
		return findings
	}
	var kept []report.Finding
	for _, f := range findings {
		severity, set := p.Severities[f.Rule]
		if severity == Off {
			continue
		}
		// A break carries its adjusted severity already; setting it again changes nothing.
		if set {
			f.Severity = severity
		}
		kept = append(kept, f)
	}
	return kept
}

// findingProof is the proof as a finding names it; containment proves that
// nothing breaks, so it proves no finding.
func findingProof(p Proof) string {
	if p == ByContainment {
		return ""
	}
	return string(p)
}

// message says what the break does, in words that need no other page.
func (r *Result) message(b *Break) string {
	text := b.Change.Message
	switch b.Rule {
	case RuleOpenAddition:
		text = fmt.Sprintf("%s: the object was open, so an old document may already carry a field of that name with any value, and such a document is no longer valid", text)
	case RuleFieldAdded:
		text += ": the profile allows no new fields"
	case RuleFieldRemoved:
		text += ": a field is never removed, it becomes optional and stays"
	case RuleTypeChanged:
		text += ": a type never changes; a new event type takes its place"
	case RuleDefaultMissing:
		text += ": a new field needs a default, which stands in for it in stored events"
	case RuleDefaultRemoved:
		text += ": readers of older events relied on it"
	}
	if r.Level.Transitive() && b.Previous != nil && versionName(b.Previous) != versionName(r.Previous) {
		text += fmt.Sprintf(" (the oldest version that it breaks is %s)", versionName(b.Previous))
	}
	return text
}

// versionName names an earlier version the way a person would look for it.
func versionName(p Parsed) string {
	s := p.Schema()
	switch {
	case s.Version != "":
		return s.Version
	case s.Revision != "":
		return s.Revision
	}
	return s.File
}

// hint says what to do where the engine's fixes cannot.
func hint(b *Break) string {
	if b.Rule != RuleOpenAddition {
		return ""
	}
	return `close the object with "additionalProperties": false in its next major version; until then waive this finding if no producer writes the field yet`
}

func (r *Result) bumpFinding() report.Finding {
	subject := r.Next.Schema().Subject
	policy := string(ByPolicy)
	return report.Finding{
		Rule:        RuleBumpTooSmall,
		Severity:    report.Error,
		Subject:     subject,
		Message:     fmt.Sprintf("the declared bump is %s, but the change deserves %s", r.Declared, r.Bump),
		Hint:        fmt.Sprintf("release it as a %s version", r.Bump),
		Proof:       &policy,
		Location:    locate(r.Next, "", "new"),
		Fingerprint: report.Fingerprint(RuleBumpTooSmall, subject, "", "", string(r.Declared), string(r.Bump)),
	}
}

// locate finds a pointer's place and says which side and revision it is on.
func locate(p Parsed, pointer, side string) report.Location {
	place := p.Locate(pointer)
	place.Side = side
	if revision := p.Schema().Revision; revision != "" {
		place.Revision = &revision
	}
	return place
}

// Problem says that the change could not be decided, which is never the same as
// compatible.
func (r *Result) Problem() report.Problem {
	subject := r.Next.Schema().Subject
	place := locate(r.Next, r.Doubt.At, "new")
	return report.Problem{
		Code:     "undecided",
		Message:  r.doubt(),
		Hints:    []string{`write the constraint in a form that can be decided, or set "undecided: warning" under schema in nexus.yaml`},
		Subject:  &subject,
		Location: &place,
	}
}

// DoubtFinding is Problem as a warning, for teams that accept undecided changes.
func (r *Result) DoubtFinding() report.Finding {
	subject := r.Next.Schema().Subject
	return report.Finding{
		Rule:        RuleUndecided,
		Severity:    RuleSeverity(RuleUndecided),
		Subject:     subject,
		Message:     r.doubt(),
		Location:    locate(r.Next, r.Doubt.At, "new"),
		Fingerprint: report.Fingerprint(RuleUndecided, subject, "", "", r.Previous.Schema().Digest(), r.Next.Schema().Digest()),
	}
}

func (r *Result) doubt() string {
	text := "could not decide whether the change is " + string(r.Level) + " compatible"
	if r.Doubt.Reason != "" {
		text += ": " + r.Doubt.Reason
	}
	return text
}

// Checks lists what was judged of one subject: every rule that broke, and the
// compatibility level itself unless it broke. findings are the subject's, after
// waivers; verdicts are those of its comparisons, none when there was nothing to
// compare; place is where the subject stands.
func Checks(subject string, verdicts []Verdict, findings []report.Finding, place report.Location) []report.Check {
	var checks []report.Check
	for _, f := range findings {
		if f.Severity == report.Note || slices.ContainsFunc(checks, func(c report.Check) bool { return c.Rule == f.Rule }) {
			continue
		}
		checks = append(checks, report.Check{Subject: subject, Rule: f.Rule, Result: ruleResult(f.Rule, findings), Location: f.Location})
	}
	level := report.Check{Subject: subject, Rule: RuleCompatible, Result: report.NotApplicable, Location: place}
	for _, verdict := range verdicts {
		switch {
		case verdict == Breaking && len(checks) > 0:
			return checks // the rules say it better
		case verdict == Breaking:
			level.Result = report.Fail
		case verdict == Undecided:
			level.Result = report.Undecided
		case level.Result == report.NotApplicable:
			level.Result = report.Pass
		}
	}
	return append(checks, level)
}

// ruleResult is waived only when every finding of the rule is.
func ruleResult(rule string, findings []report.Finding) report.ResultKind {
	for _, f := range findings {
		if f.Rule == rule && f.Active() {
			return report.Fail
		}
	}
	return report.Waived
}

// Unchanged is the Result of a version that equals the earlier one byte for
// byte: every document is valid under both or under neither, whatever they say.
func Unchanged(level Level, profile string) *Result {
	return &Result{
		Level: level, Profile: profile,
		Verdict: Compatible, Proof: ByContainment,
		Truth: Truth{Verdict: Compatible, Proof: ByContainment},
		Bump:  NoBump, Deploy: AnyOrder,
	}
}

// SubjectData is one element of data.subjects in the JSON report.
type SubjectData struct {
	Subject string          `json:"subject"`
	Against string          `json:"against"`
	Level   Level           `json:"level"`
	Verdict Verdict         `json:"verdict"`
	Proof   Proof           `json:"proof"`
	Witness *report.Witness `json:"witness"`
	Bump    Bump            `json:"bump"`
	Deploy  Deploy          `json:"deploy"`
	Truth   TruthData       `json:"truth"`
	Profile ProfileData     `json:"profile"`
	Changes []ChangeData    `json:"changes"`
}

// TruthData is what containment says, whatever the profile makes of it.
type TruthData struct {
	Verdict Verdict         `json:"verdict"`
	Proof   Proof           `json:"proof"`
	Witness *report.Witness `json:"witness"`
}

// ProfileData names the profile in force and its verdict.
type ProfileData struct {
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
}

// ChangeData is one difference from the latest earlier version.
type ChangeData struct {
	Rule      string  `json:"rule"`
	Kind      Kind    `json:"kind"`
	Pointer   string  `json:"pointer"`
	Direction *string `json:"direction"` // the direction it breaks: backward, forward, both, or null
	Message   string  `json:"message"`
}

// Data is the subject's part of the JSON report. against names the version, or
// the place, that it was compared with.
func (r *Result) Data(subject, against string) SubjectData {
	data := SubjectData{
		Subject: subject, Against: against, Level: r.Level,
		Verdict: r.Verdict, Proof: r.Proof, Witness: r.Witness,
		Bump: r.Bump, Deploy: r.Deploy,
		Truth:   TruthData{r.Truth.Verdict, r.Truth.Proof, r.Truth.Witness},
		Profile: ProfileData{r.Profile, r.Verdict},
		Changes: make([]ChangeData, len(r.Changes)),
	}
	for i := range r.Changes {
		c := &r.Changes[i]
		data.Changes[i] = ChangeData{c.Rule, c.Kind, c.Pointer, c.breaks(), c.Message}
	}
	return data
}

// breaks names the direction in which the change breaks documents.
func (c *Change) breaks() *string {
	var name string
	switch {
	case c.Backward.Breaks && c.Forward.Breaks:
		name = "both"
	case c.Backward.Breaks:
		name = string(BackwardDirection)
	case c.Forward.Breaks:
		name = string(ForwardDirection)
	default:
		return nil
	}
	return &name
}

// Columns heads the rows of the table of subjects.
var Columns = []string{"Subject", "Verdict", "Proof", "Level", "Truth", "Bump", "Deploy"}

// Row is the subject's line in the table of subjects.
func (d SubjectData) Row() []string {
	return []string{
		d.Subject, string(d.Verdict), string(d.Proof), string(d.Level),
		string(d.Truth.Verdict), string(d.Bump), string(d.Deploy),
	}
}

// Problem is the InputError as the report shows it.
func (e *InputError) Problem(subject string) report.Problem {
	place := e.Location
	place.Side = cmp.Or(place.Side, "new")
	return report.Problem{Code: e.Code, Message: e.Message, Hints: e.Hints, Subject: &subject, Location: &place}
}

// OldSide says of an error in reading a schema that the schema is the earlier
// version, which nobody can repair in the change at hand.
func OldSide(err error, s schema.Schema) error {
	var input *InputError
	if !errors.As(err, &input) {
		return fmt.Errorf("the old version: %w", err)
	}
	old := *input
	old.Message = "the old version cannot be read: " + input.Message
	old.Location.Side = "old"
	if s.Revision != "" {
		old.Location.Revision = &s.Revision
	}
	return &old
}
