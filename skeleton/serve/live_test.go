package serve

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/projection"
	"github.com/nexus-blueprint/nexus/skeleton/telemetry"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func (l *Live) seen(t *testing.T, tenant string) view {
	t.Helper()
	text, err := l.view(tenant)
	if err != nil {
		t.Fatal(err)
	}
	var v view
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func newLive(o LiveOptions) *Live {
	o.Now = func() time.Time { return noon }
	return NewLive(o)
}

func TestLiveShowsWhatWasTried(t *testing.T) {
	l := newLive(LiveOptions{
		Title: "notes",
		Projections: func() []Projection {
			return []Projection{ProjectionOf(projection.Status{Name: "counts", Position: 2, Lag: 1, State: projection.Stopped, Error: "a secret of b"})}
		},
		Channels: func() []Channel { return []Channel{{Name: "standard", Owed: 3, Down: true}} },
	})
	l.Observe(telemetry.Attempt{Tenant: "a", Outcome: telemetry.Accepted, Duration: time.Millisecond, Events: []telemetry.Event{{Type: "Written", Path: "standard"}, {Type: "Sent", Path: "critical"}, {Type: "Sent"}}})
	l.Observe(telemetry.Attempt{Tenant: "a", Outcome: telemetry.Rejected, At: noon, Duration: 3 * time.Millisecond, Stream: "plans", Events: []telemetry.Event{{Type: "Written"}, {Type: "Written"}}, Reasons: []string{"too long", "<script>"}})
	l.Observe(telemetry.Attempt{Tenant: "a", Outcome: telemetry.Rejected, At: noon, Duration: time.Millisecond, Stream: "plans", Command: "Write", Reasons: []string{"Write: no"}})
	l.Observe(telemetry.Attempt{Tenant: "a", Outcome: telemetry.Conflict, At: noon, Duration: time.Millisecond, Stream: "plans", Events: []telemetry.Event{{Type: "Sent"}}})
	l.Observe(telemetry.Attempt{Tenant: "b", Outcome: telemetry.Failed, Reasons: []string{"a secret of b"}})
	if err := l.Tick(); err != nil {
		t.Fatal(err)
	}
	want := view{
		Title: "notes", Time: noon, Events: 3,
		Totals:   map[telemetry.Outcome]int64{"accepted": 1, "rejected": 2, "conflict": 1, "failed": 0},
		Latency:  percentiles{P50: 1.015, P90: 3, P99: 3, Max: 3},
		Points:   []point{{Time: noon, Accepted: 3, Rejected: 3, P50: 1.015, P99: 3}},
		Paths:    []pathCount{{"critical", 1}, {"none", 1}, {"standard", 1}},
		Types:    []typeCount{{"Sent", 2, 0}, {"Written", 1, 2}},
		Commands: []commandCount{{"Write", 1}},
		Rejected: []rejection{
			{At: noon, Outcome: "conflict", Stream: "plans", Types: []string{"Sent"}, Reasons: []string{}},
			{At: noon, Outcome: "rejected", Stream: "plans", Command: "Write", Types: []string{}, Reasons: []string{"Write: no"}},
			{At: noon, Outcome: "rejected", Stream: "plans", Types: []string{"Written"}, Reasons: []string{"too long", "<script>"}},
		},
		Projections: []Projection{{Name: "counts", Position: 2, Lag: 1, State: "stopped"}},
		Channels:    []Channel{{Name: "standard", Owed: 3, Down: true}},
	}
	if diff := cmp.Diff(want, l.seen(t, "a")); diff != "" {
		t.Errorf("what a sees (-want +got):\n%s", diff)
	}
	text, err := l.view("a")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "secret") {
		t.Errorf("a sees what b did: %s", text)
	}
	if strings.ContainsAny(string(text), "<>\n") {
		t.Errorf("what is sent to the page is not escaped: %s", text)
	}
}

// Whatever is tried, and how often, what is kept of it is bounded.
func TestLiveKeepsABoundedMemory(t *testing.T) {
	l := newLive(LiveOptions{})
	long := strings.Repeat("é", 500)
	for i := range 1000 {
		events := make([]telemetry.Event, 20)
		reasons := make([]string, 20)
		for j := range events {
			events[j] = telemetry.Event{Type: fmt.Sprint(i, j, long), Path: fmt.Sprint(i, j)}
			reasons[j] = fmt.Sprint(j, long)
		}
		for _, outcome := range []telemetry.Outcome{telemetry.Accepted, telemetry.Rejected} {
			l.Observe(telemetry.Attempt{Tenant: "a", Outcome: outcome, Stream: long, Command: fmt.Sprint(i, long), Events: events, Reasons: reasons})
		}
		if err := l.Tick(); err != nil {
			t.Fatal(err)
		}
	}
	v := l.seen(t, "a")
	got := []int{len(v.Points), len(v.Rejected), len(v.Types), len(v.Commands), len(v.Paths), len(v.Rejected[0].Types), len(v.Rejected[0].Reasons)}
	want := []int{maxPoints, maxRejected, maxNames + 1, maxNames + 1, maxNames + 1, maxReasons, maxReasons + 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("points, rejections, types, commands, paths, types and reasons of one (-want +got):\n%s", diff)
	}
	if name := v.Rejected[0].Stream; len(name) > maxText+len("…") || strings.ContainsRune(name, '\uFFFD') {
		t.Errorf("a name of %d bytes is kept: %s", len(name), name)
	}
	if v.Events != 20000 || v.Totals[telemetry.Rejected] != 1000 {
		t.Errorf("%d events and %d rejections are counted", v.Events, v.Totals[telemetry.Rejected])
	}
}

// Latencies are of the last minute: what was slow before is forgotten.
func TestLatenciesAreOfTheLastMinute(t *testing.T) {
	l := newLive(LiveOptions{})
	l.Observe(telemetry.Attempt{Tenant: "a", Outcome: telemetry.Accepted, Duration: time.Second})
	for second := range 61 {
		if err := l.Tick(); err != nil {
			t.Fatal(err)
		}
		want := 1000.0
		if second >= 60 {
			want = 0
		}
		if got := l.seen(t, "a").Latency.Max; got != want {
			t.Fatalf("after %d s the longest is %v ms, want %v", second+1, got, want)
		}
	}
}

// The page holds nothing that runs, looks or leads elsewhere, makes markup of
// no string, and has what its script asks for.
func TestPageIsStrict(t *testing.T) {
	read := func(name string) string {
		text, err := pageFiles.ReadFile("page/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	html, css, js := read("live.html"), read("live.css"), ""
	for _, script := range []string{"dom.js", "drawing.js", "live.js", "trail.js"} {
		js += read(script)
	}
	for name, text := range map[string]string{"html": html, "css": css, "js": strings.ReplaceAll(js, "http://www.w3.org/2000/svg", "")} {
		if found := regexp.MustCompile(`(?i:https?:|@import)|\burl\(|//[a-z]+\.`).FindString(text); found != "" {
			t.Errorf("the %s leads elsewhere: %s", name, found)
		}
	}
	if found := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|<script>|<script[^>]*>[^<]|javascript:`).FindString(html); found != "" {
		t.Errorf("the html has what its policy forbids: %s", found)
	}
	if found := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|setTimeout\("|\.srcdoc|DOMParser|\.style\b`).FindString(js); found != "" {
		t.Errorf("the script makes markup or code of a string: %s", found)
	}
	asked := regexp.MustCompile(`\b(?:at|chart|rows)\("([a-z0-9-]+)"`).FindAllStringSubmatch(js, -1)
	if len(asked) < 20 {
		t.Fatalf("only %d elements are found in the script", len(asked))
	}
	for _, id := range asked {
		if !strings.Contains(html, `id="`+id[1]+`"`) {
			t.Errorf("the script asks for %s, which the html does not have", id[1])
		}
	}
}

func BenchmarkLiveObserve(b *testing.B) {
	l := newLive(LiveOptions{})
	attempt := telemetry.Attempt{Tenant: "a", Outcome: telemetry.Accepted, Duration: time.Millisecond, Events: []telemetry.Event{{Type: "Written", Path: "standard"}}}
	b.ReportAllocs()
	for b.Loop() {
		l.Observe(attempt)
	}
}

func BenchmarkLiveTick(b *testing.B) {
	l := newLive(LiveOptions{})
	for i := range 200 {
		l.Observe(telemetry.Attempt{Tenant: "a", Outcome: telemetry.Rejected, Events: []telemetry.Event{{Type: fmt.Sprint(i)}}, Reasons: []string{"too long"}})
	}
	s, err := l.Subscribe("a")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Tick(); err != nil {
			b.Fatal(err)
		}
		<-s.C
	}
}
