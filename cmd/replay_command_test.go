package cmd

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The reducer that docs/replay.md shows in Python folds as its twin in nexus.yaml.
func TestDocumentedReducer(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("there is no python3")
	}
	page, err := os.ReadFile(filepath.Join("..", "docs", "replay.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, program, _ := strings.Cut(string(page), "```python\n")
	program, _, shown := strings.Cut(program, "```\n")
	if !shown {
		t.Fatal("docs/replay.md shows no reducer in Python")
	}
	log, err := filepath.Abs(filepath.Join("..", "examples", "shop", "log.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"reducer.py": program, "nexus.yaml": `
reducers:
  twin:
    init: {status: none, owed: 0}
    on:
      OrderPlaced: [{set: status, value: placed}, {set: owed, to: .total.amount}]
      PaymentCaptured: [{set: status, value: paid}, {add: owed, expr: -event.data.amount}]
`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	state := func(by ...string) any {
		var out, errs bytes.Buffer
		a := newApp(strings.NewReader(""), &out, &errs)
		a.dir = dir
		if code := a.run(t.Context(), append([]string{"replay", log, "--all", "--show-data", "--format", "json"}, by...)); code != exitClean {
			t.Fatalf("%v: exit code %d: %s%s", by, code, out.String(), errs.String())
		}
		var r struct{ Data any }
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		return r.Data
	}
	if diff := cmp.Diff(state("--reducer", "twin"), state("--reducer-cmd", "python3 reducer.py")); diff != "" {
		t.Errorf("the states differ (-nexus.yaml +python):\n%s", diff)
	}
}
