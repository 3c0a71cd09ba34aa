package cost

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/event/index"
)

// drawLog draws a log of a few types, with white space, escapes, events without a
// time, events out of order and recorded paths, some of them in the data.
func drawLog(t *rapid.T) []byte {
	var text []byte
	start := time.Date(2026, 1, 3, 22, 0, 0, 0, time.UTC)
	seconds := rapid.SampledFrom([]int{1, 5, 3000, 100_000, 1_000_000}).Draw(t, "seconds")
	types := rapid.IntRange(1, 6).Draw(t, "types")
	for n := range rapid.IntRange(1, 300).Draw(t, "events") {
		record := fmt.Sprintf(`{"specversion":"1.0","id":"%d","source":"/s","type":"T%d.v1","subject":"s"`, n, rapid.IntRange(0, types-1).Draw(t, "type"))
		if rapid.IntRange(0, 9).Draw(t, "timed") > 0 {
			at := start.Add(time.Duration(rapid.IntRange(0, seconds*1000).Draw(t, "at")) * time.Millisecond)
			name := rapid.SampledFrom([]string{"time", "recordedtime"}).Draw(t, "clock")
			record += fmt.Sprintf(`,"%s":"%s"`, name, at.Format(time.RFC3339Nano))
		}
		record += rapid.SampledFrom([]string{"", `,"routepath":"standard"`, `,"routepath":"critical"`, `, "routepath" : null`, `,"routepath":7`}).Draw(t, "path")
		record += rapid.SampledFrom([]string{
			``, `,"data":{}`, `,"data" : {"a": [1, 2], "b c": "d  e"}`, `,"data":"a \" b"`, `,"data":{"routepath":"standard","type":"X"}`, `,"data_base64":"AAEC"`,
		}).Draw(t, "data")
		if pad := rapid.IntRange(0, 20).Draw(t, "pad"); pad > 0 {
			record += fmt.Sprintf(`,"pad":"%s"`, strings.Repeat("x ", pad))
		}
		text = append(text, record+"}\n"...)
	}
	return text
}

// TestScanAgreesWithIndexAndModel compares three ways of measuring one log.
func TestScanAgreesWithIndexAndModel(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		name := filepath.Join(dir, "log.ndjson")
		if err := os.WriteFile(name, drawLog(r), 0o600); err != nil {
			r.Fatal(err)
		}
		log := openFile(t, name)
		scanned, err := FromLog(context.Background(), log, nil, TrafficOptions{})
		if err != nil {
			r.Fatal(err)
		}
		indexed := indexedWorkload(r, log, filepath.Join(dir, "log.nxi"))
		ignore := []cmp.Option{cmp.AllowUnexported(Workload{}, Volume{}, stratum{}), cmpopts.IgnoreFields(Workload{}, "joints"), cmpopts.EquateEmpty()}
		if diff := cmp.Diff(indexed, scanned, append(ignore, cmpopts.IgnoreFields(Traffic{}, "Recorded", "RecordedSizes"))...); diff != "" {
			r.Fatalf("index and scan differ: %s", diff)
		}
		scans, err := scanLog(context.Background(), log, 1)
		if err != nil {
			r.Fatal(err)
		}
		if diff := cmp.Diff(scanned, observed(mergeScans(scans), nil, TrafficOptions{}), ignore...); diff != "" {
			r.Fatalf("one worker and several differ: %s", diff)
		}
		newModel(r, log).compare(r, scanned)
	})
}

func indexedWorkload(t *rapid.T, log *event.Log, name string) *Workload {
	if _, err := index.Build(context.Background(), log, name); err != nil {
		t.Fatal(err)
	}
	x, err := index.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	w, err := FromIndex(x, nil, TrafficOptions{})
	if err = errors.Join(err, x.Close()); err != nil {
		t.Fatal(err)
	}
	return w
}

// A model measures a log event by event, in the plainest way.
type model struct {
	types   map[string]*modelType
	seconds []int64
}

type modelType struct {
	sizes   map[int]int
	seconds map[int64][2]float64
	paths   map[string]int
	events  int
}

func newModel(t *rapid.T, log *event.Log) *model {
	m := &model{types: map[string]*modelType{}}
	for e, err := range log.Events(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		kind := m.types[e.Type]
		if kind == nil {
			kind = &modelType{map[int]int{}, map[int64][2]float64{}, map[string]int{}, 0}
			m.types[e.Type] = kind
		}
		kind.events++
		var compact bytes.Buffer
		if err := json.Compact(&compact, e.Record()); err != nil {
			t.Fatal(err)
		}
		kind.sizes[compact.Len()]++
		var attributes map[string]any
		if err := json.Unmarshal(e.Record(), &attributes); err != nil {
			t.Fatal(err)
		}
		if path, ok := attributes["routepath"].(string); ok {
			kind.paths[path]++
		}
		at := e.Time
		if at.IsZero() {
			at = e.Recorded
		}
		if !at.IsZero() {
			m.seconds = append(m.seconds, at.Unix())
			s := kind.seconds[at.Unix()]
			kind.seconds[at.Unix()] = [2]float64{s[0] + 1, s[1] + float64(compact.Len())}
		}
	}
	return m
}

func (m *model) compare(t *rapid.T, w *Workload) {
	if len(m.seconds) == 0 {
		if len(w.Types) > 0 || len(w.Missing) != len(m.types) {
			t.Fatalf("a log without times: %d types, %d missing", len(w.Types), len(w.Missing))
		}
		return
	}
	days := float64(slices.Max(m.seconds)-slices.Min(m.seconds)+1) / 86400
	if math.Abs(days-w.Days) > 1e-9 || len(w.Types) != len(m.types) {
		t.Fatalf("%v days and %d types, want %v and %d", w.Days, len(w.Types), days, len(m.types))
	}
	for i, name := range slices.Sorted(maps.Keys(m.types)) {
		m.types[name].compare(t, &w.Types[i], name)
	}
	subset := rapid.SliceOfDistinct(rapid.IntRange(0, len(w.Types)-1), rapid.ID[int]).Draw(t, "subset")
	var timed []series
	together := map[int64][2]float64{}
	for _, i := range subset {
		timed = append(timed, w.seconds[i])
		for second, s := range m.types[w.Types[i].Type].seconds {
			together[second] = [2]float64{together[second][0] + s[0], together[second][1] + s[1]}
		}
	}
	want := peakOf(together)
	if events, bytes := busiest(timed); (Peak{Records: events, Bytes: bytes}) != want {
		t.Fatalf("the joint peak of %v is %v and %v, want %v", subset, events, bytes, want)
	}
	if joint := w.Joint(subset); joint.Records < want.Records || joint.Bytes < want.Bytes {
		t.Fatalf("Joint(%v) = %v is less than was seen, %v", subset, joint, want)
	}
}

func (m *modelType) compare(t *rapid.T, got *Traffic, name string) {
	if got.Type != name {
		t.Fatalf("type %s, want %s", got.Type, name)
	}
	sizes := map[int]int{}
	for _, s := range got.Sizes {
		sizes[s.Bytes] = int(math.Round(s.Share * float64(m.events)))
	}
	paths := map[string]int{}
	for path, share := range got.Recorded {
		paths[path] = int(math.Round(share * float64(m.events)))
	}
	if diff := cmp.Diff(m.sizes, sizes) + cmp.Diff(m.paths, paths); diff != "" {
		t.Fatalf("%s: %s", name, diff)
	}
	if seen := peakOf(m.seconds); got.Peak.Assumed == "" && (got.Peak.Records != seen.Records || got.Peak.Bytes != seen.Bytes) {
		t.Fatalf("%s: peak %v, want %v", name, got.Peak, seen)
	}
}

func peakOf(seconds map[int64][2]float64) Peak {
	var p Peak
	for _, s := range seconds {
		p.Records, p.Bytes = max(p.Records, s[0]), max(p.Bytes, s[1])
	}
	return p
}
