package audit_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/skeleton/audit"
	"github.com/nexus-blueprint/nexus/skeleton/store"
)

func verify(t testing.TB, events audit.Source, seals ...audit.Seal) audit.Report {
	t.Helper()
	report, err := audit.Verify(t.Context(), events, seals...)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestVerify(t *testing.T) {
	for _, test := range []struct {
		name   string
		tamper func(l list) list
		want   []string
	}{
		{name: "untouched", tamper: func(l list) list { return l }},
		{
			name:   "another text",
			tamper: func(l list) list { l[4].Data = []byte(`{"amount":400}`); return l },
			want:   []string{`stream "s1", version 2, position 5: does not have the hash that was stored with it: it was changed`},
		},
		{
			name:   "another text with its hash",
			tamper: func(l list) list { l[4].Data = []byte(`{"amount":400}`); l[4].Seal(l[4].PrevHash); return l },
			want:   []string{`stream "s1", version 3, position 8: names ` + "%OLD" + ` as the hash of the event before it, which has ` + "%NEW"},
		},
		{
			name:   "an event is gone",
			tamper: func(l list) list { return slices.Delete(l, 4, 5) },
			want: []string{
				`stream "s2", version 2, position 6: follows position 4: events are missing`,
				`stream "s1", version 3, position 8: follows version 1 of its stream: events are missing, or out of order`,
			},
		},
		{
			name:   "two changes",
			tamper: func(l list) list { l[0].Actor = "bob"; l[8].Type = "Taken"; return l },
			want: []string{
				`stream "s0", version 1, position 1: does not have the hash that was stored with it: it was changed`,
				`stream "s2", version 3, position 9: does not have the hash that was stored with it: it was changed`,
			},
		},
		{
			name: "an older record",
			tamper: func(l list) list {
				l[8].Recorded = l[0].Recorded
				l[8].Seal(l[8].PrevHash)
				return l
			},
			want: []string{`stream "s2", version 3, position 9: was recorded before the event before it`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			original := fill(t, newEvents(), 9)
			changed := test.tamper(slices.Clone(original))
			report := verify(t, changed)
			names := strings.NewReplacer("%OLD", original[4].Hash.String()[:8], "%NEW", changed[min(4, len(changed)-1)].Hash.String()[:8])
			var want, got []string
			for _, text := range test.want {
				want = append(want, names.Replace(text))
			}
			for _, fault := range report.Faults {
				got = append(got, fault.String())
			}
			if diff := cmp.Diff(want, got); diff != "" || report.OK() != (len(want) == 0) {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReport(t *testing.T) {
	events := newEvents()
	fill(t, events, 9)
	add(t, events, "loose", store.Event{ID: "loose", Type: "Added"})
	report := verify(t, events)
	want := audit.Report{Events: 10, Streams: 4, Unlinked: 1, Seal: report.Seal}
	if diff := cmp.Diff(want, report); diff != "" || report.Seal.Position != 10 {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestReportListsTheFirstFaults(t *testing.T) {
	l := fill(t, newEvents(), 150)
	for i := range l {
		l[i].Actor = "bob"
	}
	if report := verify(t, l); report.Faulty != 150 || len(report.Faults) != 100 {
		t.Errorf("%d faults, %d listed", report.Faulty, len(report.Faults))
	}
}

// Seals find what hashes alone can not.
func TestSeals(t *testing.T) {
	original := fill(t, newEvents(), 9)
	half, err := audit.Seal{}.Extend(t.Context(), original[:5])
	if err != nil {
		t.Fatal(err)
	}
	whole, err := half.Extend(t.Context(), original)
	if err != nil {
		t.Fatal(err)
	}
	if once := verify(t, original, half, whole); !once.OK() || once.Seal != whole {
		t.Errorf("the seal that was made in two steps is %v, the other %v: %v", whole, once.Seal, once.Faults)
	}
	cut := verify(t, original[:7], half, whole)
	if want := "position 7: the events end here, and a seal says that there were 9: they were cut off"; len(cut.Faults) != 1 || cut.Faults[0].String() != want {
		t.Errorf("events cut off: %v", cut.Faults)
	}
	anew := slices.Clone(original)
	var prev store.Hash
	for i := range anew {
		if anew[i].Stream == "s2" {
			anew[i].Actor = "bob"
			anew[i].Seal(prev)
			prev = anew[i].Hash
		}
	}
	if report := verify(t, anew); !report.OK() {
		t.Errorf("without a seal it can not be told: %v", report.Faults)
	}
	if report := verify(t, anew, half); len(report.Faults) != 1 || !strings.HasPrefix(report.Faults[0].String(), `stream "s1", version 2, position 5: up to here`) {
		t.Errorf("a stream made anew: %v", report.Faults)
	}
}

// No field of no event changes unseen.
func TestEveryChangeIsFound(t *testing.T) {
	original := fill(t, newEvents(), 12)
	changes := map[string]func(*store.Event){
		"id": func(e *store.Event) { e.ID += "x" }, "type": func(e *store.Event) { e.Type += "x" },
		"schema": func(e *store.Event) { e.SchemaVersion = "2" }, "time": func(e *store.Event) { e.Time = e.Time.Add(1) },
		"correlation": func(e *store.Event) { e.CorrelationID = "" }, "cause": func(e *store.Event) { e.CausationID = "" },
		"actor": func(e *store.Event) { e.Actor = "" }, "tenant": func(e *store.Event) { e.Tenant = "" },
		"data": func(e *store.Event) { e.Data = nil }, "metadata": func(e *store.Event) { e.Metadata = nil }, "decision": func(e *store.Event) { e.Decision = nil },
		"stream": func(e *store.Event) { e.Stream += "x" }, "version": func(e *store.Event) { e.Version++ }, "position": func(e *store.Event) { e.Position++ },
		"recorded": func(e *store.Event) { e.Recorded = e.Recorded.Add(time.Nanosecond) }, "hash": func(e *store.Event) { e.Hash[31]++ }, "previous hash": func(e *store.Event) { e.PrevHash[0]++ },
	}
	rapid.Check(t, func(rt *rapid.T) {
		l := slices.Clone(original)
		i := rapid.IntRange(0, len(l)-1).Draw(rt, "event")
		field := rapid.SampledFrom(slices.Sorted(maps.Keys(changes))).Draw(rt, "field")
		changes[field](&l[i])
		if verify(t, l).OK() {
			rt.Fatalf("the %s of event %d", field, i)
		}
	})
}

// TestVerifyOnly: about some streams it says what Verify would if there were no others.
func TestVerifyOnly(t *testing.T) {
	own := func(stream string) bool { return stream == "s1" }
	only := func(l list, seals ...audit.Seal) audit.Report {
		t.Helper()
		report, err := audit.VerifyOnly(t.Context(), l, own, seals...)
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	l := fill(t, newEvents(), 9)
	sound := only(l)
	if !sound.OK() || sound.Events != 3 || sound.Streams != 1 || sound.Seal.Position != 8 {
		t.Errorf("of 3 events in 1 stream, the last at position 8, it says %+v", sound)
	}
	other := slices.Clone(l)
	other[0].Data, other[8].Actor = []byte(`{"amount":9}`), "bob"
	if diff := cmp.Diff(sound, only(slices.Delete(other, 2, 3), sound.Seal)); diff != "" {
		t.Errorf("it depends on other streams (-without +with their faults):\n%s", diff)
	}
	for name, tamper := range map[string]func(list) list{
		"a change":    func(l list) list { l[4].Actor = "bob"; return l },
		"a gap":       func(l list) list { return slices.Delete(l, 4, 5) },
		"an end":      func(l list) list { return slices.Delete(l, 7, 8) },
		"another one": func(l list) list { l[7].Data = []byte(`{}`); l[7].Seal(l[7].PrevHash); return l },
	} {
		if report := only(tamper(slices.Clone(l)), sound.Seal); report.OK() {
			t.Errorf("%s in its stream is not seen: %+v", name, report)
		}
	}
}

// failing is a source that fails after some events.
type failing struct{ list }

var errDisk = errors.New("the disk failed")

func (f failing) ReadAll(ctx context.Context, after int64, limit int) iter.Seq2[store.Event, error] {
	return func(yield func(store.Event, error) bool) {
		for event, err := range f.list.ReadAll(ctx, after, limit) {
			if !yield(event, err) {
				return
			}
		}
		yield(store.Event{}, errDisk)
	}
}

func TestVerifyFails(t *testing.T) {
	l := fill(t, newEvents(), 4)
	report, err := audit.Verify(t.Context(), failing{l})
	if !errors.Is(err, errDisk) || report.Events != 4 {
		t.Errorf("%d events, %v", report.Events, err)
	}
	if seal, err := (audit.Seal{}).Extend(t.Context(), failing{l}); !errors.Is(err, errDisk) || seal.Position != 4 {
		t.Errorf("%v, %v", seal, err)
	}
}

func TestParseSeal(t *testing.T) {
	good := audit.Seal{Position: 42, Root: store.Hash{1, 0xab}}
	if got, err := audit.ParseSeal(good.String()); err != nil || got != good {
		t.Errorf("%v is read as %v, %v", good, got, err)
	}
	zero := strings.Repeat("0", 64)
	for _, text := range []string{"", ":", "1", "1:", "1:" + zero[1:], "1:" + zero + "0", ":" + zero, "-1:" + zero, "01:" + zero, "1:" + strings.Repeat("A", 64), "1:" + strings.Repeat("g", 64), fmt.Sprint("1::", zero[1:])} {
		if got, err := audit.ParseSeal(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func FuzzParseSeal(f *testing.F) {
	f.Add("0:" + strings.Repeat("0", 64))
	f.Add(audit.Seal{Position: 1 << 40, Root: store.Hash{0xff}}.String())
	f.Fuzz(func(t *testing.T, text string) {
		if seal, err := audit.ParseSeal(text); err == nil && seal.String() != text {
			t.Errorf("%q is read as %v", text, seal)
		}
	})
}
