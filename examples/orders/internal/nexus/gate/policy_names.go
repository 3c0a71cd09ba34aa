package gate

import "github.com/open-policy-agent/opa/v1/ast"

// constants are the texts that variables of one definition stand for. A path or a
// look-up that goes by such a variable is as good as written out.
type constants map[ast.Var]*ast.Term

// constantsOf finds the variables of r that are equal to a text, or to a rule that
// is one, wherever they stand. What a negation says holds for no variable, and what
// a comprehension says holds for its own alone.
func constantsOf(r *ast.Rule, compiler *ast.Compiler) constants {
	known := constants{}
	occurring := occurrences(r)
	for _, arg := range r.Head.Args {
		ast.WalkVars(arg, func(v ast.Var) bool { delete(occurring, v); return false })
	}
	for definition := r; definition != nil; definition = definition.Else {
		known.within(definition.Body, occurring, compiler)
	}
	ast.WalkClosures(r, func(closure any) bool {
		inner := occurrences(closure)
		for name, times := range inner {
			if occurring[name] != times {
				delete(inner, name)
			}
		}
		known.within(bodyOf(closure), inner, compiler)
		return false
	})
	return known
}

// within takes in what the expressions of a body say about some variables.
func (c constants) within(body ast.Body, about map[ast.Var]int, compiler *ast.Compiler) {
	for _, e := range body {
		if e.Negated || !e.IsEquality() || len(e.Operands()) != 2 {
			continue
		}
		a, b := e.Operand(0), e.Operand(1)
		for _, pair := range [][2]*ast.Term{{a, b}, {b, a}} {
			if name, isVar := pair[0].Value.(ast.Var); isVar && about[name] > 0 {
				if text := constantText(pair[1], compiler); text != nil {
					c[name] = text
				}
			}
		}
	}
}

// occurrences counts how often each variable stands in x.
func occurrences(x any) map[ast.Var]int {
	times := map[ast.Var]int{}
	ast.WalkVars(x, func(v ast.Var) bool { times[v]++; return false })
	return times
}

// bodyOf is the body of a comprehension, or of an every.
func bodyOf(closure any) ast.Body {
	switch c := closure.(type) {
	case *ast.ArrayComprehension:
		return c.Body
	case *ast.SetComprehension:
		return c.Body
	case *ast.ObjectComprehension:
		return c.Body
	case *ast.Every:
		return c.Body
	}
	return nil
}

// constantText is the text that a term always is, or nil.
func constantText(term *ast.Term, compiler *ast.Compiler) *ast.Term {
	switch v := term.Value.(type) {
	case ast.String:
		return term
	case ast.Ref:
		if !v.HasPrefix(ast.DefaultRootRef) || !v.IsGround() {
			return nil
		}
		if rules := compiler.GetRulesExact(v); len(rules) == 1 && isConstant(rules[0]) {
			return constantText(rules[0].Head.Value, compiler)
		}
	}
	return nil
}

// resolve is path with the texts that its variables stand for.
func (c constants) resolve(path ast.Ref) ast.Ref {
	resolved := path
	for i, part := range path {
		name, isVar := part.Value.(ast.Var)
		if i == 0 || !isVar || c[name] == nil {
			continue
		}
		if &resolved[0] == &path[0] {
			resolved = path.Copy()
		}
		resolved[i] = &ast.Term{Value: c[name].Value, Location: part.Location}
	}
	return resolved
}

// gotten is the path that a call of object.get looks up, nil for all else. It ends
// before the first part that is not known.
func (c constants) gotten(e *ast.Expr) ast.Ref {
	if !e.IsCall() || e.Operator().String() != ast.ObjectGet.Name || len(e.Operands()) < 2 {
		return nil
	}
	var path ast.Ref
	switch base := e.Operand(0).Value.(type) {
	case ast.Ref:
		path = c.resolve(base).Copy()
	case ast.Var:
		path = ast.Ref{e.Operand(0)}
	default:
		return nil
	}
	keys := []*ast.Term{e.Operand(1)}
	if list, isList := e.Operand(1).Value.(*ast.Array); isList {
		keys = nil
		list.Foreach(func(key *ast.Term) { keys = append(keys, key) })
	}
	for _, key := range keys {
		text := key
		if name, isVar := key.Value.(ast.Var); isVar {
			text = c[name]
		}
		if text == nil || !text.IsGround() {
			break
		}
		path = append(path, &ast.Term{Value: text.Value, Location: key.Location})
	}
	return path
}
