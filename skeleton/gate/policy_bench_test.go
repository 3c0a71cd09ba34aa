//go:build unix

package gate_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"

	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// BenchmarkDecide decides 40 realistic rules on an event of 1.2 kB.
func BenchmarkDecide(b *testing.B) {
	for _, without := range []bool{false, true} {
		b.Run(fmt.Sprintf("indexing=%v", !without), func(b *testing.B) {
			policies, err := gate.CompilePolicies(pack(40), gate.PolicyOptions{WithoutIndexing: without})
			if err != nil {
				b.Fatal(err)
			}
			decider, err := policies.Prepare(context.Background(), catalog(), ids(policies))
			if err != nil {
				b.Fatal(err)
			}
			input := order()
			b.ReportAllocs()
			start := processTime()
			for b.Loop() {
				if _, err := decider.Decide(context.Background(), input); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(processTime()-start)/float64(b.N), "cpu-ns/op")
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	modules, options := pack(40), strict()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := gate.CompilePolicies(modules, options); err != nil {
			b.Fatal(err)
		}
	}
}

// processTime is the processor time in nanoseconds that the process has used; it
// does not count the waiting for other programs.
func processTime() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}
