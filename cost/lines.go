package cost

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/nexus-blueprint/nexus/report"
)

// lines are the plan's amounts by type. They add up to total(1) to the nano-dollar.
func (l *ledger) lines() []Line {
	used, rented := l.charges(1)
	lines := append(l.usedLines(used), l.rentLines(rented)...)
	for _, floor := range l.floors {
		lines = append(lines, l.floorLine(floor, used)...)
	}
	lines = slices.DeleteFunc(lines, func(line Line) bool { return line.Cost == 0 && line.Quantity == 0 })
	slices.SortStableFunc(lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Item, b.Item))
	})
	return lines
}

// usedLines share each charge among the parts by their quantities.
func (l *ledger) usedLines(charges []Charge) []Line {
	type user struct {
		part int
		use  Use
	}
	users := map[*Figure][]user{}
	for i, uses := range l.uses {
		for _, use := range uses {
			users[use.Figure] = append(users[use.Figure], user{i, use})
		}
	}
	var lines []Line
	for _, c := range charges {
		list := users[c.Figure]
		weights := make([]float64, len(list))
		for i, u := range list {
			weights[i] = u.use.Quantity
		}
		for i, share := range ofUse(c, l.used(c.Figure)).split(weights) {
			lines = append(lines, l.line(list[i].part, list[i].use, share))
		}
	}
	return lines
}

// used is the quantity of a figure that types use at the point.
func (l *ledger) used(f *Figure) float64 {
	for _, use := range l.sums {
		if use.Figure == f {
			return use.Quantity
		}
	}
	return 0
}

// ofUse is the part of a charge that types use so much of. What a floor adds to it
// is a line of the account.
func ofUse(c Charge, used float64) Money {
	if c.Quantity > used {
		return c.Figure.Cost(max(0, used-c.Free), false)
	}
	return c.Cost
}

// floorLine is what an account pays for a figure beyond its use.
func (l *ledger) floorLine(floor floor, charges []Charge) []Line {
	for _, c := range charges {
		if used := l.used(c.Figure); c.Figure == floor.Figure && c.Quantity > used {
			return []Line{{
				Path: l.m.paths[floor.path].Name, Item: floor.Figure.Name, Unit: floor.Figure.Unit, Price: floor.Figure.Price,
				Quantity: c.Quantity - used, Cost: c.Cost - ofUse(c, used), Assumption: floor.Note,
			}}
		}
	}
	return nil
}

// rentLines share what streams and clusters cost among their types: a figure by
// how much of it each of them rents, and that by the part of the resource that
// each of its types needs most of.
func (l *ledger) rentLines(charges []Charge) []Line {
	type tenant struct {
		part int
		use  Use
	}
	tenants := map[*Figure][]tenant{}
	for i := range l.rents {
		r := &l.rents[i]
		c, weights := l.m.paths[r.path].Capacity, l.weights(r)
		steps := c.Steps(r.whole)
		for _, use := range c.Rent(steps, r.fanOut) {
			if steps > 0 {
				use.Note = fmt.Sprintf("its part of %s; %s", report.Count(steps, c.Noun), use.Note)
			}
			rented := use.Quantity
			for n, part := range r.parts {
				use.Quantity = rented * weights[n]
				tenants[use.Figure] = append(tenants[use.Figure], tenant{part, use})
			}
		}
	}
	var lines []Line
	for _, c := range charges {
		list := tenants[c.Figure]
		weights := make([]float64, len(list))
		for i, t := range list {
			weights[i] = t.use.Quantity
		}
		for i, share := range c.Cost.split(weights) {
			lines = append(lines, l.line(list[i].part, list[i].use, share))
		}
	}
	return lines
}

// weights are what each part of a rent has of it.
func (l *ledger) weights(r *rent) []float64 {
	weights := make([]float64, len(r.parts))
	for n := range weights {
		weights[n] = l.m.paths[r.path].Capacity.dominant(r.loads[n], r.whole)
	}
	return normal(weights)
}

// dominant is the largest share that a load has of any resource that is bounded.
func (c *Capacity) dominant(part, whole Load) float64 {
	share := 0.0
	for i, bound := range c.Bounds() {
		if all := whole.Vector()[i]; all > 0 && (bound > 0 || len(c.Step) == 0) {
			share = max(share, part.Vector()[i]/all)
		}
	}
	return share
}

func (l *ledger) line(n int, use Use, cost Money) Line {
	part := l.parts[n]
	t := &l.m.work.Types[part.kind]
	return Line{
		Type: t.Type, Owners: t.Owners, Domain: t.Domain, Path: l.m.paths[part.path].Name,
		Item: use.Figure.Name, Unit: use.Figure.Unit, Quantity: use.Quantity, Price: use.Figure.Price,
		Cost: cost, Assumption: use.Note,
	}
}

// split shares an amount by weights; the shares add up to it. Where all weights
// are 0 the shares are equal.
func (m Money) split(weights []float64) []Money {
	shares := make([]Money, len(weights))
	given, seen := Money(0), 0.0
	for i, weight := range normal(weights) {
		seen += weight
		// What was given so far is rounded, so that nothing is lost on the way.
		upTo := m
		if i < len(weights)-1 && seen < 1 {
			upTo = Money(math.Round(float64(m) * seen))
		}
		shares[i] = upTo - given
		given = upTo
	}
	return shares
}

// normal is weights as shares of all; equal ones where all weights are 0.
func normal(weights []float64) []float64 {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	shares := make([]float64, len(weights))
	for i, w := range weights {
		if sum > 0 {
			shares[i] = w / sum
		} else {
			shares[i] = 1 / float64(len(weights))
		}
	}
	return shares
}
