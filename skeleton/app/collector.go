package app

import (
	"bytes"
	"math"
	"os"
	"runtime/debug"
	"strconv"
)

// What is live in an app is small, and each event makes garbage: at Go's default the
// collector runs many times a second, for a tenth to a fifth of the processor time.
const collectorPercent = 400

// memoryFile says how much memory the container of the process may have.
const memoryFile = "/sys/fs/cgroup/memory.max"

// tuneCollector lets the garbage collector run less often, unless GOGC says how often.
// In a container that bounds its memory, the collector is told to stay below, unless
// GOMEMLIMIT says where. What it returns undoes all that.
func tuneCollector(getenv func(string) string) (undo func()) {
	if getenv("GOGC") != "" {
		return func() {}
	}
	limit := debug.SetMemoryLimit(-1)
	if allowed, ok := containerMemory(); ok && getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(allowed - allowed/4) // the rest is for what is no heap
	}
	percent := debug.SetGCPercent(collectorPercent)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

// containerMemory is how many bytes the container may have, if it has a bound.
func containerMemory() (int64, bool) {
	text, err := os.ReadFile(memoryFile)
	if err != nil {
		return 0, false
	}
	return memoryBound(text)
}

// memoryBound reads a number of bytes; "max" is no bound.
func memoryBound(text []byte) (int64, bool) {
	bound, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	return bound, err == nil && bound > 0 && bound < math.MaxInt64
}
