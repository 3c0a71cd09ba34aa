package cost

// descend moves single types of the plan to other options while that makes the
// whole cheaper, so that no explanation can name a move that does.
func (s *search) descend() {
	m := s.model
	path := s.paths()
	t := newTally(m.problem, path)
	for improved := true; improved; {
		improved = false
		for i := range path {
			for o := m.first[i]; o < m.first[i+1]; o++ {
				to := int(m.options[o].path)
				if to == path[i] || t.moved(i, path[i], to) >= -roundOff*(1+s.best) {
					continue
				}
				t.move(i, path[i], to)
				path[i], s.plan[i] = to, o
				improved = true
			}
		}
	}
}

func (s *search) paths() []int {
	path := make([]int, len(s.plan))
	for i, o := range s.plan {
		path[i] = int(s.model.options[o].path)
	}
	return path
}

// solution is the plan with its certificate.
func (s *search) solution() *Solution {
	path := s.paths()
	cost, steps, _ := s.model.problem.Evaluate(path)
	out := &Solution{Path: path, Cost: cost, Bound: min(s.bound, cost), Steps: steps, Exact: s.proven}
	if s.proven {
		out.Bound = cost
	}
	for k := range s.model.pools {
		pool := &s.model.pools[k]
		prices := make([]float64, pool.dims)
		for d, c := range pool.Caps {
			if c > 0 {
				prices[d] = s.prices[pool.at+d] / c // nothing where there is no limit
			}
		}
		out.Prices = append(out.Prices, prices)
	}
	return out
}
