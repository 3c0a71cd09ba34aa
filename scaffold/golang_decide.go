package scaffold

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/printer"
	"go/scanner"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// A goDecision is what the body of a command's Decide says.
type goDecision struct {
	Guards  []goGuard
	Members []goMember // of the event
	Needs   map[string]bool
}

// A goGuard refuses a command.
type goGuard struct{ If, Format, Args string }

// A goMember is what an event's member is made of.
type goMember struct {
	field *goField // of the event
	Value string   // as Go over c, s and now
	from  goOrigin
	given *goField    // of the command or the state, without Set
	kept  *stateField // of the state
}

// Name is that of the event's field.
func (m goMember) Name() string { return m.field.name }

// A goOrigin is who gives a member of an event.
type goOrigin int

const (
	fromCommand goOrigin = iota
	fromSet
	fromClock
	fromConstant
	fromState
)

// decide works out how a command is decided: who may, and what comes of it.
func (d *goDomain) decide(c *goCommand) (goDecision, error) {
	if c.Leads == nil {
		return goDecision{}, fmt.Errorf("command %s: there is no event %s", c.Name, c.Event)
	}
	made := goDecision{Guards: d.guards(c), Needs: map[string]bool{}}
	for _, f := range c.Leads.Fields {
		m, refusal, err := d.member(c, f)
		if err != nil {
			return goDecision{}, err
		}
		if m == nil {
			continue
		}
		if refusal != nil {
			made.Guards = append(made.Guards, *refusal)
		}
		if m.from == fromClock {
			made.Needs["now"], made.Needs["time"] = true, true
		}
		made.Members = append(made.Members, *m)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Set)) {
		if !slices.ContainsFunc(made.Members, func(m goMember) bool { return m.field.json == name }) {
			return goDecision{}, fmt.Errorf("command %s: set has %s, which is no member of %s", c.Name, name, c.Event)
		}
		needs, err := identifiers(c.Set[name])
		if err != nil {
			return goDecision{}, fmt.Errorf("command %s: set: %s: %w", c.Name, name, err)
		}
		maps.Copy(made.Needs, needs)
	}
	return made, nil
}

// guards say which streams take the command.
func (d *goDomain) guards(c *goCommand) []goGuard {
	noun, id := phrase(d.Aggregate.Name), "c."+c.field(d.Aggregate.ID).name
	if c.Creates {
		return []goGuard{{fmt.Sprintf("s.%s != \"\"", d.ID.name), noun + " %s is there already", id}}
	}
	list := []goGuard{{fmt.Sprintf("s.%s == \"\"", d.ID.name), "there is no " + noun + " %s", id}}
	if len(c.In) == 0 {
		return list
	}
	var conditions []string
	for _, state := range c.In {
		conditions = append(conditions, "s.Status != "+d.status(state))
	}
	text := fmt.Sprintf("%s %%s is %%s: %s takes only those that are %s", noun, escapedVerbs(c.Name), alternatives(c.In))
	return append(list, goGuard{strings.Join(conditions, " && "), text, id + ", s.Status"})
}

// DecideDoc is the comment of Decide.
func (d *goDomain) DecideDoc(c *goCommand) string {
	text := fmt.Sprintf("Decide answers %s with %s, ", c.Type, c.Leads.Type)
	switch {
	case c.Creates:
		return text + "unless the " + d.Noun() + " is there already."
	case len(c.In) == 0:
		return text + "if there is such " + withArticle(d.Noun()) + "."
	}
	return text + "if the " + d.Noun() + " is " + alternatives(c.In) + "."
}

// alternatives are words of which one may be chosen.
func alternatives(list []string) string {
	if len(list) == 1 {
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1]
}

// field is the member of the command, or nil.
func (c *goCommand) field(name string) *goField {
	for _, f := range c.Fields {
		if f.json == name {
			return f
		}
	}
	return nil
}

// member says what a member of the event is: what the spec sets, what the command
// gives, the time, the only value there is, or what is known of the stream. It is nil
// for one that is left out.
func (d *goDomain) member(c *goCommand, f *goField) (*goMember, *goGuard, error) {
	m := &goMember{field: f}
	if text, ok := c.Set[f.json]; ok {
		m.from, m.Value = fromSet, text
		if f.pointer() {
			m.Value = fmt.Sprintf("new(%s(%s))", f.typ, text)
		}
		return m, nil, nil
	}
	if given := c.field(f.json); given != nil {
		m.given = given
		if value, refusal, ok := carried("c."+given.name, c.Name, given, f); ok {
			m.Value = value
			return m, refusal, nil
		}
		return nil, nil, fmt.Errorf("command %s: its %s is %s, and that of %s is %s: say what it becomes, as set: {%s: …}",
			c.Name, f.json, given.Type(), c.Event, f.Type(), f.json)
	}
	switch {
	case f.only != nil && !f.only.isNull():
		m.from, m.Value = fromConstant, f.held(literal(f.only, f.typ))
		return m, nil, nil
	case f.optional:
		return nil, nil, nil
	case f.format == "date-time" && f.typ.kind == textKind:
		m.from, m.Value = fromClock, f.held("now.UTC().Format(time.RFC3339Nano)")
		return m, nil, nil
	}
	if kept := d.field(f.json); kept != nil && !c.Creates {
		if value, refusal, ok := carried("s."+kept.name, c.Name, &kept.goField, f); ok {
			m.from, m.Value, m.kept, m.given = fromState, value, kept, &kept.goField
			return m, refusal, nil
		}
	}
	return nil, nil, fmt.Errorf("command %s: nobody gives %s, which %s requires: add it to the command, or say what it is, as set: {%s: …}",
		c.Name, f.json, c.Event, f.json)
}

// carried is a member as one of another type, if it can be one. One that may be
// missing is refused where it is required.
func carried(expression, command string, from, to *goField) (value string, refusal *goGuard, ok bool) {
	same := from.typ.String() == to.typ.String()
	if from.mayMiss() && to.mayMiss() {
		return expression, nil, same && from.pointer() == to.pointer()
	}
	value = expression
	if from.mayMiss() {
		refusal = &goGuard{expression + " == " + from.zero(), escapedVerbs(command + " needs " + from.json), ""}
		if from.pointer() {
			value = "*" + value
		}
	}
	switch {
	case same && to.pointer():
		return "&" + value, refusal, true
	case same:
		return value, refusal, true
	case from.typ.isText() && to.typ.isText(), from.typ.kind == integerKind && to.typ.kind == floatKind:
		return to.held(fmt.Sprintf("%s(%s)", to.typ, value)), refusal, true
	}
	return "", nil, false
}

func (t *goType) isText() bool { return t.kind == textKind || t.kind == enumKind }

func escapedVerbs(text string) string { return strings.ReplaceAll(text, "%", "%%") }

// goExpression parses an expression of the spec.
func goExpression(text string) (ast.Expr, error) {
	parsed, err := parser.ParseExprFrom(token.NewFileSet(), "", text, 0)
	if list, ok := errors.AsType[scanner.ErrorList](err); ok && len(list) > 0 {
		return nil, fmt.Errorf("%q is no Go expression: %s, at column %d", text, list[0].Msg, list[0].Pos.Column)
	}
	if err != nil {
		return nil, fmt.Errorf("%q is no Go expression: %w", text, err)
	}
	return parsed, nil
}

// identifiers are the names that an expression takes from outside, but for types and
// functions: those before a dot, and now.
func identifiers(text string) (map[string]bool, error) {
	parsed, err := goExpression(text)
	if err != nil {
		return nil, err
	}
	names, own := map[string]bool{}, map[string]bool{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if before, ok := n.X.(*ast.Ident); ok {
				names[before.Name] = true
			}
		case *ast.Field: // of a function literal
			for _, name := range n.Names {
				own[name.Name] = true
			}
		case *ast.Ident:
			if n.Name == "now" {
				names[n.Name] = true
			}
		}
		return true
	})
	maps.DeleteFunc(names, func(name string, _ bool) bool { return own[name] })
	return names, nil
}

// replaced is an expression with other expressions for its variables.
func replaced(text string, by map[string]string) (string, error) {
	parsed, err := goExpression(text)
	if err != nil {
		return "", err
	}
	var visit func(ast.Node) bool
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			ast.Inspect(n.X, visit)
			return false
		case *ast.Ident:
			if with, ok := by[n.Name]; ok {
				n.Name = with // printed as it is
			}
		}
		return true
	}
	ast.Inspect(parsed, visit)
	var b bytes.Buffer
	if err := printer.Fprint(&b, token.NewFileSet(), parsed); err != nil {
		return "", err
	}
	return b.String(), nil
}

// goSource is Go text in the form of gofmt.
func goSource(name, text string) ([]byte, error) {
	formatted, err := format.Source([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("formatting %s: %w\n%s", name, err, text)
	}
	return formatted, nil
}

// standardPackages are those that expressions of a spec may name.
var standardPackages = []string{"cmp", "fmt", "maps", "math", "slices", "strconv", "strings", "time", "unicode"}

// DecideStd are the packages of the standard library that decide.go imports.
func (d *goDomain) DecideStd() []string {
	used := map[string]bool{"time": true}
	for _, c := range d.Commands {
		maps.Copy(used, c.Decision.Needs)
	}
	return slices.DeleteFunc(slices.Clone(standardPackages), func(name string) bool { return !used[name] })
}
