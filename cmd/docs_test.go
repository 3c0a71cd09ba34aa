package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
)

// docs/rules.md is written from the rules themselves: NEXUS_UPDATE=1 writes it,
// and without it the test fails when the page and the rules have parted.
func TestRulesPage(t *testing.T) {
	file := filepath.Join("..", "docs", "rules.md")
	a := newApp(strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{})
	want := rulesPage(sortedRules(slices.Concat(a.schemaRules(), otherRules())))
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
		t.Errorf("docs/rules.md differs from the rules; NEXUS_UPDATE=1 writes it anew (-rules +page):\n%s", diff)
	}
}

// families says in a sentence what the rules of a family are about, and where
// to read more.
var families = map[string]string{
	"avro":      "Changes of an Avro schema, judged by the specification's schema resolution. Each rule has worked examples with witness and fix in [testdata/rules](../compat/avro/testdata/rules).",
	"blueprint": "How an event may evolve, in any schema format. The switches of the profile `blueprint` in nexus.yaml turn these rules on and off.",
	"catalog":   "What a catalog says of itself. `nexus catalog check` judges by them; policy.rules of nexus.yaml sets how grave they are.",
	"confluent": "What Confluent Schema Registry would say. The profile `confluent` predicts it, and tells where it is wrong.",
	"cost":      "What an estimate says of types, budgets and claims: `nexus cost estimate`. See [cost.md](cost.md).",
	"glue":      "What AWS Glue's schema registry is expected to say. The profile `glue` predicts it, and tells where it is wrong.",
	"json":      "Changes of a JSON Schema. A rule names what changed; whether that breaks anybody is proved for each change in its place. Each rule has worked examples with witness and fix in [testdata/rules](../compat/jsonschema/testdata/rules).",
	"log":       "What was recorded, judged by the new schemas: `nexus schema check --log`.",
	"policy":    "Tests of policies, and ledgers of earlier runs. The rules that judge events are in [policies.md](policies.md).",
	"proto":     "Changes of a Protobuf schema. `--category` says which rules hold: those of the binary form, of the JSON form too, or of generated code as well. Each rule has worked examples with witness and fix in [testdata/rules](../compat/protobuf/testdata/rules).",
	"registry":  "Subjects and their versions, in any schema format.",
	"waiver":    "Reviewed exceptions. See [waivers.md](waivers.md).",
}

// rulesPage writes down the rules, which are sorted by id, family by family.
func rulesPage(rules []report.Rule) string {
	var b strings.Builder
	b.WriteString("# Rules\n\n<!-- Written by a test from the rules themselves: NEXUS_UPDATE=1 go test ./cmd -run TestRulesPage -->\n\n")
	b.WriteString("Every finding names one of these rules, or one of [policies.md](policies.md). `nexus explain RULE` shows the same text.\n" +
		"nexus.yaml changes the severity of a rule, or switches it off.\n")
	last, listing := "", false
	for _, r := range rules {
		if family, _, _ := strings.Cut(r.ID, "/"); family != last {
			fmt.Fprintf(&b, "\n## %s\n", family)
			if about := families[family]; about != "" {
				fmt.Fprintf(&b, "\n%s\n", about)
			}
			last = family
		}
		if twin := twinOf(r, rules); twin != "" {
			if !listing {
				b.WriteString("\n")
			}
			listing = true
			fmt.Fprintf(&b, "- `%s`: as `%s`\n", r.ID, twin)
			continue
		}
		listing = false
		writeRule(&b, r)
	}
	return b.String()
}

// twinOf is the rule of Confluent's that a rule of Glue's repeats word for word,
// or "".
func twinOf(r report.Rule, rules []report.Rule) string {
	name, ok := strings.CutPrefix(r.ID, "glue/")
	i := slices.IndexFunc(rules, func(other report.Rule) bool { return other.ID == "confluent/"+name })
	if !ok || i < 0 || rules[i].Why != r.Why || rules[i].Before != r.Before || rules[i].After != r.After {
		return ""
	}
	return rules[i].ID
}

func writeRule(b *strings.Builder, r report.Rule) {
	fmt.Fprintf(b, "\n### %s\n\n**%s**\n\n- Severity: %s\n", r.ID, r.Title, r.Severity)
	if r.Kind != "" {
		fmt.Fprintf(b, "- Kind of change: %s\n", r.Kind)
	}
	for _, control := range r.Controls {
		fmt.Fprintf(b, "- Control: %s\n", control)
	}
	fmt.Fprintf(b, "\n%s\n", r.Why)
	writeExcerpt(b, "Before", r.Before)
	writeExcerpt(b, "After", r.After)
	if r.Fix != "" {
		fmt.Fprintf(b, "\nWhat to do: %s\n", r.Fix)
	}
}

func writeExcerpt(b *strings.Builder, title, text string) {
	if text == "" {
		return
	}
	language := "text"
	switch {
	case json.Valid([]byte(text)):
		language = "json"
	case strings.Contains(text, "message "), strings.Contains(text, "syntax ="):
		language = "proto"
	}
	fmt.Fprintf(b, "\n%s:\n\n```%s\n%s\n```\n", title, language, text)
}

// Every rule is a page that stands on its own.
func TestEveryRuleIsDocumented(t *testing.T) {
	ofPacks := namesOf(packRules())
	for _, r := range newApp(strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}).rules() {
		family, name, ok := strings.Cut(r.ID, "/")
		if !ok || name == "" || families[family] == "" && !slices.Contains(ofPacks, r.ID) {
			t.Errorf("%s: the id is not FAMILY/NAME of a family that the page introduces", r.ID)
		}
		if r.Title == "" || strings.HasSuffix(r.Title, ".") {
			t.Errorf("%s: title %q", r.ID, r.Title)
		}
		for what, text := range map[string]string{"why": r.Why, "fix": r.Fix} {
			if !strings.HasSuffix(strings.TrimSuffix(text, ")"), ".") {
				t.Errorf("%s: %s must be a sentence, not %q", r.ID, what, text)
			}
		}
		if (r.Before == "") != (r.After == "") {
			t.Errorf("%s has one excerpt of two", r.ID)
		}
		switch r.Severity {
		case report.Error, report.Warning, report.Note:
		default:
			t.Errorf("%s: severity %q", r.ID, r.Severity)
		}
	}
}

// The workflow that README shows is the one that init writes.
func TestReadmeShowsTheWorkflow(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "```yaml\n"+string(initGitHub)+"```\n") {
		t.Error("README.md does not show cmd/init/github.yaml")
	}
}

// The action takes the profiles that there are.
func TestActionListsTheProfiles(t *testing.T) {
	action, err := os.ReadFile(filepath.Join("..", "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	last := len(compat.Profiles) - 1
	want := strings.Join(compat.Profiles[:last], ", ") + " or " + compat.Profiles[last]
	if !strings.Contains(string(action), "description: "+want+".") {
		t.Errorf("action.yml does not list the profiles %s", want)
	}
}
