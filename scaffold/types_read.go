package scaffold

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// typeSet collects the types of a package.
type typeSet struct {
	of    string // what people call that which the package is about
	scope scope
	named []*goType // structs and enums, in the order in which they are met
}

// message reads the schema of a message as the fields of a struct. taken are names
// that no field can have.
func (s *typeSet) message(name string, schema []byte, taken ...string) ([]*goField, error) {
	root, err := readNode(schema)
	if err != nil {
		return nil, fmt.Errorf("reading the schema of %s: %w", name, err)
	}
	r := typeReader{set: s, root: root, owner: name}
	fields, err := r.fields(root, nil, taken...)
	if err != nil {
		return nil, fmt.Errorf("the schema of %s: %w", name, err)
	}
	if len(fields) == 0 {
		return nil, fmt.Errorf("the schema of %s has no properties: a message is an object whose members are named", name)
	}
	return fields, nil
}

// A typeReader turns the schemas of one document into types.
type typeReader struct {
	set   *typeSet
	root  *jsonNode
	owner string
}

// property is a member of an object's schema, and whether it has to be there.
type property struct {
	name     string
	schema   *jsonNode
	required bool
}

// properties are those of an object, of what it refers to and of all that it has to
// satisfy at once.
func (r *typeReader) properties(schema *jsonNode, seen []*jsonNode) []property {
	if schema == nil || slices.Contains(seen, schema) {
		return nil
	}
	seen = append(seen, schema)
	var list []property
	add := func(p property) {
		if i := slices.IndexFunc(list, func(q property) bool { return q.name == p.name }); i >= 0 {
			list[i].required = list[i].required || p.required
			return
		}
		list = append(list, p)
	}
	own := schema.at("properties")
	if own != nil {
		for _, name := range own.names {
			add(property{name: name, schema: own.at(name)})
		}
	}
	parts := []*jsonNode{}
	if ref := schema.at("$ref").text(); ref != "" {
		parts = append(parts, r.root.pointed(ref))
	}
	if all := schema.at("allOf"); all != nil {
		parts = append(parts, all.items...)
	}
	for _, part := range parts {
		for _, p := range r.properties(part, seen) {
			add(p)
		}
	}
	required := schema.at("required").texts()
	for i := range list {
		list[i].required = list[i].required || slices.Contains(required, list[i].name)
	}
	return list
}

// fields are the members of an object as fields of a struct.
func (r *typeReader) fields(schema *jsonNode, seen []*jsonNode, taken ...string) ([]*goField, error) {
	names := newScope(taken...)
	var fields []*goField
	for _, p := range r.properties(schema, nil) {
		if !isTag(p.name) {
			return nil, fmt.Errorf("the member %q cannot be one of a Go struct: encoding/json does not take its name", p.name)
		}
		t, nullable, err := r.typeOf(p.schema, p.name, seen)
		if err != nil {
			return nil, err
		}
		target := r.follow(p.schema)
		f := &goField{
			json: p.name, typ: t, optional: !p.required, nullable: nullable, format: target.at("format").text(),
			doc: firstText(p.schema.at("description"), target.at("description"), p.schema.at("title")),
		}
		f.filled = isFilled(t, target)
		if t.kind != rawKind {
			f.only = target.at("const")
		}
		own := exported(p.name)
		f.name = names.take(own, own+"Value")
		fields = append(fields, f)
	}
	return fields, nil
}

// isFilled reports whether a schema refuses the zero value of its Go type.
func isFilled(t *goType, schema *jsonNode) bool {
	above := func(keyword string, bound float64, orEqual bool) bool {
		n := schema.at(keyword)
		if n == nil {
			return false
		}
		number, _ := n.value.(json.Number)
		value, err := number.Float64()
		return err == nil && (value > bound || orEqual && value == bound)
	}
	switch t.kind {
	case enumKind:
		return true
	case textKind:
		format := schema.at("format").text()
		return slices.Contains([]string{"date-time", "date", "time", "uuid", "email", "uri", "ipv4", "ipv6"}, format) || above("minLength", 0, false)
	case integerKind, floatKind:
		return above("minimum", 0, false) || above("exclusiveMinimum", 0, true)
	}
	return false
}

// isTag reports whether encoding/json takes a name from a tag.
func isTag(name string) bool {
	for _, r := range name {
		if !inName(r) && !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) {
			return false
		}
	}
	return name != ""
}

// firstText is the first string that is not empty.
func firstText(nodes ...*jsonNode) string {
	for _, n := range nodes {
		if text := n.text(); text != "" {
			return text
		}
	}
	return ""
}

// follow is what a schema refers to, itself if nothing.
func (r *typeReader) follow(schema *jsonNode) *jsonNode {
	for range 32 {
		ref := schema.at("$ref").text()
		if ref == "" {
			return schema
		}
		schema = r.root.pointed(ref)
	}
	return nil
}

// typeOf is the type of a schema's values, and whether null is one of them. The name
// is what it would be called.
func (r *typeReader) typeOf(schema *jsonNode, name string, seen []*jsonNode) (t *goType, nullable bool, err error) {
	if ref := schema.at("$ref").text(); ref != "" {
		name = ref[strings.LastIndexByte(ref, '/')+1:]
		schema = r.follow(schema)
	}
	if schema == nil || schema.members == nil || slices.Contains(seen, schema) {
		return &goType{}, false, nil // a schema that is elsewhere, says nothing, or has itself in it
	}
	seen = append(slices.Clone(seen), schema)
	if all := schema.at("allOf"); all != nil && len(all.items) == 1 && schema.at("properties") == nil {
		return r.typeOf(all.items[0], name, seen)
	}
	if other, ok := orNull(schema); ok {
		t, _, err = r.typeOf(other, name, seen)
		return t, true, err
	}
	for _, choice := range []string{"oneOf", "anyOf", "not", "if"} {
		if schema.at(choice) != nil {
			return &goType{}, false, nil
		}
	}
	if values := schema.at("enum"); values != nil {
		return r.enum(schema, values, name)
	}
	kinds := schema.at("type").texts()
	nullable = slices.Contains(kinds, "null")
	kinds = slices.DeleteFunc(kinds, func(kind string) bool { return kind == "null" })
	if len(kinds) == 0 {
		kinds = impliedKinds(schema)
	}
	if len(kinds) != 1 {
		return &goType{}, nullable, nil
	}
	t, err = r.simple(kinds[0], schema, name, seen)
	return t, nullable, err
}

// impliedKinds is the type that a schema has without saying so.
func impliedKinds(schema *jsonNode) []string {
	if only := schema.at("const"); only != nil {
		if _, ok := only.value.(string); ok {
			return []string{"string"}
		}
	}
	if schema.at("properties") != nil || schema.at("allOf") != nil {
		return []string{"object"}
	}
	return nil
}

// orNull is the other choice, if there are two and one is null.
func orNull(schema *jsonNode) (*jsonNode, bool) {
	for _, choice := range []string{"oneOf", "anyOf"} {
		list := schema.at(choice)
		if list == nil || len(list.items) != 2 || schema.at("properties") != nil {
			continue
		}
		for i, item := range list.items {
			if item.at("type").text() == "null" {
				return list.items[1-i], true
			}
		}
	}
	return nil, false
}

// simple is the type of a schema with one JSON type.
func (r *typeReader) simple(kind string, schema *jsonNode, name string, seen []*jsonNode) (*goType, error) {
	switch kind {
	case "string":
		return &goType{kind: textKind}, nil
	case "integer":
		return &goType{kind: integerKind}, nil
	case "number":
		return &goType{kind: floatKind}, nil
	case "boolean":
		return &goType{kind: boolKind}, nil
	case "array":
		items := schema.at("items")
		if items == nil || items.members == nil || schema.at("prefixItems") != nil {
			return &goType{}, nil
		}
		elem, nullable, err := r.typeOf(items, singular(name), seen)
		if err != nil || nullable {
			return &goType{}, err
		}
		return &goType{kind: listKind, elem: elem}, nil
	case "object":
		return r.object(schema, name, seen)
	}
	return &goType{}, nil
}

// object is a struct, or a map if the members have no names but a schema.
func (r *typeReader) object(schema *jsonNode, name string, seen []*jsonNode) (*goType, error) {
	fields, err := r.fields(schema, seen)
	if err != nil {
		return nil, err
	}
	if len(fields) > 0 && schema.at("patternProperties") == nil {
		t := &goType{kind: structKind, fields: fields, doc: firstText(schema.at("description"), schema.at("title"))}
		return r.name(t, name), nil
	}
	of := schema.at("additionalProperties")
	if len(fields) > 0 || of == nil || of.members == nil || schema.at("patternProperties") != nil {
		return &goType{}, nil
	}
	elem, nullable, err := r.typeOf(of, singular(name), seen)
	if err != nil || nullable {
		return &goType{}, err
	}
	return &goType{kind: tableKind, elem: elem}, nil
}

// maxEnum is how many values have constants.
const maxEnum = 24

// enum is a type of its own for a few texts.
func (r *typeReader) enum(schema, values *jsonNode, name string) (t *goType, nullable bool, err error) {
	t = &goType{kind: enumKind, doc: firstText(schema.at("description"), schema.at("title"))}
	for _, item := range values.items {
		text, ok := item.value.(string)
		switch {
		case item.isNull():
			nullable = true
		case !ok || item.members != nil || item.items != nil:
			return &goType{}, false, nil
		default:
			t.values = append(t.values, text)
		}
	}
	if len(t.values) == 0 || len(t.values) > maxEnum || slices.Contains(t.values, "") {
		return &goType{kind: textKind}, nullable, nil
	}
	return r.name(t, name), nullable, nil
}

// name notes a type that is to have a name.
func (r *typeReader) name(t *goType, candidate string) *goType {
	t.of, t.owner, t.candidate = r.set.of, r.owner, candidate
	r.set.named = append(r.set.named, t)
	return t
}
