package cost

// BreakEven is where renting capacity becomes cheaper than paying by use, for a
// type by itself: the rate r at which F = r·S·(v − u), with F the rent of the
// smallest capacity, S the seconds of a month, v and u what an event costs.
type BreakEven struct {
	Type   string
	Rate   float64 // events a second now
	Use    string  // the cheapest path that is paid by use
	Rent   string  // the path whose capacity is rented in steps
	At     float64 // events a second; +Inf is never below a step's capacity
	Rented bool    // the type is above it: renting is cheaper
}

// BreakEvens compares, for each type, the cheapest path that is paid by use with
// each of Kinesis' modes that rent. Types that either refuses are left out.
func (e *Estimate) BreakEvens() []BreakEven {
	var list []BreakEven
	for kind := range e.Workload.Types {
		t := &e.Workload.Types[kind]
		use, v := e.cheapestUse(kind)
		if use < 0 || t.Rate <= 0 {
			continue
		}
		for path, p := range e.pricer.paths {
			if p.Capacity == nil || kinesisModes[p.Name] == "" || len(e.pricer.quote(kind, path).Refused) > 0 {
				continue
			}
			rent := dollars(p.Capacity.Rent(1, 0))
			if len(p.Capacity.Step) == 0 {
				rent = dollars(p.Capacity.Base)
			}
			b := BreakEven{Type: t.Type, Rate: t.Rate, Use: e.pricer.paths[use].Name, Rent: p.Name}
			b.At = breakEven(rent, v/t.Rate, e.pricer.variable(kind, path)/t.Rate)
			b.Rented = t.Rate > b.At
			list = append(list, b)
		}
	}
	return list
}

// breakEven is the rate at which rent is made up for. use and rented are dollars a
// month of one event a second.
func breakEven(rent, use, rented float64) float64 { return rent / max(0, use-rented) }

// cheapestUse is the cheapest path of a type that is paid by use, and what the type
// costs on it; -1 where there is none.
func (e *Estimate) cheapestUse(kind int) (best int, cost float64) {
	best = -1
	for _, path := range e.pricer.columns(&e.options) {
		if e.pricer.paths[path].Capacity != nil || len(e.pricer.quote(kind, path).Refused) > 0 {
			continue
		}
		if c := e.pricer.variable(kind, path); best < 0 || c < cost {
			best, cost = path, c
		}
	}
	return best, cost
}
