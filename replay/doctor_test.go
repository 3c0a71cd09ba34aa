package replay_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/replay"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// fixture opens the log of a txtar file and returns what it wants.
func fixture(t *testing.T, name string) (*event.Log, string) {
	t.Helper()
	a, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	want := ""
	var names []string
	for _, f := range a.Files {
		if f.Name == "want" {
			want = string(f.Data)
			continue
		}
		if err := os.WriteFile(f.Name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, f.Name)
	}
	log, err := event.Open(context.Background(), names, event.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return log, want
}

// logOf opens a log of one file.
func logOf(t testing.TB, text string) *event.Log {
	t.Helper()
	name := filepath.Join(t.TempDir(), "log.ndjson")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := event.Open(context.Background(), []string{name}, event.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func TestDoctor(t *testing.T) {
	names, err := filepath.Glob("testdata/doctor/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			name, _ := filepath.Abs(name)
			log, want := fixture(t, name)
			d, err := replay.Doctor(context.Background(), log, replay.DoctorOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, described(d)); diff != "" {
				t.Errorf("diagnosis (-want +got):\n%s", diff)
			}
		})
	}
}

// described is a diagnosis as the fixtures write it. The reader's own words about
// a broken record are another package's.
func described(d *replay.Diagnosis) string {
	var b strings.Builder
	for _, v := range d.Rules {
		fmt.Fprintf(&b, "%s %s", v.Result, v.Rule)
		if v.Faults > 0 {
			fmt.Fprintf(&b, " %d", v.Faults)
		}
		b.WriteByte('\n')
	}
	for _, f := range d.Findings {
		message := f.Message
		if f.Rule == replay.RuleUnreadable {
			message = "*"
		}
		fmt.Fprintf(&b, "%s:%d %s %s: %s\n", f.Location.File, f.Location.Line, f.Rule, f.Subject, message)
	}
	return b.String()
}

func line(id, stream string, sequence int, more string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":"%s","source":"/s","type":"A","subject":"%s","sequence":"%d"%s}`+"\n", id, stream, sequence, more)
}

// TestSequencesThatDoNotCount: positions in the whole store leave holes in every
// stream, which is said once and not of every event.
func TestSequencesThatDoNotCount(t *testing.T) {
	var b strings.Builder
	for i := range 200 {
		b.WriteString(line(fmt.Sprint("e", i), fmt.Sprint("s-", i%20), i, ""))
	}
	d := diagnose(t, b.String(), replay.DoctorOptions{})
	if len(d.Findings) != 1 || d.Findings[0].Rule != replay.RuleGap || d.Findings[0].Subject != "log" {
		t.Errorf("findings: %+v", d.Findings)
	}
}

func diagnose(t testing.TB, text string, o replay.DoctorOptions) *replay.Diagnosis {
	t.Helper()
	d, err := replay.Doctor(context.Background(), logOf(t, text), o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestExamplesAreBounded(t *testing.T) {
	var b strings.Builder
	for i := range 10 {
		b.WriteString(line("e", "s-1", i+1, fmt.Sprintf(`,"data":{"n":%d}`, i)))
	}
	d := diagnose(t, b.String(), replay.DoctorOptions{Examples: 2})
	if len(d.Findings) != 2 || !strings.HasSuffix(d.Findings[1].Message, "(and 7 more here)") {
		t.Errorf("findings: %+v", d.Findings)
	}
}

func TestBoundOfIDs(t *testing.T) {
	text := line("e1", "s-1", 1, "") + line("e2", "s-1", 2, `,"causationid":"e3"`) + line("e3", "s-1", 3, "") + line("e3", "s-1", 3, "")
	d := diagnose(t, text, replay.DoctorOptions{MaxIDs: 2})
	for _, v := range d.Rules {
		if undecided := v.Result == report.Undecided; undecided != (v.Rule == replay.RuleDuplicate || v.Rule == replay.RuleDangling) {
			t.Errorf("%s is %s", v.Rule, v.Result)
		}
	}
	if len(d.Notes) != 1 {
		t.Errorf("notes: %q", d.Notes)
	}
}

// TestInvalidTellsNoValues: the reasons of a validator may quote personal data.
func TestInvalidTellsNoValues(t *testing.T) {
	text := line("e1", "s-1", 1, `,"data":{"lines":[1,2]}`) + line("e2", "s-1", 2, `,"data":{}`)
	d := diagnose(t, text, replay.DoctorOptions{Validate: func(e *event.Event) ([]schema.Reason, bool) {
		if string(e.ID) == "e2" {
			return nil, true
		}
		return []schema.Reason{
			{Pointer: "/lines/0", Keyword: "type", Message: "secret"}, {Pointer: "/lines/1", Keyword: "type", Message: "secret"},
		}, true
	}})
	if len(d.Findings) != 1 || d.Findings[0].Message != `1 of 2 events break "type" at /lines/*` || d.Findings[0].Subject != "A" {
		t.Errorf("findings: %+v", d.Findings)
	}
}

func TestCutFileIsAProblem(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log.ndjson.gz")
	if err := os.WriteFile(name, compressed(t, steadyLog(3000))[:20_000], 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := event.Open(context.Background(), []string{name}, event.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := replay.Doctor(context.Background(), log, replay.DoctorOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Problems) != 1 || d.Events == 0 {
		t.Errorf("%d events, problems: %+v", d.Events, d.Problems)
	}
}

func TestRulesAreDocumented(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range replay.Rules() {
		if seen[r.ID] || !strings.HasPrefix(r.ID, "log/") || r.Title == "" || r.Why == "" || r.Fix == "" || r.Severity == "" {
			t.Errorf("rule %+v", r)
		}
		seen[r.ID] = true
	}
	for _, v := range diagnose(t, line("e", "s", 1, ""), replay.DoctorOptions{}).Rules {
		if !seen[v.Rule] {
			t.Errorf("%s is not documented", v.Rule)
		}
	}
}

func BenchmarkDoctor(b *testing.B) {
	const events = 500_000
	log := logOf(b, steadyLog(events))
	b.ReportAllocs()
	for b.Loop() {
		d, err := replay.Doctor(context.Background(), log, replay.DoctorOptions{})
		if err != nil || d.Events != events || len(d.Findings) > 0 {
			b.Fatal(err, d.Events, d.Findings)
		}
	}
	b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mevents/s")
}

// steadyLog is a native log of lines of about 415 bytes over many streams.
func steadyLog(events int) string {
	var b bytes.Buffer
	for i := range events {
		stream, sequence := i%20000, i/20000+1
		fmt.Fprintf(&b, `{"specversion":"1.0","id":"01J8Z3K5Q7M9N1P3%08d","source":"/shop/orders","type":"orders.OrderPaid.v2","subject":"order-%06d",`+
			`"time":"2025-03-01T%02d:%02d:%02d.000Z","sequence":"%020d","correlationid":"5f1c7d52-9a7e-4f1e-8d1a-%012d","causationid":"01J8Z3K5Q7M9N1P3%08d",`+
			`"dataschema":"nexus://orders/Order/2","data":{"status":"paid","amount":%d.%02d,"item":{"sku":"SKU-%04d","quantity":%d}}}`+"\n",
			i, stream, i/60/3600%24, i/3600%60, i/60%60, sequence, stream, max(i-20000, 0), i%500, i%100, i%3000, i%5+1)
	}
	return b.String()
}
