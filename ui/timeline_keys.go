package ui

import (
	"fmt"
	"maps"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
)

// timelineKeys is the help, in the order in which it is shown.
var timelineKeys = [][2]string{
	{"left, h", "the event before"},
	{"right, l", "the next event"},
	{"g, G", "the first event, the last"},
	{"12 enter", "the event with the sequence 12"},
	{"up, down, k, j", "move in the pane"},
	{"page up, page down", "move in the pane by its height"},
	{"tab", "the next pane"},
	{"/", "search in types and states"},
	{"n, N", "the next match, the one before"},
	{"space", "turn the event off or on: what if it had not happened?"},
	{"?", "show or hide this help"},
	{"q", "leave"},
}

// press is the timeline after a key outside a prompt.
func (t timeline) press(key string) timeline {
	t.notice = ""
	if t.help && key != "?" {
		t.help = false // any key closes it, and does what it does
	}
	switch key {
	case "left", "h":
		return t.moveTo(t.at - 1)
	case "right", "l":
		return t.moveTo(t.at + 1)
	case "g", "home":
		return t.moveTo(0)
	case "G", "end":
		return t.moveTo(len(t.model.Steps) - 1)
	case "up", "k":
		return t.moveBy(-1)
	case "down", "j":
		return t.moveBy(1)
	case "pgup":
		return t.moveBy(-t.rows(t.focus))
	case "pgdown":
		return t.moveBy(t.rows(t.focus))
	case "tab":
		t.focus = (t.focus + 1) % paneCount
	case "shift+tab":
		t.focus = (t.focus + paneCount - 1) % paneCount
	case " ":
		return t.toggle()
	case "n":
		return t.find(1)
	case "N":
		return t.find(-1)
	case "/":
		t.prompt, t.typed = promptSearch, ""
	case "?":
		t.help = !t.help
	default:
		if isDigits(key) {
			t.prompt, t.typed = promptJump, key
		}
	}
	return t
}

// enter is the timeline after a key in a prompt.
func (t timeline) enter(key tea.KeyMsg) timeline {
	switch key.Type {
	case tea.KeyEsc:
		t.prompt = promptNone
	case tea.KeyEnter:
		kind := t.prompt
		t.prompt = promptNone
		if kind == promptJump {
			return t.jump(t.typed)
		}
		if t.typed != "" { // else the last search again
			t.query = t.typed
		}
		return t.find(1)
	case tea.KeyBackspace:
		typed := []rune(t.typed)
		if len(typed) == 0 {
			t.prompt = promptNone
			return t
		}
		t.typed = string(typed[:len(typed)-1])
	case tea.KeyRunes, tea.KeySpace:
		typed := string(key.Runes)
		if t.prompt == promptJump && !isDigits(typed) {
			t.prompt = promptNone
			return t.press(key.String())
		}
		t.typed += flatRunes(typed)
	}
	return t
}

// flatRunes is typed or pasted text on one line, its spaces kept.
func flatRunes(text string) string { return strings.ReplaceAll(clean(text), "\n", " ") }

func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// moveTo shows a step, the nearest where there is none.
func (t timeline) moveTo(step int) timeline {
	t.at = max(0, min(step, len(t.model.Steps)-1))
	t.scroll[paneState], t.scroll[paneChanges] = t.firstChanged(), 0
	return t
}

// moveBy moves in the pane that has the focus.
func (t timeline) moveBy(lines int) timeline {
	if t.focus == paneEvents {
		return t.moveTo(t.at + lines)
	}
	last := len(t.lines(t.focus, t.paneWidth(t.focus))) - t.rows(t.focus)
	t.scroll[t.focus] = max(0, min(t.scroll[t.focus]+lines, last))
	return t
}

// firstChanged is the line from which the state is shown, so that the first
// line that differs from the step before is in sight.
func (t timeline) firstChanged() int {
	lines, rows := t.lines(paneState, t.paneWidth(paneState)), t.rows(paneState)
	if t.at == 0 || len(lines) <= rows {
		return 0
	}
	before := t
	before.at--
	old, first := before.lines(paneState, t.paneWidth(paneState)), 0
	for first < min(len(old), len(lines)) && old[first] == lines[first] {
		first++
	}
	return max(0, min(first-rows/3, len(lines)-rows))
}

// jump shows the event with a sequence.
func (t timeline) jump(label string) timeline {
	for i, step := range t.model.Steps {
		if isDigits(step.Label) && strings.TrimLeft(step.Label, "0") == strings.TrimLeft(label, "0") {
			return t.moveTo(i)
		}
	}
	t.notice = "no event has the sequence " + label
	return t
}

// find shows the next step, or the one before, whose type or state holds the
// text that is searched. It goes round at the ends.
func (t timeline) find(direction int) timeline {
	steps := t.model.Steps
	if t.query == "" {
		t.notice = "nothing was searched yet: type / and a text"
		return t
	}
	query := strings.ToLower(t.query)
	for i := 1; i <= len(steps); i++ {
		step := (t.at + direction*i + len(steps)) % len(steps)
		if !strings.Contains(strings.ToLower(steps[step].Type), query) && !strings.Contains(strings.ToLower(steps[step].state()), query) {
			continue
		}
		switch wrapped := (step-t.at)*direction <= 0; {
		case step == t.at:
			t.notice = fmt.Sprintf("only this event matches %q", t.query)
		case wrapped:
			t.notice = "the search went on at the other end"
		}
		return t.moveTo(step)
	}
	t.notice = fmt.Sprintf("nothing matches %q", t.query)
	return t
}

// state is the text of a step's state.
func (s TimelineStep) state() string {
	if s.State == nil {
		return ""
	}
	return s.State()
}

// toggle turns the event off, or on again, and replays the stream.
func (t timeline) toggle() timeline {
	if len(t.model.Steps) == 0 {
		return t
	}
	if t.model.Toggle == nil {
		t.notice = "no event of this timeline can be turned off"
		return t
	}
	off := maps.Clone(t.off)
	if off == nil {
		off = map[int]bool{}
	}
	if off[t.at] {
		delete(off, t.at)
	} else {
		off[t.at] = true
	}
	steps := t.model.Toggle(maps.Clone(off))
	if len(steps) != len(t.model.Steps) {
		t.notice = "the stream could not be replayed without this event"
		return t
	}
	t.off, t.model.Steps = off, steps
	return t.moveTo(t.at)
}
