package scaffold

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// testTime is when the commands of an app's tests are decided.
var testTime = time.Date(2026, time.January, 31, 12, 0, 0, 0, time.UTC)

// standing is how far a stream is, as far as commands ask.
type standing struct {
	begun  bool
	status string
}

// A goExample is a command of an app's tests, and the event that it leads to in a
// stream that others have brought to where it is taken.
type goExample struct {
	Command *goCommand
	Var     string // that holds the command
	Literal string // the command
	Event   string // the variable that holds the event
	Leads   string // the event
	Path    []*goExample
	standing
	known map[string]string // the state after it, as Go without pointers, by the names in JSON
	left  map[string]string // the same, as its test says it
}

// takes reports whether a stream that stands so takes the command.
func (c *goCommand) takes(at standing) bool {
	if c.Creates || !at.begun {
		return c.Creates && !at.begun
	}
	return len(c.In) == 0 || slices.Contains(c.In, at.status)
}

// after is how a stream stands once the command was taken.
func (c *goCommand) after(at standing) standing {
	at.begun = true
	if state := c.Leads.State; state != "" {
		at.status = state
	}
	return at
}

// story names the commands that a new stream takes one after the other, of those in
// their order.
func (d *goDomain) story() []string {
	var at standing
	var names []string
	for _, c := range d.Commands {
		if c.takes(at) && d.example(c) != nil {
			names = append(names, c.Name)
			at = c.after(at)
		}
	}
	return names
}

// example is that of a command, or nil.
func (d *goDomain) example(c *goCommand) *goExample {
	for _, e := range d.Examples {
		if e.Command == c {
			return e
		}
	}
	return nil
}

// findExamples finds for each command the shortest way to a stream that takes it. A
// command is left out if there is none, or if its example lacks what it needs.
func (d *goDomain) findExamples() ([]*goExample, error) {
	vars := newScope(append([]string{"f", "now", "sameJSON", "t", "test", "got", "domain", "domaintest", "json", "testing"}, standardPackages...)...)
	var list []*goExample
	last := []*goExample{{}} // of each standing that can be reached, the one that leads there
	for i := 0; i < len(last); i++ {
		for _, c := range d.Commands {
			known := slices.ContainsFunc(list, func(e *goExample) bool { return e.Command == c })
			if known || !c.takes(last[i].standing) {
				continue
			}
			made, err := d.newExample(c, last[i], vars)
			if err != nil {
				return nil, err
			}
			if made == nil {
				continue
			}
			list = append(list, made)
			if !slices.ContainsFunc(last, func(e *goExample) bool { return e.standing == made.standing }) {
				last = append(last, made)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b *goExample) int {
		return slices.Index(d.Commands, a.Command) - slices.Index(d.Commands, b.Command)
	})
	return list, nil
}

// newExample is a command that is taken behind another example, or nil if it is
// refused for what its example lacks.
func (d *goDomain) newExample(c *goCommand, behind *goExample, vars scope) (*goExample, error) {
	body, err := readNode(c.Example)
	if err != nil {
		return nil, fmt.Errorf("command %s: reading its example: %w", c.Name, err)
	}
	made := &goExample{Command: c, standing: c.after(behind.standing), known: map[string]string{}, left: map[string]string{}}
	maps.Copy(made.known, behind.known)
	maps.Copy(made.left, behind.left)
	if behind.Command != nil {
		made.Path = append(slices.Clone(behind.Path), behind)
	}
	made.Var = vars.take(variable(c.Type))
	made.Literal = c.Type + "{" + fieldLiterals(body, c.Fields) + "}"
	values := map[string]string{}
	for _, m := range c.Decision.Members {
		value, ok, err := d.exampleValue(made, m, body)
		if err != nil {
			return nil, err
		}
		if ok {
			values[m.field.json] = value
		} else if !m.field.mayMiss() {
			return nil, nil
		}
	}
	made.Event = vars.take(variable(c.Leads.Type))
	var parts []string
	for _, f := range c.Leads.Fields {
		if value, ok := values[f.json]; ok {
			parts = append(parts, f.name+": "+f.held(value))
		}
	}
	made.Leads = c.Leads.Type + "{" + composite(parts) + "}"
	d.remember(made, values)
	return made, nil
}

// variable is the name of a variable for a value of a type.
func variable(name string) string {
	lower := unexported(name)
	if isReserved(lower) {
		return strings.ReplaceAll(withArticle(lower), " "+lower, exported(lower))
	}
	return lower
}

// exampleValue is what a member of the event is in an example, without a pointer.
func (d *goDomain) exampleValue(made *goExample, m goMember, body *jsonNode) (value string, ok bool, err error) {
	switch m.from {
	case fromCommand:
		given := body.at(m.given.json)
		if given == nil || given.isNull() && m.given.mayMiss() {
			return "", false, nil
		}
		return literal(given, m.field.typ), true, nil
	case fromState:
		value, ok = made.known[m.kept.json]
		return value, ok, nil
	case fromClock:
		return quoted(testTime.Format(time.RFC3339Nano)), true, nil
	case fromConstant:
		return literal(m.field.only, m.field.typ), true, nil
	}
	text := made.Command.Set[m.field.json]
	if number, ok := valueOf(text, made.Command, body); ok && m.field.typ.kind == integerKind {
		return number, true, nil
	}
	state := d.State + "{}"
	for _, before := range made.Path {
		state = fmt.Sprintf("Evolve(%s, %s)", state, before.Event)
	}
	value, err = replaced(text, map[string]string{"c": made.Var, "s": state, "now": "now"})
	return value, true, err
}

// What the templates of tests ask of an example.

// UsesNow reports whether the event depends on when the command is decided.
func (e *goExample) UsesNow() bool { return e.Command.Decision.Needs["now"] }

// Given are the events before it, as arguments.
func (e *goExample) Given() string { return givenEvents(e.Path) }

func givenEvents(path []*goExample) string {
	var names []string
	for _, before := range path {
		names = append(names, before.Event)
	}
	return strings.Join(names, ", ")
}

// Story names the commands that a new stream takes.
func (d *goDomain) Story() []string { return d.story() }

// UsesNow reports whether any example depends on the time.
func (d *goDomain) UsesNow() bool {
	return slices.ContainsFunc(d.Examples, (*goExample).UsesNow)
}

// A goRefusal is a test of a command that is refused.
type goRefusal struct {
	*goExample
	Name   string // of the test
	Before string // the events before it, as arguments
	Reason string
}

// Refusals are tests of when the command is refused: a second beginning, a stream
// that is not there, and one whose status does not allow it.
func (d *goDomain) Refusals(e *goExample) []goRefusal {
	c := e.Command
	if c.Creates {
		return []goRefusal{{e, "OnlyOnce", givenEvents(append(slices.Clone(e.Path), e)), "is there already"}}
	}
	list := []goRefusal{{e, "Unknown", "", "there is no " + d.Noun()}}
	if len(c.In) == 0 {
		return list
	}
	for _, other := range d.Examples {
		if other.status != "" && !slices.Contains(c.In, other.status) {
			path := append(slices.Clone(other.Path), other)
			name := "When" + strings.TrimPrefix(d.status(other.status), "Status")
			return append(list, goRefusal{e, name, givenEvents(path), " is " + other.status})
		}
	}
	return list
}

// TestName gives each test a name of its own.
func (d *goDomain) TestName(parts ...string) string {
	if d.tests == nil {
		d.tests = newScope("TestMain", "TestLaws", "TestEvolve")
	}
	return d.tests.take("Test" + strings.Join(parts, ""))
}
