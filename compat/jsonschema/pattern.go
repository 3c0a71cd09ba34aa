package jsonschema

import (
	"regexp"
	"regexp/syntax"
	"sync"

	"github.com/nexus-blueprint/nexus/skeleton/keyword"
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
	p.compile()
	patternCache.Store(source, p)
	return p
}

func (p *pattern) compile() {
	if p.goText, p.re, p.err = keyword.Compile(p.source); p.err != nil {
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
