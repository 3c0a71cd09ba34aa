package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// words is a whole schema format: a schema lists the words that are allowed. It
// shows that a further format needs an engine and one row in the table, nothing
// else.
type wordEngine struct{}

type wordSchema struct {
	source schema.Schema
	words  []string
}

func (wordEngine) Format() schema.Format { return "words" }
func (wordEngine) Rules() []report.Rule {
	return []report.Rule{{ID: "words/removed", Title: "A word was removed", Severity: report.Error}}
}
func (wordEngine) Fixes(compat.Parsed, compat.Parsed, compat.Change, compat.Direction) []compat.Fix {
	return nil
}
func (wordEngine) Parse(s schema.Schema) (compat.Parsed, error) {
	if len(s.Text) == 0 {
		return nil, &compat.InputError{Code: "malformed-schema", Message: "no words", Location: report.Location{File: s.File, Line: 1}}
	}
	return wordSchema{s, strings.Fields(string(s.Text))}, nil
}
func (wordEngine) Compare(_ context.Context, previous, next compat.Parsed, _ []compat.Direction) (*compat.Comparison, error) {
	c := &compat.Comparison{Backward: compat.Truth{Verdict: compat.Compatible, Proof: compat.ByContainment}, Forward: compat.Truth{Verdict: compat.Compatible, Proof: compat.ByContainment}}
	for i, word := range previous.(wordSchema).words {
		if !slices.Contains(next.(wordSchema).words, word) {
			w := &report.Witness{Encoding: "json", Document: word, Text: `"` + word + `"`, Origin: "search", Old: "accepts", New: "rejects: not a word"}
			c.Backward = compat.Truth{Verdict: compat.Breaking, Proof: compat.ByWitness, Witness: w}
			c.Changes = append(c.Changes, compat.Change{Rule: "words/removed", Kind: compat.ValuesNarrowed, Pointer: "/" + word, OldPointer: string(rune('0' + i)), Message: "word " + word + " was removed", Backward: compat.Effect{Breaks: true, Proof: compat.ByWitness, Witness: w}})
		}
	}
	return c, nil
}
func (w wordSchema) Schema() schema.Schema { return w.source }
func (w wordSchema) Locate(pointer string) report.Location {
	return report.Location{File: w.source.File, Line: 1, Column: 1, EndLine: 1, EndColumn: 1, Pointer: pointer}
}
func (w wordSchema) Validator() (schema.Validator, error) { return w, nil }
func (w wordSchema) Validate(document any) error          { return nil }
func (w wordSchema) DeclaredVersion() string              { return "" }

// shelf is a whole registry: a map from subject to text.
type shelf map[string]string

func (s shelf) Subjects(context.Context) ([]string, error) {
	var names []string
	for name := range s {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}
func (s shelf) Versions(context.Context, string) ([]string, error) { return []string{"7"}, nil }
func (s shelf) Schema(_ context.Context, subject, _ string) (schema.Schema, error) {
	text, ok := s[subject]
	if !ok {
		return schema.Schema{}, registry.ErrNotFound
	}
	return schema.Schema{Subject: subject, Version: "7", Format: "words", File: "shelf/" + subject, Text: []byte(text)}, nil
}
func (s shelf) Compatibility(context.Context, string) (compat.Level, error) {
	return compat.FullTransitive, nil
}

// runFake runs the program in a folder of its own with the fake format and registry.
func runFake(t *testing.T, files map[string]string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	a := &app{
		stdin: strings.NewReader(""), stdout: &out, stderr: &errs, dir: dir,
		env: func(string) string { return "" }, environ: func() []string { return nil },
		now: func() time.Time { return time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC) },
		formats: []format{{
			kind:   registry.Kind{Format: "words", Suffixes: []string{".words"}},
			family: "words",
			engine: func(engineOptions) (compat.Engine, error) { return wordEngine{}, nil },
		}},
		baselines: append(slices.Clone(baselines), baseline{kind: "shelf", title: "a shelf", open: func(_ context.Context, _ *options, ref string, _ registry.Layout) (*source, error) {
			return &source{Registry: shelf{"colours": "red green", "sizes": "small large"}, ref: "shelf:" + ref, resolved: ref}, nil
		}}),
	}
	code = a.run(t.Context(), args)
	return out.String(), errs.String(), code
}

func TestSeams(t *testing.T) {
	files := map[string]string{"colours.words": "red blue", "sizes.words": "small large huge", "moods.words": "glad"}
	args := []string{"schema", "check", "--against", "shelf:home", "."}
	for _, name := range formatNames() {
		t.Run(name, func(t *testing.T) {
			out, errs, code := runFake(t, files, append(args, "--format", name)...)
			if code != exitFindings {
				t.Fatalf("exit code %d, want %d\n%s%s", code, exitFindings, out, errs)
			}
			if !strings.Contains(out, "green") {
				t.Errorf("the output does not name the removed word:\n%s", out)
			}
		})
	}
}

func TestSeamsReport(t *testing.T) {
	files := map[string]string{"colours.words": "red blue", "sizes.words": "small large", "empty.words": ""}
	out, errs, code := runFake(t, files, "schema", "check", "--against", "shelf:home", "--format", "json")
	if code != exitUnchecked {
		t.Fatalf("exit code %d, want %d: a malformed schema is never green\n%s", code, exitUnchecked, errs)
	}
	var got struct {
		Outcome  string
		Checked  int
		Findings []struct{ Rule, Subject string }
		Errors   []struct{ Code, Subject string }
		Data     struct {
			Subjects []struct{ Subject, Against, Level, Verdict string }
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	want := got
	want.Outcome, want.Checked = "unchecked", 2
	want.Findings = []struct{ Rule, Subject string }{{"words/removed", "colours"}, {compat.RuleSubjectAdded, "empty"}}
	want.Errors = []struct{ Code, Subject string }{{"malformed-schema", "empty"}}
	want.Data.Subjects = []struct{ Subject, Against, Level, Verdict string }{
		{"colours", "shelf:home 7", "FULL_TRANSITIVE", "breaking"},
		{"sizes", "shelf:home 7", "FULL_TRANSITIVE", "compatible"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the report differs (-want +got):\n%s", diff)
	}
}
