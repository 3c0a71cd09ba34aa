package policy

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// TestInputsAreAsTheirSchemaSays holds every input that can be made of a catalog
// that lies around here to the schema that policies are compiled against.
func TestInputsAreAsTheirSchemaSays(t *testing.T) {
	input, data := compiledSchema(t, InputSchema), compiledSchema(t, DataSchema)
	judged := 0
	for name, c := range everyCatalog(t) {
		r := &Result{inputs: newInputs(everything(c))}
		for e := range c.Current() {
			judged++
			conforms(t, name+": "+e.ID, input, r.inputs.of(e))
		}
		conforms(t, name, data, r.inputs.data(c))
		r.inputs = newInputs(Options{Catalog: c, AsOf: asOf})
		for e := range c.Current() {
			conforms(t, name+": "+e.ID+" alone", input, r.inputs.of(e))
		}
	}
	if judged < 60 {
		t.Errorf("only %d events were found in all catalogs", judged)
	}
}

// everything are options with all that can be known besides the catalog.
func everything(c *catalog.Catalog) Options {
	o := Options{Catalog: c, AsOf: asOf, Changes: map[string]Change{}, Observations: &Observations{types: map[string]*observed{}}}
	direction := "backward"
	for e := range c.Current() {
		o.Changes[e.ID] = Change{
			Verdict: compat.Breaking, Level: compat.Backward, Bump: compat.Major, Previous: "1.0.0",
			Changes: []compat.ChangeData{{Rule: "json/made-required", Kind: compat.MadeRequired, Pointer: "/required/a", Direction: &direction}},
		}
		seen := &observed{count: 3, first: asOf, last: asOf.AddDate(0, 0, 1)}
		seen.pan.see(true, 17)
		seen.sources.add("shop")
		o.Observations.types[e.ID] = seen
	}
	o.Observations.first, o.Observations.last = asOf, asOf.AddDate(0, 0, 1)
	return o
}

func everyCatalog(t *testing.T) map[string]*catalog.Catalog {
	t.Helper()
	catalogs := map[string]*catalog.Catalog{
		"orders": orders(t), "generated": generated(20),
	}
	fixtures, err := filepath.Glob("../catalog/testdata/*/*.txtar")
	if err != nil || len(fixtures) == 0 {
		t.Fatalf("no fixture of package catalog is found: %v", err)
	}
	for _, name := range fixtures {
		fsys, _ := archive(t, name)
		for _, root := range roots(fsys) {
			if c, err := catalog.Load(context.Background(), []string{root}, catalog.Options{FS: fsys}); err == nil {
				catalogs[filepath.Base(name)+"/"+root] = c
			}
		}
	}
	if _, err := os.Stat("../examples/shop/catalog"); err == nil {
		catalogs["shop"] = loadCatalog(t, os.DirFS("../examples/shop"), "catalog")
	}
	return catalogs
}

// roots are the places of a fixture at which a catalog may lie: all of it, and
// each of its files.
func roots(fsys fs.FS) []string {
	names := []string{"."}
	_ = fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(name, ".yaml") {
			names = append(names, name)
		}
		return err
	})
	return names
}

func compiledSchema(t testing.TB, text []byte) *jsonschema.Schema {
	t.Helper()
	schema, err := jsonschema.CompileString("schema.json", string(text))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func conforms(t *testing.T, name string, schema *jsonschema.Schema, value any) {
	t.Helper()
	if err := schema.Validate(asJSON(t, value)); err != nil {
		t.Errorf("%s: %#v", name, err)
	}
}

// asJSON is a value as JSON has it.
func asJSON(t testing.TB, value any) any {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var plain any
	if err := decoder.Decode(&plain); err != nil {
		t.Fatal(err)
	}
	return plain
}

func TestInputSaysWhatIsNotDeclared(t *testing.T) {
	c := plain(t, `
events:
  OrderPlaced:
    version: 1.0.0
    retention-days: 2592000
`)
	input := newInputs(Options{Catalog: c, AsOf: asOf}).of(c.Event("OrderPlaced", ""))
	event := input["event"].(map[string]any)
	got := map[string]any{
		"retention_days": event["retention_days"], "classification": event["classification"], "owners": event["owners"],
		"deprecated": event["deprecated"], "change": input["change"], "observed": input["observed"],
	}
	want := map[string]any{
		"retention_days": json.Number("2592000"), "classification": nil, "owners": []any{},
		"deprecated": nil, "change": nil, "observed": nil,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestNewChange(t *testing.T) {
	waived := report.Finding{Waiver: &report.Waiver{Owner: "billing"}}
	tests := map[string]struct {
		data     compat.SubjectData
		findings []report.Finding
		want     Change
	}{
		"unchanged": {
			data: compat.SubjectData{Verdict: compat.Compatible}, want: Change{Verdict: UnchangedEvent},
		},
		"breaking and waived": {
			data: compat.SubjectData{Verdict: compat.Breaking, Against: "1.0.0"}, findings: []report.Finding{waived},
			want: Change{Verdict: compat.Breaking, Previous: "1.0.0", Waived: true},
		},
		"one of two is not waived": {
			data: compat.SubjectData{Verdict: compat.Breaking}, findings: []report.Finding{waived, {}},
			want: Change{Verdict: compat.Breaking},
		},
		"nothing to waive is not waived": {
			data: compat.SubjectData{Verdict: compat.Breaking}, want: Change{Verdict: compat.Breaking},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, NewChange(test.data, test.findings)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestLastSegment(t *testing.T) {
	for path, want := range map[string]string{
		"email": "email", "customer.email": "email", "items[].sku": "sku", "tags[]": "tags", "labels[*]": "labels", "a.b[][]": "b",
	} {
		if got := lastSegment(path); got != want {
			t.Errorf("lastSegment(%q) = %q, want %q", path, got, want)
		}
	}
}
