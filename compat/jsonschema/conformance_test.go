package jsonschema

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/schema"
)

// oracleRow is one case of the public suites: see docs/ACCURACY.md.
type oracleRow struct {
	ID       string
	Draft    string
	Old, New json.RawMessage
	Backward *bool  // containment.jsonl: whether old is contained in new
	Declared string // evolution.jsonl: the bump that the author declared
}

// oracles reads a file of the folder that NEXUS_ORACLES names.
func oracles(t testing.TB, name string) []oracleRow {
	dir := os.Getenv("NEXUS_ORACLES")
	if dir == "" {
		t.Skip("NEXUS_ORACLES is not set: it names the folder of the conformance cases")
	}
	file, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var rows []oracleRow
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var row oracleRow
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatalf("%s:%d: %v", name, len(rows)+1, err)
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// judgeRow compares the two schemas of a row. err is set when one of them
// cannot be read.
func judgeRow(t testing.TB, row oracleRow) (*compat.Comparison, error) {
	engine, err := New(Options{Draft: row.Draft})
	if err != nil {
		t.Fatal(err)
	}
	old, err := engine.Parse(schema.Schema{Subject: row.ID, File: "old.json", Text: row.Old})
	if err != nil {
		return nil, err
	}
	next, err := engine.Parse(schema.Schema{Subject: row.ID, File: "new.json", Text: row.New})
	if err != nil {
		return nil, err
	}
	return engine.Compare(context.Background(), old, next, compat.Full.Directions())
}

// No verdict contradicts its label, but where the validator refutes the label:
// by a witness against "contained", or by accepting every document of a finite
// old schema against "not contained".
func TestConformanceContainment(t *testing.T) {
	rows := oracles(t, "containment.jsonl")
	var decided, refuted, broken, witnessed, wrong int
	var remarks []string
	start := time.Now()
	for _, row := range rows {
		comparison, err := judgeRow(t, row)
		if !*row.Backward {
			broken++
		}
		if err != nil {
			remarks = append(remarks, fmt.Sprintf("| %s | %v | undecided | %s |", row.ID, *row.Backward, tableCell(err.Error())))
			continue
		}
		truth := comparison.Backward
		if truth.Verdict == compat.Undecided {
			remarks = append(remarks, fmt.Sprintf("| %s | %v | undecided | %s |", row.ID, *row.Backward, tableCell(truth.Reason)))
			continue
		}
		decided++
		if !*row.Backward && truth.Witness != nil {
			witnessed++
		}
		if (truth.Verdict == compat.Compatible) == *row.Backward {
			continue
		}
		if evidence := refutation(t, row, truth); evidence != "" {
			refuted++
			remarks = append(remarks, fmt.Sprintf("| %s | %v | %s | %s |", row.ID, *row.Backward, truth.Verdict, tableCell(evidence)))
			continue
		}
		wrong++
		t.Errorf("%s: labelled %v, got %s", row.ID, *row.Backward, truth.Verdict)
	}
	t.Logf("containment: %d rows, %d decided (%.2f %%), %d wrong, %d labels refuted, %d of %d not contained have a witness, %.2f s",
		len(rows), decided, percent(decided, len(rows)), wrong, refuted, witnessed, broken, time.Since(start).Seconds())
	if percent(decided, len(rows)) < 99 {
		t.Errorf("%d of %d rows decided, want 99 %%", decided, len(rows))
	}
	if percent(witnessed, broken) < 99 {
		t.Errorf("%d of %d rows labelled false have a witness, want 99 %%", witnessed, broken)
	}
	table := fmt.Sprintf("| rows | decided | wrong | labels refuted | labelled false | with a checked witness |\n| ---: | ---: | ---: | ---: | ---: | ---: |\n| %d | %d | %d | %d | %d | %d |\n\n| row | label | verdict | evidence |\n| --- | --- | --- | --- |\n%s",
		len(rows), decided, wrong, refuted, broken, witnessed, strings.Join(remarks, "\n"))
	accuracySection(t, "containment", table)
}

// refutation is the validator's evidence against a label, empty when there is
// none.
func refutation(t *testing.T, row oracleRow, truth compat.Truth) string {
	if truth.Verdict == compat.Breaking {
		return "valid under old, not under new: " + truth.Witness.Text
	}
	engine, _ := New(Options{Draft: row.Draft})
	old, err := engine.parse(schema.Schema{File: "old.json", Text: row.Old})
	if err != nil {
		t.Fatal(err)
	}
	next, err := engine.parse(schema.Schema{File: "new.json", Text: row.New})
	if err != nil {
		t.Fatal(err)
	}
	set := smallestEnum([]literal{must(old.graph)})
	validator, err := next.validator()
	if set == nil || err != nil {
		return ""
	}
	for _, v := range set.values {
		if validator.Validate(v) != nil {
			return ""
		}
	}
	return "the validator accepts under new every document that old has"
}

// Every real version step is decided. What authors declare is a claim; the
// table says which additions really break.
func TestConformanceEvolution(t *testing.T) {
	rows := oracles(t, "evolution.jsonl")
	counts := map[string]int{}
	var remarks []string
	start := time.Now()
	for _, row := range rows {
		comparison, err := judgeRow(t, row)
		if err != nil {
			t.Errorf("%s: %v", row.ID, err)
			continue
		}
		for _, truth := range []compat.Truth{comparison.Backward, comparison.Forward} {
			if truth.Verdict == compat.Undecided {
				t.Errorf("%s: undecided: %s", row.ID, truth.Reason)
			}
		}
		counts[row.Declared+" "+string(comparison.Backward.Verdict)]++
		if row.Declared == "addition" && comparison.Backward.Verdict == compat.Breaking {
			var rules []string
			for _, c := range comparison.Changes {
				if c.Backward.Breaks && !slices.Contains(rules, c.Rule) {
					rules = append(rules, c.Rule)
				}
			}
			slices.Sort(rules)
			remarks = append(remarks, fmt.Sprintf("| %s | %s |", row.ID, strings.Join(rules, ", ")))
		}
	}
	t.Logf("evolution: %d version steps in %.2f s", len(rows), time.Since(start).Seconds())
	var table strings.Builder
	table.WriteString("| declared | compatible | breaking | undecided |\n| --- | ---: | ---: | ---: |\n")
	for _, declared := range []string{"addition", "revision", "model"} {
		fmt.Fprintf(&table, "| %s | %d | %d | %d |\n", declared, counts[declared+" compatible"], counts[declared+" breaking"], counts[declared+" undecided"])
	}
	table.WriteString("\n| declared addition that breaks | rules |\n| --- | --- |\n" + strings.Join(remarks, "\n"))
	accuracySection(t, "evolution", table.String())
}

func percent(part, whole int) float64 { return 100 * float64(part) / float64(whole) }

// tableCell makes a text fit a cell of a Markdown table.
func tableCell(text string) string {
	runes := []rune(strings.ReplaceAll(text, "|", `\|`))
	if len(runes) > 160 {
		runes = append(runes[:157], []rune("...")...)
	}
	return "`" + strings.ReplaceAll(string(runes), "`", "'") + "`"
}

// accuracySection holds a section of docs/ACCURACY.md against what was
// measured, or rewrites it when NEXUS_UPDATE is set.
func accuracySection(t *testing.T, name, want string) {
	file := filepath.Join("..", "..", "docs", "ACCURACY.md")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- begin "+name+" -->\n", "\n<!-- end "+name+" -->"
	head, rest, ok := strings.Cut(string(text), begin)
	got, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no section %q", file, name)
	}
	if got == want {
		return
	}
	if os.Getenv("NEXUS_UPDATE") == "" {
		t.Errorf("the section %q of %s is out of date: run make update with NEXUS_ORACLES set", name, file)
		return
	}
	if err := os.WriteFile(file, []byte(head+begin+want+end+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}
