package replay

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/upcast"
)

// testReducer is the environment variable that makes the test binary a reducer.
const testReducer = "REPLAY_TEST_REDUCER"

// TestMain lets the test binary be the reducer process of the tests below.
func TestMain(m *testing.M) {
	if mode := os.Getenv(testReducer); mode != "" {
		reduceForTest(mode)
		return
	}
	os.Exit(m.Run())
}

// reduceForTest counts the events of each stream, keeps their ids, and misbehaves
// with the event whose id stands behind the mode's name.
func reduceForTest(mode string) {
	name, id := mode, ""
	if at := strings.LastIndexByte(mode, ':'); at >= 0 {
		name, id = mode[:at], mode[at+1:]
	}
	type state struct {
		Count int      `json:"count"`
		Last  string   `json:"last"`
		IDs   []string `json:"ids"`
	}
	states := map[string]state{}
	in := bufio.NewReader(os.Stdin)
	for {
		text, err := in.ReadBytes('\n')
		if err != nil {
			switch name {
			case "fails at its end":
				os.Exit(7)
			case "never ends":
				select {}
			}
			return
		}
		var line struct {
			Stream string
			Event  struct{ Type, ID string }
		}
		if err := json.Unmarshal(text, &line); err != nil {
			panic(err)
		}
		if line.Event.ID == id {
			switch name {
			case "dies":
				fmt.Fprintln(os.Stderr, "out of luck")
				os.Exit(3)
			case "hangs":
				_, _ = io.Copy(io.Discard, in)
				select {}
			case "answers twice":
				fmt.Println(`{"state": {}}`)
			default: // says it
				fmt.Println(name)
				continue
			}
		}
		s := states[line.Stream]
		s.Count, s.Last, s.IDs = s.Count+1, line.Event.Type, append(s.IDs, line.Event.ID)
		states[line.Stream] = s
		answer, err := json.Marshal(map[string]any{"state": s})
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s\n", answer)
	}
}

// testCommand is the test binary as a reducer.
func testCommand(t *testing.T, mode string) Command {
	t.Helper()
	program, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(testReducer, mode)
	return Command{Args: []string{program}}
}

func TestCommand(t *testing.T) {
	s := loadOne(t, shopLog)
	run := func(mode string) (last string, fault error) {
		for answer, err := range testCommand(t, mode).Apply(t.Context(), slices.Values(s.Events)) {
			if err != nil {
				return last, err
			}
			count, _ := answer.State.At(Path{{Key: "count", Index: -1}})
			kind, _ := answer.State.At(Path{{Key: "last", Index: -1}})
			last = fmt.Sprint(count, " ", kind)
		}
		return last, nil
	}
	if last, err := run("counts"); err != nil || last != "7 OrderCancelled" {
		t.Errorf("last state %s, %v", last, err)
	}
	tests := []struct{ mode, want, said string }{
		{"dies:e4", "ended without an answer", "out of luck"},
		{"nonsense:e4", `answered with no JSON object {"state": …}`, "nonsense"},
		{`{"status": 1}:e4`, `answered without "state"`, `{"status": 1}`},
		{`[1]:e4`, `answered with no JSON object {"state": …}`, "[1]"},
	}
	for _, test := range tests {
		t.Run(test.mode, func(t *testing.T) {
			last, err := run(test.mode)
			if last != "3 CustomerChanged" {
				t.Errorf("last state %s", last)
			}
			failed, ok := errors.AsType[*CommandError](err)
			if !ok {
				t.Fatalf("error %v", err)
			}
			want := fmt.Sprintf("log0.ndjson:4: the reducer's process %s on event 4 of order-1 (at byte %d)", test.want, s.Events[3].Offset)
			if !strings.HasSuffix(err.Error(), want) {
				t.Errorf("error %v\nwant  %s", err, want)
			}
			if failed.Said != test.said {
				t.Errorf("said %q, want %q", failed.Said, test.said)
			}
		})
	}
	if _, err := (Command{Args: []string{filepath.Join(t.TempDir(), "none")}}).start(t.Context()); err == nil {
		t.Error("a program that is not there was started")
	}
}

// A process must end well and without another word behind its last answer, whether
// it is asked for all events at once or one by one.
func TestCommandEnds(t *testing.T) {
	s := loadOne(t, shopLog)
	tests := []struct{ mode, want, said string }{
		{"answers twice:e4", "wrote more lines than events: there is another one behind its answer on event 7 of order-1", `{"state":{"count":7,`},
		{"answers twice:e7", "wrote more lines than events: there is another one behind its answer on event 7 of order-1", `{"state":{"count":7,`},
		{"fails at its end", "ended with exit status 7 behind its answer on event 7 of order-1", ""},
		{"counts", "", ""},
	}
	for _, test := range tests {
		t.Run(test.mode, func(t *testing.T) {
			check := func(how string, err error) {
				t.Helper()
				failed, ok := errors.AsType[*CommandError](err)
				switch {
				case test.want == "" && err != nil:
					t.Errorf("%s: %v", how, err)
				case test.want != "" && !ok:
					t.Errorf("%s: error %v", how, err)
				case test.want != "" && (!strings.Contains(err.Error(), test.want) || !strings.HasPrefix(failed.Said, test.said)):
					t.Errorf("%s: %v, said %s", how, err, failed.Said)
				}
			}
			command := testCommand(t, test.mode)
			var last error
			for _, err := range command.Apply(t.Context(), slices.Values(s.Events)) {
				last = err
			}
			check("at once", last)
			r := command.Reducer(t.Context(), nil)
			state := r.Init()
			for _, e := range s.Events {
				if _, err := r.Apply(state, e); err != nil {
					t.Fatal(err)
				}
			}
			check("one by one", r.Close())
		})
	}
}

// A process that owes an answer, or its end, is not waited for longer than the
// limit. The clock of the test strikes as soon as it is waited for in vain.
func TestCommandSilent(t *testing.T) {
	s := loadOne(t, shopLog)
	for _, test := range []struct {
		mode     string
		answered int
		want     string
	}{
		{"hangs:e3", 2, "log0.ndjson:3: the reducer's process gave no answer within 30s (it must flush every line) on event 3 of order-1"},
		{"never ends", len(s.Events), "did not end within 30s after its input, behind its answer on event 7 of order-1"},
	} {
		command := testCommand(t, test.mode)
		waits := 0
		command.after = func(d time.Duration, strike func()) func() bool {
			if d != maxSilence {
				t.Errorf("waits for %v", d)
			}
			if waits++; waits == test.answered+1 {
				strike()
			}
			return func() bool { return true }
		}
		answered := 0
		var fault error
		for _, err := range command.Apply(t.Context(), slices.Values(s.Events)) {
			if fault = err; err == nil {
				answered++
			}
		}
		if _, ok := errors.AsType[*CommandError](fault); !ok || !strings.Contains(fault.Error(), test.want) || answered != test.answered {
			t.Errorf("%s: %d answers, error %v", test.mode, answered, fault)
		}
	}
}

func TestReadAnswer(t *testing.T) {
	tests := []struct{ answer, state, said, fault string }{
		{`{"state": {"owed": 9007199254740993.10}}`, `{"owed":9007199254740993.1}`, "", ""},
		{`{"state": null}`, "null", "", ""},
		{`{"error": "no such customer"}`, "", "no such customer", "answered with an error"},
		{`{"error": ""}`, "", "", "answered with an error"},
		{`{"status": "paid"}`, "", `{"status": "paid"}`, `answered without "state"`},
		{`Traceback`, "", "Traceback", `answered with no JSON object {"state": …}`},
		{``, "", "", `answered with no JSON object {"state": …}`},
		{`{"state": 1, "error": null}`, "1", "", ""},
		{`{"error": null}`, "", `{"error": null}`, `answered without "state"`},
		{`{"error": 1}`, "", `{"error": 1}`, `answered with no JSON object {"state": …}`},
		{`{"state": 1, "extra": 1}`, "", `{"state": 1, "extra": 1}`, `answered with members other than "state" and "error"`},
		{`{"State": 1}`, "", `{"State": 1}`, `answered without "state"`},
		{`{"state": 1, "state": 2}`, "", `{"state": 1, "state": 2}`, "answered with an object that has a key twice"},
		{`{"state": {"a": 1, "\u0061": 2}}`, "", `{"state": {"a": 1, "\u0061": 2}}`, "answered with an object that has a key twice"},
		{`{"state": "\ud800"}`, "", `{"state": "\ud800"}`, "answered with a text that is no valid Unicode"},
		{"{\"state\": \"\xff\"}", "", "{\"state\": \"\xff\"}", "answered with a text that is no valid Unicode"},
		{`{"state": 1} {}`, "", `{"state": 1} {}`, `answered with no JSON object {"state": …}`},
	}
	for _, test := range tests {
		state, said, err := readAnswer([]byte(test.answer))
		got := []string{"", said, ""}
		if state != nil {
			got[0] = state.String()
		}
		if err != nil {
			got[2] = err.Error()
		}
		if diff := cmp.Diff([]string{test.state, test.said, test.fault}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.answer, diff)
		}
	}
}

// A process that hangs is waited for until the caller has enough.
func TestCommandInterrupted(t *testing.T) {
	s := loadOne(t, shopLog)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r := testCommand(t, "hangs:e3").Reducer(ctx, nil)
	defer r.Close()
	steps := 0
	for step, err := range Timeline(r, s, Options{}) {
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
			break
		}
		if steps++; step.Event == s.Events[1] {
			go stop() // while the process has the next event
		}
	}
	if steps != 2 {
		t.Errorf("%d steps", steps)
	}
}

// Every question folds by a process as by any reducer: whatever events it leaves
// out, puts in or exchanges, the state is the one of a process that saw just those.
func TestCommandAnswersQuestions(t *testing.T) {
	s := loadOne(t, shopLog)
	r := testCommand(t, "counts").Reducer(t.Context(), nil)
	defer r.Close()
	x, err := ParseExpr("state.count == 5")
	if err != nil {
		t.Fatal(err)
	}
	found, err := Bisect(r, s, x, Options{})
	if err != nil || found.First != s.Events[4] || len(found.Changed) == 0 {
		t.Errorf("bisect: %+v, %v", found, err)
	}
	history, err := Blame(r, s, Path{{Key: "count", Index: -1}}, Options{At: AtSequence(2)})
	if err != nil {
		t.Fatal(err)
	}
	if w := history.Writes[0]; len(history.Writes) != 2 || w.Event != s.Events[1] || !slices.Equal(w.Rules, []string{r.Name()}) {
		t.Errorf("blame: %+v", history)
	}
	overlay := Overlay{}
	drop, err := ParseTarget("3")
	if err != nil {
		t.Fatal(err)
	}
	overlay.Drops = append(overlay.Drops, drop)
	other, err := WhatIf(r, s, overlay)
	if err != nil {
		t.Fatal(err)
	}
	if ids, _ := other.After.At(Path{{Key: "ids", Index: -1}}); slices.Contains(ids.([]any), any("e3")) || len(ids.([]any)) != len(s.Events)-1 {
		t.Errorf("what if: %v", ids)
	}
	last, err := ParseExpr(`state.last == "OrderCancelled"`)
	if err != nil {
		t.Fatal(err)
	}
	least, err := Minimise(t.Context(), r, s, last, MinimiseOptions{})
	if err != nil || len(least.Stream.Events) != 1 || !least.Proved {
		t.Errorf("minimise: %+v, %v", least, err)
	}
	difference, err := DiffPoints(r, s, AtSequence(1), AtSequence(2))
	if err != nil || len(difference.Changes) == 0 || len(difference.Failed) > 0 {
		t.Errorf("diff: %+v, %v", difference, err)
	}
}

// Whatever states the process is asked to go on from, it goes on from those.
func TestCommandGoesBack(t *testing.T) {
	s := loadOne(t, shopLog)
	command := testCommand(t, "counts")
	r := command.Reducer(t.Context(), nil)
	defer r.Close()
	states, ids := []*State{r.Init()}, []string{""}
	for step, from := range []int{0, 1, 2, 1, 4, 3, 3, 0, 5, 9} { // the state to go on from
		e := s.Events[step%3]
		state := states[from].fork()
		if _, err := r.Apply(state, e); err != nil {
			t.Fatal(err)
		}
		states, ids = append(states, state), append(ids, strings.TrimPrefix(ids[from]+" "+string(e.ID), " "))
		got, _ := state.At(Path{{Key: "ids", Index: -1}})
		if want := fmt.Sprintf("[%s]", ids[len(ids)-1]); fmt.Sprint(got) != want {
			t.Fatalf("step %d: the process saw %v, want %s", step, got, want)
		}
	}
}

// A whole log gives what its streams give one by one; upcasters go before, and an
// event they cannot lift changes nothing.
func TestCommandFoldsAll(t *testing.T) {
	chain, err := upcast.Parse([]any{map[string]any{
		"type": "OrderPlaced", "from": json.Number("1"), "to": json.Number("2"), "do": []any{map[string]any{"rename": "amount", "to": "sum"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	log := openLog(t, t.TempDir(), shopLog)
	r := testCommand(t, "counts").Reducer(t.Context(), chain)
	defer r.Close()
	result, err := FoldAll(t.Context(), log, r, FoldOptions{})
	if err != nil {
		t.Fatal(err)
	}
	streams, _, err := Load(t.Context(), log, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range streams {
		want, failed, err := Fold(r, s, Options{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := result.Streams[i].State()
		if err != nil {
			t.Fatal(err)
		}
		if !got.Equal(want) || len(result.Streams[i].Failed) != len(failed) {
			t.Errorf("%s: %s, %d failed; want %s, %d failed", s.ID, got, len(result.Streams[i].Failed), want, len(failed))
		}
	}
	if v, err := Verify(t.Context(), log, r, FoldOptions{}); err != nil || v.Data().ReducerHash != "" {
		t.Errorf("verify: %+v, %v", v, err)
	}
}

func TestParseCommand(t *testing.T) {
	tests := []struct {
		text, fault string
		want        []string
	}{
		{`./reduce`, "", []string{"./reduce"}},
		{` python3  -u	reduce.py `, "", []string{"python3", "-u", "reduce.py"}},
		{`sh -c 'jq -c "{state: .}" | cat'`, "", []string{"sh", "-c", `jq -c "{state: .}" | cat`}},
		{`a "b c" d\ e ''`, "", []string{"a", "b c", "d e", ""}},
		{`a "b\"c\\d\e"`, "", []string{"a", `b"c\d\e`}},
		{`a--b='x y'z`, "", []string{"a--b=x yz"}},
		{``, "no command is named", nil},
		{`''`, "no command is named", nil},
		{`a 'b`, `command "a 'b": the quote ' is not closed`, nil},
		{`a "b\`, `command "a \"b\\": the quote " is not closed`, nil},
		{`a\`, `command "a\\": nothing follows the last \`, nil},
		{`a | b`, "command \"a | b\": no shell runs it, to which | would mean something: quote it, or write sh -c '…'", nil},
		{`a $HOME`, "command \"a $HOME\": no shell runs it, to which $ would mean something: quote it, or write sh -c '…'", nil},
	}
	for _, test := range tests {
		got, err := ParseCommand(test.text)
		fault := ""
		if err != nil {
			fault = err.Error()
		}
		if fault != test.fault {
			t.Errorf("%s: error %q, want %q", test.text, fault, test.fault)
		}
		if diff := cmp.Diff(test.want, got.Args); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.text, diff)
		}
	}
}

// What a command is written as is read as the same command.
func FuzzParseCommand(f *testing.F) {
	for _, text := range []string{`python3 reduce.py`, `sh -c 'a | b'`, `a "b\"" c\ d`, `'`, `\`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		command, err := ParseCommand(text)
		if err != nil {
			return
		}
		again, err := ParseCommand(command.String())
		if err != nil || !slices.Equal(command.Args, again.Args) {
			t.Fatalf("%q is %q, written %s, read %q, %v", text, command.Args, command, again.Args, err)
		}
	})
}
