package policy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
)

// The names of files that test policies: a rule's cases, which stand beside it,
// and tests in Rego.
const (
	casesSuffix = ".cases.yaml"
	testSuffix  = "_test.rego"
)

// A testCase states what one rule answers to one input.
type testCase struct {
	rule    Rule
	name    string
	input   map[string]any
	catalog map[string]any
	own     bool // the case gives a catalog of its own
	expect  gate.Outcome
	message string // a part of a reason that is expected, may be empty
	place   report.Location
}

// subject names the case in a report.
func (c *testCase) subject() string { return c.rule.ID + ": " + c.name }

// casesFile reads one file of cases.
type casesFile struct {
	d     *document.Document
	rule  Rule
	forms *forms
}

var caseKeys = []string{"name", "event", "catalog", "observed", "change", "waivers", "record", "as_of", "expect", "message"}

var outcomes = []string{string(gate.Pass), string(gate.Fail), string(gate.NotApplicable), string(gate.Undeclared)}

// readCases reads the cases of a rule.
func (l *Library) readCases(f file, forms *forms) ([]testCase, error) {
	d, err := document.Parse(f.name, f.text)
	if err != nil {
		return nil, badCases(err.Error())
	}
	c := casesFile{d: d, forms: forms}
	beside := strings.TrimSuffix(f.name, casesSuffix) + ".rego"
	i := slices.IndexFunc(l.rules, func(r Rule) bool { return r.File == beside })
	if i < 0 {
		return nil, c.fail("", "there is no rule in %s to test; cases stand beside the rule they are named after", beside)
	}
	c.rule = l.rules[i]
	top, ok := d.Value().(map[string]any)
	list, isList := top["cases"].([]any)
	if !ok || !isList || len(top) != 1 {
		return nil, c.fail("", "expected the one key cases, a list")
	}
	cases := make([]testCase, 0, len(list))
	for i, value := range list {
		one, err := c.read(value, document.Join("/cases", strconv.Itoa(i)))
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(cases, func(other testCase) bool { return other.name == one.name }) {
			return nil, c.fail(document.Join("/cases", strconv.Itoa(i)), "a second case is named %q", one.name)
		}
		cases = append(cases, one)
	}
	return cases, nil
}

func badCases(message string) error {
	return &Error{Usage: true, Code: CodeBadPolicy, Message: "reading the cases of a policy: " + message}
}

// fail says what is wrong at a pointer.
func (c *casesFile) fail(pointer, format string, args ...any) error {
	place, _ := c.d.Member(pointer)
	return badCases(fmt.Sprintf("%s:%d:%d: %s", c.d.Name(), place.Start.Line, place.Start.Column, fmt.Sprintf(format, args...)))
}

func (c *casesFile) read(value any, pointer string) (testCase, error) {
	parts, ok := value.(map[string]any)
	if !ok {
		return testCase{}, c.fail(pointer, "expected a case with the keys %s", strings.Join(caseKeys, ", "))
	}
	for _, key := range slices.Sorted(maps.Keys(parts)) {
		if !slices.Contains(caseKeys, key) {
			return testCase{}, c.fail(document.Join(pointer, key), "a case has no key %s; %s", key, strings.Join(nearestHint(key, caseKeys), ""))
		}
	}
	one := testCase{rule: c.rule}
	for _, part := range []struct {
		key string
		to  *string
	}{{"name", &one.name}, {"expect", (*string)(&one.expect)}, {"message", &one.message}} {
		text, isText := parts[part.key].(string)
		if _, there := parts[part.key]; there && !isText || !there && part.key != "message" {
			return one, c.fail(document.Join(pointer, part.key), "a case needs a text as its %s", part.key)
		}
		*part.to = text
	}
	if !slices.Contains(outcomes, string(one.expect)) {
		return one, c.fail(document.Join(pointer, "expect"), "no rule answers %q; expect one of %s", one.expect, strings.Join(outcomes, ", "))
	}
	place, _ := c.d.Range(pointer)
	one.place = at(c.d.Name(), place.Start.Line, place.Start.Column)
	return one, c.fill(&one, parts, pointer)
}

// fill makes whole what the case gives in part.
func (c *casesFile) fill(one *testCase, parts map[string]any, pointer string) error {
	input := map[string]any{"as_of": "2026-01-31", "event": map[string]any{}}
	for _, key := range []string{"as_of", "event", "observed", "change", "waivers", "record"} {
		if value, there := parts[key]; there {
			input[key] = value
		}
	}
	catalog, there := parts["catalog"]
	if one.own = there; !there {
		catalog = map[string]any{}
	}
	fault := givenFact(input["event"], document.Join(pointer, "event"))
	var whole any
	if fault == nil {
		whole, fault = c.forms.input.fill(input, pointer)
	}
	if fault == nil {
		one.input = whole.(map[string]any)
		complete(one.input)
		whole, fault = c.forms.data.fill(catalog, document.Join(pointer, "catalog"))
	}
	if fault != nil {
		return c.fail(fault.pointer, "%s", fault.message)
	}
	one.catalog = whole.(map[string]any)
	return nil
}

// givenFact is the misfit of an event that gives what derive finds out.
func givenFact(event any, pointer string) *misfit {
	const message = "it follows from the rest of the event; leave it out"
	e, _ := event.(map[string]any)
	if _, there := e["facts"]; there {
		return &misfit{document.Join(pointer, "facts"), message}
	}
	fields, _ := e["fields"].([]any)
	for i, field := range fields {
		f, _ := field.(map[string]any)
		if _, there := f["looks"]; there {
			return &misfit{document.Join(pointer, "fields", strconv.Itoa(i), "looks"), message}
		}
	}
	return nil
}

// complete derives what the loader derives: names from ids and paths, and the
// facts. A record is of its event's type, and happened on the day of the check.
func complete(input map[string]any) {
	event := input["event"].(map[string]any)
	if event["id"] == "" {
		event["id"] = "Example"
	}
	if event["name"] == "" {
		event["name"] = event["id"]
	}
	for _, field := range event["fields"].([]any) {
		f := field.(map[string]any)
		if f["name"] == "" {
			f["name"] = lastSegment(f["path"].(string))
		}
	}
	derive(event)
	if record, there := input["record"].(map[string]any); there {
		if record["type"] == "" {
			record["type"] = event["id"]
		}
		if record["time"] == "" {
			record["time"] = input["as_of"].(string) + "T00:00:00Z"
		}
	}
}

// judge compares what the rule answers with what the case expects. It returns
// what is wrong, or nothing.
func (c *testCase) judge(d gate.Decision) string {
	reasons := d.Missing
	for _, denial := range d.Denials {
		reasons = append(reasons, denial.Message)
	}
	answer := string(d.Outcome)
	if len(reasons) > 0 {
		answer += " (" + strings.Join(reasons, "; ") + ")"
	}
	switch {
	case d.Outcome != c.expect:
		return fmt.Sprintf("expected %s, the rule answers %s", c.expect, answer)
	case c.message != "" && !slices.ContainsFunc(reasons, func(r string) bool { return strings.Contains(r, c.message) }):
		return fmt.Sprintf("expected a reason with %q, the rule answers %s", c.message, answer)
	}
	return ""
}
