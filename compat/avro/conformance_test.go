package avro

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/compat"
)

// oracleRow is one reader and writer pair of the public cases.
type oracleRow struct {
	ID             string
	Reader, Writer json.RawMessage
	Compatible     bool
}

// oracles reads the pairs in the folder that NEXUS_ORACLES names.
func oracles(t testing.TB) []oracleRow {
	dir := os.Getenv("NEXUS_ORACLES")
	if dir == "" {
		t.Skip("NEXUS_ORACLES is not set: it names the folder of the conformance cases")
	}
	file, err := os.Open(filepath.Join(dir, "avro.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var rows []oracleRow
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var row oracleRow
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatalf("avro.jsonl:%d: %v", len(rows)+1, err)
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// Every public pair is judged as its label says, with the writer as the old
// version, and the other way round with the writer as the new one; and every
// break has a checked witness.
func TestConformanceAvro(t *testing.T) {
	rows := oracles(t)
	e := newEngine(t)
	var decided, wrong, breaking, witnessed int
	start := time.Now()
	for _, row := range rows {
		reader, writer := parseText(t, e, string(row.Reader)), parseText(t, e, string(row.Writer))
		backward := mustCompare(t, e, writer, reader).Backward
		forward := mustCompare(t, e, reader, writer).Forward
		if backward.Verdict != compat.Undecided {
			decided++
		}
		if (backward.Verdict == compat.Compatible) != row.Compatible {
			wrong++
			t.Errorf("%s: labelled %v, got %s", row.ID, row.Compatible, backward.Verdict)
		}
		if forward.Verdict != backward.Verdict {
			t.Errorf("%s: backward %s, but forward with the versions swapped %s", row.ID, backward.Verdict, forward.Verdict)
		}
		if backward.Verdict != compat.Breaking {
			continue
		}
		breaking++
		if backward.Witness == nil {
			t.Errorf("%s: no witness", row.ID)
			continue
		}
		witnessed++
	}
	table := fmt.Sprintf("| rows | decided | wrong | breaking | with a checked witness |\n| ---: | ---: | ---: | ---: | ---: |\n| %d | %d | %d | %d | %d |",
		len(rows), decided, wrong, breaking, witnessed)
	t.Logf("avro, in %.3f s:\n%s", time.Since(start).Seconds(), table)
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "ACCURACY.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), table) {
		t.Errorf("docs/ACCURACY.md does not hold what was measured:\n%s", table)
	}
}

// The prediction of what a registry says agrees with the labels too: they are
// those of the same rules.
func TestConformanceRefusals(t *testing.T) {
	e := newEngine(t)
	for _, row := range oracles(t) {
		reader, writer := parseText(t, e, string(row.Reader)), parseText(t, e, string(row.Writer))
		for _, registry := range []string{"confluent", "glue"} {
			refusals, ok := e.Refusals(registry, writer, reader)
			if !ok || (len(refusals) == 0) != row.Compatible {
				t.Errorf("%s: %s: labelled %v, refusals %v", row.ID, registry, row.Compatible, refusals)
			}
			for _, r := range refusals {
				if !strings.HasPrefix(r.Rule, registry+"/") {
					t.Errorf("%s: the refusal %s is not of the family %s", row.ID, r.Rule, registry)
				}
			}
		}
	}
}

// BenchmarkConformance judges all public pairs, parsed before, backward.
func BenchmarkConformance(b *testing.B) {
	e := newEngine(b)
	var pairs [][2]compat.Parsed
	for _, row := range oracles(b) {
		pairs = append(pairs, [2]compat.Parsed{parseText(b, e, string(row.Writer)), parseText(b, e, string(row.Reader))})
	}
	for b.Loop() {
		for _, pair := range pairs {
			if _, err := e.Compare(context.Background(), pair[0], pair[1], compat.Backward.Directions()); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(pairs)), "µs/pair")
}
