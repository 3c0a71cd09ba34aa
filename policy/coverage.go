package policy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/report"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/rego"
)

// Coverage says how much of the policies under test was evaluated.
type Coverage struct {
	Percent float64        `json:"percent"`
	Files   []FileCoverage `json:"files"` // by name
}

// FileCoverage is that of one policy.
type FileCoverage struct {
	File     string   `json:"file"`
	Percent  float64  `json:"percent"`
	Missed   []string `json:"missed"` // lines, such as 12 or 14-16
	firstRow int
}

// trace evaluates the cases a second time to see which lines they reach: with the
// whole package of the rule, so that nothing is left out because another part has
// decided already.
func (t *tests) trace(ctx context.Context, cases []testCase) error {
	compiler := t.compiler()
	if compiler.Compile(t.modules); compiler.Failed() {
		return notCompiled(compiler.Errors)
	}
	queries := map[string]rego.PreparedEvalQuery{}
	for i := range cases {
		c := &cases[i]
		query, prepared := queries[c.rule.ID]
		if !prepared {
			var err error
			if query, err = packageQuery(ctx, compiler, t.modules[c.rule.File]); err != nil {
				return notEvaluated(ctx, err)
			}
			queries[c.rule.ID] = query
		}
		input := map[string]any{"input": c.input, "catalog": c.catalog}
		if _, err := query.Eval(ctx, rego.EvalInput(input), rego.EvalQueryTracer(t.cover)); err != nil {
			return notEvaluated(ctx, err)
		}
	}
	return nil
}

// packageQuery asks for everything in a package.
func packageQuery(ctx context.Context, compiler *ast.Compiler, module *ast.Module) (rego.PreparedEvalQuery, error) {
	query := module.Package.Path.String() + " with input as input.input with data.catalog as input.catalog"
	return rego.New(rego.Compiler(compiler), rego.Query(query)).PrepareForEval(ctx)
}

// coverage sums up the policies under test, without their tests.
func (t *tests) coverage() Coverage {
	modules := map[string]*ast.Module{}
	for _, f := range t.files {
		if f.is(".rego") && !f.is(testSuffix) {
			modules[f.name] = t.modules[f.name]
		}
	}
	seen := t.cover.Report(modules)
	var c Coverage
	covered, all := 0, 0
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		f := seen.Files[name]
		covered += f.CoveredLines
		all += f.CoveredLines + f.NotCoveredLines
		c.Files = append(c.Files, fileCoverage(name, f))
	}
	if all > 0 {
		c.Percent = 100 * float64(covered) / float64(all)
	}
	return c
}

func fileCoverage(name string, f *cover.FileReport) FileCoverage {
	c := FileCoverage{File: name, Percent: f.Coverage, Missed: []string{}}
	for _, r := range f.NotCovered {
		lines := strconv.Itoa(r.Start.Row)
		if r.End.Row > r.Start.Row {
			lines += "-" + strconv.Itoa(r.End.Row)
		}
		if c.firstRow == 0 {
			c.firstRow = r.Start.Row
		}
		if !slices.Contains(c.Missed, lines) {
			c.Missed = append(c.Missed, lines)
		}
	}
	return c
}

// Table shows the policies that are not evaluated in every line.
func (c Coverage) Table() report.Table {
	table := report.Table{Title: "Lines that tests reach", Columns: []string{"Policy", "Covered", "Lines missed"}}
	for _, f := range c.Files {
		if len(f.Missed) > 0 {
			table.Rows = append(table.Rows, []string{f.File, percent(f.Percent), strings.Join(f.Missed, ", ")})
		}
	}
	table.Rows = append(table.Rows, []string{"all", percent(c.Percent), ""})
	return table
}

// percent is rounded down, so that 100% is all of it.
func percent(p float64) string { return strconv.Itoa(int(p)) + "%" }

// tooLittle is the finding that the threshold is missed.
func (t *tests) tooLittle(threshold float64) report.Finding {
	rule := ruleOf(RuleCoverage)
	f := report.Finding{
		Rule: rule.ID, Severity: rule.Severity, Owners: []string{}, Affects: []string{}, Hint: rule.Fix,
		Message:     fmt.Sprintf("tests reach %s of the policies' lines, and %s is demanded", percent(t.Coverage.Percent), percent(threshold)),
		Fingerprint: report.Fingerprint(rule.ID, "", "", "", nil, nil),
	}
	for _, file := range t.Coverage.Files {
		if len(file.Missed) > 0 {
			f.Location = at(file.File, file.firstRow, 1)
			break
		}
	}
	return f
}
