package jsonschema

import (
	"slices"
	"strconv"
)

// Which change is to blame for a break? A schema relaxed to one change demands
// nothing but what that change demands, so a document that it refuses is refused
// because of the change. A schema without some changes demands all the rest, so
// a document that it refuses is refused for another reason.

// focus is one keyword of one schema, or one name under it.
type focus struct {
	node    *node
	keyword string // as in takeFacet; empty for the whole schema
	name    string
}

// graph is a schema's nodes and who refers to them.
type graph struct {
	root    *node
	parents map[*node][]*node
}

func newGraph(root *node) *graph {
	g := &graph{root: root.follow(), parents: map[*node][]*node{}}
	seen := map[*node]bool{}
	var visit func(n *node)
	visit = func(n *node) {
		if seen[n] {
			return
		}
		seen[n] = true
		for _, sub := range slices.Concat(n.inPlace(), n.below()) {
			sub = sub.follow()
			g.parents[sub] = append(g.parents[sub], n)
			visit(sub)
		}
	}
	visit(g.root)
	return g
}

// leading marks the nodes from which a focus can be reached.
func (g *graph) leading(focuses []focus) map[*node]bool {
	marked := map[*node]bool{}
	var queue []*node
	for _, f := range focuses {
		queue = append(queue, f.node)
	}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		if !marked[n] {
			marked[n] = true
			queue = append(queue, g.parents[n]...)
		}
	}
	return marked
}

// relaxer copies a graph along the ways to its focuses.
type relaxer struct {
	focuses []focus
	leading map[*node]bool
	copies  map[*node]*node
	keep    func(r *relaxer, n, c *node) // fills the copy
}

// only is the schema relaxed to the focuses.
func (g *graph) only(focuses []focus) *node { return g.relax(focuses, keepOnly) }

// without is the schema without the focuses.
func (g *graph) without(focuses []focus) *node { return g.relax(focuses, keepRest) }

func (g *graph) relax(focuses []focus, keep func(r *relaxer, n, c *node)) *node {
	r := &relaxer{focuses: focuses, leading: g.leading(focuses), copies: map[*node]*node{}, keep: keep}
	return r.copy(g.root)
}

func (r *relaxer) copy(n *node) *node {
	n = n.follow()
	if c, ok := r.copies[n]; ok {
		return c
	}
	c := newNode(n.file, n.pointer, n.draft)
	r.copies[n] = c
	r.keep(r, n, c)
	return c
}

func (r *relaxer) leads(n *node) bool { return n != nil && r.leading[n.follow()] }

// keepOnly takes over the focuses at n and the ways that lead on.
func keepOnly(r *relaxer, n, c *node) {
	for _, f := range r.focuses {
		if f.node == n {
			takeFacet(c, n, f.keyword, f.name)
		}
	}
	for _, name := range n.names {
		if sub := n.properties[name]; r.leads(sub) {
			setProperty(c, name, r.copy(sub))
		}
	}
	for _, p := range n.patterns {
		if r.leads(p.node) {
			c.patterns = append(c.patterns, patternNode{p.pattern, r.copy(p.node)})
		}
	}
	if r.leads(n.additional) {
		takeAdditional(c, n, r.copy(n.additional))
	}
	if r.leads(n.propNames) {
		c.propNames = r.copy(n.propNames)
	}
	r.keepItems(n, c)
	r.keepInPlace(n, c)
}

func (r *relaxer) keepItems(n, c *node) {
	for i, sub := range n.prefix {
		if r.leads(sub) {
			setItem(c, i, r.copy(sub))
		}
	}
	if r.leads(n.items) {
		takeItems(c, n, r.copy(n.items))
	}
	if r.leads(n.contains) && n.maxContains < 0 {
		c.contains, c.minContains = r.copy(n.contains), n.minContains
	}
}

// keepInPlace keeps the alternatives beside a way that leads on: the document
// must fail them too.
func (r *relaxer) keepInPlace(n, c *node) {
	for _, sub := range n.allOf {
		if r.leads(sub) {
			c.allOf = append(c.allOf, r.copy(sub))
		}
	}
	for _, list := range [][]*node{n.anyOf, n.oneOf} {
		if !slices.ContainsFunc(list, r.leads) {
			continue
		}
		any := newNode(n.file, n.pointer, n.draft)
		for _, sub := range list {
			if r.leads(sub) {
				sub = r.copy(sub)
			}
			any.anyOf = append(any.anyOf, sub)
		}
		c.allOf = append(c.allOf, any)
	}
	for _, d := range n.implies {
		if r.leads(d.node) {
			c.implies = append(c.implies, dependency{name: d.name, node: r.copy(d.node)})
		}
	}
	if r.leads(n.then) || r.leads(n.orElse) {
		when := newNode(n.file, n.pointer, n.draft)
		when.ifNode = n.ifNode
		if r.leads(n.then) {
			when.then = r.copy(n.then)
		}
		if r.leads(n.orElse) {
			when.orElse = r.copy(n.orElse)
		}
		c.allOf = append(c.allOf, when)
	}
}

// keepRest copies n, with copies of what leads on and without the focuses.
func keepRest(r *relaxer, n, c *node) {
	*c = *n
	c.class = classUnset
	redirect := func(sub *node) *node {
		if r.leads(sub) {
			return r.copy(sub)
		}
		return sub
	}
	lists := []*[]*node{&c.prefix, &c.allOf, &c.anyOf, &c.oneOf}
	for _, list := range lists {
		*list = slices.Clone(*list)
		for i, sub := range *list {
			(*list)[i] = redirect(sub)
		}
	}
	c.properties = make(map[string]*node, len(n.properties))
	for name, sub := range n.properties {
		c.properties[name] = redirect(sub)
	}
	c.patterns = slices.Clone(n.patterns)
	for i := range c.patterns {
		c.patterns[i].node = redirect(c.patterns[i].node)
	}
	c.implies = slices.Clone(n.implies)
	for i := range c.implies {
		c.implies[i].node = redirect(c.implies[i].node)
	}
	for _, edge := range []**node{&c.items, &c.contains, &c.additional, &c.propNames, &c.not, &c.ifNode, &c.then, &c.orElse} {
		*edge = redirect(*edge)
	}
	nothing := newNode(n.file, n.pointer, n.draft)
	for _, f := range r.focuses {
		if f.node == n {
			takeFacet(c, nothing, f.keyword, f.name)
		}
	}
}

// takeFacet gives dst what src demands by one keyword. Taking from a schema that
// demands nothing removes the demand.
func takeFacet(dst, src *node, keyword, name string) {
	switch keyword {
	case "":
		*dst = *src
		dst.class = classUnset
	case "type":
		dst.types, dst.integer = src.types, src.integer
	case "enum":
		dst.enums = src.enums
	case "minimum":
		dst.min = src.min
	case "maximum":
		dst.max = src.max
	case "multipleOf":
		dst.multipleOf = src.multipleOf
	case "minLength":
		dst.minLength = src.minLength
	case "maxLength":
		dst.maxLength = src.maxLength
	case "pattern":
		dst.pattern = src.pattern
	case "format":
		dst.formats = src.formats
	case "minItems":
		dst.minItems = src.minItems
	case "maxItems":
		dst.maxItems = src.maxItems
	case "uniqueItems":
		dst.unique = src.unique
	case "prefixItems":
		i, _ := strconv.Atoi(name)
		setItem(dst, i, at(src.prefix, i, src))
	case "items":
		takeItems(dst, src, src.items)
	case "contains":
		dst.contains, dst.minContains, dst.maxContains = src.contains, src.minContains, src.maxContains
	case "properties":
		setProperty(dst, name, property(src, name))
	case "patternProperties":
		takePattern(dst, src, name)
	case "additionalProperties":
		if name == "" {
			takeAdditional(dst, src, src.additional)
		} else {
			takeUndeclared(dst, src, name)
		}
	case "propertyNames":
		dst.propNames = src.propNames
	case "required":
		takeRequired(dst, src, name)
	case "minProperties":
		dst.minProps = src.minProps
	case "maxProperties":
		dst.maxProps = src.maxProps
	case "dependentRequired":
		dst.needs = takeDependency(dst.needs, src.needs, name)
	case "dependentSchemas":
		dst.implies = takeDependency(dst.implies, src.implies, name)
	case "allOf":
		dst.allOf = written(src.allOf)
	case "unevaluated":
		dst.allOf = slices.Concat(written(dst.allOf), desugared(src.allOf))
	case "anyOf":
		dst.anyOf = src.anyOf
	case "oneOf":
		dst.oneOf = src.oneOf
	case "not":
		dst.not = src.not
	case "if":
		dst.ifNode, dst.then, dst.orElse = src.ifNode, src.then, src.orElse
	}
}

// at is list[i], or a schema that accepts everything.
func at(list []*node, i int, owner *node) *node {
	if i < len(list) {
		return list[i]
	}
	return newNode(owner.file, owner.pointer, owner.draft)
}

func property(n *node, name string) *node {
	if p, ok := n.properties[name]; ok {
		return p
	}
	return newNode(n.file, n.pointer, n.draft)
}

func setProperty(n *node, name string, sub *node) {
	if n.properties == nil {
		n.properties = map[string]*node{}
	}
	n.properties[name] = sub
	n.names = sortedKeys(n.properties)
}

func setItem(n *node, i int, sub *node) {
	n.prefix = slices.Clone(n.prefix)
	for len(n.prefix) <= i {
		n.prefix = append(n.prefix, newNode(n.file, n.pointer, n.draft))
	}
	n.prefix[i] = sub
}

// takeItems demands sub of the items behind src's prefix.
func takeItems(dst, src, sub *node) {
	for i := range src.prefix {
		if i >= len(dst.prefix) {
			setItem(dst, i, newNode(src.file, src.pointer, src.draft))
		}
	}
	dst.items = sub
}

// takeAdditional demands sub of the properties that src does not declare.
func takeAdditional(dst, src, sub *node) {
	for _, name := range src.names {
		if _, ok := dst.properties[name]; !ok {
			setProperty(dst, name, newNode(src.file, src.pointer, src.draft))
		}
	}
	for _, p := range src.patterns {
		if !slices.ContainsFunc(dst.patterns, func(q patternNode) bool { return q.pattern == p.pattern }) {
			dst.patterns = append(slices.Clone(dst.patterns), patternNode{p.pattern, newNode(src.file, src.pointer, src.draft)})
		}
	}
	dst.additional = sub
}

// takeUndeclared demands of one property what src demands of it as one that it
// does not declare.
func takeUndeclared(dst, src *node, name string) {
	applied, _ := src.property(name)
	sub := newNode(src.file, src.pointer, src.draft)
	sub.allOf = applied
	setProperty(dst, name, sub)
}

func takePattern(dst, src *node, source string) {
	dst.patterns = slices.Clone(dst.patterns)
	from := slices.IndexFunc(src.patterns, func(p patternNode) bool { return p.pattern.source == source })
	to := slices.IndexFunc(dst.patterns, func(p patternNode) bool { return p.pattern.source == source })
	switch {
	case from >= 0 && to >= 0:
		dst.patterns[to] = src.patterns[from]
	case from >= 0:
		dst.patterns = append(dst.patterns, src.patterns[from])
	case to >= 0:
		dst.patterns[to].node = newNode(dst.file, dst.pointer, dst.draft)
	}
}

func takeRequired(dst, src *node, name string) {
	dst.required = slices.DeleteFunc(slices.Clone(dst.required), func(r string) bool { return r == name })
	if slices.Contains(src.required, name) {
		dst.required = append(dst.required, name)
	}
}

func takeDependency(dst, src []dependency, name string) []dependency {
	other := func(d dependency) bool { return d.name != name }
	named := func(d dependency) bool { return d.name == name }
	return slices.Concat(slices.DeleteFunc(slices.Clone(dst), named), slices.DeleteFunc(slices.Clone(src), other))
}

// written and desugared tell the members of allOf that the text has from those
// that stand for unevaluated properties and items.
func written(list []*node) []*node {
	return slices.DeleteFunc(slices.Clone(list), func(n *node) bool { return n.made })
}

func desugared(list []*node) []*node {
	return slices.DeleteFunc(slices.Clone(list), func(n *node) bool { return !n.made })
}
