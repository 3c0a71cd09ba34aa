package event

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// read lists what a log on standard input yields: ids, and faults by line.
func read(t *testing.T, in io.Reader) []string {
	t.Helper()
	log, err := Open(context.Background(), []string{"-"}, Options{Stdin: in})
	if err != nil {
		return []string{"open: " + err.Error()}
	}
	return list(log)
}

func list(log *Log) []string {
	var got []string
	for e, err := range log.Events(context.Background()) {
		if broken, ok := errors.AsType[*RecordError](err); ok {
			got = append(got, fmt.Sprintf("%d@%d: %s", broken.Line, broken.Offset, broken.Message))
		} else if err != nil {
			got = append(got, "error: "+err.Error())
		} else {
			got = append(got, fmt.Sprintf("%s %d@%d", e.ID, e.Line, e.Offset))
		}
	}
	return got
}

func cloudEvent(id string) string {
	return `{"specversion":"1.0","id":"` + id + `","source":"/o","type":"T","subject":"s"}`
}

var three = cloudEvent("1") + "\n" + cloudEvent("2") + "\n" + cloudEvent("3") + "\n"

func TestTextForms(t *testing.T) {
	one, two := cloudEvent("1"), cloudEvent("2")
	n := len(one)
	tests := []struct {
		name, text string
		want       []string
	}{
		{"byte order mark", "\ufeff" + one + "\n" + two, []string{"1 1@3", fmt.Sprintf("2 2@%d", n+4)}},
		{"CRLF", one + "\r\n" + two + "\r\n", []string{"1 1@0", fmt.Sprintf("2 2@%d", n+2)}},
		{"blank lines", "\n \n" + one + "\n\n\n" + two + "\n\n", []string{"1 3@3", fmt.Sprintf("2 6@%d", n+6)}},
		{"indented", "  " + one + "\n\t" + two, []string{"1 1@2", fmt.Sprintf("2 2@%d", n+4)}},
		{"cut last line", one + "\n" + two[:20], []string{"1 1@0", fmt.Sprintf("2@%d: the record is cut off", n+21)}},
		{"no separator", one + two, []string{"1 1@0", fmt.Sprintf("2 1@%d", n)}},
		{"some lines hold two", one + "\n" + two + one + "\n", []string{"1 1@0", fmt.Sprintf("2 2@%d", n+1), fmt.Sprintf("1 2@%d", 2*n+1)}},
		{"array", "[" + one + "," + two + "]", []string{"1 1@1", fmt.Sprintf("2 1@%d", n+2)}},
		{"array over lines", "[\n" + one + " ,\n" + two + "\n]\n", []string{"1 2@2", fmt.Sprintf("2 3@%d", n+5)}},
		{"arrays", "[" + one + "]\n[" + two + "]", []string{"1 1@1", fmt.Sprintf("2 2@%d", n+4)}},
		{"cut array", "[" + one + ",\n" + two + "\n", []string{"1 1@1", fmt.Sprintf("2 2@%d", n+3), fmt.Sprintf("3@%d: the array is cut off: its closing bracket is missing", 2*n+4)}},
		{"array without comma", "[" + one + two + "]", []string{"1 1@1", fmt.Sprintf("1@%d: a comma or the end of the object or array was expected", n+1), fmt.Sprintf("2 1@%d", n+1)}},
		{"pretty-printed", strings.ReplaceAll(one, ",", ",\n") + "\n" + strings.ReplaceAll(two, ",", ",\n"), []string{"1 1@0", fmt.Sprintf("2 6@%d", n+5)}},
		{"pretty-printed and broken", strings.ReplaceAll(one, ",", ",\n") + "\n{\"a\":\n x}\n" + two, []string{"1 1@0", fmt.Sprintf("7@%d: a JSON value was expected", n+12), fmt.Sprintf("2 8@%d", n+15)}},
		{"invalid UTF-8", one + "\n" + strings.Replace(two, "/o", "/\xff", 1) + "\n", []string{"1 1@0", fmt.Sprintf("2@%d: invalid UTF-8", n+41)}},
		{"nothing", " \n\n", []string{"open: reading the log -: it holds no record"}},
		{"nothing right", "x\ny\n", []string{"open: reading the log: no record can be read: a JSON value was expected"}},
		{"foreign", "PAR1....", []string{"open: reading standard input: it is Parquet, which nexus does not read: export it as JSON, one record a line"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, read(t, strings.NewReader(test.text))); diff != "" {
				t.Errorf("events differ (-want +got):\n%s", diff)
			}
			slow := iotest.OneByteReader(iotest.DataErrReader(strings.NewReader(test.text)))
			if diff := cmp.Diff(test.want, read(t, slow)); diff != "" {
				t.Errorf("byte by byte events differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLongLines(t *testing.T) {
	long := strings.Replace(cloudEvent("long"), `"s"`, `"s","data":"`+strings.Repeat("ten bytes.", 1<<20)+`"`, 1)
	text := cloudEvent("1") + "\n" + long + "\n" + cloudEvent("2")
	want := []string{
		"1 1@0",
		fmt.Sprintf("long 2@%d", len(cloudEvent("1"))+1),
		fmt.Sprintf("2 3@%d", len(text)-len(cloudEvent("2"))),
	}
	if diff := cmp.Diff(want, read(t, strings.NewReader(text))); diff != "" {
		t.Errorf("events differ (-want +got):\n%s", diff)
	}
}

// TestTooLongRecord: what is larger than a record may be costs one fault.
func TestTooLongRecord(t *testing.T) {
	huge := io.LimitReader(endless{}, maxRecord+1<<20)
	f := newFramer("log", io.MultiReader(strings.NewReader("{}\n"), huge, strings.NewReader("\n{}")), nil)
	var got []string
	for {
		here, err := f.next()
		if errors.Is(err, io.EOF) {
			break
		}
		got = append(got, fmt.Sprintf("%s %d %v", here.text, here.line, err))
	}
	want := []string{"{}\n 1 <nil>", " 0 log:2: a record larger than 64 MiB (at byte 3)", "{} 3 <nil>"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records differ (-want +got):\n%s", diff)
	}
}

// endless is a reader of one letter.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestCompression(t *testing.T) {
	var zipped, zstandard bytes.Buffer
	z := gzip.NewWriter(&zipped)
	s, err := zstd.NewWriter(&zstandard)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []io.WriteCloser{z, s} {
		if _, err := io.WriteString(w, three); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	bzipped, err := os.ReadFile("testdata/three.bz2")
	if err != nil {
		t.Fatal(err)
	}
	want := read(t, strings.NewReader(three))
	twice := append(bytes.Clone(zipped.Bytes()), zipped.Bytes()...)
	for name, text := range map[string][]byte{"gzip": zipped.Bytes(), "zstd": zstandard.Bytes(), "bzip2": bzipped} {
		if diff := cmp.Diff(want, read(t, bytes.NewReader(text))); diff != "" {
			t.Errorf("%s: events differ (-want +got):\n%s", name, diff)
		}
	}
	if got := read(t, bytes.NewReader(twice)); len(got) != 6 {
		t.Errorf("two gzip members: %v", got)
	}
	got := read(t, bytes.NewReader(zipped.Bytes()[:zipped.Len()-9]))
	if n := len(got); n == 0 || !strings.Contains(got[n-1], "of its decompressed text: unexpected EOF") {
		t.Errorf("a gzip file that is cut in the middle: %v", got)
	}
}

func TestInputs(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"logs/b.ndjson": cloudEvent("b"), "logs/a/1": cloudEvent("a"), "logs/.hidden": "x", "logs/_SUCCESS": "",
		"logs/README.md": "# no log", "logs/c.json": "[" + cloudEvent("c") + "]", "empty/README.md": "",
		"export/manifest-summary.json": "{}", "export/manifest-files.json": `{"itemCount":1,"dataFileS3Key":"x/data/gone.json.gz"}`,
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		names []string
		want  []string
	}{
		{[]string{"logs"}, []string{"a 1@0", "b 1@0", "c 1@1"}},
		{[]string{"logs/[a-c].*"}, []string{"b 1@0", "c 1@1"}},
		{[]string{"logs/c.json", "logs/b.ndjson"}, []string{"c 1@1", "b 1@0"}},
		{[]string{"logs/*.gz"}, []string{"open: reading the log logs/*.gz: no file matches"}},
		{[]string{"empty"}, []string{"open: reading the log empty: the folder holds no log"}},
		{[]string{"gone"}, []string{"open: reading the log: stat gone: no such file or directory"}},
		{[]string{"-", "logs"}, []string{`open: reading a log: "-" cannot be read together with files`}},
		{[]string{"-"}, []string{"open: reading a log: standard input was read already, or there is none"}},
		{nil, []string{"open: reading a log: no file is named"}},
		{[]string{"export"}, []string{"open: reading the log export: export/manifest-files.json:1: the data file gone.json.gz is missing: copy the export again, with its folder data"}},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.names), func(t *testing.T) {
			log, err := Open(context.Background(), test.names, Options{})
			got := []string{fmt.Sprint("open: ", err)}
			if err == nil {
				got = list(log)
			}
			for i := range got {
				got[i] = strings.ReplaceAll(got[i], `\`, "/")
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("events differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	tests := []struct {
		name string
		o    Options
		want string
	}{
		{"unknown format", Options{Format: "csv"}, `no log format is called "csv": choose from cloudevents, `},
		{"unknown attribute", Options{Map: map[string]string{"aggregate": ".a"}}, `an event has no attribute "aggregate": choose from id, type, `},
		{"bad path", Options{Map: map[string]string{"stream": "a.b"}}, `mapping stream: path "a.b": it must start with a dot`},
		{"no such type", Options{Map: map[string]string{"type": ".a"}}, `no record has the type of an event at .a: `},
		{"wrong format", Options{Format: "marten"}, ``},
	}
	for _, test := range tests {
		test.o.Stdin = strings.NewReader(three)
		_, err := Open(context.Background(), []string{"-"}, test.o)
		if test.want == "" {
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
	log, err := Open(context.Background(), []string{"-"}, Options{
		Stdin: strings.NewReader(three), Map: map[string]string{"stream": ".id"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range log.Events(context.Background()) {
		if err != nil || string(e.Stream) != string(e.ID) {
			t.Errorf("mapped stream %q of event %q: %v", e.Stream, e.ID, err)
		}
	}
}

func TestEventsEnd(t *testing.T) {
	name := writeLog(t, "log", []byte(strings.Repeat(three, 1000)))
	log, err := Open(context.Background(), []string{name, name}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for range log.Events(context.Background()) {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d events after a break at 2", n)
	}
	if n = len(list(log)); n != 6000 {
		t.Errorf("a second reading has %d events, want 6000", n)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n = 0
	for _, err := range log.Events(ctx) {
		if n++; n == 10 {
			cancel()
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	if n < 10 || n > 1100 {
		t.Errorf("%d events after a cancellation at 10", n)
	}
}

// TestConstantMemory: events are not kept, neither are their texts.
func TestConstantMemory(t *testing.T) {
	name := writeLog(t, "log", syntheticLog(20_000, true))
	log, err := Open(context.Background(), []string{name}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	allocations := testing.AllocsPerRun(1, func() {
		for _, err := range log.Events(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
		}
	})
	if allocations > 500 {
		t.Errorf("%.0f allocations for 20,000 events", allocations)
	}
}
