// Package ui is nexus on a terminal: the text format, tables that fit, colour
// and progress.
//
// What a stream can show is decided once, by NewTerminal, and then passed on as
// a value: nothing below asks the operating system again. The rules are:
//
//   - --color always or never decides; else NO_COLOR, when not empty, turns
//     colour off; else FORCE_COLOR or CLICOLOR_FORCE, neither empty nor 0, turns
//     it on; else it is on for a terminal whose TERM is not dumb.
//   - The width is the terminal's; else COLUMNS; else 100.
//   - Progress is drawn only on a terminal, and only after a second.
//
// Text from schemas and logs is a stranger's: control characters are shown as
// replacement characters and never reach the terminal.
package ui

import (
	"io"
	"strconv"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
	"golang.org/x/term"

	"github.com/nexus-blueprint/nexus/report"
)

// The width of a stream that is no terminal, and the narrowest one laid out for.
const (
	defaultWidth = 100
	minWidth     = 20
)

// Terminal is what one output stream can show.
type Terminal struct {
	Width       int
	Color       bool
	Interactive bool // a person is watching: the stream is a terminal
}

// NewTerminal decides what w can show. env looks up an environment variable;
// colorFlag is auto, always or never.
func NewTerminal(w io.Writer, env func(string) string, colorFlag string) Terminal {
	width, interactive := size(w)
	if width <= 0 {
		width, _ = strconv.Atoi(env("COLUMNS"))
	}
	if width <= 0 {
		width = defaultWidth
	}
	return Terminal{
		Width:       max(width, minWidth),
		Color:       wantsColor(env, colorFlag, interactive),
		Interactive: interactive,
	}
}

// size asks the operating system for w's width, 0 when it does not say.
func size(w io.Writer) (width int, interactive bool) {
	file, ok := w.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0, true
	}
	return width, true
}

func wantsColor(env func(string) string, flag string, interactive bool) bool {
	forced := func(name string) bool { return env(name) != "" && env(name) != "0" }
	switch {
	case flag == "always":
		return true
	case flag == "never", env("NO_COLOR") != "":
		return false
	case forced("FORCE_COLOR"), forced("CLICOLOR_FORCE"):
		return true
	}
	return interactive && env("TERM") != "dumb"
}

// palette holds the few styles of the text format. They use the terminal's own
// 16 colours, which its owner made legible on its own background.
type palette struct {
	plain, owner, subject, label, faint, good, error, warning, note lipgloss.Style
}

func newPalette(t Terminal) palette {
	profile := termenv.Ascii
	if t.Color {
		profile = termenv.ANSI
	}
	// The profile is given and no stream attached, so that nothing is asked of
	// the terminal and the same report gives the same bytes everywhere.
	renderer := lipgloss.NewRenderer(io.Discard, termenv.WithProfile(profile))
	renderer.SetColorProfile(profile)
	plain := renderer.NewStyle()
	strong := func(color string) lipgloss.Style { return plain.Foreground(lipgloss.Color(color)).Bold(true) }
	return palette{
		plain:   plain,
		owner:   plain.Bold(true).Underline(true),
		subject: plain.Bold(true),
		label:   plain.Foreground(lipgloss.Color("6")),
		faint:   plain.Faint(true),
		good:    strong("2"),
		error:   strong("1"),
		warning: strong("3"),
		note:    strong("4"),
	}
}

// of is the style of a severity.
func (p palette) of(s report.Severity) lipgloss.Style {
	switch s {
	case report.Error:
		return p.error
	case report.Warning:
		return p.warning
	}
	return p.note
}
