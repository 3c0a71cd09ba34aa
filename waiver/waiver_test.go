package waiver

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
)

const file = `# reviewed on Mondays
version: 1
waivers:
  - fingerprint: 0f343b0931126a20f133d67c2b018a3b
    owner: payments-team
    reason: "consumer v1 is switched off: see CHANGE-17"
    expires: 2026-03-03 # a Tuesday
  - rule: json/made-required
    subject: orders/OrderPlaced
    pointer: /required/total
    owner: orders-team
    reason: every producer sends it
    expires: "2026-06-30"
`

func load(t *testing.T, text string) *File {
	t.Helper()
	f, err := Load("waivers.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func day(text string) time.Time {
	d, err := time.Parse(dateLayout, text)
	if err != nil {
		panic(err)
	}
	return d
}

func TestLoad(t *testing.T) {
	want := &File{Name: "waivers.yaml", Waivers: []Waiver{
		{
			Fingerprint: "0f343b0931126a20f133d67c2b018a3b", Owner: "payments-team", Reason: "consumer v1 is switched off: see CHANGE-17", Expires: "2026-03-03",
			Place: report.Location{File: "waivers.yaml", Line: 4, Column: 5, EndLine: 7, EndColumn: 24, Pointer: "/waivers/0", Side: "new"},
		},
		{
			Rule: "json/made-required", Subject: "orders/OrderPlaced", Pointer: "/required/total", Owner: "orders-team", Reason: "every producer sends it", Expires: "2026-06-30",
			Place: report.Location{File: "waivers.yaml", Line: 8, Column: 5, EndLine: 13, EndColumn: 26, Pointer: "/waivers/1", Side: "new"},
		},
	}}
	if diff := cmp.Diff(want, load(t, file)); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
	for _, empty := range []string{"version: 1\n", "version: 1\nwaivers:\n", "version: 1\nwaivers: []\n"} {
		if f := load(t, empty); len(f.Waivers) != 0 {
			t.Errorf("%q holds %v", empty, f.Waivers)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	const rest = "owner: a, reason: b, expires: 2026-01-31}\n"
	tests := []struct{ name, text, want string }{
		{"not YAML", "version: 1\nwaivers: [\n", "waivers.yaml:2:1: invalid YAML: did not find expected node content"},
		{"not an object", "[]", "waivers.yaml:1:1: expected an object with the keys version, waivers"},
		{"no version", "waivers: []\n", "waivers.yaml:1:1: the file does not state its version"},
		{"another version", "version: 2\n", "waivers.yaml:1:1: expected version 1, found 2"},
		{"unknown key", "version: 1\nwaiver: []\n", `waivers.yaml:2:1: unknown key "waiver"`},
		{"no list", "version: 1\nwaivers: {}\n", "waivers.yaml:2:1: expected a list of waivers"},
		{"unknown key in a waiver", "version: 1\nwaivers:\n- {fingerprint: 0123456789abcdef0123456789abcdef, until: x, " + rest, `waivers.yaml:3:51: unknown key "until"`},
		{"a number", "version: 1\nwaivers:\n- {fingerprint: 123, " + rest, "waivers.yaml:3:4: expected fingerprint to be a string"},
		{"names nothing", "version: 1\nwaivers:\n- {" + rest, "waivers.yaml:3:3: the waiver names no finding: expected fingerprint, or rule with subject and pointer"},
		{"names both", "version: 1\nwaivers:\n- {fingerprint: 0123456789abcdef0123456789abcdef, rule: r, " + rest, "waivers.yaml:3:3: expected fingerprint, or rule with subject and pointer, found both"},
		{"no pointer", "version: 1\nwaivers:\n- {rule: r, subject: s, " + rest, "waivers.yaml:3:3: expected rule, subject and pointer together"},
		{"no owner", "version: 1\nwaivers:\n- {fingerprint: 0123456789abcdef0123456789abcdef, reason: b, expires: 2026-01-31}\n", "waivers.yaml:3:3: the waiver for finding 0123456789abcdef0123456789abcdef has no owner"},
		{"blank reason", "version: 1\nwaivers:\n- {fingerprint: 0123456789abcdef0123456789abcdef, owner: a, reason: ' ', expires: 2026-01-31}\n", "waivers.yaml:3:3: the waiver for finding 0123456789abcdef0123456789abcdef has no reason"},
		{"no expiry", "version: 1\nwaivers:\n- {fingerprint: 0123456789abcdef0123456789abcdef, owner: a, reason: b}\n", "waivers.yaml:3:3: the waiver for finding 0123456789abcdef0123456789abcdef has no expires"},
		{"bad date", "version: 1\nwaivers:\n- fingerprint: 0123456789abcdef0123456789abcdef\n  owner: a\n  reason: b\n  expires: 2026-02-30\n", `waivers.yaml:6:3: "2026-02-30" is no date`},
		{"a fingerprint that is none", "version: 1\nwaivers:\n- {fingerprint: 12ab, " + rest, `waivers.yaml:3:4: "12ab" is not a fingerprint`},
		{"twice", "version: 1\nwaivers:\n- {fingerprint: 0123456789abcdef0123456789abcdef, " + rest + "- {fingerprint: 0123456789abcdef0123456789abcdef, " + rest, "waivers.yaml:4:3: a second waiver for finding 0123456789abcdef0123456789abcdef: the first is at line 3"},
		{"duplicate key", "version: 1\nversion: 1\n", `waivers.yaml:2:1: duplicate key "version": it is already at line 1, column 1`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Load("waivers.yaml", []byte(test.text))
			e, ok := errors.AsType[*document.Error](err)
			if !ok || e.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

var everything = Scope{Complete: true}

func TestApply(t *testing.T) {
	const print = "0f343b0931126a20f133d67c2b018a3b"
	findings := []report.Finding{
		{Rule: "json/a", Subject: "s", Severity: report.Warning, Fingerprint: print},
		{Rule: "json/a", Subject: "s", Severity: report.Error, Fingerprint: print + ":2"},
		{Rule: "json/made-required", Subject: "orders/OrderPlaced", Severity: report.Error, Fingerprint: "f1", Place: "/required/total", Location: report.Location{Pointer: "/required/2"}},
		{Rule: "json/made-required", Subject: "orders/OrderPlaced", Severity: report.Error, Fingerprint: "f2", Place: "/required/id", Location: report.Location{Pointer: "/required/2"}},
	}
	tests := []struct {
		asOf   string
		waived []bool
		extra  []string
	}{
		{"2026-03-03", []bool{true, false, true, false}, nil},
		{"2026-03-04", []bool{false, false, true, false}, []string{"error waiver/expired waivers.yaml:4 the waiver for finding " + print + " expired on 2026-03-03"}},
	}
	for _, test := range tests {
		applied, extra := Apply(findings, load(t, file), day(test.asOf), everything)
		var waived []bool
		for _, f := range applied {
			waived = append(waived, f.Waiver != nil)
		}
		if diff := cmp.Diff(test.waived, waived); diff != "" {
			t.Errorf("as of %s (-want +got):\n%s", test.asOf, diff)
		}
		if diff := cmp.Diff(test.extra, lines(extra)); diff != "" {
			t.Errorf("extra as of %s (-want +got):\n%s", test.asOf, diff)
		}
	}
	if findings[0].Waiver != nil {
		t.Error("Apply changed its argument")
	}
	applied, _ := Apply(findings, load(t, file), day("2026-01-01"), everything)
	want := &report.Waiver{Owner: "orders-team", Reason: "every producer sends it", Expires: "2026-06-30"}
	if diff := cmp.Diff(want, applied[2].Waiver); diff != "" {
		t.Errorf("waiver (-want +got):\n%s", diff)
	}
	_, extra := Apply(nil, load(t, file), day("2026-01-01"), everything)
	if diff := cmp.Diff([]string{
		"note waiver/unused waivers.yaml:4 the waiver for finding " + print + " covers no finding",
		`note waiver/unused waivers.yaml:8 the waiver for json/made-required in orders/OrderPlaced at "/required/total" covers no finding`,
	}, lines(extra)); diff != "" {
		t.Errorf("unused (-want +got):\n%s", diff)
	}
	if extra[0].Fingerprint == extra[1].Fingerprint {
		t.Error("two waivers share a fingerprint")
	}
	if _, extra := Apply(findings, nil, day("2026-01-01"), everything); extra != nil {
		t.Errorf("without a file: %v", extra)
	}
}

func lines(findings []report.Finding) []string {
	var list []string
	for _, f := range findings {
		list = append(list, string(f.Severity)+" "+f.Rule+" "+f.Location.File+":"+string(rune('0'+f.Location.Line))+" "+f.Message)
	}
	return list
}

func TestExpiresIsTheLastDayEverywhere(t *testing.T) {
	w := Waiver{Expires: "2026-03-03"}
	east := time.FixedZone("east", 14*3600)
	for moment, want := range map[time.Time]bool{
		time.Date(2026, 3, 3, 23, 59, 59, 0, time.UTC): false,
		time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC):    true,
		time.Date(2026, 3, 4, 10, 0, 0, 0, east):       false, // still the third in UTC
	} {
		if w.Expired(moment) != want {
			t.Errorf("at %s expired = %v", moment, !want)
		}
	}
}

func TestBaseline(t *testing.T) {
	earlier := `{"schema_version": 1, "findings": [
		{"fingerprint": "active", "waiver": null},
		{"fingerprint": "ratchet", "waiver": {"owner": "", "reason": "", "expires": "", "baseline": true}},
		{"fingerprint": "waived", "waiver": {"owner": "a", "reason": "b", "expires": "2026-01-31", "baseline": false}}]}`
	b, err := LoadBaseline("old.json", []byte(earlier))
	if err != nil {
		t.Fatal(err)
	}
	own := &report.Waiver{Owner: "a"}
	got := b.Apply([]report.Finding{
		{Fingerprint: "active"}, {Fingerprint: "active:2"}, {Fingerprint: "ratchet"}, {Fingerprint: "waived"},
		{Fingerprint: "active", Waiver: own}, {Fingerprint: "active", Rule: "waiver/expired"},
	})
	covered := &report.Waiver{Baseline: true}
	want := []*report.Waiver{covered, nil, covered, nil, own, nil}
	for i, f := range got {
		if diff := cmp.Diff(want[i], f.Waiver); diff != "" {
			t.Errorf("finding %d (-want +got):\n%s", i, diff)
		}
	}
}

func TestAdd(t *testing.T) {
	w := Waiver{Fingerprint: "0123456789abcdef0123456789abcdef", Owner: "a", Reason: `it is "fine": #1`, Expires: "2026-01-31"}
	placed := Waiver{Rule: "json/a", Subject: "s", Owner: "a", Reason: "b", Expires: "2026-01-31"}
	tests := []struct {
		name, text string
		w          Waiver
		want       string
	}{
		{"a new file", "", w, "version: 1\nwaivers:\n  - fingerprint: \"0123456789abcdef0123456789abcdef\"\n    owner: \"a\"\n    reason: \"it is \\\"fine\\\": #1\"\n    expires: 2026-01-31\n"},
		{"after others", "version: 1\nwaivers:\n- {fingerprint: fedcba9876543210fedcba9876543210, owner: a, reason: b, expires: 2026-01-31} # why\n# the end\n", placed,
			"version: 1\nwaivers:\n- {fingerprint: fedcba9876543210fedcba9876543210, owner: a, reason: b, expires: 2026-01-31} # why\n- rule: \"json/a\"\n  subject: \"s\"\n  pointer: \"\"\n  owner: \"a\"\n  reason: \"b\"\n  expires: 2026-01-31\n# the end\n"},
		{"with CRLF", "version: 1\r\nwaivers:\r\n  - fingerprint: fedcba9876543210fedcba9876543210\r\n    owner: a\r\n    reason: b\r\n    expires: 2026-01-31\r\n", w,
			"version: 1\r\nwaivers:\r\n  - fingerprint: fedcba9876543210fedcba9876543210\r\n    owner: a\r\n    reason: b\r\n    expires: 2026-01-31\r\n  - fingerprint: \"0123456789abcdef0123456789abcdef\"\r\n    owner: \"a\"\r\n    reason: \"it is \\\"fine\\\": #1\"\r\n    expires: 2026-01-31\r\n"},
		{"an empty list", "version: 1\nwaivers: []\n", w, "version: 1\nwaivers:\n  - fingerprint: \"0123456789abcdef0123456789abcdef\"\n    owner: \"a\"\n    reason: \"it is \\\"fine\\\": #1\"\n    expires: 2026-01-31\n"},
		{"in flow", "{version: 1, waivers: [{fingerprint: fedcba9876543210fedcba9876543210, owner: a, reason: b, expires: 2026-01-31}]}\n", w,
			"{version: 1, waivers: [{fingerprint: fedcba9876543210fedcba9876543210, owner: a, reason: b, expires: 2026-01-31}, {expires: \"2026-01-31\", fingerprint: \"0123456789abcdef0123456789abcdef\", owner: a, reason: \"it is \\\"fine\\\": #1\"}]}\n"},
		{"no list", "# mine\nversion: 1\n", w, "# mine\nversion: 1\nwaivers:\n  - fingerprint: \"0123456789abcdef0123456789abcdef\"\n    owner: \"a\"\n    reason: \"it is \\\"fine\\\": #1\"\n    expires: 2026-01-31\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Add("waivers.yaml", []byte(test.text), test.w)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			before, _ := Load("waivers.yaml", []byte(test.text))
			after := load(t, string(got))
			last := after.Waivers[len(after.Waivers)-1]
			last.Place = report.Location{}
			if diff := cmp.Diff(test.w, last); diff != "" || before != nil && len(after.Waivers) != len(before.Waivers)+1 {
				t.Errorf("loaded (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := Add("waivers.yaml", []byte(file), load(t, file).Waivers[0]); err == nil || !strings.Contains(err.Error(), "already, at waivers.yaml:4") {
		t.Errorf("a duplicate gave %v", err)
	}
	if _, err := Add("waivers.yaml", nil, Waiver{Fingerprint: "0123456789abcdef0123456789abcdef", Owner: "a", Reason: "b", Expires: "soon"}); err == nil {
		t.Error("a bad date was added")
	}
}

func TestRules(t *testing.T) {
	for _, rule := range Rules() {
		if !strings.HasPrefix(rule.ID, "waiver/") || rule.Title == "" || rule.Why == "" || rule.Fix == "" {
			t.Errorf("rule %+v is not documented", rule)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(file)
	f.Add("version: 1\nwaivers:\n- *x\n")
	f.Fuzz(func(t *testing.T, text string) {
		loaded, err := Load("waivers.yaml", []byte(text))
		if err != nil {
			if e, ok := errors.AsType[*document.Error](err); !ok || e.Line < 1 {
				t.Fatalf("error without a place: %v", err)
			}
			return
		}
		w := Waiver{Fingerprint: "0123456789abcdef0123456789abcdef", Owner: "a", Reason: "b", Expires: "2026-01-31"}
		added, err := Add("waivers.yaml", []byte(text), w)
		if err != nil {
			return // the file has the waiver, or a form that cannot be edited
		}
		after, err := Load("waivers.yaml", added)
		if err != nil || len(after.Waivers) != len(loaded.Waivers)+1 {
			t.Fatalf("adding to %q gave %q, %v", text, added, err)
		}
	})
}

// A run over one subject says nothing about the waivers of another.
func TestApplyWithinScope(t *testing.T) {
	file := load(t, `version: 1
waivers:
- {rule: json/a, subject: looked/at, pointer: "", owner: a, reason: b, expires: 2026-12-31}
- {rule: json/a, subject: left/out, pointer: "", owner: a, reason: b, expires: 2026-12-31}
- {rule: json/b, subject: left/out, pointer: "", owner: a, reason: b, expires: 2025-12-31}
- {fingerprint: 0123456789abcdef0123456789abcdef, owner: a, reason: b, expires: 2025-12-31}
`)
	tests := []struct {
		name  string
		scope Scope
		want  []string
	}{
		{"one subject", Scope{Subjects: []string{"looked/at"}}, []string{"waiver/unused:3"}},
		{"nothing", Scope{}, nil},
		{"one rule of everything", Scope{Complete: true, Rules: func(id string) bool { return id == "json/b" }}, []string{"waiver/expired:5"}},
		{"everything", everything, []string{"waiver/unused:3", "waiver/unused:4", "waiver/expired:5", "waiver/expired:6"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, extra := Apply(nil, file, day("2026-01-01"), test.scope)
			var got []string
			for _, f := range extra {
				got = append(got, fmt.Sprintf("%s:%d", f.Rule, f.Location.Line))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("findings differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoadBaselineErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"malformed", "{\n  \"findings\": [}\n", "old.json:2:16: "},
		{"another document", `{"type": "object"}`, "old.json is no report of nexus"},
		{"empty", "", "old.json:1:1: "},
		{"no version", "{}", "old.json is no report of nexus"},
		{"no findings", `{"schema_version": 1}`, "old.json is no report of nexus"},
		{"findings of another form", `{"schema_version": 1, "findings": [{"fingerprint": 1}]}`, "old.json is no report of nexus"},
		{"a list", `[]`, "old.json is no report of nexus"},
		{"a later form", `{"schema_version": 9, "findings": []}`, "old.json is a report of schema_version 9, and this nexus reads 1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := LoadBaseline("old.json", []byte(test.text))
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("error %v, want it to begin with %s", err, test.want)
			}
		})
	}
}

// Several owners may accept one finding, each for themselves.
func TestTwoOwnersOfOneFinding(t *testing.T) {
	place := "rule: json/made-required, subject: OrderPlaced, pointer: /required/email, reason: agreed, expires: \"2026-06-30\"}\n"
	text := "version: 1\nwaivers:\n- {owner: billing, " + place + "- {owner: shipping, " + place
	file, err := Load("waivers.yaml", []byte(text))
	if err != nil || len(file.Waivers) != 2 {
		t.Fatalf("got %v, %v", file, err)
	}
	if _, err := Load("waivers.yaml", []byte(text+"- {owner: billing, "+place)); err == nil {
		t.Error("a second waiver of one owner is accepted")
	}
}
