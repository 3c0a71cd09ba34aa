package avro

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/schema"
)

// loader reads one schema and everything it refers to.
type loader struct {
	source   schema.Schema
	main     *file
	files    map[string]*file // the others, by name
	names    map[string]*node // every definition so far, by full name
	defaults []*field         // to be checked when every name is known
	lints    []lint
	taken    []schema.Reference // the files that definitions were taken from
}

func newLoader(s schema.Schema) *loader {
	return &loader{source: s, files: map[string]*file{}, names: map[string]*node{}}
}

func (l *loader) load() (use, error) {
	doc, err := document.Parse(l.source.File, l.source.Text)
	if err != nil {
		return use{}, inputError(err)
	}
	l.main = &file{name: l.source.File, doc: doc}
	root, err := l.schema(doc.Value(), place{file: l.main}, "")
	if err != nil {
		return use{}, err
	}
	for _, f := range l.defaults {
		if err := l.checkDefault(f); err != nil {
			return use{}, err
		}
	}
	return root, nil
}

// schema reads a schema that is written, or mentioned, in a namespace.
func (l *loader) schema(value any, at place, namespace string) (use, error) {
	switch v := value.(type) {
	case string:
		n, err := l.byName(v, at, namespace)
		return use{n, at}, err
	case []any:
		n, err := l.union(v, at, namespace)
		return use{n, at}, err
	case map[string]any:
		return l.object(v, at, namespace)
	}
	return use{}, at.fail("malformed-schema", fmt.Sprintf("a schema is a name, an object or a list, not %s", document.Encode(value)))
}

// object reads a schema that is written as an object.
func (l *loader) object(object map[string]any, at place, namespace string) (use, error) {
	name, ok := object["type"].(string)
	if !ok {
		if inner, has := object["type"]; has && inner != nil {
			return l.schema(inner, at.member("type"), namespace)
		}
		return use{}, at.fail("malformed-schema", `the schema has no "type"`)
	}
	if primitive(name) {
		n := &node{kind: kind(name), at: at}
		l.logicalType(n, object)
		return use{n, at}, nil
	}
	read := map[string]func(map[string]any, place, string) (*node, error){
		"record": l.record, "error": l.record, "enum": l.enum, "fixed": l.fixed, "array": l.array, "map": l.mapping,
	}[name]
	if read == nil {
		n, err := l.byName(name, at.member("type"), namespace)
		return use{n, at}, err
	}
	n, err := read(object, at, namespace)
	return use{n, at}, err
}

// define notes a named schema, before its contents are read: they may refer to it.
func (l *loader) define(k kind, object map[string]any, at place, namespace string) (*node, error) {
	name, ok := object["name"].(string)
	if !ok {
		return nil, at.fail("malformed-schema", fmt.Sprintf(`the %s has no "name"`, k))
	}
	if own, ok := object["namespace"]; ok && !strings.Contains(name, ".") {
		if namespace, ok = own.(string); !ok || !validName(namespace, true) {
			return nil, at.member("namespace").fail("malformed-schema", fmt.Sprintf("%s is no namespace", document.Encode(own)), nameHint)
		}
	}
	full := qualify(name, namespace)
	switch {
	case !validName(name, true) || name == "":
		return nil, at.member("name").fail("malformed-schema", fmt.Sprintf("%q is no name", name), nameHint)
	case primitive(full):
		return nil, at.member("name").fail("malformed-schema", fmt.Sprintf("%q is the name of a primitive type and cannot be defined", full))
	case l.names[full] != nil:
		earlier := l.names[full].at
		return nil, at.member("name").fail("malformed-schema", fmt.Sprintf("%s is defined twice, first in line %d of %s", full, earlier.file.locate(earlier.pointer).Line, earlier.file.name),
			"write the name alone where a type is used again")
	}
	n := &node{kind: k, at: at, name: full, simple: unqualified(full)}
	l.names[full] = n
	aliases, err := stringList(object, "aliases", at)
	for i, alias := range aliases {
		if !validName(alias, true) || alias == "" {
			return nil, at.member("aliases").element(strconv.Itoa(i), alias).fail("malformed-schema", fmt.Sprintf("the alias %q is no name", alias), nameHint)
		}
		alias = qualify(alias, namespaceOf(full))
		if alias != full && !slices.Contains(n.aliases, alias) {
			n.aliases = append(n.aliases, alias)
		}
	}
	return n, err
}

const nameHint = "a name begins with a letter or _ and goes on with letters, digits and _; a dot parts a namespace from a name"

// validName follows the specification's section "Names": ASCII letters, digits
// and _, in parts that dots separate where dotted is set. The empty name is the
// null namespace.
func validName(name string, dotted bool) bool {
	if name == "" {
		return true
	}
	start := true
	for i := range len(name) {
		c := name[i]
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		switch {
		case letter, !start && '0' <= c && c <= '9':
			start = false
		case c == '.' && dotted && !start:
			start = true
		default:
			return false
		}
	}
	return !start
}

func (l *loader) record(object map[string]any, at place, namespace string) (*node, error) {
	n, err := l.define(recordKind, object, at, namespace)
	if err != nil {
		return nil, err
	}
	list, ok := object["fields"].([]any)
	if !ok {
		return nil, at.fail("malformed-schema", fmt.Sprintf(`the record %s has no list of "fields"`, n.name))
	}
	n.byName = make(map[string]*field, len(list))
	for i, value := range list {
		f, err := l.field(value, at.member("fields"), i, namespaceOf(n.name))
		if err != nil {
			return nil, err
		}
		if n.byName[f.name] != nil {
			return nil, f.at.member("name").fail("malformed-schema", fmt.Sprintf("the record %s has two fields %q", n.name, f.name))
		}
		n.fields, n.byName[f.name] = append(n.fields, f), f
	}
	return n, n.checkAliases()
}

func (l *loader) field(value any, list place, index int, namespace string) (*field, error) {
	object, ok := value.(map[string]any)
	name, _ := object["name"].(string)
	at := list.element(strconv.Itoa(index), name)
	switch {
	case !ok:
		return nil, at.fail("malformed-schema", fmt.Sprintf("a field is an object, not %s", document.Encode(value)))
	case name == "":
		return nil, at.fail("malformed-schema", `the field has no "name"`)
	case !validName(name, false):
		return nil, at.member("name").fail("malformed-schema", fmt.Sprintf("%q is no name for a field", name), nameHint)
	}
	written, ok := object["type"]
	if !ok {
		return nil, at.fail("malformed-schema", fmt.Sprintf(`the field %q has no "type"`, name))
	}
	f := &field{name: name, at: at, index: index}
	var err error
	if f.typ, err = l.schema(written, at.member("type"), namespace); err != nil {
		return nil, err
	}
	if f.value, f.hasDefault = object["default"]; f.hasDefault {
		l.defaults = append(l.defaults, f)
	}
	if logical, ok := object["logicalType"].(string); ok && f.typ.logical == "" {
		l.ignored(at.member("logicalType"), logical, `it stands beside the field's "type" and not inside of it`)
	}
	aliases, err := stringList(object, "aliases", at)
	for _, alias := range aliases {
		if alias != name && !slices.Contains(f.aliases, alias) {
			f.aliases = append(f.aliases, alias)
		}
	}
	return f, err
}

// checkAliases refuses an alias that another field of the record answers to.
func (n *node) checkAliases() error {
	owner := map[string]*field{}
	for _, f := range n.fields {
		for _, alias := range f.aliases {
			other := n.byName[alias]
			if other == nil {
				other = owner[alias]
			}
			if other != nil {
				return f.at.member("aliases").fail("malformed-schema",
					fmt.Sprintf("the alias %q of field %q is also field %q's", alias, f.name, other.name), "take the alias out: a reader could not tell which field is meant")
			}
			owner[alias] = f
		}
	}
	return nil
}

func (l *loader) enum(object map[string]any, at place, namespace string) (*node, error) {
	n, err := l.define(enumKind, object, at, namespace)
	if err != nil {
		return nil, err
	}
	if _, ok := object["symbols"].([]any); !ok {
		return nil, at.fail("malformed-schema", fmt.Sprintf(`the enum %s has no list of "symbols"`, n.name))
	}
	if n.symbols, err = stringList(object, "symbols", at); err != nil {
		return nil, err
	}
	n.hasSymbol = make(map[string]bool, len(n.symbols))
	for i, symbol := range n.symbols {
		place := at.member("symbols").element(strconv.Itoa(i), symbol)
		switch {
		case symbol == "" || !validName(symbol, false):
			return nil, place.fail("malformed-schema", fmt.Sprintf("%q is no symbol", symbol), nameHint)
		case n.hasSymbol[symbol]:
			return nil, place.fail("malformed-schema", fmt.Sprintf("the enum %s has the symbol %q twice", n.name, symbol))
		}
		n.hasSymbol[symbol] = true
	}
	if value, ok := object["default"]; ok {
		symbol, _ := value.(string)
		if !n.hasSymbol[symbol] {
			return nil, at.member("default").fail("malformed-default", fmt.Sprintf("the default %s is no symbol of the enum %s", document.Encode(value), n.name),
				"choose one of "+strings.Join(n.symbols, ", "))
		}
		n.fallback = symbol
	}
	return n, nil
}

func (l *loader) array(object map[string]any, at place, namespace string) (*node, error) {
	return l.container(arrayKind, "items", object, at, namespace)
}

func (l *loader) mapping(object map[string]any, at place, namespace string) (*node, error) {
	return l.container(mapKind, "values", object, at, namespace)
}

func (l *loader) container(k kind, key string, object map[string]any, at place, namespace string) (*node, error) {
	inner, ok := object[key]
	if !ok {
		return nil, at.fail("malformed-schema", fmt.Sprintf("the %s has no %q", k, key))
	}
	items, err := l.schema(inner, at.member(key), namespace)
	n := &node{kind: k, at: at, items: items}
	l.logicalType(n, object)
	return n, err
}

// union reads a list of schemas. It may hold each unnamed kind once and no union
// (specification, "Unions").
func (l *loader) union(list []any, at place, namespace string) (*node, error) {
	n := &node{kind: unionKind, at: at}
	seen := map[string]bool{}
	for i, value := range list {
		site := at.element(strconv.Itoa(i), labelOf(value, namespace))
		branch, err := l.schema(value, site, namespace)
		if err != nil {
			return nil, err
		}
		switch {
		case branch.kind == unionKind:
			return nil, site.fail("malformed-schema", "a union cannot hold a union", "list the branches of both in one")
		case seen[branch.label()]:
			return nil, site.fail("malformed-schema", fmt.Sprintf("the union holds %s twice", branch.label()))
		}
		seen[branch.label()] = true
		n.branches = append(n.branches, branch)
	}
	n.indexBranches()
	return n, nil
}

// labelOf is the label that a branch will have, as far as its text tells.
func labelOf(value any, namespace string) string {
	object, _ := value.(map[string]any)
	name, ok := value.(string)
	if !ok {
		name, _ = object["type"].(string)
	}
	switch name {
	case "record", "error", "enum", "fixed":
		name, _ = object["name"].(string)
		if own, ok := object["namespace"].(string); ok {
			namespace = own
		}
	case "array", "map":
		return name
	}
	if primitive(name) {
		return name
	}
	return qualify(name, namespace)
}

// stringList reads an optional list of strings.
func stringList(object map[string]any, key string, at place) ([]string, error) {
	value, ok := object[key]
	if !ok {
		return nil, nil
	}
	list, ok := value.([]any)
	if !ok {
		return nil, at.member(key).fail("malformed-schema", fmt.Sprintf("%q must be a list of strings", key))
	}
	texts := make([]string, len(list))
	for i, element := range list {
		if texts[i], ok = element.(string); !ok {
			return nil, at.member(key).element(strconv.Itoa(i), "").fail("malformed-schema", fmt.Sprintf("%q must be a list of strings", key))
		}
	}
	return texts, nil
}
