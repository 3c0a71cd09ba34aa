package report

import (
	"cmp"
	"io"
)

type (
	gitlabIssue struct {
		Description string      `json:"description"`
		CheckName   string      `json:"check_name"`
		Fingerprint string      `json:"fingerprint"`
		Severity    string      `json:"severity"`
		Location    gitlabPlace `json:"location"`
	}
	gitlabPlace struct {
		Path  string      `json:"path"`
		Lines gitlabLines `json:"lines"`
	}
	gitlabLines struct {
		Begin int `json:"begin"`
	}
)

// renderGitLab writes a GitLab code quality report. GitLab shows every entry as
// a problem, so waived findings are left out; what could not be checked is a
// blocker, graver than any finding.
func renderGitLab(w io.Writer, r *Report) error {
	issues := []gitlabIssue{}
	for _, f := range r.Findings {
		if f.Active() {
			issues = append(issues, gitlabIssue{
				Description: gitlabDescription(f),
				CheckName:   f.Rule,
				Fingerprint: f.Fingerprint,
				Severity:    gitlabSeverity(f.Severity),
				Location:    gitlabLocation(f.Location),
			})
		}
	}
	for _, p := range r.Errors {
		issues = append(issues, gitlabIssue{
			Description: oneLine(p.String()),
			CheckName:   cmp.Or(p.Code, "unchecked"),
			Fingerprint: Fingerprint("unchecked/"+p.Code, deref(p.Subject), "", p.place().Pointer, p.Message, nil),
			Severity:    "blocker",
			Location:    gitlabLocation(p.place()),
		})
	}
	return writeJSON(w, "gitlab", issues)
}

func gitlabSeverity(s Severity) string {
	switch s {
	case Error:
		return "major"
	case Warning:
		return "minor"
	}
	return "info"
}

// gitlabDescription is one line: the widget shows no more.
func gitlabDescription(f Finding) string {
	text := cmp.Or(f.Message, f.Rule)
	if f.Subject != "" {
		text = f.Subject + ": " + text
	}
	if f.Witness != nil && f.Witness.Text != "" {
		text += " (witness: " + f.Witness.Text + ")"
	}
	return oneLine(text)
}

// gitlabLocation always names a path and a line, because GitLab drops entries
// without them.
func gitlabLocation(l Location) gitlabPlace {
	return gitlabPlace{Path: cmp.Or(l.File, "."), Lines: gitlabLines{Begin: max(l.Line, 1)}}
}
