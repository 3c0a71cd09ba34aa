package report

import (
	"strconv"
	"strings"
)

// String is the place as a person reads it and an editor opens it:
// file:line:column. It is empty when the location names no file. A place in an
// earlier revision says which.
func (l Location) String() string {
	if l.File == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString(l.File)
	switch {
	case l.Line > 0:
		b.WriteString(":" + strconv.Itoa(l.Line))
		if l.Column > 0 {
			b.WriteString(":" + strconv.Itoa(l.Column))
		}
	case l.Offset != nil:
		b.WriteString(" at byte " + strconv.FormatInt(*l.Offset, 10))
	}
	if l.Revision != nil && *l.Revision != "" {
		b.WriteString(" (" + shortRevision(*l.Revision) + ")")
	}
	return b.String()
}

// String says what the edit does and where: "replace a.json:3:5-3:9".
func (e Edit) String() string {
	start := Location{File: e.File, Line: e.StartLine, Column: e.StartColumn}.String()
	if e.StartLine == e.EndLine && e.StartColumn == e.EndColumn {
		return "insert at " + start
	}
	verb := "replace "
	if e.Text == "" {
		verb = "delete "
	}
	return verb + start + "-" + strconv.Itoa(e.EndLine) + ":" + strconv.Itoa(e.EndColumn)
}

// shortRevision cuts a git commit to the length that git itself prints.
func shortRevision(revision string) string {
	const commit, short = 40, 10
	if len(revision) != commit || strings.Trim(revision, "0123456789abcdef") != "" {
		return revision
	}
	return revision[:short]
}

// accepting is the command that turns a finding into a waiver, for whoever means
// the break. A note needs none, and neither does what is waived already.
func (f Finding) accepting() string {
	if f.Fingerprint == "" || f.Severity == Note || !f.Active() {
		return ""
	}
	return "nexus waiver add " + f.Fingerprint + " --owner OWNER --reason REASON --expires YYYY-MM-DD"
}

// String says in a sentence who accepted a finding and until when.
func (w Waiver) String() string {
	if w.Baseline {
		return withReason("in the baseline", w.Reason)
	}
	text := "waived"
	if w.Owner != "" {
		text += " by " + w.Owner
	}
	if w.Expires != "" {
		text += " until " + w.Expires
	}
	return withReason(text, w.Reason)
}

func withReason(text, reason string) string {
	if reason == "" {
		return text
	}
	return text + ": " + reason
}

// Body is the text that shows the witness: its document, or its bytes in
// hexadecimal when it has no text.
func (w Witness) Body() string {
	if w.Text == "" && w.Hex != nil {
		return *w.Hex
	}
	return w.Text
}

// Judgement is what each side says of the witness, one line each, and then the
// reservations: its bytes, where it comes from, what the proof rests on.
func (w Witness) Judgement() []string {
	var lines []string
	if w.Old != "" {
		lines = append(lines, "old "+w.Old)
	}
	if w.New != "" {
		lines = append(lines, "new "+w.New)
	}
	if w.Text != "" && w.Hex != nil {
		lines = append(lines, "encoded as "+w.Encoding+": "+*w.Hex)
	}
	if w.Origin == "log" {
		lines = append(lines, "recorded in the log")
	}
	if len(w.DependsOn) > 0 {
		lines = append(lines, "rests on: "+strings.Join(w.DependsOn, ", "))
	}
	return lines
}

// Count writes a number with its noun: "1 error", "2 errors".
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// String says which subject the problem kept from being checked, and why.
func (p Problem) String() string {
	if p.Subject == nil || *p.Subject == "" {
		return "could not check: " + p.Message
	}
	return "could not check " + *p.Subject + ": " + p.Message
}

// place is the problem's location, or the empty one.
func (p Problem) place() Location {
	if p.Location == nil {
		return Location{}
	}
	return *p.Location
}

// oneLine joins the lines of text with spaces.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
