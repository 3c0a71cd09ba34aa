package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/nexus-blueprint/nexus/report"
)

// hostile holds what each format gives a meaning to.
const hostile = "a|b `c` <b>&amp;</b> *d* _e_ @alice #12 [x](y) $z$ % , : \"q\" 'r' 100% ☕ é 漢字"

func ptr[T any](v T) *T { return &v }

// golden uses every field of a report. Whoever adds a field adds it here.
func golden() *report.Report {
	r := &report.Report{
		Tool:     report.Tool{Name: "nexus", Version: "1.2.3"},
		Command:  "schema check",
		FailOn:   report.Error,
		AsOf:     "2026-01-31",
		Checked:  5,
		Headline: "1 of 5 subjects breaks against dir:released: 1 error",
		Inputs: []report.Input{
			{Role: "checked", Ref: "next", Resolved: "next", Digest: "sha256:01"},
			{Role: "baseline", Ref: "git:main", Resolved: "0123456789abcdef0123456789abcdef01234567", Digest: "sha256:02"},
		},
		Checks: []report.Check{
			{Subject: "orders/OrderPlaced", Rule: "json/made-required", Result: report.Fail},
			{Subject: "orders/OrderPlaced", Rule: "blueprint/open-addition", Result: report.Fail},
			{Subject: "orders/OrderShipped", Rule: "json/made-required", Result: report.Pass},
			{Subject: "carts/Cart", Rule: "json/type-changed", Result: report.Waived},
			{Subject: "carts/Cart", Rule: "avro/no-default", Result: report.Waived},
			{Subject: "carts/Old", Rule: "json/other", Result: report.NotApplicable},
			{Subject: "carts/Free", Rule: "soc2/retention", Result: report.Undeclared},
			{Subject: "carts/Regex", Rule: "json/pattern", Result: report.Undecided},
			{Subject: "carts/Broken", Rule: "json/made-required", Result: report.Errored, Location: report.Location{File: "carts/Broken.json", Line: 3}},
		},
		Findings: []report.Finding{breaking(), openAddition(), waived(), baseline(), note()},
		Errors: []report.Problem{
			{
				Code: "malformed-schema", Message: "unexpected end of the document", Hints: []string{"close the object opened at 1:1", "run nexus schema validate"},
				Subject: ptr("carts/Broken"), Location: &report.Location{File: "carts/Broken.json", Line: 3, Column: 1, Pointer: "/properties", Side: "new"},
			},
			{Code: "registry-unreachable", Message: "no answer from " + hostile},
		},
		Rules: []report.Rule{
			{
				ID: "json/made-required", Title: "a property became required", Why: "Documents without it were valid and are no longer.",
				Severity: report.Error, Controls: []string{"CC8.1"}, HelpURI: ptr("https://example.org/rules#json/made-required"), Kind: "made-required",
				Before: `{"required": ["a"]}`, After: `{"required": ["a", "b"]}`, Fix: "Give it a default and leave it optional.",
			},
			{ID: "blueprint/open-addition", Title: "an open object gained a property", Why: "Anything may already be there.", Severity: report.Warning},
			{ID: "json/type-changed", Title: "a type changed", Why: "Readers expect the old one.", Severity: report.Error},
		},
		Tables: []report.Table{{
			Title: "Subjects " + hostile, Columns: []string{"subject", "verdict", "bytes"},
			Rows:  [][]string{{"orders/OrderPlaced", "breaking", "1204"}, {"orders/OrderShipped", hostile, "7"}, {"short row"}},
			Notes: []string{"level BACKWARD, from nexus.yaml"},
		}},
		Charts: []report.Chart{{Title: "Changes", Unit: "subjects", Labels: []string{"added", "removed", "net"}, Values: []float64{4, 1.5, -2.5}}},
		Data:   map[string]any{"subjects": []any{map[string]any{"subject": "orders/OrderPlaced", "verdict": "breaking"}}},
	}
	r.Normalize()
	return r
}

func breaking() report.Finding {
	return report.Finding{
		Rule: "json/made-required", Severity: report.Error, Subject: "orders/OrderPlaced",
		Owners: []string{"team-orders"}, Affects: []string{"billing", "shipping"},
		Message: `property "coupon" became required:` + "\ndocuments without it are no longer valid", Hint: "make it optional",
		Direction: ptr("backward"), Proof: ptr("witness"),
		Witness: &report.Witness{
			Encoding: "json", Document: map[string]any{"orderId": "é", "total": json.Number("12345678901234567890.10")}, Text: `{"orderId":"é","total":12345678901234567890.10}`,
			Origin: "search", Old: "accepts", New: `rejects: missing properties: "coupon"`, DependsOn: []string{"format", "pattern"},
		},
		Location: report.Location{
			File: "orders/Order Placed.schema.json", Line: 14, Column: 27, EndLine: 14, EndColumn: 35, Pointer: "/required/2", Side: "new",
		},
		Related: []report.Related{{Message: "the old list", Location: report.Location{
			File: "orders/OrderPlaced.schema.json", Line: 12, Column: 3, EndLine: 13, EndColumn: 4, Pointer: "/required", Side: "old",
			Revision: ptr("0123456789abcdef0123456789abcdef01234567"),
		}}},
		Fingerprint: report.Fingerprint("json/made-required", "orders/OrderPlaced", "backward", "/required", []any{"a"}, []any{"a", "b"}),
		Fixes: []report.Fix{
			{
				Title: `make "coupon" optional again`, Verified: true,
				Edits: []report.Edit{
					{File: "orders/Order Placed.schema.json", StartLine: 14, StartColumn: 25, EndLine: 14, EndColumn: 35, Text: ""},
					{File: "orders/Order Placed.schema.json", StartLine: 9, StartColumn: 5, EndLine: 9, EndColumn: 5, Text: "\"default\": \"```\",\n"},
				},
			},
			{Title: "publish a new type <OrderPlacedV2>"},
		},
	}
}

func openAddition() report.Finding {
	return report.Finding{
		Rule: "blueprint/open-addition", Severity: report.Warning, Subject: "orders/OrderPlaced",
		Message: "property " + hostile, Hint: "close the object", Direction: ptr("forward"), Proof: ptr("log"),
		Witness: &report.Witness{
			Encoding: "avro", Text: `{"note":1}`, Hex: ptr("0002"), Origin: "log", Old: "accepts", New: "rejects: not a string",
		},
		Location:    report.Location{File: "log.ndjson", Pointer: "/properties/note", Side: "new", Offset: ptr(int64(4096))},
		Fingerprint: "aa",
	}
}

func waived() report.Finding {
	return report.Finding{
		Rule: "json/type-changed", Severity: report.Error, Subject: "carts/Cart", Message: "total became a string", Proof: ptr("rule"),
		Location: report.Location{File: "carts/Cart.json", Line: 4, Column: 5, EndLine: 6, EndColumn: 2, Pointer: "/properties/total", Side: "new"},
		Waiver:   &report.Waiver{Owner: "team-carts", Reason: "nobody reads it | yet", Expires: "2026-03-01"}, Fingerprint: "bb",
	}
}

// baseline comes with an undocumented rule and the fingerprint of another finding.
func baseline() report.Finding {
	return report.Finding{
		Rule: "avro/no-default", Severity: report.Error, Subject: "carts/Cart", Message: "=HYPERLINK(\"x\")", Proof: ptr("policy"),
		Witness:  &report.Witness{Encoding: "avro", Hex: ptr("00ff"), Origin: "fixture", Old: "accepts", New: "rejects: no default"},
		Location: report.Location{File: "carts/Cart.avsc", Line: 1, Column: 1, EndLine: 1, EndColumn: 2, Side: "new"},
		Waiver:   &report.Waiver{Baseline: true}, Fingerprint: "bb",
	}
}

func note() report.Finding {
	return report.Finding{
		Rule: "waiver/unused", Severity: report.Note, Message: "waiver 3 covers nothing", Fingerprint: "cc",
		Location: report.Location{File: "waivers.yaml", Line: 9},
	}
}

var extensions = map[string]string{"sarif": "sarif.json", "junit": "xml", "github": "txt", "gitlab": "gitlab.json", "markdown": "md"}

func render(t *testing.T, format string, r *report.Report) string {
	t.Helper()
	f, ok := report.Lookup(format)
	if !ok {
		t.Fatalf("format %q is not in Renderers", format)
	}
	var out bytes.Buffer
	if err := f.Render(&out, r); err != nil {
		t.Fatalf("rendering %s: %v", format, err)
	}
	return out.String()
}

// TestGolden compares every format with testdata/golden.*. NEXUS_UPDATE=1
// writes the files; the difference is then reviewed as text.
func TestGolden(t *testing.T) {
	for _, format := range report.Renderers {
		t.Run(format.Name, func(t *testing.T) {
			got := render(t, format.Name, golden())
			extension := format.Name
			if other, ok := extensions[format.Name]; ok {
				extension = other
			}
			file := filepath.Join("testdata", "golden."+extension)
			if os.Getenv("NEXUS_UPDATE") == "1" {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s differs (-want +got):\n%s", file, diff)
			}
		})
	}
}

// TestRenderersLeaveTheReport guards the promise that a renderer changes nothing.
func TestRenderersLeaveTheReport(t *testing.T) {
	r, want := golden(), golden()
	for _, format := range report.Renderers {
		render(t, format.Name, r)
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("a renderer changed the report (-before +after):\n%s", diff)
	}
}

// valid says whether text is a document of its format.
var valid = map[string]func(text string) error{
	"json": func(text string) error {
		var v map[string]any
		return json.Unmarshal([]byte(text), &v)
	},
	"sarif": validSARIF,
	"junit": wellFormedXML,
	"github": func(text string) error {
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "::") && !strings.HasPrefix(line, "nexus: ") {
				return fmt.Errorf("line %q is no workflow command", line)
			}
		}
		return nil
	},
	"gitlab": func(text string) error {
		var issues []struct {
			Description, Fingerprint, Severity string
			CheckName                          string `json:"check_name"`
			Location                           struct {
				Path  string
				Lines struct{ Begin int }
			}
		}
		err := json.Unmarshal([]byte(text), &issues)
		if err == nil && issues == nil {
			err = errors.New("not an array")
		}
		return err
	},
	"markdown": func(text string) error {
		if !strings.HasPrefix(text, "## ") {
			return errors.New("no headline")
		}
		return nil
	},
	"html": func(text string) error {
		if !strings.HasPrefix(text, "<!DOCTYPE html>") || !strings.HasSuffix(text, "</html>\n") {
			return errors.New("not one whole page")
		}
		for _, foreign := range []string{"<script", "<link", "src=", "url(", "@import"} {
			if strings.Contains(text, foreign) {
				return fmt.Errorf("the page is not self-contained: %s", foreign)
			}
		}
		return nil
	},
	"csv": func(text string) error {
		lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err == nil && len(lines) == 0 {
			err = errors.New("no line of column names")
		}
		return err
	},
}

// validSARIF checks text against the schema that the standard publishes.
func validSARIF(text string) error {
	standard, err := sarifSchema()
	if err != nil {
		return err
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var log any
	if err := dec.Decode(&log); err != nil {
		return err
	}
	return standard.Validate(log)
}

// sarifSchema compiles the standard's schema, which a module of this build
// carries in its source as an unexported constant. Its own Validate is of no
// use here: it judges its own structs, not the bytes that were written.
var sarifSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", reflect.TypeFor[sarif.Report]().PkgPath()).Output()
	if err != nil {
		return nil, fmt.Errorf("finding the SARIF module: %w", err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "schema.go"), nil, 0)
	if err != nil {
		return nil, fmt.Errorf("reading the SARIF schema: %w", err)
	}
	constant := file.Decls[0].(*ast.GenDecl).Specs[0].(*ast.ValueSpec).Values[0].(*ast.BasicLit)
	text, err := strconv.Unquote(constant.Value)
	if err != nil {
		return nil, fmt.Errorf("reading the SARIF schema: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat = true
	if err := compiler.AddResource("sarif.json", strings.NewReader(text)); err != nil {
		return nil, fmt.Errorf("reading the SARIF schema: %w", err)
	}
	return compiler.Compile("sarif.json")
})

func wellFormedXML(text string) error {
	dec := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := dec.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestValid(t *testing.T) {
	reports := map[string]*report.Report{
		"empty":  {},
		"clean":  {Tool: report.Tool{Name: "nexus"}, Command: "schema check", FailOn: report.Error, Headline: "5 subjects are compatible"},
		"golden": golden(),
	}
	for name, r := range reports {
		for _, format := range report.Renderers {
			t.Run(name+"/"+format.Name, func(t *testing.T) {
				text := render(t, format.Name, r)
				if err := valid[format.Name](text); err != nil {
					t.Errorf("%v in:\n%s", err, text)
				}
			})
		}
	}
}

// TestValidSARIFRejects shows that the validator used above can say no.
func TestValidSARIFRejects(t *testing.T) {
	text := render(t, "sarif", golden())
	for _, change := range []struct{ name, old, new string }{
		{"unknown level", `"level": "error"`, `"level": "fatal"`},
		{"unknown property", `"ruleId"`, `"rule"`},
		{"line zero", `"startLine": 14`, `"startLine": -1`},
	} {
		t.Run(change.name, func(t *testing.T) {
			broken := strings.ReplaceAll(text, change.old, change.new)
			if broken == text {
				t.Fatalf("%s is not in the report", change.old)
			}
			if validSARIF(broken) == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestSARIFRuleIndex(t *testing.T) {
	var log struct {
		Runs []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID    string
				RuleIndex int
			}
		}
	}
	if err := json.Unmarshal([]byte(render(t, "sarif", golden())), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if len(run.Results) != len(golden().Findings) {
		t.Errorf("%d results for %d findings", len(run.Results), len(golden().Findings))
	}
	for _, result := range run.Results {
		if id := run.Tool.Driver.Rules[result.RuleIndex].ID; id != result.RuleID {
			t.Errorf("result of %s points at rule %s", result.RuleID, id)
		}
	}
}

func TestJUnitCounts(t *testing.T) {
	var doc struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
		Suite    struct {
			Cases []struct {
				Failure, Error, Skipped *struct{}
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	// XML names are case-sensitive; the report writes them in lower case.
	text := strings.NewReplacer("<failure", "<Failure", "</failure", "</Failure", "<error", "<Error", "</error", "</Error",
		"<skipped", "<Skipped", "</skipped", "</Skipped").Replace(render(t, "junit", golden()))
	if err := xml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	var failures, errs, skipped int
	for _, c := range doc.Suite.Cases {
		for _, pair := range []struct {
			has bool
			n   *int
		}{{c.Failure != nil, &failures}, {c.Error != nil, &errs}, {c.Skipped != nil, &skipped}} {
			if pair.has {
				*pair.n++
			}
		}
	}
	got := [4]int{doc.Tests, doc.Failures, doc.Errors, doc.Skipped}
	if want := [4]int{len(doc.Suite.Cases), failures, errs, skipped}; got != want {
		t.Errorf("attributes say %v, the cases are %v", got, want)
	}
	// 9 checks, the note's own case and the problem without a subject; the
	// warning is below --fail-on and fails nothing.
	if want := [4]int{11, 1, 3, 4}; got != want {
		t.Errorf("tests, failures, errors, skipped = %v, want %v", got, want)
	}
}

// TestEveryFormatTellsProblems guards the rule that a run which could not look
// never reads as green.
func TestEveryFormatTellsProblems(t *testing.T) {
	r := &report.Report{Tool: report.Tool{Name: "nexus"}, Command: "schema check", FailOn: report.Error,
		Errors: []report.Problem{{Code: "registry-unreachable", Message: "nobody answers"}}}
	for _, format := range report.Renderers {
		if text := render(t, format.Name, r); !strings.Contains(text, "nobody answers") {
			t.Errorf("%s does not tell the problem:\n%s", format.Name, text)
		}
	}
}

func TestMarkdownLimit(t *testing.T) {
	const limit = 65_000
	long := strings.Repeat("<@x`|", 20_000)
	for name, fill := range map[string]func(r *report.Report){
		"findings": func(r *report.Report) {
			for i := range 2_000 {
				f := breaking()
				f.Message = fmt.Sprintf("finding %d", i)
				r.Findings = append(r.Findings, f)
			}
		},
		"problems": func(r *report.Report) {
			for range 2_000 {
				r.Errors = append(r.Errors, report.Problem{Message: hostile, Subject: ptr("s")})
			}
		},
		"tables": func(r *report.Report) {
			rows := make([][]string, 9_000)
			for i := range rows {
				rows[i] = []string{hostile}
			}
			r.Tables = append(r.Tables, report.Table{Title: "long", Columns: []string{"c"}, Rows: rows})
		},
		"headline": func(r *report.Report) { r.Headline = long },
		"message": func(r *report.Report) {
			r.Findings[0].Message, r.Findings[0].Witness = long, &report.Witness{Text: long}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := golden()
			fill(r)
			text := render(t, "markdown", r)
			if len(text) > limit {
				t.Errorf("%d bytes, the limit is %d", len(text), limit)
			}
			if opened, closed := strings.Count(text, "<details>"), strings.Count(text, "</details>"); opened != closed {
				t.Errorf("%d details opened, %d closed", opened, closed)
			}
		})
	}
	r := golden()
	r.Findings = nil
	for range 2_000 {
		r.Findings = append(r.Findings, breaking())
	}
	text := render(t, "markdown", r)
	shown := strings.Count(text, "### error")
	if want := fmt.Sprintf("_%d more findings left out", 2_000-shown); !strings.Contains(text, want) {
		t.Errorf("%d findings are shown, but the page does not say %q", shown, want)
	}
}

// documentedKeys are the keys of the JSON contract, as the design lists them.
// [] steps into every element of a list; the golden report has one of each.
var documentedKeys = map[string]string{
	"":                           "schema_version tool command outcome exit_code fail_on as_of checked summary inputs checks findings errors rules tables charts data",
	"tool":                       "name version",
	"summary":                    "error warning note waived baseline",
	"inputs[]":                   "role ref resolved digest",
	"checks[]":                   "subject rule result location",
	"checks[].location":          locationKeys,
	"findings[]":                 "rule severity subject owners affects message hint direction proof witness location related fingerprint fixes waiver",
	"findings[].witness":         "encoding document text hex origin old new depends_on",
	"findings[].location":        locationKeys,
	"findings[].related[]":       "message " + locationKeys,
	"findings[].fixes[]":         "title edits verified",
	"findings[].fixes[].edits[]": "file start_line start_column end_line end_column text",
	"findings[].waiver":          "owner reason expires baseline",
	"errors[]":                   "code message hints subject location",
	"errors[].location":          locationKeys,
	"rules[]":                    "id title why severity controls help_uri",
	"tables[]":                   "title columns rows notes",
	"charts[]":                   "title unit labels values",
}

const locationKeys = "file line column end_line end_column pointer side revision offset"

func TestJSONKeys(t *testing.T) {
	var doc any
	if err := json.Unmarshal([]byte(render(t, "json", golden())), &doc); err != nil {
		t.Fatal(err)
	}
	for path, keys := range documentedKeys {
		objects := reach(doc, path)
		if len(objects) == 0 {
			t.Errorf("the golden report has nothing at %q", path)
		}
		for _, object := range objects {
			for key := range strings.FieldsSeq(keys) {
				if _, ok := object[key]; !ok {
					t.Errorf("%q has no key %q", path, key)
				}
			}
			if want := len(strings.Fields(keys)); len(object) != want {
				t.Errorf("%q has %d keys, %d are documented", path, len(object), want)
			}
		}
	}
}

// reach collects the objects at a path such as findings[].witness; nulls are passed over.
func reach(v any, path string) []map[string]any {
	if v == nil {
		return nil
	}
	if path == "" {
		return []map[string]any{v.(map[string]any)}
	}
	step, rest, _ := strings.Cut(path, ".")
	key, list := strings.CutSuffix(step, "[]")
	child := v.(map[string]any)[key]
	if !list {
		return reach(child, rest)
	}
	var out []map[string]any
	for _, element := range child.([]any) {
		out = append(out, reach(element, rest)...)
	}
	return out
}

// TestJSONEmptyLists: a list is never null, whatever the report left nil.
func TestJSONEmptyLists(t *testing.T) {
	r := &report.Report{
		Findings: []report.Finding{{Witness: &report.Witness{}, Fixes: []report.Fix{{}}}},
		Errors:   []report.Problem{{}}, Rules: []report.Rule{{}}, Tables: []report.Table{{Rows: [][]string{nil}}}, Charts: []report.Chart{{}},
	}
	text := render(t, "json", r)
	nullable := map[string]bool{
		"direction": true, "proof": true, "hex": true, "document": true, "revision": true, "offset": true,
		"waiver": true, "subject": true, "location": true, "help_uri": true,
	}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.Trim(strings.TrimSpace(line), ","), ": ")
		if value == "null" && !nullable[strings.Trim(key, `"`)] || strings.TrimSpace(line) == "null" {
			t.Errorf("null in %s", line)
		}
	}
}

// TestJSONRoundTrip reads the contract back into the report's own types.
func TestJSONRoundTrip(t *testing.T) {
	want := golden()
	text := render(t, "json", want)
	if !strings.HasSuffix(text, "}\n") || strings.Contains(text, `\u003c`) {
		t.Error("the text is escaped for HTML, or does not end in a newline")
	}
	got := &report.Report{Headline: want.Headline, Data: want.Data}
	var doc struct {
		Outcome  report.Outcome
		ExitCode int             `json:"exit_code"`
		FailOn   report.Severity `json:"fail_on"`
		AsOf     string          `json:"as_of"`
		Summary  report.Summary
	}
	for _, target := range []any{&doc, got} {
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		if err := dec.Decode(target); err != nil {
			t.Fatal(err)
		}
	}
	got.FailOn, got.AsOf = doc.FailOn, doc.AsOf
	if doc.Outcome != want.Outcome() || doc.ExitCode != want.ExitCode() || doc.Summary != want.Summary() {
		t.Errorf("outcome %s, exit code %d, summary %+v; want %s, %d, %+v",
			doc.Outcome, doc.ExitCode, doc.Summary, want.Outcome(), want.ExitCode(), want.Summary())
	}
	again := render(t, "json", got)
	// What the contract keeps out, the documentation of rules, is lost on purpose.
	if diff := cmp.Diff(text, again); diff != "" {
		t.Errorf("JSON does not survive a round trip (-first +second):\n%s", diff)
	}
}

// Normalize runs again when findings about waivers came in: what it has named
// keeps its name, and no two findings share one.
func TestNormalizeAgain(t *testing.T) {
	finding := func(line int) report.Finding {
		return report.Finding{Subject: "s", Fingerprint: "f", Location: report.Location{File: "a.json", Line: line}}
	}
	prints := func(r *report.Report) []string {
		var list []string
		for _, f := range r.Findings {
			list = append(list, f.Fingerprint)
		}
		return list
	}
	r := &report.Report{Findings: []report.Finding{finding(1), finding(2)}}
	r.Normalize()
	r.Normalize()
	if diff := cmp.Diff([]string{"f", "f:2"}, prints(r)); diff != "" {
		t.Errorf("twice (-want +got):\n%s", diff)
	}
	r.Findings = append(r.Findings, finding(3))
	r.Normalize()
	if diff := cmp.Diff([]string{"f", "f:2", "f:3"}, prints(r)); diff != "" {
		t.Errorf("with one more (-want +got):\n%s", diff)
	}
}

func TestSummaryInWords(t *testing.T) {
	tests := []struct {
		summary report.Summary
		want    string
	}{
		{report.Summary{}, ""},
		{report.Summary{Error: 1, Note: 2}, "1 error, 2 notes"},
		{report.Summary{Warning: 3, Waived: 1, Baseline: 4}, "3 warnings, 1 waived, 4 in the baseline"},
	}
	for _, test := range tests {
		if got := test.summary.String(); got != test.want {
			t.Errorf("%+v reads %q, want %q", test.summary, got, test.want)
		}
	}
}

func TestInterruptedExitCode(t *testing.T) {
	r := &report.Report{FailOn: report.Error, Interrupted: true}
	if r.ExitCode() != 130 || r.Outcome() != report.Unchecked {
		t.Errorf("an interrupted run is %s with exit code %d, want unchecked with 130", r.Outcome(), r.ExitCode())
	}
}

// A finding that counts shows the command that would accept it.
func TestFindingsShowTheirWaiver(t *testing.T) {
	tests := []struct {
		finding report.Finding
		want    bool
	}{
		{report.Finding{Fingerprint: "f", Severity: report.Error}, true},
		{report.Finding{Fingerprint: "f", Severity: report.Warning}, true},
		{report.Finding{Fingerprint: "f", Severity: report.Note}, false},
		{report.Finding{Severity: report.Error}, false},
		{report.Finding{Fingerprint: "f", Severity: report.Error, Waiver: &report.Waiver{}}, false},
	}
	for _, test := range tests {
		for _, name := range []string{"github", "markdown"} {
			format, _ := report.Lookup(name)
			var b strings.Builder
			if err := format.Render(&b, &report.Report{Findings: []report.Finding{test.finding}}); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(b.String(), "nexus waiver add f --owner"); got != test.want {
				t.Errorf("%s of %+v shows the command: %v, want %v", name, test.finding, got, test.want)
			}
		}
	}
}

// What a log shows comes before what was made up, whatever the files are called.
func TestObservedComesFirst(t *testing.T) {
	for _, file := range []string{"a.ndjson", "z.ndjson"} {
		r := &report.Report{Findings: []report.Finding{
			{Rule: "json/made-required", Severity: report.Error, Subject: "s", Proof: ptr("witness"), Location: report.Location{File: "m.json"}, Fingerprint: "1"},
			{Rule: "log/rejected", Severity: report.Error, Subject: "s", Proof: ptr("log"), Location: report.Location{File: file}, Fingerprint: "2"},
			{Rule: "log/late", Severity: report.Warning, Subject: "s", Proof: ptr("log"), Location: report.Location{File: file}, Fingerprint: "3"},
		}}
		r.Normalize()
		var got []string
		for _, f := range r.Findings {
			got = append(got, f.Rule)
		}
		if diff := cmp.Diff([]string{"log/rejected", "json/made-required", "log/late"}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

// A list that is made while it is written is the list that was there before.
func TestSeriesIsWrittenAsAList(t *testing.T) {
	for _, all := range [][]any{{}, {1}, {map[string]any{"a": "<"}, []any{}, "x"}} {
		whole := render(t, "json", &report.Report{Data: map[string]any{"list": all}})
		series := report.Series{Name: "list", Elements: func(yield func(any, error) bool) {
			for _, element := range all {
				if !yield(element, nil) {
					return
				}
			}
		}}
		if diff := cmp.Diff(whole, render(t, "json", &report.Report{Data: series})); diff != "" {
			t.Errorf("%v (-want +got):\n%s", all, diff)
		}
	}
	f, _ := report.Lookup("json")
	failure := errors.New("the second is lost")
	err := f.Render(io.Discard, &report.Report{Data: report.Series{Elements: func(yield func(any, error) bool) {
		if yield(1, nil) {
			yield(nil, failure)
		}
	}}})
	if !errors.Is(err, failure) {
		t.Errorf("the error is %v", err)
	}
}

// Text of an answer is neither a workflow command nor a formula.
func TestAnswersAreText(t *testing.T) {
	r := &report.Report{Tool: report.Tool{Name: "nexus"}, Tables: []report.Table{{
		Title: "t\n::error::x", Columns: []string{"c"}, Rows: [][]string{{"::error::x"}, {"a ##[error]x"}, {"b\r\n::error::x"}, {"=1+1"}, {"-1+1"}, {"-5"}, {"-"}},
	}}}
	for line := range strings.Lines(render(t, "github", r)) {
		command := strings.HasPrefix(line, "::group::") || strings.HasPrefix(line, "::endgroup::")
		if strings.HasPrefix(strings.TrimSpace(line), "::") && !command || strings.Contains(line, "##[") {
			t.Errorf("a command was written: %q", line)
		}
	}
	if diff := cmp.Diff("c\n::error::x\na ##[error]x\n\"b\r\n::error::x\"\n'=1+1\n'-1+1\n-5\n-\n", render(t, "csv", r)); diff != "" {
		t.Errorf("csv (-want +got):\n%s", diff)
	}
}
