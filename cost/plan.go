package cost

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/nexus-blueprint/nexus/report"
)

// pricer is what every question about money needs: each type's quote on each path.
type pricer struct {
	work   *Workload
	a      Assumptions
	paths  []*Path
	quotes [][]Quote // by type and path
}

func newPricer(work *Workload, book *Book, a Assumptions) (*pricer, error) {
	paths, err := Paths(book, a)
	if err != nil {
		return nil, err
	}
	m := &pricer{work: work, a: a, paths: paths, quotes: make([][]Quote, len(work.Types))}
	for i := range work.Types {
		m.quotes[i] = make([]Quote, len(paths))
		for j, p := range paths {
			m.quotes[i][j] = p.Quote(&work.Types[i])
		}
	}
	return m, nil
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
}

// Left is a type that a strategy could not place, and why.
type Left struct {
	Type, Why string
}

// add puts a share of a type on a path, unless the path cannot carry it at any
// latency and in any order.
func (m *pricer) add(p *plan, kind, path int, share float64) {
	for _, refusal := range m.quotes[kind][path].Refused {
		if !refusal.soft() {
			p.left = append(p.left, Left{m.work.Types[kind].Type, refusal.Text})
			return
		}
	}
	p.parts = append(p.parts, part{kind, path, share})
}

// soft reports whether events can travel all the same, late or out of order.
func (r Refusal) soft() bool { return r.Need == "latency" || r.Need == "ordering" }

// A ledger is a plan in the quantities that are billed.
type ledger struct {
	m      *pricer
	parts  []part
	uses   [][]Use // by part, what its share uses
	sums   []Use   // the same by figure
	rents  []rent
	floors []Use
}

// A rent is one stream or cluster and who shares it.
type rent struct {
	path   int
	group  string // whose stream it is, "" for everybody's
	parts  []int
	loads  []Load // by part, as they add up to the joint peak
	fanOut int    // distinct enhanced fan-out consumers
}

func (m *pricer) ledger(p plan) *ledger {
	l := &ledger{m: m, parts: p.parts, uses: make([][]Use, len(p.parts))}
	place := map[*Figure]int{}
	floored := map[int]bool{}
	for i, part := range p.parts {
		for _, use := range m.quotes[part.kind][part.path].Uses {
			use.Quantity *= part.share
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
			l.floors = append(l.floors, m.paths[part.path].Floor...)
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
		load := l.m.quotes[part.kind][part.path].Load
		r.loads = append(r.loads, Load{
			BytesIn: load.BytesIn * bytes * part.share, BytesOut: load.BytesOut * bytes * part.share,
			RecordsIn: load.RecordsIn * records * part.share, RecordsOut: load.RecordsOut * records * part.share,
		})
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

// load is the load of a rent at a volume, 1 for the point.
func (r *rent) load(volume float64) Load {
	var sum Load
	for _, l := range r.loads {
		sum.BytesIn += l.BytesIn * volume
		sum.BytesOut += l.BytesOut * volume
		sum.RecordsIn += l.RecordsIn * volume
		sum.RecordsOut += l.RecordsOut * volume
	}
	return sum
}

// charges prices the plan at a volume: what is used, what is rented, and what
// accounts pay at least.
func (l *ledger) charges(volume float64) (used, rented []Charge) {
	uses := make([]Use, len(l.sums), len(l.sums)+len(l.floors))
	for i, use := range l.sums {
		use.Quantity *= volume
		uses[i] = use
	}
	for _, floor := range l.floors {
		n := slices.IndexFunc(uses, func(u Use) bool { return u.Figure == floor.Figure })
		if n < 0 {
			uses = append(uses, floor)
		} else {
			uses[n].Quantity = max(uses[n].Quantity, floor.Quantity)
		}
	}
	var rent []Use
	for i := range l.rents {
		r := &l.rents[i]
		c := l.m.paths[r.path].Capacity
		rent = append(rent, c.Rent(c.Steps(r.load(volume)), r.fanOut)...)
	}
	return Bill(uses, l.m.a.FreeTiers), Bill(rent, l.m.a.FreeTiers)
}

// total is what the plan costs a month at a volume.
func (l *ledger) total(volume float64) Money {
	var sum Money
	used, rented := l.charges(volume)
	for _, c := range append(used, rented...) {
		sum += c.Cost
	}
	return sum
}

// overfull names the capacity that the plan needs more of than can be had.
func (l *ledger) overfull() []string {
	var list []string
	for i := range l.rents {
		r := &l.rents[i]
		c := l.m.paths[r.path].Capacity
		if steps := c.Steps(r.load(1)); c.Max > 0 && steps > c.Max {
			list = append(list, fmt.Sprintf("%s needs %d %ss, and has at most %d", l.m.paths[r.path].Title, steps, c.Noun, c.Max))
		}
	}
	return list
}

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
		sum := 0.0
		for i, u := range list {
			weights[i] = u.use.Quantity
			sum += u.use.Quantity
		}
		cost := c.Cost
		if c.Quantity > sum { // a floor: what is beyond the use is a line of its own
			cost = c.Figure.Cost(sum, l.m.a.FreeTiers)
		}
		for i, share := range cost.split(weights) {
			lines = append(lines, l.line(list[i].part, list[i].use, share))
		}
	}
	return lines
}

// floorLine is what an account pays for a figure beyond its use.
func (l *ledger) floorLine(floor Use, charges []Charge) []Line {
	sum := 0.0
	for _, use := range l.sums {
		if use.Figure == floor.Figure {
			sum = use.Quantity
		}
	}
	for _, c := range charges {
		if c.Figure == floor.Figure && c.Quantity > sum {
			cost := c.Cost - c.Figure.Cost(sum, l.m.a.FreeTiers)
			return []Line{{
				Path: "kinesis-advantage", Item: floor.Figure.Name, Unit: floor.Figure.Unit, Price: floor.Figure.Price,
				Quantity: c.Quantity - sum, Cost: cost, Assumption: floor.Note,
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
		c, whole := l.m.paths[r.path].Capacity, r.load(1)
		weights := make([]float64, len(r.parts))
		for n := range weights {
			weights[n] = c.dominant(r.loads[n], whole)
		}
		weights = normal(weights)
		steps := c.Steps(whole)
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
		upTo := Money(math.Round(float64(m) * min(1, seen)))
		if i == len(weights)-1 {
			upTo = m
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
