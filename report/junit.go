package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
)

type (
	junitSuites struct {
		XMLName  xml.Name   `xml:"testsuites"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Errors   int        `xml:"errors,attr"`
		Skipped  int        `xml:"skipped,attr"`
		Suite    junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string       `xml:"classname,attr"`
		Name    string       `xml:"name,attr"`
		File    string       `xml:"file,attr,omitempty"`
		Line    int          `xml:"line,attr,omitempty"`
		Skipped *junitDetail `xml:"skipped"`
		Error   *junitDetail `xml:"error"`
		Failure *junitDetail `xml:"failure"`
		Output  string       `xml:"system-out,omitempty"`
	}
	junitDetail struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// renderJUnit writes one test case a check. A case fails when a finding of its
// rule and subject fails the run; graver than that is an <error>, something
// that could not be checked; a waived one is skipped with the waiver's words.
// Findings and errors that belong to no check get cases of their own, so that
// none is lost.
func renderJUnit(w io.Writer, r *Report) error {
	name := strings.TrimSpace(r.Tool.Name + " " + r.Command)
	suite := junitSuite{Name: name, Cases: junitCases(r)}
	for _, c := range suite.Cases {
		suite.Tests++
		switch {
		case c.Error != nil:
			suite.Errors++
		case c.Failure != nil:
			suite.Failures++
		case c.Skipped != nil:
			suite.Skipped++
		}
	}
	doc := junitSuites{
		Name: name, Tests: suite.Tests, Failures: suite.Failures, Errors: suite.Errors, Skipped: suite.Skipped, Suite: suite,
	}
	text, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the junit report: %w", err)
	}
	if _, err := io.WriteString(w, xml.Header+string(text)+"\n"); err != nil {
		return fmt.Errorf("writing the junit report: %w", err)
	}
	return nil
}

// junitKey joins findings to the check they come from.
type junitKey struct{ subject, rule string }

func junitCases(r *Report) []junitCase {
	findings := map[junitKey][]Finding{}
	checks := slices.Clone(r.Checks)
	for _, f := range r.Findings {
		key := junitKey{f.Subject, f.Rule}
		findings[key] = append(findings[key], f)
		checks = append(checks, Check{Subject: f.Subject, Rule: f.Rule})
	}
	problems := slices.Clone(r.Errors)
	var cases []junitCase
	told := map[junitKey]bool{}
	for _, c := range checks {
		key := junitKey{c.Subject, c.Rule}
		if told[key] {
			continue
		}
		told[key] = true
		if unjudged(c) && len(findings[key]) == 0 {
			if i := slices.IndexFunc(problems, func(p Problem) bool { return deref(p.Subject) == c.Subject }); i >= 0 {
				cases = append(cases, junitProblem(r, cmp.Or(c.Rule, c.Subject), problems[i]))
				problems = slices.Delete(problems, i, i+1)
				continue
			}
		}
		cases = append(cases, junitCheck(r, c, findings[key]))
	}
	for _, p := range problems {
		cases = append(cases, junitProblem(r, cmp.Or(p.Code, "unchecked"), p))
	}
	return cases
}

// unjudged reports whether a check came to no verdict; the problem that kept it
// from one then tells its test case.
func unjudged(c Check) bool { return c.Result == Undecided || c.Result == Errored }

// junitCheck shows one check. Its findings decide; without any, its result does.
func junitCheck(r *Report, check Check, findings []Finding) junitCase {
	out := junitCase{Class: cmp.Or(check.Subject, r.Command), Name: cmp.Or(check.Rule, check.Subject, r.Command)}
	place := check.Location
	if len(findings) > 0 {
		place = findings[0].Location
	}
	out.File, out.Line = place.File, place.Line
	if len(findings) == 0 {
		out.judge(check.Result)
		return out
	}
	var failing, waived, rest []Finding
	for _, f := range findings {
		switch {
		case !f.Active():
			waived = append(waived, f)
		case f.Severity.AtLeast(r.FailOn):
			failing = append(failing, f)
		default:
			rest = append(rest, f)
		}
	}
	switch {
	case len(failing) > 0:
		out.Failure = &junitDetail{Message: failing[0].Message, Type: string(failing[0].Severity), Text: junitText(failing)}
		out.Output = junitText(append(rest, waived...))
	case len(rest) == 0:
		out.Skipped = &junitDetail{Message: waived[0].Waiver.String(), Text: junitText(waived)}
	default:
		out.Output = junitText(append(rest, waived...))
	}
	return out
}

// judge shows a check that left no finding.
func (c *junitCase) judge(result ResultKind) {
	switch result {
	case Fail:
		c.Failure = &junitDetail{Message: c.Name + " failed", Type: string(Fail)}
	case Undecided:
		c.Error = &junitDetail{Message: "could not be decided, which is never a pass", Type: string(Undecided)}
	case Errored:
		c.Error = &junitDetail{Message: "could not be checked", Type: string(Errored)}
	case Waived:
		c.Skipped = &junitDetail{Message: "waived"}
	case NotApplicable:
		c.Skipped = &junitDetail{Message: "not applicable"}
	case Undeclared:
		c.Skipped = &junitDetail{Message: "not declared"}
	}
}

func junitProblem(r *Report, name string, p Problem) junitCase {
	place := p.place()
	return junitCase{
		Class: cmp.Or(deref(p.Subject), r.Command, r.Tool.Name),
		Name:  name,
		File:  place.File,
		Line:  place.Line,
		Error: &junitDetail{Message: p.String(), Type: cmp.Or(p.Code, "unchecked"), Text: junitPlaced(place, problemText(p))},
	}
}

func junitText(findings []Finding) string {
	texts := make([]string, len(findings))
	for i, f := range findings {
		text := messageWithWitness(f)
		if !f.Active() {
			text += "\n" + f.Waiver.String()
		}
		texts[i] = junitPlaced(f.Location, text)
	}
	return strings.Join(texts, "\n\n")
}

func junitPlaced(place Location, text string) string {
	if at := place.String(); at != "" {
		return at + "\n" + text
	}
	return text
}
