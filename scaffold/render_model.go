package scaffold

import (
	"fmt"
	"slices"
	"strings"
)

// A goModel is a read model as a Go file.
type goModel struct {
	ReadModel
	*goDomain
	Var   string
	Row   string // the type of its rows
	File  string
	Rows  []goCell
	First bool // in the package
}

// A goCell is a member of a row.
type goCell struct{ Name, Type, Tag, From string }

// newModels lays out the read models of all domains.
func newModels(domains []*goDomain) ([]*goModel, error) {
	names, files := newScope(), newScope()
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
		for _, name := range m.ReadModel.Fields {
			cell, err := m.cell(name)
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

// cell is the member of a row that shows a member of the state.
func (m *goModel) cell(name string) (goCell, error) {
	if name == "status" && len(m.Statuses) > 0 {
		return goCell{"Status", m.Package + ".Status", "`json:\"status,omitzero\"`", "Status"}, nil
	}
	f := m.field(name)
	if f == nil {
		return goCell{}, fmt.Errorf("read model %s: the state of %s has no member %s", m.ReadModel.Name, m.Aggregate.Name, name)
	}
	of := f.typ.qualified(m.Package)
	if f.pointer() {
		of = "*" + of
	}
	return goCell{f.name, of, f.Tag(), f.name}, nil
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

// UsesRaw reports whether the file needs encoding/json.
func (m *goModel) UsesRaw() bool {
	return slices.ContainsFunc(m.Rows, func(c goCell) bool { return strings.Contains(c.Type, "json.RawMessage") })
}
