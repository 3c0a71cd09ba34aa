package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/event"
)

const pageLog = `{"specversion":"1.0","id":"e1","source":"/s","type":"shop.OrderPlaced.v1","subject":"order-1","sequence":"1","time":"2025-01-01T00:00:01Z","correlationid":"c1","data":{"customer":{"name":"Ada"},"amount":0.10,"item":{"sku":"a"}}}
{"specversion":"1.0","id":"e2","source":"/s","type":"CustomerChanged","subject":"order-1","sequence":"2","time":"2025-01-01T00:00:02.5Z","correlationid":"c1","causationid":"e1","data":{"customer":{"city":"Köln"}}}
{"specversion":"1.0","id":"e3","source":"/s","type":"OrderPlaced","subject":"order-1","sequence":"3","time":"2025-01-01T00:00:03Z","correlationid":"c2","causationid":"e9","data":{"amount":1}}
{"specversion":"1.0","id":"e4","source":"/s","type":"OrderCancelled","subject":"order-1","sequence":"4","time":"2025-01-01T00:00:04Z","correlationid":"c1","causationid":"e2","data":{}}
`

func writePage(t testing.TB, p Page) string {
	t.Helper()
	var out bytes.Buffer
	if err := p.WriteHTML(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// hidden stands for every value.
func hidden(_ Path, value any) any {
	switch v := value.(type) {
	case map[string]any:
		object := map[string]any{}
		for key, member := range v {
			object[key] = hidden(nil, member)
		}
		return object
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = hidden(nil, v[i])
		}
		return list
	}
	return "redacted"
}

// styleAndScript are compared by eye, not by a golden file.
var styleAndScript = regexp.MustCompile(`(?s)<style>.*</style>|<script>.*</script>|sha256-[^"]+`)

// TestPageGolden compares a page, without its style and its script, with
// testdata/page.html; NEXUS_UPDATE=1 writes the file.
func TestPageGolden(t *testing.T) {
	p := Page{
		Streams: []PageStream{{loadOne(t, pageLog), compileReducer(t, shop)}}, Correlation: "c1", Notes: []string{"nexus 1.2.3"},
	}
	text := writePage(t, p)
	if text != writePage(t, p) {
		t.Error("the same page has other bytes")
	}
	got := styleAndScript.ReplaceAllString(text, "...")
	dir := regexp.MustCompile(`[^ "(]*/log[^ "]*\.ndjson`)
	got = dir.ReplaceAllString(got, "log.ndjson")
	file := filepath.Join("testdata", "page.html")
	if os.Getenv("NEXUS_UPDATE") == "1" {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", file, diff)
	}
}

// TestPageNeedsNothingElse: nothing is fetched, and the policy names the one script there is.
func TestPageNeedsNothingElse(t *testing.T) {
	text := writePage(t, Page{Streams: []PageStream{{loadOne(t, pageLog), compileReducer(t, shop)}}})
	for _, fetched := range []string{"http:", "https:", " src=", "<link", "@import", "url(", "ZgotmplZ"} {
		if strings.Contains(text, fetched) {
			t.Errorf("the page holds %q", fetched)
		}
	}
	if n := strings.Count(text, "<script"); n != 2 {
		t.Errorf("%d scripts, want the data and the program", n)
	}
	if !strings.Contains(text, "<script>"+pageScript+"</script>") {
		t.Error("the script is not the one whose hash the policy holds")
	}
}

// TestPageEscapes: what a log holds is never markup, and never ends the script.
func TestPageEscapes(t *testing.T) {
	hostile := []string{
		`</script><script>alert(1)</script>`, `<!--<script>`, `"><img src=x onerror=alert(1)>`, "{{.Title}}", "\u2028\u2029", `javascript:alert(1)`, `__proto__`,
	}
	for _, text := range hostile {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		q := string(quoted)
		log := `{"specversion":"1.0","id":` + q + `,"source":"/s","type":` + q + `,"subject":` + q + `,"sequence":"1","correlationid":` + q + `,"causationid":` + q + `,"data":{` + q + `:` + q + `}}`
		s := loadOne(t, log+"\n")
		page := writePage(t, Page{Streams: []PageStream{{s, MergeReducer(nil)}}, Correlation: text, Notes: []string{text}})
		body := strings.Replace(page, "<script>"+pageScript+"</script>", "", 1)
		if strings.Count(strings.ToLower(body), "<script") != 1 || strings.Count(body, "</script") != 1 || strings.Contains(body, "<img") || strings.Contains(body, "<!--") {
			t.Errorf("%q became markup", text)
		}
		_, after, _ := strings.Cut(body, `id="data">`)
		data, _, _ := strings.Cut(after, "</script>")
		if strings.ContainsAny(data, "<>&\u2028\u2029") {
			t.Errorf("%q stands in the script as it is", text)
		}
		var back struct {
			Steps []struct{ State map[string]string }
		}
		if err := json.Unmarshal([]byte(data), &back); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got := back.Steps[0].State[text]; got != "'"+text {
			t.Errorf("the value is %q, want %q", got, "'"+text)
		}
	}
}

// TestPageRedacts: with a Redactor no recorded value is anywhere on the page,
// not even in what a failed operation says.
func TestPageRedacts(t *testing.T) {
	config := strings.Replace(shop, "      Reset:", "      Delayed: [{set: delay, expr: \"duration(event.data.by)\"}]\n      Reset:", 1)
	log := pageLog + `{"specversion":"1.0","id":"e5","source":"/s","type":"Delayed","subject":"order-1","sequence":"5","data":{"by":"secret delay"}}` + "\n"
	p := Page{Streams: []PageStream{{loadOne(t, log), compileReducer(t, config)}}}
	open := writePage(t, p)
	p.Redact = hidden
	redacted := writePage(t, p)
	const unread = "secret delay" // no error repeats what could not be read
	for _, value := range []string{"Ada", "Köln", "placed", "#0.1\"", unread} {
		if strings.Contains(open, value) == (value == unread) {
			t.Errorf("the open page holds %q: %v", value, value == unread)
		}
		if strings.Contains(redacted, value) {
			t.Errorf("the redacted page holds %q", value)
		}
	}
	for _, kept := range []string{"customer", "redacted", "OrderPlaced[2] add .total", "Values of recorded events are redacted"} {
		if !strings.Contains(redacted, kept) {
			t.Errorf("the redacted page lacks %q", kept)
		}
	}
}

// TestPageBreaks: an invariant is told where it begins to be broken, and where it cannot be judged.
func TestPageBreaks(t *testing.T) {
	r := compileReducer(t, `{reducers: {till: {init: {sum: 0}, on: {Taken: [{add: sum, by: .n}], Wiped: [{set: sum, value: none}]},
		invariants: [{name: in-credit, expr: "state.sum >= 0"}]}}}`)
	var log strings.Builder
	for i, e := range []string{`Taken 1`, `Taken -2`, `Taken -1`, `Taken 5`, `Taken -9`, `Wiped 0`} {
		kind, n, _ := strings.Cut(e, " ")
		fmt.Fprintf(&log, `{"specversion":"1.0","id":"e%d","source":"/s","type":"%s","subject":"till","sequence":"%d","data":{"n":%s}}`+"\n", i, kind, i, n)
	}
	p := Page{Streams: []PageStream{{loadOne(t, log.String()), r}}, Redact: hidden}
	data, err := p.data()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, step := range data.Steps {
		got = append(got, strings.Join(step.Problems, "; "))
	}
	const breaks = "breaks in-credit: state.sum >= 0"
	if diff := cmp.Diff([]string{"", breaks, "", "", breaks, "an invariant could not be evaluated"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPageErrors: no event, a point that is not there, and more than the page may hold.
func TestPageErrors(t *testing.T) {
	p := Page{Streams: []PageStream{{loadOne(t, pageLog), compileReducer(t, shop)}}, Correlation: "c9"}
	want := "writing the page of correlation c9: no event is left to show: choose a later point, or another stream or correlation id"
	if err := p.WriteHTML(&bytes.Buffer{}); err == nil || err.Error() != want {
		t.Errorf("no event: %v", err)
	}
	p.Correlation, p.Most = "", 200
	if err := p.WriteHTML(&bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "stream order-1 has 4 events, and the states up to 2 already take more than 0 MiB: make the page of a correlation id") {
		t.Errorf("too large: %v", err)
	}
	p.Correlation = "c1"
	if err := p.WriteHTML(&bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "follow it with nexus replay trace") {
		t.Errorf("too large for a correlation: %v", err)
	}
	p.Correlation = ""
	p.Most, p.Options.At = 0, AtID("e99")
	if err := p.WriteHTML(&bytes.Buffer{}); err == nil || err.Error() != `writing the page of order-1: stream order-1 has no event with the id "e99"` {
		t.Errorf("a missing point: %v", err)
	}
}

// TestPageWritersAreBlame: for every value there ever was, the page names the
// events that Blame names.
func TestPageWritersAreBlame(t *testing.T) {
	r := compileReducer(t, `{reducers: {any: {init: {list: [0]}, on: {T: [
		{set: a, value: .a}, {merge: m, value: .a}, {append: list, value: .a, when: "event.data.a != 1"}, {remove: list, where: "item == 'x'"}, {delete: gone}, {set: gone, value: 1}
	]}}}}`)
	value := rapid.SampledFrom([]string{`1`, `"x"`, `null`, `{}`, `{"b":1}`, `{"b":2,"c":{"d":3}}`, `[]`, `[1]`, `[1,{"b":2}]`, `[{"b":1},2]`})
	rapid.Check(t, func(rt *rapid.T) {
		var log strings.Builder
		n := rapid.IntRange(1, 6).Draw(rt, "events")
		for i := range n {
			seq := string(rune('1' + i))
			log.WriteString(`{"specversion":"1.0","id":"e` + seq + `","source":"/s","type":"T","subject":"s","sequence":"` + seq + `","data":{"a":` + value.Draw(rt, "value") + "}}\n")
		}
		s := loadOne(t, log.String())
		data, err := Page{Streams: []PageStream{{s, r}}}.data()
		if err != nil {
			rt.Fatal(err)
		}
		if data.Streams[0].Writers["/a"] == nil {
			rt.Fatal("nobody wrote what the first event sets")
		}
		for pointer, writers := range data.Streams[0].Writers {
			path := pathIn(s, r, pointer)
			if len(path) == 0 {
				continue // the whole is no place that Blame is asked for
			}
			history, err := Blame(r, s, path, Options{})
			if err != nil {
				rt.Fatal(err)
			}
			var want []int
			for _, w := range slices.Backward(history.Writes) {
				want = append(want, slices.Index(s.Events, w.Event))
			}
			if diff := cmp.Diff(want, writers); diff != "" {
				rt.Fatalf("%s (-blame +page):\n%s", pointer, diff)
			}
		}
	})
}

// pathIn is a pointer as the path of a value that the stream had.
func pathIn(s Stream, r *Reducer, pointer string) Path {
	for step, err := range Timeline(r, s, Options{}) {
		if err != nil {
			return nil
		}
		for _, p := range appendPaths(nil, nil, step.After.root) {
			if p.Pointer() == pointer {
				return p
			}
		}
	}
	return nil
}

func TestPageCauses(t *testing.T) {
	for _, test := range []struct {
		name, edges string // effect<cause
		want        string
	}{
		{"a chain", "a b<a c<b", "a .b ..c"},
		{"siblings keep their order", "a b<a c<a d<b", "a .b ..d .c"},
		{"a cause that is not there", "a<x b<a", "a .b"},
		{"a cycle", "a<b b<a c<b", "a .b ..c"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var events []*event.Event
			for i, edge := range strings.Fields(test.edges) {
				id, cause, _ := strings.Cut(edge, "<")
				events = append(events, &event.Event{ID: []byte(id), CausationID: []byte(cause), Sequence: int64(i), HasSequence: true})
			}
			var got []string
			for _, line := range causation(events) {
				got = append(got, strings.Repeat(".", line.Depth)+line.ID)
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
