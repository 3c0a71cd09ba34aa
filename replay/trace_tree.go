package replay

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/event"
)

// Tree is what caused what among events that belong together.
type Tree struct {
	ID          string   `json:"id"`          // that was asked for
	Correlation string   `json:"correlation"` // that the events share; empty when they were found by their causes
	Events      int      `json:"events"`
	Copies      int      `json:"copies"`     // events met again, which are left out
	Orphans     int      `json:"orphans"`    // events whose cause is not among them
	Unreadable  int      `json:"unreadable"` // records of the log; an event may be missing
	Streams     []string `json:"streams"`    // sorted
	Types       []string `json:"types"`      // sorted
	// Seconds are from the first event to the last; null when the times are not known.
	Seconds *float64 `json:"seconds"`
	Roots   []*Node  `json:"roots"`
}

// Node is one event in a Tree.
type Node struct {
	ID        string     `json:"id"`
	Type      string     `json:"type"`
	Stream    string     `json:"stream"`
	Source    string     `json:"source"`
	Sequence  *int64     `json:"sequence"`
	Time      *time.Time `json:"time"`
	Causation string     `json:"causation"`
	// Latency is how many seconds after its cause it happened; null without cause
	// or times. It is negative when the clocks disagree.
	Latency *float64 `json:"latency_seconds"`
	// Orphan says that the event names a cause that is not in the tree.
	Orphan bool `json:"orphan"`
	// CauseCorrelation is the correlation id of an orphan's cause, where the log has
	// the cause outside of the tree; empty when the cause has none, null when the log
	// has no such event.
	CauseCorrelation *string `json:"cause_correlation"`
	// Cyclic says that the event is among its own causes; the tree is cut there.
	Cyclic   bool    `json:"cyclic"`
	File     string  `json:"file"`
	Line     int64   `json:"line"`
	Offset   int64   `json:"offset"`
	Children []*Node `json:"children"` // in the order in which they happened

	correlation string
	cause       *Node
	reached     bool // from a root
}

// newTree lays out events, which are its own.
func newTree(events []*event.Event) *Tree {
	t := &Tree{Streams: []string{}, Types: []string{}, Roots: []*Node{}}
	var nodes []*Node
	byID := map[string]*Node{}
	for _, e := range events {
		n := newNode(e)
		if n.ID != "" && byID[n.ID] != nil {
			t.Copies++
			continue
		}
		byID[n.ID] = n
		nodes = append(nodes, n)
	}
	delete(byID, "")
	slices.SortStableFunc(nodes, compareNodes)
	t.Events = len(nodes)
	t.count(nodes)
	t.link(nodes, byID)
	return t
}

func newNode(e *event.Event) *Node {
	n := &Node{
		ID: string(e.ID), Type: e.Type, Stream: string(e.Stream), Source: e.Source, Causation: string(e.CausationID),
		File: e.File, Line: e.Line, Offset: e.Offset, Children: []*Node{}, correlation: string(e.CorrelationID),
	}
	if e.HasSequence {
		n.Sequence = &e.Sequence
	}
	at := e.Time
	if at.IsZero() {
		at = e.Recorded
	}
	if !at.IsZero() {
		n.Time = &at
	}
	return n
}

// compareNodes orders by time, then by place in the stream and in the log. What
// has no time comes last.
func compareNodes(a, b *Node) int {
	if c := compareTimes(a.Time, b.Time); c != 0 {
		return c
	}
	return cmp.Or(
		cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.sequence(), b.sequence()),
		cmp.Compare(a.File, b.File), cmp.Compare(a.Offset, b.Offset),
	)
}

func compareTimes(a, b *time.Time) int {
	switch {
	case a != nil && b != nil:
		return a.Compare(*b)
	case a != nil:
		return -1
	case b != nil:
		return 1
	}
	return 0
}

func (n *Node) sequence() int64 {
	if n.Sequence == nil {
		return -1
	}
	return *n.Sequence
}

func (t *Tree) count(nodes []*Node) {
	var first, last *time.Time
	for _, n := range nodes {
		if n.Stream != "" {
			t.Streams = append(t.Streams, n.Stream)
		}
		t.Types = append(t.Types, n.Type)
		if n.Time != nil {
			first, last = cmp.Or(first, n.Time), n.Time
		}
	}
	slices.Sort(t.Streams)
	slices.Sort(t.Types)
	t.Streams, t.Types = slices.Compact(t.Streams), slices.Compact(t.Types)
	if first != nil {
		t.Seconds = seconds(last.Sub(*first))
	}
}

func seconds(d time.Duration) *float64 {
	s := d.Seconds()
	return &s
}

// link hangs every event under its cause. What no root leads to causes itself:
// the earliest of it becomes a root, and its own cause is cut off.
func (t *Tree) link(nodes []*Node, byID map[string]*Node) {
	for _, n := range nodes {
		cause := byID[n.Causation]
		switch {
		case cause != nil && cause != n:
			n.cause = cause
			cause.Children = append(cause.Children, n)
			n.Latency = latencyBetween(cause, n)
			continue
		case cause == nil && n.Causation != "" && n.Causation != n.correlation:
			n.Orphan = true
			t.Orphans++
		}
		t.Roots = append(t.Roots, n)
	}
	for _, n := range t.Roots {
		n.reach()
	}
	for _, n := range nodes {
		if !n.reached {
			n.cut()
			n.reach()
			t.Roots = append(t.Roots, n)
		}
	}
	slices.SortStableFunc(t.Roots, compareNodes)
}

func latencyBetween(cause, effect *Node) *float64 {
	if cause.Time == nil || effect.Time == nil {
		return nil
	}
	return seconds(effect.Time.Sub(*cause.Time))
}

// orphans are the events whose cause is not in the tree, by that cause.
func (t *Tree) orphans() map[string][]*Node {
	byCause := map[string][]*Node{}
	for _, root := range t.Roots {
		if root.Orphan {
			byCause[root.Causation] = append(byCause[root.Causation], root)
		}
	}
	return byCause
}

// reach marks what n leads to.
func (n *Node) reach() {
	for open := []*Node{n}; len(open) > 0; {
		at := open[len(open)-1]
		open = open[:len(open)-1]
		at.reached = true
		open = append(open, at.Children...)
	}
}

// cut takes n away from its cause, which is among its effects.
func (n *Node) cut() {
	n.cause.Children = slices.DeleteFunc(n.cause.Children, func(child *Node) bool { return child == n })
	n.cause, n.Latency, n.Cyclic = nil, nil, true
}

// A TreeLine is a line of a drawn tree.
type TreeLine struct {
	Branch string // box-drawing characters, such as "│  └─ "
	Node   *Node
}

// Lines lay the tree out, a line for each event.
func (t *Tree) Lines() []TreeLine {
	var lines []TreeLine
	var below func(n *Node, indent string)
	below = func(n *Node, indent string) {
		for i, child := range n.Children {
			branch, further := "├─ ", "│  "
			if i == len(n.Children)-1 {
				branch, further = "└─ ", "   "
			}
			lines = append(lines, TreeLine{indent + branch, child})
			below(child, indent+further)
		}
	}
	for _, root := range t.Roots {
		lines = append(lines, TreeLine{"", root})
		below(root, "")
	}
	return lines
}

// String is the line as plain text, such as
//
//	└─ PaymentCaptured  order-1017 #2  +4.2s
func (l TreeLine) String() string {
	n := l.Node
	var b strings.Builder
	b.WriteString(l.Branch + event.ShortType(n.Type))
	if n.Stream != "" {
		b.WriteString("  " + n.Stream)
	}
	if n.Sequence != nil {
		fmt.Fprintf(&b, " #%d", *n.Sequence)
	}
	switch {
	case n.Latency != nil:
		fmt.Fprintf(&b, "  %s", latencyText(*n.Latency))
	case n.Time != nil:
		b.WriteString("  " + n.Time.Format(time.RFC3339Nano))
	}
	switch {
	case n.Orphan && n.CauseCorrelation != nil && *n.CauseCorrelation == "":
		fmt.Fprintf(&b, "  (its cause %s has no correlation)", n.Causation)
	case n.Orphan && n.CauseCorrelation != nil:
		fmt.Fprintf(&b, "  (its cause %s is of correlation %s)", n.Causation, *n.CauseCorrelation)
	case n.Orphan:
		fmt.Fprintf(&b, "  (its cause %s is not here)", n.Causation)
	case n.Cyclic:
		fmt.Fprintf(&b, "  (its cause %s is one of its effects)", n.Causation)
	}
	return b.String()
}

// latencyText is a duration as a person reads it, with its sign.
func latencyText(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch size := d.Abs(); {
	case size >= time.Minute:
		d = d.Round(time.Second)
	case size >= time.Second:
		d = d.Round(10 * time.Millisecond)
	case size >= time.Millisecond:
		d = d.Round(10 * time.Microsecond)
	}
	if d < 0 {
		return d.String()
	}
	return "+" + d.String()
}
