package jsonschema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/document"
)

// change is a difference between two schemas, with what may be to blame for a
// break in either direction: the new schema's demands for BACKWARD, the old
// one's for FORWARD.
type change struct {
	compat.Change
	backward, forward []focus
	// around are the two sides' oneOf, when this is the only change in it: a
	// member that accepts more can break a document by overlapping with another.
	around *[2]*node
}

// differ walks two schemas side by side and lists what changed, without judging
// it: whether a change breaks anybody is the solver's question.
type differ struct {
	changes []change
	seen    map[[2]*node]bool
}

// diff lists the changes between two schemas in the order of the new one.
func diff(old, next *node) []change {
	d := &differ{seen: map[[2]*node]bool{}}
	d.pair(old, next)
	return d.changes
}

// pair compares two schemas for the same part of a document.
func (d *differ) pair(old, next *node) {
	d.defaults(old, next)
	o, n := old.follow(), next.follow()
	if d.seen[[2]*node{o, n}] {
		return
	}
	d.seen[[2]*node{o, n}] = true
	if o.class != n.class {
		if o.never || n.never || o.raw == nil || n.raw == nil {
			d.replaced(o, n)
			return
		}
		d.ownKeywords(o, n)
		d.inPlace(o, n)
	}
	d.fields(o, n)
	d.parts(o, n)
}

// replaced reports a schema that became, or was, a plain true or false.
func (d *differ) replaced(o, n *node) {
	d.add(o, n, difference{
		rule: "json/schema-replaced", kind: compat.Other, keyword: "",
		before: rawOf(o), after: rawOf(n),
		message: fmt.Sprintf("the schema changed from %s to %s", short(rawOf(o)), short(rawOf(n))),
	})
}

func rawOf(n *node) any {
	if n.never {
		return false
	}
	return n.raw
}

// difference is one keyword that differs between two nodes.
type difference struct {
	rule          string
	kind          compat.Kind
	keyword       string // its facet, for the focus
	name          string // the name under the keyword, for the focus
	path          []string
	oldPath       []string // where it differs from path
	before, after any
	message       string
}

func (d *differ) add(o, n *node, x difference) {
	if x.oldPath == nil {
		x.oldPath = x.path
	}
	c := change{
		Change: compat.Change{
			Rule: x.rule, Kind: x.kind, Before: x.before, After: x.after, Message: d.where(n) + x.message,
			NewPointer: n.at(x.path...), OldPointer: o.at(x.oldPath...),
		},
		backward: []focus{{n, x.keyword, x.name}},
		forward:  []focus{{o, x.keyword, x.name}},
	}
	c.Pointer = c.NewPointer
	d.changes = append(d.changes, c)
}

// at is the pointer of a place below the node, with the file's name before it
// when it is not the schema's own file.
func (n *node) at(path ...string) string {
	pointer := document.Join(n.pointer, path...)
	if n.file != nil && n.file.outer {
		return n.file.name + "#" + pointer
	}
	return pointer
}

// where names the part of the document that a node describes, for messages.
func (d *differ) where(n *node) string {
	tokens := document.Split(n.pointer)
	var parts []string
	for i := 0; i < len(tokens); i++ {
		switch tokens[i] {
		case "properties", "$defs", "definitions":
			if i+1 < len(tokens) {
				i++
				parts = append(parts, tokens[i])
			}
		case "items", "prefixItems":
			parts = append(parts, "[]")
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.ReplaceAll(strings.Join(parts, "."), ".[]", "[]") + ": "
}

func (d *differ) ownKeywords(o, n *node) {
	for _, f := range facets {
		if f.equal(o, n) {
			continue
		}
		before, after := rawValues(o, f.raw), rawValues(n, f.raw)
		if before == nil && after == nil {
			continue
		}
		kind := compat.ValuesNarrowed
		if f.keyword == "type" || f.keyword == "enum" && o.mayBe() != n.mayBe() {
			kind = compat.TypeChanged
		}
		d.add(o, n, difference{
			rule: f.rule, kind: kind, keyword: f.keyword, path: firstOf(n, f.raw), oldPath: firstOf(o, f.raw),
			before: before, after: after, message: changed(f.noun, before, after),
		})
	}
	d.dependencies(o, n)
}

// changed says how a value changed, in words.
func changed(noun string, before, after any) string {
	switch {
	case before == nil:
		return fmt.Sprintf("%s %s was added", noun, short(after))
	case after == nil:
		return fmt.Sprintf("%s %s was removed", noun, short(before))
	}
	if removed, added, ok := members(before, after); ok {
		var parts []string
		if len(removed) > 0 {
			parts = append(parts, "no longer "+shortList(removed))
		}
		if len(added) > 0 {
			parts = append(parts, "now also "+shortList(added))
		}
		if len(parts) > 0 {
			return noun + ": " + strings.Join(parts, ", ")
		}
	}
	return fmt.Sprintf("%s changed from %s to %s", noun, short(before), short(after))
}

// members compares two lists as sets.
func members(before, after any) (removed, added []any, ok bool) {
	a, isList := before.([]any)
	b, isListToo := after.([]any)
	if !isList || !isListToo {
		return nil, nil, false
	}
	inA, inB := newValueSet(a), newValueSet(b)
	for _, v := range a {
		if !inB.has(v) {
			removed = append(removed, v)
		}
	}
	for _, v := range b {
		if !inA.has(v) {
			added = append(added, v)
		}
	}
	return removed, added, true
}

func shortList(values []any) string {
	texts := make([]string, 0, 4)
	for i, v := range values {
		if i == 4 {
			texts = append(texts, fmt.Sprintf("%d more", len(values)-i))
			break
		}
		texts = append(texts, short(v))
	}
	return strings.Join(texts, ", ")
}

// short is a value's text, cut to what a sentence can hold.
func short(v any) string {
	text := document.Encode(v)
	if utf8.RuneCountInString(text) <= 60 {
		return text
	}
	runes := []rune(text)
	return string(runes[:57]) + "..."
}

// firstOf is the first of the keywords that the node has, or the first of all.
func firstOf(n *node, keywords []string) []string {
	for _, k := range keywords {
		if _, ok := n.raw[k]; ok {
			return []string{k}
		}
	}
	return keywords[:1]
}

// rawValues is the value of the keywords as written: nil for none, the plain
// value when only the first is there, else an object of those that are.
func rawValues(n *node, keywords []string) any {
	found := map[string]any{}
	for _, k := range keywords {
		if v, ok := n.raw[k]; ok {
			found[k] = v
		}
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
		for k, v := range found {
			switch k {
			case keywords[0]:
				return v
			case "const":
				return []any{v}
			}
		}
	}
	return found
}

// dependencies compares what the presence of a property asks for.
func (d *differ) dependencies(o, n *node) {
	names := map[string]bool{}
	for _, list := range [][]dependency{o.needs, n.needs, o.implies, n.implies} {
		for _, dep := range list {
			names[dep.name] = true
		}
	}
	for _, name := range sortedKeys(names) {
		oldNeeds, newNeeds := needsOf(o.needs, name), needsOf(n.needs, name)
		if !slices.Equal(oldNeeds, newNeeds) {
			d.add(o, n, difference{
				rule: "json/dependency-changed", kind: compat.ValuesNarrowed, keyword: "dependentRequired", name: name,
				path: dependencyPath(n, name), oldPath: dependencyPath(o, name), before: asValues(oldNeeds), after: asValues(newNeeds),
				message: fmt.Sprintf("what %q asks for: %s", name, changed("properties", asValues(oldNeeds), asValues(newNeeds))),
			})
		}
		oldSub, newSub := impliedBy(o.implies, name), impliedBy(n.implies, name)
		switch {
		case sameNode(oldSub, newSub):
		case oldSub != nil && newSub != nil:
			d.pair(oldSub, newSub)
		default:
			d.add(o, n, difference{
				rule: "json/dependency-changed", kind: compat.ValuesNarrowed, keyword: "dependentSchemas", name: name,
				path: dependencyPath(n, name), oldPath: dependencyPath(o, name), before: rawOrNil(oldSub), after: rawOrNil(newSub),
				message: changed(fmt.Sprintf("the schema that applies when %q is present", name), rawOrNil(oldSub), rawOrNil(newSub)),
			})
		}
	}
}

func dependencyPath(n *node, name string) []string {
	for _, keyword := range []string{"dependencies", "dependentRequired", "dependentSchemas"} {
		if members, ok := n.raw[keyword].(map[string]any); ok {
			if _, ok := members[name]; ok {
				return []string{keyword, name}
			}
		}
	}
	return []string{}
}

func needsOf(list []dependency, name string) []string {
	for _, d := range list {
		if d.name == name {
			return d.required
		}
	}
	return nil
}

func impliedBy(list []dependency, name string) *node {
	for _, d := range list {
		if d.name == name {
			return d.node
		}
	}
	return nil
}

func asValues(names []string) any {
	if names == nil {
		return nil
	}
	return texts(names)
}

func rawOrNil(n *node) any {
	if n == nil {
		return nil
	}
	return rawOf(n.follow())
}

// parts compares the sub-schemas for items and undeclared properties.
func (d *differ) parts(o, n *node) {
	for i := range max(len(o.prefix), len(n.prefix)) {
		switch {
		case i < len(o.prefix) && i < len(n.prefix):
			d.pair(o.prefix[i], n.prefix[i])
		case i < len(n.prefix):
			d.add(o, n, difference{
				rule: "json/items-changed", kind: compat.ValuesNarrowed, keyword: "prefixItems", name: strconv.Itoa(i),
				path: []string{listKeyword(n), strconv.Itoa(i)}, oldPath: []string{listKeyword(o)}, after: rawOrNil(n.prefix[i]),
				message: fmt.Sprintf("item %d got a schema of its own", i),
			})
		default:
			d.add(o, n, difference{
				rule: "json/items-changed", kind: compat.ValuesNarrowed, keyword: "items",
				path: []string{listKeyword(n)}, oldPath: []string{listKeyword(o), strconv.Itoa(i)}, before: rawOrNil(o.prefix[i]),
				message: fmt.Sprintf("item %d lost its schema", i),
			})
			last := &d.changes[len(d.changes)-1]
			last.forward = []focus{{o, "prefixItems", strconv.Itoa(i)}}
		}
	}
	d.edge(o, n, o.items, n.items, "json/items-changed", "items", "the schema of the items")
	d.edge(o, n, o.additional, n.additional, "json/additional-properties-changed", "additionalProperties", "the schema of undeclared properties")
}

func listKeyword(n *node) string {
	if _, ok := n.raw["prefixItems"]; ok {
		return "prefixItems"
	}
	return "items"
}

// edge compares two sub-schemas under one keyword: part by part when both say
// something, as a whole when one of them is absent or plain.
func (d *differ) edge(o, n, oldSub, newSub *node, rule, keyword, noun string) {
	after := rawOrNil(newSub)
	if oldSub != nil && newSub == nil {
		newSub = n.nothing(edgeKeyword(n, keyword)) // what is lost with it counts
	}
	if oldSub != nil && newSub != nil && oldSub.follow().raw != nil && newSub.follow().raw != nil {
		d.pair(oldSub, newSub)
		return
	}
	if sameDemand(oldSub, newSub) {
		return
	}
	d.add(o, n, difference{
		rule: rule, kind: compat.ValuesNarrowed, keyword: keyword, path: []string{edgeKeyword(n, keyword)}, oldPath: []string{edgeKeyword(o, keyword)},
		before: rawOrNil(oldSub), after: after, message: changed(noun, rawOrNil(oldSub), after),
	})
}

func edgeKeyword(n *node, keyword string) string {
	if _, tuple := n.raw["items"].([]any); tuple && keyword == "items" {
		return "additionalItems"
	}
	return keyword
}

// sameDemand is sameNode where an absent schema and true are the same.
func sameDemand(a, b *node) bool {
	class := func(n *node) int {
		if n == nil {
			return classAll
		}
		return n.follow().class
	}
	return class(a) == class(b)
}

// inPlace compares what applies to the same value: combinations and conditions.
func (d *differ) inPlace(o, n *node) {
	d.combination(o, n, "allOf", without(written(o.allOf), n), without(written(n.allOf), o))
	d.combination(o, n, "anyOf", o.anyOf, n.anyOf)
	d.combination(o, n, "oneOf", o.oneOf, n.oneOf)
	if sameNode(o.ifNode, n.ifNode) && sameNode(o.then, n.then) && sameNode(o.orElse, n.orElse) {
		return
	}
	if o.ifNode != nil && sameNode(o.ifNode, n.ifNode) && (o.then == nil) == (n.then == nil) && (o.orElse == nil) == (n.orElse == nil) {
		if o.then != nil {
			d.pair(o.then, n.then)
		}
		if o.orElse != nil {
			d.pair(o.orElse, n.orElse)
		}
		return
	}
	keywords := []string{"if", "then", "else"}
	d.add(o, n, difference{
		rule: "json/condition-changed", kind: compat.ValuesNarrowed, keyword: "if", path: firstOf(n, keywords), oldPath: firstOf(o, keywords),
		before: rawValues(o, keywords), after: rawValues(n, keywords), message: "the condition if/then/else changed",
	})
}

// without leaves out the members that equal the whole other side: a schema that
// gets an allOf around it is still what it was.
func without(members []*node, other *node) []*node {
	return slices.DeleteFunc(members, func(m *node) bool { return sameNode(m, other) })
}

// combination pairs the members of a combination: equal ones first, then, when
// as many are left on both sides, in their order. What allOf lost or gained is
// compared with nothing, so that the fields in it are seen.
func (d *differ) combination(o, n *node, keyword string, olds, news []*node) {
	olds, news = unmatched(olds, news), unmatched(news, olds)
	_, inOld := o.raw[keyword]
	_, inNew := n.raw[keyword]
	alternatives := keyword != "allOf" && (inOld || inNew)
	onlyLost := len(olds) == 1 && len(news) == 0 && !inNew
	if !alternatives || onlyLost {
		for len(olds) < len(news) {
			olds = append(olds, o.nothing(keyword))
		}
		for len(news) < len(olds) {
			news = append(news, n.nothing(keyword))
		}
	}
	if len(olds) == len(news) && (inOld == inNew || !alternatives || onlyLost) {
		before := len(d.changes)
		for i := range olds {
			d.pair(olds[i], news[i])
		}
		if keyword == "oneOf" && len(d.changes) == before+1 {
			d.changes[before].around = &[2]*node{o, n}
		}
		return
	}
	kind := compat.ValuesNarrowed
	if o.mayBe() != n.mayBe() {
		kind = compat.TypeChanged
	}
	d.add(o, n, difference{
		rule: "json/combination-changed", kind: kind, keyword: keyword, path: combinationPath(n, keyword), oldPath: combinationPath(o, keyword),
		before: rawValues(o, []string{keyword, "$ref"}), after: rawValues(n, []string{keyword, "$ref"}),
		message: combinationMessage(keyword, len(olds), len(news)),
	})
}

func combinationPath(n *node, keyword string) []string {
	if _, ok := n.raw[keyword]; !ok && n.raw["$ref"] != nil {
		return []string{"$ref"}
	}
	return []string{keyword}
}

func combinationMessage(keyword string, removed, added int) string {
	one, many := "alternative", "alternatives"
	if keyword == "allOf" {
		one, many = "member", "members"
	}
	switch {
	case removed == 0:
		return fmt.Sprintf("%s got %s", keyword, countOf(added, one, many))
	case added == 0:
		return fmt.Sprintf("%s lost %s", keyword, countOf(removed, one, many))
	}
	return fmt.Sprintf("%s: %s replaced by %d", keyword, countOf(removed, one, many), added)
}

func countOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// unmatched are the members of a that have no equal in b.
func unmatched(a, b []*node) []*node {
	var rest []*node
	used := make([]bool, len(b))
	for _, x := range a {
		i := slices.IndexFunc(b, func(y *node) bool { return sameNode(x, y) })
		for i >= 0 && used[i] {
			next := slices.IndexFunc(b[i+1:], func(y *node) bool { return sameNode(x, y) })
			if next < 0 {
				i = -1
				break
			}
			i += 1 + next
		}
		if i < 0 {
			rest = append(rest, x)
		} else {
			used[i] = true
		}
	}
	return rest
}
