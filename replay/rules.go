package replay

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// Spec is a reducer as nexus.yaml describes it.
type Spec struct {
	Name       string
	Version    int
	Streams    string // a glob of stream ids; empty: all
	Init       any
	On         []TypeRules // sorted by type
	Invariants []Invariant
}

// TypeRules are what the events of a type do to the state.
type TypeRules struct {
	Type       string // the full type, or its last part without .vN
	Operations []Operation
}

// An OperationKind names what an operation does.
type OperationKind string

// The operations.
const (
	OpSet    OperationKind = "set"
	OpAdd    OperationKind = "add"    // exact decimals
	OpAppend OperationKind = "append" // to an array
	OpRemove OperationKind = "remove" // elements of an array
	OpMerge  OperationKind = "merge"  // RFC 7396
	OpDelete OperationKind = "delete"
)

var operationKinds = []OperationKind{OpSet, OpAdd, OpAppend, OpRemove, OpMerge, OpDelete}

// Operation is one change of the state.
type Operation struct {
	Kind   OperationKind
	Path   Path // in the state
	Source Source
	Where  string // remove: an expression about item
	When   string // a guard: an expression
}

// Source is where an operation's value comes from: the data, an expression, or
// the rule itself. Its zero value is none.
type Source struct {
	Data    Path // when FromData
	Expr    string
	Literal any

	FromData   bool
	Fallback   any // for data that has no such place
	HasDefault bool
	given      bool
}

// Invariant is what must be true of every state.
type Invariant struct{ Name, Expr string }

// ParseReducers reads the object of reducers at a pointer of nexus.yaml. Errors
// name file, line and column.
func ParseReducers(d *document.Document, pointer string) (map[string]Spec, error) {
	p := specParser{document: d}
	value := d.Value()
	for _, token := range document.Split(pointer) {
		object, _ := value.(map[string]any)
		value = object[token]
	}
	specs := map[string]Spec{}
	object, err := p.object(value, pointer)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		spec, err := p.spec(name, object[name], document.Join(pointer, name))
		if err != nil {
			return nil, err
		}
		specs[name] = spec
	}
	return specs, nil
}

// A specParser reads reducers and points at what is wrong.
type specParser struct{ document *document.Document }

func (p specParser) fault(pointer, hint, format string, values ...any) error {
	place, _ := p.document.Range(pointer)
	return &document.Error{
		File: p.document.Name(), Line: place.Start.Line, Column: place.Start.Column,
		Message: "reducers: " + fmt.Sprintf(format, values...), Hint: hint, Code: "reducer",
	}
}

func (p specParser) object(value any, pointer string) (map[string]any, error) {
	if value == nil {
		return nil, nil
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, p.fault(pointer, "", "an object was expected, found %s", describe(value))
	}
	return object, nil
}

func (p specParser) known(object map[string]any, pointer string, names ...string) error {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(names, key) {
			return p.fault(document.Join(pointer, key), "expected one of: "+strings.Join(names, ", "), "unknown key %q", key)
		}
	}
	return nil
}

func (p specParser) text(object map[string]any, pointer, key string) (string, error) {
	value, given := object[key]
	text, ok := value.(string)
	if given && (!ok || text == "") {
		return "", p.fault(document.Join(pointer, key), "", "%s must be a text", key)
	}
	return text, nil
}

func (p specParser) spec(name string, value any, pointer string) (Spec, error) {
	s := Spec{Name: name, Version: 1}
	object, err := p.object(value, pointer)
	if err != nil {
		return s, err
	}
	if err := p.known(object, pointer, "version", "streams", "init", "on", "invariants"); err != nil {
		return s, err
	}
	if version, given := object["version"]; given {
		n, _ := version.(json.Number)
		i, err := n.Int64()
		if s.Version = int(i); err != nil || i < 1 {
			return s, p.fault(document.Join(pointer, "version"), "", "version must be a whole number from 1 on")
		}
	}
	if s.Streams, err = p.text(object, pointer, "streams"); err != nil {
		return s, err
	}
	if _, err := path.Match(s.Streams, ""); err != nil {
		return s, p.fault(document.Join(pointer, "streams"), "", "%q is no glob", s.Streams)
	}
	if s.Init = object["init"]; s.Init == nil {
		s.Init = map[string]any{}
	}
	if s.On, err = p.types(object["on"], document.Join(pointer, "on")); err != nil {
		return s, err
	}
	s.Invariants, err = p.invariants(object["invariants"], document.Join(pointer, "invariants"))
	return s, err
}

func (p specParser) types(value any, pointer string) ([]TypeRules, error) {
	object, err := p.object(value, pointer)
	if err != nil {
		return nil, err
	}
	var all []TypeRules
	for _, name := range slices.Sorted(maps.Keys(object)) {
		at := document.Join(pointer, name)
		list, ok := object[name].([]any)
		if !ok {
			return nil, p.fault(at, "write - {set: status, value: placed}", "%s: a list of operations was expected", name)
		}
		rules := TypeRules{Type: name}
		for i, item := range list {
			op, err := p.operation(item, document.Join(at, fmt.Sprint(i)))
			if err != nil {
				return nil, err
			}
			rules.Operations = append(rules.Operations, op)
		}
		all = append(all, rules)
	}
	return all, nil
}

func (p specParser) invariants(value any, pointer string) ([]Invariant, error) {
	list, ok := value.([]any)
	if value != nil && !ok {
		return nil, p.fault(pointer, "", "a list was expected")
	}
	var all []Invariant
	for i, item := range list {
		at := document.Join(pointer, fmt.Sprint(i))
		object, err := p.object(item, at)
		if err != nil {
			return nil, err
		}
		if err := p.known(object, at, "name", "expr"); err != nil {
			return nil, err
		}
		var v Invariant
		if v.Name, err = p.text(object, at, "name"); err != nil {
			return nil, err
		}
		if v.Expr, err = p.text(object, at, "expr"); err != nil {
			return nil, err
		}
		if v.Name == "" || v.Expr == "" {
			return nil, p.fault(at, "", "an invariant needs name and expr")
		}
		if err := checkExpr(v.Expr); err != nil {
			return nil, p.fault(document.Join(at, "expr"), "", "%s", err)
		}
		all = append(all, v)
	}
	return all, nil
}

// beside lists the keys an operation may have besides its own and when.
var beside = map[OperationKind][]string{
	OpSet:    {"to", "value", "expr", "default"},
	OpAdd:    {"by", "by_value", "expr", "default"},
	OpAppend: {"value", "expr", "default"},
	OpRemove: {"where", "value", "expr"},
	OpMerge:  {"value", "expr"},
	OpDelete: {},
}

func (p specParser) operation(value any, pointer string) (Operation, error) {
	var op Operation
	object, err := p.object(value, pointer)
	if err != nil {
		return op, err
	}
	for _, kind := range operationKinds {
		if _, named := object[string(kind)]; !named {
			continue
		}
		if op.Kind != "" {
			return op, p.fault(pointer, "write two operations", "one operation was expected, found %s and %s", op.Kind, kind)
		}
		op.Kind = kind
	}
	if op.Kind == "" {
		return op, p.fault(pointer, "expected one of: set, add, append, remove, merge, delete", "no operation is named")
	}
	if err := p.known(object, pointer, append([]string{string(op.Kind), "when"}, beside[op.Kind]...)...); err != nil {
		return op, err
	}
	target, err := p.text(object, pointer, string(op.Kind))
	if err != nil {
		return op, err
	}
	if op.Path, err = ParsePath(target); err != nil {
		return op, p.fault(document.Join(pointer, string(op.Kind)), "", "%s", err)
	}
	for _, guard := range []struct {
		key string
		to  *string
	}{{"when", &op.When}, {"where", &op.Where}} {
		key, to := guard.key, guard.to
		if *to, err = p.text(object, pointer, key); err != nil {
			return op, err
		}
		if err := checkExpr(*to); *to != "" && err != nil {
			return op, p.fault(document.Join(pointer, key), "", "%s", err)
		}
	}
	if op.Source, err = p.source(object, pointer); err != nil {
		return op, err
	}
	return op, p.complete(op, pointer)
}

// complete checks that an operation has the one value that it needs.
func (p specParser) complete(op Operation, pointer string) error {
	switch {
	case op.Kind == OpDelete:
		if len(op.Path) == 0 {
			return p.fault(pointer, "", "the whole state cannot be deleted")
		}
		return nil
	case op.Kind == OpRemove && (op.Where != "") != op.Source.given, op.Kind != OpRemove && op.Source.given:
	case op.Kind == OpRemove:
		return p.fault(pointer, "", "remove needs where or a value, and not both")
	default:
		return p.fault(pointer, "expected one of: "+strings.Join(beside[op.Kind], ", "), "%s needs a value", op.Kind)
	}
	if number, isNumber := op.Source.Literal.(json.Number); op.Kind == OpAdd && !op.Source.FromData && op.Source.Expr == "" {
		if _, err := ParseDecimal(string(number)); err != nil || !isNumber {
			return p.fault(pointer, "", "add needs a number")
		}
	}
	return nil
}

func (p specParser) source(object map[string]any, pointer string) (Source, error) {
	var s Source
	for _, key := range []string{"to", "by", "by_value", "value", "expr"} {
		value, given := object[key]
		if !given {
			continue
		}
		at := document.Join(pointer, key)
		if s.given {
			return s, p.fault(at, "", "one value was expected, and %s is a second one", key)
		}
		s.given = true
		text, isText := value.(string)
		switch {
		case key == "expr":
			if !isText {
				return s, p.fault(at, "", "expr must be a text")
			}
			if err := checkExpr(text); err != nil {
				return s, p.fault(at, "", "%s", err)
			}
			s.Expr = text
		case key == "to" || key == "by" || key == "value" && isText && strings.HasPrefix(text, "."):
			path, err := ParsePath(text)
			if err != nil || !isText || !strings.HasPrefix(text, ".") && !strings.HasPrefix(text, "/") {
				return s, p.fault(at, "write .amount for the data's amount", "%s must be a path into the event's data", key)
			}
			s.Data, s.FromData = path, true
		default:
			s.Literal = value
		}
	}
	if value, given := object["default"]; given {
		if !s.FromData {
			return s, p.fault(document.Join(pointer, "default"), "", "default goes with a path into the data")
		}
		s.Fallback, s.HasDefault = value, true
	}
	return s, nil
}
