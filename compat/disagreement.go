package compat

import (
	"strings"

	"github.com/nexus-blueprint/nexus/report"
)

// Answer is what a schema registry itself says of a change.
type Answer struct {
	Registry string // as reports name it
	Accepts  bool
	Reasons  []string // why it refuses, in its own words
}

// Disagreement compares a registry's answer with the truth, at the level of the
// result, and with the profile's verdict when that predicts such a registry. The
// finding names the reasons of both sides; nil when nobody is contradicted.
func (r *Result) Disagreement(a Answer, predicts bool) *report.Finding {
	var against []string
	if predicts && r.Verdict != Undecided && (r.Verdict == Compatible) != a.Accepts {
		against = append(against, r.prediction())
	}
	contradicted := len(r.Level.Directions()) > 0 && r.Truth.Verdict != Undecided && (r.Truth.Verdict == Compatible) != a.Accepts
	if contradicted {
		against = append(against, r.truth())
	}
	if len(against) == 0 {
		return nil
	}
	subject := r.Next.Schema().Subject
	f := &report.Finding{
		Rule:     RuleDisagreement,
		Severity: RuleSeverity(RuleDisagreement),
		Subject:  subject,
		Message:  a.words() + ", but " + strings.Join(against, ", and "),
		Location: locate(r.Next, "", "new"),
		Fingerprint: report.Fingerprint(RuleDisagreement, subject, "", "",
			r.Previous.Schema().Digest(), []any{r.Next.Schema().Digest(), a.Accepts}),
	}
	if contradicted && r.Truth.Witness != nil {
		proof := string(ByWitness)
		f.Proof, f.Witness = &proof, r.Truth.Witness
	}
	return f
}

// words is the answer as a sentence begins.
func (a Answer) words() string {
	switch {
	case a.Accepts:
		return a.Registry + " accepts the change"
	case len(a.Reasons) == 0:
		return a.Registry + " refuses the change and gives no reason"
	}
	return a.Registry + " refuses the change (" + strings.Join(a.Reasons, "; ") + ")"
}

// prediction is what the profile expects of the registry, and why.
func (r *Result) prediction() string {
	if r.Verdict == Compatible {
		return "the profile " + r.Profile + " expects that it is accepted"
	}
	text := "the profile " + r.Profile + " expects that it is refused"
	for i := range r.Breaks {
		if b := &r.Breaks[i]; b.Severity == report.Error {
			return text + " (" + b.Rule + ": " + b.Change.Message + ")"
		}
	}
	return text
}

// truth is what containment says, and why.
func (r *Result) truth() string {
	if r.Truth.Verdict == Compatible {
		return "in truth it is " + string(r.Level) + " compatible: it breaks no document"
	}
	text := "in truth it is not " + string(r.Level) + " compatible"
	for i := range r.Changes {
		for _, d := range r.Level.Directions() {
			if c := &r.Changes[i]; c.Effect(d).Breaks {
				return text + " (" + c.Rule + ": " + c.Message + ")"
			}
		}
	}
	return text
}
