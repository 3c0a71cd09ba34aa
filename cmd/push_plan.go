package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/nexus-blueprint/nexus/registry"
	"github.com/nexus-blueprint/nexus/schema"
)

// plan is what a push is about, sorted by subject.
type plan []*node

// node is one subject of a push.
type node struct {
	subject  string
	isNew    bool
	known    []string  // the registry's versions before the push
	versions []planned // oldest first
	failed   *planned  // the version that the registry did not take
	done     bool
}

// planned is one version of a subject and what it refers to.
type planned struct {
	schema schema.Schema
	result pushed
	refers []reference
}

// reference is a name that a schema uses and the subject that it means.
type reference struct {
	name   string
	target *node
}

// referrer is a parsed schema that tells which documents it refers to itself.
type referrer interface{ References() []schema.Reference }

// plan reads what is pushed once more, and what the registry holds of it.
func (p *push) plan(ctx context.Context) (plan, error) {
	var pairs []int
	var names []string
	for i, o := range p.outcomes {
		if !o.empty() && o.status != deleted && o.status != uncheckable {
			pairs, names = append(pairs, i), append(names, p.pairs[i].subject)
		}
	}
	all := make(plan, len(pairs))
	errs := p.app.eachSubject(ctx, names, "planning", func(ctx context.Context, i int) (err error) {
		all[i], err = p.node(ctx, p.pairs[pairs[i]], p.outcomes[pairs[i]])
		return err
	})
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return nil, errs[i]
	}
	if ctx.Err() != nil {
		return nil, nil // the report says that it was interrupted
	}
	return all, p.connect(all)
}

// node reads one subject. Only when its text is not the registry's latest is the
// registry asked what it holds of it.
func (p *push) node(ctx context.Context, pair pair, o outcome) (*node, error) {
	versions, err := p.checked.versions(ctx, pair.subject)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", pair.subject, err)
	}
	n := &node{subject: pair.subject, isNew: o.status == added}
	for _, s := range versions {
		n.versions = append(n.versions, planned{schema: s, result: pushed{Subject: s.Subject, File: s.File, State: left}})
	}
	if n.isNew {
		return n, nil
	}
	history, err := registry.History(ctx, p.baseline, pair.old, len(versions) > 1 || !slices.Contains(o.oldDigests, versions[0].Digest()))
	if errors.Is(err, registry.ErrNotFound) {
		n.isNew = true
		return n, nil
	} else if err != nil {
		return nil, sourceFailure(fmt.Sprintf("reading %s from %s", pair.old, p.baseline.ref), err)
	}
	for _, old := range history {
		n.known = append(n.known, old.Version)
	}
	for i := range n.versions {
		v := &n.versions[i]
		at := slices.IndexFunc(history, func(old schema.Schema) bool { return sameText(old.Text, v.schema.Text) })
		if at >= 0 {
			v.result.Version, v.result.State = history[at].Version, held
		}
	}
	return n, nil
}

// sameText compares schemas as registries do that write JSON without spaces.
func sameText(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// connect finds the subjects that the versions refer to.
func (p *push) connect(all plan) error {
	byFile := map[string]*node{}
	for _, n := range all {
		for _, v := range n.versions {
			byFile[v.schema.File] = n
		}
	}
	for _, n := range all {
		for i := range n.versions {
			if err := p.connectVersion(n, &n.versions[i], byFile); err != nil {
				return err
			}
		}
	}
	return all.demandOrder()
}

func (p *push) connectVersion(n *node, v *planned, byFile map[string]*node) error {
	if !p.app.refers(v.schema) {
		return nil
	}
	engine, err := p.judge.engine(v.schema.Format)
	if err != nil {
		return err
	}
	parsed, err := engine.Parse(v.schema)
	if err != nil {
		return err
	}
	from, ok := parsed.(referrer)
	if !ok {
		return nil
	}
	for _, r := range from.References() {
		target := byFile[r.File]
		switch {
		case target == n:
		case target == nil:
			return unchecked(fmt.Errorf("pushing %s: it refers to %s, which is not pushed with it", n.subject, r.File),
				"name a PATH that holds both")
		case !slices.ContainsFunc(v.refers, func(known reference) bool { return known.name == r.Name }):
			v.refers = append(v.refers, reference{r.Name, target})
		}
	}
	return nil
}

// demandOrder refuses subjects that refer to each other: none of them could be
// the first.
func (all plan) demandOrder() error {
	finished := map[*node]bool{}
	for before := -1; before < len(finished); {
		before = len(finished)
		for _, n := range all {
			if !n.waitsFor(func(target *node) bool { return !finished[target] }) {
				finished[n] = true
			}
		}
	}
	for _, n := range all {
		if !finished[n] {
			return unchecked(fmt.Errorf("pushing %s: it refers to a schema that refers back to it, and a registry takes one after the other", n.subject),
				"move what both need into a schema of its own")
		}
	}
	return nil
}

// waitsFor reports whether any subject that a node refers to is so.
func (n *node) waitsFor(is func(*node) bool) bool {
	return slices.ContainsFunc(n.versions, func(v planned) bool {
		return slices.ContainsFunc(v.refers, func(r reference) bool { return is(r.target) })
	})
}

// ready lists what can be registered now: what it refers to is there.
func (all plan) ready() []*node {
	var list []*node
	for _, n := range all {
		missing := n.waitsFor(func(target *node) bool { return !target.done || target.newest().Version == "" })
		if !n.done && !missing {
			list = append(list, n)
		}
	}
	return list
}

func (n *node) newest() *pushed { return &n.versions[len(n.versions)-1].result }

// settled reports whether the registry holds a version as it is. The same text
// means something else once what it refers to is another version.
func (v *planned) settled() bool {
	return v.result.State == held && !slices.ContainsFunc(v.refers, func(r reference) bool {
		return r.target.newest().State == registered || r.target.newest().State == wouldRegister
	})
}

// references are what a registry is told.
func (v *planned) references() []schema.Reference {
	var list []schema.Reference
	for _, r := range v.refers {
		at := r.target.newest()
		list = append(list, schema.Reference{Name: r.name, Subject: r.target.subject, Version: at.Version, File: at.File})
	}
	return list
}

// foresee says what a push would do.
func (all plan) foresee() {
	for changed := true; changed; {
		changed = false
		for _, n := range all {
			for i := range n.versions {
				if v := &n.versions[i]; v.result.State != wouldRegister && !v.settled() {
					v.result.State, changed = wouldRegister, true
				}
			}
		}
	}
}

// results lists every version of the plan.
func (all plan) results() []pushed {
	list := []pushed{}
	for _, n := range all {
		for _, v := range n.versions {
			list = append(list, v.result)
		}
	}
	return list
}

// sourceFailureOf is the registry's own error in err, or nil.
func sourceFailureOf(err error) *registry.Error {
	known, _ := errors.AsType[*registry.Error](err)
	return known
}
