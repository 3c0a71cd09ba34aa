// Package waiver holds reviewed exceptions: a finding that somebody answers for,
// with a reason and a last day.
//
//	version: 1
//	waivers:
//	  - fingerprint: 0f343b0931126a20f133d67c2b018a3b
//	    owner: payments-team
//	    reason: consumer v1 is switched off on 3 March
//	    expires: 2026-03-03
//	  - rule: json/made-required
//	    subject: orders/OrderPlaced
//	    pointer: /required/total
//	    owner: orders-team
//	    reason: the field has been sent by every producer since 2024
//	    expires: 2026-06-30
//
// The day in expires is the last one on which the waiver holds; from the day
// after, the finding counts again and the waiver itself is an error, so that it
// is renewed or removed and never forgotten. A waiver covers findings of every
// severity, and it never hides one: renderers show what is waived.
//
// A Baseline is the other way to accept what is there: a ratchet. It covers the
// findings of an earlier report, so that only new ones fail.
package waiver

import (
	"fmt"
	"slices"
	"time"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
)

// Waiver is one exception. It names a finding by Fingerprint, or all findings
// of Rule in Subject at Pointer, the finding's Place.
type Waiver struct {
	Fingerprint string
	Rule        string
	Subject     string
	Pointer     string
	Owner       string
	Reason      string
	Expires     string // YYYY-MM-DD, the last day on which it holds

	// Place is where the waiver stands in its file.
	Place report.Location
}

// File is a file of waivers.
type File struct {
	Name    string
	Waivers []Waiver
}

const dateLayout = "2006-01-02"

// Expired reports whether the waiver's last day is before asOf, by the calendar
// of UTC.
func (w Waiver) Expired(asOf time.Time) bool { return w.Expires < asOf.UTC().Format(dateLayout) }

// Covers reports whether the waiver is about a finding. A fingerprint matches
// whole: the suffix :2, which tells equal findings apart, counts.
func (w Waiver) Covers(f report.Finding) bool {
	if w.Fingerprint != "" {
		return w.Fingerprint == f.Fingerprint
	}
	return w.Rule == f.Rule && w.Subject == f.Subject && w.Pointer == f.Place
}

// sameAs reports whether two waivers of one owner cover the same findings. Several
// owners may accept one finding, each for themselves.
func (w Waiver) sameAs(other Waiver) bool {
	return w.Owner == other.Owner && w.Fingerprint == other.Fingerprint && w.Rule == other.Rule && w.Subject == other.Subject && w.Pointer == other.Pointer
}

// about says which findings a waiver covers, for messages.
func (w Waiver) about() string {
	if w.Fingerprint != "" {
		return "finding " + w.Fingerprint
	}
	return fmt.Sprintf("%s in %s at %q", w.Rule, w.Subject, w.Pointer)
}

// Scope is how far a run has looked. A run over a few subjects learns nothing
// about the waivers of the others.
type Scope struct {
	Subjects []string // the subjects that were judged
	Complete bool     // no subject that a waiver may name was left out
	// Rules reports whether the run judged a rule. It is asked "" about a waiver
	// that names a fingerprint and no rule. nil is a run that judges all.
	Rules func(id string) bool
}

// judged reports whether a waiver that covers no finding of the run covers none
// at all.
func (s Scope) judged(w Waiver) bool {
	if s.Rules != nil && !s.Rules(w.Rule) {
		return false
	}
	return s.Complete || w.Subject != "" && slices.Contains(s.Subjects, w.Subject)
}

// Apply marks the findings that waivers cover and returns them beside the
// findings about the waivers themselves: waiver/expired for each whose day has
// passed, waiver/unused for each that covers nothing. A waiver that covers
// nothing is passed over unless scope tells that its finding would have been
// seen. The findings must carry their final fingerprints. A finding that is
// waived already stays so. file may be nil.
func Apply(findings []report.Finding, file *File, asOf time.Time, scope Scope) (applied, extra []report.Finding) {
	applied = slices.Clone(findings)
	if file == nil {
		return applied, nil
	}
	for _, w := range file.Waivers {
		expired, used := w.Expired(asOf), false
		for i := range applied {
			if !w.Covers(applied[i]) {
				continue
			}
			used = true
			if !expired && applied[i].Active() {
				applied[i].Waiver = &report.Waiver{Owner: w.Owner, Reason: w.Reason, Expires: w.Expires}
			}
		}
		switch {
		case !used && !scope.judged(w):
		case expired:
			extra = append(extra, w.finding(ruleExpired, fmt.Sprintf("the waiver for %s expired on %s", w.about(), w.Expires),
				"fix the finding, or agree with "+w.Owner+" on a new date"))
		case !used:
			extra = append(extra, w.finding(ruleUnused, "the waiver for "+w.about()+" covers no finding",
				"remove it when its change is through"))
		}
	}
	return applied, extra
}

// finding is a finding about the waiver itself.
func (w Waiver) finding(rule report.Rule, message, hint string) report.Finding {
	return report.Finding{
		Rule: rule.ID, Severity: rule.Severity, Subject: w.Subject, Owners: []string{w.Owner},
		Message: message, Hint: hint, Location: w.Place,
		Fingerprint: report.Fingerprint(rule.ID, w.Subject, "", w.Pointer, w.Fingerprint+w.Rule, w.Expires),
	}
}

// RuleUnused is the id of the rule that a waiver breaks which covers nothing.
const RuleUnused = "waiver/unused"

var (
	ruleExpired = report.Rule{
		ID: "waiver/expired", Title: "a waiver's last day has passed", Severity: report.Error,
		Why:    "An exception without an end is a rule nobody follows. The day was agreed in review; past it, the finding counts again and the waiver has to be renewed or removed.",
		Before: "expires: 2026-01-31   # checked on 2026-01-31: holds",
		After:  "expires: 2026-01-31   # checked on 2026-02-01: expired",
		Fix:    "Fix the finding and remove the waiver, or have its owner agree to a new date.",
	}
	ruleUnused = report.Rule{
		ID: RuleUnused, Title: "a waiver covers no finding", Severity: report.Note,
		Why: "What it excused is gone, or its fingerprint is misspelt. Left in place, it would excuse the same finding should it return.",
		Fix: "Remove the waiver from the file.",
	}
)

// Rules documents the rules about waivers.
func Rules() []report.Rule { return []report.Rule{ruleExpired, ruleUnused} }

// placeOf is the location of a value in a waiver file.
func placeOf(d *document.Document, pointer string) report.Location {
	r, _ := d.Member(pointer)
	return report.Location{
		File: d.Name(), Line: r.Start.Line, Column: r.Start.Column, EndLine: r.End.Line, EndColumn: r.End.Column,
		Pointer: pointer, Side: "new",
	}
}
