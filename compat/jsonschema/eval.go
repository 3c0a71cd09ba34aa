package jsonschema

import (
	"encoding/json"
	"unicode/utf8"
)

// accepts judges a value by the normalised schema. It answers unsure only where
// an uncompilable pattern, an opaque part or a bottomless reference decides.
//
// The solver tries its candidates with it; what it accepts as a witness is
// judged again by the real validator.
func (n *node) accepts(v any) truth { return (&evaluation{left: maxJudgements}).judge(n, v, 0) }

const (
	// maxInPlace bounds references in place: beyond it they are a loop.
	maxInPlace = 200
	// maxJudgements bounds how many schemas are applied to the parts of one value.
	// References can fan out until there are more than anybody can wait for.
	maxJudgements = 1 << 18
)

// evaluation judges one value.
type evaluation struct {
	left int
	// known are the verdicts of schemas with parts in place on the value being
	// judged: references may lead to one by many ways.
	known map[*node]truth
}

// judge applies a schema to a value. depth is 0 for a new value and counts the
// schemas in place that led to n.
func (e *evaluation) judge(n *node, v any, depth int) truth {
	n = n.follow()
	if e.left--; e.left < 0 || depth > maxInPlace {
		return unsure
	}
	if depth > 0 && len(n.allOf)+len(n.anyOf)+len(n.oneOf) == 0 {
		return n.judgeValue(e, v, depth)
	}
	if depth > 0 {
		if verdict, ok := e.known[n]; ok {
			return verdict
		}
		verdict := n.judgeValue(e, v, depth)
		if e.known == nil {
			e.known = map[*node]truth{}
		}
		e.known[n] = verdict
		return verdict
	}
	outer := e.known
	e.known = nil
	verdict := n.judgeValue(e, v, depth)
	e.known = outer
	return verdict
}

func (n *node) judgeValue(e *evaluation, v any, depth int) truth {
	k := kindOf(v)
	if n.never || n.types&k == 0 {
		return no
	}
	verdict := yes
	for _, set := range n.enums {
		if !set.has(v) {
			return no
		}
	}
	switch k {
	case numberKind:
		verdict = n.judgeNumber(v.(json.Number))
	case stringKind:
		verdict = n.judgeString(v.(string))
	case arrayKind:
		verdict = n.judgeArray(e, v.([]any))
	case objectKind:
		verdict = n.judgeObject(e, v.(map[string]any), depth)
	}
	if verdict == no {
		return no
	}
	if n.opaque != nil {
		verdict = verdict.and(n.opaque.judge(v))
	}
	return verdict.and(n.judgeInPlace(e, v, depth))
}

func (n *node) judgeInPlace(e *evaluation, v any, depth int) truth {
	verdict := yes
	for _, sub := range n.allOf {
		if verdict = verdict.and(e.judge(sub, v, depth+1)); verdict == no {
			return no
		}
	}
	if len(n.anyOf) > 0 {
		verdict = verdict.and(e.anyOf(n.anyOf, v, depth))
	}
	if len(n.oneOf) > 0 {
		verdict = verdict.and(e.oneOf(n.oneOf, v, depth))
	}
	if n.not != nil {
		verdict = verdict.and(e.judge(n.not, v, depth+1).negate())
	}
	if n.ifNode != nil && verdict != no {
		verdict = verdict.and(n.judgeCondition(e, v, depth))
	}
	return verdict
}

func (e *evaluation) anyOf(subs []*node, v any, depth int) truth {
	verdict := no
	for _, sub := range subs {
		switch e.judge(sub, v, depth+1) {
		case yes:
			return yes
		case unsure:
			verdict = unsure
		}
	}
	return verdict
}

func (e *evaluation) oneOf(subs []*node, v any, depth int) truth {
	accepted, doubts := 0, 0
	for _, sub := range subs {
		switch e.judge(sub, v, depth+1) {
		case yes:
			accepted++
		case unsure:
			doubts++
		}
	}
	switch {
	case accepted > 1:
		return no
	case doubts > 0:
		return unsure
	}
	return truthOf(accepted == 1)
}

func (n *node) judgeCondition(e *evaluation, v any, depth int) truth {
	branch := func(sub *node) truth {
		if sub == nil {
			return yes
		}
		return e.judge(sub, v, depth+1)
	}
	switch e.judge(n.ifNode, v, depth+1) {
	case yes:
		return branch(n.then)
	case no:
		return branch(n.orElse)
	}
	if branch(n.then) == yes && branch(n.orElse) == yes {
		return yes
	}
	return unsure
}

func (n *node) judgeNumber(number json.Number) truth {
	verdict := yes
	if n.integer {
		verdict = isInteger(number)
	}
	if n.min == nil && n.max == nil && n.multipleOf == nil {
		return verdict
	}
	r, ok := parseNumber(number)
	if !ok {
		return unsure
	}
	if n.min != nil {
		if c := r.Cmp(n.min.value); c < 0 || c == 0 && n.min.exclusive {
			return no
		}
	}
	if n.max != nil {
		if c := r.Cmp(n.max.value); c > 0 || c == 0 && n.max.exclusive {
			return no
		}
	}
	if n.multipleOf != nil && !isMultiple(r, n.multipleOf) {
		return no
	}
	return verdict
}

func (n *node) judgeString(text string) truth {
	if n.minLength > 0 || n.maxLength >= 0 {
		length := utf8.RuneCountInString(text)
		if length < n.minLength || n.maxLength >= 0 && length > n.maxLength {
			return no
		}
	}
	for _, f := range n.formats {
		if !f.judge(text) {
			return no
		}
	}
	if n.pattern != nil {
		return n.pattern.matches(text)
	}
	return yes
}

func (n *node) judgeArray(e *evaluation, items []any) truth {
	if len(items) < n.minItems || n.maxItems >= 0 && len(items) > n.maxItems || n.unique && !distinct(items) {
		return no
	}
	verdict := yes
	for i, item := range items {
		if sub := n.item(i); sub != nil {
			if verdict = verdict.and(e.judge(sub, item, 0)); verdict == no {
				return no
			}
		}
	}
	if n.contains != nil {
		verdict = verdict.and(n.judgeContains(e, items))
	}
	return verdict
}

func (n *node) judgeContains(e *evaluation, items []any) truth {
	sure, possible := 0, 0
	for _, item := range items {
		switch e.judge(n.contains, item, 0) {
		case yes:
			sure++
			possible++
		case unsure:
			possible++
		}
	}
	low := n.atLeast()
	switch {
	case possible < low || n.maxContains >= 0 && sure > n.maxContains:
		return no
	case sure >= low && (n.maxContains < 0 || possible <= n.maxContains):
		return yes
	}
	return unsure
}

// atLeast is how many items must match contains.
func (n *node) atLeast() int {
	if n.minContains >= 0 {
		return n.minContains
	}
	return 1
}

func distinct(items []any) bool {
	seen := make(map[string]bool, len(items))
	for _, item := range items {
		key := keyOf(item)
		if seen[key] {
			return false
		}
		seen[key] = true
	}
	return true
}

func (n *node) judgeObject(e *evaluation, object map[string]any, depth int) truth {
	if len(object) < n.minProps || n.maxProps >= 0 && len(object) > n.maxProps {
		return no
	}
	for _, name := range n.required {
		if _, ok := object[name]; !ok {
			return no
		}
	}
	for _, need := range n.needs {
		if _, ok := object[need.name]; ok && !hasAll(object, need.required) {
			return no
		}
	}
	verdict := yes
	for name, value := range object {
		applied, sure := n.property(name)
		for _, sub := range applied {
			if verdict = verdict.and(e.judge(sub, value, 0)); verdict == no {
				return no
			}
		}
		if !sure {
			verdict = verdict.and(unsure)
		}
		if n.propNames != nil {
			verdict = verdict.and(e.judge(n.propNames, name, 0))
		}
		if verdict == no {
			return no
		}
	}
	for _, d := range n.implies {
		if _, ok := object[d.name]; ok {
			verdict = verdict.and(e.judge(d.node, object, depth+1))
		}
	}
	return verdict
}

func hasAll(object map[string]any, names []string) bool {
	for _, name := range names {
		if _, ok := object[name]; !ok {
			return false
		}
	}
	return true
}
