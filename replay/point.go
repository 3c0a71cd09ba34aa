package replay

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/report"
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
// an integer is a sequence, RFC 3339 a time, and all else an event's id, save what
// looks like a part of a time.
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
	if isUnfinishedTime(text) {
		return Point{}, fmt.Errorf("point %q: a time is written in RFC 3339, whole and with its zone, such as 2026-01-31T10:00:00Z; id:%s is the event with that id", text, text)
	}
	return AtID(text), nil
}

// isUnfinishedTime reports whether a text is a day, or a time without its seconds or
// its zone. Which moment of a day, and by which clock, only its writer knows.
func isUnfinishedTime(text string) bool {
	const day = "2006-01-02"
	for _, layout := range []string{"", "T15:04", "T15:04:05", " 15:04", " 15:04:05", "T15:04Z07:00", " 15:04:05Z07:00"} {
		if _, err := time.Parse(day+layout, text); err == nil {
			return true
		}
	}
	return false
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
		return !happenedAt(e).After(p.time)
	}
	return true
}

var (
	// ErrNoTime says that a time was given as a point of events some of which do
	// not say when they happened, nor when they were recorded.
	ErrNoTime = errors.New("have neither a time nor a recorded time, so that no time says whether they count: choose a sequence or an event's id")
	// ErrNoSequence says that a sequence was given as a point of events some of
	// which have none.
	ErrNoSequence = errors.New("have no sequence: choose a time or an event's id")
)

// happenedAt is when an event happened; where the log does not say, when it was
// recorded.
func happenedAt(e *event.Event) time.Time {
	if e.Time.IsZero() {
		return e.Recorded
	}
	return e.Time
}

// isTimeless reports whether no time can say if the event counts.
func isTimeless(e *event.Event) bool { return e.Time.IsZero() && e.Recorded.IsZero() }

// byTime reports whether a part of the events is chosen by their times.
func byTime(at Point, knownAt time.Time) bool { return at.kind == pointTime || !knownAt.IsZero() }

// tells is an error when events of the stream do not tell what a point needs to
// know of them.
func (s Stream) tells(o Options) error {
	timeless, unnumbered := 0, 0
	for _, e := range s.Events {
		if isTimeless(e) {
			timeless++
		}
		if !e.HasSequence {
			unnumbered++
		}
	}
	switch all := report.Count(len(s.Events), "event"); {
	case timeless > 0 && byTime(o.At, o.KnownAt):
		return fmt.Errorf("stream %s: %d of its %s %w", s.ID, timeless, all, ErrNoTime)
	case unnumbered > 0 && o.At.kind == pointSequence:
		return fmt.Errorf("stream %s: %d of its %s %w", s.ID, unnumbered, all, ErrNoSequence)
	}
	return nil
}

// untimed is the error of events of a whole log that no time can choose from.
func untimed(events int64) error {
	return fmt.Errorf("folding all streams by time: %s %w", report.Count(int(events), "event"), ErrNoTime)
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
