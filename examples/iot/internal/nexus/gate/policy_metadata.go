package gate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// The keys below custom in METADATA.
var customKeys = []string{"code", "controls", "fix", "id", "optional", "reads", "severity", "verified", "why"}

// rule reads what METADATA says about the rule in s, and the shape of the names
// that evaluation asks for.
func (s source) rule() (rule, []Problem) {
	r := rule{path: s.tree.Package.Path}
	r.ID, r.File, r.Line = s.id(), s.File, s.tree.Package.Location.Row
	var problems []Problem
	if about := s.packageAnnotations(); about == nil {
		problems = append(problems, s.withoutMetadata())
	} else {
		m := metadata{source: s, about: about}
		m.fill(&r.PolicyRule)
		problems = append(problems, m.problems...)
	}
	if fault := s.withoutDeny(); fault != nil {
		problems = append(problems, *fault)
	}
	r.misshapen = s.misshapen()
	return r, problems
}

// packageAnnotations is the METADATA block on the package.
func (s source) packageAnnotations() *ast.Annotations {
	for _, a := range s.tree.Annotations {
		if a.Scope == "package" {
			return a
		}
	}
	return nil
}

func (s source) withoutMetadata() Problem {
	hint := "put `# METADATA` with title, custom.id: " + s.id() + " and custom.severity in comments right above the package line"
	at := s.tree.Package.Location
	if len(s.tree.Annotations) > 0 {
		at = s.tree.Annotations[0].Location
		hint = "move this METADATA right above the package line"
	}
	return problemAt(s.Module, at, "the rule has no METADATA on its package", hint)
}

// metadata reads one METADATA block and gathers what is wrong with it.
type metadata struct {
	source
	about    *ast.Annotations
	problems []Problem
}

func (m *metadata) fill(r *PolicyRule) {
	for key := range m.about.Custom {
		if !slices.Contains(customKeys, key) {
			m.fault(key, "METADATA has no key custom."+key, didYouMean(key, customKeys))
		}
	}
	for _, a := range m.tree.Annotations {
		if len(a.Schemas) > 0 {
			m.problems = append(m.problems, problemAt(m.Module, a.Location,
				"METADATA may not choose schemas", "remove `schemas`; policies are compiled against the schemas of input and data.catalog"))
		}
	}
	r.Title, r.Description = strings.TrimSpace(m.about.Title), strings.TrimSpace(m.about.Description)
	if r.Title == "" {
		m.fault("title", "METADATA lacks the title", "add `# title: ...`, a sentence that says what holds when the rule is satisfied")
	}
	if id := m.text("id"); id != r.ID {
		m.wrongID(id, r.ID)
	}
	r.Severity = m.text("severity")
	m.check("severity", r.Severity, []string{SeverityError, SeverityWarning, SeverityNote})
	r.Code, r.Why, r.Fix = m.text("code"), m.text("why"), m.text("fix")
	r.Controls, r.Verified = m.texts("controls"), m.flag("verified")
	r.Reads = m.texts("reads")
	for _, what := range r.Reads {
		m.check("reads", what, []string{ReadsCatalog, ReadsSchema, ReadsLog, ReadsChange, ReadsRecord})
	}
	r.Optional = m.texts("optional")
	for _, what := range r.Optional {
		m.check("optional", what, []string{ReadsLog, ReadsChange, ReadsRecord})
	}
}

func (m *metadata) wrongID(got, want string) {
	message := fmt.Sprintf("custom.id is %s, but the package makes it %s", got, want)
	if got == "" {
		message = "METADATA lacks custom.id"
	}
	m.fault("id", message, "write `id: "+want+"`, or rename the package")
}

func (m *metadata) check(key, value string, valid []string) {
	switch {
	case slices.Contains(valid, value):
	case value == "":
		m.fault(key, "METADATA lacks custom."+key, "write "+key+": "+strings.Join(valid, ", or "))
	default:
		m.fault(key, fmt.Sprintf("custom.%s is %s", key, value), didYouMean(value, valid))
	}
}

func (m *metadata) text(key string) string {
	value, given := m.about.Custom[key]
	text, ok := value.(string)
	if given && !ok {
		m.fault(key, fmt.Sprintf("custom.%s is not a text", key), "quote it: "+key+": \"...\"")
	}
	return strings.TrimSpace(text)
}

func (m *metadata) texts(key string) []string {
	value, given := m.about.Custom[key]
	list, ok := value.([]any)
	var texts []string
	for _, each := range list {
		text, isText := each.(string)
		texts, ok = append(texts, text), ok && isText
	}
	if given && !ok {
		m.fault(key, fmt.Sprintf("custom.%s is not a list of texts", key), "write "+key+": [\"...\"]")
	}
	return texts
}

func (m *metadata) flag(key string) bool {
	value, given := m.about.Custom[key]
	flag, ok := value.(bool)
	if given && !ok {
		m.fault(key, fmt.Sprintf("custom.%s is not true or false", key), "write "+key+": true")
	}
	return flag
}

// fault places a problem at the key's line, or at the block's when it is missing.
func (m *metadata) fault(key, message, hint string) {
	at := *m.about.Location
	written := regexp.MustCompile(`^#\s*` + regexp.QuoteMeta(key) + `\s*:`)
	for row := at.Row; row < m.tree.Package.Location.Row; row++ {
		if line := lineOf(m.Text, row); written.MatchString(line) {
			at.Row, at.Col = row, strings.Index(line, key)+1
			break
		}
	}
	m.problems = append(m.problems, problemAt(m.Module, &at, message, hint))
}
