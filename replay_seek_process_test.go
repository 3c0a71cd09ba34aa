//go:build bench && linux

package main_test

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"
)

// seekQueries is how many streams TestReplaySeek asks for.
const seekQueries = 200

// TestReplaySeek prints how long a new process takes to say what the state of one
// stream of a long log was, with and without snapshots, while nothing of the log,
// its index and its snapshots is in memory, and while all of it is.
// `make bench-replay-seek` runs it. The answers must be the same.
//
// NEXUS_BENCH_EVENTS is the length of the log.
func TestReplaySeek(t *testing.T) {
	events, err := strconv.Atoi(cmp.Or(os.Getenv("NEXUS_BENCH_EVENTS"), "10000000"))
	if err != nil {
		t.Fatalf("NEXUS_BENCH_EVENTS: %v", err)
	}
	b := &seekBench{nexus: buildNexus(t), log: writeLog(t, events), config: filepath.Join(replayPeers, "nexus.yaml")}
	random := rand.New(rand.NewPCG(3, 4))
	for range seekQueries {
		at := random.IntN(max(events/benchStreams, 1)) + 1
		b.queries = append(b.queries, []string{
			"replay", b.log, "--stream", fmt.Sprintf("order-%05d", random.IntN(benchStreams)), "--at", strconv.Itoa(at), "--config", b.config, "--show-data", "--format", "json",
		})
	}
	fmt.Printf("%d events in %d MB; load: %s\n", events, fileSize(t, b.log)>>20, loadAverage())
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "writing\tCPU\twall\tpeak memory\tmemory an event\tevents a CPU second\tfile\tof the log\t")
	index := []string{"replay", "index", b.log, "--config", b.config, "--snapshots"}
	b.build(t, table, events, "the index", b.log+".nxi", append(index, "none")...)
	// Without snapshots is asked before there are any.
	without := []*seekRow{b.ask(t, "without snapshots, cold", true), b.ask(t, "without snapshots, warm", false)}
	b.build(t, table, events, "index and snapshots", b.log+".nxs", append(index, "auto")...)
	table.Flush()
	rows := append(without, b.ask(t, "with snapshots, cold", true), b.ask(t, "with snapshots, warm", false))
	fmt.Fprintf(table, "%d queries\tp50\tp99\tslowest\tgoal of p99\t\n", seekQueries)
	for i, row := range rows {
		if !slices.Equal(row.answers, rows[0].answers) {
			t.Errorf("%s and %s give other answers", row.name, rows[0].name)
		}
		goal := ""
		if i%2 == 0 {
			goal = [...]string{"250 ms", "50 ms"}[i/2]
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t\n", row.name, row.quantile(50), row.quantile(99), row.quantile(100), goal)
	}
	table.Flush()
	fmt.Printf("load afterwards: %s\n", loadAverage())
}

// seekBench is a log and what is asked of it.
type seekBench struct {
	nexus, log, config string
	queries            [][]string
}

// A seekRow is how long each query took, sorted, and what was answered.
type seekRow struct {
	name    string
	walls   []time.Duration
	answers []string
}

// quantile is the time that so many of a hundred queries do not exceed.
func (r *seekRow) quantile(percent int) string {
	n := (len(r.walls)*percent + 99) / 100
	return fmt.Sprintf("%.1f ms", r.walls[max(n, 1)-1].Seconds()*1e3)
}

// build writes index and snapshots, and a row about it.
func (b *seekBench) build(t *testing.T, table *tabwriter.Writer, events int, name, file string, args ...string) {
	t.Helper()
	took := medianOf(t, 1, b.nexus, args...)
	size := fileSize(t, file)
	fmt.Fprintf(table, "%s\t%.2f s\t%.2f s\t%d MB\t%.0f B\t%.2f million\t%d MB\t%.1f %%\t\n", name, took.cpu.Seconds(), took.wall.Seconds(),
		took.peak>>20, float64(took.peak)/float64(events), float64(events)/took.cpu.Seconds()/1e6, size>>20, 100*float64(size)/float64(fileSize(t, b.log)))
}

// ask runs the queries, each in a process of its own.
func (b *seekBench) ask(t *testing.T, name string, cold bool) *seekRow {
	t.Helper()
	row := &seekRow{name: name}
	for _, query := range b.queries {
		if cold {
			for _, file := range []string{b.log, b.log + ".nxi", b.log + ".nxs"} {
				dropPages(t, file)
			}
		}
		var stdout, stderr bytes.Buffer
		command := exec.CommandContext(t.Context(), b.nexus, query...)
		command.Stdout, command.Stderr = &stdout, &stderr
		started := time.Now()
		err := command.Run()
		row.walls = append(row.walls, time.Since(started))
		if err != nil {
			t.Fatalf("nexus %s: %v\n%s", strings.Join(query, " "), err, stderr.String())
		}
		row.answers = append(row.answers, stdout.String())
	}
	slices.Sort(row.walls)
	return row
}

// dropPages lets the system forget what it holds of a file in memory. What the
// disk or the host of a virtual machine holds, it cannot reach.
func dropPages(t *testing.T, name string) {
	t.Helper()
	const dontNeed = 4 // POSIX_FADV_DONTNEED
	file, err := os.Open(name)
	if os.IsNotExist(err) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := file.Sync(); err != nil { // only what is written can be forgotten
		t.Fatal(err)
	}
	if _, _, errno := syscall.Syscall6(syscall.SYS_FADVISE64, file.Fd(), 0, 0, dontNeed, 0, 0); errno != 0 {
		t.Fatal(errno)
	}
}
