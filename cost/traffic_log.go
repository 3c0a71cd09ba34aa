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
	sizes   map[sizeKey]int64 // how many events have it
	faults  int64
	fault   *event.RecordError // the first
	err     error
}

// One map holds the sizes of all types: thousands of types with a few sizes each
// would fill as many maps with room for more.
type sizeKey struct{ kind, bytes uint32 }

type typeScan struct {
	name                         string
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
		s.types = append(s.types, &typeScan{name: e.Type})
	}
	size, data := s.sizer.Sizes(e)
	s.sizes[sizeKey{number, uint32(size)}]++
	s.types[number].add(e, size, data)
}

func (t *typeScan) add(e *event.Event, size, data int) {
	t.events++
	t.bytes += int64(size)
	t.data += int64(data)
	if at := happened(e); at.IsZero() {
		t.untimed++
	} else {
		t.clock.add(at.Unix(), size)
	}
	if bytes.Contains(e.Record(), pathAttribute) { // much cheaper than to look at each attribute
		t.paths.add(e.Get(route.AttributePath))
	}
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
}

// maxPaths and maxPathName tell paths from something else by the same name.
const (
	maxPaths    = 32
	maxPathName = 64
)

// add counts one event by the JSON text of its path.
func (p *pathCounts) add(raw []byte) {
	if len(raw) < 3 || raw[0] != '"' || len(raw) > maxPathName || p.many {
		return
	}
	name := raw[1 : len(raw)-1]
	for i := range p.list {
		if p.list[i].name == string(name) {
			p.list[i].events++
			return
		}
	}
	p.merge(pathCounts{list: []pathCount{{string(name), 1}}})
}

func (p *pathCounts) merge(other pathCounts) {
	for _, c := range other.list {
		i := slices.IndexFunc(p.list, func(own pathCount) bool { return own.name == c.name })
		if i < 0 {
			p.list = append(p.list, c)
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
	var list []observation
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		o := observation{name: name, sizes: sizes[name]}
		var clocks []*clock
		for _, t := range byName[name] {
			o.events, o.untimed = o.events+t.events, o.untimed+t.untimed
			o.bytes, o.data = o.bytes+t.bytes, o.data+t.data
			clocks = append(clocks, &t.clock)
			o.paths.merge(t.paths)
		}
		o.seconds = merge(clocks)
		list = append(list, o)
	}
	return list
}

// mergeSizes lists the sizes of each type, the smallest first.
func mergeSizes(scans []*scan) map[string][]sizeCount {
	byName := map[string][]sizeCount{}
	for _, s := range scans {
		for key, n := range s.sizes {
			name := s.types[key.kind].name
			byName[name] = append(byName[name], sizeCount{int(key.bytes), n})
		}
		s.sizes = nil
	}
	for name, list := range byName {
		slices.SortFunc(list, func(a, b sizeCount) int { return cmp.Compare(a.bytes, b.bytes) })
		merged := list[:0]
		for _, s := range list {
			if n := len(merged); n > 0 && merged[n-1].bytes == s.bytes {
				merged[n-1].events += s.events
			} else {
				merged = append(merged, s)
			}
		}
		byName[name] = slices.Clip(merged)
	}
	return byName
}
