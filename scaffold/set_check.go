package scaffold

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// setFile is what the expressions of an aggregate are called where they are checked.
const setFile = "set.go"

// A setExpression is what a command sets a member of its event to.
type setExpression struct {
	command *goCommand
	member  goMember
	text    string
	begin   int // the offset in setFile of its function
	from    int // and its own
}

// checkSet holds the expressions of an aggregate, whose spec stands at a pointer,
// against the package that was rendered for it: an app with one that Go does not take
// would not compile. Packages are not read, so that what comes out of their functions
// is trusted.
func (d *goDomain) checkSet(at string, rendered Tree) error {
	list, source := d.setSource()
	if len(list) == 0 {
		return nil
	}
	rendered = rendered.only(d.goFiles()...)
	rendered[setFile] = []byte(source)
	files := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range rendered.Names() {
		file, err := parser.ParseFile(files, name, rendered[name], parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("checking what the commands of %s set: %w", d.Aggregate.Name, err)
		}
		parsed = append(parsed, file)
	}
	var first *fault
	config := types.Config{Importer: noPackage{}, GoVersion: goVersion, Error: func(err error) {
		fault, ok := errors.AsType[types.Error](err)
		if !ok || first != nil {
			return
		}
		if place := files.Position(fault.Pos); place.Filename == setFile {
			first = d.setFault(at, list, place.Offset, fault.Msg)
		}
	}}
	_, _ = config.Check(d.Package, files, parsed, nil) // the handler has the errors that count
	if first != nil {
		return first
	}
	return nil
}

// goVersion is that of the code of apps.
const goVersion = "go1.26"

// A noPackage finds no package. The type checker then takes each for one of which it
// knows nothing, and says nothing of what depends on it.
type noPackage struct{}

func (noPackage) Import(name string) (*types.Package, error) {
	return nil, fmt.Errorf("package %s is not read", name)
}

// goFiles are the package that expressions are part of.
func (d *goDomain) goFiles() []string {
	var files []string
	for _, name := range []string{d.File, "event", "command", "evolve", "decide"} {
		files = append(files, "internal/"+d.Package+"/"+name+".go")
	}
	return files
}

// setSource is Go with a function for each expression.
func (d *goDomain) setSource() ([]setExpression, string) {
	var list []setExpression
	var b strings.Builder
	fmt.Fprintf(&b, "package %s\n\nimport (\n\t\"time\"\n\n\t%q\n", d.Package, d.Module+"/"+coreFolder+"/domain")
	for _, name := range d.DecideStd() {
		if name != "time" {
			fmt.Fprintf(&b, "\t%q\n", name)
		}
	}
	b.WriteString(")\n")
	for _, c := range d.Commands {
		for _, m := range c.Decision.Members {
			if m.from != fromSet {
				continue
			}
			begin := b.Len()
			fmt.Fprintf(&b, "\nfunc _(c %s, s %s, now time.Time) %s {\n\treturn ", c.Type, d.State, m.field.typ)
			closing := "\n}\n"
			if m.field.pointer() { // which Decide converts
				fmt.Fprintf(&b, "%s(", m.field.typ)
				closing = ")" + closing
			}
			text := c.Set[m.field.json]
			list = append(list, setExpression{c, m, text, begin, b.Len()})
			b.WriteString(text + closing)
		}
	}
	return list, b.String()
}

// setFault is what Go says of the expression at an offset of setFile, or nil if there
// is none.
func (d *goDomain) setFault(at string, list []setExpression, offset int, reason string) *fault {
	i := slices.IndexFunc(list, func(e setExpression) bool { return e.begin > offset })
	if i < 0 {
		i = len(list)
	}
	if i == 0 {
		return nil // an import
	}
	e := list[i-1]
	return &fault{
		pointer: at + document.Join("", "commands", e.command.Name, "set", e.member.field.json),
		inside:  min(max(offset-e.from, 0), len(e.text)),
		message: fmt.Sprintf("%s sets %s to %q, which is no %s in Go: %s", e.command.Name, e.member.field.json, e.text, e.member.field.typ, reason),
		hint:    d.setHint(e),
	}
}

// setHint says what an expression can be made of.
func (d *goDomain) setHint(e setExpression) string {
	var state []*goField
	for _, f := range d.Fields {
		state = append(state, &f.goField)
	}
	var hints []string
	for _, of := range []struct {
		name   string
		fields []*goField
	}{{"c", e.command.Fields}, {"s", state}} {
		for _, f := range of.fields {
			if f.pointer() && slices.Contains(bareMembers(e.text), of.name+"."+f.name) {
				hints = append(hints, fmt.Sprintf("%s.%s may be missing: domain.Value(%[1]s.%[2]s) is its value, and zero where there is none", of.name, f.name))
			}
		}
	}
	own := fieldList(state)
	if len(d.Statuses) > 0 {
		own = strings.TrimSuffix("Status, "+own, ", ")
	}
	return strings.Join(append(hints, fmt.Sprintf("c has %s; s has %s", fieldList(e.command.Fields), own)), "; ")
}

func fieldList(fields []*goField) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return strings.Join(names, ", ")
}

// bareMembers are the members that an expression takes as they are, such as c.Amount:
// not by *c.Amount or domain.Value(c.Amount).
func bareMembers(text string) []string {
	parsed, err := goExpression(text)
	if err != nil {
		return nil
	}
	var names []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StarExpr:
			return false
		case *ast.CallExpr:
			f, ok := n.Fun.(*ast.SelectorExpr)
			return !ok || f.Sel.Name != "Value"
		case *ast.SelectorExpr:
			if of, ok := n.X.(*ast.Ident); ok {
				names = append(names, of.Name+"."+n.Sel.Name)
			}
		}
		return true
	})
	return names
}
