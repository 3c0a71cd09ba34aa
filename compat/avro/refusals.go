package avro

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/report"
)

// registries maps the registries that Refusals knows to the family of their
// rules. All of them ask the Java implementation's SchemaCompatibility.
var registries = map[string]string{"confluent": "confluent", "confluent-lenient": "confluent", "glue": "glue"}

// Refusals predicts why Confluent Schema Registry, or AWS Glue, would say that
// next is not BACKWARD compatible with previous. Each refusal carries the name of
// an incompatibility of Avro's Java implementation, such as
// confluent/type-mismatch for TYPE_MISMATCH. It knows nothing of logical types,
// and judges unions branch by branch: what is wrong inside of a branch is a
// missing branch.
func (e *Engine) Refusals(registry string, previous, next compat.Parsed) ([]compat.Refusal, bool) {
	family, ok := registries[registry]
	old, fresh, err := both(previous, next)
	if !ok || err != nil {
		return nil, false
	}
	p := &prediction{family: family, resolver: newJavaResolver(), seen: map[nodePair]bool{}}
	p.pair(old.root, fresh.root)
	slices.SortStableFunc(p.refusals, func(a, b compat.Refusal) int {
		return cmp.Or(cmp.Compare(a.Pointer, b.Pointer), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.OldPointer, b.OldPointer))
	})
	return slices.Compact(p.refusals), true
}

// prediction lists what the Java implementation would.
type prediction struct {
	family   string
	resolver *resolver
	seen     map[nodePair]bool
	refusals []compat.Refusal
}

func (p *prediction) refuse(rule string, writer, reader place, format string, args ...any) {
	p.refusals = append(p.refusals, compat.Refusal{
		Rule: p.family + "/" + rule, Pointer: reader.shown(), OldPointer: writer.shown(), Message: fmt.Sprintf(format, args...),
	})
}

// pair judges a writer's and a reader's schema where they stand.
func (p *prediction) pair(w, r use) {
	pair := nodePair{w.node, r.node}
	if p.seen[pair] {
		return
	}
	p.seen[pair] = true
	switch {
	case w.kind == unionKind:
		for _, b := range w.branches {
			if r.kind != unionKind {
				p.pair(b, r)
			} else if p.resolver.branch(b.node, r.node) == nil {
				p.refuse("missing-union-branch", b.site, r.site, "the new union has no branch that reads %s", b.describe())
			}
		}
		return
	case r.kind == unionKind:
		if p.resolver.branch(w.node, r.node) == nil {
			p.refuse("missing-union-branch", w.site, r.site, "the new union has no branch that reads %s", w.describe())
		}
		return
	case w.kind != r.kind:
		if !promotes(w.kind, r.kind) {
			p.refuse("type-mismatch", w.site, r.site, "the new version expects %s where the old one has %s", r.describe(), w.describe())
		}
		return
	case w.kind == arrayKind || w.kind == mapKind:
		p.pair(w.items, r.items)
		return
	}
	p.named(w, r)
}

func (p *prediction) named(w, r use) {
	if w.kind.named() && !namesMatch(w.node, r.node) {
		p.refuse("name-mismatch", w.at.member("name"), r.at.member("name"), "the new version expects %s, the old one is %s", r.name, w.name)
	}
	switch w.kind {
	case recordKind:
		for _, f := range r.fields {
			p.field(w, r, f)
		}
	case enumKind:
		if lost := lostSymbols(w.node, r.node); len(lost) > 0 && r.fallback == "" {
			p.refuse("missing-enum-symbols", w.at.member("symbols"), r.at.member("symbols"), "the enum %s lacks %v", r.name, lost)
		}
	case fixedKind:
		if w.size != r.size {
			p.refuse("fixed-size-mismatch", w.at.member("size"), r.at.member("size"), "the fixed %s has %d bytes, and had %d", r.name, r.size, w.size)
		}
	}
}

func (p *prediction) field(w, r use, f *field) {
	source, ambiguous := sourceOf(f, w.node)
	switch {
	case ambiguous:
		p.refuse("reader-field-ambiguous", w.at.member("fields"), f.at, "the field %q is meant by two fields of the old version; the registry's checker fails on it", f.name)
	case source != nil:
		p.pair(source.typ, f.typ)
	case f.hasDefault:
	case f.typ.kind == enumKind && f.typ.fallback != "":
		// Java takes the default of an enum for a reason to hold it against the
		// writer's record, which is of another type.
		p.refuse("type-mismatch", w.at, f.typ.site, "the new field %q is an enum with a default but has no default of its own", f.name)
	default:
		p.refuse("reader-field-missing-default-value", w.at.member("fields"), f.at, "the new field %q has no default", f.name)
	}
}

// refusalRules documents the refusals of a family. The test runs each before and
// after, and expects the rule.
func refusalRules(family string) []report.Rule {
	const fix = "Take the change back, publish it under a new subject, or set the subject's level to NONE while it is registered."
	all := make([]report.Rule, len(refusalTable))
	for i, r := range refusalTable {
		all[i] = report.Rule{
			ID: family + "/" + r.id, Title: r.title, Why: r.why, Severity: report.Error, Controls: []string{},
			Before: r.before, After: r.after, Fix: cmp.Or(r.fix, fix),
		}
	}
	return all
}

var refusalTable = []rule{
	{
		id: "fixed-size-mismatch", title: "A fixed has another size",
		why:    "Avro's FIXED_SIZE_MISMATCH: data of one size cannot be read as data of another.",
		before: `{"type": "fixed", "name": "Digest", "size": 16}`, after: `{"type": "fixed", "name": "Digest", "size": 32}`,
	},
	{
		id: "missing-enum-symbols", title: "An enum lacks symbols, and has no default",
		why:    "Avro's MISSING_ENUM_SYMBOLS: a symbol that was written before has no counterpart.",
		before: `{"type": "enum", "name": "Payment", "symbols": ["CARD", "CASH"]}`, after: `{"type": "enum", "name": "Payment", "symbols": ["CARD"]}`,
		fix: "Keep the symbol, or give the enum a default.",
	},
	{
		id: "missing-union-branch", title: "A union lacks a branch",
		why:    "Avro's MISSING_UNION_BRANCH: no branch of the new union reads what the old version writes. A difference inside of a branch counts as well.",
		before: `["null", "string"]`, after: `["null", "int"]`,
		fix: "Keep the branch.",
	},
	{
		id: "name-mismatch", title: "A record, enum or fixed has another name",
		why:    "Avro's NAME_MISMATCH: the names differ without their namespaces, and no alias of the new version is the old full name.",
		before: `{"type": "fixed", "name": "Digest", "size": 16}`, after: `{"type": "fixed", "name": "Hash", "size": 16}`,
		fix: "Keep the name, or add the old one as an alias.",
	},
	{
		id: "reader-field-ambiguous", title: "A field is meant by two fields of the old version",
		why:    "One has its name, another one of its aliases. Avro's checker throws an exception on it, and the registration fails.",
		before: `{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}, {"name": "key", "type": "string"}]}`,
		after:  `{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string", "aliases": ["key"]}]}`,
		fix:    "Take the alias out.",
	},
	{
		id: "reader-field-missing-default-value", title: "A new field has no default",
		why:    "Avro's READER_FIELD_MISSING_DEFAULT_VALUE: data that was written before does not hold the field.",
		before: `{"type": "record", "name": "Order", "fields": []}`,
		after:  `{"type": "record", "name": "Order", "fields": [{"name": "coupon", "type": "string"}]}`,
		fix:    "Give the field a default.",
	},
	{
		id: "type-mismatch", title: "A type changed to one that does not read it",
		why:    "Avro's TYPE_MISMATCH: neither the same type nor a promotion. A new field of an enum type that has a default, without one of its own, is refused under this name too.",
		before: `"long"`, after: `"int"`,
		fix: "Keep the type, or add the new one to a union.",
	},
}
