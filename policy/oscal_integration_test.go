//go:build integration

package policy

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// oscalScript fetches the standard's schema and two validators.
const oscalScript = "../scripts/oscal.sh"

// bundles are written for the validators: one of every result, one of every rule.
func bundles(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for name, e := range map[string]Evidence{
		"house":     houseEvidence(t),
		"all packs": evidenceOf(t, Options{Library: library, Selection: allPacks(), Catalog: generated(30), AsOf: asOf}),
	} {
		dir := t.TempDir()
		if _, err := WriteEvidence(dir, e); err != nil {
			t.Fatal(err)
		}
		files[name] = filepath.Join(dir, oscalFile)
	}
	return files
}

// TestOSCALSchema judges by NIST's own JSON Schema.
func TestOSCALSchema(t *testing.T) {
	out, err := exec.Command(oscalScript, "schema").Output()
	if err != nil {
		t.Fatalf("%s schema: %v", oscalScript, err)
	}
	text, err := os.ReadFile(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat = true
	if err := compiler.AddResource("oscal.json", bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	standard, err := compiler.Compile("oscal.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range bundles(t) {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var doc map[string]any
			if err := json.Unmarshal(text, &doc); err != nil {
				t.Fatal(err)
			}
			if err := standard.Validate(doc); err != nil {
				t.Errorf("%#v", err)
			}
			doc["assessment-results"].(map[string]any)["results"] = []any{}
			if standard.Validate(doc) == nil {
				t.Error("the schema takes a document without results: it judges nothing")
			}
		})
	}
}

// TestOSCALValidators judges by programs that others read OSCAL with. Each of the
// two refuses one of the broken documents, so neither is only asked for show.
func TestOSCALValidators(t *testing.T) {
	for name, file := range bundles(t) {
		t.Run(name, func(t *testing.T) {
			if out, err := exec.Command(oscalScript, "validate", file).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			ids := uuidPattern.FindAllString(string(text), 3) // the document's, the plan's, the result's
			for what, broken := range map[string]struct{ old, new, said string }{
				"a misspelt key":    {`"title"`, `"titel"`, "titel"},
				"an id given twice": {`"uuid": "` + ids[2], `"uuid": "` + ids[0], `"severity": "ERROR"`},
			} {
				text := strings.Replace(string(text), broken.old, broken.new, 1)
				if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
				out, err := exec.Command(oscalScript, "validate", file).CombinedOutput()
				if err == nil || !strings.Contains(string(out), broken.said) {
					t.Errorf("%s: %v\n%s", what, err, out)
				}
			}
		})
	}
}
