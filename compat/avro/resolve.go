package avro

import "slices"

// why is the reason of a mismatch between a writer's and a reader's schema.
type why int

const (
	kindDiffers    why = iota // neither the same kind nor a promotion
	nameDiffers               // of a record, an enum or a fixed
	sizeDiffers               // of a fixed
	decimalDiffers            // precision or scale
	symbolMissing             // item: the writer's symbol
	fieldMissing              // item: the reader's field
	fieldAmbiguous            // item: the reader's field
	branchMissing             // item: the label of the writer's branch, or of the writer
)

// mismatch is one thing that keeps a reader from resolving a writer's data.
type mismatch struct {
	why            why
	writer, reader *node
	item           string
}

// promotions lists what a reader may take a writer's kind for (specification,
// "Schema Resolution").
var promotions = map[kind][]kind{
	intKind: {longKind, floatKind, doubleKind}, longKind: {floatKind, doubleKind}, floatKind: {doubleKind},
	stringKind: {bytesKind}, bytesKind: {stringKind},
}

func promotes(writer, reader kind) bool { return slices.Contains(promotions[writer], reader) }

type nodePair struct{ writer, reader *node }

// resolver answers whether a reader resolves whatever a writer can write.
//
// Recursive schemas make that a greatest fixpoint: a pair that is met inside
// itself resolves unless something else speaks against it. When a pair that was
// relied upon in this way turns out not to resolve, what was found to resolve
// meanwhile is forgotten; what was found not to, had every chance.
type resolver struct {
	// java judges as the Java implementation's SchemaCompatibility does, which
	// knows nothing of logical types and never goes back on what it relied upon.
	java     bool
	progress *progress
	refuted  map[nodePair]bool
	met      map[nodePair]bool // in progress, or found to resolve
	open     map[nodePair]bool // in progress
	relied   map[nodePair]bool // met again while in progress
	trail    []nodePair        // what was met since the outermost pair in progress
}

func newResolver(p *progress) *resolver {
	return &resolver{
		progress: p, refuted: map[nodePair]bool{}, met: map[nodePair]bool{},
		open: map[nodePair]bool{}, relied: map[nodePair]bool{},
	}
}

// newJavaResolver returns a resolver that judges as Java does.
func newJavaResolver() *resolver {
	r := newResolver(unstoppable())
	r.java = true
	return r
}

// resolves judges a pair and all below it, in the terms of what is known so far.
// It means nothing when the run is interrupted.
func (r *resolver) resolves(writer, reader *node) bool {
	switch {
	case r.progress.stopped():
		return false
	case writer == reader:
		return true
	case writer.kind == unionKind:
		for _, b := range writer.branches {
			if !r.resolves(b.node, reader) {
				return false
			}
		}
		return true
	case reader.kind == unionKind:
		return r.branch(writer, reader) != nil
	case writer.kind != reader.kind:
		return promotes(writer.kind, reader.kind)
	}
	switch writer.kind {
	case recordKind:
		return namesMatch(writer, reader) && r.record(writer, reader)
	case enumKind:
		return namesMatch(writer, reader) && (reader.fallback != "" || len(lostSymbols(writer, reader)) == 0)
	case fixedKind:
		return namesMatch(writer, reader) && writer.size == reader.size && r.sameDecimal(writer, reader)
	case arrayKind, mapKind:
		return r.resolves(writer.items.node, reader.items.node)
	case bytesKind:
		return r.sameDecimal(writer, reader)
	}
	return true
}

// branch is the first branch of a reader's union that resolves a writer's schema
// which is no union, or nil.
func (r *resolver) branch(writer, reader *node) *node {
	same := closest(writer, reader)
	if same != nil && r.resolves(writer, same) {
		return same
	}
	for _, i := range reader.candidates(writer) {
		if b := reader.branches[i].node; b != same && r.resolves(writer, b) {
			return b
		}
	}
	return nil
}

func (r *resolver) record(writer, reader *node) bool {
	pair := nodePair{writer, reader}
	switch {
	case r.refuted[pair]:
		return false
	case r.met[pair]:
		if r.open[pair] {
			r.relied[pair] = true
		}
		return true
	}
	start := len(r.trail)
	r.trail = append(r.trail, pair)
	r.met[pair], r.open[pair] = true, true
	resolves := r.fields(writer, reader)
	delete(r.open, pair)
	if !resolves {
		r.refute(pair, start)
	}
	delete(r.relied, pair)
	if start == 0 {
		r.trail = r.trail[:0] // nothing in progress is left to rely on
	}
	return resolves
}

// refute notes that a pair does not resolve, and forgets what relied on it: some
// of the pairs that were met since, which stand on the trail from start on.
func (r *resolver) refute(pair nodePair, start int) {
	r.refuted[pair] = true
	delete(r.met, pair)
	if !r.relied[pair] || r.java {
		return
	}
	for _, inner := range r.trail[start:] {
		delete(r.met, inner)
	}
	r.trail = r.trail[:start]
}

func (r *resolver) fields(writer, reader *node) bool {
	for _, f := range reader.fields {
		source, ambiguous := sourceOf(f, writer)
		switch {
		case ambiguous, source == nil && !f.hasDefault:
			return false
		case source != nil && !r.resolves(source.typ.node, f.typ.node):
			return false
		}
	}
	return true
}

// sourceOf finds the writer's field that fills in a reader's field: the one of
// its name, or of one of its aliases. It is ambiguous when there are several.
func sourceOf(f *field, writer *node) (source *field, ambiguous bool) {
	source = writer.byName[f.name]
	for _, alias := range f.aliases {
		other := writer.byName[alias]
		if source != nil && other != nil {
			return source, true
		}
		if other != nil {
			source = other
		}
	}
	return source, false
}

// sameDecimal holds two decimals against each other; any other logical types
// match.
func (r *resolver) sameDecimal(writer, reader *node) bool {
	return r.java || !writer.isDecimal() || !reader.isDecimal() || writer.precision == reader.precision && writer.scale == reader.scale
}

// lostSymbols lists the writer's symbols that a reader's enum does not have.
func lostSymbols(writer, reader *node) []string {
	var lost []string
	for _, s := range writer.symbols {
		if !reader.hasSymbol[s] {
			lost = append(lost, s)
		}
	}
	return lost
}

// failure is a mismatch and the way that a datum takes to it.
type failure struct {
	mismatch
	way *step
}

// step is one step of the way from the root of the writer's schema into a datum.
type step struct {
	before *step
	from   *node  // the writer's schema that the step leaves
	index  int    // of the field or the branch
	into   *field // the reader's field that the writer's fills in
}

// failures lists every mismatch between two schemas, the shortest way first.
// What resolves by another branch of a union is none.
func (r *resolver) failures(writer, reader *node) []failure {
	if r.resolves(writer, reader) {
		return nil
	}
	c := &collector{resolver: r, seen: map[nodePair]bool{}}
	c.visit(writer, reader, nil)
	for len(c.queue) > 0 && !r.progress.stopped() {
		next := c.queue[0]
		c.queue = c.queue[1:]
		c.pair(next.writer, next.reader, next.way)
	}
	return c.found
}

type collector struct {
	*resolver
	seen  map[nodePair]bool
	queue []failure // pairs that wait to be looked at, mismatch.why unset
	found []failure
}

func (c *collector) visit(writer, reader *node, way *step) {
	pair := nodePair{writer, reader}
	if c.seen[pair] || c.resolves(writer, reader) {
		return
	}
	c.seen[pair] = true
	c.queue = append(c.queue, failure{mismatch{writer: writer, reader: reader}, way})
}

func (c *collector) fail(why why, writer, reader *node, item string, way *step) {
	c.found = append(c.found, failure{mismatch{why, writer, reader, item}, way})
}

// pair lists the mismatches of a pair itself and queues the pairs below it.
func (c *collector) pair(w, r *node, way *step) {
	switch {
	case w.kind == unionKind:
		for i, b := range w.branches {
			if !c.resolves(b.node, r) {
				c.branchOf(b.node, w, r, &step{before: way, from: w, index: i})
			}
		}
		return
	case r.kind == unionKind:
		c.branchOf(w, w, r, way)
		return
	case w.kind != r.kind:
		c.fail(kindDiffers, w, r, "", way)
		return
	case w.kind == arrayKind || w.kind == mapKind:
		c.visit(w.items.node, r.items.node, &step{before: way, from: w})
		return
	}
	if w.kind.named() && !namesMatch(w, r) {
		c.fail(nameDiffers, w, r, "", way)
	}
	switch w.kind {
	case recordKind:
		c.recordPair(w, r, way)
	case enumKind:
		if r.fallback == "" {
			for _, s := range lostSymbols(w, r) {
				c.fail(symbolMissing, w, r, s, way)
			}
		}
	case fixedKind:
		if w.size != r.size {
			c.fail(sizeDiffers, w, r, "", way)
		}
	}
	if !c.sameDecimal(w, r) {
		c.fail(decimalDiffers, w, r, "", way)
	}
}

// branchOf looks at a branch w of a writer's schema from, a union or w itself.
func (c *collector) branchOf(w, from, r *node, way *step) {
	if same := closest(w, r); same != nil {
		c.visit(w, same, way)
		return
	}
	c.fail(branchMissing, from, r, w.label(), way)
}

func (c *collector) recordPair(w, r *node, way *step) {
	for _, f := range r.fields {
		source, ambiguous := sourceOf(f, w)
		switch {
		case ambiguous:
			c.fail(fieldAmbiguous, w, r, f.name, way)
		case source != nil:
			c.visit(source.typ.node, f.typ.node, &step{way, w, source.index, f})
		case !f.hasDefault:
			c.fail(fieldMissing, w, r, f.name, way)
		}
	}
}
