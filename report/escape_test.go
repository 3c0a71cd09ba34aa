package report

import (
	"encoding/csv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestMarkdownText(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", ""},
		{"plain text, no escapes (1.5).", "plain text, no escapes (1.5)."},
		{"a|b", `a\|b`},
		{"`x`", "\\`x\\`"},
		{"<script>&", "&lt;script&gt;&amp;"},
		{"two\nlines", "two lines"},
		{"ask @alice about #12", "ask @&#8203;alice about #&#8203;12"},
		{"#/definitions/x", `\#/definitions/x`},
		{"- a list", `\- a list`},
		{"-2.5", "-2.5"},
		{"12. a list", `12\. a list`},
		{"1.5", "1.5"},
		{"---", `\---`},
		{"a\u202eb\x1b[31m", "a\uFFFDb\uFFFD\\[31m"},
	} {
		if got := markdownText(test.in); got != test.want {
			t.Errorf("markdownText(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func TestMarkdownCode(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", ""},
		{"a/b", "`a/b`"},
		{"a`b", "``a`b``"},
		{"`", "`` ` ``"},
		{"a\nb", "`a b`"},
	} {
		if got := markdownCode(test.in); got != test.want {
			t.Errorf("markdownCode(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func TestCSVCell(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "plain": "plain", "a=b": "a=b",
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\t=1": "'\t=1", "  =1": "'  =1", "＝1": "'＝1",
	} {
		if got := csvCell(in); got != want {
			t.Errorf("csvCell(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestClip(t *testing.T) {
	for _, test := range []struct {
		in    string
		limit int
		want  string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "abc…"}, {"aéb", 2, "a…"}, {"é", 1, "…"},
	} {
		if got := clip(test.in, test.limit); got != test.want {
			t.Errorf("clip(%q, %d) = %q, want %q", test.in, test.limit, got, test.want)
		}
	}
}

func TestLocationString(t *testing.T) {
	commit, version, offset := "0123456789abcdef0123456789abcdef01234567", "3", int64(7)
	for _, test := range []struct {
		place Location
		want  string
	}{
		{Location{}, ""},
		{Location{File: "a"}, "a"},
		{Location{File: "a", Line: 3}, "a:3"},
		{Location{File: "a", Line: 3, Column: 4}, "a:3:4"},
		{Location{File: "a", Line: 3, Revision: &commit}, "a:3 (0123456789)"},
		{Location{File: "a", Line: 3, Revision: &version}, "a:3 (3)"},
		{Location{File: "a", Offset: &offset}, "a at byte 7"},
	} {
		if diff := cmp.Diff(test.want, test.place.String()); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test.place, diff)
		}
	}
}

func TestAnnotate(t *testing.T) {
	for _, test := range []struct {
		name  string
		place Location
		want  string
	}{
		{"nowhere", Location{}, "::error title=t%3A u::m\n"},
		{"a file", Location{File: "a,b.json"}, "::error file=a%2Cb.json,title=t%3A u::m\n"},
		{"one line", Location{File: "a", Line: 2, Column: 3, EndLine: 2, EndColumn: 5}, "::error file=a,line=2,col=3,endLine=2,endColumn=5,title=t%3A u::m\n"},
		{"two lines have no columns", Location{File: "a", Line: 2, Column: 3, EndLine: 4, EndColumn: 5}, "::error file=a,line=2,endLine=4,title=t%3A u::m\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			annotate(&out, "error", "t: u", test.place, "m")
			if diff := cmp.Diff(test.want, out.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestJUnitThreshold: --fail-on decides what fails a test case.
func TestJUnitThreshold(t *testing.T) {
	finding := Finding{Rule: "r", Subject: "s", Severity: Warning, Message: "m"}
	for threshold, fails := range map[Severity]bool{Error: false, Warning: true, Note: true, Never: false} {
		r := &Report{FailOn: threshold, Checks: []Check{{Subject: "s", Rule: "r", Result: Fail}}, Findings: []Finding{finding}}
		cases := junitCases(r)
		if len(cases) != 1 || (cases[0].Failure != nil) != fails {
			t.Errorf("--fail-on %s: %+v, want a failure: %t", threshold, cases, fails)
		}
	}
}

// FuzzEscape holds every escaping function to what its format can bear,
// whatever a schema from a stranger holds.
func FuzzEscape(f *testing.F) {
	for _, seed := range []string{"", "a", "a|b", "``` \n```", "@a", "1. x", "=1", "a\x00\x1b\u202e", "\xff", "]]>", "::error::x\r\n%0A", "<b>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		checkMarkdownText(t, text)
		checkMarkdownBlock(t, text)
		checkGitHub(t, text)
		checkCSV(t, text)
	})
}

func checkMarkdownText(t *testing.T, text string) {
	got := markdownText(text)
	for i, c := range got {
		escaped := i > 0 && got[i-1] == '\\'
		switch {
		case c == '\n' || c == '\r' || c == '<' || c == '>':
			t.Errorf("markdownText(%q) = %q holds %q", text, got, c)
		case strings.ContainsRune("`|*_[]", c) && !escaped:
			t.Errorf("markdownText(%q) = %q holds a bare %q", text, got, c)
		}
	}
	if strings.ContainsAny(htmlText(text), "<>\n`") {
		t.Errorf("htmlText(%q) = %q", text, htmlText(text))
	}
}

// checkMarkdownBlock: nothing inside a block closes it.
func checkMarkdownBlock(t *testing.T, text string) {
	lines := strings.Split(markdownBlock("", text), "\n")
	fence := lines[0]
	for _, line := range lines[1 : len(lines)-1] {
		if strings.Contains(line, fence) {
			t.Errorf("markdownBlock(%q) is closed by %q", text, line)
		}
	}
	if code := markdownCode(text); strings.Contains(code, "\n") {
		t.Errorf("markdownCode(%q) = %q spans lines", text, code)
	}
}

// checkGitHub: a command stays on its line, and reading it back gives the text.
func checkGitHub(t *testing.T, text string) {
	data, property := escapeGitHubData(text), escapeGitHubProperty(text)
	if strings.ContainsAny(data, "\r\n") || strings.ContainsAny(property, "\r\n:,") {
		t.Errorf("%q leaves its place: %q, %q", text, data, property)
	}
	undo := strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
	if undo.Replace(data) != text || undo.Replace(property) != text {
		t.Errorf("%q does not survive: %q, %q", text, data, property)
	}
}

func checkCSV(t *testing.T, text string) {
	cell := csvCell(text)
	if first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(cell, unicode.IsSpace)); strings.ContainsRune("=+-@", first) {
		t.Errorf("csvCell(%q) = %q is a formula", text, cell)
	}
	var out strings.Builder
	w := csv.NewWriter(&out)
	if err := w.Write([]string{cell, "end"}); err != nil {
		t.Fatal(err)
	}
	w.Flush()
	if record, err := csv.NewReader(strings.NewReader(out.String())).Read(); err != nil || len(record) != 2 {
		t.Errorf("csvCell(%q) does not survive: %q, %v", text, record, err)
	}
}
