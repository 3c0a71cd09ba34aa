package scaffold_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/policy"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/scaffold"
)

// TestFreshCatalogIsSound: whatever a spec says, the catalog that nexus writes for it
// has no finding, and no rule of the default pack fails.
func TestFreshCatalogIsSound(t *testing.T) {
	text, err := os.ReadFile("../examples/iot/domain.yaml")
	if err != nil {
		t.Fatal(err)
	}
	iot, err := scaffold.ReadSpec("domain.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	people, err := scaffold.Flags("people", scaffold.FlagOptions{Aggregates: []scaffold.AggregateFlags{
		{Name: "Person", Commands: []string{"AddPerson:PersonAdded{email:email,tags:string[],born:date?}", "MovePerson:PersonMoved{to:uri}"}},
		{Name: "Größe"}, {Name: "X9"}, {Name: "HTTPCheck"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	library, err := policy.Open(fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []scaffold.Spec{iot, people} {
		for _, f := range judgeFresh(t, s, library) {
			t.Errorf("%s: %s: %s", s.Name, f.Rule, f.Message)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t)
		for i := range s.Aggregates { // facts are the user's, and may break rules
			for j := range s.Aggregates[i].Events {
				s.Aggregates[i].Events[j].Facts = nil
			}
		}
		for _, f := range judgeFresh(t, s, nil) { // the rules are the same for every name
			t.Errorf("%s: %s\n%s", f.Rule, f.Message, s.Write())
		}
	})
}

type failer interface {
	Helper()
	Fatal(args ...any)
}

// judgeFresh checks the catalog of a new app, and asks the default pack if there is a
// library.
func judgeFresh(t failer, s scaffold.Spec, library *policy.Library) []report.Finding {
	t.Helper()
	s, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	fsys, err := scaffold.CatalogFiles(s).FS()
	if err != nil {
		t.Fatal(err)
	}
	c, err := scaffold.ReadCatalog(context.Background(), fsys)
	if err != nil {
		t.Fatal(err)
	}
	findings, _ := c.Check(catalog.CheckOptions{})
	if library == nil {
		return findings
	}
	result, err := policy.Check(context.Background(), policy.Options{
		Library: library, Selection: policy.Selection{Packs: []string{"blueprint"}}, Catalog: c,
		AsOf: time.Date(2025, 1, 6, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	var open []report.Finding
	for _, f := range append(findings, result.Findings()...) {
		if !strings.HasPrefix(f.Rule, "catalog/undeclared") { // for want of a log
			open = append(open, f)
		}
	}
	return open
}

// TestFactsOfTheSpecWin: what a spec says of an event stands in the catalog, and the
// path follows the criticality.
func TestFactsOfTheSpecWin(t *testing.T) {
	s, err := scaffold.ReadSpec("domain.yaml", []byte(`version: 1
name: iot
aggregates:
  - name: Sensor
    events:
      SensorFailed: {fields: {email: email}, facts: {criticality: critical, retention-days: 30, colour: blue, regulations: [gdpr]}}
    commands:
      FailSensor: {event: SensorFailed, creates: true}
`))
	if err != nil {
		t.Fatal(err)
	}
	if s, err = s.Resolve(nil); err != nil {
		t.Fatal(err)
	}
	page := string(scaffold.CatalogFiles(s)["catalog/events/SensorFailed/index.mdx"])
	for _, want := range []string{
		"x-criticality: critical\n", "x-path: critical\n", "x-retention-days: 30\n", "x-colour: blue\n", "x-regulations: [gdpr]\n",
		"x-data-classification: confidential\n", "x-data-category: personal\n",
	} {
		if strings.Count(page, want) != 1 {
			t.Errorf("%q is not there once:\n%s", want, page)
		}
	}
}
