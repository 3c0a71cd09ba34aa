package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A pull-request comment holds 65,536 characters on the strictest of the
// common forges; the rest leaves room for a marker that a bot adds.
const (
	markdownLimit = 65_000
	// markdownShare bounds errors and tables each, so that findings keep most of the page.
	markdownShare = 12_000
	// markdownNotes is kept for the three lines that say what was left out.
	markdownNotes = 600
	// markdownBody is how much of a document a finding shows.
	markdownBody = 4_000
	// markdownPhrase bounds every other text, so that one of them cannot fill the page.
	markdownPhrase = 1_500
)

// renderMarkdown writes a page that fits a pull-request comment. What does not
// fit is left out from the end, whole findings at a time, and counted.
func renderMarkdown(w io.Writer, r *Report) error {
	head := markdownHead(r)
	errors, unseenErrors := fit(r.Errors, markdownShare, markdownProblem)
	shown, drawn := r.Brief()
	tables, unseenTables := fit(shown, markdownShare, markdownTable)
	charts, unseenCharts := fit(drawn, markdownShare, markdownChart)
	room := markdownLimit - markdownNotes - len(head) - len(errors) - len(tables) - len(charts)
	findings, unseen := fit(gravestFirst(r.Findings), room, func(f Finding) string { return markdownFinding(r, f) })
	page := head +
		errors + leftOut(unseenErrors, "error") +
		findings + leftOut(unseen, "finding") +
		tables + charts + leftOut(unseenTables+unseenCharts, "table")
	if _, err := io.WriteString(w, page); err != nil {
		return fmt.Errorf("writing the markdown report: %w", err)
	}
	return nil
}

// gravestFirst puts what counts before what is waived, and errors before notes,
// so that a full page leaves out what matters least.
func gravestFirst(findings []Finding) []Finding {
	sorted := slices.Clone(findings)
	slices.SortStableFunc(sorted, func(a, b Finding) int {
		if a.Active() != b.Active() {
			if a.Active() {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Severity.rank(), b.Severity.rank())
	})
	return sorted
}

// fit renders items in order until the next one exceeds room, and returns how
// many it left out.
func fit[T any](items []T, room int, render func(T) string) (text string, unseen int) {
	var b strings.Builder
	for i, item := range items {
		block := render(item)
		if b.Len()+len(block) > room {
			return b.String(), len(items) - i
		}
		b.WriteString(block)
	}
	return b.String(), 0
}

func leftOut(n int, noun string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("\n_%s left out to keep this comment within its limit; the JSON and HTML reports have everything._\n", Count(n, "more "+noun))
}

func markdownHead(r *Report) string {
	var b strings.Builder
	title := cmp.Or(r.Headline, strings.TrimSpace(r.Tool.Name+" "+r.Command), "nexus")
	fmt.Fprintf(&b, "## %s\n\n", markdownText(clip(title, markdownPhrase)))
	s := r.Summary()
	b.WriteString("| outcome | checked | errors | warnings | notes | waived | baseline | could not check |\n")
	b.WriteString("|---|---:|---:|---:|---:|---:|---:|---:|\n")
	fmt.Fprintf(&b, "| **%s** | %d | %d | %d | %d | %d | %d | %d |\n",
		r.Outcome(), r.Checked, s.Error, s.Warning, s.Note, s.Waived, s.Baseline, len(r.Errors))
	return b.String()
}

func markdownProblem(p Problem) string {
	text := "\n**" + markdownText(clip(p.String(), markdownPhrase)) + "**"
	if at := p.place().String(); at != "" {
		text += " at " + markdownCode(at)
	}
	text += "\n"
	for _, hint := range p.Hints {
		text += "- hint: " + markdownText(clip(hint, markdownPhrase)) + "\n"
	}
	return text
}

func markdownFinding(r *Report, f Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %s %s", f.Severity, markdownCode(f.Rule))
	if f.Subject != "" {
		b.WriteString(" in " + markdownCode(clip(f.Subject, markdownPhrase)))
	}
	fmt.Fprintf(&b, "\n\n%s\n", markdownText(clip(cmp.Or(f.Message, r.Rule(f.Rule).Title), markdownPhrase)))
	if at := f.Location.String(); at != "" {
		fmt.Fprintf(&b, "\nat %s\n", markdownCode(at))
	}
	for _, line := range markdownRemarks(f) {
		b.WriteString("- " + line + "\n")
	}
	if f.Witness != nil {
		b.WriteString(markdownWitness(*f.Witness))
	}
	for _, fix := range f.Fixes {
		b.WriteString(markdownFix(fix))
	}
	b.WriteString(markdownRule(r.Rule(f.Rule)))
	return b.String()
}

// markdownRemarks are the short lines of a finding.
func markdownRemarks(f Finding) []string {
	var lines []string
	say := func(label, text string) {
		if text != "" {
			lines = append(lines, label+": "+markdownText(clip(text, markdownPhrase)))
		}
	}
	if f.Waiver != nil {
		lines = append(lines, "**"+markdownText(clip(f.Waiver.String(), markdownPhrase))+"**")
	}
	say("hint", f.Hint)
	say("owners", strings.Join(f.Owners, ", "))
	say("affects", strings.Join(f.Affects, ", "))
	for _, related := range f.Related {
		lines = append(lines, markdownText(clip(related.Message, markdownPhrase))+" "+markdownCode(related.String()))
	}
	if command := f.accepting(); command != "" {
		lines = append(lines, "if it is meant: "+markdownCode(command))
	}
	return lines
}

func markdownWitness(w Witness) string {
	said := ""
	for _, line := range w.Judgement() {
		said += "- " + markdownText(clip(line, markdownPhrase)) + "\n"
	}
	return details("witness: a document that tells the two sides apart",
		markdownBlock(w.Encoding, clip(w.Body(), markdownBody))+"\n\n"+said)
}

func markdownFix(fix Fix) string {
	var b strings.Builder
	if !fix.Verified {
		b.WriteString("This suggestion was not re-checked.\n\n")
	}
	for _, e := range fix.Edits {
		b.WriteString(markdownText(e.String()) + "\n\n")
		if e.Text != "" {
			b.WriteString(markdownBlock("", clip(e.Text, markdownBody)) + "\n\n")
		}
	}
	return details("fix: "+htmlText(clip(fix.Title, markdownPhrase)), b.String())
}

func markdownRule(rule Rule) string {
	if rule.Why == "" {
		return ""
	}
	text := markdownText(clip(rule.Why, markdownPhrase)) + "\n"
	if rule.Before != "" || rule.After != "" {
		text += "\nBefore\n\n" + markdownBlock("", clip(rule.Before, markdownBody)) +
			"\n\nAfter\n\n" + markdownBlock("", clip(rule.After, markdownBody)) + "\n"
	}
	if rule.Fix != "" {
		text += "\nInstead: " + markdownText(clip(rule.Fix, markdownPhrase)) + "\n"
	}
	return details("why it matters", text)
}

// details folds body under a summary, which is HTML.
func details(summary, body string) string {
	return "\n<details><summary>" + summary + "</summary>\n\n" + strings.TrimRight(body, "\n") + "\n\n</details>\n"
}

func markdownTable(t Table) string {
	var b strings.Builder
	if t.Title != "" {
		fmt.Fprintf(&b, "\n### %s\n", markdownText(t.Title))
	}
	if len(t.Columns) > 0 {
		b.WriteString("\n" + markdownRow(t.Columns, len(t.Columns)))
		b.WriteString("|" + strings.Repeat("---|", len(t.Columns)) + "\n")
		for _, row := range t.Rows {
			b.WriteString(markdownRow(row, len(t.Columns)))
		}
	}
	for _, note := range t.Notes {
		b.WriteString("\n" + markdownText(note) + "\n")
	}
	return b.String()
}

// markdownRow writes exactly width cells: a short row is filled up.
func markdownRow(cells []string, width int) string {
	row := "|"
	for i := range width {
		cell := ""
		if i < len(cells) {
			cell = markdownText(clip(cells[i], markdownPhrase))
		}
		row += " " + cell + " |"
	}
	return row + "\n"
}

func markdownChart(c Chart) string {
	table := Table{Title: c.Title, Columns: []string{"", cmp.Or(c.Unit, "value")}}
	for _, bar := range c.bars() {
		table.Rows = append(table.Rows, []string{bar.Label, bar.Value})
	}
	return markdownTable(table)
}

// clip cuts text to at most limit bytes, on a character, and says that it did.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	cut := 0
	for i := range text {
		if i > limit {
			break
		}
		cut = i
	}
	return text[:cut] + "…"
}

// markdownText is text as one line of Markdown that shows exactly it. An
// invisible character goes behind @ and # where a forge would see a name or a
// number: a property named @alice must not notify Alice, nor #1 link an issue.
func markdownText(text string) string {
	text = oneLine(printable(text))
	var b strings.Builder
	for i, c := range text {
		switch {
		case c == '&':
			b.WriteString("&amp;")
		case c == '<':
			b.WriteString("&lt;")
		case c == '>':
			b.WriteString("&gt;")
		case (c == '@' || c == '#') && startsWord(text[i+1:]):
			b.WriteString(string(c) + "&#8203;")
		case strings.ContainsRune("\\`*_[]|~$", c),
			startsBlock(text[:i], c) && !startsWord(text[i+1:]):
			b.WriteByte('\\')
			b.WriteRune(c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// startsWord reports whether text begins with a letter or a digit.
func startsWord(text string) bool {
	c, _ := utf8.DecodeRuneInString(text)
	return unicode.IsLetter(c) || unicode.IsDigit(c)
}

// startsBlock reports whether c after before, the beginning of a line, may make
// a heading, a rule or a list item of the line.
func startsBlock(before string, c rune) bool {
	if before == "" {
		return strings.ContainsRune("#-+=", c)
	}
	return (c == '.' || c == ')') && strings.Trim(before, "0123456789") == ""
}

// markdownCode is text as a code span, fenced by one backtick more than text
// holds in a row. It is not for table cells, where a pipe would end the cell.
func markdownCode(text string) string {
	text = oneLine(printable(text))
	if text == "" {
		return ""
	}
	fence := strings.Repeat("`", longestRun(text, '`')+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}

// markdownBlock is text as a fenced code block.
func markdownBlock(language, text string) string {
	fence := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	return fence + language + "\n" + strings.TrimRight(printable(text), "\n") + "\n" + fence
}

func longestRun(text string, char rune) int {
	longest, run := 0, 0
	for _, c := range text {
		if c == char {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	return longest
}

// htmlInMarkdown escapes what HTML and Markdown see in an HTML line, as entities:
// Markdown knows no backslash there.
var htmlInMarkdown = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "@", "@&#8203;",
	"`", "&#96;", "*", "&#42;", "_", "&#95;", "[", "&#91;", "]", "&#93;", "~", "&#126;", "$", "&#36;")

// htmlText is text as one line inside an HTML element of a Markdown page.
func htmlText(text string) string { return htmlInMarkdown.Replace(oneLine(printable(text))) }

// printable replaces control characters and those that reorder text on screen:
// what a reviewer reads must be what is there.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\n' || c == '\t':
			return c
		case unicode.IsControl(c), unicode.Is(unicode.Bidi_Control, c):
			return '\uFFFD'
		}
		return c
	}, text)
}
