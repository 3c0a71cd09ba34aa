package replay

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/document"
)

// maxShapeDepth bounds how deep a recursive schema is followed.
const maxShapeDepth = 16

// A dataShape is what a schema says of a value, as far as drawing one needs it.
type dataShape struct {
	name     string // of the member it belongs to, plain
	kind     shapeKind
	members  []member
	items    *dataShape
	branches []*dataShape // one of them holds
	literals []string     // JSON texts: one of them is the value

	least, most *float64 // of a number, a string's length or an array's
	step        float64  // multipleOf
	open        bool     // least is excluded
	format      string
	pattern     *syntax.Regexp
	text        bool // a number is written as a string
}

type shapeKind uint8

const (
	freeShape shapeKind = iota
	objectShape
	arrayShape
	stringShape
	integerShape
	numberShape
	booleanShape
	nullShape
)

var shapeKinds = map[string]shapeKind{
	"object": objectShape, "array": arrayShape, "string": stringShape, "integer": integerShape,
	"number": numberShape, "boolean": booleanShape, "null": nullShape,
}

type member struct {
	key      string // JSON text with its colon
	value    *dataShape
	required bool // by the schema
	always   bool // drawn all the same
}

// shapeOf is the shape of an event's data: that of its JSON Schema, or of the
// fields that the catalog lists.
func shapeOf(e *catalog.Event, read func(string) ([]byte, error)) (*dataShape, error) {
	s := e.Schema.Get
	isJSON := strings.Contains(strings.ToLower(s.Format), "json") || s.Format == "" && strings.HasPrefix(strings.TrimSpace(string(s.Text)), "{")
	if !isJSON || len(s.Text) == 0 {
		return fieldShape(e.Fields), nil
	}
	name := s.File
	if s.Pointer != "" {
		name += ".json" // an inline schema is JSON whatever holds it
	}
	d, err := document.Parse(name, s.Text)
	if err != nil {
		return nil, err
	}
	b := shapeBuilder{read: read, documents: map[string]*document.Document{name: d}}
	return b.at(d, "", "", 0)
}

// A shapeBuilder follows references.
type shapeBuilder struct {
	read      func(string) ([]byte, error)
	documents map[string]*document.Document
}

// at is the shape of the schema at a pointer.
func (b *shapeBuilder) at(d *document.Document, pointer, name string, depth int) (*dataShape, error) {
	s := &dataShape{name: name}
	value, ok := lookUp(d.Value(), pointer)
	schema, isObject := value.(map[string]any)
	switch {
	case !ok:
		return nil, fmt.Errorf("%s: the schema refers to %q, which is not there", d.Name(), pointer)
	case !isObject || depth > maxShapeDepth:
		return s, nil
	}
	if ref, ok := schema["$ref"].(string); ok {
		to, fragment, err := b.resolve(d, ref)
		if err != nil {
			return nil, err
		}
		return b.at(to, fragment, name, depth+1)
	}
	s.scalars(schema)
	if err := b.members(s, d, pointer, schema, depth); err != nil {
		return nil, err
	}
	if err := b.elements(s, d, pointer, schema, depth); err != nil {
		return nil, err
	}
	return s, b.combine(s, d, pointer, schema, depth)
}

func lookUp(value any, pointer string) (any, bool) {
	for _, token := range document.Split(pointer) {
		switch at := value.(type) {
		case map[string]any:
			next, ok := at[token]
			if !ok {
				return nil, false
			}
			value = next
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(at) {
				return nil, false
			}
			value = at[i]
		default:
			return nil, false
		}
	}
	return value, true
}

// resolve finds what a reference leads to.
func (b *shapeBuilder) resolve(d *document.Document, ref string) (*document.Document, string, error) {
	file, fragment, _ := strings.Cut(ref, "#")
	if file == "" {
		return d, fragment, nil
	}
	name := path.Join(path.Dir(d.Name()), file)
	if to := b.documents[name]; to != nil {
		return to, fragment, nil
	}
	if b.read == nil || strings.Contains(file, "://") {
		return nil, "", fmt.Errorf("%s: the schema refers to %s, which cannot be read here", d.Name(), ref)
	}
	text, err := b.read(name)
	if err != nil {
		return nil, "", fmt.Errorf("%s refers to %s: %w", d.Name(), ref, err)
	}
	to, err := document.Parse(name, text)
	if err != nil {
		return nil, "", err
	}
	b.documents[name] = to
	return to, fragment, nil
}

// scalars takes over what a schema says of single values.
func (s *dataShape) scalars(schema map[string]any) {
	switch t := schema["type"].(type) {
	case string:
		s.kind = shapeKinds[t]
	case []any:
		if len(t) > 0 {
			first, _ := t[0].(string)
			s.kind = shapeKinds[first]
		}
	}
	if value, ok := schema["const"]; ok {
		s.literals = []string{document.Encode(value)}
	}
	if values, ok := schema["enum"].([]any); ok {
		for _, value := range values {
			s.literals = append(s.literals, document.Encode(value))
		}
	}
	for _, keyword := range []string{"minimum", "minLength", "minItems", "exclusiveMinimum"} {
		s.least = later(s.least, schema[keyword])
	}
	for _, keyword := range []string{"maximum", "maxLength", "maxItems", "exclusiveMaximum"} {
		s.most = later(s.most, schema[keyword])
	}
	if step := later(nil, schema["multipleOf"]); step != nil {
		s.step = *step
	}
	s.open = schema["exclusiveMinimum"] != nil
	s.format, _ = schema["format"].(string)
	if text, ok := schema["pattern"].(string); ok {
		s.pattern, _ = syntax.Parse(text, syntax.Perl) // one that Go does not know is not followed
	}
	if s.kind == freeShape && (s.format != "" || s.pattern != nil) {
		s.kind = stringShape
	}
}

// later is the number that value is, or else the one before.
func later(before *float64, value any) *float64 {
	n, ok := value.(json.Number)
	if !ok {
		return before
	}
	f, err := n.Float64()
	if err != nil {
		return before
	}
	return &f
}

func (b *shapeBuilder) members(s *dataShape, d *document.Document, pointer string, schema map[string]any, depth int) error {
	required, _ := schema["required"].([]any)
	for _, key := range d.Keys(pointer + "/properties") {
		name := plainName(key)
		if s.name != "" && slices.Contains([]string{"amount", "value", "cents", "units"}, name) {
			name = s.name // total.amount is a total
		}
		must := slices.Contains(required, any(key))
		if !must && depth > maxShapeDepth/2 {
			continue
		}
		value, err := b.at(d, document.Join(pointer, "properties", key), name, depth+1)
		if err != nil {
			return err
		}
		s.kind = objectShape
		s.add(member{key: document.Encode(key) + ":", value: value, required: must})
	}
	for _, key := range required {
		name, _ := key.(string)
		if key := document.Encode(name) + ":"; s.kind == objectShape && !s.hasKey(key) {
			s.add(member{key: key, value: &dataShape{name: plainName(name)}, required: true})
		}
	}
	return nil
}

func (s *dataShape) hasKey(key string) bool {
	return slices.ContainsFunc(s.members, func(m member) bool { return m.key == key })
}

// add adds a member, or makes the one with its key stricter.
func (s *dataShape) add(m member) {
	i := slices.IndexFunc(s.members, func(old member) bool { return old.key == m.key })
	if i < 0 {
		s.members = append(s.members, m)
		return
	}
	m.required = m.required || s.members[i].required
	if m.value.kind == freeShape && m.value.literals == nil {
		m.value = s.members[i].value
	}
	s.members[i] = m
}

func (b *shapeBuilder) elements(s *dataShape, d *document.Document, pointer string, schema map[string]any, depth int) error {
	if _, ok := schema["items"].(map[string]any); !ok {
		return nil
	}
	items, err := b.at(d, pointer+"/items", s.name, depth+1)
	s.kind, s.items = arrayShape, items
	return err
}

// combine follows allOf, and takes the branches of anyOf and oneOf for ways to
// draw the whole value.
func (b *shapeBuilder) combine(s *dataShape, d *document.Document, pointer string, schema map[string]any, depth int) error {
	for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
		list, _ := schema[keyword].([]any)
		for i := range list {
			branch, err := b.at(d, document.Join(pointer, keyword, strconv.Itoa(i)), s.name, depth+1)
			if err != nil {
				return err
			}
			if keyword == "allOf" {
				s.narrow(branch)
				continue
			}
			whole := *s
			whole.branches, whole.members = nil, slices.Clone(s.members)
			whole.narrow(branch)
			s.branches = append(s.branches, &whole)
		}
	}
	return nil
}

// narrow adds what another schema demands of the same value.
func (s *dataShape) narrow(by *dataShape) {
	if by.kind != freeShape {
		s.kind = by.kind
	}
	for _, m := range by.members {
		s.add(m)
	}
	if by.items != nil {
		s.items = by.items
	}
	if by.literals != nil {
		s.literals = by.literals
	}
	if by.least != nil {
		s.least, s.open = by.least, by.open
	}
	if by.most != nil {
		s.most = by.most
	}
	if by.format != "" {
		s.format = by.format
	}
	if by.pattern != nil {
		s.pattern = by.pattern
	}
	s.branches = append(s.branches, by.branches...)
}
