package cost

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/report"
)

// Sides is one strategy twice: from the traffic that the catalog declares, and from
// what a log showed.
type Sides struct {
	Strategy           string
	Declared, Observed *Outcome
	Events             []Side // by id
}

// Side is an event of the catalog on both sides. A system's versions of a type are
// one event; what only one side has is nil on the other.
type Side struct {
	Event              string
	Declared, Observed *SideTraffic
}

// SideTraffic is what one side knows of an event.
type SideTraffic struct {
	Rate  float64 // events a second
	Bytes float64 // of an event, the mean
	Cost  Money
	// Unpriced says that a type of the event has no price on this side: Cost is not
	// all of it.
	Unpriced bool
}

// BothSides compares the outcome of a strategy with that of declared traffic. It is
// nil when the declared estimate has no such strategy.
func (e *Estimate) BothSides(o *Outcome, declared *Estimate, c *catalog.Catalog) *Sides {
	other := declared.Outcome(o.Strategy)
	if other == nil {
		return nil
	}
	s := &Sides{Strategy: o.Strategy, Declared: other, Observed: o}
	was, is := declared.sideTraffic(other, c), e.sideTraffic(o, c)
	names := maps.Clone(was)
	maps.Copy(names, is)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		s.Events = append(s.Events, Side{Event: name, Declared: was[name], Observed: is[name]})
	}
	return s
}

// sideTraffic gathers the types of each event.
func (e *Estimate) sideTraffic(o *Outcome, c *catalog.Catalog) map[string]*SideTraffic {
	events := map[string]*SideTraffic{}
	for i := range e.Workload.Types {
		t := &e.Workload.Types[i]
		name := t.Type
		if known := described(c, name); known != nil {
			name = known.ID
		}
		s := events[name]
		if s == nil {
			s = &SideTraffic{}
			events[name] = s
		}
		if rate := s.Rate + t.Rate; rate > 0 {
			s.Bytes = (s.Bytes*s.Rate + t.MeanBytes()*t.Rate) / rate
		} else {
			s.Bytes = t.MeanBytes()
		}
		s.Rate += t.Rate
		s.Cost += o.Types[i].Cost
		s.Unpriced = s.Unpriced || len(o.Types[i].Paths) == 0
	}
	return events
}

// Table shows both sides of each event, the largest difference first.
func (s *Sides) Table() report.Table {
	t := report.Table{
		Title:   fmt.Sprintf("%s from the catalog → from the log: %s → %s a month", s.Strategy, s.Declared.TotalText(), s.Observed.TotalText()),
		Columns: []string{"Event", "Events/s", "Bytes", "Cost"},
		Most:    mostRows,
	}
	events := slices.Clone(s.Events)
	slices.SortStableFunc(events, func(a, b Side) int { return cmp.Compare(b.difference(), a.difference()) })
	for _, e := range events {
		row := []string{e.Event}
		for _, show := range []func(*SideTraffic) string{
			func(t *SideTraffic) string { return figures(t.Rate) },
			func(t *SideTraffic) string { return amount(t.Bytes) },
			(*SideTraffic).costText,
		} {
			was, is := "none", "none"
			if e.Declared != nil {
				was = show(e.Declared)
			}
			if e.Observed != nil {
				is = show(e.Observed)
			}
			row = append(row, was+" → "+is)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (t *SideTraffic) costText() string {
	if t.Unpriced {
		return noAmount
	}
	return t.Cost.String()
}

func (s Side) difference() Money {
	var was, is Money
	if s.Declared != nil {
		was = s.Declared.Cost
	}
	if s.Observed != nil {
		is = s.Observed.Cost
	}
	return max(is-was, was-is)
}
