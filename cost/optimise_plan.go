package cost

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// A Certificate says how good an optimum is.
type Certificate struct {
	Cost  Money // what the optimum's plan costs, all in all
	Bound Money // no assignment of whole types to paths costs less
	Exact bool  // they are within a cent of each other
	// Split is set when the plan sends events of one type to different paths, which is
	// why it may cost less than the bound of whole types; Bound is then no more than Cost.
	Split bool
	// Joint is set when the bound holds for peaks that add up as in the whole log. Some
	// of the types may add up to less by themselves.
	Joint bool
	// Explained is why each type is where it is, by place in the workload; nil for
	// those that no path takes.
	Explained []*Explained
}

// optimumGap is how many dollars a month more than the cheapest the optimum may
// cost: what is below is not worth searching for.
const optimumGap = 0.01

// An optimum is the search for the cheapest path of every type. The optimiser knows
// one price for a figure and one rent for a step, so that it solves two problems: a
// relaxed one, in which nothing is dearer than it can be, for the bound, and one in
// which nothing is cheaper. Their solutions and the plans of the other strategies
// are then compared as the ledger prices them.
type optimum struct {
	m       *pricer
	paths   []int // that the optimum may use, a Kinesis path first
	kinds   []int // the types that a path takes
	groups  [][]int
	account []int               // the paths that bill an account for more than its groups
	reach   map[*Figure]float64 // the most that assignments can use
	full    map[int]fullest     // by path, as far as somebody asked
	left    []Left

	best  *plan
	worth worth
}

// worth is how good a plan is: what it needs beyond what can be had counts first.
type worth struct {
	excess float64
	total  Money
}

func (w worth) better(than worth) bool {
	if w.excess != than.excess {
		return w.excess < than.excess
	}
	return w.total < than.total
}

// planOptimal finds the cheapest path of every type that meets its latency, its
// order and its size. It is the same whatever else is compared.
func (m *pricer) planOptimal(ctx context.Context, o *Options) (*plan, *Certificate, error) {
	s := m.optimum(o)
	if len(s.kinds) == 0 {
		return &plan{left: s.left}, &Certificate{Exact: true}, nil
	}
	s.offerStrategies(o)
	bound, err := s.bound(ctx)
	if err != nil {
		return nil, nil, err
	}
	if s.best == nil || !s.met(bound) {
		if err := s.search(ctx); err != nil {
			return nil, nil, err
		}
	}
	if s.best == nil {
		return nil, nil, fmt.Errorf("no plan was found for %d types", len(s.kinds))
	}
	c := &Certificate{Cost: s.worth.total, Bound: min(Dollars(bound), s.worth.total), Split: s.split(), Joint: s.joint()}
	c.Exact = s.met(bound) && s.worth.total >= Dollars(bound)-cent
	return s.best, c, nil
}

// optimum prepares the search. Streams of Kinesis that nobody shares are separate
// groups.
func (m *pricer) optimum(o *Options) *optimum {
	s := &optimum{m: m, paths: m.columns(o), reach: map[*Figure]float64{}, full: map[int]fullest{}}
	for i, p := range m.paths {
		if len(p.Floor) > 0 && slices.Contains(o.providers(), p.Provider) {
			s.paths, s.account = append(s.paths, i), append(s.account, i)
		}
	}
	place := map[string]int{}
	for kind := range m.work.Types {
		if why := m.stranded(kind, s.paths); why != "" {
			s.left = append(s.left, Left{m.work.Types[kind].Type, why})
			continue
		}
		s.kinds = append(s.kinds, kind)
		name := m.group(part{kind: kind, path: s.paths[0]})
		n, ok := place[name]
		if !ok {
			n = len(s.groups)
			place[name] = n
			s.groups = append(s.groups, nil)
		}
		s.groups[n] = append(s.groups[n], kind)
		s.reachable(kind)
	}
	unused := func(path int) bool {
		return !slices.ContainsFunc(s.kinds, func(kind int) bool { return len(m.quote(kind, path).Refused) == 0 })
	}
	s.paths = slices.DeleteFunc(s.paths, unused)
	s.account = slices.DeleteFunc(s.account, unused)
	for _, path := range s.account {
		for _, floor := range m.paths[path].Floor {
			s.reach[floor.Figure] = max(s.reach[floor.Figure], floor.Quantity)
		}
	}
	for _, path := range s.paths {
		if p := m.paths[path]; len(s.groups) > 1 && p.Capacity != nil && kinesisModes[p.Name] == "" {
			s.account = append(s.account, path) // one cluster, whatever the streams
		}
	}
	return s
}

// reachable adds what a type can use of every figure at most.
func (s *optimum) reachable(kind int) {
	most := map[*Figure]float64{}
	for _, path := range s.paths {
		here := map[*Figure]float64{}
		for _, use := range s.m.quote(kind, path).Uses {
			here[use.Figure] += use.Quantity
		}
		for f, quantity := range here {
			most[f] = max(most[f], quantity)
		}
	}
	for f, quantity := range most {
		s.reach[f] += quantity
	}
}

// columns are the paths without a floor that the optimum may use, a Kinesis path
// first.
func (m *pricer) columns(o *Options) []int {
	var columns []int
	for i, p := range m.paths {
		if len(p.Floor) == 0 && slices.Contains(o.providers(), p.Provider) {
			columns = append(columns, i)
		}
	}
	return columns
}

// stranded says why no path takes a type; it is empty when one does.
func (m *pricer) stranded(kind int, columns []int) string {
	why := "there is none that it may use"
	for n, path := range columns {
		refused := m.quote(kind, path).Refused
		if len(refused) == 0 {
			return ""
		}
		if n == 0 {
			why = refused[0].Text
		}
	}
	return "no path meets what it asks for; the first: " + why
}

// met reports whether the best plan costs no more than a bound.
func (s *optimum) met(bound float64) bool {
	return s.worth.excess == 0 && s.worth.total-cent <= Dollars(bound)
}

// split reports whether a type of the best plan takes several paths.
func (s *optimum) split() bool {
	seen := map[int]bool{}
	for _, part := range s.best.parts {
		if seen[part.kind] {
			return true
		}
		seen[part.kind] = true
	}
	return false
}

// joint reports whether peaks are scaled to those of a whole log.
func (s *optimum) joint() bool {
	for _, kinds := range s.groups {
		if records, bytes := s.m.coincidence(kinds); len(kinds) > 1 && (records < 1 || bytes < 1) {
			return true
		}
	}
	return false
}

// offer keeps a plan if it is the best so far.
func (s *optimum) offer(p plan) {
	if w := s.value(p); s.best == nil || w.better(s.worth) {
		p.left = s.left
		s.best, s.worth = &p, w
	}
}

func (s *optimum) value(p plan) worth {
	l := s.m.ledger(p)
	w := worth{total: l.total(1)}
	for _, shortage := range l.shortages() {
		w.excess += shortage.excess
	}
	return w
}

// offerStrategies offers all types on one path, and what the other strategies
// choose. A strategy that cannot be followed is no rival.
func (s *optimum) offerStrategies(o *Options) {
	for _, path := range s.paths {
		s.offerWhole(s.m.planOn(path))
	}
	s.offerWhole(s.m.planDeclared(o))
	if p, err := s.m.planRecorded(o); err == nil {
		s.offerWhole(p)
	}
	if p, err := s.m.planRouter(o); err == nil {
		s.offerWhole(p)
	}
}

// offerWhole offers a plan of another strategy, if it keeps what every type asks for
// on paths that the optimum may use.
func (s *optimum) offerWhole(p *plan) {
	if p == nil {
		return
	}
	stranded := map[string]bool{}
	for _, left := range s.left {
		stranded[left.Type] = true
	}
	for _, left := range p.left {
		if !stranded[left.Type] {
			return
		}
	}
	whole := plan{}
	for _, part := range p.parts {
		q, _ := s.m.asks(part)
		switch {
		case stranded[s.m.work.Types[part.kind].Type]:
			continue
		case len(q.Refused) > 0 || !slices.Contains(s.paths, part.path):
			return
		}
		whole.parts = append(whole.parts, part)
	}
	s.offer(whole)
}

// search looks for a better plan than the relaxed problem and the other strategies
// have led to.
func (s *optimum) search(ctx context.Context) error {
	tries := []relaxation{{paths: s.ordinary(), dear: true}}
	if len(s.account) > 0 {
		tries = append(tries, relaxation{paths: s.paths, dear: true, billed: 1})
	}
	for _, r := range tries {
		if _, err := s.solve(ctx, r); err != nil {
			return err
		}
	}
	if s.best == nil {
		return nil
	}
	for _, path := range s.account {
		s.offer(s.all(path))
	}
	return s.climb(ctx)
}

// all is the best plan with everything on a path that it takes.
func (s *optimum) all(path int) plan {
	var p plan
	for _, kind := range s.kinds {
		if len(s.m.quote(kind, path).Refused) == 0 {
			p.parts = append(p.parts, part{kind: kind, path: path, share: 1})
			continue
		}
		for _, part := range s.best.parts {
			if part.kind == kind {
				p.parts = append(p.parts, part)
			}
		}
	}
	return p
}

// variable is what a type costs on a path by its use alone, +Inf where the path
// refuses it.
func (m *pricer) variable(kind, path int) float64 {
	q := m.quote(kind, path)
	if len(q.Refused) > 0 {
		return math.Inf(1)
	}
	return dollars(q.Uses)
}

// dollars prices uses by themselves, at the first tier that they reach.
func dollars(uses []Use) float64 {
	sum := 0.0
	for _, use := range uses {
		sum += use.Figure.Cost(use.Quantity, false).Dollars()
	}
	return sum
}
