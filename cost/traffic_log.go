package cost

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/event/index"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/skeleton/route"
)

// FromLog is the traffic that a log shows, with the demands of the catalog, which
// may be nil. The log is read once, by as many goroutines as there are processors.
// Records that cannot be read are counted and left out; an error of any other kind
// ends it.
func FromLog(ctx context.Context, log *event.Log, c *catalog.Catalog, o TrafficOptions) (*Workload, error) {
	scans, err := scanLog(ctx, log, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, fmt.Errorf("reading the traffic of the log: %w", err)
	}
	w := observed(mergeScans(scans), c, o)
	var first *event.RecordError
	for _, s := range scans {
		w.Faults += s.faults
		if s.fault != nil && (first == nil || earlier(log, s.fault, first)) {
			first = s.fault
		}
	}
	if first != nil {
		w.Notes = append(w.Notes, fmt.Sprintf("%s not counted, for they could not be read; the first: %v", report.Count(int(w.Faults), "record"), first))
	}
	return w, nil
}

// earlier reports whether a stands before b in the log.
func earlier(log *event.Log, a, b *event.RecordError) bool {
	files := log.Files()
	return cmp.Or(
		cmp.Compare(slices.Index(files, a.File), slices.Index(files, b.File)),
		cmp.Compare(a.Offset, b.Offset),
	) < 0
}

// scanLog reads the log with one goroutine that cuts it and some that decode.
// Which of them counts an event does not matter for the sums.
func scanLog(ctx context.Context, log *event.Log, workers int) ([]*scan, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	work := make(chan *event.Chunk, workers)
	cutter := newScan(log) // takes the faults that are in no chunk
	scans := []*scan{cutter}
	var running sync.WaitGroup
	for range workers {
		s := newScan(log)
		scans = append(scans, s)
		running.Go(func() {
			for chunk := range work {
				if s.err == nil {
					s.read(chunk)
				}
				if s.err != nil {
					stop()
				}
				chunk.Release()
			}
		})
	}
	for chunk, err := range log.Chunks(ctx) {
		if err != nil {
			if cutter.take(nil, err); cutter.err != nil {
				break
			}
			continue
		}
		work <- chunk
	}
	close(work)
	running.Wait()
	for _, s := range slices.Backward(scans) { // the cutter, which the others may have stopped, comes last
		if s.err != nil {
			return nil, s.err
		}
	}
	return scans, nil
}

// A scan is what one goroutine has counted.
type scan struct {
	decoder *event.Decoder
	sizer   *index.Sizer
	numbers map[string]uint32 // of types
	types   []*typeScan
	lanes   []lane            // what sizes are counted by
	sizes   map[sizeKey]int64 // how many events have it
	faults  int64
	fault   *event.RecordError // the first
	err     error
}

// One map holds the sizes of all types: thousands of types with a few sizes each
// would fill as many maps with room for more.
type sizeKey struct{ lane, bytes uint32 }

// A lane is the events of a type with one recorded path, or "" for those without.
type lane struct{ kind, path string }

type typeScan struct {
	name                         string
	lane                         uint32 // of events without a path
	events, untimed, bytes, data int64
	clock                        clock
	paths                        pathCounts
}

func newScan(log *event.Log) *scan {
	return &scan{
		decoder: log.NewDecoder(), sizer: index.NewSizer(log),
		numbers: map[string]uint32{}, sizes: map[sizeKey]int64{},
	}
}

func (s *scan) read(chunk *event.Chunk) {
	for e, err := range s.decoder.Events(chunk) {
		s.take(e, err)
		if s.err != nil {
			return
		}
	}
}

func (s *scan) take(e *event.Event, err error) {
	if broken, ok := errors.AsType[*event.RecordError](err); ok {
		if s.faults++; s.fault == nil {
			s.fault = broken
		}
		return
	}
	if err != nil {
		s.err = err
		return
	}
	number, ok := s.numbers[e.Type]
	if !ok {
		number = uint32(len(s.types))
		s.numbers[e.Type] = number
		s.types = append(s.types, &typeScan{name: e.Type, lane: s.addLane(lane{kind: e.Type})})
	}
	size, data := s.sizer.Sizes(e)
	t := s.types[number]
	at := t.lane
	if path := t.add(e, size, data); path != nil {
		if path.lane == 0 { // the first lane is never that of a path
			path.lane = s.addLane(lane{t.name, path.name})
		}
		at = path.lane
	}
	s.sizes[sizeKey{at, uint32(size)}]++
}

func (s *scan) addLane(l lane) uint32 {
	s.lanes = append(s.lanes, l)
	return uint32(len(s.lanes) - 1)
}

// add counts an event, and says which of the recorded paths it has; nil is none.
func (t *typeScan) add(e *event.Event, size, data int) *pathCount {
	t.events++
	t.bytes += int64(size)
	t.data += int64(data)
	if at := happened(e); at.IsZero() {
		t.untimed++
	} else {
		t.clock.add(at.Unix(), size)
	}
	if bytes.Contains(e.Record(), pathAttribute) { // much cheaper than to look at each attribute
		return t.paths.add(e.Get(route.AttributePath))
	}
	return nil
}

var pathAttribute = []byte(route.AttributePath)

// happened is the time by which an index counts an event too.
func happened(e *event.Event) time.Time {
	if e.Time.IsZero() {
		return e.Recorded
	}
	return e.Time
}

// pathCounts count the events of a type by the path that was recorded with them.
type pathCounts struct {
	list []pathCount
	many bool // there are too many for them to be paths
}

type pathCount struct {
	name   string
	events int64
	lane   uint32 // of its sizes in a scan, 0 before the first event
}

// maxPaths and maxPathName tell paths from something else by the same name.
const (
	maxPaths    = 32
	maxPathName = 64
)

// add counts one event by the JSON text of its path, and returns the path's count;
// nil where it is no path.
func (p *pathCounts) add(raw []byte) *pathCount {
	if len(raw) < 3 || raw[0] != '"' || len(raw) > maxPathName || p.many {
		return nil
	}
	name := raw[1 : len(raw)-1]
	for i := range p.list {
		if p.list[i].name == string(name) {
			p.list[i].events++
			return &p.list[i]
		}
	}
	p.merge(pathCounts{list: []pathCount{{name: string(name), events: 1}}})
	if p.many {
		return nil
	}
	return &p.list[len(p.list)-1]
}

func (p *pathCounts) merge(other pathCounts) {
	for _, c := range other.list {
		i := slices.IndexFunc(p.list, func(own pathCount) bool { return own.name == c.name })
		if i < 0 {
			p.list = append(p.list, pathCount{name: c.name, events: c.events})
		} else {
			p.list[i].events += c.events
		}
	}
	if p.many = p.many || other.many || len(p.list) > maxPaths; p.many {
		p.list = nil
	}
}

// mergeScans adds up what the goroutines counted, by type.
func mergeScans(scans []*scan) []observation {
	byName := map[string][]*typeScan{}
	for _, s := range scans {
		for _, t := range s.types {
			byName[t.name] = append(byName[t.name], t)
		}
	}
	sizes := mergeSizes(scans)
	whole := wholeSizes(sizes)
	var list []observation
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		o := observation{name: name, sizes: whole[name]}
		var clocks []*clock
		for _, t := range byName[name] {
			o.events, o.untimed = o.events+t.events, o.untimed+t.untimed
			o.bytes, o.data = o.bytes+t.bytes, o.data+t.data
			clocks = append(clocks, &t.clock)
			o.paths.merge(t.paths)
		}
		o.seconds = merge(clocks)
		for _, path := range o.paths.list {
			if o.pathSizes == nil {
				o.pathSizes = map[string][]sizeCount{}
			}
			o.pathSizes[path.name] = sizes[lane{name, path.name}]
		}
		list = append(list, o)
	}
	return list
}

// mergeSizes lists the sizes of each lane, the smallest first.
func mergeSizes(scans []*scan) map[lane][]sizeCount {
	sizes := map[lane][]sizeCount{}
	for _, s := range scans {
		for key, n := range s.sizes {
			of := s.lanes[key.lane]
			sizes[of] = append(sizes[of], sizeCount{int(key.bytes), n})
		}
		s.sizes = nil
	}
	for of, list := range sizes {
		sizes[of] = addUp(list)
	}
	return sizes
}

// wholeSizes are the sizes of each type, whatever its paths.
func wholeSizes(lanes map[lane][]sizeCount) map[string][]sizeCount {
	sizes := map[string][]sizeCount{}
	for of, list := range lanes {
		if of.path == "" && sizes[of.kind] == nil {
			sizes[of.kind] = list
		} else {
			sizes[of.kind] = addUp(slices.Concat(sizes[of.kind], list))
		}
	}
	return sizes
}

// addUp makes one of all counts of a size, and sorts them by it.
func addUp(list []sizeCount) []sizeCount {
	slices.SortFunc(list, func(a, b sizeCount) int { return cmp.Compare(a.bytes, b.bytes) })
	merged := list[:0]
	for _, s := range list {
		if n := len(merged); n > 0 && merged[n-1].bytes == s.bytes {
			merged[n-1].events += s.events
		} else {
			merged = append(merged, s)
		}
	}
	return slices.Clip(merged)
}
