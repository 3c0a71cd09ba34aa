package replay_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/event/index"
	"github.com/nexus-blueprint/nexus/replay"
)

var update = flag.Bool("update", false, "write examples/shop/log.ndjson anew")

// TestOrderOfLinesDoesNotMatter: the lines of a log in any order have the same
// gaps, late starts and dangling causes.
func TestOrderOfLinesDoesNotMatter(t *testing.T) {
	w := example(t, "shop")
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		text, _ := w.generate(t, replay.GenerateOptions{Events: 150, Seed: seed, Anomalies: []string{"gap", "dangling-causation"}})
		lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
		lines[len(lines)-1] += "\n"
		want := fingerprints(diagnose(t, text, replay.DoctorOptions{}))
		random := rand.New(rand.NewPCG(seed, 1))
		random.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		got := fingerprints(diagnose(t, strings.Join(lines, ""), replay.DoctorOptions{}))
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Errorf("findings (-in order +shuffled):\n%s", diff)
		}
	})
}

func fingerprints(d *replay.Diagnosis) []string {
	var list []string
	for _, f := range d.Findings {
		switch f.Rule {
		case replay.RuleGap, replay.RuleLateStart, replay.RuleDangling:
			list = append(list, f.Fingerprint+" "+f.Message)
		}
	}
	return list
}

func BenchmarkGenerate(b *testing.B) {
	const events = 200_000
	w := example(b, "shop")
	b.ReportAllocs()
	for b.Loop() {
		done, err := replay.Generate(context.Background(), discard{}, w.catalog, replay.GenerateOptions{Events: events, Read: w.read})
		if err != nil || done.Events != events {
			b.Fatal(done, err)
		}
	}
	b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mevents/s")
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// TestTraceByIndex: an index changes how the events are found, not which.
func TestTraceByIndex(t *testing.T) {
	w := example(t, "shop")
	rapid.Check(t, func(rt *rapid.T) {
		text, _ := w.generate(t, replay.GenerateOptions{Events: 80, Seed: rapid.Uint64().Draw(rt, "seed")})
		log := logOf(t, text)
		name := filepath.Join(t.TempDir(), "log.nxi")
		if _, err := index.Build(context.Background(), log, name); err != nil {
			rt.Fatal(err)
		}
		x, err := index.Open(name)
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { _ = x.Close() }()
		r := x.Reader(log)
		defer func() { _ = r.Close() }()
		for _, id := range idsOf(t, log) {
			scanned, err := replay.Trace(context.Background(), log, nil, id)
			if err != nil {
				rt.Fatal(err)
			}
			found, err := replay.Trace(context.Background(), log, r, id)
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(drawn(scanned), drawn(found)); diff != "" {
				rt.Fatalf("%s (-scanned +by index):\n%s", id, diff)
			}
			if scanned.Events != strings.Count(text, `"correlationid":"`+scanned.Correlation+`"`) || scanned.Orphans > 0 {
				rt.Errorf("%s: %+v", id, scanned)
			}
		}
	})
}

// idsOf are some ids of a log: of events and of correlations.
func idsOf(t *testing.T, log *event.Log) []string {
	t.Helper()
	var ids []string
	n := 0
	for e, err := range log.Events(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%20 == 1 {
			ids = append(ids, string(e.ID), string(e.CorrelationID))
		}
	}
	return ids
}

// TestExportIsNative: what Generate wrote comes out as it was.
func TestExportIsNative(t *testing.T) {
	text, _ := example(t, "shop").generate(t, replay.GenerateOptions{Events: 300})
	got, done := exported(t, text, replay.ExportOptions{})
	if diff := cmp.Diff(text, got); diff != "" {
		t.Error(diff)
	}
	if done.Read != 300 || done.Written != 300 {
		t.Errorf("%+v", done)
	}
}

// shopLog is how examples/shop/log.ndjson was made: one payment is captured
// twice, one sequence is left out, and one event has a cause that is nowhere.
var shopLog = replay.GenerateOptions{
	Events: 240, Seed: 4, Start: time.Date(2025, 3, 3, 0, 0, 0, 0, time.UTC), Span: 12 * 24 * time.Hour,
	Anomalies: []string{"repeat:PaymentCaptured", "gap:OrderShipped", "dangling-causation:StockReserved"},
}

// TestShopLog keeps the example's log what Generate makes. After a change of the
// catalog or of Generate, run the test with -update, and look at the log.
func TestShopLog(t *testing.T) {
	const name = "../examples/shop/log.ndjson"
	w := example(t, "shop")
	text, _ := w.generate(t, shopLog)
	if *update {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(written), "\n"), strings.Split(text, "\n")); diff != "" {
		t.Fatalf("%s is another log (-written +generated):\n%s", name, diff)
	}
	d := diagnose(t, text, replay.DoctorOptions{Validate: w.validate})
	want := "log/gap order-1020: sequence 4 is missing\n" +
		"log/dangling-causation order-1005: the cause \"01JNEE3NKVRE4NT9DMYX3PAKVG\" is not in the log\n"
	var got strings.Builder
	for _, f := range d.Findings {
		fmt.Fprintf(&got, "%s %s: %s\n", f.Rule, f.Subject, f.Message)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
