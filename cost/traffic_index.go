package cost

import (
	"fmt"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/event/index"
	"github.com/nexus-blueprint/nexus/report"
)

// FromIndex is the traffic that the index of a log shows: what FromLog would say
// of the log, except that an index knows neither recorded paths nor more than the
// number of records that cannot be read. The catalog may be nil.
func FromIndex(x *index.Index, c *catalog.Catalog, o TrafficOptions) (*Workload, error) {
	types, err := x.Types()
	if err != nil {
		return nil, err
	}
	list := make([]observation, 0, len(types))
	for i := range types {
		list = append(list, indexed(&types[i]))
	}
	w := observed(list, c, o)
	if w.Faults = x.Stats().Faults; w.Faults > 0 {
		w.Notes = append(w.Notes, fmt.Sprintf("%s not counted, for they could not be read", report.Count(int(w.Faults), "record")))
	}
	return w, nil
}

func indexed(t *index.TypeStats) observation {
	o := observation{name: t.Type, events: t.Count, untimed: t.Untimed, bytes: t.Bytes, data: t.DataBytes}
	for size, n := range t.Sizes() {
		o.sizes = append(o.sizes, sizeCount{size, n})
	}
	for s := range t.Seconds() {
		o.seconds.add(moment{s.Start.Unix(), s.Count, s.Bytes})
	}
	return o
}
