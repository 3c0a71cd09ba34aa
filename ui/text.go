package ui

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"github.com/nexus-blueprint/nexus/report"
)

// The text format is indented by these steps: subject, finding, its facts, and
// what belongs to a fact.
const (
	findingIndent = "  "
	factIndent    = "    "
	detailIndent  = "      "
	// witnessLines is how much of a witness the screen shows; the machine
	// formats hold all of it.
	witnessLines = 20
	longestBar   = 40
)

// Text is the format for a person at a terminal: findings by subject, then what
// could not be checked, then tables and charts, and the headline last, where
// the eye and the end of a CI log are.
func Text(t Terminal) report.Renderer {
	return func(w io.Writer, r *report.Report) error {
		p := printer{terminal: t, style: newPalette(t), explained: map[string]bool{}, cites: map[string][]string{}}
		for _, rule := range r.Rules {
			p.cites[rule.ID] = rule.Controls
		}
		p.findings(r)
		p.problems(r.Errors)
		tables, charts := r.Brief()
		if r.TerminalTables != nil && t.Interactive {
			tables = r.TerminalTables
		}
		for _, table := range tables {
			p.table(table)
		}
		for _, chart := range charts {
			p.chart(chart)
		}
		p.headline(r)
		if _, err := io.WriteString(w, p.out.String()); err != nil {
			return fmt.Errorf("writing the text report: %w", err)
		}
		return nil
	}
}

// printer lays out one report.
type printer struct {
	terminal  Terminal
	style     palette
	out       strings.Builder
	cites     map[string][]string // what a rule rests on
	explained map[string]bool     // rules whose explanation was already named
}

// line writes one line as it is.
func (p *printer) line(indent, text string) {
	if text != "" {
		p.out.WriteString(indent + text)
	}
	p.out.WriteByte('\n')
}

// gap separates sections by an empty line.
func (p *printer) gap() {
	if p.out.Len() > 0 {
		p.out.WriteByte('\n')
	}
}

// paragraph writes text wrapped to the width, each line after indent.
func (p *printer) paragraph(indent, text string, style lipgloss.Style) {
	for _, line := range wrap(text, p.terminal.Width-len(indent)) {
		p.line(indent, style.Render(line))
	}
}

// fact writes "label  text"; further lines are indented below it.
func (p *printer) fact(indent, label, text string) {
	if flat(text) == "" {
		return
	}
	lines := wrapAfter(width(label)+2, flat(text), p.terminal.Width-len(indent)-len(findingIndent))
	p.line(indent, strings.TrimRight(p.style.label.Render(label)+"  "+lines[0], " "))
	for _, line := range lines[1:] {
		p.line(indent+findingIndent, line)
	}
}

// exact is fact for text that somebody copies or an editor opens: it is never
// broken, and moves to a line of its own where it does not fit.
func (p *printer) exact(indent, label, text string) {
	text = flat(text)
	switch {
	case text == "":
	case len(indent)+width(label)+2+width(text) <= p.terminal.Width:
		p.line(indent, p.style.label.Render(label)+"  "+text)
	default:
		p.line(indent, p.style.label.Render(label))
		p.line(indent+findingIndent, text)
	}
}

// findings writes the findings subject by subject and, where the report is by
// owner, owner by owner.
func (p *printer) findings(r *report.Report) {
	findings := r.Findings
	if r.ByOwner {
		findings = slices.Clone(findings)
		slices.SortStableFunc(findings, func(a, b report.Finding) int { return cmp.Compare(ownersOf(a), ownersOf(b)) })
		for _, group := range runs(findings, ownersOf) {
			p.gap()
			p.line("", p.style.owner.Render(cmp.Or(flat(ownersOf(group[0])), "nobody"))+"  "+counted(group))
			p.subjects(group)
		}
		return
	}
	p.subjects(findings)
}

// subjects writes findings that are sorted by subject.
func (p *printer) subjects(findings []report.Finding) {
	for _, group := range runs(findings, func(f report.Finding) string { return f.Subject }) {
		p.gap()
		if subject := group[0].Subject; subject != "" {
			p.line("", p.style.subject.Render(flat(subject))+"  "+counted(group))
			p.out.WriteByte('\n')
		}
		for i, f := range group {
			if i > 0 {
				p.out.WriteByte('\n')
			}
			p.finding(f)
		}
	}
}

// runs cuts findings where the key changes.
func runs(findings []report.Finding, key func(report.Finding) string) [][]report.Finding {
	var groups [][]report.Finding
	start := 0
	for i := range findings {
		if last := i+1 == len(findings); last || key(findings[i+1]) != key(findings[i]) {
			groups = append(groups, findings[start:i+1])
			start = i + 1
		}
	}
	return groups
}

func ownersOf(f report.Finding) string { return strings.Join(f.Owners, ", ") }

// counted sums findings up.
func counted(findings []report.Finding) string {
	return (&report.Report{Findings: findings}).Summary().String()
}

func (p *printer) finding(f report.Finding) {
	p.findingHead(f)
	p.paragraph(factIndent, f.Message, p.style.plain)
	if f.Waiver != nil {
		p.paragraph(factIndent, f.Waiver.String(), p.style.faint)
		return // what is accepted needs no advice
	}
	for _, related := range f.Related {
		p.exact(factIndent, cmp.Or(flat(related.Message), "see"), related.String())
	}
	p.fact(factIndent, "owners", strings.Join(f.Owners, ", "))
	p.fact(factIndent, "affects", strings.Join(f.Affects, ", "))
	p.fact(factIndent, "cites", strings.Join(p.cites[f.Rule], "; "))
	if f.Witness != nil {
		p.witness(*f.Witness)
	}
	p.fact(factIndent, "hint", f.Hint)
	for _, fix := range f.Fixes {
		p.fact(factIndent, "fix", fixText(fix, f.Location.File))
	}
	if f.Severity != report.Note { // a note needs no waiver
		p.exact(factIndent, "id", f.Fingerprint)
	}
	if !p.explained[f.Rule] {
		p.explained[f.Rule] = true
		p.exact(factIndent, "why", "nexus explain "+f.Rule)
	}
}

// findingHead writes severity, rule and place on one line, or the place on its
// own where the line is too narrow. A place is never cut: editors open it.
func (p *printer) findingHead(f report.Finding) {
	severity, place := string(f.Severity), flat(f.Location.String())
	style := p.style.of(f.Severity)
	if f.Waiver != nil {
		style = p.style.faint
	}
	head := style.Render(severity) + "  " + flat(f.Rule)
	switch {
	case place == "":
		p.line(findingIndent, head)
	case len(findingIndent)+len(severity)+2+width(f.Rule)+2+width(place) <= p.terminal.Width:
		p.line(findingIndent, head+"  "+place)
	default:
		p.line(findingIndent, head)
		p.line(factIndent, place)
	}
}

// fixText is a fix with the place of its edits; within the finding's own file
// line and column say enough.
func fixText(fix report.Fix, file string) string {
	text := fix.Title
	if len(fix.Edits) > 0 {
		places := make([]string, len(fix.Edits))
		for i, e := range fix.Edits {
			places[i] = fmt.Sprintf("%d:%d", e.StartLine, e.StartColumn)
			if e.File != file {
				places[i] = e.File + ":" + places[i]
			}
		}
		text += " (" + strings.Join(places, ", ") + ")"
	}
	if !fix.Verified {
		text += ", not re-checked"
	}
	return text
}

// witness shows the exact document where it fits on its line, else indented
// JSON below, cut where it would fill the screen, and then each side's verdict.
func (p *printer) witness(w report.Witness) {
	const label = "witness"
	if w.Recorded != "" && p.terminal.Interactive {
		w.Text = w.Recorded // only the person at the terminal sees what was recorded
	}
	body := clean(w.Body())
	if !strings.Contains(body, "\n") && len(factIndent+label)+2+width(body) <= p.terminal.Width {
		p.line(factIndent, strings.TrimRight(p.style.label.Render(label)+"  "+body, " "))
	} else {
		p.line(factIndent, p.style.label.Render(label))
		p.document(w)
	}
	for _, line := range w.Judgement() {
		for _, part := range indented(flat(line), "  ", p.terminal.Width-len(detailIndent)) {
			p.line(detailIndent, part)
		}
	}
}

func (p *printer) document(w report.Witness) {
	var lines []string
	for line := range strings.Lines(pretty(w)) {
		lines = append(lines, hardWrap(strings.TrimRight(clean(line), "\n"), p.terminal.Width-len(detailIndent))...)
	}
	hidden := len(lines) - witnessLines
	if hidden > 0 {
		lines = lines[:witnessLines]
	}
	for _, line := range lines {
		p.line(detailIndent, line)
	}
	if hidden > 0 {
		p.line(detailIndent, p.style.faint.Render("… "+report.Count(hidden, "more line")))
	}
}

// pretty is the witness as indented JSON, or as it is when it is not JSON.
func pretty(w report.Witness) string {
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(w.Body()), "", "  "); err != nil {
		return w.Body()
	}
	return out.String()
}

func (p *printer) problems(problems []report.Problem) {
	if len(problems) == 0 {
		return
	}
	p.gap()
	for _, problem := range problems {
		p.paragraph("", problem.String(), p.style.error)
		if problem.Location != nil {
			if place := flat(problem.Location.String()); place != "" {
				p.line(findingIndent, place)
			}
		}
		for _, hint := range problem.Hints {
			p.fact(findingIndent, "hint", hint)
		}
	}
}

func (p *printer) table(t report.Table) {
	p.gap()
	p.paragraph("", t.Title, p.style.subject)
	head, body := tableLines(t, p.terminal.Width)
	for _, line := range head {
		p.line("", p.style.faint.Render(line))
	}
	for _, line := range body {
		p.line("", line)
	}
	for _, note := range t.Notes {
		p.paragraph("", note, p.style.faint)
	}
}

// chart draws each value as a bar beside its label.
func (p *printer) chart(c report.Chart) {
	p.gap()
	title := c.Title
	if c.Unit != "" {
		title += " (" + c.Unit + ")"
	}
	p.paragraph("", title, p.style.subject)
	n := min(len(c.Labels), len(c.Values))
	labels, values := make([]string, n), make([]string, n)
	var labelWidth, valueWidth int
	longest := 0.0
	for i := range n {
		labels[i], values[i] = flat(c.Labels[i]), strconv.FormatFloat(c.Values[i], 'f', -1, 64)
		labels[i] = hardWrap(labels[i], p.terminal.Width/3)[0]
		labelWidth, valueWidth = max(labelWidth, width(labels[i])), max(valueWidth, len(values[i]))
		longest = max(longest, math.Abs(c.Values[i]))
	}
	room := min(longestBar, p.terminal.Width-labelWidth-valueWidth-2*columnGap)
	for i := range n {
		text := align(labels[i], labelWidth, false) + "  " + align(values[i], valueWidth, true)
		if longest > 0 && room > 0 {
			cells := int(math.Round(float64(room) * math.Abs(c.Values[i]) / longest))
			text += "  " + strings.Repeat("█", min(max(cells, 0), room))
		}
		p.line("", strings.TrimRight(text, " "))
	}
}

// headline ends the report; its colour is the outcome's.
func (p *printer) headline(r *report.Report) {
	p.gap()
	style := p.style.good
	switch r.Outcome() {
	case report.Findings:
		style = p.style.error
	case report.Unchecked:
		style = p.style.warning
	}
	text := r.Headline
	if text == "" {
		text = report.Count(r.Checked, "subject") + " checked: " + cmp.Or(r.Summary().String(), "no findings")
	}
	p.paragraph("", text, style)
}
