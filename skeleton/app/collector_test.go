package app

import (
	"math"
	"runtime/debug"
	"testing"
)

func TestCollectorRunsLessOftenUnlessTold(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	limit := debug.SetMemoryLimit(-1)
	percent := func() int {
		now := debug.SetGCPercent(100)
		debug.SetGCPercent(now)
		return now
	}
	for gogc, want := range map[string]int{"": collectorPercent, "50": 100, "off": 100} {
		undo := tuneCollector(func(name string) string {
			return map[string]string{"GOGC": gogc, "GOMEMLIMIT": "1GiB"}[name]
		})
		if got := percent(); got != want {
			t.Errorf("GOGC=%q: the percentage is %d, want %d", gogc, got, want)
		}
		if got := debug.SetMemoryLimit(-1); got != limit {
			t.Errorf("GOMEMLIMIT is set, and the limit is moved from %d to %d", limit, got)
		}
		undo()
		if got := percent(); got != 100 {
			t.Errorf("GOGC=%q: afterwards the percentage is %d, want 100", gogc, got)
		}
	}
}

func TestMemoryBound(t *testing.T) {
	for text, want := range map[string]int64{
		"536870912\n": 536870912, "max\n": 0, "": 0, "0": 0, "-1": 0, "9223372036854775807": 0, "99999999999999999999": 0,
	} {
		if got, ok := memoryBound([]byte(text)); ok != (want > 0) || ok && got != want {
			t.Errorf("%q: %d, %t; want %d of at most %d", text, got, ok, want, math.MaxInt64)
		}
	}
}
