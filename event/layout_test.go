package event

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawRecord draws a CloudEvent whose shape and values are often, not always, alike.
func drawRecord(t *rapid.T) string {
	scalar := rapid.SampledFrom([]string{`1`, `-0.5e3`, `"x"`, `"a\nb"`, `"é"`, `true`, `null`, `""`, `12345678901234567890`})
	broken := rapid.SampledFrom([]string{`01`, `"a` + "\x01" + `"`, `tru`, `"\x"`, `{`, `"` + "\xff" + `"`})
	value := func(name string) string {
		if rapid.IntRange(0, 40).Draw(t, name+"?") == 0 {
			return broken.Draw(t, name)
		}
		return scalar.Draw(t, name)
	}
	pick := func(name string, texts ...string) string { return rapid.SampledFrom(texts).Draw(t, name) }
	data := pick("data", `{"a":%s,"b":{"c":%s}}`, `{"a": %s,"l":[%s,{}]}`, `[%s,%s]`, `{"a":%s,"a":%s}`, `{"":{},"a":[],"x":%s,"b":%s}`)
	members := []string{
		`"specversion":"1.0"`,
		`"id":"` + pick("id", "1", "22", `3\u0041`) + `"`,
		`"source":"` + pick("source", "/a", "/b") + `"`,
		`"type":"` + pick("type", "T", "U") + `"`,
		`"subject":` + value("subject"),
		pick("version", `"dataschema":"nexus://a/2"`, `"schemaversion":"3"`, `"schemaversion":null,"dataschema":"x/v4"`, `"x":{}`),
		pick("payload", `"data":`+fmt.Sprintf(data, value("one"), value("two")), `"data":`+value("data"), `"data_base64":"eyJhIjoxfQ=="`, `"metadata":{"m":`+value("m")+`}`),
	}
	if rapid.Bool().Draw(t, "swap") {
		members[1], members[5] = members[5], members[1]
	}
	return "{" + strings.Join(members, pick("comma", ",", ", ")) + "}"
}

// TestLayoutsReadWhatTheSkimmerReads holds the short way equal to the long one,
// on logs whose records repeat shapes.
func TestLayoutsReadWhatTheSkimmerReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.Custom(drawRecord), 1, 40).Draw(t, "lines")
		text := []byte(strings.Join(lines, "\n") + "\n")
		long := decodeLines(text, false)
		short := decodeLines(text, true)
		if diff := cmp.Diff(long, short); diff != "" {
			t.Fatalf("(-skimmer +layouts):\n%s", diff)
		}
	})
}

// decodeLines decodes each line, with layouts or anew.
func decodeLines(text []byte, layouts bool) []string {
	fields, err := NewFields(".a", ".b.c", ".b", ".l[1]", ".", ".x")
	if err != nil {
		panic(err)
	}
	var seen []string
	newOne := func() *decoder {
		d := newDecoder(&cloudEvents, compiled{native: true})
		d.emit = func(e *Event) bool {
			values := make([][]byte, len(fields.paths))
			fields.Read(e, values)
			var extensions bytes.Buffer
			for name, value := range e.Extensions() {
				fmt.Fprintf(&extensions, "%s=%s ", name, value)
			}
			seen = append(seen, fmt.Sprintf("%s|%s|%s|%s|%s|%s|%s|%t|%q|%s",
				e.ID, e.Type, e.Source, e.Stream, e.SchemaVersion, e.Data, e.Metadata, e.Base64, values, &extensions))
			return true
		}
		return d
	}
	d := newOne()
	for line := range bytes.Lines(text) {
		if !layouts {
			d = newOne()
		}
		if at, err := d.decode(line); err != nil {
			seen = append(seen, fmt.Sprintf("error at %d: %v", at, err))
		}
	}
	return seen
}

func TestLayoutsGiveUpWhatVaries(t *testing.T) {
	var text bytes.Buffer
	for i := range 200 {
		fmt.Fprintf(&text, `{"specversion":"1.0","id":"%d","source":"/device/%d","type":"T","data":{"n":%d}}`+"\n", i, i, i)
	}
	log, err := Open(context.Background(), []string{writeLog(t, "log.ndjson", text.Bytes())}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	n, known := 0, 0
	for e, err := range log.Events(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("/device/%d", n); e.Source != want {
			t.Errorf("source %s, want %s", e.Source, want)
		}
		if e.layout != nil {
			known++
		}
		n++
	}
	if known < 150 {
		t.Errorf("%d of %d records had a known layout", known, n)
	}
}

func TestKeysOfDataOccurOnce(t *testing.T) {
	text := []byte(`{"specversion":"1.0","id":"1","type":"T","data":{"a":{"b":1}}}
{"specversion":"1.0","id":"2","type":"T","data":{"a":[{"b":1,"\u0062":2}]}}
{"specversion":"1.0","id":"3","type":"T","data":{"a":1,"a":1}}
{"specversion":"1.0","id":"4","type":"T","data":{"a":{"b":2}}}
`)
	want := []string{"1", "error", "error", "4"}
	var got []string
	for _, line := range decodeLines(text, true) {
		name, _, _ := strings.Cut(line, "|")
		if strings.HasPrefix(name, "error") {
			if !strings.Contains(name, errDuplicate.Error()) {
				t.Errorf("%s", name)
			}
			name = "error"
		}
		got = append(got, name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
