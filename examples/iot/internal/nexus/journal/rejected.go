package journal

import (
	"fmt"
	"strings"
)

// The gates that reject.
const (
	StageDecode = "decode"
	StageSchema = "schema"
	StagePolicy = "policy"
)

// maxReasons is how many reasons against one append are listed.
const maxReasons = 1000

// Reason is one reason against an event, or, as a warning, about it. It tells
// nothing that the event's data hold but names, and what policies say.
type Reason struct {
	Event   int    // its place among the events of the append, from 0
	Command bool   // it is against a command, which has no place: Type is its name
	Type    string // of the event
	Stage   string
	Rule    string // the id of the policy
	Pointer string // JSON pointer into the data
	Field   string // the field, or the attribute of the type, that a policy names
	Message string
	Hint    string
}

func (r Reason) String() string {
	if r.Command {
		return r.Text()
	}
	return fmt.Sprintf("event %d, %s", r.Event+1, r.Text())
}

// Text is the reason without the place of its event: of a command, which is none, or
// of the only event.
func (r Reason) Text() string {
	text := fmt.Sprintf("%.100s: %s: ", r.Type, r.Stage)
	for _, place := range []string{r.Rule, r.Pointer, r.Field} {
		if place != "" && !strings.HasPrefix(r.Message, place+" ") {
			text += place + ": "
		}
	}
	text += r.Message
	if r.Hint != "" {
		text += " (" + r.Hint + ")"
	}
	return text
}

// RejectedError is an append that did not pass. Nothing of it was stored.
type RejectedError struct {
	Stream  string
	Reasons []Reason // by event and gate
	Omitted int      // reasons beyond those that are listed
}

func (e *RejectedError) Error() string {
	lines := make([]string, len(e.Reasons))
	for i, r := range e.Reasons {
		lines[i] = r.String()
	}
	if e.Omitted > 0 {
		lines = append(lines, fmt.Sprintf("and %d reasons more", e.Omitted))
	}
	return fmt.Sprintf("appending to stream %q: rejected: %s", e.Stream, strings.Join(lines, "; "))
}

// rejection is the error of the reasons against an append, nil if there are none.
func rejection(stream string, reasons []Reason, omitted int) error {
	if len(reasons) == 0 {
		return nil
	}
	if len(reasons) > maxReasons {
		reasons, omitted = reasons[:maxReasons:maxReasons], omitted+len(reasons)-maxReasons
	}
	return &RejectedError{Stream: stream, Reasons: reasons, Omitted: omitted}
}
