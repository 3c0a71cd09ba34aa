package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"

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
	if taken == 0 && len(text) <= limit && isWord(text) {
		return []string{text}
	}
	var lines []string
	room := limit - taken
	for paragraph := range strings.Lines(clean(text)) {
		line := ""
		flush := func() {
			lines = append(lines, line)
			line, room = "", limit
		}
		for word := range strings.FieldsFuncSeq(paragraph, breaks) {
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
// behind a slash where that leaves no short piece, else anywhere but within a
// character. It returns at least one piece. Only a character that is wider than
// the limit makes a piece that is.
func hardWrap(line string, limit int) []string {
	limit = max(limit, 1)
	var pieces []string
	start, slash, mark := 0, 0, 0 // mark is where the last character begins
	for i := 0; i < len(line); {
		c, size := utf8.DecodeRuneInString(line[i:])
		if c < utf8.RuneSelf || width(line[i:i+size]) > 0 {
			mark = i // what takes no cell belongs to the character before it
		}
		if mark > start && width(line[start:i+size]) > limit {
			cut := mark
			if slash > start && width(line[start:slash]) > limit/3 {
				cut = slash
			}
			pieces = append(pieces, line[start:cut])
			start = cut
			continue // what is left may still be too long
		}
		if c == '/' {
			slash = i + 1
		}
		i += size
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

// breaks reports whether a line may be broken at a character: at any space but one
// that says no.
func breaks(c rune) bool { return unicode.IsSpace(c) && c != '\u00a0' && c != '\u202f' }

// flat is clean text on one line.
func flat(text string) string {
	if isWord(text) {
		return text
	}
	return strings.Join(strings.FieldsFunc(clean(text), breaks), " ")
}

// isWord reports whether text is one word of visible ASCII, as most cells of a
// long table are: there is nothing to clean or to break in it.
func isWord(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] >= 0x7f {
			return false
		}
	}
	return text != ""
}
