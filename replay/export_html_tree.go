package replay

import "github.com/nexus-blueprint/nexus/event"

// pageCause is a line of the causation tree.
type pageCause struct {
	*Node
	Depth   int // 0 for a root; deepest for all that is deeper
	Latency string
}

// deepest bounds how far a line is indented: a saga of a thousand steps still
// fits on the page.
const deepest = 30

// causation lays out what caused what among the events that are shown, a line
// for each, effects below their cause.
func causation(events []*event.Event) []pageCause {
	var lines []pageCause
	depths := map[*Node]int{}
	var open []*Node // the next one last
	push := func(nodes []*Node, depth int) {
		for i := len(nodes) - 1; i >= 0; i-- {
			depths[nodes[i]] = depth
			open = append(open, nodes[i])
		}
	}
	for push(newTree(events).Roots, 0); len(open) > 0; {
		n := open[len(open)-1]
		open = open[:len(open)-1]
		line := pageCause{Node: n, Depth: depths[n]}
		if n.Latency != nil {
			line.Latency = latencyText(*n.Latency)
		}
		lines = append(lines, line)
		push(n.Children, min(depths[n]+1, deepest))
	}
	return lines
}
