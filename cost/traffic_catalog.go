package cost

import (
	"fmt"

	"github.com/nexus-blueprint/nexus/catalog"
)

// Beyond these, a declared figure is taken for a mistake.
const (
	maxRatePerMin = 6e9 // 100 million events a second
	maxBytes      = 1 << 30
)

// FromCatalog is the traffic that a catalog declares: the current version of each
// event, at its declared rate and size. An event without one of them is missing.
// Commands and queries are left out.
func FromCatalog(c *catalog.Catalog, o TrafficOptions) *Workload {
	w := &Workload{Basis: DeclaredTraffic, volume: declaredVolume(), peakToMean: o.peakToMean()}
	for e := range c.Current() {
		if e.Kind != catalog.EventKind {
			continue
		}
		if missing := undeclared(e); len(missing) > 0 {
			w.Missing = append(w.Missing, missing...)
			continue
		}
		w.Types = append(w.Types, declared(e, o))
	}
	if len(w.Types) > 0 {
		w.Notes = append(w.Notes, "a declared size is taken for the whole event; the attributes of a CloudEvent may add some 300 bytes to it", w.volume.Assumed[0])
	}
	return w
}

func declared(e *catalog.Event, o TrafficOptions) Traffic {
	t := Traffic{
		Type: e.ID, Basis: DeclaredTraffic,
		Rate:  e.RatePerMin.Get / 60,
		Sizes: []Size{{Bytes: max(1, int(e.PayloadBytes.Get+0.5)), Share: 1}},
	}
	t.describe(e, o)
	factor := o.peakToMean()
	t.Peak = Peak{
		Records: factor * t.Rate, Bytes: factor * t.Rate * t.MeanBytes(),
		Assumed: fmt.Sprintf("no log shows it: %g times the declared mean", factor),
	}
	return t
}

// undeclared is what an event lacks for an estimate.
func undeclared(e *catalog.Event) []Missing {
	var missing []Missing
	lacks := func(what string, v catalog.Value[float64], ok bool, unit string) {
		m := Missing{Type: e.ID, What: what, Place: v.Place}
		switch {
		case !v.Known():
			m.Place, m.Text = e.Place, fmt.Sprintf("the catalog declares no %s", what)
		case !ok:
			m.Text = fmt.Sprintf("%g %s is no %s", v.Get, unit, what)
		default:
			return
		}
		missing = append(missing, m)
	}
	rate, size := e.RatePerMin, e.PayloadBytes
	lacks("rate", rate, 0 <= rate.Get && rate.Get <= maxRatePerMin, "events a minute")
	lacks("size", size, 0 < size.Get && size.Get <= maxBytes, "bytes")
	return missing
}
