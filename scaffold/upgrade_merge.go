package scaffold

import (
	"bytes"
	"slices"
	"strings"
)

// The lines that mark a conflict, as git writes them.
const (
	markOurs   = "<<<<<<< "
	markMiddle = "======="
	markTheirs = ">>>>>>> "
)

// merge3 brings what two sides made of one text together, line by line. Where they
// changed the same lines differently, both stand in the result between git's
// markers, under the names of the sides, and conflicts counts the places.
//
// A text whose lines end in CRLF on our side does so in the result.
func merge3(base, ours, theirs []byte, ourName, theirName string) (merged []byte, conflicts int) {
	crlf := bytes.Contains(ours, []byte("\r\n"))
	m := merger{base: lines(base), ours: lines(ours), theirs: lines(theirs), ourName: ourName, theirName: theirName}
	m.run()
	merged = []byte(strings.Join(m.out, ""))
	if crlf {
		merged = bytes.ReplaceAll(merged, []byte("\n"), []byte("\r\n"))
	}
	return merged, m.conflicts
}

// lines splits a text behind each line feed; the last line may lack one.
func lines(text []byte) []string {
	return slices.Collect(strings.Lines(string(unixLines(text))))
}

// unixLines is a text with LF where it has CRLF, as a checkout on Windows may have
// made it.
func unixLines(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }

type merger struct {
	base, ours, theirs []string
	ourName, theirName string
	out                []string
	conflicts          int
}

// run cuts the three texts at the lines that all of them share. What lies between
// two cuts was changed by one side, by both, or by none.
func (m *merger) run() {
	toOurs, toTheirs := matches(m.base, m.ours), matches(m.base, m.theirs)
	var b, o, t int // where the open chunk begins
	for i := range m.base {
		if toOurs[i] < 0 || toTheirs[i] < 0 {
			continue
		}
		m.chunk(m.base[b:i], m.ours[o:toOurs[i]], m.theirs[t:toTheirs[i]])
		m.out = append(m.out, m.base[i])
		b, o, t = i+1, toOurs[i]+1, toTheirs[i]+1
	}
	m.chunk(m.base[b:], m.ours[o:], m.theirs[t:])
}

func (m *merger) chunk(base, ours, theirs []string) {
	switch {
	case slices.Equal(base, theirs), slices.Equal(ours, theirs):
		m.out = append(m.out, ours...)
	case slices.Equal(base, ours):
		m.out = append(m.out, theirs...)
	default:
		m.conflict(ours, theirs)
	}
}

// conflict writes both sides between markers. Lines that both begin or end with are
// no part of the conflict.
func (m *merger) conflict(ours, theirs []string) {
	least := min(len(ours), len(theirs))
	head := 0
	for head < least && ours[head] == theirs[head] {
		head++
	}
	tail := 0
	for tail < least-head && ours[len(ours)-1-tail] == theirs[len(theirs)-1-tail] {
		tail++
	}
	m.conflicts++
	m.out = append(m.out, ours[:head]...)
	m.mark(markOurs + m.ourName)
	m.out = append(m.out, ours[head:len(ours)-tail]...)
	m.mark(markMiddle)
	m.out = append(m.out, theirs[head:len(theirs)-tail]...)
	m.mark(markTheirs + m.theirName)
	m.out = append(m.out, ours[len(ours)-tail:]...)
}

// mark writes a marker on a line of its own.
func (m *merger) mark(text string) {
	if n := len(m.out); n > 0 && !strings.HasSuffix(m.out[n-1], "\n") {
		m.out[n-1] += "\n"
	}
	m.out = append(m.out, text+"\n")
}

// marked reports whether a text still holds conflict markers.
func marked(text []byte) bool {
	opened := false
	for line := range strings.Lines(string(unixLines(text))) {
		switch {
		case strings.HasPrefix(line, markOurs):
			opened = true
		case opened && strings.HasPrefix(line, markTheirs):
			return true
		}
	}
	return false
}
