package jsonschema

import (
	"encoding/json"
	"math/big"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
)

// confluentLimit is a keyword that bounds a number, a length or a count.
type confluentLimit struct {
	keyword string
	upper   bool
}

// strings compares the keywords of strings. Formats are not looked at, and
// neither is whether other types are let through.
func (c *confluent) strings(o *outcome, old, next *model) {
	c.limits(o, old, next, confluentLimit{"maxLength", true}, confluentLimit{"minLength", false})
	before, had := old.raw["pattern"].(string)
	after, has := next.raw["pattern"].(string)
	switch {
	case has && !had:
		c.refuse(o, "pattern-added", old, next, "pattern", "the pattern %q was added", after)
	case has && before != after:
		c.refuse(o, "pattern-changed", old, next, "pattern", "the pattern was %q and is %q; the registry compares patterns as texts", before, after)
	}
}

// numbers compares the keywords of numbers. Draft 4's boolean exclusiveMinimum
// and exclusiveMaximum are not looked at.
func (c *confluent) numbers(o *outcome, old, next *model) {
	c.limits(o, old, next, confluentLimit{"maximum", true}, confluentLimit{"minimum", false}, confluentLimit{"exclusiveMinimum", false})
	c.exclusiveMaximum(o, old, next)
	c.multipleOf(o, old, next)
	if next.integer && !old.integer {
		c.refuse(o, "type-narrowed", old, next, "type", "numbers with a fraction were accepted and now only integers are")
	}
}

// number is a keyword's value, nil when there is no such number.
func (m *model) number(keyword string) *big.Rat {
	n, ok := m.raw[keyword].(json.Number)
	if !ok {
		return nil
	}
	r, _ := parseNumber(n)
	return r
}

func (c *confluent) limits(o *outcome, old, next *model, limits ...confluentLimit) {
	for _, l := range limits {
		c.limit(o, old, next, l)
	}
}

func (c *confluent) limit(o *outcome, old, next *model, l confluentLimit) {
	before, after := old.number(l.keyword), next.number(l.keyword)
	switch {
	case after == nil:
	case before == nil:
		c.refuse(o, ruleName(l.keyword)+"-added", old, next, l.keyword, "%s %s was added", l.keyword, next.spelled(l.keyword))
	case l.upper && after.Cmp(before) < 0:
		c.refuse(o, ruleName(l.keyword)+"-decreased", old, next, l.keyword, "%s fell from %s to %s", l.keyword, old.spelled(l.keyword), next.spelled(l.keyword))
	case !l.upper && after.Cmp(before) > 0:
		c.refuse(o, ruleName(l.keyword)+"-increased", old, next, l.keyword, "%s rose from %s to %s", l.keyword, old.spelled(l.keyword), next.spelled(l.keyword))
	}
}

// exclusiveMaximum is compared wrongly by the registry: when it is not raised,
// the registry looks at "maximum" instead, and fails when that is not there.
func (c *confluent) exclusiveMaximum(o *outcome, old, next *model) {
	const keyword = "exclusiveMaximum"
	before, after := old.number(keyword), next.number(keyword)
	if before == nil || after == nil || before.Cmp(after) < 0 {
		c.limit(o, old, next, confluentLimit{keyword, true})
		return
	}
	if javaKey(old.raw[keyword]) == javaKey(next.raw[keyword]) {
		return
	}
	oldMaximum, newMaximum := old.number("maximum"), next.number("maximum")
	switch {
	case oldMaximum == nil || newMaximum == nil:
		c.refuse(o, "exclusive-maximum-decreased", old, next, keyword,
			"%s changed from %s to %s; the registry's checker crashes on this without \"maximum\" on both sides, which counts as a refusal",
			keyword, old.spelled(keyword), next.spelled(keyword))
	case oldMaximum.Cmp(newMaximum) > 0:
		c.refuse(o, "exclusive-maximum-decreased", old, next, keyword, "%s fell from %s to %s", keyword, old.spelled(keyword), next.spelled(keyword))
	}
}

func (c *confluent) multipleOf(o *outcome, old, next *model) {
	const keyword = "multipleOf"
	before, after := old.number(keyword), next.number(keyword)
	if after == nil || javaKey(old.raw[keyword]) == javaKey(next.raw[keyword]) {
		return
	}
	if before == nil {
		c.refuse(o, "multiple-of-added", old, next, keyword, "multipleOf %s was added", next.spelled(keyword))
		return
	}
	if before.Sign() == 0 || after.Sign() == 0 {
		return
	}
	rule := "multiple-of-changed"
	if isMultiple(after, before) {
		rule = "multiple-of-expanded"
	} else if isMultiple(before, after) {
		return
	}
	c.refuse(o, rule, old, next, keyword, "multipleOf was %s and is %s", old.spelled(keyword), next.spelled(keyword))
}

// enum compares the listed values as sets. To the registry 1 and 1.0 differ.
func (c *confluent) enum(o *outcome, old, next *model) {
	before, after := javaSet(old.raw["enum"]), javaSet(next.raw["enum"])
	lost := missing(before, after)
	if len(lost) == 0 {
		return
	}
	rule := "enum-array-changed"
	if len(missing(after, before)) == 0 {
		rule = "enum-array-narrowed"
	}
	c.refuse(o, rule, old, next, "enum", "the enum no longer has %s", document.Encode(before[lost[0]]))
}

// javaSet is a list's values by what the registry compares of them.
func javaSet(value any) map[string]any {
	list, _ := value.([]any)
	set := make(map[string]any, len(list))
	for _, v := range list {
		set[javaKey(v)] = v
	}
	return set
}

// missing lists what a has and b has not, sorted.
func missing[V, W any](a map[string]V, b map[string]W) []string {
	var names []string
	for _, name := range sortedKeys(a) {
		if _, ok := b[name]; !ok {
			names = append(names, name)
		}
	}
	return names
}

// constant accepts no other value, although a const is only another word for an
// enum of one.
func (c *confluent) constant(o *outcome, old, next *model) {
	if javaKey(old.raw["const"]) != javaKey(next.raw["const"]) {
		c.refuse(o, "enum-array-changed", old, next, "const", "the constant was %s and is %s", old.spelled("const"), next.spelled("const"))
	}
}

// negation turns the question round: what was excluded must contain what is.
func (c *confluent) negation(o *outcome, old, next *model) {
	if !c.accepts(next.inner, old.inner) {
		c.refuse(o, "not-type-extended", old, next, "not", "the negated schema excludes more than it did, by the registry's rules")
	}
}

// spelled is a keyword's value as the schema has it.
func (m *model) spelled(keyword string) string { return document.Encode(m.raw[keyword]) }

// ruleName is a keyword in kebab case.
func ruleName(keyword string) string {
	var name strings.Builder
	for _, r := range keyword {
		if r >= 'A' && r <= 'Z' {
			name.WriteByte('-')
		}
		name.WriteRune(r)
	}
	return strings.ToLower(name.String())
}

// containsLimits judges how often "contains" must hold; the registry never looks at
// "contains" itself.
func (c *confluent) containsLimits(o *outcome, old, next *model) {
	if old.at.file.draft >= draft2019 && next.at.file.draft >= draft2019 {
		c.limits(o, old, next, confluentLimit{"maxContains", true}, confluentLimit{"minContains", false})
	}
}
