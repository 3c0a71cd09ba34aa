package compat

import (
	"fmt"
	"path"
	"strings"

	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// SubjectAdded notes a subject that the baseline does not hold.
func SubjectAdded(s schema.Schema) report.Finding {
	return subjectFinding(RuleSubjectAdded, s.Subject, "new subject: there is no earlier version that it could break", Start(s, "new"))
}

// SubjectDeleted reports a subject of the baseline that is gone. remains is the
// nearest folder that is still there.
func SubjectDeleted(old schema.Schema, remains string) report.Finding {
	place := report.Location{File: remains, Line: 1, Column: 1, EndLine: 1, EndColumn: 1, Side: "new"}
	f := subjectFinding(RuleSubjectDeleted, old.Subject, "the subject was deleted: its events stay in the log, and nothing is left to read them with", place)
	f.Hint = fmt.Sprintf("put %s back; a subject that is no longer written keeps its schema", path.Base(old.File))
	f.Related = []report.Related{{Message: "the old version", Location: Start(old, "old")}}
	return f
}

// VersionDeleted reports a released version that is missing from its subject's
// chain. remains is the nearest folder that is still there.
func VersionDeleted(old schema.Schema, remains string) report.Finding {
	f := SubjectDeleted(old, remains)
	f.Message = fmt.Sprintf("version %s was deleted: the events that were recorded with it stay in the log, and nothing is left to read them with", old.Version)
	f.Hint = fmt.Sprintf("put %s back; a released version stays in the chain", path.Base(old.File))
	f.Fingerprint = report.Fingerprint(RuleSubjectDeleted, old.Subject, "", "", old.Version, nil)
	return f
}

// SubjectRenamed notes that a subject was judged against a version under another name.
func SubjectRenamed(old, next schema.Schema) report.Finding {
	f := subjectFinding(RuleSubjectRenamed, next.Subject, "renamed from "+old.Subject+", and judged against it", Start(next, "new"))
	f.Related = []report.Related{{Message: "the old version", Location: Start(old, "old")}}
	f.Fingerprint = report.Fingerprint(RuleSubjectRenamed, next.Subject, "", "", old.Subject, next.Subject)
	return f
}

// FormatChanged reports a subject that changed its schema language.
func FormatChanged(old, next schema.Schema) report.Finding {
	f := subjectFinding(RuleFormatChanged, next.Subject, fmt.Sprintf("the format changed from %s to %s: no document of one can be read with the other", old.Format, next.Format), Start(next, "new"))
	f.Hint = "publish the new format as a new subject"
	f.Related = []report.Related{{Message: "the old version", Location: Start(old, "old")}}
	f.Fingerprint = report.Fingerprint(RuleFormatChanged, next.Subject, "", "", string(old.Format), string(next.Format))
	return f
}

// PushRefused reports a version that the registry did not take, with its reasons.
func PushRefused(s schema.Schema, reasons string, hints []string) report.Finding {
	f := subjectFinding(RulePushRefused, s.Subject, reasons, Start(s, "new"))
	f.Hint = strings.Join(hints, "; ")
	f.Fingerprint = report.Fingerprint(RulePushRefused, s.Subject, "", "", nil, s.Digest())
	return f
}

// GateChanged reports an edit of the configuration or the waivers that judge
// the very change it is part of. before and after are the two texts' digests.
func GateChanged(file, revision, before, after string) report.Finding {
	place := report.Location{File: file, Line: 1, Column: 1, EndLine: 1, EndColumn: 1, Side: "new"}
	f := subjectFinding(RuleGateChanged, "", fmt.Sprintf("%s differs from %s: this run used the version there", file, revision), place)
	f.Hint = "merge changes of the gate on their own, after a review"
	f.Fingerprint = report.Fingerprint(RuleGateChanged, file, "", "", before, after)
	return f
}

func subjectFinding(rule, subject, message string, place report.Location) report.Finding {
	return report.Finding{
		Rule: rule, Severity: RuleSeverity(rule), Subject: subject, Message: message,
		Location: place, Fingerprint: report.Fingerprint(rule, subject, "", "", nil, nil),
	}
}

// Start is the first place of a schema's file, for what concerns it as a whole.
func Start(s schema.Schema, side string) report.Location {
	place := report.Location{File: s.File, Line: 1, Column: 1, EndLine: 1, EndColumn: 1, Side: side}
	if s.Revision != "" {
		place.Revision = &s.Revision
	}
	return place
}
