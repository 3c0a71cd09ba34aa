package ui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"
)

const (
	// wideTimeline is the width from which all panes stand beside each other.
	wideTimeline = 100
	// frameLines are the title, the heading of the panes and the last line.
	frameLines   = 3
	paneRule     = " │ "
	longestType  = 28
	longestLabel = 20
)

// View is the whole screen.
func (t timeline) View() string {
	var body []string
	switch {
	case t.help:
		body = t.helpLines()
	case t.wide():
		body = t.beside()
	default:
		body = append([]string{t.tabs()}, t.window(t.focus)...)
	}
	rows := t.bodyRows() + 1
	for len(body) < rows {
		body = append(body, "")
	}
	lines := append([]string{t.titleLine()}, body[:rows]...)
	return strings.Join(append(lines, t.lastLine()), "\n")
}

func (t timeline) wide() bool { return t.width >= wideTimeline }

// bodyRows are the lines below the heading of the panes.
func (t timeline) bodyRows() int { return max(t.height-frameLines, 1) }

// rows is the number of lines of a pane.
func (t timeline) rows(p pane) int {
	body := t.bodyRows()
	if !t.wide() || p == paneEvents {
		return body
	}
	changes := max(1, min(len(t.lines(paneChanges, t.paneWidth(paneChanges))), body/3))
	if p == paneChanges {
		return changes
	}
	return max(body-1-changes, 1) // one line is the heading of the changes
}

// paneWidth is the number of cells of a pane.
func (t timeline) paneWidth(p pane) int {
	left := t.width / 2
	switch {
	case !t.wide():
		return t.width
	case p == paneEvents:
		return left
	}
	return t.width - left - width(paneRule)
}

// titleLine is the title, and the place in the stream at its right.
func (t timeline) titleLine() string {
	place := "no events"
	if n := len(t.model.Steps); n > 0 {
		place = fmt.Sprintf("event %d of %d", t.at+1, n)
	}
	if len(t.off) > 0 {
		place += fmt.Sprintf(", %d off", len(t.off))
	}
	return t.spread(flat(t.model.Title), t.style.subject, place, t.style.plain)
}

// spread is a line with text at its left and at its right; the left is cut.
func (t timeline) spread(left string, leftStyle lipgloss.Style, right string, rightStyle lipgloss.Style) string {
	right = cut(right, t.width)
	room := t.width - width(right) - columnGap
	if room < 1 {
		return rightStyle.Render(right)
	}
	left = cut(left, room)
	return leftStyle.Render(left) + strings.Repeat(" ", t.width-width(left)-width(right)) + rightStyle.Render(right)
}

// tabs names the panes where only one of them is shown, and only that one where
// not even the names have room.
func (t timeline) tabs() string {
	names := make([]string, paneCount)
	for p := range paneCount {
		names[p] = t.heading(p)
	}
	if all := strings.Join(names, "  "); lipgloss.Width(all) <= t.width {
		return all
	}
	return t.heading(t.focus)
}

// heading is the name of a pane; brackets mark the one with the focus.
func (t timeline) heading(p pane) string {
	if p == t.focus {
		return t.style.label.Render("[" + p.String() + "]")
	}
	return t.style.faint.Render(" " + p.String() + " ")
}

// lastLine is what is typed, else what the last key led to, else the event.
func (t timeline) lastLine() string {
	switch {
	case t.prompt == promptSearch:
		return tail("/"+t.typed, t.width)
	case t.prompt == promptJump:
		return tail("sequence "+t.typed, t.width)
	case t.notice != "":
		return t.style.warning.Render(cut(flat(t.notice), t.width))
	}
	var event string
	if len(t.model.Steps) > 0 {
		step := t.model.Steps[t.at]
		event = flat(step.Label + " " + step.Type + " " + step.Time)
		if t.off[t.at] {
			event = "off: " + event
		}
	}
	return t.spread(event, t.style.faint, "? help", t.style.faint)
}

// helpLines takes the place of the panes.
func (t timeline) helpLines() []string {
	lines := []string{t.style.label.Render("keys")}
	for _, key := range timelineKeys {
		lines = append(lines, cut("  "+align(key[0], 20, false)+key[1], t.width))
	}
	return lines
}

// beside lays the events at the left, the state and its changes at the right.
func (t timeline) beside() []string {
	left := append([]string{t.heading(paneEvents)}, t.window(paneEvents)...)
	right := append([]string{t.heading(paneState)}, t.window(paneState)...)
	for len(right) < t.rows(paneState)+1 {
		right = append(right, "")
	}
	right = append(append(right, t.heading(paneChanges)), t.window(paneChanges)...)
	lines := make([]string, t.bodyRows()+1)
	for i := range lines {
		var l, r string
		if i < len(left) {
			l = left[i]
		}
		if i < len(right) {
			r = right[i]
		}
		gap := strings.Repeat(" ", max(t.paneWidth(paneEvents)-lipgloss.Width(l), 0))
		lines[i] = strings.TrimRight(l+gap+paneRule+r, " ")
	}
	return lines
}

// window is the part of a pane that is in sight.
func (t timeline) window(p pane) []string {
	rows := t.rows(p)
	if p == paneEvents {
		return t.eventLines(rows)
	}
	lines := t.lines(p, t.paneWidth(p))
	start := max(0, min(t.scroll[p], len(lines)-rows))
	return lines[start:min(start+rows, len(lines))]
}

// lines are all lines of the state or of its changes, wrapped to limit cells.
func (t timeline) lines(p pane, limit int) []string {
	if len(t.model.Steps) == 0 {
		return nil
	}
	step := t.model.Steps[t.at]
	var lines []string
	if p == paneState {
		for line := range strings.SplitSeq(strings.TrimRight(step.state(), "\n"), "\n") {
			lines = append(lines, hardWrap(clean(line), limit)...)
		}
		return lines
	}
	for _, change := range step.Changes {
		lines = append(lines, indented(flat(change), "  ", limit)...)
	}
	switch {
	case t.off[t.at]:
		return []string{"the event is off"}
	case len(lines) == 0:
		return []string{"nothing changed"}
	}
	return lines
}

// eventLines is the list of events around the one that is shown.
func (t timeline) eventLines(rows int) []string {
	steps := t.model.Steps
	start := max(0, min(t.at-rows/2, len(steps)-rows))
	seen := steps[start:min(start+rows, len(steps))]
	var labels, times, types int
	for _, step := range seen {
		labels = max(labels, min(width(flat(step.Label)), longestLabel))
		times = max(times, width(flat(step.Time)))
		types = max(types, min(width(flat(step.Type)), longestType))
	}
	if t.paneWidth(paneEvents) < labels+times+types+4*columnGap {
		times = 0 // the last line shows the time of the event
	}
	lines := make([]string, len(seen))
	for i, step := range seen {
		cells := []string{align(cut(flat(step.Label), labels), labels, true)}
		if times > 0 {
			cells = append(cells, align(flat(step.Time), times, false))
		}
		cells = append(cells, align(cut(flat(step.Type), types), types, false), flat(step.Summary))
		lines[i] = t.eventLine(start+i, strings.TrimRight(strings.Join(cells, "  "), " "))
	}
	return lines
}

// eventLine marks the event that is shown and those that are off, by a sign for
// those who see no colour.
func (t timeline) eventLine(step int, text string) string {
	sign, style := "  ", t.style.plain
	switch {
	case step == t.at && t.off[step]:
		sign, style = ">x", t.style.subject
	case step == t.at:
		sign, style = "> ", t.style.subject
	case t.off[step]:
		sign, style = " x", t.style.faint
	}
	return style.Render(cut(sign+" "+text, t.paneWidth(paneEvents)))
}

// cut is text in at most limit cells; an ellipsis says that there was more.
func cut(text string, limit int) string {
	if width(text) <= limit {
		return text
	}
	end, used := 0, 0
	for i, c := range text {
		cells := width(string(c))
		if used+cells > limit-1 {
			break
		}
		end, used = i+len(string(c)), used+cells
	}
	return text[:end] + "…"
}

// tail is the end of text in at most limit cells: what was typed last.
func tail(text string, limit int) string {
	runes := []rune(text)
	for len(runes) > 0 && width(string(runes)) > limit {
		runes = runes[1:]
	}
	return string(runes)
}
