package compat

import (
	"fmt"
	"slices"
	"strings"
)

// Level says which consumers and producers a change must not break, in the
// words of Confluent's Schema Registry.
type Level string

// The seven levels. A transitive level looks at every earlier version, the
// others at the latest.
const (
	None               Level = "NONE"
	Backward           Level = "BACKWARD"
	BackwardTransitive Level = "BACKWARD_TRANSITIVE"
	Forward            Level = "FORWARD"
	ForwardTransitive  Level = "FORWARD_TRANSITIVE"
	Full               Level = "FULL"
	FullTransitive     Level = "FULL_TRANSITIVE"
)

// Levels lists every level in the order in which help shows them.
var Levels = []Level{None, Backward, BackwardTransitive, Forward, ForwardTransitive, Full, FullTransitive}

// ParseLevel reads a level, in any case.
func ParseLevel(text string) (Level, error) {
	level := Level(strings.ToUpper(text))
	if !slices.Contains(Levels, level) {
		names := make([]string, len(Levels))
		for i, l := range Levels {
			names[i] = string(l)
		}
		return "", fmt.Errorf("unknown compatibility level %q, want one of %s", text, strings.Join(names, ", "))
	}
	return level, nil
}

// Transitive reports whether the level looks at every earlier version.
func (l Level) Transitive() bool { return strings.HasSuffix(string(l), "_TRANSITIVE") }

// Directions lists the directions in which the level demands containment.
func (l Level) Directions() []Direction {
	switch strings.TrimSuffix(string(l), "_TRANSITIVE") {
	case "BACKWARD":
		return []Direction{BackwardDirection}
	case "FORWARD":
		return []Direction{ForwardDirection}
	case "FULL":
		return []Direction{BackwardDirection, ForwardDirection}
	}
	return nil
}

// examined lists the directions in which the truth is found out and shown: those
// that the level demands. Where it demands none, it is what BACKWARD would say.
func (l Level) examined() []Direction {
	if directions := l.Directions(); len(directions) > 0 {
		return directions
	}
	return Backward.Directions()
}

// Direction is one of the two ways in which versions meet.
type Direction string

const (
	// BackwardDirection asks whether documents of the old version are valid under the new one.
	BackwardDirection Direction = "backward"
	// ForwardDirection asks whether documents of the new version are valid under the old one.
	ForwardDirection Direction = "forward"
)
