package scaffold

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// A goModel is a read model as a Go file.
type goModel struct {
	ReadModel
	*goDomain
	Var   string
	Row   string // the type of its rows
	Func  string // that makes a row of a state
	File  string
	Rows  []goCell
	First bool // in the package
}

// A goCell is a member of a row.
type goCell struct {
	Name, Type, Tag, From string
	Sample                string // a value for tests, which no other cell of the type has
}

// newModels lays out the read models of all domains.
func newModels(domains []*goDomain) ([]*goModel, error) {
	names, files := newScope(), newScope()
	functions := newScope("app", "cmp", "json", "testing", "t", "s", "got", "want")
	for _, d := range domains {
		functions.take(d.Package)
	}
	var models []*goModel
	for _, d := range domains {
		for _, m := range d.Aggregate.ReadModels {
			own := exported(m.Name)
			made := &goModel{ReadModel: m, goDomain: d, Var: names.take(own), First: len(models) == 0, File: files.take(fileName(m.Name))}
			models = append(models, made)
		}
	}
	for _, m := range models { // their variables have the names that they want
		m.Row = names.take(exported(singular(m.Var)) + "Row")
		m.Func = functions.take(variable(m.Row))
		for i, name := range m.ReadModel.Fields {
			cell, err := m.cell(name, i+1)
			if err != nil {
				return nil, err
			}
			m.Rows = append(m.Rows, cell)
		}
	}
	return models, nil
}

// fileName is the name of the file for a type, without .go.
func fileName(name string) string {
	file := asciiName(name)
	if slices.Contains(deviceNames, file) {
		return file + "rows"
	}
	return file
}

// cell is the member of a row that shows a member of the state, the nth.
func (m *goModel) cell(name string, n int) (goCell, error) {
	if name == "status" && len(m.Statuses) > 0 {
		return goCell{"Status", m.Package + ".Status", "`json:\"status,omitzero\"`", "Status", m.Package + "." + m.Statuses[len(m.Statuses)-1].Name}, nil
	}
	f := m.field(name)
	if f == nil {
		return goCell{}, fmt.Errorf("read model %s: the state of %s has no member %s", m.ReadModel.Name, m.Aggregate.Name, name)
	}
	of := f.typ.qualified(m.Package)
	if f.pointer() {
		of = "*" + of
	}
	return goCell{f.name, of, f.Tag(), f.name, f.heldIn(m.Package, f.typ.sample(m.Package, f.json, n))}, nil
}

// sample is a value that tells a member from others of its type: the nth, of a name.
func (t *goType) sample(from, name string, n int) string {
	switch t.kind {
	case textKind:
		return quoted(name)
	case integerKind, floatKind:
		return strconv.Itoa(n)
	case boolKind:
		return "true"
	case enumKind:
		return fmt.Sprintf("%s(%s)", t.qualified(from), quoted(name))
	case listKind:
		return t.qualified(from) + "{" + t.elem.sample(from, name, n) + "}"
	case tableKind:
		return t.qualified(from) + "{" + quoted(name) + ": " + t.elem.sample(from, name, n) + "}"
	case structKind:
		f := t.fields[0]
		return t.qualified(from) + "{" + f.name + ": " + f.heldIn(from, f.typ.sample(from, name, n)) + "}"
	default:
		return fmt.Sprintf("json.RawMessage(%s)", quoted(document.Encode(name)))
	}
}

// qualified is the type as another package writes it.
func (t *goType) qualified(from string) string {
	switch t.kind {
	case enumKind, structKind:
		return from + "." + t.name
	case listKind:
		return "[]" + t.elem.qualified(from)
	case tableKind:
		return "map[string]" + t.elem.qualified(from)
	}
	return t.String()
}

// What the template asks of a read model.

// Name is that of the spec.
func (m *goModel) Name() string { return m.ReadModel.Name }

// Summary is that of the spec.
func (m *goModel) Summary() string { return m.ReadModel.Summary }

// Fields are the members of a row.
func (m *goModel) Fields() []goCell { return m.Rows }

// Doc is the comment of the variable.
func (m *goModel) Doc() string {
	if m.ReadModel.Summary == "" {
		return m.Var + " lists " + m.Nouns() + "."
	}
	return m.Var + " lists " + lowered(asSentence(m.ReadModel.Summary))
}

// TestUsesRaw reports whether the test needs encoding/json.
func (m *goModel) TestUsesRaw() bool {
	return slices.ContainsFunc(m.Rows, func(c goCell) bool { return strings.Contains(c.Sample, "json.RawMessage(") })
}

// UsesRaw reports whether the file needs encoding/json.
func (m *goModel) UsesRaw() bool {
	return slices.ContainsFunc(m.Rows, func(c goCell) bool { return strings.Contains(c.Type, "json.RawMessage") })
}
