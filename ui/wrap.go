package ui

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/lipgloss"
)

// width is the number of cells that text takes on the screen.
func width(text string) int {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return lipgloss.Width(text)
		}
	}
	return len(text)
}

// wrap breaks text into lines of at most limit cells, between words where it
// can. Line breaks in text stay; words longer than a line are cut.
func wrap(text string, limit int) []string { return wrapAfter(0, text, limit) }

// wrapAfter is wrap for text that follows taken cells on its first line. That
// line is empty when the first word does not fit there.
func wrapAfter(taken int, text string, limit int) []string {
	limit = max(limit, 1)
	var lines []string
	room := limit - taken
	for paragraph := range strings.Lines(clean(text)) {
		line := ""
		flush := func() {
			lines = append(lines, line)
			line, room = "", limit
		}
		for word := range strings.FieldsSeq(paragraph) {
			if line != "" && width(line)+1+width(word) <= room {
				line += " " + word
				continue
			}
			if line != "" || width(word) > room && room < limit {
				flush()
			}
			for _, piece := range hardWrap(word, room) {
				if line != "" {
					flush()
				}
				line = piece
			}
		}
		flush()
	}
	return lines
}

// hardWrap cuts one line into pieces of at most limit cells, spaces included:
// behind a slash where that leaves no short piece, else anywhere. It returns at
// least one piece.
func hardWrap(line string, limit int) []string {
	limit = max(limit, 1)
	var pieces []string
	start, slash, used := 0, 0, 0
	for i, c := range line {
		cells := width(string(c))
		if used+cells > limit && i > start {
			cut := i
			if slash-start > limit/3 {
				cut = slash
			}
			pieces = append(pieces, line[start:cut])
			start, used = cut, width(line[cut:i])
		}
		used += cells
		if c == '/' {
			slash = i + 1
		}
	}
	return append(pieces, line[start:])
}

// clean makes text harmless: control characters would move the cursor, and
// characters that reorder text would show something that is not there.
func clean(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\n':
			return c
		case c == '\t':
			return ' '
		case unicode.IsControl(c), unicode.Is(unicode.Bidi_Control, c):
			return unicode.ReplacementChar
		}
		return c
	}, text)
}

// flat is clean text on one line.
func flat(text string) string { return strings.Join(strings.Fields(clean(text)), " ") }
