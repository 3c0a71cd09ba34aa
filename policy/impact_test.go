package policy

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nexus-blueprint/nexus/report"
)

func TestCompare(t *testing.T) {
	before := scored(t)
	edited := strings.Replace(ownRule, `input.event.business_impact == "none"`, `input.event.business_impact == "a sale"`, 1)
	edited = strings.Replace(edited, `"nobody would notice"`, `"say which sale"`, 1)
	l, err := openOwn(t, edited)
	if err != nil {
		t.Fatal(err)
	}
	after, err := Check(context.Background(), Options{Library: l, Catalog: plain(t, scoredCatalog), AsOf: asOf})
	if err != nil {
		t.Fatal(err)
	}
	impact := Compare(before, after)
	var got []string
	for _, f := range impact.Findings {
		perDay := "unknown"
		if f.PerDay != nil {
			perDay = fmt.Sprint(*f.PerDay)
		}
		got = append(got, fmt.Sprintf("%s %s %s %s, a day: %s", f.Fate, f.Event, f.Rule, f.Owners, perDay))
	}
	want := []string{
		"new A own/impact-stated [ann bob], a day: 14400",
		"fixed B own/impact-stated [ann], a day: 1440",
		"fixed C own/impact-stated [], a day: unknown",
		"unchanged D catalog/undeclared [bob], a day: 1440",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if got, want := impact.Headline(), "1 new, 2 fixed, 1 unchanged; new findings touch 14,400 of 17,280 events a day (catalog)"; got != want {
		t.Errorf("the headline is %q, want %q", got, want)
	}
	wantOwners := report.Table{
		Title: "Impact by owner", Columns: []string{"Owner", "New", "Fixed", "Unchanged", "Events with new", "Events a day"},
		Rows: [][]string{{"(nobody)", "0", "1", "0", "0", "-"}, {"ann", "1", "1", "0", "1", "14,400"}, {"bob", "1", "0", "1", "1", "14,400"}},
	}
	if diff := cmp.Diff(wantOwners, impact.Tables()[1]); diff != "" {
		t.Errorf("owners (-want +got):\n%s", diff)
	}
}

// TestCompareCounts: what two runs share is neither new nor fixed, however often
// and in whatever words it is said.
func TestCompareCounts(t *testing.T) {
	r := scored(t)
	if same := Compare(r, r); same.New+same.Fixed != 0 || same.Same != len(r.Findings()) {
		t.Errorf("compared with itself: %+v", same)
	}
	if all := Compare(nil, r); all.New != len(r.Findings()) || all.Fixed+all.Same != 0 {
		t.Errorf("compared with nothing: %+v", all)
	}
}

// TestRatesOfALog outrank what the catalog declares.
func TestRatesOfALog(t *testing.T) {
	r := scored(t)
	r.Observations = &Observations{
		types: map[string]*observed{"A": {count: 60}}, first: asOf, last: asOf.AddDate(0, 0, 2),
	}
	rates := ratesOf(r)
	if rates.source != "log" || rates.perDay["A"] != 30 || rates.perDay["B"] != 0 {
		t.Errorf("rates %+v", rates)
	}
}

func TestMeasure(t *testing.T) {
	l, err := openOwn(t, ownRule)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Measure(context.Background(), Options{Library: l, Catalog: plain(t, scoredCatalog), AsOf: asOf})
	if err != nil {
		t.Fatal(err)
	}
	if m.Rules != 1 || m.Events != 5 || m.Decisions < minDecisions || m.P50 <= 0 || m.P50 > m.P99 || m.P99 > m.Max || m.All <= 0 {
		t.Errorf("measured %+v", m)
	}
	if row := m.Table().Rows[0]; row[0] != "1" || row[1] != "5" {
		t.Errorf("the table shows %q", row)
	}
}
