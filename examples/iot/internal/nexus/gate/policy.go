// Package gate decides what may pass: it evaluates policies, written in Rego, over
// events, and holds documents against JSON Schemas. It knows nothing of where
// events, catalogs or logs come from, so that continuous integration and a running
// application give the same answer.
//
// A rule is one Rego package, nexus.rules.<family>.<rule>, described by METADATA:
//
//	# METADATA
//	# title: Personal data has a finite retention
//	# custom:
//	#   id: gdpr/finite-retention
//	#   severity: error
//	package nexus.rules.gdpr.finite_retention
//
//	applies if input.event.category == "personal"
//
//	undeclared contains "x-retention-days" if input.event.retention_days == null
//
//	deny contains {"message": "it is kept for ever"} if input.event.retention_days == 0
//
// Compiling is strict, since a policy that silently never fires is worse than
// none: a misspelt name, a path that no input can have, a helper that does not
// exist and a built-in that looks at the clock or the network are all errors.
// Evaluating is strict too: what goes wrong is an error and never a pass.
//
//	policies, err := gate.CompilePolicies(modules, gate.PolicyOptions{InputSchema: schema})
//	decider, err := policies.Prepare(ctx, catalog, []string{"gdpr/finite-retention"})
//	decisions, err := decider.Decide(ctx, map[string]any{"event": event, ...})
package gate

import (
	"cmp"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Module is one Rego file.
type Module struct {
	// File is its name in messages. Files that end in _test.rego hold tests: they
	// are compiled as strictly, but they are no rules.
	File string
	Text string
}

// PolicyOptions say what policies are compiled against.
type PolicyOptions struct {
	// InputSchema is the JSON Schema of input, and DataSchema that of
	// data.catalog. A path that the schema lacks is then an error. Empty means
	// that any path is taken.
	InputSchema []byte
	DataSchema  []byte
	// WithoutIndexing evaluates every rule instead of those that OPA's rule index
	// selects. It is slower, and it never depends on the index being right.
	WithoutIndexing bool
}

// The severities of a rule.
const (
	SeverityError   = "error"
	SeverityWarning = "warning"
	SeverityNote    = "note"
)

// What a rule may read, apart from the event itself.
const (
	ReadsCatalog = "catalog"
	ReadsSchema  = "schema"
	ReadsLog     = "log"    // input.observed; the rule is undeclared without it
	ReadsChange  = "change" // input.change; the rule is not applicable without it
	ReadsRecord  = "record" // input.record; the rule is not applicable without it
)

// PolicyRule is what a rule's METADATA says about it.
type PolicyRule struct {
	ID          string // family/rule, equal to the package's name
	Code        string // another name that people know it by, may be empty
	Title       string
	Description string
	Severity    string
	Controls    []string // citations
	Verified    bool     // the citations were checked against their text
	Why         string
	Fix         string
	// Reads is what METADATA lists, and what the rule's text reads besides.
	Reads []string
	// Optional are those of log, change and record that the rule reads and can do
	// without.
	Optional []string
	File     string
	Line     int // of the package
}

// Policies are compiled rules. They are not changed after compiling, so any
// number of goroutines may use them.
type Policies struct {
	rules           []rule // by ID
	compiler        *ast.Compiler
	withoutIndexing bool
}

// A rule is a PolicyRule and where it is evaluated.
type rule struct {
	PolicyRule
	path  ast.Ref // its package
	scope string  // how it defines applies
	// record is set if it may read input.record, the event that is being stored.
	record bool
	// misshapen is the first of entryNames that is defined as something else than a
	// set, or than a truth value.
	misshapen *EvalError
}

// CompilePolicies parses and compiles modules, in any order. When anything is
// wrong with them it returns a *PolicyError that lists all that was found.
func CompilePolicies(modules []Module, o PolicyOptions) (*Policies, error) {
	sources, problems := parseModules(modules)
	rules, more := readRules(sources)
	twice := duplicates(rules)
	problems = slices.Concat(problems, more, twice)
	if len(sources) < len(modules) || len(twice) > 0 {
		return nil, policyError(problems) // the rest would be blamed for it
	}
	compiler, more, err := compile(sources, o)
	if err != nil {
		return nil, err
	}
	problems = append(problems, more...)
	if len(problems) > 0 {
		return nil, policyError(problems)
	}
	for i := range rules {
		found := partsOf(rules[i].PolicyRule, compiler)
		rules[i].Reads = append(rules[i].Reads, found.unsaid(rules[i].PolicyRule)...)
		rules[i].record = found.record || slices.Contains(rules[i].Reads, ReadsRecord)
		rules[i].scope = scopeOf(compiler.Modules[rules[i].File])
	}
	return &Policies{rules: rules, compiler: compiler, withoutIndexing: o.WithoutIndexing}, nil
}

// Rules lists the rules by ID.
func (p *Policies) Rules() []PolicyRule {
	list := make([]PolicyRule, len(p.rules))
	for i, r := range p.rules {
		list[i] = r.PolicyRule
	}
	return list
}

// Capabilities are what policies may use of Rego: every built-in function that
// computes its result from its arguments alone. Whoever compiles policies by
// other means, such as a test runner, uses them as well.
func Capabilities() *ast.Capabilities {
	allowed := *ast.CapabilitiesForThisVersion()
	allowed.AllowNet = []string{} // nil would allow every host
	allowed.Builtins = slices.DeleteFunc(slices.Clone(allowed.Builtins), func(b *ast.Builtin) bool {
		return b.IsNondeterministic()
	})
	return &allowed
}

// readRules reads the METADATA of every rule package.
func readRules(sources []source) ([]rule, []Problem) {
	var rules []rule
	var problems []Problem
	for _, s := range sources {
		kind, fault := s.kind()
		switch {
		case fault != nil:
			problems = append(problems, *fault)
		case kind == rulePackage:
			r, faults := s.rule()
			rules, problems = append(rules, r), append(problems, faults...)
		}
	}
	slices.SortFunc(rules, func(a, b rule) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.File, b.File)) })
	return rules, problems
}

// duplicates finds rules that share their id or their code.
func duplicates(rules []rule) []Problem {
	var problems []Problem
	owner := map[string]rule{}
	for _, r := range rules {
		for _, name := range slices.Compact([]string{r.ID, r.Code}) {
			first, taken := owner[name]
			switch {
			case name == "":
			case taken:
				problems = append(problems, Problem{
					File: r.File, Line: r.Line, Column: 1,
					Message: "the rule " + name + " exists already in " + first.File,
					Hint:    "a rule is one file; give this one a package, an id and a code of its own",
				})
			default:
				owner[name] = r
			}
		}
	}
	return problems
}
