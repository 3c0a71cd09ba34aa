package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/nexus-blueprint/nexus/event"
)

// Advice is what snapshots would save and cost on a log.
//
// It counts what it can count: events folded and bytes. The model is one read of
// the newest state for every WritesPerRead appends, spread evenly over the life of
// each stream; a read without a snapshot folds all events so far, a read with one
// loads it and folds those behind it. The sizes of states between their first and
// their last are taken to grow evenly.
type Advice struct {
	Reducer    *Reducer
	Streams    int
	Events     int64
	EventBytes float64 // mean size of a record
	// SnapshotBytes is the mean size of a snapshot, over all events: the state, and
	// what a record has besides its data.
	SnapshotBytes float64
	LogBytes      int64
	WritesPerRead float64
	// Blueprint is the founding document's interval for the mean stream length,
	// with the cost of a replay taken as 1.
	Blueprint Interval
	// Optimum is the interval sqrt(2*c_snap*W/(c_ev*R)) with the measured sizes.
	Optimum Interval
	// Best is the cheapest of all intervals on these streams; none when snapshots
	// cost more than they save at any.
	Best Interval
	// Intervals are the three and some common ones, by size; none comes first.
	Intervals []Interval
	// Lengths is how many streams have a length: buckets of powers of two.
	Lengths []LengthCount
	Stats   Stats
}

// Interval is a distance between snapshots and what comes of it.
type Interval struct {
	Every int // events; 0: no snapshots
	// Folded is the mean number of events that a read folds.
	Folded float64
	// Saved is the part of the folded events that snapshots save.
	Saved float64
	// WrittenBytes is the size of all snapshots ever written, KeptBytes of the
	// newest one of each stream.
	WrittenBytes, KeptBytes float64
	// Cost is the bytes that are read and written for one read.
	Cost float64
}

// LengthCount is the number of streams with From to To events.
type LengthCount struct{ From, To, Streams int }

// SnapshotOptions say what a log does not.
type SnapshotOptions struct {
	Fold FoldOptions
	// WritesPerRead is the number of appends for one read of a stream, 0 for 1.
	WritesPerRead float64
}

// Snapshots measures a log: it is folded once and read once more for the sizes of
// its records.
func Snapshots(ctx context.Context, log *event.Log, r *Reducer, o SnapshotOptions) (*Advice, error) {
	if slices.Contains(log.Files(), "-") {
		return nil, errors.New("measuring snapshots: standard input can be read only once: write it to a file")
	}
	result, err := FoldAll(ctx, log, r, o.Fold)
	if err != nil {
		return nil, err
	}
	a := &Advice{Reducer: r, Streams: len(result.Streams), WritesPerRead: cmp.Or(o.WritesPerRead, 1), Stats: result.Stats}
	lives, err := a.lives(result)
	if err != nil {
		return nil, err
	}
	if a.Events == 0 {
		return nil, errors.New("measuring snapshots: the log has no events that the reducer folds")
	}
	var stats Stats
	records, envelopes := 0, 0
	for e, err := range readable(ctx, log, &stats) {
		if err != nil {
			return nil, err
		}
		records++
		a.LogBytes += int64(len(e.Record()))
		envelopes += max(0, len(e.Record())-len(e.Data))
	}
	a.EventBytes = float64(a.LogBytes) / float64(records)
	for i := range lives {
		lives[i].first += float64(envelopes) / float64(records)
		lives[i].last += float64(envelopes) / float64(records)
	}
	a.weigh(lives)
	return a, nil
}

// A life is the length of streams and the sizes their snapshots grow between.
type life struct {
	events      int
	first, last float64 // bytes of the one before all events and of the one at the end
	streams     int
}

// lives groups the streams by their length. The size of the end state is the
// mean of the group, which changes no sum.
func (a *Advice) lives(result *Result) ([]life, error) {
	initial, err := a.Reducer.Init().MarshalJSON()
	if err != nil {
		return nil, err
	}
	byLength := map[int]*life{}
	var text []byte
	for i := range result.Streams {
		s := &result.Streams[i]
		if text, err = s.AppendJSON(text[:0]); err != nil {
			return nil, err
		}
		l := byLength[int(s.Events)]
		if l == nil {
			l = &life{events: int(s.Events), first: float64(len(initial))}
			byLength[l.events] = l
		}
		l.streams++
		l.last += float64(len(text))
		a.Events += s.Events
	}
	var lives []life
	for _, length := range slices.Sorted(maps.Keys(byLength)) {
		l := byLength[length]
		l.last /= float64(l.streams)
		lives = append(lives, *l)
	}
	return lives, nil
}

// weigh computes all that follows from the lives of the streams.
func (a *Advice) weigh(lives []life) {
	longest := 0
	for _, l := range lives {
		n := float64(l.events)
		// The mean state of a stream: it grows evenly from the first to the last event.
		a.SnapshotBytes += float64(l.streams) * (n*l.first + (l.last-l.first)*(n+1)/2)
		longest = max(longest, l.events)
		a.Lengths = counted(a.Lengths, l)
	}
	a.SnapshotBytes /= float64(a.Events)
	blueprint := BlueprintInterval(float64(a.Events)/float64(a.Streams), 1)
	optimum := OptimalInterval(a.SnapshotBytes, a.EventBytes, a.WritesPerRead)
	a.Blueprint, a.Optimum = a.interval(lives, blueprint), a.interval(lives, optimum)
	a.Best = a.interval(lives, 0)
	for every := 1; every <= longest; every += max(1, every/16) {
		if i := a.interval(lives, every); i.Cost < a.Best.Cost {
			a.Best = i
		}
	}
	sizes := []int{0, blueprint, optimum, a.Best.Every}
	for _, every := range []int{10, 50, 100, 500} {
		if every <= longest {
			sizes = append(sizes, every)
		}
	}
	slices.Sort(sizes)
	for _, every := range slices.Compact(sizes) {
		a.Intervals = append(a.Intervals, a.interval(lives, every))
	}
}

// BlueprintInterval is the founding document's min(100, max(10, N/C)), rounded.
func BlueprintInterval(n, c float64) int {
	return int(math.Round(min(100, max(10, n/c))))
}

// OptimalInterval is sqrt(2*snapshot*W/(event*R)), at least 1: the interval at
// which a snapshot more costs as much as it saves, for streams that are much
// longer than it.
func OptimalInterval(snapshot, event, writesPerRead float64) int {
	return max(1, int(math.Round(math.Sqrt(2*snapshot*writesPerRead/event))))
}

// interval sums up what snapshots at a distance save and cost.
func (a *Advice) interval(lives []life, every int) Interval {
	i := Interval{Every: every}
	var whole, loaded float64
	for _, l := range lives {
		streams := float64(l.streams)
		whole += streams * foldedWithout(l.events)
		if every == 0 {
			i.Folded += streams * foldedWithout(l.events)
			continue
		}
		written := l.snapshots(every)
		i.Folded += streams * foldedWith(l.events, every)
		i.WrittenBytes += streams * written
		// Each snapshot is loaded by the reads until the next one, the last by the rest.
		taken := l.events / every
		i.KeptBytes += streams * l.size(taken*every) * float64(min(1, taken))
		loaded += streams * (written*float64(every) - l.size(taken*every)*float64(min(1, taken)*(every-1-l.events%every)))
	}
	reads := float64(a.Events)
	i.Saved = 1 - i.Folded/whole
	i.Folded /= reads
	i.Cost = i.Folded*a.EventBytes + loaded/reads + i.WrittenBytes/reads*a.WritesPerRead
	return i
}

// foldedWithout is the events folded by one read behind each of n events.
func foldedWithout(n int) float64 { return float64(n) * float64(n+1) / 2 }

// foldedWith is the same when every so many events a snapshot is taken.
func foldedWith(n, every int) float64 {
	full, rest := n/every, n%every
	return float64(full)*float64(every)*float64(every-1)/2 + float64(rest)*float64(rest+1)/2
}

// size is the bytes of the state behind n events.
func (l life) size(n int) float64 {
	return l.first + (l.last-l.first)*float64(n)/float64(max(1, l.events))
}

// snapshots is the bytes of all snapshots of one stream.
func (l life) snapshots(every int) float64 {
	taken := float64(l.events / every)
	return taken*l.first + (l.last-l.first)/float64(max(1, l.events))*float64(every)*taken*(taken+1)/2
}

// counted adds streams to the bucket of their length; lengths come in their order.
func counted(counts []LengthCount, l life) []LengthCount {
	from := 1
	for from*2 <= l.events {
		from *= 2
	}
	if n := len(counts); n > 0 && counts[n-1].From == from {
		counts[n-1].Streams += l.streams
		return counts
	}
	return append(counts, LengthCount{from, 2*from - 1, l.streams})
}

// String is the range of lengths.
func (c LengthCount) String() string {
	if c.From == c.To {
		return fmt.Sprint(c.From)
	}
	return fmt.Sprintf("%d-%d", c.From, c.To)
}
