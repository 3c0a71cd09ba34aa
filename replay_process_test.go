//go:build bench && (linux || darwin)

package main_test

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

const (
	// replayRounds is how often each program of TestReplayProcess runs.
	replayRounds = 5
	// replayPart is how many events jq gets, which is too slow for a million.
	replayPart = 100_000
	// replayPeers is the folder with the folds of the peers, and the reducer.
	replayPeers = "scripts/bench/replay"
)

// TestReplayProcess prints what folding a generated log takes, and what others
// take for the same fold. `make bench-replay` runs it. The programs run in turn,
// and nothing is printed unless all of them give the same state of every stream,
// in the same order. A ratio is the median of the rounds' ratios, which a machine
// that is slower in some rounds changes least. nexus prints hashes of the states,
// which it must write out for that; DuckDB keeps them in memory; the others print
// them.
//
// NEXUS_BENCH_EVENTS is the length of the log. NEXUS_BENCH_PYTHON names a Python
// that has DuckDB, NEXUS_BENCH_JQ a jq; without them there are no rows of them.
func TestReplayProcess(t *testing.T) {
	events, err := strconv.Atoi(cmp.Or(os.Getenv("NEXUS_BENCH_EVENTS"), "1000000"))
	if err != nil {
		t.Fatalf("NEXUS_BENCH_EVENTS: %v", err)
	}
	b := newReplayBench(t, events)
	before := loadAverage()
	// The runs come first: to Linux, the peak memory of a process is at least that
	// of the one that started it, and reading the states takes this one some.
	for range replayRounds {
		for _, c := range b.contenders {
			c.runs = append(c.runs, c.measure(t))
		}
	}
	after := loadAverage()
	b.agree(t)
	fmt.Printf("%d events in %d MB, the same states from all; load before: %s; after: %s\n", events, fileSize(t, b.log)>>20, before, after)
	b.print()
}

// A contender is a program that folds the log, or its beginning.
type contender struct {
	name   string
	env    []string
	argv   []string
	states []string // what argv has more where the states are asked for
	// read reads what the program then prints; a program without it is only timed.
	read   func(io.Reader) ([]streamHash, error)
	part   bool    // it gets the beginning of the log
	scale  float64 // how many times what it gets makes the whole log
	wanted float64 // the ratio to nexus on one core that is aimed at
	runs   []spent
}

// replayBench is a log, its beginning, and the programs that fold it. The first
// is nexus on one core, with which the others are compared.
type replayBench struct {
	events     int
	log, part  string
	contenders []*contender
}

func newReplayBench(t *testing.T, events int) *replayBench {
	t.Helper()
	b := &replayBench{events: events, log: writeLog(t, events)}
	b.part = b.log
	if events > replayPart {
		b.part = writeLog(t, replayPart)
	}
	nexus, config := buildNexus(t), filepath.Join(replayPeers, "nexus.yaml")
	verify := []string{nexus, "replay", "verify", b.log, "--no-index", "--config", config}
	report := []string{"--format", "json"}
	b.add(contender{name: "nexus replay verify, GOMAXPROCS=1", argv: verify, env: []string{"GOMAXPROCS=1"}, states: report, read: readVerified})
	b.add(contender{name: "nexus replay verify, GOMAXPROCS=2", argv: verify, env: []string{"GOMAXPROCS=2"}, states: report, read: readVerified})
	b.add(contender{
		name: "nexus replay --all, states as JSON", read: readEvery,
		argv: []string{nexus, "replay", b.log, "--all", "--show-data", "--format", "json", "--no-index", "--config", config},
	})
	if python := os.Getenv("NEXUS_BENCH_PYTHON"); python != "" {
		fold := filepath.Join(replayPeers, "fold.py")
		version := output(t, python, "-c", "import duckdb; print('DuckDB', duckdb.__version__)")
		written := []string{"/dev/stdout"}
		b.add(contender{name: version + ", threads=1", argv: []string{python, fold, b.log, "1"}, states: written, read: readLines, wanted: 1.2})
		b.add(contender{name: version + ", all threads", argv: []string{python, fold, b.log, "0"}, states: written, read: readLines})
		b.add(contender{name: version + ", threads=1, states as JSON", argv: []string{python, fold, b.log, "1", "/dev/stdout"}, read: readLines})
		b.add(contender{name: version + ", starting alone", argv: []string{python, "-c", "import duckdb; duckdb.connect()"}})
	}
	b.add(contender{name: "a loop around encoding/json", argv: []string{buildLoop(t), b.log}, read: readLines, wanted: 8})
	if jq := os.Getenv("NEXUS_BENCH_JQ"); jq != "" {
		name, scale := output(t, jq, "--version"), float64(events)/float64(min(events, replayPart))
		if scale > 1 {
			name += fmt.Sprintf(", %d events, times %g", replayPart, scale)
		}
		b.add(contender{name: name, argv: []string{jq, "-cn", "-f", filepath.Join(replayPeers, "fold.jq"), b.part}, read: readLines, part: true, scale: scale, wanted: 25})
	}
	return b
}

func (b *replayBench) add(c contender) {
	if c.scale == 0 {
		c.scale = 1
	}
	b.contenders = append(b.contenders, &c)
}

// buildLoop builds the peer that is written in Go.
func buildLoop(t *testing.T) string {
	t.Helper()
	loop := filepath.Join(t.TempDir(), "loop")
	build := exec.CommandContext(t.Context(), "go", "build", "-C", replayPeers, "-o", loop, ".")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the loop: %v\n%s", err, text)
	}
	return loop
}

// output is what a command prints, as one word or line.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), name, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return strings.TrimSpace(string(text))
}

func fileSize(t *testing.T, name string) int64 {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// agree makes sure that all give the same states in the same order. Those that
// get the beginning of the log are compared with nexus on it.
func (b *replayBench) agree(t *testing.T) {
	t.Helper()
	first := b.contenders[0]
	want := first.answer(t)
	if len(want) == 0 {
		t.Fatalf("%s gives no states", first.name)
	}
	onPart := *first
	onPart.argv = slices.Clone(first.argv)
	onPart.argv[slices.Index(onPart.argv, b.log)] = b.part
	for _, c := range b.contenders[1:] {
		switch {
		case c.read == nil:
		case c.part:
			c.gives(t, onPart.answer(t))
		default:
			c.gives(t, want)
		}
	}
}

// gives fails when the states of a contender are others, or in another order.
func (c *contender) gives(t *testing.T, want []streamHash) {
	t.Helper()
	got := c.answer(t)
	if len(got) != len(want) {
		t.Fatalf("%s gives %d streams, want %d", c.name, len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("%s gives another state %d: %v, want %v", c.name, i, got[i], want[i])
		}
	}
}

func (c *contender) answer(t *testing.T) []streamHash {
	t.Helper()
	var stdout bytes.Buffer
	c.execute(t, &stdout, c.states...)
	states, err := c.read(&stdout)
	if err != nil {
		t.Fatalf("reading what %s prints: %v", c.name, err)
	}
	return states
}

// execute runs the program once; what it prints goes to stdout.
func (c *contender) execute(t *testing.T, stdout io.Writer, more ...string) spent {
	t.Helper()
	var stderr bytes.Buffer
	command := exec.CommandContext(t.Context(), c.argv[0], slices.Concat(c.argv[1:], more)...)
	command.Env = append(os.Environ(), c.env...)
	command.Stdout, command.Stderr = stdout, &stderr
	started := time.Now()
	err := command.Run()
	wall := time.Since(started)
	if err != nil {
		t.Fatalf("%s: %v\n%s", c.name, err, stderr.String())
	}
	state := command.ProcessState
	return spent{wall: wall, cpu: state.UserTime() + state.SystemTime(), peak: peakMemory(state)}
}

// measure runs the program once, and what it prints is thrown away. Its times
// are those of the whole log.
func (c *contender) measure(t *testing.T) spent {
	t.Helper()
	took := c.execute(t, nil)
	took.cpu, took.wall = time.Duration(float64(took.cpu)*c.scale), time.Duration(float64(took.wall)*c.scale)
	return took
}

// print writes a row for each contender: medians, the largest peak of memory, and
// how many times the processor time, and the time on the wall, of nexus on one
// core it takes.
func (b *replayBench) print() {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "median of "+strconv.Itoa(replayRounds)+"\tCPU\twall\tpeak memory\tCPU ratio\twall ratio\twanted\t")
	for _, c := range b.contenders {
		cpu := median(c.runs, func(i int) float64 { return c.runs[i].cpu.Seconds() })
		wall := median(c.runs, func(i int) float64 { return c.runs[i].wall.Seconds() })
		peak := slices.MaxFunc(c.runs, func(x, y spent) int { return cmp.Compare(x.peak, y.peak) }).peak
		first := b.contenders[0].runs
		cpuRatio := median(c.runs, func(i int) float64 { return c.runs[i].cpu.Seconds() / first[i].cpu.Seconds() })
		wallRatio := median(c.runs, func(i int) float64 { return c.runs[i].wall.Seconds() / first[i].wall.Seconds() })
		wanted := ""
		if c.wanted > 0 {
			wanted = fmt.Sprintf("%gx", c.wanted)
		}
		fmt.Fprintf(table, "%s\t%.2f s\t%.2f s\t%d MB\t%.2fx\t%.2fx\t%s\t\n", c.name, cpu, wall, peak>>20, cpuRatio, wallRatio, wanted)
	}
	table.Flush()
	for _, c := range b.contenders[:2] {
		cpu := median(c.runs, func(i int) float64 { return c.runs[i].cpu.Seconds() })
		wall := median(c.runs, func(i int) float64 { return c.runs[i].wall.Seconds() })
		fmt.Printf("%s: %.2f million events a CPU second, %.2f a second\n", c.name, float64(b.events)/cpu/1e6, float64(b.events)/wall/1e6)
	}
}

// median is the median of a figure of the runs.
func median(runs []spent, figure func(run int) float64) float64 {
	figures := make([]float64, len(runs))
	for i := range runs {
		figures[i] = figure(i)
	}
	slices.Sort(figures)
	return figures[len(figures)/2]
}
