package jsonschema

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// The registry does not compare schema texts but the objects that its JSON
// Schema library makes of them: every schema object becomes one of a few kinds,
// or an "allOf" of several when its keywords belong to more than one. Its
// verdicts, the odd ones above all, follow from that model, so it is rebuilt here.

// modelKind is what the registry takes a schema for.
type modelKind int

const (
	emptyModel       modelKind = iota // {} or true
	falseModel                        // false
	nullModel                         // "type": "null"
	booleanModel                      // "type": "boolean"
	stringModel                       // "type": "string", or only keywords of strings
	numberModel                       // "type": "number" or "integer", or only keywords of numbers
	arrayModel                        // "type": "array", or only keywords of arrays
	objectModel                       // "type": "object", or only keywords of objects
	enumModel                         // "enum"
	constModel                        // "const"
	notModel                          // "not"
	conditionalModel                  // "if", "then", "else"
	combinedModel                     // "allOf", "anyOf", "oneOf", or what a schema with several kinds becomes
	referenceModel                    // "$ref"
	unknownModel                      // a reference that leads nowhere: to itself or to a meta-schema
)

var modelWords = map[modelKind]string{
	emptyModel: "a schema without constraints", falseModel: "false", nullModel: "null", booleanModel: "a boolean",
	stringModel: "a string", numberModel: "a number", arrayModel: "an array", objectModel: "an object",
	enumModel: "an enum", constModel: "a const", notModel: "a negation", conditionalModel: "an if-then-else",
	referenceModel: "a reference", unknownModel: "a reference to a meta-schema or to itself",
}

// model is one schema as the registry sees it. Which fields are set depends on
// the kind; raw has the keywords that are compared by their values alone.
type model struct {
	kind modelKind
	at   place
	raw  map[string]any

	integer   bool            // of a number: only integers
	criterion string          // of a combination: "allOf", "anyOf" or "oneOf"
	written   bool            // of a combination: the schema has the keyword; else it stands for several kinds or types
	branches  []*model        // of a combination
	inner     *model          // of a negation
	target    *model          // of a reference
	name      string          // of an unknown: the reference as written
	object    *objectContents // of an object
	array     *arrayContents  // of an array
}

// words names the kind for a message.
func (m *model) words() string {
	switch {
	case m.kind == numberModel && m.integer:
		return "an integer"
	case m.kind == combinedModel && m.written:
		return m.criterion + " of " + countOf(len(m.branches), "schema", "schemas")
	case m.kind == combinedModel && m.criterion == "anyOf":
		return "a choice of " + countOf(len(m.branches), "type", "types")
	case m.kind == combinedModel:
		var parts []string
		for _, branch := range m.branches {
			parts = append(parts, branch.words())
		}
		return strings.Join(parts, " and ") + " at once"
	}
	return modelWords[m.kind]
}

// resolved follows references.
func (m *model) resolved() *model {
	seen := map[*model]bool{}
	for m.kind == referenceModel {
		if seen[m] {
			return &model{kind: unknownModel, at: m.at, name: m.name}
		}
		seen[m] = true
		m = m.target
	}
	return m
}

// rest is what a schema says about the members that none of its keywords names:
// whether they are permitted and, if a schema judges them, which.
type rest struct {
	keyword   string
	permitted bool
	schema    *model
}

// unstated is what a schema without the keyword says.
func unstated(keyword string) rest { return rest{keyword: keyword, permitted: true} }

// open reports whether unnamed members may be anything.
func (r rest) open() bool { return r.permitted && r.schema == nil }

// objectContents are the keywords of objects that hold schemas or names.
type objectContents struct {
	names       []string // of properties, sorted
	properties  map[string]*model
	patterns    []patternContents // sorted by pattern
	additional  rest
	unevaluated rest
	required    map[string]bool
	needs       map[string]map[string]bool // the names a property depends on
	implies     map[string]*model          // the schema a property depends on
	reserved    map[string]bool            // Confluent's own keyword: names that must stay unused
}

type patternContents struct {
	re    *regexp.Regexp // nil when Go cannot compile it; then it matches nothing
	model *model
}

// open reports whether the object may have any further property.
func (o *objectContents) open() bool {
	return len(o.patterns) == 0 && o.additional.open() && o.unevaluated.open()
}

// covering is the schema that judges an undeclared property: of the first
// pattern that matches, else of additionalProperties, else of
// unevaluatedProperties; nil when there is none.
func (o *objectContents) covering(name string) *model {
	for _, p := range o.patterns {
		if p.re != nil && p.re.MatchString(name) {
			return p.model
		}
	}
	if o.additional.schema != nil {
		return o.additional.schema
	}
	return o.unevaluated.schema
}

// arrayContents are the keywords of arrays that hold schemas.
type arrayContents struct {
	all         *model   // one schema for all items
	tuple       []*model // schemas by position
	tupleAt     string   // the keyword of the tuple
	additional  rest     // items behind the tuple
	unevaluated rest
}

// open reports whether any further item may follow the tuple.
func (a *arrayContents) open() bool { return a.additional.open() && a.unevaluated.open() }

// covering is the schema that judges an item behind the tuple, nil when there is none.
func (a *arrayContents) covering() *model {
	if a.additional.schema != nil {
		return a.additional.schema
	}
	return a.unevaluated.schema
}

// modelReader builds the models of one schema and what it refers to.
type modelReader struct {
	loader *loader
	known  map[modelKey]*model
}

type modelKey struct {
	file    *file
	pointer string
}

func readModel(l *loader) *model {
	r := &modelReader{loader: l, known: map[modelKey]*model{}}
	return r.read(place{l.main, "", l.baseOf(l.main)}, l.main.doc.Value())
}

// read returns the model of the schema at a place, nil when the value there is
// no schema.
func (r *modelReader) read(at place, value any) *model {
	key := modelKey{at.file, at.pointer}
	if m, ok := r.known[key]; ok {
		return m
	}
	m := &model{at: at}
	switch v := value.(type) {
	case bool:
		if !v {
			m.kind = falseModel
		}
		r.known[key] = m
	case map[string]any:
		m.raw = v
		r.known[key] = m
		m.at.base = baseBelow(at, v)
		r.fill(m)
	default:
		return nil
	}
	return m
}

// baseBelow is the base URI inside a schema, which its identifier may change.
func baseBelow(at place, raw map[string]any) string {
	id, ok := raw[idKeyword(at.file.draft)].(string)
	if !ok || at.pointer == "" || strings.HasPrefix(id, "#") {
		return at.base
	}
	base, err := resolveURI(at.base, id)
	if err != nil {
		return at.base
	}
	return strings.TrimSuffix(base, "#")
}

// fill makes the model what its keywords say: of one kind, or an "allOf" of
// several.
func (r *modelReader) fill(m *model) {
	parts := r.references(m)
	if len(parts) == 0 || m.at.file.draft >= draft2019 {
		parts = append(parts, r.parts(m)...)
	}
	switch len(parts) {
	case 0:
	case 1:
		at, raw := m.at, m.raw
		*m = *parts[0]
		m.at, m.raw = at, raw
	default:
		m.kind, m.criterion, m.branches = combinedModel, "allOf", parts
	}
}

// part is a model that stands for some of the keywords of another.
func part(m *model, kind modelKind) *model { return &model{kind: kind, at: m.at, raw: m.raw} }

// references are the parts for "$ref" and its kin. Up to draft 7 nothing counts
// beside a reference.
func (r *modelReader) references(m *model) []*model {
	keywords := []string{"$ref"}
	switch m.at.file.draft {
	case draft2019:
		keywords = append(keywords, "$recursiveRef")
	case draft2020:
		keywords = append(keywords, "$dynamicRef")
	}
	var parts []*model
	for _, keyword := range keywords {
		if reference, ok := m.raw[keyword].(string); ok {
			parts = append(parts, r.reference(m, keyword, reference))
		}
	}
	return parts
}

func (r *modelReader) reference(m *model, keyword, reference string) *model {
	p := part(m, unknownModel)
	p.name = reference
	target, err := r.loader.find(m.at.member(keyword), reference)
	if err != nil || target == nil {
		return p
	}
	value, _ := valueAt(target.file.doc.Value(), target.pointer)
	if p.target = r.read(*target, value); p.target != nil {
		p.kind = referenceModel
	}
	return p
}

// keywordGroups tells which keywords make a schema one of a kind when no "type"
// does.
var keywordGroups = []struct {
	kind     modelKind
	keywords []string
	later    []string // keywords since draft 2019-09
}{
	{arrayModel, []string{"items", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains"},
		[]string{"prefixItems", "unevaluatedItems", "minContains", "maxContains"}},
	{objectModel, []string{"properties", "required", "minProperties", "maxProperties", "dependencies", "patternProperties", "additionalProperties", "propertyNames"},
		[]string{"dependentRequired", "dependentSchemas", "unevaluatedProperties"}},
	{numberModel, []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}, nil},
	{stringModel, []string{"minLength", "maxLength", "pattern", "format"}, nil},
	{conditionalModel, []string{"if", "then", "else"}, nil},
}

// parts are the models of all keywords but references.
func (r *modelReader) parts(m *model) []*model {
	var parts []*model
	if _, ok := m.raw["enum"].([]any); ok {
		parts = append(parts, part(m, enumModel))
	}
	for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
		if list, ok := m.raw[keyword].([]any); ok {
			c := part(m, combinedModel)
			c.criterion, c.written, c.branches = keyword, true, r.list(m, keyword, list)
			parts = append(parts, c)
		}
	}
	if inner := r.sub(m, "not"); inner != nil {
		n := part(m, notModel)
		n.inner = inner
		parts = append(parts, n)
	}
	if _, ok := m.raw["const"]; ok {
		parts = append(parts, part(m, constModel))
	}
	typed, spoken := r.typed(m)
	return append(append(parts, typed...), r.untyped(m, spoken)...)
}

// typed is the part for "type", and the kinds whose keywords it takes with it.
func (r *modelReader) typed(m *model) (parts []*model, spoken map[modelKind]bool) {
	spoken = map[modelKind]bool{}
	one := func(name string) *model {
		p := r.ofType(m, name)
		spoken[p.kind] = true
		return p
	}
	switch types := m.raw["type"].(type) {
	case string:
		parts = append(parts, one(types))
	case []any:
		choice := part(m, combinedModel)
		choice.criterion = "anyOf"
		for _, name := range types {
			if text, ok := name.(string); ok {
				choice.branches = append(choice.branches, one(text))
			}
		}
		parts = append(parts, choice)
	}
	return parts, spoken
}

// untyped are the parts for keywords that no type speaks for.
func (r *modelReader) untyped(m *model, spoken map[modelKind]bool) []*model {
	var parts []*model
	for _, group := range keywordGroups {
		present := holdsAny(m.raw, group.keywords) || m.at.file.draft >= draft2019 && holdsAny(m.raw, group.later)
		if present && !spoken[group.kind] {
			parts = append(parts, r.ofKind(m, group.kind))
		}
	}
	return parts
}

func holdsAny(raw map[string]any, keywords []string) bool {
	return slices.ContainsFunc(keywords, func(keyword string) bool { _, ok := raw[keyword]; return ok })
}

func (r *modelReader) ofType(m *model, name string) *model {
	kind, ok := map[string]modelKind{
		"null": nullModel, "boolean": booleanModel, "string": stringModel,
		"number": numberModel, "integer": numberModel, "array": arrayModel, "object": objectModel,
	}[name]
	if !ok {
		return part(m, unknownModel)
	}
	p := r.ofKind(m, kind)
	p.integer = name == "integer"
	return p
}

func (r *modelReader) ofKind(m *model, kind modelKind) *model {
	p := part(m, kind)
	switch kind {
	case objectModel:
		p.object = r.objectContents(m)
	case arrayModel:
		p.array = r.arrayContents(m)
	}
	return p
}

func (r *modelReader) objectContents(m *model) *objectContents {
	o := &objectContents{
		properties: r.byName(m, "properties"),
		additional: r.rest(m, "additionalProperties"), unevaluated: unstated("unevaluatedProperties"),
		required: nameSet(m.raw["required"]), reserved: nameSet(m.raw["confluent:reserved"]),
		needs: map[string]map[string]bool{}, implies: map[string]*model{},
	}
	o.names = sortedKeys(o.properties)
	patterns := r.byName(m, "patternProperties")
	for _, source := range sortedKeys(patterns) {
		o.patterns = append(o.patterns, patternContents{compilePattern(source).re, patterns[source]})
	}
	keywords := []string{"dependencies"}
	if m.at.file.draft >= draft2019 {
		o.unevaluated = r.rest(m, "unevaluatedProperties")
		keywords = []string{"dependentRequired", "dependentSchemas"}
	}
	for _, keyword := range keywords {
		object, _ := m.raw[keyword].(map[string]any)
		for _, name := range sortedKeys(object) {
			if list, ok := object[name].([]any); ok && len(list) > 0 {
				o.needs[name] = nameSet(list)
			}
		}
		for name, sub := range r.byName(m, keyword) {
			o.implies[name] = sub
		}
	}
	return o
}

func (r *modelReader) arrayContents(m *model) *arrayContents {
	a := &arrayContents{tupleAt: "items", additional: unstated("additionalItems"), unevaluated: unstated("unevaluatedItems")}
	d := m.at.file.draft
	if d >= draft2019 {
		a.unevaluated = r.rest(m, "unevaluatedItems")
	}
	if d >= draft2020 {
		a.tupleAt, a.additional = "prefixItems", unstated("items")
	}
	if list, ok := m.raw[a.tupleAt].([]any); ok {
		a.tuple, a.additional = r.list(m, a.tupleAt, list), r.rest(m, a.additional.keyword)
		return a
	}
	a.all = r.sub(m, "items")
	if d < draft2020 {
		a.additional = r.rest(m, "additionalItems")
		// Nothing is behind items that are all alike.
		a.additional.permitted = a.additional.permitted || a.all != nil
	}
	return a
}

// rest reads a keyword such as "additionalProperties".
func (r *modelReader) rest(m *model, keyword string) rest {
	if permitted, ok := m.raw[keyword].(bool); ok {
		return rest{keyword: keyword, permitted: permitted}
	}
	return rest{keyword: keyword, permitted: true, schema: r.sub(m, keyword)}
}

func (r *modelReader) sub(m *model, keyword string) *model {
	value, ok := m.raw[keyword]
	if !ok {
		return nil
	}
	return r.read(m.at.member(keyword), value)
}

func (r *modelReader) list(m *model, keyword string, list []any) []*model {
	var models []*model
	for i, value := range list {
		if sub := r.read(m.at.member(keyword).element(i), value); sub != nil {
			models = append(models, sub)
		}
	}
	return models
}

func (r *modelReader) byName(m *model, keyword string) map[string]*model {
	object, _ := m.raw[keyword].(map[string]any)
	models := make(map[string]*model, len(object))
	for _, name := range sortedKeys(object) {
		if sub := r.read(m.at.member(keyword).member(name), object[name]); sub != nil {
			models[name] = sub
		}
	}
	return models
}

func nameSet(value any) map[string]bool {
	list, _ := value.([]any)
	set := make(map[string]bool, len(list))
	for _, name := range list {
		if text, ok := name.(string); ok {
			set[text] = true
		}
	}
	return set
}

// pointer is the pointer of a place below the schema, with the file's name
// before it when that is not the schema's own file.
func (m *model) pointer(path ...string) string {
	pointer := document.Join(m.at.pointer, path...)
	if m.at.file.outer {
		return m.at.file.name + "#" + pointer
	}
	return pointer
}

// javaKey identifies a value as the registry compares values: 1 and 1.0 differ.
func javaKey(value any) string {
	var key strings.Builder
	writeJavaKey(&key, value)
	return key.String()
}

func writeJavaKey(key *strings.Builder, value any) {
	switch v := value.(type) {
	case json.Number:
		key.WriteString(javaNumber(v))
	case []any:
		key.WriteByte('[')
		for _, item := range v {
			writeJavaKey(key, item)
			key.WriteByte(',')
		}
		key.WriteByte(']')
	case map[string]any:
		key.WriteByte('{')
		for _, name := range sortedKeys(v) {
			key.WriteString(document.Encode(name) + ":")
			writeJavaKey(key, v[name])
			key.WriteByte(',')
		}
		key.WriteByte('}')
	default:
		key.WriteString(document.Encode(v))
	}
}

// javaNumber identifies a number: its value, and whether it is written as an integer.
func javaNumber(n json.Number) string {
	r, ok := parseNumber(n)
	if !ok {
		return string(n)
	}
	if strings.ContainsAny(string(n), ".eE") {
		return "float " + r.RatString()
	}
	return r.RatString()
}
