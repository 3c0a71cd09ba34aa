package replay

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/nexus-blueprint/nexus/event"
)

// Expr is a compiled expression about state, event, previous and, where it
// judges elements of an array, item. It is immutable and safe for concurrent use.
//
// The language is expr-lang/expr with these differences: numbers are exact
// decimals, a member of something that is missing is null, which may be written
// null or nil, and there is no now. A comparison by order with null is false.
type Expr struct {
	text    string
	program *vm.Program
}

// variables are what an expression may name.
var variables = map[string]any{"state": nil, "event": nil, "previous": nil, "item": nil, "null": nil}

// ParseExpr compiles an expression.
func ParseExpr(text string) (*Expr, error) {
	compiled, err := maskNumbers(text)
	if err != nil {
		return nil, fmt.Errorf("expression %q: %w", text, err)
	}
	// The same log gives the same states at any time, so that nothing may ask for it.
	options := []expr.Option{expr.Env(variables), expr.Patch(exactly{[]rune(text)}), expr.DisableBuiltin("now")}
	for _, f := range functions {
		options = append(options, expr.Function(f.name, f.marked))
	}
	for name, f := range exactBuiltins {
		options = append(options, expr.Function("_"+name, function{call: f.call}.marked))
	}
	program, err := expr.Compile(compiled, options...)
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return nil, fmt.Errorf("expression %q: %s", text, first)
	}
	return &Expr{text, program}, nil
}

func checkExpr(text string) error {
	_, err := ParseExpr(text)
	return err
}

// String is the expression as it was written.
func (x *Expr) String() string { return x.text }

// A Scope is what an expression may look at; what is nil is null.
type Scope struct {
	State, Previous *State
	Event           *event.Event
	item, data      any
	hasData         bool // data is the event's, decoded or upcast already
}

// Value evaluates the expression to a JSON value.
func (x *Expr) Value(s Scope) (any, error) {
	env, err := s.env()
	if err != nil {
		return nil, err
	}
	result, err := expr.Run(x.program, env)
	if err != nil {
		return nil, x.fault(err)
	}
	return toJSON(result)
}

// fault says why the expression cannot be evaluated. The words of the language's
// own functions stay out of it, because they quote what was recorded.
func (x *Expr) fault(err error) error {
	if _, own := errors.AsType[*operandError](err); own {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return fmt.Errorf("expression %q: %s", x.text, first)
	}
	place := ""
	if at, ok := errors.AsType[*file.Error](err); ok {
		place = fmt.Sprintf(" (%d:%d)", at.Line, at.Column+1)
	}
	return fmt.Errorf("expression %q cannot be evaluated on this event%s", x.text, place)
}

// Bool evaluates an expression that is true or false.
func (x *Expr) Bool(s Scope) (bool, error) {
	value, err := x.Value(s)
	if err != nil {
		return false, err
	}
	b, ok := value.(bool)
	if !ok {
		return false, fmt.Errorf("expression %q: it is %s, not true or false", x.text, describe(value))
	}
	return b, nil
}

func (s Scope) env() (map[string]any, error) {
	env := map[string]any{"item": s.item, "state": nil, "previous": nil, "event": nil, "null": nil}
	if s.State != nil {
		env["state"] = s.State.root
	}
	if s.Previous != nil {
		env["previous"] = s.Previous.root
	}
	if s.Event == nil {
		return env, nil
	}
	env["event"] = &eventScope{event: s.Event, data: s.data, hasData: s.hasData}
	return env, nil
}

// An eventScope gives an expression the members of an event when it asks for them.
type eventScope struct {
	event   *event.Event
	data    any
	hasData bool
}

func (s *eventScope) member(name string) (any, error) {
	e := s.event
	switch name {
	case "id":
		return textOrNil(string(e.ID)), nil
	case "type":
		return e.Type, nil
	case "source":
		return textOrNil(e.Source), nil
	case "stream", "subject":
		return textOrNil(string(e.Stream)), nil
	case "sequence":
		if !e.HasSequence {
			return nil, nil
		}
		return int(e.Sequence), nil
	case "time":
		return timeOrNil(e.Time), nil
	case "recorded", "recordedtime":
		return timeOrNil(e.Recorded), nil
	case "correlation", "correlationid":
		return textOrNil(string(e.CorrelationID)), nil
	case "causation", "causationid":
		return textOrNil(string(e.CausationID)), nil
	case "schemaversion":
		return textOrNil(e.SchemaVersion), nil
	case "metadata":
		return decodeOptional(e.Metadata)
	case "data":
		if s.hasData {
			return s.data, nil
		}
		return decodeOptional(e.Data)
	}
	return decodeOptional(e.Get(name))
}

func textOrNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func decodeOptional(text []byte) (any, error) {
	if len(text) == 0 {
		return nil, nil
	}
	return decode(text)
}

// exactly replaces operators, and functions of the language, by functions that
// know exact numbers.
type exactly struct{ source []rune }

// operators maps what is replaced to the function that replaces it.
var operators = map[string]string{
	"+": "_add", "-": "_sub", "*": "_mul", "/": "_div", "%": "_mod", "**": "_pow", "^": "_pow", "==": "_eq", "!=": "_ne",
	"<": "_lt", "<=": "_le", ">": "_gt", ">=": "_ge", "in": "_in",
}

func (x exactly) Visit(node *ast.Node) {
	call := func(name string, arguments ...ast.Node) {
		ast.Patch(node, &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: arguments})
	}
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		if name, ok := operators[n.Operator]; ok {
			call(name, n.Left, n.Right)
		}
	case *ast.UnaryNode:
		if n.Operator == "-" {
			call("_sub", &ast.IntegerNode{}, n.Node)
		}
	case *ast.MemberNode:
		call("_member", n.Node, n.Property)
	case *ast.FloatNode:
		if d, ok := x.literal(n); ok {
			ast.Patch(node, &ast.ConstantNode{Value: d})
		}
	case *ast.ArrayNode:
		if list, ok := listOf(n); ok {
			ast.Patch(node, &ast.ConstantNode{Value: list})
		}
	case *ast.BuiltinNode:
		switch b, known := exactBuiltins[n.Name]; {
		case known && b.replaces(n):
			call("_"+n.Name, n.Arguments...)
		case n.Name == "sum" && len(n.Arguments) == 2:
			call("_sum", &ast.BuiltinNode{Name: "map", Arguments: n.Arguments})
		case n.Name == "sortBy":
			call("_sortBy", sortedPairs(n.Arguments)...)
		}
	}
}

func timeOrNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Format(time.RFC3339Nano)
}
