package gate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// compile compiles sources strictly and looks for what Rego itself lets pass.
// An error is a fault of the options, problems are faults of the policies.
func compile(sources []source, o PolicyOptions) (*ast.Compiler, []Problem, error) {
	schemas, err := inputTypes(o.InputSchema)
	if err != nil {
		return nil, nil, err
	}
	paths, err := o.documentPaths()
	if err != nil {
		return nil, nil, err
	}
	modules := map[string]*ast.Module{}
	for _, s := range sources {
		modules[s.File] = s.tree
	}
	compiler := ast.NewCompiler().
		SetErrorLimit(0).
		WithStrict(true).
		WithCapabilities(Capabilities()).
		WithSchemas(schemas)
	if compiler.Compile(modules); compiler.Failed() {
		return nil, compileProblems(sources, compiler.Errors), nil
	}
	problems := append(unresolved(compiler, sources), unused(compiler, sources)...)
	for _, s := range sources {
		problems = append(problems, paths.check(s.Module, compiler)...)
	}
	return compiler, problems, nil
}

// inputTypes gives Rego's type checker the JSON Schema of input.
func inputTypes(text []byte) (*ast.SchemaSet, error) {
	if len(text) == 0 {
		return nil, nil
	}
	var schema any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&schema); err != nil {
		return nil, fmt.Errorf("compiling policies: reading the JSON Schema of input: %w", err)
	}
	schemas := ast.NewSchemaSet()
	schemas.Put(ast.SchemaRootRef, schema)
	return schemas, nil
}

// compileProblems says why sources do not compile.
func compileProblems(sources []source, faults ast.Errors) []Problem {
	byFile := map[string]Module{}
	for _, s := range sources {
		byFile[s.File] = s.Module
	}
	functions := functionNames(sources)
	var problems []Problem
	for _, fault := range faults {
		message, hint := explain(fault, functions)
		m := Module{}
		if fault.Location != nil {
			m = byFile[fault.Location.File]
		}
		problems = append(problems, problemAt(m, fault.Location, message, hint))
	}
	return problems
}

// explain says what fault means, and what to write instead.
func explain(fault *ast.Error, functions []string) (message, hint string) {
	if name, ok := strings.CutPrefix(fault.Message, "undefined function "); ok {
		return explainFunction(name, functions)
	}
	if name, ok := strings.CutPrefix(fault.Message, "var "); ok && fault.Code == ast.UnsafeVarErr {
		name, _, _ = strings.Cut(name, " ")
		return fmt.Sprintf("nothing gives %s a value", name), "import it, assign it, or correct its name"
	}
	switch details := fault.Details.(type) {
	case *ast.UnificationErrDetail:
		return "the two sides can never be equal", inOneLine(details)
	case *ast.RefErrInvalidDetail:
		return explainPath(details)
	case nil:
		if strings.HasSuffix(fault.Message, " unused") {
			hint = "remove it, or use it"
		}
		return fault.Message, hint
	default:
		return fault.Message, inOneLine(details)
	}
}

func inOneLine(details ast.ErrorDetails) string {
	text := strings.Join(strings.Fields(strings.Join(details.Lines(), "; ")), " ")
	return strings.ReplaceAll(text, " : ", ": ")
}

// explainPath says which name of a path does not exist, and which do.
func explainPath(d *ast.RefErrInvalidDetail) (message, hint string) {
	parent, name := written(d.Ref[:d.Pos]), strings.Trim(d.Ref[d.Pos].String(), `"`)
	var names []string
	for _, value := range d.OneOf {
		if text, ok := value.(ast.String); ok {
			names = append(names, string(text))
		}
	}
	slices.Sort(names)
	if len(names) == 0 {
		return fmt.Sprintf("%s has no %s", parent, name), "the schema lets " + parent + " have no such name"
	}
	return fmt.Sprintf("%s has no %s", parent, name), didYouMean(name, slices.Compact(names))
}

// explainFunction tells a function that policies may not use from one that does
// not exist.
func explainFunction(name string, functions []string) (message, hint string) {
	if _, exists := ast.BuiltinMap[name]; !exists {
		hint = "see the built-in functions of Rego, or import the package that has it"
		if near := nearest(name, functions); near != "" {
			hint = "did you mean " + near + "?"
		}
		return "there is no function " + name, hint
	}
	hint = "a policy decides by input and data.catalog alone: no network, no clock, no chance"
	if strings.HasPrefix(name, "time.") {
		hint = `use input.as_of, the day to judge by, such as time.parse_ns("2006-01-02", input.as_of)`
	}
	return name + " is not available to policies", hint
}

// functionNames are the functions that a policy can call.
func functionNames(sources []source) []string {
	names := map[string]bool{}
	for _, b := range Capabilities().Builtins {
		names[b.Name] = true
	}
	for _, s := range sources {
		for _, r := range s.tree.Rules {
			if len(r.Head.Args) > 0 {
				names[r.Ref().String()] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}
