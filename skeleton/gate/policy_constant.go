package gate

import (
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

// inline writes the values of constants where modules read them, such as the set
// of known strategies. To look a constant up, and to keep it for the next look,
// costs more than most of what is done with it.
//
// Modules that replace a rule by something else, with the keyword with, keep all
// constants where they are.
func inline(modules map[string]*ast.Module) (map[string]*ast.Module, error) {
	constants, replaced := map[string]ast.Value{}, false
	for _, module := range modules {
		ast.WalkWiths(module, func(*ast.With) bool { replaced = true; return true })
		for _, r := range module.Rules {
			path := r.Ref().String()
			if _, twice := constants[path]; twice || !isConstant(r) {
				constants[path] = nil
				continue
			}
			constants[path] = r.Head.Value.Value
		}
	}
	if replaced {
		return modules, nil
	}
	substitute := ast.NewGenericTransformer(func(x any) (any, error) {
		ref, isRef := x.(ast.Ref)
		if !isRef || !ref.HasPrefix(ast.DefaultRootRef) || !ref.IsGround() {
			return x, nil
		}
		if value := constants[ref.String()]; value != nil {
			return ast.CopyValue(value), nil // the compiler writes into what it compiles
		}
		return x, nil
	})
	inlined := make(map[string]*ast.Module, len(modules))
	for file, module := range modules {
		inlined[file] = module.Copy()
		for _, r := range inlined[file].Rules {
			body, err := ast.Transform(substitute, r.Body)
			if err != nil {
				return nil, fmt.Errorf("inlining constants into %s: %w", file, err)
			}
			r.Body = body.(ast.Body)
		}
	}
	return inlined, nil
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
