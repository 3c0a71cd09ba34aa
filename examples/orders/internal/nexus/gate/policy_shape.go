package gate

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// The names of a rule package that evaluation asks for.
const (
	applies    = "applies"
	undeclared = "undeclared"
	deny       = "deny"
)

var entryNames = []string{applies, deny, undeclared}

// withoutDeny finds a rule package that can never fail.
func (s source) withoutDeny() *Problem {
	var others []string
	for _, r := range s.tree.Rules {
		name := headName(r)
		if name == deny {
			return nil
		}
		if name != applies && name != undeclared {
			others = append(others, name)
		}
	}
	at, hint := s.tree.Package.Location, `add deny contains {"message": "..."} if { ... }`
	for _, r := range s.tree.Rules {
		if name := headName(r); slices.Contains(others, name) && nearest(name, []string{deny}) != "" {
			at, hint = r.Location, "did you mean deny? Rename "+name
			break
		}
	}
	fault := problemAt(s.Module, at, "the rule has no deny, so it could never fail", hint)
	return &fault
}

// headName is the first part of the name that r defines.
func headName(r *ast.Rule) string {
	name, _ := r.Head.Ref()[0].Value.(ast.Var)
	return string(name)
}

// misshapen finds the first of the names that evaluation asks for that is not what
// it has to be. A deny that is no set would be undefined, and not empty, where it
// does not hold, and undefined looks like "does not apply".
func (s source) misshapen() *EvalError {
	for _, r := range s.tree.Rules {
		name := headName(r)
		if !slices.Contains(entryNames, name) || fits(r) {
			continue
		}
		at := problemAt(s.Module, r.Location, "", "")
		return &EvalError{Rule: s.id(), File: at.File, Line: at.Line, Column: at.Column,
			Message: shapes[name].message, Hint: shapes[name].hint}
	}
	return nil
}

// fits reports whether r defines a set, or for applies a single value.
func fits(r *ast.Rule) bool {
	plain := len(r.Head.Args) == 0 && len(r.Head.Ref()) == 1
	if headName(r) == applies {
		return plain && r.Head.RuleKind() == ast.SingleValue
	}
	return plain && r.Head.RuleKind() == ast.MultiValue
}

var shapes = map[string]struct{ message, hint string }{
	applies:    {"applies is not true or false", "write `applies if { ... }`"},
	deny:       {"deny is not a set of objects", "write `deny contains {\"message\": \"...\"} if { ... }`"},
	undeclared: {"undeclared is not a set of texts", "write `undeclared contains \"x-...\" if { ... }`"},
}

// unused finds names of rule packages that no rule can reach: a misspelt
// undeclared, or what is left of an earlier version.
func unused(compiler *ast.Compiler, sources []source) []Problem {
	reached := reachable(compiler, sources)
	var problems []Problem
	for _, s := range sources {
		if kind, fault := s.kind(); fault != nil || kind != rulePackage || s.withoutDeny() != nil {
			continue
		}
		seen := map[string]bool{}
		for _, r := range compiler.Modules[s.File].Rules {
			path := r.Ref().GroundPrefix().String()
			if name := headName(r); seen[path] || reached[path] || slices.Contains(entryNames, name) {
				continue
			}
			seen[path] = true
			problems = append(problems, unusedName(s, r))
		}
	}
	return problems
}

func unusedName(s source, r *ast.Rule) Problem {
	name := headName(r)
	hint := "a rule package is asked for applies, deny and undeclared; remove " + name + ", or use it in one of them"
	if near := nearest(name, entryNames); near != "" {
		hint = "did you mean " + near + "? Nothing else is asked for than applies, deny and undeclared"
	}
	return problemAt(s.Module, r.Location, "nothing uses "+name, hint)
}

// reachable lists what the entry names of the rule packages, and the packages
// that rules share, lead to.
func reachable(compiler *ast.Compiler, sources []source) map[string]bool {
	var queue []*ast.Rule
	for _, s := range sources {
		kind, fault := s.kind()
		for _, r := range compiler.Modules[s.File].Rules {
			entry := kind == rulePackage && slices.Contains(entryNames, headName(r))
			if fault == nil && (entry || kind == libPackage) {
				queue = append(queue, r)
			}
		}
	}
	reached, done := map[string]bool{}, map[*ast.Rule]bool{}
	for ; len(queue) > 0; queue = queue[1:] {
		r := queue[0]
		if done[r] {
			continue
		}
		done[r] = true
		reached[r.Ref().GroundPrefix().String()] = true
		for next := range compiler.Graph.Dependencies(r) {
			if rule, ok := next.(*ast.Rule); ok {
				queue = append(queue, rule)
			}
		}
	}
	return reached
}

// unresolved finds references to rules and documents that do not exist. Rego
// takes them for data that may be there one day, and they are never true.
func unresolved(compiler *ast.Compiler, sources []source) []Problem {
	var problems []Problem
	for _, s := range sources {
		seen := map[string]bool{}
		judge := func(ref ast.Ref) bool {
			if message, hint := dangling(compiler, ref); message != "" && !seen[message] {
				seen[message] = true
				problems = append(problems, problemAt(s.Module, ref[0].Location, message, hint))
			}
			return false
		}
		for _, r := range compiler.Modules[s.File].Rules {
			ast.WalkRefs(r, judge)
		}
	}
	return problems
}

// dangling says what is wrong with ref, and what to write instead, if it leads
// below data to nothing.
func dangling(compiler *ast.Compiler, ref ast.Ref) (message, hint string) {
	if !ref.HasPrefix(ast.DefaultRootRef) || ref.HasPrefix(catalogRef) {
		return "", "" // the schemas judge input and data.catalog
	}
	node := compiler.RuleTree.Child(ast.DefaultRootDocument.Value)
	for i, term := range ref[1:] {
		if len(node.Values) > 0 {
			break // inside a rule's value; its type judges it
		}
		next := node.Child(term.Value)
		if next == nil {
			return ref[:i+2].String() + " does not exist", missingName(term, node)
		}
		node = next
	}
	if len(node.Values) == 0 {
		return ref.String() + " is a folder of rules and no rule", "name one of " + strings.Join(children(node), ", ")
	}
	return "", ""
}

func missingName(term *ast.Term, node *ast.TreeNode) string {
	names := children(node)
	if node.Key == ast.DefaultRootDocument.Value {
		names = append(names, "catalog")
		slices.Sort(names)
	}
	if name, ok := term.Value.(ast.String); ok {
		return didYouMean(string(name), names)
	}
	return "write the name itself; valid: " + strings.Join(names, ", ")
}

// children are the names below node.
func children(node *ast.TreeNode) []string {
	var names []string
	for key := range node.Children {
		if name, ok := key.(ast.String); ok {
			names = append(names, string(name))
		}
	}
	slices.Sort(names)
	return names
}
