package cost

import "slices"

// A ledger is a plan in the quantities that are billed.
type ledger struct {
	m      *pricer
	parts  []part
	uses   [][]Use // by part, what its share uses
	sums   []Use   // the same by figure
	curves []curve // the sums at every volume, nil until somebody asks
	rents  []rent
	floors []floor
}

// A floor is what an account pays for at least on a path.
type floor struct {
	path int
	Use
}

// A rent is one stream or cluster and who shares it.
type rent struct {
	path   int
	group  string // whose stream it is, "" for everybody's
	parts  []int
	loads  []Load // by part, as they add up to the joint peak
	whole  Load   // of all parts
	fanOut int    // distinct enhanced fan-out consumers
}

func (m *pricer) ledger(p plan) *ledger {
	l := &ledger{m: m, parts: p.parts, uses: make([][]Use, len(p.parts))}
	place := map[*Figure]int{}
	floored := map[int]bool{}
	for i, part := range p.parts {
		q, share := m.asks(part)
		for _, use := range q.Uses {
			use.Quantity *= share
			l.uses[i] = append(l.uses[i], use)
			n, ok := place[use.Figure]
			if !ok {
				n = len(l.sums)
				place[use.Figure] = n
				l.sums = append(l.sums, Use{Figure: use.Figure})
			}
			l.sums[n].Quantity += use.Quantity
		}
		if !floored[part.path] {
			floored[part.path] = true
			for _, use := range m.paths[part.path].Floor {
				l.floors = append(l.floors, floor{part.path, use})
			}
		}
	}
	l.rent()
	return l
}

// rent groups the parts by the stream or cluster that they share.
func (l *ledger) rent() {
	type key struct {
		path  int
		group string
	}
	place := map[key]int{}
	for i, part := range l.parts {
		if l.m.paths[part.path].Capacity == nil {
			continue
		}
		k := key{part.path, l.m.group(part)}
		n, ok := place[k]
		if !ok {
			n = len(l.rents)
			place[k] = n
			l.rents = append(l.rents, rent{path: k.path, group: k.group})
		}
		l.rents[n].parts = append(l.rents[n].parts, i)
	}
	for i := range l.rents {
		l.share(&l.rents[i])
	}
}

// group is whose stream carries a part. Only streams of Kinesis are many: clusters
// and namespaces are shared.
func (m *pricer) group(p part) string {
	t := &m.work.Types[p.kind]
	switch _, isKinesis := kinesisModes[m.paths[p.path].Name]; {
	case isKinesis && m.a.Streams == "domain":
		return t.Domain
	case isKinesis && m.a.Streams == "type":
		return t.Type
	}
	return ""
}

var kinesisModes = map[string]string{
	"kinesis-provisioned": "provisioned", "kinesis-on-demand": "on-demand", "kinesis-advantage": "advantage",
}

// share settles what each part adds to the load of a rent. Types peak at different
// seconds: where a log shows their busiest second together, their peaks are scaled
// down to it.
func (l *ledger) share(r *rent) {
	kinds := make([]int, len(r.parts))
	readers := map[string]bool{}
	for i, n := range r.parts {
		kinds[i] = l.parts[n].kind
		for _, c := range l.m.a.ConsumersOf(&l.m.work.Types[kinds[i]]) {
			if c.Kind == FanOut {
				readers[c.Name] = true
			}
		}
	}
	r.fanOut = len(readers)
	records, bytes := l.m.coincidence(kinds)
	for _, n := range r.parts {
		part := l.parts[n]
		q, share := l.m.asks(part)
		load := Load{
			BytesIn: q.Load.BytesIn * bytes * share, BytesOut: q.Load.BytesOut * bytes * share,
			RecordsIn: q.Load.RecordsIn * records * share, RecordsOut: q.Load.RecordsOut * records * share,
		}
		r.loads = append(r.loads, load)
		r.whole.BytesIn += load.BytesIn
		r.whole.BytesOut += load.BytesOut
		r.whole.RecordsIn += load.RecordsIn
		r.whole.RecordsOut += load.RecordsOut
	}
}

// coincidence is how large the joint peak of types is, as a share of their peaks
// added up: 1 where no log shows them together.
func (m *pricer) coincidence(kinds []int) (records, bytes float64) {
	if m.work.Basis != ObservedTraffic || m.a.Peak > 0 {
		return 1, 1
	}
	var sum Peak
	for _, kind := range kinds {
		peak := m.work.Types[kind].Peak
		sum.Records += peak.Records
		sum.Bytes += peak.Bytes
	}
	joint := m.work.Joint(kinds)
	ratio := func(a, b float64) float64 {
		if b <= 0 {
			return 1
		}
		return min(1, a/b)
	}
	return ratio(joint.Records, sum.Records), ratio(joint.Bytes, sum.Bytes)
}

// times is the load at a volume, 1 for the point.
func (l Load) times(volume float64) Load {
	return Load{l.BytesIn * volume, l.RecordsIn * volume, l.BytesOut * volume, l.RecordsOut * volume}
}

// charges prices the plan at a volume: what is used, what is rented, and what
// accounts pay at least.
func (l *ledger) charges(volume float64) (used, rented []Charge) {
	uses := l.usesAt(volume)
	for _, floor := range l.floors {
		n := slices.IndexFunc(uses, func(u Use) bool { return u.Figure == floor.Figure })
		if n < 0 {
			uses = append(uses, floor.Use)
		} else {
			uses[n].Quantity = max(uses[n].Quantity, floor.Quantity)
		}
	}
	return Bill(uses, l.m.a.FreeTiers), Bill(l.rented(volume), l.m.a.FreeTiers)
}

// usesAt is what is used at a volume, by figure. The point is no sum of curves, so
// that lines add up to it.
func (l *ledger) usesAt(volume float64) []Use {
	uses := slices.Clone(l.sums)
	if volume == 1 {
		return uses
	}
	if l.curves == nil {
		l.curves = make([]curve, len(l.sums))
		place := l.places()
		for _, part := range l.parts {
			for _, c := range l.m.curvesOf(part) {
				l.curves[place[c.figure]].add(&c.curve, 1)
			}
		}
	}
	for i := range uses {
		uses[i].Quantity = l.curves[i].at(volume)
	}
	return uses
}

// places are those of the figures in the sums.
func (l *ledger) places() map[*Figure]int {
	places := make(map[*Figure]int, len(l.sums))
	for i, use := range l.sums {
		places[use.Figure] = i
	}
	return places
}

// rented adds up all streams and clusters of each path at a volume.
func (l *ledger) rented(volume float64) []Use {
	tallies := make([]struct{ streams, steps, readers int }, len(l.m.paths))
	for i := range l.rents {
		r := &l.rents[i]
		steps := l.m.paths[r.path].Capacity.Steps(r.whole.times(volume))
		t := &tallies[r.path]
		t.streams++
		t.steps += steps
		t.readers += steps * r.fanOut
	}
	var rent []Use
	for path, t := range tallies {
		if t.streams > 0 {
			rent = append(rent, l.m.paths[path].Capacity.rents(t.streams, t.steps, t.readers)...)
		}
	}
	return rent
}

// total is what the plan costs a month at a volume.
func (l *ledger) total(volume float64) Money {
	var sum Money
	used, rented := l.charges(volume)
	for _, c := range append(used, rented...) {
		sum = sum.Add(c.Cost)
	}
	return sum
}
