package cost

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/event"
)

// TestTraffic shows what catalogs and logs come to. Each archive holds a catalog,
// perhaps a log, and what is expected of them; NEXUS_UPDATE writes the last.
func TestTraffic(t *testing.T) {
	names, err := filepath.Glob("testdata/traffic/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no fixtures", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			name, err := filepath.Abs(name) // the test goes elsewhere
			if err != nil {
				t.Fatal(err)
			}
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got, want := trafficOf(t, archive), ""
			for i, f := range archive.Files {
				if f.Name == "want" {
					want, archive.Files[i].Data = string(f.Data), []byte(got)
				}
			}
			if os.Getenv("NEXUS_UPDATE") != "" {
				if err := os.WriteFile(name, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func trafficOf(t *testing.T, archive *txtar.Archive) string {
	t.Helper()
	files := fstest.MapFS{}
	var log []byte
	for _, f := range archive.Files {
		if f.Name == "log.ndjson" {
			log = f.Data
		}
		files[f.Name] = &fstest.MapFile{Data: f.Data, Mode: 0o600}
	}
	c, err := catalog.Load(context.Background(), []string{"catalog.yaml"}, catalog.Options{FS: files})
	if err != nil {
		t.Fatal(err)
	}
	if log == nil {
		return describeWorkload(FromCatalog(c, TrafficOptions{}))
	}
	w, err := FromLog(context.Background(), openText(t, log), c, TrafficOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(describeWorkload(w))
	findings, checks := w.Drift(c)
	fmt.Fprintf(&b, "%d drift checks\n", len(checks))
	for _, f := range findings {
		fmt.Fprintf(&b, "%s:%d: %s: %s\n", f.Location.File, f.Location.Line, f.Rule, f.Message)
	}
	return b.String()
}

// openText opens text as a log in a file called log.ndjson.
func openText(t testing.TB, text []byte) *event.Log {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("log.ndjson", text, 0o600); err != nil {
		t.Fatal(err)
	}
	return openFile(t, "log.ndjson")
}

func openFile(t testing.TB, name string) *event.Log {
	t.Helper()
	log, err := event.Open(context.Background(), []string{name}, event.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func describeWorkload(w *Workload) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", w.Basis)
	if w.Basis == ObservedTraffic {
		fmt.Fprintf(&b, ", %d events, %d without time, %d faults, %.4f days", w.Events, w.Untimed, w.Faults, w.Days)
	}
	b.WriteString("\n")
	for _, t := range w.Types {
		fmt.Fprintf(&b, "%s: %.6g/s, sizes", t.Type, t.Rate)
		for _, s := range t.Sizes {
			fmt.Fprintf(&b, " %dx%.3g", s.Bytes, s.Share)
		}
		fmt.Fprintf(&b, ", peak %.6g/s %.6g B/s", t.Peak.Records, t.Peak.Bytes)
		if t.Peak.Assumed != "" {
			fmt.Fprintf(&b, " (%s)", t.Peak.Assumed)
		}
		fmt.Fprintf(&b, "\n  owners %v, domain %q, to %v, ordering %s, latency %s, criticality %q, declared %q", t.Owners, t.Domain, t.Consumers, t.Ordering, t.MaxLatency, t.Criticality, t.Declared)
		for _, path := range slices.Sorted(maps.Keys(t.Recorded)) {
			fmt.Fprintf(&b, ", %s %.3g", path, t.Recorded[path])
		}
		b.WriteString("\n")
	}
	for _, m := range w.Missing {
		fmt.Fprintf(&b, "missing: %s:%d: %s: %s: %s\n", m.Place.File, m.Place.Line, m.Type, m.What, m.Text)
	}
	for _, note := range w.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	return b.String()
}

func TestFromLogStopsWithItsContext(t *testing.T) {
	log := openText(t, []byte(`{"specversion":"1.0","id":"1","source":"/s","type":"T","time":"2026-01-05T12:00:00Z"}`+"\n"))
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := FromLog(ctx, log, nil, TrafficOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("FromLog of a stopped context: %v", err)
	}
}

// TestTooManyPathsAreNoPaths keeps what is no path from filling the memory.
func TestTooManyPathsAreNoPaths(t *testing.T) {
	var text []byte
	for n := range 2 * maxPaths {
		text = fmt.Appendf(text, `{"specversion":"1.0","id":"1","source":"/s","type":"T","time":"2026-01-05T12:00:00Z","routepath":"p%d"}`+"\n", n)
	}
	w, err := FromLog(context.Background(), openText(t, text), nil, TrafficOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if w.Types[0].Recorded != nil || !strings.Contains(w.Notes[0], "recorded paths") {
		t.Errorf("recorded %v, notes %q", w.Types[0].Recorded, w.Notes)
	}
}

func TestStrays(t *testing.T) {
	for _, test := range []struct {
		name   string
		events map[int64]int64
		kept   span
		strays int64
	}{
		{"none", map[int64]int64{100: 500, 101: 500}, daysSpan(100, 101), 0},
		{"a clock of 1970", map[int64]int64{0: 1, 20000: 5000, 20001: 5000}, daysSpan(20000, 20001), 1},
		{"a clock of 1970 and one of 2200", map[int64]int64{0: 2, 20000: 5000, 84000: 3}, daysSpan(20000, 20000), 5},
		{"too many for strays", map[int64]int64{0: 6, 20000: 5000}, daysSpan(0, 20000), 0},
		{"a short log that starts slowly", map[int64]int64{100: 1, 102: 50000}, daysSpan(100, 102), 0},
		{"a quiet month", map[int64]int64{100: 1, 130: 50000}, daysSpan(100, 130), 0},
		{"a gap shorter than the rest", map[int64]int64{0: 1, 40: 5000, 90: 5000}, daysSpan(0, 90), 0},
	} {
		kept, strays := withoutStrays(test.events)
		if kept != test.kept || strays != test.strays {
			t.Errorf("%s: kept %v and %d strays, want %v and %d", test.name, kept, strays, test.kept, test.strays)
		}
	}
}

func daysSpan(first, last int64) span { return span{first * daySeconds, (last+1)*daySeconds - 1} }

// A log of two times with nothing between has no rate.
func TestNoRateOverAHole(t *testing.T) {
	var text []byte
	for n := range 60 {
		for _, day := range []string{"1970-01-01", "2026-03-01"} {
			text = fmt.Appendf(text, `{"specversion":"1.0","id":"%s %d","source":"/s","type":"T","time":"%sT12:00:%02dZ"}`+"\n", day, n, day, n)
		}
	}
	w, err := FromLog(context.Background(), openText(t, text), nil, TrafficOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Missing{{Type: "T", What: "rate", Text: "nothing happened between 1970-01-02 and 2026-02-28, which is longer than all the rest of the log: a rate over both of its parts is that of neither; estimate one of them alone"}}
	if diff := cmp.Diff(want, w.Missing); diff != "" || len(w.Types) > 0 {
		t.Errorf("%d types: %s", len(w.Types), diff)
	}
}
