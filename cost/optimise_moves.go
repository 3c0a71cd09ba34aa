package cost

import (
	"cmp"
	"context"
	"slices"
)

// climbWork bounds how many types are billed again by the climb, in all its tries.
const climbWork = 100_000

// climb moves single types while that makes the whole cheaper, those with the most
// at stake first.
func (s *optimum) climb(ctx context.Context) error {
	tries := climbWork / len(s.kinds)
	order := s.byStake()
	for improved := true; improved; {
		improved = false
		for _, kind := range order {
			if err := ctx.Err(); err != nil {
				return err
			}
			for _, path := range s.others(kind) {
				if tries--; tries < 0 {
					return nil
				}
				before := s.best
				s.offer(s.moved(kind, path))
				improved = improved || s.best != before
			}
		}
	}
	return nil
}

// moved is the best plan with one type on another path.
func (s *optimum) moved(kind, path int) plan {
	var p plan
	for _, at := range s.best.parts {
		if at.kind != kind {
			p.parts = append(p.parts, at)
		}
	}
	p.parts = append(p.parts, part{kind: kind, path: path, share: 1})
	slices.SortStableFunc(p.parts, func(a, b part) int { return a.kind - b.kind })
	return p
}

// others are the paths that take a type and that it does not take alone.
func (s *optimum) others(kind int) []int {
	var at []int
	for _, part := range s.best.parts {
		if part.kind == kind {
			at = append(at, part.path)
		}
	}
	var list []int
	for _, path := range s.paths {
		if !slices.Equal(at, []int{path}) && len(s.m.quote(kind, path).Refused) == 0 {
			list = append(list, path)
		}
	}
	return list
}

// byStake is the types by what they would pay on their path alone, the most first.
func (s *optimum) byStake() []int {
	stakes := make([]float64, len(s.m.work.Types))
	for _, part := range s.best.parts {
		q, share := s.m.asks(part)
		stake := dollars(q.Uses) * share
		if c := s.m.paths[part.path].Capacity; c != nil {
			stake += dollars(c.Rent(c.Steps(q.Load), 0))
		}
		stakes[part.kind] += stake
	}
	order := slices.Clone(s.kinds)
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(stakes[b], stakes[a]) })
	return order
}
