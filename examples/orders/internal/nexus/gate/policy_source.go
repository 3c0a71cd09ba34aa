package gate

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
)

// A source is a module that parses.
type source struct {
	Module
	tree *ast.Module
}

// kind is what a module is for.
type kind int

const (
	rulePackage kind = iota // nexus.rules.<family>.<rule>
	libPackage              // nexus.lib.<...>
	testPackage             // a file of tests
)

// parseModules returns the modules that parse, by file, and what is wrong with
// the others.
func parseModules(modules []Module) ([]source, []Problem) {
	var sources []source
	var problems []Problem
	byFile := slices.SortedFunc(slices.Values(modules), func(a, b Module) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Text, b.Text))
	})
	for i, m := range byFile {
		if i > 0 && m.File == byFile[i-1].File {
			problems = append(problems, Problem{File: m.File, Line: 1, Column: 1,
				Message: "the file is given twice", Hint: "pass each file once"})
			continue
		}
		tree, err := ast.ParseModuleWithOpts(m.File, m.Text, ast.ParserOptions{
			ProcessAnnotation: true,
			RegoVersion:       ast.RegoV1,
		})
		if err != nil {
			problems = append(problems, parseProblems(m, err)...)
			continue
		}
		sources = append(sources, source{Module: m, tree: tree})
	}
	return sources, problems
}

// parseProblems says why m does not parse.
func parseProblems(m Module, err error) []Problem {
	if old, ok := oldSyntax(m); ok {
		return []Problem{old}
	}
	faults, ok := errors.AsType[ast.Errors](err)
	if fault, single := errors.AsType[*ast.Error](err); single {
		faults = ast.Errors{fault}
	} else if !ok {
		return []Problem{{File: m.File, Line: 1, Column: 1, Message: err.Error()}}
	}
	problems := make([]Problem, len(faults))
	for i, fault := range faults {
		problems[i] = problemAt(m, fault.Location, fault.Message, "")
		switch {
		case strings.HasPrefix(fault.Message, "empty module"):
			problems[i].Hint = "begin with `package nexus.rules.<family>.<rule>`, or remove the file"
		case strings.HasPrefix(fault.Message, "unexpected eof"):
			problems[i].Hint = "something that was opened with {, [, ( or a quote is not closed"
		case strings.Contains(fault.Message, "keyword is required"):
			problems[i].Hint = "Rego v0 was written so; in v1 it is `deny contains {...} if { ... }`"
		}
	}
	return problems
}

// oldHead is a line that begins a rule in Rego v0.
var oldHead = regexp.MustCompile(`^(default\s+)?([a-z_]\w*)(?:\[\s*(.+?)\s*\])?(\s*:?=\s*[^{]+?)?\s*\{`)

// oldSyntax recognises a module that is written in Rego v0, and shows the first
// of its rules in v1.
func oldSyntax(m Module) (Problem, bool) {
	tree, err := ast.ParseModuleWithOpts(m.File, m.Text, ast.ParserOptions{RegoVersion: ast.RegoV0})
	if err != nil || len(tree.Rules) == 0 {
		return Problem{}, false
	}
	hint := "put `if` before a body and `contains` before a set's element"
	at := tree.Rules[0].Location
	for _, r := range tree.Rules {
		parts := oldHead.FindStringSubmatch(lineOf(m.Text, r.Location.Row))
		if parts == nil {
			continue
		}
		head, element, value := parts[2], parts[3], strings.TrimSpace(parts[4])
		switch {
		case element != "" && value == "":
			head += " contains " + element
		case element != "":
			head += "[" + element + "] " + value
		case value != "":
			head += " " + value
		}
		at, hint = r.Location, fmt.Sprintf("write `%s if {`", head)
		break
	}
	hint += "; `opa fmt --v0-v1 --write " + m.File + "` rewrites the file"
	return problemAt(m, at, "this is Rego v0, and policies are written in v1", hint), true
}

// kind tells by the package's name what the module is for.
func (s source) kind() (kind, *Problem) {
	names := s.packageNames()
	within := func(folder string) bool { return len(names) > 2 && names[0] == "nexus" && names[1] == folder }
	switch {
	case strings.HasSuffix(s.File, "_test.rego") && (within("rules") || within("lib")):
		return testPackage, nil
	case within("lib"):
		return libPackage, nil
	case within("rules") && len(names) == 4 && plainName.MatchString(names[2]) && plainName.MatchString(names[3]):
		return rulePackage, nil
	}
	hint := "a rule is in package nexus.rules.<family>.<rule>, both names of small letters, digits and _; what rules share is in nexus.lib.<name>"
	if near := nearestPackage(names); near != "" {
		hint = "did you mean package " + near + "? " + hint
	}
	fault := problemAt(s.Module, s.tree.Package.Location, "package "+strings.Join(names, ".")+" is not where rules are looked for", hint)
	return 0, &fault
}

var plainName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// nearestPackage mends a package's name whose first words are misspelt or whose
// last ones have hyphens.
func nearestPackage(names []string) string {
	if len(names) < 3 {
		return ""
	}
	root, folder := nearest(names[0], []string{"nexus"}), nearest(names[1], []string{"rules", "lib"})
	mended := slices.Concat([]string{cmp.Or(root, names[0]), cmp.Or(folder, names[1])}, names[2:])
	for i := range mended[2:] {
		mended[2+i] = strings.ReplaceAll(strings.ToLower(mended[2+i]), "-", "_")
	}
	right := mended[0] == "nexus" && (mended[1] == "lib" || mended[1] == "rules" && len(mended) == 4)
	if !right || slices.Equal(mended, names) {
		return ""
	}
	return strings.Join(mended, ".")
}

// packageNames are the parts of the package's name, without data.
func (s source) packageNames() []string {
	var names []string
	for _, term := range s.tree.Package.Path[1:] {
		name, _ := term.Value.(ast.String)
		names = append(names, string(name))
	}
	return names
}

// id is the id that the package's name asks for.
func (s source) id() string {
	names := s.packageNames()
	return strings.ReplaceAll(names[2]+"/"+names[3], "_", "-")
}

// problemAt places a problem. Rego counts columns in bytes, people in letters.
func problemAt(m Module, at *ast.Location, message, hint string) Problem {
	p := Problem{File: m.File, Line: 1, Column: 1, Message: message, Hint: hint}
	if at == nil || at.Row < 1 {
		return p
	}
	line := lineOf(m.Text, at.Row)
	p.Line = at.Row
	p.Column = utf8.RuneCountInString(line[:min(max(at.Col-1, 0), len(line))]) + 1
	return p
}

// lineOf is the line of text with the 1-based number.
func lineOf(text string, number int) string {
	for line := range strings.Lines(text) {
		if number--; number == 0 {
			return strings.TrimRight(line, "\r\n")
		}
	}
	return ""
}
