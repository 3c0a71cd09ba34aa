package jsonschema

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/schema"
)

// BenchmarkContainment judges the public containment cases, reading included,
// and reports the median and the 99th percentile of a pair.
func BenchmarkContainment(b *testing.B) { benchmarkRows(b, "containment.jsonl") }

// BenchmarkEvolution judges real version steps, both directions.
func BenchmarkEvolution(b *testing.B) { benchmarkRows(b, "evolution.jsonl") }

func benchmarkRows(b *testing.B, name string) {
	rows := oracles(b, name)
	var times []time.Duration
	for b.Loop() {
		times = times[:0]
		for _, row := range rows {
			start := time.Now()
			_, _ = judgeRow(b, row) // rows that cannot be read cost time too
			times = append(times, time.Since(start))
		}
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds()), "µs-median/pair")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds()), "µs-p99/pair")
}

// wideSchema is an event with many fields.
func wideSchema(fields int, last string) []byte {
	var b strings.Builder
	b.WriteString(`{"type":"object","properties":{`)
	for i := range fields {
		fmt.Fprintf(&b, `"field%d":{"type":["string","null"],"maxLength":%d},`, i, 100+i%7)
	}
	b.WriteString(`"last":` + last + `},"required":["field0","last"],"additionalProperties":false}`)
	return []byte(b.String())
}

// BenchmarkCompare judges a change in an event of 1,000 fields.
func BenchmarkCompare(b *testing.B) {
	for _, bench := range []struct{ name, last string }{
		{"compatible", `{"type":"string","maxLength":20}`},
		{"breaking", `{"type":"string","maxLength":5}`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			engine, err := New(Options{})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				old, err := engine.Parse(schema.Schema{File: "old.json", Text: wideSchema(1000, `{"type":"string","maxLength":10}`)})
				if err != nil {
					b.Fatal(err)
				}
				next, err := engine.Parse(schema.Schema{File: "new.json", Text: wideSchema(1000, bench.last)})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := engine.Compare(context.Background(), old, next, compat.Full.Directions()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
