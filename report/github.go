package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// renderGitHub writes GitHub workflow commands: an annotation for each finding
// that counts and each thing that could not be checked. Waived findings stay
// silent. The tables of an answer are text of the log, and the last line is the
// headline, for whoever reads it.
func renderGitHub(w io.Writer, r *Report) error {
	out := bufio.NewWriter(w)
	for _, f := range r.Findings {
		if f.Active() {
			title := strings.TrimPrefix(f.Subject+": "+f.Rule, ": ")
			message := messageWithWitness(f)
			if command := f.accepting(); command != "" {
				message += "\nif it is meant: " + command
			}
			annotate(out, githubCommand(f.Severity), title, f.Location, message)
		}
	}
	for _, p := range r.Errors {
		annotate(out, "error", cmp.Or(p.Code, "unchecked"), p.place(), problemText(p))
	}
	if r.isAnswer() {
		for _, t := range r.Tables {
			githubTable(out, t)
		}
	}
	if r.Headline != "" {
		// The name in front keeps a headline from being read as a command.
		fmt.Fprintf(out, "%s: %s\n", r.Tool.Name, oneLine(r.Headline))
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the github report: %w", err)
	}
	return nil
}

// githubTable writes a table as lines of the log, under its title.
func githubTable(w io.Writer, t Table) {
	fmt.Fprintf(w, "::group::%s\n", escapeGitHubData(oneLine(t.Title)))
	githubRow(w, t.Columns)
	for _, row := range t.Rows {
		githubRow(w, row)
	}
	for _, note := range t.Notes {
		githubRow(w, []string{note})
	}
	fmt.Fprintln(w, "::endgroup::")
}

// githubRow writes cells on a line. The bar in front keeps the first from being read
// as a command; those of the older form are commands wherever they stand.
func githubRow(w io.Writer, cells []string) {
	for _, cell := range cells {
		fmt.Fprint(w, "| ", githubCell.Replace(cell), " ")
	}
	fmt.Fprintln(w, "|")
}

var githubCell = strings.NewReplacer("\r", " ", "\n", " ", "##[", "## [")

func githubCommand(s Severity) string {
	switch s {
	case Error, Warning:
		return string(s)
	}
	return "notice"
}

// annotate writes one workflow command.
func annotate(w io.Writer, command, title string, place Location, message string) {
	var properties []string
	add := func(name, value string) {
		properties = append(properties, name+"="+escapeGitHubProperty(value))
	}
	number := func(name string, n int) {
		if n > 0 {
			add(name, strconv.Itoa(n))
		}
	}
	if place.File != "" {
		add("file", place.File)
		number("line", place.Line)
		// GitHub takes columns only for a range within one line.
		oneLine := place.EndLine == 0 || place.EndLine == place.Line
		if oneLine {
			number("col", place.Column)
		}
		number("endLine", place.EndLine)
		if oneLine {
			number("endColumn", place.EndColumn)
		}
	}
	add("title", title)
	fmt.Fprintf(w, "::%s %s::%s\n", command, strings.Join(properties, ","), escapeGitHubData(message))
}

// The runner reads a command up to the end of the line and its properties up to
// the next colon or comma, so these are percent-encoded, and so is the percent
// sign itself.
var (
	githubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func escapeGitHubData(text string) string     { return githubData.Replace(text) }
func escapeGitHubProperty(text string) string { return githubProperty.Replace(text) }
