package main_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/cmd"
	"github.com/nexus-blueprint/nexus/event"
)

// What an app exports is a log that nexus reads: every event is in it once, nexus
// folds it to the states that the app has, and finds no fault with it.
func TestNexusReadsWhatAppsExport(t *testing.T) {
	if testing.Short() {
		t.Skip("short: it builds two apps with their database and serves them")
	}
	for _, example := range examples {
		t.Run(example.name, func(t *testing.T) {
			dir := filepath.Join("examples", example.name)
			u := useApp(t, walks[example.name], dir)
			t.Run("every event once", u.everyEventOnce)
			t.Run("states", u.states)
			t.Run("states of the past", u.pastStates)
			t.Run("rows", u.rowsOfModel)
			for _, command := range []string{"replay doctor %s", "replay verify %s", "replay %s --validate", "cost estimate --log %s"} {
				t.Run(fmt.Sprintf(command, "LOG"), func(t *testing.T) { u.nexus(t, fmt.Sprintf(command, u.log)) })
			}
		})
	}
}

// A usedApp is an app that was used, and what it exported afterwards.
type usedApp struct {
	walk
	*appProcess
	config  string
	source  string // of its events
	log     string
	tokens  map[string]string // of each tenant
	streams []walked
}

// tenantOfLoad owns the streams of the app's own load.
const tenantOfLoad = "load"

func useApp(t *testing.T, w walk, dir string) *usedApp {
	t.Helper()
	a := &appProcess{program: buildApp(t, dir), data: filepath.Join(t.TempDir(), "data")}
	u := &usedApp{walk: w, appProcess: a, config: filepath.Join(dir, "nexus.yaml"), source: "/" + filepath.Base(dir), log: filepath.Join(t.TempDir(), "log.ndjson"), tokens: map[string]string{}}
	for _, tenant := range append(tenantsOfWalks, tenantOfLoad) {
		u.tokens[tenant] = a.key(t, tenant)
	}
	a.serve(t)
	u.streams = append(w.drive(t, a, u.tokens), w.load(t, a, u.tokens[tenantOfLoad], tenantOfLoad)...)
	a.run(t, "export", "-data", a.data, "-o", u.log) // while the app runs
	return u
}

// nexus runs a command line of nexus in this process, under the app's own nexus.yaml.
func (u *usedApp) nexus(t *testing.T, command string) []byte {
	t.Helper()
	var out, problems bytes.Buffer
	args := append(strings.Fields(command), "--config", u.config)
	if code := cmd.Main(t.Context(), args, strings.NewReader(""), &out, &problems); code != 0 {
		t.Fatalf("nexus %s ends with %d:\n%s%s", command, code, out.Bytes(), problems.Bytes())
	}
	return out.Bytes()
}

// An exported event is one as a log has it.
type exported struct {
	ID, Type, Source, Stream, SchemaVersion, CorrelationID, CausationID string

	Sequence       int64
	Time, Recorded time.Time
	Attributes     map[string]string // the others, as JSON
	Data           string
}

// everyEventOnce compares the export with what the app's trails show.
func (u *usedApp) everyEventOnce(t *testing.T) {
	var want []exported
	for _, stream := range u.streams {
		want = append(want, u.trail(t, stream)...)
	}
	var verified int64
	for tenant, token := range u.tokens {
		v, _ := u.verify(t, token)
		if !v.OK {
			t.Errorf("the app says of the events of %s: %+v", tenant, v)
		}
		verified += v.Events
	}
	if verified != int64(len(want)) {
		t.Errorf("the trails show %d events, and the app verified %d", len(want), verified)
	}
	got := readExported(t, u.log)
	byPlace := func(a, b exported) int {
		return cmp.Or(cmp.Compare(a.Attributes["tenant"], b.Attributes["tenant"]), cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Sequence, b.Sequence))
	}
	slices.SortStableFunc(got, byPlace) // two that are one are still two
	slices.SortStableFunc(want, byPlace)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("the log holds other events than the app (-app +log):\n%s", firstLines(diff))
	}
}

// trail is a stream as the app shows it, in the form of a log.
func (u *usedApp) trail(t *testing.T, of walked) []exported {
	t.Helper()
	var shown struct {
		Events []struct {
			ID, Type, SchemaVersion, Actor, CorrelationID, CausationID, Hash string

			Version, Position int64
			Time, Recorded    time.Time
			Data              json.RawMessage
			Decision          struct {
				Path, Weights string
				Score         float64
			}
		}
	}
	u.get(t, u.tokens[of.tenant], "/streams/"+of.stream+"/events", &shown)
	var events []exported
	for _, e := range shown.Events {
		events = append(events, exported{
			ID: e.ID, Type: e.Type, Source: u.source, Stream: of.stream, SchemaVersion: e.SchemaVersion,
			CorrelationID: e.CorrelationID, CausationID: e.CausationID, Sequence: e.Version, Time: e.Time, Recorded: e.Recorded, Data: string(e.Data),
			Attributes: map[string]string{
				"actor": quoted(e.Actor), "tenant": quoted(of.tenant), "position": quoted(fmt.Sprint(e.Position)), "hash": quoted(e.Hash),
				"routepath": quoted(e.Decision.Path), "routescore": quoted(fmt.Sprintf("%.4f", e.Decision.Score)), "routeweights": quoted(e.Decision.Weights),
				"datacontenttype": quoted("application/json"),
			},
		})
	}
	return events
}

func quoted(text string) string { return `"` + text + `"` }

// readExported reads a log as nexus does.
func readExported(t *testing.T, name string) []exported {
	t.Helper()
	log, err := event.Open(t.Context(), []string{name}, event.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var events []exported
	for e, err := range log.Events(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		attributes := map[string]string{}
		for name, text := range e.Extensions() {
			attributes[string(name)] = string(text)
		}
		events = append(events, exported{
			ID: string(e.ID), Type: e.Type, Source: e.Source, Stream: string(e.Stream), SchemaVersion: e.SchemaVersion,
			CorrelationID: string(e.CorrelationID), CausationID: string(e.CausationID), Sequence: e.Sequence, Time: e.Time, Recorded: e.Recorded,
			Data: string(e.Data), Attributes: attributes,
		})
	}
	return events
}

// states compares every state of the app with what nexus folds of the log.
func (u *usedApp) states(t *testing.T) {
	var report struct {
		Data struct {
			Streams []struct {
				Stream string
				Events int64
				State  map[string]any
			}
		}
	}
	readJSON(t, "nexus replay", u.nexus(t, "replay "+u.log+" --all --show-data --format json"), &report)
	got, want := map[string]modelRow{}, map[string]modelRow{}
	for _, s := range report.Data.Streams {
		got[s.Stream] = modelRow{s.Events, s.State}
	}
	for _, s := range u.streams {
		want[s.stream] = u.state(t, s, "")
	}
	if diff := gocmp.Diff(want, got, sameNumbers); diff != "" {
		t.Errorf("the reducers of nexus.yaml and Evolve disagree (-Evolve +nexus):\n%s", firstLines(diff))
	}
}

// state is what the app says of a stream.
func (u *usedApp) state(t *testing.T, of walked, query string) modelRow {
	t.Helper()
	var row modelRow
	header := u.get(t, u.tokens[of.tenant], "/"+u.kind+"/"+of.id+query, &row.Data)
	if _, err := fmt.Sscan(header.Get("Nexus-Version"), &row.Version); err != nil {
		t.Fatalf("the version of %s: %v", of.stream, err)
	}
	return row
}

// sameNumbers takes 1.50 and 1.5 as one.
var sameNumbers = gocmp.Comparer(func(a, b json.Number) bool {
	x, okX := new(big.Rat).SetString(string(a))
	y, okY := new(big.Rat).SetString(string(b))
	return okX && okY && x.Cmp(y) == 0
})

// pastStates compares each version of some streams.
func (u *usedApp) pastStates(t *testing.T) {
	for _, s := range u.streams[:4] {
		for version := u.state(t, s, "").Version; version > 0; version-- {
			var report struct {
				Data struct{ State map[string]any }
			}
			command := fmt.Sprintf("replay %s --stream %s --at seq:%d --show-data --format json", u.log, s.stream, version)
			readJSON(t, "nexus replay", u.nexus(t, command), &report)
			want := u.state(t, s, fmt.Sprintf("?version=%d", version))
			if diff := gocmp.Diff(want, modelRow{version, report.Data.State}, sameNumbers); diff != "" {
				t.Errorf("version %d of %s (-app +nexus):\n%s", version, s.stream, diff)
			}
		}
	}
}

// rowsOfModel compares the read model with the states that it is made of.
func (u *usedApp) rowsOfModel(t *testing.T) {
	rows := map[string]map[string]modelRow{}
	for tenant, token := range u.tokens {
		rows[tenant] = u.rows(t, token, u.model)
	}
	seen := 0
	for _, s := range u.streams {
		state, row := u.state(t, s, ""), rows[s.tenant][s.id]
		maps.DeleteFunc(state.Data, func(name string, _ any) bool { return row.Data[name] == nil })
		if diff := gocmp.Diff(state, row, sameNumbers); diff != "" || len(row.Data) < 2 {
			t.Errorf("the row of %s (-state +row):\n%s", s.stream, diff)
		}
		seen++
	}
	for tenant := range rows {
		seen -= len(rows[tenant])
	}
	if seen != 0 {
		t.Errorf("there are %d rows too many or, below zero, too few streams", -seen)
	}
}

// Whoever has built nexus can build an app without a network: an app needs no module
// that nexus does not need, and none in another version.
func TestAppsNeedOnlyModulesOfNexus(t *testing.T) {
	own, ownSums := readModules(t, "."), readSums(t, "go.sum")
	for _, example := range examples {
		dir := filepath.Join("examples", example.name)
		for path, version := range readModules(t, dir) {
			if own[path] != version {
				t.Errorf("%s needs %s %s, and nexus %q: NEXUS_UPDATE=1 writes skeleton/app/go.mod.txt anew", dir, path, version, own[path])
			}
		}
		for sum := range readSums(t, filepath.Join(dir, "go.sum")) {
			if !ownSums[sum] {
				t.Errorf("%s/go.sum has a line that go.sum lacks: %s", dir, sum)
			}
		}
	}
}

// readModules are the versions of the modules that a go.mod requires, and that of Go.
func readModules(t *testing.T, dir string) map[string]string {
	t.Helper()
	text, err := goCommand(dir).run(t, "mod", "edit", "-json")
	if err != nil {
		t.Fatalf("go mod edit in %s: %v\n%s", dir, err, text)
	}
	var file struct {
		Go      string
		Require []struct{ Path, Version string }
	}
	readJSON(t, "go mod edit", []byte(text), &file)
	if len(file.Require) == 0 {
		t.Fatalf("the go.mod of %s requires nothing", dir)
	}
	versions := map[string]string{"go": file.Go}
	for _, r := range file.Require {
		versions[r.Path] = r.Version
	}
	return versions
}

func readSums(t *testing.T, name string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		sums[strings.TrimSpace(line)] = true
	}
	return sums
}
