package ui

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

const (
	progressDelay = time.Second
	progressPause = 100 * time.Millisecond // between two drawings
)

// Progress is one line on a terminal that says how far a long run is. It is
// silent for the first second and on anything that is not a terminal. Its
// methods may be called from several goroutines.
type Progress struct {
	w        io.Writer
	terminal Terminal
	now      func() time.Time

	mu    sync.Mutex
	next  time.Time // when it may draw again
	shown bool
}

// NewProgress starts the clock of a progress line on w, as a rule the standard
// error stream, which t describes.
func NewProgress(w io.Writer, t Terminal, now func() time.Time) *Progress {
	return &Progress{w: w, terminal: t, now: now, next: now().Add(progressDelay)}
}

// Update draws "12 of 340 checking orders/OrderPlaced" if it is time to. A
// total of 0 is unknown and left out.
func (p *Progress) Update(done, total int, what string) {
	if !p.terminal.Interactive {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if now.Before(p.next) {
		return
	}
	p.next = now.Add(progressPause)
	p.shown = true
	line := fmt.Sprintf("%d %s", done, flat(what))
	if total > 0 {
		line = fmt.Sprintf("%d of %d %s", done, total, flat(what))
	}
	// A line that reaches the last cell would wrap, and then not be erased.
	fmt.Fprint(p.w, eraseLine, strings.TrimRight(hardWrap(line, p.terminal.Width-1)[0], " "))
}

// eraseLine moves to the first cell and clears the line.
const eraseLine = "\r\x1b[K"

// Clear erases the line, so that what is printed next starts on a clean one.
func (p *Progress) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, eraseLine)
		p.shown = false
	}
}
