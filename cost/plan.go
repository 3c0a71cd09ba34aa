package cost

import "slices"

// pricer is what every question about money needs: each type's quote on each path.
// It is not safe for use by several goroutines.
type pricer struct {
	work   *Workload
	a      Assumptions
	paths  []*Path
	quotes [][]*Quote // by path and type, nil until somebody asks
}

func newPricer(work *Workload, book *Book, a Assumptions) (*pricer, error) {
	paths, err := Paths(book, a)
	if err != nil {
		return nil, err
	}
	return &pricer{work: work, a: a, paths: paths, quotes: make([][]*Quote, len(paths))}, nil
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
	// own is the quote of these very events where they differ from the type's others,
	// nil where the share is of all alike.
	own *Quote
}

// asks is what a part asks of its path, and how much of that.
func (m *pricer) asks(p part) (q *Quote, share float64) {
	if p.own != nil {
		return p.own, 1
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
