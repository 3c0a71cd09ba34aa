package avro

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/report"
)

// Every logical type that changed is found, and the first of them are shown: a
// witness costs as much as the schema is long.
func TestWitnessesOfLogicalTypes(t *testing.T) {
	const count = maxWitnesses + 50
	version := func(logical string) string {
		fields := make([]string, count)
		for i := range fields {
			fields[i] = fmt.Sprintf(`{"name": "f%d", "type": {"type": "int", "logicalType": %q}}`, i, logical)
		}
		return `{"type": "record", "name": "R", "fields": [` + strings.Join(fields, ",\n") + "]}"
	}
	e := newEngine(t)
	findings := e.Lint(parseText(t, e, version("date")), parseText(t, e, version("time-millis")))
	if len(findings) != count {
		t.Fatalf("got %d findings, want %d", len(findings), count)
	}
	for i, f := range findings {
		if shown := i < maxWitnesses; f.Rule != ruleLogicalTypeChanged || (f.Witness != nil) != shown {
			t.Fatalf("finding %d is %s with the witness %v, want one: %t", i, f.Rule, f.Witness, shown)
		}
	}
}

// Data that the new version cannot read is no witness of a logical type.
func TestNoWitnessOfUnreadableData(t *testing.T) {
	e := newEngine(t)
	old := parseText(t, e, `{"type": "record", "name": "R", "fields": [{"name": "day", "type": {"type": "int", "logicalType": "date"}}]}`)
	next := parseText(t, e, `{"type": "record", "name": "R", "fields": [{"name": "day", "type": {"type": "int", "logicalType": "time-millis"}}, {"name": "by", "type": "string"}]}`)
	var found []report.Finding
	for _, f := range e.Lint(old, next) {
		if f.Rule == ruleLogicalTypeChanged {
			found = append(found, f)
		}
	}
	if len(found) != 1 || found[0].Witness != nil {
		t.Errorf("got %+v, want one finding without a witness", found)
	}
}
