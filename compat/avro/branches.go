package avro

import "slices"

// indexBranches sorts the branches of a union, so that the few that a writer's
// schema may mean are found without a look at all of them: hundreds of records
// in one union are common where a topic carries many events.
func (n *node) indexBranches() {
	for i, b := range n.branches {
		if !b.kind.named() {
			n.unnamed = append(n.unnamed, i)
			continue
		}
		if n.named == nil {
			n.named = make(map[string][]int, len(n.branches))
		}
		n.named[b.simple] = append(n.named[b.simple], i)
		for _, alias := range b.aliases {
			if alias != b.simple {
				n.named[alias] = append(n.named[alias], i)
			}
		}
	}
}

// candidates lists the branches of a reader's union, in their order, outside of
// which none resolves a writer's schema that is no union.
func (n *node) candidates(writer *node) []int {
	if !writer.kind.named() {
		return n.unnamed
	}
	bySimple := n.named[writer.simple]
	if writer.name == writer.simple {
		return bySimple
	}
	byAlias := n.named[writer.name]
	switch {
	case len(byAlias) == 0:
		return bySimple
	case len(bySimple) == 0:
		return byAlias
	}
	both := slices.Concat(bySimple, byAlias)
	slices.Sort(both)
	return slices.Compact(both)
}

// closest is the part of a reader's schema that is meant by a writer's schema
// which is no union, whether or not it resolves it: of the same kind, and for
// named schemas of a name that matches, a full one before a short one. nil when
// there is none.
func closest(writer, reader *node) *node {
	if reader.kind != unionKind {
		if meant(writer, reader) {
			return reader
		}
		return nil
	}
	var found *node
	for _, i := range reader.candidates(writer) {
		b := reader.branches[i].node
		if !meant(writer, b) {
			continue
		}
		if !writer.kind.named() || b.name == writer.name {
			return b
		}
		if found == nil {
			found = b
		}
	}
	return found
}

func meant(writer, reader *node) bool {
	return writer.kind == reader.kind && (!writer.kind.named() || namesMatch(writer, reader))
}

// namesMatch follows the specification: the names are equal without their
// namespaces, or the writer's full name is one of the reader's aliases.
func namesMatch(writer, reader *node) bool {
	return writer.simple == reader.simple || slices.Contains(reader.aliases, writer.name)
}

// branchPartners maps the new branches to the old ones that they continue: of
// the same label, else of the same kind and a name that matches either way, else
// one that promotes to the other. When one of each is left that is not null,
// it changed its type.
func branchPartners(before, after []use) map[int]int {
	p := newPairing(before, after)
	p.byLabel()
	p.byLook(func(a, b *node) bool { return meant(a, b) || meant(b, a) })
	p.byLook(func(a, b *node) bool { return promotes(a.kind, b.kind) || promotes(b.kind, a.kind) })
	if i, j := onlyLeft(before, p.old), onlyLeft(after, p.next); i >= 0 && j >= 0 && len(before) > 1 && len(after) > 1 {
		p.partners[j] = i
	}
	return p.partners
}

// pairing finds partners among the branches of two unions.
type pairing struct {
	before, after []use
	partners      map[int]int // by the index in after
	old, next     []int       // the indices that are left, in order
}

func newPairing(before, after []use) *pairing {
	return &pairing{before: before, after: after, partners: make(map[int]int, len(after))}
}

// byLabel pairs branches of the same label, which a union holds once.
func (p *pairing) byLabel() {
	labels := make(map[string]int, len(p.before))
	for i, a := range p.before {
		labels[a.label()] = i
	}
	taken := make([]bool, len(p.before))
	for j, b := range p.after {
		if i, ok := labels[b.label()]; ok && p.before[i].kind == b.kind {
			p.partners[j], taken[i] = i, true
		} else {
			p.next = append(p.next, j)
		}
	}
	for i := range p.before {
		if !taken[i] {
			p.old = append(p.old, i)
		}
	}
}

// byLook pairs each new branch that is left with the first old one that it
// continues.
func (p *pairing) byLook(continues func(a, b *node) bool) {
	var left []int
	for _, j := range p.next {
		at := slices.IndexFunc(p.old, func(i int) bool { return continues(p.before[i].node, p.after[j].node) })
		if at < 0 {
			left = append(left, j)
			continue
		}
		p.partners[j] = p.old[at]
		p.old = slices.Delete(p.old, at, at+1)
	}
	p.next = left
}

// onlyLeft is the one branch, null apart, that is left, or -1.
func onlyLeft(branches []use, left []int) int {
	only := -1
	for _, i := range left {
		if branches[i].kind == nullKind {
			continue
		}
		if only >= 0 {
			return -1
		}
		only = i
	}
	return only
}
