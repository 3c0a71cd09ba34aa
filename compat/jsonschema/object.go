package jsonschema

import (
	"maps"
	"slices"
)

// objects is what the facts of a branch say of an object.
type objects struct {
	solver    *solver
	holds     []*node
	min, max  int // max -1 for none
	required  map[string][]literal
	first     []string // of the required, those that a fact speaks of
	forbidden map[string]bool
	somewhere []fact // failures of a property that is yet to be found
	not       []*valueSet
	mentioned []string   // every property name that a schema speaks of
	patterns  []*pattern // every pattern that tells properties apart
	doubt     bool       // an answer of unsat would rest on an uncompiled pattern
}

// object solves the facts of a branch for objects.
func (b *branch) object() (any, status) {
	g := &objects{solver: b.solver, holds: b.holds, max: -1, required: map[string][]literal{}, forbidden: map[string]bool{}}
	for _, n := range b.holds {
		g.min = max(g.min, n.minProps)
		g.atMost(n.maxProps)
		for _, name := range n.required {
			if _, ok := g.required[name]; !ok {
				g.required[name] = nil
			}
		}
	}
	for _, f := range b.facts {
		switch f.op {
		case fewProps:
			g.atMost(f.owner.minProps - 1)
		case manyProps:
			g.min = max(g.min, f.owner.maxProps+1)
		case present:
			g.require(f.name)
		case absent:
			g.forbidden[f.name] = true
		case propFails:
			g.require(f.name, mustNot(f.node))
		case patternFails, additionalFails, nameFails:
			g.somewhere = append(g.somewhere, f)
		case notIn:
			g.not = append(g.not, f.set)
		}
	}
	for name := range g.required {
		if g.forbidden[name] {
			return nil, unsat
		}
	}
	if g.max >= 0 && (len(g.required) > g.max || g.min > g.max) {
		return nil, unsat
	}
	for _, name := range g.first {
		if is := g.possible(name, g.required[name]); is == unsat {
			return nil, unsat
		}
	}
	g.survey()
	return g.place(0)
}

func (g *objects) atMost(n int) {
	if n >= 0 && (g.max < 0 || n < g.max) {
		g.max = n
	}
}

func (g *objects) require(name string, literals ...literal) {
	g.required[name] = append(slices.Clip(g.required[name]), literals...)
	g.first = append(g.first, name)
}

// survey collects the names and patterns that tell properties apart. Only a
// search for further properties needs them.
func (g *objects) survey() {
	if len(g.somewhere) == 0 && g.min <= len(g.required) && len(g.not) == 0 {
		return
	}
	names := map[string]bool{}
	owners := slices.Clone(g.holds)
	for _, f := range g.somewhere {
		owners = append(owners, f.owner)
	}
	for _, n := range owners {
		for _, name := range n.names {
			names[name] = true
		}
		for _, p := range n.patterns {
			if !slices.Contains(g.patterns, p.pattern) {
				g.patterns = append(g.patterns, p.pattern)
			}
		}
		if n.propNames != nil {
			for _, set := range n.propNames.follow().enums {
				for _, v := range set.values {
					if name, ok := v.(string); ok {
						names[name] = true
					}
				}
			}
		}
	}
	for name := range g.required {
		names[name] = true
	}
	for name := range g.forbidden {
		names[name] = true
	}
	g.mentioned = sortedKeys(names)
}

// value solves for the value of one property.
func (g *objects) value(name string, extra []literal) (any, status) {
	if g.forbidden[name] {
		return nil, unsat
	}
	var literals []literal
	for _, n := range g.holds {
		applied, sure := n.property(name)
		g.doubt = g.doubt || !sure
		for _, sub := range applied {
			literals = append(literals, must(sub))
		}
		if n.propNames != nil {
			switch n.propNames.accepts(name) {
			case no:
				return nil, unsat
			case unsure:
				g.doubt = true
			}
		}
	}
	return g.solver.solve(append(literals, extra...))
}

func (g *objects) possible(name string, extra []literal) status {
	_, is := g.value(name, extra)
	return is
}

// place finds a property for each failure that may lie in several.
func (g *objects) place(at int) (any, status) {
	if at == len(g.somewhere) {
		return g.fill()
	}
	f := g.somewhere[at]
	verdict := unsat
	for _, name := range g.mentioned {
		if g.max >= 0 && len(g.required) >= g.max {
			if _, ok := g.required[name]; !ok {
				continue
			}
		}
		literals, fits := failureAt(f, name)
		if fits == no {
			continue
		}
		value, is := g.with(name, literals, at)
		if is == sat {
			return value, sat
		}
		if is == unknown || fits == unsure {
			verdict = unknown
		}
		if !g.solver.spend() {
			return nil, unknown
		}
	}
	if g.max >= 0 && len(g.required) >= g.max {
		return nil, verdict
	}
	value, is := g.placeFresh(f, at)
	if is == unsat {
		is = verdict
	}
	return value, is
}

// with tries the rest of the search with one more property.
func (g *objects) with(name string, literals []literal, at int) (any, status) {
	before, had := g.required[name]
	extra := slices.Concat(before, literals)
	if is := g.possible(name, extra); is == unsat {
		return nil, unsat
	}
	g.required[name] = extra
	value, is := g.place(at + 1)
	if had {
		g.required[name] = before
	} else {
		delete(g.required, name)
	}
	return value, is
}

// failureAt says whether a property of this name can be the failure, and what
// its value must then satisfy.
func failureAt(f fact, name string) ([]literal, truth) {
	switch f.op {
	case patternFails:
		return []literal{mustNot(f.node)}, f.at.matches(name)
	case nameFails:
		return nil, f.node.accepts(name).negate()
	}
	if _, declared := f.owner.properties[name]; declared {
		return nil, no
	}
	fits := yes
	for _, p := range f.owner.patterns {
		fits = fits.and(p.pattern.matches(name).negate())
	}
	return []literal{mustNot(f.node)}, fits
}

// maxPatterns bounds how many patterns tell new names apart: each doubles the
// kinds of names to try.
const maxPatterns = 6

// placeFresh lets a property that no schema mentions be the failure, and the
// failures still to come as well where the object has not room for all.
func (g *objects) placeFresh(f fact, at int) (any, status) {
	verdict := unsat
	later := g.somewhere[at+1:]
	for _, failures := range [][]fact{{f}, append([]fact{f}, later...)} {
		for signs := range g.nameKinds() {
			value, is := g.placeFreshOf(failures, signs, at)
			if is == sat {
				return value, sat
			}
			if is == unknown {
				verdict = unknown
			}
			if !g.solver.spend() {
				return nil, unknown
			}
		}
		if len(later) == 0 || g.max < 0 {
			break // separate properties serve as well as one
		}
	}
	if len(g.patterns) > maxPatterns || g.max >= 0 && len(later) > 1 {
		verdict = unknown
	}
	return nil, verdict
}

// placeFreshOf lets one new property of a kind be several failures at once.
func (g *objects) placeFreshOf(failures []fact, signs, at int) (any, status) {
	var values, names []literal
	for _, f := range failures {
		literals, fits := failureOf(f, g.patterns, signs)
		if !fits {
			return nil, unsat
		}
		values = append(values, literals...)
		if f.op == nameFails {
			names = append(names, mustNot(f.node))
		}
	}
	name, is := g.freshName(signs, values, names)
	if is != sat {
		return nil, is
	}
	mentioned := g.mentioned
	g.mentioned = append(slices.Clip(mentioned), name)
	value, is := g.with(name, values, at)
	g.mentioned = mentioned
	return value, is
}

// nameKinds is how many combinations of matching and not matching the patterns
// there are to try.
func (g *objects) nameKinds() int { return 1 << min(len(g.patterns), maxPatterns) }

// failureOf is failureAt for a new name of a kind.
func failureOf(f fact, patterns []*pattern, signs int) ([]literal, bool) {
	matches := func(p *pattern) bool {
		i := slices.Index(patterns, p)
		return i >= 0 && i < maxPatterns && signs&(1<<i) != 0
	}
	switch f.op {
	case patternFails:
		return []literal{mustNot(f.node)}, matches(f.at)
	case nameFails:
		return nil, true
	}
	for _, p := range f.owner.patterns {
		if matches(p.pattern) {
			return nil, false
		}
	}
	return []literal{mustNot(f.node)}, true
}

// freshName finds a name that no schema mentions, matching just the patterns of
// signs, whose value can satisfy everything that then applies to it.
func (g *objects) freshName(signs int, valueExtra, nameExtra []literal) (string, status) {
	literals := slices.Clone(valueExtra)
	names := append(slices.Clone(nameExtra), mustNot(g.solver.classes.oneOf(texts(g.mentioned))))
	for i, p := range g.patterns {
		if i >= maxPatterns {
			break
		}
		if signs&(1<<i) != 0 {
			names = append(names, must(g.solver.classes.matching(p)))
		} else {
			names = append(names, mustNot(g.solver.classes.matching(p)))
		}
	}
	for _, n := range g.holds {
		declared := false
		for _, p := range n.patterns {
			if i := slices.Index(g.patterns, p.pattern); i >= 0 && i < maxPatterns && signs&(1<<i) != 0 {
				literals, declared = append(literals, must(p.node)), true
			}
		}
		if !declared && n.additional != nil {
			literals = append(literals, must(n.additional))
		}
		if n.propNames != nil {
			names = append(names, must(n.propNames))
		}
	}
	if _, is := g.solver.solve(literals); is != sat {
		return "", is
	}
	simple, contradiction := g.solver.simplify(names)
	if contradiction {
		return "", unsat
	}
	// A name that can be seen reads better than the empty one.
	name, is := g.solver.solveKind(stringKind, append(slices.Clip(simple), must(g.solver.classes.nonEmpty())))
	if is == unsat {
		name, is = g.solver.solveKind(stringKind, simple)
	}
	if is != sat {
		return "", is
	}
	return name.(string), sat
}

func texts(names []string) []any {
	all := make([]any, len(names))
	for i, name := range names {
		all[i] = name
	}
	return all
}

// fill solves for the values of the required properties and adds others where
// too few are required.
func (g *objects) fill() (any, status) {
	if g.max >= 0 && len(g.required) > g.max {
		return nil, unsat
	}
	object := make(map[string]any, len(g.required))
	verdict := sat
	for _, name := range sortedKeys(g.required) {
		value, is := g.value(name, g.required[name])
		switch is {
		case unsat:
			return nil, unsat
		case unknown:
			verdict = unknown
		}
		object[name] = value
	}
	if verdict == unknown {
		return nil, unknown
	}
	for len(object) < g.min {
		if len(object) > maxArray {
			return nil, unknown
		}
		if is := g.grow(object); is != sat {
			return nil, is
		}
	}
	if g.excluded(object) {
		return g.vary(object)
	}
	return object, sat
}

// grow adds one property that nothing asks for.
func (g *objects) grow(object map[string]any) status {
	verdict := unsat
	for _, name := range g.mentioned {
		if _, ok := object[name]; ok {
			continue
		}
		value, is := g.value(name, nil)
		if is == sat {
			object[name] = value
			return sat
		}
		if is == unknown {
			verdict = unknown
		}
	}
	for signs := range g.nameKinds() {
		name, is := g.freshName(signs, nil, nil)
		if is == sat {
			g.mentioned = append(slices.Clip(g.mentioned), name)
			var value any
			if value, is = g.value(name, nil); is == sat {
				object[name] = value
				return sat
			}
		}
		if is == unknown {
			verdict = unknown
		}
	}
	if g.doubt || len(g.patterns) > maxPatterns {
		verdict = unknown
	}
	return verdict
}

func (g *objects) excluded(object map[string]any) bool {
	return slices.ContainsFunc(g.not, func(set *valueSet) bool { return set.has(object) })
}

// vary changes a value, or adds a property, to get away from the excluded
// objects. It proves nothing when it fails, except that an object which can
// hold nothing has no other form.
func (g *objects) vary(object map[string]any) (any, status) {
	for _, name := range sortedKeys(object) {
		tried := []any{object[name]}
		for range len(g.not) + 2 {
			value, is := g.value(name, append(slices.Clone(g.required[name]), mustNot(g.solver.classes.oneOf(tried))))
			if is != sat {
				break
			}
			other := maps.Clone(object)
			other[name] = value
			if !g.excluded(other) {
				return other, sat
			}
			tried = append(tried, value)
		}
	}
	alone := len(object) == 0
	for range 8 {
		if g.max >= 0 && len(object) >= g.max {
			break
		}
		object = maps.Clone(object)
		is := g.grow(object)
		if is != sat {
			if is == unsat && alone {
				return nil, unsat
			}
			break
		}
		if !g.excluded(object) {
			return object, sat
		}
	}
	if alone && g.max == 0 {
		return nil, unsat
	}
	return nil, unknown
}
