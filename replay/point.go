package replay

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/event"
)

// A Point is a place in a stream, or in a log when it is a time. The zero value
// is the end.
type Point struct {
	kind     pointKind
	sequence int64
	time     time.Time
	id       string
}

type pointKind uint8

const (
	pointEnd pointKind = iota
	pointSequence
	pointTime
	pointID
)

// ParsePoint reads seq:7, time:2026-01-31T10:00:00Z or id:abc. Without a prefix
// an integer is a sequence, RFC 3339 a time, and all else an event's id.
func ParsePoint(text string) (Point, error) {
	kind, rest, prefixed := strings.Cut(text, ":")
	switch {
	case text == "":
		return Point{}, fmt.Errorf("a point was expected: a sequence, a time in RFC 3339, or an event's id")
	case prefixed && kind == "seq":
		n, err := strconv.ParseInt(rest, 10, 64)
		if err != nil {
			return Point{}, fmt.Errorf("point %q: %q is no sequence", text, rest)
		}
		return AtSequence(n), nil
	case prefixed && kind == "time":
		t, err := time.Parse(time.RFC3339Nano, rest)
		if err != nil {
			return Point{}, fmt.Errorf("point %q: %q is no time in RFC 3339, such as 2026-01-31T10:00:00Z", text, rest)
		}
		return AtTime(t), nil
	case prefixed && kind == "id":
		return AtID(rest), nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return AtSequence(n), nil
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return AtTime(t), nil
	}
	return AtID(text), nil
}

// AtSequence is the point behind the event with a sequence.
func AtSequence(n int64) Point { return Point{kind: pointSequence, sequence: n} }

// AtTime is the point at which all that had happened by a time is known.
func AtTime(t time.Time) Point { return Point{kind: pointTime, time: t.UTC()} }

// AtID is the point behind the event with an id.
func AtID(id string) Point { return Point{kind: pointID, id: id} }

// IsEnd reports whether the point is the end of all events.
func (p Point) IsEnd() bool { return p.kind == pointEnd }

// NeedsStream reports whether the point has a meaning in one stream only.
func (p Point) NeedsStream() bool { return p.kind == pointSequence || p.kind == pointID }

// String is the point with its prefix.
func (p Point) String() string {
	switch p.kind {
	case pointSequence:
		return fmt.Sprintf("seq:%d", p.sequence)
	case pointTime:
		return "time:" + p.time.Format(time.RFC3339Nano)
	case pointID:
		return "id:" + p.id
	}
	return "end"
}

// before reports whether an event is not behind the point, as far as the event
// alone can tell.
func (p Point) before(e *event.Event) bool {
	switch p.kind {
	case pointSequence:
		return e.HasSequence && e.Sequence <= p.sequence
	case pointTime:
		return !e.Time.After(p.time)
	}
	return true
}

// known reports whether an event was stored by a time; zero knows all. Where the
// log does not say when, an event was stored when it happened.
func known(e *event.Event, by time.Time) bool {
	return by.IsZero() || !storedAt(e).After(by)
}

// storedAt is the time that orders events which have no sequence.
func storedAt(e *event.Event) time.Time {
	if e.Recorded.IsZero() {
		return e.Time
	}
	return e.Recorded
}
