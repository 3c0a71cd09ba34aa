package gate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// The documents that policies read.
var (
	inputRef   = ast.MustParseRef("input")
	catalogRef = ast.MustParseRef("data.catalog")
)

// A document is one of them and its JSON Schema.
type document struct {
	ref    ast.Ref
	schema map[string]any
}

// documentPaths finds paths that the documents' schemas lack.
//
// Rego's own check knows what is a string and what a number, but of an object it
// knows only named properties of one alternative. A catalog is made of maps by
// id, and much of an event may be null. So this check follows each path, each
// variable that is equal to one, and each look-up with object.get, through
// additionalProperties and anyOf. What it cannot follow, such as a path in a
// function's argument or a name that is computed, it lets pass.
type documentPaths []document

// places are the schemas of the values that a path can lead to. A path that may
// lead to anything has none.
type places []map[string]any

func (o PolicyOptions) documentPaths() (documentPaths, error) {
	var paths documentPaths
	for _, d := range []struct {
		ref  ast.Ref
		text []byte
	}{{inputRef, o.InputSchema}, {catalogRef, o.DataSchema}} {
		if len(d.text) == 0 {
			continue
		}
		var schema map[string]any
		if err := json.Unmarshal(d.text, &schema); err != nil {
			return nil, fmt.Errorf("compiling policies: reading the JSON Schema of %v: %w", d.ref, err)
		}
		paths = append(paths, document{d.ref, schema})
	}
	return paths, nil
}

// check returns the problems of one compiled module.
func (p documentPaths) check(m Module, compiler *ast.Compiler) []Problem {
	var problems []Problem
	for _, r := range compiler.Modules[m.File].Rules {
		texts := constantsOf(r, compiler)
		known := p.variables(r, texts)
		judge := func(path ast.Ref, at *ast.Location) {
			if _, wrong := p.follow(path, known); wrong != nil {
				problems = append(problems, problemAt(m, at, wrong.message, wrong.hint))
			}
		}
		ast.WalkRefs(r, func(ref ast.Ref) bool {
			judge(texts.resolve(ref), ref[0].Location)
			return false
		})
		ast.WalkExprs(r, func(e *ast.Expr) bool {
			if path := texts.gotten(e); path != nil {
				judge(path, e.Operand(1).Location)
			}
			return false
		})
	}
	return problems
}

// A value is what a variable stands for.
type value struct {
	of *document
	at places
}

// variables finds what the variables of r that are equal to a path stand for.
func (p documentPaths) variables(r *ast.Rule, texts constants) map[ast.Var]value {
	known := map[ast.Var]value{}
	bind := func(left, right *ast.Term) bool {
		name, isVar := left.Value.(ast.Var)
		path, isRef := right.Value.(ast.Ref)
		if !isVar || !isRef || known[name].of != nil {
			return false
		}
		v, _ := p.follow(texts.resolve(path), known)
		if len(v.at) > 0 {
			known[name] = v
		}
		return len(v.at) > 0
	}
	for found := true; found; {
		found = false
		ast.WalkExprs(r, func(e *ast.Expr) bool {
			if e.IsEquality() && len(e.Operands()) == 2 {
				a, b := e.Operand(0), e.Operand(1)
				found = bind(a, b) || bind(b, a) || found
			}
			return false
		})
	}
	return known
}

// A wrongName is a part of a path that does not exist.
type wrongName struct{ message, hint string }

// follow returns where ref leads, nowhere when that may be anything.
func (p documentPaths) follow(ref ast.Ref, known map[ast.Var]value) (value, *wrongName) {
	v, start := p.begin(ref, known)
	for i := start; i < len(ref) && len(v.at) > 0; i++ {
		next, names := v.of.step(v.at, ref[i])
		if len(next) == 0 && len(names) > 0 {
			return value{}, wrong(ref[:i], ref[i], names)
		}
		v.at = next
	}
	return v, nil
}

// begin finds the document, or the variable, that ref begins with, and how many
// of its parts that takes.
func (p documentPaths) begin(ref ast.Ref, known map[ast.Var]value) (value, int) {
	for i, d := range p {
		if ref.HasPrefix(d.ref) {
			return value{&p[i], d.alternatives(d.schema, 0)}, len(d.ref)
		}
	}
	name, _ := ref[0].Value.(ast.Var)
	return known[name], 1
}

func wrong(parent ast.Ref, term *ast.Term, names []string) *wrongName {
	name := strings.Trim(term.String(), `"`)
	return &wrongName{written(parent) + " has no " + name, didYouMean(name, names)}
}

// written is ref as its author wrote it: the compiler has renamed variables.
func written(ref ast.Ref) string {
	shown := slices.Clone(ref)
	for i, term := range ref {
		if name, ok := term.Value.(ast.Var); ok && name.IsGenerated() {
			shown[i] = ast.VarTerm("_")
			if i == 0 && term.Location != nil {
				shown[i] = ast.VarTerm(string(term.Location.Text))
			}
		}
	}
	return shown.String()
}

// step goes from at to the part that term names. When there is no such part it
// returns the names that there are, or no names when at may be anything.
func (d *document) step(at places, term *ast.Term) (next places, names []string) {
	for _, schema := range at {
		properties, _ := schema["properties"].(map[string]any)
		others, mapped := schema["additionalProperties"].(map[string]any)
		items, list := schema["items"].(map[string]any)
		switch name, isText := term.Value.(ast.String); {
		case schema["patternProperties"] != nil || schema["allOf"] != nil:
			return nil, nil // more names than are listed
		case properties == nil && !mapped && !list:
			if kind := schema["type"]; kind == nil || kind == "object" || kind == "array" {
				return nil, nil
			}
		case isText && properties[string(name)] != nil:
			next = append(next, d.alternatives(properties[string(name)], 0)...)
		case isText && properties != nil && !mapped:
			names = slices.AppendSeq(names, maps.Keys(properties))
		case mapped && properties == nil:
			next = append(next, d.alternatives(others, 0)...)
		case list && !isText:
			next = append(next, d.alternatives(items, 0)...)
		default:
			return nil, nil
		}
	}
	slices.Sort(names)
	return next, slices.Compact(names)
}

// alternatives resolves references within the schema, and lists the schemas of
// which one holds.
func (d *document) alternatives(value any, depth int) places {
	const limit = 32 // references that lead in a circle
	schema, ok := value.(map[string]any)
	if !ok || depth > limit {
		return places{{}}
	}
	if name, ok := schema["$ref"].(string); ok {
		target := any(d.schema)
		for part := range strings.SplitSeq(strings.TrimPrefix(name, "#/"), "/") {
			folder, _ := target.(map[string]any)
			target = folder[part]
		}
		return d.alternatives(target, depth+1)
	}
	anyOf, _ := schema["anyOf"].([]any)
	oneOf, _ := schema["oneOf"].([]any)
	if len(anyOf)+len(oneOf) == 0 {
		return places{schema}
	}
	var all places
	for _, each := range slices.Concat(anyOf, oneOf) {
		all = append(all, d.alternatives(each, depth+1)...)
	}
	return all
}
