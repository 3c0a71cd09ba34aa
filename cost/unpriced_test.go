package cost

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/report"
)

// Where no price is known there is no amount: 0 would be within every budget.
func TestNothingPriced(t *testing.T) {
	w := declaredWork(onPath(typed("A", 5, 900), "kinesis"), onPath(typed("B", 5, 900), "kinesis-advantage"))
	e := estimate(t, w, "region=eu-west-1", Declared)
	o := e.Outcome(Declared)
	if !o.Unpriced() || e.Comparable(o) || o.TotalText() != "-" {
		t.Fatalf("unpriced %v, comparable %v, %s", o.Unpriced(), e.Comparable(o), o.TotalText())
	}
	for _, row := range append(e.Summary().Rows, e.TypesTable(o).Rows...) {
		if strings.Contains(fmt.Sprint(row), "$") {
			t.Errorf("the row %v has an amount", row)
		}
	}
	d := e.Data(o, Extras{})
	if s := d.Strategies[1]; s.Total != nil || s.Low != nil || s.High != nil || s.Saving != nil || d.Types[0].Cost != nil {
		t.Errorf("data has an amount: %+v %+v", s, d.Types[0])
	}
}

// A side of the comparison that has no price for an event shows none.
func TestUnpricedSide(t *testing.T) {
	declared := estimate(t, declaredWork(onPath(typed("A", 5, 900), "kinesis-advantage")), "region=eu-west-1", Declared)
	observed := estimate(t, declaredWork(onPath(typed("A", 5, 900), "sns-sqs")), "region=eu-west-1", Declared)
	sides := observed.BothSides(observed.Outcome(Declared), declared, &catalog.Catalog{})
	if got := sides.Table().Rows[0][3]; !strings.HasPrefix(got, "- → $") {
		t.Errorf("the cost is %s", got)
	}
	if line := sides.data().Events[0]; line.Declared.Cost != nil || line.Observed.Cost == nil {
		t.Errorf("data are %+v and %+v", line.Declared, line.Observed)
	}
}

// A price that nobody uses is not missed; one that is used refuses its types alone.
func TestMissingPriceOfOthers(t *testing.T) {
	queued, called := onPath(typed("Queued", 5, 900), "sns-sqs"), onPath(typed("Called", 5, 900), "sns-sqs")
	called.Consumers = []Consumer{{Name: "hook", Kind: Webhook}}
	e := estimate(t, declaredWork(called, queued), "region=eu-west-1", Declared)
	o := e.Outcome(Declared)
	if o.Unpriced() || o.Total <= 0 || o.Types[0].Paths != nil || o.Types[1].Paths == nil {
		t.Errorf("%s for %+v", o.Total, o.Types)
	}
	want := []Left{{"Called", "the price book has no price for sns.standard/deliver_http in eu-west-1; add it with --prices"}}
	if diff := cmp.Diff(want, o.Left); diff != "" {
		t.Error(diff)
	}
	// All types on Kinesis have no price there: nothing says what was saved.
	if e.Comparable(o) {
		t.Error("a total is compared with nothing")
	}
	list, err := e.Sensitivities(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if !math.IsNaN(s.Saving) {
			t.Errorf("%s saves %v of nothing", s.Change, s.Saving)
		}
	}
}

// Amounts beyond what can be counted are refused, each by itself and added up. They
// used to wrap around, into the budget.
func TestTooLargeToCount(t *testing.T) {
	huge := onPath(typed("Huge", 1e8, 1<<20), "kinesis")
	small := onPath(typed("Small", 1, 900), "sqs")
	// What they bring in is $7.2 billion, what they take out $3.5 billion: either can
	// be counted.
	many := []Traffic{small}
	for i := range 100 {
		many = append(many, onPath(typed(fmt.Sprintf("Large%02d", i), 6e6, 60_000), "sqs"))
	}
	many = append(many, onPath(typed("Largest", 9e6, 60_000), "sqs"))
	tests := []struct {
		name  string
		types []Traffic
		want  string
	}{
		{"one type", []Traffic{huge, small}, "most of it for Huge"},
		{"many types", many, "most of it for Largest"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			book, err := DefaultBook()
			if err != nil {
				t.Fatal(err)
			}
			_, err = Make(context.Background(), declaredWork(test.types...), book, Options{Assumptions: DefaultAssumptions(), Draws: 10})
			if large, ok := errors.AsType[*TooLargeError](err); !ok || !strings.Contains(large.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// What machines read adds up: a line of less than half a cent is one all the same.
func TestDataAddsUp(t *testing.T) {
	var types []Traffic
	for i := range 300 {
		types = append(types, onPath(typed(fmt.Sprintf("T%03d", i), 0.001*float64(i), 900+7*i), "sns-sqs"))
	}
	e := estimate(t, declaredWork(types...), "empty-polls=off", Declared)
	d := e.Data(e.Outcome(Declared), Extras{By: []string{"owner"}})
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Strategies           []struct{ Total json.Number }
		Lines, Types, Groups []struct{ Cost json.Number }
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&read); err != nil {
		t.Fatal(err)
	}
	for name, list := range map[string][]struct{ Cost json.Number }{"lines": read.Lines, "types": read.Types, "groups": read.Groups} {
		sum := new(big.Rat)
		for _, one := range list {
			cost, ok := new(big.Rat).SetString(one.Cost.String())
			if !ok {
				t.Fatalf("%q is no number", one.Cost)
			}
			sum.Add(sum, cost)
		}
		total, _ := new(big.Rat).SetString(read.Strategies[1].Total.String())
		if sum.Cmp(total) != 0 {
			t.Errorf("%s add up to %s, the total is %s", name, sum.FloatString(9), total.FloatString(9))
		}
	}
}

// Once somebody interrupts, no further assumption is tried.
func TestInterruptedSensitivities(t *testing.T) {
	e := estimate(t, declaredWork(onPath(typed("A", 5, 900), "sqs")), "", Declared)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	list, err := e.changes()
	if err != nil {
		t.Fatal(err)
	}
	if err := e.tryAll(ctx, list, Declared); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for _, c := range list {
		if c.result != nil {
			t.Errorf("%s was tried", c.change)
		}
	}
}

// A type that is declared and never comes is as far from its rate as can be.
func TestDriftOfAbsentTypes(t *testing.T) {
	const text = `events:
  Came: {version: 1.0.0, x-rate-per-min: 1, x-payload-bytes: 100}
  Idle: {version: 1.0.0, x-rate-per-min: 0, x-payload-bytes: 100}
  Rare: {version: 1.0.0, x-rate-per-min: 0.0001, x-payload-bytes: 100}
  Silent: {version: 1.0.0, x-rate-per-min: 60, x-payload-bytes: 100}
  Unknown: {version: 1.0.0}
`
	c, err := catalog.Load(context.Background(), []string{"catalog.yaml"}, catalog.Options{FS: fstest.MapFS{"catalog.yaml": {Data: []byte(text)}}})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		hours int
		want  []string
	}{
		{"two days", 48, []string{"catalog.yaml:5: cost/drift-rate: Silent is declared at 60 a minute, and never came in 48.0 hours, in which the log should have 172,741 of it"}},
		{"too short to tell", 12, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var log strings.Builder
			for i := range 60 * test.hours {
				fmt.Fprintf(&log, `{"specversion":"1.0","id":"%d","source":"/s","type":"Came","time":"2026-01-%02dT%02d:%02d:00Z","data":{}}`+"\n", i, 5+i/1440, i/60%24, i%60)
			}
			w, err := FromLog(context.Background(), openText(t, []byte(log.String())), c, TrafficOptions{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			findings, _ := w.Drift(c)
			for _, f := range findings {
				if f.Rule == RuleDriftRate {
					got = append(got, fmt.Sprintf("%s:%d: %s: %s", f.Location.File, f.Location.Line, f.Rule, f.Message))
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is about all types points at the dearest that is priced, not at what happens to
// stand first.
func TestDearest(t *testing.T) {
	const text = `commands:
  Cancel: {version: 1.0.0}
events:
  A: {version: 1.0.0}
  B: {version: 1.0.0}
  C: {version: 1.0.0}
`
	c, err := catalog.Load(context.Background(), []string{"catalog.yaml"}, catalog.Options{FS: fstest.MapFS{"catalog.yaml": {Data: []byte(text)}}})
	if err != nil {
		t.Fatal(err)
	}
	e := estimate(t, declaredWork(onPath(typed("B", 1, 900), "sqs"), onPath(typed("C", 900, 900), "sqs")), "", Declared)
	at, ok := e.Dearest(e.Outcome(Declared), c)
	if want := (report.Location{File: "catalog.yaml", Line: 6}); !ok || at.File != want.File || at.Line != want.Line {
		t.Errorf("the place is %+v (%v), want %+v", at, ok, want)
	}
	if at, ok := e.Dearest(e.Outcome(Declared), nil); ok {
		t.Errorf("without a catalog the place is %+v", at)
	}
}
