package cost

import (
	"cmp"
	"maps"
	"slices"
)

// A Group is an amount by a key.
type Group struct {
	Name string // "" for what has none
	Cost Money
	// Interval is drawn from what the group itself uses and rents: who pays for an idle
	// stream beside it does not narrow it.
	Interval Range
}

// By adds up an outcome by a key of Keys, the largest amount first. What several
// owners or consumers share is shared equally. The groups add up to the total.
func (e *Estimate) By(o *Outcome, key string) []Group {
	namesOf := e.namesBy(key)
	kinds := make(map[string]int, len(e.Workload.Types))
	for i := range e.Workload.Types {
		kinds[e.Workload.Types[i].Type] = i
	}
	sums := map[string]Money{}
	for _, line := range o.Lines {
		kind, ok := kinds[line.Type]
		if !ok {
			kind = nobody
		}
		names := namesOf(kind, line.Path)
		for i, share := range line.Cost.split(make([]float64, len(names))) {
			sums[names[i]] = sums[names[i]].Add(share)
		}
	}
	for _, floor := range o.ledger.floors { // it may be met in another month only
		sums[namesOf(nobody, e.pricer.paths[floor.path].Name)[0]] += 0
	}
	s := shared{ledger: o.ledger, places: o.ledger.places(), groups: map[string]int{}, namesOf: namesOf}
	names := slices.Sorted(maps.Keys(sums))
	intervals := s.intervals(names, e.volumes)
	var groups []Group
	for i, name := range names {
		g := Group{Name: name, Cost: sums[name], Interval: intervals[i].holding(sums[name])}
		if g.Cost != 0 || g.Interval.High != 0 || name != "" {
			groups = append(groups, g)
		}
	}
	slices.SortStableFunc(groups, func(a, b Group) int { return cmp.Compare(b.Cost, a.Cost) })
	return groups
}

// nobody is the kind of what no type alone pays for.
const nobody = -1

// namesBy says whom an amount of a type on a path belongs to; there is always one.
func (e *Estimate) namesBy(key string) func(kind int, path string) []string {
	of := func(kind int, path string) []string {
		if key == "path" {
			return []string{path}
		}
		if kind == nobody {
			return nil
		}
		switch t := &e.Workload.Types[kind]; key {
		case "type":
			return []string{t.Type}
		case "owner":
			return t.Owners
		case "domain":
			return []string{t.Domain}
		}
		var names []string
		for _, c := range e.Assumptions.ConsumersOf(&e.Workload.Types[kind]) {
			names = append(names, c.Name)
		}
		return names
	}
	return func(kind int, path string) []string {
		if names := of(kind, path); len(names) > 0 {
			return names
		}
		return []string{""}
	}
}

// shared is a ledger as groups share it.
type shared struct {
	*ledger
	places  map[*Figure]int
	groups  map[string]int
	namesOf func(kind int, path string) []string
	curves  [][]figureCurve // by group, what it uses
	tenants [][]tenancy     // by rent, who shares it
	amounts []float64       // by group, dollars at the volume at hand
}

// A tenancy is the share that a group has of a rent.
type tenancy struct {
	group int
	share float64
}

// mostDraws bounds the groups times the volumes that they are priced at.
const mostDraws = 2_000_000

// intervals are where the amounts of groups lie, by place.
func (s *shared) intervals(names []string, volumes []float64) []Range {
	if len(names) == 0 {
		return nil
	}
	for i, name := range names {
		s.groups[name] = i
	}
	s.curves = make([][]figureCurve, len(names))
	s.amounts = make([]float64, len(names))
	s.shareUses()
	s.shareRents()
	volumes = spread(volumes, max(50, mostDraws/len(names)))
	draws := make([][]float64, len(names))
	for _, volume := range volumes {
		s.price(volume)
		for i, amount := range s.amounts {
			draws[i] = append(draws[i], amount)
		}
	}
	ranges := make([]Range, len(names))
	for i := range ranges {
		low, high := Interval(draws[i], Level)
		ranges[i] = Range{Dollars(low), Dollars(high)}
	}
	return ranges
}

// spread is the values, or so many of them that lie as all do.
func spread(values []float64, most int) []float64 {
	if len(values) <= most {
		return values
	}
	sorted := slices.Sorted(slices.Values(values))
	list := make([]float64, most)
	for i := range list {
		list[i] = sorted[i*(len(sorted)-1)/(most-1)]
	}
	return list
}

// of are the groups of a part, whose shares are equal.
func (s *shared) of(n int) []string {
	part := s.parts[n]
	return s.namesOf(part.kind, s.m.paths[part.path].Name)
}

func (s *shared) shareUses() {
	for i, part := range s.parts {
		names := s.of(i)
		for _, name := range names {
			group, ok := s.groups[name]
			if !ok {
				continue // no line of it costs anything
			}
			for _, c := range s.m.curvesOf(part) {
				curveOf(&s.curves[group], c.figure).add(&c.curve, 1/float64(len(names)))
			}
		}
	}
}

func (s *shared) shareRents() {
	for i := range s.rents {
		r := &s.rents[i]
		shares := map[int]float64{}
		for n, weight := range s.weights(r) {
			names := s.of(r.parts[n])
			for _, name := range names {
				if group, ok := s.groups[name]; ok {
					shares[group] += weight / float64(len(names))
				}
			}
		}
		var list []tenancy
		for _, group := range slices.Sorted(maps.Keys(shares)) {
			list = append(list, tenancy{group, shares[group]})
		}
		s.tenants = append(s.tenants, list)
	}
}

// price fills in the amounts at a volume: of each charge a group bears its part of
// the quantity.
func (s *shared) price(volume float64) {
	clear(s.amounts)
	used, rented := s.charges(volume)
	prices := make([]float64, len(s.sums))
	for i, use := range s.usesAt(volume) {
		c := used[i] // the sums come first
		if use.Quantity > 0 {
			prices[i] = ofUse(c, use.Quantity).Dollars() / use.Quantity
		}
	}
	for group, curves := range s.curves {
		for i := range curves {
			s.amounts[group] += float64(curves[i].at(volume) * prices[s.places[curves[i].figure]])
		}
	}
	for _, floor := range s.floors {
		if group, ok := s.groups[s.namesOf(nobody, s.m.paths[floor.path].Name)[0]]; ok {
			s.amounts[group] += s.beyondUse(floor, used, volume)
		}
	}
	s.priceRents(volume, rented)
}

// beyondUse is what a floor adds to the use of its figure, in dollars.
func (s *shared) beyondUse(floor floor, used []Charge, volume float64) float64 {
	quantity := 0.0
	if n, ok := s.places[floor.Figure]; ok {
		quantity = s.usesAt(volume)[n].Quantity
	}
	n := slices.IndexFunc(used, func(c Charge) bool { return c.Figure == floor.Figure })
	if n < 0 || used[n].Quantity <= quantity {
		return 0
	}
	return (used[n].Cost - ofUse(used[n], quantity)).Dollars()
}

func (s *shared) priceRents(volume float64, rented []Charge) {
	prices := make(map[*Figure]float64, len(rented))
	for _, c := range rented {
		if c.Quantity > 0 {
			prices[c.Figure] = c.Cost.Dollars() / c.Quantity
		}
	}
	for i := range s.rents {
		r := &s.rents[i]
		capacity, amount := s.m.paths[r.path].Capacity, 0.0
		for _, use := range capacity.Rent(capacity.Steps(r.whole.times(volume)), r.fanOut) {
			amount += float64(use.Quantity * prices[use.Figure])
		}
		for _, t := range s.tenants[i] {
			s.amounts[t.group] += float64(amount * t.share)
		}
	}
}

// holding is the range, widened where it must be to hold an amount.
func (r Range) holding(amount Money) Range {
	return Range{min(r.Low, amount), max(r.High, amount)}
}
