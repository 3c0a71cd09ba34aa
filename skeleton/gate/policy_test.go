package gate_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// strict are options with the schemas of testdata.
func strict() gate.PolicyOptions {
	input, err := os.ReadFile("testdata/input.schema.json")
	if err != nil {
		panic(err)
	}
	data, err := os.ReadFile("testdata/data.schema.json")
	if err != nil {
		panic(err)
	}
	return gate.PolicyOptions{InputSchema: input, DataSchema: data}
}

const retention = `# METADATA
# title: Personal data has a finite retention
# description: An event with personal data is kept for ever.
# custom:
#   id: gdpr/finite-retention
#   code: GDPR-RET-01
#   severity: warning
#   controls: ["GDPR Art. 5(1)(e)", "GDPR Art. 30(1)(f)"]
#   verified: true
#   why: Data that is not needed any more can only do harm.
#   fix: Declare x-retention-days.
#   reads: [catalog, log]
package nexus.rules.gdpr.finite_retention

import data.nexus.lib.personal

applies if personal.event

undeclared contains "x-retention-days" if input.event.retention_days == null

deny contains {"message": "it is kept for ever"} if input.event.retention_days < 0
`

// retentionTest is a test of it, as Rego has them.
const retentionTest = `package nexus.rules.gdpr.finite_retention_test

import data.nexus.rules.gdpr.finite_retention

for_ever := {"event": {"retention_days": -1, "fields": []}}

test_kept_for_ever if count(finite_retention.deny) == 1 with input as for_ever
`

func TestRulesTellTheirMetadata(t *testing.T) {
	modules := []gate.Module{
		{File: "gdpr/finite_retention_test.rego", Text: retentionTest},
		{File: "gdpr/finite_retention.rego", Text: retention},
		{File: "lib/personal.rego", Text: personal},
		rego("owner", anyEvent),
	}
	policies, err := gate.CompilePolicies(modules, strict())
	if err != nil {
		t.Fatal(err)
	}
	want := []gate.PolicyRule{
		{ID: "bench/owner", Title: "owner", Severity: gate.SeverityError, File: "owner.rego", Line: 6},
		{
			ID: "gdpr/finite-retention", Code: "GDPR-RET-01", Severity: gate.SeverityWarning,
			Title:       "Personal data has a finite retention",
			Description: "An event with personal data is kept for ever.",
			Controls:    []string{"GDPR Art. 5(1)(e)", "GDPR Art. 30(1)(f)"},
			Verified:    true,
			Why:         "Data that is not needed any more can only do harm.",
			Fix:         "Declare x-retention-days.",
			Reads:       []string{gate.ReadsCatalog, gate.ReadsLog},
			File:        "gdpr/finite_retention.rego", Line: 13,
		},
	}
	if diff := cmp.Diff(want, policies.Rules()); diff != "" {
		t.Errorf("rules differ (-want +got):\n%s", diff)
	}
}

func TestTestsAreCompiledStrictly(t *testing.T) {
	misspelt := strings.Replace(retentionTest, "finite_retention.deny", "finite_retention.dney", 1)
	modules := []gate.Module{
		{File: "finite_retention_test.rego", Text: misspelt},
		{File: "finite_retention.rego", Text: retention},
		{File: "personal.rego", Text: personal},
	}
	_, err := gate.CompilePolicies(modules, strict())
	want := "compiling policies: finite_retention_test.rego:7:29: data.nexus.rules.gdpr.finite_retention.dney does not exist\n" +
		"\thint: did you mean deny? valid: applies, deny, undeclared"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestAFileIsGivenOnce(t *testing.T) {
	_, err := gate.CompilePolicies([]gate.Module{rego("owner", anyEvent), rego("owner", anyEvent)}, strict())
	want := "compiling policies: owner.rego:1:1: the file is given twice\n\thint: pass each file once"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestSchemasMustBeJSON(t *testing.T) {
	tests := []struct {
		options gate.PolicyOptions
		want    string
	}{
		{gate.PolicyOptions{InputSchema: []byte("{")}, "compiling policies: reading the JSON Schema of input: unexpected EOF"},
		{gate.PolicyOptions{DataSchema: []byte("[]")}, "compiling policies: reading the JSON Schema of data.catalog: json: cannot unmarshal array into Go value of type map[string]interface {}"},
	}
	for _, test := range tests {
		_, err := gate.CompilePolicies([]gate.Module{rego("owner", anyEvent)}, test.options)
		if err == nil || err.Error() != test.want {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
	}
}

// TestCapabilitiesAreClosed: nothing that a policy may call depends on anything
// but its arguments.
func TestCapabilitiesAreClosed(t *testing.T) {
	allowed := gate.Capabilities()
	if allowed.AllowNet == nil || len(allowed.AllowNet) > 0 {
		t.Errorf("AllowNet is %#v, which is not an empty list", allowed.AllowNet)
	}
	for _, b := range allowed.Builtins {
		switch b.Name {
		case "http.send", "net.lookup_ip_addr", "opa.runtime", "rand.intn", "time.now_ns", "uuid.rfc4122":
			t.Errorf("policies may call %s", b.Name)
		}
	}
}
