package replay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// timedLog has one event a minute; times are what the event itself, and the log,
// say of the nth.
func timedLog(attributes ...string) string {
	var b strings.Builder
	for i, a := range attributes {
		fmt.Fprintf(&b, `{"specversion":"1.0","id":"e%d","source":"/s","type":"Add","subject":"s"%s,"data":{"n":1}}`+"\n", i+1, a)
	}
	return b.String()
}

func minute(attribute string, n int) string {
	return fmt.Sprintf(`,%q:"2025-01-01T00:0%d:00Z"`, attribute, n)
}

// TestPointsInTime: where an event does not say when it happened, when it was
// recorded counts, and the other way round; where it says neither, nobody guesses.
func TestPointsInTime(t *testing.T) {
	r := compileReducer(t, adding)
	at := AtTime(time.Date(2025, 1, 1, 0, 2, 0, 0, time.UTC))
	for name, test := range map[string]struct {
		log           string
		atPoint, then string // the total at the point, and as it was known at its time
	}{
		"times":          {timedLog(minute("time", 1), minute("time", 2), minute("time", 3)), "2", "2"},
		"recorded times": {timedLog(minute("recordedtime", 1), minute("recordedtime", 2), minute("recordedtime", 3)), "2", "2"},
		"both":           {timedLog(minute("time", 1)+minute("recordedtime", 3), minute("time", 3)+minute("recordedtime", 1)), "1", "1"},
		"neither":        {timedLog(minute("time", 1), "", ""), "2 events", "2 events"},
	} {
		log := openLog(t, t.TempDir(), test.log)
		streams, _, err := Load(context.Background(), log, LoadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, asked := range []struct {
			o    Options
			want string
		}{{Options{At: at}, test.atPoint}, {Options{KnownAt: at.time}, test.then}} {
			state, _, err := Fold(r, streams[0], asked.o)
			one := totalOr(state, err)
			result, err := FoldAll(context.Background(), log, r, FoldOptions{At: asked.o.At, KnownAt: asked.o.KnownAt, Workers: 2})
			state = nil
			if err == nil {
				state, err = result.Streams[0].State()
			}
			if all := totalOr(state, err); one != asked.want || all != asked.want {
				t.Errorf("%s: of the stream %s, of all %s, want %s", name, one, all, asked.want)
			}
		}
	}
}

// totalOr is the total of a state, or how many events have no time.
func totalOr(state *State, err error) string {
	switch {
	case errors.Is(err, ErrNoTime) && strings.Contains(err.Error(), ": 2 "):
		return "2 events"
	case err != nil:
		return err.Error()
	}
	total, _ := state.At(Path{{Key: "total", Index: -1}})
	return fmt.Sprint(total)
}

func TestPointsOfSequences(t *testing.T) {
	r := compileReducer(t, adding)
	for name, test := range map[string]struct {
		attributes []string
		want       string
	}{
		"far behind the end": {[]string{`,"sequence":"1"`, `,"sequence":"2"`}, "2"},
		"no sequence":        {[]string{"", ""}, "2 of its 2 events have no sequence"},
		"one has none":       {[]string{`,"sequence":"1"`, "", ""}, "2 of its 3 events have no sequence"},
	} {
		state, _, err := Fold(r, loadOne(t, timedLog(test.attributes...)), Options{At: AtSequence(99)})
		if errors.Is(err, ErrNoSequence) != (err != nil) || !strings.Contains(totalOr(state, err), test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

// TestDiffBehindTheEnd: a difference says that a point is the stream's end.
func TestDiffBehindTheEnd(t *testing.T) {
	s := loadOne(t, shopLog)
	d, err := DiffPoints(compileReducer(t, shop), s, AtSequence(99), Point{})
	if err != nil || !slices.Contains(d.Table(nil).Notes, "The last sequence of order-1 is 7: seq:99 is its end.") {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestPointNotKnownYet(t *testing.T) {
	s := loadOne(t, shopLog)
	knownAt := time.Date(2025, 1, 1, 0, 0, 2, 0, time.UTC)
	_, _, err := Fold(compileReducer(t, shop), s, Options{At: AtID("e3"), KnownAt: knownAt})
	want := `stream order-1: event "e3" was recorded at 2025-01-01T00:00:03Z, so that it was not known yet at 2025-01-01T00:00:02Z: choose a later time, or an earlier event`
	if err == nil || err.Error() != want {
		t.Errorf("error %v\nwant  %s", err, want)
	}
	if _, _, err := Fold(compileReducer(t, shop), s, Options{At: AtID("e2"), KnownAt: knownAt}); err != nil {
		t.Error(err)
	}
}

// A day, or a time without seconds or zone, is no point: taken for an id it would
// be looked for in vain.
func TestUnfinishedTimes(t *testing.T) {
	for _, text := range []string{"2025-03-07", "2025-03-07T09:13", "2025-03-07T09:13:00", "2025-03-07 09:13:00", "2025-03-07T09:13Z"} {
		if p, err := ParsePoint(text); err == nil || !strings.Contains(err.Error(), "such as 2026-01-31T10:00:00Z; id:"+text) {
			t.Errorf("%s is %s, %v", text, p, err)
		}
	}
	for text, want := range map[string]string{
		"id:2025-03-07": "id:2025-03-07", "2025-03-07T09:13:00Z": "time:2025-03-07T09:13:00Z",
		"2025": "seq:2025", "2025-03-07-a": "id:2025-03-07-a",
	} {
		if p, err := ParsePoint(text); err != nil || p.String() != want {
			t.Errorf("%s is %s, %v", text, p, err)
		}
	}
}
