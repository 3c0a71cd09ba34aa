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
	list := make([]observation, len(types))
	inParallel(len(types), func(i int) { list[i] = indexed(&types[i]) })
	w := observed(list, c, o)
	if w.Faults = x.Stats().Faults; w.Faults > 0 {
		w.Notes = append(w.Notes, fmt.Sprintf("%s not counted, for they could not be read", report.Count(int(w.Faults), "record")))
	}
	return w, nil
}

func indexed(t *index.TypeStats) observation {
	o := observation{name: t.Type, events: t.Count, untimed: t.Untimed, bytes: t.Bytes, data: t.DataBytes}
	o.sizes = make([]sizeCount, 0, min(t.Count, 256)) // there are no more sizes than events, and rarely many
	for size, n := range t.Sizes() {
		o.sizes = append(o.sizes, sizeCount{size, n})
	}
	l := t.Timeline() // packed in the form of a series
	o.seconds = timeline{series: l.Packed, first: l.First, last: l.Last, events: l.Count, bytes: l.Bytes}
	return o
}
