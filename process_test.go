//go:build bench && (linux || darwin)

package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"
)

// initAllocationBudget bounds what starting the program allocates. A count is
// the same on every machine, unlike a time.
const initAllocationBudget = 45_000

// TestWholeProcess prints one table of whole-process figures: what a user waits
// for, and what the machine must have. `make bench` runs it. Times are printed
// and never judged; the start-up count is.
func TestWholeProcess(t *testing.T) {
	nexus := buildNexus(t)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer table.Flush()
	fmt.Fprintln(table, "run\tmedian of 5\tpeak memory\t")

	measure := func(name string, args ...string) {
		t.Helper()
		took := medianOf(t, 5, nexus, args...)
		fmt.Fprintf(table, "%s\t%d ms\t%d MB\t\n", name, took.wall.Milliseconds(), took.peak>>20)
	}
	measure("nexus version", "version")
	measure("the example shop", "schema", "check", "--against", "dir:examples/shop/released", "examples/shop/next")
	if oracles := os.Getenv("NEXUS_ORACLES"); oracles != "" {
		released, next := writeEvolution(t, filepath.Join(oracles, "evolution.jsonl"))
		measure("real version steps", "schema", "check", "--fail-on", "never", "--against", "dir:"+released, next)
	}
	const subjects = 10_000
	released := writeSubjects(t, subjects, 0, false)
	for _, changed := range []int{0, subjects / 10, subjects} {
		next := writeSubjects(t, subjects, changed, false)
		name := fmt.Sprintf("%d subjects, %d changed", subjects, changed)
		measure(name, "schema", "check", "--against", "dir:"+released, next)
	}
	broken := writeSubjects(t, subjects, subjects, true)
	measure(fmt.Sprintf("%d subjects, all broken", subjects), "schema", "check", "--against", "dir:"+released, broken)
	measure(fmt.Sprintf("%d catalog events, all policies", subjects), policyCheck(writeCatalog(t, subjects))...)

	allocations := initAllocations(t, nexus)
	fmt.Fprintf(table, "init allocations\t%d\tbudget %d\t\n", allocations, initAllocationBudget)
	if allocations > initAllocationBudget {
		t.Errorf("starting nexus makes %d allocations, more than %d", allocations, initAllocationBudget)
	}
}

func buildNexus(t *testing.T) string {
	t.Helper()
	nexus := filepath.Join(t.TempDir(), "nexus")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", nexus, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building nexus: %v\n%s", err, text)
	}
	return nexus
}

// spent is what a command needs: the median times of several runs, and the
// largest peak of resident memory in bytes.
type spent struct {
	wall, cpu time.Duration
	peak      int64
}

// medianOf runs a command several times. Exit 3 is fair: among real schemas there
// are patterns that Go cannot compile, and nexus then says that it cannot tell.
// Exit 1 is what a broken tree must give.
func medianOf(t *testing.T, runs int, name string, args ...string) spent {
	t.Helper()
	walls, cpus := make([]time.Duration, runs), make([]time.Duration, runs)
	peak := int64(0)
	for run := range runs {
		var stderr bytes.Buffer
		command := exec.CommandContext(t.Context(), name, args...)
		command.Stderr = &stderr
		started := time.Now()
		err := command.Run()
		walls[run] = time.Since(started)
		state := command.ProcessState
		if state == nil || state.ExitCode() == 2 || state.ExitCode() < 0 {
			t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, stderr.String())
		}
		cpus[run] = state.UserTime() + state.SystemTime()
		peak = max(peak, peakMemory(state))
	}
	slices.Sort(walls)
	slices.Sort(cpus)
	return spent{wall: walls[runs/2], cpu: cpus[runs/2], peak: peak}
}

func peakMemory(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "linux" {
		return int64(usage.Maxrss) << 10 // Linux counts kilobytes, macOS bytes
	}
	return int64(usage.Maxrss)
}

var initTrace = regexp.MustCompile(`(?m)^init .* (\d+) allocs$`)

// initAllocations sums what the Go runtime reports for every package's initialisation.
func initAllocations(t *testing.T, nexus string) int {
	t.Helper()
	command := exec.CommandContext(t.Context(), nexus, "version")
	command.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	var trace bytes.Buffer
	command.Stderr = &trace
	if err := command.Run(); err != nil {
		t.Fatalf("nexus version: %v", err)
	}
	total := 0
	for _, line := range initTrace.FindAllStringSubmatch(trace.String(), -1) {
		count, err := strconv.Atoi(line[1])
		if err != nil {
			t.Fatal(err)
		}
		total += count
	}
	if total == 0 {
		t.Fatalf("no init trace in the output of nexus version: %s", trace.String())
	}
	return total
}

// writeSubjects writes closed schemas of about 2 KB, the first of them changed
// by an optional property with a default, which when broken is also required.
func writeSubjects(t *testing.T, subjects, changed int, broken bool) string {
	t.Helper()
	dir := t.TempDir()
	for i := range subjects {
		writeFile(t, filepath.Join(dir, fmt.Sprintf("team%02d", i%50), fmt.Sprintf("Event%05d.schema.json", i)), subjectText(i, i < changed, broken))
	}
	return dir
}

func subjectText(number int, changed, broken bool) string {
	var text strings.Builder
	fmt.Fprintf(&text, "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"title\": \"Event %d\",\n  \"type\": \"object\",\n  \"properties\": {\n", number)
	for field := range 18 {
		fmt.Fprintf(&text, "    \"field%02d\": { \"type\": \"string\", \"description\": \"What field %d holds\", \"maxLength\": %d },\n", field, field, 40+field)
	}
	if changed {
		text.WriteString("    \"added\": { \"type\": \"string\", \"default\": \"\" },\n")
	}
	text.WriteString("    \"total\": { \"type\": \"integer\", \"minimum\": 0 }\n  },\n  \"required\": [\"field00\", \"total\"")
	if broken {
		text.WriteString(", \"added\"")
	}
	text.WriteString("],\n  \"additionalProperties\": false\n}\n")
	return text.String()
}

// writeEvolution writes the old and the new side of every recorded version step.
func writeEvolution(t *testing.T, file string) (released, next string) {
	t.Helper()
	cases, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer cases.Close()
	released, next = t.TempDir(), t.TempDir()
	lines := bufio.NewScanner(cases)
	lines.Buffer(nil, 16<<20)
	for number := 1; lines.Scan(); number++ {
		var step struct{ Old, New json.RawMessage }
		if err := json.Unmarshal(lines.Bytes(), &step); err != nil {
			t.Fatalf("%s:%d: %v", file, number, err)
		}
		name := fmt.Sprintf("step%03d.schema.json", number)
		writeFile(t, filepath.Join(released, name), string(step.Old))
		writeFile(t, filepath.Join(next, name), string(step.New))
	}
	if err := lines.Err(); err != nil {
		t.Fatalf("reading %s: %v", file, err)
	}
	return released, next
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
