package index

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/event"
)

func openLog(t testing.TB, names ...string) *event.Log {
	t.Helper()
	log, err := event.Open(context.Background(), names, event.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// build indexes a log and opens the index.
func build(t testing.TB, log *event.Log) *Index {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log.nxi")
	built, err := Build(context.Background(), log, path)
	if err != nil {
		t.Fatal(err)
	}
	x, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	if diff := gocmp.Diff(*built, x.Stats()); diff != "" {
		t.Errorf("figures differ (-built +opened):\n%s", diff)
	}
	return x
}

func writeFile(t testing.TB, name string, text []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestAgree: index and scan agree on any log of any form of lines.
func TestAgree(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		events := rapid.SliceOfN(drawEvent(), 1, 400).Draw(r, "events")
		cut := rapid.IntRange(1, len(events)).Draw(r, "cut")
		separator := rapid.SampledFrom([]string{"", "\n", "\r\n", "  ", "{}\n", "x\n"}).Draw(r, "between events")
		spaced := rapid.Bool().Draw(r, "spaced")
		names := []string{filepath.Join(folder, "a.ndjson")}
		writeFile(t, names[0], render(events[:cut], separator, spaced))
		if cut < len(events) {
			names = append(names, filepath.Join(folder, "b.ndjson"))
			writeFile(t, names[1], render(events[cut:], separator, spaced))
		}
		log := openLog(t, names...)
		for _, mapped := range []bool{true, false} {
			path := filepath.Join(folder, "log.nxi")
			if _, err := Build(context.Background(), log, path); err != nil {
				r.Fatal(err)
			}
			x, err := open(path, mapped)
			if err != nil {
				r.Fatal(err)
			}
			if fresh, reason := x.Fresh(log); !fresh {
				r.Errorf("a new index is stale: %s", reason)
			}
			agree(t, x, log)
			if err := x.Close(); err != nil {
				r.Error(err)
			}
		}
		if t.Failed() {
			r.FailNow()
		}
	})
}

func drawEvent() *rapid.Generator[*event.Event] {
	ids := rapid.SampledFrom([]string{"a", "b", "order-1", "order-10", "order-2", "é\n\"", strings.Repeat("long", 20)})
	times := rapid.OneOf(
		rapid.Map(rapid.Int64Range(0, 5000), func(ms int64) time.Time { return time.UnixMilli(1_740_823_200_000 + ms).UTC() }),
		rapid.Map(rapid.Int64Range(-62135596800, 253402300799), func(s int64) time.Time { return time.Unix(s, 123_456_789).UTC() }),
		rapid.Just(time.Time{}),
	)
	return rapid.Custom(func(r *rapid.T) *event.Event {
		e := &event.Event{
			ID:       []byte(rapid.StringMatching(`e[0-9]{1,3}`).Draw(r, "id")),
			Type:     rapid.SampledFrom([]string{"A", "B.v2", "C"}).Draw(r, "type"),
			Source:   rapid.SampledFrom([]string{"", "/s", "/t"}).Draw(r, "source"),
			Time:     times.Draw(r, "time"),
			Recorded: times.Draw(r, "recorded"),
			Data:     []byte(rapid.SampledFrom([]string{`null`, `{}`, `{"a":"b c","d":[1,2]}`, `"tab \t"`, `[1]`}).Draw(r, "data")),
		}
		if rapid.Bool().Draw(r, "has stream") {
			e.Stream = []byte(ids.Draw(r, "stream"))
		}
		if rapid.Bool().Draw(r, "has sequence") {
			e.Sequence, e.HasSequence = rapid.Int64Min(0).Draw(r, "sequence"), true
		}
		if rapid.Bool().Draw(r, "has correlation") {
			e.CorrelationID = []byte(ids.Draw(r, "correlation"))
		}
		return e
	})
}

// render writes events with something between them, and white space in them.
func render(events []*event.Event, separator string, spaced bool) []byte {
	var text []byte
	for _, e := range events {
		line := event.AppendNative(nil, e)
		if spaced {
			line = bytes.ReplaceAll(line, []byte(`,"`), []byte(", \t\""))
		}
		text = append(append(text, line...), separator...)
	}
	return text
}

// TestLongStream: postings of one stream and one correlation over many blocks,
// and more than one sample.
func TestLongStream(t *testing.T) {
	var text []byte
	start := time.Date(2025, 3, 1, 10, 0, 0, 0, time.UTC)
	for i := range 2*sampleEvery + 10 {
		e := event.Event{
			ID: fmt.Appendf(nil, "e%d", i), Type: fmt.Sprint("T", i%3), Stream: []byte("one"), CorrelationID: []byte("all"),
			Sequence: int64(i), HasSequence: true, Time: start.Add(time.Duration(i) * time.Second),
		}
		if i == 2*sampleEvery+5 { // early enough to matter to all samples
			e.Time = start.Add(-time.Hour)
		}
		if i%100 == 0 {
			e.Stream = fmt.Appendf(nil, "other-%d", i)
		}
		text = event.AppendNative(text, &e)
	}
	log := openLog(t, writeFile(t, filepath.Join(t.TempDir(), "log.ndjson"), text))
	x := build(t, log)
	agree(t, x, log)
	s, err := x.Stream("one")
	if err != nil || !s.Ordered {
		t.Errorf("the stream is ordered: %t, %v", s.Ordered, err)
	}
}

// TestManyStreams: more streams than between two fences, and directories longer
// than where a search expects its entry.
func TestManyStreams(t *testing.T) {
	var text []byte
	for i := range 12_000 {
		text = event.AppendNative(text, &event.Event{
			ID: fmt.Appendf(nil, "e%d", i), Type: "T", Stream: fmt.Appendf(nil, "s%d", i*i%1009),
			CorrelationID: fmt.Appendf(nil, "c%d", i/3),
		})
	}
	log := openLog(t, writeFile(t, filepath.Join(t.TempDir(), "log.ndjson"), text))
	agree(t, build(t, log), log)
}

// TestOrdered: what counts as an ordered stream.
func TestOrdered(t *testing.T) {
	tests := []struct {
		sequences string
		want      bool
	}{
		{"1", true}, {"0 1 2", true}, {"1 5 9", true}, {"-", false}, {"1 - 2", false}, {"1 1", false}, {"2 1", false},
	}
	for _, test := range tests {
		var text []byte
		for i, field := range strings.Fields(test.sequences) {
			e := event.Event{ID: fmt.Append(nil, i), Type: "T", Stream: []byte("s")}
			if field != "-" {
				e.Sequence, e.HasSequence = int64(field[0]-'0'), true
			}
			text = event.AppendNative(text, &e)
		}
		x := build(t, openLog(t, writeFile(t, filepath.Join(t.TempDir(), "log.ndjson"), text)))
		if s, err := x.Stream("s"); err != nil || s.Ordered != test.want {
			t.Errorf("%s: ordered is %t, %v", test.sequences, s.Ordered, err)
		}
	}
}

// TestFormats: every format that is read can be indexed and read again.
func TestFormats(t *testing.T) {
	archives, err := filepath.Glob("../testdata/formats/*.txtar")
	if err != nil || len(archives) < len(event.Formats()) {
		t.Fatalf("%d archives: %v", len(archives), err)
	}
	seen := map[string]bool{}
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			folder := t.TempDir()
			var o event.Options
			for _, file := range archive.Files {
				switch {
				case strings.HasPrefix(file.Name, "log/"):
					writeFile(t, filepath.Join(folder, file.Name), file.Data)
				case file.Name == "map":
					o.Map = map[string]string{}
					for line := range strings.Lines(string(file.Data)) {
						attribute, place, _ := strings.Cut(strings.TrimSpace(line), "=")
						o.Map[attribute] = place
					}
				}
			}
			log, err := event.Open(context.Background(), []string{filepath.Join(folder, "log")}, o)
			if err != nil {
				return // TestFormats of package event says why
			}
			seen[log.Mapping().Format] = true
			agree(t, build(t, log), log)
		})
	}
	for _, f := range event.Formats() {
		if !seen[f.Name] {
			t.Errorf("no archive of %s was indexed", f.Name)
		}
	}
}
