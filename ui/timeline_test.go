package ui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// orderTimeline is an order whose payment was captured twice.
func orderTimeline() TimelineModel {
	events := []struct {
		kind, changes string
		captured      int
	}{
		{"OrderPlaced", "status: new -> placed;total: 0 -> 40", 0},
		{"PaymentCaptured", "captured: 0 -> 40", 40},
		{"PaymentCaptured", "captured: 40 -> 80", 40},
		{"OrderShipped", "status: placed -> shipped;carrier.name: nothing -> \x1b[31mExpress \u202eover night and over all the hills that lie between here and the sea", 0},
	}
	steps := func(off map[int]bool) []TimelineStep {
		var list []TimelineStep
		captured, status := 0, "placed"
		for i, e := range events {
			if !off[i] {
				captured += e.captured
			}
			if e.kind == "OrderShipped" {
				status = "shipped"
			}
			step := TimelineStep{
				Label: fmt.Sprint(i + 1), Time: fmt.Sprintf("2026-01-31T10:00:0%dZ", i), Type: "shop." + e.kind + ".v1",
				State: func() string {
					return fmt.Sprintf("{\n  \"captured\": %d,\n  \"status\": %q,\n  \"total\": 40\n}", captured, status)
				},
			}
			if !off[i] {
				step.Changes = strings.Split(e.changes, ";")
				step.Summary = step.Changes[0]
			}
			text := step.State()
			step.State = func() string { return text }
			list = append(list, step)
		}
		return list
	}
	return TimelineModel{Title: "order-1 by reducer order, version 2", Steps: steps(nil), Toggle: steps}
}

// typed is the timeline after keys: names of keys, or what they type.
func typed(t timeline, keys ...string) timeline {
	named := map[string]tea.KeyType{
		"enter": tea.KeyEnter, "esc": tea.KeyEsc, "backspace": tea.KeyBackspace, "tab": tea.KeyTab, "shift+tab": tea.KeyShiftTab,
		"left": tea.KeyLeft, "right": tea.KeyRight, "up": tea.KeyUp, "down": tea.KeyDown, "home": tea.KeyHome, "end": tea.KeyEnd,
		"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
	}
	for _, key := range keys {
		msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(key)}
		if kind, ok := named[key]; ok {
			msg = tea.KeyMsg{Type: kind}
		} else if key == " " {
			msg.Type = tea.KeySpace
		}
		next, _ := t.Update(msg)
		t = next.(timeline)
	}
	return t
}

func resized(t timeline, columns, rows int) timeline {
	next, _ := t.Update(tea.WindowSizeMsg{Width: columns, Height: rows})
	return next.(timeline)
}

// TestTimelineGolden compares screens with testdata/; NEXUS_UPDATE=1 writes the files.
func TestTimelineGolden(t *testing.T) {
	screens := []string{"", "G", "tab", "3 enter space tab", "/ shipped", "/ shipped enter tab tab", "9 enter", "?"}
	for _, columns := range []int{60, 120} {
		t.Run(fmt.Sprint(columns), func(t *testing.T) {
			var got strings.Builder
			for _, keys := range screens {
				m := resized(newTimeline(Terminal{Width: columns}, orderTimeline()), columns, 14)
				var list []string
				for key := range strings.FieldsSeq(keys) {
					list = append(list, strings.ReplaceAll(key, "space", " "))
				}
				fmt.Fprintf(&got, "-- keys: %s --\n%s\n", keys, typed(m, list...).View())
			}
			file := filepath.Join("testdata", fmt.Sprintf("timeline-%d.txt", columns))
			if os.Getenv("NEXUS_UPDATE") == "1" {
				if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("%s differs (-want +got):\n%s", file, diff)
			}
		})
	}
}

func TestTimelineKeys(t *testing.T) {
	for _, test := range []struct {
		keys   string
		at     int
		notice string
	}{
		{"", 0, ""},
		{"l l", 2, ""},
		{"right right left", 1, ""},
		{"h", 0, ""},
		{"G l", 3, ""},
		{"end home", 0, ""},
		{"down down up", 1, ""},
		{"3 enter", 2, ""},
		{"0 0 4 enter", 3, ""},
		{"3 backspace 2 enter", 1, ""},
		{"3 backspace backspace l", 1, ""},
		{"3 esc l", 1, ""},
		{"3 l", 1, ""},
		{"9 9 enter", 0, "no event has the sequence 99"},
		{"l 0 enter", 1, "no event has the sequence 0"},
		{"/ SHIPPED enter", 3, ""},
		{"/ capt ured enter n", 2, ""},
		{"/ 80 enter", 2, ""},
		{"/ ordershipped enter n", 3, `only this event matches "ordershipped"`},
		{"/ orderplaced enter", 0, `only this event matches "orderplaced"`},
		{"/ paymentcaptured enter n n", 1, "the search went on at the other end"},
		{"/ paymentcaptured enter N", 2, "the search went on at the other end"},
		{"/ paymentcaptured enter n G / enter", 1, "the search went on at the other end"},
		{"/ refund enter", 0, `nothing matches "refund"`},
		{"n", 0, "nothing was searched yet: type / and a text"},
		{"? l", 1, ""},
	} {
		m := typed(newTimeline(Terminal{Width: 120}, orderTimeline()), strings.Fields(test.keys)...)
		if m.at != test.at || m.notice != test.notice {
			t.Errorf("%s: at %d, %q; want %d, %q", test.keys, m.at, m.notice, test.at, test.notice)
		}
	}
}

// TestTimelineToggle: an event that is off leaves the list, and the states behind it, as if it had not happened.
func TestTimelineToggle(t *testing.T) {
	captured := func(m timeline) string {
		_, after, _ := strings.Cut(m.model.Steps[3].state(), `"captured": `)
		before, _, _ := strings.Cut(after, ",")
		return before
	}
	m := newTimeline(Terminal{Width: 120}, orderTimeline())
	for _, test := range []struct{ keys, want string }{
		{"", "80"}, {"l *", "40"}, {"l * l *", "0"}, {"l * l * h *", "40"}, {"l * *", "80"},
	} {
		keys := strings.Fields(strings.ReplaceAll(test.keys, "*", "space"))
		for i := range keys {
			keys[i] = strings.ReplaceAll(keys[i], "space", " ")
		}
		if got := captured(typed(m, keys...)); got != test.want {
			t.Errorf("%s: captured %s, want %s", test.keys, got, test.want)
		}
	}
	if len(m.off) != 0 || captured(m) != "80" {
		t.Error("a key changed the timeline before it")
	}
	m.model.Toggle = func(map[int]bool) []TimelineStep { return nil }
	if m := typed(m, " "); m.notice == "" || len(m.off) > 0 || len(m.model.Steps) != 4 {
		t.Errorf("a replay that failed: %q, %d off, %d steps", m.notice, len(m.off), len(m.model.Steps))
	}
	m.model.Toggle = nil
	if m := typed(m, " "); m.notice != "no event of this timeline can be turned off" {
		t.Errorf("without Toggle: %q", m.notice)
	}
}

// TestTimelineScroll: a long state is scrolled, and shown from where it changed.
func TestTimelineScroll(t *testing.T) {
	state := func(changed int) func() string {
		lines := make([]string, 100)
		for i := range lines {
			lines[i] = fmt.Sprintf(`"line%02d": %d`, i, i)
		}
		lines[changed] += "0"
		return func() string { return strings.Join(lines, "\n") }
	}
	model := TimelineModel{Steps: []TimelineStep{{Label: "1", State: state(0)}, {Label: "2", State: state(60)}, {Label: "3", State: state(99)}}}
	m := resized(newTimeline(Terminal{Width: 60}, model), 60, 13)
	for _, test := range []struct{ keys, first string }{
		{"tab", "line00"}, {"tab down down up", "line01"}, {"tab pgdown", "line10"}, {"tab pgdown pgup pgup", "line00"},
		{"tab l", "line00"}, {"l tab l", "line57"}, {"l l tab pgdown pgdown", "line77"},
	} {
		lines := strings.Split(typed(m, strings.Fields(test.keys)...).View(), "\n")
		if !strings.Contains(lines[2], test.first) {
			t.Errorf("%s: the first line is %q, want %s", test.keys, lines[2], test.first)
		}
	}
}

// TestTimelineFits: whatever the events hold and whatever keys are pressed, every
// screen has the terminal's size and no control characters.
func TestTimelineFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringN(0, 12, -1), rapid.Just("\x1b[2J\u202e漢字\t\n☕"))
		var steps []TimelineStep
		for range rapid.IntRange(0, 6).Draw(t, "steps") {
			state := text.Draw(t, "state")
			steps = append(steps, TimelineStep{
				Label: text.Draw(t, "label"), Time: text.Draw(t, "time"), Type: text.Draw(t, "type"), Summary: text.Draw(t, "summary"),
				State: func() string { return state }, Changes: rapid.SliceOfN(text, 0, 3).Draw(t, "changes"),
			})
		}
		model := TimelineModel{Title: text.Draw(t, "title"), Steps: steps, Toggle: func(map[int]bool) []TimelineStep { return steps }}
		m := newTimeline(Terminal{Width: 80}, model)
		key := rapid.SampledFrom([]string{"h", "l", "g", "G", "j", "k", "tab", " ", "/", "1", "é", "enter", "n", "N", "?", "pgdown", "shift+tab", "backspace"})
		for range rapid.IntRange(0, 12).Draw(t, "moves") {
			columns, rows := rapid.IntRange(minWidth, 160).Draw(t, "columns"), rapid.IntRange(4, 30).Draw(t, "rows")
			m = typed(resized(m, columns, rows), key.Draw(t, "key"))
			lines := strings.Split(m.View(), "\n")
			if len(lines) != rows {
				t.Fatalf("%d lines on a terminal of %d", len(lines), rows)
			}
			for _, line := range lines {
				if width(line) > columns {
					t.Fatalf("%d cells of %d: %q", width(line), columns, line)
				}
				if strings.ContainsFunc(line, func(c rune) bool { return unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) }) {
					t.Fatalf("a control character in %q", line)
				}
			}
		}
	})
}

func TestTimelineColor(t *testing.T) {
	plain := newTimeline(Terminal{Width: 120}, orderTimeline()).View()
	colored := newTimeline(Terminal{Width: 120, Color: true}, orderTimeline()).View()
	if strings.Contains(plain, "\x1b") || !strings.Contains(colored, "\x1b[") {
		t.Errorf("colour is not what the terminal says:\n%q\n%q", plain, colored)
	}
}

func TestRunTimeline(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		name, keys string
		ctx        context.Context
		want       error
	}{
		{"left", "l/shipped\rlq", t.Context(), nil},
		{"interrupted", "l\x03", t.Context(), context.Canceled},
		{"cancelled", "", cancelled, context.Canceled},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			err := RunTimeline(test.ctx, Terminal{Width: 60}, strings.NewReader(test.keys), &out, orderTimeline())
			if !errors.Is(err, test.want) {
				t.Errorf("the error is %v, want %v", err, test.want)
			}
			if test.want == nil && !strings.Contains(out.String(), "event 4 of 4") {
				t.Errorf("nothing was shown: %q", out.String())
			}
		})
	}
}
