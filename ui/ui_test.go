package ui

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/report"
)

func ptr[T any](v T) *T { return &v }

// sample uses every part of the text format.
func sample() *report.Report {
	const file = "examples/shop/broken/orders/OrderPlaced.schema.json"
	lines := make([]string, 30)
	for i := range lines {
		lines[i] = fmt.Sprintf(`"line%02d":%d`, i, i)
	}
	r := &report.Report{
		Tool: report.Tool{Name: "nexus", Version: "1.2.3"}, Command: "schema check", FailOn: report.Error, Checked: 5,
		Headline: "1 of 5 subjects breaks against dir:examples/shop/released: 1 error",
		Findings: []report.Finding{
			{
				Rule: "json/made-required", Severity: report.Error, Subject: "orders/OrderPlaced",
				Message: `property "coupon" became required: documents without it are no longer valid`,
				Proof:   ptr("witness"), Owners: []string{"team-orders"}, Affects: []string{"billing", "shipping"}, Hint: "give it a default",
				Witness: &report.Witness{
					Encoding: "json", Text: `{"orderId":"a","total":0}`, Old: "accepts", New: `rejects: missing properties: "coupon"`,
					DependsOn: []string{"format"},
				},
				Location: report.Location{File: file, Line: 14, Column: 27},
				Related: []report.Related{{Message: "the old version", Location: report.Location{
					File: "examples/shop/released/orders/OrderPlaced.schema.json", Line: 12, Column: 3, Revision: ptr("0123456789abcdef0123456789abcdef01234567"),
				}}},
				Fixes: []report.Fix{
					{Title: `make "coupon" optional again`, Verified: true, Edits: []report.Edit{{File: file, StartLine: 14, StartColumn: 27}}},
					{Title: "publish a new type", Edits: []report.Edit{{File: "orders/OrderPlacedV2.schema.json", StartLine: 1, StartColumn: 1}}},
				},
			},
			{
				Rule: "json/made-required", Severity: report.Error, Subject: "orders/OrderPlaced",
				Message: "names in 漢字 and ☕ take two cells; control\x1b[2J characters and \u202ebidi ones none", Proof: ptr("witness"),
				Witness: &report.Witness{
					Encoding: "json", Text: "{" + strings.Join(lines, ",") + "}", Old: "accepts", New: "rejects: too long",
				},
				Location: report.Location{File: "a.json", Line: 1, Column: 1},
			},
			{
				Rule: "json/type-changed", Severity: report.Error, Subject: "orders/OrderShipped", Message: "total became a string",
				Location: report.Location{File: "b.json", Line: 4, Column: 5}, Hint: "not shown",
				Waiver: &report.Waiver{Owner: "team-orders", Reason: "nobody reads it yet", Expires: "2026-03-01"},
			},
			{
				Rule: "blueprint/open-addition", Severity: report.Warning, Subject: "orders/OrderShipped", Message: "property \"note\" was added to an open object",
				Location: report.Location{File: "b.json", Line: 9, Column: 5},
				Witness:  &report.Witness{Encoding: "avro", Hex: ptr("00ff"), Old: "accepts", New: "rejects: no default", Origin: "log"},
			},
			{Rule: "waiver/unused", Severity: report.Note, Message: "waiver 3 covers nothing", Location: report.Location{File: "waivers.yaml", Line: 9}},
		},
		Errors: []report.Problem{
			{Code: "registry-unreachable", Message: "no answer from https://registry.example"},
			{
				Code: "malformed-schema", Subject: ptr("carts/Broken"), Message: "unexpected end of the document",
				Hints: []string{"close the object opened at 1:1"}, Location: &report.Location{File: "carts/Broken.json", Line: 3, Column: 1},
			},
		},
		Tables: []report.Table{{
			Title: "Subjects", Columns: []string{"subject", "level", "verdict", "proof", "bytes"},
			Rows: [][]string{
				{"orders/OrderPlaced", "BACKWARD", "breaking", "witness: a document that both validators judged", "1204"},
				{"orders/OrderShipped", "FULL_TRANSITIVE", "compatible", "containment", "7"},
			},
			Notes: []string{"level from nexus.yaml"},
		}},
		Charts: []report.Chart{{Title: "Changes", Unit: "subjects", Labels: []string{"added", "removed"}, Values: []float64{4, 1.5}}},
	}
	r.Normalize()
	return r
}

func text(t *testing.T, terminal Terminal, r *report.Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := Text(terminal)(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestTextGolden compares the text format with testdata/. NEXUS_UPDATE=1 writes
// the files; the difference is then reviewed as text.
func TestTextGolden(t *testing.T) {
	for name, terminal := range map[string]Terminal{
		"100":       {Width: 100},
		"40":        {Width: 40},
		"100-color": {Width: 100, Color: true},
		"40-color":  {Width: 40, Color: true},
	} {
		t.Run(name, func(t *testing.T) {
			got := text(t, terminal, sample())
			if terminal.Color {
				got = strings.ReplaceAll(got, "\x1b", "ESC")
			}
			file := filepath.Join("testdata", "text-"+name+".txt")
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

func TestTextEmpty(t *testing.T) {
	for name, test := range map[string]struct {
		report report.Report
		want   string
	}{
		"nothing":  {report.Report{}, "0 subjects checked: no findings\n"},
		"headline": {report.Report{Headline: "5 subjects are compatible"}, "5 subjects are compatible\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, text(t, Terminal{Width: 80}, &test.report)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestColorOnlyAddsEscapes: colour changes no word and no break.
func TestColorOnlyAddsEscapes(t *testing.T) {
	plain := text(t, Terminal{Width: 60}, sample())
	colored := text(t, Terminal{Width: 60, Color: true}, sample())
	if plain == colored {
		t.Error("colour makes no difference")
	}
	var stripped strings.Builder
	for i, part := range strings.Split(colored, "\x1b[") {
		if i > 0 {
			_, part, _ = strings.Cut(part, "m")
		}
		stripped.WriteString(part)
	}
	if diff := cmp.Diff(plain, stripped.String()); diff != "" {
		t.Errorf("(-plain +coloured):\n%s", diff)
	}
}

func TestNewTerminal(t *testing.T) {
	for _, test := range []struct {
		name, flag string
		env        map[string]string
		want       Terminal
	}{
		{"a pipe", "auto", nil, Terminal{Width: 100}},
		{"columns", "auto", map[string]string{"COLUMNS": "60"}, Terminal{Width: 60}},
		{"nonsense columns", "auto", map[string]string{"COLUMNS": "wide"}, Terminal{Width: 100}},
		{"too narrow", "auto", map[string]string{"COLUMNS": "3"}, Terminal{Width: 20}},
		{"always", "always", map[string]string{"NO_COLOR": "1"}, Terminal{Width: 100, Color: true}},
		{"never", "never", map[string]string{"FORCE_COLOR": "1"}, Terminal{Width: 100}},
		{"forced", "auto", map[string]string{"FORCE_COLOR": "1", "TERM": "dumb"}, Terminal{Width: 100, Color: true}},
		{"forced the other way", "auto", map[string]string{"CLICOLOR_FORCE": "1"}, Terminal{Width: 100, Color: true}},
		{"forced by zero", "auto", map[string]string{"FORCE_COLOR": "0", "CLICOLOR_FORCE": "0"}, Terminal{Width: 100}},
		{"no colour outranks force", "auto", map[string]string{"NO_COLOR": "1", "FORCE_COLOR": "1"}, Terminal{Width: 100}},
	} {
		t.Run(test.name, func(t *testing.T) {
			env := func(name string) string { return test.env[name] }
			if diff := cmp.Diff(test.want, NewTerminal(io.Discard, env, test.flag)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWantsColorOnTerminal(t *testing.T) {
	for term, want := range map[string]bool{"xterm": true, "dumb": false} {
		env := func(name string) string { return map[string]string{"TERM": term}[name] }
		if got := wantsColor(env, "auto", true); got != want {
			t.Errorf("TERM=%s: colour %t, want %t", term, got, want)
		}
	}
}

func TestProgress(t *testing.T) {
	clock := time.Unix(0, 0)
	now := func() time.Time { return clock }
	for _, test := range []struct {
		name     string
		terminal Terminal
		after    time.Duration
		want     string
	}{
		{"too early", Terminal{Width: 40, Interactive: true}, 999 * time.Millisecond, ""},
		{"no terminal", Terminal{Width: 40}, time.Hour, ""},
		{"drawn and erased", Terminal{Width: 40, Interactive: true}, time.Second, "\r\x1b[K3 of 9 checking a\r\x1b[K"},
		{"cut", Terminal{Width: 10, Interactive: true}, time.Second, "\r\x1b[K3 of 9 ch\r\x1b[K"},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock = time.Unix(0, 0)
			var out bytes.Buffer
			p := NewProgress(&out, test.terminal, now)
			clock = clock.Add(test.after)
			p.Update(3, 9, "checking a")
			p.Update(4, 9, "too soon after the last")
			p.Clear()
			p.Clear()
			if diff := cmp.Diff(test.want, out.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTable(t *testing.T) {
	table := report.Table{
		Columns: []string{"name", "price", "note"},
		Rows:    [][]string{{"漢字", "1,204.50", "a note that is long enough to wrap"}, {"b", "-3%"}},
	}
	for _, test := range []struct {
		limit int
		want  string
	}{
		{80, "name     price  note\n漢字  1,204.50  a note that is long enough to wrap\nb          -3%\n"},
		{32, "name     price  note\n漢字  1,204.50  a note that is\n                long enough to\n                wrap\nb          -3%\n"},
		{20, "name: 漢字\nprice: 1,204.50\nnote: a note that\n  is long enough to\n  wrap\n\nname: b\nprice: -3%\n"},
	} {
		head, body := tableLines(table, test.limit)
		got := strings.Join(append(head, body...), "\n") + "\n"
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("at %d cells (-want +got):\n%s", test.limit, diff)
		}
	}
}

// TestTablesFit: no line of a table is wider than the terminal.
func TestTablesFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringN(0, 30, -1)
		table := report.Table{Columns: rapid.SliceOfN(cell, 0, 6).Draw(t, "columns")}
		table.Rows = rapid.SliceOfN(rapid.SliceOfN(cell, 0, 6), 0, 4).Draw(t, "rows")
		limit := rapid.IntRange(minWidth, 120).Draw(t, "limit")
		head, body := tableLines(table, limit)
		for _, line := range append(head, body...) {
			if width(line) > limit {
				t.Fatalf("%d cells, the limit is %d: %q", width(line), limit, line)
			}
		}
	})
}

// TestWrap: lines fit, and nothing but white space is lost.
func TestWrap(t *testing.T) {
	squeeze := func(text string) string {
		return strings.Map(func(c rune) rune {
			if unicode.IsSpace(c) {
				return -1
			}
			return c
		}, text)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		limit := rapid.IntRange(2, 50).Draw(t, "limit")
		taken := rapid.IntRange(0, limit-1).Draw(t, "taken")
		lines := wrapAfter(taken, text, limit)
		for i, line := range lines {
			room := limit
			if i == 0 {
				room -= taken
			}
			if width(line) > room {
				t.Fatalf("line %d takes %d cells of %d: %q", i, width(line), room, line)
			}
		}
		if got, want := squeeze(strings.Join(lines, "")), squeeze(clean(text)); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		if got := strings.Join(hardWrap(clean(text), limit), ""); got != clean(text) {
			t.Fatalf("hardWrap lost something: %q of %q", got, text)
		}
	})
}

// FuzzText: whatever a schema holds, the screen gets no control characters.
func FuzzText(f *testing.F) {
	f.Add("a", 40)
	f.Add("\x1b]0;title\x07\u202e\x9b", 20)
	f.Fuzz(func(t *testing.T, hostile string, columns int) {
		columns = minWidth + (columns & 0x7f)
		r := &report.Report{
			Headline: hostile,
			Findings: []report.Finding{{
				Rule: hostile, Severity: report.Error, Subject: hostile, Message: hostile, Hint: hostile, Owners: []string{hostile},
				Location: report.Location{File: hostile, Line: 1}, Related: []report.Related{{Message: hostile}},
				Witness: &report.Witness{Text: hostile, Old: hostile}, Fixes: []report.Fix{{Title: hostile}},
			}},
			Errors: []report.Problem{{Message: hostile, Hints: []string{hostile}}},
			Tables: []report.Table{{Title: hostile, Columns: []string{hostile}, Rows: [][]string{{hostile}}, Notes: []string{hostile}}},
			Charts: []report.Chart{{Title: hostile, Labels: []string{hostile}, Values: []float64{1}}},
		}
		for _, c := range text(t, Terminal{Width: columns}, r) {
			if c != '\n' && (unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c)) {
				t.Fatalf("%q reached the screen", c)
			}
		}
	})
}

// TestHardWrap: no piece is wider than the limit, but for one character that is.
func TestHardWrap(t *testing.T) {
	tests := []struct {
		line  string
		limit int
		want  []string
	}{
		{"/a漢b", 2, []string{"/", "a", "漢", "b"}},
		{"漢字かな", 5, []string{"漢字", "かな"}},
		{"漢字", 1, []string{"漢", "字"}},
		{"ab❤\ufe0fcd", 3, []string{"ab", "❤\ufe0fc", "d"}},
		{"e\u0301e\u0301e\u0301", 2, []string{"e\u0301e\u0301", "e\u0301"}},
		{"schemas/orders/placed", 10, []string{"schemas/", "orders/", "placed"}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, hardWrap(test.line, test.limit)); diff != "" {
			t.Errorf("%q in %d cells (-want +got):\n%s", test.line, test.limit, diff)
		}
	}
}

// TestHardWrapFits: whatever the line, its pieces fit and make the line again.
func TestHardWrapFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := string(rapid.SliceOf(rapid.SampledFrom([]rune("ab/ 漢字é\u0301❤\ufe0f👩💻\u200d"))).Draw(t, "line"))
		limit := rapid.IntRange(1, 12).Draw(t, "limit")
		pieces := hardWrap(line, limit)
		if strings.Join(pieces, "") != line {
			t.Fatalf("lost something: %q", pieces)
		}
		for _, piece := range pieces {
			if width(piece) > max(limit, 2) {
				t.Fatalf("%q is %d cells wide", piece, width(piece))
			}
		}
	})
}

// A space that says so is neither broken at nor swallowed: trees in tables are
// indented by it.
func TestNoBreakSpace(t *testing.T) {
	if diff := cmp.Diff([]string{"│\u00a0└─ b", "c"}, wrap(flat("│\u00a0└─  b c"), 6)); diff != "" {
		t.Errorf("wrapped (-want +got):\n%s", diff)
	}
}
