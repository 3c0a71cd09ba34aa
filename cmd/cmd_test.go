package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
)

// interrupter is a standard input at which somebody presses ^C instead of typing.
type interrupter struct{ t *testing.T }

func (i interrupter) Read([]byte) (int, error) {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Signal(os.Interrupt)
	}
	if err != nil {
		i.t.Error(err)
	}
	select {} // a terminal does not end because of ^C
}

func TestInterruptReportsAndExits130(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot send itself an interrupt on Windows")
	}
	path := filepath.Join(t.TempDir(), "a.schema.json")
	if err := os.WriteFile(path, []byte(`{"type": "object"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	code := Main(context.Background(), []string{"schema", "validate", path, "-", "--format", "json"}, interrupter{t}, &out, &errs)
	if code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	if !json.Valid(out.Bytes()) {
		t.Errorf("no complete report was written:\n%s", out.String())
	}
	for _, want := range []string{`"outcome": "unchecked"`, `"exit_code": 130`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report does not say %s:\n%s", want, out.String())
		}
	}
}

func TestHeadlineCountsWhatWasNotLookedAt(t *testing.T) {
	c := &schemaCheck{baseline: &source{ref: "dir:old"}, report: &report.Report{Checked: 1}}
	c.outcomes = []outcome{{results: []judged{{data: compat.SubjectData{Verdict: compat.Compatible}}}}, {status: uncheckable}, {}, {}}
	want := "1 subject checked against dir:old: 1 compatible, 1 unchecked, 2 not looked at"
	if got := c.headline(); got != want {
		t.Errorf("headline %q, want %q", got, want)
	}
}

// A subject whose versions are judged in one run has a row for each, which say
// which version they are about.
func TestTableNamesTheVersions(t *testing.T) {
	row := func(version string) judged {
		return judged{data: compat.SubjectData{Subject: "a"}, version: version}
	}
	c := &schemaCheck{
		gate: &gate{}, judge: &judge{}, config: &config{}, baseline: &source{ref: "dir:old"}, checked: &tree{},
		pairs: []pair{{"a", "a"}, {"b", "b"}},
		outcomes: []outcome{
			{results: []judged{row("2"), row("3")}},
			{results: []judged{row("7")}},
		},
	}
	var got []string
	for _, row := range c.table().Rows {
		got = append(got, row[0])
	}
	if diff := cmp.Diff([]string{"a 2", "a 3", "a"}, got); diff != "" {
		t.Errorf("first column differs (-want +got):\n%s", diff)
	}
}

func TestInterruptKeepsWhatWasChecked(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	results, done := inParallel(ctx, 100, func(i int) int {
		if i == 0 {
			cancel()
		}
		return i + 1
	})
	if len(results) != 100 || done == 0 || done > 1+runtime.GOMAXPROCS(0) {
		t.Errorf("%d results, %d done", len(results), done)
	}
}

func TestInParallelKeepsOrder(t *testing.T) {
	results, done := inParallel(context.Background(), 1000, func(i int) int { return i })
	for i, r := range results {
		if r != i {
			t.Fatalf("result %d is %d", i, r)
		}
	}
	if done != 1000 {
		t.Errorf("%d done, want 1000", done)
	}
}

func TestNearest(t *testing.T) {
	tests := []struct {
		word string
		want string
	}{
		{"chekc", "check"},
		{"CHECK", "check"},
		{"dif", "diff"},
		{"validte", "validate"},
		{"zebra", ""},
		{"", ""},
	}
	for _, test := range tests {
		if got := report.Nearest(test.word, []string{"check", "diff", "validate"}); got != test.want {
			t.Errorf("report.Nearest(%q) = %q, want %q", test.word, got, test.want)
		}
	}
}

func TestSteps(t *testing.T) {
	chain := func(versions ...string) []schema.Schema {
		var list []schema.Schema
		for _, v := range versions {
			version, text, _ := strings.Cut(v, "=")
			list = append(list, schema.Schema{Version: version, Text: []byte(text)})
		}
		return list
	}
	tests := []struct {
		name           string
		previous, next []schema.Schema
		want           []string // previous versions > next
	}{
		{"single files", chain("=a"), chain("=b"), []string{"=a > =b"}},
		{"equal single files", chain("=a"), chain("=a"), []string{"=a > =a"}},
		{"a file against a history", chain("c1=a", "c2=b"), chain("=c"), []string{"c1=a c2=b > =c"}},
		{"one new version", chain("1=a", "2=b"), chain("1=a", "2=b", "3=c"), []string{"1=a 2=b > 3=c"}},
		{"two new versions", chain("1=a"), chain("1=a", "2=b", "3=c"), []string{"1=a > 2=b", "1=a 2=b > 3=c"}},
		{"only the newest is there", chain("1=a", "2=b"), chain("3=c"), []string{"1=a 2=b > 3=c"}},
		{"nothing new", chain("1=a", "2=b"), chain("1=a", "2=b"), []string{"1=a 2=b > 2=b"}},
		{"an edited version", chain("1=a", "2=b", "3=c"), chain("1=a", "2=x", "3=c"), []string{"1=a 2=b > 2=x"}},
		{"edited and new", chain("1=a", "2=b"), chain("1=x", "2=b", "3=c"), []string{"1=a > 1=x", "1=a 2=b > 3=c"}},
	}
	text := func(s schema.Schema) string { return s.Version + "=" + string(s.Text) }
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, s := range steps(test.previous, test.next) {
				var names []string
				for _, p := range s.previous {
					names = append(names, text(p))
				}
				got = append(got, strings.Join(names, " ")+" > "+text(s.next))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("steps differ (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte("version: 1\nschema:\n  level: FULL\n  rules:\n    blueprint/open-addition: off\n"))
	f.Add([]byte("schema: {subjects: {'a/*': '{name}'}, allow_remote: [a.example]}"))
	a := newApp(strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{})
	f.Fuzz(func(t *testing.T, text []byte) {
		config, err := a.parseConfig(configName, ".", text)
		if err != nil {
			if code := a.exit(err); code != exitUsage {
				t.Errorf("exit code %d, want %d: %v", code, exitUsage, err)
			}
			return
		}
		if _, err := a.shownSettings(config); err != nil {
			t.Errorf("a configuration that was accepted cannot be shown: %v", err)
		}
	})
}

// The schemas in docs/schemas are what `config schema` prints. NEXUS_UPDATE=1
// rewrites them.
func TestDocumentedSchemas(t *testing.T) {
	dir := filepath.Join("..", "docs", "schemas")
	names := map[string][]string{"nexus.yaml.schema.json": {"config", "schema"}}
	for _, command := range outputCommands() {
		names[strings.ReplaceAll(command, " ", "-")+".schema.json"] = []string{"config", "schema", "--output", command}
	}
	for name, args := range names {
		var out, errs bytes.Buffer
		if code := newApp(strings.NewReader(""), &out, &errs).run(t.Context(), args); code != exitClean {
			t.Fatalf("%v: exit code %d: %s", args, code, errs.String())
		}
		if _, err := jsonschema.CompileString(name, out.String()); err != nil {
			t.Errorf("%s is no JSON Schema: %v", name, err)
		}
		path := filepath.Join(dir, name)
		if os.Getenv("NEXUS_UPDATE") != "" {
			if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v; NEXUS_UPDATE=1 go test ./cmd writes it", err)
		}
		if diff := cmp.Diff(string(text), out.String()); diff != "" {
			t.Errorf("docs/schemas/%s is out of date; NEXUS_UPDATE=1 go test ./cmd rewrites it:\n%s", name, diff)
		}
	}
}

// What commands print as JSON is valid under the schema that they document.
func TestOutputIsValidUnderItsSchema(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"old/a.schema.json": `{"type": "object", "properties": {"id": {"type": "string"}}}`,
		"new/a.schema.json": `{"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}`,
		"new/b.schema.json": `{"type": "object",`,
		"document.json":     `{"id": 1}`,
		"waivers.yaml":      "version: 1\nwaivers:\n  - {fingerprint: 00112233445566778899aabbccddeeff, owner: o, reason: r, expires: 2026-01-01}\n",
		"nexus.yaml": "schema:\n  rules:\n    blueprint/open-addition: note\n" +
			"reducers:\n  order:\n    streams: order-*\n    init: {owed: 0}\n    on: {OrderPlaced: [{add: owed, by: .sum}], OrderPaid: [{set: paid, value: true}]}\n" +
			"    invariants: [{name: small, expr: state.owed < 5}]\n" +
			"  next:\n    streams: '*-1'\n    init: {owed: 0}\n    on: {OrderPlaced: [{set: owed, to: .sum}]}\n",
		"log.ndjson": `{"specversion":"1.0","id":"e1","source":"/s","type":"OrderPlaced","subject":"order-1","sequence":"1","time":"2026-01-01T10:00:00Z","correlationid":"c1","data":{"sum":3}}
{"specversion":"1.0","id":"e2","source":"/s","type":"OrderPlaced","subject":"order-1","sequence":"2","time":"2026-01-01T10:01:00Z","correlationid":"c1","causationid":"e1","data":{"sum":4}}
{"specversion":"1.0","id":"e3","source":"/s","type":"OrderPaid","subject":"order-2","sequence":"2","time":"2026-01-01T10:02:00Z","correlationid":"c1","causationid":"e2","data":{}}
`,
		"untimed.ndjson":      `{"specversion":"1.0","id":"e1","source":"/s","type":"OrderPlaced","subject":"order-1","data":{"sum":3}}` + "\n",
		"empty/readme":        "",
		"closed/a.json":       `[]`,
		"malformed.json":      `{`,
		"order.schema.json":   `{"required": ["id"]}`,
		"document.valid.json": `{"id": "a"}`,
		"catalog.yaml":        "events:\n  OrderPlaced: {version: 1.0.0, owners: [orders], x-rate-per-min: 2}\nowners:\n  orders: {kind: team}\n",
		"ledger.ndjson":       "{\n",
		"costs.yaml":          "events:\n  OrderPlaced: {version: 1.0.0, owners: [orders], x-path: kinesis, x-rate-per-min: 90, x-payload-bytes: 1200}\n  OrderPaid: {version: 1.0.0, owners: [orders], x-path: sqs}\nowners:\n  orders: {kind: team}\n",
		"sales.ndjson":        `{"specversion":"1.0","id":"1","source":"/shop","type":"OrderPlaced","time":"2026-01-05T10:00:00Z","data":{}}` + "\n" + `{"specversion":"1.0","id":"2","source":"/shop","type":"OrderPlaced","time":"2026-01-05T10:00:01Z","data":{}}` + "\n",
		"labels.ndjson":       strings.Repeat(`{"criticality": "high", "path": "critical"}`+"\n"+`{"criticality": "low", "path": "standard"}`+"\n"+`{"criticality": "low", "ordered": true, "path": "critical"}`+"\n"+`{"criticality": "high", "ordered": true, "path": "standard"}`+"\n", 30),
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir) // logs are opened from there
	tests := []struct {
		command string
		args    []string
	}{
		{"schema check", []string{"--against", "dir:old", "new"}},
		{"schema check", []string{"--against", "dir:old", "old"}},
		{"schema check", []string{"--against", "dir:old", "empty"}},
		{"schema diff", []string{"old/a.schema.json", "new/a.schema.json"}},
		{"schema diff", []string{"old/a.schema.json", "malformed.json"}},
		{"schema validate", []string{"new/a.schema.json", "document.json", "malformed.json"}},
		{"version", nil},
		{"explain", nil},
		{"config show", nil},
		{"waiver list", nil},
		{"catalog list", []string{"catalog.yaml"}},
		{"catalog show", []string{"catalog.yaml", "--event", "OrderPlaced"}},
		{"catalog check", []string{"catalog.yaml"}},
		{"catalog check", []string{"empty"}},
		{"catalog import", []string{"catalog.yaml", filepath.Join(dir, "imported")}},
		{"new", []string{"iot", "--aggregate", "Sensor", "--dry-run"}},
		{"new", []string{"iot", "--aggregate", "Sensor", "--dir", filepath.Join(dir, "iot")}},
		{"catalog compile", []string{filepath.Join(dir, "iot", "catalog")}},
		{"upgrade", []string{filepath.Join(dir, "iot")}},
		{"policy check", []string{"catalog.yaml"}},
		{"policy check", []string{"empty"}},
		{"policy impact", []string{"catalog.yaml", "--pack", "soc2"}},
		{"policy impact", []string{"empty", "--pack", "soc2"}},
		{"policy report", []string{"catalog.yaml", "-o", filepath.Join(dir, "evidence"), "--ledger", filepath.Join(dir, "own.ndjson")}},
		{"policy ledger verify", []string{filepath.Join(dir, "own.ndjson"), "--from", "2026-01-01"}},
		{"policy ledger verify", []string{"ledger.ndjson"}},
		{"policy test", nil},
		{"policy test", []string{"--coverage", "100"}},
		{"policy list", nil},
		{"policy bench", []string{"catalog.yaml"}},
		{"replay", []string{"log.ndjson"}},
		{"replay", []string{"untimed.ndjson"}},
		{"replay", []string{"log.ndjson", "--stream", "order-1", "--reducer", "order"}},
		{"replay", []string{"log.ndjson", "--stream", "order-1", "--at", "2", "--show-data", "--reducer", "order"}},
		{"replay", []string{"log.ndjson", "--all", "--reducer", "order"}},
		{"replay", []string{"log.ndjson", "--validate", "--catalog", "catalog.yaml"}},
		{"replay", []string{"document.json"}},
		{"replay diff", []string{"log.ndjson", "order-1", "--from", "1", "--reducer", "order"}},
		{"replay diff", []string{"log.ndjson", "order-1", "order-2", "--reducer", "order"}},
		{"replay blame", []string{"log.ndjson", "order-1", ".owed", "--reducer", "order"}},
		{"replay bisect", []string{"log.ndjson", "order-1", "--expr", "state.owed > 4", "--reducer", "order"}},
		{"replay bisect", []string{"log.ndjson", "order-1", "--expr", "true", "--reducer", "order"}},
		{"replay bisect", []string{"log.ndjson", "order-1", "--expr", "false", "--reducer", "order"}},
		{"replay whatif", []string{"log.ndjson", "order-1", "--drop", "1", "--reducer", "order"}},
		{"replay compare", []string{"log.ndjson", "order", "next"}},
		{"replay minimise", []string{"log.ndjson", "order-1", "--expr", "state.owed > 4", "-o", "small.ndjson", "--reducer", "order"}},
		{"replay minimise", []string{"log.ndjson", "order-1", "--expr", "state.owed > 4", "-o", "whole.ndjson", "--show-data", "--reducer", "order"}},
		{"replay minimise", []string{"log.ndjson", "order-1", "--expr", "false", "-o", "none.ndjson", "--reducer", "order"}},
		{"replay trace", []string{"log.ndjson", "c1"}},
		{"replay doctor", []string{"log.ndjson"}},
		{"replay doctor", []string{"document.json"}},
		{"replay verify", []string{"log.ndjson", "--reducer", "order"}},
		{"replay snapshots", []string{"log.ndjson", "--reducer", "order"}},
		{"replay index", []string{"log.ndjson", "--snapshots", "1"}},
		{"replay index", []string{"log.ndjson", "--snapshots", "none"}},
		{"replay export", []string{"log.ndjson", "-o", "copy.ndjson"}},
		{"replay export", []string{"log.ndjson", "--as", "html", "--correlation", "c1", "-o", "page.html", "--reducer", "order"}},
		{"replay generate", []string{"catalog.yaml", "--events", "10", "-o", "made.ndjson"}},
		{"replay generate", []string{"catalog.yaml", "--events", "10", "--anomaly", "gap", "-o", "odd.ndjson"}},
		{"cost estimate", []string{"--catalog", "costs.yaml"}},
		{"cost estimate", []string{"--catalog", "costs.yaml", "--strategy", "optimal", "--claim", "73%", "--budget", "1", "--by", "owner", "--by", "consumer"}},
		{"cost estimate", []string{"--catalog", "costs.yaml", "--log", "sales.ndjson"}},
		{"cost estimate", []string{"--log", "sales.ndjson"}},
		{"cost estimate", []string{"--catalog", "catalog.yaml"}},
		{"cost estimate", []string{"--catalog", "costs.yaml", "--region", "eu-west-1"}},
		{"cost prices", nil},
		{"route explain", []string{"OrderPlaced", "--catalog", "costs.yaml"}},
		{"route train", []string{"--labels", "labels.ndjson", "-o", filepath.Join(dir, "weights.json")}},
	}
	for _, test := range tests {
		t.Run(test.command+" "+strings.Join(test.args, " "), func(t *testing.T) {
			validOutput(t, dir, test.command, test.args)
		})
	}
	for _, test := range [][]string{
		{"add aggregate", "Gateway"},
		{"add command", "Sensor", "Retire:SensorRetired{reason:string}", "--dry-run"},
		{"add event", "Sensor", "SensorMoved{location:string}"},
		{"add spec"},
	} {
		t.Run(test[0], func(t *testing.T) { validOutput(t, filepath.Join(dir, "iot"), test[0], test[1:]) })
	}
}

// validOutput runs a command in a folder, and holds its JSON to the schema.
func validOutput(t *testing.T, dir, command string, args []string) {
	t.Helper()
	var out, errs bytes.Buffer
	a := newApp(strings.NewReader(""), &out, &errs)
	a.dir, a.env = dir, func(string) string { return "" }
	args = append(append(strings.Fields(command), args...), "--format", "json")
	if code := a.run(t.Context(), args); code == exitUsage {
		t.Fatalf("usage error: %s", errs.String())
	}
	form, err := newApp(nil, nil, nil).outputSchema(command)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(form)
	compiled, err := jsonschema.CompileString("output.json", string(text))
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := json.Unmarshal(out.Bytes(), &document); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if err := compiled.Validate(document); err != nil {
		t.Errorf("%#v\n%s", err, out.String())
	}
}
