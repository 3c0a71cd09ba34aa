package index

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/event"
)

// describe is everything of an event that a test can see.
func describe(e *event.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q #%d %t %q %s %s %q %q %s | %s | %s | %s:%d@%d+%d %s", e.Type, e.ID, e.Sequence, e.HasSequence, e.Stream,
		e.Time, e.Recorded, e.CorrelationID, e.CausationID, e.SchemaVersion, e.Data, e.Metadata, e.File, e.Line, e.Offset, e.Length, e.Record())
	for name, value := range e.Extensions() {
		fmt.Fprintf(&b, " %s=%s", name, value)
	}
	return b.String()
}

// A model is what a scan of a log says, in the shape in which the index answers.
type model struct {
	streams, correlations, ids map[string][]string
	types                      map[string]*typeModel
	sources                    map[string]int64
	faults                     []Fault
}

type typeModel struct {
	count, untimed int64
	sizes, data    map[int]int64
	seconds        map[int64]Second
}

func scan(t testing.TB, log *event.Log) *model {
	t.Helper()
	m := &model{map[string][]string{}, map[string][]string{}, map[string][]string{}, map[string]*typeModel{}, map[string]int64{}, nil}
	for e, err := range log.Events(context.Background()) {
		if broken, ok := errors.AsType[*event.RecordError](err); ok {
			m.faults = append(m.faults, Fault{slices.Index(log.Files(), broken.File), broken.Line, broken.Offset, broken.Message})
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		text := describe(e)
		m.streams[string(e.Stream)] = append(m.streams[string(e.Stream)], text)
		if e.CorrelationID != nil {
			m.correlations[string(e.CorrelationID)] = append(m.correlations[string(e.CorrelationID)], text)
		}
		if e.ID != nil {
			m.ids[string(e.ID)] = append(m.ids[string(e.ID)], text)
		}
		m.sources[e.Source]++
		m.count(log, e)
	}
	return m
}

func (m *model) count(log *event.Log, e *event.Event) {
	kind := m.types[e.Type]
	if kind == nil {
		kind = &typeModel{sizes: map[int]int64{}, data: map[int]int64{}, seconds: map[int64]Second{}}
		m.types[e.Type] = kind
	}
	line := compact(e.Record())
	if log.Mapping().Format != "cloudevents" {
		line = bytes.TrimSuffix(event.AppendNative(nil, e), []byte("\n"))
	}
	kind.count++
	kind.sizes[len(line)]++
	data := compact(e.Data)
	if e.Base64 {
		var content []byte
		if err := json.Unmarshal(e.Data, &content); err != nil {
			panic(err)
		}
		data = content
	}
	kind.data[len(data)]++
	if at := when(e); at.IsZero() {
		kind.untimed++
	} else {
		s := kind.seconds[at.Unix()]
		kind.seconds[at.Unix()] = Second{time.Unix(at.Unix(), 0).UTC(), s.Count + 1, s.Bytes + int64(len(line))}
	}
}

// collect describes the events that an index leads to.
func collect(t testing.TB, events iter.Seq2[*event.Event, error]) []string {
	t.Helper()
	var got []string
	for e, err := range events {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, describe(e))
	}
	return got
}

// agree compares all that the index says of a log with a scan.
func agree(t testing.TB, x *Index, log *event.Log) {
	t.Helper()
	ctx, want := context.Background(), scan(t, log)
	r := x.Reader(log)
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	got := map[string][]string{}
	var ids []string
	for s, err := range x.Streams() {
		if err != nil {
			t.Fatal(err)
		}
		got[s.ID] = collect(t, r.Events(ctx, s.Postings(0)))
		ids = append(ids, s.ID)
		found, err := x.Stream(s.ID)
		if err != nil || found.Events != len(got[s.ID]) || s.Events != found.Events {
			t.Errorf("stream %q has %d events, found with %d: %v", s.ID, s.Events, found.Events, err)
		}
		for _, from := range []int{1, 127, 128, 129, s.Events - 1, s.Events} {
			from = min(from, s.Events)
			if diff := gocmp.Diff(got[s.ID][from:], collect(t, r.Events(ctx, s.Postings(from))), none); diff != "" {
				t.Errorf("stream %q from %d differs (-all +from):\n%s", s.ID, from, diff)
			}
		}
	}
	if !slices.IsSorted(ids) {
		t.Errorf("streams are not sorted: %q", ids)
	}
	if diff := gocmp.Diff(want.streams, got); diff != "" {
		t.Errorf("streams differ (-scan +index):\n%s", diff)
	}
	for id, events := range want.correlations {
		if diff := gocmp.Diff(events, collect(t, r.Correlation(ctx, id))); diff != "" {
			t.Errorf("correlation %q differs (-scan +index):\n%s", id, diff)
		}
	}
	for id, events := range want.ids {
		if diff := gocmp.Diff(events, collect(t, r.Event(ctx, id))); diff != "" {
			t.Errorf("event %q differs (-scan +index):\n%s", id, diff)
		}
	}
	for _, id := range []string{"", "nobody", "order", "zzz"} {
		if s, err := x.Stream(id); want.streams[id] == nil && (err != nil || s.Events > 0) {
			t.Errorf("stream %q has %d events: %v", id, s.Events, err)
		}
		if want.correlations[id] == nil && len(collect(t, r.Correlation(ctx, id))) > 0 {
			t.Errorf("correlation %q has events", id)
		}
	}
	if x.Stats().Correlations != len(want.correlations) {
		t.Errorf("%d correlations, want %d", x.Stats().Correlations, len(want.correlations))
	}
	agreeOnTypes(t, x, want)
	agreeOnSamples(t, x, log)
}

// none lets an empty list equal one that was never made.
var none = gocmp.Comparer(func(a, b []string) bool { return slices.Equal(a, b) })

func agreeOnTypes(t testing.TB, x *Index, want *model) {
	t.Helper()
	types, err := x.Types()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range types {
		names = append(names, s.Type)
		w := want.types[s.Type]
		if w == nil {
			continue
		}
		total := int64(0)
		for size, n := range w.sizes {
			total += int64(size) * n
		}
		if s.Count != w.count || s.Untimed != w.untimed || s.Bytes != total {
			t.Errorf("type %s: %d events, %d untimed, %d bytes; want %d, %d, %d", s.Type, s.Count, s.Untimed, s.Bytes, w.count, w.untimed, total)
		}
		if diff := gocmp.Diff(w.sizes, maps.Collect(s.Sizes())); diff != "" {
			t.Errorf("sizes of %s differ (-scan +index):\n%s", s.Type, diff)
		}
		if diff := gocmp.Diff(w.data, maps.Collect(s.DataSizes())); diff != "" {
			t.Errorf("data sizes of %s differ (-scan +index):\n%s", s.Type, diff)
		}
		seconds := slices.SortedFunc(maps.Values(w.seconds), func(a, b Second) int { return a.Start.Compare(b.Start) })
		if diff := gocmp.Diff(seconds, slices.Collect(s.Seconds())); diff != "" {
			t.Errorf("seconds of %s differ (-scan +index):\n%s", s.Type, diff)
		}
	}
	if diff := gocmp.Diff(slices.Sorted(maps.Keys(want.types)), names); diff != "" {
		t.Errorf("types differ (-scan +index):\n%s", diff)
	}
	var sources []Source
	for name, n := range want.sources {
		sources = append(sources, Source{name, n})
	}
	slices.SortFunc(sources, func(a, b Source) int { return cmp.Compare(a.Name, b.Name) })
	if diff := gocmp.Diff(sources, x.Sources()); diff != "" {
		t.Errorf("sources differ (-scan +index):\n%s", diff)
	}
	if diff := gocmp.Diff(want.faults, x.Faults()); diff != "" {
		t.Errorf("faults differ (-scan +index):\n%s", diff)
	}
}

func agreeOnSamples(t testing.TB, x *Index, log *event.Log) {
	t.Helper()
	var times []time.Time
	var places []Sample
	for e, err := range log.Events(context.Background()) {
		if err == nil {
			times = append(times, when(e))
			places = append(places, Sample{File: slices.Index(log.Files(), e.File), Offset: e.Offset, Line: e.Line, Events: int64(len(places))})
		}
	}
	n := 0
	for s, err := range x.Samples() {
		if err != nil {
			t.Fatal(err)
		}
		want := places[n]
		want.Earliest = slices.MinFunc(times[n:], time.Time.Compare)
		if n > 0 {
			want.Latest = slices.MaxFunc(times[:n], time.Time.Compare)
		}
		if diff := gocmp.Diff(want, s); diff != "" {
			t.Errorf("the sample at event %d differs (-scan +index):\n%s", n, diff)
		}
		n += sampleEvery
	}
	if n < len(times) {
		t.Errorf("samples end at event %d of %d", n, len(times))
	}
}
