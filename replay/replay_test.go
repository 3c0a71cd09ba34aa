package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/event"
)

const shop = `
reducers:
  order:
    version: 2
    streams: "order-*"
    init: {status: new, total: 0, items: []}
    on:
      OrderPlaced:
        - {set: status, value: placed}
        - {set: customer, to: .customer}
        - {add: total, by: .amount}
        - {append: items, value: .item}
      ItemRemoved:
        - {remove: items, where: "item.sku == event.data.sku"}
      OrderCancelled:
        - {set: status, value: cancelled, when: "state.status != 'shipped'"}
      CustomerChanged:
        - {merge: customer, value: .customer}
      Surcharged:
        - {add: total, expr: "event.data.amount * 1.1"}
      Reset: [{delete: items}]
    invariants:
      - {name: total-positive, expr: "state.total >= 0"}
`

const shopLog = `{"specversion":"1.0","id":"e1","source":"/s","type":"shop.OrderPlaced.v1","subject":"order-1","sequence":"1","time":"2025-01-01T00:00:01Z","data":{"customer":{"name":"Ada","vip":true},"amount":0.10,"item":{"sku":"a"}}}
{"specversion":"1.0","id":"e2","source":"/s","type":"shop.OrderPlaced.v1","subject":"order-1","sequence":"2","time":"2025-01-01T00:00:02Z","data":{"customer":{"name":"Ada","vip":true},"amount":0.20,"item":{"sku":"b"}}}
{"specversion":"1.0","id":"e3","source":"/s","type":"CustomerChanged","subject":"order-1","sequence":"3","time":"2025-01-01T00:00:03Z","data":{"customer":{"vip":null,"city":"Köln"}}}
{"specversion":"1.0","id":"e4","source":"/s","type":"ItemRemoved","subject":"order-1","sequence":"4","time":"2025-01-01T00:00:04Z","data":{"sku":"a"}}
{"specversion":"1.0","id":"e5","source":"/s","type":"OrderPlaced","subject":"order-1","sequence":"5","time":"2025-01-01T00:00:05Z","data":{"amount":1}}
{"specversion":"1.0","id":"e6","source":"/s","type":"Surcharged","subject":"order-1","sequence":"6","time":"2025-01-01T00:00:06Z","data":{"amount":0.1}}
{"specversion":"1.0","id":"e7","source":"/s","type":"OrderCancelled","subject":"order-1","sequence":"7","time":"2025-01-01T00:00:07Z","data":{}}
`

func loadOne(t *testing.T, text string) Stream {
	t.Helper()
	streams, _, err := Load(context.Background(), openLog(t, t.TempDir(), text), LoadOptions{})
	if err != nil || len(streams) != 1 {
		t.Fatalf("%d streams, %v", len(streams), err)
	}
	return streams[0]
}

func TestTimeline(t *testing.T) {
	r := compileReducer(t, shop)
	var got []string
	for step, err := range Timeline(r, loadOne(t, shopLog), Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(step.Event.ID))
		for _, c := range step.Changed {
			before, _ := json.Marshal(c.Before)
			after, _ := json.Marshal(c.After)
			got = append(got, fmt.Sprintf("  %s %s -> %s (%s)", c.Path, before, after, c.Rule))
		}
		if step.Err != nil {
			got = append(got, fmt.Sprintf("  line %d: %s: %v", step.Err.Line, step.Err.Rule, step.Err.Cause))
		}
	}
	want := []string{
		"e1",
		`  .status "new" -> "placed" (OrderPlaced[0] set .status)`,
		`  .customer null -> {"name":"Ada","vip":true} (OrderPlaced[1] set .customer)`,
		`  .total 0 -> 0.1 (OrderPlaced[2] add .total)`,
		`  .items[0] null -> {"sku":"a"} (OrderPlaced[3] append .items)`,
		"e2",
		`  .total 0.1 -> 0.3 (OrderPlaced[2] add .total)`,
		`  .items[1] null -> {"sku":"b"} (OrderPlaced[3] append .items)`,
		"e3",
		`  .customer.city null -> "Köln" (CustomerChanged[0] merge .customer)`,
		`  .customer.vip true -> null (CustomerChanged[0] merge .customer)`,
		"e4",
		`  .items[0].sku "a" -> "b" (ItemRemoved[0] remove .items)`,
		`  .items[1] {"sku":"b"} -> null (ItemRemoved[0] remove .items)`,
		"e5",
		"  line 5: OrderPlaced[1] set .customer: .customer: the event's data has no such place: correct the path, or give a default",
		"e6",
		`  .total 0.3 -> 0.41 (Surcharged[0] add .total)`,
		"e7",
		`  .status "placed" -> "cancelled" (OrderCancelled[0] set .status)`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
}

func TestFoldToAPoint(t *testing.T) {
	r, s := compileReducer(t, shop), loadOne(t, shopLog)
	for point, want := range map[string]string{
		"1": "0.1", "seq:2": "0.3", "2025-01-01T00:00:01Z": "0.1", "time:2024-01-01T00:00:00Z": "0", "e2": "0.3", "id:e6": "0.41",
	} {
		p, err := ParsePoint(point)
		if err != nil {
			t.Fatal(err)
		}
		state, _, err := Fold(r, s, Options{At: p})
		if err != nil {
			t.Fatal(err)
		}
		if total, _ := state.At(Path{{Key: "total", Index: -1}}); fmt.Sprint(total) != want {
			t.Errorf("total at %s is %v, want %s", p, total, want)
		}
	}
	if _, _, err := Fold(r, s, Options{At: AtID("e99")}); err == nil || err.Error() != `stream order-1 has no event with the id "e99"` {
		t.Errorf("a missing id: %v", err)
	}
	for _, point := range []string{"", "seq:x", "time:noon"} {
		if _, err := ParsePoint(point); err == nil {
			t.Errorf("point %q was read", point)
		}
	}
}

func TestFoldAllOfTheShop(t *testing.T) {
	r := compileReducer(t, shop)
	log := openLog(t, t.TempDir(), shopLog+strings.ReplaceAll(shopLog[:strings.Index(shopLog, "\n")+1], "order-1", "cart-1"))
	result, err := FoldAll(context.Background(), log, r, FoldOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Streams) != 1 || len(result.Streams[0].Failed) != 1 {
		t.Fatalf("%+v", result.Streams)
	}
	state, err := result.Streams[0].State()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"customer":{"city":"Köln","name":"Ada"},"items":[{"sku":"b"}],"status":"cancelled","total":0.41}`
	if state.String() != want {
		t.Errorf("state %s\nwant  %s", state, want)
	}
	if broken, err := r.Broken(state, nil); err != nil || broken != nil {
		t.Errorf("broken %v, %v", broken, err)
	}
	if _, err := FoldAll(context.Background(), log, r, FoldOptions{At: AtSequence(3)}); err == nil {
		t.Error("a sequence was taken as a point of all streams")
	}
}

func TestInvariantBroken(t *testing.T) {
	r := compileReducer(t, shop)
	broken, err := r.Broken(NewState(map[string]any{"total": json.Number("-0.01")}), nil)
	if err != nil || len(broken) != 1 || broken[0].Name != "total-positive" {
		t.Errorf("broken %v, %v", broken, err)
	}
}

func TestRootIsTheSameAnywhere(t *testing.T) {
	r := MergeReducer(nil)
	lines := strings.SplitAfter(strings.TrimSpace(strings.ReplaceAll(shopLog, "order-1", "o")), "\n")
	roots := map[[32]byte]bool{}
	for i, files := range [][]string{{shopLog}, {strings.Join(lines[3:], "") + "\n", strings.Join(lines[:3], "")}} {
		for n := range files {
			files[n] = strings.ReplaceAll(files[n], `"order-1"`, `"o"`)
		}
		result, err := FoldAll(context.Background(), openLog(t, t.TempDir(), files...), r, FoldOptions{Workers: i + 1})
		if err != nil {
			t.Fatal(err)
		}
		root, err := result.Root()
		if err != nil {
			t.Fatal(err)
		}
		roots[root] = true
	}
	if len(roots) != 1 {
		t.Errorf("%d roots of one log", len(roots))
	}
}

func TestStandardInputMustBeInOrder(t *testing.T) {
	lines := strings.SplitAfter(strings.TrimSpace(shopLog), "\n")
	swapped := lines[1] + lines[0]
	for text, want := range map[string]string{
		lines[0] + lines[1]: "",
		swapped:             "folding standard input: the events of stream order-1 are not in order: write it to a file, which can be read twice",
		strings.NewReplacer("e2", "e0", "e1", "e3").Replace(swapped): "folding standard input: the events of stream order-1 are not in order: write it to a file, which can be read twice",
	} {
		log, err := event.Open(context.Background(), []string{"-"}, event.Options{Stdin: strings.NewReader(text)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = FoldAll(context.Background(), log, compileReducer(t, shop), FoldOptions{Workers: 1})
		if got := fmt.Sprint(err); got != want && (want != "" || err != nil) {
			t.Errorf("error %s\nwant  %s", got, want)
		}
	}
}

// TestStandardInputTakesAnyIDs: ids need not grow in a log that is read once, and
// what is delivered again is left out, at once or later.
func TestStandardInputTakesAnyIDs(t *testing.T) {
	line := func(id, stream, sequence string) string {
		return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/o","type":"T","subject":%q,%s"data":{"n":%d}}`+"\n", id, stream, sequence, len(id))
	}
	numbered := line("e0-1", "s0", `"sequence":"1",`) + line("e1-1", "s1", `"sequence":"1",`) + line("e0-2", "s0", `"sequence":"2",`)
	timed := line("b", "s0", `"time":"2025-03-01T10:00:00Z",`) + line("a", "s0", `"time":"2025-03-01T10:00:01Z",`)
	again := line("e0-1", "s0", `"sequence":"1",`)
	tests := []struct {
		name, text string
		duplicates int64
	}{
		{"ids by stream", numbered, 0},
		{"random ids", strings.NewReplacer("e0-1", "zz", "e1-1", "b", "e0-2", "ab").Replace(numbered), 0},
		{"no sequence", timed, 0},
		{"again at once", again + numbered, 1},
		{"again at the end", numbered + again + again, 2},
		{"again without sequence", timed + line("b", "s0", `"time":"2025-03-01T10:00:00Z",`), 1},
		{"one id in two streams", numbered + line("e0-1", "s2", `"sequence":"1",`), 0},
	}
	for _, test := range tests {
		for workers := 1; workers <= 2; workers++ {
			stdin, err := event.Open(context.Background(), []string{"-"}, event.Options{Stdin: strings.NewReader(test.text)})
			if err != nil {
				t.Fatal(err)
			}
			got, err := FoldAll(context.Background(), stdin, MergeReducer(nil), FoldOptions{Workers: workers})
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
				continue
			}
			want, err := FoldAll(context.Background(), openLog(t, t.TempDir(), test.text), MergeReducer(nil), FoldOptions{Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			gotRoot, err := got.Root()
			if err != nil {
				t.Fatal(err)
			}
			if wantRoot, err := want.Root(); err != nil || gotRoot != wantRoot {
				t.Errorf("%s: other states than those of a file: %v", test.name, err)
			}
			if got.Stats.Duplicates != test.duplicates || want.Stats.Duplicates != test.duplicates {
				t.Errorf("%s: %d duplicates, a file has %d, want %d", test.name, got.Stats.Duplicates, want.Stats.Duplicates, test.duplicates)
			}
			for i, s := range got.Streams {
				if s.Events != want.Streams[i].Events {
					t.Errorf("%s: %d events of %s, want %d", test.name, s.Events, s.ID, want.Streams[i].Events)
				}
			}
		}
	}
}

func TestSpecErrors(t *testing.T) {
	tests := []struct{ name, on, want string }{
		{"unknown operation", `[{sett: a, value: 1}]`, "nexus.yaml:2:15: reducers: no operation is named"},
		{"two operations", `[{set: a, add: b, by: .c}]`, "nexus.yaml:2:15: reducers: one operation was expected, found set and add"},
		{"no value", `[{set: a}]`, "nexus.yaml:2:15: reducers: set needs a value"},
		{"two values", `[{set: a, to: .b, value: 1}]`, "nexus.yaml:2:39: reducers: one value was expected, and value is a second one"},
		{"path without a dot", `[{add: a, by: amount}]`, "nexus.yaml:2:28: reducers: by must be a path into the event's data"},
		{"no number", `[{add: a, by_value: x}]`, "nexus.yaml:2:15: reducers: add needs a number"},
		{"remove what", `[{remove: a}]`, "nexus.yaml:2:15: reducers: remove needs where or a value, and not both"},
		{"bad path", `[{set: a..b, value: 1}]`, `nexus.yaml:2:21: reducers: path "a..b": a key is missing between its dots`},
		{"bad expression", `[{set: a, expr: "state."}]`, `nexus.yaml:2:30: reducers: expression "state.": unexpected end of expression (1:6)`},
		{"unknown name", `[{set: a, expr: "stat.x"}]`, `nexus.yaml:2:30: reducers: expression "stat.x": unknown name stat (1:1)`},
		{"the whole state", `[{delete: .}]`, "nexus.yaml:2:15: reducers: the whole state cannot be deleted"},
		{"default of a literal", `[{set: a, value: 1, default: 2}]`, "nexus.yaml:2:43: reducers: default goes with a path into the data"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, err := document.Parse("nexus.yaml", []byte("reducers: {r: {on: {\n          T: "+test.on+"}}}\n"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ParseReducers(d, "/reducers"); err == nil || err.Error() != test.want {
				t.Errorf("error %v\nwant  %s", err, test.want)
			}
		})
	}
}

func TestExpressions(t *testing.T) {
	state, err := decode([]byte(`{"a":{"b":[1,2.50,{"c":"x"}]},"n":0.1,"big":9007199254740993,"s":"text","list":[{"q":1},{"q":0.2}]}`))
	if err != nil {
		t.Fatal(err)
	}
	e := &event.Event{ID: []byte("e1"), Type: "T", Sequence: 7, HasSequence: true, Data: []byte(`{"n":3}`)}
	for text, want := range map[string]string{
		"state.n + 0.2 == 0.3":                     "true",
		"state.big == 9007199254740992":            "false",
		"state.big - 1":                            "9007199254740992",
		"state.missing.deeper":                     "null",
		"state.missing > 1":                        "false",
		"state.a.b[1] * 2":                         "5",
		"state.a.b[-1].c":                          `"x"`,
		"len(state.a.b)":                           "3",
		"sum(state.list, .q)":                      "1.2",
		"max(1, state.a.b[1])":                     "2.5",
		"abs(-state.n)":                            "0.1",
		"any(state.list, .q == 0.20)":              "true",
		"'c' in state.a.b[2]":                      "true",
		"2.5 in state.a.b":                         "true",
		"state.s + '!'":                            `"text!"`,
		"state.s startsWith 'te' and not false":    "true",
		"event.sequence % 4":                       "3",
		"event.data.n / 4":                         "0.75",
		"event.correlation == nil":                 "true",
		"{'k': state.n, 'l': [1, state.s]}":        `{"k":0.1,"l":[1,"text"]}`,
		"state.n + state.s":                        "error",
		"1 / 0":                                    "error",
		"state.s < 1":                              "error",
		"previous == nil && item == null ? 1 : 2":  "1",
		"filter(state.list, .q < 1)[0].q":          "0.2",
		"map(state.list, .q + 1)":                  "[2,1.2]",
		"state.a == {'b': [1.0, 2.5, {'c': 'x'}]}": "true",
	} {
		x, err := ParseExpr(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := "error"
		if value, err := x.Value(Scope{State: NewState(state), Event: e}); err == nil {
			got = NewState(value).String()
		}
		if got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

func TestPaths(t *testing.T) {
	for text, want := range map[string]string{
		"a": ".a", ".a.b[0]": ".a.b[0]", "a[1][2].c": ".a[1][2].c", "/a/b": ".a.b", "/a.b/c": "/a.b/c", ".": ".", "[3]": "[3]",
	} {
		if p, err := ParsePath(text); err != nil || p.String() != want {
			t.Errorf("%s is %s, %v, want %s", text, p, err, want)
		}
	}
	for _, text := range []string{".a..b", "a[x]", "a[-1]", "a[1", "..", "a."} {
		if p, err := ParsePath(text); err == nil {
			t.Errorf("%s was read as %s", text, p)
		}
	}
}

// TestCanonical holds the two writers of canonical text equal.
func TestCanonical(t *testing.T) {
	for text, want := range map[string]string{
		`{"b":1.0,"a":[ 1e2 , -0 ],"":{}}`:           `{"":{},"a":[100,0],"b":1}`,
		"{\"\U00010000\":1,\"\uffff\":2,\"a\":3}":    "{\"a\":3,\"\U00010000\":1,\"\uffff\":2}",
		`"\u0041\/\n\u0001\ud83d\ude00"`:             "\"A/\\n\\u0001😀\"",
		`{"b":{"d":1,"c":[{"z":1,"y":2}]},"a":null}`: `{"a":null,"b":{"c":[{"y":2,"z":1}],"d":1}}`,
		`[]`: `[]`, ` true`: `true`, `{"\u0061":1}`: `{"a":1}`,
	} {
		var c canonicalizer
		got, _, err := c.append(nil, []byte(strings.TrimSpace(text)))
		if err != nil || string(got) != want {
			t.Errorf("%s is %s, %v, want %s", text, got, err, want)
		}
		value, err := decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if state := NewState(value).String(); state != want {
			t.Errorf("%s as a value is %s, want %s", text, state, want)
		}
	}
	var c canonicalizer
	for _, text := range []string{`{"b":1,"a":2,"b":3}`, `{"a":1,"a":1}`} {
		if got, _, err := c.append(nil, []byte(text)); !errors.Is(err, errRepeated) {
			t.Errorf("%s is %s, %v", text, got, err)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	f.Add([]byte(`{"b":[1.50,"x\u0001"],"a":{"":-0}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		text = bytes.TrimSpace(text)
		if !json.Valid(text) {
			t.Skip("the text is not JSON")
		}
		var c canonicalizer
		once, _, err := c.append(nil, text)
		if err != nil {
			t.Skip("the text has no canonical form")
		}
		again, n, err := c.append(nil, once)
		if err != nil || n != len(once) || !bytes.Equal(once, again) {
			t.Fatalf("%s, then %s, %v", once, again, err)
		}
	})
}
