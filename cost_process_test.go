//go:build bench && (linux || darwin)

package main_test

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/cost"
	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/event/index"
)

// TestCostProcess prints what the traffic of a generated log takes: from the log,
// from its index, as the whole command, and as a query of DuckDB that rounds each
// line as nexus does. `make bench-cost` runs it. All three must agree on every type
// before anything is timed. DuckDB is timed within its process, without its start,
// and nexus with its start as well.
//
// NEXUS_DUCKDB names a Python that has the module duckdb; without it there are no
// rows of it. NEXUS_BENCH_EVENTS is the size of the log.
func TestCostProcess(t *testing.T) {
	events, err := strconv.Atoi(cmp.Or(os.Getenv("NEXUS_BENCH_EVENTS"), "1000000"))
	if err != nil {
		t.Fatalf("NEXUS_BENCH_EVENTS: %v", err)
	}
	nexus := buildNexus(t)
	raw := writeTrafficLog(t, events, 200)
	indexed := filepath.Join(filepath.Dir(raw), "indexed.ndjson")
	if err := os.Link(raw, indexed); err != nil {
		t.Fatal(err)
	}
	if _, err := index.Build(t.Context(), openLog(t, indexed), indexed+".nxi"); err != nil {
		t.Fatal(err)
	}
	fromLog := func() *cost.Workload {
		work, err := cost.FromLog(t.Context(), openLog(t, raw), nil, cost.TrafficOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return work
	}
	fromIndex := func() *cost.Workload {
		x, err := index.Open(indexed + ".nxi")
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		work, err := cost.FromIndex(x, nil, cost.TrafficOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return work
	}
	want := tallies(fromLog())
	if diff := gocmp.Diff(want, tallies(fromIndex())); diff != "" {
		t.Fatalf("the log and its index differ (-log +index):\n%s", diff)
	}
	duck := os.Getenv("NEXUS_DUCKDB")
	var duckRuns []spent
	if duck != "" {
		var got map[string]tally
		got, duckRuns = askDuckDB(t, duck, raw)
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("nexus and DuckDB differ (-nexus +DuckDB):\n%s", diff)
		}
		fmt.Printf("nexus, its index and DuckDB agree on %d types: events, bytes, units of 1 KB and 25 KB, busiest second\n", len(want))
	}
	info, err := os.Stat(raw)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%d events, %d MB, load %s\n", events, info.Size()/1e6, loadAverage())
	fmt.Printf("%-44s %10s %10s\n", "median of 5", "wall", "CPU")
	row := func(name string, took spent) {
		fmt.Printf("%-44s %8.3f s %8.3f s\n", name, took.wall.Seconds(), took.cpu.Seconds())
	}
	row("traffic from the log, in process", inProcess(func() { fromLog() }))
	row("traffic from the index, in process", inProcess(func() { fromIndex() }))
	for _, run := range []struct{ name, log, strategy string }{
		{"cost estimate --log", raw, "all-kinesis"},
		{"cost estimate --log, all strategies", raw, "compare"},
		{"cost estimate --log, with the index", indexed, "all-kinesis"},
		{"the same, all strategies", indexed, "compare"},
	} {
		row(run.name, medianOf(t, 5, nexus, "cost", "estimate", "--log", run.log, "--strategy", run.strategy))
	}
	if len(duckRuns) > 0 {
		row("DuckDB, its query alone", middle(duckRuns))
	}
}

func openLog(t *testing.T, name string) *event.Log {
	t.Helper()
	log, err := event.Open(t.Context(), []string{name}, event.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// writeTrafficLog writes CloudEvents of 474 bytes on average, ten a second.
func writeTrafficLog(t *testing.T, events, types int) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "log.ndjson")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewWriterSize(file, 1<<20)
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	filler := strings.Repeat("the quick brown fox ", 30)
	for i := range events {
		at := start.Add(time.Duration(i) * 100 * time.Millisecond)
		fmt.Fprintf(out, `{"specversion":"1.0","id":"01J8Z3K5Q7M9N1P3%010d","source":"/shop/orders","type":"shop.Type%05d.v1","subject":"order-%06d",`+
			`"time":"%s","sequence":"%020d","data":{"amount":%d,"note":"%s"}}`+"\n",
			i, i*7919%types, i%20000, at.Format("2006-01-02T15:04:05.000Z"), i/20000+1, i%500, filler[:97+i*31%292])
	}
	if err := cmp.Or(out.Flush(), file.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}

// A tally is what a bill needs to know of a type.
type tally struct {
	Events, Bytes   int64
	Units1, Units25 int64 // of 1 KB and 25 KB, each event rounded up
	PeakEvents      int64 // of the busiest second
	PeakBytes       int64
}

// tallies undoes what a workload does to counts: it has rates of a month and
// shares of sizes.
func tallies(work *cost.Workload) map[string]tally {
	all := 0.0
	for _, traffic := range work.Types {
		all += traffic.Rate
	}
	list := map[string]tally{}
	for _, traffic := range work.Types {
		events := math.Round(traffic.Rate / all * float64(work.Events))
		in := func(unit float64) int64 {
			sum := 0.0
			for _, size := range traffic.Sizes {
				sum += size.Share * math.Ceil(float64(size.Bytes)/unit)
			}
			return int64(math.Round(events * sum))
		}
		list[traffic.Type] = tally{
			Events: int64(events), Bytes: in(1), Units1: in(1 << 10), Units25: in(25 << 10),
			PeakEvents: int64(traffic.Peak.Records), PeakBytes: int64(traffic.Peak.Bytes),
		}
	}
	return list
}

// duckDB asks for the same, six times, and prints the answer and what the last
// five runs took. A line is read as text, since rounding needs its exact length.
const duckDB = `
import duckdb, json, resource, sys, time
query = """
with lines as (
  select line, strlen(line) as bytes
  from read_csv(?, columns={'line': 'VARCHAR'}, delim='\x01', quote='', escape='', header=false, max_line_size=16777216)
), events as (
  select json_extract_string(line, '$.type') as type, json_extract_string(line, '$.time')[1:19] as second, bytes from lines
), seconds as (
  select type, second, count(*) as n, sum(bytes) as bytes,
         sum((bytes + 1023) // 1024) as units1, sum((bytes + 25599) // 25600) as units25
  from events group by all
)
select type, sum(n)::bigint, sum(bytes)::bigint, sum(units1)::bigint, sum(units25)::bigint, max(n)::bigint, max(bytes)::bigint
from seconds group by type
"""
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
runs = []
for _ in range(6):
    connection = duckdb.connect()
    connection.execute("set enable_progress_bar = false")
    wall, used = time.perf_counter(), cpu()
    rows = connection.execute(query, [sys.argv[1]]).fetchall()
    runs.append([time.perf_counter() - wall, cpu() - used])
json.dump({"rows": rows, "runs": runs[1:]}, sys.stdout)
`

func askDuckDB(t *testing.T, python, log string) (map[string]tally, []spent) {
	t.Helper()
	command := exec.CommandContext(t.Context(), python, "-c", duckDB, log)
	command.Stderr = os.Stderr
	text, err := command.Output()
	if err != nil {
		t.Fatalf("asking DuckDB: %v", err)
	}
	var answer struct {
		Rows [][]any      `json:"rows"`
		Runs [][2]float64 `json:"runs"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("reading DuckDB's answer: %v", err)
	}
	list := map[string]tally{}
	for _, row := range answer.Rows {
		n := func(i int) int64 { return int64(row[i].(float64)) }
		list[row[0].(string)] = tally{n(1), n(2), n(3), n(4), n(5), n(6)}
	}
	var runs []spent
	for _, run := range answer.Runs {
		runs = append(runs, spent{wall: time.Duration(run[0] * float64(time.Second)), cpu: time.Duration(run[1] * float64(time.Second))})
	}
	return list, runs
}

// inProcess times work in this process: five runs, after one that warms the cache.
func inProcess(work func()) spent {
	work()
	var runs []spent
	for range 5 {
		wall, cpu := time.Now(), ownTime()
		work()
		runs = append(runs, spent{wall: time.Since(wall), cpu: ownTime() - cpu})
	}
	return middle(runs)
}

// ownTime is the processor time of this process.
func ownTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// middle has the medians of several runs.
func middle(runs []spent) spent {
	var walls, cpus []time.Duration
	for _, run := range runs {
		walls, cpus = append(walls, run.wall), append(cpus, run.cpu)
	}
	slices.Sort(walls)
	slices.Sort(cpus)
	return spent{wall: walls[len(walls)/2], cpu: cpus[len(cpus)/2]}
}
