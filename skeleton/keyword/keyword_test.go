package keyword

import (
	"errors"
	"testing"
)

// Patterns mean what ECMA-262 says, and what Go cannot run is told from what is wrong.
func TestCompile(t *testing.T) {
	for source, want := range map[string]struct {
		matches, not string
		beyond, bad  bool
	}{
		`^\s$`:    {matches: "\u00a0", not: "\u200b"},
		`^.$`:     {matches: "a", not: "\u2028"},
		`^\u00e4`: {matches: "ä", not: "a"},
		`^(?!x)`:  {beyond: true},
		`(a)\1`:   {beyond: true},
		`(`:       {bad: true},
		`\a`:      {bad: true},
	} {
		text, re, err := Compile(source)
		switch {
		case want.beyond || want.bad:
			if err == nil || re != nil || text != "" || errors.Is(err, ErrBeyondGo) != want.beyond || Formats["regex"](source) != want.beyond {
				t.Errorf("%s: %q, %v", source, text, err)
			}
		case err != nil || !re.MatchString(want.matches) || re.MatchString(want.not) || !Formats["regex"](source):
			t.Errorf("%s (%s for Go) does not tell %q from %q: %v", source, text, want.matches, want.not, err)
		}
	}
}

func TestFormats(t *testing.T) {
	for name, test := range map[string]struct{ good, bad string }{
		"date-time":     {"2026-01-31T12:00:00Z", "2026-02-30T12:00:00Z"},
		"time":          {"12:00:00Z", "+1:00:00Z"},
		"hostname":      {"example.com", "-"},
		"ipv4":          {"192.0.2.1", "192.0.2.+1"},
		"ip-address":    {"192.0.2.1", "192.0.2"},
		"idn-email":     {"a@bücher.example", "a"},
		"idn-hostname":  {"bücher.example", "\u302e"},
		"regex":         {"^a$", "("},
		"uri":           {"https://example.com/", "https://example.com/ä"},
		"iri":           {"https://example.com/ä", "/a"},
		"uri-reference": {"/a", `\a`},
		"uriref":        {"/a", `\a`},
	} {
		judge := Formats[name]
		if judge == nil || !judge(test.good) || judge(test.bad) {
			t.Errorf("%s does not tell %q from %q", name, test.good, test.bad)
		}
		if !OnStrings(judge)(3) || OnStrings(judge)(test.bad) {
			t.Errorf("%s: a number does not pass, or a text does that must not", name)
		}
	}
	if len(Formats) != 12 {
		t.Errorf("%d formats, and 12 are tested", len(Formats))
	}
}
