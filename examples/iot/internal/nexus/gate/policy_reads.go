package gate

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// partsOf is what a rule reads, by its text and by that of all it leads to.
func partsOf(r PolicyRule, compiler *ast.Compiler) parts {
	var found parts
	for _, definition := range led(r.File, compiler) {
		found.read(definition, compiler)
	}
	return found
}

// unsaid is what a rule reads, and its METADATA does not say: log, change and
// record. Without them the rule would find nothing to object to, and pass.
func (p parts) unsaid(r PolicyRule) []string {
	var more []string
	for _, part := range []struct {
		name string
		read bool
	}{{ReadsLog, p.log}, {ReadsChange, p.change}, {ReadsRecord, p.names}} {
		if part.read && !slices.Contains(r.Reads, part.name) && !slices.Contains(r.Optional, part.name) {
			more = append(more, part.name)
		}
	}
	return more
}

// led lists what is asked of a rule package, and all definitions that it leads to.
func led(file string, compiler *ast.Compiler) []*ast.Rule {
	var list []*ast.Rule
	met := map[*ast.Rule]bool{}
	add := func(r *ast.Rule) {
		if !met[r] {
			met[r] = true
			list = append(list, r)
		}
	}
	for _, r := range compiler.Modules[file].Rules {
		if slices.Contains(entryNames, headName(r)) {
			add(r)
		}
	}
	for i := 0; i < len(list); i++ {
		for next := range compiler.Graph.Dependencies(list[i]) {
			if r, ok := next.(*ast.Rule); ok {
				add(r)
			}
		}
	}
	return list
}

// parts tells which parts of input that can be missing may be read, and whether
// the record is read by its name.
type parts struct{ log, change, record, names bool }

// everything is what a rule may read that cannot be followed. Such a rule can be
// about types alone, so it is not for want of a record that it is not asked.
var everything = parts{log: true, change: true, record: true}

// read takes in what a definition reads. One that hands input on as a whole, or
// looks a name up that is not known before, may read any part of it.
func (p *parts) read(r *ast.Rule, compiler *ast.Compiler) {
	names, constants := namesOfInput(r), constantsOf(r, compiler)
	var visitor *ast.GenericVisitor
	visitor = ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case *ast.Expr:
			if isAlias(x, names) {
				return true
			}
			path := constants.gotten(x)
			if path == nil || !isName(path[0], names) {
				return false
			}
			p.reference(path)
			for _, operand := range x.Operands()[1:] {
				visitor.Walk(operand)
			}
			return true
		case ast.Ref:
			if !isName(x[0], names) {
				return false
			}
			p.reference(constants.resolve(x))
			for _, part := range x[1:] {
				visitor.Walk(part)
			}
			return true
		case ast.Var:
			if isName(ast.NewTerm(x), names) {
				*p = everything
			}
		}
		return false
	})
	visitor.Walk(r)
}

// reference takes in a path that begins with input, or with another name for it.
func (p *parts) reference(path ast.Ref) {
	if len(path) > 1 && path[1].IsGround() {
		p.log = p.log || path[1].Value.Compare(ast.String("observed")) == 0
		p.change = p.change || path[1].Value.Compare(ast.String("change")) == 0
		p.names = p.names || path[1].Value.Compare(ast.String("record")) == 0
		p.record = p.record || p.names
		return
	}
	*p = everything
}

// namesOfInput are the variables of r that stand for the whole input.
func namesOfInput(r *ast.Rule) map[ast.Var]bool {
	names := map[ast.Var]bool{}
	for before := -1; before < len(names); {
		before = len(names)
		ast.WalkExprs(r, func(e *ast.Expr) bool {
			if e.IsEquality() && len(e.Operands()) == 2 {
				a, b := e.Operand(0), e.Operand(1)
				for _, pair := range [][2]*ast.Term{{a, b}, {b, a}} {
					if name, isVar := pair[0].Value.(ast.Var); isVar && isName(pair[1], names) {
						names[name] = true
					}
				}
			}
			return false
		})
	}
	return names
}

// isAlias reports whether an expression only gives input another name.
func isAlias(e *ast.Expr, names map[ast.Var]bool) bool {
	return e.IsEquality() && len(e.Operands()) == 2 && isName(e.Operand(0), names) && isName(e.Operand(1), names)
}

// isName reports whether a term is input itself, by whichever name.
func isName(term *ast.Term, names map[ast.Var]bool) bool {
	switch v := term.Value.(type) {
	case ast.Var:
		return names[v] || v.Equal(ast.InputRootDocument.Value)
	case ast.Ref:
		return len(v) == 1 && isName(v[0], names)
	}
	return false
}
