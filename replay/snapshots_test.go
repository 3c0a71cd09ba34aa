package replay

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/event/index"
)

// indexed indexes a log, takes its snapshots and opens both.
func indexed(t fataler, log *event.Log, dir string, plan SnapshotPlan) (*Seeker, *SnapshotStats) {
	ctx := context.Background()
	name := filepath.Join(dir, "log.nxi")
	if _, err := index.Build(ctx, log, name); err != nil {
		t.Fatal(err)
	}
	x, err := index.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "log.nxs")
	stats, err := WriteSnapshots(ctx, log, x, path, plan)
	if err != nil {
		t.Fatal(err)
	}
	s := &Seeker{Index: x, Reader: x.Reader(log), Snapshots: &SnapshotFile{close: func() error { return nil }}}
	if stats.Snapshots == 0 {
		return s, stats
	}
	if s.Snapshots, err = OpenSnapshots(path, x); err != nil {
		t.Fatal(err)
	}
	return s, stats
}

func (s *Seeker) closeAll() {
	_, _, _ = s.Reader.Close(), s.Snapshots.Close(), s.Index.Close() // opened for reading
}

func by(reducers ...*Reducer) func(string) []*Reducer {
	return func(string) []*Reducer { return reducers }
}

// describeMoment is all that a report shows of a moment, with numbers as they stand.
func describeMoment(m *Moment) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d events, %d duplicates, %s\n", m.Stream, m.Events, m.Duplicates, appendJSON(nil, m.State.root))
	for _, step := range m.Steps {
		fmt.Fprintf(&b, "%s@%d %s -> %s %v\n", step.Event.ID, step.Event.Offset, appendJSON(nil, step.Before.root), appendJSON(nil, step.After.root), step.Err)
		for _, c := range step.Changed {
			fmt.Fprintf(&b, "\t%s %t %t %s: %s -> %s\n", c.Path, c.Added, c.Removed, c.Rule, appendJSON(nil, c.Before), appendJSON(nil, c.After))
		}
	}
	for _, f := range m.Failed {
		fmt.Fprintf(&b, "failed: %v\n", f)
	}
	return b.String()
}

// drawHistory draws a log in which times run back, and events may come late, twice,
// under another sequence, or without one.
func drawHistory(t *rapid.T) string {
	events := drawEvents(t)
	start := time.Date(2025, 3, 1, 10, 0, 0, 0, time.UTC)
	second := rapid.IntRange(0, 30)
	var lines []string
	for _, e := range events {
		line := e.line(rapid.IntRange(0, 60).Draw(t, "unsequenced") > 0)
		at := start.Add(time.Duration(second.Draw(t, "time")) * time.Second)
		times := fmt.Sprintf(`"time":%q`, at.Format(time.RFC3339))
		if rapid.IntRange(0, 9).Draw(t, "untimed") == 0 {
			times = ""
		}
		if rapid.Bool().Draw(t, "recorded") {
			times = strings.TrimPrefix(times+fmt.Sprintf(`,"recordedtime":%q`, at.Add(time.Duration(second.Draw(t, "late"))*time.Second).Format(time.RFC3339)), ",")
		}
		line = strings.Replace(line, fmt.Sprintf(`"time":"2025-03-01T10:00:%02dZ"`, e.sequence%60), times, 1)
		lines = append(lines, strings.Replace(line, ",,", ",", 1))
	}
	switch rapid.SampledFrom([]string{"in order", "in order", "in order", "swapped", "again", "renumbered"}).Draw(t, "mistake") {
	case "swapped":
		lines = rapid.Permutation(lines).Draw(t, "order")
	case "again":
		lines = append(lines, rapid.SampledFrom(lines).Draw(t, "redelivered"))
	case "renumbered":
		e := rapid.SampledFrom(events).Draw(t, "redelivered")
		e.sequence += 100
		lines = append(lines, e.line(true))
	}
	return strings.Join(lines, "\n") + "\n"
}

// TestMomentsFromSnapshots asks for every point of every stream, by the index and
// its snapshots, and by a scan of the log.
func TestMomentsFromSnapshots(t *testing.T) {
	dir := t.TempDir()
	ctx := context.Background()
	found, tails := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		r := compileReducer(t, drawConfig(t))
		log := openLog(t, dir, drawHistory(t))
		seeker, _ := indexed(t, log, dir, SnapshotPlan{Reducers: by(r, MergeReducer(nil)), Every: rapid.IntRange(1, 6).Draw(t, "every")})
		defer seeker.closeAll()
		streams, _, err := Load(ctx, log, LoadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		steps := rapid.IntRange(0, 4).Draw(t, "steps")
		for _, s := range streams {
			for _, o := range everyPart(t, s) {
				got, err := seeker.Moment(ctx, r, s.ID, o, steps)
				if err != nil {
					t.Fatalf("%s at %s: %v", s.ID, o.At, err)
				}
				want, wrong := MomentOf(r, s, o, steps)
				if got == nil {
					continue
				}
				if wrong != nil {
					t.Fatalf("%s at %s: a scan says %v", s.ID, o.At, wrong)
				}
				if found++; got.Events > 0 {
					tails++
				}
				if diff := cmp.Diff(describeMoment(want), describeMoment(got)); diff != "" {
					t.Fatalf("%s at %s, known at %s (-scan +snapshots):\n%s", s.ID, o.At, o.KnownAt, diff)
				}
			}
		}
	})
	if found == 0 || tails == 0 {
		t.Errorf("snapshots answered %d times, %d of them with events", found, tails)
	}
}

// everyPart is every point of a stream, and some of what was known when.
func everyPart(t *rapid.T, s Stream) []Options {
	start := time.Date(2025, 3, 1, 10, 0, 0, 0, time.UTC)
	instant := rapid.Custom(func(t *rapid.T) time.Time {
		return start.Add(time.Duration(rapid.IntRange(-1, 61).Draw(t, "second")) * time.Second)
	})
	parts := []Options{{}, {At: AtID("nobody")}, {At: AtSequence(-1)}}
	for _, e := range s.Events {
		parts = append(parts, Options{At: AtSequence(e.Sequence)}, Options{At: AtID(string(e.ID))}, Options{At: AtID(string(e.ID)), KnownAt: instant.Draw(t, "known")})
	}
	for range 6 {
		parts = append(parts, Options{At: AtTime(instant.Draw(t, "at"))}, Options{KnownAt: instant.Draw(t, "known")},
			Options{At: AtTime(instant.Draw(t, "at")), KnownAt: instant.Draw(t, "known")})
	}
	return parts
}

// longLog has one stream of so many events; each has a number and an item.
func longLog(events int, more ...string) string {
	var b strings.Builder
	for i := range events {
		e := drawnEvent{stream: "order-1", typeName: "A", version: "3", sequence: i + 1, id: fmt.Sprintf("id-%04d", i), data: `{"n":0.10,"a":"item"}`}
		b.WriteString(e.line(true) + "\n")
	}
	return b.String() + strings.Join(more, "")
}

const addAndAppend = `{"reducers":{"r":{"on":{"A":[{"add":"total","by":".n"},{"append":"list","value":".a"}]}}}}`

// TestSnapshotsAreFewAndSmall: without a number, snapshots have an eighth of the
// bytes of their streams at most, and are 64 events or more apart.
func TestSnapshotsAreFewAndSmall(t *testing.T) {
	dir := t.TempDir()
	log := openLog(t, dir, longLog(2000))
	seeker, stats := indexed(t, log, dir, SnapshotPlan{Reducers: by(compileReducer(t, addAndAppend))})
	defer seeker.closeAll()
	whole := seeker.Index.Stats().LogBytes
	if stats.Snapshots < 4 || stats.Streams != 1 || stats.Bytes > whole/snapshotShare+1000 {
		t.Errorf("%+v of %d bytes", stats, whole)
	}
	rows, err := seeker.Snapshots.rows(compileReducer(t, addAndAppend), 0, 2000)
	if err != nil || len(rows) != stats.Snapshots {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	last := 0
	for _, row := range rows {
		if int(row.events)-last < snapshotEvents {
			t.Errorf("a snapshot behind %d events and one behind %d", last, row.events)
		}
		last = int(row.events)
	}
}

// TestSnapshotsThatAreNotTaken: where a state could be wrong, there is none.
func TestSnapshotsThatAreNotTaken(t *testing.T) {
	line := func(sequence int, id, data string) string {
		return drawnEvent{stream: "order-1", typeName: "A", version: "3", sequence: sequence, id: id, data: data}.line(true) + "\n"
	}
	const fine = `{"n":1,"a":1}`
	for _, c := range []struct {
		name, log string
		want      int
	}{
		{"in order", longLog(9), 4},
		{"one behind its place", longLog(9, line(5, "id-x", fine)), 0},
		{"delivered again", longLog(9, line(9, "id-0008", fine)), 0},
		{"delivered again under another sequence", longLog(9, line(10, "id-0002", fine)), 0},
		{"without a sequence", longLog(9, drawnEvent{stream: "order-1", typeName: "A", version: "3", id: "id-x", data: fine}.line(false)+"\n"), 0},
		{"one that cannot be applied", longLog(5, line(6, "id-6", `{"n":"none","a":1}`), line(7, "id-7", fine), line(8, "id-8", fine)), 2},
		{"short", longLog(2), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			seeker, stats := indexed(t, openLog(t, dir, c.log), dir, SnapshotPlan{Reducers: by(compileReducer(t, addAndAppend)), Every: 2})
			defer seeker.closeAll()
			if stats.Snapshots != c.want {
				t.Errorf("%d snapshots, want %d", stats.Snapshots, c.want)
			}
			if _, err := os.Stat(filepath.Join(dir, "log.nxs")); (err == nil) != (c.want > 0) {
				t.Errorf("the file: %v", err)
			}
		})
	}
}

// TestSnapshotsOfAnotherLog are refused, as are those of another reducer.
func TestSnapshotsOfAnotherLog(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	r := compileReducer(t, addAndAppend)
	plan := SnapshotPlan{Reducers: by(r), Every: 2}
	seeker, _ := indexed(t, openLog(t, dir, longLog(9)), dir, plan)
	defer seeker.closeAll()
	grown, _ := indexed(t, openLog(t, other, longLog(10)), other, plan)
	defer grown.closeAll()
	if _, err := OpenSnapshots(filepath.Join(dir, "log.nxs"), grown.Index); err == nil || !strings.Contains(err.Error(), "another state of the log") {
		t.Errorf("snapshots of another log: %v", err)
	}
	changed := compileReducer(t, strings.Replace(addAndAppend, "total", "sum", 1))
	if m, err := seeker.Moment(context.Background(), changed, "order-1", Options{}, 0); m != nil || err != nil {
		t.Errorf("another reducer is answered %v, %v", m, err)
	}
	if m, err := seeker.Moment(context.Background(), r, "order-1", Options{}, 0); m == nil || err != nil {
		t.Errorf("the reducer is answered %v, %v", m, err)
	}
}

// TestRemoveSnapshots removes snapshots, and nobody's file.
func TestRemoveSnapshots(t *testing.T) {
	dir := t.TempDir()
	for name, kept := range map[string]bool{snapshotMagic + "...": false, "a diary": true, "": true} {
		path := filepath.Join(dir, "file")
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := RemoveSnapshots(path); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); (err == nil) != kept {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := RemoveSnapshots(filepath.Join(dir, "nowhere")); err != nil {
		t.Error(err)
	}
}

// FuzzSnapshotFile changes a byte of a file and cuts it: what is read of it then
// is an error, or what was written.
func FuzzSnapshotFile(f *testing.F) {
	dir := f.TempDir()
	r, merge := compileReducer(f, addAndAppend), MergeReducer(nil)
	log := openLog(f, dir, longLog(30))
	seeker, _ := indexed(f, log, dir, SnapshotPlan{Reducers: by(r, merge), Every: 3})
	defer seeker.closeAll()
	good, err := os.ReadFile(filepath.Join(dir, "log.nxs"))
	if err != nil {
		f.Fatal(err)
	}
	want := map[string]string{}
	for _, r := range []*Reducer{r, merge} {
		for n := 3; n <= 30; n += 3 {
			m, err := seeker.Moment(context.Background(), r, "order-1", Options{At: AtSequence(int64(n))}, 0)
			if err != nil || m == nil {
				f.Fatal(n, m, err)
			}
			want[fmt.Sprint(r.Name(), n)] = m.State.String()
		}
	}
	f.Add(uint(0), byte(0), uint(0), []byte(nil))
	f.Add(uint(9), byte(1), uint(0), []byte(nil))
	f.Add(uint(len(good)-20), byte(255), uint(0), []byte(nil))
	f.Add(uint(0), byte(0), uint(7), []byte(nil))
	f.Add(uint(0), byte(0), uint(0), good)
	f.Add(uint(0), byte(0), uint(0), snapshotHeader([32]byte{}, 64, 1, make([]snapshotGroup, 2)))
	f.Fuzz(func(t *testing.T, at uint, flip byte, cut uint, whole []byte) {
		text := whole
		if whole == nil {
			text = slices.Clone(good[:len(good)-int(cut%uint(len(good)))])
			text[at%uint(len(text))] ^= flip
		}
		file, err := newSnapshotFile(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			return
		}
		for _, r := range []*Reducer{r, merge} {
			rows, err := file.rows(r, 0, 30)
			if err != nil {
				continue
			}
			for _, row := range rows {
				if state, err := file.state(&row); err == nil && whole == nil && state.String() != want[fmt.Sprint(r.Name(), row.events)] {
					t.Errorf("the state behind %d events is %s", row.events, state)
				}
			}
		}
	})
}

// BenchmarkWriteSnapshots takes the snapshots of 2,000 streams of 250 events.
func BenchmarkWriteSnapshots(b *testing.B) {
	const streams, events = 2000, 500_000
	dir := b.TempDir()
	var text bytes.Buffer
	for i := range events {
		e := drawnEvent{
			stream: fmt.Sprintf("order-%06d", i*7919%streams), typeName: "A", version: "3", sequence: i/streams + 1, id: fmt.Sprintf("id-%09d", i),
			data: fmt.Sprintf(`{"n":%d.%02d,"a":{"sku":"SKU-%04d","quantity":%d},"note":%q}`, i%500, i%100, i%3000, i%5, strings.Repeat("x", 200)),
		}
		text.WriteString(e.line(true) + "\n")
	}
	log := openLog(b, dir, text.String())
	plan := SnapshotPlan{Reducers: by(compileReducer(b, addAndAppend))}
	seeker, _ := indexed(b, log, dir, plan)
	defer seeker.closeAll()
	for b.Loop() {
		stats, err := WriteSnapshots(context.Background(), log, seeker.Index, filepath.Join(dir, "log.nxs"), plan)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(100*float64(stats.Bytes)/float64(text.Len()), "%-of-log")
	}
	b.ReportMetric(events*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mevents/s")
}
