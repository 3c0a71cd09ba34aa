package cost

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/nexus-blueprint/nexus/skeleton/route"
)

// The strategies: who chooses the path of a type.
const (
	AllKinesis = "all-kinesis" // one for all: what savings are measured from
	Declared   = "declared"    // the catalog's path
	Recorded   = "recorded"    // the decisions that were stored with the events
	Router     = "router"      // the scorer: its critical path, or its standard one
	Optimal    = "optimal"     // the cheapest that meets what each type asks for
)

// Strategies lists them in the order in which they are compared.
func Strategies() []string { return []string{AllKinesis, Declared, Recorded, Router, Optimal} }

// plan asks a strategy for the path of every type. It is nil when the strategy has
// nothing to go by, such as recorded decisions in a log without any.
func (m *pricer) plan(ctx context.Context, strategy string, o *Options) (*plan, *Certificate, error) {
	switch strategy {
	case AllKinesis:
		p, err := m.planAll("kinesis")
		return p, nil, err
	case Declared:
		return m.planDeclared(), nil, nil
	case Recorded:
		p, err := m.planRecorded(o)
		return p, nil, err
	case Router:
		p, err := m.planRouter(o)
		return p, nil, err
	case Optimal:
		return m.planOptimal(ctx, o)
	}
	return nil, nil, fmt.Errorf("no strategy is called %q", strategy)
}

// planAll puts all types on one path.
func (m *pricer) planAll(name string) (*plan, error) {
	path, err := m.place(name)
	if err != nil {
		return nil, err
	}
	return m.planOn(path), nil
}

func (m *pricer) planOn(path int) *plan {
	p := &plan{}
	for i := range m.work.Types {
		m.add(p, i, path, 1)
	}
	return p
}

// planDeclared follows the catalog.
func (m *pricer) planDeclared() *plan {
	p, any := &plan{}, len(m.work.Types) == 0
	for i := range m.work.Types {
		t := &m.work.Types[i]
		if t.Declared == "" {
			p.leave(t.Type, "the catalog declares no path")
			continue
		}
		any = true
		path, err := m.place(t.Declared)
		if err != nil {
			p.leave(t.Type, err.Error())
			continue
		}
		m.add(p, i, path, 1)
	}
	if !any {
		return nil
	}
	return p
}

// planRecorded follows what was stored with the events. A decision names a path,
// or one of the router's two.
func (m *pricer) planRecorded(o *Options) (*plan, error) {
	p, any := &plan{}, false
	for i := range m.work.Types {
		t := &m.work.Types[i]
		if len(t.Recorded) == 0 {
			p.leave(t.Type, "no decision was recorded with its events")
			continue
		}
		any = true
		whole := 0.0
		for _, share := range t.Recorded {
			whole += share
		}
		for _, name := range slices.Sorted(maps.Keys(t.Recorded)) {
			path, err := m.place(o.pathOf(name))
			if err != nil {
				p.leave(t.Type, err.Error())
				continue
			}
			m.add(p, i, path, t.Recorded[name]/whole) // events without a decision go as the others
		}
	}
	if !any {
		return nil, nil
	}
	return p, nil
}

// pathOf is the path behind a decision of the router, or the path that is named.
func (o *Options) pathOf(decision string) string {
	switch decision {
	case route.Critical:
		return cmp.Or(o.Critical, "kinesis")
	case route.Standard:
		return cmp.Or(o.Standard, "sns-sqs")
	}
	return decision
}

// planRouter decides every event anew: by its type, and by its own size.
func (m *pricer) planRouter(o *Options) (*plan, error) {
	scorer := o.Router
	if scorer == nil {
		var err error
		if scorer, err = route.New(route.Default()); err != nil {
			return nil, err
		}
	}
	places := map[string]int{}
	for _, decision := range []string{route.Critical, route.Standard} {
		path, err := m.place(o.pathOf(decision))
		if err != nil {
			return nil, fmt.Errorf("the router's %s path: %w", decision, err)
		}
		places[decision] = path
	}
	p := &plan{}
	for i := range m.work.Types {
		decided := m.decide(scorer, i, o)
		for _, decision := range []string{route.Critical, route.Standard} {
			one := part{kind: i, path: places[decision], share: 1}
			switch sizes := decided[decision]; {
			case len(sizes) == 0:
				continue
			case len(decided) > 1:
				one.own, one.share = m.quoteSizes(i, one.path, sizes)
			}
			m.addPart(p, one)
		}
	}
	return p, nil
}

// decide is the sizes of a type by the router's decision.
func (m *pricer) decide(scorer *route.Scorer, kind int, o *Options) map[string][]Size {
	t := &m.work.Types[kind]
	e := route.Event{Criticality: t.Criticality, Ordered: t.Ordering == PerKey, MaxLatencyMs: float64(t.MaxLatency.Milliseconds())}
	if known := described(o.Catalog, t.Type); known != nil {
		e = RouteEvent(known)
	}
	e.RatePerMin = t.Rate * 60
	decided := map[string][]Size{}
	for _, size := range t.Sizes {
		e.PayloadBytes = float64(size.Bytes)
		path := scorer.Decide(e).Path
		decided[path] = append(decided[path], size)
	}
	return decided
}

// quoteSizes quotes the events of a type that have some of its sizes, and says what
// share of it they are: the small ones may go where the large ones cannot.
func (m *pricer) quoteSizes(kind, path int, sizes []Size) (*Quote, float64) {
	t := m.work.Types[kind]
	mean, share := t.MeanBytes(), 0.0
	for _, size := range sizes {
		share += size.Share
	}
	t.Sizes = make([]Size, len(sizes))
	for i, size := range sizes {
		t.Sizes[i] = Size{size.Bytes, size.Share / cmp.Or(share, 1)}
	}
	t.Rate *= share
	t.Peak.Records *= share
	t.Peak.Bytes *= share * t.MeanBytes() / mean
	q := m.paths[path].Quote(&t)
	return &q, share
}

// A Certificate says how good an optimum is. It is about the model in which the
// peaks of types add up as they do in the whole workload.
type Certificate struct {
	Cost  Money // of the assignment in that model
	Bound Money // no assignment costs less
	Exact bool
	// Explained is why each type is where it is, by place in the workload; nil for
	// those that no path takes.
	Explained []*Explained
}

// Explained is an Explanation with the paths by name.
type Explained struct {
	Explanation
	Path, RunnerUp string
}

// optimumGap is how many dollars a month more than the cheapest the optimum may
// cost: what is below is not worth searching for.
const optimumGap = 0.01

// planOptimal finds the cheapest path of every type that meets its latency, its
// order and its size.
//
// Streams of Kinesis that nobody shares are separate problems. Kinesis Advantage
// is left out, because its floor is the whole account's; it is tried with all
// types that may use it at the end.
func (m *pricer) planOptimal(ctx context.Context, o *Options) (*plan, *Certificate, error) {
	p := &plan{}
	groups := map[string][]int{}
	columns := m.columns(o)
	for i := range m.work.Types {
		if why := m.stranded(i, columns); why != "" {
			p.leave(m.work.Types[i].Type, why)
			continue
		}
		group := m.group(part{kind: i, path: columns[0]})
		groups[group] = append(groups[group], i)
	}
	certificate := &Certificate{Exact: true, Explained: make([]*Explained, len(m.work.Types))}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		kinds := groups[name]
		problem := m.problem(kinds, columns)
		s, err := Optimise(ctx, problem, OptimiseOptions{Gap: optimumGap})
		if err != nil {
			return nil, nil, err
		}
		certificate.Cost += Dollars(s.Cost)
		certificate.Bound += Dollars(s.Bound)
		certificate.Exact = certificate.Exact && s.Exact
		for n, kind := range kinds {
			p.parts = append(p.parts, part{kind: kind, path: columns[s.Path[n]], share: 1})
		}
		for n, e := range problem.Explain(s) {
			explained := &Explained{Explanation: e, Path: m.paths[columns[e.Path]].Name}
			if e.RunnerUp >= 0 {
				explained.RunnerUp = m.paths[columns[e.RunnerUp]].Name
			}
			certificate.Explained[kinds[n]] = explained
		}
	}
	return m.withAdvantage(p, o), certificate, nil
}

// columns are the paths that the optimum may use, a Kinesis path first.
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
	var why string
	for _, path := range columns {
		refused := m.quote(kind, path).Refused
		if len(refused) == 0 {
			return ""
		}
		why = cmp.Or(why, refused[0].Text)
	}
	return "no path meets what it asks for; the first: " + why
}

// problem puts types and paths into numbers.
func (m *pricer) problem(kinds, columns []int) *Problem {
	p := &Problem{Variable: make([][]float64, len(kinds))}
	for i, kind := range kinds {
		p.Variable[i] = make([]float64, len(columns))
		for j, path := range columns {
			p.Variable[i][j] = m.variable(kind, path)
		}
	}
	records, bytes := m.coincidence(kinds)
	readers := map[string]bool{}
	for _, kind := range kinds {
		for _, c := range m.a.ConsumersOf(&m.work.Types[kind]) {
			readers[c.Name] = readers[c.Name] || c.Kind == FanOut
		}
	}
	maps.DeleteFunc(readers, func(_ string, fanOut bool) bool { return !fanOut })
	for j, path := range columns {
		c := m.paths[path].Capacity
		if c == nil {
			continue
		}
		bounds := c.Bounds()
		pool := Pool{Path: j, Base: dollars(c.Rent(0, 0)), Caps: bounds[:], Min: c.Min, Max: c.Max, Loads: make([][]float64, len(kinds))}
		pool.Step = dollars(c.Rent(1, len(readers))) - pool.Base
		for d := range pool.Caps {
			pool.Caps[d] /= 1 + c.headroom
			if len(c.Step) == 0 {
				pool.Caps[d] = 0
			}
		}
		for i, kind := range kinds {
			load := m.quote(kind, path).Load
			pool.Loads[i] = []float64{load.BytesIn * bytes, load.RecordsIn * records, load.BytesOut * bytes, load.RecordsOut * records}
		}
		p.Pools = append(p.Pools, pool)
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

// withAdvantage is the plan with all that Kinesis Advantage takes on it, if that
// is cheaper.
func (m *pricer) withAdvantage(p *plan, o *Options) *plan {
	path, err := m.place("kinesis-advantage")
	if err != nil || !slices.Contains(o.providers(), m.paths[path].Provider) {
		return p
	}
	other := &plan{left: p.left, parts: slices.Clone(p.parts)}
	for i, part := range other.parts {
		if len(m.quote(part.kind, path).Refused) == 0 {
			other.parts[i].path = path
		}
	}
	if m.ledger(*other).total(1) < m.ledger(*p).total(1) {
		return other
	}
	return p
}
