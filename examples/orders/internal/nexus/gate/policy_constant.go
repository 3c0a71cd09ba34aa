package gate

import (
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// inline writes the values of constants where modules read them, such as the set
// of known strategies, and does the same with other names for a part of input, and
// with simple conditions on input, such as whether the event holds personal data.
// To look a rule up, and to keep what it says for the next look, costs more than
// most of what is done with it; and the rule index goes by expressions about input,
// not by what other rules say.
//
// Modules that replace a rule by something else, with the keyword with, keep all
// rules where they are.
func inline(modules map[string]*ast.Module) (map[string]*ast.Module, error) {
	rules, replaced := onlyRules{}, false
	for _, module := range modules {
		ast.WalkWiths(module, func(*ast.With) bool { replaced = true; return true })
		for _, r := range module.Rules {
			path := r.Ref().String()
			if _, twice := rules[path]; twice {
				r = nil
			}
			rules[path] = r
		}
	}
	if replaced {
		return modules, nil
	}
	substitute := ast.NewGenericTransformer(func(x any) (any, error) {
		switch x := x.(type) {
		case ast.Body:
			return rules.conditions(x), nil
		case ast.Ref:
			return rules.value(x), nil
		}
		return x, nil
	})
	inlined := make(map[string]*ast.Module, len(modules))
	for file, module := range modules {
		inlined[file] = module.Copy()
		for _, r := range inlined[file].Rules {
			body, err := ast.Transform(substitute, r.Body)
			if err != nil {
				return nil, fmt.Errorf("inlining rules into %s: %w", file, err)
			}
			r.Body = body.(ast.Body)
		}
	}
	return inlined, nil
}

// onlyRules are the rules of all names that one rule defines; nil for names that
// several do.
type onlyRules map[string]*ast.Rule

// value is what ref stands for when it names a constant or a part of input, else ref.
func (o onlyRules) value(ref ast.Ref) any {
	if !ref.HasPrefix(ast.DefaultRootRef) {
		return ref
	}
	for end := len(ref.GroundPrefix()); end > 1; end-- {
		r := o[ref[:end].String()]
		if r == nil {
			continue
		}
		if end == len(ref) && isConstant(r) {
			return ast.CopyValue(r.Head.Value.Value) // the compiler writes into what it compiles
		}
		if part := partOfInput(r); part != nil {
			return part.Copy().Concat(ref[end:])
		}
	}
	return ref
}

// partOfInput is the path into input that r is another name for, or nothing.
func partOfInput(r *ast.Rule) ast.Ref {
	if r.Head.RuleKind() != ast.SingleValue || len(r.Head.Args) > 0 || r.Default || r.Else != nil || len(r.Body) != 1 {
		return nil
	}
	e := r.Body[0]
	if !e.IsEquality() || e.Negated || len(e.Operands()) != 2 || !e.Operand(0).Equal(r.Head.Value) {
		return nil
	}
	path, isRef := e.Operand(1).Value.(ast.Ref)
	if _, isVar := r.Head.Value.Value.(ast.Var); !isVar || !isRef || !path.IsGround() || !path.HasPrefix(ast.InputRootRef) {
		return nil
	}
	return path
}

// conditions is body with the expressions of simple conditions in the place of
// their names. What a negation is about can be one expression only, and a variable
// in it would have no value.
func (o onlyRules) conditions(body ast.Body) ast.Body {
	var expanded ast.Body
	for _, e := range body {
		condition := o.condition(e)
		if len(condition) == 0 || e.Negated && (len(condition) > 1 || hasVariables(condition[0])) {
			expanded.Append(e)
			continue
		}
		for _, part := range condition {
			part = part.Copy()
			part.Negated = e.Negated
			expanded.Append(part)
		}
	}
	return expanded
}

func hasVariables(e *ast.Expr) bool {
	return len(e.Vars(ast.VarVisitorParams{SkipRefHead: true, SkipRefCallHead: true})) > 0
}

// condition is the body of the simple condition that e names, or nothing.
func (o onlyRules) condition(e *ast.Expr) ast.Body {
	term, isTerm := e.Terms.(*ast.Term)
	if !isTerm {
		return nil
	}
	name, isRef := term.Value.(ast.Ref)
	if !isRef || !name.HasPrefix(ast.DefaultRootRef) || !name.IsGround() {
		return nil
	}
	r := o[name.String()]
	if r == nil || !isTrueIf(r) || slices.ContainsFunc(r.Body, func(e *ast.Expr) bool { return !isAboutInput(e) }) {
		return nil
	}
	return r.Body
}

// isAboutInput reports whether an expression is about paths into input, values that
// are written down, and variables that the compiler named: no others have the same.
func isAboutInput(e *ast.Expr) bool {
	var operands []*ast.Term
	switch terms := e.Terms.(type) {
	case *ast.Term:
		operands = []*ast.Term{terms}
	case []*ast.Term:
		operands = terms[1:]
	}
	for _, operand := range operands {
		switch v := operand.Value.(type) {
		case ast.Var:
			if !v.IsGenerated() {
				return false
			}
		case ast.Ref:
			if !v.IsGround() || !v.HasPrefix(ast.InputRootRef) {
				return false
			}
		default:
			if !isGiven(operand) {
				return false
			}
		}
	}
	return len(operands) > 0 && !e.Negated
}

// isTrueIf reports whether r is one of the definitions of a name that is true when
// the body of one of them holds, and has no value otherwise.
func isTrueIf(r *ast.Rule) bool {
	return r.Head.RuleKind() == ast.SingleValue && len(r.Head.Args) == 0 && !r.Default && r.Else == nil &&
		r.Ref().IsGround() && r.Head.Value != nil && r.Head.Value.Equal(ast.InternedTerm(true))
}

// isConstant reports whether r has one value, whatever the input.
func isConstant(r *ast.Rule) bool {
	if r.Head.RuleKind() != ast.SingleValue || len(r.Head.Args) > 0 || r.Default || r.Else != nil || r.Head.Value == nil {
		return false
	}
	always := len(r.Body) == 1 && r.Body[0].Equal(ast.NewExpr(ast.BooleanTerm(true)))
	return always && r.Ref().IsGround() && isGiven(r.Head.Value)
}

// isGiven reports whether all of a value is written down.
func isGiven(term *ast.Term) bool {
	given := term.IsGround()
	ast.WalkTerms(term, func(part *ast.Term) bool {
		switch part.Value.(type) {
		case ast.Ref, ast.Var, ast.Call, *ast.ArrayComprehension, *ast.SetComprehension, *ast.ObjectComprehension, *ast.TemplateString:
			given = false
		}
		return !given
	})
	return given
}
