package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
)

// identity tells two values apart wherever they were reached from.
type identity struct {
	page    *page
	pointer string
}

func (l entry) identity() identity { return identity{l.page, l.pointer} }

// child is a member of a mapping or an element of a list; its value is nil when
// there is none.
func (l entry) child(token string) entry {
	c := entry{page: l.page, pointer: document.Join(l.pointer, token)}
	switch v := l.value.(type) {
	case map[string]any:
		c.value = v[token]
	case []any:
		if i, err := strconv.Atoi(token); err == nil && 0 <= i && i < len(v) && strconv.Itoa(i) == token {
			c.value = v[i]
		}
	}
	return c
}

// String is file:line:column, for messages.
func (p Place) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// ref is the reference that stands instead of a value.
func (l entry) ref() (string, bool) {
	object, ok := l.value.(map[string]any)
	if !ok {
		return "", false
	}
	ref, ok := object["$ref"].(string)
	return ref, ok
}

// elements are the parts of a list, and nothing of anything else.
func (l entry) elements() []entry {
	list, _ := l.value.([]any)
	parts := make([]entry, len(list))
	for i := range list {
		parts[i] = l.child(strconv.Itoa(i))
	}
	return parts
}

// children are the parts of a mapping by key, without those that are null.
func (l entry) children() []entry {
	object, _ := l.value.(map[string]any)
	parts := make([]entry, 0, len(object))
	for _, key := range sortedKeys(object) {
		if object[key] != nil {
			parts = append(parts, l.child(key))
		}
	}
	return parts
}

// parentName is the token before the last one.
func (l entry) parentName() string {
	tokens := document.Split(l.pointer)
	if len(tokens) < 2 {
		return ""
	}
	return tokens[len(tokens)-2]
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// asyncNode is a value with the traits that are merged into it: the layers in
// the order in which they win. Merging by looking through layers, and not by
// building a new mapping, keeps the place of every value.
type asyncNode []entry

// top is the layer that wins.
func (n asyncNode) top() entry { return n[0] }

// keys are the members' names of all layers, sorted.
func (n asyncNode) keys() []string {
	names := map[string]bool{}
	for _, layer := range n {
		object, _ := layer.value.(map[string]any)
		for key := range object {
			names[key] = true
		}
	}
	return sortedKeys(names)
}

// member looks a key up as JSON merge patch would have merged the layers:
// mappings are merged, anything else hides what lies below, and null removes.
// References are followed.
func (r *asyncReader) member(n asyncNode, key string) (asyncNode, bool) {
	var found asyncNode
	for _, layer := range n {
		object, _ := layer.value.(map[string]any)
		if _, has := object[key]; !has {
			continue
		}
		target, _, ok := r.resolve(layer.child(key))
		if !ok {
			continue
		}
		_, mapping := target.value.(map[string]any)
		if len(found) > 0 && !mapping || target.value == nil {
			break
		}
		found = append(found, target)
		if !mapping {
			break
		}
	}
	return found, len(found) > 0
}

// at follows member along several keys.
func (r *asyncReader) at(n asyncNode, keys ...string) (asyncNode, bool) {
	ok := true
	for _, key := range keys {
		if n, ok = r.member(n, key); !ok {
			return nil, false
		}
	}
	return n, true
}

// withTraits is a message or an operation with its traits. In 2.x a trait is a
// patch and overrides what it is applied to; since 3.0 the target wins. In both,
// of two traits the later one wins.
func (r *asyncReader) withTraits(target entry) asyncNode {
	var traits asyncNode
	if list, _, ok := r.resolve(target.child("traits")); ok {
		for _, element := range slices.Backward(list.elements()) {
			if trait, _, ok := r.resolve(element); ok {
				traits = append(traits, trait)
			}
		}
	}
	if r.major == 2 {
		return append(traits, target)
	}
	return append(asyncNode{target}, traits...)
}

func (r *asyncReader) problem(code string, at entry, hint, format string, args ...any) {
	location := at.place().Location()
	p := report.Problem{Code: code, Message: fmt.Sprintf(format, args...), Hints: []string{}, Location: &location}
	if hint != "" {
		p.Hints = append(p.Hints, hint)
	}
	if r.once(p.Message + describe(at)) {
		r.catalog.Problems = append(r.catalog.Problems, p)
	}
}

// once is true the first time something is told.
func (r *asyncReader) once(what string) bool {
	first := !r.told[what]
	r.told[what] = true
	return first
}
