package scaffold

import (
	"encoding/json"
	"go/ast"
	"go/token"
	"math/big"
)

// valueOf computes a number that an expression of a spec comes to for an example of
// its command, so that a test can say it instead of repeating the code that it tests.
// It knows sums and arithmetic over the command's members; ok is false for any other
// expression, and for what machine words or binary fractions would not hold.
func valueOf(text string, c *goCommand, body *jsonNode) (number string, ok bool) {
	parsed, err := goExpression(text)
	if err != nil {
		return "", false
	}
	made, ok := goValues{"c": {node: body, fields: c.Fields}}.value(parsed)
	if !ok || made.number == nil || !made.number.IsInt() || !made.number.Num().IsInt64() {
		return "", false
	}
	return made.number.Num().String(), true
}

// A goValue is a JSON value as its Go type has it, or a number.
type goValue struct {
	node   *jsonNode
	fields []*goField // of a struct
	typ    *goType    // of anything else
	number *big.Rat
}

// goValues are the variables of an expression.
type goValues map[string]goValue

func (v goValues) value(e ast.Expr) (goValue, bool) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return v.value(e.X)
	case *ast.Ident:
		value, ok := v[e.Name]
		return value, ok
	case *ast.SelectorExpr:
		return v.member(e)
	case *ast.BasicLit:
		number, ok := new(big.Rat).SetString(e.Value)
		return goValue{number: number}, ok && e.Kind == token.INT
	case *ast.BinaryExpr:
		return v.arithmetic(e)
	case *ast.CallExpr:
		return v.sum(e)
	}
	return goValue{}, false
}

// member is a field of a struct that has it and is no pointer.
func (v goValues) member(e *ast.SelectorExpr) (goValue, bool) {
	of, ok := v.value(e.X)
	if !ok {
		return goValue{}, false
	}
	for _, f := range of.fields {
		node := of.node.at(f.json)
		if f.name != e.Sel.Name || node == nil || f.mayMiss() {
			continue
		}
		made := goValue{node: node, typ: f.typ, fields: f.typ.fields}
		if f.typ.kind == integerKind {
			number, isNumber := node.value.(json.Number)
			if !isNumber {
				return goValue{}, false
			}
			made.number, ok = new(big.Rat).SetString(number.String())
		}
		return made, ok
	}
	return goValue{}, false
}

func (v goValues) arithmetic(e *ast.BinaryExpr) (goValue, bool) {
	x, okX := v.value(e.X)
	y, okY := v.value(e.Y)
	if !okX || !okY || x.number == nil || y.number == nil {
		return goValue{}, false
	}
	made := new(big.Rat)
	switch e.Op {
	case token.ADD:
		made.Add(x.number, y.number)
	case token.SUB:
		made.Sub(x.number, y.number)
	case token.MUL:
		made.Mul(x.number, y.number)
	default:
		return goValue{}, false
	}
	return goValue{number: made}, true
}

// sum is domain.Sum(items, func(item T) N { return … }).
func (v goValues) sum(e *ast.CallExpr) (goValue, bool) {
	name, ok := e.Fun.(*ast.SelectorExpr)
	if !ok || name.Sel.Name != "Sum" || len(e.Args) != 2 {
		return goValue{}, false
	}
	items, ok := v.value(e.Args[0])
	of, isFunc := e.Args[1].(*ast.FuncLit)
	if !ok || !isFunc || items.typ == nil || items.typ.kind != listKind || len(of.Body.List) != 1 ||
		len(of.Type.Params.List) != 1 || len(of.Type.Params.List[0].Names) != 1 {
		return goValue{}, false
	}
	result, ok := of.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(result.Results) != 1 {
		return goValue{}, false
	}
	total := new(big.Rat)
	for _, item := range items.node.items {
		inner := goValues{of.Type.Params.List[0].Names[0].Name: {node: item, fields: items.typ.elem.fields, typ: items.typ.elem}}
		part, ok := inner.value(result.Results[0])
		if !ok || part.number == nil {
			return goValue{}, false
		}
		total.Add(total, part.number)
	}
	return goValue{number: total}, true
}
