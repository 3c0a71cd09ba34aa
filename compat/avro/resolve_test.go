package avro

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/nexus-blueprint/nexus/compat"
)

// B resolves as long as A does, and A does not: what was found out about B while
// A was relied upon must not outlive it.
func TestReliedUponPairIsRefuted(t *testing.T) {
	const b = `["null", {"type": "record", "name": "B", "fields": [{"name": "a", "type": ["null", "A"]}]}]`
	version := func(x, other string) string {
		a := `{"type": "record", "name": "A", "fields": [{"name": "b", "type": ` + b + `}, {"name": "x", "type": "` + x + `"}]}`
		return `{"type": "record", "name": "R", "fields": [{"name": "p", "type": [` + a + other + `]}, {"name": "q", "type": "B"}]}`
	}
	e := newEngine(t)
	old := parseText(t, e, version("int", ""))
	next := parseText(t, e, version("boolean", `, {"type": "record", "name": "M", "aliases": ["A"], "fields": []}`))
	if got := mustCompare(t, e, old, next).Backward.Verdict; got != compat.Breaking {
		t.Errorf("got %s, want it to break: q.a.x is no boolean", got)
	}
}

// The resolver finds the greatest fixpoint, whatever the order it meets the
// pairs in.
func TestResolverAgainstFixpoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		writers, readers := drawRecords(t, "writer"), drawRecords(t, "reader")
		want := fixpoint(writers, readers)
		r := newResolver(unstoppable())
		for _, w := range writers {
			for _, reader := range readers {
				if got := r.resolves(w, reader); got != want[nodePair{w, reader}] {
					t.Fatalf("%s read as %s: got %v, want %v", w.name, reader.name, got, !got)
				}
			}
		}
	})
}

// drawRecords draws records that refer to one another at will. They share their
// simple names, so that a union has several branches to read one with.
func drawRecords(t *rapid.T, side string) []*node {
	records := make([]*node, 6)
	for i := range records {
		simple := fmt.Sprintf("R%d", i%2)
		records[i] = &node{kind: recordKind, name: fmt.Sprintf("%s%d.%s", side, i, simple), simple: simple, byName: map[string]*field{}}
	}
	inner := slices.Clone(records)
	for range 4 {
		n := &node{kind: unionKind}
		for _, b := range rapid.SliceOfNDistinct(rapid.SampledFrom(records), 1, 4, rapid.ID[*node]).Draw(t, "union") {
			n.branches = append(n.branches, use{node: b})
		}
		n.indexBranches()
		inner = append(inner, n)
	}
	plain := []*node{{kind: intKind}, {kind: longKind}}
	for _, r := range records {
		for i, types := range [][]*node{inner, inner, plain} {
			f := &field{name: fmt.Sprintf("f%d", i), index: i, typ: use{node: rapid.SampledFrom(types).Draw(t, "type")}}
			r.fields, r.byName[f.name] = append(r.fields, f), f
		}
	}
	return records
}

// fixpoint takes all pairs of records to resolve, and takes away those that do
// not until none is left.
func fixpoint(writers, readers []*node) map[nodePair]bool {
	known := map[nodePair]bool{}
	for _, w := range writers {
		for _, r := range readers {
			known[nodePair{w, r}] = true
		}
	}
	for {
		next := map[nodePair]bool{}
		for pair, holds := range known {
			next[pair] = holds && namesMatch(pair.writer, pair.reader)
			for _, f := range pair.reader.fields {
				next[pair] = next[pair] && fits(known, pair.writer.byName[f.name].typ.node, f.typ.node)
			}
		}
		if maps.Equal(known, next) {
			return known
		}
		known = next
	}
}

// fits judges a pair of any kind, given which pairs of records resolve.
func fits(known map[nodePair]bool, w, r *node) bool {
	switch {
	case w.kind == unionKind:
		for _, b := range w.branches {
			if !fits(known, b.node, r) {
				return false
			}
		}
		return true
	case r.kind == unionKind:
		for _, b := range r.branches {
			if fits(known, w, b.node) {
				return true
			}
		}
		return false
	case w.kind == recordKind && r.kind == recordKind:
		return known[nodePair{w, r}]
	}
	return w.kind == r.kind || promotes(w.kind, r.kind)
}
