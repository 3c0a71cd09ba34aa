package cost

import (
	"cmp"
	"context"
	"fmt"
	"maps"
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
		return m.planDeclared(o), nil, nil
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

// planDeclared follows the catalog. It names a path, or one of the router's two.
func (m *pricer) planDeclared(o *Options) *plan {
	p, any := &plan{}, len(m.work.Types) == 0
	for i := range m.work.Types {
		t := &m.work.Types[i]
		if t.Declared == "" {
			p.leave(t.Type, "the catalog declares no path")
			continue
		}
		any = true
		path, err := m.place(o.pathOf(t.Declared))
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
		var portions []portion
		for _, name := range slices.Sorted(maps.Keys(t.Recorded)) {
			path, err := m.place(o.pathOf(name))
			if err != nil {
				p.leave(t.Type, err.Error())
				continue
			}
			// Events without a decision go as the others.
			portions = append(portions, portion{path, t.Recorded[name] / whole, t.RecordedSizes[name]})
		}
		m.addPortions(p, i, portions)
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
		var portions []portion
		for _, decision := range []string{route.Critical, route.Standard} {
			switch sizes := decided[decision]; {
			case len(sizes) > 0 && len(decided) == 1:
				portions = append(portions, portion{path: places[decision], share: 1})
			case len(sizes) > 0:
				portions = append(portions, portionOf(places[decision], sizes))
			}
		}
		m.addPortions(p, i, portions)
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

// portionOf are the events of a type that have some of its sizes: the small ones may
// go where the large ones cannot.
func portionOf(path int, sizes []Size) portion {
	p := portion{path: path}
	for _, size := range sizes {
		p.share += size.Share
	}
	for _, size := range sizes {
		p.sizes = append(p.sizes, Size{size.Bytes, size.Share / cmp.Or(p.share, 1)})
	}
	return p
}
