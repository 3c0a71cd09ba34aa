package catalog

import (
	"maps"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/report"
)

// The words that an attribute with a fixed vocabulary may have.
var (
	classifications = []string{"public", "internal", "confidential", "restricted", "regulated"}
	criticalities   = []string{"low", "medium", "high", "critical"}
)

// Categories are the words of x-data-category, on an event and on a field, sorted.
// Only these say what kind of data there is, and of which kinds there is none.
var Categories = []string{
	"biometric", "card", "cardholder", "commercial", "contact", "ethnicity", "financial", "genetic", "health",
	"identity", "location", "medical", "operational", "pan", "payment", "payment-card", "personal", "phi",
	"political", "product", "pseudonym", "reference", "religion", "sad", "sexual", "special", "technical", "trade-union",
}

// eventAttributes are nexus's own facts about an event. EventCatalog's
// frontmatter and AsyncAPI write them with the prefix x-, the plain form without.
var eventAttributes = map[string]func(*Event, entry){
	"data-classification": func(e *Event, v entry) { e.Classification = v.word(classifications) },
	"regulations":         func(e *Event, v entry) { e.Regulations = v.texts() },
	"data-category":       func(e *Event, v entry) { e.Category = v.word(Categories) },
	"criticality":         func(e *Event, v entry) { e.Criticality = v.word(criticalities) },
	"requires-ordering":   func(e *Event, v entry) { e.RequiresOrdering = v.flag() },
	"max-latency-ms":      func(e *Event, v entry) { e.MaxLatencyMs = v.amount() },
	"business-impact":     func(e *Event, v entry) { e.BusinessImpact = v.text() },
	"retention-days":      func(e *Event, v entry) { e.RetentionDays = v.number() },
	"disposal":            func(e *Event, v entry) { e.Disposal = v.text() },
	"rate-per-min":        func(e *Event, v entry) { e.RatePerMin = v.amount() },
	"payload-bytes":       func(e *Event, v entry) { e.PayloadBytes = v.amount() },
	"path":                func(e *Event, v entry) { e.Path = v.text() },
	"correlation":         func(e *Event, v entry) { e.Correlation = v.text() },
	"causation":           func(e *Event, v entry) { e.Causation = v.text() },
	"actor":               func(e *Event, v entry) { e.Actor = v.text() },
	"integrity":           func(e *Event, v entry) { e.Integrity = v.text() },
	"partition-key":       func(e *Event, v entry) { e.PartitionKey = v.text() },
	"lawful-basis":        func(e *Event, v entry) { e.LawfulBasis = v.text() },
	"special-condition":   func(e *Event, v entry) { e.SpecialCondition = v.text() },
	"impact-assessment":   func(e *Event, v entry) { e.ImpactAssessment = v.text() },
	"erasure":             func(e *Event, v entry) { e.Erasure = v.text() },
	"encrypted":           func(e *Event, v entry) { e.Encrypted = v.flag() },
	"regions":             func(e *Event, v entry) { e.Regions = v.texts() },
	"transfer-mechanism":  func(e *Event, v entry) { e.TransferMechanism = v.text() },
	"audit":               func(e *Event, v entry) { e.Audit = v.flag() },
	"approval":            func(e *Event, v entry) { e.Approval = v.approval() },
	"owner":               func(e *Event, v entry) { e.Owners = append(e.Owners, v.ids()...) },
	"domain":              func(e *Event, v entry) { e.Domain = v.text() },
	"fields":              func(e *Event, v entry) { e.Fields = v.fields() },
}

var channelAttributes = map[string]func(*Channel, entry){
	"tls":            func(c *Channel, v entry) { c.TLS = v.flag() },
	"retention-days": func(c *Channel, v entry) { c.RetentionDays = v.number() },
	"partitions":     func(c *Channel, v entry) { c.Partitions = v.amount() },
	"max-bytes":      func(c *Channel, v entry) { c.MaxBytes = v.amount() },
	"ordering":       func(c *Channel, v entry) { c.Ordering = v.flag() },
	"regions":        func(c *Channel, v entry) { c.Regions = v.texts() },
	"owner":          func(c *Channel, v entry) { c.Owners = append(c.Owners, v.ids()...) },
}

var serviceAttributes = map[string]func(*Service, entry){
	"external": func(s *Service, v entry) { s.External = v.flag() },
	"domain":   func(s *Service, v entry) { s.Domain = v.text() },
	"owner":    func(s *Service, v entry) { s.Owners = append(s.Owners, v.ids()...) },
}

var messageAttributes = map[string]func(*Message, entry){
	"need":      func(m *Message, v entry) { m.Need = v.text() },
	"agreement": func(m *Message, v entry) { m.Agreement = v.text() },
}

// form is how a file writes keys: the same attributes with or without x-, among
// other keys that the form knows.
type form struct {
	prefix string   // of nexus's own attributes: "x-", or empty
	keys   []string // what the form's own keys are, sorted
}

// attributes reads nexus's own attributes of a mapping into target. It returns
// the other x-* keys, without the prefix, and notes every key that nobody knows.
func attributes[T any](e entry, f form, known map[string]func(*T, entry), target *T) map[string]any {
	var ext map[string]any
	for _, m := range e.members() {
		key := m.name()
		name, extension := strings.CutPrefix(key, "x-")
		read, ours := known[name]
		switch {
		case ours && (extension || f.prefix == "" && !f.has(key)):
			read(target, m)
		case extension:
			if ext == nil {
				ext = map[string]any{}
			}
			ext[name] = m.value
			misspelt(m, name, known)
		case !f.has(key):
			m.unknown(slices.Concat(f.keys, prefixed(f.prefix, known)))
		}
	}
	return ext
}

// misspelt notes an author's own key that is one of nexus's but for a letter or
// two: it would declare nothing, silently.
func misspelt[T any](e entry, name string, known map[string]T) {
	near := report.Nearest(name, prefixed("", known))
	if near != "" && max(len(near)-len(name), len(name)-len(near)) <= 1 {
		e.unknown([]string{"x-" + near})
	}
}

func (f form) has(key string) bool { return slices.Contains(f.keys, key) }

func prefixed[T any](prefix string, known map[string]T) []string {
	var names []string
	for name := range maps.Keys(known) {
		names = append(names, prefix+name)
	}
	slices.Sort(names)
	return names
}

// unknown notes a key that nothing reads.
func (e entry) unknown(valid []string) {
	hint := "write it as x-" + e.name() + " when it is meant for your own policies"
	if e.page.unknown++; e.page.unknown > maxAdvice {
		valid = nil
	}
	if near := report.Nearest(e.name(), valid); near != "" {
		hint = "did you mean " + near + "?"
	}
	e.page.oddities = append(e.page.oddities, Oddity{
		Rule: RuleUnknownKey, Subject: e.page.subject, Hint: hint, Place: e.keyPlace(),
		Message: "nothing reads the key " + e.title(),
	})
}

// word reads a text of a fixed vocabulary, in lower case, since a policy
// compares it. Another word is noted and kept: it declares something.
func (e entry) word(vocabulary []string) Value[string] {
	word := e.text()
	word.Get = strings.ToLower(word.Get)
	if word.Known() && !slices.Contains(vocabulary, word.Get) {
		hint := "one of " + strings.Join(vocabulary, ", ")
		if near := report.Nearest(word.Get, vocabulary); near != "" {
			hint = "did you mean " + near + "?"
		}
		e.odd(RuleMalformedValue, hint, "%s is %q, which is none of its words", e.title(), word.Get)
	}
	return word
}

// amount reads a number that cannot be negative.
func (e entry) amount() Value[float64] {
	number := e.number()
	if number.Get < 0 {
		e.invalid("a number that is not negative")
		return Value[float64]{}
	}
	return number
}

func (e entry) approval() Value[Approval] {
	if !e.isMapping() {
		reference := e.text()
		return Value[Approval]{Get: Approval{Reference: reference.Get}, Source: reference.Source, Place: reference.Place}
	}
	a := Approval{
		Reference: e.member("reference").plain(),
		Approver:  e.member("approver").plain(),
		Author:    e.member("author").plain(),
	}
	e.onlyKeys("reference", "approver", "author")
	if a == (Approval{}) {
		return Value[Approval]{}
	}
	return Value[Approval]{Get: a, Source: Declared, Place: e.place()}
}

// onlyKeys notes every other key of a mapping.
func (e entry) onlyKeys(valid ...string) {
	for _, m := range e.members() {
		if !slices.Contains(valid, m.name()) && !strings.HasPrefix(m.name(), "x-") {
			m.unknown(valid)
		}
	}
}
