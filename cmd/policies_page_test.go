package cmd

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/policy"
	rego "github.com/nexus-blueprint/nexus/skeleton/gate"
)

// docs/policies.md is written from the packs and their cases: NEXUS_UPDATE=1
// writes it, and without it the test fails when the page and the packs have parted.
func TestPoliciesPage(t *testing.T) {
	library, err := policy.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	file, want := filepath.Join("..", "docs", "policies.md"), policiesPage(t, library)
	if os.Getenv("NEXUS_UPDATE") != "" {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/policies.md differs from the packs; NEXUS_UPDATE=1 writes it anew (-packs +page):\n%s", diff)
	}
}

const policiesIntroduction = `# Policies

<!-- Written by a test from the packs themselves: NEXUS_UPDATE=1 go test ./cmd -run TestPoliciesPage -->

The rules that ` + "`nexus policy check`" + ` asks about every event of a catalog, pack by pack. A rule answers
pass, fail, not applicable, or undeclared: the catalog does not say enough to judge by. An undeclared rule
is never satisfied. A satisfied check is a satisfied check, and no proof of compliance.

A citation that was not compared with the text it cites is marked as unverified. "Judges" says what a rule
reads: the catalog, the schema's fields, a log (` + "`--log`" + `; without one the rule is undeclared), the changes since
a baseline (` + "`--against`" + `; without one the rule is not applicable) or an event that is appended to an app's store
(` + "`input.record`" + `; the rule is not applicable to a catalog alone, and the app asks it). The examples are the rules' own test cases,
which ` + "`nexus policy test`" + ` runs; keys that they leave out are not declared.

nexus.yaml puts packs in force, and changes the severity of a rule by its id or its code:

` + "```yaml" + `
policy:
  packs: [blueprint, gdpr]
  rules:
    gdpr/finite-retention: warning
` + "```" + `
`

// policiesPage writes down the packs by name, and their rules by id.
func policiesPage(t *testing.T, library *policy.Library) string {
	var b strings.Builder
	b.WriteString(policiesIntroduction)
	for _, pack := range library.Packs() {
		fmt.Fprintf(&b, "\n## %s\n\n%s, version %s. %s\n", pack.Name, pack.Title, pack.Version, pack.Description)
		for _, r := range library.Rules() {
			if r.Pack == pack.Name {
				writePolicy(t, &b, r)
			}
		}
	}
	return b.String()
}

// judges says what a rule reads.
var judges = map[string]string{
	rego.ReadsCatalog: "the catalog", rego.ReadsSchema: "the schema's fields",
	rego.ReadsLog: "a log", rego.ReadsChange: "the changes since a baseline",
	rego.ReadsRecord: "an event that is appended",
}

func writePolicy(t *testing.T, b *strings.Builder, r policy.Rule) {
	own := r.Document()
	fmt.Fprintf(b, "\n### %s\n\n**%s**\n\n", r.ID, r.Title)
	fmt.Fprintf(b, "- Code: %s\n- Severity: %s\n", r.Code, r.Severity)
	for _, control := range own.Controls {
		fmt.Fprintf(b, "- Citation: %s\n", control)
	}
	var read []string
	for _, part := range r.Reads {
		read = append(read, judges[part])
	}
	fmt.Fprintf(b, "- Judges: %s\n\n", strings.Join(read, ", "))
	if r.Description != own.Why {
		fmt.Fprintf(b, "%s\n\n", r.Description)
	}
	fmt.Fprintf(b, "%s\n\nWhat to do: %s\n", own.Why, r.Fix)
	writeCases(t, b, r)
}

// writeCases shows the cases that stand beside a rule: each with its answer, and
// with what it declares where that is short.
func writeCases(t *testing.T, b *strings.Builder, r policy.Rule) {
	const short = 160
	name := path.Join("policy", strings.TrimSuffix(strings.TrimPrefix(r.File, "nexus:"), ".rego")+".cases.yaml")
	text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	d, err := document.Parse(name, text)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(b, "\n[Cases](../%s):\n\n", name)
	for _, value := range d.Value().(map[string]any)["cases"].([]any) {
		one := value.(map[string]any)
		fmt.Fprintf(b, "- %s: %s", strings.ReplaceAll(one["expect"].(string), "_", " "), one["name"])
		for _, part := range []string{"event", "observed", "change"} {
			if given, there := one[part]; there && len(document.Encode(given)) <= short {
				fmt.Fprintf(b, "; %s `%s`", part, document.Encode(given))
			}
		}
		b.WriteString("\n")
	}
}
