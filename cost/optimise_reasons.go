package cost

import (
	"context"
	"math"
	"slices"
)

// Explained is an Explanation with the paths by name.
type Explained struct {
	Explanation
	Path, RunnerUp string
	// Billed is set where Extra is the difference of two bills. Elsewhere it comes
	// from the optimiser's model, which knows one price for each figure.
	Billed bool
}

// explainWork bounds how many types are billed again for explanations.
const explainWork = 400_000

// explain says why a plan puts each type where it is, by place in the workload. What
// the runner-up would cost more is billed for the types with the most at stake, and
// comes from the optimiser's model for the others.
func (m *pricer) explain(ctx context.Context, p plan, o *Options) ([]*Explained, error) {
	list := make([]*Explained, len(m.work.Types))
	s := m.optimum(o)
	if len(s.kinds) == 0 {
		return list, nil
	}
	s.best, s.worth = &p, s.value(p)
	at := make(map[int]int, len(s.kinds)) // the path of a type, the first of several
	for _, part := range p.parts {
		if _, ok := at[part.kind]; !ok {
			at[part.kind] = part.path
		}
	}
	for _, kinds := range s.groups {
		s.explainModel(list, kinds, at)
	}
	tries := explainWork / len(s.kinds)
	for _, kind := range s.byStake() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		others := s.others(kind)
		if tries -= len(others); tries < 0 {
			break
		}
		s.explainBill(list[kind], kind, others)
	}
	return list, nil
}

// explainModel explains a group as the optimiser sees it.
func (s *optimum) explainModel(list []*Explained, kinds []int, at map[int]int) {
	column := map[int]int{}
	for j, path := range s.paths {
		column[path] = j
	}
	problem := s.problem(kinds, relaxation{paths: s.paths, dear: true, billed: 1})
	solution := &Solution{Path: make([]int, len(kinds)), Prices: make([][]float64, len(problem.Pools))}
	for n, kind := range kinds {
		solution.Path[n] = column[at[kind]]
	}
	for n, e := range problem.Explain(solution) {
		x := &Explained{Explanation: e, Path: s.m.paths[at[kinds[n]]].Name}
		if e.RunnerUp >= 0 {
			x.RunnerUp = s.m.paths[s.paths[e.RunnerUp]].Name
		}
		list[kinds[n]] = x
	}
}

// explainBill puts the bill of the best other path in place of the model's.
func (s *optimum) explainBill(x *Explained, kind int, others []int) {
	model, name := x.Extra, x.RunnerUp
	x.RunnerUp, x.Explanation.RunnerUp, x.Extra, x.Billed = "", -1, 0, true
	for _, path := range others {
		w := s.value(s.moved(kind, path))
		extra := (w.total - s.worth.total).Dollars()
		if w.excess > s.worth.excess || x.RunnerUp != "" && extra >= x.Extra {
			continue
		}
		x.RunnerUp, x.Explanation.RunnerUp, x.Extra = s.m.paths[path].Name, slices.Index(s.paths, path), extra
	}
	if x.RunnerUp != name || math.Abs(x.Extra-model) > cent.Dollars() {
		x.Switch = Switch{Pool: -1} // it belongs to the model's runner-up
	}
}
