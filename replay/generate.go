package replay

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/nexus-blueprint/nexus/catalog"
	"github.com/nexus-blueprint/nexus/event"
)

// GenerateOptions steer Generate.
type GenerateOptions struct {
	Events int    // how many events happen; anomalies may add or lose lines
	Seed   uint64 // equal seeds make equal logs
	// Start is when the log begins: Monday, 6 January 2025, when zero.
	Start time.Time
	// Span is how long it takes. Zero: as long as the rates of the catalog say.
	Span time.Duration
	// Anomalies are what is wrong with the log: kinds of AnomalyKinds, each for
	// every event or, as in gap:OrderPlaced, for one type. Each happens once, and
	// once more for every 10,000 events. One for a type that befalls no event is an
	// error; a gap before what opens a stream makes the stream start late.
	Anomalies []string
	// Read returns a file that a schema refers to, by its name from the
	// repository root. Nil: a schema that refers to a file is an error.
	Read func(name string) ([]byte, error)
	// Sample makes the data of an event instead of Generate. Nil data: Generate
	// makes it.
	Sample func(e *catalog.Event, seed uint64) []byte
}

// Generated says what Generate wrote.
type Generated struct {
	Events    int64     `json:"events"` // lines
	Streams   int       `json:"streams"`
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
	Anomalies []Anomaly `json:"anomalies"` // in the order in which they were made
}

// Generate writes a log that systems as the catalog describes them could have
// written, in the native format. Memory does not grow with the number of events,
// but for a number per stream that is still going on.
//
// What starts a story is an event that no receiver of another one sends. Its
// effects are what its receivers send, as often as the rates say. Events of a
// story share a correlation id and the values of equally named fields; they
// belong to one stream when they have the field that keys it. The first event's
// causation id is the correlation id: the request that it answers is not an event.
//
// Days have the shape of business days in UTC. Data follows the JSON Schema of
// the event, or its fields when the schema is of another language; keywords that
// combine whole schemas, such as not, are not followed.
func Generate(ctx context.Context, w io.Writer, c *catalog.Catalog, o GenerateOptions) (*Generated, error) {
	if o.Events <= 0 {
		return nil, errors.New("generating a log: the number of events is not positive")
	}
	if o.Start.IsZero() {
		o.Start = time.Date(2025, 1, 6, 0, 0, 0, 0, time.UTC)
	}
	plan, err := planOf(c, o)
	if err != nil {
		return nil, err
	}
	g := &generator{
		o: o, ctx: ctx, plan: plan, out: bufio.NewWriterSize(w, 1<<18),
		random: rand.New(rand.NewPCG(o.Seed, 0x6e65787573)),
	}
	if err := g.run(); err != nil {
		return nil, err
	}
	return &g.done, nil
}

// A generator writes one log.
type generator struct {
	ctx     context.Context
	o       GenerateOptions
	plan    *plan
	random  *rand.Rand
	out     *bufio.Writer
	done    Generated
	line    []byte
	data    []byte
	pending pendings
	numbers map[string]int // of streams, by entity
	known   map[string]*pool
	stored  time.Time // when the last event was
	faults  *faults
	waiting []held
}

func (g *generator) run() error {
	faults, err := newFaults(g)
	if err != nil {
		return err
	}
	g.faults, g.numbers, g.known = faults, map[string]int{}, map[string]*pool{}
	c := newClock(g)
	next := c.next()
	for n := 0; n < g.o.Events; n++ {
		if n%1024 == 0 && g.ctx.Err() != nil {
			return g.ctx.Err()
		}
		p, ok := g.pending.pop(next)
		if !ok {
			p = g.begin(next)
			next = c.next()
		}
		if err := g.happen(n, p); err != nil {
			return fmt.Errorf("writing the log: %w", err)
		}
	}
	if err := g.faults.unmade(); err != nil {
		return err
	}
	if err := g.release(nil, true); err != nil {
		return fmt.Errorf("writing the log: %w", err)
	}
	if err := g.out.Flush(); err != nil {
		return fmt.Errorf("writing the log: %w", err)
	}
	return nil
}

// begin starts a story.
func (g *generator) begin(at time.Time) pending {
	s := g.plan.root(g.random)
	t := &story{correlation: uuid(g.random), key: s.key}
	t.stream = g.stream(s.entity)
	g.done.Streams++
	return pending{at: at, step: s, story: t, cause: t.correlation}
}

// stream begins the next stream of an entity.
func (g *generator) stream(entity string) *lane {
	g.numbers[entity]++
	number := 1000 + g.numbers[entity]
	return &lane{id: fmt.Appendf(nil, "%s-%d", entity, number), number: number}
}

// A story is a chain of events that one request set off.
type story struct {
	correlation string
	key         string // name of the field that keys its stream
	stream      *lane
	others      map[string]*lane // by entity, of events that have their own
	values      []value          // what fields of a name hold
	rows        []row            // what the elements of an array hold
	sum         int64            // of the prices of the rows
}

// A lane is a stream that is being written.
type lane struct {
	id       []byte
	number   int
	sequence int64
	time     time.Time // of its last event
	recorded time.Time
}

// happen writes one event and plans its effects.
func (g *generator) happen(n int, p pending) error {
	t, s := p.story, p.step
	l := g.lane(t, s)
	e := &event.Event{
		ID: []byte(ulid(p.at, g.random)), Type: s.event.ID, Source: s.source, SchemaVersion: s.version,
		Stream: l.id, HasSequence: true, Time: p.at, Recorded: g.record(p.at),
		CorrelationID: []byte(t.correlation), CausationID: []byte(p.cause),
	}
	g.data = g.sample(s, &draw{random: g.random, story: t, lane: l, at: p.at, g: g})
	e.Data = g.data
	if !p.again {
		g.effects(p, string(e.ID))
	}
	l.sequence++
	e.Sequence = l.sequence
	return g.write(n, e, p, l)
}

func (g *generator) sample(s *step, d *draw) []byte {
	if g.o.Sample != nil {
		if data := g.o.Sample(s.event, g.random.Uint64()); data != nil {
			return data
		}
	}
	return s.shape.append(g.data[:0], d)
}

// lane is the stream that an event of the story belongs to.
func (g *generator) lane(t *story, s *step) *lane {
	if s.root || s.shares {
		return t.stream
	}
	l := t.others[s.entity]
	if l == nil {
		if t.others == nil {
			t.others = map[string]*lane{}
		}
		l = g.stream(s.entity)
		g.done.Streams++
		t.others[s.entity] = l
	}
	return l
}

// record is when an event that happened at a time is stored: a little later, and
// never before one that is stored already.
func (g *generator) record(at time.Time) time.Time {
	stored := at.Add(3*time.Millisecond + time.Duration(g.random.ExpFloat64()*float64(20*time.Millisecond)))
	stored = stored.Truncate(time.Millisecond)
	if stored.Before(g.stored) {
		stored = g.stored
	}
	g.stored = stored
	return stored
}

// effects plans what the event sets off.
func (g *generator) effects(p pending, id string) {
	for _, next := range p.step.effects {
		if g.random.Float64() < next.share {
			g.later(p, next, id)
		}
	}
}

func (g *generator) later(p pending, next *step, id string) {
	at := p.at.Add(g.plan.delay(next, g.random))
	g.pending.push(pending{at: at, step: next, story: p.story, cause: id})
}

// write takes an event through the anomalies to the log.
func (g *generator) write(n int, e *event.Event, p pending, l *lane) error {
	copies := g.faults.disturb(n, e, p, l)
	if e.Time.After(l.time) {
		l.time = e.Time
	}
	l.recorded = e.Recorded
	g.line = event.AppendNative(g.line[:0], e)
	if copies.hold {
		g.waiting = append(g.waiting, held{line: append([]byte(nil), g.line...), behind: l})
		return nil
	}
	if err := g.put(g.line, e.Time); err != nil {
		return err
	}
	if err := g.release(l, false); err != nil {
		return err
	}
	if copies.twice {
		g.waiting = append(g.waiting, held{line: append([]byte(nil), g.line...), rounds: 3})
	}
	return nil
}

// A held line is written later: behind the next event of a stream, or after
// some rounds.
type held struct {
	line   []byte
	behind *lane
	rounds int
}

// release writes what is held until an event of the stream was written.
func (g *generator) release(l *lane, all bool) error {
	kept := g.waiting[:0]
	for _, h := range g.waiting {
		h.rounds--
		if !all && (h.behind != nil && h.behind != l || h.behind == nil && h.rounds > 0) {
			kept = append(kept, h)
			continue
		}
		if err := g.put(h.line, time.Time{}); err != nil {
			return err
		}
	}
	g.waiting = kept
	return nil
}

func (g *generator) put(line []byte, at time.Time) error {
	g.done.Events++
	if g.done.First.IsZero() {
		g.done.First = at
	}
	if at.After(g.done.Last) {
		g.done.Last = at
	}
	_, err := g.out.Write(line)
	return err
}
