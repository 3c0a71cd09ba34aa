package jsonschema

import (
	"errors"
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/skeleton/keyword"
)

// translations are patterns of ECMA-262 with texts that they match and texts
// that they do not.
var translations = []struct {
	name    string
	ecma    string
	matches []string
	not     []string
}{
	{"plain text", `abc`, []string{"abc", "xabcx"}, []string{"ab"}},
	{"dot stops at every line end", `^a.b$`, []string{"a b", "aäb"}, []string{"a\nb", "a\rb", "a\u2028b", "a\u2029b"}},
	{"a slash may be escaped", `^a\/b$`, []string{"a/b"}, []string{`a\/b`}},
	{"white space is Unicode's", `^\s$`, []string{" ", "\t", "\u00a0", "\ufeff", "\u2003", "\v"}, []string{"a", "\u200b"}},
	{"not white space", `^\S$`, []string{"a", "\u200b"}, []string{"\u00a0", "\n"}},
	{"white space among others", `^[\s,]$`, []string{",", "\u3000"}, []string{"s"}},
	{"not white space among others", `^[\S ]$`, []string{"a", " "}, []string{"\t"}},
	{"digits are ASCII", `^\d$`, []string{"7"}, []string{"\u0667", "x"}},
	{"word characters are ASCII", `^\w$`, []string{"a", "_", "0"}, []string{"ä", "-"}},
	{"word boundary", `\bfoo\b`, []string{"a foo b"}, []string{"food"}},
	{"backspace in a class", `^[\b]$`, []string{"\b"}, []string{"b"}},
	{"NUL", `^\0$`, []string{"\x00"}, []string{"0"}},
	{"control letter", `^\cJ$`, []string{"\n"}, []string{"J"}},
	{"hexadecimal escape", `^\x41$`, []string{"A"}, []string{"x41"}},
	{"unicode escape", `^\u00e4$`, []string{"ä"}, []string{"a"}},
	{"unicode escape in braces", `^\u{1F600}$`, []string{"😀"}, []string{"u"}},
	{"a pair of surrogates is one character", `^\ud83d\ude00$`, []string{"😀"}, []string{"😀😀"}},
	{"the class of nothing", `^a[]|b$`, []string{"b"}, []string{"a"}},
	{"the class of everything", `^[^]$`, []string{"\n", "x"}, []string{"", "xy"}},
	{"an open bracket in a class", `^[[a]$`, []string{"[", "a"}, []string{"]"}},
	{"what Go reads as a class name", `^[[:alpha:]$`, []string{":", "[", "p"}, []string{"z"}},
	{"a dot in a class", `^[.]$`, []string{"."}, []string{"a"}},
	{"a lone line end at the end", `^a$`, []string{"a"}, []string{"a\n"}},
	{"named group", `^(?<year>\d{4})$`, []string{"2026"}, []string{"26"}},
	{"property of Unicode", `^\p{Lu}$`, []string{"Ä"}, []string{"ä"}},
	{"lazy repetition", `^a+?b$`, []string{"aab"}, []string{"b"}},
	{"code points, not bytes", `^.{2}$`, []string{"ää", "😀😀"}, []string{"ä"}},
}

func TestPatternsMatchAsInECMA(t *testing.T) {
	for _, row := range translations {
		t.Run(row.name, func(t *testing.T) {
			p := compilePattern(row.ecma)
			if p.re == nil {
				t.Fatalf("%q does not compile: %v", row.ecma, p.err)
			}
			for _, text := range row.matches {
				if p.matches(text) != yes {
					t.Errorf("%q (%q for Go) must match %q", row.ecma, p.goText, text)
				}
			}
			for _, text := range row.not {
				if p.matches(text) != no {
					t.Errorf("%q (%q for Go) must not match %q", row.ecma, p.goText, text)
				}
			}
		})
	}
}

func TestPatternsThatCannotBeCompiled(t *testing.T) {
	for _, row := range []struct {
		ecma   string
		beyond bool // right in ECMA-262, and only Go cannot run it
		want   string
	}{
		{`^(?!x)`, true, "look-around"},
		{`(?<=a)b`, true, "look-around"},
		{`(a)\1`, true, "back references"},
		{`(`, false, "missing closing )"},
		{`[a`, false, "missing closing ]"},
		{`a\`, false, "trailing backslash"},
		{`\a`, false, "has no escape"},
		{`\Z`, false, "has no escape"},
		{`\x4`, false, "invalid escape"},
		{`\u12`, false, "invalid escape"},
		{`\u{}`, false, "invalid escape"},
		{`\c1`, false, "invalid control escape"},
		{`a**`, false, "invalid nested repetition"},
	} {
		p := compilePattern(row.ecma)
		if p.re != nil || p.err == nil {
			t.Errorf("%q compiles to %q", row.ecma, p.goText)
			continue
		}
		if !strings.Contains(p.err.Error(), row.want) {
			t.Errorf("%q: %v, want %q", row.ecma, p.err, row.want)
		}
		if errors.Is(p.err, keyword.ErrBeyondGo) != row.beyond || keyword.Formats["regex"](row.ecma) != row.beyond {
			t.Errorf("%q: whether ECMA-262 has it came out wrong: %v", row.ecma, p.err)
		}
		if p.matches("x") != unsure {
			t.Errorf("%q: the answer must be unsure", row.ecma)
		}
	}
}
