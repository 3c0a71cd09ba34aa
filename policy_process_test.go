//go:build bench && (linux || darwin)

package main_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/compat/jsonschema"
	"github.com/nexus-blueprint/nexus/policy"
	"github.com/nexus-blueprint/nexus/schema"
)

// fewEvents is the size of the catalog that conftest is asked about several times
// in its slow form; about the whole one it is asked once.
const fewEvents = 1_000

// TestPolicyProcess prints what checking a generated catalog by every pack takes,
// and what conftest takes for the same rules and events. `make bench-policy` runs
// it. The peer is given its inputs ready-made; nexus reads the catalog's files.
// The ratio is that of processor time, which other work on the machine changes
// least.
//
// NEXUS_CONFTEST names the peer's program; without it there are no rows of it.
// NEXUS_BENCH_EVENTS is the size of the catalog.
func TestPolicyProcess(t *testing.T) {
	events, err := strconv.Atoi(cmp.Or(os.Getenv("NEXUS_BENCH_EVENTS"), "10000"))
	if err != nil {
		t.Fatalf("NEXUS_BENCH_EVENTS: %v", err)
	}
	nexus := buildNexus(t)
	all, few := writeCatalog(t, events), writeCatalog(t, fewEvents)
	if text, err := exec.CommandContext(t.Context(), nexus, policyCheck(all)...).CombinedOutput(); err != nil {
		t.Fatalf("nexus policy check: %v\n%s", err, text[max(0, len(text)-2000):])
	}
	fmt.Printf("load before: %s\n", loadAverage())
	row := func(name string, events, runs int, beside time.Duration, program string, args ...string) time.Duration {
		t.Helper()
		took := medianOf(t, runs, program, args...)
		ratio := ""
		if beside > 0 {
			ratio = fmt.Sprintf("%.1f x", took.cpu.Seconds()/beside.Seconds())
		}
		fmt.Printf("%-32s %6d %4d %8.2f s %8.2f s %8d MB %9s\n", name, events, runs, took.wall.Seconds(), took.cpu.Seconds(), took.peak>>20, ratio)
		return took.cpu
	}
	fmt.Printf("%-32s %6s %4s %10s %10s %11s %9s\n", "run", "events", "runs", "wall", "CPU", "peak memory", "CPU ratio")
	row("nexus policy check --format json", events, 3, 0, nexus, policyCheck(all, "--format", "json")...)
	whole := row("nexus policy check", events, 3, 0, nexus, policyCheck(all)...)
	part := row("nexus policy check", fewEvents, 3, 0, nexus, policyCheck(few)...)
	if conftest := os.Getenv("NEXUS_CONFTEST"); conftest != "" {
		large, small := writePeer(t, all, events), writePeer(t, few, fewEvents)
		large.agrees(t, conftest, oneSet)
		small.agrees(t, conftest, named)
		row("conftest, one deny set", events, 3, whole, conftest, large.args(oneSet)...)
		row("conftest, a name for each rule", fewEvents, 3, part, conftest, small.args(named)...)
		row("conftest, a name for each rule", events, 1, whole, conftest, large.args(named)...)
	}
	bench := exec.CommandContext(t.Context(), nexus, append([]string{"policy", "bench", all}, everyPack()...)...)
	text, err := bench.CombinedOutput()
	if err != nil {
		t.Fatalf("nexus policy bench: %v\n%s", err, text)
	}
	fmt.Printf("\n%s\nload after: %s\n", text, loadAverage())
}

func policyCheck(root string, more ...string) []string {
	return slices.Concat([]string{"policy", "check", root, "--fail-on", "never", "--as-of", "2026-01-31", "--policy-timeout", "10m"}, everyPack(), more)
}

func everyPack() []string {
	var flags []string
	for _, pack := range policy.PackNames() {
		flags = append(flags, "--pack", pack)
	}
	return flags
}

// loadAverage is what else the machine does, where the system says it.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}

// The forms of the rules for conftest, by the names of their folders: one deny
// set, which is the fastest; or a name for each rule, since its exceptions go by
// these names.
const (
	oneSet = "one"
	named  = "named"
)

// peer is a folder with what conftest needs to judge a catalog as nexus does: the
// packs, a package main that asks for their denials, and the inputs.
type peer struct {
	dir     string
	denials int // what nexus finds
}

// writePeer writes the inputs of a catalog's events as one JSON array, and the
// rules in both forms.
func writePeer(t *testing.T, root string, events int) peer {
	t.Helper()
	result := judged(t, root)
	if len(result.Events) != events {
		t.Fatalf("the catalog has %d events, want %d", len(result.Events), events)
	}
	p := peer{dir: t.TempDir(), denials: distinctDenials(result)}
	copyRules(t, filepath.Join(p.dir, "rules"))
	writeFile(t, filepath.Join(p.dir, named, "main.rego"), peerMain(result.Rules, func(r policy.Rule) string {
		return "deny_" + strings.NewReplacer("/", "_", "-", "_").Replace(r.ID)
	}))
	writeFile(t, filepath.Join(p.dir, oneSet, "main.rego"), peerMain(result.Rules, func(policy.Rule) string { return "deny" }))
	inputs := make([]map[string]any, 0, events)
	for _, input := range result.Inputs() {
		inputs = append(inputs, input)
	}
	text, err := json.Marshal(inputs)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(p.dir, "inputs.json"), string(text))
	return p
}

// judged is what nexus says about a catalog, in this process.
func judged(t *testing.T, root string) *policy.Result {
	t.Helper()
	loaded, err := catalog.Load(t.Context(), []string{"."}, catalog.Options{FS: os.DirFS(root)})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := jsonschema.New(jsonschema.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range loaded.Events {
		parsed, err := engine.Parse(schema.Schema{Subject: e.ID, Format: schema.JSON, File: e.Schema.Get.File, Text: e.Schema.Get.Text})
		if err != nil {
			t.Fatal(err)
		}
		e.AddFields(engine.Fields(parsed))
	}
	library, err := policy.Open(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	chosen := policy.Selection{Packs: policy.PackNames()}
	day := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	result, err := policy.Check(t.Context(), policy.Options{Library: library, Selection: chosen, Catalog: loaded, AsOf: day})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// distinctDenials counts denials as conftest does: each message of a rule once an event.
func distinctDenials(result *policy.Result) int {
	n := 0
	for j := range result.Judgements() {
		messages := map[string]bool{}
		for _, denial := range j.Denials {
			messages[denial.Message] = true
		}
		n += len(messages)
	}
	return n
}

// copyRules copies the Rego of the packs, without their tests.
func copyRules(t *testing.T, dir string) {
	t.Helper()
	packs := os.DirFS("policy/packs")
	err := fs.WalkDir(packs, ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".rego") || strings.HasSuffix(name, "_test.rego") {
			return err
		}
		text, err := fs.ReadFile(packs, name)
		writeFile(t, filepath.Join(dir, filepath.FromSlash(name)), string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// peerMain is the package that conftest queries. The rule's name and the event's
// id are part of what it shows, as they are of a finding.
func peerMain(rules []policy.Rule, name func(policy.Rule) string) string {
	text := "package main\n"
	for _, r := range rules {
		rule := "data.nexus.rules." + strings.NewReplacer("/", ".", "-", "_").Replace(r.ID)
		conditions := []string{rule + ".applies", "some denial in " + rule + ".deny"}
		if r.ReadsLog() {
			conditions = slices.Insert(conditions, 0, "input.observed != null")
		}
		if slices.Contains(r.Reads, "change") {
			conditions = slices.Insert(conditions, 0, "input.change != null")
		}
		text += fmt.Sprintf("\n%s contains {\"msg\": denial.message, \"rule\": %q, \"event\": input.event.id} if {\n\t%s\n}\n",
			name(r), r.ID, strings.Join(conditions, "\n\t"))
	}
	return text
}

// args asks conftest about the inputs by the rules in one of the peer's forms.
func (p peer) args(form string) []string {
	return []string{"test", "--no-color", "--output", "json",
		"--policy", filepath.Join(p.dir, "rules"), "--policy", filepath.Join(p.dir, form), filepath.Join(p.dir, "inputs.json")}
}

// agrees makes sure that conftest objects to as much as nexus does; else the times
// would be those of different work.
func (p peer) agrees(t *testing.T, conftest, form string) {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), conftest, p.args(form)...).Output()
	if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
		t.Fatalf("conftest: %v", err)
	}
	var results []struct {
		Failures []json.RawMessage `json:"failures"`
	}
	if err := json.Unmarshal(text, &results); err != nil {
		t.Fatalf("reading what conftest says: %v\n%s", err, text)
	}
	n := 0
	for _, r := range results {
		n += len(r.Failures)
	}
	if n != p.denials || n == 0 {
		t.Errorf("conftest has %d failures, nexus %d", n, p.denials)
	}
}
