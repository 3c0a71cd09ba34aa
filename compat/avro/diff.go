package avro

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/document"
)

// change is a difference between two versions, with the mismatches that it is to
// blame for.
type change struct {
	compat.Change
	backward, forward []mismatch
	old, next         use // where it was found
}

func (c *change) causes(d compat.Direction) []mismatch {
	if d == compat.ForwardDirection {
		return c.forward
	}
	return c.backward
}

// differ walks two versions side by side and lists what differs. It judges
// nothing.
type differ struct {
	progress *progress
	seen     map[nodePair]bool
	direct   map[nodePair][]int // the changes of a named pair itself
	changes  []change
}

func diff(p *progress, old, next use) []change {
	d := &differ{progress: p, seen: map[nodePair]bool{}, direct: map[nodePair][]int{}}
	d.pair(old, next, blame{})
	return d.changes
}

// blame holds the mismatches that a change of a union's branch causes for the
// union around it, beside its own.
type blame struct{ backward, forward []mismatch }

// both is a mismatch that a pair has in either direction.
func (b blame) both(why why, old, next *node) blame {
	return blame{
		append(slices.Clip(b.backward), mismatch{why, old, next, ""}),
		append(slices.Clip(b.forward), mismatch{why, next, old, ""}),
	}
}

// blameToo adds what the changes of a pair cause in a further union around it.
func (d *differ) blameToo(pair nodePair, outer blame) {
	for _, i := range d.direct[pair] {
		c := &d.changes[i]
		c.backward, c.forward = append(c.backward, outer.backward...), append(c.forward, outer.forward...)
	}
}

// difference is what add needs to know of a change.
type difference struct {
	rule          string
	kind          compat.Kind
	oldAt, newAt  place // the places to show
	id            place // the place that identifies it; newAt if unset
	before, after any
	message       string
	field         *compat.Field
	old, next     use
	blame         blame
	direct        bool // it is about the pair itself, not about a part of it
}

func (d *differ) add(x difference) {
	if x.id.file == nil {
		x.id = x.newAt
	}
	if pair := (nodePair{x.old.node, x.next.node}); x.direct {
		d.direct[pair] = append(d.direct[pair], len(d.changes))
	}
	d.changes = append(d.changes, change{
		Change: compat.Change{
			Rule: x.rule, Kind: x.kind, Pointer: x.id.identity(), OldPointer: x.oldAt.surviving().shown(), NewPointer: x.newAt.surviving().shown(),
			Before: x.before, After: x.after, Message: x.message, Field: x.field,
		},
		backward: x.blame.backward, forward: x.blame.forward, old: x.old, next: x.next,
	})
}

// pair compares two schemas that stand for one another.
func (d *differ) pair(old, next use, outer blame) {
	if d.progress.stopped() {
		return
	}
	if old.kind.named() || next.kind.named() {
		pair := nodePair{old.node, next.node}
		if d.seen[pair] {
			d.blameToo(pair, outer)
			return
		}
		d.seen[pair] = true
	}
	switch {
	case old.kind == unionKind || next.kind == unionKind:
		d.unions(old, next)
		return
	case old.kind != next.kind:
		d.kinds(old, next, outer)
		return
	}
	switch old.kind {
	case recordKind:
		d.names(old, next, outer)
		d.fields(old, next)
	case enumKind:
		d.names(old, next, outer)
		d.symbols(old, next)
	case fixedKind:
		d.names(old, next, outer)
		d.size(old, next, outer)
	case arrayKind, mapKind:
		d.pair(old.items, next.items, blame{})
	}
	d.logicalTypes(old, next, outer)
}

// kinds reports schemas of different kinds.
func (d *differ) kinds(old, next use, outer blame) {
	d.add(difference{
		rule: ruleTypeChanged, kind: compat.TypeChanged, oldAt: old.site, newAt: next.site,
		before: old.describe(), after: next.describe(), old: old, next: next,
		message: fmt.Sprintf("%s: the type changed from %s to %s", within(next.site), old.describe(), next.describe()),
		blame:   outer.both(kindDiffers, old.node, next.node), direct: true,
	})
	if promotes(old.kind, next.kind) || promotes(next.kind, old.kind) {
		d.logicalTypes(old, next, outer)
	}
}

// within names the place of a change for a message: the field, or the record
// around it.
func within(at place) string {
	tokens := document.Split(at.path)
	for i := len(tokens) - 1; i > 0; i-- {
		if tokens[i-1] == "fields" {
			return tokens[i]
		}
	}
	return "the schema"
}

// names compares the names of two records, enums or fixed, and their aliases.
func (d *differ) names(old, next use, outer blame) {
	if old.name != next.name {
		d.renamed(old, next, outer)
	}
	d.aliases(old, next, old.at, next.at, old.aliases, next.aliases, nil)
}

func (d *differ) renamed(old, next use, outer blame) {
	x := difference{
		oldAt: old.at.member("name"), newAt: next.at.member("name"), before: old.name, after: next.name, old: old, next: next,
	}
	switch {
	case unqualified(old.name) == unqualified(next.name):
		x.rule, x.kind = ruleNamespaceChanged, compat.Other
		x.message = fmt.Sprintf("the namespace of %s %s changed from %q to %q", old.kind, unqualified(next.name), namespaceOf(old.name), namespaceOf(next.name))
		d.add(x)
	default:
		aliased := slices.Contains(next.aliases, old.name)
		x.rule, x.kind = ruleNameChanged, compat.Renamed
		x.field = &compat.Field{Name: next.name, Reserved: aliased}
		x.message = fmt.Sprintf("the %s %s was renamed to %s%s", old.kind, old.name, next.name, aliasWords(aliased, "the old name"))
		x.blame, x.direct = outer.both(nameDiffers, old.node, next.node), true
		d.add(x)
	}
}

func aliasWords(aliased bool, what string) string {
	if aliased {
		return " and keeps " + what + " as an alias"
	}
	return ""
}

// aliases reports aliases that came or went, but for the one that a renaming
// explains.
func (d *differ) aliases(old, next use, oldAt, newAt place, before, after []string, causes []mismatch) {
	var words []string
	for _, a := range after {
		if !slices.Contains(before, a) {
			words = append(words, fmt.Sprintf("%q was added", a))
		}
	}
	lost := false
	for _, a := range before {
		if !slices.Contains(after, a) {
			lost = true
			words = append(words, fmt.Sprintf("%q was removed", a))
		}
	}
	if len(words) == 0 || !lost && len(causes) == 0 {
		return
	}
	d.add(difference{
		rule: ruleAliasesChanged, kind: compat.Other, oldAt: oldAt.member("aliases"), newAt: newAt.member("aliases"),
		before: listOf(before), after: listOf(after), old: old, next: next,
		message: fmt.Sprintf("%s: the alias %s", within(newAt), strings.Join(words, ", ")),
		blame:   blame{backward: causes, forward: nil},
	})
}

// listOf is a list as a JSON value.
func listOf(texts []string) any {
	list := make([]any, len(texts))
	for i, t := range texts {
		list[i] = t
	}
	return list
}

// symbols compares two enums.
func (d *differ) symbols(old, next use) {
	if slices.Equal(old.symbols, next.symbols) && old.fallback == next.fallback {
		return
	}
	oldAt, newAt := old.at.member("symbols"), next.at.member("symbols")
	for i, s := range old.symbols {
		if next.hasSymbol[s] {
			continue
		}
		at := elementOf(oldAt, i, s)
		d.add(difference{
			rule: ruleSymbolRemoved, kind: compat.ValuesNarrowed, oldAt: at, newAt: newAt, id: at, before: s, old: old, next: next,
			message: fmt.Sprintf("the enum %s lost the symbol %q%s", next.name, s, fallbackWords(next.node)),
			blame:   blame{backward: []mismatch{{symbolMissing, old.node, next.node, s}}},
		})
	}
	for i, s := range next.symbols {
		if old.hasSymbol[s] {
			continue
		}
		d.add(difference{
			rule: ruleSymbolAdded, kind: compat.Other, oldAt: oldAt, newAt: elementOf(newAt, i, s), after: s, old: old, next: next,
			message: fmt.Sprintf("the enum %s got the symbol %q", next.name, s),
			blame:   blame{forward: []mismatch{{symbolMissing, next.node, old.node, s}}},
		})
	}
	if old.fallback == next.fallback {
		return
	}
	x := difference{
		rule: ruleDefaultChanged, kind: compat.Other, oldAt: old.at.member("default"), newAt: next.at.member("default"),
		before: textOrNil(old.fallback), after: textOrNil(next.fallback), old: old, next: next,
		message: fmt.Sprintf("the default of the enum %s changed from %s to %s", next.name, quotedOr(old.fallback, "none"), quotedOr(next.fallback, "none")),
	}
	if next.fallback == "" {
		x.rule, x.kind = ruleDefaultRemoved, compat.DefaultRemoved
		x.message = fmt.Sprintf("the enum %s lost its default %q", next.name, old.fallback)
	}
	d.add(x)
}

func fallbackWords(n *node) string {
	if n.fallback == "" {
		return ""
	}
	return fmt.Sprintf("; it is read as the default %q", n.fallback)
}

func textOrNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func quotedOr(text, other string) string {
	if text == "" {
		return other
	}
	return fmt.Sprintf("%q", text)
}

func (d *differ) size(old, next use, outer blame) {
	if old.size == next.size {
		return
	}
	d.add(difference{
		rule: ruleSizeChanged, kind: compat.TypeChanged, oldAt: old.at.member("size"), newAt: next.at.member("size"),
		before: old.size, after: next.size, old: old, next: next,
		message: fmt.Sprintf("the fixed %s changed from %d to %d bytes", next.name, old.size, next.size),
		blame:   outer.both(sizeDiffers, old.node, next.node), direct: true,
	})
}

// logicalTypes compares what two schemas mean beyond their encoding.
func (d *differ) logicalTypes(old, next use, outer blame) {
	if old.logical == next.logical && old.precision == next.precision && old.scale == next.scale {
		return
	}
	x := difference{
		rule: ruleLogicalTypeChanged, kind: compat.Other, oldAt: old.at.member("logicalType"), newAt: next.at.member("logicalType"),
		id: next.site, before: old.meaning(), after: next.meaning(), old: old, next: next,
	}
	switch {
	case old.isDecimal() && next.isDecimal():
		key := "scale"
		if old.precision != next.precision {
			key = "precision"
		}
		x.rule, x.kind, x.oldAt, x.newAt = ruleDecimalChanged, compat.TypeChanged, old.at.member(key), next.at.member(key)
		x.message = fmt.Sprintf("%s: the decimal changed from %s to %s", within(next.site), x.before, x.after)
		x.blame, x.direct = outer.both(decimalDiffers, old.node, next.node), true
	default:
		x.message = fmt.Sprintf("%s: the logical type changed from %s to %s, and no reader notices", within(next.site), x.before, x.after)
	}
	d.add(x)
}

// meaning names a schema with its logical type.
func (n *node) meaning() string {
	switch {
	case n.isDecimal():
		return fmt.Sprintf("decimal(%d, %d)", n.precision, n.scale)
	case n.logical != "":
		return n.logical
	}
	return "plain " + string(n.kind)
}
