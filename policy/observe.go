package policy

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/event"
	"github.com/nexus-blueprint/nexus/report"
)

// The bounds of what is kept of a log, whatever its size. Meeting one is said in
// Observations.Notes.
const (
	maxTypes    = 10_000    // names of event types
	maxNames    = 100       // sources, consumers, classifications and fields, each a type
	maxIDs      = 2_000_000 // event ids, kept to follow causation
	maxProblems = 20        // unreadable records that are reported one by one
)

// Observations are what a log holds, by event type, gathered in one pass.
type Observations struct {
	Events int // how many were read
	// Notes say where a bound was met or data was not searched, so that a count is a
	// lower bound.
	Notes []string
	// Problems are records that could not be read. A log with problems was not
	// judged whole.
	Problems []report.Problem

	types       map[string]*observed // by event id of the catalog
	names       map[string]bool      // every type in the log
	first, last time.Time
}

// ObserveOptions steer Observe.
type ObserveOptions struct {
	Catalog *catalog.Catalog
	// Erased lists the streams, or subjects, whose personal data was to be erased.
	Erased []string
}

// Observe reads a log once, in constant memory.
//
// An event belongs to the catalog's event whose id or name is its type, or the
// last part of its type: com.shop.OrderPlaced and com.shop.OrderPlaced.v2 are
// OrderPlaced. The error is the log's or ctx's; a record that cannot be read is a
// problem, and reading goes on.
func Observe(ctx context.Context, log iter.Seq2[*event.Event, error], o ObserveOptions) (*Observations, error) {
	g := newGatherer(o)
	unreadable := 0
	for e, err := range log {
		broken, oneRecord := errors.AsType[*event.RecordError](err)
		switch {
		case oneRecord:
			if unreadable++; unreadable <= maxProblems {
				g.Problems = append(g.Problems, recordProblem(broken))
			}
		case err != nil:
			return nil, fmt.Errorf("reading the log: %w", err)
		default:
			g.see(e)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	if unreadable > maxProblems {
		g.Problems = append(g.Problems, report.Problem{
			Code: codeRecord, Message: fmt.Sprintf("%d more records of the log cannot be read", unreadable-maxProblems), Hints: []string{},
		})
	}
	g.finish()
	return g.Observations, nil
}

const codeRecord = "log-record"

func recordProblem(e *event.RecordError) report.Problem {
	place := at(e.File, int(e.Line), 1)
	place.Offset = &e.Offset
	return report.Problem{Code: codeRecord, Message: e.Error(), Hints: []string{}, Location: &place}
}

// Count is how many events of a type of the catalog the log holds.
func (o *Observations) Count(id string) int {
	if o == nil {
		return 0
	}
	return o.of(id).count
}

// Span is the time from the first event to the last.
func (o *Observations) Span() time.Duration { return o.last.Sub(o.first) }

// TypeNames lists the event types of the log, also those that the catalog lacks.
func (o *Observations) TypeNames() []string {
	if o == nil {
		return []string{}
	}
	return slices.AppendSeq(make([]string, 0, len(o.names)), keysOf(o.names))
}

func (o *Observations) of(id string) *observed {
	if seen := o.types[id]; seen != nil {
		return seen
	}
	return unseen
}

// unseen is what a log holds of a type that it lacks.
var unseen = &observed{}

// gatherer fills Observations.
type gatherer struct {
	*Observations
	byType map[string]*observed // the log's own type names
	// known finds an event of the catalog by id or name.
	known  map[string]*catalog.Event
	erased map[string]bool
	causes causes
	scan   scanner
}

func newGatherer(o ObserveOptions) *gatherer {
	g := &gatherer{
		Observations: &Observations{types: map[string]*observed{}, names: map[string]bool{}},
		byType:       map[string]*observed{},
		known:        map[string]*catalog.Event{},
		erased:       map[string]bool{},
		causes:       newCauses(),
	}
	for e := range o.Catalog.Current() {
		if _, taken := g.known[e.Name]; !taken && e.Name != "" {
			g.known[e.Name] = e
		}
	}
	for e := range o.Catalog.Current() {
		g.known[e.ID] = e // an id outranks another event's name
	}
	for _, stream := range o.Erased {
		g.erased[stream] = true
	}
	return g
}

// see takes one event in.
func (g *gatherer) see(e *event.Event) {
	g.Events++
	if !e.Time.IsZero() {
		if g.first.IsZero() || e.Time.Before(g.first) {
			g.first = e.Time
		}
		if e.Time.After(g.last) {
			g.last = e.Time
		}
	}
	seen := g.typeOf(e.Type)
	g.causes.see(e, seen)
	if seen != nil {
		seen.see(e, &g.scan, g.erased[string(e.Stream)])
	}
}

// typeOf is where events of a type are gathered; nil for one that the catalog lacks.
func (g *gatherer) typeOf(name string) *observed {
	if seen, met := g.byType[name]; met {
		return seen
	}
	known := g.find(name)
	if len(g.byType) >= maxTypes {
		g.note("the log holds more than %d event types; the names of the others were not kept", maxTypes)
		if known == nil {
			return nil
		}
	} else {
		g.names[name] = true
	}
	if known == nil {
		g.remember(name, nil)
		return nil
	}
	seen := g.types[known.ID]
	if seen == nil {
		seen = &observed{described: describe(known.Fields)}
		g.types[known.ID] = seen
	}
	g.remember(name, seen)
	return seen
}

func (g *gatherer) remember(name string, seen *observed) {
	if len(g.byType) < maxTypes {
		g.byType[name] = seen
	}
}

// find is the catalog's event that a type name means, or nil.
func (g *gatherer) find(name string) *catalog.Event {
	if e := g.known[name]; e != nil {
		return e
	}
	return g.known[event.ShortType(name)]
}

func (g *gatherer) finish() {
	g.causes.resolve()
	if g.causes.full {
		g.note("the log names more than %d events; dangling causation ids were not counted", maxIDs)
	}
	for _, id := range slices.Sorted(maps.Keys(g.types)) {
		if g.types[id].cut() {
			g.note("%s: more than %d different names of one kind were seen; the first ones were kept", id, maxNames)
		}
		if n := g.types[id].binary; n > 0 {
			g.note("%s: %s with binary data, whose values were not searched", id, report.Count(n, "event"))
		}
	}
	g.noteStrangers()
}

// noteStrangers says which types of the log no rule has judged, because the
// catalog lacks them.
func (g *gatherer) noteStrangers() {
	const shown = 5
	var strangers []string
	for _, name := range slices.Sorted(maps.Keys(g.byType)) {
		if g.byType[name] == nil {
			strangers = append(strangers, name)
		}
	}
	more := ""
	if n := len(strangers); n > shown {
		strangers, more = strangers[:shown], fmt.Sprintf(" and %d more", n-shown)
	}
	if len(strangers) > 0 {
		g.note("not judged, since the catalog lacks them: the log's %s%s", strings.Join(strangers, ", "), more)
	}
}

func (g *gatherer) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(g.Notes, text) {
		g.Notes = append(g.Notes, text)
	}
}

// causes follows causation ids to the events they name, in either order: many
// exports are not sorted. It keeps 64 bits of an id, so that of two million
// dangling ones perhaps one in ten million is missed.
type causes struct {
	ids     map[uint64]struct{}
	pending map[cause]int
	full    bool
}

// A cause is an event that was named and not seen before, and the type of those
// that name it.
type cause struct {
	id uint64
	of *observed
}

func newCauses() causes {
	return causes{ids: map[uint64]struct{}{}, pending: map[cause]int{}}
}

func (c *causes) see(e *event.Event, seen *observed) {
	if len(c.ids)+len(c.pending) >= maxIDs {
		c.full = true
		return
	}
	if len(e.ID) > 0 {
		c.ids[hash(e.ID)] = struct{}{}
	}
	if seen == nil || len(e.CausationID) == 0 {
		return
	}
	id := hash(e.CausationID)
	if _, met := c.ids[id]; !met {
		c.pending[cause{id, seen}]++
	}
}

// resolve counts the causes that no event of the log turned out to be. When the
// bound was met nobody can tell, and none counts.
func (c *causes) resolve() {
	if c.full {
		return
	}
	for waiting, n := range c.pending {
		if _, met := c.ids[waiting.id]; !met {
			waiting.of.dangling += n
		}
	}
}

// hash is FNV-1a: the same in every run.
func hash(text []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range text {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// keysOf yields the keys of a map in their order.
func keysOf[V any](m map[string]V) iter.Seq[string] {
	return slices.Values(slices.Sorted(maps.Keys(m)))
}
