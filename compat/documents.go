package compat

import (
	"errors"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// InvalidDocumentRule is the rule that a document breaks which is not valid
// under its schema. family is the first part of the ids of the schema's format.
func InvalidDocumentRule(family string) report.Rule {
	return report.Rule{
		ID: family + "/invalid-document", Severity: report.Error,
		Title:  "A document is not valid under the schema",
		Why:    "A consumer that validates refuses it; one that does not meets values that its author never expected.",
		Before: `{"type": "object", "required": ["id"]}`,
		After:  `{"total": 12}`,
		Fix:    "Correct the document, or the schema if it is the one that is wrong.",
	}
}

// Validate judges a document by a schema of that family: one finding for each
// reason why it is not valid, and the check as a whole.
func Validate(family string, doc *document.Document, validator schema.Validator) (report.Check, []report.Finding) {
	rule := InvalidDocumentRule(family)
	check := report.Check{Subject: doc.Name(), Rule: rule.ID, Result: report.Pass, Location: documentPlace(doc, "")}
	err := validator.Validate(doc.Value())
	if err == nil {
		return check, nil
	}
	check.Result = report.Fail
	var findings []report.Finding
	for _, reason := range schema.Reasons(err) {
		findings = append(findings, report.Finding{
			Rule: rule.ID, Severity: rule.Severity, Subject: doc.Name(), Message: reason.Message,
			Location: documentPlace(doc, reason.Pointer), Place: reason.Pointer,
			Fingerprint: report.Fingerprint(rule.ID, doc.Name(), "", reason.Pointer, nil, reason.Keyword),
		})
	}
	return check, findings
}

func documentPlace(doc *document.Document, pointer string) report.Location {
	at, _ := doc.Range(pointer)
	return report.Location{
		File: doc.Name(), Line: at.Start.Line, Column: at.Start.Column,
		EndLine: at.End.Line, EndColumn: at.End.Column, Pointer: pointer, Side: "new",
	}
}

// DocumentProblem says of a document that it is not even JSON or YAML.
func DocumentProblem(subject string, err error) report.Problem {
	p := report.Problem{Code: "malformed-document", Message: err.Error(), Subject: &subject}
	if at, ok := errors.AsType[*document.Error](err); ok {
		p.Code, p.Message = at.Code, at.Message
		p.Location = &report.Location{File: at.File, Line: at.Line, Column: at.Column, EndLine: at.Line, EndColumn: at.Column, Side: "new"}
		if at.Hint != "" {
			p.Hints = []string{at.Hint}
		}
	}
	return p
}
