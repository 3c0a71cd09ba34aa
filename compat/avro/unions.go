package avro

import (
	"fmt"

	"github.com/nexus-blueprint/nexus/compat"
)

// unions compares two schemas of which at least one is a union. A schema that is
// none counts as a union of itself.
func (d *differ) unions(old, next use) {
	before, after := branchesOf(old), branchesOf(next)
	partners := branchPartners(before, after)
	if len(partners) == 0 && len(before) == 1 && len(after) > 0 && old.kind != unionKind ||
		len(partners) == 0 && len(after) == 1 && len(before) > 0 && next.kind != unionKind {
		d.unionReplaced(old, next, before, after)
		return
	}
	kept := map[int]bool{}
	for j, branch := range after {
		i, ok := partners[j]
		if !ok {
			d.branchAdded(old, next, branch)
			continue
		}
		kept[i] = true
		d.pair(before[i], branch, blame{
			backward: []mismatch{{branchMissing, old.node, next.node, before[i].label()}},
			forward:  []mismatch{{branchMissing, next.node, old.node, branch.label()}},
		})
	}
	for i, branch := range before {
		if !kept[i] {
			d.branchRemoved(old, next, branch)
		}
	}
}

func branchesOf(u use) []use {
	if u.kind == unionKind {
		return u.branches
	}
	return []use{u}
}

// unionReplaced reports a schema and a union that have nothing in common.
func (d *differ) unionReplaced(old, next use, before, after []use) {
	x := difference{
		rule: ruleTypeChanged, kind: compat.TypeChanged, oldAt: old.site, newAt: next.site,
		before: old.describe(), after: next.describe(), old: old, next: next,
		message: fmt.Sprintf("%s: the type changed from %s to %s", within(next.site), old.describe(), next.describe()),
	}
	for _, b := range before {
		x.blame.backward = append(x.blame.backward, mismatch{branchMissing, old.node, next.node, b.label()})
	}
	for _, b := range after {
		x.blame.forward = append(x.blame.forward, mismatch{branchMissing, next.node, old.node, b.label()})
	}
	d.add(x)
}

func (d *differ) branchAdded(old, next, branch use) {
	x := difference{
		rule: ruleBranchAdded, kind: compat.TypeChanged, oldAt: old.site, newAt: branch.site, after: branch.label(), old: old, next: next,
		message: fmt.Sprintf("%s: the union got the branch %s", within(next.site), branch.describe()),
		blame:   blame{forward: []mismatch{{branchMissing, next.node, old.node, branch.label()}}},
	}
	if branch.kind == nullKind {
		x.rule, x.kind = ruleMadeOptional, compat.MadeOptional
		x.message = fmt.Sprintf("%s: it may now be null", within(next.site))
	}
	d.add(x)
}

func (d *differ) branchRemoved(old, next, branch use) {
	x := difference{
		rule: ruleBranchRemoved, kind: compat.TypeChanged, oldAt: branch.site, newAt: next.site, id: branch.site, before: branch.label(), old: old, next: next,
		message: fmt.Sprintf("%s: the union lost the branch %s", within(next.site), branch.describe()),
		blame:   blame{backward: []mismatch{{branchMissing, old.node, next.node, branch.label()}}},
	}
	if branch.kind == nullKind {
		x.rule, x.kind = ruleMadeRequired, compat.MadeRequired
		x.message = fmt.Sprintf("%s: it may no longer be null", within(next.site))
	}
	d.add(x)
}
