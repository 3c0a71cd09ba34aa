package gate

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// A question is what rules are asked together: does it apply, and if it does, what
// do you deny, and what is not declared?
type question struct {
	needs
	scope string // how its rules define applies, empty when they do not
	rules []int  // their places in Decider.rules
}

// needs are the parts of input without which a question is not asked.
type needs struct{ log, change, record bool }

// met reports whether input has them.
func (n needs) met(input ast.Value) bool {
	return (!n.log || given(input, "observed")) && (!n.change || given(input, "change")) && (!n.record || given(input, "record"))
}

// answers is the name of the set of answers to questions with these needs.
func (n needs) answers() string {
	return fmt.Sprintf("answers_log_%t_change_%t_record_%t", n.log, n.change, n.record)
}

// A query asks for a set of answers, and is asked when input has what it needs.
type query struct {
	needs
	body ast.Body
}

// answersVar is what a query binds to the set.
const answersVar = ast.Var("answers")

// queries are those for the answers to all questions.
func queries(questions []question) []query {
	var list []query
	for _, q := range questions {
		if slices.ContainsFunc(list, func(o query) bool { return o.needs == q.needs }) {
			continue
		}
		path := ast.MustParseRef("data." + mergedPackage + "." + q.answers())
		body := ast.NewBody(ast.Equality.Expr(ast.NewTerm(answersVar), ast.NewTerm(path)))
		list = append(list, query{needs: q.needs, body: body})
	}
	return list
}

// questions groups rules that are asked the same. Rules that define applies in the
// same words share its evaluation, and most rules of a family do: for an event out
// of their scope they cost next to nothing.
func questions(rules []rule) []question {
	var list []question
	for i, r := range rules {
		n := needs{log: slices.Contains(r.Reads, ReadsLog), change: slices.Contains(r.Reads, ReadsChange), record: slices.Contains(r.Reads, ReadsRecord)}
		at := slices.IndexFunc(list, func(q question) bool { return q.scope == r.scope && q.needs == n })
		if at < 0 {
			at, list = len(list), append(list, question{needs: n, scope: r.scope})
		}
		list[at].rules = append(list[at].rules, i)
	}
	return list
}

// What the rules are merged into. No policy can be in this package.
const (
	mergedPackage = "nexus.merged"
	mergedFile    = "merged rules"
)

// merge makes one module of what compiled rules ask for. Its sets of answers hold
// [question, applies, said] for every question that applies, where said is a set
// with [rule, name, value] for every value that a rule's deny or undeclared holds.
//
// To look a rule up costs as much as to evaluate a short one. So the definitions of
// all rules of a question stand side by side in one set: it is looked up once, and
// one rule index sorts out which of the definitions can hold at all.
func merge(questions []question, rules []rule, compiled map[string]*ast.Module) (*ast.Module, error) {
	var text strings.Builder
	fmt.Fprintf(&text, "package %s\n", mergedPackage)
	var bodies []ast.Body // of the rules in text; nil where it is the one that is written there
	for i, q := range questions {
		asked := rules[q.rules[0]]
		scopes := scopesOf(compiled[asked.File])
		if scopes == nil {
			fmt.Fprintf(&text, "%s contains [%d, scope, %s] if { scope := %v.%s; scope }\n", q.answers(), i, saidName(i), asked.path, applies)
			bodies = append(bodies, nil)
			continue
		}
		for _, scope := range scopes {
			fmt.Fprintf(&text, "%s contains [%d, true, %s]\n", q.answers(), i, saidName(i))
			bodies = append(bodies, scope)
		}
	}
	merged, err := ast.ParseModule(mergedFile, text.String())
	if err != nil {
		return nil, fmt.Errorf("merging rules: %w", err)
	}
	for i, body := range bodies {
		if body != nil {
			merged.Rules[i].Body = body
		}
	}
	for i, q := range questions {
		for _, member := range q.rules {
			for _, r := range compiled[rules[member].File].Rules {
				if name := headName(r); name == deny || name == undeclared {
					merged.Rules = append(merged.Rules, saying(saidName(i), member, name, r, merged))
				}
			}
		}
	}
	return merged, nil
}

// scopesOf are copies of the bodies of the definitions of applies, of which one has
// to hold: a body that is always true when there is none, and nil when a definition
// is made otherwise. Where they stand among the answers, the rule index sorts out
// which can hold.
func scopesOf(compiled *ast.Module) []ast.Body {
	var scopes []ast.Body
	for _, r := range compiled.Rules {
		if headName(r) != applies {
			continue
		}
		if !isTrueIf(r) {
			return nil
		}
		scopes = append(scopes, r.Body.Copy())
	}
	if scopes == nil {
		scopes = append(scopes, ast.NewBody(ast.NewExpr(ast.BooleanTerm(true))))
	}
	return scopes
}

func saidName(question int) string { return "said" + strconv.Itoa(question) }

// saying is r, one definition of deny or undeclared, as a part of the set called set.
func saying(set string, member int, name string, r *ast.Rule, merged *ast.Module) *ast.Rule {
	said := r.Copy()
	said.Head = ast.NewHead(ast.Var(set), ast.ArrayTerm(ast.IntNumberTerm(member), ast.StringTerm(name), said.Head.Key))
	said.Head.Location = r.Head.Location
	said.Module = merged
	return said
}

// reached are the modules of the rules and those that they lead to.
func reached(rules []rule, compiled map[string]*ast.Module) map[string]*ast.Module {
	modules := map[string]*ast.Module{}
	var add func(file string)
	add = func(file string) {
		if modules[file] != nil {
			return
		}
		modules[file] = compiled[file]
		ast.WalkRefs(compiled[file], func(ref ast.Ref) bool {
			path := ref.GroundPrefix()
			for other, module := range compiled {
				if path.HasPrefix(module.Package.Path) || module.Package.Path.HasPrefix(path) && path.HasPrefix(ast.DefaultRootRef) {
					add(other)
				}
			}
			return false
		})
	}
	for _, r := range rules {
		add(r.File)
	}
	return modules
}

var localName = regexp.MustCompile(`__local\d+__`)

// scopeOf is how the compiled module defines applies, with all names in full, so
// that equal texts mean the same. It is empty when the module does not.
func scopeOf(compiled *ast.Module) string {
	var text strings.Builder
	for _, r := range compiled.Rules {
		if headName(r) == applies {
			text.WriteString(r.String() + "\n")
		}
	}
	locals := map[string]string{} // numbered in the order of appearance
	return localName.ReplaceAllStringFunc(text.String(), func(name string) string {
		if locals[name] == "" {
			locals[name] = fmt.Sprintf("local%d", len(locals))
		}
		return locals[name]
	})
}

// undecided are the decisions before any question is answered.
func (d *Decider) undecided(input ast.Value) []Decision {
	log := given(input, "observed")
	list := make([]Decision, len(d.rules))
	for i, r := range d.rules {
		list[i] = Decision{Rule: r.ID, Outcome: NotApplicable}
		if !log && slices.Contains(r.Reads, ReadsLog) {
			list[i].Outcome, list[i].Missing = Undeclared, []string{ReadsLog}
		}
	}
	return list
}

// read reads a set of answers into list, and into faults what is wrong with them.
func (d *Decider) read(answers ast.Set, list []Decision, faults []*EvalError) {
	answers.Foreach(func(term *ast.Term) {
		answer := term.Value.(*ast.Array)
		asked, _ := answer.Elem(0).Value.(ast.Number).Int()
		for _, i := range d.questions[asked].rules {
			faults[i] = list[i].begin(answer.Elem(1))
		}
		answer.Elem(2).Value.(ast.Set).Foreach(func(term *ast.Term) {
			said := term.Value.(*ast.Array)
			i, _ := said.Elem(0).Value.(ast.Number).Int()
			if faults[i] == nil {
				faults[i] = list[i].read(said.Elem(1), said.Elem(2))
			}
		})
	})
}

// conclude finishes the decisions. The fault of the first rule by id is the error.
func (d *Decider) conclude(list []Decision, faults []*EvalError, input ast.Value) ([]Decision, error) {
	known := nameableOf(input)
	for i := range list {
		if f := cmp.Or(faults[i], list[i].misplaced(known)); f != nil {
			r := d.rules[i]
			f.Rule, f.File, f.Line, f.Column = r.ID, r.File, r.Line, 1
			return nil, f
		}
		list[i].finish()
	}
	return list, nil
}

// given reports whether input has a value that is not null at key.
func given(input ast.Value, key string) bool {
	object, ok := input.(ast.Object)
	if !ok {
		return false
	}
	value := object.Get(ast.StringTerm(key))
	return value != nil && value.Value.Compare(ast.NullValue) != 0
}
