package jsonschema

import (
	"regexp"
	"regexp/syntax"
	"sync"
)

// pattern is a regular expression of a schema.
type pattern struct {
	source string         // as the schema has it, in ECMA-262
	goText string         // the same for Go; empty when it has no such form
	re     *regexp.Regexp // nil when Go cannot compile it
	prog   *syntax.Prog
	err    error // why re is nil
}

// patternCache shares compiled patterns: a team's schemas repeat a few.
var patternCache sync.Map // string -> *pattern

// compilePattern never fails: a pattern that cannot be compiled is one whose
// answers are all unsure.
func compilePattern(source string) *pattern {
	if cached, ok := patternCache.Load(source); ok {
		return cached.(*pattern)
	}
	p := &pattern{source: source}
	if p.goText, p.err = translate(source); p.err == nil {
		p.compile()
	}
	patternCache.Store(source, p)
	return p
}

func (p *pattern) compile() {
	if p.re, p.err = regexp.Compile(p.goText); p.err != nil {
		if _, err := regexp.Compile(withoutLookAround(p.goText)); err == nil {
			p.err = errBeyondGo
		}
		p.goText = ""
		return
	}
	parsed, err := syntax.Parse(p.goText, syntax.Perl)
	if err == nil {
		p.prog, err = syntax.Compile(parsed.Simplify())
	}
	if err != nil {
		p.re, p.err, p.goText = nil, err, ""
	}
}

// matches reports whether the pattern matches somewhere in s.
func (p *pattern) matches(s string) truth {
	if p.re == nil {
		return unsure
	}
	return truthOf(p.re.MatchString(s))
}

// isECMARegex reports whether source is a regular expression of ECMA-262,
// whether or not Go can run it.
func isECMARegex(source string) bool {
	p := compilePattern(source)
	return p.re != nil || p.err == errBeyondGo
}
