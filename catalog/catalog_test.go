package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

func TestMatches(t *testing.T) {
	tests := []struct {
		versions, in, out string
	}{
		{"1.2.3", "1.2.3 v1.2.3", "1.2.4 1.2 1.2.3-rc.1"},
		{"v1.2.3", "1.2.3", "1.2.4"},
		{"1.x", "1.0.0 1.9.4 1", "2.0.0 0.9.0 10.0.0"},
		{"1.2.X", "1.2.0 1.2.9", "1.3.0"},
		{"*", "0.0.1 7.0.0", ""},
		{"^1.2.3", "1.2.3 1.2.4 1.10.0", "1.2.2 2.0.0 1.2.3-rc.1"},
		{"^0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2 1.0.0"},
		{"^0.0.3", "0.0.3", "0.0.4"},
		{"^1", "1.0.0 1.9.0", "2.0.0"},
		{"~1.2.3", "1.2.3 1.2.9", "1.3.0 1.2.2"},
		{"~1", "1.0.0 1.9.0", "2.0.0"},
		{">=1.2.0 <2", "1.2.0 1.9.9", "1.1.9 2.0.0"},
		{">= 1.2.0 < 2", "1.2.0", "2.0.0"},
		{"1.0.0 || ^3.0.0", "1.0.0 3.4.0", "1.0.1 2.0.0"},
		{"2024-01", "2024-01", "2024-02"},
		{"", "", "1.0.0"},
	}
	for _, test := range tests {
		for _, version := range strings.Fields(test.in) {
			if !matches(test.versions, version) {
				t.Errorf("%s is not in %q", version, test.versions)
			}
		}
		for _, version := range strings.Fields(test.out) {
			if matches(test.versions, version) {
				t.Errorf("%s is in %q", version, test.versions)
			}
		}
	}
}

func TestCompareVersionsIsAnOrder(t *testing.T) {
	version := rapid.StringMatching(`v?(0|1|2|10|x|beta)(\.(0|1|10|a)){0,2}(-(rc|1|rc\.1|rc\.10))?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := version.Draw(t, "a"), version.Draw(t, "b"), version.Draw(t, "c")
		if compareVersions(a, b) != -compareVersions(b, a) {
			t.Fatalf("%q and %q have no order", a, b)
		}
		if compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0 && compareVersions(a, c) > 0 {
			t.Fatalf("%q <= %q <= %q, and the first is above the last", a, b, c)
		}
	})
}

func TestAddFields(t *testing.T) {
	text := "{\n  \"properties\": {\n    \"email\": {\"type\": \"string\", \"x-pii\": true, \"x-data-category\": \"contact\"},\n    \"name\": {\"pii\": \"no\"}\n  }\n}\n"
	beside := Place{File: "index.mdx", Line: 4, Column: 3}
	e := &Event{
		ID:     "A",
		Schema: Value[Schema]{Get: Schema{File: "schema.json", Text: []byte(text)}, Source: Declared},
		Fields: []Field{
			Field{Path: "gone", Place: beside}.With(FieldFacts{PII: Value[bool]{Get: true, Source: Declared, Place: beside}}),
			Field{Path: "email", Place: beside}.With(FieldFacts{Category: Value[string]{Get: "work", Source: Declared, Place: beside}}),
		},
	}
	list := []schema.Field{
		{Path: "email", Type: "string", Required: true, Pointer: "/properties/email", Annotations: map[string]any{"x-pii": true, "x-data-category": "contact", "format": "email"}},
		{Path: "name", Type: "string", Pointer: "/properties/name", Annotations: map[string]any{"pii": "no", "x-retries": json.Number("3")}},
	}
	for range 2 { // twice is as good as once
		e.AddFields(list)
	}
	var got []string
	for _, f := range e.Fields {
		at := e.FieldPlace(f.Facts().PII.Place)
		got = append(got, fmt.Sprintf("%s %s pii=%v %s:%d category=%s", f.Path, f.Type, f.Facts().PII.Get, at.File, at.Line, f.Facts().Category.Get))
	}
	want := []string{
		"email string pii=true schema.json:3 category=work",
		"name string pii=false schema.json:4 category=",
		"gone  pii=true index.mdx:4 category=",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	c := &Catalog{Events: []*Event{e}}
	e.Current = true
	findings, _ := c.Check(CheckOptions{})
	if !has(findings, RuleUndefinedField) {
		t.Errorf("no finding says that the schema lacks the field gone: %v", findings)
	}
}

func has(findings []report.Finding, rule string) bool {
	for _, f := range findings {
		if f.Rule == rule {
			return true
		}
	}
	return false
}

func TestCheckFollowsSeverities(t *testing.T) {
	root := fstest.MapFS{"catalog.yaml": {Data: []byte("events:\n  A: {owners: [x]}\n"), Mode: 0o644}}
	c, err := Load(t.Context(), []string{"catalog.yaml"}, Options{FS: root})
	if err != nil {
		t.Fatal(err)
	}
	findings, checks := c.Check(CheckOptions{Severities: map[string]report.Severity{RuleUnsent: "off", RuleMissingVersion: report.Error}})
	if has(findings, RuleUnsent) {
		t.Error("a rule that is off has a finding")
	}
	for _, f := range findings {
		if f.Rule == RuleMissingVersion && f.Severity != report.Error {
			t.Errorf("severity %s, want error", f.Severity)
		}
	}
	for _, check := range checks {
		if check.Rule == RuleUnsent && check.Result != report.NotApplicable {
			t.Errorf("a rule that is off was judged: %s", check.Result)
		}
	}
}

func TestEveryRuleIsDocumented(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		if seen[r.ID] || !strings.HasPrefix(r.ID, "catalog/") || r.Title == "" || r.Why == "" || r.Fix == "" || r.Severity == "" {
			t.Errorf("incomplete or twice: %+v", r)
		}
		seen[r.ID] = true
	}
}

func TestLoadLargeFiles(t *testing.T) {
	var wide bytes.Buffer
	wide.WriteString("events:\n")
	for i := range 60_000 {
		fmt.Fprintf(&wide, "  Event%d: {version: 1.0, owners: [nobody%d], channels: [none%d]}\n", i, i, i)
	}
	page := "---\nid: A\nversion: 1.0.0\nsummary: |\n" + strings.Repeat("  "+strings.Repeat("x", 98)+"\n", 100_000) + "---\n"
	root := fstest.MapFS{
		"catalog.yaml":       {Data: wide.Bytes(), Mode: 0o644},
		"events/A/index.mdx": {Data: []byte(page), Mode: 0o644},
		"events/B/index.mdx": {Data: bytes.Repeat([]byte("x"), 17<<20), Mode: 0o644},
	}
	c, err := Load(t.Context(), []string{"."}, Options{FS: root})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Events) != 60_001 || len(c.Problems) != 1 {
		t.Errorf("%d events, problems %v", len(c.Events), c.Problems)
	}
	c.Check(CheckOptions{})
}

// The catalogs of the examples hold together, but for what they show.
func TestExamples(t *testing.T) {
	tests := []struct {
		path     string
		events   int
		findings []string
	}{
		{"examples/orders/catalog", 10, nil},
		{"examples/shop/catalog", 9, []string{"catalog/unreceived-event InvoiceIssued"}},
	}
	for _, test := range tests {
		c, err := Load(t.Context(), []string{test.path}, Options{FS: os.DirFS("..")})
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Events) != test.events || len(c.Problems) > 0 {
			t.Errorf("%s: %d events, problems %v", test.path, len(c.Events), c.Problems)
		}
		var got []string
		findings, _ := c.Check(CheckOptions{})
		for _, f := range findings {
			got = append(got, f.Rule+" "+f.Subject)
		}
		if diff := cmp.Diff(test.findings, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.path, diff)
		}
		for _, e := range c.Events {
			if !e.Schema.Known() {
				t.Errorf("%s: %s has no schema", test.path, e.ID)
			}
		}
	}
}

// A flag that says no, in whatever words, is no deprecation.
func TestDeprecation(t *testing.T) {
	for text, want := range map[string]string{
		"false": "", "no": "", "\"false\"": "", "\"\"": "", "null": "",
		"true": "declared ", "yes": "declared ", "use B": "declared use B", "{message: \"no\"}": "declared no", "{date: 2026-01-31}": "declared 2026-01-31",
	} {
		root := fstest.MapFS{"catalog.yaml": {Mode: 0o644, Data: []byte("events: {A: {version: 1.0.0, deprecated: " + text + "}}\n")}}
		c, err := Load(context.Background(), []string{"catalog.yaml"}, Options{FS: root})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if v := c.Event("A", "").Deprecated; v.Known() {
			got = string(v.Source) + " " + v.Get
		}
		if got != want {
			t.Errorf("deprecated: %s is read as %q, want %q", text, got, want)
		}
	}
}
