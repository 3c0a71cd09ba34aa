package replay

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/skeleton/upcast"
)

// A drawnEvent is one line of a drawn log.
type drawnEvent struct {
	stream, typeName, version, data string
	sequence                        int
	id                              string
}

func (e drawnEvent) line(sequenced bool) string {
	sequence := ""
	if sequenced {
		sequence = fmt.Sprintf(`"sequence":"%d",`, e.sequence)
	}
	return fmt.Sprintf(`{"specversion":"1.0","id":"%s","source":"/s","type":"%s","subject":"%s","schemaversion":"%s",%s"time":"2025-03-01T10:00:%02dZ","data":%s}`,
		e.id, e.typeName, e.stream, e.version, sequence, e.sequence%60, e.data)
}

var (
	drawnNumbers = []string{"0", "1", "-3", "12.50", "0.1", "1e3", "9223372036854775807", "99999999999999999999.5", "-0", "2.00"}
	drawnValues  = []string{`"x"`, `"a\"bé"`, `null`, `true`, `{"z":1.10,"a":[1, 2.0]}`, `[]`, `[3,{"k":"v"}]`, `{}`, ` {"b": 1 ,"a" : 2}`}
)

// drawEvents draws events of a few streams in their order.
func drawEvents(t *rapid.T) []drawnEvent {
	value := rapid.SampledFrom(slices.Concat(drawnNumbers, drawnNumbers, drawnValues))
	next := map[string]int{}
	var events []drawnEvent
	for i := range rapid.IntRange(1, 40).Draw(t, "events") {
		e := drawnEvent{
			stream:   rapid.SampledFrom([]string{"order-1", "order-2", "order-a-stream-with-a-long-name-3"}).Draw(t, "stream"),
			typeName: rapid.SampledFrom([]string{"A", "shop.B", "shop.C.v1", "Unknown"}).Draw(t, "type"),
			version:  rapid.SampledFrom([]string{"1", "1", "2", "3"}).Draw(t, "version"),
			id:       fmt.Sprintf("id-%04d", i),
		}
		next[e.stream]++
		e.sequence = next[e.stream]
		var members []string
		for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "n", "old"}), 1, 4, rapid.ID[string]).Draw(t, "keys") {
			if key == "b" && rapid.Bool().Draw(t, "nested") {
				members = append(members, fmt.Sprintf(`"b":{"c":%s}`, value.Draw(t, "value")))
				continue
			}
			members = append(members, fmt.Sprintf("%q:%s", key, value.Draw(t, "value")))
		}
		e.data = "{" + strings.Join(members, ",") + "}"
		events = append(events, e)
	}
	return events
}

// drawConfig draws a reducer, with expressions only if it may have them.
func drawConfig(t *rapid.T) string {
	operations := []string{
		`{"set":"s","to":".a"}`, `{"set":"s","value":"x"}`, `{"set":"s","value":null}`, `{"set":"o.p","to":".b.c","default":[1]}`, `{"set":"o.q","to":".n"}`,
		`{"add":"total","by":".n"}`, `{"add":"total","by_value":0.10}`, `{"add":"o.sum","by":".n","default":"0"}`, `{"add":"total","by":".n","default":1}`,
		`{"append":"list","value":".a"}`, `{"append":"list","value":"lit"}`, `{"append":"o.l","value":".b","default":null}`, `{"append":"list","value":"."}`,
		`{"delete":"s"}`, `{"delete":"list"}`, `{"delete":"o.p"}`, `{"delete":"nothing"}`,
	}
	if rapid.Bool().Draw(t, "general") {
		operations = append(operations,
			`{"set":"s","expr":"event.data.a"}`, `{"add":"total","expr":"event.data.n * 2","when":"event.data.n != null"}`,
			`{"merge":"m","value":".b"}`, `{"remove":"list","where":"item == event.data.a"}`, `{"remove":"list","value":".n"}`, `{"merge":".","value":"."}`, `{"set":"o","to":".b"}`)
	}
	if rapid.Bool().Draw(t, "conditions") {
		for i := range 8 {
			x := fmt.Sprintf("%q", drawExpression(t, []string{"state", "event"}, 2))
			where := fmt.Sprintf("%q", drawExpression(t, []string{"state", "event", "item"}, 2))
			operations = append(operations, []string{
				`{"set":"s","value":"x","when":` + x + `}`, `{"add":"total","by":".n","when":` + x + `}`, `{"delete":"s","when":` + x + `}`,
				`{"set":"o.p","expr":` + x + `}`, `{"add":"total","expr":` + x + `}`, `{"append":"list","expr":` + x + `}`,
				`{"remove":"list","where":` + where + `}`, `{"append":"list","value":".n","when":` + x + `}`,
			}[i])
		}
		operations = append(operations, `{"set":"s","value":"x"}`, `{"remove":"list","value":".b"}`, `{"remove":"list","expr":"state.s"}`)
	}
	draw := rapid.SliceOfN(rapid.SampledFrom(operations), 0, 3)
	join := func(name string) string { return "[" + strings.Join(draw.Draw(t, name), ",") + "]" }
	initial := rapid.SampledFrom([]string{`{}`, `{"s":"new","total":0,"list":[],"k":1.0}`, `{"list":[1,{"b":2,"a":1}],"total":"no","o":{"z":1}}`, `{"o":{"p":{"q":1}},"total":12.5}`}).Draw(t, "init")
	return fmt.Sprintf(`{"reducers":{"r":{"init":%s,"on":{"A":%s,"B":%s,"shop.C.v1":%s}}},"upcast":[
		{"type":"A","from":1,"to":2,"do":[{"rename":"old","to":"n"}]},
		{"type":"A","from":2,"to":3,"do":[{"default":"b","value":{"c":7}},{"wrap":"a","as":"w"}],"type_to":"B"}]}`,
		initial, join("A"), join("B"), join("C"))
}

func openLog(t fataler, dir string, files ...string) *event.Log {
	var names []string
	for i, text := range files {
		name := filepath.Join(dir, fmt.Sprintf("log%d.ndjson", i))
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	log, err := event.Open(context.Background(), names, event.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func text(events []drawnEvent, sequenced bool) string {
	var b strings.Builder
	for _, e := range events {
		b.WriteString(e.line(sequenced) + "\n")
	}
	return b.String()
}

// byState folds a log stream by stream with States: the plain way.
func byState(t fataler, log *event.Log, r *Reducer) []string {
	streams, _, err := Load(context.Background(), log, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, s := range streams {
		state, failed, err := Fold(r, s, Options{})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s %d %d %s", s.ID, len(s.Events), len(failed), state))
		for _, f := range failed {
			lines = append(lines, fmt.Sprintf("%s at %d", f.Rule, f.Line))
		}
	}
	return lines
}

// byBytes folds a log with FoldAll.
func byBytes(t fataler, log *event.Log, r *Reducer, o FoldOptions) []string {
	result, err := FoldAll(context.Background(), log, r, o)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for i := range result.Streams {
		s := &result.Streams[i]
		state, err := s.AppendJSON(nil)
		if err != nil {
			state = []byte(err.Error())
		}
		lines = append(lines, fmt.Sprintf("%s %d %d %s", s.ID, s.Events, len(s.Failed), state))
		for _, f := range s.Failed {
			lines = append(lines, fmt.Sprintf("%s at %d", f.Rule, f.Line))
		}
	}
	return lines
}

// TestFoldAllIsFold holds the compiled operations equal to the plain ones, on
// one core and on several, in and out of order.
func TestFoldAllIsFold(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		r := compileReducer(t, drawConfig(t))
		if rapid.Bool().Draw(t, "shuffled") {
			events = rapid.Permutation(events).Draw(t, "order")
		}
		log := openLog(t, dir, text(events, rapid.Bool().Draw(t, "sequenced")))
		want := byState(t, log, r)
		for _, workers := range []int{1, 2, 3} {
			if diff := cmp.Diff(want, byBytes(t, log, r, FoldOptions{Workers: workers, Most: 4096})); diff != "" {
				t.Fatalf("%d workers (-states +bytes):\n%s", workers, diff)
			}
		}
	})
}

// TestRedeliveryChangesNothing folds a log again with events delivered more than
// once, in any order and in several files.
func TestRedeliveryChangesNothing(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		r := compileReducer(t, drawConfig(t))
		once := states(byBytes(t, openLog(t, dir, text(events, true)), r, FoldOptions{Workers: 1}))
		again := slices.Concat(events, rapid.SliceOfN(rapid.SampledFrom(events), 1, 10).Draw(t, "again"))
		again = rapid.Permutation(again).Draw(t, "order")
		cut := rapid.IntRange(1, len(again)-1).Draw(t, "cut")
		log := openLog(t, dir, text(again[:cut], true), text(again[cut:], true))
		if diff := cmp.Diff(once, states(byBytes(t, log, r, FoldOptions{Workers: 2}))); diff != "" {
			t.Fatalf("(-once +again):\n%s", diff)
		}
	})
}

// states leaves out the lines of failures, whose places differ between logs.
func states(lines []string) []string {
	return slices.DeleteFunc(lines, func(line string) bool { return strings.Contains(line, " at ") })
}

// TestSnapshotAndTail folds a stream to every cut and goes on from there.
func TestSnapshotAndTail(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		r := compileReducer(t, drawConfig(t))
		streams, _, err := Load(context.Background(), openLog(t, dir, text(drawEvents(t), true)), LoadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range streams {
			whole, _, err := Fold(r, s, Options{})
			if err != nil {
				t.Fatal(err)
			}
			head := r.Init()
			for n := range len(s.Events) + 1 {
				text, err := head.MarshalJSON()
				if err != nil {
					t.Fatal(err)
				}
				root, err := decode(text)
				if err != nil {
					t.Fatal(err)
				}
				tail := NewState(root)
				for _, e := range s.Events[n:] {
					_, _ = r.Apply(tail, e) // what fails here failed in the whole
				}
				if !tail.Equal(whole) {
					t.Fatalf("cut at %d: %s, whole: %s", n, tail, whole)
				}
				if n < len(s.Events) {
					_, _ = r.Apply(head, s.Events[n])
				}
			}
		}
	})
}

// TestUpcastThenReduce folds a log, and the log that its upcasters would have
// recorded, with and without them.
func TestUpcastThenReduce(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		config := drawConfig(t)
		r := compileReducer(t, config)
		var spec struct{ Upcast any }
		d := json.NewDecoder(strings.NewReader(config))
		d.UseNumber()
		if err := d.Decode(&spec); err != nil {
			t.Fatal(err)
		}
		chain, err := upcast.Parse(spec.Upcast)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := r.spec.Compile(nil)
		if err != nil {
			t.Fatal(err)
		}
		var newer []drawnEvent
		for _, e := range events {
			data, err := decode([]byte(e.data))
			if err != nil {
				t.Fatal(err)
			}
			version, err := upcast.Version(e.version, e.typeName)
			if err != nil {
				t.Fatal(err)
			}
			name, _, upcasted, _, err := chain.Apply(e.typeName, version, data)
			if err != nil {
				t.Fatal(err)
			}
			e.typeName, e.data = name, string(appendJSON(nil, upcasted))
			newer = append(newer, e)
		}
		want := byBytes(t, openLog(t, dir, text(newer, true)), plain, FoldOptions{Workers: 1})
		if diff := cmp.Diff(want, byBytes(t, openLog(t, dir, text(events, true)), r, FoldOptions{Workers: 1})); diff != "" {
			t.Fatalf("(-upcast log +upcast while folding):\n%s", diff)
		}
	})
}
