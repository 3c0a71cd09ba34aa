package audit_test

import (
	"testing"

	"github.com/nexus-blueprint/nexus/skeleton/audit"
)

// BenchmarkVerify checks events that are in memory. One operation is one pass.
func BenchmarkVerify(b *testing.B) {
	l := fill(b, newEvents(), 2000)
	b.ReportAllocs()
	for b.Loop() {
		report, err := audit.Verify(b.Context(), l)
		if err != nil || !report.OK() {
			b.Fatal(report.Faults, err)
		}
	}
	b.ReportMetric(float64(len(l)*b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkExplain looks up an event with ten causes and ten effects.
func BenchmarkExplain(b *testing.B) {
	texts := []string{"e00<command"}
	for i := range 20 {
		texts = append(texts, name(i+1)+"<"+name(i))
	}
	events := affair(b, texts...)
	for kind, index := range indexes(b) {
		follow(b, index, events)
		b.Run(kind, func(b *testing.B) {
			for b.Loop() {
				if _, err := audit.Explain(b.Context(), index, name(10), audit.Scope{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func name(i int) string { return string([]byte{'e', byte('0' + i/10), byte('0' + i%10)}) }
