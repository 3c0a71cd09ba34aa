package cost

import (
	"cmp"
	"slices"
)

// pricer is what every question about money needs: each type's quote on each path.
// It is not safe for use by several goroutines.
type pricer struct {
	work   *Workload
	a      Assumptions
	paths  []*Path
	quotes [][]*Quote        // by path and type, nil until somebody asks
	curves [][][]figureCurve // the same, what is used at every volume
}

func newPricer(work *Workload, book *Book, a Assumptions) (*pricer, error) {
	paths, err := Paths(book, a)
	if err != nil {
		return nil, err
	}
	return &pricer{work: work, a: a, paths: paths, quotes: make([][]*Quote, len(paths)), curves: make([][][]figureCurve, len(paths))}, nil
}

// quote is what a type would use on a path. A strategy asks for few of all quotes,
// and one takes long enough to count with thousands of types.
func (m *pricer) quote(kind, path int) *Quote {
	if m.quotes[path] == nil {
		m.quotes[path] = make([]*Quote, len(m.work.Types))
	}
	q := m.quotes[path][kind]
	if q == nil {
		quote := m.paths[path].Quote(&m.work.Types[kind])
		q = &quote
		m.quotes[path][kind] = q
	}
	return q
}

// place is the place of a path by the name that somebody declared.
func (m *pricer) place(declared string) (int, error) {
	p, err := FindPath(m.paths, declared)
	if err != nil {
		return 0, err
	}
	return slices.Index(m.paths, p), nil
}

// A plan says which path the events of each type take.
type plan struct {
	parts []part
	left  []Left
}

// A part is a share of a type's events on a path. Types and paths are places in
// the pricer.
type part struct {
	kind, path int
	share      float64
	// own are these very events, nil where they are all of the type: a part of them
	// fills requests less, and may be of other sizes.
	own *ownEvents
}

// ownEvents are a part of a type's events, and what they use.
type ownEvents struct {
	traffic Traffic
	quote   Quote
	curves  []figureCurve // nil until somebody asks
}

// curvesOf is what a part uses at every volume.
func (m *pricer) curvesOf(p part) []figureCurve {
	path := m.paths[p.path]
	if p.own != nil {
		if p.own.curves == nil {
			p.own.curves = path.curvesOf(&p.own.traffic)
		}
		return p.own.curves
	}
	if m.curves[p.path] == nil {
		m.curves[p.path] = make([][]figureCurve, len(m.work.Types))
	}
	c := &m.curves[p.path][p.kind]
	if *c == nil {
		*c = path.curvesOf(&m.work.Types[p.kind])
	}
	return *c
}

// A portion is a share of a type's events that takes one path.
type portion struct {
	path  int
	share float64
	sizes []Size // of its events, nil where they are as the type's
}

// addPortions adds a type whose events take different paths, each portion quoted by
// its own rate and sizes. Portions that take one path fill their requests together.
func (m *pricer) addPortions(p *plan, kind int, portions []portion) {
	var merged []portion
	for _, one := range portions {
		n := slices.IndexFunc(merged, func(other portion) bool { return other.path == one.path })
		if n < 0 {
			merged = append(merged, one)
			continue
		}
		merged[n] = merged[n].join(one, m.work.Types[kind].Sizes)
	}
	for _, one := range merged {
		if one.share > 1-1e-12 {
			m.add(p, kind, one.path, 1)
			continue
		}
		traffic := m.work.Types[kind].portion(one.share, one.sizes)
		own := &ownEvents{traffic: *traffic, quote: m.paths[one.path].Quote(traffic)}
		m.addPart(p, part{kind: kind, path: one.path, share: one.share, own: own})
	}
}

// join is both portions as one; all are the sizes of the type.
func (p portion) join(other portion, all []Size) portion {
	joined := portion{path: p.path, share: p.share + other.share}
	for _, one := range []portion{p, other} {
		sizes := one.sizes
		if sizes == nil {
			sizes = all
		}
		for _, size := range sizes {
			joined.sizes = append(joined.sizes, Size{size.Bytes, size.Share * one.share / cmp.Or(joined.share, 1)})
		}
	}
	return joined
}

// portion is the traffic of a share of the events, with the sizes that these have;
// nil is those of all. A share of no events at all has none of either.
func (t *Traffic) portion(share float64, sizes []Size) *Traffic {
	own := *t
	if sizes != nil {
		own.Sizes = sizes
	}
	own.Rate *= share
	own.Peak.Records *= share
	own.Peak.Bytes *= share
	if mean := t.MeanBytes(); mean > 0 {
		own.Peak.Bytes *= own.MeanBytes() / mean
	}
	return &own
}

// asks is what a part asks of its path, and how much of that.
func (m *pricer) asks(p part) (q *Quote, share float64) {
	if p.own != nil {
		return &p.own.quote, 1
	}
	return m.quote(p.kind, p.path), p.share
}

// Left is a type that a strategy could not place, and why.
type Left struct {
	Type, Why string
}

// add puts a share of a type on a path, unless the path cannot carry it at any
// latency and in any order.
func (m *pricer) add(p *plan, kind, path int, share float64) {
	m.addPart(p, part{kind: kind, path: path, share: share})
}

func (m *pricer) addPart(p *plan, one part) {
	q, _ := m.asks(one)
	for _, refusal := range q.Refused {
		if !refusal.soft() {
			p.leave(m.work.Types[one.kind].Type, refusal.Text)
			return
		}
	}
	p.parts = append(p.parts, one)
}

// leave notes that a type has no path, or a share of its events.
func (p *plan) leave(kind, why string) {
	if n := len(p.left); n > 0 && p.left[n-1].Type == kind {
		if p.left[n-1].Why != why {
			p.left[n-1].Why += "; " + why
		}
		return
	}
	p.left = append(p.left, Left{kind, why})
}

// soft reports whether events can travel all the same: late, out of order, or
// nobody knows how late.
func (r Refusal) soft() bool { return ruleOf[r.Need] != "" }
