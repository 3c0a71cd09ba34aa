package jsonschema

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// scope is the dynamic scope of a schema: for each dynamic anchor, the outermost
// schema that claims it. References that depend on it are resolved while the
// graph is built, so that nothing later knows of them.
type scope map[string]place

func (s scope) key() string {
	if len(s) == 0 {
		return ""
	}
	var key strings.Builder
	for _, name := range sortedKeys(s) {
		key.WriteString(name + "=" + s[name].file.uri + "#" + s[name].pointer + ";")
	}
	return key.String()
}

// enter adds the anchors of the schema resource at base, where nobody further
// out has claimed them.
func (l *loader) enter(s scope, at place) scope {
	names := l.dynamic[at.base]
	fresh := slices.ContainsFunc(names, func(name string) bool { _, taken := s[name]; return !taken })
	if !fresh {
		return s
	}
	inner := scope{}
	for name, target := range s {
		inner[name] = target
	}
	for _, name := range names {
		if _, taken := inner[name]; !taken {
			uri := at.base
			if name != "" {
				uri += "#" + name
			}
			inner[name] = l.ids[uri]
		}
	}
	return inner
}

// root builds the graph of the whole schema.
func (l *loader) root() (*node, error) {
	return l.build(place{l.main, "", l.baseOf(l.main)}, scope{})
}

// at finds the node that was built for a pointer of the schema's own file, nil
// for none.
func (l *loader) at(pointer string) *node {
	for _, key := range sortedKeys(l.nodes) {
		if n := l.nodes[key]; n.file == l.main && n.pointer == pointer {
			return n.follow()
		}
	}
	return nil
}

// build returns the node of the schema at a place.
func (l *loader) build(at place, s scope) (*node, error) {
	if len(l.dynamic) > 0 {
		s = l.enter(s, at)
	}
	key := at.file.uri + "#" + at.pointer + " " + s.key()
	if n, ok := l.nodes[key]; ok {
		return n, nil
	}
	value, _ := valueAt(at.file.doc.Value(), at.pointer)
	n := newNode(at.file, at.pointer, at.file.draft)
	l.nodes[key] = n
	switch v := value.(type) {
	case bool:
		if n.never = !v; v {
			n.raw = map[string]any{}
		}
		return n, nil
	case map[string]any:
		n.raw = v
		b := &builder{loader: l, at: at, scope: s, node: n}
		if id, ok := v[idKeyword(at.file.draft)].(string); ok && at.pointer != "" && !strings.HasPrefix(id, "#") {
			if base, err := resolveURI(at.base, id); err == nil {
				b.at.base = strings.TrimSuffix(base, "#")
				b.scope = l.enter(s, b.at)
			}
		}
		return n, b.build()
	}
	return nil, at.fail("malformed-schema", "a schema must be an object or a boolean, not "+describe(value))
}

// builder fills one node.
type builder struct {
	loader *loader
	at     place
	scope  scope
	node   *node
	err    error
}

// build reads the keywords that the draft has.
func (b *builder) build() error {
	d := b.at.file.draft
	if ref, ok := b.node.raw["$ref"].(string); ok && d < draft2019 {
		target := b.reference("$ref", ref)
		if b.err == nil {
			b.stand(target)
		}
		return b.err
	}
	b.values()
	b.numbers()
	b.texts()
	b.arrays()
	b.objects()
	b.inPlace()
	b.references()
	if d >= draft2019 && b.err == nil {
		b.unevaluated()
	}
	if n := b.node; b.err == nil && n.bare() && len(n.allOf) == 1 && !n.allOf[0].made && len(n.anyOf)+len(n.oneOf)+len(n.implies) == 0 && n.not == nil && n.ifNode == nil {
		b.stand(n.allOf[0])
	}
	return b.err
}

// stand makes the node an alias, unless that would close a loop of aliases.
func (b *builder) stand(target *node) {
	for n := target; n != nil; n = n.alias {
		if n == b.node {
			b.node.opaque = &opaque{name: "loop " + b.node.pointer, judge: func(any) truth { return unsure }}
			b.node.allOf = nil
			return
		}
	}
	b.node.alias = target
}

// has returns the value of a keyword, if the draft has it.
func (b *builder) has(keyword string) (any, bool) {
	if _, known := shapes()[b.at.file.draft][keyword]; !known {
		return nil, false
	}
	v, ok := b.node.raw[keyword]
	return v, ok
}

func (b *builder) values() {
	n := b.node
	if v, ok := b.has("type"); ok {
		names, isList := v.([]any)
		if !isList {
			names = []any{v}
		}
		n.types, n.integer = 0, slices.Contains(names, any("integer")) && !slices.Contains(names, any("number"))
		for _, name := range names {
			n.types |= kindNamed(name.(string))
		}
	}
	if v, ok := b.has("enum"); ok {
		n.enums = append(n.enums, newValueSet(v.([]any)))
	}
	if v, ok := b.has("const"); ok {
		n.enums = append(n.enums, newValueSet([]any{v}))
	}
}

func kindNamed(name string) kind {
	switch name {
	case "null":
		return nullKind
	case "boolean":
		return booleanKind
	case "integer", "number":
		return numberKind
	case "string":
		return stringKind
	case "array":
		return arrayKind
	}
	return objectKind
}

func (b *builder) rat(keyword string) *big.Rat {
	v, ok := b.has(keyword)
	if !ok {
		return nil
	}
	number, ok := v.(json.Number)
	if !ok {
		return nil
	}
	r, _ := parseNumber(number)
	return r
}

func (b *builder) numbers() {
	b.node.multipleOf = b.rat("multipleOf")
	b.node.min = b.bound("minimum", "exclusiveMinimum", 1)
	b.node.max = b.bound("maximum", "exclusiveMaximum", -1)
}

// bound reads one end of the range; where both keywords limit it, the tighter
// one counts. sign is 1 for the lower end, -1 for the upper.
func (b *builder) bound(inclusive, exclusive string, sign int) *bound {
	var end *bound
	if r := b.rat(inclusive); r != nil {
		end = &bound{value: r}
	}
	if flag, ok := b.node.raw[exclusive].(bool); ok {
		if end != nil && flag {
			end.exclusive = true
		}
		return end
	}
	if r := b.rat(exclusive); r != nil && (end == nil || sign*r.Cmp(end.value) >= 0) {
		end = &bound{value: r, exclusive: true}
	}
	return end
}

// count reads a count, -1 when the keyword is absent.
func (b *builder) count(keyword string) int {
	r := b.rat(keyword)
	if r == nil {
		return -1
	}
	return int(r.Num().Int64()) // checkCount has seen that it fits
}

func (b *builder) text(keyword string) (string, bool) {
	v, ok := b.has(keyword)
	text, _ := v.(string)
	return text, ok
}

func (b *builder) texts() {
	n, o := b.node, b.loader.options
	n.minLength, n.maxLength = b.count("minLength"), b.count("maxLength")
	if source, ok := b.text("pattern"); ok {
		n.pattern = b.pattern("pattern", source)
	}
	asserted := o.Formats == "assert" || o.Formats == "draft" && b.at.file.draft <= draft7
	if name, ok := b.text("format"); ok && asserted {
		if f, known := formats()[name]; known {
			n.formats = append(n.formats, f)
		}
	}
	if b.at.file.draft == draft7 && o.Formats != "ignore" {
		encoding, _ := b.text("contentEncoding")
		mediaType, _ := b.text("contentMediaType")
		if f := contentFormat(encoding, mediaType); f != nil {
			n.formats = append(n.formats, f)
		}
	}
}

// pattern compiles a pattern and notes one that cannot be compiled.
func (b *builder) pattern(keyword, source string) *pattern {
	p := compilePattern(source)
	if p.re == nil {
		b.loader.faults = append(b.loader.faults, fault{b.at.member(keyword), "the pattern " + quoted(source) + " cannot be compiled: " + p.err.Error()})
	}
	return p
}

func (b *builder) arrays() {
	n := b.node
	n.minItems, n.maxItems = b.count("minItems"), b.count("maxItems")
	if v, ok := b.has("uniqueItems"); ok {
		n.unique = v.(bool)
	}
	if items, ok := b.has("items"); ok {
		if list, isList := items.([]any); isList {
			n.prefix = b.list("items", list)
			n.items = b.sub("additionalItems")
		} else {
			n.items = b.sub("items")
		}
	}
	if list, ok := b.has("prefixItems"); ok {
		n.prefix = b.list("prefixItems", list.([]any))
	}
	n.contains = b.sub("contains")
	if n.contains != nil {
		n.minContains, n.maxContains = b.count("minContains"), b.count("maxContains")
	}
}

func (b *builder) objects() {
	n := b.node
	n.minProps, n.maxProps = b.count("minProperties"), b.count("maxProperties")
	if v, ok := b.has("required"); ok {
		n.required = names(v.([]any))
	}
	if v, ok := b.has("properties"); ok {
		n.names = sortedKeys(v.(map[string]any))
		n.properties = make(map[string]*node, len(n.names))
		for _, name := range n.names {
			n.properties[name] = b.sub("properties", name)
		}
	}
	if v, ok := b.has("patternProperties"); ok {
		for _, source := range sortedKeys(v.(map[string]any)) {
			p := compilePattern(source)
			if p.re == nil {
				b.pattern(document.Join("", "patternProperties", source)[1:], source)
			}
			n.patterns = append(n.patterns, patternNode{p, b.sub("patternProperties", source)})
		}
	}
	n.additional = b.sub("additionalProperties")
	n.propNames = b.sub("propertyNames")
	b.dependencies("dependencies")
	b.dependencies("dependentRequired")
	b.dependencies("dependentSchemas")
}

func (b *builder) dependencies(keyword string) {
	v, ok := b.has(keyword)
	if !ok {
		return
	}
	members := v.(map[string]any)
	for _, name := range sortedKeys(members) {
		if list, isList := members[name].([]any); isList && keyword != "dependentSchemas" {
			b.node.needs = append(b.node.needs, dependency{name: name, required: names(list)})
		} else {
			b.node.implies = append(b.node.implies, dependency{name: name, node: b.sub(keyword, name)})
		}
	}
}

// names reads a list of property names, sorted and without repetition.
func names(list []any) []string {
	all := make([]string, len(list))
	for i, v := range list {
		all[i] = v.(string)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (b *builder) inPlace() {
	n := b.node
	for _, c := range []struct {
		keyword string
		subs    *[]*node
	}{{"allOf", &n.allOf}, {"anyOf", &n.anyOf}, {"oneOf", &n.oneOf}} {
		if list, ok := b.has(c.keyword); ok {
			*c.subs = b.list(c.keyword, list.([]any))
		}
	}
	n.not = b.sub("not")
	if n.ifNode = b.sub("if"); n.ifNode != nil {
		n.then, n.orElse = b.sub("then"), b.sub("else")
	}
}

// references adds what "$ref" and its kin name; since 2019-09 they stand beside
// other keywords.
func (b *builder) references() {
	for _, keyword := range []string{"$ref", "$recursiveRef", "$dynamicRef"} {
		if reference, ok := b.text(keyword); ok {
			if target := b.reference(keyword, reference); target != nil {
				b.node.allOf = append(b.node.allOf, target)
			}
		}
	}
}

// reference returns the node that a reference names.
func (b *builder) reference(keyword, reference string) *node {
	from := place{b.at.file, document.Join(b.at.pointer, keyword), b.at.base}
	target, err := b.loader.find(from, reference)
	if err != nil {
		b.fail(err)
		return nil
	}
	if target == nil {
		return b.metaSchema(reference)
	}
	if outer, ok := b.dynamicTarget(keyword, reference, *target); ok {
		target = &outer
	}
	value, _ := valueAt(target.file.doc.Value(), target.pointer)
	switch value.(type) {
	case bool, map[string]any:
	default:
		b.fail(from.fail("unresolved-reference", keyword+" "+quoted(reference)+" names "+describe(value)+", not a schema"))
		return nil
	}
	// A place that no keyword marks as a schema has not been checked yet.
	if err := b.loader.index(*target, value, false); err != nil {
		b.fail(err)
		return nil
	}
	n, err := b.loader.build(*target, b.scope)
	if err != nil {
		b.fail(err)
	}
	return n
}

// dynamicTarget replaces the target of a dynamic reference by the outermost
// schema in scope that claims the same anchor (JSON Schema 2020-12 core, 8.2.3.2;
// 2019-09 core, 8.2.4.2.1).
func (b *builder) dynamicTarget(keyword, reference string, target place) (place, bool) {
	anchor := ""
	switch keyword {
	case "$dynamicRef":
		_, anchor, _ = strings.Cut(reference, "#")
		value, _ := valueAt(target.file.doc.Value(), target.pointer)
		object, _ := value.(map[string]any)
		if object["$dynamicAnchor"] != anchor || anchor == "" {
			return place{}, false
		}
	case "$recursiveRef":
		if !slices.Contains(b.loader.dynamic[target.base], "") {
			return place{}, false
		}
	default:
		return place{}, false
	}
	outer, ok := b.scope[anchor]
	return outer, ok
}

// sub builds the sub-schema under a keyword, nil when it is absent.
func (b *builder) sub(keyword string, names ...string) *node {
	value, ok := b.has(keyword)
	if !ok || b.err != nil {
		return nil
	}
	_ = value
	n, err := b.loader.build(place{b.at.file, document.Join(b.at.pointer, append([]string{keyword}, names...)...), b.at.base}, b.scope)
	if err != nil {
		b.fail(err)
		return newNode(b.at.file, b.at.pointer, b.at.file.draft)
	}
	return n
}

func (b *builder) list(keyword string, list []any) []*node {
	subs := make([]*node, 0, len(list))
	for i := range list {
		n, err := b.loader.build(b.at.member(keyword).element(i), b.scope)
		if err != nil {
			b.fail(err)
			return nil
		}
		subs = append(subs, n)
	}
	return subs
}

func (b *builder) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}
