package ui

import (
	"context"
	"errors"
	"fmt"
	"io"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/nexus-blueprint/nexus/quietterm"
)

// Bubble Tea was initialised without a question to the terminal.
func init() { quietterm.Restore() }

// TimelineModel is a replayed stream to step through.
type TimelineModel struct {
	Title string
	Steps []TimelineStep
	// Toggle replays the stream without the events that are off, named by their
	// index in Steps. It answers with a step for every event all the same: one
	// that is off changes nothing. Without it no event can be turned off.
	Toggle func(off map[int]bool) []TimelineStep
}

// TimelineStep is one event and the state behind it.
type TimelineStep struct {
	Label   string // names the event in the list; a sequence can be jumped to
	Time    string
	Type    string
	Summary string // what changed, in a few words
	// State is the state behind the event as indented JSON. It is a function
	// because a long stream has more states than anybody looks at.
	State   func() string
	Changes []string // a line for each value that changed
}

// RunTimeline shows a timeline on the terminal that in and out belong to, until
// it is left. Left by ^C, the error is context.Canceled.
func RunTimeline(ctx context.Context, t Terminal, in io.Reader, out io.Writer, m TimelineModel) error {
	program := tea.NewProgram(newTimeline(t, m),
		tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithAltScreen(), tea.WithoutSignalHandler())
	_, err := program.Run()
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case errors.Is(err, tea.ErrInterrupted):
		err = context.Canceled
	}
	if err != nil {
		return fmt.Errorf("showing the timeline: %w", err)
	}
	return nil
}

// timelineHeight is laid out for until the terminal has told its size.
const timelineHeight = 24

// A pane is a part of the screen.
type pane int

const (
	paneEvents pane = iota
	paneState
	paneChanges
	paneCount
)

func (p pane) String() string { return [...]string{"events", "state", "changes"}[p] }

// A prompt is what the keys are typed into.
type prompt rune

const (
	promptNone   prompt = 0
	promptJump   prompt = ':'
	promptSearch prompt = '/'
)

// timeline is what the screen shows. Every key makes a new value of it.
type timeline struct {
	model         TimelineModel
	style         palette
	width, height int

	at     int          // the step that is shown
	off    map[int]bool // never changed, replaced
	focus  pane
	scroll [paneCount]int // first line that is shown, where that is not decided by at
	help   bool

	prompt prompt
	typed  string
	query  string // what was searched last
	notice string // about the last key
}

func newTimeline(t Terminal, m TimelineModel) timeline {
	return timeline{model: m, style: newPalette(t), width: t.Width, height: timelineHeight}
}

// Init asks for nothing.
func (t timeline) Init() tea.Cmd { return nil }

// Update is the timeline after a key or another size of the terminal.
func (t timeline) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		t.width, t.height = max(msg.Width, minWidth), msg.Height
	case tea.KeyMsg:
		return t.keys(msg)
	}
	return t, nil
}

// keys takes the keys of a message one by one: those that were hit faster than
// they were read come together.
func (t timeline) keys(msg tea.KeyMsg) (tea.Model, tea.Cmd) {
	if msg.Type != tea.KeyRunes {
		return t.key(msg)
	}
	if msg.Paste && t.prompt == promptNone {
		return t, nil
	}
	for _, r := range msg.Runes {
		next, cmd := t.key(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
		if cmd != nil {
			return next, cmd
		}
		t = next
	}
	return t, nil
}

func (t timeline) key(msg tea.KeyMsg) (timeline, tea.Cmd) {
	switch {
	case msg.Type == tea.KeyCtrlC:
		return t, tea.Interrupt
	case t.prompt != promptNone:
		return t.enter(msg), nil
	case msg.String() == "q":
		return t, tea.Quit
	}
	return t.press(msg.String()), nil
}
