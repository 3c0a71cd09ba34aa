package policy

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/skeleton/gate"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/tester"
)

// TestOptions say which policies are tested, and how thoroughly.
type TestOptions struct {
	FS fs.FS
	// Folders hold the policies; none means the packs that nexus brings along.
	Folders []string
	// Coverage is the least percentage of lines that tests must reach; 0 for any.
	Coverage float64
	// Paranoid decides every case a second time without the rule index.
	Paranoid bool
}

// TestResult is what the tests of policies say.
type TestResult struct {
	Cases    int // answers that were compared
	Tests    int // tests in Rego
	Findings []report.Finding
	Checks   []report.Check
	Coverage Coverage
}

// CodeNoTest is the code of the *Error that says that nothing was tested.
const CodeNoTest = "no-test"

// Test runs the cases and the tests in Rego of policies. The error is an *Error,
// or ctx's; no test at all is one.
func Test(ctx context.Context, o TestOptions) (*TestResult, error) {
	t, err := newTests(o)
	if err != nil {
		return nil, err
	}
	if err := t.runCases(ctx, o.Paranoid); err != nil {
		return nil, err
	}
	if err := t.runRego(ctx); err != nil {
		return nil, err
	}
	if t.Cases+t.Tests == 0 {
		return nil, &Error{Code: CodeNoTest, Message: "there is nothing to run: no " + casesSuffix + " file and no " + testSuffix + " file holds a test",
			Hints: []string{"write " + casesSuffix + " files beside the rules; nexus policy init makes one"}}
	}
	t.Coverage = t.coverage()
	if t.Coverage.Percent < o.Coverage {
		t.Findings = append(t.Findings, t.tooLittle(o.Coverage))
	}
	return &t.TestResult, nil
}

// tests runs the tests of some folders.
type tests struct {
	TestResult
	library *Library
	files   []file // of the folders under test
	modules map[string]*ast.Module
	cover   *cover.Cover
}

func newTests(o TestOptions) (*tests, error) {
	l, err := Open(o.FS, o.Folders...)
	if err != nil {
		return nil, err
	}
	t := &tests{library: l, modules: map[string]*ast.Module{}, cover: cover.New()}
	all := sharedFiles()
	for _, f := range l.folders {
		all = append(all, f.files...)
		if f.own == (len(o.Folders) > 0) {
			t.files = append(t.files, f.files...)
		}
	}
	if len(o.Folders) == 0 {
		t.files = append(t.files, sharedFiles()...)
	}
	if err := strict(all); err != nil {
		return nil, err
	}
	for _, f := range all {
		if !f.is(".rego") {
			continue
		}
		module, err := ast.ParseModuleWithOpts(f.name, string(f.text), ast.ParserOptions{RegoVersion: ast.RegoV1})
		if err != nil {
			return nil, notCompiled(err)
		}
		t.modules[f.name] = module
	}
	return t, nil
}

// strict compiles policies together with their tests as strictly as a check does.
// Without tests, opening the library has done it.
func strict(files []file) error {
	if !slices.ContainsFunc(files, func(f file) bool { return f.is(testSuffix) }) {
		return nil
	}
	var list []gate.Module
	for _, f := range files {
		if f.is(".rego") {
			list = append(list, gate.Module{File: f.name, Text: string(f.text)})
		}
	}
	if _, err := gate.CompilePolicies(list, gate.PolicyOptions{InputSchema: InputSchema, DataSchema: DataSchema}); err != nil {
		return notCompiled(err)
	}
	return nil
}

// compiler compiles the modules once more, for what gate does not do.
func (t *tests) compiler() *ast.Compiler {
	return ast.NewCompiler().WithCapabilities(gate.Capabilities())
}

// runCases compares the answers of rules with what their cases expect.
func (t *tests) runCases(ctx context.Context, paranoid bool) error {
	cases, err := t.cases()
	if err != nil {
		return err
	}
	t.Cases = len(cases)
	deciders, err := t.library.deciders(ctx, cases)
	if err != nil {
		return notEvaluated(ctx, err)
	}
	faults := make([]caseFault, len(cases))
	err = inParallel(len(cases), func(i int) (err error) {
		faults[i], err = cases[i].run(ctx, deciders[i], paranoid)
		return err
	})
	if err != nil {
		return notEvaluated(ctx, err)
	}
	for i := range cases {
		t.record(cases[i].subject(), cases[i].place, faults[i])
	}
	return t.trace(ctx, cases)
}

func (t *tests) cases() ([]testCase, error) {
	forms, err := readForms()
	if err != nil {
		return nil, err
	}
	var cases []testCase
	for _, f := range t.files {
		if !f.is(casesSuffix) {
			continue
		}
		more, err := t.library.readCases(f, forms)
		if err != nil {
			return nil, err
		}
		cases = append(cases, more...)
	}
	return cases, nil
}

// A caseFault is what is wrong with a rule in one case; the zero one is nothing.
type caseFault struct {
	rule    string // that the finding names
	message string
}

// deciders prepares the rule of each case. Cases of one rule share it unless they
// bring a catalog of their own.
func (l *Library) deciders(ctx context.Context, cases []testCase) ([]*gate.Decider, error) {
	shared := map[string]*gate.Decider{}
	list := make([]*gate.Decider, len(cases))
	for i := range cases {
		c := &cases[i]
		if list[i] = shared[c.rule.ID]; list[i] != nil && !c.own {
			continue
		}
		decider, err := l.policies.Prepare(ctx, c.catalog, []string{c.rule.ID})
		if err != nil {
			return nil, err
		}
		if list[i] = decider; !c.own {
			shared[c.rule.ID] = decider
		}
	}
	return list, nil
}

// run decides the case.
func (c *testCase) run(ctx context.Context, decider *gate.Decider, paranoid bool) (caseFault, error) {
	decisions, err := decider.Decide(ctx, c.input)
	if err != nil {
		return caseFault{}, fmt.Errorf("%s: %w", c.subject(), err)
	}
	if fault := c.judge(decisions[0]); fault != "" {
		return caseFault{RuleFailedCase, fault}, nil
	}
	if !paranoid {
		return caseFault{}, nil
	}
	differing, err := decider.Paranoid(ctx, c.input)
	if len(differing) > 0 {
		return caseFault{RuleIndexing, "the rule decides otherwise without the rule index"}, err
	}
	return caseFault{}, err
}

// record notes one test that ran.
func (t *tests) record(subject string, place report.Location, fault caseFault) {
	rule := cmp.Or(fault.rule, RuleFailedCase)
	result := report.Pass
	if fault.message != "" {
		result = report.Fail
		t.Findings = append(t.Findings, report.Finding{
			Rule: rule, Severity: ruleOf(rule).Severity, Subject: subject, Owners: []string{}, Affects: []string{},
			Message: fault.message, Hint: ruleOf(rule).Fix, Location: place,
			Fingerprint: report.Fingerprint(rule, subject, "", "", nil, nil),
		})
	}
	t.Checks = append(t.Checks, report.Check{Subject: subject, Rule: rule, Result: result, Location: place})
}

// runRego runs the tests that are written in Rego.
func (t *tests) runRego(ctx context.Context) error {
	under := map[string]bool{}
	for _, f := range t.files {
		under[f.name] = f.is(testSuffix)
	}
	results, err := tester.NewRunner().
		SetCompiler(t.compiler()).
		SetModules(t.modules).
		SetCoverageQueryTracer(t.cover).
		RaiseBuiltinErrors(true).
		RunTests(ctx, nil)
	if err != nil {
		return notCompiled(err)
	}
	var ran []*tester.Result
	for result := range results {
		if under[result.Location.File] {
			ran = append(ran, result)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	slices.SortFunc(ran, func(a, b *tester.Result) int {
		return cmp.Or(cmp.Compare(a.Location.File, b.Location.File), cmp.Compare(a.Location.Row, b.Location.Row), cmp.Compare(a.Name, b.Name))
	})
	for _, result := range ran {
		t.Tests++
		subject := strings.TrimPrefix(result.Package, "data.") + "." + result.Name
		t.record(subject, at(result.Location.File, result.Location.Row, result.Location.Col), faultOf(result))
	}
	return nil
}

// faultOf says what is wrong with a test in Rego. One that is skipped has not shown
// anything.
func faultOf(result *tester.Result) caseFault {
	switch {
	case result.Error != nil:
		return caseFault{RuleFailedCase, "the test errs: " + result.Error.Error()}
	case result.Skip:
		return caseFault{RuleFailedCase, "the test is skipped"}
	case result.Fail:
		return caseFault{RuleFailedCase, "the test fails"}
	}
	return caseFault{}
}
